"""Ship together: whatever ships for an order so marked leaves in one period.

.. code-block:: text

    sum_{a of d in t} ship[a] <= units[d] leaves[o, t],   sum_t leaves[o, t] <= 1,   leaves[o, t] in {0, 1}

for each line ``d`` of a marked order ``o`` and ship period ``t``. Orders that can leave in one period only need no
switch. They may leave from several nodes at once, unless they `ship_from_one`; whether an order is served in part is
for `all_or_none` to say. Source: one delivery date an order; "ship complete" in order promising.
"""

from __future__ import annotations

from typing import ClassVar

from allocopt.problem.facts import Facts
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import one_way


class ShipTogether(Rule):
    """Marked orders leave in one period."""

    name: ClassVar[str] = "ship_together"
    short: ClassVar[str] = "one_parcel"

    def why(self, facts: Facts, clause: None) -> str:
        """Return that there is one day for all of it."""
        return "the order leaves in one period"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per marked order and ship period, and the row that opens at most one of them."""
        one_way(on, self.name, "leaves", on.facts.lines.ship_together, period=on.arcs.ship)
