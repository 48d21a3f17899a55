"""Sentences of the library in the words of a planner: no name of a column, a preset or a kind is read on a page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Any

from allocopt.contracts.presets import PRESETS, WITH_ARGUMENTS
from allocopt.problem.schema import TABLES
from allocopt.report.headings import HEADINGS
from allocopt.rules.kit.shortage import CODES

NBSP = "\N{NO-BREAK SPACE}"
COLUMN_WORDS = {
    "priority": "rank",
    "end_value": "end value",
    "min_units": "committed units",
    "min_ship": "least shipment",
    "max_early": "most periods early",
    "max_late": "most periods late",
    "min_life": "least life left",
    "kind": "kind",
    "order": "order",
    "reference": "reference",
    "available": "first period",
    "due": "due",
    "emsr_a": "EMSR-a",
    "emsr_b": "EMSR-b",
}
"""Columns of the tables whose names are no words for a planner, or which a table that is shown calls otherwise."""
SPOKEN = (
    (re.compile(r"\brelease from (?=\d)"), "open to all from period "),
    (re.compile(r"\bof on_hand\b"), "of on hand"),
    (re.compile(r"\bfirm True\b"), "firm orders"),
    (re.compile(r"\bfirm False\b"), "all but firm orders"),
    (re.compile(r"\bholds True\b"), "nothing before it is given"),
    (re.compile(r"(?<=, )sku (?=\w)"), "article "),
    (re.compile(r"\b(penalty|units|revenue|value) (\d+)\.0\b"), r"\1 \2"),
)
"""What stands in the words of clauses, wherever these are told, and what a planner says instead."""
NAME = re.compile(r"[a-z][_.][a-z]|\(\)|`")
"""What stands in every text that has a name of ours in it."""
TICKED = re.compile(r"`([\w .,<>=-]+)`")
"""What the library sets apart as code; a tick in a name that somebody gave stays."""
CENTS = re.compile(r"(?<![\d.,])(\d{1,3}(?:,\d{3})+\.\d\d)(?![\d.])")
"""Amounts from a thousand on that are told to the cent."""
WHY = re.compile(r"\breason (\w)([^\n]*?)\.?(?=, owner |$)")
"""Why a clause is there, at the end of its words."""
TAKEN = re.compile(r"\brecapture (?:0?\.\d+ to [^,(]+(?:, )?)+")
PART = re.compile(r"(?<=recapture )0?\.\d+(?= to )|(?<=, )0?\.\d+(?= to )")
"""Shares of demand that others take over, and where each of them stands."""
SHARES = re.compile(r"\b(share|fill|confidence) (0?\.\d+|1\.0)\b")
"""Shares in the words of clauses."""


def plainly(text: str) -> str:
    r"""Return a sentence in which no name of ours is left: columns, presets and kinds are told in words.

    Only our own names change; identifiers of the business are opaque, and stay.

    >>> plainly("`demand.priority` settles ties. by_priority() serves rank after rank, eu_shop first")
    'Rank settles ties. The ready-made contract "by priority" serves rank after rank, eu_shop first'
    >>> plainly("2 lots without an `end_value`; protect channel dtc, share 0.3, of on_hand, release from 5")
    '2 lots without an end value; protect channel dtc, share 30\xa0%, of on hand, open to all from period 5'
    """
    if NAME.search(text):
        text = TICKED.sub(r"\1", _ours().sub(_word, text))
    text = TAKEN.sub(lambda found: PART.sub(_share, found[0]), text)
    text = SHARES.sub(lambda found: f"{found[1]} {_share(found, 2)}", text)
    for said, meant in SPOKEN:
        text = said.sub(meant, text)
    return text


def _share(found: re.Match[str], group: int = 0) -> str:
    """Return a share in per cent."""
    return f"{100 * float(found[group]):.4g}{NBSP}%"


def _word(found: re.Match[str]) -> str:
    """Return what stands for a name of ours, with a capital where a sentence begins."""
    if found["preset"]:
        word = f'the ready-made contract "{found["preset"].replace("_", " ")}"'
    else:
        name = found["column"] or found["name"]
        word = COLUMN_WORDS.get(name) or HEADINGS.get(name) or name.replace("_", " ")
    before = found.string[: found.start()].rstrip("` ")
    return word[:1].upper() + word[1:] if not before or before[-1] in ".?!:" else word


@cache
def _ours() -> re.Pattern[str]:
    """Return what finds a name of ours: a table with its column, a preset that is called, a name of several words."""
    columns = {column.name for table in TABLES.values() for column in table.columns}
    kinds = {choice for table in TABLES.values() for column in table.columns for choice in column.choices}
    agreed = json.loads((resources.files("allocopt.contracts") / "contract.schema.json").read_text(encoding="utf-8"))
    names = {*columns, *kinds, *HEADINGS, *CODES, *WITH_ARGUMENTS, *_named(agreed)}
    names = {name for name in names if "_" in name}
    tables, any_column, presets, several = (
        "|".join(sorted(some, key=lambda name: (-len(name), name)))
        for some in (TABLES, columns, {*PRESETS, *WITH_ARGUMENTS}, names)
    )
    return re.compile(
        rf"\b(?:(?:{tables})\.(?P<column>{any_column})\b|(?P<preset>{presets})\(\)|(?P<name>{several})\b(?!\())"
    )


def _named(schema: Any) -> Iterator[str]:
    """Yield the keys and choices that a schema knows."""
    if isinstance(schema, list):
        for part in schema:
            yield from _named(part)
    elif isinstance(schema, dict):
        choices = [*schema.get("enum", []), schema.get("const")]
        yield from (choice for choice in choices if isinstance(choice, str))
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from _named(part)


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
    """Return a text that begins with a capital and ends with a full stop.

    >>> sentence("it ships"), sentence("")
    ('It ships.', '')
    """
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text[-1] in ".?!" else f"{text}."


def ruled(text: str) -> str:
    r"""Return the words of a clause as a planner reads them: shares in per cent, periods called so, why at the end.

    >>> ruled("protect channel dtc, share 0.3, of on_hand, release from 5")
    'protect channel dtc, share 30\xa0%, of on hand, open to all from period 5'
    >>> ruled("service fill 0.9, channel dtc, firm True, penalty 10.0")
    'service fill 90\xa0%, channel dtc, firm orders, penalty 10'
    >>> ruled("retire channel shop, recapture 0.4 to dtc, 0.05 to amazon").replace(NBSP, " ")
    'retire channel shop, recapture 40 % to dtc, 5 % to amazon'
    >>> ruled("retire channel shop, reason It loses money., owner Ann")
    'retire channel shop (it loses money), owner Ann'
    """
    text = WHY.sub(lambda found: f"({found[1].lower()}{found[2]})", text)
    return re.sub(r",? \(", " (", plainly(text))


def told(text: str) -> str:
    """Return what the library says as a sentence with the words and figures of a page."""
    return typeset(sentence(plainly(text)))
