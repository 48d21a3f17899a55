"""Files of other programs as they are: every cell as text, every row under its name, no column believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from allocopt.problem.csv_file import TITLES, careful_source, decoded, note_separator, parted, plain_source, separated
from allocopt.problem.mapping.shape import SEPARATORS
from allocopt.problem.readers import BOOKS
from allocopt.problem.report import Report, did_you_mean
from allocopt.problem.source import Source, from_arrow
from allocopt.problem.workbook import _rows as rows_of
from allocopt.problem.workbook import unreadable

TABBED = (".txt", ".tsv")


@dataclass(frozen=True)
class RowNames:
    """Names of rows that came from files: the line, and of which file.

    Attributes
    ----------
    lines : int64 array
    files : int32 array
        Which of `names` each row is from.
    names : tuple of str
    more : int64 array
        How many other rows were added to it.
    """

    lines: NDArray[np.int64]
    files: NDArray[np.int32]
    names: tuple[str, ...]
    more: NDArray[np.int64]

    def __getitem__(self, position: int) -> str:
        more = int(self.more[position])
        also = f" (and {more:,} more)" if more else ""
        return f"{int(self.lines[position])} of {self.names[self.files[position]]}{also}"

    def __len__(self) -> int:
        return len(self.lines)

    def take(self, places: NDArray[np.intp], more: NDArray[np.int64] | None = None) -> RowNames:
        """Return the names of some rows."""
        kept = self.more[places] if more is None else more
        return RowNames(self.lines[places], self.files[places], self.names, kept)

    @staticmethod
    def of(name: str, lines: Sequence[int]) -> RowNames:
        """Return the names of the rows of one file."""
        numbers = np.asarray(lines, np.int64)
        return RowNames(numbers, np.zeros(len(numbers), np.int32), (name,), np.zeros(len(numbers), np.int64))

    @staticmethod
    def stacked(several: Sequence[RowNames]) -> RowNames:
        """Return the names of rows under each other."""
        names = tuple(name for each in several for name in each.names)
        shift = np.cumsum([0, *(len(each.names) for each in several)])[:-1]
        files = [each.files + np.int32(by) for each, by in zip(several, shift, strict=True)]
        return RowNames(
            np.concatenate([each.lines for each in several]),
            np.concatenate(files).astype(np.int32),
            names,
            np.concatenate([each.more for each in several]),
        )


@dataclass(frozen=True)
class Raw:
    """A file, or some of its rows.

    Attributes
    ----------
    name : str
        Of the file, or of its sheet.
    columns : dict of str to Series
        Texts, by the name in the header.
    rows : RowNames
    repeated : tuple of str
        Names that the header holds more than once.
    """

    name: str
    columns: dict[str, pd.Series[Any]]
    rows: RowNames
    repeated: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, held: NDArray[np.bool_]) -> Raw:
        """Return the rows that are held."""
        if held.all():
            return self
        columns = {name: cells[held].reset_index(drop=True) for name, cells in self.columns.items()}
        return Raw(self.name, columns, self.rows.take(np.flatnonzero(held)), self.repeated)

    def source(self, column: str, cells: pd.Series[Any] | None = None) -> Source:
        """Return one column as the readers of tables take it, for faults that name the file."""
        return text_source(self.name, {column: self.columns[column] if cells is None else cells}, self.rows.lines)


def text_source(name: str, columns: dict[str, Any], rows: Any) -> Source:
    """Return columns of text or numbers as a table that came from a file."""
    arrays = [
        pa.array(cells.to_numpy(), from_pandas=True) if cells.dtype.kind == "f" else pa.array(cells, pa.large_string())
        for cells in columns.values()
    ]
    return from_arrow(name, pa.Table.from_arrays(arrays, names=list(columns)), rows, form="csv")


def matching(name: str, folder: Path) -> list[Path]:
    """Return the files of a folder that a name or pattern means, in the order of their names."""
    if not any(mark in name for mark in "*?["):
        return [folder / name] if (folder / name).is_file() else []
    return sorted(path for path in folder.iterdir() if path.is_file() and fnmatch(path.name, name))


def read_file(path: Path, sheet: str, separator: str, encoding: str, report: Report) -> Raw | None:
    """Return a file; None where it cannot be read, which is reported."""
    if path.suffix.lower() in BOOKS:
        return read_sheet(path, sheet, report)
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        try:
            table = pq.ParquetFile(path).read()
        except (pa.ArrowException, OSError, ValueError) as error:
            report.add(path.name, "bad_file", f"{path.name} cannot be read: {' '.join(str(error).split())}")
            return None
        columns = {str(name): texts(table.column(place).to_pylist()) for place, name in enumerate(table.column_names)}
        return Raw(path.name, columns, RowNames.of(path.name, range(table.num_rows)))
    try:
        content = path.read_bytes()
        text = content.decode(encoding) if encoding else decoded(path.name, path, content, report)
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what, hint = (
            encoding or "UTF-8",
            "State its `encoding` in the mapping, such as cp1252, or save it as CSV UTF-8.",
        )
        report.add(path.name, "bad_encoding", f"Line {line} is not {what} text.", hint, row=line)
        return None
    except (OSError, LookupError) as error:
        reason = f"There is no encoding {encoding!r}" if isinstance(error, LookupError) else "It cannot be read"
        report.add(path.name, "bad_file", f"{reason}.", "Check the file, and its `encoding` in the mapping.")
        return None
    text, sign = parted(text)
    sign = SEPARATORS.get(separator, separator) or sign
    if not sign:
        usual = "\t" if path.suffix.lower() in TABBED else ","
        first = next((line for line in text[:TITLES].splitlines() if line.strip()), "")
        sign = usual if usual in first else separated(first)
        note_separator(path.name, path, sign, usual, report)
    source = plain_source(path.name, text, sign) or careful_source(path.name, path, text, report, sign)
    if not source.columns:
        return None
    columns = {name.strip(): cells.arrow.to_pandas().astype("str") for name, cells in source.columns.items()}
    return Raw(path.name, columns, RowNames.of(path.name, source.rows), source.repeated)


def read_sheet(path: Path, sheet: str, report: Report) -> Raw | None:
    """Return a sheet of a workbook; its only one where none is named."""
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        try:
            names = [each.title for each in book.worksheets]
            chosen = sheet or (names[0] if len(names) == 1 else "")
            rows = list(rows_of(book[chosen])) if chosen in names else None
        finally:
            book.close()
    except Exception as error:  # a damaged workbook breaks its reader in any of many ways
        report.add(path.name, "bad_file", *unreadable(path, error))
        return None
    if rows is None:
        said = f"has no sheet {sheet!r}. {did_you_mean(sheet, names)}" if sheet else "has several sheets."
        report.add(path.name, "no_such_sheet", f"{path.name} {said}".strip(), f"Name one: {', '.join(names)}.")
        return None
    if not rows:
        report.add(path.name, "empty_file", f"The sheet {chosen!r} is empty.", "Export it anew.")
        return None
    header = ["" if cell is None else str(cell).strip() for cell in rows[0][1]]
    width = max(len(header), *(len(cells) for _, cells in rows))
    header += [""] * (width - len(header))
    columns = zip(*(cells + [None] * (width - len(cells)) for _, cells in rows[1:]), strict=True)
    held = {name: texts(list(cells)) for name, cells in zip(header, columns, strict=False)}
    held = held or {name: texts([]) for name in header}
    repeated = tuple(dict.fromkeys(name for place, name in enumerate(header) if name and name in header[:place]))
    return Raw(f"{path.name}, {chosen}", held, RowNames.of(chosen, [line for line, _ in rows[1:]]), repeated)


def texts(cells: list[Any]) -> pd.Series[Any]:
    """Return cells of any kind as text; whole numbers without decimals, dates as ISO text."""
    return pd.Series([_text(cell) for cell in cells], dtype="str")


def _text(cell: Any) -> str:
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return "" if np.isnan(cell) else repr(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, Decimal):
        return format(cell, "f")
    if isinstance(cell, dt.datetime) and cell.tzinfo is None and cell.time() == dt.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, dt.datetime | dt.date) else str(cell)
