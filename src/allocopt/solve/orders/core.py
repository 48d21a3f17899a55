"""The core of a program of orders: those that the prices leave open, by branch and bound with all others as they are.

Orders that earn much beyond the prices, or far too little, are nearly always served, or not, in the best plans; what
is to be decided are the others. Source: Balas and Zemel, An algorithm for large zero-one knapsack problems, Operations
Research 28 (1980).
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.program import Program, restricted
from allocopt.arrays import Flags, Floats, Longs
from allocopt.solve import highs
from allocopt.solve.orders.structure import Orders
from allocopt.solve.solution import Clock


def by_core(
    program: Program, given: Orders, surplus: Floats, x: Floats, clock: Clock, *, size: int, gap: float
) -> Floats:
    """Return a plan that decides anew about the orders of the core; whether it is better is for the caller to see.

    Parameters
    ----------
    program : Program
    given : Orders
    surplus : float64, shape (orders,)
        What each order earns at good prices, beyond these.
    x : float64, shape (columns,)
        A plan that keeps every row.
    clock : Clock
    size : int
        Orders of the core.
    gap : float
        Where the search may end.
    """
    columns = _columns(program, given, np.argsort(np.abs(surplus), kind="stable")[:size])
    small, _ = restricted(program, columns, x)
    found = highs.branch(small, clock, gap=gap, start=x[columns])
    plan = x.copy()
    if found.x is not None and np.shape(found.x) == (small.columns,):
        plan[columns] = found.x
    return plan


def _columns(program: Program, given: Orders, orders: Longs) -> Flags:
    """Return the columns of some orders: their arcs, and the switches and packs over these."""
    core = np.zeros(len(given.whole), dtype=bool)
    core[orders] = True
    found: Flags = np.zeros(program.columns, dtype=bool)
    found[given.column[core[given.order[given.line]]]] = True
    follows = given.followers
    found[follows.column[follows.owner[found[follows.member]]]] = True
    return found
