"""What proves a bound by blocks in whole units (`allocopt.solve.trees`): numbers only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Floats, Places


@dataclass(frozen=True, eq=False)
class Tree:
    """A search in one block: every node is one of two that together cover what their parent covers.

    Attributes
    ----------
    columns, rows : int, ascending
        The block's columns, and the rows that touch no other column.
    sums : tuple of int arrays
        Positions in `columns` of whole-unit columns whose sum is told apart as well, as a row without limits.
    column : int32, shape (nodes,)
        What sets a node apart from its parent: position in `columns`, behind the last one in `rows` (of rows that are
        always whole), behind those in `sums`; -1 at the root.
    limit : float64, shape (nodes,)
        A whole number: in the first one of two children that is at most this, in the second one at least.
    child : int32, shape (nodes,)
        The first of the two children, the second one follows; -1 at a leaf. Children come after their parent.
    own : int32, shape (nodes,)
        Which line of `multipliers` bounds a node; -1 for none.
    multipliers : float64, shape (lines, rows of the block + sums)
        Any numbers; the better they are, the tighter the bound.
    """

    columns: Places
    rows: Places
    sums: tuple[Places, ...]
    column: NDArray[np.int32]
    limit: Floats
    child: NDArray[np.int32]
    own: NDArray[np.int32]
    multipliers: Floats

    def placed(self, columns: Places, rows: Places, mine: NDArray[np.bool_]) -> Tree:
        """Return the tree of a program that was searched alone as part of a larger one.

        Parameters
        ----------
        columns, rows : int
            Where its columns and rows stand there.
        mine : bool, shape (rows,)
            Which of its rows touch no other column there; the others had no limits in the search.
        """
        kept = np.concatenate([mine, np.ones(len(self.sums), dtype=bool)])
        column, size = self.column.copy(), len(columns)
        behind = column >= size
        column[behind] = size + (np.cumsum(kept) - 1)[column[behind] - size]
        return replace(self, columns=columns, rows=rows[mine], column=column, multipliers=self.multipliers[:, kept])


@dataclass(frozen=True, eq=False)
class Leaves:
    """What proves a bound by blocks.

    Attributes
    ----------
    price : float64, shape (rows of the program,)
        Of a unit of each row; the rows of searched blocks have prices of their own instead.
    trees : tuple of Tree
        Of blocks that have no column in common.
    """

    price: Floats
    trees: tuple[Tree, ...]
