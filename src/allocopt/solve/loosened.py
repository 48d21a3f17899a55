"""Branch and bound in which switches alone are whole, where the rest comes out whole by itself.

With its switches held, a program in which every other whole column stands in at most two rows, as +1 or -1, and the
rows can be parted so that equal signs never meet, is a network: the vertices of its relaxation are whole wherever its
limits are. Rows alike but for their switches are one. Searched are then the switches only; the vertex at the best ones
is the plan, and the bound of the search holds for whole units all the more.
Source: Heller and Tompkins, An extension of a theorem of Dantzig's, in Linear Inequalities and Related Systems (1956).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, bounded
from allocopt.arrays import Flags
from allocopt.solve import highs
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Clock, Solution


def branch(program: Program, clock: Clock, **how: Any) -> Solution:
    """Solve a program with whole units by branch and bound over its switches, or over all of it; see `highs.branch`."""
    switch = gates(program)
    if switch.any() and network(program, switch):
        found = highs.branch(replace(program, integer=switch), clock, **how)
        plan = None if found.x is None else _vertex(program, switch, found.x, clock)
        if found.x is None or plan is not None:
            return replace(found, x=plan)
    return highs.branch(program, clock, **how)


def decided(program: Program) -> int:
    """Return how many whole columns are to be searched: the switches alone where the rest comes out whole by itself."""
    switch = gates(program)
    alone = switch.any() and network(program, switch)
    return int(switch.sum() if alone else program.integer.sum())


def gates(program: Program) -> Flags:
    """Return the columns that are on or off and stand in a row by more than one unit, shape (columns,)."""
    heavy = np.zeros(program.columns, dtype=bool)
    heavy[program.entry_column[np.abs(program.data) > 1]] = True
    found: Flags = program.integer & (program.lower == 0) & (program.upper == 1) & heavy
    return found


def network(program: Program, switch: Flags) -> bool:
    """Return whether every vertex is whole once the switches are held: whole limits, and a network of the rest."""
    if not program.integer.all() or (program.data != np.rint(program.data)).any():
        return False
    sides = (program.row_lower, program.row_upper, program.lower, program.upper)
    if any((side[np.isfinite(side)] != np.rint(side[np.isfinite(side)])).any() for side in sides):
        return False
    rest = ~switch[program.entry_column]
    if (np.abs(program.data[rest]) != 1).any():
        return False
    column, row, sign = program.entry_column[rest], _alike(program, rest)[program.indices[rest]], program.data[rest]
    _, once = np.unique(np.stack([column, row]), axis=1, return_index=True)
    column, row, sign = column[once], row[once], sign[once]
    many = np.bincount(column, minlength=program.columns)
    if many.max(initial=0) > 2:
        return False
    first = np.flatnonzero((many[column] == 2) & (np.append(column[1:], -1) == column))
    return _parted(row[first], row[first + 1], sign[first] * sign[first + 1] > 0)


def _alike(program: Program, entries: Flags) -> NDArray[np.intp]:
    """Return a number for each row, shape (rows,): the same for rows of the same entries."""
    mark = np.random.default_rng(0).random(program.columns)
    sums = np.bincount(
        program.indices[entries],
        weights=program.data[entries] * mark[program.entry_column[entries]],
        minlength=program.rows,
    )
    _, number = np.unique(sums, return_inverse=True)
    alike: NDArray[np.intp] = number
    return alike


def _parted(one: NDArray[np.intp], other: NDArray[np.intp], apart: Flags) -> bool:
    """Return whether rows fall into two parts: the two of each pair into different ones, or into the same one."""
    from scipy import sparse
    from scipy.sparse import csgraph

    rows = int(max(one.max(initial=-1), other.max(initial=-1))) + 1
    # Each row is there twice, as being in the one part and in the other: it must never come to be both.
    ends = (np.concatenate([one, one + rows]), np.concatenate([other + rows * apart, other + rows * ~apart]))
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(2 * rows, 2 * rows))
    _, label = csgraph.connected_components(graph, directed=False)
    return bool((label[:rows] != label[rows:]).all())


def _vertex(program: Program, switch: Flags, x: NDArray[np.float64], clock: Clock) -> NDArray[np.float64] | None:
    """Return the best plan at the switches of another one, if its vertex is whole and keeps every row."""
    at = np.rint(x[switch])
    held = bounded(replace(program, integer=np.zeros(program.columns, dtype=bool)), switch, lower=at, upper=at)
    found = highs.linear(held, clock)
    if found.x is None or np.shape(found.x) != (program.columns,) or not np.isfinite(found.x).all():
        return None
    plan: NDArray[np.float64] = np.rint(found.x)
    whole = bool((np.abs(found.x - plan) <= highs.WHOLE).all())
    return plan if whole and breach(program, plan)[0] == 0 else None
