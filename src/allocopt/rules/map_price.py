"""Minimum advertised price: advertised channels do not sell below it.

.. code-block:: text

    no arc to line d of channel c  if  advertised[c] and price[d] < map_price[sku]

Source: minimum-advertised-price policies between brands and resellers.
"""

from __future__ import annotations

from typing import ClassVar

from allocopt.arcs import Arcs
from allocopt.rules.kit.base import Numbered, Rule


class MapPrice(Rule):
    """Advertised channels do not sell below the minimum advertised price."""

    name: ClassVar[str] = "map_price"
    reasons: ClassVar[dict[str, str]] = {"below_map": "the price is below the minimum advertised price"}
    short: ClassVar[str] = "below_map"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs whose price may be advertised."""
        lines, facts = arcs.facts.lines, arcs.facts
        floor = facts.skus.map_price[lines.sku]
        below = facts.channels.advertised[lines.channel] & (lines.price < floor)
        return arcs.without(below[arcs.line], "below_map", self.reasons["below_map"]) if below.any() else arcs
