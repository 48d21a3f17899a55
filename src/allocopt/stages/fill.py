"""Fill: serve as much of the channels' demand as possible, or of one rank of it, or rank after rank.

.. code-block:: text

    maximise  sum_{a of the stage's lines} w[d(a)] ship[a]        w = 1, or 1 / units[d] where lines are counted

Its lock keeps what was served to the unit. Rank after rank is in `stages.ranks`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.program import Program
from allocopt.contracts import Fill
from allocopt.plan import StageProof
from allocopt.problem.facts import Floats
from allocopt.solve import Goal, whole
from allocopt.stages.in_full import kept_in_full, priced
from allocopt.stages.ranks import rank_by_rank, ranks_kept, ranks_of
from allocopt.stages.task import StageResult, Task


def solved(stage: Fill, task: Task) -> StageResult:
    """Return what a stage serves."""
    if stage.priority == "each":
        return task.ended(*rank_by_rank(task, _ranks(stage, task)))
    task = priced(task)
    goal = goal_of(stage, task)
    found = whole.solve(goal, task.effort, start=task.start, known=task.before)
    result = task.reached(goal, found, slack=False)
    full = None if result.certificate is None else kept_in_full(task, goal, result.certificate.objective)
    return result if full is None or task.last else replace(result, kept=full)


def kept(stage: Fill, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already."""
    if stage.priority == "each":
        return task.held(ranks_kept(task.program, _ranks(stage, task), x), x)
    goal = goal_of(stage, task)
    full = kept_in_full(task, goal, proof.objective)
    return task.held(task.keeping(goal, proof, slack=False) if full is None else full, x)


def goal_of(stage: Fill, task: Task) -> Program:
    """Return the program whose objective counts what a stage serves."""
    return task.goal(_worth(stage, task)[task.arcs.line])


def _worth(stage: Fill, task: Task) -> Floats:
    """Return what a unit of each line counts, shape (lines,)."""
    units = task.arcs.facts.lines.units
    if stage.measure != "lines":
        return np.ones(len(units))
    worth: Floats = np.divide(1.0, units, out=np.zeros(len(units)), where=units > 0)
    return worth


def _ranks(stage: Fill, task: Task) -> list[Goal]:
    """Return the goal of each rank over the columns of the program."""
    worth = np.where(task.lines, _worth(stage, task), 0.0)
    first = task.stated.ship.start
    goals = ranks_of(task.arcs.facts.lines.priority, worth, task.arcs.line)
    return [(first + arcs, weights) for arcs, weights in goals]
