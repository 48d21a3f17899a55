"""The rows of reserves: what of a lot ships and is kept, and what counts at each arrival date up to each release.

.. code-block:: text

    sum_{a of l, ship < R} ship[a] + sum_c idle[c, l, R] <= usable[l]                      for each lot l, release R
    count(r, u, R) = sum_{l there by u} (sum_{a of l for r, ship < R} ship[a] + sum_{c of r} idle[c, l, R])    [unit]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from allocopt.algebra.formulation import Sum, Variable
from allocopt.algebra.grouping import ranges
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import Facts, Floats
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.reserve_idle import Idle
from allocopt.rules.kit.reserve_quantities import Moments, Reserve


@dataclass(frozen=True)
class Steps:
    """The rows of one reserve up to one release period: consecutive, and cumulative over arrival dates.

    Attributes
    ----------
    reserve : Reserve
    until : int
    moment : int array, shape (rows,)
        Arrival date of each row, as its position in `Moments`.
    begin, end : int arrays, shape (lots,)
        The rows in which each lot counts (-1, -1: none).
    quantity : list of float64 arrays, shape (cases, rows)
        What each row asks for in each case of each set of decisions.
    """

    reserve: Reserve
    until: int
    moment: Codes
    begin: Codes
    end: Codes
    quantity: list[Floats] = field(default_factory=list)

    @classmethod
    def of(cls, facts: Facts, reserve: Reserve, until: int, moments: Moments, rows: Codes) -> Steps:
        """Return the rows at some moments, ascending, up to a release period."""
        size = len(facts.lots.sku)
        begin, end = np.full(size, -1), np.full(size, -1)
        inside = reserve.lots & (facts.lots.available < until)
        begin[inside] = np.searchsorted(rows, moments.of_lot[inside])
        end[inside] = np.searchsorted(moments.of[rows], moments.of[moments.of_lot[inside]], side="right")
        none = begin >= end
        begin[none] = end[none] = -1
        return cls(reserve, min(until, facts.periods), rows, begin, end)


def counted(on: Statement, idle: Idle, steps: Sequence[Steps]) -> Iterator[Sum]:
    """Yield what counts in the rows of steps, which stand one behind the other: what shipped, and what is idle."""
    arcs = on.arcs
    firsts = np.cumsum([0, *(len(step.moment) for step in steps)]).tolist()
    for step, first in zip(steps, firsts, strict=False):
        mine = step.reserve.cells[idle.cell] & (idle.until == step.until)
        held = np.flatnonzero(mine & (step.begin[idle.lot] >= 0))
        yield _cumulative(idle.variable, held, idle.lot[held], step, first)
        got = step.reserve.lines[arcs.line] & (arcs.ship < step.until) & (step.begin[arcs.lot] >= 0)
        members = np.flatnonzero(got)
        yield _cumulative(on.ship, members, arcs.lot[members], step, first)


def _cumulative(variable: Variable, members: Codes, lot: Codes, step: Steps, first: int) -> Sum:
    """Return the sum in which each member counts in every row from its lot's arrival on."""
    row, owner = ranges(step.begin[lot], step.end[lot])
    return Sum(variable, first + row, members=members[owner])


def add_stock_rows(on: Statement, idle: Variable) -> None:
    """Add, per lot and release period, that what shipped before and what is kept fit into the lot."""
    facts, arcs = on.facts, on.arcs
    lot, until = idle.index.codes[1:3]
    group, index = grouped(facts, lot=lot, until=until)
    row_lot, row_until = index.codes
    sums = [Sum(idle, group)]
    for release in np.unique(row_until).tolist():
        row = np.full(len(facts.lots.sku), -1)
        mine = np.flatnonzero(row_until == release)
        row[row_lot[mine]] = mine
        sums.append(Sum(on.ship, np.where(arcs.ship < release, row[arcs.lot], -1)))
    on.form.add_rows("reserve_stock", index, sums, upper=facts.lots.usable[row_lot])
