"""Lane capacity: units per period that may ship over a lane.

.. code-block:: text

    sum_{a over lane row k, shipped in t} ship[a] <= capacity[k]        for each lane row k, period t        [unit]

A unit counts toward the row that serves it and toward every less specific row of the same node, channel and via
that also fits it: the capacity of a specific row is its own, and its units also count toward the general one.
Source: joint arc capacities of multi-commodity flow, e.g. Fourer, Gay, Kernighan, AMPL (2003), ch. 4.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import places
from allocopt.problem.facts import ANY, Facts, Ints
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped


class LaneCapacity(Rule):
    """No lane ships more in a period than its capacity."""

    name: ClassVar[str] = "lane_capacity"
    short: ClassVar[str] = "lane_capacity"
    shut: ClassVar[str] = "lane_closed"

    def limit(self, label: tuple[Any, ...], most: float) -> str:
        """Return what a lane can ship in a period."""
        if most <= 0:
            return f"the lane {label[0]} is closed in period {label[1]}"
        return f"the lane {label[0]} can ship {most:,.6g} units in period {label[1]}"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per lane row with a capacity and period in which an arc can use it."""
        facts, arcs = on.facts, on.arcs
        lanes = facts.lanes
        if not np.isfinite(lanes.capacity).any():
            return
        finite = np.append(np.isfinite(lanes.capacity), False)
        rows = [np.where(finite[parent], parent, ANY)[arcs.lane] for parent in _parents(facts)]
        group, index = grouped(facts, lane=np.concatenate(rows), period=np.tile(arcs.ship, len(rows)))
        sums = [Sum(on.ship, part) for part in np.split(group, len(rows))]
        limit = lanes.capacity[index.codes[0]]
        if not facts.skus.divisible.any():
            limit = floor_units(limit)
        on.form.add_rows(self.name, index, sums, upper=limit)


def _parents(facts: Facts) -> list[Ints]:
    """Return, per level of generality, the row that each lane row's units count toward (-1: none).

    The first level is the row itself; then the same pair and via without its region, without its SKU, and without
    both.
    """
    lanes = facts.lanes
    size, regions = len(facts.skus.id) + 1, len(facts.regions) + 1
    way = (lanes.node.astype(np.int64) * len(facts.channels.id) + lanes.channel) * (len(facts.vias) + 1) + lanes.via + 1
    keys = (way * regions + lanes.region + 1) * size + lanes.sku + 1
    order = np.argsort(keys)
    levels = [np.arange(len(keys), dtype=np.int32)]
    has_region, has_sku = lanes.region != ANY, lanes.sku != ANY
    for drop_region, drop_sku in ((True, False), (False, True), (True, True)):
        applies = (has_region | ~np.bool_(drop_region)) & (has_sku | ~np.bool_(drop_sku))
        region = np.zeros(len(keys), dtype=np.int64) if drop_region else lanes.region + 1
        sku = np.zeros(len(keys), dtype=np.int64) if drop_sku else lanes.sku + 1
        wanted = (way * regions + region) * size + sku
        found = np.where(applies, np.append(order, ANY)[places(keys[order], wanted)], ANY).astype(np.int32)
        if (found != ANY).any():
            levels.append(found)
    return levels
