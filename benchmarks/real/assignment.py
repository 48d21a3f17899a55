"""An independent answer to order-to-plant assignment, by successive shortest paths: no solver, no allocopt.

The graph that matters has one node a plant: moving an order from plant p to plant q costs the least
``cost[o, q] - cost[o, p]`` over the orders at p. Each round adds one order along the cheapest path from any unserved
order to a plant with room; such a path keeps the assignment the cheapest of its size, and there is none left only
when no larger assignment exists (Ahuja, Magnanti, Orlin, Network Flows (1993), ch. 9).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EPSILON = 1e-9


def cheapest_most(cost: NDArray[np.float64], limit: NDArray[np.float64]) -> tuple[int, float]:
    """Assign as many orders as possible to plants, and those at least cost.

    Parameters
    ----------
    cost : float64, shape (orders, plants)
        Cost of serving an order from a plant; inf where it cannot.
    limit : float64, shape (plants,)
        Orders that a plant can take.

    Returns
    -------
    int, float
        Orders served, and what they cost.

    Examples
    --------
    >>> cheapest_most(np.array([[1.0, 5.0], [2.0, np.inf], [9.0, 9.0]]), np.array([1.0, 1.0]))
    (2, 7.0)
    """
    orders, plants = cost.shape
    at = np.full(orders, -1)
    room = limit.astype(int).copy()
    enter, entering = np.full(plants, np.inf), np.zeros(plants, dtype=int)
    move, moving = np.full((plants, plants), np.inf), np.zeros((plants, plants), dtype=int)

    def look(plant: int) -> None:
        mine = np.flatnonzero(at == plant)
        if plant < 0:
            offers = cost[mine]
            target, names = enter, entering
        else:
            offers = cost[mine] - cost[mine, plant][:, None]
            target, names = move[plant], moving[plant]
        if len(mine):
            best = offers.argmin(axis=0)
            target[:], names[:] = offers[best, np.arange(plants)], mine[best]
        else:
            target[:] = np.inf

    look(-1)
    while True:
        distance, before = enter.copy(), np.full(plants, -1)
        for _ in range(plants):
            through = distance[:, None] + move
            best = through.argmin(axis=0)
            least = through[best, np.arange(plants)]
            shorter = least < distance - EPSILON
            if not shorter.any():
                break
            distance[shorter], before[shorter] = least[shorter], best[shorter]
        open_ = np.where(room > 0, distance, np.inf)
        plant = int(open_.argmin())
        if not np.isfinite(open_[plant]):
            break
        room[plant] -= 1
        touched = {-1, plant}
        while before[plant] >= 0:
            source = int(before[plant])
            at[moving[source, plant]] = plant
            plant = source
            touched.add(plant)
        at[entering[plant]] = plant
        for plant in touched:
            look(plant)
    served = np.flatnonzero(at >= 0)
    return len(served), float(cost[served, at[served]].sum())
