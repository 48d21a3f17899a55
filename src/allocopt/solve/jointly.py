"""Several blocks of a plan opened together over what the others leave: what no block can do alone.

Where a row between blocks is nearly used up, a block that is searched by itself can take nothing that another one
holds, and the last minute of a shift goes to nobody. So blocks are searched together, but only where something is open
in them: in columns that lose next to nothing at the prices of the relaxation (or little, where they could use what a
priced row leaves idle), and in those in which the plan differs from it. Blocks that are furthest from their bounds come
first, so many at a time as a search goes through in a second.
Source: Danna, Rothberg and Le Pape, Exploring relaxation induced neighborhoods, Mathematical Programming 102 (2005).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, restricted
from allocopt.arrays import Flags, Floats, Places
from allocopt.solve import highs
from allocopt.solve.blocks import between
from allocopt.solve.inside import settled
from allocopt.solve.known import best_of
from allocopt.solve.solution import Clock

MANY = 1_700
"""Columns that are searched together, at least one block."""
NODES = 1
"""Nodes of such a search: what it finds, it finds at the root."""
LOSES = (0.0, 0.03)
"""What a column may lose a unit to be opened, in mean losses of those that lose something: turn by turn. A turn between
the two finds next to nothing, and takes the searches that the last one needs."""
SEARCHES = 6
"""So many of them at most."""
IDLE, USES = 0.01, 0.1
"""A row is idle that leaves more than this part of the gap wanted to be earned; and what a loss counts for in a column
that could use it."""
LITTLE, FINER = 0.25, 0.2
"""The part of the gap wanted that a search has to gain for another one of its turn; and the part of it, or of what is
left open where that is less, to which it goes."""
CLOSER = 0.5
"""The part of the gap wanted to which plans are searched on, where they are more than one of many answers."""
NOTHING = 1e-9
"""What is rounding residue of a loss, in the same measure."""
DIFFERS = 1e-6
"""From how many units on a plan differs from the relaxation."""

Missed = Callable[[Floats], Floats]
"""What each block of a plan still misses of its bound [currency]."""


class Jointly:
    """The blocks of a program, searched together.

    Parameters
    ----------
    program : Program
    labels : int, shape (columns,)
        Block of each column.
    relaxed : float64, shape (columns,)
        Plan of the linear relaxation.
    price : float64, shape (rows,)
        Its multipliers.

    Attributes
    ----------
    iterations : int
        Of all searches so far.
    """

    def __init__(self, program: Program, labels: Places, relaxed: Floats, price: Floats) -> None:
        self._program, self._labels, self._relaxed = program, labels, relaxed
        self._price = np.where(between(program, labels), price, 0.0)
        self._loss = np.abs(program.priced(price))
        some = self._loss[self._loss > NOTHING * max(1.0, float(self._loss.max(initial=0.0)))]
        self._mean = float(some.mean()) if len(some) else 1.0
        self.iterations = 0

    def better(
        self, plan: Floats, missed: Missed, clock: Clock, *, gap: float, bound: float, closer: float = CLOSER
    ) -> Floats:
        """Return a plan that keeps every row and is worth as much as a given one, or more.

        A turn ends with the first search that finds little: the blocks behind it miss less.

        Parameters
        ----------
        plan : float64, shape (columns,)
            Keeps every row, in whole units.
        missed : callable
            Says which blocks to begin with.
        clock : Clock
        gap : float
            Relative gap between plan and bound at which to stop.
        bound : float
            What no plan is worth more than [currency].
        closer : float
            The part of that gap at which no other search begins.
        """
        worth, searches, seen = self._program.objective(plan), 0, b""
        for part in LOSES:
            first = np.argsort(-missed(plan), kind="stable")
            wanted = gap * max(1.0, abs(worth))
            for columns in self._groups(plan, first, part, IDLE * wanted):
                left = (bound - worth) / wanted
                if clock.left <= 0 or searches == SEARCHES or left <= closer:
                    return plan
                before, last, seen = worth, seen, columns.tobytes() + plan.tobytes()
                if seen != last:
                    plan = self._searched(plan, columns, clock, FINER * min(left, 1) * gap)
                worth, searches = self._program.objective(plan), searches + 1
                if worth - before <= LITTLE * wanted:
                    break
        return plan

    def _groups(self, plan: Floats, first: NDArray[np.intp], part: float, idle: float) -> list[Places]:
        """Return the columns that are searched together, block by block in the order given."""
        program, rank = self._program, np.empty(len(first), dtype=np.intp)
        rank[first] = np.arange(len(first))
        loss = np.where(self._uses(plan, idle), USES * self._loss, self._loss)
        opens = (loss <= (part + NOTHING) * self._mean) | (np.abs(plan - self._relaxed) > DIFFERS)
        columns = np.flatnonzero(opens & (program.upper > program.lower))
        columns = columns[np.argsort(rank[self._labels[columns]], kind="stable")]
        block = rank[self._labels[columns]]
        group = ((np.cumsum(np.bincount(block, minlength=len(first))) - 1) // MANY)[block]
        return [np.sort(each) for each in np.split(columns, np.flatnonzero(np.diff(group)) + 1) if len(each)]

    def _uses(self, plan: Floats, idle: float) -> Flags:
        """Return the columns in rows between blocks that leave more than so much to be earned, shape (columns,)."""
        program, price = self._program, self._price
        activity = program.activity(plan)
        limit = np.where(price > 0, program.row_upper, np.where(price < 0, program.row_lower, activity))
        left = np.where(np.isfinite(limit), price * (limit - activity), 0.0) > idle
        uses: Flags = np.bincount(program.entry_column[left[program.indices]], minlength=program.columns) > 0
        return uses

    def _searched(self, plan: Floats, columns: Places, clock: Clock, gap: float) -> Floats:
        """Return the plan with what a search of some columns finds, if that keeps every row and is worth more."""
        small, _ = restricted(self._program, columns, plan)
        said = highs.branch(small, clock, gap=gap, work_limit=NODES, start=plan[columns], brief=True)
        self.iterations += said.iterations
        if said.x is None or np.shape(said.x) != columns.shape or not np.isfinite(said.x).all():
            return plan
        moved = plan.copy()
        moved[columns] = said.x
        found = best_of(self._program, plan, settled(self._program, moved, clock))
        assert found is not None
        return found
