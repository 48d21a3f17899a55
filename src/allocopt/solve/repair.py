"""Where no plan keeps every row: the smallest repair, of the rows that people agreed on; all others hold.

.. code-block:: text

    least = min sum_i weight[i] given[i]                        row i gives way by given[i] >= 0, all others are kept
    max  objective - price (sum_i weight[i] given[i] - least)   price: more than any unit is worth

The first is solved in parts of units, for its prices: a row whose price is below its weight gives way in no smallest
repair (complementary slackness), unless whole units ask for more. The second is solved in whole units, with the rows
that may give way in a smallest repair, and with all of them where that is not enough. A row whose price is its weight
goes beyond its limit in no smallest repair: in large programs, what such a row over many articles is short of is money
on what ships, and it couples nothing any more.
Source: elastic programs, Brown and Graves (1975); Chinneck, Feasibility and Infeasibility in Optimization (2008).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import COUPLES, Program, bounded, tightened, whole_rows
from allocopt.arrays import Floats
from allocopt.solve.certificate import size_of
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.refuted import slackened
from allocopt.solve.whole import solve

KEPT, PART = 1e-7, 1e-3
"""A row that gives way by less, relative to 1 + its limit, is kept, if it is less than this part of what a unit adds as
well: that much is rounding."""
CLOSE = 1e-6
"""Sums of what is given up are the same within this, relative to 1 + the sum."""
SEARCHED = 10_000
"""At most so many columns: beyond, no search is exact to the unit."""
DEAR = 1e3
"""What a unit that is given up costs, in units of the dearest unit of any column."""


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
    whole = tightened(program)
    weight, up = np.broadcast_to(np.asarray(weights, float), chosen.shape), np.broadcast_to(rises, chosen.shape)
    may = _May(whole, chosen, weight, up)
    nothing = replace(whole, cost=np.zeros(program.columns), constant=0.0)
    grown, _ = slackened(nothing, may.rows, may.weight, rises=may.rises)
    loose = solve(replace(grown, integer=np.zeros(grown.columns, dtype=bool)), effort, gap=EXACT)
    if loose.x is None:
        return None
    prices = np.zeros(program.rows) if loose.multipliers is None else loose.multipliers[: program.rows]
    prices = np.where(np.abs(prices) > CLOSE * may.weight.max(initial=1.0), prices, 0.0)
    least = -grown.objective(loose.x)
    if least <= CLOSE and not program.integer.any():
        return Repair(np.zeros(len(chosen)), 0.0 * prices, program, loose.x[: program.columns])
    target = EXACT if effort is None else effort.target
    x, begin = None, None if program.integer.any() else loose.x[: program.columns]
    if program.columns > SEARCHED:
        paid = _paid(may, prices)
        x = begin = _best(paid, paid.full(prices), least, None, effort, _dear(whole))
    for some in () if x is not None else (may.full(prices), np.ones(len(chosen), dtype=bool)):
        x = _best(may, some, least, begin, effort, _dear(whole))
        begin = begin if x is None else x
        if x is not None and may.weight @ may.given(x) <= may.enough(least, target):
            break
    if begin is None:
        return None
    x = begin
    given = replace(may, program=program).given(x)
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

    def full(self, prices: Floats) -> NDArray[np.bool_]:
        """Return which of them have a price as high as their weight: they may give way in a smallest repair."""
        full: NDArray[np.bool_] = np.abs(prices[self.rows]) > (1 - CLOSE) * self.weight
        return full

    def enough(self, least: float, gap: float) -> float:
        """Return a sum that is little enough where none is below `least`: in whole units, within a gap."""
        spare = max(CLOSE * (1 + least), gap * least)
        units = (self.weight == 1).all() and whole_rows(self.program)[self.rows].all()
        return float(np.ceil(least - CLOSE * (1 + least))) + spare if units else least + spare

    def most(self, falls: NDArray[np.bool_], at: NDArray[np.intp]) -> Floats:
        """Return by how much some rows can give way at all, down where they fall, else up."""
        (least, most), (low, high) = self.program.reach(), self.limits
        return np.maximum(np.where(falls, low[at] - least[self.rows[at]], most[self.rows[at]] - high[at]), 0.0)

    @property
    def limits(self) -> tuple[Floats, Floats]:
        """The limits of the rows that may give way; endless where there is none, or it may not."""
        return self.program.row_lower[self.rows], np.where(self.rises, self.program.row_upper[self.rows], np.inf)


def _paid(may: _May, prices: Floats) -> _May:
    """Return the rows that may give way where those that couple are paid for, each unit where it ships.

    Those with a price give way as far as it takes, and are met by no more than their limits.

    Parameters
    ----------
    may : _May
    prices : float64, shape (rows,)
        See `Repair`.
    """
    program = may.program
    full = may.full(prices) & (program.row_sku[may.rows] == COUPLES)
    rows, side = may.rows[full], -np.sign(prices[may.rows[full]])
    limit = np.where(side > 0, program.row_lower[rows], program.row_upper[rows])
    paid = np.zeros(program.rows)
    paid[rows] = _dear(program) * may.weight[full] * side
    row_lower, row_upper = program.row_lower.copy(), program.row_upper.copy()
    row_lower[rows], row_upper[rows] = np.where(side > 0, -np.inf, limit), np.where(side > 0, limit, np.inf)
    grown = replace(
        program,
        cost=program.cost + program.column_sums(program.data * paid[program.indices]),
        constant=program.constant - float(paid[rows] @ limit),
        row_lower=row_lower,
        row_upper=row_upper,
    )
    return _May(grown, may.rows[~full], may.weight[~full], may.rises[~full])


def _dear(program: Program) -> float:
    """Return what a unit that is given up costs: more than any unit is worth [currency]."""
    return DEAR * max(1.0, float(np.abs(program.cost).max(initial=0.0)))


def _best(
    may: _May, some: NDArray[np.bool_], least: float, before: Floats | None, effort: Effort | None, price: float
) -> Floats | None:
    """Return the plan that gives up least, and of these is worth most, as far as the effort goes.

    A unit that is given up costs more than any unit is worth, so that each block of the program goes by itself. What
    has to be given up in any case is given back as a constant: gaps are relative to the plan's own worth.

    Parameters
    ----------
    may : _May
    some : bool, shape (given rows,)
        Rows that give way here.
    least : float
        What no plan gives up less than.
    before : float64, shape (columns,), or None
        A plan that gives way in these rows alone.
    effort : Effort, optional
    price : float
        What a unit that is given up costs [currency].
    """
    program = may.program
    at = np.flatnonzero(some)
    grown, side = slackened(program, may.rows[at], price * may.weight[at], rises=may.rises[at])
    falls = np.arange(len(side)) < np.isfinite(program.row_lower[may.rows[at]]).sum()  # `slackened` has these first
    most = may.most(falls, at[side])
    grown = bounded(grown, np.arange(program.columns, grown.columns), lower=0.0, upper=most)
    units = whole_rows(program)[may.rows[at]][side]
    integer = np.concatenate([program.integer, units])
    grown = replace(grown, constant=program.constant + price * least, integer=integer)
    begin = None
    if before is not None:
        activity, (low, high) = program.activity(before)[may.rows[at[side]]], may.limits
        away = np.where(falls, low[at[side]] - activity, activity - high[at[side]])
        begin = np.concatenate([before, np.clip(away, 0.0, most)])
    answer = solve(grown, effort, known=begin)
    return None if answer.x is None else answer.x[: program.columns]
