"""What a problem has besides tables: its day, its currency, its name and how many periods it has."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from allocopt.documents.characters import told, unseen
from allocopt.problem.amounts import number_of
from allocopt.problem.calendar import LAST_PERIOD, as_date, day_of
from allocopt.problem.report import Report

if TYPE_CHECKING:
    from allocopt.problem.problem import Problem


def read_as_of(value: object, report: Report) -> dt.date | None:
    """Return the day by which expiry is judged."""
    if value is None or value == "":
        return None
    day = day_of(value)
    if day is None:
        said = f"is {told(value)!r}, which is no date."
        _fault("as_of", value, "bad_date", said, "Write it as year-month-day, such as 2026-11-27.", report)
        return None
    return as_date(day)


def read_label(name: str, value: object, report: Report) -> str:
    """Return a label; what is not text is reported."""
    for _, character, text in unseen(value):
        said = f"holds a character that cannot be seen ({character})."
        _fault(name, text, "unseen_character", said, "Type it anew.", report)
    if isinstance(value, str):
        return value
    said = f"is {told(value)!r}, which is not text."
    _fault(name, value, "not_text", said, "Write it in quotation marks.", report)
    return ""


def read_horizon(value: object, report: Report) -> int | None:
    """Return the number of periods, None where it is not given."""
    if value is None or value == "":
        return None
    number = number_of(value, textual=True)
    if number is not None and 1 <= number <= LAST_PERIOD + 1 and number == int(number):
        return int(number)
    hint = f"Write a whole number from 1 to {LAST_PERIOD + 1}, or leave it out."
    _fault("horizon", value, "bad_horizon", f"is {told(value)!r}, which is no number of periods.", hint, report)
    return None


def _fault(name: str, value: object, code: str, said: str, hint: str, report: Report) -> None:
    """Report what is wrong with a setting."""
    report.add("problem", code, f"`{name}` {said}", hint, column=name, value=told(value))


def stated(problem: Problem) -> dict[str, Any]:
    """Return the settings of a problem as plain values; None where nothing is stated."""
    day = None if problem.as_of is None else problem.as_of.isoformat()
    return {"name": problem.name, "currency": problem.currency, "as_of": day, "horizon": problem.horizon}
