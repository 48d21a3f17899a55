"""A linear program as plain arrays: all that ``solve`` ever sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

COUPLES = -1
"""Block code of a column or row that belongs to no single SKU."""


@dataclass(frozen=True)
class Program:
    """Maximise ``cost @ x + constant`` over ``row_lower <= A x <= row_upper``, ``lower <= x <= upper``.

    Attributes
    ----------
    cost : float64, shape (columns,)
        Objective [currency per unit of the column].
    lower, upper : float64, shape (columns,)
        Bounds; every column that allocopt itself creates is bounded on both sides.
    integer : bool, shape (columns,)
        Whether the column must be whole.
    indptr : int32, shape (columns + 1,)
    indices : int32, shape (nonzeros,)
    data : float64, shape (nonzeros,)
        The matrix A, column by column (CSC), row indices sorted, no duplicates, no explicit zeros.
    row_lower, row_upper : float64, shape (rows,)
        Bounds of the rows, ``-inf``/``inf`` where there is none.
    column_sku, row_sku : int32, shape (columns,) and (rows,)
        SKU code, or `COUPLES` where several SKUs (or none) are touched.
    constant : float
        Part of the objective that no decision changes [currency].
    """

    cost: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    integer: NDArray[np.bool_]
    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    data: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    column_sku: NDArray[np.int32]
    row_sku: NDArray[np.int32]
    constant: float = 0.0

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    @property
    def nonzeros(self) -> int:
        """Number of entries of the matrix."""
        return len(self.data)

    def activity(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return A x, shape (rows,)."""
        spread = np.repeat(x, np.diff(self.indptr))
        sums = np.bincount(self.indices, weights=self.data * spread, minlength=self.rows)
        return sums.astype(np.float64, copy=False)

    def priced(self, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return cost - A'y, shape (columns,): what a unit of each column is worth beyond the prices y."""
        return self.cost - self.column_sums(self.data * multipliers[self.indices])

    def column_sums(self, entries: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of ``entries`` (one per nonzero) over each column, shape (columns,)."""
        if not self.columns:
            return np.zeros(0)
        sums: NDArray[np.float64] = np.add.reduceat(np.append(entries, 0.0), self.indptr[:-1])
        sums[self.indptr[:-1] == self.indptr[1:]] = 0.0
        return sums

    def objective(self, x: NDArray[np.float64]) -> float:
        """Return ``cost @ x + constant`` [currency]."""
        return float(self.cost @ x) + self.constant


def bounded(program: Program, columns: ArrayLike, *, lower: ArrayLike, upper: ArrayLike) -> Program:
    """Return the program with other bounds on some columns.

    Parameters
    ----------
    program : Program
    columns : array of int or bool
        Positions, or a mask, of the columns.
    lower, upper : array of float
        Their new bounds, one per column named (or one for all).

    Returns
    -------
    Program
        Shares every array that did not change.
    """
    chosen = np.asarray(columns)
    new_lower, new_upper = program.lower.copy(), program.upper.copy()
    new_lower[chosen] = lower
    new_upper[chosen] = upper
    return replace(program, lower=new_lower, upper=new_upper)


def fixed(program: Program, columns: ArrayLike, values: ArrayLike) -> Program:
    """Return the program with some columns held at given values (see `bounded`)."""
    return bounded(program, columns, lower=values, upper=values)


def with_rows(
    program: Program,
    rows: ArrayLike,
    columns: ArrayLike,
    values: ArrayLike,
    *,
    lower: ArrayLike,
    upper: ArrayLike,
    sku: ArrayLike | None = None,
) -> Program:
    """Return the program with rows appended below its own.

    Parameters
    ----------
    program : Program
    rows, columns, values : arrays, shape (entries,)
        Entries of the new rows; ``rows`` counts from 0 at the first new row. Entries that name the same place
        are summed; zeros are left out.
    lower, upper : arrays, shape (new rows,)
        Bounds of the new rows.
    sku : array of int, shape (new rows,), optional
        Block codes of the new rows; `COUPLES` when not given.

    Returns
    -------
    Program
    """
    new_lower, new_upper = np.atleast_1d(np.asarray(lower, float)), np.atleast_1d(np.asarray(upper, float))
    row, column = np.asarray(rows, np.int64).ravel(), np.asarray(columns, np.int64).ravel()
    count = len(new_lower)
    if row.size and (row.min() < 0 or row.max() >= count or column.min() < 0 or column.max() >= program.columns):
        raise ValueError("an entry lies outside of the new rows or of the program's columns")
    places, inverse = np.unique(column * count + row, return_inverse=True)
    sums = np.bincount(inverse, weights=np.asarray(values, float).ravel(), minlength=len(places))
    places, sums = places[sums != 0.0], sums[sums != 0.0]
    column, row = np.divmod(places, max(count, 1))
    ends = program.indptr[column + 1]
    added = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=program.columns))])
    codes = np.full(count, COUPLES) if sku is None else np.atleast_1d(np.asarray(sku))
    return replace(
        program,
        indptr=(program.indptr + added).astype(np.int32),
        indices=np.insert(program.indices, ends, (program.rows + row).astype(np.int32)),
        data=np.insert(program.data, ends, sums),
        row_lower=np.concatenate([program.row_lower, new_lower]),
        row_upper=np.concatenate([program.row_upper, new_upper]),
        row_sku=np.concatenate([program.row_sku, codes]).astype(np.int32),
    )


def restricted(
    program: Program, columns: NDArray[np.bool_], x: NDArray[np.float64]
) -> tuple[Program, NDArray[np.intp]]:
    """Return the program of some columns alone, the others staying as they are in ``x``.

    Row limits become what the other columns leave of them; rows that touch no chosen column are dropped; what
    the other columns earn goes into the constant.

    Parameters
    ----------
    program : Program
    columns : bool, shape (columns,)
        The columns that stay free.
    x : float64, shape (columns,)
        Values of all columns; only those of the others are read.

    Returns
    -------
    Program
    rows : int, shape (rows of the small program,)
        The rows of ``program`` that were kept.
    """
    others = np.where(columns, 0.0, x)
    used = program.activity(others)
    entry = np.repeat(columns, np.diff(program.indptr))
    kept = np.zeros(program.rows, dtype=bool)
    kept[program.indices[entry]] = True
    rows = np.flatnonzero(kept)
    position = np.cumsum(kept) - 1
    lengths = np.diff(program.indptr)[columns]
    small = Program(
        cost=program.cost[columns],
        lower=program.lower[columns],
        upper=program.upper[columns],
        integer=program.integer[columns],
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        indices=position[program.indices[entry]].astype(np.int32),
        data=program.data[entry],
        row_lower=(program.row_lower - used)[rows],
        row_upper=(program.row_upper - used)[rows],
        column_sku=program.column_sku[columns],
        row_sku=program.row_sku[rows],
        constant=program.constant + float(program.cost @ others),
    )
    return small, rows


def with_columns(
    program: Program,
    *,
    cost: NDArray[np.float64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    integer: NDArray[np.bool_] | None = None,
) -> Program:
    """Return the program with columns appended that are in no row yet (see `with_rows`); they belong to no SKU."""
    count = len(cost)
    return replace(
        program,
        cost=np.concatenate([program.cost, cost]),
        lower=np.concatenate([program.lower, lower]),
        upper=np.concatenate([program.upper, upper]),
        integer=np.concatenate([program.integer, np.zeros(count, bool) if integer is None else integer]),
        indptr=np.concatenate([program.indptr, np.full(count, program.nonzeros, dtype=np.int32)]),
        column_sku=np.concatenate([program.column_sku, np.full(count, COUPLES, dtype=np.int32)]),
    )
