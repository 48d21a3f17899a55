"""Parcels: what leaves one node for one order over one lane in one period.

A line without an order is an order of its own. A lane is a row of its table, so that goods over rows of their own
(bulky ones, say) are parcels of their own.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.labels import Codes, Index
from allocopt.arcs import Arcs
from allocopt.problem.facts import Facts, Floats, Ints
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.scope import order_of_lines


def parcels(arcs: Arcs, rows: Codes) -> tuple[Ints, Index]:
    """Return the parcel of each of some arcs, and the labels of the parcels: order, lane and ship period."""
    order = order_of_lines(arcs.facts)[arcs.line[rows]]
    return grouped(arcs.facts, order=order, lane=arcs.lane[rows], period=arcs.ship[rows])


def parcel_cost(facts: Facts, index: Index) -> Floats:
    """Return what each parcel costs, by its labels, shape (parcels,) [currency]."""
    cost: Floats = facts.lanes.parcel_cost[index.codes[1]]
    return cost


def split_cost(cost: Floats, owner: Codes, size: int) -> Floats:
    """Return what each order pays for its parcels beside the dearest one, shape (orders,) [currency].

    >>> split_cost(np.array([3.0, 5.0, 4.0]), np.array([0, 0, 1]), 2)
    array([3., 0.])
    """
    dearest = np.zeros(size)
    np.maximum.at(dearest, owner, cost)
    return np.bincount(owner, weights=cost, minlength=size).astype(np.float64) - dearest
