"""How tables look on the page and in the workbook alike: which columns say something, and how their values are read."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from allocopt.report.headings import HEADINGS, KIND_OF, NUMERIC, Kind
from allocopt.report.spoken import plainly, typeset
from allocopt.report.totals import Totals, rounding

CODED = ("kind", "status", "measure")
"""Columns of our own words, which are read without underscores."""
NO_MONEY, NO_UNITS = 1e-6, 1e-9
"""What is less is no amount of money, and no number of anything else, but rounding: amounts are sums of large ones."""
SHORT, PHRASE = 22, 48
"""Letters of a text, and of a sentence, that is never broken into lines."""


@dataclass(frozen=True)
class ShownColumn:
    """A column of a table as it is shown.

    Attributes
    ----------
    name : str
        In the table.
    heading : str
        In words.
    kind : str
        How its values look.
    cells : sequence
        Its values, from the top.
    """

    name: str
    heading: str
    kind: Kind
    cells: Sequence[Any]

    @property
    def numeric(self) -> bool:
        """Whether its values stand flush right."""
        return self.kind in NUMERIC

    @cached_property
    def look(self) -> str:
        """How its cells look on a page: numbers flush right, short texts in one line, long ones with room."""
        if self.numeric:
            return "n"
        longest = max((len(text) for text in self.texts()), default=0)
        if self.kind == "sentence":
            return "d" if longest <= PHRASE else "s"
        return "d" if longest <= SHORT else "w"

    def texts(self) -> list[str]:
        """Return its values as they are read."""
        return [spelled(value, self.kind) for value in self.cells]


@dataclass(frozen=True)
class View:
    """A table as it is shown: its caption, its columns, and how many rows there are in all.

    Attributes
    ----------
    key : str
        A name without blanks, for anchors and sheets.
    caption : str
    columns : sequence of ShownColumn
    rows : int
        Shown.
    of : int
        Rows of the whole table.
    note : str
        What there is to say of the rows that are not shown.
    totals : mapping of str to float, optional
        What stands below its columns, by name; None: there is no total row.
    fixed : bool
        Whether its rows stand in an order of their own, so that nobody sorts them.
    """

    key: str
    caption: str
    columns: Sequence[ShownColumn]
    rows: int
    of: int
    note: str = ""
    totals: Mapping[str, float] | None = None
    fixed: bool = False

    def in_currency(self, currency: str) -> View:
        """Return the table with the unit of money in the headings of its amounts."""
        unit = f" [{currency}]" if currency else ""
        headed = [
            replace(column, heading=f"{column.heading}{unit}") if column.kind in ("money", "price") else column
            for column in self.columns
        ]
        return replace(self, columns=headed)

    @property
    def classes(self) -> list[str]:
        """What each cell of a row says on a page of how it looks, as an attribute."""
        return [f" class={column.look}" if column.look else "" for column in self.columns]

    @property
    def cells(self) -> list[tuple[str, ...]]:
        """The rows as text."""
        return list(zip(*(column.texts() for column in self.columns), strict=True))

    @property
    def sums(self) -> list[str]:
        """The total row as text; empty cells where a total means nothing."""
        totals = self.totals or {}
        return ["in all", *(spelled(totals.get(column.name), column.kind) for column in self.columns[1:])]


def view(
    frame: pd.DataFrame,
    key: str,
    caption: str,
    *,
    only: Sequence[str] = (),
    most: int | None = None,
    headings: dict[str, str] | None = None,
    kinds: dict[str, Kind] | None = None,
    totals: Totals | None = None,
    note: str = "",
    keep: Sequence[str] = (),
) -> View:
    """Return a table as it is shown: without columns that say nothing, and dates in the place of their periods.

    Parameters
    ----------
    frame : DataFrame
    key, caption : str
    only : sequence of str
        Columns to show, in this order, as far as the table has them; none: all.
    most : int, optional
        Rows to show at most: the first.
    headings : dict of str to str, optional
        Words for columns that mean something else here.
    kinds : dict of str to str, optional
    totals : Totals, optional
        What is said of all rows together, where all are shown and there are several.
    note : str
    keep : sequence of str
        Columns that are shown also where they say nothing.
    """
    frame = _settled(dated(frame))
    names = [name for name in only if name in frame] if only else [str(name) for name in frame.columns]
    names = [name for name in names if name in keep or _says(frame[name])] or names[:1]
    whole, frame = frame, frame if totals is None else totals.rows(frame)
    shown = frame if most is None else frame.head(most)
    told = totals is not None and len(shown) == len(frame) and (len(frame) > 1 or totals.given)
    found = totals.of(whole) if totals is not None and told else {}
    below = {name: value for name, value in found.items() if name in names} or None
    columns = []
    for name in names:
        kind = (kinds or {}).get(name) or kind_of(name, frame[name])
        cells = shown[name].tolist()
        if name in CODED:
            cells = [cell.replace("_", " ") if isinstance(cell, str) else cell for cell in cells]
        elif kind == "sentence":
            cells = [plainly(cell) if isinstance(cell, str) else cell for cell in cells]
        columns.append(ShownColumn(name, (headings or {}).get(name) or heading(name), kind, cells))
    return View(key, caption, columns, len(shown), len(frame), note, below)


def _settled(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with zeros where there is nothing but the rounding of sums."""
    changed = {}
    for name in map(str, frame):
        if frame[name].dtype.kind == "f":
            values = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
            least = NO_MONEY if KIND_OF.get(name) == "money" else NO_UNITS
            tiny = (values != 0) & (np.abs(values) <= rounding(values, least))
            if tiny.any():
                changed[name] = np.where(tiny, 0.0, values)
    return frame.assign(**changed) if changed else frame


