"""Agreement: what the search for whole orders finds against brute force and against proven optima, on random shops.

``python -m benchmarks.orders.agree [--count 200] [--seed N]``

Tiny shops mix everything: complete orders, orders from one node, packs, least shipments, minutes, lines that cost more
than they earn. The search never earns more than the optimum, its bound is never below it, and what is left open is
said: how often the optimum was met and the largest distance. Then the same shop, its rows in another order, on one
thread and on two, under several seeds of hashes: always the same plan.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import os
import subprocess
import sys
from typing import Any

import numpy as np

from benchmarks import record
from benchmarks.orders.contenders import in_highs
from benchmarks.orders.families import FAMILIES
from benchmarks.orders.shop import Floats, Ints, Shop

MOVES = 3_000
"""Moves of each search."""
CLOSE = 1e-6


def tiny(seed: int, orders: int = 3) -> Shop:
    """Return a random shop of a few orders over two nodes, everything mixed."""
    random = np.random.default_rng(seed)
    skus, nodes = 3, 2
    order = np.repeat(np.arange(orders), random.integers(1, 3, orders))
    sku = np.concatenate([random.choice(skus, n, replace=False) for n in np.bincount(order)])
    pack = random.choice([1, 1, 2], len(order))
    units = pack * random.integers(1, 4, len(order))
    whole, single = random.random(orders) < 0.5, random.random(orders) < 0.4
    loose = ~(whole | single)[order]
    cost = np.round(random.uniform(0.5, 9, (len(order), nodes)), 2)
    work = random.integers(1, 4, (skus, nodes))
    return Shop(
        order, sku, units, np.round(random.uniform(4, 30, len(order)), 2), whole, single,
        random.integers(0, 7, (skus, nodes)), np.repeat(cost[:1], len(order), 0),
        channel=np.where(loose, 1 + np.arange(len(order)), 0), pack=pack,
        least=np.where(random.random(len(order)) < 0.3, np.minimum(units, 2), 0),
        work=work, minutes=random.integers(6, 20, nodes),
    )  # fmt: skip


def by_brute_force(shop: Shop) -> float:
    """Return the most that any plan earns, by trying all of them."""
    room = [range(0, int(units) + 1, int(pack)) for units, pack in zip(shop.units, shop.pack, strict=True)]
    ways = [
        [split for split in itertools.product(steps, repeat=shop.nodes) if sum(split) <= steps[-1]] for steps in room
    ]
    best = 0.0
    margin = shop.price[:, None] - shop.cost
    for plan in itertools.product(*ways):
        x = np.array(plan, np.int64)
        worth = float((margin * x).sum())
        if worth > best and all(shop.kept(x).values()):
            best = worth
    return best


def searched(shop: Shop, moves: int = MOVES, threads: int = 1) -> tuple[float, float, Ints] | None:
    """Return worth, bound and units of the search for whole orders; None where the program is none of orders.

    The worth is minus infinity where it came to no plan that serves all who must be.
    """
    import allocopt as ao
    from allocopt.algebra.program import tightened
    from allocopt.contracts import pooled
    from allocopt.solve.certificate import breach, own_bound
    from allocopt.solve.orders.engine import OrderSearch
    from allocopt.solve.orders.structure import UnreadableError
    from allocopt.solve.solution import Clock
    from allocopt.stages.stated import formulate

    program = tightened(formulate(ao.Problem(**shop.tables()).facts, pooled()).program)
    try:
        search = OrderSearch(program)
    except UnreadableError:
        return None
    search.first()
    search.by_prices(Clock.started(None))
    rents = search.run(Clock.started(None), gap=0.0, moves=moves, threads=threads)
    x: Floats = search.plan
    kept = breach(program, x)[0] == 0
    if not kept and not shop.must.any():
        raise AssertionError("the search breaks a rule")
    return (
        program.objective(x) if kept else -np.inf,
        own_bound(program, search.multipliers, rents=rents),
        x.astype(np.int64),
    )


def compared(shops: list[Shop], optimum: Any) -> dict[str, Any]:
    """Return how searches compare with optima: wrong ones, how often they were met, the worst distance and gap."""
    found: dict[str, Any] = {"shops": 0, "met": 0, "none": 0, "worst": 0.0, "gap": 0.0, "wrong": []}
    for number, shop in enumerate(shops):
        ours = searched(shop)
        if ours is None:
            continue
        best, (value, bound, _) = optimum(shop), ours
        if best is None or not np.isfinite(value):  # some shops cannot serve all who must be
            found["none"] += 1
            if np.isfinite(value) or (best is not None and bound < best - CLOSE * max(1.0, abs(best))):
                found["wrong"].append(f"{number}: {value} and {bound} around {best}")
            continue
        room = CLOSE * max(1.0, abs(best))
        found["shops"] += 1
        found["met"] += value >= best - room
        found["worst"] = max(found["worst"], (best - value) / max(1.0, abs(best)))
        found["gap"] = max(found["gap"], (bound - value) / max(1.0, abs(value)))
        if value > best + room or bound < best - room:
            found["wrong"].append(f"{number}: {value} and {bound} around {best}")
    return found


def digest(shop: Shop, threads: int, shuffled: int | None = None) -> str:
    """Return a print of the plan of a shop, its rows in another order where a seed is given."""
    import allocopt as ao

    tables = shop.tables()
    if shuffled is not None:
        tables = {name: table.sample(frac=1.0, random_state=shuffled) for name, table in tables.items()}
    plan = ao.allocate(
        ao.Problem(**{k: v.reset_index(drop=True) for k, v in tables.items()}), work_limit=50, threads=threads
    )
    return hashlib.sha256(shop.shipped(plan.allocation).tobytes()).hexdigest()[:16]


def prints(shop: Shop) -> list[str]:
    """Return the prints of a shop's plan: twice, on two threads, and with rows in another order."""
    return [digest(shop, 1), digest(shop, 1), digest(shop, 2), digest(shop, 2, shuffled=1)]


def main() -> None:
    """Compare, and say what came of it; an exit status of 1 where anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders.agree", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--prints", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    family, size = "mixed", 400
    if options.prints:
        print(json.dumps(prints(FAMILIES[family](size, options.seed))))
        return
    seeds = range(options.seed, options.seed + options.count)
    said = {
        "brute force, tiny": compared([tiny(seed) for seed in seeds], by_brute_force),
        "proven by HiGHS": compared([_random(seed) for seed in seeds], lambda shop: in_highs(shop, 60.0)["value"]),
    }
    heads = ["", "shops", "optimum met", "without a plan", "furthest", "largest gap", "wrong"]
    rows = [
        [
            name,
            f"{each['shops']}",
            f"{each['met']}",
            f"{each['none']}",
            f"{each['worst']:.2%}",
            f"{each['gap']:.2%}",
            f"{len(each['wrong'])}",
        ]
        for name, each in said.items()
    ]
    print(record.table(heads, rows))
    seen = set()
    for seed in ("0", "1", "77"):
        command = [sys.executable, "-m", "benchmarks.orders.agree", "--prints", "--seed", str(options.seed)]
        told = subprocess.run(
            command, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        seen |= set(json.loads(told.stdout))
    print(f"{family}, {size} orders, rows, threads and hashes in other orders: {len(seen)} plan(s)")
    if len(seen) > 1 or any(each["wrong"] for each in said.values()):
        raise SystemExit(json.dumps(said, indent=1))


def _random(seed: int) -> Shop:
    """Return a shop of a dozen orders or so of some family."""
    names = sorted(FAMILIES)
    return FAMILIES[names[seed % len(names)]](6 + seed % 9, seed)


if __name__ == "__main__":
    main()
