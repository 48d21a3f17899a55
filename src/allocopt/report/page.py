"""A page: one file that needs no network and no script, for a screen, a telephone and a sheet of paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from allocopt.report.columns import View

if TYPE_CHECKING:
    import jinja2

    from allocopt.report.pictures.style import Picture

FIRST = 12
"""Rows that stand open; of longer tables, all rows shown stand behind a summary to click on."""
ROWS = 500
"""Rows of one table on a page at most; the workbook has them all."""


@dataclass(frozen=True)
class Card:
    """One of the large numbers: what it is, how much, and how that stands to the baseline."""

    what: str
    amount: str
    beside: str = ""
    against: str = ""
    good: bool | None = None


@dataclass(frozen=True)
class Words:
    """Paragraphs, or the items of a list."""

    kind: Literal["text", "list"]
    said: Sequence[str]


@dataclass(frozen=True)
class Owner:
    """What one person has to decide: the first matters in full, and how many more there are."""

    name: str
    told: str
    matters: Sequence[tuple[str, str, str]]
    """Sentence, what would help, money."""
    more: str = ""
    kind: Literal["owner"] = "owner"


@dataclass(frozen=True)
class TableBlock:
    """A table that stands open, or behind a summary."""

    view: View
    folded: bool = False
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Drawn:
    """A picture, drawn for a screen and for a telephone."""

    title: str
    wide: str
    narrow: str
    kind: Literal["picture"] = "picture"


Block = Words | Owner | TableBlock | Drawn


@dataclass(frozen=True)
class Section:
    """A part of the page with a heading, a sentence that says what it says, and blocks."""

    key: str
    heading: str
    lead: str
    blocks: Sequence[Block] = ()

    def in_currency(self, currency: str) -> Section:
        """Return the section with the unit of money in the headings of its tables."""
        blocks = [
            replace(block, view=block.view.in_currency(currency)) if isinstance(block, TableBlock) else block
            for block in self.blocks
        ]
        return replace(self, blocks=blocks)


@dataclass(frozen=True)
class Page:
    """What a page says, before it is written down.

    Attributes
    ----------
    what : str
        What it is about, above the title.
    title : str
        The verdict in a sentence.
    lead : sequence of str
        Paragraphs below it.
    cards : sequence of Card
    sections : sequence of Section
    origin : sequence of (str, str)
        Where it comes from: what, and which.
    """

    what: str
    title: str
    lead: Sequence[str]
    cards: Sequence[Card] = ()
    sections: Sequence[Section] = ()
    origin: Sequence[tuple[str, str]] = field(default_factory=tuple)


def tables(view: View, whole: View | None = None) -> list[Block]:
    """Return a table: its first rows open, and all of `whole` behind a summary where that has more."""
    found: list[Block] = [TableBlock(view)] if view.rows else []
    if whole is not None and whole.rows > view.rows:
        found.append(TableBlock(whole, folded=True))
    return found


def both(key: str, draw: Callable[..., Picture]) -> Drawn:
    """Return a picture for a screen and for a telephone.

    Parameters
    ----------
    key : str
        A name of its own on the page.
    draw : callable
        A method of `plan.plot` and the like.
    """
    wide, narrow = (draw(form=form, titled=False) for form in ("wide", "narrow"))
    return Drawn(wide.title, wide.svg(inline=True, key=f"{key}-w"), narrow.svg(inline=True, key=f"{key}-n"))


def write_page(page: Page, path: Path) -> None:
    """Write a page: whole or not at all."""
    from allocopt.plan.files import write_text

    write_text(path, rendered(page))


def rendered(page: Page) -> str:
    """Return a page as HTML: everything that people wrote is escaped."""
    script, style = _asset("page.js"), _asset("page.css")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text: str = _environment().get_template("page.html").render(page=page, script=script, style=style, digest=digest)
    return text


@cache
def _asset(name: str) -> str:
    return (resources.files("allocopt.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
