"""From the outcome of the stages to a plan: its status, its proof, and what it can be asked."""

from __future__ import annotations

from typing import Any

from allocopt.contracts import Contract
from allocopt.plan import SOLVED, Conflict, Plan, PlanCertificate, StageProof, Status
from allocopt.problem.problem import Problem
from allocopt.rules import find_broken, retired
from allocopt.solve import NOTHING, Effort, claims_show
from allocopt.solve.multipliers import on_rows
from allocopt.stages.stated import Stated
from allocopt.stages.task import StageResult
from allocopt.words import decimal, percent


def plan_of(
    problem: Problem,
    contract: Contract,
    stated: Stated,
    results: list[StageResult],
    effort: Effort,
    conflicts: tuple[Conflict, ...] = (),
) -> Plan:
    """Return the plan that the stages found, if its check has passed."""
    last, target = results[-1], effort.target
    solution, certificate = last.solution, last.certificate
    status, message = _status(results, len(contract.all_stages), target)
    proof = None
    if certificate is not None:
        proof = PlanCertificate(
            **vars(certificate),
            proved_by=_proved_by(last, target),
            worst_row_label=stated.row_words(certificate.worst_row),
            stages=tuple(
                StageProof(r.stage.words(), c.objective, c.bound, c.gap, c.claimed_bound)
                for r in results
                if (c := r.certificate) is not None
            ),
        )
    answer = None
    if status in SOLVED and solution.x is not None:
        bases = tuple(result.solution.basis for result in results)
        of: dict[str, Any] = {"clauses": contract.clauses, "currency": problem.currency, "facts": problem.facts}
        of |= {
            "stages": contract.all_stages,
            "solved": last.program,
            "multipliers": on_rows(last.program, solution.multipliers),
            "leaves": solution.leaves,
        }
        answer = stated.answer(solution.x, bases, **of)
    gone = retired(contract.clauses) if answer is None else answer.gone
    return Plan(
        status=status,
        message=message,
        certificate=proof,
        contract=contract.to_dict(),
        currency=problem.currency,
        conflicts=conflicts,
        broken=find_broken(problem.facts, contract.clauses, gone),
        decisions={} if answer is None else answer.decisions,
        notes=(*(note.message for note in stated.form.notes), *dict.fromkeys(n for r in results for n in r.notes)),
        warnings=problem.warnings,
        method=solution.method,
        seconds=effort.seconds,
        answer=answer,
        problem=problem,
        program=stated,
    )


def _status(results: list[StageResult], stages: int, target: float) -> tuple[Status, str]:
    """Return the status of a plan, and why it is not optimal."""
    last = results[-1]
    if last.solution.x is None or last.certificate is None:
        status = last.solution.status
        if status == "infeasible":
            return status, "the hard clauses and commitments cannot all hold"
        if status == "interrupted":
            return status, last.solution.message or "a limit was reached before any plan was found"
        return "error", last.solution.message or f"the solver ended as {status}"
    if not last.certificate.passed or len(results) < stages:
        failed = last.certificate
        return "error", (
            f"the answer failed its check: worst violation {decimal(failed.violation)}, distance from whole units "
            f"{decimal(failed.integrality)}, objective {failed.objective:,.2f} against a bound of {failed.bound:,.2f}"
        )
    for result in results:
        message = _unfinished(result, target)
        if message:
            return "feasible", message
    return "optimal", ""


def _unfinished(result: StageResult, target: float) -> str:
    """Return why a stage is not known to be optimal, ``""`` if it is.

    A fair split in whole units misses fractional levels by its nature, and turns are what they are: there the solver's
    word that it is done counts.
    """
    assert result.certificate is not None
    words, certificate, solution = result.stage.words(), result.certificate, result.solution
    if not result.stage.LINEAR:
        return "" if solution.status == "optimal" else f"{words}: {solution.message or 'stopped early'}"
    if _proved_by(result, target):
        return ""
    reason = f" ({solution.message})" if solution.message else ""
    return f"{words}: the gap of {percent(certificate.gap)} is above the target of {percent(target)}{reason}"


def _proved_by(result: StageResult, target: float) -> str:
    """Return who proves a stage: our own bound, or else the claim of a solver that a second search confirmed."""
    certificate, solution = result.certificate, result.solution
    assert certificate is not None
    if certificate.gap <= max(target, NOTHING):
        return "allocopt"
    claimed = certificate.claimed_gap if solution.confirmed else None
    return "solver" if claimed is not None and claimed <= max(target, claims_show(certificate.objective)) else ""
