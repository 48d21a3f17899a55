"""Where stock goes: kind of lot, node, channel, as bands as wide as the units; what is left is an end of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from allocopt.report.pictures.style import (
    AMBER,
    BLUE,
    GREY,
    INK,
    MUTED,
    SIZE,
    SKY,
    SMALL,
    TOTAL,
    WIDTH,
    Form,
    Picture,
    blank,
    drawn,
    fitted,
    labels,
    picture,
)
from allocopt.report.words import many, share, units

KIND_WORDS = {"on_hand": "on hand", "inbound": "inbound", "safety": "safety stock", "returns": "returns"}
COLOURS = {"on_hand": BLUE, "inbound": SKY, "safety": AMBER, "returns": TOTAL}
LEFT = "\0left"
"""The end of what is not shipped: no name that somebody gives."""
LEFT_WORDS = "left over"
MOST = 8
"""Nodes and channels shown; the last stands for the others."""
LINE_HEIGHT = 11.5


@dataclass
class Stop:
    """A kind, node, channel or end: where it stands, and how many units pass."""

    name: str
    units: float
    top: float = 0.0
    height: float = 0.0
    used_in: float = 0.0
    used_out: float = 0.0


@drawn
def flow(allocation: pd.DataFrame, stock: pd.DataFrame | None, *, form: Form = "wide", titled: bool = True) -> Picture:
    """Return how many units go from which kind of lot through which node to which channel.

    Parameters
    ----------
    allocation : DataFrame
        With columns kind, node, channel and units.
    stock : DataFrame or None
        With columns kind, node and left: what is not shipped is an end of its own.
    form : {"wide", "narrow"}
    titled : bool
    """
    moved = _moved(allocation, stock)
    title, description = said(moved)
    bands = [
        moved.groupby(pair, sort=False)["units"].sum().reset_index() for pair in (["kind", "node"], ["node", "to"])
    ]
    columns = [_stops(moved, name) for name in ("kind", "node", "to")]
    tall = 300.0 if form == "wide" else 330.0
    least = LINE_HEIGHT * 2 + 3
    scale, height = _placed(columns, tall, least)
    figure, part = picture(title, description, form, height, titled=titled)
    axes = blank(figure, height)
    axes.set_position((0, 0, 1, part))
    width, bar = WIDTH[form] * 72, 9.0
    places = (0.0, width * (0.44 if form == "wide" else 0.40), width - bar)
    for name, x, ha in zip(
        ("kind of stock", "node", "channel"), (*places[:2], width), ("left", "left", "right"), strict=True
    ):
        axes.text(x, 9, name, size=SMALL, color=MUTED, ha=ha, va="baseline")
    for number, band in enumerate(bands):
        _bands(axes, band, columns[number], columns[number + 1], (places[number] + bar, places[number + 1]), scale)
    room = ((places[1] - bar - 12), (width - places[1] - 2 * bar) * 0.5 - 8, (width - places[1] - 2 * bar) * 0.5 - 8)
    for number, stops in enumerate(columns):
        for stop, name in zip(stops, labels(_names(stops), room[number]), strict=True):
            _stop(axes, stop, name, (places[number], bar, room[number]), last=number == 2, coloured=number == 0)
    return figure


def said(moved: pd.DataFrame) -> tuple[str, str]:
    """Return the finding, and what is drawn."""
    total = float(moved["units"].sum())
    if not total:
        return "Nothing ships, and nothing is left.", "There are no units to show."
    ends = moved.groupby("to")["units"].sum().sort_values(ascending=False, kind="stable")
    left = float(ends.get(LEFT, 0.0))
    sold = ends.drop(LEFT, errors="ignore")
    source = moved[moved["to"] != LEFT].groupby("node")["units"].sum().sort_values(ascending=False, kind="stable")
    shipped = total - left
    if not len(sold):
        return f"Nothing ships: {units(left)} are left at the end.", "All stock stays where it is."
    most = f"most of them to {sold.index[0]} ({share(sold.iloc[0] / shipped)})"
    title = f"{units(shipped)} ship, {most if len(sold) > 1 else f'all of them to {sold.index[0]}'}"
    if len(source) > 1:
        title += f"; {source.index[0]} sends most ({share(source.iloc[0] / shipped)})"
    if left:
        title += f"; {units(left)} are left at the end"
    told = "; ".join(
        f"{LEFT_WORDS if name == LEFT else name}: {units(amount)}" for name, amount in ends.head(MOST).items()
    )
    kinds, nodes = many(moved["kind"].nunique(), "kind"), many(moved["node"].nunique(), "node")
    return f"{title}.", f"Units from {kinds} of stock through {nodes}. {told}."


def _moved(allocation: pd.DataFrame, stock: pd.DataFrame | None) -> pd.DataFrame:
    """Return units by kind, node and where to, with few names each."""
    parts = [allocation[["kind", "node", "channel", "units"]].rename(columns={"channel": "to"})]
    if stock is not None and len(stock):
        left = stock.loc[stock["left"] > 0, ["kind", "node", "left"]].rename(columns={"left": "units"})
        parts.append(left.assign(to=LEFT))
    moved = pd.concat(
        [part.astype({"kind": object, "node": object, "to": object}) for part in parts], ignore_index=True
    )
    moved["kind"] = moved["kind"].map(lambda kind: KIND_WORDS.get(kind, kind))
    for name in ("node", "to"):
        sums = moved[moved[name] != LEFT].groupby(name)["units"].sum().sort_values(ascending=False, kind="stable")
        if len(sums) > MOST:
            kept = {*sums.index[: MOST - 1], LEFT}
            others = f"{len(sums) - MOST + 1} others"
            moved[name] = moved[name].map(lambda one, kept=kept, others=others: one if one in kept else others)
    return moved.groupby(["kind", "node", "to"], sort=False)["units"].sum().reset_index()


def _stops(moved: pd.DataFrame, name: str) -> list[Stop]:
    """Return the stops of one column: most units first, the others and what is left last."""
    sums = moved.groupby(name, sort=False)["units"].sum()
    order = sorted(sums.index, key=lambda one: (one == LEFT, one.endswith(" others"), -sums[one], one))
    return [Stop(one, float(sums[one])) for one in order if sums[one] > 0]


def _placed(columns: list[list[Stop]], tall: float, least: float) -> tuple[float, float]:
    """Place the stops of all columns so that each has room for its words; return points per unit, and the height."""
    total = max(sum(stop.units for stop in stops) for stops in columns)
    scale = tall / total if total else 0.0
    gap, height = 5.0, 0.0
    for stops in columns:
        top = 16.0
        for stop in stops:
            stop.height = stop.units * scale
            room = max(stop.height, least)
            stop.top = top + (room - stop.height) / 2
            top += room + gap
        height = max(height, top)
    for stops in columns:
        used = max((stop.top + stop.height / 2 + max(stop.height, least) / 2 for stop in stops), default=0.0)
        spare = max(height - used - gap, 0.0) / (len(stops) - 1) if len(stops) > 1 else 0.0
        for number, stop in enumerate(stops):
            stop.top += spare * number
    return scale, height


def _bands(
    axes: Axes, band: pd.DataFrame, left: list[Stop], right: list[Stop], x: tuple[float, float], scale: float
) -> None:
    """Draw the bands between two columns, in the order of their stops so that few cross."""
    first, second = ({stop.name: stop for stop in stops} for stops in (left, right))
    names = list(band.columns[:2])
    order = {stop.name: place for place, stop in enumerate([*left, *right])}
    rows = sorted(band.itertuples(index=False), key=lambda row: (order[row[0]], order[row[1]]))
    starts = {}
    for row in rows:
        stop = first[row[0]]
        starts[row[:2]] = stop.top + stop.used_out
        stop.used_out += row[2] * scale
    middle = (x[0] + x[1]) / 2
    for row in sorted(rows, key=lambda row: (order[row[1]], order[row[0]])):
        thick, stop = row[2] * scale, second[row[1]]
        a, b = starts[row[:2]], stop.top + stop.used_in
        stop.used_in += thick
        shape = [(x[0], a), (middle, a), (middle, b), (x[1], b), (x[1], b + thick), (middle, b + thick)]
        shape += [(middle, a + thick), (x[0], a + thick), (x[0], a)]
        curve = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
        colour = _colour(row[0]) if names[0] == "kind" else GREY
        axes.add_patch(PathPatch(Path(np.array(shape), curve), fc=colour, alpha=0.28, lw=0, zorder=1))


def _names(stops: list[Stop]) -> list[str]:
    return [LEFT_WORDS if stop.name == LEFT else stop.name for stop in stops]


def _colour(kind: str) -> str:
    words = {KIND_WORDS[name]: colour for name, colour in COLOURS.items()}
    return words.get(kind, GREY)


def _stop(axes: Axes, stop: Stop, name: str, where: tuple[float, float, float], *, last: bool, coloured: bool) -> None:
    """Draw a stop: a bar, its name and its units."""
    x, bar, room = where
    ends = stop.name == LEFT
    colour = _colour(stop.name) if coloured else "none" if ends else TOTAL
    shape = Rectangle(
        (x, stop.top), bar, max(stop.height, 0.8), fc=colour, ec=GREY if ends else "none", lw=0.8, zorder=2
    )
    if ends:
        shape.set_hatch("////")
    axes.add_patch(shape)
    side, place = ("right", x - 5) if last else ("left", x + bar + 5)
    middle = stop.top + stop.height / 2
    axes.text(place, middle - 1.5, name, size=SIZE, color=INK, ha=side, va="baseline", zorder=3)
    amount = fitted(f"{stop.units:,.0f} units", room, SMALL)
    axes.text(place, middle + 9, amount, size=SMALL, color=INK, ha=side, va="baseline", zorder=3)
