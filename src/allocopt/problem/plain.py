"""The plain form of a problem: what JSON can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocopt.problem.readers import Inputs
from allocopt.problem.report import Report, did_you_mean
from allocopt.problem.schema import SETTINGS, TABLES
from allocopt.problem.source import Source, absent, empty, of_list, shown


def to_plain(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a checked table as columns of plain values; a missing value is None."""
    return {str(name): plain(frame[name]) for name in frame.columns}


def plain(column: pd.Series[Any]) -> list[Any]:
    """Return the values of a column; None for what is no number, or not a finite one."""
    missing = column.isna().to_numpy()
    if column.dtype.kind == "M":
        column = column.dt.strftime("%Y-%m-%d")
    values = column.to_list()
    if column.dtype.kind == "f":
        missing = missing | np.isinf(column.to_numpy())
    if not missing.any():
        return values
    return [None if gone else value for value, gone in zip(values, missing.tolist(), strict=True)]


def from_plain(values: Mapping[str, Any], report: Report) -> Inputs:
    """Return the tables and settings in plain values; what is no table is reported."""
    if not isinstance(values, Mapping):
        report.add(
            "problem",
            "not_a_table",
            f"A problem is a mapping of tables, not a {type(values).__name__}.",
            "Give the tables by name, such as {'skus': {...}, 'supply': {...}}.",
        )
        return Inputs()
    known = (*TABLES, *SETTINGS)
    for key in values:
        if key not in known:
            report.add(
                "problem",
                "unknown_table",
                f"There is no table {shown(key)!r}. {did_you_mean(str(key), known)}".strip(),
                f"The tables are: {', '.join(TABLES)}.",
                value=shown(key),
            )
    sources = {name: _source(name, values.get(name), report) for name in TABLES}
    text = {name: _text(values, name) for name in ("currency", "name")}
    return Inputs(sources, values.get("as_of"), **text, horizon=values.get("horizon"))


def _text(values: Mapping[str, Any], name: str) -> Any:
    value = values.get(name)
    return "" if value is None else value


def of_records(records: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Return records as columns; a column that a record leaves out is blank in it."""
    names = list(dict.fromkeys(column for record in records for column in record))
    return {column: [record.get(column) for record in records] for column in names}


def _source(name: str, table: Any, report: Report) -> Source:
    if table is None:
        return absent(name)
    if isinstance(table, list | tuple) and all(isinstance(record, Mapping) for record in table):
        columns: Any = of_records(table)
    elif isinstance(table, Mapping) and all(isinstance(cells, list | tuple | np.ndarray) for cells in table.values()):
        columns = {column: list(cells) for column, cells in table.items()}
    else:
        report.add(
            name,
            "not_a_table",
            f"A {type(table).__name__} is no table.",
            "Give a mapping of columns to lists of equal length, or a list of records.",
        )
        return empty(name)
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) > 1:
        report.add(
            name,
            "ragged",
            f"The columns have different lengths: {', '.join(str(length) for length in sorted(lengths))}.",
            "Give every column one cell per row; a blank is None.",
        )
        return empty(name)
    if not columns:
        return empty(name)
    length = lengths.pop()
    return Source(name, {str(key): of_list(cells) for key, cells in columns.items()}, length, range(length), "plain")
