"""Fair levels in whole units: of all splits the one whose sorted levels are lexicographically largest.

.. code-block:: text

    maximise  10 sum_{a of g} ship[a]  -  sum_k (10 - value[k]) d[k]              one d a unit around the fair level
    sum_{a of g} ship[a]  <=  base[g] + sum_{k of g} d[k],  0 <= d[k] <= step[g]                 for each group g

The k-th unit of a group lifts it from level u / weight. Units are valued by the order of these levels, the least
served first, and of two at the same level the one that is lifted further; the values of a group fall from unit to unit,
so that they are taken in their order. Where units can be exchanged freely (see `exchangeable`) a plan is best for any
values in that order exactly if no exchange of a unit between two groups gives better levels, sorted, and that split is
the lexicographic best of all. Where a group ends at the edge of the units that were looked at, more of them are.
Source: Federgruen and Groenevelt, The greedy procedure for resource allocation problems, Operations Research 34 (1986);
Frank and Murota, Decreasing minimization on M-convex sets (2022).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.program import Program, freed
from allocopt.problem.facts import Flags, Floats
from allocopt.solve import EXACT, Solution, Start, apart, between, certify, stabilised
from allocopt.solve.solution import Clock
from allocopt.stages.groups import Groups, exchangeable
from allocopt.stages.levels import INNER_MARGIN, LARGE
from allocopt.stages.task import Task
from allocopt.stages.windows import Window, at_the_edge, placed, valued, window_around

CLOSE = 1e-4
"""Gap to which large programs are solved without whole units, to see where groups end."""
ANY_GAP = 1e9
"""Large programs take the first plan in whole units, before blocks are opened: packs miss fair levels by more than a
search over all of them can find back."""
REACH = 2
"""Units below and above the fair level that are looked at first."""
ROUNDS = 12
"""How often more units are looked at, twice as many each time."""
TURNS, AGAIN = 3, 3
"""How often large programs look elsewhere: without whole units, and opening blocks."""
UNPROVEN = "it is not proven that no split in whole units is fairer"
STABLE = "no exchange within an article makes it fairer; it is not proven that no split in whole units does"


def shared(task: Task, groups: Groups, levels: Floats) -> Solution:
    """Reach fair levels, in whole units where these are.

    Parameters
    ----------
    task : Task
    groups : Groups
    levels : float64, shape (groups,)
        Fair units of divisible goods [unit].

    Returns
    -------
    Solution
        Over the columns of the task's program.
    """
    whole = _whole(task.program, groups)
    short = whole & (levels < groups.wanted - 1e-6)
    open_ = np.bincount(groups.pool[short], minlength=groups.pools) > 0
    if task.program.columns > LARGE:
        return _shared_by_prices(task, groups, levels, whole, open_)
    reach = np.full(groups.pools, REACH)
    before: Solution | None = None
    for _ in range(ROUNDS):
        window = window_around(groups, levels, whole & open_[groups.pool], whole, reach)
        found, proven = _reached(task, groups, window)
        if before is not None and (found.x is None or task.effort.left == 0.0):
            # The time is up: what the window before came to stands.
            return replace(before, status="feasible", message=found.message or UNPROVEN)
        if found.x is None:
            return found
        before = found
        edge = at_the_edge(groups, window, groups.units(found.x))
        if not edge.any():
            break
        reach[edge] *= 2
    single = _by_one(groups, open_)
    surely = proven and single and not edge.any() and exchangeable(task.program, groups, open_, task.stated.beside)
    return found if surely or not open_.any() else _unproven(found, UNPROVEN)


def _by_one(groups: Groups, open_: Flags) -> bool:
    """Return whether units of the open pools can be exchanged one by one, and not packs."""
    return bool((groups.step[open_[groups.pool]] == 1.0).all())


def _unproven(found: Solution, why: str) -> Solution:
    """Return an answer that nobody calls the fairest."""
    status = "feasible" if found.status == "optimal" else found.status
    return replace(found, status=status, message=why)


def _reached(task: Task, groups: Groups, window: Window) -> tuple[Solution, bool]:
    """Return the best plan for the values of a window, and whether it is proven to be that."""
    program = task.program
    trial = valued(program, groups, window)
    found = task.solve(trial, flat=True, gap=EXACT)
    if found.x is None:
        return found, False
    proof = certify(trial, found.x, found.multipliers)
    behind = proof.bound - proof.objective
    if found.claimed_bound is not None and found.status == "optimal":
        behind = min(behind, found.claimed_bound - proof.objective)
    proven = proof.passed and behind < window.least_gain(groups)
    return _over(program, found, found.x), proven


def _over(program: Program, found: Solution, x: Floats) -> Solution:
    """Return an answer with a plan, without the columns and rows behind those of a program."""
    multipliers = None if found.multipliers is None else found.multipliers[: program.rows]
    return replace(found, x=x[: program.columns], multipliers=multipliers, claimed_bound=None)


def _shared_by_prices(task: Task, groups: Groups, levels: Floats, whole: Flags, open_: Flags) -> Solution:
    """Reach fair levels of many articles: all their units are looked at, those far from the level in lumps.

    Where groups end is found without whole units first. Of the plan in whole units the blocks that have less than they
    could have alone are opened once more.
    """
    solver = replace(task, effort=replace(task.effort, engine="prices"))
    # Pools that would get all they want alone may not: what couples them was left out.
    looked, centre, start = whole, levels, None
    for _ in range(TURNS if looked.any() else 0):
        window, found = _around(solver, groups, centre, looked, whole, divisible=True, start=start)
        if found.x is None:
            return _unproven(found, found.message)
        start = found.basis
        edge = at_the_edge(groups, window, groups.units(found.x))
        if not edge.any():
            break
        centre = np.where(looked & edge[groups.pool], groups.units(found.x), centre)
    window, found = _around(solver, groups, centre, looked, whole, divisible=False, start=start)
    if found.x is None:
        return found
    found = _over(task.program, found, found.x)
    for _ in range(AGAIN):
        found = _opened(task, groups, window, found, open_)
        assert found.x is not None
        units = groups.units(found.x)
        edge = at_the_edge(groups, window, units)
        if not edge.any():
            return found
        centre = np.where(looked & edge[groups.pool], units, centre)
        window = window_around(groups, centre, looked, whole, np.full(groups.pools, REACH), lumps=True)
    return _unproven(found, UNPROVEN)


def _around(
    task: Task, groups: Groups, centre: Floats, looked: Flags, whole: Flags, *, divisible: bool, start: Start | None
) -> tuple[Window, Solution]:
    """Return the units around a centre, and the best plan for their values, in whole units or without."""
    window = window_around(groups, centre, looked, whole, np.full(groups.pools, REACH), lumps=True)
    trial = valued(task.program, groups, window)
    if divisible:
        trial = replace(trial, integer=np.zeros(trial.columns, dtype=bool))
    gap = CLOSE if divisible else ANY_GAP if trial.integer.any() else EXACT
    return window, task.solve(trial, gap=gap, start=start)


def _opened(task: Task, groups: Groups, window: Window, found: Solution, open_: Flags) -> Solution:
    """Return a plan whose blocks were opened over what the others leave, and whether it is the fairest."""
    assert found.x is not None
    program, effort = task.program, task.effort
    if not window.whole.any():
        return found
    trial = valued(program, groups, window, earns=0.0)
    stable = stabilised(
        trial, placed(program, groups, window, found.x), window.least_gain(groups), Clock.started(effort.left)
    )
    best = replace(found, x=stable.x[: program.columns], status="optimal", message="")
    labels = apart(trial)
    if stable.alone and labels is not None and _by_one(groups, open_):
        # Nobody can have more than alone, so rows between blocks are in nobody's way.
        alone = freed(program, np.flatnonzero(between(trial, labels)[: program.rows]))
        if exchangeable(alone, groups, open_, task.stated.beside):
            return best
    return _unproven(best, STABLE if stable.stable else UNPROVEN)


def missed(task: Task, groups: Groups, levels: Floats, found: Solution) -> bool:
    """Return whether a plan gives groups of divisible goods less than their levels."""
    if found.x is None:
        return False
    divisible = ~_whole(task.program, groups)
    behind = levels - groups.units(found.x) > 2 * INNER_MARGIN * (1.0 + levels)
    return bool((divisible & behind).any())


def _whole(program: Program, groups: Groups) -> Flags:
    """Return which groups take whole units."""
    whole = np.zeros(len(groups.weight), dtype=bool)
    rows, columns, _ = groups.entries()
    whole[rows[program.integer[columns]]] = True
    return whole
