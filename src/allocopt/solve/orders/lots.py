"""A bound by integral lots: every arc pays rent for its lot, each lot picks whole units, each order collects rents.

.. code-block:: text

    v[a] = value[a] - sum_r price[r] amount[a, r] - toll[p(a)]         r: resources other than the lot
    bound = sum_r price[r] limit[r]
          + sum over lots    max { sum_a v[a] x[a] - rent[a] [x[a] > 0] :  sum_a x[a] <= limit,  x whole }
          + sum over orders  max { sum_a rent[a] held[a] + sum_p units[p] toll[p] held[p] }

for any prices, tolls and rents >= 0 (rents of any sign where an order ships an arc in full or not at all). A pair
``p`` is a line and an option of its order, or a line alone where an order may use several; tolls are of pairs of
several arcs, which together must not ship more than the line wants. The linear relaxation breaks lots; this does not.
Source:
Lagrangian decomposition, Guignard and Kim, Mathematical Programming 39 (1987).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Longs
from allocopt.solve.orders.descent import Descent
from allocopt.solve.orders.native import lots_at_rents, orders_at_rents
from allocopt.solve.orders.native_lots import DEEP
from allocopt.solve.orders.reading import read
from allocopt.solve.orders.structure import Orders
from allocopt.solve.rents import Rents

TABLE = 1 << 23
"""Entries of the largest table of a dynamic program over a lot's units."""
LEAST_STEP = 1e-4
"""Step at which a descent ends."""


class LotBound:
    """The parts of the bound that stay the same from rents to rents.

    Parameters
    ----------
    given : Orders
    price : float64, shape (resources,)
        Those of lots and choices are left out.
    """

    def __init__(self, given: Orders, price: Floats) -> None:
        self.given = given
        arcs = len(given.column)
        self.lot, self.weight, is_lot = lots_of(given)
        free = is_lot.copy()
        free[given.choice[given.choice >= 0]] = True
        most = np.where((given.rate > 0) & ~given.insisted, given.rate, np.inf)
        price = np.where(free, 0.0, np.clip(price, 0.0, most))
        owner = np.repeat(np.arange(arcs), np.diff(given.uses.ptr))
        spent = np.bincount(owner, weights=price[given.uses.item] * given.uses.value, minlength=arcs)
        self.value = given.value - spent
        self.constant = float(price @ given.limit)
        self.limit = np.floor(given.limit)
        self.on_lot = self.lot >= 0
        by = np.argsort(np.where(self.on_lot, self.lot, len(given.limit)), kind="stable")
        self.begin = starts(self.lot[self.on_lot], len(given.limit))
        self.member = by[: int(self.on_lot.sum())]
        self.most = np.minimum(given.most, given.units[given.line])
        self.pair, self.first = _pairs(given)
        self.several = np.bincount(self.pair) > 1
        self.single = given.single | (np.bincount(given.option_order, minlength=len(given.whole)) == 1)
        full = given.whole[given.order][given.line] & (self.most >= given.units[given.line])
        self.rigid = full & ~self.several[self.pair] & self.single[given.order][given.line]
        once = np.repeat(np.arange(len(given.fee)), np.diff(given.once.ptr))
        charge = given.fee + np.bincount(
            once, weights=price[given.once.item] * given.once.value, minlength=len(given.fee)
        )
        option = np.repeat(np.arange(len(given.option_order)), np.diff(given.needs.ptr))
        # Sums of nothing are whole numbers to numpy.
        by_option = np.bincount(option, weights=charge[given.needs.item], minlength=len(given.option_order))
        self.charge = by_option.astype(float)
        self.order_line, self.line_arc = starts(given.order, len(given.whole)), starts(given.line, len(given.units))
        self.order_option = starts(given.option_order, len(given.whole))
        self.taken, self.shipped, self.held = np.zeros(arcs), np.zeros(arcs), np.zeros(arcs)
        members = np.diff(self.begin)
        short = is_lot & (self.limit <= DEEP)
        table = int((members * (self.limit + 1.0))[short].max(initial=0.0))
        self._room = (
            np.empty(members.max(initial=1), np.int64),
            np.empty(members.max(initial=1)),
            np.empty(int(self.limit[short].max(initial=0.0)) + 1),
            np.empty(min(table, TABLE), np.int32),
        )

    def allowed(self, rent: Floats, toll: Floats) -> tuple[Floats, Floats]:
        """Return rents (by arc) and tolls (by pair) without what would prove nothing."""
        rent = np.where(self.on_lot, np.where(self.rigid, rent, np.maximum(rent, 0.0)), 0.0)
        return rent, np.where(self.several, np.maximum(toll, 0.0), 0.0)

    def at(self, rent: Floats, toll: Floats) -> float:
        """Return the bound on what is earned at some rents and tolls.

        `taken`, `shipped` and `held` say afterwards which arcs lots use, how many units, and which ones orders hold.
        """
        worth = self.value - toll[self.pair]
        by_lots = lots_at_rents(
            self.limit,
            self.begin,
            self.member,
            self.weight,
            worth,
            rent,
            self.most,
            self.rigid,
            self.taken,
            self.shipped,
            *self._room,
        )
        collected = rent + np.where(self.on_lot, 0.0, np.maximum(worth, 0.0) * self.most)
        collected[self.first] += toll * self.given.units[self.given.line[self.first]]
        by_orders = orders_at_rents(
            self.order_line,
            self.line_arc,
            self.order_option,
            self.given.option,
            self.single,
            collected,
            self.charge,
            self.held,
        )
        return float(self.constant + by_lots + by_orders)

    def slopes(self) -> tuple[Floats, Floats]:
        """Return how the bound changes with rents and tolls, after `at`."""
        pairs = len(self.several)
        held = self.held[self.first] * self.given.units[self.given.line[self.first]]
        shipped = np.bincount(self.pair, weights=np.where(self.on_lot, self.shipped, 0.0), minlength=pairs)
        rent = np.where(self.on_lot, self.held - self.taken, 0.0)
        return rent, np.where(self.several, held - shipped, 0.0)


