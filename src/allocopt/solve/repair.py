"""Where no plan keeps every row: the smallest repair, of the rows that people agreed on; all others hold.

.. code-block:: text

    first    least = min sum_i weight[i] given[i]       row i gives way by given[i] >= 0, all other rows are kept
    then     max objective                              with sum_i weight[i] given[i] <= least

A row whose price at the least sum is below its weight gives way in no smallest repair: its column is left out of the
second step, or bounded by what the gap between whole units and parts of units leaves of it (reduced cost fixing, e.g.
Wolsey, Integer Programming (2020), ch. 7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program, bounded, with_rows
from allocopt.solve.certificate import size_of
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.refuted import slackened
from allocopt.solve.whole import solve

Floats = NDArray[np.float64]

KEPT, PART = 1e-7, 1e-3
"""A row that gives way by less, relative to 1 + its limit, is kept, if it is less than this part of what a unit adds as
well: that much is rounding."""
CLOSE = 1e-6
"""Sums of what is given up are the same within this, relative to 1 + the sum."""


@dataclass(frozen=True, eq=False)
class Repair:
    """What gives way so that a plan exists.

    Attributes
    ----------
    given : float64, shape (given rows,)
        Zero where the row is kept; positive where its upper limit rises by so much, or its lower limit falls.
    prices : float64, shape (rows of the program,)
        By how much less would be given up in all per unit that a row allowed more: positive for upper limits, negative
        for lower ones, zero for rows that take no part in the clash. All zero where parts of units would need no
        repair, or nobody knows.
    program : Program
        With limits in which the rows that give way allow for the plan that was found; all others as they were.
    x : float64, shape (columns,)
        A plan of it: of all that give up as little, one that is worth most, as far as the effort went.
    """

    given: Floats
    prices: Floats
    program: Program
    x: Floats


def repair(program: Program, rows: ArrayLike, weights: ArrayLike, effort: Effort | None = None) -> Repair | None:
    """Return the smallest repair of a program that has no plan, and of the smallest ones the one that is worth most.

    Parameters
    ----------
    program : Program
    rows : array of int, shape (given rows,)
        Rows that may give way: clauses, commitments. All others hold.
    weights : array of float, shape (given rows,), or one for all
        What giving way by one unit counts; positive. The smaller, the sooner the row gives way.
    effort : Effort, optional
        As for `solve`. Where it ends early the repair may be larger, or worth less, than it could be.

    Returns
    -------
    Repair or None
        None when no plan exists even so, or none was found in time.
    """
    chosen = np.asarray(rows, np.int64).ravel()
    weight = np.broadcast_to(np.asarray(weights, float), chosen.shape)
    nothing = replace(program, cost=np.zeros(program.columns), constant=0.0)
    grown, side = slackened(nothing, chosen, weight)
    loose = solve(replace(grown, integer=np.zeros(grown.columns, dtype=bool)), effort, gap=EXACT)
    if loose.x is None:
        return None
    first = solve(grown, effort, gap=EXACT) if program.integer.any() else loose
    if first.x is None:
        return None
    prices = np.zeros(program.rows) if loose.multipliers is None else loose.multipliers[: program.rows]
    prices = np.where(np.abs(prices) > CLOSE * weight.max(initial=1.0), prices, 0.0)
    least, bound = -grown.objective(first.x), -grown.objective(loose.x)
    gap, before = max(least - bound, 0.0), first.x[: program.columns]
    given = np.bincount(side, weights=first.x[program.columns :], minlength=len(chosen))
    spare = CLOSE * (1 + least)
    left = np.maximum(weight - np.abs(prices[chosen]), CLOSE * weight)
    most = np.minimum(least / weight, (gap + spare) / left)
    may = np.flatnonzero((most > spare) | (given > 0))
    best = _best(program, chosen[may], weight[may], np.maximum(most, given)[may], least + spare, before, effort)
    x = before if best is None else best
    activity = program.activity(x)[chosen]
    low, high = program.row_lower[chosen], program.row_upper[chosen]
    given = np.maximum(np.maximum(low - activity, activity - high), 0.0)
    unit = extreme(np.minimum, np.abs(program.data), program.indices, program.rows, none=np.inf)[chosen]
    given = np.where(given > np.minimum(KEPT * (1 + size_of(low, high)), PART * unit), given, 0.0)
    moved = replace(program, row_lower=program.row_lower.copy(), row_upper=program.row_upper.copy())
    gives = given > 0
    moved.row_lower[chosen[gives]] = np.minimum(low, activity)[gives]
    moved.row_upper[chosen[gives]] = np.maximum(high, activity)[gives]
    return Repair(given, prices, moved, x)


def _best(
    program: Program,
    rows: NDArray[np.int64],
    weight: Floats,
    most: Floats,
    least: float,
    before: Floats,
    effort: Effort | None,
) -> Floats | None:
    """Return the plan that is worth most of those that give up as little, as far as the effort goes.

    Parameters
    ----------
    program : Program
    rows, weight, most : arrays, shape (rows that may give way,)
        By how much each may at most.
    least : float
        What may be given up in all.
    before : float64, shape (columns,)
        A plan that gives up as little.
    effort : Effort, optional
    """
    grown, side = slackened(program, rows, 0.0)
    own = np.arange(program.columns, grown.columns)
    grown = bounded(grown, own, lower=0.0, upper=most[side])
    grown = with_rows(grown, np.zeros(len(own)), own, weight[side], lower=-np.inf, upper=least)
    begin = np.concatenate([before, np.zeros(len(own))])
    row, falls = rows[side], int(np.isfinite(program.row_lower[rows]).sum())  # `slackened` has these first
    sign = np.where(np.arange(len(own)) < falls, 1.0, -1.0)
    away = np.where(sign > 0, program.row_lower[row], program.row_upper[row]) - program.activity(before)[row]
    begin[own] = np.clip(sign * away, 0.0, grown.upper[own])
    answer = solve(grown, effort, known=begin)
    return None if answer.x is None else answer.x[: program.columns]
