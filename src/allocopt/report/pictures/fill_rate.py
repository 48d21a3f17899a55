"""How full each channel, node, region or article is in each period: white is full, the darker the emptier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from allocopt.report.columns import day
from allocopt.report.pictures.style import (
    INK,
    LINE,
    MUTED,
    ON_DARK,
    SMALL,
    STEPS,
    WIDTH,
    Form,
    Picture,
    blank,
    breadth,
    drawn,
    labels,
    picture,
)
from allocopt.report.reasons import KEYS
from allocopt.report.words import share, units

By = Literal["channel", "node", "region", "sku"]
LIMITS = (1 - 1e-9, 0.9, 0.75, 0.5, 0.25)
"""From full downwards: where the steps of colour begin."""
LEGEND = ("full", "90 % and more", "75 % and more", "50 % and more", "25 % and more", "less")
ROWS = 16
"""Rows shown; the last stands for the others."""
COLUMNS: dict[str, int] = {"wide": 26, "narrow": 9}
"""Columns shown at most; of more periods, several share one."""
NOBODY = "served by nobody"
WORDS = {"channel": "channel", "node": "node that serves", "region": "region", "sku": "article"}


@drawn
def fill_rate(
    allocation: pd.DataFrame, shortfalls: pd.DataFrame, by: By = "channel", *, form: Form = "wide", titled: bool = True
) -> Picture:
    """Return the share of what is wanted that ships, by channel (or node, region, article) and period due.

    A line that several nodes serve counts for each by what it sends; lines that nobody serves have a row of their own.

    Parameters
    ----------
    allocation, shortfalls : DataFrame
        Of a plan.
    by : {"channel", "node", "region", "sku"}
    form : {"wide", "narrow"}
    titled : bool

    Raises
    ------
    ValueError
        If `by` is none of these.
    """
    if by not in get_args(By):
        raise ValueError(f"by must be one of {', '.join(map(repr, get_args(By)))}, not {by!r}")
    wanted, served = sums(allocation, shortfalls, by)
    dates = _dates(allocation, shortfalls)
    title, description = said(wanted, served, by, dates)
    names, wanted, served = _rows(wanted, served)
    heads, asked, got = _columns(wanted, served, COLUMNS[form], dates)
    height = 20.0 * max(len(names), 1) + 26 + (34 if form == "wide" else 62)
    figure, part = picture(title, description, form, height, titled=titled)
    axes = blank(figure, height)
    axes.set_position((0, 0, 1, part))
    _cells(axes, names, heads, np.divide(got, asked, out=np.full(asked.shape, np.nan), where=asked > 0), form)
    _legend(axes, form, height)
    return figure


def sums(allocation: pd.DataFrame, shortfalls: pd.DataFrame, by: By) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return units wanted and served, a row per name and a column per period."""
    shipped = allocation.copy()
    if "served" in shipped:
        shipped["units"] = shipped["served"]
    if "wanted_sku" in shipped:
        shipped["sku"] = shipped["wanted_sku"]
    line = [name for name in KEYS if name in shipped and name in shortfalls]
    short = shortfalls.groupby(line, sort=False)["units"].sum().reset_index()
    if by == "node":
        pieces = shipped.groupby([*line, "node"], sort=False)["units"].sum().reset_index()
        pieces["share"] = pieces["units"] / pieces.groupby(line, sort=False)["units"].transform("sum")
        short = short.merge(pieces[[*line, "node", "share"]], on=line, how="left")
        short["units"] = short["units"] * short["share"].fillna(1.0)
        short["node"] = short["node"].astype(object).where(short["node"].notna(), NOBODY)
    served = shipped.pivot_table(index=by, columns="due", values="units", aggfunc="sum", fill_value=0.0)
    missing = short.pivot_table(index=by, columns="due", values="units", aggfunc="sum", fill_value=0.0)
    index, columns = served.index.union(missing.index), served.columns.union(missing.columns)
    served, missing = (frame.reindex(index=index, columns=columns, fill_value=0.0) for frame in (served, missing))
    return served + missing, served


def said(wanted: pd.DataFrame, served: pd.DataFrame, by: str, dates: dict[int, str]) -> tuple[str, str]:
    """Return the finding, and what is drawn."""
    all_, got = float(wanted.to_numpy().sum()), float(served.to_numpy().sum())
    if not all_:
        return "Nothing is wanted.", "There is no demand to show."
    words = f"Share of wanted units that ship, by {WORDS[by]} and period due; strong colours: much is missing."
    rows = (wanted - served).sum(axis=1).sort_values(ascending=False, kind="stable")
    if rows.iloc[0] <= 1e-9:
        return "Everything that is wanted ships.", words
    title = f"{share(got / all_)} of what is wanted ships"
    if len(rows) > 1:
        first = rows.index[0]
        filled = served.loc[first].sum() / wanted.loc[first].sum()
        title += f"; most is missing for {first or 'no region'} ({units(rows.iloc[0])}, {share(filled)} filled)"
        if first == NOBODY:
            title = (
                f"{share(got / all_)} of what is wanted ships; {units(rows.iloc[0])} are of lines that nobody serves"
            )
    gaps = (wanted - served).sum(axis=0)
    if len(gaps) > 1:
        worst = int(wanted.columns[int(gaps.to_numpy().argmax())])
        title += f", and most in the period of {dates[worst]}" if worst in dates else f", and most in period {worst}"
    told = "; ".join(
        f"{name or 'no region'}: {share(served.loc[name].sum() / wanted.loc[name].sum())}" for name in rows.index[:ROWS]
    )
    return f"{title}.", f"{words} {told}."


