"""How a problem shows itself: how much there is of what."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem

WORDS = {"supply": "supply lot", "demand": "demand line"}
SHOWN = 5
"""Warnings that a notebook shows."""


def _counts(problem: Problem) -> list[tuple[int, str]]:
    tables = ("skus", "nodes", "channels", "supply", "demand", "lanes")
    counts = [(len(getattr(problem, name)), WORDS.get(name, name.removesuffix("s"))) for name in tables]
    counts.append((problem.facts.periods, "period"))
    return [(count, word if count == 1 else f"{word}s") for count, word in counts]


def told(problem: Problem) -> str:
    """Return a problem in one line."""
    counts = ", ".join(f"{count} {words}" for count, words in _counts(problem))
    return f"Problem({f'{problem.name!r}: ' if problem.name else ''}{counts})"


def told_html(problem: Problem) -> str:
    """Return a problem as a notebook shows it."""
    cells = "".join(f"<tr><td>{words}</td><td>{count:,}</td></tr>" for count, words in _counts(problem))
    title = html.escape(problem.name) or "Problem"
    warnings = problem.warnings
    notes = "".join(f"<li>{html.escape(str(issue))}</li>" for issue in warnings[:SHOWN])
    more = len(warnings) - SHOWN
    if more > 0:
        notes += f"<li>and {more} more warnings</li>"
    return f"<table><caption>{title}</caption>{cells}</table>" + (f"<ul>{notes}</ul>" if notes else "")
