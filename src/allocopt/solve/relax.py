"""Why no plan keeps every row: which of the rows that people agreed on would have to give way, and by how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.program import Program, with_columns
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.whole import solve

PRICED = 1e-6
"""A row takes part in a clash if its price is above."""

KEPT, PART = 1e-7, 1e-3
"""A row that gives way by less, relative to 1 + its limit, is kept, if it is less than this part of what a unit adds as
well: that much is rounding."""


def elastic(
    program: Program,
    rows: ArrayLike,
    weights: ArrayLike,
    effort: Effort | None = None,
) -> NDArray[np.float64] | None:
    """Return by how much each of some rows has to give way so that a plan exists, at the least weighted sum.

    Parameters
    ----------
    program : Program
    rows : array of int, shape (given,)
        Rows that may give way: clauses, commitments. All others hold.
    weights : array of float, shape (given,)
        What giving way by one unit counts; positive. The smaller, the sooner the row gives way.
    effort : Effort, optional
        As for `solve`. When the search for whole units ends without a plan, the answer of the linear relaxation
        stands: less would not do either.

    Returns
    -------
    float64, shape (given,), or None
        Zero where the row is kept; positive where its upper limit has to rise by so much, or its lower limit has
        to fall. None when no plan exists even so.
    """
    chosen = np.asarray(rows, np.int32).ravel()
    grown, side = _grown(program, chosen, weights)
    relaxed = replace(grown, integer=np.zeros(grown.columns, dtype=bool))
    answer = solve(relaxed, effort, gap=EXACT)
    if answer.x is not None and program.integer.any():
        whole = solve(grown, effort)
        if whole.status == "infeasible":
            return None
        answer = whole if whole.x is not None else answer
    if answer.x is None:
        return None
    given = np.bincount(side, weights=answer.x[program.columns :], minlength=len(chosen))
    limit = np.maximum(_size(program.row_lower[chosen]), _size(program.row_upper[chosen]))
    unit = np.full(program.rows, np.inf)
    np.minimum.at(unit, program.indices, np.abs(program.data))
    return np.where(given > np.minimum(KEPT * (1 + limit), PART * unit[chosen]), given, 0.0)


def opposed(
    program: Program,
    rows: ArrayLike,
    weights: ArrayLike,
    effort: Effort | None = None,
) -> NDArray[np.bool_]:
    """Return which of some rows take part in the clash that keeps a plan from existing.

    At the least weighted sum of what has to give way, the rows with a price are those that a plan needs more room
    from: together with the rows that nobody can change, they cannot all hold.

    Parameters
    ----------
    program, rows, weights, effort
        As for `elastic`.

    Returns
    -------
    bool, shape (given,)
        All False when the question could not be answered.
    """
    chosen = np.asarray(rows, np.int32).ravel()
    grown, _ = _grown(program, chosen, weights)
    relaxed = replace(grown, integer=np.zeros(grown.columns, dtype=bool))
    answer = solve(relaxed, effort, gap=EXACT)
    if answer.status != "optimal" or answer.multipliers is None:
        return np.zeros(len(chosen), dtype=bool)
    return np.asarray(np.abs(answer.multipliers[chosen]) > PRICED)


def _grown(program: Program, chosen: NDArray[np.int32], weights: ArrayLike) -> tuple[Program, NDArray[np.intp]]:
    """Return the program with a column for each finite side of the chosen rows, and whose side each column is."""
    weight = np.broadcast_to(np.asarray(weights, float), chosen.shape)
    falls = np.flatnonzero(np.isfinite(program.row_lower[chosen]))
    rises = np.flatnonzero(np.isfinite(program.row_upper[chosen]))
    side = np.concatenate([falls, rises])
    grown = with_columns(
        replace(program, cost=np.zeros(program.columns), constant=0.0),
        chosen[side],
        np.concatenate([np.ones(len(falls)), -np.ones(len(rises))]),
        cost=-weight[side],
    )
    return grown, side


def _size(limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of each limit, zero where there is none."""
    return np.abs(np.where(np.isfinite(limits), limits, 0.0))
