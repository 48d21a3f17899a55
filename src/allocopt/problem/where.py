"""The language of ``where``: which rows of a table a change is about.

.. code-block:: text

    where      = comparison { "and" comparison }
    comparison = column ( "=" | "!=" | "<" | "<=" | ">" | ">=" ) value
               | column [ "not" ] "in" low ".." high                     both ends belong to it
               | column [ "not" ] "in" "(" value { "," value } ")"
    value      = word | 'text in quotes'                                 '' is a blank cell

What may be compared follows from the column's type in the schema: texts, ids and choices are equal or not;
numbers and periods are also less or more, periods are numbers, or dates where the problem has a calendar; flags
are ``true`` or ``false``. A blank cell is neither less nor more than anything; ``not in`` is true of all other rows.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from allocopt.documents.faults import Fault, nearest
from allocopt.problem.calendar import Calendar, day_of
from allocopt.problem.amounts import number_of
from allocopt.problem.schema import Column, Table
from allocopt.problem.tables import Bools, Checked
from allocopt.problem.times import LAST_DAY, in_periods, moment_of

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*")"""
    r"""|(?P<sign><=|>=|!=|=|<|>)|(?P<mark>[(),])|(?P<word>[^\s'"(),=<>!]+))"""
)
_SIGNS: dict[str, Callable[[np.ndarray, float], Bools]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_ORDERED = ("<", "<=", ">", ">=")
_WORDS = ("and", "or", "in", "not")
_SHAPE = "Write comparisons such as `channel = amazon and period in 3..4`."
_FLAGS = {"true": 1, "false": 0, "": -1}
NAMES = {"id": "text", "text": "text", "choice": "a choice", "flag": "true or false", "date": "a date"}
"""What columns hold, in words."""


@dataclass(frozen=True)
class Comparison:
    """One comparison.

    Attributes
    ----------
    column : str
    sign : str
        ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, or ``in``.
    values : tuple of str
        What it is compared with; of a range, its two ends.
    text : str
        As it was written.
    negated : bool
        ``not in``.
    between : bool
        Whether the values are the ends of a range.
    """

    column: str
    sign: str
    values: tuple[str, ...]
    text: str
    negated: bool = False
    between: bool = False


class BadWhereError(ValueError):
    """A text is no `where`; `hint` says what to write."""

    def __init__(self, message: str, hint: str = _SHAPE) -> None:
        super().__init__(message)
        self.hint = hint


def parse(text: str) -> tuple[Comparison, ...]:
    """Return the comparisons of a `where`; none for a blank text: all rows.

    Raises
    ------
    BadWhereError
        If it cannot be understood.

    Examples
    --------
    >>> [c.text for c in parse("channel = amazon and period in 3..4")]
    ['channel = amazon', 'period in 3..4']
    """
    if not text.strip():
        return ()
    reader = _Reader(text)
    found = [reader.comparison()]
    while reader.word("and"):
        found.append(reader.comparison())
    if reader.word("or"):
        raise BadWhereError(
            "Comparisons cannot be joined by `or`.",
            "Write `column in (a, b)` for one of several values, or a change for each of the two.",
        )
    if reader.at < len(reader.tokens):
        raise BadWhereError(f"`and` is missing before {reader.shown()}.", "Put values with spaces in quotes.")
    return tuple(found)


class _Reader:
    """Reads a `where` token by token."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.tokens: list[tuple[str, str, int, int]] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            match = _TOKEN.match(text, place)
            if match is None:
                rest = text[place:].strip()
                what = "A quotation mark is not closed" if rest[0] in "'\"" else f"{rest[0]!r} cannot stand here"
                raise BadWhereError(f"{what}: {rest}.", "Put values with other than letters and digits in quotes.")
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind], match.start(kind), match.end()))
            place = match.end()

    def shown(self) -> str:
        """Return where the reader is, for a message."""
        return f"`{self.tokens[self.at][1]}`" if self.at < len(self.tokens) else "the end"

    def take(self, kind: str, *among: str) -> str | None:
        """Return the next token and step behind it if it is of the kind and among the given ones."""
        if self.at == len(self.tokens):
            return None
        found, token, _, _ = self.tokens[self.at]
        known = token.lower() if kind == "word" else token
        if found != kind or (among and known not in among):
            return None
        self.at += 1
        return token

    def word(self, word: str) -> bool:
        """Return whether the next token is this word, and step behind it."""
        return self.take("word", word) is not None

    def comparison(self) -> Comparison:
        first = self.at
        before = self.shown()
        column = self.take("word")
        if column is None or column.lower() in _WORDS:
            raise BadWhereError(f"The name of a column is missing before {before}.")
        sign = self.take("sign")
        negated = sign is None and self.word("not")
        between = False
        values: tuple[str, ...]
        if sign is not None:
            values = (self.value(column),)
        elif self.word("in"):
            between, values = self.several(column)
        else:
            raise BadWhereError(f"After `{column}{' not' if negated else ''}` a comparison is missing.")
        text = self.text[self.tokens[first][2] : self.tokens[self.at - 1][3]]
        return Comparison(column, sign or "in", values, text, negated, between)

    def several(self, column: str) -> tuple[bool, tuple[str, ...]]:
        """Read a range or a list."""
        if self.take("mark", "(") is None:
            text = ""
            while self.at < len(self.tokens) and self.tokens[self.at][1].lower() not in _WORDS:
                text += self.value(column)
            ends = tuple(text.split(".."))
            if len(ends) != 2 or not all(ends):
                raise BadWhereError(
                    f"After `{column} in` stands {text!r}.", "Write a range such as 3..4, or a list (a, b)."
                )
            return True, ends
        values = [self.value(column)]
        while self.take("mark", ","):
            values.append(self.value(column))
        if self.take("mark", ")") is None:
            raise BadWhereError(f"The list of {column} is not closed before {self.shown()}.", "Write a list as (a, b).")
        return False, tuple(values)

    def value(self, column: str) -> str:
        quoted = self.take("quoted")
        if quoted is not None:
            return quoted[1:-1].replace(quoted[0] * 2, quoted[0])
        before = self.at
        word = self.take("word")
        if word is None or word.lower() in _WORDS:
            self.at = before
            raise BadWhereError(
                f"A value of `{column}` is missing before {self.shown()}.",
                "Write '' for a blank, and put a value that is called so in quotes.",
            )
        return word


def faults(comparisons: tuple[Comparison, ...], table: Table) -> Iterator[Fault]:
    """Yield what no problem can make right: unknown columns, and values that the column cannot hold."""
    for each in comparisons:
        names = [column.name for column in table.columns]
        if each.column not in names:
            message = f"`{each.text}`: the table {table.name} has no column {each.column!r}."
            yield Fault(("where",), "unknown_column", message, nearest(each.column, names), each.column)
            continue
        column = table.column(each.column)
        kind = NAMES.get(column.type, "")
        if kind and (each.sign in _ORDERED or each.between):
            message = f"`{each.text}`: `{column.name}` holds {kind}, which is neither more nor less."
            yield Fault(("where",), "wrong_comparison", message, "Compare it by =, != or in (a, b).", each.column)
            continue
        for value in each.values:
            wrong = _wrong(column, value, ordered=each.sign in _ORDERED or each.between)
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


def rows(each: Comparison, checked: Checked, known: Callable[[Column], Any], calendar: Calendar | None) -> Bools:
    """Return the rows of a table for which a comparison holds.

    Parameters
    ----------
    each : Comparison
        One of which `faults` has nothing to say.
    checked : Checked
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


def _texts(each: Comparison, checked: Checked, known: Callable[[Column], Any]) -> Bools:
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
    held: Bools = labels.codes == codes[0] if len(codes) == 1 else np.isin(labels.codes, codes)
    return held


def _numbers(each: Comparison, checked: Checked, calendar: Calendar | None) -> Bools:
    values = checked.numbers[each.column]
    timed = checked.table.column(each.column).type == "time"
    wanted = [_time(value, calendar) if timed else _number(each, value, calendar) for value in each.values]
    with np.errstate(invalid="ignore"):
        if each.between:
            low, high = wanted
            if low > high:
                raise UnknownValueError("empty_range", each.text, f"{low:g} is more than {high:g}", "Swap the two.")
            held: Bools = (values >= low) & (values <= high)
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


def _number(each: Comparison, value: str, calendar: Calendar | None) -> float:
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
