"""Limits that hold the plan back, and soft clauses that it breaks.

.. code-block:: text

    money = sum_r multiplier[r] x max(more x limit[r], 1)      of the rows r of a limit that bind; "about"   [currency]
    money = sum of penalties                                   of a soft clause that is broken               [currency]

A multiplier is what one more unit of a limit is worth at the margin, in the relaxation: good for a little more, and an
upper estimate for much more. A limit binds where not one unit more would fit and its multiplier is above zero. Where
no limit has one (turns, plans that earlier stages settled), capacities and lanes that are full are told while somebody
is short, without money.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import summed
from allocopt.algebra.labels import Family
from allocopt.arrays import Places
from allocopt.plan.answer import Answer
from allocopt.plan.exceptions.thresholds import Thresholds
from allocopt.plan.multipliers import multipliers_of
from allocopt.plan.tables import OUTSIDE
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import ANY, Facts, Flags, Floats
from allocopt.rules import Clause
from allocopt.rules.capacity import UNITS, Capacity
from allocopt.rules.kit.base import tag
from allocopt.rules.kit.exceptions import Exceptions, spoken_money, spoken_units
from allocopt.rules.kit.names import lane_words
from allocopt.rules.lane_capacity import LaneCapacity
from allocopt.rules.reserve import ReserveRule
from allocopt.words import many

PENNY = 0.005
"""Money below this is nothing [currency]."""


def bound(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the capacities, lanes and caps that bind: one row a resource of a node, a lane, or a clause."""
    program, found = answer.program, multipliers_of(answer)
    prices = np.zeros(program.rows) if found is None else np.maximum(found, 0.0)
    used, upper = program.activity(answer.x), program.row_upper
    heaviest = np.zeros(program.rows)
    np.maximum.at(heaviest, program.indices, np.abs(program.data))
    full = np.isfinite(upper) & (upper - used < np.maximum(heaviest, 1e-9) * (1 - 1e-9))
    priced = _limiting(answer, full & (prices > 0))
    unknown = not priced.any() and bool((answer.wanted - answer.served_lines > 1e-9).any())
    full = _limiting(answer, full, physics=True) if unknown else priced
    more = np.where(full, np.maximum(limits.more * np.abs(upper), 1.0), 0.0)
    money = np.where(full, prices, 0.0) * more
    for family in answer.labels.rows:
        at = np.flatnonzero(full[family.slice])
        rows = _Binding(at, *(part[family.start + at] for part in (prices, money, used, upper)))
        if not len(at):
            continue
        if family.name == Capacity.name:
            yield from _capacities(answer, family, rows, limits)
        elif family.name == LaneCapacity.name:
            yield from _lanes(answer, family, rows, limits)
        else:
            yield from _caps(answer, family, rows, limits)


def _limiting(answer: Answer, rows: Flags, *, physics: bool = False) -> Flags:
    """Return which of some rows are capacities, lanes or (unless `physics` alone is asked for) limits of clauses."""
    found = np.zeros(len(rows), dtype=bool)
    for family in answer.labels.rows:
        agreed = family.clause is not None and family.name != ReserveRule.name and not physics
        if agreed or family.name in (Capacity.name, LaneCapacity.name):
            found[family.slice] = rows[family.slice]
    return found


class _Binding:
    """Rows of one family that bind; arrays of shape (rows,)."""

    def __init__(self, rank: Places, price: Floats, money: Floats, used: Floats, limit: Floats) -> None:
        self.rank, self.price, self.money, self.used, self.limit = rank, price, money, used, limit

    def grouped(self, key: Any) -> tuple[Places, Floats, NDArray[Any]]:
        """Return of each group the row with most money, all its money, and how many rows it has."""
        order = np.lexsort((self.rank, -self.money, key))
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.diff(np.asarray(key)[order]) != 0
        group = np.cumsum(new) - 1
        total = summed(self.money[order], group, int(new.sum()))
        return order[new], total, np.bincount(group)


