"""Dates beside period numbers: the first day of each period, wherever the problem has a calendar."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allocopt.problem.days import first_days
from allocopt.problem.facts import Floats

PERIODS = ("available", "expires", "due", "ship", "arrives", "from_period", "period")
"""Columns of period numbers, in whatever table: beside each stands a column of dates."""


def date_of(column: str) -> str:
    """Return the name of the column of dates that stands beside a column of period numbers."""
    return f"{column}_date"


DATES = tuple(map(date_of, PERIODS))
"""Columns of dates, in whatever table."""


def with_dates(table: pd.DataFrame, starts: Floats) -> pd.DataFrame:
    """Return a table with a column of dates behind every column of period numbers; as it is without a calendar."""
    there = [name for name in PERIODS if name in table]
    if not len(starts) or not there:
        return table
    columns: dict[str, Any] = {}
    for name in map(str, table):
        columns[name] = table[name]
        if name in there:
            number = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
            columns[date_of(name)] = pd.Series(first_days(starts, number), index=table.index)
    return pd.DataFrame(columns)
