"""Cap: a channel gets at most so many units.

.. code-block:: text

    sum_{a in scope} ship[a] - over <= cap,   over >= 0        for each clause and SKU (or for the clause)        [unit]
    money: - penalty over        outside contribution; no `over` where the cap is hard        [currency]

Source: allocation quotas ("product allocation" in order promising).
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.formulation import Sum
from allocopt.documents.checked import STRICT, Ids, Penalty, Share, Units
from allocopt.rules.base import Base, Clause, Numbered, Rule, Statement
from allocopt.rules.quantities import add_breach, gather, one_quantity
from allocopt.rules.scope import floored


@dataclass(frozen=True, config=STRICT)
class Cap(Clause):
    """A channel gets at most so many units.

    Attributes
    ----------
    channel : str
    units : float or None
        Units of each SKU in scope (``per="sku"``) or of all together (``per="total"``) [unit].
    share : float or None
        Share of what `of` names, instead of units [1].
    of : {"supply", "on_hand", "inbound", "demand"}
        What the share is a share of; ``"on_hand"`` and ``"inbound"`` also limit what is counted to such lots.
    per : {"sku", "total"}
    penalty : float or None
        Cost per unit beyond the cap [currency/unit]; None: the cap is hard.
    sku, node : tuple of str or None
        Only these articles, only lots at these nodes.

    Examples
    --------
    >>> Cap("amazon", share=0.4, of="inbound").words()
    'cap channel amazon, share 0.4, of inbound'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "of", "per")

    channel: str
    units: Units | None = None
    share: Share | None = None
    of: Base = "supply"
    per: Literal["sku", "total"] = "sku"
    penalty: Penalty | None = None
    sku: Ids = None
    node: Ids = None
    clause: Literal["cap"] = "cap"

    @model_validator(mode="after")
    def _one_quantity(self) -> Cap:
        one_quantity(self.units, self.share)
        return self


class CapRule(Rule):
    """Channels get at most their cap."""

    name: ClassVar[str] = "cap"
    clause: ClassVar[type[Clause] | None] = Cap

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add one row per clause and SKU, or per clause, and the units beyond soft caps."""
        if not clauses:
            return
        asked = gather(on, clauses)
        limit = floored(on.form, self.name, asked.wanted, asked.divisible)
        most = np.zeros(len(limit))
        for part in asked.sums:
            np.add.at(most, part.group, on.ship.upper[part.members])
        sums = list(asked.sums)
        for over, rows in add_breach(on, "over_cap", asked, np.maximum(most - limit, 0.0)):
            sums.append(Sum(over, rows, weight=-1.0))
        on.form.add_rows(self.name, asked.index, sums, upper=limit, clause=asked.clause, elastic=~asked.soft)
