"""The stages of a contract, solved in order; each is finished in whole units, checked, and locked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from allocopt.algebra.program import Program, bounded, with_rows
from allocopt.arcs import Arcs
from allocopt.contracts.max_min import Solve, groups_of, max_min
from allocopt.contracts.stages import Contribution, Fill, FirstCome, MaxMinFill, Stage
from allocopt.contracts.turns import take_turns
from allocopt.problem.facts import Flags, Floats
from allocopt.rules.scope import chosen
from allocopt.solve import Certificate, Solution, Start, certify, known_plan

Progress = Callable[[str], None]
StartOf = Callable[[int, Program], Start | None]
"""Gives a stage, by its number and program, what it may start from."""


TOO_LATE = "a limit was reached before this stage began"


def cold(number: int, program: Program) -> Start | None:
    """Let every stage start from nothing."""
    return None


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
        if isinstance(stage, MaxMinFill):
            groups = groups_of(arcs, stage, counted)
            solution, certificate, kept = max_min(program, groups, listening)
        elif isinstance(stage, FirstCome):
            solution, certificate, kept = take_turns(program, arcs, counted, listening, progress)
        if isinstance(stage, MaxMinFill | FirstCome):
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
                certificate = certify(goal, solution.x, solution.multipliers, solution.claimed_bound, solution.cases)
            results.append(StageResult(stage, solution, certificate, goal, tuple(heard)))
            if certificate is not None and stage.lock == "value" and number + 1 < len(journey):
                program = _lock_value(program, goal, certificate, stage)
        if solution.x is None or certificate is None or not certificate.passed:
            break
        if stage.lock == "plan":
            program = _lock_plan(program, arcs, counted, solution.x)
    return results


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
    """Return the demand lines of the stage's channels, shape (lines,)."""
    return chosen(arcs.facts.channels.id, stage.channels)[arcs.facts.lines.channel]


def _goal(program: Program, arcs: Arcs, stage: Stage, counted: Flags, whole: tuple[Floats, float]) -> Program:
    """Return the program with the objective of a stage; `whole` is cost and constant of the whole contribution."""
    if isinstance(stage, Contribution) and stage.channels is None:
        return replace(program, cost=whole[0], constant=whole[1])
    mine = counted[arcs.line]
    goal = np.zeros(program.columns)
    if isinstance(stage, Fill):
        per_line = np.ones(len(counted))
        if stage.measure == "lines":
            units = arcs.facts.lines.units
            per_line = np.divide(1.0, units, out=np.zeros(len(units)), where=units > 0)
        goal[: len(mine)] = np.where(mine, per_line[arcs.line], 0.0)
    else:
        goal[: len(mine)] = np.where(mine, whole[0][: len(mine)], 0.0)
    return replace(program, cost=goal, constant=0.0)


def _lock_value(program: Program, goal: Program, certificate: Certificate, stage: Stage) -> Program:
    """Append the row that keeps what the stage reached.

    What a fill reached is a plan in whole units, so that plan itself keeps the row; any slack beyond rounding would
    only make the relaxation of later stages fractional. Money is slackened by what is not proven, so that a later
    stage is never held to cents that nobody vouches for.
    """
    columns = np.flatnonzero(goal.cost)
    value = certificate.objective - goal.constant
    slack = 1e-9 + 1e-12 * abs(value)
    if not isinstance(stage, Fill):
        slack = max(certificate.gap * max(1.0, abs(certificate.objective)), 1e-7 * (1.0 + abs(value)))
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