def lots_of(given: Orders) -> tuple[Longs, Floats, NDArray[np.bool_]]:
    """Return the lot of each arc (-1: none), what a unit takes of it, and which resources are lots.

    A lot is a resource of which units take whole numbers, that no switch takes of. Where an arc has several, it is one
    of which a unit takes one, and of these the one that is listed first.
    """
    resources, arcs = len(given.limit), len(given.column)
    whole = np.ones(resources, dtype=bool)
    whole[given.uses.item[(given.uses.value < 1.0) | (given.uses.value != np.rint(given.uses.value))]] = False
    whole[given.once.item] = False
    whole[(given.rate > 0) | ~given.integral] = False
    plain = whole.copy()
    plain[given.uses.item[given.uses.value != 1.0]] = False
    owner = np.repeat(np.arange(arcs), np.diff(given.uses.ptr))
    lot, weight = np.full(arcs, -1), np.ones(arcs)
    for kind in (whole, plain):
        mine = np.flatnonzero(kind[given.uses.item])[::-1]
        lot[owner[mine]], weight[owner[mine]] = given.uses.item[mine], given.uses.value[mine]
    # A resource that is the lot of some of its arcs only is priced like any other.
    users = np.bincount(given.uses.item, minlength=resources)
    is_lot = (np.bincount(lot[lot >= 0], minlength=resources) == users) & (users > 0)
    return np.where(np.append(is_lot, False)[lot], lot, -1), weight, is_lot


def _pairs(given: Orders) -> tuple[Longs, Longs]:
    """Return the pair of each arc, of line and option (line alone, where orders may use several), and its first arc."""
    single = given.single[given.order][given.line]
    key = given.line * (len(given.option_order) + 1) + np.where(single, given.option + 1, 0)
    _, first, pair = np.unique(key, return_index=True, return_inverse=True)
    return pair.astype(np.int64), first.astype(np.int64)


def bound_by_lots(program: Program, rents: Rents) -> float:
    """Return the bound that rents prove, from the program and the rents alone [currency].

    None (infinity) where orders are not the whole truth of the program: see `Orders.whole_truth`.

    Raises
    ------
    UnreadableError
        If the program cannot be read as orders.
    """
    given = read(program)
    if not given.whole_truth:
        return np.inf
    lots = LotBound(given, given.sign * rents.price[given.row] / given.scale)
    rent, toll = lots.allowed(rents.rent[given.column], rents.toll[given.column[lots.first]])
    return lots.at(rent, toll) + float(program.cost @ given.base) + program.constant


class Rented:
    """Rents that get better step by step.

    Parameters
    ----------
    given : Orders
    price : float64, shape (resources,)
        Where to start.
    """

    def __init__(self, given: Orders, price: Floats) -> None:
        self._price = price = _insisted(given, price)
        self.lots = lots = LotBound(given, price)
        lot_price = np.where(lots.on_lot, np.append(price, 0.0)[lots.lot] * lots.weight, 0.0)
        beyond = lots.value - lot_price
        toll = np.zeros(len(lots.several))
        np.maximum.at(toll, lots.pair, beyond)
        toll = np.where(lots.several, toll, 0.0)
        start = np.concatenate([lots.most * (beyond - toll[lots.pair]), toll])
        self._descent = Descent(start, lambda at: np.concatenate(lots.allowed(*self._split(at))), LEAST_STEP)

    @property
    def best(self) -> float:
        """The lowest bound so far."""
        return self._descent.best

    @property
    def over(self) -> bool:
        """Whether steps have become too small to matter."""
        return self._descent.over

    def step(self, target: float) -> None:
        """Look at the present rents, keep them if they are the best, and move on towards a target."""
        value = self.lots.at(*self._split(self._descent.at))
        self._descent.seen(value)
        self._descent.move(value, np.concatenate(self.lots.slopes()), target)

    def rents(self, program: Program) -> Rents:
        """Return the best rents as those of a program's columns."""
        given, (rent, toll) = self.lots.given, self._split(self._descent.kept)
        found = Rents(np.zeros(program.rows), np.zeros(program.columns), np.zeros(program.columns))
        np.add.at(found.price, given.row, given.sign * self._price * given.scale)
        found.rent[given.column] = rent
        found.toll[given.column] = toll[self.lots.pair]
        return found

    def _split(self, at: Floats) -> tuple[Floats, Floats]:
        arcs = len(self.lots.lot)
        return at[:arcs], at[arcs:]


def _insisted(given: Orders, price: Floats) -> Floats:
    """Return the prices with so much on orders that have to be complete that leaving one out is never worth it.

    Rents then stand for multipliers of any sign of what such an order must get.
    """
    owner = np.repeat(np.arange(len(given.column)), np.diff(given.uses.ptr))
    order = given.order[given.line[owner]]
    low, high = np.full(len(price), len(given.whole)), np.full(len(price), -1)
    np.minimum.at(low, given.uses.item, order)
    np.maximum.at(high, given.uses.item, order)
    alone = given.insisted & (low == high) & given.whole[np.minimum(low, len(given.whole) - 1)]
    return np.where(alone, np.maximum(price, given.rate), price)