def dated(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the table with dates instead of the numbers of periods, where it has both."""
    if "date" in frame and "arrives" in frame:
        frame = frame.drop(columns="arrives")  # of promises: the date of the last arrival says the same
    known = [str(name) for name in frame.columns if f"{name}_date" in frame.columns]
    if not known:
        return frame
    changed = frame.assign(**{name: frame[f"{name}_date"] for name in known})
    return changed.drop(columns=[f"{name}_date" for name in known])


def heading(name: str) -> str:
    """Return what a column is called in words."""
    return HEADINGS.get(name, name.replace("_", " "))


def kind_of(name: str, values: pd.Series) -> Kind:
    """Return how the values of a column look."""
    sort = values.dtype.kind
    if sort == "M":
        return "date"
    named = KIND_OF.get(name)
    if sort == "b" or named == "flag":
        return "flag"
    if sort in "iuf":
        return named if named not in (None, "sentence", "flag") else "number"
    if name.endswith("date") or named == "period":
        return "date"
    return "sentence" if named == "sentence" else "text"


def _says(values: pd.Series) -> bool:
    """Return whether a column tells anything: not blank throughout, no zero throughout."""
    if values.dtype.kind in "iufb":
        there = values.to_numpy(dtype=np.float64, na_value=np.nan)
        named = KIND_OF.get(str(values.name))
        blank = np.isnan(there) | ((there == 0) & (named not in ("period", "share")))
        return not len(there) or not blank.all()
    return not len(values) or bool(values.map(lambda value: not _missing(value) and str(value) != "").any())


def _missing(value: Any) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def spelled(value: Any, kind: Kind) -> str:
    r"""Return a value as it is read.

    >>> spelled(1234.5, "units"), spelled(-1234.5, "money"), spelled(0.123, "share"), spelled(None, "text")
    ('1,234.5', '−1,234', '12.3\xa0%', '')
    """
    if _missing(value):
        return ""
    if kind == "date":
        return day(value)
    if kind == "flag" and not isinstance(value, str):
        return "yes" if value else "no"
    if kind == "sentence":
        return typeset(str(value))
    if kind == "text" or isinstance(value, str):
        return str(value)
    if not math.isfinite(value):
        return "unknown"
    return figure(float(value), kind)


def figure(value: float, kind: Kind) -> str:
    """Return a number as it is read, with a minus sign that is as wide as a plus."""
    if kind == "share":
        text = f"{value + 0.0:.1%}".replace("%", "\N{NO-BREAK SPACE}%")
    elif kind == "units" or kind == "number":
        whole = float(value).is_integer() or abs(value) >= 1e6
        text = (
            f"{value:,.0f}" if whole or abs(value) >= 1e5 else f"{value:,.4g}" if abs(value) < 1e3 else f"{value:,.1f}"
        )
    elif kind == "money":
        text = f"{round(value) + 0:,}"
    elif kind in ("price", "ratio"):
        text = f"{round(value, 2) + 0.0:,.2f}"
    else:
        text = f"{value:,.0f}" if kind == "count" else f"{value:.0f}"
    return text.replace("-", "\N{MINUS SIGN}")


def day(value: Any) -> str:
    """Return a date as it is read and sorted: year, month, day."""
    if isinstance(value, dt.datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else str(value)
