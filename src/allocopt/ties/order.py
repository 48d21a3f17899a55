"""The order in which ties are settled, as numbers: of lines, and of the arcs of a line.

Lines: rank (1 first, blank last), `arrived` (blank: the start of the due period), due, label. Arcs of a line: periods
late, then lots (earliest expiry, earliest available, shortest lead, label), then earlier shipping. Lines and lots are
sorted by label already (`allocopt.problem.facts`), so that their positions stand for their labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.arcs import Arcs, net_price
from allocopt.problem.facts import Facts, Floats, Ints


@dataclass(frozen=True, eq=False)
class Order:
    """The order of ties.

    Attributes
    ----------
    lines : int64, shape (lines,)
        Lines article by article, best first.
    place : int64, shape (lines,)
        Of each line in `lines`.
    late : int32, shape (arcs,)
        Periods late.
    key : int64, shape (arcs,)
        Of two arcs of a line that are equally late, the one with the smaller key comes first.
    money : float64, shape (arcs,)
        What moves with a unit, without signs: below 1e-9 of it nothing is told from rounding [currency/unit].
    """

    lines: NDArray[np.int64]
    place: NDArray[np.int64]
    late: Ints
    key: NDArray[np.int64]
    money: Floats


def order_of(arcs: Arcs, worth: Floats) -> Order:
    """Return the order of ties.

    Parameters
    ----------
    arcs : Arcs
    worth : float64, shape (arcs,)
        Of a unit on each arc in the objective [currency/unit].
    """
    facts = arcs.facts
    lines = line_order(facts)
    place = np.empty(len(lines), np.int64)
    place[lines] = np.arange(len(lines))
    price = np.abs(net_price(facts))
    money = price[arcs.line] + facts.lots.unit_cost[arcs.lot] + facts.lanes.cost[arcs.lane] + np.abs(worth)
    return Order(lines, place, arcs.late(), _keys(arcs), money)


def line_order(facts: Facts) -> NDArray[np.int64]:
    """Return the lines article by article, and in each the one first that ties are settled in favour of."""
    lines = facts.lines
    rank = np.where(np.isfinite(lines.priority), lines.priority, np.inf)
    arrived = np.where(np.isfinite(lines.arrived), lines.arrived, lines.period)
    return np.lexsort((lines.period, arrived, rank, lines.sku)).astype(np.int64)


def _keys(arcs: Arcs) -> NDArray[np.int64]:
    """Return the key of each arc: lot class (expiry, availability), lead, lot, ship period, lane."""
    facts, lots = arcs.facts, arcs.facts.lots
    new = np.ones(len(lots.sku), dtype=bool)
    new[1:] = (np.diff(lots.sku) != 0) | (np.diff(lots.expires) != 0) | (np.diff(lots.available) != 0)
    first = np.searchsorted(lots.sku, lots.sku)
    kind = np.cumsum(new)
    parts = (
        (kind - kind[first])[arcs.lot] if len(first) else np.zeros(0, np.int64),
        facts.lanes.lead[arcs.lane],
        (np.arange(len(first)) - first)[arcs.lot] if len(first) else np.zeros(0, np.int64),
        arcs.ship,
        arcs.lane,
    )
    widths = [int(part.max(initial=0)) + 1 for part in parts]
    if np.prod([float(width) for width in widths]) >= 2.0**62:
        key = np.empty(len(arcs), np.int64)
        key[np.lexsort(parts[::-1])] = np.arange(len(arcs))
        return key
    key = parts[0].astype(np.int64)
    for part, width in zip(parts[1:], widths[1:], strict=True):
        key = key * width + part
    return key
