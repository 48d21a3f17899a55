"""The faults of a problem as a workbook: a copy of what was read, in which the cells that are meant are marked.

The first sheet lists every fault, warning and note. Cells are red where there is a fault, orange where something is
odd, yellow where something was understood; a comment says what. Of a workbook all sheets, formulas and formats are
copied (pictures and charts are not); a folder becomes a workbook with a sheet for each table that is told of, whose
rows are the lines of the file. The workbook that was read, and any other file that this command has not made, stay as
they are.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from allocopt.documents.whole import written_whole
from allocopt.errors import FRAME, DataError, Issue, visible
from allocopt.plan.files import UNSEEN
from allocopt.problem.csv_file import parted, separator_of
from allocopt.problem.headers import SEARCHED, header_place, without_unit
from allocopt.problem.report import plain_name
from allocopt.problem.schema import TABLES

CREATOR = "allocopt check"
"""What a workbook says of who made it; others are never overwritten."""
LIST = "faults"
COLOURS = {"error": "FFF4B6B6", "warning": "FFFCD5A5", "note": "FFFFF6B3"}
WHOLE = 50_000
"""Lines of a file that are copied in full; of longer ones only the header and the rows that are told of."""
COMMENT = 2000
"""Characters of a comment at most."""


def write_marked(source: Path, issues: Sequence[Issue], target: Path) -> None:
    """Write the workbook of faults.

    Parameters
    ----------
    source : Path
        The folder or workbook that was read.
    issues : sequence of Issue
    target : Path
        An .xlsx file.

    Raises
    ------
    DataError
        If the target is no place for it, or cannot be written.
    """
    _check_target(source, target)
    try:
        book = _copied(source) if source.is_file() else _gathered(source, issues)
        sheets = {plain_name(sheet.title): sheet for sheet in reversed(book.worksheets)}
        for issue in issues:
            if (sheet := sheets.get(plain_name(issue.table))) is not None:
                _mark(sheet, issue, shift=2 if _is_parquet(source, issue.table) else 0)
        _list(book, issues)
        book.properties.creator = CREATOR
        target.parent.mkdir(parents=True, exist_ok=True)
        written_whole(target, book.save)
    except OSError as error:
        raise _refused(target, f"{error.strerror or error}", "Give another file.") from None


def _check_target(source: Path, target: Path) -> None:
    """Raise if the target is another kind of file, or one that this command has not written."""
    if target.suffix.lower() != ".xlsx":
        raise _refused(target, "it has to be an .xlsx workbook", "Write --out faults.xlsx.")
    if not target.exists():
        return
    from openpyxl import load_workbook

    mine = False
    if target.is_file() and not (source.exists() and target.samefile(source)):
        try:
            book = load_workbook(target, read_only=True)
            mine = book.properties.creator == CREATOR
            book.close()
        except Exception:  # whatever it is, it is not ours
            mine = False
    if not mine:
        raise _refused(target, "it is there, and no workbook of faults", "Give another file.")


def _refused(target: Path, why: str, hint: str) -> DataError:
    said = f"The workbook of faults cannot be written to {target}: {why}."
    return DataError([Issue("--out", None, None, str(target), "not_writable", said, hint)])


def _copied(source: Path) -> Any:
    """Return a copy of a workbook; one that cannot be read has a list of faults only."""
    from openpyxl import Workbook, load_workbook

    try:
        return load_workbook(source)
    except Exception:  # the list says why
        return Workbook()


def _gathered(source: Path, issues: Sequence[Issue]) -> Any:
    """Return a workbook with the tables of a folder that are told of."""
    from openpyxl import Workbook

    book = Workbook()
    files = {plain_name(path.stem): path for path in sorted(source.glob("*")) if path.is_file()}
    for name in TABLES:
        told = [issue for issue in issues if issue.table == name]
        path = files.get(name)
        if told and path is not None and path.suffix.lower() in (".csv", ".parquet"):
            sheet = book.create_sheet(name)
            shift = 2 if path.suffix.lower() == ".parquet" else 0
            wanted = {row + shift for issue in told for row in issue.rows if isinstance(row, int)}
            _fill(sheet, _lines(path), wanted)
    return book


def _is_parquet(source: Path, table: str) -> bool:
    return source.is_dir() and (source / f"{table}.parquet").is_file()


def _lines(path: Path) -> list[tuple[int, Sequence[Any]]]:
    """Return the lines of a file as cells, the header first; of one that is broken as far as it goes."""
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(path)
            rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
            return [(1, table.column_names), *((place, row) for place, row in enumerate(rows, start=2))]
        except Exception:  # the list says why
            return []
    content = path.read_bytes()
    coding = "utf-16" if content[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8-sig"
    text, separator = parted(content.decode(coding, "replace"))
    table = TABLES.get(plain_name(path.stem))
    separator = separator or (separator_of(text, table) if table else ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    found: list[tuple[int, Sequence[Any]]] = []
    line = 1
    with suppress(csv.Error):
        for record in reader:
            found.append((line, record))
            line = reader.line_num + 1
    return found


def _fill(sheet: Any, lines: Sequence[tuple[int, Sequence[Any]]], wanted: set[int]) -> None:
    """Write cells as they stand in the file: text as text, and no formula."""
    for place, (line, cells) in enumerate(lines):
        if len(lines) > WHOLE and place >= SEARCHED and line not in wanted:
            continue
        for column, cell in enumerate(cells, start=1):
            if cell not in (None, ""):
                _write(sheet.cell(line, column), cell)


def _write(cell: Any, value: Any) -> None:
    """Write a value as text, or as a number where it is one."""
    if isinstance(value, int | float) and not isinstance(value, bool) and value == value and abs(value) < 1e300:
        cell.value = value
        return
    cell.value = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(value))[:32_000]
    cell.data_type = "s"


def _mark(sheet: Any, issue: Issue, *, shift: int) -> None:
    """Mark the cells of one issue: in its rows, else in the header, else in the corner."""
    place, column = _column_of(sheet, issue)
    rows = [row + shift for row in issue.rows if isinstance(row, int)] or [place]
    for number, row in enumerate(rows):
        _dress(sheet.cell(row, column), issue, told=number == 0 or len(rows) <= SEARCHED)


def _column_of(sheet: Any, issue: Issue) -> tuple[int, int]:
    """Return the row of the header, and in which column an issue is."""
    table = TABLES.get(plain_name(issue.table))
    first = [
        (number, [cell.value for cell in row])
        for number, row in enumerate(sheet.iter_rows(max_row=4 * SEARCHED), start=1)
        if any(cell.value not in (None, "") for cell in row)
    ]
    if table is None or not first:
        return 1, 1
    place, header = first[header_place([cells for _, cells in first], table)]
    names = [str(cell) if cell is not None else "" for cell in header]
    wanted = issue.column or ""
    for number, name in enumerate(names, start=1):
        if wanted and (name == wanted or without_unit(name, table)[0] == plain_name(wanted)):
            return place, number
    return place, 1


def _dress(cell: Any, issue: Issue, *, told: bool) -> None:
    """Colour a cell, and say in a comment what is meant; the graver colour stays."""
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    grave = list(COLOURS)
    before = [kind for kind in grave if cell.fill.fgColor.rgb == COLOURS[kind]]
    if not before or grave.index(issue.severity) < grave.index(before[0]):
        cell.fill = PatternFill("solid", fgColor=COLOURS[issue.severity])
    if told:
        said = visible(f"{issue.message} {issue.hint}".strip())
        before_said = f"{cell.comment.text}\n" if cell.comment else ""
        cell.comment = Comment(f"{before_said}{said}"[:COMMENT], "allocopt", height=120, width=360)


def _list(book: Any, issues: Iterable[Issue]) -> None:
    """Add the list of everything as the first sheet."""
    for sheet in book.worksheets:
        if len(book.worksheets) > 1 and sheet.title == "Sheet" and sheet.max_row == 1 and sheet["A1"].value is None:
            book.remove(sheet)
    sheet = book.create_sheet(LIST, 0)
    book.active = 0
    columns = [name for name in FRAME if name != "rows"]
    for number, name in enumerate(columns, start=1):
        _write(sheet.cell(1, number), name)
    for line, issue in enumerate(issues, start=2):
        for number, name in enumerate(columns, start=1):
            value = getattr(issue, name)
            if value is not None:
                _write(sheet.cell(line, number), value if isinstance(value, int) else visible(str(value)))
        sheet.cell(line, columns.index("severity") + 1).fill = _fill_of(issue)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for letter, width in zip("ABCDEFGHI", (12, 8, 14, 18, 16, 10, 8, 90, 60), strict=True):
        sheet.column_dimensions[letter].width = width


def _fill_of(issue: Issue) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=COLOURS[issue.severity])
