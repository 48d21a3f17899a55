"""A workbook as a colleague would hand it over: headings in words that stay in sight, formats, filters, sums, a chart.

Nothing in it is a formula, so that no name that somebody typed is ever run; equal tables make equal bytes.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.documents.whole import written_whole
from allocopt.errors import SolveError
from allocopt.plan import files
from allocopt.report.columns import ShownColumn, View, view
from allocopt.report.headings import Kind

if TYPE_CHECKING:
    import xlsxwriter

MADE = dt.datetime(2000, 1, 1)
"""When every workbook says that it was made: so that equal ones are equal."""
LONGEST = 32_000
"""Characters of a cell."""
LINE = 15.0
"""Height of a line [pt]."""
WIDEST = 46
"""Width of a column [characters]; sentences are broken into lines."""
SUMMARY = 76
"""Width of the summary [characters]."""
CHARTED = 30
"""Bars of the chart at most."""
FORMATS = {
    "units": "#,##0",
    "money": "#,##0.00",
    "price": "#,##0.00",
    "share": "0.0%",
    "count": "#,##0",
    "number": "#,##0.######",
    "ratio": "#,##0.00",
    "period": "0",
    "date": "yyyy-mm-dd",
}
PARTS = "#,##0.######"
"""Units that are not whole."""
OPTIONS = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": FORMATS["date"],
}


@dataclass(frozen=True)
class Chart:
    """A chart of one column of a sheet by its first.

    Attributes
    ----------
    sheet : str
    column : str
        Name of the column of the table.
    title : str
    """

    sheet: str
    column: str
    title: str


def write(path: Path, title: str, told: Sequence[str], sheets: Sequence[View], chart: Chart | None = None) -> None:
    """Write a summary and one sheet a table: whole or not at all.

    Parameters
    ----------
    path : Path
    title : str
        Of the summary.
    told : sequence of str
        Its lines.
    sheets : sequence of View
        With all their rows; `key` is the name of the sheet.
    chart : Chart, optional
        Stands in the summary.

    Raises
    ------
    SolveError
        If a table has more rows than a worksheet can hold.
    """
    for sheet in sheets:
        if sheet.rows > files.SHEET_ROWS:
            raise SolveError(f"The table {sheet.key} has {sheet.rows:,} rows, more than a worksheet holds: use to_csv.")
    path.parent.mkdir(parents=True, exist_ok=True)
    written_whole(path, lambda target: _write(target, title, told, sheets, chart))


def sheet(
    frame: pd.DataFrame, name: str, currency: str, *, headings: dict[str, str] | None = None, **more: Any
) -> View:
    """Return a table as a sheet: without columns that say nothing, with the unit of money in its headings."""
    return view(frame, name, name, headings=headings, **more).in_currency(currency)


def _write(target: Path, title: str, told: Sequence[str], sheets: Sequence[View], chart: Chart | None) -> None:
    import xlsxwriter

    with target.open("wb") as file:
        book = xlsxwriter.Workbook(file, {**OPTIONS, "in_memory": True})
        book.set_properties({"title": _seen(title)[:200], "author": "allocopt", "created": MADE})
        looks = _Looks(book)
        first = book.add_worksheet("summary")
        for each in sheets:
            _fill(book.add_worksheet(each.key), each, looks)
        _summary(book, first, title, told, looks, sheets, chart)
        book.close()


class _Looks:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[tuple[Any, ...], Any] = {}

    def of(self, **what: Any) -> Any:
        key = tuple(sorted(what.items()))
        if key not in self._made:
            self._made[key] = self._book.add_format({"valign": "top", **what})
        return self._made[key]

    def cells(self, column: ShownColumn, *, total: bool = False) -> Any:
        """Return the format of the cells of a column."""
        what: dict[str, Any] = {}
        if column.kind in FORMATS:
            what["num_format"] = FORMATS[column.kind]
        if column.kind == "units" and not _whole(column.cells):
            what["num_format"] = PARTS
        if column.kind == "sentence":
            what["text_wrap"] = True
        if not column.numeric:
            what |= {"indent": 1, "align": "left"}
        if total:
            what |= {"bold": True, "top": 1}
        return self.of(**what)

    def head(self, column: ShownColumn) -> Any:
        side = "right" if column.numeric else "left"
        look = {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "bg_color": "#EEF2F6"}
        return self.of(**look, align=side, indent=0 if column.numeric else 1)


def _whole(values: Sequence[Any]) -> bool:
    return all(
        value is None or not isinstance(value, float) or math.isnan(value) or value.is_integer() for value in values
    )


def _fill(page: Any, table: View, looks: _Looks) -> None:
    """Write one table: headings in words that stay, a filter, sums below."""
    head = 1
    for place, column in enumerate(table.columns):
        page.write_string(0, place, column.heading, looks.head(column))
        look = looks.cells(column)
        texts = _cells(page, place, column, look)
        width = max(texts, len(max(column.heading.split(), key=len, default="")) + 3, min(len(column.heading) + 3, 16))
        page.set_column(place, place, min(width, WIDEST), look)
        head = max(head, lines_of(column.heading, min(width, WIDEST) - 3))
    page.set_row(0, LINE * head)
    if table.totals is not None and table.columns:
        row = table.rows + 1
        named = table.columns[0].name not in table.totals
        if named:
            page.write_string(row, 0, "in all", looks.of(bold=True, top=1, indent=1))
        for place, column in enumerate(table.columns[named:], start=int(named)):
            total, look = table.totals.get(column.name), looks.cells(column, total=True)
            if total is None or not math.isfinite(total):
                page.write_blank(row, place, None, look)
            else:
                page.write_number(row, place, total, look)
    _heights(page, table)
    page.freeze_panes(1, 1)
    if table.columns:
        page.autofilter(0, 0, max(table.rows, 1), len(table.columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&L&A&R&P / &N")


def _heights(page: Any, table: View) -> None:
    """Give rows of long sentences the room that they need: not every program finds it by itself."""
    broken = [column.cells for column in table.columns if column.kind == "sentence"]
    for row, texts in enumerate(zip(*broken, strict=True), start=1):
        lines = max((lines_of(text, WIDEST) for text in texts if isinstance(text, str)), default=1)
        if lines > 1:
            page.set_row(row, LINE * lines)


def lines_of(text: str, width: int) -> int:
    """Return into how many lines a text is broken in a column as wide as so many figures: letters are narrower."""
    return max(-(-len(text) * 10 // (11 * width)), 1)


def _cells(page: Any, place: int, column: ShownColumn, look: Any) -> int:
    """Write the cells of a column, and return how wide its widest text is."""
    widest = 0
    for row, value in enumerate(column.cells, start=1):
        if value is None or value is pd.NA or value is pd.NaT:
            continue
        if isinstance(value, str):
            if value:
                page.write_string(row, place, _seen(value)[:LONGEST], look)
                widest = max(widest, len(value) + 2)
        elif isinstance(value, bool):
            page.write_string(row, place, "yes" if value else "no", look)
        elif isinstance(value, int | float):
            if math.isfinite(value):
                page.write_number(row, place, value, look)
                widest = max(widest, len(_written(value, column.kind)) + 3)
        elif isinstance(value, dt.date):
            page.write_datetime(row, place, dt.datetime(value.year, value.month, value.day), look)
            widest = max(widest, 12)
        else:
            page.write_string(row, place, _seen(str(value))[:LONGEST], look)
            widest = max(widest, len(str(value)) + 2)
    return widest


def _written(value: float, kind: Kind) -> str:
    """Return a number about as wide as its format shows it."""
    if kind in ("money", "price", "ratio"):
        return f"{value:,.2f}"
    return f"{value:,.6f}".rstrip("0") if kind in ("number", "units") else f"{value:,.0f}%"


def _summary(
    book: Any, page: Any, title: str, told: Sequence[str], looks: _Looks, sheets: Sequence[View], chart: Chart | None
) -> None:
    """Write the summary: what there is to say, where it stands, and a chart."""
    page.hide_gridlines(2)
    page.set_column(0, 0, SUMMARY, looks.of(text_wrap=True))
    page.write_string(0, 0, _seen(title), looks.of(bold=True, font_size=14, text_wrap=True))
    for row, line in enumerate(told, start=1):
        indent = min((len(line) - len(line.lstrip())) // 2, 4)
        page.write_string(row, 0, _seen(line)[:LONGEST], looks.of(text_wrap=True, indent=indent))
        page.set_row(row, LINE * lines_of(line, SUMMARY))
    row = len(told) + 2
    page.write_string(row, 0, "The sheets", looks.of(bold=True))
    for place, each in enumerate(sheets, start=1):
        page.write_url(
            row + place,
            0,
            f"internal:'{each.key}'!A1",
            looks.of(font_color="#1D5C96", underline=1),
            f"{each.key}: {each.rows:,} rows",
        )
    page.set_portrait()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    found = next((each for each in sheets if chart is not None and each.key == chart.sheet), None)
    if chart is None or found is None or not found.rows:
        return
    names = [column.name for column in found.columns]
    if chart.column not in names:
        return
    drawn = book.add_chart({"type": "bar"})
    last, place = min(found.rows, CHARTED), names.index(chart.column)
    drawn.add_series(
        {
            "name": found.columns[place].heading,
            "categories": [found.key, 1, 0, last, 0],
            "values": [found.key, 1, place, last, place],
            "fill": {"color": "#1D5C96"},
            "invert_if_negative": True,
            "invert_if_negative_color": "#C96A12",
            "gap": 60,
            "data_labels": {"value": True, "num_format": "#,##0"},
        }
    )
    drawn.set_title({"name": chart.title, "name_font": {"size": 12}, "overlay": False})
    drawn.set_legend({"none": True})
    drawn.set_y_axis({"reverse": True, "label_position": "low", "line": {"none": True}})
    least, step = _axis([float(value) for value in found.columns[place].cells[:last]])
    drawn.set_x_axis(
        {
            "num_format": "#,##0",
            "major_gridlines": {"visible": True, "line": {"color": "#D5DBE1"}},
            "label_position": "high",
            "min": least,
            **({"major_unit": step} if step else {}),
        }
    )
    drawn.set_size({"width": 640, "height": 110 + 26 * last})
    page.insert_chart(row + len(sheets) + 2, 0, drawn, {"description": chart.title})


def _axis(amounts: Sequence[float]) -> tuple[float, float]:
    """Return where an axis of bars begins and its steps: at zero, or below all amounts with room for their words."""
    known = [amount for amount in amounts if math.isfinite(amount)]
    low, high = min([*known, 0.0]), max([*known, 0.0])
    if low == high:
        return 0.0, 0.0
    wanted = (-low + 0.2 * (high - low)) if low < 0 else 0.0
    rough = (high + wanted) / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * (1 - 1e-9))
    return -step * math.ceil(wanted / step - 1e-9), step


def _seen(text: str) -> str:
    """Return a text without characters that no cell can hold."""
    return files.UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
