"""Demand that needs a person: commitments at risk, and promotions that want the same units."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from allocopt.algebra.grouping import extreme, summed
from allocopt.arcs import net_price
from allocopt.plan.answer import Answer
from allocopt.plan.exceptions.thresholds import Thresholds
from allocopt.problem.days import spoken_periods
from allocopt.rules.kit.exceptions import Exceptions, spoken_money, spoken_units
from allocopt.rules.kit.names import spelled


def commitments(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the lines whose commitment (``min_units``) is met late, or from lots that are not sure.

    .. code-block:: text

        units = min_units - what is on time and from lots that are sure        money = units x net price
    """
    arcs, facts, rows = answer.arcs, answer.arcs.facts, answer.shipped
    lines, live = facts.lines, answer.wanted > 0
    if not (lines.min_units > 0).any():
        return
    sure = (arcs.late(rows) == 0) & (facts.lots.confidence[arcs.lot[rows]] >= limits.sure)
    safe = summed(answer.ship[rows] * sure, arcs.line[rows], len(lines.sku))
    risky = np.where(live, np.minimum(lines.min_units, answer.served_lines) - safe, 0.0)
    at = np.flatnonzero(risky > 1e-9)
    units, money = risky[at], risky[at] * net_price(facts)[at]
    order, channel = spelled(facts.orders, lines.order[at]), facts.channels.id[lines.channel[at]]
    sku, due = facts.skus.id[lines.sku[at]], lines.period[at]
    what = np.where(order == "", "Demand of " + channel, "Order " + order + " of " + channel)
    said = what + " due in " + spoken_periods(facts, due) + ": " + spoken_units(units) + " of the "
    said = said + spoken_units(lines.min_units[at]) + " units of " + sku + " committed to it come late or from lots "
    yield Exceptions.of(
        facts,
        "commitment",
        channel=lines.channel[at],
        sku=sku,
        order=order,
        line=lines.line[at],
        due=due,
        units=units,
        money=money,
        sentence=said + "that are not sure, worth " + spoken_money(money, answer.currency) + ".",
    )


def promotions(answer: Answer, limits: Thresholds) -> Iterator[Exceptions]:
    """Yield the promotions that want the same SKU in the same period where one of them is short, pair by pair.

    .. code-block:: text

        money = units short x the most that a unit of the line could bring (contribution; nothing without an arc)
    """
    arcs, facts = answer.arcs, answer.arcs.facts
    lines = facts.lines
    at = np.flatnonzero((lines.promotion != "") & (answer.wanted > 0))
    if not len(at):
        return
    names, code = np.unique(lines.promotion[at].astype(str), return_inverse=True)
    moment = lines.sku[at].astype(np.int64) * facts.periods + lines.period[at]
    _, group = np.unique(moment, return_inverse=True)
    size = int(group.max()) + 1
    low = extreme(np.minimum, code, group, size, none=len(names))
    high = extreme(np.maximum, code, group, size, none=-1)
    short = (answer.wanted - answer.served_lines)[at]
    clash = (low < high)[group] & (short > 1e-9)
    if not clash.any():
        return
    best = extreme(np.maximum, arcs.contribution(), arcs.line, len(lines.sku), none=0.0)[at]
    pair = (low * len(names) + high)[group][clash]
    found, back = np.unique(pair, return_inverse=True)
    size = len(found)
    units = summed(short[clash], back, size)
    money = summed((short * best)[clash], back, size)
    due = extreme(np.minimum, lines.period[at[clash]], back, size, none=facts.periods)
    sku = extreme(np.minimum, lines.sku[at[clash]], back, size, none=len(facts.skus.id))
    only = sku == extreme(np.maximum, lines.sku[at[clash]], back, size, none=-1)
    one, other = np.divmod(found, len(names))
    named = names.astype(object)
    said = "The promotions " + named[one] + " and " + named[other] + " want the same units from "
    said = said + spoken_periods(facts, due) + " on: " + spoken_units(units) + " units short, "
    yield Exceptions.of(
        facts,
        "promotions",
        sku=np.where(only, facts.skus.id[np.minimum(sku, len(facts.skus.id) - 1)], ""),
        due=due.astype(np.int32),
        units=units,
        money=money,
        sentence=said + spoken_money(money, answer.currency) + " of contribution.",
    )
