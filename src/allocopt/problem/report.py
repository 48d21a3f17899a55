"""Collects the faults of all tables, so that one error names them all."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Flags, Places
from allocopt.errors import Issue, Severity
from allocopt.problem.schema import Column
from allocopt.problem.source import UNCALCULATED, Cells, Source

Telling = str | Callable[[int, str], str]
"""What is said of a cell: a text with ``{value}`` in it, or a function of the row's position and the cell as text."""
LISTED = 1000
"""Rows that one entry names in `rows`; of more, it says how many there are."""
GROUPS = 20
"""Causes of one kind in one column that have an entry each; the others share one."""
FEW = 5
"""Rows, and values in them, that a message spells out."""
CANDIDATES = 2000
"""Known ids that are searched in full for the nearest one; of more, only the neighbourhood is."""


class Report:
    """The issues found so far.

    Attributes
    ----------
    issues : list of Issue
    strict : bool
        Whether what would be read with a note is a fault.
    row_by_row : bool
        Whether each row has an entry of its own, for whoever sorts rows by what was done to them.
    """

    def __init__(self, *, strict: bool = False, row_by_row: bool = False) -> None:
        self.issues: list[Issue] = []
        self.strict, self.row_by_row = strict, row_by_row

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
        rows: Sequence[int | str] = (),
    ) -> None:
        """Add one issue; of several `rows` the first is its row, and the message tells of the others."""
        if len(rows):
            row = rows[0]
        if len(rows) > 1:
            message += f" So it is in {len(rows):,} rows: {listed(rows)}."
        held = tuple(rows[:LISTED])
        self.issues.append(Issue(table, row, column, value, code, message, hint, severity, rows=held, count=len(rows)))

    def warn(self, where: str, code: str, value: str | None, message: str, hint: str) -> None:
        """Add one warning, `where` as ``table.column``."""
        table, _, column = where.partition(".")
        self.add(table, code, message, hint, column=column, value=value, severity="warning")

    def note(self, table: str, code: str, message: str, instead: str, **where: Any) -> None:
        """Say what was done while reading; a strict report calls it a fault, whose remedy is `instead`."""
        if self.strict:
            self.add(table, code, f"{message} Reading is strict.", instead, **where)
        else:
            self.add(table, code, message, **where, severity="note")

    def rows(
        self,
        source: Source,
        column: str,
        rows: Flags | Places,
        code: str,
        message: Telling,
        hint: str,
        *,
        severity: Severity = "error",
    ) -> None:
        """Add one issue for all rows, given by a mask or their positions, which have one cause.

        `message` says it of the first row: a text with ``{value}`` in it, or what a function of position and cell, as
        text, returns.
        """
        positions = _positions(rows)
        if not len(positions):
            return
        if self.row_by_row and len(positions) > 1:
            for position in positions[:LISTED]:
                self.rows(source, column, np.array([position]), code, message, hint, severity=severity)
            if len(positions) > LISTED:
                more = f"{len(positions) - LISTED} more rows are so."
                self.add(source.name, code, more, hint, column=column, severity=severity)
            return
        first = int(positions[0])
        value = source.text(column, first)
        names = _names(source, positions)
        text, count = _spoken(message, first, value), len(names) if len(positions) <= LISTED else len(positions)
        if count > 1:
            text += f" So it is in {count:,} rows: {_others(source, column, positions)}."
        row, held = names[0], tuple(names)
        issue = Issue(source.name, row, column, value, code, text, hint, severity, rows=held, count=count)
        self.issues.append(issue)

    def note_rows(
        self, source: Source, column: str, rows: Flags | Places, code: str, message: Telling, instead: str
    ) -> None:
        """Say what was done with some rows while reading; a strict report calls it a fault."""
        if self.strict:
            strict: Telling = lambda row, value: f"{_spoken(message, row, value)} Reading is strict."  # noqa: E731
            self.rows(source, column, rows, code, strict, instead)
        else:
            self.rows(source, column, rows, code, message, "", severity="note")

    def grouped(
        self,
        source: Source,
        column: str,
        positions: Places,
        causes: NDArray[Any],
        code: str,
        message: Telling,
        hint: str,
        *,
        severity: Severity = "error",
    ) -> None:
        """Add one issue for each of the first causes, and one for all others; `causes` says which each row has."""
        distinct, first, place = np.unique(causes, return_index=True, return_inverse=True)
        order = np.argsort(first, kind="stable")
        rank = np.empty(len(distinct), np.intp)
        rank[order] = np.arange(len(distinct))
        group = np.minimum(rank[place], GROUPS)
        for number in range(min(len(distinct), GROUPS + 1)):
            self.rows(source, column, positions[group == number], code, message, hint, severity=severity)

    def at(self, source: Source, name: str) -> ReadColumn:
        """Return a column, declared or not, of whose cells something is to be told."""
        return ReadColumn(Column(name, "text", ""), source, self)

    @property
    def errors(self) -> list[Issue]:
        """The issues that make the problem unusable."""
        return [issue for issue in self.issues if issue.severity == "error"]

    @property
    def warnings(self) -> list[Issue]:
        """The issues that only look odd."""
        return [issue for issue in self.issues if issue.severity == "warning"]

    @property
    def notes(self) -> list[Issue]:
        """What was done while reading."""
        return [issue for issue in self.issues if issue.severity == "note"]


