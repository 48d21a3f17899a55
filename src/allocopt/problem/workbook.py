"""Reads the tables of a problem from an Excel workbook, one sheet a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from allocopt.problem.readers import Inputs, settings
from allocopt.problem.report import Report, did_you_mean
from allocopt.problem.schema import SETTINGS, TABLES
from allocopt.problem.source import Source, absent, empty, of_list

SETTINGS_SHEET = "problem"
MEANINGS_SHEET = "meanings"
"""What the columns mean, as `Problem.write` adds it: for people, and not read."""

Row = tuple[int, list[Any]]


def read_workbook(path: Path, report: Report) -> Inputs:
    """Return the tables in a workbook; what cannot be read is reported. Rows are worksheet rows."""
    from openpyxl.reader.excel import ExcelReader  # type: ignore[import-untyped]

    sources = {name: absent(name) for name in TABLES}
    try:
        reader = ExcelReader(path, read_only=True, data_only=True)
        reader.read()
        try:
            sheets = {sheet.title: list(_rows(sheet)) for sheet in reader.wb.worksheets}
        finally:
            reader.wb.close()
        lost = _lost(reader)
    except Exception as error:  # a damaged workbook breaks its reader in any of many ways
        reason = " ".join(str(error).split())
        report.add(path.name, "bad_file", f"The workbook cannot be read: {reason}", "Save it anew as .xlsx.")
        return Inputs({name: empty(name) for name in TABLES})
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
    for name, rows in sheets.items():
        if name == SETTINGS_SHEET:
            found = _settings(rows, report)
        elif name in TABLES:
            sources[name] = _source(name, rows, report)
        elif rows and name != MEANINGS_SHEET:
            guess = did_you_mean(name, (*TABLES, SETTINGS_SHEET))
            report.add(
                name,
                "unknown_table",
                f"There is no table {name!r}. {guess}".strip(),
                f"Rename or remove the sheet. The tables are: {', '.join(TABLES)}.",
                value=name,
            )
    return Inputs({name: sources[name] for name in TABLES}, **found)


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


def _source(name: str, rows: list[Row], report: Report) -> Source:
    if not rows:
        report.add(name, "empty_file", f"The sheet {name!r} is empty.", "Write at least the row of column names.")
        return empty(name)
    header = ["" if _empty(cell) else str(cell) for cell in rows[0][1]]
    width = len(header)
    records: list[list[Any]] = []
    lines: list[int] = []
    for line, cells in rows[1:]:
        if len(cells) > width:
            report.add(
                name,
                "ragged",
                f"There is a cell to the right of the last column: {str(cells[-1])!r}.",
                "Give its column a name in the first row, or clear the cell.",
                row=line,
            )
            continue
        records.append(cells + [None] * (width - len(cells)))
        lines.append(line)
    columns = list(map(list, zip(*records, strict=True))) if records else [[] for _ in header]
    repeated = tuple(dict.fromkeys(each for place, each in enumerate(header) if each in header[:place]))
    cells_of = {label: of_list(cells) for label, cells in zip(header, columns, strict=True)}
    return Source(name, cells_of, len(records), lines, repeated=repeated)


def _settings(rows: list[Row], report: Report) -> dict[str, Any]:
    values: dict[Any, Any] = {}
    if not rows:
        return {}
    if [str(cell) for cell in rows[0][1][:2]] != ["key", "value"]:
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
