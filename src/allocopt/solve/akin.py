"""What is known of a program from one that is nearly the same: a good plan of that one, and what proved it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from allocopt.arrays import Floats
from allocopt.solve.leaves import Leaves, Tree


@dataclass(frozen=True, eq=False)
class Akin:
    """A good plan of nearly the same program, and the searches that proved it.

    Attributes
    ----------
    x : float64, shape (columns,)
        Whether or not it keeps the rows of this program: blocks that need not change are not searched anew.
    price : float64, shape (rows,)
        Of a unit of each row there, 0 of rows that are new.
    trees : tuple of Tree
        Of its blocks, over the columns and rows of this program. At any prices they prove a bound
        (`allocopt.solve.trees.proof`), so that blocks are not searched for one again.
    """

    x: Floats
    price: Floats = field(default_factory=lambda: np.zeros(0))
    trees: tuple[Tree, ...] = ()

    def leaves(self, price: Floats) -> Leaves:
        """Return what proves a bound at other prices of the rows, shape (rows,).

        What bounds a node moves with the prices of its rows; at the root it is these prices.
        """
        return Leaves(price, tuple(_moved(tree, price, price - self.price) for tree in self.trees))


def _moved(tree: Tree, price: Floats, by: Floats) -> Tree:
    moved, none = tree.multipliers.copy(), np.zeros(len(tree.sums))
    moved += np.append(by[tree.rows], none)
    if tree.own[0] >= 0:
        moved[tree.own[0]] = np.append(price[tree.rows], none)
    return replace(tree, multipliers=moved)
