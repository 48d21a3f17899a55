"""A linear program as plain arrays: all that ``solve`` ever sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.grouping import runs, starts
from allocopt.rounding import ceiled, floored

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
    column_line : int32, shape (columns,), or None
        Demand line that the units of each column ship to, `COUPLES` for columns that ship nothing; None: not told.
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
    column_line: NDArray[np.int32] | None = None

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

    @property
    def entry_column(self) -> NDArray[np.intp]:
        """Column of each entry of the matrix, shape (nonzeros,)."""
        return np.repeat(np.arange(self.columns), np.diff(self.indptr))

    def activity(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return A x, shape (rows,)."""
        return self.row_sums(self.data * np.repeat(x, np.diff(self.indptr)))

    def reach(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the least and the most that each row can come to within the bounds of the columns, shape (rows,)."""
        one, other = self.data * self.lower[self.entry_column], self.data * self.upper[self.entry_column]
        return self.row_sums(np.minimum(one, other)), self.row_sums(np.maximum(one, other))

    def row_sums(self, entries: NDArray[Any]) -> NDArray[np.float64]:
        """Return the sum of ``entries`` (one per nonzero) over each row, shape (rows,)."""
        return np.asarray(np.bincount(self.indices, weights=entries, minlength=self.rows), dtype=np.float64)

    def priced(self, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return cost - A'y, shape (columns,): what a unit of each column is worth beyond the prices y."""
        priced: NDArray[np.float64] = self.cost - self.column_sums(self.data * multipliers[self.indices])
        return priced

    def column_sums(self, entries: NDArray[Any]) -> NDArray[Any]:
        """Return the sums of ``entries`` over each column, shape (..., columns); the last axis has one per nonzero."""
        if not self.columns:
            return np.zeros((*entries.shape[:-1], 0), entries.dtype)
        ended = np.concatenate([entries, np.zeros((*entries.shape[:-1], 1), entries.dtype)], axis=-1)
        sums: NDArray[Any] = np.add.reduceat(ended, self.indptr[:-1], axis=-1)
        sums[..., self.indptr[:-1] == self.indptr[1:]] = 0.0
        return sums

    def objective(self, x: NDArray[np.float64]) -> float:
        """Return ``cost @ x + constant`` [currency]."""
        return float(np.einsum("i,i->", self.cost, x)) + self.constant  # one thread: the same sum everywhere


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


def freed(program: Program, rows: ArrayLike) -> Program:
    """Return the program without the limits of some rows."""
    chosen = np.asarray(rows, np.int64)
    if not len(chosen):
        return program
    found = replace(program, row_lower=program.row_lower.copy(), row_upper=program.row_upper.copy())
    found.row_lower[chosen], found.row_upper[chosen] = -np.inf, np.inf
    return found


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
    lower, upper : arrays, shape (new rows,), or one of them one number for all
        Bounds of the new rows.
    sku : array of int, shape (new rows,), optional
        Block codes of the new rows; `COUPLES` when not given.

    Returns
    -------
    Program
    """
    new_lower, new_upper = np.broadcast_arrays(*np.atleast_1d(np.asarray(lower, float), np.asarray(upper, float)))
    row, column = np.asarray(rows, np.int64).ravel(), np.asarray(columns, np.int64).ravel()
    count = len(new_lower)
    if row.size and (row.min() < 0 or row.max() >= count or column.min() < 0 or column.max() >= program.columns):
        raise ValueError("an entry lies outside of the new rows or of the program's columns")
    places, inverse = np.unique(column * count + row, return_inverse=True)
    sums = np.bincount(inverse, weights=np.asarray(values, float).ravel(), minlength=len(places))
    places, sums = places[sums != 0.0], sums[sums != 0.0]
    column, row = np.divmod(places, max(count, 1))
    ends = program.indptr[column + 1]
    added = starts(column, program.columns)
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


def keeping(program: Program, columns: NDArray[np.intp], weights: NDArray[np.float64], least: float) -> Program:
    """Return the program with a row below its own: some columns, so weighted, come to at least so much."""
    return with_rows(program, np.zeros(len(columns)), columns, weights, lower=least, upper=np.inf)


def with_columns(
    program: Program,
    rows: ArrayLike,
    values: ArrayLike,
    *,
    cost: ArrayLike,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
) -> Program:
    """Return the program with continuous columns of one entry each appended on the right.

    Parameters
    ----------
    program : Program
    rows, values : arrays, shape (new columns,)
        The row that each new column touches, and its coefficient there.
    cost, lower, upper : arrays, shape (new columns,), or one number for all

    Returns
    -------
    Program
    """
    row = np.asarray(rows, np.int32).ravel()
    count = len(row)
    wider = with_loose_columns(program, cost=np.broadcast_to(np.asarray(cost, float), count), lower=lower, upper=upper)
    return replace(
        wider,
        indptr=np.concatenate([program.indptr, program.nonzeros + np.arange(1, count + 1)]).astype(np.int32),
        indices=np.concatenate([program.indices, row]),
        data=np.concatenate([program.data, np.broadcast_to(np.asarray(values, float), count)]),
        column_sku=np.concatenate([program.column_sku, program.row_sku[row]]).astype(np.int32),
    )


def with_loose_columns(
    program: Program,
    *,
    cost: ArrayLike,
    lower: ArrayLike = 0.0,
    upper: ArrayLike = np.inf,
    integer: ArrayLike = False,
    sku: ArrayLike = COUPLES,
) -> Program:
    """Return the program with columns appended that are in no row yet (see `with_rows`).

    Parameters
    ----------
    program : Program
    cost : array, shape (new columns,)
    lower, upper, integer : arrays, shape (new columns,), or one value for all
    sku : array of int, shape (new columns,), or one code for all
        Block codes; by default they belong to no SKU.

    Returns
    -------
    Program
    """
    gain = np.asarray(cost, float).ravel()
    count = len(gain)
    return replace(
        program,
        cost=np.concatenate([program.cost, gain]),
        lower=np.concatenate([program.lower, np.broadcast_to(np.asarray(lower, float), count)]),
        upper=np.concatenate([program.upper, np.broadcast_to(np.asarray(upper, float), count)]),
        integer=np.concatenate([program.integer, np.broadcast_to(np.asarray(integer, bool), count)]),
        indptr=np.concatenate([program.indptr, np.full(count, program.nonzeros, dtype=np.int32)]),
        column_sku=np.concatenate([program.column_sku, np.broadcast_to(np.asarray(sku), count)]).astype(np.int32),
        column_line=with_more_lines(program.column_line, count),
    )


def with_more_lines(lines: NDArray[np.int32] | None, count: int) -> NDArray[np.int32] | None:
    """Return the lines of columns, with so many appended that ship nothing; None where they are not told."""
    return None if lines is None else np.concatenate([lines, np.full(count, COUPLES, dtype=np.int32)])


def restricted(
    program: Program,
    columns: NDArray[np.bool_] | NDArray[np.intp],
    x: NDArray[np.float64],
    activity: NDArray[np.float64] | None = None,
    worth: float | None = None,
) -> tuple[Program, NDArray[np.intp]]:
    """Return the program of some columns alone, the others staying as they are in ``x``.

    Row limits become what the other columns leave of them; rows that touch no chosen column are dropped; what
    the other columns earn goes into the constant.

    Parameters
    ----------
    program : Program
    columns : bool, shape (columns,), or int, ascending
        The columns that stay free.
    x : float64, shape (columns,)
        Values of all columns.
    activity : float64, shape (rows,), optional
        A x, where the caller has it.
    worth : float, optional
        What ``x`` is worth, where the caller has it: with both, the work is that of the chosen columns only.

    Returns
    -------
    Program
    rows : int, shape (rows of the small program,)
        The rows of ``program`` that were kept.
    """
    chosen: NDArray[Any] = np.flatnonzero(columns) if columns.dtype == np.bool_ else columns
    entry, owner = runs(program.indptr, chosen)
    rows, position = np.unique(program.indices[entry], return_inverse=True)
    data = program.data[entry]
    own = np.bincount(position, weights=data * x[chosen][owner], minlength=len(rows))
    others = (program.activity(x) if activity is None else activity)[rows] - own
    small = Program(
        cost=program.cost[chosen],
        lower=program.lower[chosen],
        upper=program.upper[chosen],
        integer=program.integer[chosen],
        indptr=starts(owner, len(chosen)).astype(np.int32),
        indices=position.astype(np.int32),
        data=data,
        row_lower=program.row_lower[rows] - others,
        row_upper=program.row_upper[rows] - others,
        column_sku=program.column_sku[chosen],
        column_line=None if program.column_line is None else program.column_line[chosen],
        row_sku=program.row_sku[rows],
        constant=(program.objective(x) if worth is None else worth) - float(program.cost[chosen] @ x[chosen]),
    )
    return small, rows.astype(np.intp)


def tightened(program: Program) -> Program:
    """Return the program with limits moved in to whole numbers where nothing but a whole number can occur.

    That is: bounds of whole-unit columns, and limits of rows whose columns are all whole and whose entries are
    all whole. No whole-unit plan is lost, and the linear relaxation comes closer to the whole-unit plans. It is the
    very same object where nothing moves.
    """
    if not program.integer.any():
        return program
    whole = whole_rows(program)
    found = replace(
        program,
        lower=np.where(program.integer, ceiled(program.lower), program.lower),
        upper=np.where(program.integer, floored(program.upper), program.upper),
        row_lower=np.where(whole, ceiled(program.row_lower), program.row_lower),
        row_upper=np.where(whole, floored(program.row_upper), program.row_upper),
    )
    names = ("lower", "upper", "row_lower", "row_upper")
    same = all(np.array_equal(getattr(found, name), getattr(program, name)) for name in names)
    return program if same else found


def whole_rows(program: Program) -> NDArray[np.bool_]:
    """Return which rows take whole numbers only: all their columns and entries are whole, shape (rows,)."""
    broken = ~program.integer[program.entry_column] | (program.data != np.rint(program.data))
    whole: NDArray[np.bool_] = np.bincount(program.indices[broken], minlength=program.rows) == 0
    return whole


def sku_of_rows(
    indptr: NDArray[np.int32],
    indices: NDArray[np.int32],
    column_sku: NDArray[np.int32],
    height: int,
) -> NDArray[np.int32]:
    """Return per row its SKU; `COUPLES` if it touches several, or columns of none."""
    return shared(indices, np.repeat(column_sku, np.diff(indptr)), height)


def shared(group: NDArray[np.integer[Any]], code: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Return the code that all members of each group have; `COUPLES` where they differ, or there are none."""
    found = np.full(size, COUPLES, dtype=np.int32)
    found[group] = code
    found[group[found[group] != code]] = COUPLES
    return found
