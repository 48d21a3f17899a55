"""Rows with the same key become one: amounts are added or averaged, and all else has to agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocopt.problem.columns import numbers
from allocopt.problem.facts import Floats
from allocopt.problem.mapping.raw import RowNames, text_source
from allocopt.problem.mapping.rows import Rows
from allocopt.problem.report import ReadColumn, Report
from allocopt.problem.schema import Column, Table

ADDED = ("units", "reserved", "min_units", "limit", "overtime")
"""Amounts that add up, whatever the table."""
DECIMALS = 4
"""To which averages are rounded: a hundredth of a cent."""
SMALL = 9
"""Decimals to which sums are rounded, so that 0.1 + 0.2 is 0.3."""


def stacked(several: list[Rows]) -> Rows:
    """Return rows of several files under each other; what one does not have is blank."""
    if len(several) == 1:
        return several[0]
    names = list(dict.fromkeys(name for each in several for name in each.columns))
    columns = {}
    for name in names:
        parts = [_as_text(each.columns[name]) if name in each.columns else _blanks(len(each.rows)) for each in several]
        columns[name] = pd.concat(parts, ignore_index=True)
    averaged = {name for each in several for name in each.weights}
    weights = {
        name: np.concatenate([each.weights.get(name, np.ones(len(each.rows))) for each in several]) for name in averaged
    }
    return Rows(columns, weights, RowNames.stacked([each.rows for each in several]))


def defaulted(table: Table, given: Rows) -> Rows:
    """Return rows of several files with the default where one of them has no such column."""
    columns = dict(given.columns)
    for name, cells in given.columns.items():
        column = table.column(name)
        if not column.required and column.default not in (None, ""):
            text = str(column.default).lower()
            columns[name] = cells.fillna(float(text)) if cells.dtype.kind == "f" else cells.where(cells != "", text)
    return given._replace(columns=columns)


def _blanks(length: int) -> pd.Series[Any]:
    return pd.Series([""], dtype="str").repeat(length).reset_index(drop=True)


def _as_text(cells: pd.Series[Any]) -> pd.Series[Any]:
    if cells.dtype.kind != "f":
        return cells
    return cells.map(lambda value: "" if np.isnan(value) else repr(value)).astype("str")


def summed(table: Table, given: Rows, report: Report) -> Rows:
    """Return rows of which no two have the same key.

    Parameters
    ----------
    table : Table
    given : Rows
    report : Report
        Is told of amounts that are none, and of what does not agree.
    """
    keys = [name for name in table.key if name in given.columns]
    if not len(given.rows) or not keys:
        return given
    group = pd.DataFrame({name: given.columns[name] for name in keys}).groupby(keys, sort=False).ngroup().to_numpy()
    count = int(group.max()) + 1
    first = np.full(count, len(group), np.intp)
    np.minimum.at(first, group, np.arange(len(group)))
    columns: dict[str, pd.Series[Any]] = {}
    for name, cells in given.columns.items():
        if name in keys:
            columns[name] = cells.iloc[first].reset_index(drop=True)
        elif name in given.weights or name in ADDED:
            values = _numbers(table, name, cells, given.rows, report)
            columns[name] = pd.Series(_added(values, given.weights.get(name), group, count))
        else:
            columns[name] = _agreed(table, name, cells, group, first, given.rows, report)
    size = np.bincount(group, minlength=count)
    return Rows(columns, {}, given.rows.take(first, size - 1))


def _numbers(table: Table, name: str, cells: pd.Series[Any], rows: RowNames, report: Report) -> Floats:
    required = table.column(name).required
    anything = Column(name, "number", "", required, low=float("-inf"))
    before = len(report.errors)
    values = numbers(ReadColumn(anything, text_source(table.name, {name: cells}, rows), report))
    if required and len(report.errors) > before:
        values = np.where(np.isnan(values), 1.0, values)  # told, and refused: what is read next need not tell it again
    return values


def _added(values: Floats, weights: Floats | None, group: NDArray[Any], count: int) -> Floats:
    """Return the sums of groups, or their averages; nan where all of a group is blank."""

    def total(terms: Floats) -> Floats:
        return np.asarray(pd.Series(terms).groupby(group).sum(), float)  # compensated, whatever the order of the rows

    held = ~np.isnan(values)
    some = np.bincount(group[held], minlength=count) > 0
    known = np.where(held, values, 0.0)
    if weights is None:
        return np.where(some, np.round(total(known), SMALL), np.nan)
    weight = np.where(held & (weights > 0), weights, 0.0)
    weightless = total(weight)[group] == 0
    weight = np.where(weightless & held, 1.0, weight)  # nothing is known of how much they count: all count alike
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(some, np.round(total(known * weight) / total(weight), DECIMALS), np.nan)


def _agreed(
    table: Table,
    name: str,
    cells: pd.Series[Any],
    group: NDArray[Any],
    first: NDArray[np.intp],
    rows: RowNames,
    report: Report,
) -> pd.Series[Any]:
    """Return what all rows of a group say that say anything."""
    texts = _as_text(cells)
    said = texts.where(texts != "")
    found = said.groupby(group).transform("first")
    differs = (said.notna() & (said != found)).to_numpy(bool)
    if differs.any():

        def both(row: int, value: str) -> str:
            return f"is {value!r}, and {found.iloc[row]!r} in row {rows[int(first[group[row]])]} of the same key."

        hint = f"State `sum: {{average: {{{name}: ...}}}}`, or a column that tells the rows apart."
        report.at(text_source(table.name, {name: texts}, rows), name).fault(differs, "sum_differs", both, hint)
    return found.iloc[first].reset_index(drop=True).fillna("").astype("str")
