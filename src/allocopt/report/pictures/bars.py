"""Bars that lie: one amount a row, and waterfalls that add up to a sum; long names have room at their left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from matplotlib.patches import Rectangle

from allocopt.report.pictures.style import (
    GAIN,
    INK,
    LINE,
    LOSS,
    MUTED,
    SMALL,
    TOTAL,
    WIDTH,
    Form,
    Picture,
    blank,
    breadth,
    drawn,
    fitted,
    labels,
    picture,
)

ROW = {"wide": 21.0, "narrow": 34.0}
"""Height of a row [pt]: on a telephone the name stands above its bar."""
AXIS = 30.0
"""Height of the axis and of what it measures [pt]."""


@dataclass(frozen=True)
class Bar:
    """One row.

    Attributes
    ----------
    name : str
    amount : float
    said : str
        The amount in words, beside the bar.
    kind : {"step", "sum", "mark"}
        A step is added to those before it; a sum begins at zero; a mark is a sum that stands out.
    low, high : float or None
        Between what the amount lies, as a thin line.
    """

    name: str
    amount: float
    said: str
    kind: Literal["step", "sum", "mark"] = "sum"
    low: float | None = None
    high: float | None = None


def ends(bars: Sequence[Bar]) -> list[tuple[float, float]]:
    """Return where each bar begins and ends: steps at the end of the one before, sums at zero."""
    found: list[tuple[float, float]] = []
    level = 0.0
    for bar in bars:
        start = level if bar.kind == "step" else 0.0
        level = start + bar.amount
        found.append((start, level))
    return found


def round_steps(low: float, high: float, most: int) -> list[float]:
    """Return round numbers from one to another, about so many."""
    if high <= low:
        return [low]
    rough = (high - low) / max(most, 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [step * place for place in range(first, math.floor(high / step + 1e-9) + 1)]


def short(amount: float) -> str:
    r"""Return a number of an axis.

    >>> short(0.0), short(1500000.0), short(-20000.0), short(0.25)
    ('0', '1.5\xa0m', '−20\xa0k', '0.25')
    """
    size = abs(amount)
    for least, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if size >= least:
            return f"{amount / least:g}\N{NO-BREAK SPACE}{unit}".replace("-", "\N{MINUS SIGN}")
    return f"{amount:.4g}".replace("-", "\N{MINUS SIGN}")


@drawn
def bars(
    title: str, description: str, rows: Sequence[Bar], measure: str, *, form: Form = "wide", titled: bool = True
) -> Picture:
    """Return rows of bars.

    Parameters
    ----------
    title, description : str
    rows : sequence of Bar
    measure : str
        What the axis measures, with its unit.
    form : {"wide", "narrow"}
    titled : bool
    """
    row, width = ROW[form], WIDTH[form] * 72
    height = row * max(len(rows), 1) + AXIS + 6
    figure, share = picture(title, description, form, height, titled=titled)
    axes = blank(figure, height)
    figure.axes[0].set_position((0, 0, 1, share))
    places = ends(rows)
    names = (
        0.0
        if form == "narrow"
        else min(max((breadth(bar.name, bold=bar.kind == "mark") for bar in rows), default=0.0), 250.0) + 12
    )
    said = max((breadth(bar.said, SMALL, bold=bar.kind != "step") for bar in rows), default=0.0) + 8
    low = min([0.0, *(min(place) for place in places), *(bar.low for bar in rows if bar.low is not None)])
    high = max([0.0, *(max(place) for place in places), *(bar.high for bar in rows if bar.high is not None)])
    reach = (high - low) or 1.0
    left = names + 4
    room = max(width - left - said - 4, 40.0)

    def at(amount: float) -> float:
        return left + (amount - low) / reach * room

    bottom = row * len(rows) + 4
    for value in round_steps(low, high, 6 if form == "wide" else 3):
        axes.plot([at(value)] * 2, [2, bottom], color=LINE, lw=0.8 if value else 1.2, zorder=0)
        axes.text(at(value), bottom + 3, short(value), size=SMALL, color=MUTED, ha=_side(at(value), width), va="top")
    axes.text(width - 2, bottom + 16, fitted(measure, width - 8, SMALL), size=SMALL, color=MUTED, ha="right", va="top")
    told = labels([bar.name for bar in rows], width - 8 if form == "narrow" else names - 12)
    for place, (bar, (start, end)) in enumerate(zip(rows, places, strict=True)):
        _row(axes, replace(bar, name=told[place]), at(start), at(end), row * place + 2, form, names, at)
    return figure


def _side(place: float, width: float) -> str:
    """Return on which side of its place a number of the axis stands."""
    return "left" if place < 18 else "right" if place > width - 18 else "center"


def _row(axes, bar, start, end, top, form, names, scale) -> None:  # type: ignore[no-untyped-def]
    """Draw one row: name, bar, range, and the amount in words where there is room."""
    at = scale
    thick = 13.0
    above = top + (15 if form == "narrow" else (ROW["wide"] - thick) / 2 - 1)
    middle = above + thick / 2
    strong = bar.kind != "step"
    weight = "bold" if strong and bar.kind == "mark" else "normal"
    if form == "narrow":
        axes.text(2, top + 12, bar.name, va="baseline", weight=weight)
    else:
        axes.text(names - 8, middle, bar.name, ha="right", va="center_baseline", weight=weight)
    colour = TOTAL if bar.kind == "mark" else GAIN if bar.amount >= 0 else LOSS
    axes.add_patch(Rectangle((min(start, end), above), max(abs(end - start), 0.8), thick, fc=colour, lw=0, zorder=2))
    edge = max(start, end)
    if bar.low is not None and bar.high is not None and bar.high > bar.low:
        axes.plot([at(bar.low), at(bar.high)], [middle] * 2, color=INK, lw=1.4, zorder=3)
        for limit in (bar.low, bar.high):
            axes.plot([at(limit)] * 2, [middle - 3, middle + 3], color=INK, lw=1.4, zorder=3)
        edge = max(edge, at(bar.high))
    axes.text(edge + 5, middle, bar.said, size=SMALL, va="center_baseline", zorder=4)


def rest_of(rows: Sequence[Bar], most: int, words: str, say, *, by_size: bool = True) -> list[Bar]:  # type: ignore[no-untyped-def]
    """Return the largest rows, and one for all others where there are more.

    Parameters
    ----------
    rows : sequence of Bar
    most : int
    words : str
        What the others are, in the plural.
    say : callable
        Says an amount in words.
    by_size : bool
        Whether the largest are kept; else the first.
    """
    if len(rows) <= most:
        return list(rows)
    order = sorted(range(len(rows)), key=lambda place: -abs(rows[place].amount)) if by_size else list(range(len(rows)))
    kept = set(order[: most - 1])
    others = sum(row.amount for place, row in enumerate(rows) if place not in kept)
    last = Bar(f"{len(rows) - most + 1:,} other {words}", others, say(others), rows[order[-1]].kind)
    return [*(row for place, row in enumerate(rows) if place in kept), last]
