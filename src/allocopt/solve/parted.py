"""A program in blocks, and what rounding block by block has to know of its matrix."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program
from allocopt.arrays import Floats, Places
from allocopt.solve import highs
from allocopt.solve.start import Start


@dataclass(frozen=True, eq=False)
class Parts:
    """A program in blocks, with the prices of the rows between them.

    Attributes
    ----------
    program : Program
    relaxed : float64, shape (columns,)
        Optimal plan of the linear relaxation.
    price : float64, shape (rows,)
        Its multipliers.
    labels : int, shape (columns,)
        Block of each column.
    basis : Basis or Prices or None
        Where the relaxation ended.
    """

    program: Program
    relaxed: Floats
    price: Floats
    labels: Places
    basis: Start | None = None

    @cached_property
    def members(self) -> list[Places]:
        """The columns of each block, ascending."""
        order = np.argsort(self.labels, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.labels))[:-1])

    def open(self, x: Floats) -> NDArray[np.bool_]:
        """Return which blocks have fractions in a plan, shape (blocks,)."""
        away = self.program.integer & (np.abs(x - np.rint(x)) > highs.WHOLE)
        return np.bincount(self.labels[away], minlength=len(self.members)) > 0


def gates(program: Program, between: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the whole-unit columns of no block, or with another entry than one in a row of it: switches and packs."""
    gate = program.column_sku == COUPLES
    gate[program.entry_column[(np.abs(program.data) != 1.0) & ~between[program.indices]]] = True
    found: NDArray[np.bool_] = gate & program.integer
    return found


def mean_entries(program: Program) -> Floats:
    """Return the mean size of the entries of each row, shape (rows,)."""
    entries = np.bincount(program.indices, minlength=program.rows)
    sums = np.bincount(program.indices, weights=np.abs(program.data), minlength=program.rows)
    mean: Floats = sums / np.maximum(entries, 1)
    return mean
