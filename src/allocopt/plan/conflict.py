"""One promise that would have to give way for a plan to exist, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Conflict:
    """A promise that would have to give way for any plan to exist, or that stands against those that would.

    Attributes
    ----------
    what : str
        The clause or commitment, in words.
    clause : int or None
        Its position in the contract; None: a commitment of the problem (``min_units``), or a planner's own row.
    units : float
        By how much it gives way in the smallest repair, in its own unit; zero: it can stay, but stands against others.
    where : str
        The articles, periods, promotions or people that it is about, the first few of them.
    sku, channel : str
        Where it is about one; else ``""``.
    period : int or None
        Where it is about one.
    owner : str
        Who answers for it: of the clause, else of its channel.
    cost : float
        What the units that are given up would have earned with the demand lines that the repair leaves short, best
        first; nothing where a cap is raised [currency].
    against : tuple of str
        The other promises of the clash, in words.
    sentence : str
        What clashes, what there is, what to give up and what that costs.
    kind : str
        ``"promise"``: it cannot hold with others; and of those known before solving (`conflicts`) ``"reserve"``: there
        is less to keep than it asks for; ``"shut_out"``: it leaves demand lines without any way; ``"retired"``: it was
        promised to a channel that is retired.
    cure : str
        What somebody can do about it.

    Notes
    -----
    Where many promises of a kind clash, one of these stands for all that are about the same article: `what` says how
    many, `clause` is the one that would give way most.
    """

    what: str
    clause: int | None
    units: float
    where: str = ""
    sku: str = ""
    channel: str = ""
    period: int | None = None
    owner: str = ""
    cost: float = 0.0
    against: tuple[str, ...] = ()
    sentence: str = ""
    kind: str = "promise"
    cure: str = ""

    def words(self) -> str:
        """Return it as a phrase, with by how much it would have to give way."""
        amount = f"{self.units:,.6g}" if self.units else "stands against it"
        return f"{self.what} ({self.where}): {amount}" if self.where else f"{self.what}: {amount}"

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Conflict:
        """Return the conflict whose fields these are, as `Plan.to_dict` gives them."""
        return cls(**{**content, "against": tuple(content.get("against", ()))})
