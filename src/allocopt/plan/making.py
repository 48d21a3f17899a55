"""The tables of a plan, by name: the one list of them, and what makes each from the numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from allocopt.plan import tables
from allocopt.plan.answer import Answer
from allocopt.plan.dates import with_dates
from allocopt.plan.exceptions import exceptions
from allocopt.plan.exposure import exposure
from allocopt.plan.kpis import kpis
from allocopt.plan.stock import stock

MAKERS: dict[str, Callable[..., pd.DataFrame]] = {
    "allocation": tables.allocation,
    "channels": tables.channel_table,
    "exceptions": exceptions,
    "stock": stock,
    "exposure": exposure,
    "kpis": kpis,
}
"""What makes tables from the numbers alone; the others are worked out in rooms above."""
TABLES = ("allocation", "channels", "shortfalls", "exceptions", "stock", "exposure", "kpis")


def made(name: str, answer: Answer, *more: Any) -> pd.DataFrame:
    """Return a table of a plan from its numbers, with dates beside the periods where the problem has a calendar."""
    return with_dates(MAKERS[name](answer, *more), answer.arcs.facts.starts)
