"""Collects the faults of all tables, so that one error names them all."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from allocopt.errors import Issue
from allocopt.problem.source import Source

LISTED = 1000
"""Rows listed one by one for one fault of one column; the rest is counted."""
CANDIDATES = 2000
"""Known ids that are searched in full for the nearest one; of more, only the neighbourhood is."""

Severity = Literal["error", "warning", "note"]


class Report:
    """The issues found so far.

    Attributes
    ----------
    issues : list of Issue
    """

    def __init__(self) -> None:
        self.issues: list[Issue] = []

    def add(
        self,
        table: str,
        code: str,
        message: str,
        hint: str = "",
        *,
        row: int | str | None = None,
        column: str | None = None,
        value: str | None = None,
        severity: Severity = "error",
    ) -> None:
        """Add one issue."""
        self.issues.append(Issue(table, row, column, value, code, message, hint, severity))

    def note(self, table: str, code: str, message: str, instead: str, **where: Any) -> None:
        """Say what was done while reading; `instead` is what to do where that is not wanted."""
        self.add(table, code, message, instead, **where, severity="note")

    def rows(
        self,
        source: Source,
        column: str,
        positions: NDArray[np.intp],
        code: str,
        message: Callable[[int, str], str],
        hint: str,
        *,
        severity: Severity = "error",
    ) -> None:
        """Add one issue for each row at `positions`; `message` is given the position and the cell as text."""
        for position in positions[:LISTED].tolist():
            value = source.text(column, position)
            self.add(
                source.name,
                code,
                message(position, value),
                hint,
                row=source.row(position),
                column=column,
                value=value,
                severity=severity,
            )
        more = len(positions) - LISTED
        if more > 0:
            self.add(
                source.name,
                code,
                f"{more} more rows have the same fault as the {LISTED} listed ({code}).",
                hint,
                column=column,
                severity=severity,
            )

    def column(
        self,
        source: Source,
        column: str,
        positions: NDArray[np.intp],
        code: str,
        message: Callable[[str], str],
        hint: str,
    ) -> None:
        """Add one issue for a fault of the whole column, shown at the first of its rows."""
        first = int(positions[0])
        value = source.text(column, first)
        text = message(value)
        if len(positions) > 1:
            text += f" So it is in {len(positions)} rows."
        self.add(source.name, code, text, hint, row=source.row(first), column=column, value=value)

    @property
    def errors(self) -> list[Issue]:
        """The issues that make the problem unusable."""
        return [issue for issue in self.issues if issue.severity == "error"]

    @property
    def warnings(self) -> list[Issue]:
        """The issues that only look odd."""
        return [issue for issue in self.issues if issue.severity == "warning"]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that looks most like `word`, or None."""
    known = list(known)
    alike = [name for name in known if name.casefold().strip() == word.casefold().strip()]
    found = alike or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"`` or an empty text."""
    found = nearest(word, known)
    return f"Did you mean {found!r}?" if found is not None else ""


def plain(text: str) -> str:
    """Return an id without what people get wrong: case, leading zeros, surrounding space."""
    text = text.strip().casefold()
    return text.lstrip("0") or text[:1]


class Nearest:
    """Finds the known id nearest to an unknown one, quickly even among very many."""

    def __init__(self, known: Sequence[str]) -> None:
        self._known = known  # sorted
        self._plain: dict[str, str] | None = None

    def of(self, word: str) -> str | None:
        """Return the known id that looks most like `word`, or None."""
        if len(self._known) <= CANDIDATES:
            candidates = self._known
        else:
            middle = bisect_left(self._known, word)
            candidates = self._known[max(0, middle - CANDIDATES // 20) : middle + CANDIDATES // 20]
        if self._plain is None:
            self._plain = {plain(name): name for name in reversed(self._known)}
        alike = self._plain.get(plain(word))
        if alike is not None:
            return alike
        found = difflib.get_close_matches(word, candidates, n=1, cutoff=0.6)
        return found[0] if found else None
