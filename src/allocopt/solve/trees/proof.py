"""The bound that trees prove, from the program and their numbers alone: whoever searched is not asked.

.. code-block:: text

    bound  =  prices x limits of the rows between blocks  +  what columns of no block earn at these prices
              + sum over the blocks of the largest bound of a leaf

Any numbers will do: the two children of a node cover it, whatever column and whole limit set them apart, and in a leaf
any multipliers of the block's own rows give a bound. Source: Lagrangian relaxation of the rows between blocks,
Geoffrion, Mathematical Programming Study 2 (1974).
"""

from __future__ import annotations

import hashlib
import math
import weakref
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, restricted, tightened
from allocopt.arrays import Floats
from allocopt.solve.certificate import at_best, bound_at_limits, cleaned
from allocopt.solve.leaves import Leaves, Tree
from allocopt.solve.trees.sums import told_apart

AT_ONCE = 4_000_000
"""Numbers that are looked at together."""
NUMBERS = ("cost", "lower", "upper", "row_lower", "row_upper", "integer", "indptr", "indices", "data")
"""The numbers of a program."""
ROUNDED = 2.0**-50
"""What a sum of doubles may be off by, relative to the sizes of its terms, a term."""
_SAID: weakref.WeakKeyDictionary[Leaves, tuple[bytes, LeafBound]] = weakref.WeakKeyDictionary()
"""What trees were found to prove of a program, known by all that is in it: it is asked for by whoever searched, by
whoever believes, who have each made the program themselves, and by whoever asks what they prove of other limits."""


def bound_by_leaves(program: Program, leaves: Leaves) -> float:
    """Return what no plan in whole units is worth more than [currency]; inf where the trees are no proof.

    Parameters
    ----------
    program : Program
    leaves : Leaves
    """
    return leaf_bound(program, leaves).value


def leaf_bound(program: Program, leaves: Leaves) -> LeafBound:
    """Return what trees prove of a program; who asks again about one with the same numbers is not kept waiting."""
    known, digest = _SAID.get(leaves), _digest(tightened(program))
    if known is None or known[0] != digest:
        known = _SAID[leaves] = (digest, LeafBound(program, leaves))
    return known[1]


def _digest(program: Program) -> bytes:
    """Return a hash over all numbers that a bound depends on."""
    seen = hashlib.blake2b(repr(program.constant).encode())
    for name in NUMBERS:
        seen.update(getattr(program, name).tobytes())
    return seen.digest()


