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

    def carried(self, columns: Places, rows: Places) -> Tree | None:
        """Return the tree over the columns and rows of a program that is nearly the same.

        Parameters
        ----------
        columns, rows : int
            Where each column and row of this tree's program stands there, -1 for those that are gone.

        Returns
        -------
        Tree or None
            None where a column or row is gone that sets nodes apart, or where they stand in another order.
        """
        new_columns, new_rows = columns[self.columns], rows[self.rows]
        kept = np.concatenate([new_columns >= 0, new_rows >= 0, np.ones(len(self.sums), dtype=bool)])
        place = np.where(kept, np.cumsum(kept) - 1, -1)
        inside, own = kept[: len(new_columns)], np.flatnonzero(kept[len(new_columns) :])
        new_columns, new_rows = new_columns[inside], new_rows[new_rows >= 0]
        apart = place[self.column[1:]]
        if (apart < 0).any() or (np.diff(new_columns) <= 0).any() or (np.diff(new_rows) <= 0).any():
            return None
        return replace(
            self,
            columns=new_columns,
            rows=new_rows,
            sums=tuple(place[members[inside[members]]] for members in self.sums),
            column=np.append(self.column[:1], apart).astype(np.int32),
            multipliers=self.multipliers[:, own],
        )


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
