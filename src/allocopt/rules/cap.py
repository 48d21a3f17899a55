"""Cap: a channel, or several together, get at most so many units.

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

from allocopt.documents.checked import STRICT, Ids, Penalty, Period, Quantity, Ranks, Share, Who, window
from allocopt.documents.faults import Fault, own_faults
from allocopt.problem.facts import Facts
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Base, Clause
from allocopt.rules.kit.scope import counted_lots, lines_ranked, lines_within, lots_of, one_quantity, quantity


@dataclass(frozen=True, config=STRICT)
class Cap(Clause):
    """A channel gets at most so many units, or several channels together.

    Attributes
    ----------
    channel : str, tuple of str or None
        Channel that is limited, or several that are limited together; None: all channels together, where
        it is of ranks.
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
    region : tuple of str or None
        Only demand lines that state one of these regions.
    from_period, to_period : int or None
        Only demand lines due in this window of periods, both ends included; None: open.
    priority : tuple of int or None
        Only demand lines of these ranks.

    Examples
    --------
    >>> Cap("amazon", share=0.4, of="inbound").words()
    'cap channel amazon, share 0.4, of inbound'

    Two marketplaces together, in the launch weeks:

    >>> Cap(("amazon", "walmart"), units=40, to_period=1).words()
    'cap channel amazon, walmart, units 40.0, to period 1'
    """

    SCOPE: ClassVar[tuple[str, ...]] = (
        "channel",
        "sku",
        "node",
        "of",
        "per",
        "region",
        "from_period",
        "to_period",
        "priority",
    )

    channel: Who | None = None
    units: Quantity | None = None
    share: Share | None = None
    of: Base = "supply"
    per: Literal["sku", "total"] = "sku"
    penalty: Penalty | None = None
    sku: Ids = None
    node: Ids = None
    region: Ids = None
    from_period: Period | None = None
    to_period: Period | None = None
    priority: Ranks = None
    clause: Literal["cap"] = "cap"

    @model_validator(mode="after")
    def _one_quantity(self) -> Cap:
        if self.channel is None and self.priority is None:
            raise own_faults([Fault(("channel",), "missing", "The key 'channel' is missing.")])
        one_quantity(self.units, self.share)
        window(self.from_period, self.to_period)
        return self


class CapRule(Asking):
    """Channels get at most their cap."""

    clause: ClassVar[type[Clause] | None] = Cap
    short: ClassVar[str] = "cap"

    def alone(self, clause: Cap) -> bool:
        """Return that nothing but its rows hangs on a hard cap; a soft one has units over it as well."""
        return clause.penalty is None

    def asks(self, facts: Facts, clause: Cap) -> Iterator[Ask]:
        """Yield the cap, in whole units."""
        lines = lines_within(facts, clause) & lines_ranked(facts, clause.priority)
        yield Ask(
            lines,
            "at_most",
            quantity(facts, clause, lots_of(facts, clause, clause.of), lines),
            lots=counted_lots(facts, clause),
            per=clause.per,
            follows=clause.share is not None and clause.of == "demand",
            rounded="down",
        )
