"""Periods: integers, or dates that a calendar turns into integers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from allocopt.arrays import Floats, Places
from allocopt.problem.columns import BLANK, FAULTY, NUMBER, STAMP, distinct_cells, moments, numbers
from allocopt.problem.report import ReadColumn, Report, Telling
from allocopt.problem.schema import Column
from allocopt.problem.source import Source

LAST_PERIOD = 10_000
"""Periods stay at or below: a longer horizon is a date or an amount in the wrong column."""
ENDLESS = ("expires",)
"""Period columns that may lie outside the calendar: a date before it is -1; after it days are counted on."""
OPEN = ("available",)
"""Period columns that may lie after the calendar where the problem's horizon was given."""

_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ].*)?|[0-9]{4}-?W[0-9]{2}(-?[1-7])?")
_EPOCH = dt.date(1970, 1, 1).toordinal()
LENGTHEN = "Lengthen the periods table, or remove the row."
SERIAL = (36_526, 73_050)
"""The days of this century as spreadsheets count them."""


@dataclass(frozen=True)
class Calendar:
    """The periods in order, gapless.

    Attributes
    ----------
    start, end : float64 arrays, one per period
        First and last day, as days since 1970.
    open : bool
        Whether lots may become available after it.
    """

    start: Floats
    end: Floats
    open: bool = False

    def __len__(self) -> int:
        return len(self.start)

    def bounds(self, name: str) -> bool:
        """Return whether the periods of a column must lie before its end."""
        return name not in ENDLESS and not (self.open and name in OPEN)

    def period_of(self, day: Floats) -> Floats:
        """Return the period that holds each day; -1 before the calendar, its length after it."""
        place = np.searchsorted(self.start, day, side="right") - 1.0
        return np.where(day > self.end[-1], float(len(self)), place)

    def text(self) -> str:
        """Return the days it covers, as text."""
        return f"{as_date(self.start[0])} to {as_date(self.end[-1])}"


CalendarState = Calendar | Literal["faulty"] | None
"""The calendar; "faulty" where there is a table that cannot be used; None where there is none."""


def as_date(day: float) -> dt.date:
    """Return days since 1970 as a date."""
    return dt.date.fromordinal(int(day) + _EPOCH)


def day_of(cell: Any) -> float | None:
    """Return a date, a time stamp or ISO text as days since 1970; None if it is none of these.

    An ISO week stands for its Monday.

    >>> day_of("1970-01-02"), day_of("1970-W02"), day_of("soon")
    (1.0, 4.0, None)
    """
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, str):
        text = cell.strip()
        if not _ISO.fullmatch(text):
            return None
        try:
            cell = dt.datetime.fromisoformat(text)
        except ValueError:
            return None
    if isinstance(cell, dt.datetime):  # a pandas Timestamp is one
        cell = cell.date()
    if isinstance(cell, dt.date):
        return float(cell.toordinal() - _EPOCH)
    return None


def dates(reading: ReadColumn) -> Floats:
    """Read a column of dates as days since 1970; blank and faulty cells are nan."""
    kinds, values = moments(reading, _date)
    reading.blanks(kinds == BLANK)
    hint = "Write it as year-month-day, such as 2026-11-27."
    said: Telling = lambda _row, value: f"is {value!r}, which {_no_day(value, 'is no date')}."  # noqa: E731
    reading.fault((kinds == FAULTY) | (kinds == NUMBER), "bad_date", said, hint)
    return np.where(kinds == STAMP, values, np.nan)


