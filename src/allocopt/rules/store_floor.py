"""Store floor: units of each SKU at a node that channels other than stores may not touch.

.. code-block:: text

    sum_{a from lots of (s, n) available by u, to channels that are not stores} ship[a]
        <= max(0, usable of these lots - store_floor[n])        for each SKU s, node n, arrival date u        [unit]

Source: presentation minimum (shelf stock) in ship-from-store fulfilment.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import ranges, running
from allocopt.problem.facts import ANY
from allocopt.problem.schema import CHANNEL_KINDS
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped

STORE = CHANNEL_KINDS.index("store")


class StoreFloor(Rule):
    """Channels other than stores leave the store floor untouched."""

    name: ClassVar[str] = "store_floor"
    short: ClassVar[str] = "store_floor"

    def limit(self, label: tuple[Any, ...], most: float) -> str:
        """Return what a store may ship of an article to others."""
        return f"{label[1]} may ship {most:,.6g} units of {label[0]}, the rest stays on its shelf"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per SKU, node with a floor, and arrival date."""
        facts, arcs = on.facts, on.arcs
        floor = facts.nodes.store_floor
        if not floor.any():
            return
        lots = facts.lots
        counted = (floor[lots.node] > 0) & ~lots.hold
        step, index = grouped(facts, sku=np.where(counted, lots.sku, ANY), node=lots.node, available=lots.available)
        if not len(index):
            return
        sku, node, _ = index.codes
        stock = np.bincount(step[counted], weights=lots.usable[counted], minlength=len(index)).astype(np.float64)
        place = sku * len(facts.nodes.id) + node
        total = running(stock, place)
        last = np.searchsorted(place, place, side="right")
        bound = (facts.channels.kind[facts.lines.channel] != STORE)[arcs.line] & counted[arcs.lot]
        members = np.flatnonzero(bound)
        begins = step[arcs.lot[members]]
        row, owner = ranges(begins, last[begins])
        limit = np.maximum(total - floor[node], 0.0)
        limit = np.where(facts.skus.divisible[sku], limit, floor_units(limit))
        on.form.add_rows(self.name, index, [Sum(on.ship, row, members=members[owner])], upper=limit)
