"""The stages of a contract, solved in order; each is finished in whole units, checked, and locked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from allocopt.algebra.program import Program, bounded, with_rows
from allocopt.arcs import Arcs
from allocopt.contracts.max_min import groups_of, max_min
from allocopt.contracts.ranks import Reach, rank_by_rank, ranks_of
from allocopt.contracts.solving import Solve
from allocopt.contracts.stages import Contribution, Fill, FirstCome, MaxMinFill, Stage
from allocopt.contracts.turns import take_turns
from allocopt.problem.facts import Flags, Floats
from allocopt.rules.scope import chosen
from allocopt.solve import Certificate, Solution, Start, certify, in_order, known_plan

Progress = Callable[[str], None]
Settle = Callable[[Program, Solution], Solution]
"""Gives a plan of a program another one of the same worth, by the order of ties."""
StartOf = Callable[[int, Program], Start | None]
"""Gives a stage, by its number and program, what it may start from."""


TOO_LATE = "a limit was reached before this stage began"


def cold(number: int, program: Program) -> Start | None:
    """Let every stage start from nothing."""
    return None


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
    notes : tuple of str
        What the solves of the stage, however many, have to say.
    """

    stage: Stage
    solution: Solution
    certificate: Certificate | None
    program: Program
    notes: tuple[str, ...] = ()


def run_stages(
    program: Program,
    arcs: Arcs,
    journey: tuple[Stage, ...],
    solve: Solve,
    progress: Progress,
    start_of: StartOf = cold,
    settle: Settle = as_found,
    reach: Reach = in_order,
) -> list[StageResult]:
    """Solve the stages of a contract in order.

    Parameters
    ----------
    program : Program
        Its first columns are the arcs.
    arcs : Arcs
    journey : tuple of Stage
        The last one is the whole contribution.
    solve : callable
        Solves a program within the time that is left.
    progress : callable
        Told in a few words what is being done.
    start_of : callable, optional
        Gives a stage, by its number and program, what it may start from; by default `cold`.
    settle : callable, optional
        Settles the ties of the last stage's plan; by default `as_found`.
    reach : callable, optional
        Reaches goals one after the other within the time that is left; by default without a limit.

    Returns
    -------
    list of StageResult
        Up to the last stage, or the first one that found no plan.
    """
    results: list[StageResult] = []
    whole = (program.cost, program.constant)
    for number, stage in enumerate(journey):
        progress(f"stage {number + 1} of {len(journey)}: {stage.words()}")
        counted = lines_of_stage(arcs, stage)
        heard: list[str] = []
        listening = _listening(solve, heard)
        outcome = _in_its_own_way(program, arcs, stage, counted, listening, reach, progress)
        if outcome is not None:
            solution, certificate, kept = outcome
            if solution.x is None:
                solution = _at_least(solution, program, results)
                if solution.x is not None:
                    certificate = certify(replace(program, cost=np.zeros(program.columns)), solution.x, None)
            results.append(StageResult(stage, solution, certificate, program, (*heard, *solution.notes)))
            program = kept
        else:
            goal = _goal(program, arcs, stage, counted, whole)
            before = results[-1].solution.x if results else None
            solution = listening(goal, start=start_of(number, goal), known=before)
            certificate = None
            if solution.x is not None:
                last = number + 1 == len(journey)
                solution, certificate = _certified(goal, solution, settle if last else as_found)
            results.append(StageResult(stage, solution, certificate, goal, (*heard, *solution.notes)))
            if certificate is not None and stage.lock == "value" and number + 1 < len(journey):
                program = _lock_value(program, goal, certificate, stage)
        if solution.x is None or certificate is None or not certificate.passed:
            break
        if stage.lock == "plan":
            program = _lock_plan(program, arcs, counted, solution.x)
    return results


def _in_its_own_way(
    program: Program,
    arcs: Arcs,
    stage: Stage,
    counted: Flags,
    solve: Solve,
    reach: Reach,
    tell: Progress,
) -> tuple[Solution, Certificate | None, Program] | None:
    """Return the outcome of a stage that is more than one objective, and what keeps it; None for the other stages."""
    if isinstance(stage, MaxMinFill):
        return max_min(program, groups_of(arcs, stage, counted), solve)
    if isinstance(stage, FirstCome):
        return take_turns(program, arcs, counted, stage.by, solve, tell)
    if isinstance(stage, Fill) and stage.priority == "each":
        weights = np.where(counted, _per_line(arcs, stage), 0.0)
        return rank_by_rank(program, ranks_of(arcs.facts.lines.priority, weights, arcs.line), solve, reach)
    return None


