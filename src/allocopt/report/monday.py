"""What a planner asks on Monday: who has to decide what, and which deliveries to chase."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd

from allocopt.report.columns import spelled
from allocopt.report.page import Chore, Owner
from allocopt.report.spoken import sentence, told
from allocopt.report.words import NOBODY, exactly, few, listed, many

SHOWN = 3
"""Matters of one person and kind that are told in full."""
NAMED = 5
"""People who are named at first."""
LEAST = 0.5
"""Money below that is not worth a word [currency]."""
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
    return [_owner(who, matters, currency) for who, matters in _by_owner(exceptions).items()]


def with_nobody(exceptions: pd.DataFrame) -> pd.DataFrame:
    """Return exceptions with who has to see to those that nobody is named for."""
    owner = exceptions["owner"].astype(object)
    return exceptions.assign(owner=owner.where(owner.astype(str) != "", NOBODY))


def _by_owner(exceptions: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the matters of each person, who has most money at stake first."""
    named = with_nobody(exceptions)["owner"]
    sums = exceptions["money"].fillna(0.0).groupby(named, sort=False).sum()
    order = sorted(sums.index, key=lambda who: (-sums[who], who))
    return {str(who): exceptions[(named == who).to_numpy()] for who in order}


def who_decides(exceptions: pd.DataFrame, currency: str) -> str:
    """Say who has how much to decide, and whether orders wait for an approval."""
    people = [
        f"{who}: {many(len(found), 'matter')}, {exactly(float(found['money'].fillna(0.0).sum()), currency)}"
        for who, found in _by_owner(exceptions).items()
    ]
    more = [f"{len(people) - NAMED:,} more"] if len(people) > NAMED else []
    told = "; ".join([*people[:NAMED], *more])
    return f"{told}. {approvals(exceptions)}" if people else f"Nobody. {approvals(exceptions)}"


def approvals(exceptions: pd.DataFrame) -> str:
    """Say whose approval orders wait for."""
    waiting = exceptions[exceptions["kind"] == "approval"]
    owners_ = listed(sorted(set(waiting["owner"].astype(str)) - {""}))
    if not len(waiting):
        return "No order waits for an approval."
    whose = f"{owners_} to approve" if owners_ else "an approval"
    return f"{many(len(waiting), 'order waits', 'orders wait')} for {whose}."


def _owner(who: str, matters: pd.DataFrame, currency: str) -> Owner:
    """Return what one person has to do: kind by kind, most money first."""
    sums = matters.assign(money=matters["money"].fillna(0.0)).groupby("kind", sort=False)["money"].agg(["sum", "size"])
    sums = sums.sort_values("sum", ascending=False, kind="stable")
    kinds = listed([kind_words(str(kind), int(count)) for kind, count in sums["size"].items()])
    tasks = [_task(matters[matters["kind"] == kind], currency) for kind in sums.index]
    return Owner(who, f"{kinds}, {exactly(float(sums['sum'].sum()), currency)} at stake", tasks)


def _task(matters: pd.DataFrame, currency: str) -> Chore:
    """Return what would help in matters of one kind, and the first of them in full."""
    row = matters.iloc[0]
    cure = row.get("cure")
    do = sentence(str(cure)) if isinstance(cure, str) and cure else ""
    first = matters.sort_values("money", ascending=False, kind="stable").head(SHOWN)
    said = [_said(matter, currency) for matter in first.to_dict("records")]
    rest = len(matters) - len(first)
    return Chore(do, said, f"and {rest:,} more of this kind, in the table below." if rest else "")


def _said(matter: dict[Hashable, Any], currency: str) -> str:
    """Return a matter in a sentence, with its money where the sentence does not tell it."""
    said, money = told(str(matter["sentence"])), matter["money"]
    amount = exactly(float(money), currency) if money == money and money >= LEAST else ""
    return said if not amount or amount in said or f"{money:.2f}" in said else f"{said} {amount} at stake."


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

    Columns are reference, node, available, articles, ordered (units of the lots), usable (what the plan counts on of
    them: by how sure they are, and less what is reserved), units (that it ships from them), channels, revenue and
    contribution (that hang on them). Without a table of stock, ordered and usable are not there.
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
            "channels": groups["channel"].unique().map(lambda names: few(names, "channels", 22)),
            "revenue": groups["revenue"].sum(),
            "contribution": groups["contribution"].sum(),
        }
    ).reset_index()
    found = found.sort_values(["available", "revenue"], ascending=[True, False], kind="stable").reset_index(drop=True)
    if stock is not None and len(found):
        lots = stock[stock["kind"] == "inbound"].groupby(["reference", "node", "available"])[["units", "usable"]].sum()
        lots = lots.reindex(pd.MultiIndex.from_frame(found[["reference", "node", "available"]]))
        for place, (name, sums) in enumerate((("ordered", lots["units"]), ("usable", lots["usable"])), len(keys) + 1):
            found.insert(place, name, sums.tolist())
    return found


def chase(found: pd.DataFrame, currency: str) -> str:
    """Say which deliveries are due next, and on which most hangs."""
    if not len(found):
        return "No delivery: the plan counts on none that is still to come."
    soon = found[found["available"] == found["available"].min()]
    if len(found) == len(soon):
        return f"{_hangs(soon, currency)}. The plan counts on no other delivery that is still to come."
    sums = found.groupby(["reference", "available"], sort=False)["revenue"].transform("sum")
    first = found[(sums == sums.max()).to_numpy()]
    first = first[first["available"] == first["available"].iloc[0]]
    most = "" if first.index.isin(soon.index).all() else f" Most hangs on {_hangs(first, currency)}."
    return f"Next: {_hangs(soon, currency)}.{most}"


def _hangs(rows: pd.DataFrame, currency: str) -> str:
    """Return deliveries of one date, when they are due, and the revenue that hangs on them."""
    known = rows.assign(reference=rows["reference"].astype(object).where(rows["reference"] != "", "the delivery"))
    places = known.groupby("reference", sort=False)["node"].unique()
    names = [f"{name} to {listed(sorted(map(str, nodes)))}" for name, nodes in places.items()]
    row = rows.iloc[0]
    due = f"on {spelled(row['available_date'], 'date')}" if "available_date" in row else f"in period {row['available']}"
    return f"{listed(names, 3)}, due {due} ({exactly(float(rows['revenue'].sum()), currency)} of revenue)"
