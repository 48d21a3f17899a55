"""A problem small enough to change one cell of, as plain columns."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allocopt.errors import DataError, Issue
from allocopt.problem import Problem
from allocopt.problem.schema import NEEDED

Plain = dict[str, dict[str, list[Any]]]


def tables(**changes: dict[str, list[Any] | None]) -> Plain:
    """Return the tables; `changes` replace single columns (None removes one)."""
    base: Plain = {
        "skus": {"sku": ["A", "B"], "unit_cost": [4.0, 6.0]},
        "nodes": {"node": ["East", "West"]},
        "channels": {"channel": ["web", "shop"], "kind": ["dtc", "store"]},
        "supply": {
            "sku": ["A", "B", "A"],
            "node": ["East", "East", "West"],
            "kind": ["on_hand", "inbound", "on_hand"],
            "units": [10, 5, 7],
        },
        "demand": {
            "sku": ["A", "B", "A"],
            "channel": ["web", "web", "shop"],
            "period": [0, 1, 1],
            "units": [6, 5, 8],
            "price": [10.0, 12.0, 11.0],
        },
        "lanes": {
            "node": ["East", "East", "West", "West"],
            "channel": ["web", "shop", "web", "shop"],
            "cost": [1.0, 1.5, 2.0, 0.5],
        },
    }
    for table, columns in changes.items():
        held = base.setdefault(table, {})
        for column, cells in columns.items():
            if cells is None:
                held.pop(column, None)
            else:
                held[column] = cells
    return base


def nothing(**given: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables that must be there, without rows but for those that are given."""
    return {name: pd.DataFrame() for name in NEEDED} | given


def frames(**changes: dict[str, list[Any] | None]) -> dict[str, pd.DataFrame]:
    """Return the tables as pandas frames."""
    return {name: pd.DataFrame(columns) for name, columns in tables(**changes).items()}


def build(**changes: dict[str, list[Any] | None]) -> Problem:
    """Return the problem."""
    return Problem(**frames(**changes))


def faults(**changes: dict[str, list[Any] | None]) -> tuple[Issue, ...]:
    """Return the faults of the changed tables; none if they are right."""
    try:
        build(**changes)
    except DataError as error:
        return error.issues
    return ()


def two_days(start: str = "2026-11-02") -> dict[str, list[Any]]:
    """Return a calendar of two days."""
    first = pd.Timestamp(start)
    days = [first, first + pd.Timedelta(days=1)]
    return {"period": [0, 1], "start": days, "end": days}
