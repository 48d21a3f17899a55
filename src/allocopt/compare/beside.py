"""Scenarios and contracts side by side: what each contract earns in each scenario, against the baseline."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping

import pandas as pd

ROLES = ("counts", "known beforehand", "only to show")
"""What scenarios are there for, in the order in which they are shown."""


def side_by_side(frame: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """Return the scenarios as rows of text, with a column per contract.

    Parameters
    ----------
    frame : DataFrame
        As `Comparison.by_scenario` gives it.
    baseline : str
        Whose column holds what it earns; those of the others hold how much more that is, with its sign.

    Returns
    -------
    pandas.DataFrame
        Columns scenario, role, the baseline, and the other contracts in their order; scenarios that count come first.
    """
    first = frame["contract"].iloc[0]
    scenarios = frame.loc[frame["contract"] == first, ["scenario", "role", "weight"]]
    scenarios = scenarios.sort_values("role", kind="stable", key=lambda roles: roles.map(ROLES.index))
    wide = frame.pivot_table(index="scenario", columns="contract", values="contribution", dropna=False)
    wide = wide.reindex(scenarios["scenario"])
    others = [name for name in frame["contract"].unique() if name != baseline]
    left = frame.pivot_table(index="scenario", columns="contract", values="not_solved").reindex(wide.index) > 0
    columns = [_amounts(wide[baseline], left[baseline])]
    columns += [_amounts(wide[name] - wide[baseline], left[name] | left[baseline], signed=True) for name in others]
    names = ["scenario", "role", baseline, *others]
    rows = list(zip(scenarios["scenario"], scenarios["role"], *columns, strict=True))
    return pd.DataFrame(rows, columns=names)


def as_html(verdict: str, frames: Mapping[str, pd.DataFrame]) -> str:
    """Return a verdict and titled tables as HTML, with everything escaped."""
    parts = [f"<p>{html.escape(verdict)}</p>"]
    for title, frame in frames.items():
        table = frame.to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)
        parts.append(f"<h4>{html.escape(title)}</h4>{table}")
    return "".join(parts)


def _amounts(values: pd.Series, left: pd.Series, *, signed: bool = False) -> list[str]:
    """Return amounts as text; those that are blank since something was `left` unsolved say so."""
    pairs = zip(values, left, strict=True)
    return ["not solved" if math.isnan(value) and gone else _amount(value, signed=signed) for value, gone in pairs]


def _amount(value: float, *, signed: bool = False) -> str:
    if math.isnan(value):
        return "no plan"
    shown = round(value) + 0
    return f"{shown:+,}" if signed and shown else f"{shown:,}"
