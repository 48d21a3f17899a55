"""What binds, in words: lots, lanes and lines are told as people call them, not by their labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from allocopt.report.seen import table, values_in_words
from allocopt.report.spoken import ruled

if TYPE_CHECKING:
    from allocopt.plan import Plan

PARTS = re.compile(r"/(region|sku|via|order|line|ref|expires)=")
"""Where the label of a lane, a line or a lot goes on with what tells it from others."""
SAID = {"region": ", ", "sku": ", of ", "via": ", via ", "ref": ", ", "expires": ", expires in period "}


def limits_in_words(values: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return what limits are worth with lots, lanes, lines and clauses told in words.

    Parameters
    ----------
    values : DataFrame
        With columns kind and what.
    plan : Plan
        Whose allocation, stock and promises say what labels stand for.
    """
    stock = table(plan, "stock")
    found = values_in_words(values, stock)
    if not len(found):
        return found
    words = _lanes(plan.allocation) | _lines(table(plan, "promises"))
    lots = {} if stock is None else dict(zip(stock["lot"], _lots(stock), strict=True))
    said = [
        _clause(what, lots, words) if kind == "clause" else words.get(what, what)
        for kind, what in zip(found["kind"], found["what"], strict=True)
    ]
    return found.assign(what=said)


def _clause(what: str, *known: dict[str, str]) -> str:
    """Return the words of a clause, and of what it speaks at this place."""
    clause, apart, place = what.rpartition(": ")
    label, comma, rest = place.partition(", until ")
    for words in known:
        if label in words:
            return f"{ruled(clause)}{apart}{words[label]}{comma}{rest}"
    return ruled(what)


def _lanes(allocation: pd.DataFrame) -> dict[str, str]:
    """Return the lanes that are used by their labels."""
    used = allocation[["lane", "node", "channel"]].drop_duplicates("lane")
    found = {}
    for lane, node, channel in used.itertuples(index=False):
        label = f"{node}>{channel}"
        if lane.startswith(label):
            found[lane] = f"from {node} to {channel}{_more(lane[len(label) :])}"
    return found


def _lines(promises: pd.DataFrame | None) -> dict[str, str]:
    """Return the lines of the plan by their labels."""
    if promises is None:
        return {}
    lines = promises[["sku", "channel", "region", "order", "line", "due"]].astype(str)
    found = {}
    for sku, channel, region, order, line, due in lines.itertuples(index=False):
        named = {"region": region, "order": order, "line": line}
        more = "".join(f"/{name}={value}" for name, value in named.items() if value)
        found[f"{sku}/{channel}/{due}{more}"] = f"{sku} to {channel}, due in period {due}{_more(more)}"
    return found


def _lots(stock: pd.DataFrame) -> list[str]:
    """Return lots: article, node, kind and reference."""
    told = stock["sku"].astype(str) + " at " + stock["node"].astype(str) + " (" + stock["kind"].str.replace("_", " ")
    reference = stock["reference"].astype(str)
    return list(told + (", " + reference).where(reference != "", "") + ")")


def _more(label: str) -> str:
    """Return the end of a label in words.

    >>> _more("/region=EU/order=A-7"), _more("/sku=LAMP")
    (', EU, order A-7', ', of LAMP')
    """
    return PARTS.sub(lambda found: SAID.get(found[1], f", {found[1]} "), label)
