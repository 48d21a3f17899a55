"""Phrases of pictures and pages: money, counts, shares, lists."""

from __future__ import annotations

import re
from collections.abc import Sequence

from allocopt import words as plain
from allocopt.report.columns import figure
from allocopt.words import many as many

NBSP = "\N{NO-BREAK SPACE}"
CENT = 0.005
"""What is less than that is no money."""
NOBODY = "Planning (nobody is named)"
"""Who has to see to what nobody is named for."""
NAMED = re.compile(r"`?\w+[._]\w")
"""How a text begins that names a table and its column."""
CENTS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+\.\d\d)(?![\d.])")
"""Amounts from a thousand on that are told to the cent."""


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


def typeset(text: str) -> str:
    r"""Return a text with its figures as tables have them: large amounts without cents, a minus as wide as a plus.

    >>> typeset("-1,433.50 USD, 10 % of it")
    '−1,434\xa0USD, 10\xa0% of it'
    """
    text = CENTS.sub(lambda found: f"{round(float(found[1].replace(',', ''))):,}", text)
    text = re.sub(r"(?<![\w-])-(?=\d)", "\N{MINUS SIGN}", text)
    text = re.sub(r"(?<=\d) ?%", f"{NBSP}%", text)
    return re.sub(r"(?<=\d) (?=[A-Z]{3}\b)", NBSP, text)


def sentence(text: str) -> str:
    r"""Return a text that begins with a capital and ends with a full stop; the name of a column stays as it is.

    >>> sentence("it ships"), sentence("`demand.priority` settles ties")
    ('It ships.', 'demand.priority settles ties.')
    """
    text = text.strip()
    if not NAMED.match(text):
        text = text[:1].upper() + text[1:]
    text = text.replace("`", "")
    return text if not text or text[-1] in ".?!" else f"{text}."


SPOKEN = tuple(
    (re.compile(said), meant)
    for said, meant in (
        (r"\brelease from (?=\d)", "open to all from period "),
        (r"\bof on_hand\b", "of on hand"),
        (r"\bfirm True\b", "firm orders"),
        (r"\bfirm False\b", "all but firm orders"),
        (r"\bholds True\b", "nothing before it is given"),
        (r"\b(penalty|units|revenue|value) (\d+)\.0\b", r"\1 \2"),
        (r",? \(", " ("),
    )
)
"""What stands in the words of clauses, and what a planner says instead."""


def ruled(text: str) -> str:
    r"""Return the words of a clause as a planner reads them: shares in per cent, periods called so, why at the end.

    >>> ruled("protect channel dtc, share 0.3, of on_hand, release from 5")
    'protect channel dtc, share 30\xa0%, of on hand, open to all from period 5'
    >>> ruled("service fill 0.9, channel dtc, firm True, penalty 10.0")
    'service fill 90\xa0%, channel dtc, firm orders, penalty 10'
    >>> ruled("retire channel shop, reason It loses money., owner Ann")
    'retire channel shop (it loses money), owner Ann'
    """
    share = re.compile(r"\b(share|fill|confidence) (0?\.\d+|1\.0)\b")
    text = share.sub(lambda found: f"{found[1]} {100 * float(found[2]):.4g}{NBSP}%", text)
    text = re.sub(r"\breason (\w)([^\n]*?)\.?(?=, owner |$)", lambda found: f"({found[1].lower()}{found[2]})", text)
    for said, meant in SPOKEN:
        text = said.sub(meant, text)
    return text


def told(text: str) -> str:
    """Return what the library says as a sentence with the figures of a page."""
    return typeset(sentence(text))
