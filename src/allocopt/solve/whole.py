"""The whole journey from a program to an answer, whole units included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve import highs
from allocopt.solve.solution import Clock, Solution

WHOLE = 1e-6
"""Distance from a whole number that is taken for rounding."""


def solve(
    program: Program, *, time_limit: float | None = None, gap: float = 1e-6, work_limit: int | None = None
) -> Solution:
    """Solve a program.

    Parameters
    ----------
    program : Program
    time_limit : float, optional
        Seconds of the whole call.
    gap : float
        For whole units: a plan this close to its bound, relative to ``max(1, |objective|)``, is called optimal.
    work_limit : int, optional
        Iterations of each linear solve and nodes of each search after which to stop. Unlike a time limit it stops
        at the same place in every run.

    Returns
    -------
    Solution
    """
    clock = Clock.started(time_limit)
    relaxed = highs.linear(program, clock, work_limit=work_limit)
    if relaxed.status != "optimal" or relaxed.x is None or not program.integer.any():
        return replace(relaxed, seconds=clock.seconds)
    x = np.where(program.integer, np.rint(relaxed.x), relaxed.x)
    if np.abs(x - relaxed.x).max() <= WHOLE:
        return replace(relaxed, x=x, seconds=clock.seconds)
    found = highs.branch(program, clock, gap=gap, work_limit=work_limit)
    if found.x is not None:
        found = replace(found, x=np.where(program.integer, np.rint(found.x), found.x))
    return replace(
        found,
        multipliers=relaxed.multipliers,
        claimed_bound=relaxed.claimed_bound if found.claimed_bound is None else found.claimed_bound,
        iterations=relaxed.iterations + found.iterations,
        seconds=clock.seconds,
    )