def _rows(wanted: pd.DataFrame, served: pd.DataFrame) -> tuple[list[str], pd.DataFrame, pd.DataFrame]:
    """Return the rows with most missing, and one for the others."""
    order = (wanted - served).sum(axis=1).sort_values(ascending=False, kind="stable").index
    wanted, served = wanted.loc[order], served.loc[order]
    if len(order) <= ROWS:
        return [str(name) or "no region" for name in order], wanted, served
    names = [*(str(name) for name in order[: ROWS - 1]), f"{len(order) - ROWS + 1} others"]
    kept = [
        pd.concat([frame.iloc[: ROWS - 1], frame.iloc[ROWS - 1 :].sum(axis=0).to_frame().T], ignore_index=True)
        for frame in (wanted, served)
    ]
    return names, kept[0], kept[1]


def _dates(*frames: pd.DataFrame) -> dict[int, str]:
    """Return the day on which each period begins, where tables tell it."""
    found: dict[int, str] = {}
    for frame in frames:
        if "due_date" in frame:
            pairs = frame[["due", "due_date"]].drop_duplicates("due")
            found |= {int(period): day(date) for period, date in pairs.itertuples(index=False) if not pd.isna(date)}
    return found


def _columns(
    wanted: pd.DataFrame, served: pd.DataFrame, most: int, dates: dict[int, str]
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the heads of columns, and their sums; where there are too many periods, several in a row share one."""
    periods = [int(period) for period in wanted.columns]
    each = -(-len(periods) // most) if periods else 1
    groups = [periods[start : start + each] for start in range(0, len(periods), each)]
    heads = [dates[group[0]][5:] if group[0] in dates else str(group[0]) for group in groups]
    if each > 1 and not dates:
        heads = [f"{group[0]}\N{EN DASH}{group[-1]}" if len(group) > 1 else str(group[0]) for group in groups]
    sums = [
        np.stack([frame[group].to_numpy(np.float64).sum(axis=1) for group in groups], axis=1)
        if groups
        else np.zeros((len(frame), 0))
        for frame in (wanted, served)
    ]
    return heads, sums[0], sums[1]


def _cells(axes: Axes, names: Sequence[str], heads: Sequence[str], filled: np.ndarray, form: Form) -> None:
    """Draw the names, the heads and the cells."""
    width = WIDTH[form] * 72
    left = min(max((breadth(name) for name in names), default=0.0), width * 0.32) + 12
    cell = (width - left - 2) / max(len(heads), 1)
    widest = max((breadth(head, SMALL) for head in heads), default=1.0)
    every = max(int(np.ceil((widest + 6) / cell)), 1)
    for place, head in enumerate(heads):
        if place % every == 0 and (every == 1 or left + cell * place + breadth(head, SMALL) < width):
            x, side = (left + cell * (place + 0.5), "center") if every == 1 else (left + cell * place + 1, "left")
            axes.text(x, 10, head, size=SMALL, color=MUTED, va="baseline", ha=side)
    for row, name in enumerate(labels(names, left - 10)):
        top = 16 + 20.0 * row
        axes.text(left - 8, top + 10, name, ha="right", va="center_baseline", color=INK)
        for place, value in enumerate(filled[row]):
            if np.isnan(value):
                continue
            step = _step(float(value))
            shape = Rectangle((left + cell * place + 0.5, top + 0.5), cell - 1, 19, fc=STEPS[step], ec=LINE, lw=0.6)
            axes.add_patch(shape)
            text = f"{np.floor(value * 100 + 1e-9):.0f}"
            if cell >= breadth("100", SMALL):
                colour = MUTED if step == 0 else ON_DARK if step >= 4 else INK
                where = (left + cell * (place + 0.5), top + 10)
                axes.text(*where, text, size=SMALL, color=colour, ha="center", va="center_baseline")


def _step(value: float) -> int:
    return next((place for place, limit in enumerate(LIMITS) if value >= limit), len(LIMITS))


def _legend(axes: Axes, form: Form, height: float) -> None:
    """Draw what the colours mean, and what the columns are."""
    rows = 1 if form == "wide" else 3
    each = -(-len(LEGEND) // rows)
    broad = 118.0 if form == "wide" else WIDTH[form] * 36
    top = height - 14 * rows - 14
    for place, words in enumerate(LEGEND):
        x, y = broad * (place % each), top + 14 * (place // each)
        axes.add_patch(Rectangle((x + 0.5, y), 14, 9, fc=STEPS[place], ec=LINE, lw=0.6))
        axes.text(x + 19, y + 8, words, size=SMALL, color=MUTED, va="baseline")
    said = (
        "% of units wanted, by period due (blank: none wanted)"
        if form == "wide"
        else "% of units wanted, by period due"
    )
    axes.text(0, height - 4, said, size=SMALL, color=MUTED, va="baseline")
