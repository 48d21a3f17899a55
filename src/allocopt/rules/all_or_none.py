"""All or none: an order so marked is served whole or not at all.

.. code-block:: text

    sum_{a of d} ship[a] = units[d] served[o],   served[o] in {0, 1}        for each marked line d of order o

Lines of one order share the switch; a line without an order has its own. A marked line that no arc can reach keeps
its whole order unserved. Source: fill-or-kill orders; "complete delivery" in order promising.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.arcs import Arcs
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import order_gate
from allocopt.rules.kit.scope import order_of_lines

SERVED = "served"
"""What its switches are called."""


class AllOrNone(Rule):
    """Marked orders are served whole or not at all."""

    name: ClassVar[str] = "all_or_none"
    reasons: ClassVar[dict[str, str]] = {
        "order_incomplete": "the order is all-or-none and another of its lines cannot be served"
    }
    short: ClassVar[str] = "all_or_none"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs without those of orders that can never be complete."""
        lines = arcs.facts.lines
        if not lines.all_or_none.any():
            return arcs
        order = order_of_lines(arcs.facts)
        dead = lines.all_or_none & (lines.units > 0) & ~arcs.served
        hopeless = lines.all_or_none & np.isin(order, order[dead])
        return arcs.without(hopeless[arcs.line], "order_incomplete", self.reasons["order_incomplete"])

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per marked order."""
        members = np.flatnonzero(on.facts.lines.all_or_none[on.arcs.line])
        if len(members):
            order_gate(on, SERVED, members, whole=True)
