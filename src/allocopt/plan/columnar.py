"""Tables as plain columns, as short as JSON can hold them without losing a digit.

A table is ``{"rows": n, "columns": {name: cells}}``. Cells are a list of n values; or ``{"all": value}`` where all n
are the same; or ``{"of": [values], "at": [positions]}`` where n positions count in a list of the different values.
Lists of records, as plans were written before, are read as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from allocopt.problem.plain import plain

FORMS = "a list, {'all': value}, or {'of': values, 'at': positions}"


def packed(table: pd.DataFrame) -> dict[str, Any]:
    """Return a table as plain columns.

    >>> packed(pd.DataFrame({"sku": ["A", "A", "A"], "units": [1.0, 2.5, 3.0]}))
    {'rows': 3, 'columns': {'sku': {'all': 'A'}, 'units': [1, 2.5, 3]}}
    """
    return {"rows": len(table), "columns": {str(name): _cells(table[name]) for name in table}}


def _cells(column: pd.Series) -> Any:
    size = len(column)
    if not size:
        return []
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    # Of many values most are their own: they are written as they come.
    if len(distinct) == 1 or 2 * len(distinct) <= size:
        values = [_short(value) for value in plain(pd.Series(distinct))]
        return {"all": values[0]} if len(distinct) == 1 else {"of": values, "at": codes.tolist()}
    return [_short(value) for value in plain(column)]


def _short(value: Any) -> Any:
    """Return a whole number without its point."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


def unpacked(content: Any) -> dict[str, list[Any]] | str:
    """Return the columns of a table in plain values as lists; what is wrong with it in words, if it is none."""
    if isinstance(content, list | tuple):
        return _of_records(content)
    if not isinstance(content, Mapping) or set(content) != {"rows", "columns"}:
        return "A table is a mapping of rows and columns, or a list of records."
    rows, columns = content["rows"], content["columns"]
    if isinstance(rows, bool) or not isinstance(rows, int) or rows < 0 or not isinstance(columns, Mapping):
        return "A table has a number of rows and a mapping of columns."
    found: dict[str, list[Any]] = {}
    for name, cells in columns.items():
        values = _values(cells, rows)
        if not isinstance(name, str) or values is None:
            return f"Cells of a column are {FORMS}; one a row."
        found[name] = values
    return found


def _values(cells: Any, rows: int) -> list[Any] | None:
    """Return the cells of a column as a list; None if they are none, or not one a row."""
    if isinstance(cells, list | tuple):
        return list(cells) if len(cells) == rows else None
    if not isinstance(cells, Mapping):
        return None
    if set(cells) == {"all"}:
        return [cells["all"]] * rows if rows <= MOST else None
    if set(cells) != {"of", "at"} or not all(isinstance(part, list | tuple) for part in cells.values()):
        return None
    values, places = cells["of"], cells["at"]
    inside = all(type(place) is int and 0 <= place < len(values) for place in places)
    return [values[place] for place in places] if inside and len(places) == rows else None


MOST = 100_000_000
"""Rows of a table that somebody writes in a few letters; more would only fill the memory."""


def _of_records(rows: Any) -> dict[str, list[Any]] | str:
    if not all(isinstance(row, Mapping) for row in rows):
        return "A table is a list of records."
    names = list(rows[0]) if rows else []
    ragged = [number for number, row in enumerate(rows) if set(row) != set(names)]
    if ragged:
        return f"Record {ragged[0]} has other columns than the first."
    return {name: [row[name] for row in rows] for name in names}
