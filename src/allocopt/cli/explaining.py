"""``allocopt explain``: why lines of one SKU in one channel get what they get."""

from __future__ import annotations

from typing import Any

from allocopt.explain.asking import lines_of
from allocopt.explain.explanation import explained
from allocopt.explain.shortfalls import why

MOST = 10
"""So many lines are explained at most where many are meant; those that are short come first."""


def explanations(plan: Any, *, sku: str, channel: str, due: int | None, order: str | None) -> list[Any]:
    """Return the explanations of the lines that are meant: the short ones, or all of them where none is short.

    Raises
    ------
    ValueError
        If there is no such line.
    """
    known = why(plan)
    found = lines_of(known, sku, channel, due, order, None)
    short = found[known.short[found] > 0]
    return [explained(known, int(line)) for line in (short if len(short) else found)[:MOST]]


def as_text(found: list[Any]) -> str:
    """Return explanations as lines of text."""
    return "\n\n".join(str(one) for one in found)
