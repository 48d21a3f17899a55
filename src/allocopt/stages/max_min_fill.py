"""Lexicographic max-min fill: raise the least served as far as possible, then the next, and so on.

A group is a channel (of one SKU where ``per="sku"``; groups of one SKU are then a pool, else all are). The levels of
divisible goods are in `stages.levels`; what whole units make of them is in `stages.whole_shares`. What keeps the stage
is a row a group: it belongs to one SKU where the group does, so that later stages come apart as before. Source: Luss,
Equitable Resource Allocation (2012), ch. 2.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.grouping import dense, extreme
from allocopt.algebra.program import COUPLES, Program, with_rows
from allocopt.contracts import MaxMinFill
from allocopt.plan import StageProof
from allocopt.problem.facts import ANY, Floats, Lines
from allocopt.stages.groups import Groups
from allocopt.stages.levels import MARGIN, fair_levels, together
from allocopt.stages.task import StageResult, Task
from allocopt.stages.whole_shares import missed, shared


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
    levels = fair_levels(task, groups)
    found = levels.failed or shared(task, groups, levels.units)
    if levels.apart and missed(task, groups, levels.units, found):
        levels = together(task, groups)
        found = levels.failed or shared(task, groups, levels.units)
    if found.x is None:
        return task.ended(found, None, program)
    units = groups.units(found.x)
    least = extreme(np.minimum, units / groups.weight, groups.pool, groups.pools, none=np.inf)
    reached = float(least.sum()) if groups.pools else 0.0
    return task.ended(found, task.certified(found.x, reached, levels.bound), _with_levels(program, groups, units))


def kept(stage: MaxMinFill, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already."""
    groups = _groups_of(stage, task)
    return task.held(_with_levels(task.program, groups, groups.units(x)), x)


def _with_levels(program: Program, groups: Groups, units: Floats) -> Program:
    """Return the program with a row a group that keeps its units."""
    return with_rows(program, *groups.entries(), lower=units - MARGIN, upper=np.inf, sku=groups.sku)
