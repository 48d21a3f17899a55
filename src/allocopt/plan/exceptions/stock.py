"""Lots that need a person: inbound that the plan leans on, stock that expires unsold, reserves that lie idle."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocopt.algebra.grouping import extreme, summed
from allocopt.plan.answer import Answer
from allocopt.plan.exceptions.thresholds import Thresholds
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import ANY
from allocopt.rules.kit.exceptions import Exceptions, spoken_money, spoken_units
from allocopt.rules.kit.names import lot_words
from allocopt.rules.kit.scope import INBOUND


def inbound(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the deliveries that the plan leans on, by purchase order (a lot without one by itself).

    .. code-block:: text

        units = sum ship[a] of arcs that could not ship a period later and still arrive by due + max_late, or fresh
        money = their contribution + late_cost of those that could, one period late                        [currency]

    That is what falls if the delivery slips a period and no other stock takes its place.
    """
    arcs, facts, rows = answer.arcs, answer.arcs.facts, answer.shipped
    lots, lines = facts.lots, facts.lines
    lot, line = arcs.lot[rows], arcs.line[rows]
    leans = (lots.kind[lot] == INBOUND) & (arcs.ship[rows] == lots.available[lot])
    rows, lot, line = rows[leans], lot[leans], line[leans]
    if not len(rows):
        return
    arrives = arcs.arrives(rows) + 1
    latest = lines.period[line] + np.minimum(lines.max_late[line], facts.periods)
    falls = (arrives > latest) | (arcs.ship[rows] + 1 >= facts.periods) | (arrives > lots.expires[lot])
    units = answer.ship[rows] * falls
    slips = lines.late_cost[line] * (arrives > lines.period[line])
    money = np.where(falls, arcs.contribution(rows), slips) * answer.ship[rows]
    _, first, code = np.unique(lots.reference.astype(str), return_index=True, return_inverse=True)
    order = np.where(lots.reference == "", len(first) + np.arange(len(code)), code)[lot]
    _, at, group = np.unique(order, return_index=True, return_inverse=True)
    size, some = len(at), lot[at]
    units, money = (summed(part, group, size) for part in (units, money))
    due = extreme(np.minimum, lots.available[lot], group, size, none=np.iinfo(np.int32).max)
    last = extreme(np.maximum, lots.available[lot], group, size, none=0)
    keep = np.flatnonzero((units > 0) & (money > 0))
    alone = {name: _alone(codes[lot], group, size)[keep] for name, codes in (("sku", lots.sku), ("node", lots.node))}
    some, due, units, money = some[keep], due[keep], units[keep], money[keep]
    later = np.where(last[keep] > due, " and later", "")
    reference = lots.reference[some]
    name = np.where(reference == "", "The lot of " + lot_words(facts)[some], "Purchase order " + reference)
    said = (
        name + ", expected in " + spoken_periods(facts, due) + later + ": if it slips a period, " + spoken_units(units)
    )
    said = said + " units miss their date, with " + spoken_money(money, answer.currency)
    yield Exceptions.of(
        facts,
        "inbound",
        sku=np.append(facts.skus.id, "")[alone["sku"]],
        node=np.append(facts.nodes.id, "")[alone["node"]],
        due=due,
        units=units,
        money=money,
        sentence=said + " of contribution, unless other stock takes its place.",
    )


def _alone(codes: np.ndarray, group: np.ndarray, size: int) -> np.ndarray:
    """Return the code that all members of each group share, -1 where they differ."""
    low = extreme(np.minimum, codes, group, size, none=np.iinfo(np.int32).max)
    return np.where(low == extreme(np.maximum, codes, group, size, none=ANY), low, ANY)


def expiring(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the lots of which something expires unsold inside the horizon; money: what is written down of it."""
    facts, lots = answer.arcs.facts, answer.arcs.facts.lots
    unsold = answer.left + answer.kept[0].of_lots(len(lots.sku))
    at = np.flatnonzero((lots.expires < facts.periods) & (unsold > 0))
    money = (unsold * (lots.unit_cost - lots.end_value))[at]
    last = np.maximum(lots.expires[at], 0)
    named = np.where(lots.reference[at] == "", "", " (" + lots.reference[at] + ")")
    one = unsold[at] == 1
    said = spoken_units(unsold[at]) + np.where(one, " unit of ", " units of ") + facts.skus.id[lots.sku[at]] + " at "
    ends = np.where(one, " is not sold before it expires", " are not sold before they expire")
    said = said + facts.nodes.id[lots.node[at]] + named + ends + ", the last day in "
    yield Exceptions.of(
        facts,
        "expiring",
        sku=facts.skus.id[lots.sku[at]],
        node=facts.nodes.id[lots.node[at]],
        due=last.astype(np.int32),
        units=unsold[at],
        money=money,
        sentence=said + spoken_periods(facts, last) + ": " + spoken_money(money, answer.currency) + " are lost.",
    )


def idle_reserves(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the channels for which stock is kept to the end while others are short of it, by SKU.

    .. code-block:: text

        units = min(kept, what others are short of the SKU and could have had from these lots)                [unit]
        money = units x the most that one of them would have brought: contribution + unit cost - end value [currency]

    Only lines that have an arc from a lot in which something is kept could have had it.
    """
    arcs, facts, kept = answer.arcs, answer.arcs.facts, answer.kept[0]
    if not len(kept.lot):
        return
    lots, lines, skus = facts.lots, facts.lines, len(facts.skus.id)
    held = kept.of_lots(len(lots.sku)) > 0
    short = answer.wanted - answer.served_lines
    near = np.flatnonzero(held[arcs.lot] & (short[arcs.line] > 1e-9))
    gain = arcs.contribution(near) + (lots.unit_cost - lots.end_value)[arcs.lot[near]]
    near, gain = near[gain > 0], gain[gain > 0]
    for channel in np.unique(kept.channel).tolist():
        others = near[arcs.channel[near] != channel]
        mine = kept.channel == channel
        units = summed(kept.units[mine], lots.sku[kept.lot[mine]], skus)
        in_reach = np.isin(arcs.lot[others], kept.lot[mine])
        others, worth = others[in_reach], gain[arcs.channel[near] != channel][in_reach]
        want = np.unique(arcs.line[others])
        missing = summed(short[want], lines.sku[want], skus)
        best = extreme(np.maximum, worth, arcs.sku[others], skus, none=0.0)
        idle = np.minimum(units, missing)
        at = np.flatnonzero(idle * best > 0)
        due = extreme(np.minimum, lines.period[want], lines.sku[want], skus, none=facts.periods)[at]
        name = facts.channels.id[channel]
        said = spoken_units(units[at]) + " units of " + facts.skus.id[at] + f" lie idle for {name} to the end, while "
        said = said + "others are short of " + spoken_units(missing[at]) + ": up to "
        yield Exceptions.of(
            facts,
            "idle_reserve",
            channel=np.full(len(at), channel, dtype=np.int32),
            sku=facts.skus.id[at],
            due=due.astype(np.int32),
            units=idle[at],
            money=(idle * best)[at],
            sentence=said + spoken_money((idle * best)[at], answer.currency) + " are given up.",
        )
