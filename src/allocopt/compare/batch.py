"""`compare`: every contract under every scenario, in parallel, with answers as they come."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from allocopt.arguments import instance, limits, path, several
from allocopt.arguments import runs as at_most
from allocopt.compare.comparison import Comparison
from allocopt.compare.deciding import Deciding
from allocopt.compare.risk import CVaR
from allocopt.compare.runs import AS_STATED, Request, RunFolder, Settings
from allocopt.compare.solving import Bench, Extend, bench_of, bound_run, keep, passed_over, solve_run
from allocopt.contracts import Contract, pooled
from allocopt.errors import ContractError, Issue, ScenarioError, SolveError
from allocopt.problem.problem import Problem
from allocopt.problem.schema import TABLES
from allocopt.scenario.scenario import Scenario
from allocopt.workers import GAP, Progress, spread

KEPT_ROWS = 100_000
"""Where scenarios have no more rows of tables than these together, they are made once, when they are checked."""


def compare(
    problem: Problem,
    contracts: Sequence[Contract] | None = None,
    scenarios: Sequence[Scenario] | None = None,
    *,
    jobs: int | None = None,
    gap: float = GAP,
    time_limit: float | None = None,
    work_limit: int | None = None,
    out: str | Path | None = None,
    risk: CVaR | None = None,
    progress: Progress | None = None,
    extend: Extend | None = None,
    decide_only: bool = False,
) -> Comparison:
    """Solve every contract under every scenario, side by side.

    Scenarios with draws are played forward without foresight, unless they say otherwise: every contract sees the same
    draws. No plan depends on the order of runs, on the number of workers, or on what else is compared.

    Parameters
    ----------
    problem : Problem
        The facts before any scenario.
    contracts : sequence of Contract, optional
        By default `pooled` alone. Names must differ.
    scenarios : sequence of Scenario, optional
        By default the problem as stated. Names must differ.
    jobs : int, optional
        Worker processes; -1: one a core. By default what an active ``joblib.parallel_config`` says, else 1. Under
        ``parallel_config("dask")`` or ``"ray"`` the runs go to that cluster, whose workers must see the folder `out`.
    gap : float
        Relative gap at which a run in whole units is good enough.
    time_limit : float, optional
        Seconds of one run.
    work_limit : int, optional
        Iterations and nodes of one solve.
    out : path, optional
        Run folder: each answer is kept there as soon as it is known, and a comparison that was interrupted goes on
        with what is missing. By default a temporary folder that goes away with the comparison.
    risk : CVaR, optional
        Ranks contracts by their mean contribution and the mean of their worst runs; by default by the mean alone.
        What is said to be certain stays a matter of means.
    progress : callable, optional
        Called as ``progress(done, total, words)`` after each run.
    extend : callable, optional
        ``extend(model)`` adds linear Pyomo constraints and variables to the program of every run, as for `allocate`.
        It may take plans away and opens none, so that what bounds them without it bounds them with it.
    decide_only : bool
        Solve only what it takes to know which contract comes first. Runs whose bounds, at the prices of the base, show
        that their contract does not come first stand in the table as ``not_solved`` with that bound; so do scenarios
        that count in no ranking. Contracts with penalties or stages are solved in every run that counts.

    Returns
    -------
    Comparison

    Raises
    ------
    ContractError, ScenarioError
        Before anything runs, with every fault: a contract or scenario does not fit the problem, two have the same
        name, or the folder belongs to other inputs. A `ContractError` names the faults of scenarios too.
    ValueError
        If an argument makes no sense, or runs that are played forward are to be extended: each of their periods is a
        program of its own.
    SolveError
        If a worker process was killed; the answers until then are in the folder.

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> protect = ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")])
    >>> found = ao.compare(problem, [ao.pooled(), protect])
    >>> found.runs[["contract", "contribution"]].values.tolist()
    [['Pooled', 2415.0], ['Protect DTC', 2385.0]]
    """
    instance("problem", problem, Problem)
    limits(jobs=jobs, gap=gap, time_limit=time_limit, work_limit=work_limit, progress=progress, extend=extend)
    instance("decide_only", decide_only, bool)
    instance("risk", risk, CVaR, optional=True)
    agreed = (pooled(),) if contracts is None else several("contracts", contracts, Contract)
    futures = (Scenario("As stated"),) if scenarios is None else several("scenarios", scenarios, Scenario)
    at_most(len(agreed) * sum(1 if future.draws is None else future.draws.number for future in futures))
    if extend is not None and any(future.draws is not None and future.draws.foresight == "none" for future in futures):
        raise ValueError("extend adds to one program a run, and runs without foresight are one a period: see Draws")
    made = _check(problem, agreed, futures)
    by = "" if not decide_only else "mean" if risk is None else risk.words()
    inputs = Request(problem, agreed, futures, Settings.of(gap, time_limit, work_limit, extend, by))
    folder = RunFolder.opened(
        (Path(tempfile.mkdtemp(prefix="allocopt-")) if out is None else path("out", out)).resolve(), inputs
    )
    found = Comparison(inputs, folder, risk, extend)
    if out is None:
        weakref.finalize(found, shutil.rmtree, folder.path, ignore_errors=True)
    known = folder.done()
    missing = [run.number for run in inputs.runs if known.get(run.number, {}).get("status", "error") == "error"]
    tell = progress or (lambda done, total, words: None)
    total = len(inputs.runs)
    tell(total - len(missing), total, "")
    keep(str(folder.path), folder.fingerprint, Bench(inputs, made))
    answers = _decided if decide_only else _solved
    for done, number in enumerate(answers(folder, missing, jobs, extend), start=total - len(missing) + 1):
        run = inputs.runs[number]
        tell(done, total, f"{futures[run.scenario].name}: {agreed[run.contract].name}")
    return found


def _decided(folder: RunFolder, numbers: list[int], jobs: int | None, extend: Extend | None) -> Iterator[int]:
    """Solve of some runs those that it takes to know who comes first, and keep the bounds of the others."""
    if not numbers:
        return
    fingerprint = folder.fingerprint
    inputs = bench_of(str(folder.path), fingerprint).inputs
    size, asked = len(inputs.runs), [(str(folder.path), fingerprint, run.number) for run in inputs.runs]
    bound = np.full(size, np.nan)
    for number, value in spread(bound_run, asked, jobs):
        bound[number] = value
    deciding = Deciding(inputs, bound, risky=inputs.settings.decide_only != "mean")
    deciding.learn(folder.done())
    while wanted := deciding.wanted():
        yield from _solved(folder, wanted, jobs, extend)
        deciding.learn(done := folder.done())
        deciding.give_up(number for number in wanted if done[number]["status"] == "error")
    for number, (most, message) in deciding.left().items():
        folder.write(inputs.runs[number], *passed_over(message, most))
        if number in numbers:
            yield number


def _solved(folder: RunFolder, numbers: list[int], jobs: int | None, extend: Extend | None) -> Iterator[int]:
    """Solve runs of a folder in worker processes; yield their numbers as they are done."""
    if not numbers:
        return
    fingerprint = folder.fingerprint
    runs = bench_of(str(folder.path), fingerprint).runs
    # What is played forward takes longest: it comes first, so that all workers end at about the same time.
    order = sorted(numbers, key=lambda number: (runs[number].draw == AS_STATED, number))
    try:
        yield from spread(_numbered, [(str(folder.path), fingerprint, number, extend) for number in order], jobs)
    except SolveError as error:
        left = len(numbers) - sum(folder.done().get(n, {}).get("status", "error") != "error" for n in numbers)
        raise SolveError(
            f"{error}; {left} of {len(numbers)} runs are left. "
            f"What was solved is kept in {folder.path}: compare again with this folder, perhaps with fewer jobs."
        ) from None
    except OSError as error:
        raise SolveError(f"An answer could not be kept in {folder.path}: {error.strerror or error}.") from error
    finally:
        folder.swept()


def _numbered(folder: str, fingerprint: str, number: int, extend: Extend | None) -> int:
    """Solve one run and return its number."""
    solve_run(folder, fingerprint, number, extend)
    return number


def _check(problem: Problem, contracts: Sequence[Contract], scenarios: Sequence[Scenario]) -> dict[int, Problem]:
    """Raise with every fault if anything that is to be compared does not fit.

    Returns
    -------
    dict of int to Problem
        What the scenarios make of the problem, by their positions, where all of that together is small.
    """
    if not contracts:
        raise ContractError("There is no contract to compare.")
    if not scenarios:
        raise ScenarioError("There is no scenario to compare in: leave scenarios out for the problem as stated.")
    issues = faults(problem, contracts, ())
    wrong = ContractError if issues else ScenarioError
    made: dict[int, Problem] = {}
    small = sum(len(getattr(problem, name)) for name in TABLES) * len(scenarios) <= KEPT_ROWS
    issues += _faults("scenario", problem, scenarios, made if small else None)
    if issues:
        raise wrong(issues)
    return made


def faults(problem: Problem, contracts: Sequence[Contract], scenarios: Sequence[Scenario]) -> list[Issue]:
    """Return the faults of all contracts and scenarios together, and names that are given twice."""
    return [*_faults("contract", problem, contracts), *_faults("scenario", problem, scenarios)]


def _faults(
    kind: str,
    problem: Problem,
    given: Sequence[Contract | Scenario],
    made: dict[int, Problem] | None = None,
) -> Iterator[Issue]:
    """Yield what does not fit; put into `made` what scenarios that do fit make of the problem."""
    for name in _twice(each.name for each in given):
        message = f"Two {kind}s are called {name!r}."
        yield Issue(f"{kind} {name!r}", None, "name", name, "name_twice", message, "Give each its own name.")
    for number, each in enumerate(given):
        try:
            if made is not None and isinstance(each, Scenario):
                made[number] = each.apply(problem)
            else:
                each.check(problem)
        except (ContractError, ScenarioError) as error:
            yield from error.issues


def _twice(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = seen.get(name, 0) + 1
    return [name for name, times in seen.items() if times > 1]
