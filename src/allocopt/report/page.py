"""A page: one file that needs no network and no script, for a screen, a telephone and a sheet of paper."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from allocopt.report.columns import View, view
from allocopt.report.words import many

if TYPE_CHECKING:
    import jinja2
    import pandas as pd

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
class Question:
    """A question that is asked first, its answer, and the section that says more of it."""

    question: str
    said: str
    key: str


@dataclass(frozen=True)
class Words:
    """Paragraphs, or the items of a list."""

    kind: Literal["text", "list"]
    said: Sequence[str]


@dataclass(frozen=True)
class Terms:
    """Names, and what there is to say of each."""

    said: Sequence[tuple[str, str]]
    kind: Literal["terms"] = "terms"


@dataclass(frozen=True)
class Chore:
    """What somebody can do, if that is known, the first matters that ask for it, and how many more there are."""

    do: str
    matters: Sequence[str]
    more: str = ""


@dataclass(frozen=True)
class Owner:
    """What one person has to decide."""

    name: str
    told: str
    tasks: Sequence[Chore]
    kind: Literal["owner"] = "owner"

    @property
    def more(self) -> bool:
        """Whether there are matters that are not told in full."""
        return any(task.more for task in self.tasks)


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


Block = Words | Terms | Owner | TableBlock | Drawn


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
    answers : sequence of Question
        To what is asked first.
    sections : sequence of Section
    origin : sequence of (str, str)
        Where it comes from: what, and which.
    """

    what: str
    title: str
    lead: Sequence[str]
    cards: Sequence[Card] = ()
    answers: Sequence[Question] = ()
    sections: Sequence[Section] = ()
    origin: Sequence[tuple[str, str]] = field(default_factory=tuple)


def opened(
    frame: pd.DataFrame, key: str, caption: str, what: tuple[str, str], *, most: int = FIRST, **looks: Any
) -> list[Block]:
    """Return the first rows of a table under a caption, and all of them behind a summary where there are more.

    Parameters
    ----------
    frame : DataFrame
    key, caption : str
    what : (str, str)
        What a row is, one and more.
    most : int
        Rows that stand open.
    **looks
        How it is shown; see `allocopt.report.columns.view`.
    """
    if not len(frame):
        return []
    first: list[Block] = [TableBlock(view(frame, key, caption, most=most, **looks))]
    return [*first, *folded(frame, f"{key}-all", what, **looks)] if len(frame) > most else first


def folded(frame: pd.DataFrame, key: str, what: tuple[str, str], **looks: Any) -> list[Block]:
    """Return a table behind a summary that says how many rows it has; see `opened`."""
    rows = len(frame)
    if not rows:
        return []
    told = f"All {many(rows, *what)}" if 1 < rows <= ROWS else many(rows, *what)
    summary = told if rows <= ROWS else f"The first {ROWS:,} of {told}"
    note = f"{many(rows - ROWS, 'more row is', 'more rows are')} in the workbook." if rows > ROWS else ""
    return [TableBlock(view(frame, key, summary, most=ROWS, note=note, **looks), folded=True)]


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
