"""What a report looks at: the tables of a plan as far as it has them, and sums of a comparison."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.compare.solving import ALL
from allocopt.errors import AllocoptError, SolveError

if TYPE_CHECKING:
    from allocopt.compare import Comparison
    from allocopt.plan import Plan


def table(plan: Plan, name: str) -> pd.DataFrame | None:
    """Return a table of a plan; None where it has none, as it was read from a file that did not hold it."""
    try:
        found = getattr(plan, name)
        found = found() if callable(found) else found
    except (AllocoptError, AttributeError, KeyError):
        return None
    if isinstance(found, pd.DataFrame):
        return found
    return None


def prices(plan: Plan, seconds: float) -> pd.DataFrame | None:
    """Return what each rule costs, searched for so many seconds; None where the plan was read from a file."""
    try:
        return plan.prices(time_limit=seconds)
    except AllocoptError:
        return None


def values(plan: Plan, seconds: float) -> pd.DataFrame | None:
    """Return what one more of each limit is worth, the dearest re-solved for so many seconds; None as for `prices`."""
    from allocopt.explain.values import values as values_of

    try:
        return values_of(plan, seconds)
    except AllocoptError:
        return None


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
