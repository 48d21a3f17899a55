"""What a solve hands back, and the clock that it keeps."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from allocopt.solve.certificate import Branch
from allocopt.solve.leaves import Leaves
from allocopt.solve.rents import Rents
from allocopt.solve.start import Start

BRANCHED = "branch and bound"
"""What `Solution.method` says where a solver's branch and bound had a hand in it."""

Ending = Literal["optimal", "feasible", "infeasible", "unbounded", "interrupted", "error"]


@dataclass(frozen=True, eq=False)
class Solution:
    """What the solver says of a program; nothing in it is proven until `certify` has looked at it.

    Attributes
    ----------
    status : {"optimal", "feasible", "infeasible", "unbounded", "interrupted", "error"}
        ``"feasible"``: a plan, but the gap asked for is not reached. ``"interrupted"``: a limit came first and
        there is no plan.
    x : float64, shape (columns,), or None
        Value of each column. Integer columns hold exact whole numbers.
    multipliers : float64, shape (rows,), or None
        Of the linear relaxation: what one more unit of a row's limit is worth [currency per unit of the row].
        Positive on a binding upper limit, negative on a binding lower one; ``program.priced(multipliers)`` are
        the reduced values.
    claimed_bound : float or None
        No plan is worth more, says the solver [currency, constant included]; of relaxations, our own arithmetic.
    method : str
        How it was solved, such as ``"simplex"`` or ``"branch and bound"``.
    seconds : float
        Wall time.
    iterations : int
        Simplex, interior-point and crossover iterations, of all attempts. Repeats from run to run.
    message : str
        Why there is no plan, or why it is not optimal.
    basis : Basis or Prices or None
        Of the linear relaxation: where a similar program may start.
    cases : tuple of Branch
        A proof by cases, where there were switches to go through.
    notes : tuple of str
        What somebody should know of how it was solved.
    confirmed : bool
        Whether a second search from other settings came to the claimed bound as well.
    rents : Rents or None
        What proves a bound by integral lots, where whole orders were searched.
    leaves : Leaves or None
        What proves a bound by blocks in whole units.
    """

    status: Ending
    x: NDArray[np.float64] | None = None
    multipliers: NDArray[np.float64] | None = None
    claimed_bound: float | None = None
    method: str = ""
    seconds: float = 0.0
    iterations: int = 0
    message: str = ""
    basis: Start | None = None
    cases: tuple[Branch, ...] = ()
    notes: tuple[str, ...] = ()
    confirmed: bool = False
    rents: Rents | None = None
    leaves: Leaves | None = None


def branched(method: str) -> bool:
    """Return whether branch and bound had a hand in what was solved so, as `Solution.method` says."""
    return BRANCHED in method


@dataclass(frozen=True)
class Clock:
    """The time limit of one call, however many solves it takes.

    Attributes
    ----------
    limit : float or None
        Seconds of the whole call; None for no limit.
    start : float
        When the call began (`time.perf_counter`).
    """

    limit: float | None
    start: float

    @classmethod
    def started(cls, limit: float | None) -> Clock:
        """Return a clock that starts now."""
        return cls(limit, time.perf_counter())

    @property
    def seconds(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self.start

    @property
    def left(self) -> float:
        """Seconds that are left; infinity without a limit, never below zero."""
        return math.inf if self.limit is None else max(0.0, self.limit - self.seconds)

    def share(self, part: float) -> Clock:
        """Return a clock that starts now and may use a part (0 to 1) of what is left."""
        return Clock.started(None if self.limit is None else part * self.left)
