"""Capacity: what a node can handle in a period, in any resource.

.. code-block:: text

    sum_{a at (n, t)} workload[r, sku, channel] ship[a] + sum_{o at (n, t)} workload[r, channel] handled[o, n, t]
        <= limit[n, t, r]                                      for each row of `capacity`        [unit of r]
    sum_{a of o at (n, t)} ship[a] <= units[o] handled[o, n, t],   handled binary, where work is per order

Where work is per parcel, ``workload[r, channel] parcels[o, k, t]`` is added in the same way: for each order o, lane k
from n and period t. Resource ``units`` takes 1 a unit unless workloads say otherwise. No row, no limit. Where work is
per order or parcel, the workload may depend on the channel only through its most specific row; lines count once.
Source: throughput constraints of multi-commodity flow, e.g. Ahuja, Magnanti, Orlin (1993), ch. 17.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import extreme, places
from allocopt.problem.facts import ANY, Facts, Floats, Ints
from allocopt.problem.schema import WORK_PER
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import order_gate
from allocopt.rules.kit.names import labels

UNITS = "units"


class Capacity(Rule):
    """No node handles more in a period than its capacity."""

    name: ClassVar[str] = "capacity"
    short: ClassVar[str] = "capacity"

    def limit(self, label: tuple[Any, ...], most: float) -> str:
        """Return what a node can handle in a period; ``""`` for what ties the work of an order to its units."""
        return f"{label[0]} can handle {most:,.6g} {label[2]} in period {label[1]}" if len(label) == 3 else ""

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per capacity row, and switches where work is per order."""
        facts, caps = on.facts, on.facts.capacities
        if not len(caps.limit):
            return
        sums: list[Sum] = []
        for resource in np.unique(caps.resource).tolist():
            rows = _row_of(facts, resource)
            group = rows[on.arcs.node, on.arcs.ship]
            per_unit = workload_of_lines(facts, resource, per="unit")
            sums.append(Sum(on.ship, group, per_unit[on.arcs.line]))
            for per, name in (("order", "handled"), ("parcel", "parcels")):
                work = workload_of_lines(facts, resource, per=per)
                if work.any():
                    sums += _once(on, f"{name}_{facts.resources[resource]}", per, group, work)
        index = labels(facts, node=caps.node, period=caps.period, resource=caps.resource)
        on.form.add_rows(self.name, index, sums, upper=_limits(facts))


def _row_of(facts: Facts, resource: int) -> Ints:
    """Return the capacity row of each (node, period) for a resource, -1 where there is none."""
    caps = facts.capacities
    mine = np.flatnonzero(caps.resource == resource)
    rows = np.full((len(facts.nodes.id), max(facts.periods, int(caps.period.max()) + 1)), ANY, dtype=np.int32)
    rows[caps.node[mine], caps.period[mine]] = mine
    return rows


def _limits(facts: Facts) -> Floats:
    """Return the limits, floored to units where whole units are counted one by one."""
    caps, work = facts.capacities, facts.workloads
    plain = np.array([name == UNITS for name in facts.resources], dtype=bool)[caps.resource]
    plain &= ~np.isin(caps.resource, work.resource) & ~facts.skus.divisible.any()
    return np.where(plain, floor_units(caps.limit), caps.limit)


def _once(on: Statement, name: str, per: str, group: Ints, work_of_lines: Floats) -> list[Sum]:
    """Return the sums of work per order, or parcel: each counts once at a node in a period."""
    arcs, work = on.arcs, work_of_lines[on.arcs.line]
    members = np.flatnonzero((group >= 0) & (work > 0))
    place = (arcs.node if per == "order" else arcs.lane)[members]
    apart = {"node" if per == "order" else "lane": place, "period": arcs.ship[members]}
    handled, gate = order_gate(on, name, members, whole=False, **apart)
    heaviest = extreme(np.maximum, work[members], gate, len(handled), none=0.0)
    row = extreme(np.maximum, group[members], gate, len(handled), none=0)
    return [Sum(handled, row, heaviest)]


def workload_of_lines(facts: Facts, resource: int, *, per: str) -> Floats:
    """Return what a unit (or an order, or a parcel) of each demand line takes of a resource, shape (lines,).

    The most specific row wins: SKU and channel, SKU, channel, general.
    """
    work, lines = facts.workloads, facts.lines
    mine = (work.resource == resource) & (work.per == WORK_PER.index(per))
    default = 1.0 if facts.resources[resource] == UNITS and per == "unit" else 0.0
    amount = np.full(len(lines.sku), default)
    width = len(facts.channels.id) + 1
    keys = (work.sku.astype(np.int64) + 1) * width + work.channel + 1
    for by_sku, by_channel in ((False, False), (False, True), (True, False), (True, True)):
        level = np.flatnonzero(mine & ((work.sku != ANY) == by_sku) & ((work.channel != ANY) == by_channel))
        if not len(level):
            continue
        level = level[np.argsort(keys[level])]
        wanted = (lines.sku.astype(np.int64) + 1) * width * by_sku + (lines.channel + 1) * by_channel
        place = places(keys[level], wanted)
        amount = np.where(place < 0, amount, work.workload[level][place])
    return amount
