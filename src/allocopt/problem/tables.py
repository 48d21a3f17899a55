"""Reads one table by its declaration: its header, each column by its type, and its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from allocopt.arrays import Flags as Flags
from allocopt.arrays import Places
from allocopt.problem.calendar import CalendarState, dates, periods
from allocopt.problem.columns import Bytes, choices, flags, numbers
from allocopt.problem.facts import Floats
from allocopt.problem.labels import CodedTexts, constant, labels
from allocopt.problem.report import ReadColumn, Report
from allocopt.problem.schema import Column, Table
from allocopt.problem.source import Source, empty, of_arrow
from allocopt.problem.times import times

SORTED_BY = {
    "supply": ("sku", "expires", "available", "node", "kind", "reference"),
    "lanes": ("node", "channel", "via", "region", "sku"),
}
"""Canonical order of rows where it is not that of the key."""


@dataclass
class ReadTable:
    """One table as it was read: every declared column as an array in the user's row order.

    Attributes
    ----------
    numbers : dict of str to float64 array
        Columns of numbers, whole numbers, periods, times and dates (days since 1970); nan is blank or faulty.
    labels : dict of str to CodedTexts
        Columns of ids and texts.
    codes : dict of str to int8 array
        Flags (0, 1) and choices (position); -1 is blank or faulty.
    faulty : dict of str to bool array
        Rows of a column of ids that could not be read.
    unread : set of str
        Required columns that are missing.
    order : int64 array
        Positions of the user's rows in canonical order.
    """

    table: Table
    source: Source
    numbers: dict[str, Floats] = field(default_factory=dict)
    labels: dict[str, CodedTexts] = field(default_factory=dict)
    codes: dict[str, Bytes] = field(default_factory=dict)
    faulty: dict[str, Flags] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    order: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def length(self) -> int:
        """Number of rows."""
        return self.source.length

    def at(self, name: str, report: Report) -> ReadColumn:
        """Return one of its columns, of whose cells something is to be told."""
        return ReadColumn(self.table.column(name), self.source, report)

    def released(self) -> ReadTable:
        """Return the table without the user's own cells, which may change later."""
        source = Source(self.source.name, {}, self.source.length, self.source.rows)
        return replace(self, source=source, order=self.order[:0])

    def frame(self) -> pd.DataFrame:
        """Return the table as pandas, with every declared column, in the user's row order."""
        columns = {column.name: self._series(column) for column in self.table.columns}
        return pd.DataFrame(columns, index=pd.RangeIndex(self.length), copy=False)

    def values(self, name: str) -> NDArray[Any]:
        """Return a column as it is held: numbers, or the codes of texts, flags and choices."""
        return self.labels[name].codes if name in self.labels else self.codes.get(name, self.numbers.get(name))  # type: ignore[return-value]

    def blank(self, name: str) -> Flags:
        """Return which cells of a column are blank or faulty."""
        found: Flags = np.isnan(self.numbers[name]) if name in self.numbers else self.values(name) < 0
        return found

    def plain(self, name: str, rows: Places) -> list[Any]:
        """Return cells as plain values; a blank is an empty text."""
        held = self.arrow(self.table.column(name), rows).to_pylist()
        return ["" if cell is None or cell != cell else cell for cell in held]

    def arrow(self, column: Column, rows: Any = slice(None)) -> Any:
        """Return the cells of a column in some rows as a pyarrow array, which `read` reads as the same."""
        name = column.name
        if name in self.labels:
            return replace(self.labels[name], codes=self.labels[name].codes[rows]).per_row()
        if name in self.codes:
            return _of_codes(column, self.codes[name][rows])
        values = self.numbers[name][rows]
        if column.type in ("whole", "period"):
            try:
                return pa.array(values, mask=np.isnan(values)).cast(pa.int64())
            except pa.ArrowInvalid:  # a change left fractions, or too much: they are faults to be told
                return pa.array(values)
        return pa.array(values.astype("datetime64[D]") if column.type == "date" else values)

    def as_source(self, rows: Any = None, kind: type[Source] = Source) -> Source:
        """Return the table as one that is to be read, its rows named anew where names are given.

        Columns that were never given are left out again.
        """
        if not self.length:
            return empty(self.table.name)
        given = [each for each in self.table.columns if each.required or self.values(each.name).strides != (0,)]
        columns = {column.name: of_arrow(self.arrow(column)) for column in given}
        return kind(self.table.name, columns, self.length, self.source.rows if rows is None else rows)

    def _series(self, column: Column) -> Any:
        name = column.name
        if column.type in ("id", "text", "choice"):
            return pd.Series(pd.array(self.arrow(column), dtype="str"))
        optional = column.default is None and not column.required
        if column.type == "flag":
            codes = self.codes[name]
            if optional:
                return pd.Series(pd.arrays.BooleanArray(codes == 1, codes < 0))
            return codes == 1
        values = self.numbers[name]
        if column.type in ("number", "time"):
            return values.copy()
        if column.type == "date":
            return values.astype(np.int64).astype("datetime64[D]").astype("datetime64[s]")
        if optional:
            blank = np.isnan(values)
            return pd.Series(pd.arrays.IntegerArray(np.where(blank, 0, values).astype(np.int64), blank))
        return values.astype(np.int64)


