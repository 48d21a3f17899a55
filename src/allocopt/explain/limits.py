"""The limits of a plan that have a value: which rows hold them, how one unit more or less moves these, and their words.

A unit of a lot stands in many rows: its own, those of stock that is kept of it, store floors, and the bounds of
columns. What one unit does is therefore read off the program of facts with that unit, stated anew. Lots of different
SKUs share no row that does not couple, so one statement serves one lot of every SKU. Quantities that clauses state stay
as planned: whether a share of 30 % grows by a unit just then is an accident of rounding. All other limits are rows
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.labels import Family
from allocopt.algebra.matching import NOWHERE
from allocopt.algebra.program import COUPLES
from allocopt.explain.change import Change
from allocopt.explain.neighbours import Neighbour
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.rules import RULES
from allocopt.rules.capacity import Capacity
from allocopt.rules.holding import waiting
from allocopt.rules.kit.names import lot_names
from allocopt.rules.lane_capacity import LaneCapacity
from allocopt.rules.stock_value import lost

SHOWN = ("sku", "channel", "node", "region", "order", "lot", "line", "lane", "available", "period", "until")
"""Parts of a row's label that a person knows."""


@dataclass(frozen=True, eq=False)
class Limit:
    """One limit, and what one unit more and one unit less of it change.

    Attributes
    ----------
    kind, what : str
    used, limit : float
        What the plan takes of it, and what there is [unit].
    price : float
        Its multiplier [currency/unit].
    more, less : Change or None
        None: there is nothing to take away.
    row : int
        Where it stands in the program that is solved anew.
    cash : float
        What one unit more costs that nobody gets: write-down and holding, negative [currency].
    idle : bool
        Whether so much is left that a unit more or less changes nothing.
    """

    kind: str
    what: str
    used: float
    limit: float
    price: float
    more: Change
    less: Change | None
    row: int
    cash: float = 0.0
    idle: bool = False


def stock_cash(facts: Facts) -> Floats:
    """Return what a unit of each lot costs that nobody gets, negative, shape (lots,) [currency/unit]."""
    return 0.0 - lost(facts) - waiting(facts)


def turns(sku: Ints) -> NDArray[np.int64]:
    """Return the number of each lot among those of its SKU, from 0, shape (lots,).

    >>> turns(np.array([0, 0, 1, 0]))
    array([0, 1, 0, 2])
    """
    order = np.argsort(sku, kind="stable")
    first = np.searchsorted(sku[order], sku[order])
    found = np.empty(len(sku), dtype=np.int64)
    found[order] = np.arange(len(sku)) - first
    return found


def lots(plan: Plan, answer: Answer, y: Floats, coarse: Floats) -> Iterator[Limit]:
    """Yield the lots that have arcs."""
    facts, program = answer.arcs.facts, answer.program
    served = np.zeros(len(facts.lots.sku), dtype=bool)
    served[answer.arcs.lot] = True
    names, cash = lot_names(facts), stock_cash(facts)
    used = np.bincount(answer.arcs.lot, weights=answer.ship, minlength=len(served))
    usable = facts.lots.usable
    reduced = np.maximum(program.priced(y[: program.rows]), 0.0)
    for turn in range(int(turns(facts.lots.sku[served]).max(initial=-1)) + 1):
        mine = np.flatnonzero(served)[turns(facts.lots.sku[served]) == turn]
        more = _stated_anew(plan, answer, mine, 1.0)
        sealed = mine[(facts.lots.pack[mine] > 1) & (usable[mine] >= 1.0)]
        less = _stated_anew(plan, answer, sealed, -1.0) if len(sealed) else {}
        for lot in mine.tolist():
            change = more[int(facts.lots.sku[lot])]
            gained = np.maximum(change.upper - program.upper[change.columns], 0.0) @ reduced[change.columns]
            price = float(y[change.rows] @ change.by + gained) + float(cash[lot])
            row = int(change.rows[0]) if len(change.rows) else -1
            idle = price == cash[lot] and usable[lot] - used[lot] >= max(1.0, coarse[facts.lots.sku[lot]])
            taken = _taken_away(answer, change) if usable[lot] >= 1.0 else None
            taken = less.get(int(facts.lots.sku[lot]), taken)
            yield Limit(
                *("lot", names[lot], float(used[lot]), float(usable[lot]), price, change, taken, row),
                cash=float(cash[lot]),
                idle=bool(idle),
            )


def _taken_away(answer: Answer, more: Change) -> Change:
    """Return what one unit less of a lot that is in no sealed cases changes, given what one more does.

    No limit falls below nothing.
    The bounds of columns stay: the rows of the lot say the same.
    """
    limit = answer.program.row_upper[more.rows]
    by = np.where(np.isfinite(limit) & (limit >= 0), np.minimum(more.by, limit), more.by)
    return Change.moved(more.rows, -by)


