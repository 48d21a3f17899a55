"""Minimum shipment: what ships for a line over a lane in a period is nothing, or at least ``min_ship``.

.. code-block:: text

    min_ship[d] on[d, k, t] <= sum_{a of d over k in t} ship[a] <= units[d] on[d, k, t],   on in {0, 1}

for each line ``d`` with a minimum, lane ``k``, period ``t`` [unit]. Source: minimum order quantities; semi-continuous
variables, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, When
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import add_gate, shipments


class MinShip(Rule):
    """Shipments are nothing or at least the minimum."""

    name: ClassVar[str] = "min_ship"
    short: ClassVar[str] = "min_ship"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per line with a minimum, lane and ship period."""
        facts, arcs = on.facts, on.arcs
        lines, free = facts.lines, facts.skus.divisible[facts.lines.sku]
        least = np.where(free, lines.min_ship, np.ceil(lines.min_ship - 1e-9))
        members = np.flatnonzero((least > np.where(free, 0.0, 1.0))[arcs.line])
        if not len(members):
            return
        gate, index = shipments(arcs, members)
        shipped, each = add_gate(on, "shipment", index, members, gate), np.arange(len(index))
        when = When(shipped, each, each, np.ones(len(each), dtype=bool))
        lower = least[index.codes[0]]
        on.form.add_rows(self.name, index, [Sum(on.ship, gate, members=members)], lower=lower, when=when)
