"""What a ``where`` means: which rows of a table a change is about.

What may be compared follows from the column's type in the schema: texts, ids and choices are equal or not;
numbers and periods are also less or more, periods are numbers, or dates where the problem has a calendar; flags
are ``true`` or ``false``. A blank cell is neither less nor more than anything; ``not in`` is true of all other rows.
How it is written is said in `allocopt.problem.comparisons`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow.compute as pc

from allocopt.documents.faults import Fault, nearest
from allocopt.problem.amounts import number_of
from allocopt.problem.calendar import Calendar, day_of
from allocopt.problem.comparisons import ORDERED, Compared
from allocopt.problem.schema import Column, Table
from allocopt.problem.tables import Flags, ReadTable
from allocopt.problem.times import LAST_DAY, in_periods, moment_of

_SIGNS: dict[str, Callable[[np.ndarray, float], Flags]] = {"=": operator.eq, "!=": operator.ne, **ORDERED}
_FLAGS = {"true": 1, "false": 0, "": -1}
NAMES = {"id": "text", "text": "text", "choice": "a choice", "flag": "true or false", "date": "a date"}
"""What columns hold, in words."""


def faults(comparisons: tuple[Compared, ...], table: Table) -> Iterator[Fault]:
    """Yield what no problem can make right: unknown columns, and values that the column cannot hold."""
    for each in comparisons:
        names = [column.name for column in table.columns]
        if each.column not in names:
            message = f"`{each.text}`: the table {table.name} has no column {each.column!r}."
            yield Fault(("where",), "unknown_column", message, nearest(each.column, names), each.column)
            continue
        column = table.column(each.column)
        kind = NAMES.get(column.type, "")
        if kind and (each.sign in ORDERED or each.between):
            message = f"`{each.text}`: `{column.name}` holds {kind}, which is neither more nor less."
            yield Fault(("where",), "wrong_comparison", message, "Compare it by =, != or in (a, b).", each.column)
            continue
        for value in each.values:
            wrong = _wrong(column, value, ordered=each.sign in ORDERED or each.between)
            if wrong:
                message = f"`{each.text}`: {value!r} is {wrong[0]}."
                yield Fault(("where",), wrong[1], message, wrong[2], value)


def _wrong(column: Column, value: str, *, ordered: bool) -> tuple[str, str, str] | None:
    """Return what is wrong with a value for a column: what it is not, the code and the remedy."""
    if column.type in ("id", "text"):
        return None
    if column.type == "choice":
        if value in column.choices:
            return None
        return f"no {column.name}", "unknown_choice", nearest(value, column.choices)
    if column.type == "flag":
        return None if value in _FLAGS else ("neither true nor false", "not_a_flag", "Write true or false.")
    if not value and not ordered:
        return None
    number = number_of(value, textual=True)
    if number is not None and np.isfinite(number):
        return None
    if column.type in ("period", "time", "date"):
        if day_of(value) is not None:
            return None
        return "neither a period nor a date", "wrong_type", "Write 3, or a date such as 2026-11-27."
    return "no number", "wrong_type", f"`{column.name}` holds numbers."


def rows(each: Compared, checked: ReadTable, known: Callable[[Column], Any], calendar: Calendar | None) -> Flags:
    """Return the rows of a table for which a comparison holds.

    Parameters
    ----------
    each : Compared
        One of which `faults` has nothing to say.
    checked : ReadTable
    known : callable
        Returns the ids that a column may hold: of the table that it refers to, else its own.
    calendar : Calendar or None

    Raises
    ------
    UnknownValueError
        If an id does not exist, or a date is in no period.
    """
    column = checked.table.column(each.column)
    if column.type in ("id", "text"):
        held = _texts(each, checked, known)
    elif column.type in ("choice", "flag"):
        codes = [_FLAGS[value] if column.type == "flag" else column.choices.index(value) for value in each.values]
        held = np.isin(checked.codes[each.column], codes)
    else:
        return _numbers(each, checked, calendar)
    return ~held if each.negated or each.sign == "!=" else held


class UnknownValueError(ValueError):
    """A value of a `where` does not exist in the problem."""

    def __init__(self, code: str, value: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.value, self.hint = code, value, hint


def _texts(each: Compared, checked: ReadTable, known: Callable[[Column], Any]) -> Flags:
    labels = checked.labels[each.column]
    column = checked.table.column(each.column)
    codes = []
    for value in each.values:
        code = pc.index(labels.texts, value).as_py() if value else -1
        if value and code < 0:
            ids = known(column)
            if value not in ids:
                where = f"in the table {column.refers}" if column.refers else "in that column"
                hint = nearest(value, ids[:10_000]) if ids else f"There is nothing {where}."
                raise UnknownValueError("unknown_id", value, f"there is no {column.name} {value!r} {where}", hint)
            code = -2  # it exists, but not in these rows
        codes.append(code)
    held: Flags = labels.codes == codes[0] if len(codes) == 1 else np.isin(labels.codes, codes)
    return held


def _numbers(each: Compared, checked: ReadTable, calendar: Calendar | None) -> Flags:
    values = checked.numbers[each.column]
    timed = checked.table.column(each.column).type == "time"
    wanted = [_time(value, calendar) if timed else _number(each, value, calendar) for value in each.values]
    with np.errstate(invalid="ignore"):
        if each.between:
            low, high = wanted
            if low > high:
                raise UnknownValueError("empty_range", each.text, f"{low:g} is more than {high:g}", "Swap the two.")
            held: Flags = (values >= low) & (values <= high)
            return ~held if each.negated else held
        if each.sign == "in":
            held = np.isin(values, wanted) | (np.isnan(values) & bool(np.isnan(wanted).any()))
            return ~held if each.negated else held
        if np.isnan(wanted[0]):
            return ~np.isnan(values) if each.sign == "!=" else np.isnan(values)
        return _SIGNS[each.sign](values, wanted[0])


def _time(value: str, calendar: Calendar | None) -> float:
    """Return a value as a time, as `times` reads it; a blank is nan."""
    number, moment = number_of(value, textual=True), moment_of(value)
    if number is not None or moment is None:
        return float("nan") if number is None else number
    return moment[0] - LAST_DAY if calendar is None else float(in_periods(np.array([moment[0]]), calendar)[0])


def _number(each: Compared, value: str, calendar: Calendar | None) -> float:
    """Return a value as a number; a date is the period that it lies in, a blank is nan."""
    if not value:
        return float("nan")
    number = number_of(value, textual=True)
    if number is not None:
        return number
    if calendar is None:
        raise UnknownValueError(
            "date_without_periods",
            value,
            f"{value} is a date, and there is no periods table to say which period it is in",
            "Write the number of the period.",
        )
    period = float(calendar.period_of(np.array([day_of(value)]))[0])
    if not 0 <= period < len(calendar):
        raise UnknownValueError(
            "date_outside_periods",
            value,
            f"{value} lies outside the periods table, which covers {calendar.text()}",
            "Write a date within it.",
        )
    return period