def periods(reading: ReadColumn, calendar: CalendarState) -> Floats:
    """Read a column of periods as numbers; a blank is the default (nan is never), faulty cells are nan."""
    column = reading.column
    if reading.cells.numeric:
        free = replace(reading, column=replace(column, type="number", low=-np.inf))
        return _within(reading, _bounded_whole(reading, numbers(free)), calendar)
    kinds, values = moments(reading, _date)
    reading.blanks(kinds == BLANK)
    report_utc(reading)
    hint = "Write the number of the period (0, 1, 2, ...), or a date such as 2026-11-27."
    said: Telling = lambda _row, value: (  # noqa: E731
        f"is {value!r}, which {_no_day(value, 'is neither a period nor a date')}."
    )
    reading.fault(kinds == FAULTY, "bad_date", said, hint)
    number, date = kinds == NUMBER, kinds == STAMP
    if number.any() and date.any():
        fewer, what = (date, "a date") if date.sum() <= number.sum() else (number, "a number")
        other = "numbers" if what == "a date" else "dates"
        text = f"is {{value}}, {what}, where other rows have {other}."
        reading.fault(fewer, "mixed_periods", text, "Use numbers or dates throughout the column.")
        return np.full(len(kinds), np.nan)
    if date.any():
        found = _dates_to_periods(reading, np.where(date, values, np.nan), calendar)
    else:
        found = _within(reading, _bounded_whole(reading, np.where(number, values, np.nan)), calendar)
    blank = (kinds == BLANK) & (not column.required)
    return np.where(blank, float(column.default), found) if isinstance(column.default, int) else found


def _no_day(text: str, what: str) -> str:
    """Return why a text is no day: it could be two, or is `what`."""
    from allocopt.problem.date_text import both_days

    both = both_days(text)
    return f"can be read in two ways: {both}" if both else what


def report_utc(reading: ReadColumn) -> None:
    """Note that the stamps of a column are UTC, whose days may not be those of the business."""
    distinct, place = distinct_cells(reading.source, reading.name)
    zoned = np.array([_is_utc(cell) for cell in distinct], bool)[place]
    hint = "Convert the column to the local time of the business, without a zone."
    reading.note(zoned, "utc", "is {value}, a stamp in UTC: its day is the day in UTC.", hint)


def _is_utc(cell: Any) -> bool:
    """Return whether a cell is a time stamp in UTC."""
    if isinstance(cell, str) and _ISO.fullmatch(cell.strip()) and len(cell.strip()) > len("2026-11-27"):
        try:
            cell = dt.datetime.fromisoformat(cell.strip())
        except ValueError:
            return False
    zoned = isinstance(cell, dt.datetime) and cell is not pd.NaT and cell.tzinfo is not None
    return zoned and cell.utcoffset() == dt.timedelta(0) and str(cell.tzinfo).startswith(("UTC", "Etc/", "GMT", "Z"))


def _date(cell: Any) -> tuple[int, float] | None:
    day = day_of(cell)
    return None if day is None else (STAMP, day)


