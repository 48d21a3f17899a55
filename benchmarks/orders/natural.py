"""The natural model of a shop's orders: what one would write for HiGHS or CP-SAT, in whole numbers.

An order that is all or nothing, over one node, is one switch for each node it can ship from. Others ship units (packs)
on each arc, at most what the switch of their node allows where they ship from one node, all of a line where they are
all or nothing, at least the least quantity where there is one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.orders.shop import Flags, Floats, Ints, Shop


@dataclass(frozen=True, eq=False)
class Natural:
    """Maximise ``cents @ y``, entries in rows between limits, columns whole from 0 to `upper`.

    Attributes
    ----------
    cents, upper : int64, shape (columns,)
    row, column, value : int64, shape (entries,)
    low, high : float64, shape (rows,)
        Whole numbers, or infinite.
    arc_line, arc_node, arc_column, arc_units : int64, shape (arcs,)
        What each arc ships for each unit of its column.
    """

    cents: Ints
    upper: Ints
    row: Ints
    column: Ints
    value: Ints
    low: Floats
    high: Floats
    arc_line: Ints
    arc_node: Ints
    arc_column: Ints
    arc_units: Ints

    def shipped(self, shop: Shop, y: NDArray[np.float64]) -> Ints:
        """Return the units of each line from each node, shape (lines, nodes)."""
        x = np.zeros((len(shop.order), shop.nodes), np.int64)
        x[self.arc_line, self.arc_node] = self.arc_units * np.rint(y[self.arc_column]).astype(np.int64)
        return x


class _Rows:
    """Rows as they are added."""

    def __init__(self) -> None:
        self.parts: list[tuple[Ints, Ints, Ints]] = []
        self.low: list[Floats] = []
        self.high: list[Floats] = []
        self.size = 0

    def add(self, low: Any, high: Any, size: int, *entries: tuple[Ints, Ints, Any]) -> None:
        """Add so many rows with these (row, column, value)."""
        for row, column, value in entries:
            self.parts.append((row + self.size, column, np.broadcast_to(value, len(row)).astype(np.int64)))
        self.low.append(np.broadcast_to(np.asarray(low, float), size))
        self.high.append(np.broadcast_to(np.asarray(high, float), size))
        self.size += size

    def together(self, columns: int) -> tuple[Ints, Ints, Ints, Floats, Floats]:
        """Return row, column and value of each entry, low and high of each row; without rows of which none can bind."""
        row, column, value = (np.concatenate(each) for each in zip(*self.parts, strict=True))
        # Several lines of a simple order may take of one limit.
        code, where = np.unique(row * columns + column, return_inverse=True)
        value = np.bincount(where, weights=value, minlength=len(code)).astype(np.int64)
        row, column = np.divmod(code, columns)
        used, row = np.unique(row, return_inverse=True)
        return row, column, value, np.concatenate(self.low)[used], np.concatenate(self.high)[used]


def natural(shop: Shop) -> Natural:
    """Return the natural model of a shop."""
    line, node, simple, most = _arcs(shop)
    order, pair = shop.order[line], shop.order[line] * shop.nodes + node
    own = np.arange(len(line))
    ship, switch, full, some, columns = _numbered(
        (np.where(simple, len(line) + pair, own), np.ones(len(line), bool)),
        (pair, ~simple & shop.single[order]),
        (order, ~simple & shop.whole[order]),
        (own, ~simple & (shop.least[line] > 1)),
    )
    per = np.where(simple, shop.units[line], shop.pack[line])
    upper, money = np.ones(columns, np.int64), np.zeros(columns, np.int64)
    upper[ship[~simple]] = (most // per)[~simple]
    np.add.at(money, ship, np.rint(100 * (shop.price[line] - shop.cost[line, node])).astype(np.int64) * per)
    rows, orders = _Rows(), len(shop.whole)
    rows.add(-np.inf, shop.stock.ravel(), shop.stock.size, (shop.sku[line] * shop.nodes + node, ship, per))
    if shop.work is not None and shop.minutes is not None:
        rows.add(-np.inf, shop.minutes, shop.nodes, (node, ship, per * shop.work[shop.sku[line], node]))
    # A simple order is served once at most, or once exactly; lines get at most what they want, or all of it.
    _, once = np.unique(ship[simple], return_index=True)
    must = np.where(shop.must, 1.0, -np.inf)
    rows.add(must, 1.0, orders, (order[simple][once], ship[simple][once], 1))
    units, all_of = shop.units.astype(float), np.flatnonzero(full >= 0)
    loose = np.flatnonzero(~simple & (full < 0))
    rows.add(-np.inf, units, len(units), (line[loose], ship[loose], per[loose]))
    _, head = np.unique(line[all_of], return_index=True)
    head = all_of[head]
    rows.add(
        0.0, 0.0, len(units), (line[all_of], ship[all_of], per[all_of]), (line[head], full[head], -units[line[head]])
    )
    # From one node, and at least so much.
    one = np.flatnonzero(switch >= 0)
    rows.add(-np.inf, 0.0, len(own), (one, ship[one], per[one]), (one, switch[one], -most[one]))
    _, head = np.unique(switch[one], return_index=True)
    rows.add(-np.inf, 1.0, orders, (order[one[head]], switch[one[head]], 1))
    short = np.flatnonzero(some >= 0)
    rows.add(-np.inf, 0.0, len(own), (short, ship[short], per[short]), (short, some[short], -most[short]))
    rows.add(0.0, np.inf, len(own), (short, ship[short], per[short]), (short, some[short], -shop.least[line[short]]))
    return Natural(money, upper, *rows.together(columns), line, node, ship, per)


def _arcs(shop: Shop) -> tuple[Ints, Ints, Flags, Ints]:
    """Return line and node of each arc, whether its order is a switch for each node, and the most units."""
    line, node = shop.arcs()
    most = np.minimum(shop.units[line], shop.stock[shop.sku[line], node])
    simple = (shop.whole & (shop.single | (shop.nodes == 1)))[shop.order[line]]
    # Such an order ships from nodes that have all of it.
    pair = shop.order[line] * shop.nodes + node
    full = np.bincount(pair, weights=most == shop.units[line], minlength=len(shop.whole) * shop.nodes)
    keep = ~simple | (full[pair] == np.bincount(shop.order, minlength=len(shop.whole))[shop.order[line]])
    return line[keep], node[keep], simple[keep], most[keep]


def _numbered(*codes: tuple[Ints, Flags]) -> tuple[Any, ...]:
    """Return a column for each distinct code of each kind where the flag says so (else -1), and the number of all."""
    found, columns = [], 0
    for code, mask in codes:
        used, number = np.unique(code[mask], return_inverse=True)
        target = np.full(len(code), -1)
        target[mask] = columns + number
        found.append(target)
        columns += len(used)
    return *found, columns
