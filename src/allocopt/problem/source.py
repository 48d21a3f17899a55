"""A table as it came, before anything is believed about it: cells, names of its rows, where it came from."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.errors import DataError, Issue

SourceForm = Literal["csv", "workbook", "parquet", "frame", "plain"]
UNCALCULATED = "(not calculated)"
"""What stands for a formula of a workbook that has no value."""
NESTED = (list, tuple, dict, set)


@dataclass(frozen=True)
class Cells:
    """One column as it came.

    Attributes
    ----------
    arrow : pyarrow.Array or None
        The cells where they are all of one kind; None where they are mixed.
    objects : callable
        Returns the cells as a list of Python objects: for faulty or mixed columns only, since it is slow.
    own : bool
        Whether these objects are the user's own, so that 7 and 7.0 can be told apart among them.
    """

    arrow: Any
    objects: Callable[[], list[Any]]
    own: bool = False

    @property
    def numeric(self) -> bool:
        """Whether they are all numbers or blank."""
        types = (pa.types.is_integer, pa.types.is_floating, pa.types.is_null)
        return self.arrow is not None and any(known(self.arrow.type) for known in types)

    @property
    def textual(self) -> bool:
        """Whether they are all text or blank."""
        types = (pa.types.is_string, pa.types.is_large_string)
        return self.arrow is not None and any(known(self.arrow.type) for known in types)

    def may_hold(self, pattern: str) -> bool:
        """Return whether a pattern stands in one of the texts, and True where cells are mixed; quick."""
        if self.arrow is None:
            return True
        return self.textual and bool(pc.any(pc.match_substring_regex(self.arrow, pattern)).as_py())


@dataclass(frozen=True)
class Source:
    """One table as it came.

    Attributes
    ----------
    name : str
        Name of the table.
    columns : dict of str to Cells
        By the user's column name.
    length : int
        Number of rows.
    rows : sequence
        Names of the rows as the user sees them: line numbers, worksheet rows, index labels.
    form : str
        What it came as: ``csv``, ``workbook``, ``parquet``, ``frame`` or ``plain`` (JSON).
    decimal : str
        The decimal sign of its numbers where somebody said it, ``"."`` or ``","``.
    currencies : dict of str to str
        The currency that the header names, by column.
    failed : dict of str to dict of int to str
        Cells of a workbook whose formula gave no value, by column and position: what stands there. They are blank.
    repeated : tuple of str
        Column names that occur more than once.
    given : bool
        Whether the user gave this table at all.
    index : tuple of str
        Names of the index of a pandas frame, in which a missing column may be hiding.
    """

    name: str
    columns: Mapping[str, Cells]
    length: int
    rows: Any
    form: SourceForm = "frame"
    repeated: tuple[str, ...] = ()
    given: bool = True
    index: tuple[str, ...] = ()
    decimal: str = ""
    currencies: Mapping[str, str] = field(default_factory=dict)
    failed: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    _objects: dict[str, list[Any]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def file(self) -> bool:
        """Whether it is a file that somebody typed or exported: text is read where it has one meaning."""
        return self.form in ("csv", "workbook", "parquet")

    @property
    def bare(self) -> bool:
        """Whether it has neither rows nor a header that could be wrong."""
        return not self.columns and not self.length

    def row(self, position: int) -> int | str:
        """Return the name of the row at `position`."""
        label = self.rows[position]
        if isinstance(label, int | np.integer) and not isinstance(label, bool):
            return int(label)
        return ", ".join(map(str, label)) if isinstance(label, tuple) else str(label)

    def objects(self, column: str) -> list[Any]:
        """Return the cells of one column as Python objects (kept, since faults are often asked for twice)."""
        if column not in self._objects:
            self._objects[column] = self.columns[column].objects()
        return self._objects[column]

    def text(self, column: str, position: int) -> str:
        """Return one cell as text, as an error shows it."""
        if column not in self.columns:
            return ""
        if position in self.failed.get(column, ()):
            return self.failed[column][position]
        cells = self.columns[column]
        return shown(python_cell(cells.arrow[position]) if cells.arrow is not None else self.objects(column)[position])


def without(source: Source, positions: NDArray[np.intp]) -> Source:
    """Return a source without some of its rows."""
    kept = np.delete(np.arange(source.length), positions)
    columns = {name: _picked(cells, kept) for name, cells in source.columns.items()}
    rows = [source.row(position) for position in kept.tolist()]
    places = {old: new for new, old in enumerate(kept.tolist())} if source.failed else {}
    failed = {
        name: {places[position]: said for position, said in each.items() if position in places}
        for name, each in source.failed.items()
    }
    return replace(source, columns=columns, length=len(kept), rows=rows, failed=failed, _objects={})


def _picked(cells: Cells, kept: NDArray[np.intp]) -> Cells:
    if cells.arrow is not None and not cells.own:
        return of_arrow(cells.arrow.take(pa.array(kept)))
    objects = cells.objects()
    return of_list([objects[position] for position in kept.tolist()])


class OutOfRange:
    """A cell that Python has no value for, such as a day in the year 300,000."""

    def __str__(self) -> str:
        return "(out of range)"


def python_cell(scalar: Any) -> Any:
    """Return one Arrow cell as a Python object."""
    try:
        return scalar.as_py()
    except (ValueError, OverflowError, TypeError, pa.ArrowException):
        return OutOfRange()


def python_cells(array: Any) -> list[Any]:
    """Return Arrow cells as Python objects."""
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError, TypeError, pa.ArrowException):
        return [python_cell(scalar) for scalar in array]


def shown(cell: object) -> str:
    """Return a cell as short text."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    try:
        text = str(cell)
    except Exception:  # a foreign object in a cell may do anything in __str__
        text = f"<{type(cell).__name__}>"
    text = text if len(text) <= 80 else text[:77] + "..."
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def absent(name: str) -> Source:
    """Return the source of a table that was not given."""
    return Source(name, {}, 0, range(0), given=False)


