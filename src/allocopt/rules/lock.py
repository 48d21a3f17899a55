"""Lock: exactly these units ship, because somebody has given their word.

.. code-block:: text

    sum_{a in scope} ship[a] = units        for each clause        [unit]

A lock says who answers for it and why, and perhaps until when. One that the facts rule out is refused before solving,
with the numbers; one that only other promises rule out leaves no plan, and `Plan.conflicts` names it.
Source: frozen allocations and manual overrides ("pegging") in order promising.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.arrays import Places
from allocopt.documents.checked import STRICT, Day, Ids, Period, Quantity, Said
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.problem.schema import LOT_KINDS
from allocopt.rounding import floor_units
from allocopt.rules.kit.asking import Ask, Asking
from allocopt.rules.kit.base import Clause, Misfit
from allocopt.rules.kit.scope import chosen, code

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem


@dataclass(frozen=True, config=STRICT)
class Lock(Clause):
    """Exactly these units of an article ship to a channel.

    Attributes
    ----------
    channel : str
        Channel that gets the units.
    sku : str
        Their article.
    units : float
        Units that ship in scope, no more and no fewer [unit].
    node : tuple of str or None
        Only units from these nodes are counted and fixed.
    period : int or None
        Only demand lines due in this period.
    order : str or None
        Only demand lines of this order.
    kind : {"on_hand", "inbound", "safety", "returns"} or None
        Only lots of this kind. Safety lots need a `SafetyStock` clause besides.
    owner : str
        Person who answers for it.
    reason : str
        Why it is fixed, in a sentence.
    expires : datetime.date or None
        Last day on which it holds, judged by the problem's ``as_of``.

    Examples
    --------
    >>> Lock("wholesale", "A", 40, order="PO-7", owner="Ann", reason="promised by phone").words()
    'lock channel wholesale, sku A, units 40.0, order PO-7, owner Ann, reason promised by phone'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "period", "order", "kind")
    FAVOURS: ClassVar[bool] = True

    channel: str
    sku: str
    units: Quantity
    node: Ids = None
    period: Period | None = None
    order: str | None = None
    kind: Literal["on_hand", "inbound", "safety", "returns"] | None = None
    owner: Said = field(kw_only=True)
    reason: Said = field(kw_only=True)
    expires: Day | None = None
    clause: Literal["lock"] = "lock"

    def lots(self, facts: Facts) -> Places:
        """Return the positions of the lots in scope that may ship at all."""
        lots = facts.lots
        at = _of_sku(lots.sku, code(facts.skus.id, self.sku))
        mask: Flags = ~lots.hold[at] & chosen(facts.nodes.id, self.node)[lots.node[at]]
        if self.kind is not None:
            mask &= lots.kind[at] == LOT_KINDS.index(self.kind)
        return at[mask]

    def lines(self, facts: Facts) -> Places:
        """Return the positions of the demand lines in scope."""
        lines = facts.lines
        at = _of_sku(lines.sku, code(facts.skus.id, self.sku))
        mask: Flags = lines.channel[at] == code(facts.channels.id, self.channel)
        if self.period is not None:
            mask &= lines.period[at] == self.period
        if self.order is not None:
            first, last = (int(np.searchsorted(facts.orders, self.order, side)) for side in ("left", "right"))
            mask &= (lines.order[at] >= first) & (lines.order[at] < last)
        return at[mask]

    def check(self, problem: Problem) -> Iterator[Misfit]:
        """Yield why the lock no longer holds, or can never be kept."""
        if self.expires is not None and problem.as_of is not None and problem.as_of > self.expires:
            said = f"The lock held until {self.expires} and the problem is as of {problem.as_of}."
            yield "expired", said, f"Take it out, or have it renewed by {self.owner}."
        lines = self.lines(problem.facts)
        if len(lines):
            yield from self._impossible(problem.facts, lines)
        else:
            yield (
                "no_line",
                "It matches no demand line.",
                "Name a channel, SKU, period and order that go together.",
            )

    def _impossible(self, facts: Facts, lines: Places) -> Iterator[Misfit]:
        """Yield which numbers of the facts rule the lock out."""
        packs = np.unique(facts.lines.pack[lines])
        pack = int(packs[0]) if len(packs) == 1 else 1
        whole = pack > 1 or not facts.skus.divisible[code(facts.skus.id, self.sku)]
        if whole and abs(self.units - pack * round(self.units / pack)) > 1e-9:
            below = pack * int(self.units // pack)
            said = f"packs of {pack} units" if pack > 1 else "whole units"
            yield (
                "lock_fraction",
                f"{self.units:,.10g} units are no {said}.",
                f"Lock {below:,} or {below + pack:,} units.",
            )
            return
        lots = self.lots(facts)
        at_node = np.bincount(facts.lots.node[lots], weights=facts.lots.usable[lots]).astype(np.float64)
        there = _room(at_node, pack, whole)
        wanted = _room(facts.lines.units[lines], pack, whole)
        told = f" in packs of {pack}" if pack > 1 else ""
        if self.units > wanted + 1e-9:
            said = f"It locks {self.units:,.10g} units, and the demand lines in scope want {wanted:,.10g}{told}."
            yield "lock_demand", said, f"Lock at most {wanted:,.10g}, or widen the period or order."
        if self.units > there + 1e-9:
            said = f"It locks {self.units:,.10g} units, and the lots in scope hold {there:,.10g} usable ones{told}."
            yield "lock_supply", said, f"Lock at most {there:,.10g}, or widen the nodes or the kind of lot."


class LockRule(Asking):
    """Exactly the units that were promised ship."""

    clause: ClassVar[type[Clause] | None] = Lock
    short: ClassVar[str] = "locked"

    def asks(self, facts: Facts, clause: Lock) -> Iterator[Ask]:
        """Yield the units that were promised."""
        sku = code(facts.skus.id, clause.sku)
        yield Ask(clause.lines(facts), "exactly", clause.units, lots=clause.lots(facts), sku=sku)


def _of_sku(codes: Ints, sku: int) -> Places:
    """Return the positions at which sorted codes are `sku`: locks are many, and each looks at its own SKU only."""
    first, last = np.searchsorted(codes, [sku, sku + 1])
    return np.arange(first, last)


def _room(units: Floats, pack: int, whole: bool) -> float:
    """Return how many of these units can ship, in packs, if every node or line is used by itself."""
    return float((floor_units(units / pack) * pack if whole else units).sum())
