"""How the rows of a file become rows of a table: filled, joined, picked, renamed and computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from allocopt.problem.amounts import respelled
from allocopt.problem.calendar import as_date, day_of
from allocopt.problem.columns import numbers
from allocopt.problem.facts import Floats
from allocopt.problem.mapping.file import Part
from allocopt.problem.mapping.formula import Formula
from allocopt.problem.mapping.raw import Raw, RowNames
from allocopt.problem.mapping.shape import From, Join, Summing
from allocopt.problem.mapping.spelling import each, moment
from allocopt.problem.mapping.where import Test, compared, same, understood
from allocopt.problem.report import ReadColumn, Report, did_you_mean
from allocopt.problem.schema import Column
from allocopt.problem.tables import Flags
from allocopt.problem.weeks import Every, first_day

ABOVE = "above"
ALL = "all"
AMOUNTS = ("number", "whole")
MOMENTS = ("period", "time", "date")
Open = Callable[[From, str, str, str], "Raw | None"]
"""Opens what an entry or a join names: its `from`, `sheet`, `separator` and `encoding`."""


class Rows(NamedTuple):
    """Rows of a table, as texts and numbers.

    Attributes
    ----------
    columns : dict of str to Series
        By the columns of the table.
    weights : dict of str to float64 array
        How much each row counts in the average of a column.
    rows : RowNames
    """

    columns: dict[str, pd.Series[Any]]
    weights: dict[str, Floats]
    rows: RowNames


class Reader:
    """Reads one entry from one file; what it cannot do is reported and left out.

    Parameters
    ----------
    part : Part
    raw : Raw
    report : Report
    opened : callable
        Opens the other files of joins.
    every : {"day", "week", "month"} or None
        The periods that dates are to make: then each stands for the first day of its own.
    """

    def __init__(self, part: Part, raw: Raw, report: Report, opened: Open, every: Every | None = None) -> None:
        self.part, self.entry, self.table, self.every = part, part.entry, part.table, every
        self.raw, self.report, self.opened = raw, report, opened
        self.used: set[str] = set()

    def read(self) -> Rows | None:
        """Return the rows; None where a column that the entry names is not in the file."""
        before = len(self.report.errors)
        for number, join in enumerate(self.entry.join):
            self._join(number, join)
        if len(self.report.errors) > before:
            return None  # columns that were not joined would be missing
        targets = self._targets()
        formulas = {ours: Formula(text) for ours, text in self.entry.formula.items()}
        operands = self._known("formula", ((ours, name) for ours in formulas for name in formulas[ours].names))
        average = self.entry.sum.average if isinstance(self.entry.sum, Summing) else {}
        weights = self._known("sum", average.items())
        tests = understood(self.entry.where)
        asked = self._known("where", ((test.column, name) for test in tests for name in test.names))
        self._fill()
        if len(self.report.errors) > before:
            return None
        self._pick(tests, asked)
        columns = {ours: self._column(self.table.column(ours), name) for ours, name in targets.items()}
        for ours, value in self.entry.constant.items():
            text = str(value).lower() if isinstance(value, bool) else str(value)
            columns[ours] = pd.Series([text], dtype="str").repeat(len(self.raw)).reset_index(drop=True)
        read = {name: self._numbers(name) for name in set(operands.values()) | set(weights.values())}
        for ours, formula in formulas.items():
            found = formula({name: read[operands[name]] for name in formula.names})
            columns[ours] = pd.Series(np.broadcast_to(found, len(self.raw)).copy())
        self._note_unused(set(targets) | set(columns))
        held = {ours: read[weights[theirs]] for ours, theirs in average.items()}
        return Rows(columns, held, self.raw.rows)

    def find(self, name: str) -> str | None:
        """Return a column of the file by its name; case and blanks do not matter where that leaves one."""
        held = self.raw.columns
        if name in held:
            return name
        alike = [each for each in held if " ".join(each.casefold().split()) == " ".join(name.casefold().split())]
        return alike[0] if len(alike) == 1 else None

    def _missing(self, place: tuple[str | int, ...], name: str) -> None:
        names = [each for each in self.raw.columns if each]
        guess = did_you_mean(name, names)
        message = f"{self.raw.name} has no column {name!r}. {guess}".strip()
        hint = "" if guess else f"Its columns are: {', '.join(names[:30])}{' ...' if len(names) > 30 else ''}."
        self._fault(place, "missing_column", message, hint)

    def _fault(self, place: tuple[str | int, ...], code: str, message: str, hint: str = "") -> None:
        """Report what is wrong with the entry, on its line."""
        self.report.issues.append(self.part.issue(place, code, message, hint))

    def _known(self, key: str, asked: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the columns of the file that names mean; those that are not there are reported."""
        found = {}
        for place, name in asked:
            held = self.find(name)
            if held is None:
                self._missing((key, place), name)
            else:
                found[name] = held
                self.used.add(held)
        return found

    def _targets(self) -> dict[str, str]:
        """Return the column of the file for each column of the table that is one."""
        choices: dict[str, list[str]] = {}
        for theirs, several in self.entry.rename.items():
            for ours in several:
                choices.setdefault(ours, []).append(theirs)
        targets: dict[str, str] = {}
        for ours, names in choices.items():
            there = [held for name in names if (held := self.find(name)) is not None]
            if len(there) == 1:
                targets[ours] = there[0]
            elif there:
                message = f"{self.raw.name} has {' and '.join(map(repr, there))}: both would be `{ours}`."
                self._fault(("rename", names[0]), "duplicate_column", message, "Keep one.")
            else:
                self._missing(("rename", names[0]), names[0])
        if ALL not in self.entry.ignore:
            stated = {*choices, *self.entry.constant, *self.entry.formula, *self.entry.rename, *self.entry.ignore}
            own = [column.name for column in self.table.columns if column.name in self.raw.columns]
            targets |= {name: name for name in own if name not in stated}
        for ours, held in targets.items():
            if held in self.raw.repeated:
                message = f"{self.raw.name} has the column {held!r} more than once."
                self._fault(
                    ("rename", held), "duplicate_column", message, f"`{ours}` is one of them: rename the other."
                )
        self.used |= set(targets.values())
        return targets

    def _fill(self) -> None:
        """Give blank cells the value of their key."""
        for name, by in self.entry.fill.items():
            held = self._known("fill", [(name, name), *([] if by == ABOVE else [(name, by)])])
            if len(held) < (1 if by == ABOVE else len({name, by})):
                continue
            cells = self.raw.columns[held[name]]
            given = cells.where(cells.str.strip() != "")
            first = given.ffill() if by == ABOVE else given.groupby(self.raw.columns[held[by]]).transform("first")
            self.raw.columns[held[name]] = given.fillna(first).fillna("")

    def _join(self, number: int, join: Join) -> None:
        """Take columns from another file."""
        other = self.opened(join.source, join.sheet, join.separator, join.encoding)
        if other is None:
            return
        beside = Reader(self.part, other, self.report, self.opened)
        mine = self._known("join", ((str(number), theirs) for theirs in join.on))
        place = ("join", number)
        theirs = {name: held for name in (*join.on.values(), *join.take) if (held := beside.find(name)) is not None}
        for name in (*join.on.values(), *join.take):
            if name not in theirs:
                beside._missing(place, name)
        if len(mine) < len(join.on) or len(theirs) < len({*join.on.values(), *join.take}):
            return
        keys = [other.columns[theirs[name]].str.strip() for name in join.on.values()]
        key = pd.MultiIndex.from_arrays(keys)
        if key.has_duplicates:
            again = int(np.flatnonzero(key.duplicated())[0])
            said = (
                f"{other.name} has {', '.join(map(str, key[again]))} twice, the second time in row {other.rows[again]}."
            )
            self._fault(place, "duplicate_key", said, "Keep one row of each, or join by more columns.")
            return
        wanted = pd.MultiIndex.from_arrays([self.raw.columns[mine[name]].str.strip() for name in join.on])
        at = key.get_indexer(wanted)
        columns = {}
        for name in join.take:
            if name in self.raw.columns:
                said = f"{self.raw.name} has a column {name!r} too."
                self._fault(place, "duplicate_column", said, "Rename one of the two.")
            cells = other.columns[theirs[name]].to_numpy(object)
            columns[name] = pd.Series(np.where(at < 0, "", np.append(cells, "")[at]), dtype="str")
        self.raw = replace(self.raw, columns={**self.raw.columns, **columns})
        self._note("unjoined", int((at < 0).sum()), f"without a partner in {other.name}: blank there")

    def _pick(self, tests: tuple[Test, ...], asked: dict[str, str]) -> None:
        """Keep the rows for which all comparisons hold."""
        held: Flags = np.ones(len(self.raw), bool)
        for test in tests:
            cells = self.raw.columns[asked[test.column]]
            other = None if test.other is None else self.raw.columns[asked[test.other]]
            if not test.ordered:
                held &= same(test, cells, other)
            else:
                read = self._days if self._dated(cells, test) else self._numbers
                if test.other is None:
                    others = [self._literal(value, read == self._days) for value in test.among]
                else:
                    others = [read(asked[test.other])]
                held &= compared(test, read(asked[test.column]), *others)
        kept = self.raw.take(held)
        self._note("left_out", len(self.raw) - len(kept), f"left out, of {len(self.raw):,}: `where` does not hold")
        self.raw = kept

    def _dated(self, cells: pd.Series[Any], test: Test) -> bool:
        """Return whether a comparison is of days: where its value is one, or all cells are."""
        if test.other is None:
            return all(day_of(moment(value, self.entry.date)) is not None for value in test.among)
        texts = [text for text in cells.unique() if text.strip()]
        return bool(texts) and all(day_of(moment(text, self.entry.date)) is not None for text in texts)

    def _literal(self, value: str, dated: bool) -> Floats:
        day = day_of(moment(value, self.entry.date)) if dated else None
        if day is not None:
            return np.float64(day)  # type: ignore[return-value]
        try:
            return np.float64(value)  # type: ignore[return-value]
        except ValueError:
            self._fault(("where",), "bad_where", f"{value!r} is no number and no day.", "Put columns in brackets.")
            return np.float64("nan")  # type: ignore[return-value]

    def _days(self, name: str) -> Floats:
        cells = self._spelled(self.raw.columns[name], "date")
        days = each(cells, lambda text: np.nan if (day := day_of(text)) is None else day).to_numpy(float)
        blank = (cells.str.strip() == "").to_numpy(bool)
        hint = "State in the mapping how dates are written, such as date: '%d/%m/%Y'."
        reading = self.report.at(self.raw.source(name), name)
        reading.fault(np.isnan(days) & ~blank, "bad_date", "is {value!r}, which is no date.", hint)
        return days

    def _numbers(self, name: str) -> Floats:
        """Return a column of the file as numbers."""
        cells = self._spelled(self.raw.columns[name], "number")
        anything = Column(name, "number", "", required=False, low=float("-inf"))
        return numbers(ReadColumn(anything, self.raw.source(name, cells), self.report))

    def _column(self, column: Column, name: str) -> pd.Series[Any]:
        cells = self._spelled(self.raw.columns[name], column.type)
        if column.type != "period" or self.every is None:
            return cells
        every = self.every

        def begun(text: str) -> str:
            day = day_of(text)
            return text if day is None else as_date(first_day(day, every)).isoformat()

        return each(cells, begun).astype("str")

    def _spelled(self, cells: pd.Series[Any], kind: str) -> pd.Series[Any]:
        """Return texts as the readers of tables understand them."""
        if kind in AMOUNTS and self.entry.decimal:
            decimal = self.entry.decimal
            return each(cells, lambda text: respelled(text, decimal)).astype("str")
        if kind in MOMENTS and self.entry.date:
            read = each(cells, lambda text: moment(text, self.entry.date))
            two = read.isna().to_numpy(bool)
            if two.any():
                first = cells[two].iloc[0]
                said = f"{first!r} in row {self.raw.rows[int(np.flatnonzero(two)[0])]} can be read as two days."
                self._fault(("date",), "two_meanings", said, "Keep one of the forms.")
            return read.fillna("").astype("str")
        return cells.str.strip()

    def _note(self, code: str, count: int, what: str) -> None:
        if count:
            rows, verb = ("1 row", "is") if count == 1 else (f"{count:,} rows", "are")
            # It is what the mapping asks for: told, and no fault of strict reading.
            self.report.add(self.table.name, code, f"{rows} of {self.raw.name} {verb} {what}.", severity="note")

    def _note_unused(self, taken: set[str]) -> None:
        """Note the columns of the file that nothing was made of and that nobody said to ignore."""
        ignored = {held for name in self.entry.ignore if (held := self.find(name)) is not None}
        unused = [name for name in self.raw.columns if name and name not in self.used | ignored]
        if unused and ALL not in self.entry.ignore:
            message = f"{self.raw.name}: not used are {', '.join(map(repr, unused))}."
            self.report.note(self.table.name, "not_used", message, "List them under `ignore`.")
