"""How every ``make.py`` writes its tables: as CSV, next to itself, the same bytes on every machine."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

Row = dict[str, object]
"""Cells of a row by column; what is left out is blank, or has its default."""
FALSE = ("hold", "firm", "all_or_none", "ship_from_one", "ship_together")
ZERO = ("available", "reserved", "sd", "min_units", "min_ship", "max_late", "late_cost", "lost_cost")
DEFAULTS = dict.fromkeys(FALSE, False) | dict.fromkeys(ZERO, 0) | {"confidence": 1}
"""Cells that a row leaves out and that may not be blank."""


def stated(columns: str, rows: Iterable[tuple[object, ...]]) -> list[Row]:
    """Return rows that state every column of a table, as they are written."""
    return [dict(zip(columns.split(), row, strict=True)) for row in rows]


def write(folder: Path, columns: Mapping[str, str], tables: Mapping[str, list[Row]]) -> None:
    """Write tables with their columns into a folder, and say how many rows each has."""
    for name, rows in tables.items():
        names = columns[name].split()
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, names, restval="", lineterminator="\n")
            writer.writeheader()
            defaults = {column: value for column, value in DEFAULTS.items() if column in names}
            writer.writerows({column: _cell(value) for column, value in (defaults | row).items()} for row in rows)
        print(f"{name}.csv: {len(rows)} rows")


def _cell(value: object) -> str:
    """Return the text of one cell; money and rates without the noise of binary fractions."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
