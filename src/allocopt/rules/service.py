"""Service: at least so much of what is wanted is served, in a scope that may be cut by channel, region and rank.

.. code-block:: text

    sum_{a in scope} ship[a] + broken >= fill sum_{d in scope} units[d]     for each clause (and SKU)        [unit]
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

Units wanted count whether or not a way to them is open. The right side is no whole number of units in general: a hard
row asks for the next whole number where only whole units ship, a soft one is broken by parts of a unit.
Source: fill rate ("beta service level"), e.g. Silver, Pyke and Thomas, Inventory and Production Management in Supply
Chains (2016), ch. 6.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.program import COUPLES
from allocopt.documents.checked import STRICT, Flag, Ids, Penalty, Period, Ranks, Share, Who, window
from allocopt.problem.facts import Facts, Flags
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.scope import lines_ranked, lines_within, wanted_in


@dataclass(frozen=True, config=STRICT)
class Service(Clause):
    """At least a share of what is wanted is served.

    Attributes
    ----------
    fill : float
        Least share of the units wanted in scope [1].
    channel : str, tuple of str or None
        Only demand of this channel, or of these together; None: of all channels together.
    sku : tuple of str or None
        Only these articles.
    region : tuple of str or None
        Only demand lines that state one of these regions.
    priority : tuple of int or None
        Only demand lines of these ranks.
    firm : bool or None
        Only orders (true) or only forecasts (false).
    from_period, to_period : int or None
        Only demand lines due in this window of periods, both ends included; None: open.
    per : {"total", "sku"}
        Whether the share holds over everything in scope, or for each article by itself.
    penalty : float or None
        Cost per unit that is missing [currency/unit]; None: the clause is hard.

    Examples
    --------
    >>> Service(0.95, "wholesale", priority=1).words()
    'service fill 0.95, channel wholesale, priority 1'
    """

    SCOPE: ClassVar[tuple[str, ...]] = (
        *("channel", "sku", "region", "priority", "firm", "per"),
        *("from_period", "to_period"),
    )
    FAVOURS: ClassVar[bool] = True

    fill: Share
    channel: Who | None = None
    sku: Ids = None
    region: Ids = None
    priority: Ranks = None
    firm: Flag | None = None
    per: Literal["total", "sku"] = "total"
    penalty: Penalty | None = None
    from_period: Period | None = None
    to_period: Period | None = None
    clause: Literal["service"] = "service"

    @model_validator(mode="after")
    def _window(self) -> Service:
        window(self.from_period, self.to_period)
        return self

    def lines(self, facts: Facts) -> Flags:
        """Return the demand lines in scope, shape (lines,)."""
        mask = lines_within(facts, self) & lines_ranked(facts, self.priority)
        if self.firm is not None:
            mask &= facts.lines.firm == self.firm
        return mask


class ServiceRule(Asking):
    """At least a share of the units wanted in scope is served."""

    clause: ClassVar[type[Clause] | None] = Service

    def asks(self, facts: Facts, clause: Service) -> Iterator[Ask]:
        """Yield the share of what is wanted."""
        lines = clause.lines(facts)
        skus = np.unique(facts.lines.sku[lines & (facts.lines.units > 0)])
        units = clause.fill * wanted_in(facts, lines, clause.per)
        only = int(skus[0]) if len(skus) == 1 else COUPLES
        yield Ask(lines, "at_least", units, per=clause.per, sku=only, follows=True)
