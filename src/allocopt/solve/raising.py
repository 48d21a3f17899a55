"""Columns that rise together as far as a program lets them, group after group: what there is for each of them.

.. code-block:: text

    hoped[g] for each group g in its order, as long as there is a plan with x[c] >= hoped[c] in it and all before it;
    from the first group on of which that is not so:
        level = 1, 2, ...: x[c] >= min(level, upper[c]) for each column c of the group in turn, if there is a plan with
        it and all before it; a column that cannot rise stays where it is, and what can be divided as high as it can

A group that asks for more therefore never gets less, and no group changes what one before it gets. Levels are halved,
and columns are tried many at a time: where many can rise at once, each of them can in turn.
Source: progressive filling, e.g. Bertsekas and Gallager, Data Networks (1992), ch. 6.5.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, bounded
from allocopt.arrays import Floats, Places
from allocopt.solve import highs
from allocopt.solve.certificate import breach
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.known import holds
from allocopt.solve.solution import Clock
from allocopt.solve.whole import solve

NEAR = 1e-9
"""Less than this is nothing, relative to 1 + the level [unit]."""
FEW = 100
"""So many columns in parts of units are made whole one by one."""
NODES = 2_000
"""Nodes after which a plan in whole units that was not found is taken for none."""


def raised(program: Program, columns: slice, group: NDArray[np.integer[Any]], hoped: Floats) -> Floats | None:
    """Return the least values that columns can be given.

    Parameters
    ----------
    program : Program
        Its objective does not matter. What columns can rise to at all is their upper bound.
    columns : slice
        Those that rise, from 0.
    group : int, shape (columns that rise,)
        Ascending.
    hoped : float64, shape (columns that rise,)

    Returns
    -------
    float64, shape (columns that rise,), or None
        None where all that is hoped for can be had, and where there is no plan even with nothing.
    """
    trial = _Trial(program, columns)
    if trial.holds(hoped) or not trial.holds(np.zeros(len(hoped))):
        return None
    low, high = 0, int(group.max())  # groups before `low` hold, those up to `high` do not
    while low < high:
        middle = (low + high) // 2
        if trial.holds(np.where(group <= middle, hoped, 0.0)):
            low = middle + 1
        else:
            high = middle
    least = np.where(group < low, hoped, 0.0)
    for number in range(low, int(group.max()) + 1):
        _raise(trial, least, np.flatnonzero(group == number))
    return least


def _raise(trial: _Trial, least: Floats, mine: Places) -> None:
    """Let some columns rise together; what they come to is written into `least`."""
    mine, level = mine[trial.most[mine] > 0], 0.0
    while len(mine):
        level = _level(trial, least, mine, level)
        least[mine] = np.minimum(trial.most[mine], level)
        mine = mine[trial.most[mine] > level]
        risen = np.zeros(len(least), dtype=bool)
        _one_more(trial, least, mine, level + 1.0, risen)
        mine, level = mine[risen[mine]], level + 1.0


def _level(trial: _Trial, least: Floats, mine: Places, level: float) -> float:
    """Return the highest whole level that all can rise to together."""
    high = float(np.ceil(trial.most[mine].max()))
    step = high - level
    while level < high:
        middle = level + step
        tried = least.copy()
        tried[mine] = np.minimum(trial.most[mine], middle)
        if trial.holds(tried):
            level = middle
        else:
            high = middle - 1.0
        step = max(1.0, np.ceil((high - level) / 2))
    return level


def _one_more(trial: _Trial, least: Floats, mine: Places, level: float, risen: NDArray[np.bool_]) -> None:
    """Let each column rise to a level in turn, if it can; say which do."""
    if not len(mine):
        return
    tried = least.copy()
    tried[mine] = np.minimum(trial.most[mine], level)
    if trial.holds(tried):
        least[mine] = tried[mine]
        risen[mine] = True
    elif len(mine) > 1:
        for half in np.array_split(mine, 2):
            _one_more(trial, least, half, level, risen)
    elif not trial.program.integer[trial.columns][mine[0]]:
        least[mine[0]] = trial.highest(least, int(mine[0]), float(tried[mine[0]]))


class _Trial:
    """Whether a program has a plan with some columns at least so high."""

    def __init__(self, program: Program, columns: slice) -> None:
        cost = np.zeros(program.columns)
        cost[columns] = 1.0
        self.program, self.columns = replace(program, cost=cost, constant=0.0), columns
        self.most = program.upper[columns]
        self.seen: list[Floats] = []

    def holds(self, least: Floats) -> bool:
        """Return whether there is a plan."""
        if any((reached >= least - NEAR * (1 + least)).all() for reached in self.seen):
            return True
        x = self._plan(
            bounded(self.program, np.arange(self.program.columns)[self.columns], lower=least, upper=self.most)
        )
        if x is not None:
            self.seen.append(x[self.columns])
        return x is not None

    def highest(self, least: Floats, column: int, upto: float) -> float:
        """Return how high one column can rise, in parts of units."""
        at = np.arange(self.program.columns)[self.columns]
        upper = self.most.copy()
        upper[column] = upto
        cost = np.zeros(self.program.columns)
        cost[at[column]] = 1.0
        program = replace(bounded(self.program, at, lower=least, upper=upper), cost=cost)
        found = solve(program, Effort(gap=EXACT))
        return float(least[column]) if found.x is None else max(float(found.x[at[column]]), float(least[column]))

    def _plan(self, program: Program) -> Floats | None:
        """Return a plan, None where there is none: in parts of units first, which is often whole already.

        Few parts of units are made whole one by one, which seldom fails; then the plan is searched for.
        """
        found = highs.linear(program, Clock.started(None))
        if found.status == "infeasible" or found.x is None:
            return None
        x = np.where(program.integer, np.rint(found.x), found.x)
        if np.abs(x - found.x).max(initial=0.0) <= highs.WHOLE and breach(program, x)[0] == 0:
            return x
        if not program.integer.any():
            return found.x
        if np.count_nonzero(np.abs(x - found.x) > highs.WHOLE) <= FEW:
            dived, _ = highs.dive(program, Clock.started(None))
            if dived is not None and holds(program, whole := np.where(program.integer, np.rint(dived), dived)):
                return whole
        return solve(replace(program, cost=np.zeros(program.columns)), Effort(work_limit=NODES)).x