def empty(name: str) -> Source:
    """Return the source of a table that was given without rows, or that could not be read, which is reported."""
    return Source(name, {}, 0, range(0))


def from_frame(name: str, frame: Any) -> Source:
    """Return a frame of any kind that narwhals knows as a source.

    Raises
    ------
    DataError
        If `frame` is no table.
    """
    if frame is None:
        return absent(name)
    if isinstance(frame, pd.DataFrame):
        return _from_pandas(name, frame)
    try:
        wrapped = nw.from_native(frame)
        collected = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
        arrow = collected.to_arrow()
    except (TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        kind = type(frame).__name__
        hint = "Give a pandas, polars or pyarrow table; Problem.read takes files and Problem.from_dict plain values."
        raise DataError([Issue(name, None, None, kind, "not_a_table", f"A {kind} is no table.", hint)]) from error
    return from_arrow(name, arrow)


def from_arrow(name: str, table: Any, rows: Any = None, *, form: SourceForm = "frame") -> Source:
    """Return a pyarrow table as a source."""
    names = [str(column) for column in table.column_names]
    if not names:
        return empty(name)
    columns = {label: of_arrow(table.column(place)) for place, label in enumerate(names)}
    rows = rows if rows is not None else range(table.num_rows)
    return Source(name, columns, table.num_rows, rows, form, _repeated(names))


def of_arrow(array: Any) -> Cells:
    """Return a pyarrow column as cells."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ChunkedArray):  # an empty column has no chunk to combine
        array = pa.array([], array.type)
    if pa.types.is_dictionary(array.type):
        array = array.cast(array.type.value_type)
    return Cells(array, lambda: python_cells(array))


def of_list(cells: list[Any]) -> Cells:
    """Return Python objects as cells."""
    if any(isinstance(cell, NESTED) for cell in cells):  # never a value; very deep ones break what looks into them
        return Cells(None, lambda: cells, own=True)
    try:
        arrow = pa.array(cells, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError, KeyError):
        arrow = None
    return Cells(arrow, lambda: cells, own=True)


def of_series(series: pd.Series[Any]) -> Cells:
    """Return a pandas column as cells."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        series = series.astype(object)

    def objects() -> list[Any]:
        return list(series.astype(object)) if arrow is None or own else python_cells(arrow)

    own = series.dtype == object

    # NaN in a float column is kept as such: it is not the same as an empty cell in a table that knows both.
    try:
        nested = own and any(isinstance(cell, NESTED) for cell in series)
        arrow = None if nested else pa.array(series, from_pandas=own)
        if isinstance(arrow, pa.ChunkedArray):
            arrow = of_arrow(arrow).arrow
    except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError, KeyError):
        arrow = None
    return Cells(arrow, objects, own)


def _from_pandas(name: str, frame: pd.DataFrame) -> Source:
    if frame.shape[1] == 0 and len(frame) == 0:
        return empty(name)
    labels: list[Hashable] = list(frame.columns)
    names = [str(label) for label in labels]
    columns = {label: of_series(frame.iloc[:, place]) for place, label in enumerate(names)}
    index = tuple(str(label) for label in frame.index.names if label is not None)
    return Source(name, columns, len(frame), frame.index, repeated=_repeated(names), index=index)


def _repeated(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for place, name in enumerate(names) if name in names[:place]))