def _said_more(
    answer: Answer, rows: _Binding, worst: Places, total: Floats, limits: Thresholds, unit: Any, of: Any, count: Any
) -> Any:
    """Return the end of a sentence: what one more is worth, and what some more; of several rows, which of them says so.

    Parameters
    ----------
    answer, rows, worst, total, limits
    unit : str or array of str, shape (groups,)
        What there would be one more of.
    of : array of str, shape (groups,)
        What tells the row that is named from the others of its group, such as ``" in period 3"``.
    count : int64, shape (groups,)
        Rows of each group.
    """
    if not rows.price.any():
        return np.full(len(worst), ".", dtype=object)
    one, all_ = (spoken_money(part, answer.currency) for part in (rows.price[worst], total))
    whose = np.where(count > 1, of, "")
    each = np.where(count > 1, " of each about ", " about ")
    return (
        ": one more "
        + unit
        + whose
        + " is worth about "
        + one
        + f", {100 * limits.more:.4g} % more"
        + each
        + all_
        + "."
    )


def _capacities(answer: Answer, family: Family, rows: _Binding, limits: Thresholds) -> Iterator[Exceptions]:
    facts = answer.arcs.facts
    node, period, resource = (family.index.codes[k][rows.rank] for k in range(3))
    worst, total, count = rows.grouped(node * np.int64(len(facts.resources)) + resource)
    names = facts.resources[resource[worst]]
    used, limit = spoken_units(rows.used[worst].round(2)), spoken_units(rows.limit[worst])
    said = "The limit of " + names + " at " + facts.nodes.id[node[worst]] + " is reached with "
    said = said + used + " of " + limit + " in " + _times(facts, period, worst, count)
    unit = np.where(names == UNITS, "unit", "of them")
    yield Exceptions.of(
        facts,
        "capacity",
        node=facts.nodes.id[node[worst]],
        due=period[worst].astype(np.int32),
        units=rows.limit[worst],
        money=total,
        sentence=said + _said_more(answer, rows, worst, total, limits, unit, _in(period[worst]), count),
    )


def _in(period: Any) -> Any:
    """Return that something is so in some periods, by their numbers."""
    return " in period " + period.astype(str).astype(object)


def _times(facts: Facts, period: Any, worst: Places, count: NDArray[Any]) -> Any:
    """Return in which period a limit binds, and in how many others."""
    first = spoken_periods(facts, period[worst])
    others = np.array([many(number - 1, "other period") for number in count.tolist()], dtype=object)
    return first + np.where(count > 1, ", and in " + others, "")


def _lanes(answer: Answer, family: Family, rows: _Binding, limits: Thresholds) -> Iterator[Exceptions]:
    facts = answer.arcs.facts
    lane, period = (family.index.codes[k][rows.rank] for k in range(2))
    worst, total, count = rows.grouped(lane)
    at = lane[worst]
    said = "The lane " + lane_words(facts)[at] + " is full with " + spoken_units(rows.limit[worst]) + " units in "
    said = said + _times(facts, period, worst, count)
    ends = _said_more(answer, rows, worst, total, limits, "unit", _in(period[worst]), count)
    yield Exceptions.of(
        facts,
        "lane_capacity",
        channel=facts.lanes.channel[at],
        node=facts.nodes.id[facts.lanes.node[at]],
        due=period[worst].astype(np.int32),
        units=rows.limit[worst],
        money=total,
        sentence=said + ends,
    )


def _caps(answer: Answer, family: Family, rows: _Binding, limits: Thresholds) -> Iterator[Exceptions]:
    assert family.clause is not None
    clause = family.clause[rows.rank]
    worst, total, count = rows.grouped(clause)
    sku = _part(family, "sku", rows.rank)
    for place, money, number in zip(worst.tolist(), total.tolist(), count.tolist(), strict=True):
        agreed = answer.clauses[int(clause[place])]
        row = np.array([place])
        where = f" for {sku[place]}" if sku[place] else ""
        said = f"{agreed.words()} holds the plan back{where} ({spoken_units(rows.limit[row])[0]} units)"
        said += f", and at {many(number - 1, 'other limit')} of it" if number > 1 else ""
        first = np.array([where or " at the first"], dtype=object)
        ends = _said_more(answer, rows, row, np.array([money]), limits, "unit", first, np.array([number]))
        yield _of_clause(
            answer,
            tag(type(agreed)),
            int(clause[place]),
            sku=sku[place] if number == 1 else "",
            units=float(rows.limit[place]),
            money=money,
            sentence=said + str(ends[0]),
            cure=f"Ask whether the {tag(type(agreed)).replace('_', ' ')} is still right.",
        )


