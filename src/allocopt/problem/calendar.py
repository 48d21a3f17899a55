"""Periods: integers, or dates that a calendar turns into integers."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from allocopt.problem.amounts import number_of
from allocopt.problem.columns import distinct_cells, is_blank, numbers, report_blanks
from allocopt.problem.facts import Floats
from allocopt.problem.report import Report
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
SERIAL = (36_526, 73_050)
"""The days of this century as spreadsheets count them."""
_BLANK, _NUMBER, _DATE, _FAULTY = range(4)


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


def dates(column: Column, source: Source, report: Report) -> Floats:
    """Read a column of dates as days since 1970; blank and faulty cells are nan."""
    name = column.name
    kinds, values = _moments(source, name)
    report_blanks(column, source, kinds == _BLANK, report)
    report.rows(
        source,
        name,
        np.flatnonzero((kinds == _FAULTY) | (kinds == _NUMBER)),
        "bad_date",
        lambda _row, value: f"`{name}` is {value!r}, which {_no_day(value, 'is no date')}.",
        "Write it as year-month-day, such as 2026-11-27.",
    )
    return np.where(kinds == _DATE, values, np.nan)


def periods(column: Column, source: Source, calendar: CalendarState, report: Report) -> Floats:
    """Read a column of periods as numbers; a blank is the default (nan is never), faulty cells are nan."""
    name = column.name
    arrow = source.columns[name].arrow
    plain = arrow is not None and (
        pa.types.is_integer(arrow.type) or pa.types.is_floating(arrow.type) or pa.types.is_null(arrow.type)
    )
    if plain:
        return _within(column, source, _whole(column, source, report), calendar, report)
    kinds, values = _moments(source, name)
    report_blanks(column, source, kinds == _BLANK, report)
    report_utc(column, source, report)
    report.rows(
        source,
        name,
        np.flatnonzero(kinds == _FAULTY),
        "bad_date",
        lambda _row, value: f"`{name}` is {value!r}, which {_no_day(value, 'is neither a period nor a date')}.",
        "Write the number of the period (0, 1, 2, ...), or a date such as 2026-11-27.",
    )
    number, date = kinds == _NUMBER, kinds == _DATE
    if number.any() and date.any():
        fewer, what = (date, "a date") if date.sum() <= number.sum() else (number, "a number")
        other = "numbers" if what == "a date" else "dates"
        report.rows(
            source,
            name,
            np.flatnonzero(fewer),
            "mixed_periods",
            lambda _row, value: f"`{name}` is {value}, {what}, where other rows have {other}.",
            "Use numbers or dates throughout the column.",
        )
        return np.full(source.length, np.nan)
    blank = (kinds == _BLANK) & (column.default is not None) & (not column.required)
    if date.any():
        found = _dates_to_periods(column, source, np.where(date, values, np.nan), calendar, report)
    else:
        whole = _bounded_whole(column, source, np.where(number, values, np.nan), report)
        found = _within(column, source, whole, calendar, report)
    return np.where(blank, float(column.default), found) if isinstance(column.default, int) else found


def _no_day(text: str, what: str) -> str:
    """Return why a text is no day: it could be two, or is `what`."""
    from allocopt.problem.date_text import both_days

    both = both_days(text)
    return f"can be read in two ways: {both}" if both else what


def report_utc(column: Column, source: Source, report: Report) -> None:
    """Note that the stamps of a column are UTC, whose days may not be those of the business."""
    name = column.name
    distinct, place = distinct_cells(source, name)
    zoned = np.array([_is_utc(cell) for cell in distinct], bool)
    if zoned.any():
        report.note_rows(
            source,
            name,
            np.flatnonzero(zoned[place]),
            "utc",
            lambda _row, value: f"`{name}` is {value}, a stamp in UTC: its day is the day in UTC.",
            "Convert the column to the local time of the business, without a zone.",
        )


def _is_utc(cell: Any) -> bool:
    """Return whether a cell is a time stamp in UTC."""
    if isinstance(cell, str) and _ISO.fullmatch(cell.strip()) and len(cell.strip()) > len("2026-11-27"):
        try:
            cell = dt.datetime.fromisoformat(cell.strip())
        except ValueError:
            return False
    zoned = isinstance(cell, dt.datetime) and cell is not pd.NaT and cell.tzinfo is not None
    return zoned and cell.utcoffset() == dt.timedelta(0) and str(cell.tzinfo).startswith(("UTC", "Etc/", "GMT", "Z"))


def _moments(source: Source, name: str) -> tuple[NDArray[np.int8], Floats]:
    """Return what each cell is (blank, number, date, faulty) and its value."""
    distinct, place = distinct_cells(source, name)
    kinds = np.zeros(len(distinct), np.int8)
    values = np.full(len(distinct), np.nan)
    for position, cell in enumerate(distinct):
        if is_blank(cell) or (isinstance(cell, float) and np.isnan(cell)):
            continue
        day = day_of(cell)
        if day is not None:
            kinds[position], values[position] = _DATE, day
            continue
        number = number_of(cell, source.file)
        if number is None or not np.isfinite(number):
            kinds[position] = _FAULTY
        else:
            kinds[position], values[position] = _NUMBER, number
    return kinds[place], values[place]


def _whole(column: Column, source: Source, report: Report) -> Floats:
    free = Column(
        column.name,
        "number",
        column.meaning,
        column.required,
        column.default,
        low=-np.inf,
    )
    return _bounded_whole(column, source, numbers(free, source, report), report)


def _bounded_whole(column: Column, source: Source, values: Floats, report: Report) -> Floats:
    name = column.name
    with np.errstate(invalid="ignore"):
        negative = values < column.low
        large = values > LAST_PERIOD
        fraction = (values != np.floor(values)) & ~np.isnan(values) & ~negative & ~large
    if not (negative.any() or large.any() or fraction.any()):
        return values
    for mask, code, what, hint in (
        (negative, "negative", "periods count from 0", "Use 0 for everything up to the first period."),
        (
            large,
            "number_too_large",
            f"periods go up to {LAST_PERIOD}",
            _large_hint(column, values[large]),
        ),
        (fraction, "not_whole", "a period is a whole number", "Round it."),
    ):

        def message(_row: int, value: str, what: str = what) -> str:
            return f"`{name}` is {value}; {what}."

        report.rows(source, name, np.flatnonzero(mask), code, message, hint)
    return np.where(negative | large | fraction, np.nan, values)


def _large_hint(column: Column, values: Floats) -> str:
    """Return what to do about numbers that are no periods: days as spreadsheets count them, or never."""
    if len(values) and values.min() >= SERIAL[0] and values.max() <= SERIAL[1]:
        day = (dt.date(1899, 12, 30) + dt.timedelta(days=int(values[0]))).isoformat()
        return f"That is how a spreadsheet counts days ({day}): format the column as dates."
    if not column.required:
        return "Leave it blank for never."
    return "Number the periods from 0, or write dates such as 2026-11-27 and give a periods table."


def _within(column: Column, source: Source, values: Floats, calendar: CalendarState, report: Report) -> Floats:
    """Report period numbers that the calendar does not have."""
    if not isinstance(calendar, Calendar) or not calendar.bounds(column.name):
        return values
    with np.errstate(invalid="ignore"):
        outside = values >= len(calendar)
    report.rows(
        source,
        column.name,
        np.flatnonzero(outside),
        "date_outside_periods",
        lambda _row, value: f"`{column.name}` is {value}, beyond the periods table, which ends at {len(calendar) - 1}.",
        "Lengthen the periods table, or remove the row.",
    )
    return np.where(outside, np.nan, values)


def _dates_to_periods(column: Column, source: Source, days: Floats, calendar: CalendarState, report: Report) -> Floats:
    name = column.name
    dated = ~np.isnan(days)
    if calendar is None:
        report.rows(
            source,
            name,
            np.flatnonzero(dated),
            "date_without_periods",
            lambda _row, value: (
                f"`{name}` is the date {value}, and there is no periods table to say which period it is in."
            ),
            "Give a periods table with period, start and end, or number the periods from 0.",
        )
        return np.full(len(days), np.nan)
    if not isinstance(calendar, Calendar):
        return np.full(len(days), np.nan)  # its own faults are reported; these would only follow from them
    place = np.where(dated, calendar.period_of(np.where(dated, days, calendar.start[0])), np.nan)
    with np.errstate(invalid="ignore"):
        before, after = place < 0, place >= len(calendar)
    if not calendar.bounds(name):
        # Beyond the calendar the days stay apart, so that two lots with two dates remain two lots.
        beyond = np.minimum(len(calendar) + days - calendar.end[-1] - 1, LAST_PERIOD)
        place, after = np.where(after, beyond, place), np.zeros(len(days), bool)
    if name in ENDLESS:
        return place
    hint = (
        "Use the first day of the calendar for what is already there."
        if name == "available"
        else "Lengthen the periods table, or remove the row."
    )
    report.rows(
        source,
        name,
        np.flatnonzero(before),
        "date_outside_periods",
        lambda _row, value: f"`{name}` is {value}, before the periods table, which covers {calendar.text()}.",
        hint,
    )
    report.rows(
        source,
        name,
        np.flatnonzero(after),
        "date_outside_periods",
        lambda _row, value: f"`{name}` is {value}, after the periods table, which covers {calendar.text()}.",
        "Lengthen the periods table, or remove the row.",
    )
    return np.where(before | after, np.nan, place)


def calendar_of(source: Source, period: Floats, start: Floats, end: Floats, report: Report) -> CalendarState:
    """Return the calendar of a periods table whose columns were read; report gaps, overlaps and the like."""
    if source.length == 0:
        return None
    if np.isnan(period).any() or np.isnan(start).any() or np.isnan(end).any():
        return "faulty"
    before = len(report.issues)
    order = np.argsort(period, kind="stable")

    def fault(position: int, column: str, message: str, hint: str) -> None:
        report.add(
            source.name,
            "bad_periods",
            message,
            hint,
            row=source.row(position),
            column=column,
            value=source.text(column, position),
        )

    for position in np.flatnonzero(end < start).tolist():
        fault(
            position,
            "end",
            f"Period {period[position]:.0f} ends on {as_date(end[position])}, before it starts on "
            f"{as_date(start[position])}.",
            "Swap the two days or mend the one that is wrong.",
        )
    if period[order[0]] != 0:
        fault(
            int(order[0]),
            "period",
            f"The first period is {period[order[0]]:.0f}; periods count from 0.",
            "Number them 0, 1, 2, ...",
        )
    for earlier, later in zip(order[:-1].tolist(), order[1:].tolist(), strict=True):
        if period[later] - period[earlier] > 1:
            message = f"Period {period[earlier]:.0f} is followed by period {period[later]:.0f}."
            fault(later, "period", message, "Number them 0, 1, 2, ... without gaps.")
        elif period[later] != period[earlier] and start[later] != end[earlier] + 1:
            what = "overlaps" if start[later] <= end[earlier] else "leaves a gap after"
            fault(
                later,
                "start",
                f"Period {period[later]:.0f} starts on {as_date(start[later])} and {what} period "
                f"{period[earlier]:.0f}, which ends on {as_date(end[earlier])}.",
                "Start each period on the day after the one before has ended.",
            )
    if len(report.issues) > before or (np.diff(period[order]) == 0).any():
        return "faulty"
    return Calendar(start[order], end[order])
