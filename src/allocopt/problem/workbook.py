"""Reads the tables of a problem from an Excel workbook, one sheet a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allocopt.problem.headers import SEARCHED, header_place, names_columns, note_titles
from allocopt.problem.readers import SETTINGS_SHEET, Inputs, settings, tables_named
from allocopt.problem.report import Report, plain_name
from allocopt.problem.schema import SETTINGS, TABLES
from allocopt.problem.source import UNCALCULATED, Source, absent, empty, of_list

MEANINGS_SHEET = "meanings"
"""What the columns mean: for people, and not read."""
ERRORS = frozenset(
    ("#REF!", "#N/A", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!", "#GETTING_DATA")
)
"""What a formula that fails leaves in its cell."""
_NO_VALUE = re.compile(
    rb'<c\b(?P<mark>[^>]*?\br="(?P<column>[A-Z]+)(?P<row>[0-9]+)"[^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*'
    rb"(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)

Row = tuple[int, list[Any]]


def read_workbook(path: Path, report: Report) -> Inputs:
    """Return the tables in a workbook; what cannot be read is reported. Rows are worksheet rows."""
    from openpyxl.reader.excel import ExcelReader

    sources = {name: absent(name) for name in TABLES}
    try:
        reader = ExcelReader(path, read_only=True, data_only=True)
        reader.read()
        try:
            sheets = {sheet.title: list(_rows(sheet)) for sheet in reader.wb.worksheets}
            empty_formulas = {sheet.title: _uncalculated(sheet) for sheet in reader.wb.worksheets}
        finally:
            reader.wb.close()
        lost = _lost(reader)
    except Exception as error:  # a damaged workbook breaks its reader in any of many ways
        report.add(path.name, "bad_file", *unreadable(path, error))
        return Inputs()
    for part in lost:
        sources[part] = empty(part)
        report.add(
            part if part in TABLES else path.name,
            "bad_file",
            f"{path.name} is damaged: it lists {part!r}, and does not hold it.",
            "Save the workbook anew, or restore it.",
            value=part,
        )
    found: dict[str, Any] = {}
    told = [title for title, rows in sheets.items() if (rows or title in TABLES) and title != MEANINGS_SHEET]
    named = tables_named({title: title for title in told}, "sheet", report)
    if not named and not lost:
        report.add(
            "problem",
            "no_such_path",
            f"No sheet of {path.name} is a table: it has {', '.join(map(repr, sheets)) or 'none'}.",
            f"Name the sheets by what they hold. The tables are: {', '.join(TABLES)}.",
            value=path.name,
        )
        return Inputs()
    for title, name in named.items():
        if name == SETTINGS_SHEET:
            found = _settings(sheets[title], report)
        else:
            sources[name] = _source(name, sheets[title], empty_formulas[title], report)
    return Inputs({name: sources[name] for name in TABLES}, **found)


def unreadable(path: Path, error: Exception) -> tuple[str, str]:
    """Return why a workbook cannot be read, by how it begins, and what to do."""
    try:
        with path.open("rb") as stream:
            begin = stream.read(512)
    except OSError:
        begin = b"PK"
    if not begin:
        return "The workbook is empty: the file holds nothing.", "Save it anew as .xlsx."
    if begin.startswith(b"\xd0\xcf\x11\xe0"):
        said = "The workbook is of the old form (.xls), or protected by a password."
        return said, "Save it as .xlsx, without a password."
    if not begin.startswith(b"PK") and b"\0" not in begin:
        return "The file is text under the name of a workbook.", "Name it .csv, or save it as .xlsx."
    return f"The workbook cannot be read: {' '.join(str(error).split())}", "Save it anew as .xlsx."


def _uncalculated(sheet: Any) -> set[tuple[int, int]]:
    """Return the cells (row, column from 0) with a formula and no value: a program wrote it, and nothing has run it."""
    from openpyxl.utils import column_index_from_string

    with sheet._get_source() as stream:
        xml = stream.read()
    found = _NO_VALUE.finditer(xml) if b"<f" in xml else ()
    return {
        (int(each["row"]), column_index_from_string(each["column"].decode()) - 1)
        for each in found
        if b't="str"' not in each["mark"]  # of a formula that gives an empty text
    }


def _lost(reader: Any) -> list[str]:
    """Return the sheets and other parts that a workbook lists and does not hold: its reader passes over them."""
    held = set(reader.valid_files)
    sheets = {rel.target: sheet.name for sheet, rel in reader.parser.find_sheets()}
    listed = [part.PartName.lstrip("/") for part in reader.package.Override if part.PartName.startswith("/xl/")]
    return [sheets.get(part, part) for part in dict.fromkeys([*sheets, *listed]) if part not in held]


def _rows(sheet: Any) -> Iterator[Row]:
    """Yield the rows that hold anything, with their number in the sheet."""
    sheet.reset_dimensions()  # some programs write a size that is too small, and rows would be lost
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        values = list(cells)
        while values and _empty(values[-1]):
            values.pop()
        if values:
            yield number, values


def _empty(cell: Any) -> bool:
    return cell is None or cell == ""


def _source(name: str, rows: list[Row], formulas: set[tuple[int, int]], report: Report) -> Source:
    if not rows:
        report.add(name, "empty_file", f"The sheet {name!r} is empty.", "Write at least the row of column names.")
        return empty(name)
    place = header_place([cells for _, cells in rows[:SEARCHED]], TABLES[name])
    note_titles(name, dict(rows[:place]), report)
    header = ["" if _empty(cell) else str(cell) for cell in rows[place][1]]
    width = len(header)
    records: list[list[Any]] = []
    lines: list[int] = []
    stray: dict[int, Any] = {}
    for line, cells in rows[place + 1 :]:
        if len(cells) > width:
            stray[line] = cells[-1]
            continue
        records.append(cells + [None] * (width - len(cells)))
        lines.append(line)
    if stray and names_columns(header, TABLES[name]):
        report.add(
            name,
            "ragged",
            f"There is a cell to the right of the last column: {str(next(iter(stray.values())))!r}.",
            "Give its column a name in the header, or clear the cell.",
            rows=list(stray),
        )
    failed: dict[str, dict[int, str]] = {}
    for position, (line, cells) in enumerate(zip(lines, records, strict=True)):
        for column, cell in enumerate(cells):
            said = cell if cell in ERRORS else UNCALCULATED if cell is None and (line, column) in formulas else None
            if said is not None:
                failed.setdefault(header[column], {})[position] = said
                cells[column] = None
    columns = list(map(list, zip(*records, strict=True))) if records else [[] for _ in header]
    repeated = tuple(dict.fromkeys(each for place, each in enumerate(header) if each in header[:place]))
    cells_of = {label: of_list(cells) for label, cells in zip(header, columns, strict=True)}
    return Source(name, cells_of, len(records), lines, "workbook", repeated, failed=failed)


def _settings(rows: list[Row], report: Report) -> dict[str, Any]:
    values: dict[Any, Any] = {}
    if not rows:
        return {}
    if [plain_name(str(cell)) for cell in rows[0][1][:2]] != ["key", "value"]:
        report.add(
            SETTINGS_SHEET,
            "missing_column",
            "The first row of the sheet has to be: key, value.",
            f"Write one setting a row: {', '.join(SETTINGS)}.",
            row=rows[0][0],
        )
        return {}
    for line, cells in rows[1:]:
        key = cells[0]
        if key in values:
            report.add(
                SETTINGS_SHEET,
                "duplicate_key",
                f"{key!r} is there twice.",
                "Keep one row.",
                row=line,
                column="key",
            )
        values[key] = cells[1] if len(cells) > 1 else None
    return settings(SETTINGS_SHEET, values, report)
