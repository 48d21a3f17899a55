"""Problems written as small texts, one row a line and ``.`` for a blank; and plans in a few numbers."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pandas as pd

from allocopt import Plan, Problem
from allocopt.problem.schema import NEEDED

COVERED = ("skus", "nodes", "channels", "lanes")
"""Tables that are worked out from the others where they are not given."""


def frame(text: str) -> pd.DataFrame:
    """Return a table from text: the header first, columns separated by blanks."""
    table = pd.read_csv(StringIO(text), sep=r"\s+", na_values=["."], keep_default_na=False)
    ids = [name for name in table.columns if table[name].dtype.kind not in "ifb"]
    return table.astype(dict.fromkeys(ids, object)).where(table.notna(), None)


def problem(**given: Any) -> Problem:
    """Return a problem from tables as texts.

    SKUs, nodes and channels that are not given are those that supply and demand name, without costs; lanes that are
    not given lead from every node to every channel at no cost.
    """
    tables = {name: frame(table) if isinstance(table, str) else table for name, table in given.items()}
    held = {name: tables.get(name, pd.DataFrame()) for name in ("supply", "demand", "lanes", *COVERED)}

    def named(column: str, *names: str) -> list[str]:
        return sorted({str(cell) for name in names for cell in held[name].get(column, ())})

    known = {
        "skus": {"sku": named("sku", "supply", "demand")},
        "nodes": {"node": named("node", "supply", "lanes")},
        "channels": {"channel": named("channel", "demand", "lanes")},
    }
    for name, columns in known.items():
        held[name] = tables.setdefault(name, pd.DataFrame(columns))
    ways = [(node, channel) for node in named("node", "nodes") for channel in named("channel", "channels")]
    tables.setdefault("lanes", pd.DataFrame(ways, columns=["node", "channel"]))
    return Problem(**{name: pd.DataFrame() for name in NEEDED} | tables)


def units(plan: Plan, *by: str) -> dict[Any, float]:
    """Return the units that ship, added up by some columns of the allocation."""
    sums: dict[Any, float] = plan.allocation.groupby(list(by) if len(by) > 1 else by[0])["units"].sum().to_dict()
    return sums


def reasons(plan: Plan) -> dict[str, str]:
    """Return per channel why it is short; blank where a way was open."""
    named: dict[str, str] = plan.shortfalls.set_index("channel")["reason"].to_dict()
    return named


def reported(plan: Plan) -> pd.DataFrame:
    """Return the exceptions that rules report, without what the plan as a whole shows."""
    kinds = ("approval", "broken", "price_parity", "promised_beyond", "reserve")
    return plan.exceptions[plan.exceptions["kind"].isin(kinds)].reset_index(drop=True)
