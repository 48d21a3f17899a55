"""Whole units block by block, from the prices of the linear relaxation.

Only the coupling rows tie blocks together, and the relaxation leaves few blocks with fractions. Each block in turn is
solved in whole units over what the others leave of the coupling rows. It pays for what it uses of them at nearly their
multipliers, so that a block that is rounded early does not grab capacity that a later one makes better use of; a last
pass without prices fills what is left over. The result keeps every row at every step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program, restricted
from allocopt.solve import highs
from allocopt.solve.solution import Clock

GROUP = 100
"""Columns that are solved together, at least one block: small, for the search grows faster than its use."""

LARGEST = 0.1
"""Largest part of the columns that one block may have; beyond, there is little to take apart."""

SHORT = 64
"""A coupling row of at most so many entries (an order over several SKUs) merges its blocks, where that is possible."""

NODES = 5
"""Nodes of the search in one group."""

PASSES = ((0.95, False), (0.9, True), (0.0, True))
"""Part of the prices charged, and whether blocks that are whole already are opened as well."""

WHOLE = 1e-6
"""Distance from a whole number that is taken for rounding."""


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
        labels = _labels(program, cut)
        if np.bincount(labels, minlength=1).max() <= max(GROUP, LARGEST * program.columns):
            return labels
    return None


def _labels(program: Program, cut: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the component of each column when the rows of ``cut`` are taken away."""
    from scipy import sparse
    from scipy.sparse import csgraph

    column = np.repeat(np.arange(program.columns), np.diff(program.indptr))
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
    """
    labels = components(program)
    if labels is None:
        return None
    bound = program.objective(x)
    fractional = program.integer & (np.abs(x - np.rint(x)) > WHOLE)
    open_blocks = np.unique(labels[fractional])
    plan = np.where(program.integer & ~np.isin(labels, open_blocks), np.rint(x), x)
    prices = np.where(program.row_sku == COUPLES, multipliers, 0.0)
    iterations = 0
    for number, (part, everything) in enumerate(PASSES):
        groups = _groups(labels, np.unique(labels) if everything else open_blocks)
        charged = replace(program, cost=program.priced(part * prices))
        share = gap / (2 * len(groups))
        plan, work, complete = _pass(charged, plan, groups, clock, gap=share, first=number == 0)
        iterations += work
        if number == 0 and not complete:
            return None
        if not complete or bound - program.objective(plan) <= gap * max(1.0, abs(program.objective(plan))):
            break
    return Rounded(plan, iterations)


def _groups(labels: NDArray[np.intp], blocks: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the columns of the blocks, several small blocks at a time."""
    columns = np.flatnonzero(np.isin(labels, blocks))
    columns = columns[np.argsort(labels[columns], kind="stable")]
    sizes = np.bincount(labels[columns])
    group = (np.cumsum(sizes) - 1) // GROUP
    cuts = np.flatnonzero(np.diff(group[labels[columns]])) + 1
    return [np.sort(part) for part in np.split(columns, cuts)]


def _pass(
    program: Program,
    plan: NDArray[np.float64],
    groups: list[NDArray[np.intp]],
    clock: Clock,
    *,
    gap: float,
    first: bool,
) -> tuple[NDArray[np.float64], int, bool]:
    """Solve each group over what the others leave; return the plan, the iterations, and whether all were solved.

    On the first pass every group must be made whole; later, an answer counts where it is worth more.
    """
    plan = plan.copy()
    iterations = 0
    for columns in groups:
        activity = program.activity(plan)
        small, _ = restricted(program, columns, plan, activity)
        answer = highs.branch(small, clock, gap=gap, work_limit=NODES, start=None if first else plan[columns])
        iterations += answer.iterations
        if answer.x is None:
            if first or clock.left <= 0:
                return plan, iterations, False
            continue
        better = np.where(small.integer, np.rint(answer.x), answer.x)
        if first or small.objective(better) > small.objective(plan[columns]):
            plan[columns] = better
    return plan, iterations, True
