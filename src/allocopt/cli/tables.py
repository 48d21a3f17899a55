"""How tables, amounts and lines of text look on a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table


def print_line(console: Console, text: str, *, style: str | None = None) -> None:
    """Print a text as it stands; the terminal folds what is too long."""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


def titled(title: str | None = None, **how: Any) -> Table:
    """Return an empty table, with its title to the left."""
    look: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "pad_edge": False}
    return Table(title=title, box=SIMPLE_HEAD, **({"collapse_padding": True} | look | how))


def table_of(title: str | None, left: Sequence[str], right: Sequence[str], **words: Any) -> Table:
    """Return an empty table with columns of words, which may look otherwise, and then of numbers."""
    made = titled(title)
    for name in left:
        made.add_column(name, **({"no_wrap": True} | words))
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def plain(text: object) -> str:
    """Return a text in which rich sees no markup."""
    return str(text).replace("[", "\\[")


def amount(value: float | None) -> str:
    """Return a number without decimals; nothing where there is none."""
    return "" if value is None or math.isnan(value) else f"{value:,.0f}"


def percent(share: float) -> str:
    """Return a share; nothing where there is none."""
    return "" if math.isnan(share) else f"{share:.1%}"
