"""Access: which kinds of lot a channel may use, how sure they must be, and from when on.

.. code-block:: text

    no arc from lot l to line d (both in scope)  if  kind[l] not in kinds  or  confidence[l] < min_confidence
                                                     or  ship period < from_period        (no window)

With a window of due periods (`to_period`) lines due outside it are in no scope.

Source: allocation to channels by supply type in available-to-promise rules.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.arcs import Arcs
from allocopt.documents.checked import STRICT, Ids, Many, Period, Share, Who, window
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.scope import arcs_of, lines_due, lines_in, lines_of, stock_of

Kinds = Annotated[Many[Literal["on_hand", "inbound", "safety", "returns"]], Field(min_length=1)] | None


@dataclass(frozen=True, config=STRICT)
class Access(Clause):
    """A channel may use only some lots.

    Attributes
    ----------
    channel : str or tuple of str
        Channel that may use only these lots, or several.
    kinds : tuple of {"on_hand", "inbound", "safety", "returns"} or None
        Kinds of lot that it may use; None: all. Safety lots need a `SafetyStock` clause besides.
    min_confidence : float
        Least confidence of a lot [1].
    from_period : int
        First period in which these lots may ship to it; with `to_period`: the first due period that is in scope.
    sku : tuple of str or None
        Only lots of these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.
    region : tuple of str or None
        Only demand lines that state one of these regions.
    to_period : int or None
        Only demand lines due from `from_period` to here, both included; None: all, and nothing ships earlier.

    Examples
    --------
    >>> Access("amazon", kinds=("on_hand",)).words()
    'access channel amazon, kinds on_hand'
    >>> Access(("amazon", "walmart"), kinds=("on_hand",), to_period=1).words()
    'access channel amazon, walmart, kinds on_hand, to period 1'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "region")

    channel: Who
    kinds: Kinds = None
    min_confidence: Share = 0.0
    from_period: Period = 0
    sku: Ids = None
    node: Ids = None
    region: Ids = None
    to_period: Period | None = None
    clause: Literal["access"] = "access"

    @model_validator(mode="after")
    def _window(self) -> Access:
        window(self.from_period, self.to_period)
        return self

    @property
    def ships_from(self) -> int:
        """First period in which the lots may ship."""
        return 0 if self.to_period is not None else self.from_period

    def scope(self) -> tuple[Any, ...]:
        """Return what the clause is about: a window of due periods is part of it."""
        return (*super().scope(), None if self.to_period is None else (self.from_period, self.to_period))


class AccessRule(Rule):
    """Channels use only the lots that the contract gives them access to."""

    clause: ClassVar[type[Clause] | None] = Access
    reasons: ClassVar[dict[str, str]] = {
        "access_kind": "the channel may not use this kind of lot",
        "access_confidence": "the lot is not sure enough for the channel",
        "access_period": "the channel may not use the lot yet",
    }
    short: ClassVar[str] = "access"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs that every clause gives access to."""
        lots, facts = arcs.facts.lots, arcs.facts
        for _, clause in clauses:
            lines = lines_of(facts, clause.channel) & lines_in(facts, clause.region)
            if clause.to_period is not None:
                lines &= lines_due(facts, clause.from_period, clause.to_period)
            scope = stock_of(facts, clause)
            kinds = [LOT_KINDS.index(kind) for kind in clause.kinds or LOT_KINDS]
            unsure = lots.confidence < clause.min_confidence
            for reason, closed in (("access_kind", ~np.isin(lots.kind, kinds)), ("access_confidence", unsure)):
                arcs = arcs.without(arcs_of(arcs, scope & closed, lines), reason, self.reasons[reason])
            early = arcs_of(arcs, scope, lines) & (arcs.ship < clause.ships_from)
            arcs = arcs.without(early, "access_period", self.reasons["access_period"])
        return arcs
