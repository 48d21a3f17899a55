"""The curve of a protection: what each level is worth more than none, between what it certainly lies, and the best."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from matplotlib.axes import Axes

from allocopt.report.pictures.bars import round_steps, short
from allocopt.report.pictures.style import (
    AMBER,
    BLUE,
    INK,
    LINE,
    MUTED,
    PAGE,
    SKY,
    SMALL,
    WIDTH,
    Form,
    Picture,
    blank,
    breadth,
    drawn,
    fitted,
    picture,
    wrapped,
)
from allocopt.report.words import money, share

TALL = 230.0
"""Height of the plane [pt]."""
PlaceOf = Callable[[float], float]


@drawn
def protection(
    frame: pd.DataFrame, channel: str, best: float, currency: str, *, form: Form = "wide", titled: bool = True
) -> Picture:
    """Return what protecting each share for a channel is worth more than protecting nothing.

    Parameters
    ----------
    frame : DataFrame
        A row a level: columns share, units, gain, low, high and in_contract.
    channel : str
    best : float
        The share that is worth most; nan: no level has a plan.
    currency : str
    form : {"wide", "narrow"}
    titled : bool
    """
    known = frame.dropna(subset=["gain"]).sort_values("share", kind="stable")
    width = WIDTH[form] * 72
    foot = _without(frame, width - 4)
    height = TALL + 14 * len(foot)
    figure, part = picture(*said(known, channel, best, currency), form, height, titled=titled)
    axes = blank(figure, height)
    axes.set_position((0, 0, 1, part))
    bottom, top = TALL - 36, 22.0
    low, high = min([0.0, *known["low"], *known["gain"]]), max([0.0, *known["high"], *known["gain"]])
    low, high = (low, high) if high - low > 1e-9 else (low, low + 1.0)
    marks = round_steps(low, high, 5)
    left = max(breadth(short(mark), SMALL) for mark in marks) + 10
    y: PlaceOf = lambda amount: bottom - (amount - low) / (high - low) * (bottom - top - 14)  # noqa: E731
    x: PlaceOf = lambda part: left + 8 + part * (width - left - 24)  # noqa: E731
    axes.text(
        0, 9, fitted(f"worth more than no protection [{currency or 'money'}]", width, SMALL), size=SMALL, color=MUTED
    )
    for mark in marks:
        axes.plot([left, width - 2], [y(mark)] * 2, color=INK if not mark else LINE, lw=0.8, zorder=0)
        axes.text(left - 5, y(mark), short(mark), size=SMALL, color=MUTED, ha="right", va="center_baseline")
    _levels(axes, x, bottom + 13, form)
    measure = fitted(f"share protected for {channel}", width - 8, SMALL)
    axes.text(width - 2, bottom + 28, measure, size=SMALL, color=MUTED, ha="right", va="baseline")
    _curve(axes, known, x, y)
    _marked(axes, known, best, (x, y), currency, width)
    for place, words in enumerate(foot):
        axes.text(0, TALL + 14 * place + 6, words, size=SMALL, color=MUTED, va="baseline")
    return figure


def said(known: pd.DataFrame, channel: str, best: float, currency: str) -> tuple[str, str]:
    """Return the finding, and what is drawn."""
    words = f"What protecting a share for {channel} is worth more than protecting nothing, and between what that lies."
    if not len(known):
        return f"No level of protection for {channel} has a plan.", words
    told = "; ".join(
        f"{share(row['share'])}: {money(row['gain'], currency, signed=True)}" for row in known.to_dict("records")
    )
    words = f"{words} {told}."
    row = known.loc[known["share"] == best].iloc[0]
    if best == 0 or row["gain"] < 0.005:
        last = known.sort_values("gain", kind="stable").iloc[0]
        title = f"No protection for {channel} is worth more than none"
        dear = f"; {share(last['share'])} would cost most, {money(-last['gain'], currency)}"
        return f"{title}{dear if last['gain'] < -0.005 else ''}.", words
    title = f"Protecting {share(best)} for {channel} is worth most: {money(row['gain'], currency)} more than none"
    return f"{title}{'' if row['low'] > 0 else ', which may be chance'}.", words


def _levels(axes: Axes, x: PlaceOf, top: float, form: Form) -> None:
    for level in range(0, 101, 10 if form == "wide" else 25):
        axes.text(x(level / 100), top, share(level / 100), size=SMALL, color=MUTED, ha="center", va="baseline")


def _curve(axes: Axes, known: pd.DataFrame, x: PlaceOf, y: PlaceOf) -> None:
    """Draw the curve, and between what it lies where that is not known for certain."""
    places = [x(value) for value in known["share"]]
    lows, highs = ([y(value) for value in known[name].fillna(known["gain"])] for name in ("low", "high"))
    axes.fill_between(places, lows, highs, color=SKY, alpha=0.4, lw=0, zorder=1)
    axes.plot(places, [y(value) for value in known["gain"]], color=BLUE, lw=1.8, zorder=2)
    if len(places) <= 31:
        axes.plot(places, [y(value) for value in known["gain"]], "o", color=BLUE, ms=4, zorder=3)


def _marked(
    axes: Axes, known: pd.DataFrame, best: float, place: tuple[PlaceOf, PlaceOf], currency: str, width: float
) -> None:
    """Mark the best level above the curve, and the level of the contract below the axis of money."""
    x, y = place
    for row in known.to_dict("records"):
        if row["in_contract"]:
            axes.plot([x(row["share"])], [y(row["gain"])], "D", mfc=PAGE, mec=AMBER, mew=1.6, ms=8, zorder=4)
    at_best = known[known["share"] == best].to_dict("records")
    if not at_best:
        return
    row = at_best[0]
    axes.plot([x(best)], [y(row["gain"])], "o", color=INK, ms=7, zorder=5)
    words = f"{share(best)}: {money(row['gain'], currency, signed=True)}"
    at = x(best)
    room = breadth(words, bold=True)
    side = "left" if at < room / 2 + 4 else "right" if at > width - room / 2 - 4 else "center"
    level = min(y(row["gain"]), y(row["high"]))
    axes.text(at, level - 7, words, weight="bold", color=INK, ha=side, va="baseline", zorder=6)


def _without(frame: pd.DataFrame, width: float) -> list[str]:
    """Return what there is to say of marks and of levels without a plan."""
    found = ["Shade: between what it may lie." if (frame["high"] - frame["low"] > 0.005).any() else ""]
    if frame["in_contract"].any():
        found.append("Diamond: what the contract says.")
    gone = frame.loc[frame["gain"].isna(), "share"]
    if len(gone):
        found.append(f"No plan at {', '.join(share(value) for value in gone)}.")
    return wrapped(" ".join(filter(None, found)), width, SMALL)
