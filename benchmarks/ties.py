"""Ties: whether plans are stable, and what settling them costs.

``python -m benchmarks.ties [--blocks 1000] [--seed 0] [--arcs 350000] [--no-timing]``

Random blocks of up to 10 lots and 6 lines, half of them with capacity that binds, are solved by HiGHS and by prices, in
whole and in divisible units, and looked through for moves that would better them (`benchmarks.stability`). Then the
seconds that settling takes are set against those of the solves, on ``holiday_promo`` and on a generated problem.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import allocopt as ao
from benchmarks.generate import Shape, generate
from benchmarks.record import machine
from benchmarks.speed import verdict
from benchmarks.stability import Record, Tables, moves_left

PERIODS = 6
BLOCKS = 3
"""Articles of one problem; prices need several."""
SHARE = 0.1
"""Part of the solve that settling may take."""


def block(draw: random.Random, sku: str, packs: bool) -> Tables:
    """Return lots and lines of one article."""
    nodes, channels = ("N1", "N2"), ("a", "b")
    lots: dict[tuple[Any, ...], Record] = {}
    for number in range(draw.randint(1, 10)):
        available = draw.choice((0, 0, 0, 1, 2, 3))
        row = {
            "sku": sku,
            "node": draw.choice(nodes),
            "kind": "inbound" if available else "on_hand",
            "available": available,
            "units": draw.randint(1, 9),
            "expires": draw.choice((None, 3, 4, 5, 7)),
            "reference": f"L{draw.randint(0, 99):02d}{number}",
            "end_value": 4.0,
        }
        lots[row["node"], row["kind"], available, row["expires"], row["reference"]] = row
    lines: dict[tuple[Any, ...], Record] = {}
    arrived: dict[tuple[str, str], float | None] = {}
    price = draw.choice((8.0, 10.0))
    for _ in range(draw.randint(1, 6)):
        row = {
            "sku": sku,
            "channel": draw.choice(channels),
            "period": draw.randrange(PERIODS),
            "order": f"O{draw.randint(0, 99):02d}{sku}",
            "units": draw.randint(1, 12),
            "price": price if draw.random() < 0.7 else draw.choice((9.0, 11.0)),
            "priority": draw.choice((None, None, 1, 2)),
            "arrived": draw.choice((None, None, -2.0, -1.5, 0.5)),
            "max_early": draw.choice((0, 0, 1, 2)),
            "max_late": draw.choice((0, 0, 1, 2)),
            "late_cost": draw.choice((0.0, 0.0, 0.5)),
            "pack": draw.choice((None, 2, 3)) if packs else None,
        }
        row["arrived"] = arrived.setdefault((row["channel"], row["order"]), row["arrived"])  # one for all of an order
        lines[row["channel"], row["period"], row["order"]] = row
    return {"supply": list(lots.values()), "demand": list(lines.values())}


def random_tables(draw: random.Random, *, binding: bool, divisible: bool, blocks: int = BLOCKS) -> Tables:
    """Return a problem of some blocks: lanes with leads, and capacity that binds where it is asked for."""
    packs = not divisible and draw.random() < 0.3
    skus = [f"S{number}" for number in range(blocks)]
    parts = [block(draw, sku, packs) for sku in skus]
    lanes = [
        {
            "node": node,
            "channel": channel,
            "via": via,
            "cost": draw.choice((0.0, 0.0, 0.5)),
            "lead": draw.choice((0, 0, 1, 2)),
            "capacity": draw.choice((None, 6)) if binding else None,
        }
        for node in ("N1", "N2")
        for channel in ("a", "b")
        for via in (("", "air") if draw.random() < 0.3 else ("",))
    ]
    tables: Tables = {
        "skus": [{"sku": sku, "unit_cost": 4.0, "divisible": divisible} for sku in skus],
        "nodes": [{"node": "N1"}, {"node": "N2"}],
        "channels": [{"channel": "a", "fee_rate": 0.1}, {"channel": "b", "fee_rate": 0.1}],
        "supply": [row for part in parts for row in part["supply"]],
        "demand": [row for part in parts for row in part["demand"]],
        "lanes": lanes,
    }
    if binding:
        tables["capacity"] = [
            {"node": node, "period": period, "limit": draw.randint(2, 9)}
            for node in ("N1", "N2")
            for period in range(PERIODS)
            if draw.random() < 0.7
        ]
    return tables


def problem_of(tables: Tables) -> ao.Problem:
    """Return the tables as a problem."""
    named: dict[str, Any] = {name: [dict(row) for row in rows] for name, rows in tables.items()}
    return ao.Problem.from_dict(named | {"horizon": PERIODS})


def stable(blocks: int, seed: int) -> Counter[str]:
    """Look random blocks through; return how many plans and moves were found, by solver and units."""
    found: Counter[str] = Counter()
    for number in range(-(-blocks // BLOCKS)):
        for divisible in (False, True):
            draw = random.Random(f"{seed}/{number}")
            tables = random_tables(draw, binding=number % 2 == 0, divisible=divisible)
            problem = problem_of(tables)
            for solver in ("highs", "prices"):
                plan = ao.allocate(problem, solver=solver)  # type: ignore[arg-type]
                name = f"{solver}, {'divisible' if divisible else 'whole'}"
                found[f"blocks: {name}"] += BLOCKS
                found[f"not optimal: {name}"] += plan.status != "optimal"
                left = moves_left(tables, PERIODS, plan.allocation.to_dict("records"))
                found[f"moves left: {name}"] += len(left)
                for words in left[:2]:
                    print(f"  problem {number}, {name}: {words}")
    return found


@contextmanager
def timed() -> Iterator[dict[str, float]]:
    """Add up the CPU seconds of solving and of settling, in every call inside."""
    module: Any = sys.modules["allocopt.ties.settling"]
    solving: Any = sys.modules["allocopt.solve.whole"]
    seconds = {"solve": 0.0, "settle": 0.0}
    settle, solve = module.settled, solving.solve

    def counted(function: Any, name: str) -> Any:
        def run(*arguments: Any, **options: Any) -> Any:
            begun = time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                seconds[name] += time.process_time() - begun

        return run

    module.settled, solving.solve = counted(settle, "settle"), counted(solve, "solve")
    try:
        yield seconds
    finally:
        module.settled, solving.solve = settle, solve


def share(name: str, problem: ao.Problem) -> None:
    """Print what settling takes of a solve, the second time: what is compiled is there then."""
    ao.allocate(problem)
    with timed() as seconds:
        plan = ao.allocate(problem)
    early = [note for note in plan.notes if "stopped early" in note]
    print(
        f"{name}: {plan.status}, {plan.method}; CPU s: solve {seconds['solve']:.2f}, settle {seconds['settle']:.3f}; "
        f"share {verdict(seconds['settle'] / seconds['solve'], SHARE)}{'; STOPPED EARLY' if early else ''}",
        flush=True,
    )


def main() -> None:
    """Run the checks and print what they find."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--blocks", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--arcs", type=int, default=350_000)
    parser.add_argument("--no-timing", action="store_true")
    options = parser.parse_args()
    print(machine())
    for name, number in sorted(stable(options.blocks, options.seed).items()):
        print(f"{name}: {number:,}")
    if not options.no_timing:
        share("holiday_promo", ao.Problem.read("scenarios/holiday_promo"))
        for divisible in (True, False):
            problem = generate(options.arcs, shape=Shape(divisible=divisible))
            share(f"{options.arcs:,} arcs, {'divisible' if divisible else 'whole'}", problem)


if __name__ == "__main__":
    main()