@dataclass(frozen=True)
class ReadColumn:
    """One column while it is read: its declaration, the table as it came, and where faults and notes are told.

    What is said of cells begins with the column's name and goes on with a text such as ``is {value!r}, which is no
    date.``, or what a function of position and value returns.
    """

    column: Column
    source: Source
    report: Report

    @property
    def name(self) -> str:
        """Name of the column."""
        return self.column.name

    @property
    def cells(self) -> Cells:
        """The column as it came."""
        return self.source.columns[self.column.name]

    def fault(self, rows: Flags | Places, code: str, text: Telling, hint: str) -> None:
        """Report rows, by a mask or their positions, in which something is wrong."""
        self.report.rows(self.source, self.name, rows, code, self._said(text), hint)

    def note(self, rows: Flags | Places, code: str, text: Telling, instead: str) -> None:
        """Say what was done with some rows; a strict report calls it a fault, whose remedy is `instead`."""
        self.report.note_rows(self.source, self.name, rows, code, self._said(text), instead)

    def blanks(self, blank: Flags) -> None:
        """Report the blank cells of a column that has to say something in every row."""
        if self.column.required and blank.any():
            rows = np.setdiff1d(np.flatnonzero(blank), list(self.source.failed.get(self.name, ())))
            self.fault(rows, "blank", "is blank.", "Fill it in or remove the row.")

    def failed(self) -> None:
        """Report the cells of a workbook whose formula gave no value."""
        failed = self.source.failed.get(self.name, {})
        broken = np.array([at for at, said in failed.items() if said != UNCALCULATED], np.intp)
        silent = np.setdiff1d(list(failed), broken).astype(np.intp)
        text = "is a formula that was never calculated: the workbook holds no value."
        self.fault(broken, "formula_error", "is {value}: its formula fails.", "Mend the formula, or write the value.")
        save = "Open the workbook in a spreadsheet program and save it, or write the value."
        self.fault(silent, "formula_error", text, save)

    def _said(self, text: Telling) -> Telling:
        return lambda row, value: f"`{self.name}` {_spoken(text, row, value)}"


def _spoken(text: Telling, row: int, value: str) -> str:
    """Return what is said of the cell of a row."""
    return text.format(value=value) if isinstance(text, str) else text(row, value)


def _positions(rows: Flags | Places) -> Places:
    return np.flatnonzero(rows) if rows.dtype == bool else rows.astype(np.intp)


def listed(names: Sequence[object], count: int | None = None) -> str:
    """Return the first few of some names as the end of a sentence.

    >>> listed([2, 3, 4, 5, 6, 7])
    '2, 3, 4, 5, 6 and 1 more'
    """
    more = (len(names) if count is None else count) - len(names[:FEW])
    return ", ".join(map(str, names[:FEW])) + (f" and {more:,} more" if more > 0 else "")


def _names(source: Source, positions: NDArray[np.intp]) -> list[int | str]:
    """Return what the first rows are called; a row of a file that says several things counts once."""
    names = [source.row(position) for position in positions[:LISTED].tolist()]
    return list(dict.fromkeys(names)) if source.file else names


def _others(source: Source, column: str, positions: NDArray[np.intp]) -> str:
    """Return the rows of a cause in words: with their values where these differ, each value once."""
    first_with: dict[str, int] = {}
    for position in positions[:LISTED].tolist():
        first_with.setdefault(source.text(column, position), position)
    if len(first_with) == 1:
        names = _names(source, positions)
        return listed(names, len(names) if len(positions) <= LISTED else len(positions))
    told = [f"{source.row(position)} ({value or 'blank'})" for value, position in first_with.items()]
    return listed(told, len(positions))


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known word that looks most like `word`, or None."""
    known = list(known)
    alike = [name for name in known if name.casefold().strip() == word.casefold().strip()]
    found = alike or difflib.get_close_matches(word, known, n=1, cutoff=cutoff)
    return found[0] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``"Did you mean 'x'?"`` or an empty text."""
    found = nearest(word, known)
    return f"Did you mean {found!r}?" if found is not None else ""


def plain_name(text: str) -> str:
    """Return the name of a table, column or choice without what people write in their own way.

    >>> plain_name(" On Hand"), plain_name("Unit-Cost ")
    ('on_hand', 'unit_cost')
    """
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").replace("\ufeff", " ").split())


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
