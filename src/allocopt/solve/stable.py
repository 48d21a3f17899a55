"""Blocks of a plan that could be worth more by themselves, each opened over what the others leave.

What a block could be worth alone comes from multipliers at no prices of the rows between blocks; a block that has that
is best whatever the others do. The others are searched in whole units, all else as it stands, until no block gets any
better: then no exchange within one block is left that is worth as much as was asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve import highs, prices, trees
from allocopt.solve.blocks import BlockPlan, components, missed_by_block
from allocopt.solve.certificate import cleaned
from allocopt.solve.highs_blocks import StuckError
from allocopt.solve.highs_run import HighsError
from allocopt.solve.inside import settled
from allocopt.solve.solution import Clock
from allocopt.solve.start import Prices

PASSES = 4
"""How often blocks are opened, as long as one gets better."""
NODES, WORK = 200, 2e7
"""Nodes and numbers of the sheet of a search in one block."""


@dataclass(frozen=True, eq=False)
class Stable:
    """A plan whose blocks were opened.

    Attributes
    ----------
    x : float64, shape (columns,)
    alone : bool
        Whether every block is worth what it could be worth alone.
    stable : bool
        Whether no block can be worth more, all others as they are.
    """

    x: Floats
    alone: bool
    stable: bool


def stabilised(program: Program, x: Floats, least: float, clock: Clock) -> Stable:
    """Open the blocks of a plan that could be worth more.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        A plan in whole units that keeps every row.
    least : float
        What is worth less than this is not looked for.
    clock : Clock
    """
    labels = components(program)
    if labels is None or not trees.ready(clock):
        return Stable(x, alone=False, stable=False)
    try:
        price = prices.answered(program, Prices(np.zeros(program.rows)))
    except (prices.WholeError, HighsError, StuckError):
        return Stable(x, alone=False, stable=False)
    price = cleaned(program, price)
    standing = BlockPlan(program, x)
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(labels))[:-1])
    stable, changed = True, True
    for _ in range(PASSES):
        behind = missed_by_block(program, standing.x, price, labels)
        some = np.flatnonzero(behind > least)
        if not changed or not len(some):
            break
        stable, changed = True, False
        for block in some[np.argsort(-behind[some], kind="stable")].tolist():
            if clock.left <= 0:
                stable, changed = False, False
                break
            better, best = _opened(standing, members[block], least, clock)
            changed, stable = changed or better, stable and best
    plan = settled(program, standing.x, clock)
    if plan is None:
        return Stable(x, alone=False, stable=False)
    alone = not (behind > least).any()
    return Stable(plan, alone, stable=alone or (stable and not changed))


def _opened(standing: BlockPlan, columns: NDArray[np.intp], least: float, clock: Clock) -> tuple[bool, bool]:
    """Search one block over what the others leave; return whether it got better, and whether it is the best now."""
    small, rows = standing.alone(columns)
    small, now = replace(small, constant=0.0), standing.x[columns]
    found = trees.searched(small, start=now, margin=least / 2, nodes=NODES, work=WORK)
    if found is None or found.x is None:
        said = highs.branch(small, clock, gap=0.0, work_limit=1, start=now, brief=True)
        values, bound = said.x, np.inf if said.claimed_bound is None else said.claimed_bound
    else:
        values, bound = found.x, found.bound
    worth = float(small.cost @ now)
    if values is None or np.shape(values) != now.shape or float(small.cost @ values) <= worth + least:
        return False, bound - worth <= least
    standing.put(small, rows, columns, values)
    return True, bound - float(small.cost @ values) <= least
