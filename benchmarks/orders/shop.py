"""A shop's orders in plain arrays: what every contender is told, and what any plan is held against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Shop:
    """Orders of lines that several nodes can serve.

    Attributes
    ----------
    order, sku, channel : int64, shape (lines,)
    units : int64, shape (lines,)
    price : float64, shape (lines,)
        Whole cents.
    pack, least : int64, shape (lines,)
        What ships from one node comes in multiples of the one, and is nothing or at least the other.
    whole, single, must : bool, shape (orders,)
        All lines or nothing; from one node; has to be served.
    stock : int64, shape (skus, nodes)
    cost : float64, shape (lines, nodes)
        Of the way, in whole cents.
    by_sku : bool
        Whether ways cost something else for each SKU, or for each channel.
    work : int64, shape (skus, nodes), or None
        Minutes of a unit.
    minutes : int64, shape (nodes,), or None
        That each node has.
    best : float or None
        The best worth that anybody knows.
    """

    order: Ints
    sku: Ints
    units: Ints
    price: Floats
    whole: Flags
    single: Flags
    stock: Ints
    cost: Floats
    channel: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    pack: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    least: Ints = field(default_factory=lambda: np.zeros(0, np.int64))
    must: Flags = field(default_factory=lambda: np.zeros(0, bool))
    by_sku: bool = False
    work: Ints | None = None
    minutes: Ints | None = None
    best: float | None = None

    def __post_init__(self) -> None:
        lines, orders = len(self.order), len(self.whole)
        plain = {"channel": np.zeros(lines, np.int64), "pack": np.ones(lines, np.int64)}
        plain |= {"least": np.zeros(lines, np.int64), "must": np.zeros(orders, bool)}
        for name, values in plain.items():
            if not len(getattr(self, name)):
                object.__setattr__(self, name, values)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return self.stock.shape[1]

    def arcs(self) -> tuple[Ints, Ints]:
        """Return line and node of each arc: where there is stock of what is wanted."""
        line, node = np.nonzero(self.stock[self.sku] > 0)
        return line, node

    def tables(self) -> dict[str, Any]:
        """Return the tables of the problem."""
        import pandas as pd

        node = np.array([f"N{number:02}" for number in range(self.nodes)])
        sku = np.array([f"S{number:05}" for number in range(len(self.stock))])
        channel = np.array([f"c{number}" for number in range(int(self.channel.max()) + 1)])
        demand = pd.DataFrame(
            {"sku": sku[self.sku], "channel": channel[self.channel], "period": 0, "units": self.units}
            | {"price": self.price, "pack": self.pack, "min_ship": np.maximum(self.least, 1)}
            | {"all_or_none": self.whole[self.order], "ship_from_one": self.single[self.order]}
            | {"min_units": np.where(self.must[self.order], self.units, 0)}
        )
        loose = ~(self.whole | self.single)[self.order]
        demand["order"] = np.where(loose, "", np.char.add("o", self.order.astype(str)))
        of_sku, of_node = np.nonzero(self.stock > 0)
        supply = {"sku": sku[of_sku], "node": node[of_node], "kind": "on_hand", "units": self.stock[of_sku, of_node]}
        tables = {
            "skus": pd.DataFrame({"sku": sku}),
            "nodes": pd.DataFrame({"node": node}),
            "channels": pd.DataFrame({"channel": channel}),
            "supply": pd.DataFrame(supply),
            "demand": demand,
            "lanes": self._lanes(node, channel, sku),
        }
        if self.work is not None and self.minutes is not None:
            # A resource for each node: what a unit takes is told by SKU.
            own = np.char.add("minutes of ", node)
            tables["capacity"] = pd.DataFrame({"node": node, "period": 0, "resource": own, "limit": self.minutes})
            work = {"resource": own[of_node], "sku": sku[of_sku], "workload": self.work[of_sku, of_node]}
            tables["workloads"] = pd.DataFrame(work)
        return tables

    def _lanes(self, node: Any, channel: Any, sku: Any) -> Any:
        import pandas as pd

        line, at = self.arcs()
        key = (self.sku if self.by_sku else self.channel)[line] * self.nodes + at
        _, first = np.unique(key, return_index=True)
        line, at = line[first], at[first]
        rows = {"node": node[at], "channel": channel[self.channel[line]], "cost": self.cost[line, at]}
        return pd.DataFrame(rows | ({"sku": sku[self.sku[line]]} if self.by_sku else {}))

    def shipped(self, allocation: Any) -> Ints:
        """Return the units that a plan's allocation ships of each line from each node, shape (lines, nodes)."""
        names = allocation["order"].fillna("").astype(str).to_numpy()
        loose = names == ""
        order = np.where(loose, -1, np.char.lstrip(np.where(loose, "o0", names).astype(str), "o").astype(np.int64))
        sku = allocation["sku"].astype(str).str[1:].astype(np.int64).to_numpy()
        channel = allocation["channel"].astype(str).str[1:].astype(np.int64).to_numpy()
        mine = np.where((self.whole | self.single)[self.order], self.order, -1)
        place = {
            key: line
            for line, key in enumerate(zip(mine.tolist(), self.sku.tolist(), self.channel.tolist(), strict=True))
        }
        keys = zip(order.tolist(), sku.tolist(), channel.tolist(), strict=True)
        line = np.array([place[key] for key in keys], np.int64)
        node = allocation["node"].astype(str).str[1:].astype(np.int64).to_numpy()
        found = np.zeros((len(self.order), self.nodes), np.int64)
        np.add.at(found, (line, node), allocation["units"].to_numpy().astype(np.int64))
        return found

    def earned(self, x: Ints) -> float:
        """Return what a plan earns.

        Parameters
        ----------
        x : int64, shape (lines, nodes)

        Raises
        ------
        AssertionError
            If it breaks a rule; says which.
        """
        for rule, kept in self.kept(x).items():
            if not kept:
                raise AssertionError(f"the plan breaks a rule: {rule}")
        return float(((self.price[:, None] - self.cost) * x).sum())

    def kept(self, x: Ints) -> dict[str, bool]:
        """Return whether a plan keeps each rule."""
        got, orders = x.sum(1), len(self.whole)
        used = np.zeros_like(self.stock)
        np.add.at(used, self.sku, x)
        missing = np.bincount(self.order, weights=got < self.units, minlength=orders)
        some = np.bincount(self.order, weights=got, minlength=orders) > 0
        ways = np.zeros((orders, self.nodes), np.int64)
        np.add.at(ways, self.order, x)
        busy = np.zeros(self.nodes) if self.work is None else (self.work[self.sku] * x).sum(0)
        return {
            "stock": bool((used <= self.stock).all() and (x >= 0).all()),
            "demand": bool((got <= self.units).all()),
            "all or none": bool((~self.whole | ~some | (missing == 0)).all()),
            "from one node": bool((~self.single | ((ways > 0).sum(1) <= 1)).all()),
            "must ship": bool((~self.must | (missing == 0)).all()),
            "packs": bool((x % self.pack[:, None] == 0).all()),
            "least": bool(((x == 0) | (x >= self.least[:, None])).all()),
            "minutes": self.minutes is None or bool((busy <= self.minutes).all()),
        }
