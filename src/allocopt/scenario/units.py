"""Whole units after a change, and how a row of a table is called."""

from __future__ import annotations

import numpy as np

from allocopt.problem.amounts import NUMBER_LIMIT
from allocopt.problem.checks import WHOLE_COLUMNS, divisible
from allocopt.problem.facts import Floats
from allocopt.problem.tables import SORTED_BY, ReadTable, sort_key
from allocopt.rounding import floor_units, largest_remainder
from allocopt.scenario.draft import Draft, Places

GROUPED_BY = {"demand": "channel", "supply": "node"}
"""Within which units are rounded, besides the SKU."""
PARTS = ("reserved", "min_units")
"""Amounts that are part of `units`."""
NOTED = 1e-6
"""Changes of a quantity by rounding that are worth a word; less is floating-point noise [unit]."""


def whole_units(draft: Draft, table: str, column: str, rows: Places, values: Floats) -> Floats:
    """Return new quantities with those of indivisible SKUs rounded, and note how many were.

    Largest remainder per SKU and channel (or node), in the canonical order of the rows. A part of a row's units (a
    commitment, a reservation) is rounded down where rounding alone would lift it above them.

    Parameters
    ----------
    draft : Draft
    table, column : str
    rows : integer array
        Rows that are written.
    values : float64 array
        What is to be written, one per row.
    """
    if column not in WHOLE_COLUMNS.get(table, ()):
        return values
    checked = draft.tables[table]
    with np.errstate(invalid="ignore"):
        # What is too large is a fault that the check names.
        indivisible = ~divisible(draft.tables, checked)[rows] & (np.abs(values) <= NUMBER_LIMIT)
        broken = indivisible & (values != np.floor(values))
    if not broken.any():
        return values
    whole = values.copy()
    mine = np.flatnonzero(indivisible)
    mine = mine[np.argsort(sort_key(checked, SORTED_BY.get(table, checked.table.key))[rows[mine]], kind="stable")]
    first, second = checked.labels["sku"], checked.labels[GROUPED_BY[table]]
    pair = first.codes[rows[mine]].astype(np.int64) * len(second.texts) + second.codes[rows[mine]]
    present, group = np.unique(pair, return_inverse=True)
    whole[mine] = largest_remainder(values[mine], group, len(present))
    if column in PARTS:
        units, least = checked.numbers["units"][rows], floor_units(values)
        whole = np.where((whole > units) & (least <= units), np.minimum(whole, least), whole)
    moved = np.abs(whole - values) > NOTED
    if moved.any():
        by = f"SKU and {GROUPED_BY[table]}"
        said = f"{int(moved.sum()):,} of {len(rows):,} rows were rounded to whole units by largest remainder per {by}"
        total = f"{np.nansum(whole[mine]):,.10g} units, unrounded {np.nansum(values[mine]):,.10g}"
        draft.remark(table, column, "rounded", f"{said}: {total}")
    return whole


def row_text(checked: ReadTable, position: int) -> str:
    """Return how a row of a table is called: its key in words, without blanks."""
    return row_texts(checked, np.array([position]))[0]


def row_texts(checked: ReadTable, rows: Places) -> list[str]:
    """Return how rows of a table are called."""
    parts = [
        [f"{name} {cell}" if cell != "" else "" for cell in checked.plain(name, rows)] for name in checked.table.key
    ]
    return [", ".join(filter(None, words)) for words in zip(*parts, strict=True)]
