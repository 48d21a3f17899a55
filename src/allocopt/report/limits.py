"""What binds, in words: lots, lanes and lines are told as people call them, not by their labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

from allocopt.plan.dates import PERIODS, date_of
from allocopt.report.seen import table, values_in_words
from allocopt.report.spoken import ruled

if TYPE_CHECKING:
    from allocopt.plan import Plan

PARTS = re.compile(r"/(region|sku|via|order|line|ref|expires)=")
"""Where the label of a lane, a line or a lot goes on with what tells it from others."""
PERIOD = re.compile(r"\bperiod (\d+)(?=,|$)")
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
    days = _days(plan)
    said = [
        _dated(_clause(what, lots, words) if kind == "clause" else _place(what, words), days)
        for kind, what in zip(found["kind"], found["what"], strict=True)
    ]
    return found.assign(what=said)


def _place(what: str, words: dict[str, str]) -> str:
    """Return a lane or a line in words, and in which period; anything else as it is."""
    label, comma, rest = what.rpartition(", period ")
    return words.get(what) or (f"{words[label]}{comma}{rest}" if label in words else what)


def _dated(what: str, days: dict[str, str]) -> str:
    """Return what binds with the first day of the period that it names last, where that is known.

    >>> _dated("East, period 3, units", {"3": "2026-12-07"}), _dated("A, due in period 1", {})
    ('East, period 3 (2026-12-07), units', 'A, due in period 1')
    """
    for found in list(PERIOD.finditer(what))[-1:]:
        if found[1] in days:
            return f"{what[: found.end()]} ({days[found[1]]}){what[found.end() :]}"
    return what


def _days(plan: Plan) -> dict[str, str]:
    """Return the first days of periods by their numbers, as far as the tables of a plan tell them."""
    found: dict[str, str] = {}
    tables = (plan.allocation, table(plan, "promises"), table(plan, "stock"))
    for frame in (each for each in tables if each is not None):
        for name in PERIODS:
            if name in frame and date_of(name) in frame:
                known = frame[[name, date_of(name)]].dropna().drop_duplicates()
                days = known[date_of(name)].dt.strftime("%Y-%m-%d")
                found |= dict(zip(known[name].astype(int).astype(str), days, strict=True))
    return found


def _clause(what: str, *known: dict[str, str]) -> str:
    """Return the words of a clause, and of what it speaks at this place."""
    clause, apart, place = what.rpartition(": ")
    label, comma, rest = place.partition(", until ")
    for words in known:
        if label in words:
            return f"{ruled(clause)}{apart}{words[label]}{f', until period {rest}' if comma else ''}"
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
