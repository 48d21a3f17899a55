"""Fill: serve as much of the channels' demand as possible, or of one rank of it, or rank after rank.

.. code-block:: text

    maximise  sum_{a of the stage's lines} w[d(a)] ship[a]        w = 1, or 1 / units[d] where lines are counted

Its lock keeps what was served to the unit. Rank after rank is in `stages.ranks`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.contracts import Fill
from allocopt.solve import whole
from allocopt.stages.ranks import rank_by_rank, ranks_of
from allocopt.stages.task import StageResult, Task


def solved(stage: Fill, task: Task) -> StageResult:
    """Return what a stage serves."""
    lines, line = task.arcs.facts.lines, task.arcs.line
    worth = np.ones(len(lines.units))
    if stage.measure == "lines":
        worth = np.divide(1.0, lines.units, out=np.zeros(len(worth)), where=lines.units > 0)
    if stage.priority == "each":
        goals = ranks_of(lines.priority, np.where(task.lines, worth, 0.0), line)
        first = task.stated.ship.start
        return task.ended(*rank_by_rank(task, [(first + arcs, weights) for arcs, weights in goals]))
    if stage.priority is not None:
        task = replace(task, lines=task.lines & (lines.priority == stage.priority))
    goal = task.goal(worth[line])
    found = whole.solve(goal, task.effort, start=task.start, known=task.before)
    return task.reached(goal, found, slack=False)
