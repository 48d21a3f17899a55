"""Calendars that nobody had to type: weeks by their first day, and the periods that the dates of the tables span."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from allocopt.documents.characters import told
from allocopt.problem.calendar import ENDLESS, LAST_PERIOD, OPEN, as_date, day_of
from allocopt.problem.columns import distinct_cells, is_blank
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES
from allocopt.problem.source import Source, from_frame

Every = Literal["day", "week", "month"]
WEEK = 7
DAYS = {"day": 1, "week": WEEK, "month": 31}
"""Days of a period, at most."""
_ISO_WEEK = re.compile(r"\s*[0-9]{4}-?W[0-9]{2}\s*")


def weeks(start: dt.date | str, n: int) -> pd.DataFrame:
    """Return a `periods` table of weeks, each seven days long.

    Parameters
    ----------
    start : datetime.date or str
        First day of the first week: any weekday, as ``"2026-11-30"``, or an ISO week such as ``"2026-W49"``.
    n : int
        Number of weeks, 1 or more.

    Returns
    -------
    pandas.DataFrame
        period (int64, from 0), start and end (datetime64, first and last day).

    Raises
    ------
    ValueError
        If `start` is no day, or `n` is less than 1 or more than the longest horizon.
    TypeError
        If `n` is no whole number.

    Examples
    --------
    >>> weeks("2026-11-30", 2)
       period      start        end
    0       0 2026-11-30 2026-12-06
    1       1 2026-12-07 2026-12-13
    """
    day = day_of(start)
    if day is None:
        raise ValueError(f"start is {told(start)!r}, which is no day such as 2026-11-30 and no week such as 2026-W49")
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise TypeError(f"n must be a whole number of weeks, not {told(n)!r}")
    if not 1 <= n <= LAST_PERIOD:
        raise ValueError(f"n is {n}; it must be at least 1 and at most {LAST_PERIOD}")
    return spanned(day, day + WEEK * int(n) - 1, "week")


def spanned(first: float, last: float, every: Every) -> pd.DataFrame:
    """Return the `periods` table that covers two days (since 1970), in steps that begin with the first of them."""
    if every == "month":
        months = pd.period_range(as_date(first), as_date(last), freq="M")
        starts, ends = months.start_time, months.end_time.normalize()
    else:
        step = WEEK if every == "week" else 1
        begin = np.arange(int(first), int(last) + 1, step)
        starts, ends = (pd.DatetimeIndex(days.astype("datetime64[D]")) for days in (begin, begin + step - 1))
    return pd.DataFrame(
        {"period": np.arange(len(starts)), "start": starts.astype("M8[s]"), "end": ends.astype("M8[s]")}
    )


def made_periods(
    sources: Mapping[str, Source], horizon: int | None, every: Every | None, report: Report
) -> Source | None:
    """Return the `periods` table that the dates in the tables call for; None where demand does not hold dates.

    First days of months (two at least) make months; dates that all begin a week (two at least, on one weekday, or ISO
    weeks such as 2026-W48) make weeks, all others days. What was made is noted.

    Parameters
    ----------
    sources : mapping of str to Source
        The tables as they came.
    horizon : int or None
        Number of periods where it was given.
    every : {"day", "week", "month"} or None
        How long a period is where somebody said it; weeks then begin on Mondays.
    report : Report
    """
    found = list(dict.fromkeys(_dates(sources)))
    if not found:
        return None
    due = {day for name, day, _ in found if name not in OPEN}
    if not due and sources["demand"].length:
        return None  # demand counts its periods, and dates elsewhere are faults
    iso = every is not None or any(week for *_, week in found)
    every = every or _step(due or {day for _, day, _ in found}, iso)
    first, last = min(day for _, day, _ in found), max(day for _, day, _ in found)
    if every == "week":
        anchor = min(due) if due and not iso else _monday(first)
        first -= (first - anchor) % WEEK
    if (last - first) / DAYS[every] > LAST_PERIOD:
        return None  # a slip of the keyboard, which whoever reads the cell names
    frame = spanned(first, last, every)
    if horizon is not None and horizon != len(frame):
        frame = spanned(first, first + DAYS[every] * horizon, every)[:horizon]
    report.note(
        "periods",
        "made_periods",
        f"There is no periods table: the dates make {len(frame)} {every}{'s' if len(frame) != 1 else ''}, "
        f"{as_date(first)} to {frame['end'].iloc[-1].date()}.",
        "Give a periods table.",
    )
    return from_frame("periods", frame)


def first_day(day: float, every: Every) -> float:
    """Return the first day of the calendar's day, week or month that holds a day, both as days since 1970.

    >>> as_date(first_day(day_of("2026-11-27"), "week")).isoformat()
    '2026-11-23'
    """
    if every == "month":
        return day - as_date(day).day + 1
    return _monday(day) if every == "week" else day


def _dates(sources: Mapping[str, Source]) -> Iterator[tuple[str, float, bool]]:
    """Yield the distinct dates in columns that have to lie in the calendar: column, day, and whether it is a week."""
    for table in TABLES.values():
        source = sources[table.name]
        for column in table.columns:
            name = column.name
            if column.type != "period" or name in ENDLESS or name not in source.columns or name in source.repeated:
                continue
            if source.columns[name].numeric:
                continue
            for cell in distinct_cells(source, name)[0]:
                day = None if is_blank(cell) else day_of(cell)
                if day is not None:
                    yield name, day, isinstance(cell, str) and _ISO_WEEK.fullmatch(cell) is not None


def _monday(day: float) -> float:
    return day - as_date(day).weekday()


def _step(days: set[float], iso: bool) -> Every:
    """Return what the periods are that begin on these days."""
    if iso:
        return "week"
    if len(days) > 1 and {as_date(day).day for day in days} == {1}:
        return "month"  # two months in a row may begin on one weekday, as February and March do
    if len(days) > 1 and len({day % WEEK for day in days}) == 1:
        return "week"
    return "day"
