"""Writes the tables of a problem as an Excel workbook that helps whoever fills it in.

Each sheet is a table: required columns stand out, a cell says what its column means when it is selected, kinds and
flags are picked from lists, and so are ids of other tables. The sheet `meanings` says it all with units and examples.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from allocopt.errors import DataError, Issue
from allocopt.problem.readers import SETTINGS_SHEET
from allocopt.problem.schema import SETTINGS, TABLES, Column, Table
from allocopt.problem.template import example_of
from allocopt.problem.workbook import MEANINGS_SHEET

LAST_ROW = 1_048_576
"""Rows of a worksheet, the header included."""
PROMPT = 255
"""Characters of what a cell says when it is selected."""
TITLES = ("table", "column", "needed", "type", "unit", "values", "default", "meaning", "example")
FORMATS = {"id": "@", "text": "@", "date": "yyyy-mm-dd"}


def write_book(tables: dict[str, pd.DataFrame], settings: dict[str, Any], path: Path) -> None:
    """Write tables and settings as a workbook.

    Raises
    ------
    DataError
        If a table has more rows than a sheet.
    """
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for name, frame in tables.items():
        if len(frame) >= LAST_ROW:
            message = f"It has {len(frame):,} rows, more than a sheet holds."
            raise DataError([Issue(name, None, None, None, "not_writable", message, "Write a folder of CSV files.")])
        sheet = book.create_sheet(name)
        _fill(sheet, [tuple(frame.columns), *_rows(frame)])
        _dress(sheet, TABLES[name], list(frame.columns))
    if settings:
        _fill(book.create_sheet(SETTINGS_SHEET), [("key", "value"), *settings.items()])
    _tell(book.create_sheet(MEANINGS_SHEET))
    book.save(path)


def _rows(frame: pd.DataFrame) -> Iterator[tuple[Any, ...]]:
    """Yield the rows as Python values; a missing one is None."""
    columns = [frame[name].astype(object).where(frame[name].notna(), None).tolist() for name in frame.columns]
    return zip(*columns, strict=True)


def _fill(sheet: Any, rows: list[tuple[Any, ...]]) -> None:
    """Write rows; text that looks like a formula stays text."""
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row, start=1):
            if value is None:
                continue
            cell = sheet.cell(number, place, value)
            if isinstance(value, str):
                cell.data_type = "s"


def _dress(sheet: Any, table: Table, names: list[str]) -> None:
    """Set widths, formats, colours and drop-downs of a table's sheet."""
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for place, name in enumerate(names, start=1):
        column, letter = table.column(name), get_column_letter(place)
        head = sheet.cell(1, place)
        head.font = Font(bold=column.required)
        head.fill = PatternFill("solid", fgColor="FFD9E8F5" if column.required else "FFF2F2F2")
        width = sheet.column_dimensions[letter]
        width.width = max(11, len(name) + 3)
        if column.type in FORMATS:
            width.number_format = FORMATS[column.type]
            for row in range(2, sheet.max_row + 1):
                sheet.cell(row, place).number_format = FORMATS[column.type]
        rule = _rule(column)
        rule.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.add_data_validation(rule)


def _rule(column: Column) -> Any:
    """Return what a cell of a column offers and says: a list to pick from where there is one, and its meaning."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(allow_blank=True, showErrorMessage=True)
    if column.choices or column.type == "flag":
        rule.type = "list"
        rule.formula1 = f'"{",".join(column.choices or ("TRUE", "FALSE"))}"'
    elif column.refers:
        rule.type = "list"
        rule.formula1 = f"OFFSET({column.refers}!$A$2,0,0,MAX(1,COUNTA({column.refers}!$A:$A)-1),1)"
        rule.errorStyle = "warning"
        rule.error = f"It is not in the sheet {column.refers}: add it there."
    rule.showInputMessage = True
    rule.promptTitle = column.name
    rule.prompt = column.meaning[:PROMPT]
    return rule


def meanings() -> list[tuple[str, ...]]:
    """Return what every column of every table and every setting means, a row each."""
    found = [
        (
            table.name,
            column.name,
            "yes" if column.required else "",
            column.type,
            column.unit,
            ", ".join(column.choices) or (f"an id of {column.refers}" if column.refers else ""),
            "" if column.default in (None, "") else str(column.default).lower(),
            column.meaning,
            str(example_of(table, column)),
        )
        for table in TABLES.values()
        for column in table.columns
    ]
    return found + [
        (SETTINGS_SHEET, name, "", "setting", "", "", "", meaning, "") for name, meaning in SETTINGS.items()
    ]


def _tell(sheet: Any) -> None:
    """Fill the sheet of meanings."""
    from openpyxl.styles import Alignment, Font

    _fill(sheet, [TITLES, *meanings()])
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFGHI", (11, 14, 8, 8, 24, 30, 10, 90, 14), strict=True):
        sheet.column_dimensions[letter].width = width
        sheet[f"{letter}1"].font = Font(bold=True)
    for row in range(2, sheet.max_row + 1):
        sheet.cell(row, TITLES.index("meaning") + 1).alignment = Alignment(wrap_text=True, vertical="top")
