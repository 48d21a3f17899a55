"""Demand: no line gets more than it wants, and commitments are kept.

.. code-block:: text

    min_units[d] <= sum_{a of d} ship[a] <= units[d]              for each demand line d        [unit]
    money: - lost_cost[d] (units[d] - sum_{a of d} ship[a])       never served                  [currency]

Unserved units need no variable: they are what is left of the row. Late units (backorders) are arcs of their own
and pay ``late_cost`` there. Commitments and lost sales of lines that are live only while a decision is taken so are
those of `rules.switches`. Source: lost-sales and backorder models, e.g. Zipkin, Foundations of Inventory
Management (2000), ch. 3.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.arcs import Arcs, Selection
from allocopt.problem.facts import Floats
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.decisions import hanging
from allocopt.rules.kit.names import labels
from allocopt.rules.trade import channel_of


class Demand(Rule):
    """No line gets more than it wants; commitments are kept; lost sales cost."""

    name: ClassVar[str] = "demand"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per line that has arcs or a commitment, and the cost of lost sales."""
        lines, arcs = on.facts.lines, on.arcs
        needed = arcs.served | (lines.min_units > 0)
        rows = np.flatnonzero(needed)
        number = np.cumsum(needed) - 1
        switches = hanging(on.facts)
        least = np.where(switches == 0, lines.min_units, 0.0)[rows]
        on.form.add_rows(
            self.name,
            labels(on.facts, line=rows),
            [Sum(on.ship, number[arcs.line])],
            lower=np.where(least > 0, least, -np.inf),
            upper=lines.units[rows],
            elastic=least > 0,
            only_least=True,
        )
        if lines.lost_cost.any():
            always = np.where(switches == 0, lines.lost_cost * lines.units, 0.0)
            lost = np.bincount(lines.channel, weights=always, minlength=len(on.facts.channels.id))
            saved = np.where(switches <= 1, lines.lost_cost, 0.0)
            on.form.add_money(
                "penalties",
                on.ship,
                partial(_saved, saved, arcs),
                channel=channel_of(arcs),
                constant=-np.append(lost, 0.0),
            )


def _saved(saved: Floats, arcs: Arcs, rows: Selection) -> Floats:
    """Return the lost-sales cost that a unit on each arc saves [currency/unit]."""
    found: Floats = saved[arcs.line[rows]]
    return found
