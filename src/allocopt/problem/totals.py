"""Rows that nobody means as rows of a table: sums, remarks, units under the header, and the header once more.

A sum says what it is, and leaves a column blank in which every row says something. A row that holds next to nothing of
what every row says is a remark or a heading, one fault whatever it lacks, as long as most rows of the table are no such
rows. A header that is there again, as on every page of a print, says nothing new and is passed over with a note.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.columns import is_blank
from allocopt.problem.headers import without_unit
from allocopt.problem.report import Report, listed
from allocopt.problem.tables import ReadTable

WORDS = (
    r"(?i)^\W*(((grand|sub)[ -]?)?totals?\b.*|sum|summe|gesamt(summe|ergebnis)?|zwischensumme|insgesamt|total(e|en)|"
    r"suma|somme)\W*$"
)
"""What the first cells of sums say."""
FULL = 3
"""Required columns of a table in which a row can be told from a remark."""


@dataclass(frozen=True)
class Strays:
    """Rows of a file that are none of its table, by position.

    Attributes
    ----------
    totals : intp array
        They sum up others.
    headers : intp array
        The header once more.
    remarks : intp array
        They hold next to nothing of what every row says.
    """

    totals: NDArray[np.intp]
    headers: NDArray[np.intp]
    remarks: NDArray[np.intp]

    @property
    def all(self) -> NDArray[np.intp]:
        """All of them."""
        return np.concatenate([self.totals, self.headers, self.remarks])


def strays(checked: ReadTable) -> Strays:
    """Return the rows of a table that are none of it."""
    lacking = _lacking(checked)
    totals = _total_rows(checked, np.asarray(lacking.any(axis=1)))
    none = np.zeros(0, np.intp)
    if not checked.source.file:
        return Strays(totals, none, none)
    headers = np.setdiff1d(_headers_again(checked), totals)
    remarks = np.setdiff1d(_remarks(checked, lacking), np.concatenate([totals, headers]))
    return Strays(totals, headers, remarks)


def report_strays(checked: ReadTable, found: Strays, report: Report) -> None:
    """Report rows that are none of the table, each kind once."""
    _report_totals(checked, found.totals, report)
    source = checked.source
    if len(found.headers):
        rows = [source.row(position) for position in found.headers.tolist()]
        what, verb = (
            ("Row", "is the header once more and") if len(rows) == 1 else ("Rows", "are the header once more and")
        )
        said = f"{what} {listed(rows)} {verb} passed over."
        report.note(source.name, "header_again", said, "Keep the first one only.", row=rows[0])
    left = found.remarks
    for column in source.columns:
        held = np.array([not is_blank(source.objects(column)[position]) for position in left.tolist()], bool)
        said = "The row holds {value!r}, and next to nothing that every row of this table says."
        hint = "Remove it if it is a remark, a heading or a sum; else fill it in."
        report.rows(source, column, left[held], "remark", said, hint)
        left = left[~held]


def _lacking(checked: ReadTable) -> NDArray[np.bool_]:
    """Return which required cells are blank or cannot be read, shape (rows, required columns)."""
    names = [column.name for column in checked.table.columns if column.required and column.name not in checked.unread]
    lacking = np.zeros((checked.length, len(names)), bool)
    for place, name in enumerate(names):
        lacking[:, place] = checked.blank(name)
    return lacking


def _headers_again(checked: ReadTable) -> NDArray[np.intp]:
    """Return the rows in which every cell says the name of its column."""
    source, here = checked.source, np.zeros(checked.length, bool)
    for name, labels in checked.labels.items():
        if name in source.columns:
            here |= labels.among(pc.equal(pc.utf8_lower(labels.texts), name))
    names = [column.name for column in checked.table.columns if column.name in source.columns]
    found = [
        position
        for position in np.flatnonzero(here).tolist()
        if all(
            is_blank(cell) or (isinstance(cell, str) and without_unit(cell, checked.table)[0] == name)
            for name, cell in ((name, source.objects(name)[position]) for name in names)
        )
    ]
    return np.array(found, np.intp)


def _remarks(checked: ReadTable, lacking: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rows that hold next to nothing of what every row says, unless that goes for many rows."""
    columns = [column for column in checked.table.columns if column.required and column.name not in checked.unread]
    usual = lacking.sum(axis=0) * 2 <= checked.length  # what most rows lack tells nothing of one of them
    if usual.sum() < FULL:
        return np.zeros(0, np.intp)
    values = usual & np.array([column.type not in ("id", "text") for column in columns], bool)
    bare = (~lacking[:, usual]).sum(axis=1) <= 1
    if values.sum() > 1:
        bare |= lacking[:, values].all(axis=1)
    return np.flatnonzero(bare) if bare.sum() * 2 <= checked.length else np.zeros(0, np.intp)


def _total_rows(checked: ReadTable, lacking: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the rows that sum up others: they say so, and leave a column blank in which every row says something."""
    if not lacking.any():
        return np.zeros(0, np.intp)
    said = np.zeros(checked.length, bool)
    for labels in checked.labels.values():
        said |= labels.among(pc.match_substring_regex(labels.texts, WORDS))
    return np.flatnonzero(lacking & said)


def _report_totals(checked: ReadTable, positions: NDArray[np.intp], report: Report) -> None:
    """Report total rows, by the cell that says what they are."""
    for name, labels in checked.labels.items():
        mine = positions[labels.among(pc.match_substring_regex(labels.texts, WORDS))[positions]]
        positions = np.setdiff1d(positions, mine)
        said = "{value!r}: the row sums up others and is none of this table."
        report.rows(checked.source, name, mine, "total_row", said, "Remove it: what it says would count twice.")
