"""Whole units block by block, from the prices of the linear relaxation.

Only the coupling rows tie blocks together, and the relaxation leaves few blocks with fractions. Each block in turn is
solved in whole units over what the others leave of the coupling rows. It pays for what it uses of them at nearly their
multipliers, so that a block that is rounded early does not grab capacity that a later one makes better use of. A second
pass opens the blocks that were whole as well. The plan keeps every row at every step.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import COUPLES, Program, restricted
from allocopt.solve import highs
from allocopt.solve.certificate import cleaned
from allocopt.solve.solution import Clock

GROUP = 400
"""Columns that are solved together, at least one block. With 100 the gap is a third larger in the same time; with 2,000
a group takes seconds."""

LARGEST = 0.1
"""Largest part of the columns that one block may have; beyond, there is little to take apart."""

SHORT = 64
"""A coupling row of at most so many entries (an order over several SKUs) merges its blocks, where that is possible."""

NODES = 5
"""Nodes of the search in one group: almost all that is found is found at the root."""

PATIENCE = 5
"""With a time limit, a group may take so many times its even share of what is left."""

PASSES = ((0.95, False), (0.9, True))
"""Part of the prices charged, and whether blocks that are whole already are opened as well. Below 1, so that capacity
is not left idle at prices that tie. A third pass without prices gains 1e-5 in as much time again."""

MOST_OF = 0.99
"""The second pass opens the blocks that make up this part of the gap; the others leave little to be found."""

DIVE = 1e-3
"""Gap from which on blocks are rounded without a search first: it takes a tenth of the time and loses little on most
blocks. Where a closer plan is wanted, what it loses costs branch and bound more than it saves."""

ROUNDED = 0.4
"""Part of that gap which rounding may lose. The rest is for searches, and for what no whole-unit plan can reach."""


@dataclass(frozen=True, eq=False)
class Rounded:
    """A whole-unit plan, and the work it took (simplex iterations)."""

    x: NDArray[np.float64]
    iterations: int


def components(program: Program) -> NDArray[np.intp] | None:
    """Return the block of each column, shape (columns,), or None where the program does not fall apart.

    Blocks are the connected components of the columns through the rows that do not couple. Short coupling rows
    join blocks as well, unless that would make one block of too many.
    """
    lengths = np.bincount(program.indices, minlength=program.rows)
    couples = program.row_sku == COUPLES
    for cut in (couples & (lengths > SHORT), couples):
        labels = connected(program, cut)
        sizes = np.bincount(labels, minlength=1)
        if len(sizes) > 1 and sizes.max() <= max(GROUP, LARGEST * program.columns):
            return labels
    return None


def between(program: Program, labels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return the rows with columns of several blocks, shape (rows,)."""
    block = labels[program.entry_column]
    low = extreme(np.minimum, block, program.indices, program.rows, none=np.iinfo(block.dtype).max)
    found: NDArray[np.bool_] = extreme(np.maximum, block, program.indices, program.rows, none=-1) > low
    return found


