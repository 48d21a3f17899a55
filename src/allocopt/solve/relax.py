"""Why no plan keeps every row: which of the rows that people agreed on would have to give way, and by how much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program
from allocopt.solve.certificate import size_of
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.refuted import slackened
from allocopt.solve.solution import Solution
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
    grown, side, answer = _relaxed(program, chosen, weights, effort)
    if answer.x is not None and program.integer.any():
        whole = solve(grown, effort)
        if whole.status == "infeasible":
            return None
        answer = whole if whole.x is not None else answer
    if answer.x is None:
        return None
    given = np.bincount(side, weights=answer.x[program.columns :], minlength=len(chosen))
    limit = size_of(program.row_lower[chosen], program.row_upper[chosen])
    unit = extreme(np.minimum, np.abs(program.data), program.indices, program.rows, none=np.inf)
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
    answer = _relaxed(program, chosen, weights, effort)[2]
    if answer.status != "optimal" or answer.multipliers is None:
        return np.zeros(len(chosen), dtype=bool)
    return np.asarray(np.abs(answer.multipliers[chosen]) > PRICED)


def _relaxed(
    program: Program, chosen: NDArray[np.int32], weights: ArrayLike, effort: Effort | None
) -> tuple[Program, NDArray[np.intp], Solution]:
    """Return the program in which rows give way, whose side each new column is, and the answer in parts of units."""
    grown, side = slackened(replace(program, cost=np.zeros(program.columns), constant=0.0), chosen, weights)
    loose = replace(grown, integer=np.zeros(grown.columns, dtype=bool))
    return grown, side, solve(loose, effort, gap=EXACT)
