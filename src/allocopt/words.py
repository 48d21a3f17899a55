"""Sentences: money and lists in words, the same wherever something is told."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np

ALONE = "Each price is that of one rule dropped by itself, all others kept: prices of several cannot be added up."
"""What is said of prices once, where there are several."""


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


def decimal(number: float, least: float = 1e-9) -> str:
    """Return a number to two digits, never with an exponent; below the least it is only said to be.

    >>> decimal(5.87e-04), decimal(12345.0), decimal(0.0), decimal(5.7e-14)
    ('0.00059', '12345', '0', 'under 0.000000001')
    """
    if not np.isfinite(number):
        return "unknown"
    if 0 < number < least:
        return f"under {np.format_float_positional(least, trim='-')}"
    digits = max(2, int(np.floor(np.log10(abs(number)))) + 1 if number else 1)
    return np.format_float_positional(number, precision=digits, fractional=False, trim="-")


def percent(share: float) -> str:
    """Return a share in per cent to two digits, never with an exponent.

    >>> percent(5.87e-04), percent(1e-4), percent(0.2), percent(1e-15), percent(float("inf"))
    ('0.059 %', '0.01 %', '20 %', 'under 0.0000001 %', 'unknown')
    """
    text = decimal(100 * share, 1e-7)
    return text if text == "unknown" else f"{text} %"
