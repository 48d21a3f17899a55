"""Cap: a channel gets at most so many units.

.. code-block:: text

    sum_{a in scope} ship[a] - over <= cap,   over >= 0        for each clause and SKU (or for the clause)        [unit]
    money: - penalty over        outside contribution; no `over` where the cap is hard        [currency]

Source: allocation quotas ("product allocation" in order promising).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Ids, Penalty, Share, Units
from allocopt.problem.facts import Facts
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Base, Clause
from allocopt.rules.kit.scope import counted_lots, lines_of, lots_of, one_quantity, quantity


@dataclass(frozen=True, config=STRICT)
class Cap(Clause):
    """A channel gets at most so many units.

    Attributes
    ----------
    channel : str
        Channel that is limited.
    units : float or None
        Units of each SKU in scope (``per="sku"``) or of all together (``per="total"``) [unit].
    share : float or None
        Share of what `of` names, instead of units [1].
    of : {"supply", "on_hand", "inbound", "demand"}
        What the share is a share of; ``"on_hand"`` and ``"inbound"`` also limit what is counted to such lots.
    per : {"sku", "total"}
        Whether it holds for each article by itself, or for all in scope together.
    penalty : float or None
        Cost per unit beyond the cap [currency/unit]; None: the cap is hard.
    sku : tuple of str or None
        Only these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.

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


class CapRule(Asking):
    """Channels get at most their cap."""

    clause: ClassVar[type[Clause] | None] = Cap
    short: ClassVar[str] = "cap"

    def asks(self, facts: Facts, clause: Cap) -> Iterator[Ask]:
        """Yield the cap, in whole units."""
        lines = lines_of(facts, clause.channel, clause.sku)
        yield Ask(
            lines,
            "at_most",
            quantity(facts, clause, lots_of(facts, clause, clause.of), lines),
            lots=counted_lots(facts, clause),
            per=clause.per,
            follows=clause.share is not None and clause.of == "demand",
            rounded="down",
        )
