"""Trade: what shipping a unit earns and costs its channel, and the channel's fixed cost.

.. code-block:: text

    contribution[a] = price (1 - return_rate) (1 - fee_rate) - fee_per_unit - goods (1 - return_rate recovery)
                      - lane cost - return_rate return_cost - late_cost x periods late        [currency/unit]

Money per arc ``a``; the fixed cost of a channel [currency] is a constant, or paid while the channel's switch is on.
Source: contribution accounting by channel (contribution margin II less directly attributable fixed cost).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

import numpy as np

from allocopt.algebra.labels import Codes
from allocopt.arcs import Arcs, Selection
from allocopt.problem.facts import ANY, Floats
from allocopt.rules.kit.base import Numbered, Rule, Statement


def channel_of(arcs: Arcs) -> Callable[[Any], Codes]:
    """Return the function that gives the channel codes of arcs, for booking money."""
    return partial(_channels, arcs)


def _channels(arcs: Arcs, rows: Selection) -> Codes:
    return arcs.facts.lines.channel[arcs.line[rows]]


def _cost(part: Callable[[Any], Floats], rows: Selection) -> Floats:
    return -part(rows)


class Trade(Rule):
    """Contribution per unit, part by part, and fixed costs."""

    name: ClassVar[str] = "trade"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the money of every part of contribution."""
        arcs, channel = on.arcs, channel_of(on.arcs)
        on.form.add_money("revenue", on.ship, arcs.revenue, channel=channel)
        for column in ("fees", "goods", "lanes", "returns"):
            on.form.add_money(column, on.ship, partial(_cost, getattr(arcs, column)), channel=channel)
        if on.facts.lines.late_cost.any():
            on.form.add_money("penalties", on.ship, partial(_cost, arcs.lateness), channel=channel)
        self._fixed(on)

    def _fixed(self, on: Statement) -> None:
        channels = on.facts.channels
        always = np.where(channels.keep == ANY, channels.fixed_cost, 0.0)
        on.form.add_money("fixed_cost", constant=-np.append(always, 0.0))
        if on.switch is not None:
            open_ = np.flatnonzero(channels.keep != ANY)
            cost, owner = np.zeros(len(on.switch)), np.zeros(len(on.switch), dtype=np.int32)
            cost[channels.keep[open_]], owner[channels.keep[open_]] = channels.fixed_cost[open_], open_
            if cost.any():
                on.form.add_money("fixed_cost", on.switch, -cost, channel=owner)
