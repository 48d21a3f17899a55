"""Lexicographic max-min fill: raise the least served as far as possible, then the next, and so on.

.. code-block:: text

    maximise  sum_k z[k]
    sum_{a of g} ship[a] >= weight[g] z[k(g)]        for each group g that can still be raised
    sum_{a of g} ship[a] >= level[g]                 for each group g whose level is settled

A group is a channel (of one SKU where ``per="sku"``; then k is the SKU). After each solve the groups whose row has a
price are settled: a priced row is tight in every optimum, so the group cannot be raised. At least one group of each
k settles in each round. What whole units make of these levels is in `stages.whole_shares`. Source: Luss, Equitable
Resource Allocation (2012), ch. 2; Ogryczak, Pioro, Tomaszewski, Telecommunications network design and max-min
optimization problem (2005).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.grouping import dense, extreme
from allocopt.algebra.program import COUPLES, Program, with_loose_columns, with_rows
from allocopt.contracts import MaxMinFill
from allocopt.plan import StageProof
from allocopt.problem.facts import ANY, Floats, Lines
from allocopt.solve import Solution
from allocopt.solve.certificate import believable, upper_bound
from allocopt.solve.solution import Ending
from allocopt.stages.groups import Groups
from allocopt.stages.task import StageResult, Task
from allocopt.stages.whole_shares import LARGE, shared

SETTLED = 1e-6
"""Price of a row above which its group is settled (the prices of a group's rows add up to one)."""
MARGIN = 1e-7
"""Units by which a settled level is slackened, for rounding."""
INNER_MARGIN = 1e-6
"""The same for large programs, as a part of the level: an interior point is only exact to that."""


def _groups_of(stage: MaxMinFill, task: Task) -> Groups:
    """Return the groups that a stage levels."""
    arcs, counted, facts = task.arcs, task.lines, task.arcs.facts
    lines, channels = facts.lines, len(facts.channels.id)
    pool = lines.sku.astype(np.int64) if stage.per == "sku" else np.zeros(len(lines.sku), dtype=np.int64)
    key = pool * channels + lines.channel
    wants = counted & (lines.units > 0)
    group, present = dense(np.where(wants & arcs.served, key, -1), (len(facts.skus.id) + 1) * channels)
    # Demand that no arc reaches still counts in the fill rate of a group that others reach.
    mine = np.flatnonzero(wants & np.isin(key, present))
    place = np.searchsorted(present, key[mine])
    wanted = _live(lines.units[mine], lines, mine, place, len(present))
    pools, pool_of = np.unique(present // channels, return_inverse=True)
    sku = (present // channels if stage.per == "sku" else np.full(len(present), COUPLES)).astype(np.int32)
    step = extreme(np.minimum, lines.pack[mine].astype(float), place, len(present), none=np.inf)
    if stage.weights is None:
        weight = _weight(lines, stage, mine, place, len(present))
    else:
        weight = np.array([stage.weights.get(name, 1.0) for name in facts.channels.id.tolist()])[present % channels]
    of_column = np.full(task.program.columns, -1, dtype=np.int32)
    of_column[task.stated.ship] = group[arcs.line]
    return Groups(of_column, pool_of.astype(np.int32), weight, wanted, len(pools), sku, step)


def _weight(lines: Lines, stage: MaxMinFill, mine: np.ndarray, place: np.ndarray, count: int) -> Floats:
    """Return the weight of each group from those of its lines, shape (groups,)."""
    given, units = lines.weight[mine], lines.units[mine]
    if stage.measure == "fill":
        return _live(np.where(np.isnan(given), units, given), lines, mine, place, count)
    total = _live(np.where(np.isnan(given), 0.0, given), lines, mine, place, count)
    return np.where(total > 0, total, 1.0)


def _live(amount: Floats, lines: Lines, mine: np.ndarray, place: np.ndarray, count: int) -> Floats:
    """Return the sum of each group; of lines that hang on a decision, those that come with its larger outcome."""
    switch, when = lines.switch[mine].astype(np.int64), lines.when[mine]
    always = switch == ANY
    total: Floats = np.bincount(place[always], weights=amount[always], minlength=count).astype(np.float64)
    many = int(switch.max(initial=0)) + 1
    pairs, at = np.unique(place[~always] * many + switch[~always], return_inverse=True)
    on, off = (
        np.bincount(at, weights=np.where(when[~always] == outcome, amount[~always], 0.0), minlength=len(pairs))
        for outcome in (True, False)
    )
    np.add.at(total, pairs // many, np.maximum(on, off))
    return total


def solved(stage: MaxMinFill, task: Task) -> StageResult:
    """Return the fairest levels, in whole units where these are.

    It is ``"feasible"`` where nobody proves that no split is fairer. Its certificate is of the lowest level reached,
    summed over pools, against what is possible; what keeps it are the units of each group.
    """
    program, groups = task.program, _groups_of(stage, task)
    levels, bound, failed = _levels(task, groups)
    found = failed or shared(task, groups, levels, MARGIN)
    if found.x is None:
        return task.ended(found, None, program)
    units = groups.units(found.x)
    least = extreme(np.minimum, units / groups.weight, groups.pool, groups.pools, none=np.inf)
    reached = float(least.sum()) if groups.pools else 0.0
    return task.ended(found, task.certified(found.x, reached, bound), _with_levels(program, groups, units))


def kept(stage: MaxMinFill, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already."""
    groups = _groups_of(stage, task)
    return task.held(_with_levels(task.program, groups, groups.units(x)), x)


def _with_levels(program: Program, groups: Groups, units: Floats) -> Program:
    """Return the program with a row a group that keeps its units."""
    return with_rows(program, *groups.entries(), lower=units - MARGIN, upper=np.inf, sku=groups.sku)


def _levels(task: Task, groups: Groups) -> tuple[Floats, float, Solution | None]:
    """Return the fair level of each group in units, the bound on the sum of least levels, and what failed."""
    program, count = task.program, len(groups.weight)
    levels, active = np.zeros(count), np.ones(count, dtype=bool)
    bound: float | None = None
    top = extreme(np.maximum, groups.wanted / groups.weight, groups.pool, groups.pools, none=0.0)
    relaxed = replace(program, cost=np.zeros(program.columns), constant=0.0, integer=np.zeros(program.columns, bool))
    rows, columns, values = groups.entries()
    while active.any():
        margin = INNER_MARGIN * (1.0 + levels) if program.columns > LARGE else MARGIN
        raised = np.bincount(groups.pool[active], minlength=groups.pools) > 0
        trial = with_loose_columns(
            relaxed, cost=raised.astype(float), lower=np.zeros(groups.pools), upper=np.where(raised, top, 0.0)
        )
        trial = with_rows(
            trial,
            np.concatenate([rows, np.flatnonzero(active)]),
            np.concatenate([columns, program.columns + groups.pool[active]]),
            np.concatenate([values, -groups.weight[active]]),
            lower=np.where(active, 0.0, levels - margin),
            upper=np.inf,
        )
        found = task.solve(trial, flat=True)
        if found.x is None or found.multipliers is None or found.status != "optimal":
            return levels, 0.0, _unlevelled(found)
        if not believable(trial, found.x, found.multipliers, np.inf):
            message = "the answer to a fair share failed its check"
            return levels, 0.0, replace(_unlevelled(found), message=message)
        bound = upper_bound(trial, found.multipliers) if bound is None else bound
        level = found.x[program.columns :]
        price = np.abs(found.multipliers[program.rows :]) * groups.weight
        settled = active & (price > SETTLED)
        moved = np.bincount(groups.pool[settled], minlength=groups.pools) > 0
        settled |= active & ~moved[groups.pool]
        levels[settled] = np.minimum(level[groups.pool] * groups.weight, groups.wanted)[settled]
        active &= ~settled
    return levels, bound or 0.0, None


def _unlevelled(found: Solution) -> Solution:
    """Return the answer to a round that settles nobody, as an answer without a plan."""
    ends: dict[Ending, Ending] = {"feasible": "interrupted", "optimal": "error"}
    return replace(found, x=None, multipliers=None, status=ends.get(found.status, found.status))
