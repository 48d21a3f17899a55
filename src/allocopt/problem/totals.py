"""Total rows: what spreadsheets put under a table, and nobody means as a row of it."""

from __future__ import annotations

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.report import Report
from allocopt.problem.tables import ReadTable

WORDS = (
    r"(?i)^\W*(((grand|sub)[ -]?)?totals?\b.*|sum|summe|gesamt(summe|ergebnis)?|zwischensumme|insgesamt|total(e|en)|"
    r"suma|somme)\W*$"
)
"""What the first cells of such rows say."""


def total_rows(checked: ReadTable) -> NDArray[np.intp]:
    """Return the rows that sum up others: they say so, and leave a column blank in which every row says something."""
    names = [column.name for column in checked.table.columns if column.required and column.name not in checked.unread]
    lacking = np.zeros(checked.length, bool)
    for name in names:
        lacking |= checked.blank(name)
    if not lacking.any():
        return np.zeros(0, np.intp)
    said = np.zeros(checked.length, bool)
    for labels in checked.labels.values():
        if len(labels.texts):
            words = pc.match_substring_regex(labels.texts, WORDS).to_numpy(zero_copy_only=False)
            said |= np.append(words, False)[labels.codes]
    return np.flatnonzero(lacking & said)


def report_totals(checked: ReadTable, positions: NDArray[np.intp], report: Report) -> None:
    """Report total rows, by the cell that says what they are."""
    for name, labels in checked.labels.items():
        if len(labels.texts):
            words = pc.match_substring_regex(labels.texts, WORDS).to_numpy(zero_copy_only=False)
            mine = positions[np.append(words, False)[labels.codes[positions]]]
            positions = np.setdiff1d(positions, mine)
            report.rows(
                checked.source,
                name,
                mine,
                "total_row",
                lambda _row, value: f"{value!r}: the row sums up others and is none of this table.",
                "Remove it: what it says would count twice.",
            )