class LeafBound:
    """What trees prove of a program, tree by tree, and of programs that have other limits and the same entries.

    Parameters
    ----------
    program : Program
    leaves : Leaves

    Attributes
    ----------
    value : float
        What no plan in whole units of the program is worth more than [currency]; inf where the trees are no proof.
    own_rows : bool, shape (rows,)
        Rows that are within a tree; all others have a price.
    """

    def __init__(self, program: Program, leaves: Leaves) -> None:
        self._program, self._weak = tightened(program), weakref.ref(leaves)
        program = self._program
        touched = np.bincount(program.indices, minlength=program.rows)
        self._owner = np.full(program.columns, -1)
        self.own_rows, self._used = np.zeros(program.rows, dtype=bool), np.zeros(program.rows, dtype=bool)
        self._price = np.zeros(program.rows)
        self._bounds: Floats = np.zeros(len(leaves.trees))
        self.value = math.inf
        for place, tree in enumerate(leaves.trees):
            if (self._owner[tree.columns] >= 0).any() or not _apart(program, tree, touched):
                return
            self._owner[tree.columns] = place
            self.own_rows[tree.rows] = True
            self._used[tree.rows[_used(tree)]] = True
        self._price = self._priced(program)
        self._bounds = self._bounded(program, self._price, range(len(leaves.trees)))
        self.value = self._total(program, self._price, self._bounds)

    @property
    def _leaves(self) -> Leaves:
        found = self._weak()  # held by whoever asks: what is known of them goes with them
        assert found is not None
        return found

    def of(self, other: Program) -> float:
        """Return what no plan of a program is worth more than that differs in limits and worths of columns alone.

        Trees in which nothing is otherwise, at the prices, are not looked at again.
        """
        mine, other = self._program, tightened(other)
        if math.isinf(self.value) or not np.array_equal(mine.integer, other.integer):
            return math.inf
        price = self._priced(other)
        rows = (price != self._price) | (mine.row_lower != other.row_lower) | (mine.row_upper != other.row_upper)
        rows &= self._used | (price != self._price)  # what bounds no node and tells none apart may be anything
        columns = (mine.cost != other.cost) | (mine.lower != other.lower) | (mine.upper != other.upper)
        columns[mine.entry_column[rows[mine.indices]]] = True
        again = np.unique(self._owner[columns & (self._owner >= 0)])
        bounds = self._bounds.copy()
        bounds[again] = self._bounded(other, price, again.tolist())
        return self._total(other, price, bounds)

    def _priced(self, program: Program) -> Floats:
        return np.where(self.own_rows, 0.0, cleaned(program, self._leaves.price))

    def _bounded(self, program: Program, price: Floats, places: Iterable[int]) -> Floats:
        """Return what the blocks of some trees earn at most at the prices of the rows between blocks."""
        nowhere, activity = np.zeros(program.columns), np.zeros(program.rows)
        found = []
        for place in places:
            tree = self._leaves.trees[place]
            small, rows = restricted(program, tree.columns, nowhere, activity, 0.0)
            mine = self.own_rows[rows]
            found.append(bound_of_tree(small, tree, np.where(mine, 0.0, price[rows]), mine))
        return np.array(found, dtype=np.float64)

    def _total(self, program: Program, price: Floats, bounds: Floats) -> float:
        """Return the bound of all blocks: those without a tree, and the rows between them, at their prices."""
        owned = self._owner >= 0
        rest = replace(
            program,
            cost=np.where(owned, 0.0, program.cost),
            data=np.where(np.repeat(owned, np.diff(program.indptr)), 0.0, program.data),
        )
        total = sum(bounds.tolist(), bound_at_limits(rest, price))
        return total + abs(total) * ROUNDED * (1 + len(bounds)) if math.isfinite(total) else total


def _apart(program: Program, tree: Tree, touched: NDArray[np.intp]) -> bool:
    """Return whether the rows of a tree touch its columns only, and its nodes follow one another."""
    entries = np.concatenate(
        [program.indices[program.indptr[column] : program.indptr[column + 1]] for column in tree.columns.tolist()]
    )
    mine = np.bincount(entries, minlength=program.rows)
    nodes = np.arange(len(tree.child))
    inner = tree.child >= 0
    first = tree.child[inner]
    return bool(
        (mine[tree.rows] == touched[tree.rows]).all()
        and (mine[tree.rows] > 0).all()
        and (first > nodes[inner]).all()
        and (first + 1 < len(nodes)).all()
        and (tree.column[first] == tree.column[first + 1]).all()
        and (tree.limit[first + 1] - tree.limit[first] == 1.0).all()
        and (tree.limit == np.rint(tree.limit)).all()
        and tree.multipliers.shape[1:] == (len(tree.rows) + len(tree.sums),)
    )


def _used(tree: Tree) -> NDArray[np.bool_]:
    """Return which of a tree's own rows bound a node of it, or tell two apart, shape (rows of the tree,)."""
    used: NDArray[np.bool_] = (tree.multipliers[:, : len(tree.rows)] != 0).any(axis=0)
    apart = tree.column - len(tree.columns)
    used[apart[(apart >= 0) & (apart < len(tree.rows))]] = True
    return used


