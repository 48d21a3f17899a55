"""Columns that are sums of others are taken out before prices are looked for, and put back afterwards.

.. code-block:: text

    v sum_a x[a] + w x[b] = 0,  v > 0 > w        so        x[b] = sum_a x[a] / k,  k = -w / v    (packs of several lots)

The entries of b go to every a, divided by k, and its upper bound stays as the row v sum_a x[a] <= -w upper[b]. With y
the multipliers of what is left, the row's own is y[row] + (cost[b] - sum of b's other entries times y) / w: then b
is worth just what its bound is. Source: substitution of implied free columns, Andersen and Andersen, Presolving in
linear programming, Mathematical Programming 71 (1995).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.program import COUPLES, Program
from allocopt.solve.prices.apart import Floats, Longs
from allocopt.solve.solution import Solution
from allocopt.solve.start import Prices


@dataclass(frozen=True, eq=False)
class Sums:
    """What was taken out of a program.

    Attributes
    ----------
    program : Program
        As it was.
    total, row : int, shape (sums,)
        Each column that is a sum, and the row that says so.
    weight, part : float64, shape (sums,)
        Entries of the sum and of its parts in that row.
    columns : int
        What was left.
    """

    program: Program
    total: Longs
    row: Longs
    weight: Floats
    part: Floats
    columns: Longs

    def prices(self, start: Prices | None) -> Prices | None:
        """Return prices of the program as prices of what was left."""
        if start is None or not start.fits(self.program):
            return None
        y = start.multipliers.copy()
        y[self.row] = 0.0
        y[self.row] = start.multipliers[self.row] - self.program.priced(y)[self.total] / self.weight
        return Prices(y)

    def restored(self, found: Solution) -> Solution:
        """Return the answer of what was left as one of the program."""
        multipliers = None if found.multipliers is None else self.multipliers(found.multipliers)
        x = None
        if found.x is not None:
            x = np.zeros(self.program.columns)
            x[self.columns] = found.x
            sums = np.bincount(
                self.program.indices,
                weights=self.program.data * np.repeat(x, np.diff(self.program.indptr)),
                minlength=self.program.rows,
            )
            x[self.total] = sums[self.row] / -self.weight
        basis = Prices(multipliers) if multipliers is not None and found.basis is not None else None
        return replace(found, x=x, multipliers=multipliers, basis=basis)

    def multipliers(self, left: Floats) -> Floats:
        """Return the multipliers of every row, given those of what was left."""
        y = left.copy()
        y[self.row] = 0.0
        worth = self.program.priced(y)[self.total]
        y[self.row] = left[self.row] + worth / self.weight
        return y


def unsummed(program: Program) -> tuple[Program, Sums | None]:
    """Return a program without columns that are sums, and what was taken out; None where there is none."""
    at = program.entry_column
    row, total, weight, part = _found(program, at)
    if not len(row):
        return program, None
    place = np.full(program.rows, -1)
    place[row] = np.arange(len(row))
    gone = np.full(program.columns, -1)
    gone[total] = np.arange(len(total))
    # The parts of each sum, one sum after the other.
    inside = np.flatnonzero((place[program.indices] >= 0) & (gone[at] < 0))
    inside = inside[np.argsort(place[program.indices[inside]], kind="stable")]
    parts, first = at[inside], np.searchsorted(place[program.indices[inside]], np.arange(len(row) + 1))
    moved = np.flatnonzero((gone[at] >= 0) & (program.indices != row[gone[at]]))
    whose = gone[at[moved]]
    many = np.diff(first)[whose]
    owner = np.repeat(np.arange(len(whose)), many)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(many) - many, many)
    times = -weight / part
    kept = np.flatnonzero(gone[at] < 0)
    columns = np.flatnonzero(gone < 0)
    number = np.cumsum(gone < 0) - 1
    column = np.concatenate([at[kept], parts[first[whose[owner]] + rank]])
    in_row = np.concatenate([program.indices[kept], program.indices[moved][owner]])
    data = np.concatenate([program.data[kept], (program.data[moved] / times[whose])[owner]])
    key, where = np.unique(number[column] * program.rows + in_row, return_inverse=True)
    cost = program.cost.copy()
    np.add.at(cost, parts, np.repeat(program.cost[total] / times, np.diff(first)))
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    lower[row], upper[row] = -np.inf, -weight * program.upper[total]
    counts = np.bincount(key // program.rows, minlength=len(columns))
    small = replace(
        program,
        cost=cost[columns],
        lower=program.lower[columns],
        upper=program.upper[columns],
        integer=program.integer[columns],
        indptr=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        indices=(key % program.rows).astype(np.int32),
        data=np.bincount(where, weights=data, minlength=len(key)).astype(float),
        row_lower=lower,
        row_upper=upper,
        column_sku=program.column_sku[columns],
    )
    return small, Sums(program, total, row, weight, part, columns)


def _found(program: Program, at: Longs) -> tuple[Longs, Longs, Floats, Floats]:
    """Return the rows that say that a column is a sum: row, column, its entry, and the entry of the parts."""
    lengths = np.bincount(program.indices, minlength=program.rows)
    below = np.bincount(program.indices, weights=program.data < 0, minlength=program.rows)
    least, most = np.full(program.rows, np.inf), np.full(program.rows, -np.inf)
    above = program.data > 0
    np.minimum.at(least, program.indices[above], program.data[above])
    np.maximum.at(most, program.indices[above], program.data[above])
    good = (program.row_lower == 0) & (program.row_upper == 0) & (program.row_sku != COUPLES)
    good &= (lengths > 2) & (below == 1) & (least == most)
    entry = np.flatnonzero(good[program.indices] & ~above)
    column = at[entry]
    met = np.bincount(at[good[program.indices]], minlength=program.columns)
    fine = (met[column] == 1) & (program.lower[column] == 0) & (program.lower[column] < program.upper[column])
    entry, column = entry[fine], column[fine]
    row = program.indices[entry]
    return row, column, program.data[entry], least[row]
