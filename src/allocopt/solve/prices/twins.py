"""Columns that are multiples of others are taken out before prices are looked for, and put back afterwards.

.. code-block:: text

    v x[a] + w x[b] = 0,  v w < 0        so        x[b] = x[a] / k,  k = -w / v        (units and packs of units)

The twin b's entries go to a. Rows whose entries are then all equal are divided by them, which makes networks of
blocks with packs. The row's multiplier is what leaves the less tightly bounded of the two worth nothing. Source:
doubleton equations in Andersen and Andersen, Presolving in linear programming, Mathematical Programming 71 (1995).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.program import COUPLES, Program
from allocopt.solve.prices.apart import Floats, Longs
from allocopt.solve.solution import Solution
from allocopt.solve.start import Prices


@dataclass(frozen=True, eq=False)
class Twins:
    """What was taken out of a program.

    Attributes
    ----------
    program : Program
        As it was.
    twin, other, row : int, shape (twins,)
        Each twin, the column that it is a multiple of, and the row that says so.
    times : float64, shape (twins,)
        Units of the other column in one of the twin.
    columns, rows : int
        What was left.
    factor : float64, shape (rows left,)
        What each row was divided by.
    """

    program: Program
    twin: Longs
    other: Longs
    row: Longs
    times: Floats
    columns: Longs
    rows: Longs
    factor: Floats

    def prices(self, start: Prices | None) -> Prices | None:
        """Return prices of the program as prices of what was left."""
        if start is None or not start.fits(self.program):
            return None
        return Prices(start.multipliers[self.rows] * self.factor)

    def restored(self, found: Solution) -> Solution:
        """Return the answer of what was left as one of the program."""
        multipliers = None if found.multipliers is None else self.multipliers(found.multipliers)
        x = None
        if found.x is not None:
            x = np.zeros(self.program.columns)
            x[self.columns] = found.x
            x[self.twin] = x[self.other] / self.times
        basis = Prices(multipliers) if multipliers is not None and found.basis is not None else None
        return replace(found, x=x, multipliers=multipliers, basis=basis)

    def multipliers(self, left: Floats) -> Floats:
        """Return the multipliers of every row, given those of the rows left."""
        program = self.program
        y = np.zeros(program.rows)
        y[self.rows] = left / self.factor
        worth = program.priced(y)
        both = worth[self.other] + worth[self.twin] / self.times
        tighter_above = self.times * program.upper[self.twin] < program.upper[self.other]
        tighter_below = self.times * program.lower[self.twin] > program.lower[self.other]
        twin_carries = np.where(both > 0, tighter_above, tighter_below)
        in_row = _entry(program, self.row, self.other), _entry(program, self.row, self.twin)
        y[self.row] = np.where(twin_carries, worth[self.other] / in_row[0], worth[self.twin] / in_row[1])
        return y


def untwined(program: Program) -> tuple[Program, Twins | None]:
    """Return a program without twins, and what was taken out; None where there is none."""
    lengths = np.bincount(program.indices, minlength=program.rows)
    pairs = np.flatnonzero(
        (program.row_lower == 0) & (program.row_upper == 0) & (lengths == 2) & (program.row_sku != COUPLES)
    )
    if not len(pairs):
        return program, None
    is_pair = np.zeros(program.rows, dtype=bool)
    is_pair[pairs] = True
    entry = np.flatnonzero(is_pair[program.indices])
    both = entry[np.argsort(program.indices[entry], kind="stable")].reshape(-1, 2)
    column, value = np.searchsorted(program.indptr, both, side="right") - 1, program.data[both]
    met = np.bincount(column.ravel(), minlength=program.columns)
    good = (met[column] == 1).all(axis=1) & (value[:, 0] * value[:, 1] < 0)
    pairs, column, value = pairs[good], column[good], value[good]
    if not len(pairs):
        return program, None
    # The column with fewer entries goes.
    goes = np.argmin(np.diff(program.indptr)[column][:, ::-1], axis=1) == 0
    which = np.where(goes, 1, 0)
    every = np.arange(len(pairs))
    twin, other = column[every, which], column[every, 1 - which]
    times = -value[every, which] / value[every, 1 - which]
    return _without(program, twin, other, pairs, times)


def _without(program: Program, twin: Longs, other: Longs, row: Longs, times: Floats) -> tuple[Program, Twins]:
    """Take twins and their rows out."""
    columns = np.delete(np.arange(program.columns), twin)
    rows = np.delete(np.arange(program.rows), row)
    goes_to, share = np.arange(program.columns), np.ones(program.columns)
    goes_to[twin], share[twin] = other, times
    new_column, new_row = np.full(program.columns, -1), np.full(program.rows, -1)
    new_column[columns], new_row[rows] = np.arange(len(columns)), np.arange(len(rows))
    at = program.entry_column
    kept = new_row[program.indices] >= 0
    place = new_column[goes_to[at[kept]]] * len(rows) + new_row[program.indices[kept]]
    key, where = np.unique(place, return_inverse=True)
    data: Floats = np.bincount(where, weights=program.data[kept] / share[at[kept]], minlength=len(key)).astype(float)
    column, in_row = np.divmod(key, max(len(rows), 1))
    factor = _factors(in_row, data, len(rows))
    lower, upper, cost = program.lower.copy(), program.upper.copy(), program.cost.copy()
    lower[other] = np.maximum(lower[other], times * lower[twin])
    upper[other] = np.minimum(upper[other], times * upper[twin])
    cost[other] += cost[twin] / times
    small = replace(
        program,
        cost=cost[columns],
        lower=lower[columns],
        upper=upper[columns],
        integer=program.integer[columns],
        indptr=np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(columns)))]).astype(np.int32),
        indices=in_row.astype(np.int32),
        data=data / factor[in_row],
        row_lower=program.row_lower[rows] / factor,
        row_upper=program.row_upper[rows] / factor,
        column_sku=program.column_sku[columns],
        row_sku=program.row_sku[rows],
    )
    return small, Twins(program, twin, other, row, times, columns, rows, factor)


def _factors(row: Longs, data: Floats, rows: int) -> Floats:
    """Return the entry of rows whose entries are all equal and positive, one for the others."""
    least, most = np.full(rows, np.inf), np.full(rows, -np.inf)
    np.minimum.at(least, row, data)
    np.maximum.at(most, row, data)
    same = (least > 0) & (most <= least * (1 + 1e-12)) & np.isfinite(least)
    return np.where(same, most, 1.0)


def _entry(program: Program, row: Longs, column: Longs) -> Floats:
    """Return the entries at some rows and columns; each column has few."""
    found = np.zeros(len(row))
    start, lengths = program.indptr[column], np.diff(program.indptr)[column]
    for step in range(int(lengths.max(initial=0))):
        inside = np.flatnonzero(step < lengths)
        entry = start[inside] + step
        hit = program.indices[entry] == row[inside]
        found[inside[hit]] = program.data[entry[hit]]
    return found
