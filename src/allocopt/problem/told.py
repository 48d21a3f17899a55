"""A problem at a glance: how much there is of what, in a line or as HTML."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem

SHOWN = 5
"""Warnings and notes that are told; of more, how many there are."""
_WORDS = {"supply": "supply lot", "demand": "demand line"}


def _counts(problem: Problem) -> list[tuple[int, str]]:
    tables = ("skus", "nodes", "channels", "supply", "demand", "lanes")
    counts = [(problem._tables[table].length, _WORDS.get(table, table.removesuffix("s"))) for table in tables]
    return [(count, word if count == 1 else f"{word}s") for count, word in [*counts, (problem.facts.periods, "period")]]


def told(problem: Problem) -> str:
    """Return what there is as ``Problem('name': 2 skus, 1 node, ...)``."""
    counts = ", ".join(f"{count} {word}" for count, word in _counts(problem))
    return f"Problem({f'{problem.name!r}: ' if problem.name else ''}{counts})"


def told_html(problem: Problem) -> str:
    """Return what there is as a table, with the first warnings and notes."""
    cells = "".join(f"<tr><td>{word}</td><td>{count:,}</td></tr>" for count, word in _counts(problem))
    title = html.escape(problem.name) or "Problem"
    found = ""
    for issues, what in ((problem.warnings, "warnings"), (problem.notes, "notes")):
        found += "".join(f"<li>{html.escape(str(issue))}</li>" for issue in issues[:SHOWN])
        more = len(issues) - SHOWN
        found += f"<li>and {more} more {what}</li>" if more > 0 else ""
    return f"<table><caption>{title}</caption>{cells}</table>" + (f"<ul>{found}</ul>" if found else "")
