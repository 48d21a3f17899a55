"""Growth: one `allocate()` phase by phase, from ten thousand arcs to ten million.

``python -m benchmarks.scale [--arcs 10000 ... 10000000] [--couplings 50 20 200] [--contract physics retailer] [--whole]
[--packs] [--solver auto] [--gap 1e-6] [--limit 600] [--seed 0]``, or ``--only NAME ... [--seeds 4 5]``: see
`benchmarks.structures` and `benchmarks.named_plans`

Every instance runs in a process of its own. The first number of coupling rows is tried at all sizes, the others, and
the same problem once more with a channel's demand up by a tenth and started from the plan, up to ``--most`` arcs.
Nothing new is begun once ``--budget`` seconds would be passed. A problem of ``--warm`` arcs is solved before the clock
starts, since first use compiles and loads. Results go to ``benchmarks/results/scale.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from typing import Any

import numpy as np

import allocopt as ao
from benchmarks import named_plans, record, structures
from benchmarks.generate import CONTRACTS, Shape, contract, generate, tables
from benchmarks.phases import PHASES, timed_phases

ARCS = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
COUPLINGS = (50, 20, 200)
FROM = 100_000
"""Fewest arcs that count for the exponent of growth: below, what does not grow still shows."""
GROWN = ao.Scenario("dtc x 1.1", [ao.Scale("demand.units", by=1.1, where="channel = 'dtc'")])
Found = dict[str, Any]


def measure(task: Found) -> Found:
    """Time one instance: tables to `Problem`, `allocate()` phase by phase, tables of the plan, a re-solve."""
    form = Shape(divisible=not task["whole"], packs=task["packs"], couplings=task["couplings"])
    agreed = contract(form, task["contract"])
    how = {"solver": task["solver"], "gap": task["gap"]}
    if task["warm"]:
        ao.allocate(generate(min(task["warm"], task["arcs"]), shape=form), agreed, time_limit=10.0, **how)
    frames = tables(task["arcs"], seed=task["seed"], shape=form)
    begun = time.perf_counter()
    problem = ao.Problem(**frames)
    checked = time.perf_counter()
    with timed_phases() as seconds:
        plan = ao.allocate(problem, agreed, time_limit=task["limit"], **how)
    allocated = time.perf_counter()
    found: Found = {"status": plan.status, "method": plan.method, "check": checked - begun, **seconds}
    found |= {"allocate": allocated - checked, "other": allocated - checked - sum(seconds.values())}
    if plan.answer is not None:
        _ = plan.allocation, plan.channels, plan.shortfalls
        found["tables"] = time.perf_counter() - allocated
        program = plan.answer.program
        found |= {"arcs joined": len(plan.answer.arcs), "columns": program.columns, "rows": program.rows}
        proof = plan.certificate
        found |= {"objective": plan.objective, "gap": _finite(proof.gap)}
        found |= {"claimed gap": proof.claimed_gap, "proved by": proof.proved_by}
    found["total"] = found["check"] + found["allocate"] + found.get("tables", 0.0)
    found["peak"] = record.peak()
    if task["again"] and plan.answer is not None:
        other = GROWN.apply(problem)
        begun = time.perf_counter()
        again = ao.allocate(other, agreed, start=plan, time_limit=task["limit"], **how)
        gap = None if again.certificate is None else _finite(again.certificate.gap)
        found["again"] = {"allocate": time.perf_counter() - begun, "status": again.status, "gap": gap}
    return found


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def instances(options: argparse.Namespace) -> list[Found]:
    """Return what is to be measured, small sizes first."""
    chosen = []
    for arcs in options.arcs:
        for number, couplings in enumerate(options.couplings):
            if number and arcs > options.most:
                continue
            for name in options.contract:
                task = {"arcs": arcs, "couplings": couplings, "contract": name, "again": arcs <= options.most}
                for same in ("seed", "whole", "packs", "solver", "gap", "limit", "warm"):
                    task[same] = getattr(options, same)
                chosen.append(task)
    return chosen


def measured(options: argparse.Namespace) -> list[Found]:
    """Measure all instances for which there is time, and tell each as it ends."""
    begun = time.perf_counter()
    found: list[Found] = []
    took: dict[tuple[str, int], tuple[int, float]] = {}
    for task in instances(options):
        series = (task["contract"], task["couplings"])
        size, seconds = took.get(series, (task["arcs"], 0.0))
        left = options.budget - (time.perf_counter() - begun)
        expected = seconds * task["arcs"] / size
        words = f"{record.counted(task['arcs'])} arcs, {task['couplings']} rows that couple, {task['contract']}"
        if expected > left or left <= 0:
            print(f"{words}: left out, it would take some {expected:,.0f} s", flush=True)
            found.append({**task, "outcome": None})
            continue
        start = time.perf_counter()
        # Twice the limit, for the two solves; the rest for reading, checking and writing.
        try:
            outcome = record.apart("scale", "--task", json.dumps(task), seconds=min(2 * options.limit + 120, left + 60))
        except record.Failed as failed:
            print(failed, flush=True)
            outcome = {"stopped": str(failed)}
        took[series] = (task["arcs"], time.perf_counter() - start)
        found.append({**task, "outcome": outcome})
        told = "stopped" if "stopped" in outcome else f"{outcome['status']}, {outcome['total']:,.2f} s"
        print(f"{words}: {told}", flush=True)
    return found


def exponent(sizes: list[int], seconds: list[float]) -> float | None:
    """Return by which power of the size the seconds grow, by least squares of the logarithms; None for one size."""
    if len(set(sizes)) < 2:
        return None
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def growth(found: list[Found]) -> str:
    """Return in words how each series grows."""
    lines = []
    for name, couplings in dict.fromkeys((run["contract"], run["couplings"]) for run in found):
        runs = [run for run in found if (run["contract"], run["couplings"]) == (name, couplings)]
        runs = [run for run in runs if run["arcs"] >= FROM and (run["outcome"] or {}).get("status") == "optimal"]
        sizes = [run["outcome"]["arcs joined"] for run in runs]
        power = exponent(sizes, [run["outcome"]["total"] for run in runs])
        at = ", ".join(record.counted(run["arcs"]) for run in runs)
        if power is not None:
            lines.append(f"* {name}, {couplings} rows that couple: total seconds grow as arcs^{power:.2f} (at {at})")
    return "\n".join(lines) or f"No series has two sizes from {record.counted(FROM)} arcs on that ended as optimal."


def report(found: list[Found]) -> str:
    """Return the tables of the results, one for each contract and number of rows that couple."""
    parts = []
    phases = ("check", *PHASES, "other", "allocate", "tables", "total")
    heads = ["arcs", *(f"{name}()" if name == "allocate" else name for name in phases), "gap", "status", "method"]
    heads += ["MiB", "+10 %, from the plan"]
    for name, couplings in dict.fromkeys((run["contract"], run["couplings"]) for run in found):
        parts.append(f"## {name}, {couplings} rows that couple [s]\n")
        runs = [run for run in found if (run["contract"], run["couplings"]) == (name, couplings)]
        parts.append(record.table(heads, [_line(run, phases) for run in runs]) + "\n")
    parts += ["## Growth\n", growth(found)]
    return "\n".join(parts)


def _line(run: Found, phases: tuple[str, ...]) -> list[str]:
    """Return one instance as a row of its table."""
    outcome = run["outcome"]
    if outcome is None or "stopped" in outcome:
        word = "left out for lack of time" if outcome is None else "stopped or failed"
        return [record.counted(run["arcs"]), *["-"] * (len(phases) + 1), word, "-", "-", "-"]
    again = outcome.get("again")
    return [
        record.counted(outcome.get("arcs joined", run["arcs"])),
        *(record.figure(outcome.get(phase)) for phase in phases),
        record.proven(outcome.get("gap"), outcome.get("claimed gap"), outcome.get("proved by", "")),
        outcome["status"],
        outcome["method"],
        record.figure(outcome["peak"], 0),
        "-" if again is None else f"{again['allocate']:.2f} s, {again['status']}",
    ]


def structured(options: argparse.Namespace) -> None:
    """Solve structures by name, each by both masters of the price engine, and plans by name, each by both ways."""
    runs: list[Found] = []
    for name in options.only:
        kind = structures if name in structures.NAMED else named_plans
        for seed in options.seeds or [options.seed]:
            how = {"seed": seed, "limit": options.limit, "gap": options.gap or 1e-6}
            task = {"kind": kind.__name__, "name": name, **kind.NAMED[name], **how}
            outcome = record.apart("scale", "--task", json.dumps(task), seconds=3 * options.limit + 300)
            runs.append({**task, "outcome": outcome})
            print(kind.report(runs[-1:]), flush=True)
    tables = [
        kind.report(mine)
        for kind in (structures, named_plans)
        if (mine := [run for run in runs if run["kind"] == kind.__name__])
    ]
    text = "\n".join(tables)
    seeds = ", ".join(map(str, options.seeds or [options.seed]))
    machine = record.machine("scipy", "numba")
    content = {"command": record.command("scale"), "machine": machine, "seed": seeds, "runs": runs}
    record.kept(options.out, "structures", "Before and after, by name", text, content)


def main() -> None:
    """Measure everything, structures by name, or one instance for the process that measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__.splitlines()[0])
    parser.add_argument("--arcs", type=int, nargs="+", default=list(ARCS))
    parser.add_argument("--couplings", type=int, nargs="+", default=list(COUPLINGS))
    parser.add_argument("--contract", nargs="+", choices=CONTRACTS, default=list(CONTRACTS))
    parser.add_argument("--packs", action="store_true", help="wholesale in packs of 6 to 24 units")
    parser.add_argument("--most", type=int, default=1_000_000, help="arcs up to which everything is tried")
    parser.add_argument("--warm", type=int, default=60_000, help="arcs of the problem solved before the clock starts")
    parser.add_argument("--budget", type=float, default=1800.0, help="seconds of the whole run")
    named = [*structures.NAMED, *named_plans.NAMED]
    parser.add_argument("--only", nargs="+", choices=named, help="structures and plans by name, both ways in one run")
    parser.add_argument("--seeds", type=int, nargs="+", help="seeds of --only")
    record.common(parser)
    options = parser.parse_args()
    if options.task is not None:
        task = json.loads(options.task)
        ways = {kind.__name__: kind.compared for kind in (structures, named_plans)}
        print(json.dumps(ways.get(task.get("kind"), measure)(task)))
        return
    if options.only:
        structured(options)
        return
    options.gap = options.gap or (1e-4 if options.whole or options.packs else 1e-6)
    machine = record.machine("scipy", "numba")
    print(machine)
    found = measured(options)
    text = report(found)
    print(f"\n{text}")
    kind = ("whole units" if options.whole else "divisible units") + (", packs" if options.packs else "")
    note = (
        f"Units: {kind}. Solver `{options.solver}`, gap asked for {options.gap:g}, limit {options.limit:g} s. `check` "
        "is `Problem(...)`; `arcs` to `other` are the parts of one `allocate()`; `tables` are allocation, channels and "
        "shortfalls; `total` is all three. The gap is by our own bound. Making the tables is not counted. MiB is the "
        "largest the process ever was, tables included.\n\n"
    )
    content = {"command": record.command("scale"), "machine": machine, "seed": options.seed, "runs": found}
    name = "scale" + ("-whole" if options.whole else "") + ("-packs" if options.packs else "")
    record.kept(options.out, name, "How allocate() grows", note + text, content)


if __name__ == "__main__":
    main()
