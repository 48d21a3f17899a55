"""Access: which kinds of lot a channel may use, how sure they must be, and from when on.

.. code-block:: text

    no arc from lot l (in scope) to the channel  if  kind[l] not in kinds  or  confidence[l] < min_confidence
                                                     or  ship period < from_period

Source: allocation to channels by supply type in available-to-promise rules.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt.arcs import Arcs
from allocopt.documents.checked import STRICT, Ids, Period, Share
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.scope import arcs_of, lines_of, stock_of

Kinds = Annotated[tuple[Literal["on_hand", "inbound", "safety", "returns"], ...], Field(min_length=1)] | None


@dataclass(frozen=True, config=STRICT)
class Access(Clause):
    """A channel may use only some lots.

    Attributes
    ----------
    channel : str
        Channel that may use only these lots.
    kinds : tuple of {"on_hand", "inbound", "safety", "returns"} or None
        Kinds of lot that it may use; None: all. Safety lots need a `SafetyStock` clause besides.
    min_confidence : float
        Least confidence of a lot [1].
    from_period : int
        First period in which these lots may ship to it.
    sku : tuple of str or None
        Only lots of these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.

    Examples
    --------
    >>> Access("amazon", kinds=("on_hand",)).words()
    'access channel amazon, kinds on_hand'
    """

    channel: str
    kinds: Kinds = None
    min_confidence: Share = 0.0
    from_period: Period = 0
    sku: Ids = None
    node: Ids = None
    clause: Literal["access"] = "access"


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
            lines = lines_of(facts, clause.channel)
            scope = stock_of(facts, clause)
            kinds = [LOT_KINDS.index(kind) for kind in clause.kinds or LOT_KINDS]
            unsure = lots.confidence < clause.min_confidence
            for reason, closed in (("access_kind", ~np.isin(lots.kind, kinds)), ("access_confidence", unsure)):
                arcs = arcs.without(arcs_of(arcs, scope & closed, lines), reason, self.reasons[reason])
            early = arcs_of(arcs, scope, lines) & (arcs.ship < clause.from_period)
            arcs = arcs.without(early, "access_period", self.reasons["access_period"])
        return arcs
