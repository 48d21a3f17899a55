"""Who is levelled against whom in a fair share, and when exchanging units one by one finds the fairest split."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program
from allocopt.arrays import Places as Places
from allocopt.problem.facts import Flags, Floats, Ints


@dataclass(frozen=True)
class Groups:
    """Who is levelled against whom.

    Attributes
    ----------
    of_column : int32, shape (columns,)
        Group of each column; -1: none.
    pool : int32, shape (groups,)
        Groups of one pool are levelled against each other.
    weight : float64, shape (groups,)
        Units at level one [unit].
    wanted : float64, shape (groups,)
        Units of demand [unit].
    pools : int
    sku : int32, shape (groups,)
        SKU of each group; `COUPLES` where it spans several.
    step : float64, shape (groups,)
        Smallest pack of its lines [unit].
    """

    of_column: Ints
    pool: Ints
    weight: Floats
    wanted: Floats
    pools: int
    sku: Ints
    step: Floats

    def units(self, x: Floats) -> Floats:
        """Return the units that each group gets, shape (groups,) [unit]."""
        rows, columns, _ = self.entries()
        return np.bincount(rows, weights=x[columns], minlength=len(self.weight)).astype(float)

    def part(self, groups: Flags, columns: Places) -> Groups:
        """Return some whole pools, over some columns of the program, ascending."""
        group, pool = (np.append(np.where(some, np.cumsum(some) - 1, -1), -1) for some in (groups, self._pools(groups)))
        return Groups(
            group[self.of_column[columns]].astype(np.int32),
            pool[self.pool[groups]].astype(np.int32),
            self.weight[groups],
            self.wanted[groups],
            int(pool.max()) + 1,
            self.sku[groups],
            self.step[groups],
        )

    def _pools(self, groups: Flags) -> Flags:
        """Return the pools of some groups, shape (pools,)."""
        return np.bincount(self.pool[groups], minlength=self.pools) > 0

    def entries(self) -> tuple[NDArray[np.int32], Places, Floats]:
        """Return rows, columns and values of the sums over groups."""
        columns = np.flatnonzero(self.of_column >= 0)
        return self.of_column[columns], columns, np.ones(len(columns))


def exchangeable(program: Program, groups: Groups, open_: Flags, beside: Flags) -> bool:
    """Return whether units can be exchanged freely: a split that no single exchange betters is the fairest one.

    That is so where stock flows through a network to the groups, of which none shares a limit with another pool: the
    units that groups can get are then an M-natural-convex set. Told from the matrix: of the rows that can bind, those
    inside of one group are sums each inside of the next or apart, and so are those across groups; all entries are
    1, on columns in whole units. Source: Murota, Discrete Convex Analysis (2003), ch. 6 and 9; Frank and Murota,
    Decreasing minimization on M-convex sets (2022).

    Parameters
    ----------
    program : Program
    groups : Groups
    open_ : bool, shape (pools,)
        Pools in which somebody wants more than they get.
    beside : bool, shape (columns,)
        Columns that are no units on arcs.
    """
    column, row, data = program.entry_column, program.indices.astype(np.intp), program.data
    least, most = program.reach()
    # Rows that the bounds of columns alone keep cannot bind.
    free = (program.lower < program.upper)[column] & ((most > program.row_upper) | (least < program.row_lower))[row]
    column, row, data = column[free], row[free], data[free]
    # The last entry is what -1, a column of no group, is looked up at.
    open_column = np.append(open_[groups.pool], False)[groups.of_column]
    touched = np.zeros(program.rows, dtype=bool)
    touched[row[open_column[column]]] = True
    near = touched[row]
    column, row, data = column[near], row[near], data[near]
    if beside[column].any() or (data != 1.0).any() or not program.integer[column].all():
        return False
    group = groups.of_column[column]
    pool = np.append(groups.pool, -1)[group]
    first, last = _extremes(row, pool, program.rows)
    if ((first != last) & (first >= 0) & (last >= 0)).any():
        return False
    first, last = _extremes(row, group, program.rows)
    inside = (first == last)[row]
    return _nested(column[inside], row[inside], program.rows) and _nested(column[~inside], row[~inside], program.rows)


def _extremes(row: Places, value: Ints, rows: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the least and the largest value in each row; far apart where there is none."""
    most = extreme(np.maximum, value, row, rows, none=-1)
    return np.where(most < 0, -1, extreme(np.minimum, value, row, rows, none=np.iinfo(np.int32).max)), most


def _nested(column: Places, row: Places, rows: int) -> bool:
    """Return whether any two rows share all columns of one of them, or none."""
    size = np.bincount(row, minlength=rows)
    order = np.lexsort((row, -size[row], column))
    column, row = column[order], row[order]
    wider = np.full(len(row), -1)
    same = column[1:] == column[:-1]
    wider[1:][same] = row[:-1][same]
    # Nested, if the next wider row is the same one on all columns of a row.
    first, last = _extremes(row, wider, rows)
    return bool((first == last).all())
