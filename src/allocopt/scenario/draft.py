"""A problem while a scenario changes it: its tables as arrays, and which change touched which row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.arrays import Places as Places
from allocopt.documents.faults import Fault
from allocopt.problem.amounts import number_of
from allocopt.problem.calendar import Calendar, CalendarState, calendar_of
from allocopt.problem.encode import horizon
from allocopt.problem.facts import Floats
from allocopt.problem.labels import CodedTexts, encode
from allocopt.problem.readers import Inputs
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES, Column
from allocopt.problem.source import Source
from allocopt.problem.tables import Flags, ReadTable

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem


class FaultsError(Exception):
    """What is wrong with one change."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__()
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Touch:
    """What one change did to one table: cells of a column written, or (without a column) rows added or removed.

    Attributes
    ----------
    change : int
    table : str
    column : str or None
    ids : int64 array
        The rows: positions in the problem's table; added rows count on from its length.
    """

    change: int
    table: str
    column: str | None
    ids: NDArray[np.int64]


@dataclass(frozen=True)
class Remark:
    """What a change did beyond its words, or left alone."""

    change: int
    table: str
    column: str
    code: str
    message: str


@dataclass(frozen=True)
class ChangedRows:
    """Names of the rows of a changed table: as in the user's file; of added rows, what added them.

    Attributes
    ----------
    names : sequence
        Of the rows that were there.
    ids : int64 array
    added : list of str
        Of the rows that were added.
    """

    names: Any
    ids: NDArray[np.int64]
    added: tuple[str, ...]

    def __getitem__(self, position: int) -> Any:
        place = int(self.ids[position])
        return self.names[place] if place < len(self.names) else self.added[place - len(self.names)]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass
class Draft:
    """The tables of a problem, to be changed; the problem itself stays as it is.

    Attributes
    ----------
    problem : Problem
    tables : dict of str to ReadTable
    ids : dict of str to int64 array
        Which row of the problem each row was; added rows count on.
    added : dict of str to list of str
        Names of added rows.
    touches : list of Touch
    remarks : list of Remark
    change : int
        Number of the change that is being made.
    """

    problem: Problem
    tables: dict[str, ReadTable] = field(init=False)
    ids: dict[str, NDArray[np.int64]] = field(init=False)
    added: dict[str, list[str]] = field(default_factory=dict)
    touches: list[Touch] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    change: int = 0
    calendar: Calendar | None = field(init=False)

    def __post_init__(self) -> None:
        self.tables = dict(self.problem._tables)
        self.ids = {name: np.arange(checked.length) for name, checked in self.tables.items()}
        self.calendar = _calendar(self.tables["periods"])

    def known(self, column: Column, table: str) -> list[str]:
        """Return the ids that a column may hold: those of the table that it refers to, else its own."""
        if column.refers is not None:
            table, column = column.refers, TABLES[column.refers].columns[0]
        texts: list[str] = self.tables[table].labels[column.name].texts.to_pylist()
        return texts

    def write(self, table: str, column: str, rows: Places, values: Floats | np.int8 | str) -> None:
        """Write cells of a column: numbers, the code of a flag or choice, or a text."""
        checked = self.tables[table]
        kind = "numbers" if column in checked.numbers else "codes" if column in checked.codes else "labels"
        held: dict[str, Any] = dict(getattr(checked, kind))
        if kind == "labels":
            held[column] = with_text(held[column], rows, str(values))
        else:
            held[column] = held[column].copy()
            held[column][rows] = values
        changed: dict[str, Any] = {kind: held}
        self.tables[table] = replace(checked, **changed)
        self.touches.append(Touch(self.change, table, column, self.ids[table][rows]))

    def keep(self, table: str, kept: Flags) -> None:
        """Remove the other rows of a table."""
        gone, rows = self.ids[table][~kept], np.flatnonzero(kept)
        self.tables[table] = _picked(self.tables[table], rows)
        self.ids[table] = self.ids[table][rows]
        self.touches.append(Touch(self.change, table, None, gone))

    def append(self, more: ReadTable, names: list[str]) -> None:
        """Add rows to a table."""
        table = more.table.name
        held = self.added.setdefault(table, [])
        first = self.problem._tables[table].length + len(held)
        ids = np.arange(first, first + more.length)
        held += names
        self.tables[table] = _joined(self.tables[table], more)
        self.ids[table] = np.concatenate([self.ids[table], ids])
        self.touches.append(Touch(self.change, table, None, ids))

    def remark(self, table: str, column: str, code: str, message: str) -> None:
        """Note what the change did beyond its words, or left alone."""
        self.remarks.append(Remark(self.change, table, column, code, message))

    def inputs(self, *, positions: bool = False) -> Inputs:
        """Return the tables as they are now, to be checked like any problem; rows are named by their `positions`."""
        problem = self.problem
        sources = {}
        moved = {touch.table for touch in self.touches if touch.column is None}
        for name, checked in self.tables.items():
            if positions:
                sources[name] = checked.as_source(range(checked.length), ByPosition)
                continue
            rows = problem._tables[name].source.rows
            if name in moved:
                rows = ChangedRows(rows, self.ids[name], tuple(self.added.get(name, ())))
            sources[name] = checked.as_source(rows)
        return Inputs(sources, problem.as_of, problem.currency, problem.name, self._horizon())

    def _horizon(self) -> int | None:
        """Return the horizon where the tables would no longer say it by themselves.

        A scenario keeps the number of periods: an order that comes later must not lengthen the horizon, nor a
        channel that goes shorten it.
        """
        periods, available = self.problem.facts.periods, self.tables["supply"].numbers["available"]
        said = horizon(self.tables)
        late = self.calendar is not None and len(available) > 0 and bool(available.max() >= periods)
        return periods if self.problem.horizon is not None or said != periods or late else None


