"""Clauses about whether a channel stays: what they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Many
from allocopt.rules.kit.base import Clause, Misfit
from allocopt.rules.kit.recapture import Recapture, check_recapture


@dataclass(frozen=True, config=STRICT)
class OfLeaving(Clause):
    """A clause about whether a channel stays, and who takes its demand over if it does not."""

    SCOPE: ClassVar[tuple[str, ...]] = ("channel",)
    OPENS: ClassVar[bool] = True
    FOR_SURE: ClassVar[bool] = False
    """Whether the channel is given up in any case."""
    PARTS: ClassVar[dict[str, type]] = {"recapture": Recapture}

    channel: str
    recapture: Many[Recapture] = ()
    reason: Annotated[str, Field(min_length=0)] = ""
    owner: Annotated[str, Field(min_length=0)] = ""

    @model_validator(mode="after")
    def _one_whole(self) -> Self:
        check_recapture(self.channel, self.recapture)
        return self

    def scope(self) -> tuple[Any, ...]:
        """Return what the clause is about: whether the channel stays."""
        return ("leaving", self.channel)

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield the channel and those that take demand over from it."""
        yield from super().names()
        yield from (("channels", part.to) for part in self.recapture)

    def clashes(self, clauses: Sequence[Clause]) -> Iterator[Misfit]:
        """Yield a fault for each receiver that the contract retires for sure."""
        gone = retired(clauses)
        for part in self.recapture:
            if part.to in gone:
                message = f"It lets {part.to!r} take demand over, which the contract retires."
                yield "recapture_retired", message, "Let a channel take it over that stays."


def retired(clauses: Sequence[Clause]) -> set[str]:
    """Return the channels that are retired for sure."""
    return {clause.channel for clause in clauses if isinstance(clause, OfLeaving) and clause.FOR_SURE}
