"""What is different in another contract, in words: a line for each clause, stage, date or name."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from allocopt.contracts.stages import Stage
from allocopt.rules import Clause

SAID = ("name", "owner", "reason", "valid_from", "valid_to")


def difference(this: Any, other: Any) -> str:
    """Return the lines that say how one contract differs from another; ``""`` where they are equal."""
    lines = [
        f"{name.replace('_', ' ')}: {_told(getattr(this, name))} becomes {_told(getattr(other, name))}"
        for name in SAID
        if getattr(this, name) != getattr(other, name)
    ]
    lines += _clauses(this.clauses, other.clauses)
    lines += _stages(this.all_stages, other.all_stages)
    return "\n".join(lines)


def _clauses(this: Sequence[Clause], other: Sequence[Clause]) -> Iterator[str]:
    """Yield what becomes of clauses: one is the same if it speaks of the same thing."""
    before, after = ({clause.scope(): clause for clause in clauses} for clauses in (this, other))
    for scope, clause in before.items():
        if scope not in after:
            yield f"without {clause.words()}"
        elif clause != after[scope]:
            yield f"{clause.words()}: {_fields(clause, after[scope])}"
    yield from (f"with {clause.words()}" for scope, clause in after.items() if scope not in before)
    both = [[scope for scope in one if scope in two] for one, two in ((before, after), (after, before))]
    if both[0] != both[1]:
        yield "the clauses come in another order: " + "; ".join(after[scope].words() for scope in both[1])


def _stages(this: Sequence[Stage], other: Sequence[Stage]) -> Iterator[str]:
    """Yield that the stages are others; where their words are the same, by which of their fields."""
    words = [", then ".join(stage.words() for stage in stages) for stages in (this, other)]
    if words[0] != words[1]:
        yield f"stages: {words[0]} becomes {words[1]}"
    elif tuple(this) != tuple(other):
        for one, two in zip(this, other, strict=True):
            if one != two:
                yield f"stage {one.words()}: {_fields(one, two)}"


def _fields(one: Any, two: Any) -> str:
    """Return which fields are others."""
    changed = [field.name for field in dataclasses.fields(one) if getattr(one, field.name) != getattr(two, field.name)]
    return ", ".join(f"{name} {_told(getattr(one, name))} becomes {_told(getattr(two, name))}" for name in changed)


def _told(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, float):
        return f"{value:,.10g}"
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