def _bounded_whole(reading: ReadColumn, values: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        negative = values < reading.column.low
        large = values > LAST_PERIOD
        fraction = (values != np.floor(values)) & ~np.isnan(values) & ~negative & ~large
    hint = _large_hint(reading.column, values[large])
    early = "Use 0 for everything up to the first period."
    reading.fault(negative, "negative", "is {value}; periods count from 0.", early)
    reading.fault(large, "number_too_large", f"is {{value}}; periods go up to {LAST_PERIOD}.", hint)
    reading.fault(fraction, "not_whole", "is {value}; a period is a whole number.", "Round it.")
    return np.where(negative | large | fraction, np.nan, values)


def _large_hint(column: Column, values: Floats) -> str:
    """Return what to do about numbers that are no periods: days as spreadsheets count them, or never."""
    if len(values) and values.min() >= SERIAL[0] and values.max() <= SERIAL[1]:
        day = (dt.date(1899, 12, 30) + dt.timedelta(days=int(values[0]))).isoformat()
        return f"That is how a spreadsheet counts days ({day}): format the column as dates."
    if not column.required:
        return "Leave it blank for never."
    return "Number the periods from 0, or write dates such as 2026-11-27 and give a periods table."


def _within(reading: ReadColumn, values: Floats, calendar: CalendarState) -> Floats:
    """Report period numbers that the calendar does not have."""
    if not isinstance(calendar, Calendar) or not calendar.bounds(reading.name):
        return values
    with np.errstate(invalid="ignore"):
        outside = values >= len(calendar)
    text = f"is {{value}}, beyond the periods table, which ends at {len(calendar) - 1}."
    reading.fault(outside, "date_outside_periods", text, LENGTHEN)
    return np.where(outside, np.nan, values)


def _dates_to_periods(reading: ReadColumn, days: Floats, calendar: CalendarState) -> Floats:
    dated = ~np.isnan(days)
    if calendar is None:
        text = "is the date {value}, and there is no periods table to say which period it is in."
        hint = "Give a periods table with period, start and end, or number the periods from 0."
        reading.fault(dated, "date_without_periods", text, hint)
    if not isinstance(calendar, Calendar):
        return np.full(len(days), np.nan)  # faults of its own are reported; these would only follow from them
    place = np.where(dated, calendar.period_of(np.where(dated, days, calendar.start[0])), np.nan)
    with np.errstate(invalid="ignore"):
        before, after = place < 0, place >= len(calendar)
    if not calendar.bounds(reading.name):
        # Beyond the calendar the days stay apart, so that two lots with two dates remain two lots.
        beyond = np.minimum(len(calendar) + days - calendar.end[-1] - 1, LAST_PERIOD)
        place, after = np.where(after, beyond, place), np.zeros(len(days), bool)
    if reading.name in ENDLESS:
        return place
    hint = "Use the first day of the calendar for what is already there." if reading.name == "available" else LENGTHEN
    covers = f"the periods table, which covers {calendar.text()}."
    reading.fault(before, "date_outside_periods", f"is {{value}}, before {covers}", hint)
    reading.fault(after, "date_outside_periods", f"is {{value}}, after {covers}", LENGTHEN)
    return np.where(before | after, np.nan, place)


def calendar_of(source: Source, period: Floats, start: Floats, end: Floats, report: Report) -> CalendarState:
    """Return the calendar of a periods table whose columns were read; report gaps, overlaps and the like."""
    if source.length == 0:
        return None
    if np.isnan(period).any() or np.isnan(start).any() or np.isnan(end).any():
        return "faulty"
    before = len(report.issues)
    order = np.argsort(period, kind="stable")
    for position, column, message, hint in _misfits(period, start, end, order):
        report.rows(source, column, np.array([position]), "bad_periods", message, hint)
    if len(report.issues) > before or (np.diff(period[order]) == 0).any():
        return "faulty"
    return Calendar(start[order], end[order])


def _misfits(period: Floats, start: Floats, end: Floats, order: Places) -> Iterator[tuple[int, str, str, str]]:
    """Yield what keeps periods from being a calendar: row, column, what is wrong, and what to do."""
    called = [f"Period {number:.0f}" for number in period]
    for row in np.flatnonzero(end < start).tolist():
        said = f"{called[row]} ends on {as_date(end[row])}, before it starts on {as_date(start[row])}."
        yield row, "end", said, "Swap the two days or mend the one that is wrong."
    if period[order[0]] != 0:
        said = f"The first period is {period[order[0]]:.0f}; periods count from 0."
        yield int(order[0]), "period", said, "Number them 0, 1, 2, ..."
    for earlier, later in zip(order[:-1].tolist(), order[1:].tolist(), strict=True):
        if period[later] - period[earlier] > 1:
            said = f"{called[earlier]} is followed by period {period[later]:.0f}."
            yield later, "period", said, "Number them 0, 1, 2, ... without gaps."
        elif period[later] != period[earlier] and start[later] != end[earlier] + 1:
            what = "overlaps" if start[later] <= end[earlier] else "leaves a gap after"
            one, other = f"starts on {as_date(start[later])}", f"which ends on {as_date(end[earlier])}"
            said = f"{called[later]} {one} and {what} period {period[earlier]:.0f}, {other}."
            yield later, "start", said, "Start each period on the day after the one before has ended."
