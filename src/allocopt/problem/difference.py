"""What a scenario changes, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocopt.problem.draft import Draft, Touch
from allocopt.problem.schema import TABLES
from allocopt.problem.tables import Checked
from allocopt.problem.units import row_text

COLUMNS = ("change", "table", "row", "column", "before", "after")
ROW = "(row)"
"""What stands in `column` where a whole row was added or removed."""


def difference(draft: Draft) -> pd.DataFrame:
    """Return one row for each cell that is another one now, and for each row that was removed or added.

    Columns are change (the number, from 1, of the last change that touched it), table, row (its key in words),
    column, before and after. Cells of a row that was added or removed are not told one by one.
    """
    found: list[tuple[Any, ...]] = []
    for table in TABLES:
        touches = [touch for touch in draft.touches if touch.table == table]
        if touches:
            found += _of_table(draft, table, touches)
    frame = pd.DataFrame(found, columns=[*COLUMNS, "place"], dtype=object)
    frame["change"] = frame["change"].astype(np.int64)
    frame = frame.sort_values(["change", "place"], kind="stable", ignore_index=True)
    return frame.drop(columns="place")


def _of_table(draft: Draft, table: str, touches: list[Touch]) -> list[tuple[Any, ...]]:
    before, after, ids = draft.problem._tables[table], draft.tables[table], draft.ids[table]
    place = list(TABLES).index(table)
    first = before.length
    found: list[tuple[Any, ...]] = []
    left = np.zeros(first + len(draft.added.get(table, ())), bool)
    left[ids] = True
    now = np.zeros(len(left), np.int64)
    now[ids] = np.arange(len(ids))
    for touch in touches:
        if touch.column is None:
            for row in touch.ids.tolist():
                if row < first:
                    name, what = row_text(before, row), ("there", "removed")
                elif left[row]:
                    name, what = row_text(after, int(now[row])), ("", "added")
                else:
                    continue  # added and removed again; it is there as the removal, too
                found.append((touch.change + 1, table, name, ROW, *what, (place, row, -1)))
    for column in dict.fromkeys(touch.column for touch in touches if touch.column is not None):
        last = np.full(len(left), -1)
        for touch in touches:
            if touch.column == column:
                last[touch.ids] = touch.change
        rows = np.flatnonzero((last[:first] >= 0) & left[:first])
        old, new = _cells(before, column, rows), _cells(after, column, now[rows])
        number = [each.name for each in TABLES[table].columns].index(column)
        for row, was, becomes in zip(rows.tolist(), old, new, strict=True):
            if was != becomes:
                name = row_text(before, row)
                found.append((int(last[row]) + 1, table, name, column, was, becomes, (place, row, number)))
    return found


def _cells(checked: Checked, column: str, rows: NDArray[np.intp]) -> list[Any]:
    """Return cells as plain values; a blank is an empty text."""
    if column in checked.labels:
        labels = checked.labels[column]
        texts = [*labels.texts.to_pylist(), ""]
        return [texts[code] for code in labels.codes[rows].tolist()]
    declared = checked.table.column(column)
    if column in checked.codes:
        words: list[Any] = [*declared.choices, ""] if declared.choices else [False, True, ""]
        return [words[code] for code in checked.codes[column][rows].tolist()]
    values = checked.numbers[column][rows].tolist()
    if declared.type == "number":
        return ["" if value != value else value for value in values]
    return ["" if value != value else int(value) for value in values]
