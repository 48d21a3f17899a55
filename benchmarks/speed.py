"""Speed in one run: allocopt phase by phase, and Pyomo and linopy on the same linear programs.

``python -m benchmarks.speed [--arcs 1000 10000 60000] [--seed 0] [--limit 300]``

Every contender runs in its own process, one after the other. All must find the same objective. What counts are the
ratios at the end, which a busy machine disturbs less than the seconds.
"""

from __future__ import annotations

import argparse
from typing import Any

from benchmarks.record import apart, machine

PHASES = ("arcs", "state + compile", "hand-over", "solve", "certify", "tables")
AGREE = 1e-6
"""Relative difference of objectives that is let pass."""


def run(name: str, size: int, seed: int, limit: float) -> dict[str, Any]:
    """Run one contender in a process of its own; return its seconds.

    Parameters
    ----------
    name : str
        ``allocopt``, ``pyomo``, ``linopy`` or ``one_sku``.
    size : int
        Arcs.
    seed : int
    limit : float
        Seconds that a solver may take.
    """
    return apart("runners", name, size, seed, limit)


def milliseconds(seconds: float | None) -> str:
    """Return seconds as milliseconds for a table; a dash for None."""
    return "-" if seconds is None else f"{1000 * seconds:,.1f}"


def verdict(value: float, goal: float, *, least: bool = False) -> str:
    """Return whether a goal is met: at most `goal`, or at least where `least`."""
    met = value >= goal if least else value <= goal
    return f"{value:,.3g} (goal: at {'least' if least else 'most'} {goal:,.3g}) {'ok' if met else 'MISSED'}"


def agreed(results: dict[str, dict[str, Any]]) -> str:
    """Return in words whether all objectives agree; `SystemExit` if they do not."""
    ours = results["allocopt"]["objective"]
    for name, found in results.items():
        theirs = found["objective"]
        if theirs is not None and abs(theirs - ours) > AGREE * max(1.0, abs(ours)):
            raise SystemExit(f"{name} finds {theirs}, allocopt {ours}")
    unknown = [name for name, found in results.items() if found["objective"] is None]
    return f"objectives agree: {ours:,.2f}" + (f" (not reached by {', '.join(unknown)})" if unknown else "")


def peer_line(name: str, found: dict[str, Any]) -> str:
    """Return a peer's seconds as a row of the table."""
    total = sum(found.get(step, 0.0) for step in ("build", "hand-over", "solve", "read back"))
    mark = "" if found["done"] else ">"
    return (
        f"| {name} | {milliseconds(found['build'])} | {milliseconds(found['hand-over'])} | "
        f"{mark}{milliseconds(found['solve'])} | {mark}{milliseconds(total)} |"
    )


def one_size(size: int, seed: int, limit: float) -> dict[str, dict[str, Any]]:
    """Run all contenders on one size, print their seconds, and return them."""
    results = {name: run(name, size, seed, limit) for name in ("allocopt", "pyomo", "linopy")}
    ours = results["allocopt"]
    print(f"\n{ours['columns']:,} arcs; {agreed(results)}; allocopt solved by {ours['method']}\n")
    print("| allocopt [ms] | " + " | ".join(PHASES) + " | allocate() | bare HiGHS | ratio | ratio of CPU |")
    print("|---" * (len(PHASES) + 5) + "|")
    cells = [milliseconds(ours[name]) for name in (*PHASES, "allocate", "bare HiGHS")]
    print("| | " + " | ".join(cells) + f" | {ours['ratio']:.2f} | {ours['ratio, CPU']:.2f} |\n")
    print("| [ms] | build | hand-over | solve | total |")
    print("|---|---|---|---|---|")
    stated = sum(ours[name] for name in ("arcs", "state + compile"))
    print(
        f"| allocopt, HiGHS as it chooses | {milliseconds(stated)} | {milliseconds(ours['hand-over'])} | "
        f"{milliseconds(ours['solve'])} | {milliseconds(ours['allocate'])} |"
    )
    print(peer_line("Pyomo, appsi_highs, default simplex", results["pyomo"]))
    print(peer_line("linopy, HiGHS interior point", results["linopy"]), flush=True)
    return results


def goals(results: dict[str, dict[str, Any]], size: int) -> None:
    """Print the ratios of the largest size."""
    ours, pyomo, linopy = results["allocopt"], results["pyomo"], results["linopy"]
    inside = sum(ours[name] for name in ("arcs", "state + compile", "hand-over"))
    stated = pyomo["build"] + pyomo["hand-over"]
    print(f"\nratios at {size:,} arcs")
    print("  from checked tables to a model inside HiGHS")
    print(f"    times faster than Pyomo: {verdict(stated / inside, 30, least=True)}")
    print(f"    times faster than linopy: {(linopy['build'] + linopy['hand-over']) / inside:,.3g}")
    print("  allocate() / HiGHS alone on the same arrays with the same options, median of runs side by side")
    print(f"    CPU seconds: {verdict(ours['ratio, CPU'], 1.25)}")
    print(f"    wall seconds, as disturbed as the machine is: {ours['ratio']:.3g}")
    for name, found in (("Pyomo", pyomo), ("linopy", linopy)):
        total = sum(found.get(step, 0.0) for step in ("build", "hand-over", "solve", "read back"))
        mark = "" if found["done"] else ">"
        print(f"  {name} in all / allocate(): {mark}{total / ours['allocate']:,.3g}")


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.splitlines()[0])
    parser.add_argument("--arcs", type=int, nargs="+", default=[1_000, 10_000, 60_000])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds that a solver may take")
    options = parser.parse_args()
    print(machine("pyomo", "linopy"))
    for size in options.arcs:
        results = one_size(size, options.seed, options.limit)
    goals(results, options.arcs[-1])
    single = run("one_sku", 0, options.seed, options.limit)
    arcs = sorted(single["arcs"])
    print(f"\none article, 4 nodes, 4 channels, 8 periods, {arcs[0]} to {arcs[-1]} arcs: 200 calls with plan.objective")
    print(f"  median [ms]: {verdict(1000 * single['median'], 15)}")
    print(f"  95 % of calls within [ms]: {milliseconds(single['p95'])}")
    print(f"  HiGHS alone on the same arrays [ms]: {milliseconds(single['bare HiGHS'])}")


if __name__ == "__main__":
    main()
