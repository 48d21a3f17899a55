"""What a planner asks on Monday: who has to decide what, and which deliveries to chase."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from allocopt.report.columns import spelled
from allocopt.report.page import Owner
from allocopt.report.words import NOBODY, exactly, few, listed, many, sentence

SHOWN = 4
"""Matters of one person that are told in full."""
KIND_WORDS = {
    "approval": ("order to approve", "orders to approve"),
    "price_parity": ("price too far apart", "prices too far apart"),
    "broken": ("promise broken", "promises broken"),
    "reserve": ("reserve not filled", "reserves not filled"),
    "inbound": ("delivery to confirm", "deliveries to confirm"),
    "capacity": ("node at its limit", "nodes at their limits"),
    "lane_capacity": ("full lane", "full lanes"),
    "commitment": ("commitment at risk", "commitments at risk"),
    "expiring": ("lot that expires", "lots that expire"),
    "idle_reserve": ("idle reserve", "idle reserves"),
    "soft_clause": ("soft clause missed", "soft clauses missed"),
    "safety_stock": ("draw on safety stock", "draws on safety stock"),
    "promotions": ("promotion in the way", "promotions in the way"),
    "split": ("order in several parcels", "orders in several parcels"),
    "promised_beyond": ("lot promised beyond what is sure", "lots promised beyond what is sure"),
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
    named = exceptions["owner"].astype(object).where(exceptions["owner"].astype(str) != "", NOBODY)
    sums = exceptions["money"].fillna(0.0).groupby(named, sort=False).sum()
    order = sorted(sums.index, key=lambda who: (-sums[who], who))
    return [_owner(str(who), exceptions[(named == who).to_numpy()], float(sums[who]), currency) for who in order]


def who_decides(exceptions: pd.DataFrame, currency: str) -> str:
    """Say how many people have something to decide, what has no owner, and whether orders wait for an approval."""
    named = exceptions["owner"].astype(str) != ""
    people, alone = exceptions.loc[named, "owner"].nunique(), int((~named).sum())
    said = [f"{many(people, 'person has', 'people have')} something to decide"] if people else []
    if alone:
        money = exactly(float(exceptions.loc[~named, "money"].fillna(0.0).sum()), currency)
        are = "is" if alone == 1 else "are"
        said.append(f"{many(alone, 'matter has', 'matters have')} no owner ({money}) and {are} left to planning")
    waiting = exceptions[exceptions["kind"] == "approval"]
    owners_ = listed(sorted(set(waiting["owner"].astype(str)) - {""}))
    approval = (
        f"{many(len(waiting), 'order waits', 'orders wait')} for {owners_ or 'an approval'}"
        if len(waiting)
        else "No order waits for an approval"
    )
    return f"{sentence('; '.join(said))} {approval}. Most money first."


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
            "channels": groups["channel"].unique().map(lambda names: few(names, "channels")),
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
    """Say which deliveries are due next, and on which most hangs."""
    if not len(found):
        return "The plan counts on no delivery that is still to come."
    soon = found[found["available"] == found["available"].min()]
    first = found.sort_values("revenue", ascending=False, kind="stable").iloc[[0]]
    if len(found) == 1:
        return f"The plan counts on one delivery that is still to come: {_hangs(soon, currency)}."
    most = "" if len(soon) == len(found) else f" Most hangs on {_hangs(first, currency)}."
    return (
        f"The plan counts on {len(found):,} deliveries that are still to come. "
        f"Have the next confirmed: {_hangs(soon, currency)}.{most}"
    )


def _hangs(rows: pd.DataFrame, currency: str) -> str:
    """Return deliveries of one date, when they are due, and the revenue that hangs on them."""
    known = rows.assign(reference=rows["reference"].astype(object).where(rows["reference"] != "", "the delivery"))
    places = known.groupby("reference", sort=False)["node"].unique()
    names = [f"{name} to {listed(sorted(map(str, nodes)))}" for name, nodes in places.items()]
    row = rows.iloc[0]
    due = f"on {spelled(row['available_date'], 'date')}" if "available_date" in row else f"in period {row['available']}"
    return f"{listed(names, 3)}, due {due} ({exactly(float(rows['revenue'].sum()), currency)} of revenue)"
