"""What a scenario changes, cell by cell."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allocopt.problem.schema import TABLES
from allocopt.scenario.draft import Draft, Touch
from allocopt.scenario.units import row_texts

COLUMNS = ("change", "table", "row", "column", "before", "after")
SHOWN, WIDEST = 60, 60
"""Rows, and characters of a cell, that are printed."""
ROW = "(row)"
"""What stands in `column` where a whole row was added or removed."""


class CellChanges(pd.DataFrame):
    """What a scenario changes; printed with all of its columns, however narrow the terminal."""

    @property
    def _constructor(self) -> type[pd.DataFrame]:
        return pd.DataFrame  # what is taken out of it is a table like any other

    def __repr__(self) -> str:
        if not len(self):
            return "(nothing changes)"
        return self.to_string(index=False, max_rows=SHOWN, max_colwidth=WIDEST)


def difference(draft: Draft) -> CellChanges:
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
    return CellChanges(frame.drop(columns="place"))


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
            gone = touch.ids[touch.ids < first]
            new = touch.ids[touch.ids >= first]
            new = new[left[new]]  # what was added and removed again is no change
            for rows, names, what in (
                (gone, row_texts(before, gone), ("there", "removed")),
                (new, row_texts(after, now[new]), ("", "added")),
            ):
                found += [
                    (touch.change + 1, table, name, ROW, *what, (place, row, -1))
                    for row, name in zip(rows.tolist(), names, strict=True)
                ]
    for column in dict.fromkeys(touch.column for touch in touches if touch.column is not None):
        last = np.full(len(left), -1)
        for touch in touches:
            if touch.column == column:
                last[touch.ids] = touch.change
        rows = np.flatnonzero((last[:first] >= 0) & left[:first])
        old, becoming = before.plain(column, rows), after.plain(column, now[rows])
        number = [each.name for each in TABLES[table].columns].index(column)
        found += [
            (change, table, name, column, was, becomes, (place, row, number))
            for row, change, name, was, becomes in zip(
                rows.tolist(), (last[rows] + 1).tolist(), row_texts(before, rows), old, becoming, strict=True
            )
            if was != becomes
        ]
    return found
