"""Why lines are short, in the words of a report: what stands behind the codes of the table of shortfalls."""

from __future__ import annotations

import pandas as pd

from allocopt.report.words import few, listed
from allocopt.rules.kit.shortage import CODES

KEYS = ("sku", "channel", "region", "order", "line", "due")
"""What tells demand lines apart."""
HELPERS, LETTERS = 3, 60
"""People who are named, those that are named most often, and the room that they may take; else one of them."""


def because(reason: str) -> str:
    """Return a reason as a phrase; a code that no rule knows, of a plan of another version, is read as words.

    >>> because("below_map"), because("strange_thing")
    ('the price is below the minimum advertised price', 'strange thing')
    """
    return CODES[reason][1] if reason in CODES else reason.replace("_", " ")


def lines(short: pd.DataFrame, *per: str) -> pd.DataFrame:
    """Return one row a line (and per value of some columns), where a line has a row for each reason."""
    return short.drop_duplicates(list(dict.fromkeys([*(name for name in KEYS if name in short), *per])))


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
    found = _grouped(short, short["sku"]).drop(columns=["articles", "owner"], errors="ignore")
    most = _most(short, "sku")
    channels = short.groupby("sku", sort=False)["channel"].unique().map(lambda names: few(names, "channels"))
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
        lost = _earning(short).groupby(short["channel"], sort=False).sum()
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
    counts = lines(short.assign(**{str(key.name): key}), str(key.name)).groupby(str(key.name)).size()
    found = pd.DataFrame({"units": groups["units"].sum(), "lines": counts, "articles": groups["sku"].nunique()})
    if "worth" in short:
        found["money"] = _earning(short).groupby(key, sort=False).sum()
    if "owner" in short:
        found["owner"] = groups["owner"].agg(_often)
    found.index.name = str(key.name)
    order = found.reset_index().sort_values(["units", str(key.name)], ascending=[False, True], kind="stable")
    return order.reset_index(drop=True)


def _earning(short: pd.DataFrame) -> pd.Series:
    """Return what the missing units of each row would earn; those that would lose money stay unsold."""
    earning: pd.Series = short["worth"].fillna(0.0).clip(lower=0.0) * short["units"]
    return earning


def _often(names: pd.Series) -> str:
    """Return who is named, most often first."""
    known = names[names.astype(str) != ""].astype(str)
    named = list(known.value_counts(sort=True).index)
    return listed(named, HELPERS if sum(map(len, named[:HELPERS])) <= LETTERS else 2)
