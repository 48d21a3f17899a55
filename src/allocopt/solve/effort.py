"""How much work a call may put into its solves: time, iterations, nodes, and the gap that is good enough."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from allocopt.algebra.program import Program
from allocopt.solve.akin import Akin
from allocopt.solve.prices import Cluster
from allocopt.solve.relaxation import Engine
from allocopt.solve.remembered import Remembered
from allocopt.solve.solution import Solution
from allocopt.solve.trusted import ProofAsked, Wanted

EXACT = 1e-6
"""Gap at which nothing worth a cent is left to be found."""
CLOSE = 1e-4
"""Gap at which a plan in whole units is called optimal unless the caller says otherwise."""
SMALL, EXACT_NODES = 5_000, 500
"""Programs of at most so many columns are first searched for the very best plan, for at most so many nodes."""
NODES = 2_000
"""Nodes after which the search ends, with the gap that it has, where the caller sets no limit and no gap."""


@dataclass(frozen=True)
class Effort:
    """What one call may spend, however many solves it takes; it begins when the effort is made.

    Attributes
    ----------
    time_limit : float or None
        Seconds of the whole call.
    work_limit : int or None
        Iterations of the relaxation, and nodes of the search, of each solve. Unlike a time limit it stops at the same
        place in every run.
    gap : float or None
        Gap, relative to ``max(1, |objective|)``, at which a plan in whole units is called optimal; None: `CLOSE`, and
        small programs are searched for more. Without a limit the search goes on until a gap that was given is reached.
    search : bool
        Whether branch and bound follows where rounding block by block gave a plan that is not close enough. It finds
        little in much time, and what it claims to have proven is not counted by `certify`.
    engine : {"auto", "highs", "prices"}
        Who solves linear relaxations; see `Relaxer`.
    threads : int or None
        Threads of the price engine; None: all cores that the process may use.
    cluster : Cluster or None
        Whose workers the price engine uses.
    proof : {"any", "own"}
        Whether a bound that two searches claim makes a plan optimal, or our own arithmetic alone.
    akin : Akin or None
        What is known from nearly the same program: blocks that need not change are not searched anew.
    insists : bool
        Whether a plan is looked for to the end where our own search in blocks comes to none. Who has another program
        to turn to need not wait for the word that there is no plan.
    remembered : Remembered or None
        What small programs came to, kept by who solves many problems that are nearly the same.
    """

    time_limit: float | None = None
    work_limit: int | None = None
    gap: float | None = None
    search: bool = True
    engine: Engine = "auto"
    threads: int | None = None
    cluster: Cluster | None = None
    proof: ProofAsked = "any"
    akin: Akin | None = field(default=None, compare=False)
    insists: bool = True
    remembered: Remembered | None = field(default=None, compare=False, repr=False)
    begun: float = field(default_factory=time.perf_counter)

    @property
    def target(self) -> float:
        """Gap at which a plan is called optimal."""
        return CLOSE if self.gap is None else self.gap

    @property
    def seconds(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self.begun

    @property
    def left(self) -> float | None:
        """Seconds that are left; None without a limit."""
        return None if self.time_limit is None else max(self.time_limit - self.seconds, 0.0)

    @property
    def limited(self) -> bool:
        """Whether the caller set a limit."""
        return self.time_limit is not None or self.work_limit is not None

    def answered(self, program: Program, solve: Callable[[], Solution]) -> Solution:
        """Return what `solve` makes of a program with this effort, or what it made of one with the same numbers.

        With a time limit nothing is kept: what comes of it is not always the same.
        """
        if self.remembered is None or self.time_limit is not None:
            return solve()
        asked = (self.work_limit, self.gap, self.search, self.engine, self.proof, self.insists)
        return self.remembered.of(program, asked, solve)

    def wanted(self, program: Program, gap: float | None = None) -> Wanted:
        """Return what a solve of a program has to reach, where `gap` may replace the one asked for."""
        thorough = gap is None and self.gap is None and program.columns <= SMALL
        nodes = NODES if self.gap is None and not self.limited else self.work_limit
        if gap is None:
            gap = self.target if self.gap is not None or program.integer.any() else EXACT
        wish = min(gap, EXACT) if thorough else gap
        exact = EXACT_NODES if thorough else 0
        return Wanted(gap, nodes, exact, wish, self.search, proof=self.proof, akin=self.akin, insists=self.insists)
