"""Stages, solved in order: one file a kind, with its goal, how it is solved and what keeps it in later stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from allocopt.algebra.program import Program
from allocopt.contracts import Confirmed, Contribution, Fill, FirstCome, MaxMinFill, Stage
from allocopt.plan import StageProof
from allocopt.problem.facts import Flags, Floats
from allocopt.rules.kit.scope import chosen, lines_ranked
from allocopt.solve import Effort
from allocopt.stages import confirmed, contribution, fill, first_come, max_min_fill
from allocopt.stages.starting import StartOf, cold
from allocopt.stages.stated import Stated
from allocopt.stages.task import Settle, StageResult, Task, Tell, as_found
from allocopt.stages.tiers import in_tiers

WAYS: dict[type[Stage], Callable[[Any, Task], StageResult]] = {
    Confirmed: confirmed.solved,
    Contribution: contribution.solved,
    Fill: fill.solved,
    FirstCome: first_come.solved,
    MaxMinFill: max_min_fill.solved,
}
"""How each kind of stage is solved."""
KEPT: dict[type[Stage], Callable[[Any, Task, Floats, StageProof], Program]] = {
    Confirmed: confirmed.kept,
    Contribution: contribution.kept,
    Fill: fill.kept,
    FirstCome: first_come.kept,
    MaxMinFill: max_min_fill.kept,
}
"""What keeps each kind of stage, by the plan that was found."""


def solve_stages(
    stated: Stated,
    stages: Sequence[Stage],
    effort: Effort,
    *,
    tell: Tell = lambda words: None,
    start_of: StartOf = cold,
    settle: Settle = as_found,
    known: Floats | None = None,
) -> list[StageResult]:
    """Solve the stages of a contract in order; each is finished in whole units, checked, and locked.

    Parameters
    ----------
    stated : Stated
    stages : sequence of Stage
        The last one is the whole contribution.
    effort : Effort
    tell : callable, optional
        Told in a few words what is being done.
    start_of : callable, optional
        Gives a stage, by its number and program, what it may start from; by default `cold`.
    settle : callable, optional
        Settles the ties of the last stage's plan; by default `as_found`.
    known : float64, shape (columns,), optional
        A plan that keeps every row: the first stage comes to no worse one.

    Returns
    -------
    list of StageResult
        Up to the last stage, or the first one that found no plan.
    """
    last = len(stages) - 1
    tasks = [
        Task(
            stage,
            stated,
            stated.program,
            _counted(stated, stage),
            effort,
            tell,
            before=known,
            settle=settle if number == last else as_found,
            last=number == last,
        )
        for number, stage in enumerate(stages)
    ]
    results = in_tiers(tasks, start_of, known)
    if results is not None:
        return results
    results, program, before, ahead = [], stated.program, known, None
    for number, (stage, task) in enumerate(zip(stages, tasks, strict=True)):
        tell(f"stage {number + 1} of {len(stages)}: {stage.words()}")
        start = start_of(number, program) if stage.LINEAR else None
        now = replace(task, program=program, start=start, before=before, ahead=ahead)
        result = WAYS[type(stage)](stage, now)
        results.append(result)
        if result.certificate is None or not result.certificate.passed:
            break
        program, before, ahead = result.kept, result.solution.x, result.ahead
    return results


def with_kept(stated: Stated, stages: Sequence[Stage], x: Floats, proofs: Sequence[StageProof]) -> Program:
    """Return the program of the last stage, with what keeps those before it in a plan that was found long ago.

    Parameters
    ----------
    stated : Stated
    stages : sequence of Stage
    x : float64, shape (columns,)
        The plan.
    proofs : sequence of StageProof
        What each stage came to.
    """
    program = stated.program
    for stage, proof in zip(stages[:-1], proofs, strict=False):
        task = Task(stage, stated, program, _counted(stated, stage), Effort(), lambda words: None)
        program = KEPT[type(stage)](stage, task, x, proof)
    return program


def _counted(stated: Stated, stage: Stage) -> Flags:
    """Return which demand lines a stage is about, shape (lines,)."""
    facts = stated.arcs.facts
    return chosen(facts.channels.id, stage.channels)[facts.lines.channel] & lines_ranked(facts, stage.ranks)


__all__ = ["StageResult", "StartOf", "cold", "solve_stages", "with_kept"]
