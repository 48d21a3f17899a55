"""`allocate`: the whole journey from tables to a proven plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs, build_arcs
from allocopt.contracts import Contract, MaxMinFill, pooled
from allocopt.contracts.staging import StageResult, run_stages
from allocopt.problem.facts import Floats
from allocopt.problem.problem import Problem
from allocopt.readback import Answer, Conflict, Plan, PlanCertificate, StageProof, Status
from allocopt.readback.broken import find_broken
from allocopt.readback.conflicts import find_conflicts
from allocopt.readback.frames import arc_frame
from allocopt.rules import allowed, docs, retired, revised, state
from allocopt.solve import Basis, Certificate, Solution, solve
from allocopt.solve.relax import elastic, opposed
from allocopt.starting import StartOf, cold, starts

Solver = Literal["auto", "highs", "pyomo"]
Extend = Callable[[Any], None]
Progress = Callable[[str], None]

CLOSE = 1e-4
"""Gap at which a plan in whole units is called optimal unless the caller says otherwise."""
SMALL, EXACT_NODES = 5_000, 500
"""Programs of at most so many columns are first searched for the very best plan, for at most so many nodes."""
NODES = 2_000
"""Nodes after which the search ends, with the gap that it has, where the caller sets no limit and no gap."""
ROUNDING = 1e-9
"""No gap is told from zero below."""


@dataclass(frozen=True)
class Stated:
    """A problem under a contract, stated: arcs, formulation, program and what its columns and rows mean."""

    arcs: Arcs
    form: Formulation
    program: Program
    labels: Labels
    model: Any = None


def allocate(
    problem: Problem,
    contract: Contract | None = None,
    *,
    solver: Solver = "auto",
    time_limit: float | None = None,
    work_limit: int | None = None,
    gap: float | None = None,
    start: Plan | None = None,
    extend: Extend | None = None,
    progress: Progress | None = None,
) -> Plan:
    """Decide who gets the stock, and prove how good the decision is.

    Parameters
    ----------
    problem : Problem
        The facts.
    contract : Contract, optional
        The rules that were agreed on; by default `pooled`, none beyond physics.
    solver : {"auto", "highs", "pyomo"}
        ``"highs"`` hands the arrays to HiGHS; ``"pyomo"`` states the program in Pyomo first, compiles that and hands
        its arrays to HiGHS; ``"auto"`` is ``"highs"`` unless `extend` needs Pyomo.
    time_limit : float, optional
        Seconds for the whole call; the best checked plan so far is returned.
    work_limit : int, optional
        Solver iterations and search nodes after which to stop: an early stop that repeats from run to run.
    gap : float, optional
        Relative gap at which a plan in whole units is called optimal; by default 1e-4, after a bounded search for
        the very best plan where the program has at most 5,000 columns. With no gap and no limit given, the search
        ends after 2,000 nodes, and a plan that is not there yet is ``"feasible"``, with the gap that it has.
    start : Plan, optional
        Plan of a similar problem under the same contract, such as a scenario's base. It saves work and proves
        nothing: the answer is as good, though it may be another plan of the same worth. A plan that was read from a
        file has nothing to start from.
    extend : callable, optional
        ``extend(model)`` adds linear Pyomo constraints and variables; they are solved with the rest.
    progress : callable, optional
        Told in a few words what is being done.

    Returns
    -------
    Plan
        Whatever the outcome: look at ``plan.status``, or call ``plan.raise_for_status()``.

    Raises
    ------
    ContractError
        If the contract names what the problem does not have, is not valid on ``problem.as_of``, or `extend` changes
        what it may not.

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.from_dict({
    ...     "skus": [{"sku": "A", "unit_cost": 4.0}],
    ...     "nodes": [{"node": "DC"}],
    ...     "channels": [{"channel": "dtc", "fee_rate": 0.0}, {"channel": "amazon", "fee_rate": 0.15}],
    ...     "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": 10}],
    ...     "demand": [
    ...         {"sku": "A", "channel": "dtc", "period": 0, "units": 6, "price": 10.0},
    ...         {"sku": "A", "channel": "amazon", "period": 0, "units": 9, "price": 10.0},
    ...     ],
    ...     "lanes": [{"node": "DC", "channel": "dtc"}, {"node": "DC", "channel": "amazon"}],
    ... })
    >>> plan = ao.allocate(problem)
    >>> plan.status, round(plan.objective, 2)
    ('optimal', 54.0)
    """
    begun = time.perf_counter()
    _check_arguments(
        problem, contract, solver, extend, {"time_limit": time_limit, "work_limit": work_limit, "gap": gap}
    )
    tell = progress or (lambda words: None)
    contract = contract or pooled()
    contract.check(problem)
    tell("stating the program")
    stated = formulate(problem, contract)
    if solver == "pyomo" or extend is not None:
        stated = in_pyomo(stated, contract, extend)
    target = CLOSE if gap is None else gap
    exact = EXACT_NODES if gap is None and stated.program.columns <= SMALL else 0
    nodes = NODES if gap is None and time_limit is None and work_limit is None else None

    def left() -> float | None:
        return None if time_limit is None else max(time_limit - (time.perf_counter() - begun), 0.0)

    def run(program: Program, *, flat: bool = False, gap: float | None = None, start: Basis | None = None) -> Solution:
        return solve(
            program,
            time_limit=left(),
            gap=target if gap is None else gap,
            work_limit=work_limit,
            exact_nodes=exact if gap is None else 0,
            node_limit=nodes,
            flat=flat,
            start=start,
        )

    start_of: StartOf = cold
    if start is not None and start.answer is not None:
        start_of = starts(start.answer, stated.arcs.facts, stated.program, stated.labels)

    results = run_stages(stated.program, stated.arcs, contract.journey, run, tell, start_of)
    conflicts: tuple[Conflict, ...] = ()
    if results[-1].solution.status == "infeasible":
        tell("looking for what cannot hold together")
        relax = partial(elastic, weights=1.0, time_limit=left(), gap=target, work_limit=work_limit)
        oppose = partial(opposed, weights=1.0, time_limit=left(), work_limit=work_limit)
        conflicts = find_conflicts(stated.program, stated.labels, contract.clauses, relax, oppose)
    return _plan(problem, contract, stated, results, conflicts, target, time.perf_counter() - begun)


def _check_arguments(
    problem: object, contract: object, solver: str, extend: Extend | None, limits: dict[str, float | None]
) -> None:
    """Raise `TypeError` or `ValueError` with a remedy for arguments that make no sense."""
    if not isinstance(problem, Problem):
        raise TypeError(
            f"problem must be an allocopt Problem, not a {type(problem).__name__}: use ao.Problem.read(...)"
        )
    if contract is not None and not isinstance(contract, Contract):
        raise TypeError(f"contract must be an allocopt Contract, not a {type(contract).__name__}: use ao.Contract.read")
    if solver not in ("auto", "highs", "pyomo"):
        raise ValueError(f"solver must be 'auto', 'highs' or 'pyomo', not {solver!r}")
    if solver == "highs" and extend is not None:
        raise ValueError("extend states its constraints in Pyomo: use solver='auto' or 'pyomo'")
    for name, limit in limits.items():
        if limit is not None and not limit >= 0:
            raise ValueError(f"{name} must be at least 0, not {limit!r}")


def formulate(problem: Problem, contract: Contract) -> Stated:
    """Return the program of a problem under a contract, without solving it."""
    facts, notes = revised(problem.facts, contract.clauses)
    arcs = allowed(build_arcs(facts), contract.clauses)
    form = state(arcs, contract.clauses, notes)
    return Stated(arcs, form, *form.compile())


def in_pyomo(stated: Stated, contract: Contract, extend: Extend | None) -> Stated:
    """Return the program stated in Pyomo, extended by `extend`, and compiled back."""
    from allocopt import pyomo_model

    frame = arc_frame(stated.arcs)
    program, labels, model = pyomo_model.extend(
        stated.program, stated.labels, extend or (lambda model: None), contract.name, docs(), frame
    )
    return Stated(stated.arcs, stated.form, program, labels, model)


def to_pyomo(problem: Problem, contract: Contract | None = None) -> Any:
    """Return a problem under a contract as a Pyomo model.

    Parameters
    ----------
    problem : Problem
    contract : Contract, optional
        By default `pooled`.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With named, documented components indexed by labels, and ``model.arcs``: a frame of the arcs, indexed like
        ``model.ship``. Its objective is the whole contribution; stages are not part of it.

    Raises
    ------
    ContractError
        If the contract does not fit the problem.
    """
    contract = contract or pooled()
    contract.check(problem)
    return _model(formulate(problem, contract), contract.name)


def _model(stated: Stated, name: str, x: Floats | None = None) -> Any:
    """Return the Pyomo model of a program, with the values of a plan where there is one."""
    from allocopt import pyomo_model

    model = stated.model
    if model is None:
        model = pyomo_model.build_model(stated.program, stated.labels, name, docs(), arc_frame(stated.arcs))
    if x is not None:
        pyomo_model.fill(model, stated.labels, x)
    return model


def _plan(
    problem: Problem,
    contract: Contract,
    stated: Stated,
    results: list[StageResult],
    conflicts: tuple[Conflict, ...],
    target: float,
    seconds: float,
) -> Plan:
    """Return the plan that the stages found, if its check has passed."""
    last = results[-1]
    solution, certificate = last.solution, last.certificate
    status, message = _status(results, len(contract.journey), target)
    proof = None
    if certificate is not None:
        gaps = {"allocopt": certificate.gap, "solver": certificate.claimed_gap}
        proof = PlanCertificate(
            **vars(certificate),
            proved_by=next((who for who, gap in gaps.items() if gap is not None and gap <= target), ""),
            worst_row_label=_row_words(stated, certificate.worst_row),
            stages=tuple(
                StageProof(r.stage.words(), c.objective, c.bound, c.gap, c.claimed_bound)
                for r in results
                if (c := r.certificate) is not None
            ),
        )
    answer = None
    if status in ("optimal", "feasible") and solution.x is not None:
        bases = tuple(result.solution.basis for result in results)
        answer = Answer(stated.arcs, stated.form, stated.program, stated.labels, solution.x, bases)
    gone = retired(contract.clauses) | (set() if answer is None else answer.given_up)
    return Plan(
        status=status,
        message=message,
        certificate=proof,
        contract=contract.to_dict(),
        currency=problem.currency,
        conflicts=conflicts,
        broken=find_broken(problem.facts, contract.clauses, gone),
        notes=tuple(note.message for note in stated.form.notes),
        warnings=problem.warnings,
        method=solution.method,
        seconds=seconds,
        answer=answer,
        model_of=partial(_model, stated, contract.name, None if answer is None else answer.x),
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
        return "error", "the answer failed its check: " + _failure(last.certificate)
    for result in results:
        message = _unfinished(result, target)
        if message:
            return "feasible", message
    return "optimal", ""


def _failure(certificate: Certificate) -> str:
    return (
        f"worst violation {certificate.violation:.2e}, distance from whole units {certificate.integrality:.2e}, "
        f"objective {certificate.objective:,.2f} against a bound of {certificate.bound:,.2f}"
    )


def _unfinished(result: StageResult, target: float) -> str:
    """Return why a stage is not known to be optimal, ``""`` if it is.

    A fair split in whole units misses fractional levels by its nature: there the solver's word that it is done counts.
    """
    assert result.certificate is not None
    words, certificate, solution = result.stage.words(), result.certificate, result.solution
    if isinstance(result.stage, MaxMinFill):
        return "" if solution.status == "optimal" else f"{words}: {solution.message or 'stopped early'}"
    claimed = certificate.claimed_gap if solution.status == "optimal" else None
    target = max(target, ROUNDING)
    if certificate.gap <= target or (claimed is not None and claimed <= target):
        return ""
    reason = f" ({solution.message})" if solution.message else ""
    return f"{words}: the gap {certificate.gap:.2e} is above the target {target:.0e}{reason}"


def _row_words(stated: Stated, row: int | None) -> str:
    if row is None:
        return ""
    if row >= stated.program.rows:  # appended behind the program's own rows, to lock a stage
        return "what an earlier stage reached"
    name, label = stated.labels.row(row)
    return f"{name}[{', '.join(str(part) for part in label)}]"
