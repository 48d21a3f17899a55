"""A solver that lies, breaks and fails: what becomes of its answers, on packs that a person can read.

    python -m benchmarks.faults [--only FAULT] [--pack PACK]

Every number that comes out of HiGHS is read in one place; there each fault is put in, for every call of an allocation
(relaxations, searches, second searches, blocks, the price engine). A table of fault x pack says what came of it; the
exit status is 1 if anything was not caught.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import allocopt as ao
from allocopt.solve import highs_run
from allocopt.solve.highs_run import Reading

SCENARIOS = Path(__file__).parents[1] / "scenarios"
GAP = 1e-3
"""The honest answers are optimal to this gap, and so must be whatever is called optimal."""
SLOWER, SPARE = 5.0, 20.0
"""With a fault a call may take so many times as long, and so many seconds more."""

Fault = Callable[[Reading, Any], Reading]


@dataclass(frozen=True)
class Pack:
    """A problem under a contract, and who solves it."""

    name: str
    contract: str
    solver: str = "auto"
    scale: float = 1.0

    def load(self, scale: float = 1.0) -> tuple[ao.Problem, ao.Contract]:
        """Return the problem, all quantities times `scale`, and the contract."""
        folder = SCENARIOS / self.name
        problem = ao.Problem.read(folder)
        if scale != 1.0:
            problem = scaled(problem, scale)
        return problem, ao.Contract.read(folder / "contracts" / f"{self.contract}.yaml")

    @property
    def label(self) -> str:
        """The pack in a word or two."""
        return self.name if self.solver == "auto" else f"{self.name} ({self.solver})"


PACKS = (
    Pack("quickstart", "protect_dtc"),
    Pack("launch", "launch_plan"),
    Pack("launch", "pooled", "prices"),
    Pack("retire_channel", "keep_or_retire"),
    Pack("holiday_promo", "pooled"),
)
QUANTITIES = {
    "supply": ("units", "reserved"),
    "demand": ("units", "min_units", "sd"),
    "capacity": ("limit",),
    "lanes": ("capacity",),
}


def scaled(problem: ao.Problem, scale: float) -> ao.Problem:
    """Return the problem with all quantities times a number."""
    content = problem.to_dict()
    for table, columns in QUANTITIES.items():
        given = content.get(table) or {}
        for column in set(columns) & set(given):
            given[column] = [None if value is None else value * scale for value in given[column]]
    return ao.Problem.from_dict(content)


def _worth(solver: Any, x: np.ndarray) -> float:
    program = solver.getLp()
    return float(np.asarray(program.col_cost_) @ x) + float(program.offset_)


def wrong_optimum(said: Reading, solver: Any) -> Reading:
    """Call optimal what leaves out every second thing."""
    if said.x is None:
        return said
    x = said.x.copy()
    x[np.flatnonzero(x > 0)[::2]] = 0.0
    worth = _worth(solver, x)
    return replace(said, status="kOptimal", x=x, value=worth, bound=worth)


def wrong_bound(said: Reading, solver: Any) -> Reading:
    """Claim that nothing is better, whatever was found."""
    return said if said.x is None else replace(said, status="kOptimal", bound=said.value)


def too_low(said: Reading, solver: Any) -> Reading:
    """Claim a bound and a value that are lower than what was found."""
    low = 0.5 * said.value - 1.0
    return replace(said, value=low, bound=low)


def one_too_many(said: Reading, solver: Any) -> Reading:
    """Ship one unit more than there is."""
    if said.x is None:
        return said
    x = said.x.copy()
    x[int(np.argmax(x))] += 1.0
    worth = _worth(solver, x)
    return replace(said, x=x, value=worth, bound=max(said.bound, worth))


def _status(name: str) -> Fault:
    return lambda said, solver: replace(said, status=name, x=None, multipliers=None)


def _plan(change: Callable[[np.ndarray], np.ndarray]) -> Fault:
    return lambda said, solver: said if said.x is None else replace(said, x=change(said.x))


def _multipliers(change: Callable[[np.ndarray], np.ndarray]) -> Fault:
    return lambda said, solver: (
        said if said.multipliers is None else replace(said, multipliers=change(said.multipliers))
    )


def _raises(error: type[BaseException]) -> Fault:
    def fault(said: Reading, solver: Any) -> Reading:
        raise error("this is a fault")

    return fault


FAULTS: dict[str, tuple[Fault, float]] = {
    "nothing wrong": (lambda said, solver: said, 1.0),
    "wrong optimum": (wrong_optimum, 1.0),
    "wrong bound": (wrong_bound, 1.0),
    "bound too low": (too_low, 1.0),
    "false infeasible": (_status("kInfeasible"), 1.0),
    "false unbounded": (_status("kUnbounded"), 1.0),
    "plan of NaN": (_plan(lambda x: np.full_like(x, np.nan)), 1.0),
    "plan of inf": (_plan(lambda x: np.full_like(x, np.inf)), 1.0),
    "multipliers of NaN": (_multipliers(lambda y: np.full_like(y, np.nan)), 1.0),
    "multipliers of inf": (_multipliers(lambda y: np.full_like(y, np.inf)), 1.0),
    "multipliers negated": (_multipliers(lambda y: -y), 1.0),
    "NaN bound": (lambda said, solver: replace(said, value=np.nan, bound=np.nan), 1.0),
    "plan too short": (_plan(lambda x: x[:-1]), 1.0),
    "multipliers too long": (_multipliers(lambda y: np.append(y, 0.0)), 1.0),
    "RuntimeError": (_raises(RuntimeError), 1.0),
    "MemoryError": (_raises(MemoryError), 1.0),
    "one unit too many at 1e6": (one_too_many, 1e6),
    "one unit too many at 1e8": (one_too_many, 1e8),
}
"""Each fault, and the size of quantities that it is tried at."""


@contextmanager
def injected(fault: Fault) -> Iterator[None]:
    """Let every answer of HiGHS go through a fault."""
    honest = highs_run.read
    highs_run.read = lambda solver: fault(honest(solver), solver)
    try:
        yield
    finally:
        highs_run.read = honest


@dataclass(frozen=True)
class Outcome:
    """What became of a call: in a few words, and whether that is as it should be."""

    words: str
    caught: bool


def tried(fault: Fault, problem: ao.Problem, contract: ao.Contract, honest: ao.Plan, solver: str = "auto") -> Outcome:
    """Return what becomes of an allocation under a fault.

    Parameters
    ----------
    fault : callable
    problem, contract, solver
        See `allocopt.allocate`.
    honest : Plan
        The same without the fault.
    """
    begun = time.perf_counter()
    try:
        with injected(fault):
            plan = ao.allocate(problem, contract, gap=GAP, solver=solver)
    except ao.SolveError:
        return Outcome("SolveError", True)
    except Exception as error:
        return Outcome(f"RAW {type(error).__name__}", False)
    seconds = time.perf_counter() - begun
    if seconds > SLOWER * honest.seconds + SPARE:
        return Outcome(f"{plan.status} after {seconds:.0f} s", False)
    if not plan.solved:
        return Outcome(f"{plan.status}, though a plan is known", False)
    if oversold(problem, plan):
        return Outcome(f"{plan.status}, OVERSOLD", False)
    assert plan.certificate is not None
    if not plan.certificate.passed:
        return Outcome(f"{plan.status}, not checked", False)
    best, size = honest.objective, max(1.0, abs(honest.objective))
    if plan.status == "optimal" and plan.objective < best - GAP * size:
        return Outcome("optimal, which it is NOT", False)
    if plan.certificate.bound < best - 1e-9 * size:
        return Outcome(f"{plan.status}, bound TOO LOW", False)
    reached = f" {plan.objective / best:.0%}" if plan.status == "feasible" and best > 0 else ""
    return Outcome(plan.status + reached, True)


def oversold(problem: ao.Problem, plan: ao.Plan) -> bool:
    """Return whether a lot gives more than it has, or a line gets more than it wants, to the unit."""
    answer = plan.answer
    assert answer is not None
    facts, ship = answer.arcs.facts, answer.ship
    given = np.bincount(answer.arcs.lot, weights=ship, minlength=len(facts.lots.usable))
    got = np.bincount(answer.arcs.line, weights=ship, minlength=len(facts.lines.units))
    return bool((given > facts.lots.usable).any() or (got > facts.lines.units).any())


def main(arguments: list[str] | None = None) -> int:
    """Print the table; return 1 if a fault was not caught."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", action="append", choices=list(FAULTS), help="a fault")
    parser.add_argument("--pack", action="append", choices=sorted({pack.name for pack in PACKS}), help="a pack")
    chosen = parser.parse_args(arguments)
    packs = [pack for pack in PACKS if not chosen.pack or pack.name in chosen.pack]
    width = max(map(len, FAULTS))
    print(f"{'':{width}}  " + "  ".join(f"{pack.label:24}" for pack in packs), flush=True)
    failed, honest = 0, {}
    for name in chosen.only or FAULTS:
        fault, scale = FAULTS[name]
        cells = []
        for pack in packs:
            problem, contract = pack.load(scale)
            if (pack, scale) not in honest:
                honest[pack, scale] = ao.allocate(problem, contract, gap=GAP, solver=pack.solver)  # type: ignore[arg-type]
            outcome = tried(fault, problem, contract, honest[pack, scale], pack.solver)
            failed += not outcome.caught
            cells.append(outcome.words if outcome.caught else f"! {outcome.words}")
        print(f"{name:{width}}  " + "  ".join(f"{cell:24}" for cell in cells), flush=True)
    print(f"{failed} not caught" if failed else "every fault is caught")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
