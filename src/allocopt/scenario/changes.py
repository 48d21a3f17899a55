"""The kinds of change that a scenario is made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import numpy as np
import pyarrow.compute as pc
from pydantic import Field
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import NUMBER, Many
from allocopt.documents.faults import Fault, nearest
from allocopt.errors import Issue
from allocopt.problem import tables
from allocopt.problem.plain import of_records
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES, Column, Table
from allocopt.problem.source import Source, of_list
from allocopt.scenario.change import (
    CONFIG,
    BaseChange,
    Cell,
    Where,
    filled_rows,
    matching_rows,
    scope,
    table_of,
    target_of,
    where_faults,
)
from allocopt.scenario.draft import Draft, FaultsError, Places
from allocopt.scenario.units import whole_units
from allocopt.scenario.where import NAMES


@dataclass(frozen=True, config=CONFIG)
class Scale(BaseChange):
    """Multiplies a column of numbers.

    Units of indivisible SKUs are rounded by largest remainder, per SKU and channel (or node), in the fixed order of
    labels. Firm orders keep their units. Blank cells stay blank.

    Attributes
    ----------
    column : str
        Table and column, as ``"demand.units"``; the key `scale` in files.
    by : float
        Factor, at least 0.
    where : str or mapping
        Which rows, as text or as columns and values; left out: all.

    Examples
    --------
    >>> Scale("demand.units", by=1.6, where="channel = amazon and period in 3..4").words()
    'scale demand.units by 1.6 where channel = amazon and period in 3..4'
    """

    KEY: ClassVar[str] = "scale"
    column: Annotated[str, Field(validation_alias="scale", serialization_alias="scale")]
    by: Annotated[float, Field(ge=0), NUMBER]
    where: Where = ""

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        table, column, wrong = target_of("scale", self.column)
        yield from wrong
        if column is not None and column.type not in ("number", "whole"):
            held = NAMES.get(column.type, "periods")
            hint = "Use `shift` for periods." if column.type in ("period", "time") else "Use `set`."
            yield Fault(("scale",), "wrong_type", f"{self.column} holds {held}, no amounts.", hint, self.column)
        yield from where_faults(self.where, table)

    def make(self, draft: Draft) -> None:
        """Multiply the cells."""
        table, column = self.column.split(".")
        matching = matching_rows(draft, table, self.where)
        if self.column == "demand.units":
            matching = self._forecasts(draft, matching)
        matching = filled_rows(draft, self, table, column, matching)
        with np.errstate(over="ignore"):
            values = draft.tables[table].numbers[column][matching] * self.by
        draft.write(table, column, matching, whole_units(draft, table, column, matching, values))

    def _forecasts(self, draft: Draft, matching: Places) -> Places:
        firm = draft.tables["demand"].codes["firm"][matching] == 1
        if firm.all():
            message = f"All {len(matching):,} rows that match are firm orders, whose units scaling leaves alone."
            raise FaultsError([Fault(("scale",), "no_row", message, "Use `set` to change an order.", self.column)])
        if firm.any():
            said = f"{int(firm.sum()):,} of {len(matching):,} rows are firm orders and keep their units"
            draft.remark("demand", "units", "firm_stays", said)
        forecasts: Places = matching[~firm]
        return forecasts

    def words(self) -> str:
        """Return the change in words."""
        return f"scale {self.column} by {self.by:g}{scope(self.where)}"


@dataclass(frozen=True, config=CONFIG)
class Put(BaseChange):
    """Sets a column to one value; the key `set` in files.

    Attributes
    ----------
    column : str
        Table and column, as ``"channels.fee_rate"``; the key `set` in files.
    to : str, bool, int, float or None
        What the cells say then; None makes them blank. Days are text, such as ``"2026-11-27"``.
    where : str or mapping
        Which rows, as text or as columns and values; left out: all.

    Examples
    --------
    >>> Put("channels.fee_rate", to=0.17, where="channel = amazon").words()
    'set channels.fee_rate to 0.17 where channel = amazon'
    """

    KEY: ClassVar[str] = "set"
    column: Annotated[str, Field(validation_alias="set", serialization_alias="set")]
    to: Cell
    where: Where = ""

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        table, column, wrong = target_of("set", self.column)
        yield from wrong
        if table is not None and column is not None:
            if table.key == (column.name,):
                message = f"The ids of the table {table.name} stay: other rows refer to them."
                yield Fault(("set",), "fixed_column", message, "Remove rows and add others.", self.column)
            elif column.type != "period":
                yield from self._read(table, column, None)[1]
        yield from where_faults(self.where, table)

    def _read(self, table: Table, column: Column, draft: Draft | None) -> tuple[tables.ReadTable, list[Fault]]:
        """Return the value as a column of one row, and what is wrong with it."""
        fault = _no_text(column, self.to, ("to",))
        report = Report()
        source = Source(table.name, {column.name: of_list([self.to])}, 1, range(1))
        read = tables.ReadTable(table, source)
        tables.read_column(read, column, None if draft is None else draft.calendar, report)
        return read, [fault] if fault else [_of_issue(("to",), issue) for issue in report.errors]

    def make(self, draft: Draft) -> None:
        """Set the cells."""
        name, label = self.column.split(".")
        table, column = TABLES[name], TABLES[name].column(label)
        matching = matching_rows(draft, name, self.where)
        read, wrong = self._read(table, column, draft)
        if wrong:
            raise FaultsError(wrong)
        if label in read.labels:
            text = self.to or ""
            if column.refers and text and text not in (ids := draft.known(column, name)):
                message = f"There is no {label} {text!r} in the table {column.refers}."
                raise FaultsError([Fault(("to",), "unknown_id", message, nearest(str(text), ids), str(text))])
            draft.write(name, label, matching, str(text))
        elif label in read.codes:
            draft.write(name, label, matching, read.codes[label][0])
        else:
            values = np.full(len(matching), read.numbers[label][0])
            draft.write(name, label, matching, whole_units(draft, name, label, matching, values))

    def words(self) -> str:
        """Return the change in words."""
        return f"set {self.column} to {'blank' if self.to in (None, '') else self.to}{scope(self.where)}"


_HINTS = {
    "blank": "Write a value.",
    "not_a_flag": "Write true or false.",
    "not_a_number": "Write a number, without quotes, with a point for decimals.",
}


def _of_issue(key: tuple[str | int, ...], issue: Issue) -> Fault:
    """Return a fault of a table as one of a change, with the remedy for files."""
    return Fault(key, issue.code, issue.message, _HINTS.get(issue.code, issue.hint), issue.value)


def _no_text(column: Column, cell: object, key: tuple[str | int, ...]) -> Fault | None:
    """Return the fault of an id that is no text: nobody knows any more whether 123 was 00123."""
    if column.type not in ("id", "text") or cell is None or isinstance(cell, str):
        return None
    return Fault(key, "not_text", f"It must be text, not {cell!r}.", "Write identifiers in quotes.", str(cell))


@dataclass(frozen=True, config=CONFIG)
class Shift(BaseChange):
    """Moves a column of periods by whole periods.

    The number of periods of the problem stays. A lot that becomes available after the last of them serves nobody;
    demand and capacity must stay within them.

    Attributes
    ----------
    column : str
        Table and column, as ``"supply.available"``; the key `shift` in files.
    by : int
        Periods later; earlier if negative.
    where : str or mapping
        Which rows, as text or as columns and values; left out: all.

    Examples
    --------
    >>> Shift("supply.available", by=2, where="reference = PO-20417").words()
    'shift supply.available by 2 where reference = PO-20417'
    """

    KEY: ClassVar[str] = "shift"
    column: Annotated[str, Field(validation_alias="shift", serialization_alias="shift")]
    by: Annotated[int, Field(strict=True, ge=-10_000, le=10_000)]
    where: Where = ""

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        table, column, wrong = target_of("shift", self.column)
        yield from wrong
        if column is not None and column.type not in ("period", "time"):
            hint = "Use `scale` or `set`." if column.type in ("number", "whole") else "Use `set`."
            yield Fault(("shift",), "wrong_type", f"{self.column} holds no periods.", hint, self.column)
        yield from where_faults(self.where, table)

    def make(self, draft: Draft) -> None:
        """Move the cells."""
        table, column = self.column.split(".")
        matching = filled_rows(draft, self, table, column, matching_rows(draft, table, self.where))
        draft.write(table, column, matching, draft.tables[table].numbers[column][matching] + self.by)

    def words(self) -> str:
        """Return the change in words."""
        return f"shift {self.column} by {self.by}{scope(self.where)}"


@dataclass(frozen=True, config=CONFIG)
class Remove(BaseChange):
    """Removes rows, and with SKUs, nodes and channels the rows of other tables that refer to them.

    Attributes
    ----------
    table : str
        Table that loses rows; the key `remove` in files.
    where : str or mapping
        Which rows, as text or as columns and values; left out: all.

    Examples
    --------
    >>> Remove("nodes", where="node = 3PL-Ohio").words()
    'remove from nodes where node = 3PL-Ohio'
    """

    KEY: ClassVar[str] = "remove"
    table: Annotated[str, Field(validation_alias="remove", serialization_alias="remove")]
    where: Where = ""

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        table, wrong = table_of("remove", self.table)
        yield from wrong
        yield from where_faults(self.where, table)

    def make(self, draft: Draft) -> None:
        """Remove the rows."""
        matching = matching_rows(draft, self.table, self.where)
        kept = np.ones(draft.tables[self.table].length, bool)
        kept[matching] = False
        draft.keep(self.table, kept)
        lost = []
        for table, column in ((each, column) for each in TABLES.values() for column in each.columns):
            if column.refers != self.table:
                continue
            labels = draft.tables[table.name].labels[column.name]
            left = draft.tables[self.table].labels[TABLES[self.table].key[0]].texts
            orphans = (labels.codes >= 0) & ~labels.among(pc.is_in(labels.texts, value_set=left))
            if orphans.any():
                draft.keep(table.name, ~orphans)
                lost.append(f"{int(orphans.sum()):,} of {table.name}")
        if lost:
            said = f"with {len(matching):,} of {self.table} go the rows that refer to them: {', '.join(lost)}"
            draft.remark(self.table, "", "cascade", said)

    def words(self) -> str:
        """Return the change in words."""
        return f"remove from {self.table}{scope(self.where)}"


@dataclass(frozen=True, config=CONFIG)
class Add(BaseChange):
    """Adds rows to a table.

    Attributes
    ----------
    table : str
        Table that gains rows; the key `add` in files.
    rows : tuple of dict
        Cells by column; a column that is left out says its default.

    Examples
    --------
    >>> Add("demand", [{"sku": "A", "channel": "dtc", "period": 2, "units": 10, "price": 9.5}]).words()
    'add 1 row to demand'
    """

    KEY: ClassVar[str] = "add"
    table: Annotated[str, Field(validation_alias="add", serialization_alias="add")]
    rows: Annotated[Many[dict[str, Cell]], Field(min_length=1)]

    def faults(self) -> Iterator[Fault]:
        """Yield what no problem can make right."""
        table, wrong = table_of("add", self.table)
        yield from wrong
        if table is None:
            return
        names = [column.name for column in table.columns]
        for number, record in enumerate(self.rows):
            for name, cell in record.items():
                if name not in names:
                    message = f"The table {self.table} has no column {name!r}."
                    yield Fault(("rows", number, name), "unknown_column", message, nearest(name, names), name)
                else:
                    fault = _no_text(table.column(name), cell, ("rows", number, name))
                    if fault is not None:
                        yield fault
            for column in table.columns:
                if column.required and column.name not in record:
                    message = f"The column {column.name!r} is missing."
                    yield Fault(("rows", number), "missing_column", message, f"Add it. {column.meaning}")

    def make(self, draft: Draft) -> None:
        """Add the rows."""
        columns = {name: of_list(cells) for name, cells in of_records(self.rows).items()}
        source = Source(self.table, columns, len(self.rows), range(len(self.rows)))
        report = Report()
        read = tables.read(TABLES[self.table], source, draft.calendar, report)
        if report.errors:
            raise FaultsError(_of_issue(("rows", issue.row or 0, issue.column or ""), issue) for issue in report.errors)
        names = [f"row {number + 1} of change {draft.change + 1}" for number in range(len(self.rows))]
        draft.append(read, names)

    def words(self) -> str:
        """Return the change in words."""
        count = len(self.rows)
        return f"add {count} {'row' if count == 1 else 'rows'} to {self.table}"


CHANGES: tuple[type[BaseChange], ...] = (Scale, Put, Shift, Remove, Add)
"""Every kind of change."""
