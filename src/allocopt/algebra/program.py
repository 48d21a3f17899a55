"""A linear program as plain arrays: all that ``solve`` ever sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        return np.bincount(self.indices, weights=self.data * spread, minlength=self.rows)

    def priced(self, multipliers: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return cost - A'y, shape (columns,): what a unit of each column is worth beyond the prices y."""
        products = np.append(self.data * multipliers[self.indices], 0.0)
        sums = np.add.reduceat(products, self.indptr[:-1]) if self.columns else np.zeros(0)
        sums[self.indptr[:-1] == self.indptr[1:]] = 0.0
        return self.cost - sums
