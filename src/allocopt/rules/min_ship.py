"""Minimum shipment: what ships for a line over a lane in a period is nothing, or at least ``min_ship``.

.. code-block:: text

    min_ship[d] on[d, k, t] <= sum_{a of d over k in t} ship[a] <= units[d] on[d, k, t],   on in {0, 1}

for each line ``d`` with a minimum, lane ``k``, period ``t`` [unit]. Source: minimum order quantities; semi-continuous
variables, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, When
from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Index
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import add_gate
from allocopt.rules.kit.names import lane_names, line_names


class MinShip(Rule):
    """Shipments are nothing or at least the minimum."""

    name: ClassVar[str] = "min_ship"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per line with a minimum, lane and ship period."""
        facts, arcs = on.facts, on.arcs
        lines, lanes, horizon = facts.lines, len(facts.lanes.node), facts.periods
        least = np.where(facts.skus.divisible[lines.sku], lines.min_ship, np.ceil(lines.min_ship - 1e-9))
        counts = least > np.where(facts.skus.divisible[lines.sku], 0.0, 1.0)
        members = np.flatnonzero(counts[arcs.line])
        if not len(members):
            return
        line = arcs.line[members].astype(np.int64)
        key = (line * lanes + arcs.lane[members]) * horizon + arcs.ship[members]
        gate, present = dense(key, len(lines.sku) * lanes * horizon)
        line = present // (lanes * horizon)
        index = Index(
            ("line", "lane", "period"),
            (line, present // horizon % lanes, present % horizon),
            (partial(line_names, facts), partial(lane_names, facts), None),
        )
        shipped, each = add_gate(on, "shipment", index, members, gate), np.arange(len(present))
        when = When(shipped, each, each, np.ones(len(each), dtype=bool))
        on.form.add_rows(self.name, index, [Sum(on.ship, gate, members=members)], lower=least[line], when=when)
