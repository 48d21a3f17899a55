"""Fills over many columns: by prices, and kept line by line where every line is served in full.

A fill leaves much open: given what earlier stages keep, interior points and simplex take minutes where prices take
seconds. A row over all lines of a stage ties all articles together; where it asks for all that the lines want, their
own rows say the same, article by article.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve.highs_goals import own_rows
from allocopt.stages.levels import LARGE
from allocopt.stages.task import Task

NEAR = 1e-9
"""What a sum may be short of all, relative to 1 + all: rounding only."""


def priced(task: Task) -> Task:
    """Return the task of a fill, by prices where earlier stages are kept over many columns and no solver was named."""
    effort = task.effort
    if task.program.columns <= LARGE or effort.engine != "auto" or task.program is task.stated.program:
        return task
    return replace(task, effort=replace(effort, engine="prices"))


def kept_in_full(task: Task, goal: Program, reached: float) -> Program | None:
    """Return the program with every line of a fill served in full, where that is what it reached; else None."""
    program, lines = task.program, goal.column_line
    if task.stage.lock != "value" or program.columns <= LARGE or lines is None:
        return None
    columns = np.flatnonzero(goal.cost)
    rows, place = np.unique(own_rows(program)[lines[columns]], return_inverse=True)
    if not len(rows) or rows[0] < 0:
        return None
    worth = np.zeros(len(rows))
    worth[place] = goal.cost[columns]
    most = float(worth @ program.row_upper[rows])
    if reached < most - NEAR * (1.0 + most):
        return None
    lower = program.row_lower.copy()
    lower[rows] = program.row_upper[rows]
    return replace(program, row_lower=lower)
