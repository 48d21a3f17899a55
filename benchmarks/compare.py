"""Contracts side by side: many runs of `compare` against one cold `allocate()` per contract.

``python -m benchmarks.compare [--pack scenarios/holiday_promo] [--scenarios 25] [--contracts NAME ...] [--jobs 1 2]``

Every measurement runs in a process of its own, one after the other, at the gap of a comparison. What counts are the
ratios at the end: how many cold allocations all runs together take, and how much memory.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import allocopt as ao
from allocopt.workers import GAP
from benchmarks import record

ROOT = Path(__file__).parents[1]
CONTRACTS = ("pooled", "protect_dtc", "fixed_split", "service_first")
FACTORS = (1.1, 0.9, 1.25, 0.75, 1.5, 0.6, 1.05, 0.95)


def scenarios(folder: Path, problem: ao.Problem, number: int) -> list[ao.Scenario]:
    """Return scenarios of a pack that draw nothing, then each channel's forecast scaled by each of `FACTORS`."""
    files = sorted((folder / "scenarios").glob("*.yaml"))
    own = [scenario for scenario in map(ao.Scenario.read, files) if scenario.draws is None]
    forecast = problem.demand.loc[~problem.demand["firm"].astype(bool), "channel"].unique()
    scaled = (
        ao.Scenario(f"{channel} x {by}", [ao.Scale("demand.units", by=by, where=f"channel = '{channel}'")])
        for by in FACTORS
        for channel in sorted(forecast)
    )
    found = [*own[:number], *islice(scaled, max(number - len(own), 0))]
    if len(found) < number:
        raise SystemExit(f"There are only {len(found)} scenarios.")
    return found


def contract(folder: Path, name: str) -> ao.Contract:
    """Return a contract of a pack."""
    return ao.Contract.read(folder / "contracts" / f"{name}.yaml")


def cold(folder: Path, name: str) -> dict[str, Any]:
    """Return the seconds of one allocation that nothing came before; reading the tables is not charged."""
    problem, agreed = ao.Problem.read(folder), contract(folder, name)
    begun = time.perf_counter()
    plan = ao.allocate(problem, agreed, gap=GAP)
    return {"seconds": time.perf_counter() - begun, "contribution": plan.contribution, "status": plan.status}


def side_by_side(folder: Path, names: list[str], number: int, jobs: int) -> dict[str, Any]:
    """Return the seconds and the peak memory of a whole comparison."""
    problem = ao.Problem.read(folder)
    chosen = scenarios(folder, problem, number)
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as kept:
        found = ao.compare(problem, [contract(folder, name) for name in names], chosen, jobs=jobs, out=kept)
        seconds = time.perf_counter() - begun
        runs, verdict = found.runs, found.verdict
    return {
        "seconds": seconds,
        "runs": len(runs),
        "statuses": runs["status"].value_counts().to_dict(),
        "each": runs.groupby("contract", sort=False)["seconds"].mean().to_dict(),
        "digests": "".join(runs["digest"]),
        "verdict": verdict,
    }


def apart(options: argparse.Namespace, *task: str) -> dict[str, Any]:
    """Run one measurement in a process of its own."""
    chosen = ["--scenarios", options.scenarios, "--contracts", *options.contracts]
    return record.apart("compare", "--pack", options.pack, "--task", *task, *chosen)


def measure(options: argparse.Namespace) -> None:
    """Measure everything and print it."""
    print(record.machine())
    print(f"\n{options.pack.name}: {options.scenarios} scenarios, {len(options.contracts)} contracts, gap {GAP:g}\n")
    alone = {}
    for name in options.contracts:
        alone[name] = apart(options, "cold", name)
        told = alone[name]
        print(
            f"cold allocate(), {name}: {told['seconds']:.2f} s, {told['status']}, {told['peak']:,.0f} MiB", flush=True
        )
    once = sum(found["seconds"] for found in alone.values())
    results = {}
    for jobs in options.jobs:
        results[jobs] = found = apart(options, "compare", str(jobs))
        print(f"\ncompare(), jobs={jobs}: {found['runs']} runs, {found['statuses']}")
        print("  seconds a run: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in found["each"].items()))
        print(f"  {found['seconds']:.1f} s in all, {found['seconds'] / found['runs']:.2f} s a run")
        print(f"  all runs / one cold allocate() per contract: {found['seconds'] / once:.2f}")
        print(f"  run by run, cold / all runs: {once * options.scenarios / found['seconds']:.2f}")
        print(f"  largest process: {found['peak']:,.0f} MiB", flush=True)
    print(f"\nplans are the same whatever the jobs: {len({found['digests'] for found in results.values()}) == 1}")
    print(next(iter(results.values()))["verdict"])


def main() -> None:
    """Measure, or do one task for the process that measures."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description=__doc__.splitlines()[0])
    parser.add_argument("--pack", type=Path, default=ROOT / "scenarios" / "holiday_promo")
    parser.add_argument("--scenarios", type=int, default=25)
    parser.add_argument("--contracts", nargs="+", default=list(CONTRACTS))
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--task", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task is None:
        measure(options)
        return
    kind, argument = options.task
    if kind == "cold":
        found = cold(options.pack, argument)
    else:
        found = side_by_side(options.pack, options.contracts, options.scenarios, int(argument))
    print(json.dumps({**found, "peak": record.peak()}))


if __name__ == "__main__":
    main()
