"""`allocate`: from tables to a proven plan, all steps in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from allocopt.arguments import instance, limits
from allocopt.contracts import Contract, pooled
from allocopt.plan import Answer, Conflict, Plan
from allocopt.plan.conflicts import find_conflicts
from allocopt.problem.problem import Problem
from allocopt.solve import Cluster, Effort, Engine, ProofAsked, Start, bound_from
from allocopt.solve.repair import repair
from allocopt.stages import cold, solve_stages
from allocopt.stages.planning import plan_of
from allocopt.stages.starting import starts
from allocopt.stages.stated import Extend, Stated, formulate, in_pyomo, model_of, relaxed
from allocopt.stages.task import Tell
from allocopt.ties import rank_notes, settler

Solver = Literal["auto", "highs", "prices", "pyomo"]


def allocate(
    problem: Problem,
    contract: Contract | None = None,
    *,
    solver: Solver = "auto",
    time_limit: float | None = None,
    work_limit: int | None = None,
    gap: float | None = None,
    start: Plan | Answer | None = None,
    extend: Extend | None = None,
    threads: int | None = None,
    cluster: Cluster | None = None,
    proof: ProofAsked = "any",
    relax: bool = False,
    progress: Tell | None = None,
) -> Plan:
    """Decide who gets the stock, and prove how good the decision is.

    Parameters
    ----------
    problem : Problem
        The facts.
    contract : Contract, optional
        The rules that were agreed on; by default `pooled`, none beyond physics.
    solver : {"auto", "highs", "prices", "pyomo"}
        ``"highs"`` hands the arrays to HiGHS; ``"prices"`` prices the rows that couple the SKUs and solves each SKU
        alone, and hands over to HiGHS, saying so in ``plan.notes``, where a program does not come apart; ``"pyomo"``
        states the program in Pyomo first, compiles that and hands its arrays to HiGHS; ``"auto"`` is ``"prices"`` for
        programs of 50,000 columns and more, else ``"highs"``.
    time_limit : float, optional
        Seconds for the whole call; the best checked plan so far is returned. The first ones are there before any
        search: nothing shipped, promises kept and nothing else, and what a greedy pass makes of these. Only where none
        of them keeps the hard rows can a limit leave the call without a plan (``"interrupted"``).
    work_limit : int, optional
        Solver iterations and search nodes after which to stop: an early stop that repeats from run to run.
    gap : float, optional
        Relative gap at which a plan in whole units is called optimal; by default 1e-4, after a bounded search for
        the very best plan where the program has at most 5,000 columns. With no gap and no limit given, the search
        ends after 2,000 nodes, and a plan that is not there yet is ``"feasible"``, with the gap that it has.
    start : Plan or Answer, optional
        Plan of a similar problem under the same contract, such as a scenario's base. It saves work and proves
        nothing: the answer is as good, though it may be another plan of the same worth. A plan that was read from a
        file has nothing to start from.
    extend : callable, optional
        ``extend(model)`` adds linear Pyomo constraints and variables; they are solved with the rest.
    threads : int, optional
        Threads of the price engine; by default all cores that the process may use, on a cluster all threads of each
        worker. The plan is the same for any number.
    cluster : distributed.Client, optional
        With ``solver="prices"``: the workers of a Dask cluster each keep a part of the SKUs, and answer the prices for
        these; all else stays in this process. The plan is the same as without.
    proof : {"any", "own"}
        What makes a plan ``"optimal"``. ``"own"``: only a bound from our own arithmetic that is close enough, so that
        no solver has to be trusted. ``"any"``: also a bound that the solver claims, where a second search from other
        settings (another seed, no heuristics, at most 500 nodes, started from the plan) comes to one that is close
        enough; ``plan.certificate.proved_by`` says which it was. Otherwise the plan is ``"feasible"``, with its gap.
    relax : bool
        Whether a contract that no plan keeps is solved under its smallest repair: of clauses and commitments the fewest
        units give way, and of the ways that give up as little the one that is worth most is taken. Stock, capacity and
        lanes never do. ``plan.conflicts`` says what gave way, and all else is kept. A contract that can be kept is
        solved as it is.
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
    SolveError
        If a worker of the cluster is lost or fails.
    TypeError, ValueError
        If an argument makes no sense; see `allocopt.arguments`.

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
    _check_who(problem, contract, start)
    limits(time_limit=time_limit, work_limit=work_limit, gap=gap, threads=threads, progress=progress, extend=extend)
    _check_solver(solver, extend, cluster)
    if not isinstance(relax, bool):
        raise TypeError(f"relax must be True or False, not {relax!r}")
    engine: Engine = "highs" if solver == "highs" or solver == "pyomo" else solver
    if proof not in get_args(ProofAsked):
        raise ValueError(f"proof must be one of {', '.join(map(repr, get_args(ProofAsked)))}, not {proof!r}")
    effort = Effort(time_limit, work_limit, gap, engine=engine, threads=threads, cluster=cluster, proof=proof)
    before = start.answer if isinstance(start, Plan) else start
    in_words = progress or (lambda words: None)
    through_pyomo = solver == "pyomo" or extend is not None
    rewrite = partial(in_pyomo, contract=contract or pooled(), extend=extend) if through_pyomo else None
    return decide(problem, contract or pooled(), effort, before=before, rewrite=rewrite, relax=relax, tell=in_words)


