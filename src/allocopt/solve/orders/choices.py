"""What only one of the options of an order can have: a choice that needs no search."""

from __future__ import annotations

import numpy as np

from allocopt.algebra.grouping import ranges
from allocopt.arrays import Floats, Longs
from allocopt.solve.orders.numbering import distinct
from allocopt.solve.orders.structure import Listed


def choices(option_order: Longs, needs: Listed, uses: Listed, once: Listed, limit: Floats, orders: int) -> Longs:
    """Return the resource that only the switches of an order take, and that only one can have; -1: none.

    Every option of such an order takes of it, by a switch of its own: two options behind one switch could both be used.
    """
    switches, resources = len(once.ptr) - 1, len(limit)
    of_switch = np.zeros(switches, dtype=np.int64)
    of_switch[needs.item] = np.repeat(option_order, np.diff(needs.ptr))
    resource, switch = once.item, np.repeat(np.arange(switches), np.diff(once.ptr))
    low, high = np.full(resources, orders), np.full(resources, -1)
    np.minimum.at(low, resource, of_switch[switch])
    np.maximum.at(high, resource, of_switch[switch])
    smallest = np.full(resources, np.inf)
    np.minimum.at(smallest, resource, once.value)
    one = (low == high) & (2 * smallest > limit) & (smallest > 0)
    one &= np.bincount(uses.item, minlength=resources) == 0
    entry, need = ranges(once.ptr[needs.item], once.ptr[needs.item + 1])
    option, taken = np.repeat(np.arange(len(option_order)), np.diff(needs.ptr))[need], resource[entry]
    met = np.bincount(taken, minlength=resources)
    for part, size in ((option, len(option_order)), (needs.item[need], switches)):
        one &= np.bincount(distinct(taken * size + part) // max(size, 1), minlength=resources) == met
    one &= met == np.bincount(option_order, minlength=orders + 1)[low]
    choice = np.full(orders, -1)
    choice[low[one]] = np.flatnonzero(one)
    return choice
