"""Amounts that people write as text: what they mean where they have one meaning.

A text is read by two conventions, with a point or with a comma for decimals; groups of three digits are set apart by
the other sign, a space or an apostrophe. Where the two agree, or only one of them reads it, it has one meaning. Where
they differ (``1,060``), the column decides if it holds an amount that only one of them reads, or whoever said which
sign is the decimal one. A point that nothing speaks against is the decimal sign, as everywhere in allocopt.

Currency signs are read in columns of money, percent in columns of shares; what is in brackets is negative.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from allocopt.problem.schema import Column

NUMBER_LIMIT = 2.0**53
"""No amount in a table lies above: beyond it a floating-point number no longer tells one unit from the next. Sums of
amounts may be larger; they are added up in integers where it matters."""
PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
SIGNS = "$€£¥₹₽₩₺₴₪₫฿₦₱"
CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|INR|BRL|MXN|ZAR|SGD|HKD|KRW|TWD|THB|MYR|"
    "IDR|PHP|VND|ILS|AED|SAR"
)
_CURRENCY = rf"(?:[A-Z]{{0,3}}[{SIGNS}]|{CODES})"
_SAME = {"US$": "$", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥", "INR": "₹", "CA$": "CAD", "C$": "CAD"}
"""Two ways to write one currency."""
_DRESSED = re.compile(
    rf"(?P<open>\()? ?(?P<sign>[+−–-])? ?(?P<before>{_CURRENCY})? ?(?P<inner>[+−–-])? ?"
    rf"(?P<body>[0-9.,' ’]*[0-9][.,]?(?:[eE][+-]?[0-9]+)?)"
    rf" ?(?P<percent>%)? ?(?P<after>{_CURRENCY})? ?(?P<minus>[−–-])? ?(?P<close>\))?"
)
_NO_CENTS = re.compile(r"([0-9])[.,][−–—-]+(?= |$|\))")
"""A dash in place of the cents, as in ``12.-``: nothing more, and no sign."""
LONGEST = 60
"""Characters of an amount at most: longer text is none, and would take long to look through."""
_SPACE = "' ’"
_CONVENTIONS = {
    decimal: re.compile(
        rf"(?:[0-9]+|0*[1-9][0-9]{{0,2}}(?P<group>[{group}{_SPACE}])[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*)?"
        rf"(?P<rest>{re.escape(decimal)}[0-9]*)?(?P<power>[eE][+-]?[0-9]+)?"
    )
    for decimal, group in ((".", ","), (",", r"\."))
}


@dataclass(frozen=True)
class Amount:
    """What a cell means.

    Attributes
    ----------
    value : float or None
        None: it is no amount.
    how : str
        What had to be understood: ``""`` nothing, ``"text"``, ``"currency"``, ``"percent"``, ``"separators"``,
        ``"brackets"``.
    other : float or None
        The other meaning of one that could be read in two ways and was not.
    currency : str
        The currency of one that is refused because the column has several.
    """

    value: float | None
    how: str = ""
    other: float | None = None
    currency: str = ""


NONE = Amount(None)


def told_apart(digits: str, value: float) -> float:
    """Return a number, made visibly larger where its digits are above 2^53 and become 2^53 as a double."""
    if abs(value) == NUMBER_LIMIT and abs(Fraction(digits)) > NUMBER_LIMIT:
        return math.nextafter(value, math.copysign(math.inf, value))
    return value


def number_of(cell: Any, textual: bool) -> float | None:
    """Return a cell as a number (perhaps nan or infinite), or None if it is none; `textual` reads plain text too."""
    if isinstance(cell, bool | np.bool_):
        return None
    if isinstance(cell, int | float | np.integer | np.floating | Decimal | Fraction):
        try:
            return float(cell) + 0.0
        except OverflowError:
            return math.inf
        except ValueError:  # a signalling Decimal
            return math.nan
    if textual and isinstance(cell, str):
        text = cell.strip()
        if PLAIN.fullmatch(text) or NOT_FINITE.fullmatch(text):
            return float(text) + 0.0
    return None


def amounts(column: Column, cells: Sequence[Any], decimal: str = "", *, typed: bool = False) -> list[Amount]:
    """Return what the cells of a column of numbers mean.

    Parameters
    ----------
    column : Column
        Says whether a currency or percent makes sense.
    cells : sequence
        The cells, each distinct one once is enough; none of them blank.
    decimal : str
        The decimal sign, if somebody said it; else the column decides.
    typed : bool
        Whether its form knows numbers, so that one in plain text is worth a word.

    Examples
    --------
    >>> from allocopt.problem.schema import TABLES
    >>> price = TABLES["demand"].column("price")
    >>> [found.value for found in amounts(price, ["$60.00", "1,060", "(3.50)"])]
    [60.0, 1060.0, -3.5]
    >>> amounts(price, ["1,060"])
    [Amount(value=None, how='', other=1.06, currency='')]
    """
    bodies = [_undressed(column, cell) for cell in cells]
    meanings = [_meanings(column, body) for body in bodies]
    known = {sign for found in meanings if len(found) == 1 for sign in found}
    decides = decimal or (known.pop() if len(known) == 1 else "")
    settled = bool(decides) or not known
    mixed = len({body.currency for body in bodies if body is not None and body.currency}) > 1
    found = []
    for cell, body, meaning in zip(cells, bodies, meanings, strict=True):
        number = number_of(cell, textual=False)
        if number is not None:
            found.append(Amount(number))
        elif isinstance(cell, str) and NOT_FINITE.fullmatch(cell.strip()):
            found.append(Amount(float(cell.strip())))
        elif mixed and body is not None and body.currency:
            found.append(Amount(None, currency=body.currency))
        else:
            found.append(_one(body, meaning, decides, settled=settled, forced=bool(decimal), typed=typed))
    return found


def currency_of(column: Column, cell: Any) -> str:
    """Return the currency that an amount names, or an empty text."""
    body = _undressed(column, cell)
    return "" if body is None else body.currency


def known_currency(text: str) -> str:
    """Return the currency that a name or sign stands for, as amounts name it; an empty text if it is none.

    >>> known_currency("usd"), known_currency("US$"), known_currency("pcs")
    ('$', '$', '')
    """
    name = text.strip().upper()
    return _SAME.get(name, name) if re.fullmatch(_CURRENCY, name) else ""


@dataclass(frozen=True)
class _Body:
    """The digits of an amount, without what stands around them."""

    text: str
    factor: float
    how: str
    currency: str


def _undressed(column: Column, cell: Any) -> _Body | None:
    """Return the digits of a text and what stands around them; None if it is no amount of this column."""
    match = _matched(cell) if isinstance(cell, str) else None
    if match is None:
        return None
    money, percent = match["before"] or match["after"], match["percent"]
    if (money and percent) or (money and not column.money) or (percent and not column.share):
        return None
    how = "currency" if money else "percent" if percent else "brackets" if match["open"] or match["minus"] else ""
    factor = (-1.0 if _negatives(match) else 1.0) * (0.01 if percent else 1.0)
    return _Body(match["body"].strip(), factor, how, _SAME.get(money, money) if money else "")


def _meanings(column: Column, body: _Body | None) -> dict[str, float]:
    """Return what digits mean by each convention; a meaning that both share under no sign."""
    if body is None:
        return {}
    found = {}
    for decimal, shape in _CONVENTIONS.items():
        match = shape.fullmatch(body.text)
        if match is None or not any(letter.isdigit() for letter in body.text):
            continue
        digits = _digits(body.text, decimal)
        value = told_apart(digits, float(digits))
        if column.type != "whole" or value == math.floor(value):
            found[decimal] = value
    if len(found) == 2 and found["."] == found[","]:
        return {"": found["."]}
    return found


def _digits(body: str, decimal: str) -> str:
    """Return digits with a point for the decimal sign and nothing between thousands."""
    return re.sub(rf"[{_SPACE}{',' if decimal == '.' else '.'}]", "", body).replace(",", ".")


def respelled(text: str, decimal: str) -> str:
    """Return an amount whose decimal sign is known as plain digits; what is no such amount as it stands.

    Currency falls away, brackets become a sign, and percent is left for who knows the column.

    Examples
    --------
    >>> respelled(" $1,001.18 ", "."), respelled("1.060,50 €", ","), respelled("(3.50)", "."), respelled("1,06", ".")
    ('1001.18', '1060.50', '-3.50', '1,06')
    """
    match = _matched(text)
    if match is None or not _CONVENTIONS[decimal].fullmatch(match["body"].rstrip()):
        return text
    return ("-" if _negatives(match) else "") + _digits(match["body"].rstrip(), decimal) + (match["percent"] or "")


def _matched(text: str) -> re.Match[str] | None:
    """Return the parts of an amount: at most one sign, one currency, and brackets that are closed; else None."""
    match = _DRESSED.fullmatch(_NO_CENTS.sub(r"\1", " ".join(text.split()))) if len(text) <= LONGEST else None
    if match is None or bool(match["open"]) != bool(match["close"]):
        return None
    return None if len(_negatives(match)) > 1 or (match["before"] and match["after"]) else match


def _negatives(match: re.Match[str]) -> list[str]:
    """Return the signs around an amount that make it negative."""
    return [sign for sign in (match["open"], match["sign"], match["inner"], match["minus"]) if sign and sign != "+"]


def _one(
    body: _Body | None, meaning: dict[str, float], decides: str, *, settled: bool, forced: bool, typed: bool
) -> Amount:
    """Return what one text means, given what its column says about the decimal sign."""
    meaning = {sign: value for sign, value in meaning.items() if sign in ("", decides)} if forced else meaning
    if body is None or not meaning:
        return NONE
    plain = PLAIN.fullmatch(body.text) is not None
    sign = next(iter(meaning)) if len(meaning) == 1 else decides or ("." if plain and settled else "?")
    values = {each: _dressed(value, body.factor) for each, value in meaning.items()}
    if sign not in values:
        return Amount(None, other=values[","])
    as_it_stands = plain and values[sign] == _dressed(float(body.text), body.factor)
    how = body.how or ("separators" if not as_it_stands else "text" if typed else "")
    return Amount(values[sign], how)


def _dressed(value: float, factor: float) -> float:
    # 15 percent are 0.15 to the last digit: divided, not multiplied.
    return (value / 100 if abs(factor) == 0.01 else value) * (math.copysign(1.0, factor)) + 0.0