def _calendar(periods: ReadTable) -> Calendar | None:
    if not periods.length:
        return None
    period, start, end = (periods.numbers[name] for name in ("period", "start", "end"))
    found: CalendarState = calendar_of(periods.source, period, start, end, Report())
    return replace(found, open=True) if isinstance(found, Calendar) else None


def with_text(labels: CodedTexts, rows: Places, text: str) -> CodedTexts:
    """Return labels with one text in these rows."""
    codes, texts = labels.codes.astype(np.int32), labels.texts
    code = -1
    if text:
        code = pc.index(texts, text).as_py()
        if code < 0:
            code, texts = len(texts), pa.concat_arrays([texts, pa.array([text], pa.large_string())])
    codes[rows] = code
    return compact(codes, texts)


def compact(codes: NDArray[np.int32], texts: Any) -> CodedTexts:
    """Return labels with sorted texts and none that no row has."""
    used = np.zeros(len(texts), bool)
    used[codes[codes >= 0]] = True
    places = np.flatnonzero(used)
    ordered, rank = encode(texts.take(pa.array(places)))
    renamed = np.full(len(texts) + 1, -1, np.int32)
    renamed[places] = rank
    return CodedTexts(renamed[codes], ordered)


def _is_constant(values: NDArray[Any]) -> bool:
    """Return whether a column that was not given stands for the same value in every row."""
    return values.strides == (0,)


def _taken(values: NDArray[Any], rows: Places) -> NDArray[Any]:
    if _is_constant(values) and len(values):
        return np.broadcast_to(values[0], len(rows))
    return values[rows]


def _picked(checked: ReadTable, rows: Places) -> ReadTable:
    """Return some rows of a table."""
    return replace(
        checked,
        source=replace(checked.source, length=len(rows), rows=range(len(rows))),
        numbers={name: _taken(values, rows) for name, values in checked.numbers.items()},
        codes={name: _taken(values, rows) for name, values in checked.codes.items()},
        labels={
            name: CodedTexts(_taken(held.codes, rows), held.texts)
            if _is_constant(held.codes)
            else compact(held.codes[rows], held.texts)
            for name, held in checked.labels.items()
        },
    )


def _joined(first: ReadTable, second: ReadTable) -> ReadTable:
    """Return the rows of two tables."""
    length = first.length + second.length

    def both(one: NDArray[Any], two: NDArray[Any]) -> NDArray[Any]:
        if _is_constant(one) and _is_constant(two) and len(one) and len(two):
            value = one[0]
            if value == two[0] or (value != value and two[0] != two[0]):
                return np.broadcast_to(value, length)
        return np.concatenate([one, two])

    def texts(one: CodedTexts, two: CodedTexts) -> CodedTexts:
        if not len(one.texts) and not len(two.texts):
            return CodedTexts(np.broadcast_to(np.int32(-1), length), one.texts)
        shifted = np.where(two.codes < 0, -1, two.codes + len(one.texts)).astype(np.int32)
        known = pa.concat_arrays([one.texts, two.texts])
        whole = pc.dictionary_encode(known)
        codes = np.append(whole.indices.to_numpy(), -1).astype(np.int32)[np.concatenate([one.codes, shifted])]
        return compact(codes, whole.dictionary)

    return replace(
        first,
        source=replace(first.source, length=length, rows=range(length)),
        numbers={name: both(values, second.numbers[name]) for name, values in first.numbers.items()},
        codes={name: both(values, second.codes[name]) for name, values in first.codes.items()},
        labels={name: texts(held, second.labels[name]) for name, held in first.labels.items()},
    )


class ByPosition(Source):
    """A table whose faults are to be told in a planner's words."""

    def text(self, column: str, position: int) -> str:
        """Return one cell as text, numbers without the noise of arithmetic."""
        cell = super().text(column, position)
        cells = self.columns.get(column)
        value = number_of(cell, textual=True) if cells is not None and pa.types.is_floating(cells.arrow.type) else None
        return cell if value is None else f"{value:.10g}"
