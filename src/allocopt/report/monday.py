"""What a planner asks on Monday: who has to decide what, and which deliveries to chase."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from allocopt.report.columns import spelled
from allocopt.report.page import Owner
from allocopt.report.words import exactly, listed, many, sentence

SHOWN = 4
"""Matters of one person that are told in full."""
KIND_WORDS = {
    "approval": ("order to approve", "orders to approve"),
    "price_parity": ("price too far apart", "prices too far apart"),
    "broken": ("promise broken", "promises broken"),
    "reserve": ("reserve not filled", "reserves not filled"),
}
"""What matters of a kind are called, one and more."""


def owners(exceptions: pd.DataFrame, currency: str) -> list[Owner]:
    """Return what each person has to decide, most money first.

    Parameters
    ----------
    exceptions : DataFrame
        Columns kind, money, owner, sentence, and perhaps cure.
    currency : str
    """
    named = exceptions["owner"].astype(object).where(exceptions["owner"].astype(str) != "", "Nobody named")
    sums = exceptions["money"].fillna(0.0).groupby(named, sort=False).sum()
    order = sorted(sums.index, key=lambda who: (who == "Nobody named", -sums[who], who))
    return [_owner(str(who), exceptions[(named == who).to_numpy()], float(sums[who]), currency) for who in order]


def _owner(who: str, matters: pd.DataFrame, money: float, currency: str) -> Owner:
    """Return what one person has to decide: something of every kind, most money first."""
    kinds = matters["kind"].value_counts(sort=True)
    told = listed([kind_words(str(kind), int(count)) for kind, count in kinds.items()])
    first = pd.concat([matters.drop_duplicates("kind"), matters]).head(len(matters) + len(kinds))
    first = first[~first.index.duplicated()].head(max(SHOWN, min(len(kinds), 2 * SHOWN)))
    first = first.sort_values("money", ascending=False, kind="stable")
    rest = len(matters) - len(first)
    more = f"and {many(rest, 'more', 'more')}, in the table below." if rest else ""
    return Owner(who, f"{told}, {exactly(money, currency)} at stake", list(_told(first, currency)), more)


def _told(matters: pd.DataFrame, currency: str) -> Iterator[tuple[str, str, str]]:
    for row in matters.to_dict("records"):
        cure = row.get("cure")
        money = row["money"]
        amount = exactly(float(money), currency) if money == money and money else ""
        yield sentence(str(row["sentence"])), sentence(str(cure)) if isinstance(cure, str) and cure else "", amount


def kind_words(kind: str, number: int) -> str:
    """Return so many matters of a kind.

    >>> kind_words("approval", 2), kind_words("late_lot", 1)
    ('2 orders to approve', '1 × late lot')
    """
    if kind in KIND_WORDS:
        return many(number, *KIND_WORDS[kind])
    return f"{number:,} \N{MULTIPLICATION SIGN} {kind.replace('_', ' ')}"


def deliveries(allocation: pd.DataFrame, stock: pd.DataFrame | None) -> pd.DataFrame:
    """Return the deliveries that the plan counts on, in the order in which they arrive.

    Columns are reference, node, available, articles, units (that the plan ships from it), channels, revenue and
    contribution (that hang on it), and confidence where it is known.
    """
    coming = allocation[allocation["kind"] == "inbound"]
    keys = ["reference", "node", "available"]
    if "available_date" in coming:
        keys.append("available_date")
    groups = coming.groupby(keys, sort=False, dropna=False)
    found = pd.DataFrame(
        {
            "articles": groups["sku"].nunique(),
            "units": groups["units"].sum(),
            "channels": groups["channel"].unique().map(lambda names: listed(sorted(names))),
            "revenue": groups["revenue"].sum(),
            "contribution": groups["contribution"].sum(),
        }
    ).reset_index()
    found = found.sort_values(["available", "revenue"], ascending=[True, False], kind="stable").reset_index(drop=True)
    if stock is not None and len(found):
        sure = stock[stock["kind"] == "inbound"].groupby(["reference", "node", "available"])["usable"].sum()
        places = pd.MultiIndex.from_frame(found[["reference", "node", "available"]])
        found.insert(len(keys) + 1, "usable", sure.reindex(places).tolist())
    return found


def chase(found: pd.DataFrame, currency: str) -> str:
    """Say which delivery most hangs on, and what comes first."""
    if not len(found):
        return "The plan counts on no delivery that is still to come."
    first = found.sort_values("revenue", ascending=False, kind="stable").iloc[0]
    name = str(first["reference"]) or f"the delivery to {first['node']}"
    when = first.get("available_date", first["available"])
    due = f"on {spelled(when, 'date')}" if "available_date" in found else f"in period {int(when)}"
    are = "is" if len(found) == 1 else "are"
    return (
        f"The plan counts on {many(len(found), 'delivery', 'deliveries')} that {are} still to come. "
        f"Most hangs on {name} to {first['node']}, due {due}: {exactly(float(first['revenue']), currency)} of revenue."
    )
