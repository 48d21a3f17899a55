"""What clauses over several channels, windows, approvals and charges cost in time, against the plan without them.

    python -m benchmarks.clauses [--arcs 30000] [--gap 1e-4] [--out benchmarks/results/clauses.md]

Each feature is on a tenth of the articles, or of the demand lines. Seconds are of the processor, not of the clock: the
numbers hold on a busy machine too.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import allocopt as ao
from benchmarks.generate import generate

Case = tuple[str, ao.Problem, ao.Contract]


def main(arguments: list[str] | None = None) -> None:
    """Time every feature and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arcs", type=int, default=30_000)
    parser.add_argument("--gap", type=float, default=1e-4)
    parser.add_argument("--time-limit", type=float, default=60.0)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args(arguments)
    ao.allocate(generate(2_000), gap=asked.gap)  # what is compiled once is not counted
    lines = ["| feature | s | times | status | gap | objective |", "|---|---|---|---|---|---|"]
    first = None
    for name, problem, contract in cases(generate(asked.arcs)):
        begun = time.process_time()
        plan = ao.allocate(problem, contract, gap=asked.gap, time_limit=asked.time_limit)
        seconds = time.process_time() - begun
        first = seconds if first is None else first
        gap = "" if plan.certificate is None else f"{plan.certificate.gap:.1e}"
        worth = f"{plan.objective:,.0f}" if plan.solved else plan.message
        lines.append(f"| {name} | {seconds:.2f} | {seconds / first:.1f} | {plan.status} | {gap} | {worth} |")
        print(lines[-1], flush=True)
    if asked.out is not None:
        head = f"# Clauses and facts on a tenth, {asked.arcs:,} arcs\n\nMade by `python -m benchmarks.clauses`. Seconds"
        head += f" are of the processor; gap wished for {asked.gap:g}.\n\n"
        asked.out.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


def cases(plain: ao.Problem) -> Iterator[Case]:
    """Yield the problem without anything, and with each feature on a tenth of it."""
    rng = np.random.default_rng(1)
    skus = plain.skus["sku"].tolist()
    some = tuple(sorted(rng.choice(skus, max(len(skus) // 10, 1), replace=False).tolist()))
    first, second = plain.channels["channel"].tolist()[:2]
    both, last = (first, second), int(plain.demand["period"].max())
    lines = rng.random(len(plain.demand)) < 0.1

    def agreed(*clauses: object, stages: tuple[object, ...] = ()) -> ao.Contract:
        return ao.Contract("agreed", clauses=clauses, stages=stages)  # type: ignore[arg-type]

    def facts(**columns: object) -> ao.Problem:
        return plain.replace(demand=pd.DataFrame(plain.demand).assign(**columns))

    yield "nothing", plain, ao.pooled()
    yield "Cap of one channel", plain, agreed(ao.Cap(first, units=5, sku=some))
    yield "Cap of two together", plain, agreed(ao.Cap(both, units=5, sku=some))
    yield "Cap in a window", plain, agreed(ao.Cap(first, units=5, sku=some, to_period=last // 2))
    yield "Protect one channel", plain, agreed(ao.Protect(first, units=5, sku=some))
    yield "Protect two together", plain, agreed(ao.Protect(both, units=5, sku=some))
    yield "Protect in a window", plain, agreed(ao.Protect(first, units=5, sku=some, to_period=last // 2))
    yield "Access in a window", plain, agreed(ao.Access(both, kinds=("on_hand",), sku=some, to_period=last // 2))
    yield "Service of two, each SKU", plain, agreed(ao.Service(0.3, both, sku=some, per="sku", penalty=5))
    yield "MarginFloor of two", plain, agreed(ao.MarginFloor(both, floor=0.1, per="channel", sku=some))
    big = float(np.quantile(plain.demand["units"], 0.9))
    yield "Approval that holds", plain, agreed(ao.Approval(units=big, holds=True))
    yield "on time in full", facts(otif_cost=np.where(lines, 20.0, 0.0), otif_share=0.9), ao.pooled()
    had = np.where(lines, np.floor(plain.demand["units"] / 2), 0.0)
    yield "Confirmed", facts(confirmed=had), agreed(stages=(ao.Confirmed(),))


if __name__ == "__main__":
    main()
