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


def repair(
    program: Program,
    rows: ArrayLike,
    weights: ArrayLike,
    rises: NDArray[np.bool_] | bool = True,
    effort: Effort | None = None,
) -> Repair | None:
    """Return the smallest repair of a program that has no plan, and of the smallest ones the one that is worth most.

    Parameters
    ----------
    program : Program
    rows : array of int, shape (given rows,)
        Rows that may give way: clauses, commitments. All others hold.
    weights : array of float, shape (given rows,), or one for all
        What giving way by one unit counts; positive. The smaller, the sooner the row gives way.
    rises : bool, shape (given rows,), or one for all
        Whether the upper limit of a row may give way, or only the lower one.
    effort : Effort, optional
        As for `solve`. Where it ends early the repair may be larger, or worth less, than it could be.

    Returns
    -------
    Repair or None
        None when no plan exists even so, or none was found in time.
    """
    chosen = np.asarray(rows, np.int64).ravel()
    may = _May(program, chosen, np.broadcast_to(np.asarray(weights, float), chosen.shape), rises & np.ones(len(chosen), bool))
    nothing = replace(program, cost=np.zeros(program.columns), constant=0.0)
    grown, _ = slackened(nothing, may.rows, may.weight, rises=may.rises)
    loose = solve(replace(grown, integer=np.zeros(grown.columns, dtype=bool)), effort, gap=EXACT)
    if loose.x is None:
        return None
    prices = np.zeros(program.rows) if loose.multipliers is None else loose.multipliers[: program.rows]
    prices = np.where(np.abs(prices) > CLOSE * may.weight.max(initial=1.0), prices, 0.0)
    least = -grown.objective(loose.x)
    x = _best(may, prices, least, None, effort)
    if x is None and program.integer.any():  # what parts of units would give up is too little
        first = solve(grown, effort, gap=EXACT)
        if first.x is None:
            return None
        before = first.x[: program.columns]
        x = _best(may, prices, least, before, effort)
        x = before if x is None else x
    elif x is None:
        x = loose.x[: program.columns]
    given = may.given(x)
    gives, activity = chosen[given > 0], program.activity(x)
    moved = replace(program, row_lower=program.row_lower.copy(), row_upper=program.row_upper.copy())
    moved.row_lower[gives] = np.minimum(moved.row_lower[gives], activity[gives])
    moved.row_upper[gives] = np.maximum(moved.row_upper[gives], activity[gives])
    return Repair(given, prices, moved, x)


@dataclass(frozen=True, eq=False)
class _May:
    """Rows of a program that may give way."""

    program: Program
    rows: NDArray[np.int64]
    weight: Floats
    rises: NDArray[np.bool_]

    def given(self, x: Floats) -> Floats:
        """Return by how much each row gives way in a plan; rounding is nothing."""
        activity, low, high = self.program.activity(x)[self.rows], *self.limits
        given = np.maximum(np.maximum(low - activity, activity - high), 0.0)
        size = np.abs(self.program.data)
        unit = extreme(np.minimum, size, self.program.indices, self.program.rows, none=np.inf)[self.rows]
        return np.where(given > np.minimum(KEPT * (1 + size_of(low, high)), PART * unit), given, 0.0)

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """The limits of the rows that may give way; endless where there is none, or it may not."""
        return self.program.row_lower[self.rows], np.where(self.rises, self.program.row_upper[self.rows], np.inf)


def _best(may: _May, prices: Floats, bound: float, before: Floats | None, effort: Effort | None) -> Floats | None:
    """Return the plan that is worth most of those that give up as little, as far as the effort goes.

    Parameters
    ----------
    may : _May
    prices : float64, shape (rows of the program,)
        At the least that is given up in parts of units, `bound`.
    before : float64, shape (columns,), or None
        A plan that gives up as little as there is; None: as little as in parts of units.
    effort : Effort, optional
    """
    program = may.program
    given = np.zeros(len(may.rows)) if before is None else may.given(before)
    least = bound if before is None else max(float(may.weight @ given), bound)
    spare = CLOSE * (1 + least)
    left = np.maximum(may.weight - np.abs(prices[may.rows]), CLOSE * may.weight)
    most = np.minimum(least / may.weight, (least - bound + spare) / left)
    at = np.flatnonzero((most > spare) | (given > 0))
    most = np.maximum(most, given)
    grown, side = slackened(program, may.rows[at], 0.0, rises=may.rises[at])
    side = at[side]
    own = np.arange(program.columns, grown.columns)
    grown = bounded(grown, own, lower=0.0, upper=most[side])
    grown = with_rows(grown, np.zeros(len(own)), own, may.weight[side], lower=-np.inf, upper=least + spare)
    begin = None
    if before is not None:
        falls = np.arange(len(own)) < np.isfinite(program.row_lower[may.rows[at]]).sum()  # `slackened` has these first
        low, high = may.limits
        activity = program.activity(before)[may.rows[side]]
        away = np.where(falls, low[side] - activity, activity - high[side])
        begin = np.concatenate([before, np.clip(away, 0.0, most[side])])
    answer = solve(grown, effort, known=begin)
    return None if answer.x is None else answer.x[: program.columns]
