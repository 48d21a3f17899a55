"""Phrases of pictures and pages: money, counts, shares, lists."""

from __future__ import annotations

from collections.abc import Sequence

from allocopt import words as plain
from allocopt.report.columns import figure
from allocopt.report.spoken import NBSP as NBSP
from allocopt.words import many as many

CENT = 0.005
"""What is less than that is no money."""
NOBODY = "Planning (nobody is named)"
"""Who has to see to what nobody is named for."""


def money(amount: float, currency: str, *, signed: bool = False) -> str:
    """Return an amount of money, in thousands and millions from there on.

    >>> money(1424313.2, "USD").replace(NBSP, " "), money(-51.5, "USD", signed=True).replace(NBSP, " ")
    ('1.42 m USD', '−51.50 USD')
    """
    amount = round(amount, 2) + 0.0
    size = abs(amount)
    if size >= 1e9:
        text = f"{amount / 1e9:,.2f}{NBSP}bn"
    elif size >= 1e6:
        text = f"{amount / 1e6:,.2f}{NBSP}m"
    elif size >= 1e4:
        text = f"{amount / 1e3:,.0f}{NBSP}k"
    elif size >= 100 or float(amount).is_integer():
        text = f"{amount:,.0f}"
    else:
        text = f"{amount:,.2f}"
    if signed and amount > 0:
        text = f"+{text}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return f"{text}{NBSP}{currency}" if currency else text


def exactly(amount: float, currency: str, *, signed: bool = False) -> str:
    """Return an amount of money to the unit of the currency."""
    text = f"{round(amount) + 0:+,}" if signed and round(amount) else f"{round(amount) + 0:,}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return f"{text}{NBSP}{currency}" if currency else text


def units(amount: float) -> str:
    """Return so many units."""
    return f"{figure(amount, 'units')} {'unit' if amount == 1 else 'units'}"


def share(part: float, digits: int = 0) -> str:
    """Return a share as a percentage.

    >>> share(0.724).replace(NBSP, " "), share(0.9999).replace(NBSP, " ")
    ('72 %', 'over 99 %')
    """
    if 1 - 0.5 / 10 ** (digits + 2) <= part < 1 - 1e-9:
        return f"over {99 if not digits else 99.9}{NBSP}%"
    return f"{part * 100:.{digits}f}{NBSP}%".replace("-", "\N{MINUS SIGN}")


def listed(words: Sequence[str], most: int = 4) -> str:
    """Return words as a list, the first of them and how many more there are.

    >>> listed(["a", "b"]), listed(list("abcdef"), 3)
    ('a and b', 'a, b and 4 more')
    """
    return plain.listed(plain.few(words, most)) if len(words) else ""


def few(names: Sequence[str], what: str, letters: int = 40) -> str:
    """Return names, or how many there are where they would take too much room.

    >>> few(["dtc", "amazon"], "channels"), few(["a name of some length"] * 4, "channels")
    ('amazon and dtc', '4 channels')
    """
    told = listed(sorted(names), len(names))
    return told if len(told) <= letters or len(names) == 1 else f"{len(names):,} {what}"
