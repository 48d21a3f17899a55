"""One run of a comparison: a contract in one scenario, solved in whichever process has the run folder at hand."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocopt.allocate import bound, decide, relaxation
from allocopt.compare.forward import play
from allocopt.compare.runs import AS_STATED, Request, Run, RunFolder
from allocopt.errors import AllocoptError, SolveError
from allocopt.plan import Answer, Plan
from allocopt.plan.tables import channel_books
from allocopt.problem.problem import Problem
from allocopt.solve import Effort, Remembered
from allocopt.stages.stated import Extend as Extend
from allocopt.stages.stated import in_pyomo

ALL = "all"
"""Name of the rows that add all channels and the company up."""
NOT_SOLVED = "not_solved"
"""Status of a run that was not solved, since its bound decides it."""
METRICS = ("demand", "units", "revenue", "fixed_cost", "contribution", "clause_penalties")
"""Numbers of a channel's profit and loss that are compared and can be added up."""


class Bench:
    """What one process keeps of a comparison, so that its runs share it.

    Parameters
    ----------
    inputs : Request
    made : mapping of int to Problem, optional
        What scenarios are known to make of the problem, by their positions.
    """

    def __init__(self, inputs: Request, made: Mapping[int, Problem] | None = None) -> None:
        self.inputs = inputs
        self._made = made or {}
        self.runs = inputs.runs
        self._lock, self._remembered = threading.Lock(), Remembered()
        self._bases: dict[int, Answer] = {}
        self._expected: tuple[int, Problem] | None = None
        self._drawn: tuple[tuple[int, int], Problem] | None = None

    def plan(self, run: Run, extend: Extend | None = None) -> Plan:
        """Return the plan of one run; the same whatever was solved before, and wherever.

        With `extend`, a planner's own rows are solved with the rest: the program is another one then, and starts cold.
        """
        settings = self.inputs.settings
        contract, scenario = self.inputs.contracts[run.contract], self.inputs.scenarios[run.scenario]
        expected, problem = self._problems(run)
        limits = (settings.time_limit, settings.work_limit, settings.gap)
        effort = Effort(*limits, search=False, remembered=self._remembered)
        without_foresight = scenario.draws is not None and scenario.draws.foresight == "none"
        if run.draw != AS_STATED and without_foresight and not contract.decides_in_turn:
            contract.check(problem)
            return play(expected, problem, contract, effort, before=self._base(run.contract))
        if extend is not None:
            return decide(problem, contract, effort, rewrite=partial(in_pyomo, contract=contract, extend=extend))
        return decide(problem, contract, effort, before=self._base(run.contract))

    def bound(self, run: Run) -> float:
        """Return what no plan of a run is worth more than, at the prices of the base [currency]."""
        contract = self.inputs.contracts[run.contract]
        return bound(self.problem(run), contract, start=self._base(run.contract))

    def problem(self, run: Run) -> Problem:
        """Return what happens in the scenario of a run."""
        return self._problems(run)[1]

    def _problems(self, run: Run) -> tuple[Problem, Problem]:
        """Return what is expected in the scenario of a run, and what happens in it: the same unless it is a draw.

        Runs come scenario by scenario and draw by draw, so the last of each is kept.
        """
        scenario, base, key = self.inputs.scenarios[run.scenario], self.inputs.problem, (run.scenario, run.draw)
        with self._lock:
            if self._expected is None or self._expected[0] != run.scenario:
                self._expected = run.scenario, self._made.get(run.scenario) or scenario.apply(base)
            if run.draw == AS_STATED:
                return self._expected[1], self._expected[1]
            if self._drawn is None or self._drawn[0] != key:
                self._drawn = key, scenario.draw(base, run.draw)
            return self._expected[1], self._drawn[1]

    def _base(self, contract: int) -> Answer:
        """Return where the runs of a contract start: its relaxation on the problem before any scenario.

        Never another run's plan, so that no run depends on which ones came before it.
        """
        with self._lock:
            if contract not in self._bases:
                self._bases[contract] = relaxation(self.inputs.problem, self.inputs.contracts[contract])
            return self._bases[contract]


