"""MinShare: a channel gets at least a share of all that ships in a scope.

.. code-block:: text

    sum_{a of channel} ship[a] + broken >= share sum_{a in scope} ship[a]      for each clause (and SKU)        [unit]
    money: - penalty broken        outside contribution; no `broken` where the clause is hard        [currency]

It is stated with what the channel gets on the left alone: its units count 1 - share, those of others - share.
Source: ratio constraints made linear, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 3.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Ids, Penalty, Share
from allocopt.problem.facts import Facts, Flags
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.scope import lines_of, stock_of


@dataclass(frozen=True, config=STRICT)
class MinShare(Clause):
    """A channel gets at least a share of all that ships; the others get nothing that would make it less.

    Attributes
    ----------
    channel : str
        Who gets at least the share.
    share : float
        Least share of the units that ship to all channels from the lots in scope [1].
    sku : tuple of str or None
        Only these articles; None: all.
    node : tuple of str or None
        Only what ships from these nodes; None: all.
    per : {"total", "sku"}
        Whether the share holds over everything in scope, or for each article by itself.
    penalty : float or None
        Cost per unit that is missing [currency/unit]; None: the clause is hard.

    Examples
    --------
    >>> MinShare("store", 0.4).words()
    'min share channel store, share 0.4'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "per")
    FAVOURS: ClassVar[bool] = True

    channel: str
    share: Share
    sku: Ids = None
    node: Ids = None
    per: Literal["total", "sku"] = "total"
    penalty: Penalty | None = None
    clause: Literal["min_share"] = "min_share"

    def lines(self, facts: Facts) -> Flags:
        """Return the demand lines of the channel in scope, shape (lines,): without any, nobody would get a thing."""
        return lines_of(facts, self.channel, self.sku)


class MinShareRule(Asking):
    """A channel gets at least a share of all that ships in scope."""

    clause: ClassVar[type[Clause] | None] = MinShare
    short: ClassVar[str] = "share"

    def asks(self, facts: Facts, clause: MinShare) -> Iterator[Ask]:
        """Yield what the channel gets beyond its share, at least 0."""
        weight = np.where(clause.lines(facts), round(1 - clause.share, 15), -clause.share)
        lines, lots = lines_of(facts, None, clause.sku), stock_of(facts, clause)
        yield Ask(lines, "at_least", 0.0, lots=lots, per=clause.per, weight=weight)
