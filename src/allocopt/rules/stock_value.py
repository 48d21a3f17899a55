"""Stock value: what a unit that nobody gets is worth in the end.

.. code-block:: text

    money: - (unit_cost[l] - end_value[l]) (usable[l] - sum_{a of l} ship[a])        for each lot l        [currency]

The company's row "write_down". A sold unit is charged its goods cost in trade; not writing it down brings its
charge to the end value, so that stock that will be worth little is sold off. Source: salvage value in the
newsvendor model, e.g. Zipkin (2000), ch. 9.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from allocopt.arcs import ALL, Arcs, Selection
from allocopt.problem.facts import Facts, Floats
from allocopt.rules.kit.base import Numbered, Rule, Statement


class StockValue(Rule):
    """Unsold stock is written down to its end value."""

    name: ClassVar[str] = "write_down"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the write-down of unsold stock."""
        loss = lost(on.facts)
        if loss.any():
            constant = on.booked(-(loss * on.facts.lots.usable).sum())
            on.form.add_money(self.name, on.ship, partial(saved, on.arcs), constant=constant)


def lost(facts: Facts) -> Floats:
    """Return what a unit of each lot that nobody gets is written down by, shape (lots,) [currency/unit]."""
    loss: Floats = facts.lots.unit_cost - facts.lots.end_value
    return loss


def saved(arcs: Arcs, rows: Selection = ALL) -> Floats:
    """Return the write-down that a unit on each arc saves the company [currency/unit]."""
    return lost(arcs.facts)[arcs.lot[rows]]
