"""Readable names of lots, demand lines and lanes: labels in tables, messages and the Pyomo model."""

from __future__ import annotations

from functools import partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Codes, Index, LazyTexts
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import ANY, NEVER, Facts, Ints, Names
from allocopt.problem.schema import LOT_KINDS


def labels(facts: Facts, **codes: Codes) -> Index:
    """Return labels whose parts are named for what their codes stand for; other codes stand for themselves.

    Parameters
    ----------
    facts : Facts
    **codes : integer arrays, shape (members,)
        Such as ``lot``, ``line``, ``lane``, ``order`` (those of `order_of_lines`), ``sold`` (those of
        `sold_together`), ``sku``, ``period``.
    """
    texts: dict[str, LazyTexts] = {
        "lot": partial(lot_names, facts),
        "line": partial(line_names, facts),
        "lane": partial(lane_names, facts),
        "order": partial(order_names, facts),
        "sold": partial(sold_names, facts),
        "sku": facts.skus.id,
        "node": facts.nodes.id,
        "channel": facts.channels.id,
        "resource": facts.resources,
        "switch": facts.switches,
    }
    return Index(tuple(codes), tuple(codes.values()), tuple(texts.get(name) for name in codes))


def grouped(facts: Facts, **codes: Codes) -> tuple[Ints, Index]:
    """Return the group of each member, -1 where one of its codes is negative, and the labels of the groups.

    Members are together where all their codes are the same; groups are in the order of these. See `labels`.
    """
    sizes = [int(part.max(initial=0)) + 1 for part in codes.values()]
    key, inside = np.zeros(1, dtype=np.int64), np.ones(1, dtype=bool)
    for part, size in zip(codes.values(), sizes, strict=True):
        key = key * size + part
        if part.min(initial=0) < 0:
            inside = inside & (part >= 0)
    key = key if inside.all() else np.where(inside, key, -1)
    group, present = dense(key, prod(sizes))
    found = dict(zip(codes, np.unravel_index(present, sizes), strict=True))
    return group, labels(facts, **found)


def lot_names(facts: Facts) -> Names:
    """Return ``"sku/node/kind/available"`` with expiry and reference where given, shape (lots,)."""
    lots = facts.lots
    name = facts.skus.id[lots.sku] + "/" + facts.nodes.id[lots.node]
    name = name + "/" + np.array(LOT_KINDS, dtype=object)[lots.kind] + "/" + _text(lots.available)
    name = name + np.where(lots.expires == NEVER, "", "/expires=" + _text(lots.expires))
    return _unique(name + _part("ref", lots.reference))


def line_names(facts: Facts) -> Names:
    """Return ``"sku/channel/period"`` with region, order and line where given, shape (lines,)."""
    lines = facts.lines
    name = facts.skus.id[lines.sku] + "/" + facts.channels.id[lines.channel] + "/" + _text(lines.period)
    name = name + _part("region", spelled(facts.regions, lines.region))
    return _unique(name + _part("order", spelled(facts.orders, lines.order)) + _part("line", lines.line))


def lane_names(facts: Facts) -> Names:
    """Return ``"node>channel"`` with region, SKU and via where given, shape (lanes,)."""
    lanes = facts.lanes
    name = facts.nodes.id[lanes.node] + ">" + facts.channels.id[lanes.channel]
    name = name + _part("region", spelled(facts.regions, lanes.region))
    return _unique(
        name + _part("sku", spelled(facts.skus.id, lanes.sku)) + _part("via", spelled(facts.vias, lanes.via))
    )


def lot_words(facts: Facts) -> Names:
    """Return lots in words, such as ``"LAMP at East (inbound, PO-7)"``, shape (lots,)."""
    lots = facts.lots
    kinds = np.array([kind.replace("_", " ") for kind in LOT_KINDS], dtype=object)
    said: Names = facts.skus.id[lots.sku] + " at " + facts.nodes.id[lots.node] + " (" + kinds[lots.kind]
    return np.asarray(said + _after(", ", lots.reference) + ")", dtype=object)


def line_words(facts: Facts) -> Names:
    """Return lines in words: ``"LAMP to dtc (EU), due in period 1, order A-7, line 2"``, shape (lines,)."""
    lines = facts.lines
    region, order = spelled(facts.regions, lines.region), spelled(facts.orders, lines.order)
    said = facts.skus.id[lines.sku] + " to " + facts.channels.id[lines.channel]
    said = said + np.where(region == "", "", " (" + region + ")") + ", due in " + spoken_periods(facts, lines.period)
    return np.asarray(said + _after(", order ", order) + _after(", line ", lines.line), dtype=object)


def lane_words(facts: Facts) -> Names:
    """Return lanes in words, such as ``"from East to dtc (EU, via air)"``, shape (lanes,)."""
    lanes = facts.lanes
    region, sku = spelled(facts.regions, lanes.region), spelled(facts.skus.id, lanes.sku)
    parts = _after(", ", region) + _after(", of ", sku) + _after(", via ", spelled(facts.vias, lanes.via))
    said = "from " + facts.nodes.id[lanes.node] + " to " + facts.channels.id[lanes.channel]
    more = np.array([f" ({part[2:]})" if part else "" for part in parts.tolist()], dtype=object)
    return np.asarray(said + more, dtype=object)


def spelled(names: Names, codes: NDArray[np.int32]) -> Names:
    """Return the texts of codes, ``""`` for `ANY`."""
    if not len(names):
        return np.full(len(codes), "", dtype=object)
    return np.where(codes == ANY, "", names[codes])


def order_names(facts: Facts) -> Names:
    """Return ``"channel/order"``, and for lines without an order the line's own name, shape (orders + lines,)."""
    orders = facts.channels.id[facts.order_channel] + "/" + facts.orders if len(facts.orders) else facts.orders
    return _unique(np.concatenate([orders, line_names(facts)]))


def sold_names(facts: Facts) -> Names:
    """Return ``"channel/order"`` and, for lines without an order, ``"period 3"``, shape (orders + periods,)."""
    return np.append(order_names(facts)[: len(facts.orders)], [f"period {due}" for due in range(facts.periods)])


def _text(numbers: Codes) -> Names:
    return numbers.astype(str).astype(object)


def _part(key: str, texts: Names) -> Names:
    return np.where(texts == "", "", f"/{key}=" + texts)


def _after(before: str, texts: Names) -> Names:
    return np.where(texts == "", "", before + texts)


def _unique(names: Names) -> Names:
    """Number the names that occur more than once (possible only where ids hold slashes)."""
    if len(set(names.tolist())) == len(names):
        return names
    return np.asarray(names + "#" + _text(np.arange(len(names))))
