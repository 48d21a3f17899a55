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

from allocopt.arcs import ALL, Arcs, Rows
from allocopt.problem.facts import Floats
from allocopt.rules.kit.base import Numbered, Rule, Statement


class StockValue(Rule):
    """Unsold stock is written down to its end value."""

    name: ClassVar[str] = "write_down"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the write-down of unsold stock."""
        lots = on.facts.lots
        loss = lots.unit_cost - lots.end_value
        if loss.any():
            constant = on.booked(-(loss * lots.usable).sum())
            on.form.add_money(self.name, on.ship, partial(saved, on.arcs), constant=constant)


def saved(arcs: Arcs, rows: Rows = ALL) -> Floats:
    """Return the write-down that a unit on each arc saves the company [currency/unit]."""
    lots = arcs.facts.lots
    return (lots.unit_cost - lots.end_value)[arcs.lot[rows]]
