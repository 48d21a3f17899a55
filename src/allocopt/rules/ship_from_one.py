"""Ship from one: an order so marked leaves from a single node.

.. code-block:: text

    sum_{a of d from n} ship[a] <= units[d] source[o, n],   sum_n source[o, n] <= 1,   source[o, n] in {0, 1}

for each marked line ``d`` of order ``o`` and node ``n``. Orders that only one node can reach need no switch.
Source: single sourcing, e.g. Daskin, Network and Discrete Location (1995), ch. 7.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import order_gate
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.scope import order_of_lines


class ShipFromOne(Rule):
    """Marked orders leave from a single node."""

    name: ClassVar[str] = "ship_from_one"
    short: ClassVar[str] = "one_parcel"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per marked order and node, and the row that opens at most one of them."""
        facts, arcs = on.facts, on.arcs
        marked = np.flatnonzero(facts.lines.ship_from_one[arcs.line])
        if not len(marked):
            return
        order = order_of_lines(facts)[arcs.line[marked]]
        pairs = np.unique(np.stack([order, arcs.node[marked]]), axis=1)
        members = marked[np.bincount(pairs[0])[order] > 1]
        if not len(members):
            return
        source, _ = order_gate(on, "source", members, node=arcs.node[members])
        group, index = grouped(facts, order=source.index.codes[0])
        on.form.add_rows(self.name, index, [Sum(source, group)], upper=1.0)
