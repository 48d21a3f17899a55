"""Where a solve may start from: the basis that a similar program ended with.

A start never changes what is proven. A basis that leads astray is noticed, since every answer from one is checked
before it is believed, and the program is then solved from a cold start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program

AT_LOWER, BASIC, AT_UPPER, AT_ZERO, NONBASIC = range(5)
"""Status of a column or row in a basis, numbered as HiGHS does."""
NEW = -1
"""Position of a column or row that the other program did not have."""

Statuses = NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Basis:
    """Which columns and rows determine a vertex of the linear relaxation.

    Attributes
    ----------
    columns, rows : int8, shape (columns,) and (rows,)
        Status of each, such as `BASIC`.
    """

    columns: NDArray[np.int8]
    rows: NDArray[np.int8]

    def fits(self, program: Program) -> bool:
        """Return whether the basis has the columns and rows of a program."""
        return len(self.columns) == program.columns and len(self.rows) == program.rows

    @property
    def height(self) -> int:
        """Rows of the program that it comes from."""
        return len(self.rows)

    def carried(self, columns: NDArray[np.intp], rows: NDArray[np.intp]) -> Basis:
        """Return a basis for another program.

        Parameters
        ----------
        columns, rows : int, shape (columns,) and (rows,) of the other program
            Where each of its columns and rows stood in the program of this basis; `NEW`: nowhere.

        Returns
        -------
        Basis
            New columns at their lower bound, new rows basic; as many basic ones as rows.
        """
        of_columns = np.where(columns == NEW, AT_LOWER, self.columns[columns]).astype(np.int8)
        of_rows = np.where(rows == NEW, BASIC, self.rows[rows]).astype(np.int8)
        spare = int((of_columns == BASIC).sum() + (of_rows == BASIC).sum()) - len(of_rows)
        if spare > 0:
            basic = np.flatnonzero(np.concatenate([of_columns, of_rows]) == BASIC)[::-1][:spare]
            of_rows[basic[basic >= len(of_columns)] - len(of_columns)] = NONBASIC
            of_columns[basic[basic < len(of_columns)]] = AT_LOWER
        elif spare < 0:
            of_rows[np.flatnonzero(of_rows != BASIC)[:-spare]] = BASIC
        return Basis(of_columns, of_rows)


class KeptBasis(Basis):
    """A basis as its solver keeps it, which goes back to it as it is; read only where its numbers are asked for.

    Parameters
    ----------
    said : object
        The solver's own.
    columns, rows : int
        Of the program.
    read : callable
        Gives the status of each column and of each row of what the solver keeps.
    """

    said: Any
    _shape: tuple[int, int]
    _read: Callable[[Any], tuple[Statuses, Statuses]]

    def __init__(self, said: Any, columns: int, rows: int, read: Callable[[Any], tuple[Statuses, Statuses]]) -> None:
        self.__dict__.update(said=said, _shape=(columns, rows), _read=read)

    @cached_property
    def _both(self) -> tuple[Statuses, Statuses]:
        return self._read(self.said)

    @property
    def columns(self) -> Statuses:
        """Status of each column."""
        return self._both[0]

    @property
    def rows(self) -> Statuses:
        """Status of each row."""
        return self._both[1]

    @property
    def height(self) -> int:
        """Rows of the program that it comes from."""
        return self._shape[1]

    def fits(self, program: Program) -> bool:
        """Return whether the basis has the columns and rows of a program."""
        return self._shape == (program.columns, program.rows)

    def __reduce__(self) -> tuple[type[Basis], tuple[Statuses, Statuses]]:
        """Return what a copy is made of: numbers, as the solver's own cannot leave the process."""
        return Basis, (self.columns, self.rows)


@dataclass(frozen=True, eq=False)
class Prices:
    """What a unit of each row was worth in a similar program: where the price engine starts from.

    Attributes
    ----------
    multipliers : float64, shape (rows,)
    """

    multipliers: NDArray[np.float64]

    def fits(self, program: Program) -> bool:
        """Return whether there is a price for each row of a program."""
        return len(self.multipliers) == program.rows

    @property
    def height(self) -> int:
        """Rows of the program that they come from."""
        return len(self.multipliers)

    def carried(self, columns: NDArray[np.intp], rows: NDArray[np.intp]) -> Prices:
        """Return prices for another program; `rows` as for `Basis.carried`. New rows have no price."""
        return Prices(np.where(rows == NEW, 0.0, self.multipliers[rows]))


Start = Basis | Prices
"""Where a solve may start from."""
