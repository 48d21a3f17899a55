"""Random problems through every solver, with threads, processes and faults, for as long as one likes.

``python -m benchmarks.soak --minutes 5``, or ``--seconds 20``; ``--seed 7`` repeats a run as far as time lets it.

Wrong is: a plan that breaks a row, over-uses a lot or over-serves a line; a bound below the worth of a known plan; no
plan where one is known; ``optimal``, proved by allocopt, where a better plan is known; other answers from threads,
processes or a resumed run folder. Raw is an exception that is no `AllocoptError`, `TypeError` or `ValueError`. A solver
that tells the same lie each time it is asked, so that no arithmetic can see it, is counted apart. The exit code is 1 if
anything was wrong or raw.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests import strategies

import allocopt as ao
from benchmarks.soak_faults import BREAKS, LIES, breaking, full_disk, killed_worker, lying

SOLVERS = ("highs", "prices", "pyomo")
FAULTS = (*LIES, *BREAKS)
SLACK = 1e-6
"""Relative rounding of money."""
BATCH = 5
"""Problems drawn together."""
EVERY = 40
"""Problems between two comparisons in worker processes, which take seconds to start."""
SHOWN = 10
"""Findings that are printed in full."""


@dataclass
class Findings:
    """What was seen so far.

    Attributes
    ----------
    counts : Counter
        How often each thing was tried.
    wrong, raw, unseen : list of str
        Wrong answers, raw exceptions, and lies that no arithmetic can see.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)


@dataclass
class Case:
    """A problem under a contract, and what is known of it.

    Attributes
    ----------
    problem : Problem
    contract : Contract
    found : Findings
    best : float or None
        Most that any plan with a passed check is worth, whoever found it.
    name : str
        To find it again.
    """

    problem: ao.Problem
    contract: ao.Contract
    found: Findings
    name: str
    best: float | None = None

    def solve(self, what: str, **options: Any) -> ao.Plan | None:
        """Solve it in some way, and note everything that is wrong with the answer."""
        self.found.counts[what.split(":")[0]] += 1
        try:
            plan = ao.allocate(self.problem, self.contract, **options)
        except (ao.AllocoptError, TypeError, ValueError):
            self.found.counts["refused"] += 1
            return None
        except Exception as error:  # what must not happen
            where = traceback.extract_tb(error.__traceback__)[-1]
            self.raw(f"{what}: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}")
            return None
        for fault in broken(plan):
            self.wrong(f"{what}: {fault}")
        self.found.counts[plan.status] += 1
        return plan

    def judge(self, what: str, plan: ao.Plan | None, *, unseen: bool = False) -> None:
        """Hold a plan's claims against the best plan that is known; what no arithmetic can see counts apart."""
        if plan is None:
            return
        note = self.unseen if unseen else self.wrong
        if plan.status == "infeasible" and self.best is not None:
            note(f"{what}: infeasible, and a plan of {self.best:.6f} is known")
        if plan.certificate is None or self.best is None or not plan.solved:
            return
        proof, near = plan.certificate, SLACK * max(1.0, abs(self.best))
        if proof.bound < self.best - near:
            self.wrong(f"{what}: the bound {proof.bound:.6f} is below a known plan of {self.best:.6f}")
        gap = 1e-4 * max(1.0, abs(plan.objective))
        if plan.status == "optimal" and plan.objective < self.best - gap - near:
            mine = self.wrong if proof.proved_by == "allocopt" else note
            mine(f"{what}: optimal ({proof.proved_by}) at {plan.objective:.6f}, and {self.best:.6f} is known")

    def learn(self, plan: ao.Plan | None) -> None:
        """Remember what a plan is worth."""
        if plan is not None and plan.solved:
            self.best = plan.objective if self.best is None else max(self.best, plan.objective)

    def wrong(self, text: str) -> None:
        """Note a wrong answer."""
        self.found.wrong.append(f"{self.name}: {text}")

    def raw(self, text: str) -> None:
        """Note a raw exception."""
        self.found.raw.append(f"{self.name}: {text}")

    def unseen(self, text: str) -> None:
        """Note a lie that no arithmetic can see."""
        self.found.unseen.append(f"{self.name}: {text}")


def broken(plan: ao.Plan) -> list[str]:
    """Return what a plan breaks, worked out from its numbers alone: rows, lots, lines, whole units."""
    if not plan.solved or plan.answer is None:
        return []
    answer, program = plan.answer, plan.answer.program
    column = np.repeat(np.arange(program.columns), np.diff(program.indptr))
    terms = program.data * answer.x[column]
    sums = np.bincount(program.indices, weights=terms, minlength=program.rows)
    size = 1e-9 * (1.0 + np.bincount(program.indices, weights=np.abs(terms), minlength=program.rows))
    low, high = sums < program.row_lower - size, sums > program.row_upper + size
    found = [f"row {answer.labels.row(int(row))} is broken" for row in np.flatnonzero(low | high)[:3]]
    facts, arcs = answer.arcs.facts, answer.arcs
    used = np.bincount(arcs.lot, weights=answer.ship, minlength=len(facts.lots.sku))
    served = np.bincount(arcs.line, weights=answer.ship, minlength=len(facts.lines.sku))
    found += ["a lot is used beyond what is usable"] * bool((used > facts.lots.usable + 1e-9).any())
    found += ["a line gets more than it wants"] * bool((served > facts.lines.units + 1e-9).any())
    whole = ~facts.skus.divisible[arcs.sku]
    found += ["a unit is divided"] * bool((answer.ship[whole] != np.round(answer.ship[whole])).any())
    return found


