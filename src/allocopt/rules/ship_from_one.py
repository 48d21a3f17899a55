"""Ship from one: an order so marked leaves from a single node.

.. code-block:: text

    sum_{a of d from n} ship[a] <= units[d] source[o, n],   sum_n source[o, n] <= 1,   source[o, n] in {0, 1}

for each marked line ``d`` of order ``o`` and node ``n``. Orders that only one node can reach need no switch.
Source: single sourcing, e.g. Daskin, Network and Discrete Location (1995), ch. 7.
"""

from __future__ import annotations

from typing import ClassVar

from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import one_way


class ShipFromOne(Rule):
    """Marked orders leave from a single node."""

    name: ClassVar[str] = "ship_from_one"
    short: ClassVar[str] = "one_parcel"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per marked order and node, and the row that opens at most one of them."""
        one_way(on, self.name, "source", on.facts.lines.ship_from_one, node=on.arcs.node)
