"""Prices of resources by subgradients, and the multipliers of a program's rows that they stand for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Longs
from allocopt.solve.orders.descent import Descent
from allocopt.solve.orders.native import answer
from allocopt.solve.orders.records import Book
from allocopt.solve.orders.structure import LINE, LINK, PACK, WHOLE, Orders
from allocopt.solve.solution import Clock

LEAST_STEP = 1e-3
"""Step at which a descent ends."""
PATIENCE = 6
"""Steps without gain after which steps shrink: few, as prices need not be good, but soon."""
SPREAD = 0.75
"""Power of its limit by which the price of a resource moves less than that of a resource of which there is one."""


def first_prices(given: Orders) -> Floats:
    """Return where prices begin.

    Of limits: half of the value per unit of the first arc that does not fit, best arcs first. Of what there has to be
    at least: what the cheapest arc loses for a unit of it.
    """
    resource, arc = given.uses.item, np.repeat(np.arange(len(given.column)), np.diff(given.uses.ptr))
    plain = given.rate[resource] == 0
    resource, arc, each = resource[plain], arc[plain], given.uses.value[plain]
    amount, ratio = each * given.units[given.line[arc]], given.value[arc] / each
    order = np.lexsort((-ratio, resource))
    resource, taken, ratio = resource[order], np.cumsum(amount[order]), ratio[order]
    begin = np.searchsorted(resource, np.arange(len(given.limit)))
    before = np.append(0.0, taken)[begin]
    over = np.flatnonzero(taken - before[resource] > given.limit[resource])[::-1]
    price = np.zeros(len(given.limit))
    price[resource[over]] = np.maximum(ratio[over], 0.0) * 0.5
    owner = np.repeat(np.arange(len(given.column)), np.diff(given.uses.ptr))
    gives = np.flatnonzero(given.uses.value < 0)
    loss = np.full(len(given.limit), np.inf)
    np.minimum.at(loss, given.uses.item[gives], given.value[owner[gives]] / given.uses.value[gives])
    return np.where(np.isfinite(loss) & (given.limit < 0), np.maximum(loss, 0.0), price)


def _scale(given: Orders) -> Floats:
    """Return what a price is like in size (money for a unit, on average), for what is left of its resource."""
    owner = np.repeat(np.arange(len(given.column)), np.diff(given.uses.ptr))
    units = np.minimum(given.most, given.units[given.line])
    money = (np.abs(given.value) * units)[owner]
    taken = np.abs(given.uses.value) * units[owner]
    money, taken = (np.bincount(given.uses.item, weights=each, minlength=len(given.limit)) for each in (money, taken))
    scale: Floats = (
        np.maximum(money, LEAST_STEP) / np.maximum(taken, 1.0) / np.maximum(np.abs(given.limit), 1.0) ** SPREAD
    )
    return scale


def priced(pages: Book, given: Orders, target: float, *, rounds: int, clock: Clock) -> Floats:
    """Leave good prices and the worth of each arc at these in the records; return the prices.

    Parameters
    ----------
    pages : Book
    given : Orders
    target : float
        What the best plan known earns.
    rounds : int
        At most so many.
    clock : Clock
    """
    free = np.ones(len(given.limit), dtype=bool)
    free[given.choice[given.choice >= 0]] = False
    most = np.where(given.rate > 0, given.rate, np.inf)
    start = np.where(free, first_prices(given), 0.0)
    descent = Descent(
        start, lambda price: np.clip(price, 0.0, most), LEAST_STEP, scale=_scale(given), patience=PATIENCE
    )
    used = np.zeros(len(free))
    for _ in range(rounds):
        value = answered(pages, descent.at, used)
        descent.seen(value)
        if descent.over or clock.left <= 0:
            break
        descent.move(value, np.where(free, given.limit - used, 0.0), target)
    answered(pages, descent.kept, used)
    return descent.kept


def answered(pages: Book, price: Floats, used: Floats) -> float:
    """Return what orders and resources are worth at prices; leaves both in the records, and what would be used."""
    pages.resources["price"][:-1] = price
    widest = int(np.diff(pages.orders["option"]).max(initial=1))
    return float(answer(pages, used, np.empty(widest), np.empty(widest)))


def from_multipliers(pages: Book, given: Orders, y: Floats) -> Floats:
    """Leave the worth of each arc at multipliers of a program's rows in the records; return the prices."""
    price = np.maximum(given.sign * y[given.row], 0.0) / given.scale
    price[given.choice[given.choice >= 0]] = 0.0
    price = np.minimum(price, np.where(given.rate > 0, given.rate, np.inf))
    answered(pages, price, np.zeros(len(price)))
    return price


def multipliers(program: Program, given: Orders, price: Floats) -> Floats:
    """Return multipliers of every row at which the certificate's bound is that of the prices (or close to it)."""
    gates, y = given.gates, np.zeros(program.rows)
    np.add.at(y, given.row, given.sign * price * given.scale)
    packs = np.flatnonzero(gates.kind == PACK)
    column = gates.switch[packs]
    y[gates.row[packs]] = -program.priced(y)[column] / gates.size[packs]
    worth = program.priced(y)[given.column]
    top = np.full(len(gates.row), -np.inf)
    np.maximum.at(top, gates.gate, worth[gates.arc])
    single, whole = given.single[given.order[gates.line]], given.whole[given.order[gates.line]]
    chosen = given.row[given.choice[given.choice >= 0]]
    links = np.flatnonzero((gates.kind == LINK) & single & _touching(program, chosen)[gates.switch])
    # Of a whole line with one option only, the least that any option earns is the line's, what is beyond the option's.
    floor = np.full(len(given.units), np.inf)
    np.minimum.at(floor, gates.line[links], np.where(whole[links], top[links], 0.0))
    floor = np.where(np.isfinite(floor), floor, 0.0)
    y[gates.row[links]] = np.maximum(top[links] - floor[gates.line[links]], 0.0)
    full = np.flatnonzero(gates.kind == WHOLE)
    y[gates.row[full]] = np.where(single[full], floor[gates.line[full]], top[full])
    most = np.flatnonzero((gates.kind == LINE) & ~single & ~whole)
    y[gates.row[most]] = np.maximum(top[most], 0.0)
    y[chosen] = _best_switch(program, program.priced(y), chosen)
    return y


def _touching(program: Program, rows: Longs) -> NDArray[np.bool_]:
    """Return the columns with an entry in any of some rows, shape (columns + 1,); the last one stands for none."""
    inside = np.zeros(program.rows, dtype=bool)
    inside[rows] = True
    column = program.entry_column
    return np.bincount(column[inside[program.indices]], minlength=program.columns + 1) > 0


def _best_switch(program: Program, worth: Floats, rows: Longs) -> Floats:
    """Return the most that a column of each row is worth, per unit of the row."""
    inside = np.full(program.rows, -1)
    inside[rows] = np.arange(len(rows))
    column = program.entry_column
    entry = np.flatnonzero(inside[program.indices] >= 0)
    gain = np.zeros(len(rows))
    np.maximum.at(gain, inside[program.indices[entry]], worth[column[entry]] / program.data[entry])
    return gain