def solve_run(folder: str, fingerprint: str, number: int, extend: Extend | None = None) -> dict[str, Any]:
    """Solve one run of a run folder, keep its answer there, and return its outcome.

    Whatever goes wrong becomes the outcome of the run; only an interruption gets through.
    """
    begun = time.perf_counter()
    bench = bench_of(folder, fingerprint)
    run = bench.runs[number]
    try:
        outcome, numbers = told(bench.plan(run, extend))
    except AllocoptError as error:
        outcome, numbers = failed(str(error))
    except Exception as error:  # one run that goes wrong must not take the others with it
        outcome, numbers = failed(f"{type(error).__name__}: {error}")
    outcome["seconds"] = time.perf_counter() - begun
    RunFolder(Path(folder)).write(run, outcome, numbers)
    return outcome


def bound_run(folder: str, fingerprint: str, number: int) -> tuple[int, float]:
    """Return the number of a run, and what no plan of it is worth more than; nan where that cannot be said."""
    bench = bench_of(folder, fingerprint)
    try:
        return number, bench.bound(bench.runs[number])
    except AllocoptError:  # solving the run says what is wrong
        return number, float("nan")


_KEPT: dict[tuple[str, str], Bench] = {}
"""The last bench of this process, by its run folder and what was asked."""


def bench_of(folder: str, fingerprint: str) -> Bench:
    """Return the bench of a run folder, made once in each process; the last one is kept."""
    kept = _KEPT.get((folder, fingerprint))
    if kept is not None:
        return kept
    inputs = RunFolder(Path(folder)).inputs()
    if inputs.manifest()["fingerprint"] != fingerprint:
        raise SolveError(f"What {folder} says was asked has been changed while it was being solved.")
    return keep(folder, fingerprint, Bench(inputs))


def keep(folder: str, fingerprint: str, bench: Bench) -> Bench:
    """Keep a bench for the runs of this process, which need not read from the folder what they were given."""
    _KEPT.clear()
    _KEPT[folder, fingerprint] = bench
    return bench


def told(plan: Plan) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the outcome of a plan, and its numbers by channel."""
    if not plan.solved:
        return failed(plan.message, plan.status)
    assert plan.certificate is not None
    assert plan.answer is not None
    books = channel_books(plan.answer)
    objective, bound = plan.objective, plan.certificate.bound
    outcome = {
        "status": plan.status,
        "message": plan.message,
        "contribution": float(books["contribution"].sum()),
        "objective": objective,
        "bound": bound if np.isfinite(bound) else None,
        "played": plan.played,
        "digest": digest_of(plan),
    }
    channels = [*books["channel"], ALL]
    values = [np.append(books[name], books[name].sum()) for name in METRICS]
    numbers = {
        "channel": pd.array(channels * len(METRICS), dtype="str"),
        "metric": pd.array(np.repeat(METRICS, len(channels)), dtype="str"),
        "value": np.concatenate(values),
    }
    return outcome, pd.DataFrame(numbers)


def failed(message: str, status: str = "error") -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the outcome of a run without a plan."""
    numbers = pd.DataFrame({"channel": [], "metric": [], "value": []})
    nothing: dict[str, Any] = dict.fromkeys(("contribution", "objective", "bound"))
    outcome = {"status": status, "message": message, **nothing, "played": False, "digest": ""}
    return outcome, numbers.astype({"channel": "str", "metric": "str", "value": "float64"})


def passed_over(message: str, most: float) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return the outcome of a run that was not solved, given what no plan of it is worth more than [currency]."""
    outcome, numbers = failed(message, NOT_SOLVED)
    return outcome | {"bound": most if np.isfinite(most) else None, "seconds": 0.0}, numbers


def digest_of(plan: Plan) -> str:
    """Return a fingerprint of who gets how many units of what."""
    assert plan.answer is not None
    answer = plan.answer
    rows, seen = answer.shipped, hashlib.sha256()
    for codes in (answer.arcs.lot, answer.arcs.line, answer.arcs.lane, answer.arcs.ship):
        seen.update(codes[rows].tobytes())
    seen.update(np.round(answer.ship[rows], 6).tobytes())
    return seen.hexdigest()[:16]
