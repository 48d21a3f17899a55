"""Contribution: earn as much as possible.

.. code-block:: text

    maximise  sum_{a of the stage's channels} (contribution[a] + unit cost - end value) ship[a]        [currency]

Without channels it is the whole objective, penalties included. Its lock keeps what was earned, less what is not proven.
"""

from __future__ import annotations

from allocopt.algebra.program import Program
from allocopt.contracts import Contribution
from allocopt.plan import StageProof
from allocopt.problem.facts import Floats
from allocopt.solve import whole
from allocopt.stages.task import StageResult, Task


def solved(stage: Contribution, task: Task) -> StageResult:
    """Return what a stage earns, all of it settled and proven."""
    goal = _goal(stage, task)
    found = task.ahead if goal is task.program else None
    if found is None:
        found = whole.solve(goal, task.effort, start=task.start, known=task.before)
    return task.reached(goal, found, slack=True)


def kept(stage: Contribution, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already."""
    return task.held(task.keeping(_goal(stage, task), proof, slack=True), x)


def _goal(stage: Contribution, task: Task) -> Program:
    program = task.program
    return program if stage.channels is None else task.goal(program.cost[task.stated.ship])
