"""Sentences: money and lists in words, the same wherever something is told."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral


def money(amount: float, currency: str = "", *, signed: bool = False) -> str:
    """Return an amount of money, with cents where these matter.

    >>> money(-1234.5, "EUR"), money(2.5, signed=True), money(-0.001, signed=True)
    ('-1,234 EUR', '+2.50', '0.00')
    """
    digits = 0 if abs(amount) >= 100 else 2
    shown = round(amount, digits) + 0.0
    text = f"{shown:+,.{digits}f}" if signed and shown else f"{shown:,.{digits}f}"
    return f"{text} {currency}" if currency else text


def few(names: Sequence[str], most: int) -> list[str]:
    """Return the first of some names, and how many more there are.

    >>> few(["a", "b", "c", "d"], 3)
    ['a', 'b', '2 more']
    """
    return list(names) if len(names) <= most else [*names[: most - 1], f"{len(names) - most + 1} more"]


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def many(number: float, one: str, more: str = "") -> str:
    """Return a count or a quantity with its noun.

    >>> many(1, "line"), many(1200, "line"), many(2, "delivery", "deliveries"), many(0.5, "unit")
    ('1 line', '1,200 lines', '2 deliveries', '0.5 units')
    """
    shown = f"{number:,}" if isinstance(number, Integral) else f"{number:,.6g}"
    return f"{shown} {one if number == 1 else more or one + 's'}"
