"""Supply: no lot ships more than its usable units.

.. code-block:: text

    sum_{a of l} ship[a] <= pack[l] floor(usable[l] / pack[l])        for each lot l        [unit]
    usable[l] = floor(confidence[l] units[l]) - reserved[l]

A lot that is not in sealed cases has a pack of 1, and all that is usable of it can ship (of a divisible article in
fractions too). Of sealed cases only whole ones leave (`rules.sealed`).

Source: pegging of available-to-promise quantities to receipts; the transport problem (Hitchcock 1941).
"""

from __future__ import annotations

from typing import ClassVar

from allocopt.algebra.formulation import Sum
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import grouped
from allocopt.rules.sealed import in_cases


class Supply(Rule):
    """No lot ships more than its usable units."""

    name: ClassVar[str] = "supply"
    short: ClassVar[str] = "no_supply"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per lot that has arcs."""
        group, index = grouped(on.facts, lot=on.arcs.lot)
        on.form.add_rows(self.name, index, [Sum(on.ship, group)], upper=in_cases(on.facts)[index.codes[0]])
