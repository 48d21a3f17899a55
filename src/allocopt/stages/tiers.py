"""Fills one after the other, then contribution, made whole together: at size, and over articles in whole units.

.. code-block:: text

    for each stage k in order:   most[k] = max goal[k] x     over plans in parts of units
                                 s.t. goal[j] x >= (1 - `SLACK`) most[j]                                for each j < k
    once:                        maximise  contribution x  +  sum_k weight[k] goal[k] x              in whole units

A stage that is finished in whole units by itself leaves those after it nothing to round with: whatever a block gives
up breaks the row of an earlier stage. So the relaxations go first, each from the prices of the one before. The prices
of their rows say what a unit of each stage is worth to those after it (`weight`, which a part of what all stages come
to is added to, so that no stage is rounded at the cost of an earlier one); at these prices the plan of the last
relaxation is the best one without any such row, and whole units are looked for as for a single objective. Blocks are
opened then in strict order, until none can be better. What each stage reached is what later ones keep, and every stage
is certified by the multipliers of its own relaxation. Source: Isermann, Linear lexicographic optimization (1982);
Sherali, Equivalent weights for lexicographic multi-objective programs, EJOR 11 (1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.program import COUPLES, Program, keeping
from allocopt.arrays import Floats
from allocopt.contracts import Fill, Stage
from allocopt.solve import Effort, Solution, stabilised, switches, whole
from allocopt.solve.certificate import relative_gap, upper_bound
from allocopt.solve.relaxation import by_prices
from allocopt.solve.solution import Clock
from allocopt.solve.start import Prices
from allocopt.stages.fill import goal_of
from allocopt.stages.starting import StartOf
from allocopt.stages.task import StageResult, Task

SEVERAL = 2
"""From so many fills on: with one, what it keeps leaves room enough."""
SLACK = 5e-5
"""Part of what a stage could reach that later relaxations need not keep: at the very end a unit of one stage costs
later ones hundreds, and no plan in whole units is there."""
FINE, CLOSE = 1e-5, 4e-5
"""Gap of the relaxations, and of the plan in whole units against the last one."""
ADDED = 0.3
"""What each stage counts in the weights beyond its prices, as a part of the contribution."""
PART = 0.6
"""Part of the time that is left which the relaxations may take."""
STRICT = 1e3
"""How many units of a later stage one of an earlier stage outweighs where blocks are opened."""
CENTS = 0.05
"""What is worth less than this is not looked for [currency]."""

STABLE = "no exchange within an article makes it better; it is not proven that no plan in whole units does"
UNPROVEN = "the gap that was asked for is not reached"


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """The relaxation of a stage: its goal over the columns, the multipliers of rows and locks, what it came to."""

    goal: Program
    multipliers: Floats
    reached: float


def in_tiers(tasks: Sequence[Task], start_of: StartOf, known: Floats | None = None) -> list[StageResult] | None:
    """Return the results of all stages of a contract, or None where they are better solved one by one.

    Parameters
    ----------
    tasks : sequence of Task
        One a stage, each with the program of the first.
    start_of : callable
        Gives a stage, by its number and program, what it may start from.
    known : float64, shape (columns,), optional
        A plan that keeps every row.
    """
    program, effort = tasks[0].program, tasks[0].effort
    if not _suits([task.stage for task in tasks], program):
        return None
    limit = None if effort.left is None else effort.seconds + PART * effort.left
    relaxed = _relaxations(tasks, replace(effort, time_limit=limit), start_of)
    if relaxed is None:
        return None
    found = whole.solve(_weighed(program, relaxed), effort, gap=CLOSE, known=known)
    if found.x is None:
        return None
    stable = stabilised(_strictly(program, relaxed), found.x, CENTS, Clock.started(effort.left))
    first = relaxed[0].goal.cost
    if known is not None and float(first @ known) > float(first @ stable.x):
        return None
    found = replace(found, x=stable.x, message=STABLE if stable.stable else UNPROVEN)
    return _results(tasks, relaxed, found)


def _suits(stages: Sequence[Stage], program: Program) -> bool:
    """Return whether a contract is several fills and then contribution, over many articles in whole units.

    Not where switches or packs decide: there each stage is searched by itself.
    """
    fills = [stage for stage in stages[:-1] if isinstance(stage, Fill) and stage.priority != "each"]
    return (
        len(fills) == len(stages) - 1 >= SEVERAL
        and all(stage.lock == "value" for stage in fills)
        and by_prices(program)
        and bool(program.integer.any())
        and not len(switches(program))
        and bool((np.abs(program.data[program.row_sku[program.indices] != COUPLES]) == 1.0).all())
    )


def _relaxations(tasks: Sequence[Task], effort: Effort, start_of: StartOf) -> list[_Relaxed] | None:
    """Return the relaxation of each stage, given those before it; None where one has no answer in time."""
    now = replace(tasks[0].program, integer=np.zeros(tasks[0].program.columns, dtype=bool))
    found: list[_Relaxed] = []
    x: Floats | None = None
    for number, task in enumerate(tasks):
        task.tell(f"stage {number + 1} of {len(tasks)}: {task.stage.words()}, in parts of units")
        goal = goal_of(task.stage, replace(task, program=now)) if isinstance(task.stage, Fill) else now
        start = start_of(number, goal)
        if start is None and found:
            start = Prices(np.append(found[-1].multipliers, 0.0))
        said = whole.solve(goal, effort, gap=FINE, start=start, known=x)
        if said.x is None or said.multipliers is None or said.status not in ("optimal", "feasible"):
            return None
        x, reached = said.x, goal.objective(said.x)
        found.append(_Relaxed(goal, said.multipliers, reached))
        now = _locked(now, goal, reached - SLACK * abs(reached))
    return found


def _locked(program: Program, goal: Program, least: float) -> Program:
    """Return a program with a row that keeps a goal."""
    columns = np.flatnonzero(goal.cost)
    return keeping(program, columns, goal.cost[columns], least)


def _weighed(program: Program, relaxed: Sequence[_Relaxed]) -> Program:
    """Return the program whose objective is that of the last stage, with all stages at what they are worth to it."""
    money = abs(relaxed[-1].reached)
    cost = np.zeros(program.columns)
    for each in relaxed:
        last = each is relaxed[-1]
        locks = np.arange(each.goal.rows) >= program.rows
        worth = each.goal.priced(np.where(locks, each.multipliers, 0.0))
        cost += worth if last else ADDED * money / max(1.0, each.reached) * worth
    return replace(program, cost=cost, constant=0.0)


def _strictly(program: Program, relaxed: Sequence[_Relaxed]) -> Program:
    """Return the program whose objective puts each stage before all later ones."""
    weight, cost = 2.0 * float(np.abs(program.cost).max(initial=1.0)), program.cost.copy()
    for each in relaxed[-2::-1]:
        cost += weight / float(each.goal.cost.max(initial=0.0) or 1.0) * each.goal.cost
        weight *= STRICT
    return replace(program, cost=cost, constant=0.0)


def _results(tasks: Sequence[Task], relaxed: Sequence[_Relaxed], found: Solution) -> list[StageResult]:
    """Return the plan as the result of each stage: certified, and with what keeps it in later ones."""
    assert found.x is not None
    results: list[StageResult] = []
    program = tasks[0].program
    for task, each in zip(tasks, relaxed, strict=True):
        now = replace(task, program=program, before=found.x)
        goal = replace(program, cost=each.goal.cost, constant=each.goal.constant)
        bound = upper_bound(goal, each.multipliers)
        close = relative_gap(goal.objective(found.x), bound) <= task.effort.target
        said = Solution(
            "optimal" if close else "feasible",
            found.x,
            each.multipliers,
            bound,
            found.method,
            iterations=found.iterations if task.last else 0,
            message="" if close else found.message,
            basis=Prices(each.multipliers),
            notes=found.notes if task.last else (),
        )
        result = now.reached(goal, said, slack=False)
        results.append(result)
        program = result.kept
        if result.certificate is None or not result.certificate.passed:
            break
    return results
