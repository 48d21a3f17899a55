"""Why lines are short, in the words of a report: what stands behind the codes of the table of shortfalls."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

WORDS = {
    "": "other lines earn more from the same stock or capacity",
    "taken_by_better": "other lines earn more from the same stock",
    "tie": "another line of the same worth got the units",
    "rank": "a line of higher rank got the units",
    "no_supply": "there is no stock that could serve it",
    "no_units": "the lots have no usable units",
    "no_lane": "no lane leads there",
    "hold": "the stock is on hold",
    "too_late": "the stock arrives too late",
    "expired": "the stock expires before it could arrive",
    "below_map": "the price is below the minimum advertised price",
    "capacity": "a node has no capacity left",
    "lane_capacity": "a lane has no capacity left",
    "worth": "serving it would cost more than it earns",
    "not_worth": "serving it would cost more than it earns",
    "protect": "stock is kept for another channel",
    "reserve": "stock is kept for another channel",
    "cap": "its channel is capped",
    "store_floor": "the units stay on the shelves of stores",
    "safety_stock": "only safety stock is left, which is closed",
    "margin_floor": "its margin is below the floor",
    "approval": "its order waits for an approval",
    "pack": "what is left makes no whole pack",
    "packs": "what is left makes no whole pack",
}
"""Phrases for reasons; of others the code is read as words."""
FEW = 5
"""Channels that are named; of more, it is said how many there are."""


def because(reason: str) -> str:
    """Return a reason as a phrase.

    >>> because("below_map"), because("strange_thing")
    ('the price is below the minimum advertised price', 'strange thing')
    """
    return WORDS.get(reason, reason.replace("_", " "))


def by_reason(short: pd.DataFrame) -> pd.DataFrame:
    """Return how much is short for each reason, most first.

    Returns
    -------
    pandas.DataFrame
        Columns reason (in words), units, lines, articles, and where the shortfalls have them money (what the units
        would earn) and owner (who could help).
    """
    return _grouped(short, short["reason"].map(because).rename("reason"))


def by_article(short: pd.DataFrame) -> pd.DataFrame:
    """Return how much is short of each article, most first: sku, units, lines, channels, why (most of it), money."""
    found = _grouped(short, short["sku"]).drop(columns="articles")
    most = _most(short, "sku")
    channels = short.groupby("sku", sort=False)["channel"].unique().map(_few)
    return found.assign(channels=found["sku"].map(channels), reason=found["sku"].map(most))


def by_channel(short: pd.DataFrame, channels: pd.DataFrame) -> pd.DataFrame:
    """Return how full each channel is, most units missing first.

    Columns are channel, demand, units (served), short, fill_rate, reason (of most missing units) and, where the
    shortfalls say what one more unit is worth, money (what the missing units would earn).
    """
    frame = channels.loc[channels["demand"] > 0, ["channel", "demand", "units", "fill_rate"]].copy()
    frame["short"] = frame["demand"] - frame["units"]
    frame["reason"] = frame["channel"].map(_most(short, "channel"))
    if "worth" in short:
        lost = (short["worth"].fillna(0.0) * short["units"]).groupby(short["channel"], sort=False).sum()
        frame["money"] = frame["channel"].map(lost)
    return frame.sort_values(["short", "channel"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _most(short: pd.DataFrame, name: str) -> pd.Series:
    """Return for each value of a column the reason of most of its missing units, with their share."""
    sums = short.groupby([name, "reason"], sort=False)["units"].sum().reset_index()
    total = sums.groupby(name, sort=False)["units"].transform("sum")
    sums["said"] = [
        because(reason) if units > 0.995 * all_ else f"{because(reason)} ({units / all_ * 100:.0f}\N{NO-BREAK SPACE}%)"
        for reason, units, all_ in zip(sums["reason"], sums["units"], total, strict=True)
    ]
    first = sums.sort_values("units", ascending=False, kind="stable").drop_duplicates(name)
    return first.set_index(name)["said"]


def _grouped(short: pd.DataFrame, key: pd.Series) -> pd.DataFrame:
    """Return sums of shortfalls by a key, most units first."""
    groups = short.groupby(key, sort=False)
    found = pd.DataFrame({"units": groups["units"].sum(), "lines": groups.size(), "articles": groups["sku"].nunique()})
    if "worth" in short:
        found["money"] = (short["worth"].fillna(0.0) * short["units"]).groupby(key, sort=False).sum()
    if "owner" in short:
        found["owner"] = groups["owner"].agg(_first)
    found.index.name = str(key.name)
    order = found.reset_index().sort_values(["units", str(key.name)], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def _few(names: Sequence[str]) -> str:
    """Return names, or how many there are where they would fill a page."""
    known = sorted(set(names))
    return ", ".join(known) if len(known) <= FEW else f"{len(known)} channels"


def _first(names: pd.Series) -> str:
    """Return who is named most often."""
    known = names[names.astype(str) != ""]
    return str(known.value_counts(sort=True).index[0]) if len(known) else ""