def decide(
    problem: Problem,
    contract: Contract,
    effort: Effort,
    *,
    before: Answer | None = None,
    rewrite: Callable[[Stated], Stated] | None = None,
    relax: bool = False,
    tell: Tell = lambda words: None,
) -> Plan:
    """Allocate with a given effort; see `allocate`.

    Parameters
    ----------
    problem : Problem
    contract : Contract
    effort : Effort
    before : Answer, optional
        Of a similar problem, to start from.
    rewrite : callable, optional
        Changes the stated program before it is solved.
    relax : bool
        Whether what cannot be kept gives way.
    tell : callable
        Told in a few words what is being done.
    """
    contract.check(problem)
    tell("stating the program")
    stated = formulate(problem.facts, contract)
    if rewrite is not None:
        stated = rewrite(stated)
    start_of = cold if before is None else starts(before, stated)
    settle = settler(stated.arcs, lambda: effort.left, rank_notes(stated.arcs.facts, contract))
    results = solve_stages(stated, contract.all_stages, effort, tell=tell, start_of=start_of, settle=settle)
    conflicts: tuple[Conflict, ...] = ()
    if results[-1].solution.status == "infeasible":
        tell("looking for the smallest repair")
        mend = partial(repair, effort=Effort(effort.left, effort.work_limit, effort.target))
        parts = (stated.program, stated.labels, contract.clauses, stated.arcs.facts)
        conflicts, mended = find_conflicts(*parts, mend, problem.currency)
        if relax and mended is not None:
            stated = replace(stated, program=mended.program)
            results = solve_stages(stated, contract.all_stages, effort, tell=tell, settle=settle)
    return plan_of(problem, contract, stated, results, effort, conflicts)


def relaxation(problem: Problem, contract: Contract) -> Answer:
    """Return the stages of a contract without whole units: not a plan, but where plans of scenarios can start.

    Parameters
    ----------
    problem : Problem
    contract : Contract
        One that fits the problem.

    Returns
    -------
    Answer
        With the basis of each stage; no bases where a stage is no plain linear program.
    """
    stated = relaxed(formulate(problem.facts, contract))
    bases: tuple[Start | None, ...] = ()
    if all(stage.LINEAR for stage in contract.all_stages):
        bases = tuple(result.solution.basis for result in solve_stages(stated, contract.all_stages, Effort()))
    return stated.answer(np.zeros(stated.program.columns), bases)


def bound(
    problem: Problem,
    contract: Contract | None = None,
    *,
    start: Plan | Answer | None = None,
    threads: int | None = None,
) -> float:
    """Return what no plan of a problem is worth more than, without deciding anything.

    With the plan of a similar problem, its prices of the rows that couple the SKUs are taken, and each SKU answers
    them once: the cheapest bound that there is. Otherwise, and for small problems, the linear relaxation is solved.

    Parameters
    ----------
    problem : Problem
    contract : Contract, optional
        By default `pooled`. Stages before the contribution are left out, so that the bound holds with them.
    start : Plan or Answer, optional
        Of a similar problem under the same contract.
    threads : int, optional
        As for `allocate`.

    Returns
    -------
    float
        Bound on ``plan.objective`` [currency]; ``-inf`` where no plan keeps the rules.

    Raises
    ------
    ContractError
        If the contract does not fit the problem.

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> ao.bound(problem) >= ao.allocate(problem).objective
    True
    """
    _check_who(problem, contract, start)
    limits(threads=threads)
    agreed = contract or pooled()
    agreed.check(problem)
    stated = formulate(problem.facts, agreed)
    before = start.answer if isinstance(start, Plan) else start
    last = len(agreed.all_stages) - 1
    begin = None if before is None else starts(before, stated)(last, stated.program)
    return bound_from(stated.program, begin, threads=threads)


def _check_who(problem: object, contract: object, start: object = None) -> None:
    """Raise `TypeError` for what is no problem, no contract, or no plan to start from."""
    instance("problem", problem, Problem)
    instance("contract", contract, Contract, optional=True)
    instance("start", start, Plan, Answer, optional=True)


def _check_solver(solver: str, extend: Extend | None, cluster: object) -> None:
    """Raise `TypeError` or `ValueError` for solvers that are none, or that cannot do what else is asked."""
    if solver not in get_args(Solver):
        raise ValueError(f"solver must be one of {', '.join(map(repr, get_args(Solver)))}, not {solver!r}")
    if solver == "highs" and extend is not None:
        raise ValueError("extend states its constraints in Pyomo: use solver='auto', 'prices' or 'pyomo'")
    if cluster is not None and solver != "prices":
        raise ValueError(f"a cluster works for solver='prices' only, not for {solver!r}")
    if cluster is not None and not all(hasattr(cluster, name) for name in ("nthreads", "scatter", "submit")):
        raise TypeError(f"cluster must be a distributed Client, not a {type(cluster).__name__}")
    if getattr(cluster, "asynchronous", False):
        raise ValueError("cluster must be a Client made without asynchronous=True: this call waits for its answers")


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
    _check_who(problem, contract)
    contract = contract or pooled()
    contract.check(problem)
    return model_of(formulate(problem.facts, contract), contract.name)
