"""How much work a call may put into its solves: time, iterations, nodes, and the gap that is good enough."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve import EXACT, Cluster, Engine, Goal, Ordered, Proof, Solution, Start, in_order, solve
from allocopt.solve.solution import Clock

CLOSE = 1e-4
"""Gap at which a plan in whole units is called optimal unless the caller says otherwise."""
SMALL, EXACT_NODES = 5_000, 500
"""Programs of at most so many columns are first searched for the very best plan, for at most so many nodes."""
NODES = 2_000
"""Nodes after which the search ends, with the gap that it has, where the caller sets no limit and no gap."""


@dataclass(frozen=True)
class Effort:
    """What one call may spend; it begins when the effort is made.

    Attributes
    ----------
    time_limit : float or None
        Seconds of the whole call.
    work_limit : int or None
        Iterations and nodes of each solve.
    gap : float or None
        Relative gap that is good enough; None: `CLOSE`, and small programs are searched for more.
    search : bool
        Whether large programs whose rounded plan is not close enough go through branch and bound as well.
    engine : {"auto", "highs", "prices"}
        Who solves linear relaxations.
    threads : int or None
        Threads of the price engine; None: all cores that the process may use.
    cluster : Cluster or None
        Whose workers the price engine uses.
    proof : {"any", "own"}
        Whether a bound that two searches claim makes a plan optimal, or our own arithmetic alone.
    """

    time_limit: float | None = None
    work_limit: int | None = None
    gap: float | None = None
    search: bool = True
    engine: Engine = "auto"
    threads: int | None = None
    cluster: Cluster | None = None
    proof: Proof = "any"
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

    def solve(
        self,
        program: Program,
        *,
        flat: bool = False,
        gap: float | None = None,
        start: Start | None = None,
        known: NDArray[np.float64] | None = None,
    ) -> Solution:
        """Solve one program within what is left; see `allocopt.solve.solve`."""
        unlimited = self.gap is None and self.time_limit is None and self.work_limit is None
        thorough = self.gap is None and gap is None and program.columns <= SMALL
        divisible = self.gap is None and not program.integer.any()
        return solve(
            program,
            time_limit=self.left,
            gap=(EXACT if divisible else self.target) if gap is None else gap,
            work_limit=self.work_limit,
            exact_nodes=EXACT_NODES if thorough else 0,
            node_limit=NODES if unlimited else None,
            flat=flat,
            start=start,
            known=known,
            search=self.search,
            engine=self.engine,
            threads=self.threads,
            cluster=self.cluster,
            proof=self.proof,
        )

    def reach(self, program: Program, goals: Sequence[Goal]) -> Ordered:
        """Reach linear goals one after the other within what is left; see `allocopt.solve.in_order`."""
        return in_order(program, goals, Clock.started(self.left), self.work_limit)