def _of_codes(column: Column, codes: Bytes) -> Any:
    """Return the flags or choices that codes stand for as a pyarrow array."""
    if column.type == "flag":
        return pa.array(codes == 1, mask=codes < 0)
    return pa.array(column.choices, pa.large_string()).take(pa.array(codes.astype(np.int32), mask=codes < 0))


def read(table: Table, source: Source, calendar: CalendarState, report: Report) -> ReadTable:
    """Read one table; what is wrong with it is reported."""
    checked = ReadTable(table, source)
    for column in table.columns:
        if column.name in source.columns and column.name not in source.repeated:
            read_column(checked, column, calendar, report)
        else:
            if column.required and not source.bare:
                checked.unread.add(column.name)
            _fill_column(checked, column)
    return checked


def read_column(checked: ReadTable, column: Column, calendar: CalendarState, report: Report) -> None:
    """Read one column; what is wrong with it is reported."""
    name, reading = column.name, ReadColumn(column, checked.source, report)
    reading.failed()
    if column.type in ("id", "text"):
        tidy = column.type == "id" or name in checked.table.key
        checked.labels[name], faulty = labels(reading, tidy=tidy)
        if faulty.any():
            checked.faulty[name] = faulty
    elif column.type in ("flag", "choice"):
        checked.codes[name] = flags(reading) if column.type == "flag" else choices(reading)
    elif column.type in ("period", "time"):
        checked.numbers[name] = (periods if column.type == "period" else times)(reading, calendar)
    else:
        checked.numbers[name] = dates(reading) if column.type == "date" else numbers(reading)


def _fill_column(checked: ReadTable, column: Column) -> None:
    """Fill an absent column with its default."""
    name, length, default = column.name, checked.length, column.default
    if column.type in ("id", "text"):
        checked.labels[name] = constant(length, str(default or ""))
    elif column.type == "flag":
        checked.codes[name] = np.broadcast_to(np.int8(-1 if default is None else bool(default)), length)
    elif column.type == "choice":
        code = column.choices.index(str(default)) if default is not None else -1
        checked.codes[name] = np.broadcast_to(np.int8(code), length)
    else:
        value = float(default) if isinstance(default, int | float) else np.nan
        checked.numbers[name] = np.broadcast_to(np.float64(value), length)


def check_key(checked: ReadTable, report: Report) -> None:
    """Report rows alike in the key, and note the canonical order of the rows."""
    table, source = checked.table, checked.source
    if checked.unread & set(table.key):
        return
    names = SORTED_BY.get(table.name, table.key)
    key = sort_key(checked, names)
    order = np.argsort(key, kind="stable")
    checked.order = order
    ordered = key[order]
    same = np.concatenate([[False], ordered[1:] == ordered[:-1]]) if len(order) else np.zeros(0, bool)
    if not same.any():
        return
    starts = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    first = np.empty(len(order), np.int64)
    first[order] = order[starts]
    again = first != np.arange(len(order))
    for name in table.key:
        again &= ~_unreadable(checked, name)
    positions = np.flatnonzero(again)
    shown = [name for name in table.key if name in source.columns]

    def message(position: int, _value: str) -> str:
        values = ", ".join(f"{name} {source.text(name, position) or '(blank)'}" for name in shown)
        return f"Rows {source.row(int(first[position]))} and {source.row(position)} are for the same thing: {values}."

    apart = {"supply": "reference", "demand": "order", "lanes": "via"}.get(table.name)
    hint = "Keep one of them, or add them up to one row" + (f", or tell them apart by `{apart}`." if apart else ".")
    report.rows(source, shown[0], positions, "duplicate_key", message, hint)


def _unreadable(checked: ReadTable, name: str) -> Flags:
    """Return the rows whose cell of a key column has a fault of its own."""
    faulty = checked.faulty.get(name, np.zeros(checked.length, bool))
    optional = name in checked.labels and not checked.table.column(name).required
    # Blank is right in `expires`, and a faulty cell has become blank there.
    return faulty if optional or name == "expires" else faulty | checked.blank(name)


def sort_key(checked: ReadTable, names: Sequence[str]) -> NDArray[np.int64]:
    """Return one integer per row that sorts the rows by these columns; equal rows have equal integers."""
    key = np.zeros(checked.length, np.int64)
    span = 1
    for name in names:
        if name in checked.labels:
            part, size = checked.labels[name].codes.astype(np.int64) + 1, len(checked.labels[name].texts) + 1
        elif name in checked.codes:
            part, size = checked.codes[name].astype(np.int64) + 1, 129
        else:
            values = checked.numbers[name]
            # Blank sorts last: a lot that never expires is the last to be used.
            top = float(np.nanmax(values)) + 3 if not np.isnan(values).all() else 3.0
            part, size = np.where(np.isnan(values), top - 1, values + 1).astype(np.int64), int(top)
        if size == 1:
            continue
        if span * size >= 2**62:
            distinct, key = np.unique(key, return_inverse=True)
            span = len(distinct)
        key = key * size + part
        span *= size
    return key
