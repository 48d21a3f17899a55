"""The table of exceptions: all kinds together, most money first, no more of a kind than a page holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from allocopt import rules
from allocopt.algebra.grouping import summed
from allocopt.plan.answer import Answer
from allocopt.plan.exceptions.demand import commitments, promotions
from allocopt.plan.exceptions.limits import bound, soft_clauses
from allocopt.plan.exceptions.stock import expiring, idle_reserves, inbound
from allocopt.plan.exceptions.thresholds import Thresholds
from allocopt.plan.tables import COLUMNS, typed
from allocopt.rules.kit.exceptions import Exceptions, spoken_money

Finder = Callable[[Answer, Thresholds], Iterator[Exceptions]]

FINDERS: tuple[Finder, ...] = (bound, soft_clauses, commitments, inbound, expiring, idle_reserves, promotions)
"""What looks through a plan, beside the rules that report what is theirs."""
CURES = {
    "approval": "Ask the owner to agree, or make the order smaller.",
    "price_parity": "Bring the prices together, or agree on a wider tolerance.",
    "broken": "Tell the channel, or keep it.",
    "reserve": "Buy or move stock, or reserve less.",
    "capacity": "Add a shift or overtime, ship from another node, or ship in another period.",
    "lane_capacity": "Book more of the lane, or use another one.",
    "soft_clause": "Agree on less, or find the units that are missing.",
    "safety_stock": "Order what was drawn, or close it.",
    "commitment": "Secure other stock for it, expedite the lot, or warn the customer.",
    "inbound": "Have the date confirmed, expedite it, or keep other stock ready.",
    "expiring": "Sell it off, move it to where it sells, or give it back.",
    "idle_reserve": "Release the reserve earlier, or make it smaller.",
    "promotions": "Move one of them, or buy for both.",
}
"""What is usually done about an exception of a kind, where its finder says nothing else."""
GATHERED = ("money", "units")
"""What is added up where rows are gathered."""


def exceptions(answer: Answer, thresholds: Thresholds | None = None) -> pd.DataFrame:
    """Return what in the plan needs a person, most money first.

    Parameters
    ----------
    answer : Answer
    thresholds : Thresholds, optional
        What is worth a person's time.

    Returns
    -------
    pandas.DataFrame
        kind, money (at stake; "about" in the sentence where it comes from multipliers) [currency], owner (who is
        asked), sentence, cure (what can be done), sku, channel, node, period (the first, or the worst one), order,
        line, units (that it is about) [unit] and clause (its position in the contract, from 0). A blank stands where a
        row is about several, or none.
    """
    limits = thresholds or Thresholds()
    found = list(rules.exceptions(answer, answer.clauses))
    found += [part for find in FINDERS for part in find(answer, limits)]
    sizes = [len(part.units) for part in found]
    if not sum(sizes):
        return typed({}, COLUMNS["exceptions"])
    columns: dict[str, Any] = {
        name: np.repeat([getattr(part, name) for part in found], sizes) for name in ("kind", "clause")
    }
    for name in (field.name for field in fields(Exceptions) if field.name not in columns):
        columns[name] = np.concatenate([getattr(part, name) for part in found])
    usual = np.array([CURES.get(str(kind), "") for kind in columns["kind"]], dtype=object)
    columns["cure"] = np.where(columns["cure"] == "", usual, columns["cure"])
    order = np.lexsort((columns["clause"], -np.round(columns["money"], 6)))
    order = order[columns["money"][order] >= limits.least]
    columns = {name: values[order] for name, values in columns.items()}
    if limits.each is not None:
        columns = _gathered(columns, limits.each, answer.currency)
    for name, source in (("period", "due"), ("clause", "clause")):
        values = np.asarray(columns[source], dtype=np.int64)
        columns[name] = pd.arrays.IntegerArray(values, values < 0)
    return typed({name: columns[name] for name in COLUMNS["exceptions"]})


def _gathered(columns: dict[str, Any], each: int, currency: str) -> dict[str, Any]:
    """Return the rows with those of a kind beyond the first ones gathered into one, which stands behind these."""
    _, code, count = np.unique(columns["kind"].astype(str), return_inverse=True, return_counts=True)
    order = np.argsort(code, kind="stable")
    rank = np.empty(len(code), dtype=np.intp)
    rank[order] = np.arange(len(code)) - (np.cumsum(count) - count)[code[order]]
    # A row that would stand for itself alone stays as it is.
    rest = (rank >= each - 1) & (count[code] > each)
    if not rest.any():
        return columns
    at = np.flatnonzero(~rest | (rank == each - 1))
    made = np.flatnonzero(rest[at])
    gathered = {name: values[at].copy() for name, values in columns.items()}
    for name in GATHERED:
        sums = summed(columns[name][rest], code[rest], len(count))
        gathered[name][made] = sums[code[at[made]]]
    for name, blank in (("owner", ""), ("channel", ""), ("sku", ""), ("node", ""), ("order", ""), ("line", "")):
        gathered[name][made] = blank
    gathered["due"][made] = gathered["clause"][made] = -1
    money = spoken_money(gathered["money"][made], currency)
    many = np.bincount(code[rest], minlength=len(count))[code[at[made]]].astype(str).astype(object)
    gathered["sentence"][made] = many + " more of this kind, " + money + " together: find_exceptions(each=None)."
    return gathered