def _stated_anew(plan: Plan, answer: Answer, mine: NDArray[np.intp], by: float) -> dict[int, Change]:
    """Return, for one lot of each of some SKUs, what so many units more change, by the code of the SKU."""
    facts, program = answer.stated, answer.program
    usable = facts.lots.usable.copy()
    usable[_of_problem(answer)[mine]] += by
    near = Neighbour.of(plan, facts=replace(facts, lots=replace(facts.lots, usable=usable)))
    new, known_rows, known = near.stated.program, near.rows != NOWHERE, near.columns != NOWHERE
    row, column = near.rows[known_rows], near.columns[known]
    high = _apart(new.row_upper[known_rows], program.row_upper[row])
    low = _apart(new.row_lower[known_rows], program.row_lower[row])
    shift, sku = np.where(high != 0, high, low), program.row_sku[row]
    moved = np.flatnonzero((shift != 0) & (sku != COUPLES) & ~_stated(answer)[row])
    upper = program.upper.copy() if by > 0 else np.zeros(program.columns)  # what is not there any more ships nothing
    upper[column] = new.upper[known]
    other = np.flatnonzero((upper != program.upper) & (program.column_sku != COUPLES))
    found = {}
    for one in answer.arcs.facts.lots.sku[mine].tolist():
        rows, at = moved[sku[moved] == one], other[program.column_sku[other] == one]
        freed = Change.freed(at, program.lower[at], upper[at])
        found[int(one)] = Change.of([Change.moved(row[rows], shift[rows]), freed])
    return found


def _apart(new: Floats, old: Floats) -> Floats:
    """Return by how much limits differ, 0 where there is none."""
    there = np.isfinite(new) & np.isfinite(old)
    return np.subtract(new, old, out=np.zeros(len(new)), where=there)


def _stated(answer: Answer) -> Flags:
    """Return which rows clauses state, shape (rows,)."""
    stated = np.zeros(answer.program.rows, dtype=bool)
    for family in answer.labels.rows:
        if family.clause is not None:
            stated[family.slice] = True
    return stated


def _of_problem(answer: Answer) -> Ints:
    """Return the lot of the problem's own facts for each lot of the program's."""
    before, now = answer.stated.lots.row, answer.arcs.facts.lots.row
    if np.array_equal(before, now):
        return np.arange(len(now), dtype=np.int32)
    order = np.argsort(before)
    found: Ints = order[np.searchsorted(before[order], now)].astype(np.int32)
    return found


def rows_of(answer: Answer, y: Floats, coarse: Floats) -> Iterator[Limit]:
    """Yield the limits that are rows: capacities, lanes, clauses."""
    program, breaches = answer.program, answer.labels.breaches()
    shipped = answer.x.copy()
    shipped[breaches] = 0.0  # by what soft clauses are broken is no use of them
    used = program.activity(shipped)
    broken = _broken_by(answer, breaches)
    upper = np.isfinite(program.row_upper) & ((y[: program.rows] >= 0) | ~np.isfinite(program.row_lower))
    limit = np.where(upper, program.row_upper, program.row_lower)
    reached = program.activity(answer.x)
    slack = np.where(upper, limit - reached, reached - limit)
    size = np.where(program.row_sku == COUPLES, coarse.max(initial=1.0), coarse[np.maximum(program.row_sku, 0)])
    idle = (y[: program.rows] == 0) & (slack >= np.maximum(size, 1.0))
    for family in answer.labels.rows:
        kind = _kind(family)
        if not kind:
            continue
        words = _words(family, answer)
        for rank, row in enumerate(range(family.start, family.stop)):
            less = None if upper[row] and limit[row] < 1.0 and kind != "clause" else Change.moved([row], -1.0)
            more = [Change.moved([row], 1.0), *broken.get(row, ())]
            yield Limit(
                *(kind, words[rank], float(used[row]), float(limit[row]), float(y[row])),
                *(Change.of(more), less if less is None else Change.of([less, *broken.get(row, ())]), row),
                idle=bool(idle[row]),
            )


def _broken_by(answer: Answer, breaches: NDArray[np.int64]) -> dict[int, tuple[Change]]:
    """Return, for each soft row, that it may be broken by a unit more: it asks for one more, or allows one less."""
    program, found = answer.program, {}
    for column in breaches.tolist():
        widened = Change.freed([column], program.lower[[column]], program.upper[[column]] + 1.0)
        for row in program.indices[program.indptr[column] : program.indptr[column + 1]].tolist():
            found[row] = (widened,)
    return found


def quantities(family: Family) -> bool:
    """Return whether the limits of some rows are quantities that clauses state."""
    return family.clause is not None and family.rule in {rule.name for rule in RULES if rule.quantities}


def _kind(family: Family) -> str:
    """Return what kind of limit the rows of a family are, ``""`` for none that a person sets."""
    if family.clause is not None:
        return "clause" if quantities(family) else ""
    return {Capacity.name: "capacity", LaneCapacity.name: "lane"}.get(family.name, "")


def _words(family: Family, answer: Answer) -> list[str]:
    """Return each row of a family in words."""
    parts = [(name, family.index.part(place)) for place, name in enumerate(family.index.names)]
    said = [
        ", ".join(
            f"{name} {value}" if name in ("period", "until", "available") else str(value)
            for name, value in zip([name for name, _ in parts], row, strict=True)
            if (name in SHOWN or family.clause is None) and value != ""
        )
        for row in zip(*(part.tolist() for _, part in parts), strict=True)
    ]
    if family.clause is None:
        return said
    clauses = [answer.clauses[number].words() for number in family.clause.tolist()]
    return [f"{clause}: {place}" if place else clause for clause, place in zip(clauses, said, strict=True)]


def coarseness(answer: Answer, skus: int) -> Floats:
    """Return the largest entry of each SKU's columns: what a pack or a case takes at once, shape (skus,)."""
    program = answer.program
    sku = program.column_sku[program.entry_column]
    own: Flags = (sku != COUPLES) & (program.row_sku[program.indices] != COUPLES)
    most = np.ones(max(skus, 1))
    np.maximum.at(most, sku[own], np.abs(program.data[own]))
    return most
