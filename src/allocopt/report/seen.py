"""What a report looks at: the tables of a plan as far as it has them, and sums of a comparison."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.compare.solving import ALL
from allocopt.errors import AllocoptError, SolveError

if TYPE_CHECKING:
    from allocopt.compare import Comparison
    from allocopt.plan import Plan


QUICK = 300
"""Rows of a plan up to which re-solving every limit takes no time that anybody would notice."""
NEAR = 1e-3
"""The gap at which a plan without a rule is good enough where every re-solve takes a search."""
SECONDS = 20.0
"""What searches for the costs of rules may take on the way to a page; `Plan.prices` takes as long as it takes."""


def table(plan: Plan, name: str, **how: Any) -> pd.DataFrame | None:
    """Return a table of a plan; None where it has none, as it was read from a file that did not hold it."""
    try:
        found = getattr(plan, name)
        found = found(**how) if callable(found) else found
    except (AllocoptError, AttributeError, KeyError):
        return None
    if isinstance(found, pd.DataFrame):
        return found
    return None


class Seen:
    """The tables of a plan for one page, each worked out once.

    Attributes
    ----------
    plan : Plan
    priced : bool
        Whether re-solves may say what rules cost.
    baseline : Plan, optional
        What the plan is held against.
    """

    def __init__(self, plan: Plan, *, priced: bool = True, baseline: Plan | None = None) -> None:
        self.plan, self.priced, self.baseline = plan, priced, baseline
        self._tables: dict[str, pd.DataFrame | None] = {}

    def table(self, name: str, **how: Any) -> pd.DataFrame:
        """Return a table of the plan; an empty one where it has none."""
        if name not in self._tables:
            self._tables[name] = table(self.plan, name, **how)
        found = self._tables[name]
        return pd.DataFrame() if found is None else found

    @property
    def prices(self) -> pd.DataFrame:
        """What rules cost; empty where that may not be worked out."""
        if not self.priced:
            return pd.DataFrame()
        return self.table("prices", time_limit=SECONDS, gap=NEAR if self.plan.branched else None)

    @property
    def quick(self) -> bool:
        """Whether every limit can be re-solved in no time that anybody would notice."""
        return not self.plan.branched and len(self.plan.allocation) + len(self.short) <= QUICK

    @cached_property
    def short(self) -> pd.DataFrame:
        """What is short, a row a line and reason."""
        return self.plan.shortfalls

    @cached_property
    def matters(self) -> pd.DataFrame:
        """Every exception of the plan."""
        return matters(self.plan)


def matters(plan: Plan) -> pd.DataFrame:
    """Return every exception of a plan; where it was read from a file, those that the file holds."""
    try:
        return plan.find_exceptions(each=None)
    except SolveError:
        return plan.exceptions


def asked(plan: Plan, name: str) -> pd.DataFrame:
    """Return a table of a plan that has to be worked out; `SolveError` where that cannot be done."""
    found = getattr(plan, name)
    table: pd.DataFrame = found() if callable(found) else found
    return table


def values_in_words(values: pd.DataFrame, stock: pd.DataFrame | None) -> pd.DataFrame:
    """Return what limits are worth with lots told in words: article, kind, node, order to the supplier or first period.

    Parameters
    ----------
    values : DataFrame
        With columns kind and what.
    stock : DataFrame, optional
        The lots of the plan; what stands in it under no such label, or would be told like another, keeps its label.
    """
    if stock is None or not len(stock) or not len(values):
        return values
    reference, since = stock["reference"].astype(object), stock["available"].astype(object)
    later = (" from period " + since.astype(str)).where(since > 0, "")
    said = stock["sku"].astype(object) + ", " + stock["kind"].str.replace("_", " ").astype(object) + " at "
    said = said + stock["node"].astype(object) + (", " + reference).where(reference != "", later)
    alone = ~said.duplicated(keep=False)
    words = dict(zip(stock["lot"][alone], said[alone], strict=True))
    told = [
        words.get(what, what) if kind == "lot" else what
        for kind, what in zip(values["kind"], values["what"], strict=True)
    ]
    return values.assign(what=told)


def contributions(found: Comparison, one: str, other: str) -> pd.DataFrame:
    """Return the mean contribution by channel of two contracts, over the scenarios that count.

    Returns
    -------
    pandas.DataFrame
        Index channel; columns one and other [currency].
    """
    rows = found.table
    rows = rows[(rows["metric"] == "contribution") & (rows["channel"] != ALL) & rows["contract"].isin([one, other])]
    weights = found.weights
    rows = rows[rows["scenario"].map(weights).astype(float) > 0]
    means = rows.groupby(["contract", "channel", "scenario"], sort=False)["value"].mean().reset_index()
    means["value"] *= means["scenario"].map(weights).astype(float)
    sums = means.pivot_table(
        index="channel", columns="contract", values="value", aggfunc="sum", sort=False, fill_value=0.0
    )
    return pd.DataFrame({"one": sums[one], "other": sums[other]})


def digest(content: Any) -> str:
    """Return a fingerprint of plain values: equal contents have equal ones."""
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def digest_of(frame: pd.DataFrame) -> str:
    """Return a fingerprint of a table."""
    return hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()[:16]
