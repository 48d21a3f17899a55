"""What a stage is given, and how it ends: certified, with what keeps it in later stages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from allocopt.algebra.program import Program, bounded, keeping
from allocopt.arcs import Arcs
from allocopt.contracts import Stage
from allocopt.plan import StageProof
from allocopt.problem.facts import Flags, Floats
from allocopt.solve import Certificate, Effort, Solution, Start, certify, known_plan, whole
from allocopt.stages.stated import Stated

Tell = Callable[[str], None]
Settle = Callable[[Program, Solution], Solution]
"""Gives a plan of a program another one of the same worth, by the order of ties."""

TOO_LATE = "a limit was reached before this stage began"
UNSETTLED = "ties stand as the solver left them: what settled them did not pass its check"


def as_found(program: Program, solution: Solution) -> Solution:
    """Leave ties as the solver broke them."""
    return solution


@dataclass(frozen=True)
class StageResult:
    """How one stage ended.

    Attributes
    ----------
    stage : Stage
    solution : Solution
    certificate : Certificate or None
        Of the stage's own objective, given what earlier stages locked; None without a plan.
    program : Program
        What was solved, with the locks of earlier stages.
    kept : Program
        What later stages solve: with the lock of this one as well.
    notes : tuple of str
        What the solves of the stage, however many, have to say.
    ahead : Solution or None
        Of `kept` with the whole contribution, where the stage came upon it.
    """

    stage: Stage
    solution: Solution
    certificate: Certificate | None
    program: Program
    kept: Program
    notes: tuple[str, ...] = ()
    ahead: Solution | None = None


@dataclass(frozen=True)
class Task:
    """One stage to be solved, and what with.

    Attributes
    ----------
    stage : Stage
    stated : Stated
    program : Program
        With what earlier stages locked; its objective is the whole contribution.
    lines : bool, shape (lines,)
        Demand lines that count.
    effort : Effort
    tell : callable
        Told in a few words what is being done.
    start : Basis or Prices or None
        Of a similar program.
    before : float64, shape (columns,), or None
        The plan of the stage before.
    settle : callable
        Settles the ties of a plan.
    last : bool
        Whether nothing comes after it.
    ahead : Solution or None
        Of its very program, where the stage before came upon it.
    heard : list of str
        What its solves have had to say so far.
    """

    stage: Stage
    stated: Stated
    program: Program
    lines: Flags
    effort: Effort
    tell: Tell
    start: Start | None = None
    before: Floats | None = None
    settle: Settle = as_found
    last: bool = False
    ahead: Solution | None = None
    heard: list[str] = field(default_factory=list)

    @property
    def arcs(self) -> Arcs:
        """The arcs of the program."""
        return self.stated.arcs

    def solve(self, program: Program, **how: Any) -> Solution:
        """Solve a program within what is left, and listen to what is to be said; see `allocopt.solve.solve`."""
        if how:
            found = whole.solve(program, self.effort, **how)
        else:
            found = self.effort.answered(program, partial(whole.solve, program, self.effort))
        self.heard.extend(found.notes)
        return found

    def goal(self, worth: Floats) -> Program:
        """Return the program whose objective counts units on arcs alone, by their `worth`, shape (arcs,)."""
        cost = np.zeros(self.program.columns)
        cost[self.stated.ship] = np.where(self.lines[self.arcs.line], worth, 0.0)
        return replace(self.program, cost=cost, constant=0.0)

    def reached(self, goal: Program, found: Solution, *, slack: bool) -> StageResult:
        """Return the end of a stage that is one linear goal: ties settled, certified, and with the row that keeps it.

        The plan itself keeps the row, but for what rounding explains in such a row; a slack would only make the
        relaxation of later stages fractional. With `slack` the row falls short by what is not proven, so that a later
        stage is never held to cents that nobody vouches for.
        """
        if found.x is None:
            return StageResult(self.stage, found, None, goal, self.program, found.notes)
        moved = self.settle(goal, found)
        certificate = certified(goal, found, moved.x)
        if not certificate.passed and moved.x is not found.x:
            moved, certificate = replace(found, notes=(*moved.notes, UNSETTLED)), certified(goal, found, found.x)
        kept = self.program if self.last else self.keeping(goal, certificate, slack=slack)
        return self._ended(goal, moved, certificate, kept)

    def keeping(self, goal: Program, proof: Certificate | StageProof, *, slack: bool) -> Program:
        """Return the program with the row that keeps what a linear goal reached; a lock on the plan needs none."""
        if self.stage.lock != "value":
            return self.program
        columns = np.flatnonzero(goal.cost)
        least = proof.objective - goal.constant
        least -= proof.gap * max(1.0, abs(proof.objective)) if slack else 0.0
        return keeping(self.program, columns, goal.cost[columns], least)

    def certified(self, x: Floats, reached: float, bound: float | None = None) -> Certificate:
        """Return the certificate of a plan that comes to `reached`, of at most `bound`, by what is no linear goal."""
        nothing = np.zeros(self.program.columns)
        checked = certify(replace(self.program, cost=nothing, constant=reached), x, None)
        if bound is None:
            return checked
        return replace(checked, bound=bound, gap=max(0.0, bound - reached) / max(1.0, abs(reached)))

    def ended(
        self, found: Solution, certificate: Certificate | None, kept: Program, ahead: Solution | None = None
    ) -> StageResult:
        """Return the end of a stage that is a process: as it was found, or what is known without it.

        Where it was left without a plan, but not for want of one, that is what the stage before found; for the first
        stage, a plan that takes no search.
        """
        if found.x is None and found.status in ("interrupted", "error"):
            before = known_plan(self.program) if self.before is None else self.before
            if before is not None:
                found = replace(found, status="feasible", x=before, message=found.message or TOO_LATE)
                certificate = self.certified(before, self.program.constant)
        result = self._ended(self.program, found, certificate, kept)
        return replace(result, ahead=ahead) if result.kept is kept else result

    def _ended(self, goal: Program, found: Solution, certificate: Certificate | None, kept: Program) -> StageResult:
        """Return the end of the stage, with what a lock on the plan keeps."""
        if found.x is not None:
            kept = self.held(kept, found.x)
        return StageResult(self.stage, found, certificate, goal, kept, (*self.heard, *found.notes))

    def held(self, kept: Program, x: Floats) -> Program:
        """Return a program in which a lock on the plan keeps what each line was given, arc by arc."""
        if self.stage.lock != "plan":
            return kept
        ship = x[self.stated.ship]
        won = np.flatnonzero(self.lines[self.arcs.line] & (ship > 0))
        at = self.stated.ship.start + won
        return bounded(kept, at, lower=np.minimum(ship[won], kept.upper[at]), upper=kept.upper[at])


def certified(goal: Program, found: Solution, x: Floats | None) -> Certificate:
    """Return the certificate of a plan by what was found of its goal."""
    assert x is not None
    proofs = (found.cases, found.rents, found.leaves)
    return certify(goal, x, found.multipliers, found.claimed_bound, *proofs)
