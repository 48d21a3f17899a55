"""Margin floor: a channel earns at least a share of its revenue, on every unit or over its total.

.. code-block:: text

    per unit      no arc a of the channel with contribution[a] < floor revenue[a]
    per channel   sum_{a of channel} (contribution[a] - floor revenue[a]) ship[a] >= 0        coupling        [currency]
                  (one sum over channels that are named together)

Revenue is net of returns. Source: minimum-margin rules of pricing and deal desks.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.arcs import Arcs, Selection
from allocopt.documents.checked import NUMBER, STRICT, Ids, Period, Who, window
from allocopt.problem.facts import Facts, Floats
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Clause, Numbered
from allocopt.rules.kit.scope import arcs_of, lines_within

ROUNDING = 1e-13
"""Part of the money added up for a unit that is rounding: a few hundred times what one operation rounds, and far less
than any cent that somebody wrote down."""


@dataclass(frozen=True, config=STRICT)
class MarginFloor(Clause):
    """A channel earns at least `floor` of its revenue.

    Attributes
    ----------
    channel : str, tuple of str or None
        Channel, or several together: one of them may earn what another one does not; None: every channel for itself.
    floor : float
        Least contribution as a share of revenue, at most 1 [1]; may be negative to bound a loss.
    per : {"unit", "channel"}
        Whether each unit or the channel's total must reach it.
    sku : tuple of str or None
        Only these articles.
    region : tuple of str or None
        Only demand lines that state one of these regions.
    from_period, to_period : int or None
        Only demand lines due in this window of periods, both ends included; None: open.

    Examples
    --------
    >>> MarginFloor("amazon", floor=0.08).words()
    'margin floor channel amazon, floor 0.08'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "per", "region", "from_period", "to_period")

    channel: Who | None = None
    floor: Annotated[float, Field(le=1), NUMBER] = 0.0
    per: Literal["unit", "channel"] = "unit"
    sku: Ids = None
    region: Ids = None
    from_period: Period | None = None
    to_period: Period | None = None
    clause: Literal["margin_floor"] = "margin_floor"

    @model_validator(mode="after")
    def _window(self) -> MarginFloor:
        window(self.from_period, self.to_period)
        return self


def beyond_floor(arcs: Arcs, rows: Selection, *, floor: float) -> Floats:
    """Return what a unit of some arcs earns beyond a share of its revenue [currency/unit].

    A unit that is at the floor when a person works it out in decimals is at it here: what only binary fractions leave
    over is 0.
    """
    earns, revenue = arcs.contribution(rows), arcs.revenue(rows)
    least = floor * revenue
    # What was added and taken away on the way rounds in proportion to its size, however little is left of it.
    sizes = revenue + np.abs(least)
    for part in (arcs.fees, arcs.goods, arcs.lanes, arcs.returns, arcs.lateness):
        sizes = sizes + np.abs(part(rows))
    beyond: Floats = earns - least
    return np.where(np.abs(beyond) <= ROUNDING * sizes, 0.0, beyond)


class MarginFloorRule(Asking):
    """Units, or channels over their total, earn at least a share of their revenue."""

    clause: ClassVar[type[Clause] | None] = MarginFloor
    reasons: ClassVar[dict[str, str]] = {"margin_floor": "the margin of the unit is below the floor"}
    short: ClassVar[str] = "below_floor"

    def alone(self, clause: MarginFloor) -> bool:
        """Return that nothing but its rows hangs on a floor of totals; one of units takes arcs away."""
        return clause.per == "channel"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs whose unit margin reaches every floor."""
        for _, clause in clauses:
            if clause.per == "unit":
                mine = arcs_of(arcs, None, lines_within(arcs.facts, clause))
                below = beyond_floor(arcs, slice(None), floor=clause.floor) < 0
                arcs = arcs.without(mine & below, "margin_floor", self.reasons["margin_floor"])
        return arcs

    def asks(self, facts: Facts, clause: MarginFloor) -> Iterator[Ask]:
        """Yield that channels earn the floor over their total."""
        if clause.per == "channel":
            per: Literal["total", "channel"] = "total" if len(clause.whose) > 1 else "channel"
            beyond = partial(beyond_floor, floor=clause.floor)
            yield Ask(lines_within(facts, clause), "at_least", 0.0, per=per, weight=beyond)
