"""Large tables: how fast a million rows are checked, a million arcs joined, and their program written.

``python -m benchmarks.check [--rows 1000000] [--arcs 1000000]``
"""

from __future__ import annotations

import argparse
import gc
import statistics
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path

import allocopt as ao
from allocopt.arcs import build_arcs
from allocopt.rules import allowed, state
from benchmarks.generate import Shape, generate, tables
from benchmarks.record import machine
from benchmarks.speed import verdict

ARCS_PER_ROW = 3.4
"""Arcs for each row of supply and demand, with the shape used here."""
RUNS = 5


def rows_checked(rows: int) -> None:
    """Time `Problem` on frames and on a folder of CSV files with so many rows of supply and demand."""
    frames = tables(int(rows * ARCS_PER_ROW), shape=Shape(divisible=True))
    count = len(frames["supply"]) + len(frames["demand"])
    seconds = _median(lambda: ao.Problem(**frames), 3)
    print(f"{count:,} rows of supply and demand, checked and encoded from frames [s]:")
    print(f"  per million rows: {verdict(seconds * 1e6 / count, 3.0)}")
    with tempfile.TemporaryDirectory() as folder:
        for name, frame in frames.items():
            if hasattr(frame, "to_csv"):
                frame.to_csv(Path(folder) / f"{name}.csv", index=False)
        seconds = _median(lambda: ao.Problem.read(folder), 3)
    print(f"  read from CSV files, checked and encoded: {seconds * 1e6 / count:.2f} per million rows")


def arcs_joined(wanted: int) -> None:
    """Time and weigh the join and the writing of the program."""
    problem = generate(wanted, shape=Shape(divisible=True))
    number = len(build_arcs(problem.facts))
    seconds = _median(lambda: build_arcs(problem.facts), RUNS)
    print(f"{number:,} arcs:")
    print(f"  arcs joined per second: {verdict(number / seconds, 1e6, least=True)}")
    arcs = allowed(build_arcs(problem.facts), ())
    stating = _median(partial(state, arcs, ()), RUNS)
    form = state(arcs, ())
    compiling = _median(form.compile, RUNS)
    print(f"  program compiled, per million arcs [s]: {verdict(compiling * 1e6 / number, 0.5)}")
    print(f"  rules stated, per million arcs [s]: {stating * 1e6 / number:.3f}")
    del arcs, form
    gc.collect()
    tracemalloc.start()
    joined = build_arcs(problem.facts)
    _, first = tracemalloc.get_traced_memory()
    state(allowed(joined, ()), ()).compile()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"  peak bytes per arc while joining: {first / number:.0f}")
    print(f"  peak bytes per arc up to the written program: {verdict(peak / number, 200)}")


def _median(run: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.check", description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--arcs", type=int, default=1_000_000)
    options = parser.parse_args()
    print(machine())
    rows_checked(options.rows)
    arcs_joined(options.arcs)


if __name__ == "__main__":
    main()
