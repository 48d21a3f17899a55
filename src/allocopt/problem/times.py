"""Times: numbers in periods, or time stamps that a calendar turns into such numbers.

.. code-block:: text

    time of a stamp = k + (stamp - start of period k) / (length of period k)       for the period k that holds it

Before the calendar the first period's length counts and after it the last one's, so that a stamp a week before weekly
periods is -1.0. Without a calendar only the order of stamps is known: each becomes its days up to the year 10,000,
below 0, so that what came with a stamp came before the horizon.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from allocopt.arrays import Floats
from allocopt.problem.calendar import Calendar, CalendarState, day_of, report_utc
from allocopt.problem.columns import FAULTY, NUMBER, STAMP, ZONED, moments, numbers
from allocopt.problem.report import ReadColumn

LAST_DAY = float((dt.date.max - dt.date(1970, 1, 1)).days + 1)
"""Days from 1970 to the end of the year 9999."""
_EPOCH = dt.datetime(1970, 1, 1)
_DAY = dt.timedelta(days=1)


def moment_of(cell: Any) -> tuple[float, bool] | None:
    """Return a date, a time stamp or ISO text as days since 1970, and whether it names its zone; None if it is none.

    A stamp with a zone is read in UTC, so that stamps of several zones keep their order; without one as it stands.

    >>> moment_of("1970-01-02T12:00:00"), moment_of("1970-01-02T12:00+12:00"), moment_of("noon")
    ((1.5, False), (1.0, True), None)
    """
    day = day_of(cell)
    if day is None:
        return None
    if isinstance(cell, np.datetime64):
        cell = cell.astype("datetime64[us]").item()
    if isinstance(cell, str):
        cell = dt.datetime.fromisoformat(cell.strip())
    if not isinstance(cell, dt.datetime):
        return day, False
    if cell.tzinfo is None:
        return (cell - _EPOCH) / _DAY, False
    return (cell.astimezone(dt.UTC).replace(tzinfo=None) - _EPOCH) / _DAY, True


def times(reading: ReadColumn, calendar: CalendarState) -> Floats:
    """Read a column of times as numbers in periods; blank and faulty cells are nan."""
    if reading.cells.numeric:
        return numbers(reading)
    kinds, values = moments(reading, _stamp)
    if isinstance(calendar, Calendar) and (kinds == ZONED).any():
        report_utc(reading)
    text = "is {value!r}, which is neither a time stamp nor a number of periods."
    hint = "Write a stamp such as 2026-11-02T09:15:00, or a number of periods such as -6.0."
    reading.fault(kinds == FAULTY, "bad_time", text, hint)
    stamped = (kinds == STAMP) | (kinds == ZONED)
    for one, other, what, others in (
        (kinds == NUMBER, stamped, "numbers", "time stamps"),
        (kinds == ZONED, kinds == STAMP, "stamps with a time zone", "stamps without one"),
    ):
        if one.any() and other.any():
            fewer, mine, theirs = (one, what, others) if one.sum() <= other.sum() else (other, others, what)
            text = f"is {{value}}: the column has {mine} here and {theirs} elsewhere."
            reading.fault(fewer, "mixed_times", text, f"Use {mine} or {theirs} throughout the column.")
            return np.full(len(kinds), np.nan)
    if not stamped.any():
        return np.where(kinds == NUMBER, values, np.nan)
    if calendar == "faulty":
        return np.full(len(kinds), np.nan)
    days = np.where(stamped, values, np.nan)
    return in_periods(days, calendar) if isinstance(calendar, Calendar) else days - LAST_DAY


def _stamp(cell: Any) -> tuple[int, float] | None:
    moment = moment_of(cell)
    return None if moment is None else (ZONED if moment[1] else STAMP, moment[0])


def in_periods(days: Floats, calendar: Calendar) -> Floats:
    """Return days since 1970, with fractions, as numbers in periods; nan stays nan.

    Examples
    --------
    >>> weeks = Calendar(np.array([0.0, 7.0]), np.array([6.0, 13.0]))
    >>> in_periods(np.array([-7.0, 3.5, 7.0, 21.0]), weeks)
    array([-1. ,  0.5,  1. ,  3. ])
    """
    place = np.clip(np.searchsorted(calendar.start, days, side="right") - 1, 0, len(calendar) - 1)
    length = calendar.end[place] + 1.0 - calendar.start[place]
    inside: Floats = place + (days - calendar.start[place]) / length
    return inside
