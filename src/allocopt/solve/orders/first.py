"""A first plan without compiled code: orders in turn, by what a unit of them earns, many at a time.

In each pass every order that is not decided yet claims what it would take alone, over the option where it earns most;
in each resource claims are met in turn as long as there is enough, and an order is served where all of its claims are.
Who cannot be served any more, or earns nothing, is out. The first in turn is always served, or out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.arrays import Floats, Longs
from allocopt.solve.orders.structure import Orders

PASSES = 40
"""Passes after which the plan is good enough."""
RESIDUE = 1e-9
"""Residue of a division that is no unit."""


def in_passes(given: Orders, turn: Longs) -> Floats:
    """Return the units of each arc.

    Parameters
    ----------
    given : Orders
    turn : int, shape (orders,)
        The orders, the first one first.
    """
    return _Passes(given, turn).units()


def by_value(given: Orders) -> Longs:
    """Return the orders by what a unit of them earns at best, the dearest first."""
    top = np.zeros(len(given.units))
    np.maximum.at(top, given.line, given.value)
    value = np.bincount(given.order, weights=top * given.units, minlength=len(given.whole))
    units = np.bincount(given.order, weights=given.units, minlength=len(given.whole))
    return np.argsort(-value / np.maximum(units, 1.0), kind="stable")


class _Passes:
    """What stays the same from pass to pass."""

    def __init__(self, given: Orders, turn: Longs) -> None:
        self.given = given
        arcs = len(given.column)
        self.order = given.order[given.line]
        self.rank = np.empty(len(given.whole), np.int64)
        self.rank[turn] = np.arange(len(turn))
        self.owner = np.repeat(np.arange(arcs), np.diff(given.uses.ptr))
        gives = np.maximum(-given.uses.value, 0.0) * given.rate[given.uses.item]
        self.worth = given.value + np.bincount(self.owner, weights=gives, minlength=arcs)
        takes = (given.uses.value > 0) & ((given.rate == 0) | given.insisted)[given.uses.item]
        self.owner, self.item, self.size = self.owner[takes], given.uses.item[takes], given.uses.value[takes]
        # Arcs of a line and option together, those that earn most first.
        self.by = np.lexsort((-self.worth, given.option, given.line))
        line, option = given.line[self.by], given.option[self.by]
        new = np.ones(arcs, dtype=bool)
        new[1:] = (line[1:] != line[:-1]) | ((option[1:] != option[:-1]) & given.single[given.order[line[1:]]])
        self.group = np.cumsum(new) - 1
        self.head = np.flatnonzero(new)
        self.plain = np.bincount(given.shipment)[given.shipment] == 1

    def units(self) -> Floats:
        """Return the units that the passes come to."""
        given, left = self.given, self.given.limit.copy()
        x, open_ = np.zeros(len(given.column)), np.ones(len(given.whole), dtype=bool)
        if not len(x):
            return x
        open_[self._once()] = False
        queue = np.lexsort((self.rank[self.order[self.owner]], self.item))
        owner, item, size = self.owner[queue], self.item[queue], self.size[queue]
        begin = starts(item, len(left))[:-1]
        for _ in range(PASSES):
            claim = self._claimed(left, open_)
            open_ &= np.bincount(self.order, weights=claim, minlength=len(open_)) > 0
            if not open_.any():
                break
            taken = np.cumsum(claim[owner] * size)
            before = np.append(0.0, taken)[begin]
            late = taken - before[item] > left[item] + RESIDUE
            wait = np.zeros(len(open_), dtype=bool)
            wait[self.order[owner[late & (claim[owner] > 0)]]] = True
            served = open_ & ~wait
            now = np.where(served[self.order], claim, 0.0)
            x += now
            left -= np.bincount(self.item, weights=now[self.owner] * self.size, minlength=len(left))
            open_ &= wait
        return x

    def _once(self) -> Longs:
        """Return the orders that take something once: they are not served."""
        given = self.given
        switch = np.repeat(np.arange(len(given.fee)), np.diff(given.once.ptr))
        takes = np.zeros(len(given.fee), dtype=bool)
        takes[switch[~np.isin(given.once.item, given.choice)]] = True
        return np.repeat(given.option_order, np.diff(given.needs.ptr))[takes[given.needs.item]]

    def _claimed(self, left: Floats, open_: NDArray[np.bool_]) -> Floats:
        """Return what each order would take alone."""
        given = self.given
        fits = np.where(self.plain & open_[self.order] & ((self.worth > 0) | given.whole[self.order]), given.most, 0.0)
        np.minimum.at(fits, self.owner, np.floor(np.maximum(left[self.item], 0.0) / self.size + RESIDUE))
        pack = given.pack[given.shipment]
        fits = np.floor(np.minimum(fits, given.units[given.line]) / pack + RESIDUE) * pack
        sorted_ = fits[self.by]
        before = np.cumsum(sorted_) - sorted_
        rest = given.units[given.line[self.by]] - (before - before[self.head][self.group])
        amount = np.empty(len(fits))
        amount[self.by] = np.maximum(np.minimum(sorted_, rest), 0.0)
        amount = np.floor(amount / pack + RESIDUE) * pack
        amount[amount < given.least[given.shipment]] = 0.0
        return self._chosen(amount)

    def _chosen(self, amount: Floats) -> Floats:
        """Keep the best option of each order, and only complete orders of those that are whole."""
        given, orders = self.given, len(self.given.whole)
        single = given.single[self.order]
        option = np.where(single, given.option, len(given.option_order) + self.order)
        options = len(given.option_order) + orders
        got = np.bincount(option, weights=amount, minlength=options)
        wanted = np.bincount(given.order, weights=given.units, minlength=orders)
        full = np.zeros(options, dtype=bool)
        full[option] = got[option] >= wanted[self.order]
        earned = np.bincount(option, weights=amount * self.worth, minlength=options)
        fee = np.bincount(
            np.repeat(np.arange(len(given.option_order)), np.diff(given.needs.ptr)),
            weights=given.fee[given.needs.item],
            minlength=options,
        )
        paid = np.bincount(option, weights=(amount > 0) * fee[given.option], minlength=options)
        earned -= np.where(np.arange(options) < len(given.option_order), fee, paid)
        good = (earned > 0) & (full | ~given.whole[self._order_of(orders)])
        best = np.zeros(orders)
        np.maximum.at(best, self._order_of(orders)[good], earned[good])
        good &= earned == best[self._order_of(orders)]
        first = np.full(orders, options)
        np.minimum.at(first, self._order_of(orders)[good], np.flatnonzero(good))
        return np.where(first[self.order] == option, amount, 0.0)

    def _order_of(self, orders: int) -> Longs:
        return np.concatenate([self.given.option_order, np.arange(orders)])