def trial(case: Case, random: np.random.Generator, faults: Sequence[str]) -> None:
    """Solve one problem in every way, then with faults."""
    plans = [(solver, case.solve(f"solver: {solver}", solver=solver)) for solver in SOLVERS]
    with ThreadPoolExecutor(3) as pool:
        plans += [("thread", plan) for plan in pool.map(lambda _: case.solve("thread"), range(3))]
    solver = str(random.choice(SOLVERS[:2]))
    plans.append(("work limit", case.solve("work limit", solver=solver, work_limit=int(random.integers(0, 200)))))
    plans.append(("time limit", case.solve("time limit", solver=solver, time_limit=float(random.choice([0.0, 0.02])))))
    plans.append(("threads", case.solve("threads", solver="prices", threads=int(random.integers(1, 4)))))
    for _, plan in plans:
        case.learn(plan)
    for what, plan in plans:
        case.judge(what, plan)
    told = {str(plan.to_dict()["allocation"]) for what, plan in plans if what == "thread" and plan is not None}
    if len(told) > 1 and all(plan is None or plan.status == "optimal" for what, plan in plans if what == "thread"):
        case.wrong("threads of one process have different plans")
    kind = str(random.choice(list(faults)))
    always = bool(random.integers(2))
    what = f"fault: {kind} {'each time' if always else 'once'}"
    limit = 0.1 if kind == "hang" else None
    with breaking(kind, always=always) if kind in BREAKS else lying(kind, always=always, random=random):
        plan = case.solve(what, solver=solver, time_limit=limit)
    case.judge(what, plan, unseen=always)
    case.found.counts[what] += 1


def comparison(case: Case, random: np.random.Generator) -> None:
    """Compare contracts in worker processes of which one is killed, or on a disk that is full, and go on from there."""
    contracts = [case.contract, ao.pooled(), ao.first_come()]
    contracts = list({each.name: each for each in contracts}.values())
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    full = bool(random.integers(2))
    jobs, fault = (1, full_disk(int(random.integers(0, 3)))) if full else (2, killed_worker(0.2))
    case.found.counts["comparison on a full disk" if full else "comparison with a killed worker"] += 1
    try:
        whole = ao.compare(case.problem, contracts)
        with fault:
            try:
                ao.compare(case.problem, contracts, out=folder / "run", jobs=jobs)
            except ao.AllocoptError:
                case.found.counts["comparison that was stopped"] += 1
        again = ao.compare(case.problem, contracts, out=folder / "run")
        if not again.runs.drop(columns="seconds").equals(whole.runs.drop(columns="seconds")):
            case.wrong("a comparison that was stopped and resumed says something else")
        if list((folder / "run").rglob(".allocopt-*")) or [path for path in folder.iterdir() if path.name != "run"]:
            case.wrong("a comparison that was stopped leaves files behind")
    except (ao.AllocoptError, TypeError, ValueError):
        case.found.counts["refused"] += 1
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        case.raw(f"comparison: {type(error).__name__} at {Path(where.filename).name}:{where.lineno}: {error}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def soak(seconds: float, first: int = 0, faults: Sequence[str] = FAULTS) -> Findings:
    """Try random problems until the time is up, with some of the faults."""
    found, until, number = Findings(), time.monotonic() + seconds, first
    while time.monotonic() < until:
        batch(number, found, until, faults)
        number += 1
    return found


def batch(number: int, found: Findings, until: float, faults: Sequence[str]) -> None:
    """Try a few problems that are drawn from one seed."""
    drawn = 0

    @seed(number)
    @settings(
        max_examples=BATCH,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.cases())
    def each(case: tuple[ao.Problem, Sequence[Any]]) -> None:
        nonlocal drawn
        drawn += 1
        if time.monotonic() > until:
            return
        problem, clauses = case
        random = np.random.default_rng([number, drawn])
        one = Case(problem, ao.Contract("Drawn", clauses=clauses), found, f"seed {number}, problem {drawn}")
        found.counts["problems"] += 1
        trial(one, random, faults)
        if found.counts["problems"] % EVERY == 1:
            comparison(one, random)

    each()


def report(found: Findings) -> int:
    """Print what was tried and found; return the exit code."""
    for what, times in sorted(found.counts.items(), key=lambda item: (-item[1], item[0])):
        print(f"{times:8,}  {what}")
    for name, texts in (("unseen", found.unseen), ("raw", found.raw), ("WRONG", found.wrong)):
        for text in texts[:SHOWN]:
            print(f"{name}: {text}")
        if len(texts) > SHOWN:
            print(f"{name}: and {len(texts) - SHOWN:,} more")
    print(
        f"{found.counts['problems']:,} problems: {len(found.wrong)} wrong, {len(found.raw)} raw, and "
        f"{len(found.unseen)} times a solver that lies each time was believed where no arithmetic can tell"
    )
    return 1 if found.wrong or found.raw else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the soak from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    given_ = parser.parse_args(arguments)
    return report(soak(given_.minutes * 60 + given_.seconds or 20.0, given_.seed))


if __name__ == "__main__":
    sys.exit(main())
