"""Supply: no lot ships more than its usable units.

.. code-block:: text

    sum_{a of l} ship[a] <= usable[l]        for each lot l        [unit]
    usable[l] = floor(confidence[l] units[l]) - reserved[l]

Source: pegging of available-to-promise quantities to receipts; the transport problem (Hitchcock 1941).
"""

from __future__ import annotations

from typing import ClassVar

from allocopt.algebra.formulation import Sum
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped


class Supply(Rule):
    """No lot ships more than its usable units."""

    name: ClassVar[str] = "supply"
    short: ClassVar[str] = "no_supply"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per lot that has arcs."""
        group, index = grouped(on.facts, lot=on.arcs.lot)
        on.form.add_rows(self.name, index, [Sum(on.ship, group)], upper=on.facts.lots.usable[index.codes[0]])
