"""The naive model against the library, on random problems: `python -m benchmarks.oracle --problems 3000`.

Each problem has every kind of clause and feature about equally often. The naive model of the tests (loops over records,
solved by SciPy) says what the best plan is worth; the library has to find the same, or no plan where there is none,
by HiGHS and by prices, with articles as they are and with all of them divisible. In one of ten, commitments, tight
capacity and hard reserves meet on purpose; how often reserves gave way there is counted. Draws are played forward on
some, and must never earn more than who had known them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.rules import naive
from tests.strategies import pressed, thrown

import allocopt as ao
from allocopt.rules import Clause

STEERS_NOTHING = (ao.PriceParity,)
"""Kinds of clause that report and change no plan; counted apart."""
BLANK = (None, "", False, 0)
NEAR = 1e-6
DRAWN = 10
"""One problem in so many is played forward in a draw."""
PRESSED = 10
"""In one problem of so many commitments, tight capacity and hard reserves meet."""


@dataclass
class Tally:
    """What was met, and what came of it."""

    clauses: Counter[tuple[str, str]] = field(default_factory=Counter)
    tables: Counter[tuple[str, str]] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)
    gave_way: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, facts: dict[str, Any], said: Sequence[Clause], status: str) -> None:
        """Count one problem."""
        for clause in said:
            self.clauses[type(clause).__name__, status] += 1
        for name, columns in facts.items():
            if isinstance(columns, dict):
                used = [column for column, cells in columns.items() if any(cell not in BLANK for cell in cells)]
                self.tables.update((f"{name}.{column}", status) for column in used)

    def shown(self) -> Iterator[str]:
        """Yield the counts as lines."""
        for title, counts in (("clause", self.clauses), ("column", self.tables)):
            outcomes = sorted({status for _, status in counts})
            yield f"{title:<24}" + "".join(f"{status:>12}" for status in outcomes)
            for name in sorted({name for name, _ in counts}):
                apart = " (steers nothing)" if name in {kind.__name__ for kind in STEERS_NOTHING} else ""
                yield f"{name:<24}" + "".join(f"{counts[name, status]:>12}" for status in outcomes) + apart
        yield ", ".join(f"{what}: {count}" for what, count in sorted(self.ended.items()))
        yield f"reserves gave way to commitments beyond what lots alone say: {self.gave_way}"
        yield f"{len(self.wrong)} disagreements"


def divisible(problem: ao.Problem) -> ao.Problem:
    """Return the problem with all articles divisible."""
    facts = problem.to_dict()
    facts["skus"] = facts["skus"] | {"divisible": [True] * len(facts["skus"]["sku"])}
    return ao.Problem.from_dict(facts)


def gave_way(plan: ao.Plan) -> bool:
    """Return whether some reserve left more to commitments than lots alone would have asked of it."""
    return plan.program is not None and bool(plan.program.arcs.facts.granted.skus.any())


def thrown_or_pressed(seed: int) -> tuple[ao.Problem, tuple[Clause, ...]]:
    """Return a problem and clauses for it by a seed."""
    return pressed(seed) if seed % PRESSED == 3 else thrown(seed)


def agreed(problem: ao.Problem, said: Sequence[Clause], seed: int, tally: Tally, solvers: Sequence[str]) -> None:
    """Compare one problem, whole and divisible."""
    for form, facts in (("whole", problem), ("divisible", divisible(problem))):
        try:
            expected = naive.best(facts, said)
            for solver in solvers:
                plan = ao.allocate(facts, ao.Contract("thrown", clauses=said), gap=1e-9, solver=solver)
                found = plan.objective if plan.solved else None
                tally.ended[f"{form} {solver} {plan.status}"] += 1
                tally.gave_way += gave_way(plan)
                same = found is None if expected is None else found is not None and _near(found, expected)
                if not same or plan.status not in ("optimal", "infeasible"):
                    _report(tally, seed, f"{form}, {solver}: {plan.status} {found}, and not {expected}", facts, said)
            tally.add(facts.to_dict(), said, "plan" if expected is not None else "no plan")
        except ao.ContractError as error:
            tally.ended[f"{form} refused"] += 1
            if "no_fit" in str(error):
                _report(tally, seed, str(error), facts, said)


def drawn(problem: ao.Problem, seed: int, tally: Tally) -> None:
    """Play a draw forward under no clauses: it has a plan where the draw has one, and earns no more than that.

    What breaks a promise that could not be kept any more is no plan of the draw, and may earn more.
    """
    scenario = ao.Scenario("Drawn", draws=ao.Draws(number=1, seed=seed))
    found = ao.compare(problem, [ao.pooled()], [scenario])
    status, earned = found.runs["status"].iloc[0], found.runs["contribution"].iloc[0]
    expected = naive.best(scenario.draw(problem, 0), ())
    broke = any("promises gave way" in note for plan in found.plans.values() for note in plan.notes)
    tally.ended[f"played {status}, promises broken" if broke else f"played {status}"] += 1
    more = not broke and expected is not None and earned > expected + NEAR * (1 + abs(expected))
    if expected is not None and (more or status not in ("optimal", "feasible")):
        _report(tally, seed, f"played: {status} {earned}, and at most {expected}", problem, ())


def _near(found: float, expected: float) -> bool:
    return abs(found - expected) <= NEAR * (1 + abs(expected)) + 1e-5


def _report(tally: Tally, seed: int, words: str, problem: ao.Problem, said: Sequence[Clause]) -> None:
    tally.wrong.append(words)
    print(f"seed {seed}: {words}\n  from benchmarks.oracle import thrown_or_pressed; thrown_or_pressed({seed})")
    print("  " + json.dumps(ao.Contract("thrown", clauses=said).to_dict()["clauses"], default=str))


def main() -> None:
    """Compare as many problems as asked for, and print what was met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=300)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--solver", action="append", choices=("highs", "prices"), help="by default both")
    asked = parser.parse_args()
    solvers, tally, begin = asked.solver or ("highs", "prices"), Tally(), time.process_time()
    for seed in range(asked.first, asked.first + asked.problems):
        problem, said = thrown_or_pressed(seed)
        agreed(problem, said, seed, tally, solvers)
        if seed % DRAWN == 0:
            drawn(problem, seed, tally)
    print("\n".join(tally.shown()))
    print(f"{asked.problems} problems in {time.process_time() - begin:.0f} s of processor time")
    raise SystemExit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