def _part(family: Family, name: str, rank: Any) -> NDArray[Any]:
    """Return one part of the labels of some members as text, blank where they have no such part."""
    if name not in family.index.names:
        return np.full(len(rank), "", dtype=object)
    return family.index.part(family.index.names.index(name), rank)


def _of_clause(answer: Answer, kind: str, number: int, **told: Any) -> Exceptions:
    """Return one row about a clause: its channel where it speaks of one, and who answers for it."""
    facts, agreed = answer.arcs.facts, _clause(answer.clauses, number)
    channel = getattr(agreed, "channel", None)
    known = np.flatnonzero(facts.channels.id == channel) if isinstance(channel, str) else np.zeros(0, np.intp)
    told = {name: np.array([value], dtype=object if isinstance(value, str) else None) for name, value in told.items()}
    code = np.array([known[0] if len(known) else ANY], dtype=np.int32)
    due = np.array([getattr(agreed, "from_period", None) or -1], dtype=np.int32)
    return Exceptions.of(facts, kind, number, code, owner=getattr(agreed, "owner", None) or "", due=due, **told)


def _clause(clauses: Sequence[Clause], number: int) -> Clause | None:
    return clauses[number] if number >= 0 else None


def soft_clauses(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the soft clauses that are broken, and safety stock that is drawn at a penalty: one row a clause."""
    families = {family.start: family for family in answer.labels.columns}
    broken: dict[int, list[tuple[Family, Places, Floats, Floats]]] = {}
    for money in answer.form.money:
        if money.column != OUTSIDE or money.variable is None or money.coefficient is None:
            continue
        family = families[money.variable.start]
        x = answer.x[family.slice]
        at = np.flatnonzero(x > 1e-9)
        cost = -money.coefficient(at) * x[at]
        at, cost = at[cost > PENNY], cost[cost > PENNY]
        if "clause" not in family.index.names:
            yield from _drawn(answer, at, x[at], cost)
            continue
        clause = family.index.codes[family.index.names.index("clause")][at]
        for number in np.unique(clause).tolist():
            mine = clause == number
            broken.setdefault(number, []).append((family, at[mine], x[at[mine]], cost[mine]))
    for number, parts in sorted(broken.items()):
        sku = np.concatenate([_sku(answer, family, at) for family, at, _, _ in parts])
        units, cost = (np.concatenate([part[k] for part in parts]) for k in (2, 3))
        worst, skus = int(np.argmax(cost)), len(set(sku.tolist()) - {""})
        where = (
            f", most of it of {sku[worst]} (of {skus} articles)" if skus > 1 else f" of {sku[worst]}" if skus else ""
        )
        words = answer.clauses[number].words()
        said = f"{words} is broken by {spoken_units(np.array([units.sum()]))[0]} units{where}"
        paid = spoken_money(np.array([cost.sum()]), answer.currency)[0]
        yield _of_clause(
            answer,
            "soft_clause",
            number,
            sku=str(sku[worst]) if skus == 1 else "",
            units=float(units.sum()),
            money=float(cost.sum()),
            sentence=f"{said}: penalties of {paid}.",
        )


def _sku(answer: Answer, family: Family, at: Places) -> NDArray[Any]:
    """Return of which SKU members of a variable are, blank where they are of several."""
    codes = answer.program.column_sku[family.start + at]
    return np.append(answer.arcs.facts.skus.id, "")[codes]


def _drawn(answer: Answer, arcs: Places, units: Floats, cost: Floats) -> Iterator[Exceptions]:
    """Yield what channels draw of safety stock at a penalty, one row a channel."""
    facts, channel = answer.arcs.facts, answer.arcs.channel[arcs]
    for code in np.unique(channel).tolist():
        mine = channel == code
        skus = np.unique(answer.arcs.sku[arcs[mine]])
        some, paid = float(units[mine].sum()), float(cost[mine].sum())
        words = f"{facts.channels.id[code]} draws {spoken_units(np.array([some]))[0]} units of safety stock"
        yield Exceptions.of(
            facts,
            "safety_stock",
            channel=np.array([code], dtype=np.int32),
            sku=np.array([facts.skus.id[skus[0]] if len(skus) == 1 else ""], dtype=object),
            due=answer.arcs.ship[arcs[mine]].min(keepdims=True).astype(np.int32),
            units=np.array([some]),
            money=np.array([paid]),
            sentence=np.array([f"{words}: penalties of {spoken_money(np.array([paid]), answer.currency)[0]}."], object),
        )