def _certified(goal: Program, solution: Solution, settle: Settle) -> tuple[Solution, Certificate]:
    """Return a plan with its ties settled and its certificate; as it was found where it passes only so."""

    def checked(x: Floats | None) -> Certificate:
        assert x is not None
        proofs = (solution.cases, solution.rents, solution.leaves)
        return certify(goal, x, solution.multipliers, solution.claimed_bound, *proofs)

    moved = settle(goal, solution)
    certificate = checked(moved.x)
    if not certificate.passed and moved.x is not solution.x:
        return replace(solution, notes=(*moved.notes, UNSETTLED)), checked(solution.x)
    return moved, certificate


def _listening(solve: Solve, heard: list[str]) -> Solve:
    """Return a solve function that keeps what each solve has to say, whoever calls it."""

    def listening(program: Program, **how: Any) -> Solution:
        found = solve(program, **how)
        heard.extend(found.notes)
        return found

    return listening


def _at_least(solution: Solution, program: Program, results: list[StageResult]) -> Solution:
    """Return a stage's solution, or what is known without it where it was left without a plan, but not for want of one.

    That is what the stage before found; for the first stage, a plan that takes no search.
    """
    if solution.status not in ("interrupted", "error"):
        return solution
    before = results[-1].solution.x if results else known_plan(program)
    if before is None:
        return solution
    return replace(solution, status="feasible", x=before, message=solution.message or TOO_LATE)


def lines_of_stage(arcs: Arcs, stage: Stage) -> Flags:
    """Return the demand lines of the stage's channels, and of its rank where it names one, shape (lines,)."""
    lines = arcs.facts.lines
    counted = chosen(arcs.facts.channels.id, stage.channels)[lines.channel]
    if isinstance(stage, Fill) and isinstance(stage.priority, float):
        counted = counted & (lines.priority == stage.priority)
    return counted


def _per_line(arcs: Arcs, stage: Fill) -> Floats:
    """Return what a unit of each line counts in a fill, shape (lines,)."""
    units = arcs.facts.lines.units
    if stage.measure == "units":
        return np.ones(len(units))
    return np.divide(1.0, units, out=np.zeros(len(units)), where=units > 0)


def _goal(program: Program, arcs: Arcs, stage: Stage, counted: Flags, whole: tuple[Floats, float]) -> Program:
    """Return the program with the objective of a stage; `whole` is cost and constant of the whole contribution."""
    if isinstance(stage, Contribution) and stage.channels is None:
        return replace(program, cost=whole[0], constant=whole[1])
    mine = counted[arcs.line]
    goal = np.zeros(program.columns)
    if isinstance(stage, Fill):
        goal[: len(mine)] = np.where(mine, _per_line(arcs, stage)[arcs.line], 0.0)
    else:
        goal[: len(mine)] = np.where(mine, whole[0][: len(mine)], 0.0)
    return replace(program, cost=goal, constant=0.0)


def _lock_value(program: Program, goal: Program, certificate: Certificate, stage: Stage) -> Program:
    """Append the row that keeps what the stage reached.

    The plan itself keeps the row, but for what rounding explains in such a row; a slack would only make the relaxation
    of later stages fractional. Money is slackened by what is not proven, so that a later stage is never held to cents
    that nobody vouches for.
    """
    columns = np.flatnonzero(goal.cost)
    value = certificate.objective - goal.constant
    slack = 0.0 if isinstance(stage, Fill) else certificate.gap * max(1.0, abs(certificate.objective))
    return with_rows(
        program,
        np.zeros(len(columns)),
        columns,
        goal.cost[columns],
        lower=np.array([value - slack]),
        upper=np.array([np.inf]),
    )


def _lock_plan(program: Program, arcs: Arcs, counted: Flags, x: Floats) -> Program:
    """Keep what each line of the stage was given, arc by arc; more may be given to it later."""
    ship = x[: len(arcs)]
    won = np.flatnonzero(counted[arcs.line] & (ship > 0))
    least = np.minimum(ship[won], program.upper[won])
    return bounded(program, won, lower=least, upper=program.upper[won])
