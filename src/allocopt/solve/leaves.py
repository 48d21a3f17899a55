"""What proves a bound by blocks in whole units (`allocopt.solve.trees`): numbers only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Tree:
    """A search in one block: every node is one of two that together cover what their parent covers.

    Attributes
    ----------
    columns, rows : int, ascending
        The block's columns, and the rows that touch no other column.
    column : int32, shape (nodes,)
        Position in `columns` of the one that sets a node apart from its parent; -1 at the root.
    limit : float64, shape (nodes,)
        A whole number: of two children the first one's column is at most this, the second one's at least.
    child : int32, shape (nodes,)
        The first of the two children, the second one follows; -1 at a leaf. Children come after their parent.
    own : int32, shape (nodes,)
        Which line of `multipliers` bounds a node; -1 for none.
    multipliers : float64, shape (lines, rows of the block)
        Any numbers; the better they are, the tighter the bound.
    """

    columns: Ints
    rows: Ints
    column: NDArray[np.int32]
    limit: Floats
    child: NDArray[np.int32]
    own: NDArray[np.int32]
    multipliers: Floats


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
