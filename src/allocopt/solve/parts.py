"""Whole units block by block by our own search: a plan near the relaxation, and a bound that our arithmetic recomputes.

1. *Near*: the relaxation leaves few blocks with fractions. At its prices of the rows between blocks each of them is
   searched in whole units, its gates (packs, switches: what is in a row with other entries than one) first at the whole
   numbers next to where the relaxation has them, then further away.
2. *Held*: with all gates held the rest is nearly a network; its linear program moves units between blocks until the
   rows between them are met, and loses almost nothing. What is left of fractions is rounded block by block. Where
   that loses too much, the linear program leaves some of the rows between blocks unused: blocks can then be rounded up
   as well as down, and what they leave others take.
3. *Bound*: each of these blocks is searched at the prices from its plan on. Every leaf of these searches is bounded by
   multipliers (`allocopt.solve.trees.proof`).
4. *Better*: blocks are opened again together, those first whose plan is furthest from its bound
   (`allocopt.solve.jointly`).

All of it counts nodes, never the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program, bounded
from allocopt.arrays import Floats, Places
from allocopt.solve import highs, trees
from allocopt.solve.akin import Akin
from allocopt.solve.blocks import BlockPlan
from allocopt.solve.blockwise import Blockwise
from allocopt.solve.inside import settled
from allocopt.solve.jointly import CLOSER, Jointly
from allocopt.solve.known import best_of
from allocopt.solve.leaves import Leaves
from allocopt.solve.parted import Parts, gates, mean_entries
from allocopt.solve.solution import Clock, Solution
from allocopt.solve.trees.proof import bound_by_leaves

REACHES = (0.0, 1.0, 4.0, np.inf)
"""How far from the whole numbers next to the relaxation the gates of a block may be, one after the other."""
NEAR = 200, 5e7
"""Nodes of a search near the relaxation, and numbers of the sheet that may be changed."""
CHARGED = 0.95
"""Part of the prices that a block that is made whole pays for what it uses of the rows between blocks."""
ROUNDS = 2
"""Linear programs in which a plan is made whole; near a plan that is known, the second one finds nothing."""
LOST = 0.25
"""Part of the gap wanted that making the plan of the first of them whole has to lose for the second one: with what was
made whole held as well, it can win back no more."""
ROOMS = (0.0, 2.0, 6.0, 18.0)
"""Entries that rows between blocks leave free where blocks cannot be made whole one by one, try by try."""
SPARE = (2.0, 1.0, 4.0)
"""Mean entries that rows between blocks leave free where rounding loses too much, try by try."""
LITTLE = 0.1
"""Part of the gap wanted that has to come of such a try for another one."""
TOGETHER = 2_500
"""Columns of blocks that HiGHS makes whole together where they cannot be one by one: with more it takes seconds."""


@dataclass(frozen=True, eq=False)
class Parted:
    """What came of the blocks: a plan in whole units, what proves a bound, and the work (pivots, iterations)."""

    x: Floats
    leaves: Leaves | None
    iterations: int


Relax = Callable[[Program], Solution]
"""Solves the relaxation of a program that differs from the first one in the limits of its gates."""


def by_parts(
    parts: Parts,
    relax: Relax,
    clock: Clock,
    *,
    gap: float,
    far: float = np.inf,
    known: Floats | None = None,
    akin: Akin | None = None,
) -> Parted | None:
    """Return a plan in whole units and a bound, or None where the blocks do not yield a plan.

    Parameters
    ----------
    parts : Parts
    relax : callable
    clock : Clock
    gap : float
        Relative gap between plan and bound at which to stop.
    far : float
        So many times that gap open at which no blocks are opened together: somebody else searches then.
    known : float64, shape (columns,), optional
        A plan that keeps every row, in whole units.
    akin : Akin, optional
        What is known from nearly the same program: gates of its plan are taken where the relaxation is next to them,
        and what its searches prove at the prices of this one may be enough.
    """
    work = _Work(parts, clock, gap, akin)
    near = None if work.asks and known is not None else work.near()
    plan = None if near is None else work.joined(near, relax)
    bound = parts.program.objective(parts.relaxed)
    if near is not None and plan is not None and work.in_reach(bound):
        plan = work.spared(near, plan, relax, bound)
    plan = known if plan is None else plan
    if plan is None:
        return None
    if work.enough(plan, bound):
        return Parted(plan, work.told, work.iterations)
    leaves, nearer = work.searched_deep(plan)
    bound -= float(work.proven.sum())
    if not work.enough(plan, bound) and clock.left > 0 and work.anew(nearer):
        found = work.joined(nearer, relax)
        plan = plan if found is None or parts.program.objective(found) <= parts.program.objective(plan) else found
    if not work.enough(plan, bound) and work.in_reach(bound):
        plan = work.spared(nearer, plan, relax, bound)
    if work.enough(plan, bound, far):
        plan = work.better(plan, bound)
    return Parted(plan, leaves, work.iterations)


class _Work(Blockwise):
    """The work on the blocks of one program."""

    def __init__(self, parts: Parts, clock: Clock, gap: float, akin: Akin | None = None) -> None:
        super().__init__(parts, clock, gap)
        self.akin = akin
        self.told: Leaves | None = None
        """The searches of nearly the same program at these prices, once they were asked."""
        self.asks = bool((np.isfinite(parts.program.row_lower) & self.between).any())
        """Whether a row between blocks asks for a least sum."""
        self.gate = gates(parts.program, self.between)
        self.basis = parts.basis
        """Of the linear program that was solved last."""
        self._joined: list[Floats] = []
        self._reached = -np.inf

    def enough(self, plan: Floats, bound: float, times: float = 1.0) -> bool:
        """Return whether a plan is as close to a bound as was asked for, or as some times that gap."""
        worth = self.parts.program.objective(plan)
        most = times * self.gap * max(1.0, abs(worth))
        return bound - worth <= most or (self.akin is not None and self._told(self.akin) - worth <= most)

    def _told(self, akin: Akin) -> float:
        """Return what the searches of nearly the same program prove of this one at its prices."""
        if self.told is None:
            self.told = akin.leaves(self.price)
        return bound_by_leaves(self.parts.program, self.told)

    def near(self) -> Floats | None:
        """Return a plan near the relaxation that is whole in every block and may break rows between them.

        Of a plan of nearly the same program, blocks are taken as they are whose gates are next to the relaxation.
        """
        x, program = self.parts.relaxed, self.parts.program
        akin = None if self.akin is None else self.akin.x
        closed = program.integer.copy()
        for columns in self.open:
            closed[columns] = False
        plan = np.where(closed, np.rint(x), x)
        for columns in self.open:
            if self.clock.left <= 0:
                return None
            if akin is not None and self._beside(columns, akin):
                plan[columns] = akin[columns]
                continue
            small, _ = self._alone(columns)
            found = self._near(small, x[columns], self.gate[columns])
            if found is None:
                return None
            plan[columns] = found
        return plan

    def _beside(self, columns: Places, plan: Floats) -> bool:
        """Return whether all gates of a block are at a whole number next to the relaxation in a plan."""
        gates = columns[self.gate[columns]]
        at = np.clip(plan[gates], self.parts.program.lower[gates], self.parts.program.upper[gates])
        return bool(((at == plan[gates]) & (np.abs(at - self.parts.relaxed[gates]) < 1.0)).all())

    def _near(self, small: Program, x: Floats, gate: NDArray[np.bool_]) -> Floats | None:
        """Return a plan of one block whose gates are near the relaxation."""
        low, high = np.floor(x[gate] + highs.WHOLE), np.ceil(x[gate] - highs.WHOLE)
        sums = trees.sums_of(small)
        for reach in REACHES:
            lower, upper = np.maximum(small.lower[gate], low - reach), np.minimum(small.upper[gate], high + reach)
            found = self._searched(bounded(small, gate, lower=lower, upper=upper), NEAR, sums=sums)
            if found is not None and found.x is not None:
                return found.x
        return self._helped(small)

    def anew(self, plan: Floats) -> bool:
        """Return whether plans with the gates of this one have not been joined yet."""
        return not any(np.array_equal(plan[self.gate], gates) for gates in self._joined)

    def joined(self, plan: Floats, relax: Relax) -> Floats | None:
        """Return a plan that keeps all rows, with the gates of one that may break rows between blocks.

        What rounding a block leaves idle is given to others by the linear program, in which that block is held as well.
        Where blocks cannot be made whole one by one, the rows between them are kept with some room at first; but not
        where one of them asks for a least sum: what earlier stages reached leaves no room.
        """
        program, held = self.parts.program, self.gate.copy()
        self._joined.append(plan[held])
        best: Floats | None = None
        turns, room = 0, 0
        while turns < (ROUNDS if self.akin is None else 1):
            x = self._relaxed(relax, held, plan, room)
            if x is None:
                break
            fractions = self.parts.open(x)
            rounded = self.made_whole(x, fractions)
            if rounded is None and not self.asks and room + 1 < len(ROOMS) and self.clock.left > 0:
                room += 1
                continue
            best = best_of(program, best, rounded)
            if rounded is None or not fractions.any() or self.enough(rounded, program.objective(self.parts.relaxed)):
                break
            if program.objective(x) - program.objective(rounded) <= LOST * self.wanted:
                break
            held, plan = held | (program.integer & fractions[self.parts.labels]), rounded
            turns, room = turns + 1, 0
        return best

    def _relaxed(self, relax: Relax, held: NDArray[np.bool_], plan: Floats, room: int) -> Floats | None:
        """Return the plan of the linear program with some columns held as in a plan, None where there is none."""
        self.basis = self.parts.basis
        if not held.any() and not room:
            self._reached = self.parts.program.objective(self.parts.relaxed)
            return self.parts.relaxed
        said = relax(bounded(self._roomy(ROOMS[room]), held, lower=plan[held], upper=plan[held]))
        self.iterations += said.iterations
        self.basis = said.basis or self.basis
        if said.status != "optimal" or said.x is None:
            return None
        if not room and np.array_equal(held, self.gate):
            self._reached = max(self._reached, self.parts.program.objective(said.x))
        return said.x

    def _roomy(self, room: float) -> Program:
        """Return the program with rows between blocks that leave so many of their largest entries free."""
        program = self.parts.program
        if not room:
            return program
        largest = extreme(np.maximum, np.abs(program.data), program.indices, program.rows, none=0.0)
        return replace(program, row_upper=program.row_upper - np.where(self.between, room * largest, 0.0))

    def in_reach(self, bound: float) -> bool:
        """Return whether leaving some of the rows between blocks may bring a plan as close to a bound as was asked for.

        With the gates as they are no plan is worth more than the linear program in which they are held.
        """
        return not self.asks and bound - self._reached <= self.wanted

    def spared(self, near: Floats, plan: Floats, relax: Relax, bound: float) -> Floats:
        """Return the best of a plan and those made of linear programs that leave some of the rows between blocks."""
        program = self.parts.program
        mean = np.where(self.between, mean_entries(program), 0.0)
        for spare in SPARE:
            if self.enough(plan, bound) or self.clock.left <= 0:
                break
            roomy = replace(program, row_upper=program.row_upper - spare * mean)
            said = relax(bounded(roomy, self.gate, lower=near[self.gate], upper=near[self.gate]))
            self.iterations += said.iterations
            if said.status != "optimal" or said.x is None:
                break
            self.basis = said.basis or self.basis
            found = best_of(program, plan, self.made_whole(said.x, self.parts.open(said.x)))
            assert found is not None
            gained = program.objective(found) - program.objective(plan)
            plan = found
            if gained <= LITTLE * self.wanted:
                break
        return plan

    def made_whole(self, x: Floats, fractions: NDArray[np.bool_]) -> Floats | None:
        """Return a plan made whole in the blocks with fractions, each over what the others leave; gates may move."""
        program = self.parts.program
        plan = np.where(program.integer & ~fractions[self.parts.labels], np.rint(x), x)
        charged = program.priced(np.where(self.between, CHARGED * self.price, 0.0))
        standing = BlockPlan(replace(program, cost=charged), plan)
        members = [self.parts.members[block] for block in np.flatnonzero(fractions).tolist()]
        failed = [columns for columns in members if self.clock.left <= 0 or not self._round(standing, columns)]
        if failed:  # together, over all that is left by then
            columns = np.sort(np.concatenate(members))
            small, rows = standing.alone(columns)
            values = None if len(columns) > TOGETHER and not self.asks else self._helped(small)
            if values is None:
                return None
            standing.put(small, rows, columns, values)
        return settled(program, standing.x, self.clock, self.basis)

    def _round(self, standing: BlockPlan, columns: Places) -> bool:
        """Make one block whole over what the others leave; return whether that is possible."""
        small, rows = standing.alone(columns)
        gate = self.gate[columns]
        at, sums = np.rint(standing.x[columns][gate]), trees.sums_of(small)
        for tried in (bounded(small, gate, lower=at, upper=at), small):
            found = self._searched(replace(tried, constant=0.0), NEAR, sums=sums)
            if found is not None and found.x is not None:
                standing.put(small, rows, columns, found.x)
                return True
        values = self._helped(small)
        if values is not None:
            standing.put(small, rows, columns, values)
        return values is not None

    def better(self, plan: Floats, bound: float) -> Floats:
        """Open blocks together over what the others leave, those first that are furthest from their bounds."""
        parts = self.parts
        jointly = Jointly(parts.program, parts.labels, parts.relaxed, self.price)
        closer = CLOSER if self.akin is None else 1.0
        found = jointly.better(plan, self.missed, self.clock, gap=self.gap, bound=bound, closer=closer)
        self.iterations += jointly.iterations
        return found
