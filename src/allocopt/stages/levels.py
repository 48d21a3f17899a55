"""Fair levels of divisible goods: how far each group can be raised, the least served first.

.. code-block:: text

    maximise  sum_k z[k]
    sum_{a of g} ship[a] >= weight[g] z[k(g)]        for each group g that can still be raised
    sum_{a of g} ship[a] >= level[g]                 for each group g whose level is settled

After each solve the groups whose row has a price are settled: a priced row is tight in every optimum, so the group
cannot be raised. At least one group of each k settles in each round.

Rows between SKUs are left out first where there are many columns: then each pool is raised in its own block (see
`allocopt.solve.prices.levels`; blocks that are no networks go through the rounds above). If a plan of the whole program
reaches these levels nothing couples the pools, and they are the fair ones. Source: Luss, Equitable Resource Allocation
(2012), ch. 2; Ogryczak, Pioro, Tomaszewski, Telecommunications network design and max-min optimization problem (2005).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import COUPLES, Program, freed, restricted, shared, with_loose_columns, with_rows
from allocopt.problem.facts import Floats
from allocopt.solve import Sharing, Solution, apart, between, raised
from allocopt.solve.certificate import believable, upper_bound
from allocopt.solve.solution import Clock, Ending
from allocopt.stages.groups import Groups, Places
from allocopt.stages.task import Task

SETTLED = 1e-6
"""Price of a row above which its group is settled (the prices of a group's rows add up to one)."""
MARGIN = 1e-7
"""Units by which a settled level is slackened, for rounding."""
INNER_MARGIN = 1e-6
"""The same for large programs, as a part of the level: prices and interior points are only exact to that."""
LARGE = 20_000
"""Columns above which pools are raised block by block, and no plan is searched for beyond the first that is whole."""


@dataclass(frozen=True)
class Levels:
    """Fair levels.

    Attributes
    ----------
    units : float64, shape (groups,)
        Fair units of divisible goods [unit].
    bound : float
        What the least levels of all pools can come to at most, summed.
    failed : Solution or None
        Why there are no levels.
    apart : bool
        Whether rows between SKUs were left out: a plan has to show that the levels can be reached.
    """

    units: Floats
    bound: float
    failed: Solution | None = None
    apart: bool = False


def fair_levels(task: Task, groups: Groups) -> Levels:
    """Return the fair levels of groups, each pool in its block alone where there are many columns."""
    block = _blocks(task.program, groups) if task.program.columns > LARGE else None
    return together(task, groups) if block is None else _each_alone(task, groups, block)


def together(task: Task, groups: Groups) -> Levels:
    """Return the fair levels of groups under all rows."""
    return _raised(task, task.program, groups)


def _blocks(program: Program, groups: Groups) -> Places | None:
    """Return the block of each column, in which a pool's columns are together; None where pools have none."""
    columns = np.flatnonzero(groups.of_column >= 0)
    pool = groups.pool[groups.of_column[columns]]
    sku = shared(groups.pool, groups.sku, groups.pools)
    if (sku == COUPLES).any():
        return None
    joined = with_rows(
        program, pool, columns, np.ones(len(columns)), lower=np.full(groups.pools, -np.inf), upper=np.inf, sku=sku
    )
    return apart(joined)


def _each_alone(task: Task, groups: Groups, block: Places) -> Levels:
    """Return the levels of pools, each in its block alone."""
    program = task.program
    sharing = Sharing(groups.of_column, groups.pool, groups.weight, groups.wanted)
    found = raised(program, sharing, Clock.started(task.effort.left))
    units, bound = found.units, float(found.first[found.done].sum())
    if found.done.all():
        return Levels(units, bound, apart=True)
    others = ~found.done[groups.pool]
    mine = np.flatnonzero(np.isin(block, block[np.append(others, False)[groups.of_column]]))
    alone = freed(program, np.flatnonzero(between(program, block)))
    small, _ = restricted(alone, mine, np.zeros(program.columns))
    rest = _raised(task, small, groups.part(others, mine))
    units[others] = rest.units
    return Levels(units, bound + rest.bound, rest.failed, apart=True)


def _raised(task: Task, program: Program, groups: Groups) -> Levels:
    """Raise the groups of a program round by round."""
    count = len(groups.weight)
    levels, active = np.zeros(count), np.ones(count, dtype=bool)
    bound: float | None = None
    large = task.program.columns > LARGE
    solver = replace(task, effort=replace(task.effort, engine="prices")) if large else task
    top = extreme(np.maximum, groups.wanted / groups.weight, groups.pool, groups.pools, none=0.0)
    relaxed = replace(program, cost=np.zeros(program.columns), constant=0.0, integer=np.zeros(program.columns, bool))
    rows, columns, values = groups.entries()
    sku = shared(groups.pool, groups.sku, groups.pools)
    while active.any():
        margin = INNER_MARGIN * (1.0 + levels) if large else MARGIN
        up = np.bincount(groups.pool[active], minlength=groups.pools) > 0
        trial = with_loose_columns(relaxed, cost=up.astype(float), upper=np.where(up, top, 0.0), sku=sku)
        trial = with_rows(
            trial,
            np.concatenate([rows, np.flatnonzero(active)]),
            np.concatenate([columns, program.columns + groups.pool[active]]),
            np.concatenate([values, -groups.weight[active]]),
            lower=np.where(active, 0.0, levels - margin),
            upper=np.inf,
            sku=groups.sku,
        )
        found = solver.solve(trial, flat=not large)
        if found.x is None or found.multipliers is None or found.status != "optimal":
            return Levels(levels, 0.0, _unlevelled(found))
        if not believable(trial, found.x, found.multipliers, np.inf):
            message = "the answer to a fair share failed its check"
            return Levels(levels, 0.0, replace(_unlevelled(found), message=message))
        bound = upper_bound(trial, found.multipliers) if bound is None else bound
        level = found.x[program.columns :]
        price = np.abs(found.multipliers[program.rows :]) * groups.weight
        settled = active & (price > SETTLED)
        moved = np.bincount(groups.pool[settled], minlength=groups.pools) > 0
        settled |= active & ~moved[groups.pool]
        levels[settled] = np.minimum(level[groups.pool] * groups.weight, groups.wanted)[settled]
        active &= ~settled
    return Levels(levels, bound or 0.0)


def _unlevelled(found: Solution) -> Solution:
    """Return the answer to a round that settles nobody, as an answer without a plan."""
    ends: dict[Ending, Ending] = {"feasible": "interrupted", "optimal": "error"}
    return replace(found, x=None, multipliers=None, status=ends.get(found.status, found.status))