def bound_of_tree(program: Program, tree: Tree, price: Floats, mine: NDArray[np.bool_]) -> float:
    """Return what no plan of one block is worth more than, less what others rows take of it at their prices.

    Parameters
    ----------
    program : Program
        Of the tree's columns alone.
    tree : Tree
    price : float64, shape (rows of the program,)
        Of the rows of others; 0 for those of the block's own.
    mine : bool, shape (rows of the program,)
        Which rows those are.
    """
    extra = len(tree.sums)
    mine, price = np.append(mine, np.ones(extra, dtype=bool)), np.append(price, np.zeros(extra))
    program, whole = told_apart(program, tree.sums)
    if not np.concatenate([program.integer, whole[mine]])[tree.column[1:]].all():
        return math.inf
    lower, upper = _limits(program, tree, mine)
    said = np.full(len(tree.child), np.inf)
    bounded = np.flatnonzero(tree.own >= 0)
    size = max(1, AT_ONCE // max(1, program.nonzeros))
    for start in range(0, len(bounded), size):
        these = bounded[start : start + size]
        y = np.where(np.isfinite(tree.multipliers[tree.own[these]]), tree.multipliers[tree.own[these]], 0.0)
        said[these] = _bounds(program, y, price, mine, lower[these], upper[these])
    for node in np.flatnonzero(tree.child >= 0)[::-1].tolist():
        said[node] = min(said[node], max(said[tree.child[node]], said[tree.child[node] + 1]))
    return float(said[0])


def _limits(program: Program, tree: Tree, mine: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the limits of the columns and the block's own rows in each node, each of shape (nodes, columns + rows)."""
    lower = np.tile(np.concatenate([program.lower, program.row_lower[mine]]), (len(tree.child), 1))
    upper = np.tile(np.concatenate([program.upper, program.row_upper[mine]]), (len(tree.child), 1))
    for node in np.flatnonzero(tree.child >= 0).tolist():
        first = tree.child[node]
        column, limit = tree.column[first], tree.limit[first]
        lower[first : first + 2], upper[first : first + 2] = lower[node], upper[node]
        upper[first, column] = min(upper[first, column], limit)
        lower[first + 1, column] = max(lower[first + 1, column], limit + 1.0)
    return lower, upper


def _bounds(
    program: Program, y: Floats, price: Floats, mine: NDArray[np.bool_], lower: Floats, upper: Floats
) -> Floats:
    """Return the bound of each node at the multipliers of its own rows; other rows are charged at their prices."""
    eps, columns = np.finfo(np.float64).eps, program.columns
    empty = (lower > upper).any(axis=1)
    limit = np.where(y > 0, upper[:, columns:], np.where(y < 0, lower[:, columns:], 0.0))
    y = np.where(np.isfinite(limit), y, 0.0)
    at_rows = y * np.where(np.isfinite(limit), limit, 0.0)
    every = np.tile(price, (len(y), 1))
    every[:, mine] = y
    value = program.cost - _taken(program, program.data, every)
    sizes = np.abs(program.cost) + _taken(program, np.abs(program.data), np.abs(every))
    off = (np.diff(program.indptr) + 2) * eps * sizes
    at_columns = at_best(value, off, sizes, lower[:, :columns], upper[:, :columns])
    total = at_rows.sum(axis=1) + at_columns.sum(axis=1)
    sizes_of_sum = np.abs(at_rows).sum(axis=1) + np.abs(at_columns).sum(axis=1)
    bounds: Floats = np.where(empty, -np.inf, total + 64 * eps * sizes_of_sum)
    return bounds


def _taken(program: Program, data: Floats, every: Floats) -> Floats:
    """Return what the entries of each column, shape (nonzeros,), come to at prices of rows, shape (nodes, rows)."""
    from scipy import sparse

    shape = (program.columns, program.rows)
    matrix = sparse.csr_array((data, program.indices, program.indptr), shape=shape)
    found: Floats = (matrix @ np.ascontiguousarray(every.T)).T
    return found
