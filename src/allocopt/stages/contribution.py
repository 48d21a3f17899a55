"""Contribution: earn as much as possible.

.. code-block:: text

    maximise  sum_{a of the stage's channels} (contribution[a] + unit cost - end value) ship[a]        [currency]

Without channels it is the whole objective, penalties included. Its lock keeps what was earned, less what is not proven.
"""

from __future__ import annotations

from allocopt.contracts import Contribution
from allocopt.solve import whole
from allocopt.stages.task import StageResult, Task


def solved(stage: Contribution, task: Task) -> StageResult:
    """Return what a stage earns, all of it settled and proven."""
    program = task.program
    goal = program if stage.channels is None else task.goal(program.cost[task.stated.ship])
    found = whole.solve(goal, task.effort, start=task.start, known=task.before)
    return task.reached(goal, found, slack=True)