def connected(program: Program, cut: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the component of each column when the rows of ``cut`` are taken away."""
    from scipy import sparse
    from scipy.sparse import csgraph

    column = program.entry_column
    kept = ~cut[program.indices]
    size = program.columns + program.rows
    ends = (column[kept], program.indices[kept] + program.columns)
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    _, labels = csgraph.connected_components(graph.tocsr(), directed=False)
    _, block = np.unique(labels[: program.columns], return_inverse=True)
    return block.astype(np.intp)


def rounded(
    program: Program,
    x: NDArray[np.float64],
    multipliers: NDArray[np.float64],
    clock: Clock,
    *,
    gap: float,
    known: NDArray[np.float64] | None = None,
) -> Rounded | None:
    """Return a whole-unit plan made from the answer of the relaxation, or None where the blocks do not yield one.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        Optimal plan of the linear relaxation.
    multipliers : float64, shape (rows,)
        Its multipliers.
    clock : Clock
    gap : float
        Stop at a plan this close to the relaxation, relative to ``max(1, |objective|)``.
    known : float64, shape (columns,), optional
        A plan that keeps every row, in whole units: it is improved where rounding fails or finds less.
    """
    labels = components(program)
    if labels is None:
        return None
    fractional = program.integer & (np.abs(x - np.rint(x)) > highs.WHOLE)
    open_blocks = np.unique(labels[fractional])
    plan = np.where(program.integer & ~np.isin(labels, open_blocks), np.rint(x), x)
    prices = np.where(program.row_sku == COUPLES, multipliers, 0.0)
    bound = program.objective(x)

    def close(plan: NDArray[np.float64]) -> bool:
        worth = program.objective(plan)
        return bound - worth <= gap * max(1.0, abs(worth))

    charged = replace(program, cost=program.priced(PASSES[0][0] * prices))
    iterations = 0
    if gap >= DIVE:
        plan, open_blocks, iterations = _dived(charged, plan, labels, open_blocks, clock, gap=gap)
    for part, everything in PASSES:
        worthwhile = _promising(program, plan, multipliers, labels) if everything else open_blocks
        groups = _groups(labels, worthwhile)
        charged = replace(program, cost=program.priced(part * prices))
        share = gap / (2 * max(1, len(groups)))
        if everything:
            plan, work = _improved(charged, plan, groups, clock, gap=share, enough=close)
        else:
            whole, work = _made_whole(charged, plan, groups, clock, gap=share)
            if known is not None and (whole is None or program.objective(known) > program.objective(whole)):
                whole = known
            if whole is None:
                return None
            plan = whole
        iterations += work
        if close(plan) or clock.left <= 0:
            break
    return Rounded(plan, iterations)


class BlockPlan:
    """A plan that is changed block by block, with what it takes of every row and what it is worth."""

    def __init__(self, program: Program, plan: NDArray[np.float64]) -> None:
        self._program, self.x = program, plan.copy()
        self._activity, self.worth = program.activity(plan), program.objective(plan)

    def alone(self, columns: NDArray[np.intp]) -> tuple[Program, NDArray[np.intp]]:
        """Return the program of some columns over what the others leave, and its rows."""
        return restricted(self._program, columns, self.x, self._activity, self.worth)

    def put(
        self, small: Program, rows: NDArray[np.intp], columns: NDArray[np.intp], values: NDArray[np.float64]
    ) -> None:
        """Write the values of some columns, whole units exactly whole."""
        exact = np.where(small.integer, np.rint(values), values)
        change = exact - self.x[columns]
        self._activity[rows] += small.activity(change)
        self.worth += float(small.cost @ change)
        self.x[columns] = exact


def _dived(
    program: Program,
    plan: NDArray[np.float64],
    labels: NDArray[np.intp],
    open_blocks: NDArray[np.intp],
    clock: Clock,
    *,
    gap: float,
) -> tuple[NDArray[np.float64], NDArray[np.intp], int]:
    """Round each open block; return the plan, the blocks that need a search, and the iterations.

    These are the blocks that rounding finds no plan for, and those that lose most, until the others together lose no
    more than `ROUNDED` of the gap.
    """
    standing = BlockPlan(program, plan)
    lost, iterations = np.full(len(open_blocks), np.inf), 0
    for number, columns in enumerate(_members(labels, open_blocks)):
        small, rows = standing.alone(columns)
        whole, work = highs.dive(small, clock)
        iterations += work
        if whole is not None:
            lost[number] = max(0.0, float(small.cost @ (standing.x[columns] - whole)))
            standing.put(small, rows, columns, whole)
    order = np.argsort(lost, kind="stable")
    allowed = ROUNDED * gap * max(1.0, abs(standing.worth))
    return standing.x, np.sort(open_blocks[order[np.cumsum(lost[order]) > allowed]]), iterations


def _members(labels: NDArray[np.intp], blocks: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the columns of each block, ascending."""
    columns = np.flatnonzero(np.isin(labels, blocks))
    columns = columns[np.argsort(labels[columns], kind="stable")]
    cuts = np.flatnonzero(np.diff(labels[columns])) + 1
    return np.split(columns, cuts) if len(columns) else []


def _groups(labels: NDArray[np.intp], blocks: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the columns of the blocks in the order given, several small blocks at a time."""
    members = _members(labels, np.sort(blocks))
    if not members:
        return []
    members = [members[place] for place in np.argsort(np.argsort(blocks, kind="stable"), kind="stable")]
    group = (np.cumsum([len(columns) for columns in members]) - 1) // GROUP
    cuts = np.flatnonzero(np.diff(group)) + 1
    return [np.sort(np.concatenate(members[a:b])) for a, b in itertools.pairwise([0, *cuts.tolist(), len(members)])]


def _promising(
    program: Program, plan: NDArray[np.float64], multipliers: NDArray[np.float64], labels: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the blocks that make up most of the gap between a plan and the bound, the largest part first.

    At the multipliers, what a block could earn beyond the plan is a sum over its columns and rows; blocks that earn
    what they can leave nothing to be found.
    """
    missed_by = missed_by_block(program, plan, cleaned(program, multipliers), labels)
    order = np.argsort(-missed_by, kind="stable")
    share = np.cumsum(missed_by[order])
    return order[: int(np.searchsorted(share, MOST_OF * share[-1])) + 1]


def missed_by_block(
    program: Program,
    plan: NDArray[np.float64],
    y: NDArray[np.float64],
    labels: NDArray[np.intp],
    between: NDArray[np.bool_] | None = None,
) -> NDArray[np.float64]:
    """Return what each block could earn beyond a plan, at most, at multipliers ``y`` [currency].

    `between` are the rows that belong to no block, by default those that couple.
    """
    between = program.row_sku == COUPLES if between is None else between
    worth = program.priced(y)
    at_best = np.where(worth > 0, program.upper, program.lower)
    missed = np.where(np.isfinite(at_best), worth * (at_best - plan), 0.0)
    limit = np.where(y > 0, program.row_upper, np.where(y < 0, program.row_lower, 0.0))
    own = np.where(between, 0.0, y * (limit - program.activity(plan)))
    owner = np.full(program.rows, -1)
    owner[program.indices] = labels[program.entry_column]
    inside = owner >= 0
    size = int(labels.max()) + 1
    by_columns = np.bincount(labels, weights=missed, minlength=size)
    return np.asarray(by_columns + np.bincount(owner[inside], weights=own[inside], minlength=size), np.float64)


def _made_whole(
    program: Program, plan: NDArray[np.float64], groups: list[NDArray[np.intp]], clock: Clock, *, gap: float
) -> tuple[NDArray[np.float64] | None, int]:
    """Make each group whole over what the others leave; return the plan (None where that fails) and the iterations.

    Groups that find nothing by themselves are solved together at the end, over all that is left by then.
    """
    standing = BlockPlan(program, plan)
    iterations = 0
    failed = []
    for number, columns in enumerate(groups):
        small, rows = standing.alone(columns)
        answer = highs.branch(small, _share(clock, len(groups) - number), gap=gap, work_limit=NODES, brief=True)
        iterations += answer.iterations
        if answer.x is None:
            failed.append(columns)
        else:
            standing.put(small, rows, columns, answer.x)
    if failed:
        columns = np.sort(np.concatenate(failed))
        small, rows = standing.alone(columns)
        answer = highs.branch(small, clock, gap=gap * len(groups), work_limit=NODES * len(failed))
        iterations += answer.iterations
        if answer.x is None:
            return None, iterations
        standing.put(small, rows, columns, answer.x)
    return standing.x, iterations


def _improved(
    program: Program,
    plan: NDArray[np.float64],
    groups: list[NDArray[np.intp]],
    clock: Clock,
    *,
    gap: float,
    enough: Callable[[NDArray[np.float64]], bool],
) -> tuple[NDArray[np.float64], int]:
    """Solve each group of a whole plan again, keeping what is worth more, until it is worth enough."""
    standing = BlockPlan(program, plan)
    iterations = 0
    for number, columns in enumerate(groups):
        if enough(standing.x) or clock.left <= 0:
            break
        small, rows = standing.alone(columns)
        now = standing.x[columns]
        answer = highs.branch(
            small, _share(clock, len(groups) - number), gap=gap, work_limit=NODES, start=now, brief=True
        )
        iterations += answer.iterations
        if answer.x is not None and small.objective(answer.x) > small.objective(now):
            standing.put(small, rows, columns, answer.x)
    return standing.x, iterations


def _share(clock: Clock, groups: int) -> Clock:
    """Return the time that one of so many groups may take."""
    return clock if clock.limit is None else clock.share(min(1.0, PATIENCE / groups))
