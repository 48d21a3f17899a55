"""What a problem has besides tables: its day, its currency, its name and how many periods it has."""

from __future__ import annotations

import datetime as dt

from allocopt.documents.characters import told, unseen
from allocopt.problem.amounts import number_of
from allocopt.problem.calendar import LAST_PERIOD, as_date, day_of
from allocopt.problem.report import Report


def read_as_of(value: object, report: Report) -> dt.date | None:
    """Return the day by which expiry is judged."""
    if value is None or value == "":
        return None
    day = day_of(value)
    if day is None:
        report.add(
            "problem",
            "bad_date",
            f"`as_of` is {told(value)!r}, which is no date.",
            "Write it as year-month-day, such as 2026-11-27.",
            column="as_of",
            value=told(value),
        )
        return None
    return as_date(day)


def read_label(name: str, value: object, report: Report) -> str:
    """Return a label; what is not text is reported."""
    for _, character, text in unseen(value):
        report.add(
            "problem",
            "unseen_character",
            f"`{name}` holds a character that cannot be seen ({character}).",
            "Type it anew.",
            column=name,
            value=text,
        )
    if isinstance(value, str):
        return value
    report.add(
        "problem",
        "not_text",
        f"`{name}` is {told(value)!r}, which is not text.",
        "Write it in quotation marks.",
        column=name,
        value=told(value),
    )
    return ""


def read_horizon(value: object, report: Report) -> int | None:
    """Return the number of periods, None where it is not given."""
    if value is None or value == "":
        return None
    number = number_of(value, textual=True)
    if number is not None and 1 <= number <= LAST_PERIOD + 1 and number == int(number):
        return int(number)
    report.add(
        "problem",
        "bad_horizon",
        f"`horizon` is {told(value)!r}, which is no number of periods.",
        f"Write a whole number from 1 to {LAST_PERIOD + 1}, or leave it out.",
        column="horizon",
        value=told(value),
    )
    return None
