"""Days as people write them: which day a text means, where it means one.

``30.11.2026`` begins with the day, wherever it is written, and ``2026/11/30`` with the year. ``11/30/2026`` begins
with the month, ``30/11/2026`` with the day; ``01/02/2026`` can be either, and is what the other days of its column are.
A day with its month in letters (``30 Nov 2026``) has one meaning.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from allocopt.problem.columns import distinct_cells
from allocopt.problem.report import Report
from allocopt.problem.schema import Table
from allocopt.problem.source import Source, of_list

First = Literal["day", "month"]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = r"(?P<clock>[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)?"
_POINTS = re.compile(rf"(?P<day>[0-9]{{1,2}})\.(?P<month>[0-9]{{1,2}})\.(?P<year>[0-9]{{4}}){_CLOCK}")
_YEAR = re.compile(rf"(?P<year>[0-9]{{4}})[/.](?P<month>[0-9]{{1,2}})[/.](?P<day>[0-9]{{1,2}}){_CLOCK}")
_LETTERS = re.compile(
    r"(?:(?P<day>[0-9]{1,2})[ -])?(?P<name>[A-Za-z]{3,9})\.?[ -](?:(?P<other>[0-9]{1,2}),? )?"
    rf"(?P<year>[0-9]{{4}}){_CLOCK}"
)
_EITHER = re.compile(rf"(?P<one>[0-9]{{1,2}})(?P<sign>[/-])(?P<two>[0-9]{{1,2}})(?P=sign)(?P<year>[0-9]{{4}}){_CLOCK}")
_PERHAPS = r"[./ A-Za-z]|^[0-9]{1,2}-"
"""What is in every text of these forms."""
TYPES = ("period", "date", "time")
"""Columns in which a day may stand."""


def day_first(texts: Sequence[str]) -> First | None:
    """Return what the days of a column begin with, by those that can be read in one way only; None: nobody knows.

    >>> day_first(["01/02/2026", "30/11/2026"]), day_first(["01/02/2026"])
    ('day', None)
    """
    ways = set()
    for text in texts:
        match = _EITHER.fullmatch(text.strip())
        if match is not None and not (_iso(match, "day") and _iso(match, "month")):
            ways |= {first for first in ("day", "month") if _iso(match, first)}
    return ways.pop() if len(ways) == 1 else None


def iso_day(text: str, first: First | None = None) -> str | None:
    """Return a day as ISO text, or None if it is none, or could be two.

    >>> iso_day("30.11.2026"), iso_day("Nov 30, 2026"), iso_day("01/02/2026"), iso_day("01/02/2026", "month")
    ('2026-11-30', '2026-11-30', None, '2026-01-02')
    """
    text = " ".join(text.split())
    for shape in (_POINTS, _YEAR):
        match = shape.fullmatch(text)
        if match is not None:
            return _made(match, match["month"], match["day"])
    match = _LETTERS.fullmatch(text)
    if match is not None:
        month, day = match["name"][:3].casefold(), match["day"] or match["other"]
        known = month in _MONTHS and bool(match["day"]) != bool(match["other"])
        return _made(match, str(_MONTHS.index(month) + 1), day) if known else None
    match = _EITHER.fullmatch(text)
    if match is None:
        return None
    ways = {way for way in (_iso(match, each) for each in (("day", "month") if first is None else (first,))) if way}
    return ways.pop() if len(ways) == 1 else None


def both_days(text: str) -> str:
    """Return the two days that a text can mean, as words; an empty text if it is not so."""
    match = _EITHER.fullmatch(" ".join(text.split()))
    ways = [] if match is None else [way for way in (_iso(match, "month"), _iso(match, "day")) if way]
    return f"{ways[0]} or {ways[1]}" if len(ways) == 2 and ways[0] != ways[1] else ""


def with_days(table: Table, source: Source, report: Report) -> Source:
    """Return a file with ISO days in place of those that are written otherwise and have one meaning, which is noted."""
    if not source.file:
        return source
    columns = dict(source.columns)
    for column in table.columns:
        if column.type in TYPES and column.name in columns and column.name not in source.repeated:
            if not columns[column.name].may_hold(_PERHAPS):
                continue
            distinct, place = distinct_cells(source, column.name)
            texts = [cell for cell in distinct if isinstance(cell, str)]
            first = day_first(texts)
            found: list[Any] = [iso_day(cell, first) if isinstance(cell, str) else None for cell in distinct]
            read = np.array([day is not None for day in found], bool)
            if not read.any():
                continue

            def said(row: int, value: str, found: Any = found, place: Any = place) -> str:
                return f"is {value!r}, read as {found[place[row]]}."

            hint = "Write days as year-month-day, such as 2026-11-27."
            report.at(source, column.name).note(read[place], "read_day", said, hint)
            cells = [cell if day is None else day for cell, day in zip(distinct, found, strict=True)]
            columns[column.name] = of_list([cells[each] for each in place.tolist()])
    return replace(source, columns=columns, _objects={})


def _iso(match: re.Match[str], first: First) -> str | None:
    month, day = (match["two"], match["one"]) if first == "day" else (match["one"], match["two"])
    return _made(match, month, day)


def _made(match: re.Match[str], month: str, day: str) -> str | None:
    """Return a day, with the clock that stands behind it, as ISO text; None if there is no such day."""
    try:
        made = dt.date(int(match["year"]), int(month), int(day)).isoformat()
        clock = match["clock"] or ""
        hour, _, rest = clock[1:].partition(":")
        return dt.datetime.fromisoformat(f"{made}T{hour:0>2}:{rest}").isoformat() if clock else made
    except ValueError:
        return None
