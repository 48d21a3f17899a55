"""A bound from whole blocks: at the relaxation's prices of the coupling rows, each block in whole units.

.. code-block:: text

    bound  =  the relaxation's own bound  -  sum over blocks of what their relaxation promises beyond whole units

What a block's relaxation promises beyond a plan is a sum over its rows and columns; where that is more than next to
nothing, the block is searched in whole units at these prices, twice, from different settings, and the weaker of the two
bounds counts. So the bound rests on what a solver says of small programs, twice. Blocks of which nothing is missing
cost nothing. Source: Lagrangian relaxation of coupling constraints, Geoffrion, Mathematical Programming Study 2 (1974).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program, restricted
from allocopt.arrays import Floats
from allocopt.solve import blocks, highs
from allocopt.solve.certificate import cleaned, upper_bound
from allocopt.solve.solution import Clock

NODES = 200
"""Nodes of a search in one block."""
PART = 0.25
"""Part of the gap wanted that the blocks' own gaps may add up to."""


@dataclass(frozen=True)
class BlockBound:
    """A bound from whole blocks, and the iterations that it took."""

    value: float
    iterations: int


def block_bound(
    program: Program, plan: Floats, multipliers: Floats, clock: Clock, *, gap: float, labels: NDArray[np.intp]
) -> BlockBound:
    """Return a bound on every plan in whole units.

    Parameters
    ----------
    program : Program
    plan : float64, shape (columns,)
        A good plan in whole units: blocks where the relaxation promises no more than it has are left alone.
    multipliers : float64, shape (rows,)
        Of the linear relaxation.
    clock : Clock
        Blocks that are not looked at in time count with their relaxation.
    gap : float
        Relative gap between plan and bound that is wanted.
    labels : int, shape (columns,)
        Block of each column.

    Returns
    -------
    BlockBound
    """
    y = cleaned(program, multipliers)
    couples = program.row_sku == COUPLES
    couples |= _several(program, labels)
    missed = blocks.missed_by_block(program, plan, y, labels)
    bound, iterations = upper_bound(program, y), 0
    free = replace(
        program,
        cost=program.priced(np.where(couples, y, 0.0)),
        row_lower=np.where(couples, -np.inf, program.row_lower),
        row_upper=np.where(couples, np.inf, program.row_upper),
    )
    activity, worth = free.activity(plan), free.objective(plan)
    order = np.argsort(-missed, kind="stable")
    order = order[missed[order] > PART * gap * max(1.0, abs(program.objective(plan))) / max(1, len(missed))]
    for block in order.tolist():
        if clock.left <= 0:
            break
        columns = np.flatnonzero(labels == block)
        small, _ = restricted(free, columns, plan, activity, worth)
        now = small.objective(plan[columns])
        left = 0.0
        for again in (0, 1):
            share = PART * gap / max(1, len(order))
            said = highs.branch(small, clock, gap=share, work_limit=NODES, start=plan[columns], brief=True, again=again)
            iterations += said.iterations
            claim = said.claimed_bound if said.status in ("optimal", "feasible", "interrupted") else None
            left = max(left, np.inf if claim is None or np.isnan(claim) else claim - now)
        bound -= max(0.0, float(missed[block]) - max(left, 0.0))
    return BlockBound(bound, iterations)


def _several(program: Program, labels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Return the rows with columns of several blocks, shape (rows,)."""
    block = labels[program.entry_column]
    low, high = np.full(program.rows, np.iinfo(np.int64).max), np.full(program.rows, -1)
    np.minimum.at(low, program.indices, block)
    np.maximum.at(high, program.indices, block)
    return high > low
