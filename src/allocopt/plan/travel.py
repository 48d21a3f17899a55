"""A plan as plain values that JSON can hold, and back."""

from __future__ import annotations

from typing import Any

import pandas as pd

from allocopt.errors import DataError, Issue
from allocopt.plan import tables
from allocopt.plan.columnar import packed
from allocopt.plan.making import TABLES
from allocopt.plan.reading import FIRST, SCHEMA_VERSION, VERSION
from allocopt.plan.tables import COLUMNS


def told_tables(frames: dict[str, pd.DataFrame | None]) -> dict[str, Any]:
    """Return the version of the plain form, and the tables as plain columns; None for those that a plan has not."""
    whole = all(name in frames for name in TABLES)
    version = {VERSION: SCHEMA_VERSION if whole else 1}
    return version | {name: None if frame is None else packed(frame) for name, frame in frames.items()}


def read_tables(content: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan in plain values that was looked through."""
    return {name: _read(name, content[name]) for name in TABLES if content.get(name) is not None}


def missing(name: str) -> str:
    """Return why a plan that was read from a file has no table of this name."""
    which = "the first version of plans held no more than " + ", ".join(FIRST)
    return f"This plan was read from a file that has no table {name}: {which}. Allocate again for the others."


def _read(name: str, columns: dict[str, list[Any]]) -> pd.DataFrame:
    """Return columns as a table; `DataError` if a cell is of another type than its column."""
    try:
        return tables.typed(columns or {column: [] for column in COLUMNS[name]})
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError([Issue("plan", None, name, None, "wrong_kind", f"A cell cannot be read: {error}.")]) from None
