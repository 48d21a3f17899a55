"""What in a plan needs a person: rows that rules report, and what they see of the plan for that."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from allocopt.arcs import Arcs
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints, Names

NO_CLAUSE = -1
"""Stands for the clause of what follows from the facts of the problem alone."""


class Outcome(Protocol):
    """A plan as rules see it."""

    @property
    def arcs(self) -> Arcs:
        """The arcs that the rules left."""

    @property
    def ship(self) -> Floats:
        """Units on each arc, shape (arcs,) [unit]."""

    @property
    def wanted(self) -> Floats:
        """Units of each demand line, none of lines that the plan has no use for, shape (lines,) [unit]."""

    @property
    def stated(self) -> Facts:
        """The facts of the problem, before the contract changed anything in them."""

    @property
    def gone(self) -> Set[str]:
        """Channels that are retired."""

    @property
    def decided(self) -> Flags:
        """The decisions that the contract left open: taken or not, shape (switches,)."""

    @property
    def currency(self) -> str:
        """Currency of all money."""


@dataclass(frozen=True)
class Exceptions:
    """Rows of `Plan.exceptions` of one kind, those of one clause or of none, column by column.

    Attributes
    ----------
    kind : str
        What sort of exception this is, for machines.
    clause : int
        Position of the clause in the contract; `NO_CLAUSE` where the facts alone say so.
    owner, channel, sku, order, line, node : object arrays of text, shape (rows,)
        Who is asked, and about what; ``""`` where a row is about several, or none.
    due : int32, shape (rows,)
        First period in which something of it is due; -1: at no time.
    units : float64, shape (rows,)
        Units that ship, or that were promised and do not [unit].
    money : float64, shape (rows,)
        What is at stake [currency].
    sentence : object array of text, shape (rows,)
    cure : object array of text, shape (rows,)
        What can be done about it; ``""``: what is usual for its kind.
    """

    kind: str
    clause: int
    owner: Names
    channel: Names
    sku: Names
    order: Names
    line: Names
    due: Ints
    units: Floats
    money: Floats
    sentence: Names
    node: Names
    cure: Names

    @classmethod
    def of(
        cls,
        facts: Facts,
        kind: str,
        clause: int = NO_CLAUSE,
        channel: Ints | None = None,
        *,
        owner: str | Names = "",
        **told: Names | Ints | Floats,
    ) -> Exceptions:
        """Return rows about some channels (codes; -1 or the company's: about several), blank in what is not told.

        The owner is who the clause names, or else who owns the channel.
        """
        channel = np.full(len(told["units"]), ANY, dtype=np.int32) if channel is None else channel
        blank: Names = np.full(len(channel), "", dtype=object)
        asked = np.full(len(channel), owner, dtype=object) if isinstance(owner, str) else owner
        asked = np.where(asked == "", np.append(facts.channels.owner, "")[channel], asked)
        given: dict[str, Any] = dict.fromkeys(("sku", "order", "line", "node", "cure"), blank) | told
        return cls(kind=kind, clause=clause, owner=asked, channel=np.append(facts.channels.id, "")[channel], **given)


def owners_of(facts: Facts, channels: Sequence[str]) -> str:
    """Return who owns some channels, each once."""
    owned = facts.channels.owner[np.searchsorted(facts.channels.id, list(channels))].tolist()
    return ", ".join(name for name in dict.fromkeys(owned) if name)


def spoken_units(units: Floats) -> Names:
    """Return units as text, such as ``"1,200"``, to four places: what is beyond is no goods but rounding."""
    return np.array([f"{round(value, 4):,.10g}" for value in units.tolist()], dtype=object)


def spoken_money(money: Floats, currency: str) -> Names:
    """Return money as text, such as ``"1,200.00 EUR"``."""
    unit = f" {currency}" if currency else ""
    return np.array([f"{value:,.2f}{unit}" for value in money.tolist()], dtype=object)
