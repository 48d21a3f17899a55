"""Structures by name: the relaxation of one problem by both masters of the price engine, in one run.

*Before* is the master that HiGHS' simplex solves, *after* the one that is chosen today. Both answers are certified by
arithmetic that knows neither. Seeds from `FRESH` on were not used when constants were chosen.
"""

from __future__ import annotations

import time
from typing import Any

from allocopt.algebra.program import Program
from allocopt.solve import certify
from allocopt.solve.prices import WholeError, linear
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate
from benchmarks import record
from benchmarks.generate import Shape, contract, generate

FRESH = 4
"""First seed that no constant was chosen on."""
NAMED: dict[str, dict[str, Any]] = {
    f"{name}-{couplings}-rows-{size}k": {"arcs": 1_000 * size, "couplings": couplings, "contract": name}
    for name in ("physics", "retailer")
    for couplings in (20, 50, 100, 200)
    for size in (100, 300, 1_000)
}
NAMED |= {
    f"wide-{couplings}-rows-300k": {"arcs": 300_000, "couplings": couplings, "contract": "physics", "wide": True}
    for couplings in (260, 500)
}
Found = dict[str, Any]


def compared(task: Found) -> Found:
    """Solve one structure by both masters, and say what each took and proved."""
    wide = {"nodes": 12, "periods": 26} if task.get("wide") else {}
    shape = Shape(divisible=True, couplings=task["couplings"], **wide)
    problem = generate(task["arcs"], seed=task["seed"], shape=shape)
    program = formulate(problem.facts, contract(shape, task["contract"])).program
    linear(program, Clock.started(None), gap=1.0, native=True, work_limit=2)  # loads what is compiled
    found: Found = {"columns": program.columns, "rows": program.rows}
    for word, master in (("after", None), ("before", "vertex")):
        found[word] = _solved(program, task, master)
    return found


def _solved(program: Program, task: Found, master: Any) -> Found:
    clock, begun = Clock.started(task["limit"]), time.process_time()
    try:
        answer = linear(program, clock, gap=task["gap"], native=True, master=master)
    except WholeError as reason:
        return {"status": str(reason)}
    took = {"cpu": time.process_time() - begun, "wall": clock.seconds, "rounds": answer.iterations}
    gap = certify(program, answer.x, answer.multipliers).gap if answer.x is not None else None
    return took | {"status": answer.status, "gap": gap}


def report(runs: list[Found]) -> str:
    """Return what came out as a table."""
    heads = ["structure", "seed", "before, cpu s", "rounds", "after, cpu s", "rounds", "gaps", "ratio of cpu s"]
    lines = []
    for run in runs:
        before, after = run["outcome"]["before"], run["outcome"]["after"]
        timed = "cpu" in before and "cpu" in after
        lines.append(
            [
                run["name"],
                str(run["seed"]),
                *(_told(each, part) for each in (before, after) for part in ("cpu", "rounds")),
                f"{before.get('gap') or float('nan'):.1e}, {after.get('gap') or float('nan'):.1e}",
                f"{before['cpu'] / after['cpu']:.1f}" if timed else "-",
            ]
        )
    return record.table(heads, lines)


def _told(found: Found, part: str) -> str:
    if part not in found:
        return found["status"] if part == "cpu" else "-"
    return f"{found[part]:.2f}" if part == "cpu" else str(found[part])
