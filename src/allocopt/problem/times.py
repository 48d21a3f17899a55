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
import pyarrow as pa
from numpy.typing import NDArray

from allocopt.problem.amounts import number_of
from allocopt.problem.calendar import Calendar, CalendarState, day_of, report_utc
from allocopt.problem.columns import distinct_cells, is_blank, numbers
from allocopt.problem.facts import Floats
from allocopt.problem.report import Report
from allocopt.problem.schema import Column
from allocopt.problem.source import Source

LAST_DAY = float((dt.date.max - dt.date(1970, 1, 1)).days + 1)
"""Days from 1970 to the end of the year 9999."""
_EPOCH = dt.datetime(1970, 1, 1)
_DAY = dt.timedelta(days=1)
_BLANK, _NUMBER, _LOCAL, _ZONED, _FAULTY = range(5)


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


def times(column: Column, source: Source, calendar: CalendarState, report: Report) -> Floats:
    """Read a column of times as numbers in periods; blank and faulty cells are nan."""
    arrow = source.columns[column.name].arrow
    if arrow is not None and (pa.types.is_integer(arrow.type) or pa.types.is_floating(arrow.type)):
        return numbers(column, source, report)
    kinds, values = _moments(source, column.name)
    if isinstance(calendar, Calendar) and (kinds == _ZONED).any():
        report_utc(column, source, report)
    report.rows(
        source,
        column.name,
        np.flatnonzero(kinds == _FAULTY),
        "bad_time",
        lambda _row, value: f"`{column.name}` is {value!r}, which is neither a time stamp nor a number of periods.",
        "Write a stamp such as 2026-11-02T09:15:00, or a number of periods such as -6.0.",
    )
    stamped = (kinds == _LOCAL) | (kinds == _ZONED)
    for one, other, what, others in (
        (kinds == _NUMBER, stamped, "numbers", "time stamps"),
        (kinds == _ZONED, kinds == _LOCAL, "stamps with a time zone", "stamps without one"),
    ):
        if one.any() and other.any():
            _mixed(column, source, one, other, (what, others), report)
            return np.full(source.length, np.nan)
    if not stamped.any():
        return np.where(kinds == _NUMBER, values, np.nan)
    if calendar == "faulty":
        return np.full(source.length, np.nan)
    days = np.where(stamped, values, np.nan)
    return in_periods(days, calendar) if isinstance(calendar, Calendar) else days - LAST_DAY


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


def _moments(source: Source, name: str) -> tuple[NDArray[np.int8], Floats]:
    """Return what each cell is (blank, number, stamp without or with a zone, faulty) and its value."""
    distinct, place = distinct_cells(source, name)
    kinds, values = np.zeros(len(distinct), np.int8), np.full(len(distinct), np.nan)
    for position, cell in enumerate(distinct):
        if is_blank(cell) or (isinstance(cell, float) and np.isnan(cell)):
            continue
        moment = moment_of(cell)
        if moment is not None:
            kinds[position], values[position] = _ZONED if moment[1] else _LOCAL, moment[0]
            continue
        number = number_of(cell, source.file)
        if number is None or not np.isfinite(number):
            kinds[position] = _FAULTY
        else:
            kinds[position], values[position] = _NUMBER, number
    return kinds[place], values[place]


def _mixed(
    column: Column,
    source: Source,
    one: NDArray[np.bool_],
    other: NDArray[np.bool_],
    what: tuple[str, str],
    report: Report,
) -> None:
    """Report a column that holds two kinds of time, at the cells of the kind that is there less often."""
    fewer = one if one.sum() <= other.sum() else other
    mine, theirs = what if fewer is one else what[::-1]
    report.rows(
        source,
        column.name,
        np.flatnonzero(fewer),
        "mixed_times",
        lambda _row, value: f"`{column.name}` is {value}: the column has {mine} here and {theirs} elsewhere.",
        f"Use {mine} or {theirs} throughout the column.",
    )
