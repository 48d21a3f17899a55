"""Safety stock: closed to everybody until a clause opens it to a channel, at a penalty per unit drawn.

.. code-block:: text

    no arc from a safety lot to channel c  unless a clause opens it (for the SKU, node and ship period)
    money: - penalty ship[a]        per unit drawn, outside contribution        [currency]

Where several clauses open the same lot to the same channel, the smallest penalty counts.
Source: safety stock as a soft target, e.g. Zipkin (2000), ch. 6.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.arcs import Arcs
from allocopt.documents.checked import STRICT, Ids, Penalty, Period
from allocopt.problem.facts import Floats
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.scope import SAFETY, arcs_of, lines_of, stock_of
from allocopt.rules.trade import channel_of


@dataclass(frozen=True, config=STRICT)
class SafetyStock(Clause):
    """A channel may draw safety stock.

    Attributes
    ----------
    channel : str
        Channel that may draw it.
    penalty : float
        Cost per unit drawn that steers the plan and is no cash [currency/unit].
    from_period : int
        First period in which it may be drawn.
    sku : tuple of str or None
        Only lots of these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.

    Examples
    --------
    >>> SafetyStock("dtc", penalty=4).words()
    'safety stock channel dtc, penalty 4.0'
    """

    FAVOURS: ClassVar[bool] = True
    OPENS: ClassVar[bool] = True

    channel: str
    penalty: Penalty = 0.0
    from_period: Period = 0
    sku: Ids = None
    node: Ids = None
    clause: Literal["safety_stock"] = "safety_stock"


class SafetyStockRule(Rule):
    """Safety lots are closed unless a clause opens them."""

    clause: ClassVar[type[Clause] | None] = SafetyStock
    reasons: ClassVar[dict[str, str]] = {"safety_closed": "no clause opens the safety stock to the channel"}
    short: ClassVar[str] = "safety_closed"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs that draw no safety stock, or may."""
        safety = arcs.facts.lots.kind == SAFETY
        if not safety.any():
            return arcs
        closed = safety[arcs.lot] & np.isinf(_price(arcs, clauses))
        return arcs.without(closed, "safety_closed", self.reasons["safety_closed"])

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the penalty of drawing safety stock."""
        drawn = on.facts.lots.kind[on.arcs.lot] == SAFETY
        if any(clause.penalty for _, clause in clauses) and drawn.any():
            price = np.where(drawn, _price(on.arcs, clauses), 0.0)
            channel = channel_of(on.arcs)
            on.form.add_money("clause_penalties", on.ship, -price, channel=channel)


def _price(arcs: Arcs, clauses: Numbered) -> Floats:
    """Return per arc the least penalty at which a clause opens its lot; inf where none does."""
    facts = arcs.facts
    price = np.full(len(arcs), np.inf)
    for _, clause in clauses:
        scope = stock_of(facts, clause)
        opened = arcs_of(arcs, scope, lines_of(facts, clause.channel)) & (arcs.ship >= clause.from_period)
        price = np.where(opened, np.minimum(price, clause.penalty), price)
    return price
