"""Holding: what a unit costs per period at its node, until it ships or the horizon ends.

.. code-block:: text

    money: - holding_cost[n] ( (T - available[l]) usable[l]  -  sum_{a of l} (T - ship period[a]) ship[a] )

for each lot ``l`` at node ``n``, horizon ``T`` [currency]. Source: linear holding cost, e.g. Zipkin (2000), ch. 3.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from allocopt.arcs import ALL, Arcs, Selection
from allocopt.problem.facts import Facts, Floats
from allocopt.rules.kit.base import Numbered, Rule, Statement


class Holding(Rule):
    """Stock costs its node's holding cost each period that it waits."""

    name: ClassVar[str] = "holding"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the holding cost of all stock."""
        if on.facts.nodes.holding_cost[on.facts.lots.node].any():
            constant = on.booked(-(waiting(on.facts) * on.facts.lots.usable).sum())
            on.form.add_money(self.name, on.ship, partial(saved, on.arcs), constant=constant)


def waiting(facts: Facts) -> Floats:
    """Return what a unit of each lot that never ships costs until the horizon ends, shape (lots,) [currency/unit]."""
    waits = np.maximum(facts.periods - facts.lots.available, 0)
    cost: Floats = facts.nodes.holding_cost[facts.lots.node] * waits
    return cost


def saved(arcs: Arcs, rows: Selection = ALL) -> Floats:
    """Return the holding cost that a unit on each arc saves the company by shipping then [currency/unit]."""
    facts = arcs.facts
    cost = facts.nodes.holding_cost[facts.lots.node]
    return cost[arcs.lot[rows]] * (facts.periods - arcs.ship[rows])
