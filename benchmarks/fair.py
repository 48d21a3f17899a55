"""Fair shares in whole units against enumeration: one article, with and without capacity and weights.

    python -m benchmarks.fair [--cases 200] [--seed 0]

Every split of the units is looked at, by the condition that no set of channels gets more than the nodes it can reach
give; the plan has to have the lexicographically largest levels and to be called optimal. Prints what disagrees, and how
many were right.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys

import pandas as pd

import allocopt as ao

Split = tuple[int, ...]


def main(arguments: list[str] | None = None) -> int:
    """Compare as many cases as asked for; return 1 if any is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    rng = random.Random(asked.seed)
    right = sum(agrees(rng) for _ in range(asked.cases))
    print(f"{right} of {asked.cases} fair shares are the lexicographic best, and said to be optimal")
    return int(right < asked.cases)


def agrees(rng: random.Random) -> bool:
    """Return whether a random case is shared as enumeration says."""
    channels = [f"c{number}" for number in range(rng.randint(2, 4))]
    nodes = [f"n{number}" for number in range(rng.randint(1, 3))]
    wanted = [rng.randint(1, 11) for _ in channels]
    stock = {node: rng.randint(0, 12) for node in nodes}
    limit = {node: rng.randint(0, 9) for node in nodes if rng.random() < 0.5}
    ways = [[node for node in nodes if rng.random() < 0.7] or nodes[:1] for _ in channels]
    kind = rng.choice(["fill", "units", "line", "stage"])
    drawn = [float(rng.randint(1, 6)) for _ in channels]
    weights = {"fill": [float(units) for units in wanted], "units": [1.0] * len(channels)}.get(kind, drawn)
    demand = pd.DataFrame({"sku": "A", "channel": channels, "period": 0, "units": wanted, "price": 10.0})
    problem = ao.Problem(
        skus=pd.DataFrame({"sku": ["A"]}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": channels}),
        supply=pd.DataFrame({"sku": "A", "node": nodes, "kind": "on_hand", "units": list(stock.values())}),
        demand=demand.assign(weight=drawn) if kind == "line" else demand,
        lanes=pd.DataFrame([(node, c) for c, some in zip(channels, ways, strict=True) for node in some], columns=LANE),
        capacity=pd.DataFrame([(node, 0, most) for node, most in limit.items()], columns=CAPACITY),
    )
    stage = ao.MaxMinFill(
        measure="units" if kind == "units" else "fill",
        per=rng.choice(["sku", "channel"]),
        weights=dict(zip(channels, drawn, strict=True)) if kind == "stage" else None,
    )
    plan = ao.allocate(problem, ao.Contract("Fair", stages=[stage]))
    given = dict(zip(plan.channels["channel"], plan.channels["units"], strict=True))
    found = tuple(int(given[channel]) for channel in channels)
    ready = {node: min(units, limit.get(node, units)) for node, units in stock.items()}
    best = max(levels(split, weights) for split in splits(wanted, ways, ready))
    if plan.status == "optimal" and levels(found, weights) == best:
        return True
    case = f"{wanted} of {stock} through {limit} over {ways} by {weights}"
    print(f"{kind}: {case}: {found}, {plan.status}", file=sys.stderr)
    return False


LANE = ["node", "channel"]
CAPACITY = ["node", "period", "limit"]


def levels(split: Split, weights: list[float]) -> list[float]:
    """Return the levels of a split, the least one first."""
    return sorted(round(units / weight, 9) for units, weight in zip(split, weights, strict=True))


def splits(wanted: list[int], ways: list[list[str]], ready: dict[str, int]) -> list[Split]:
    """Return every split that nodes can serve: no set of channels gets more than what it can reach."""
    sets = [s for size in range(1, len(wanted) + 1) for s in itertools.combinations(range(len(wanted)), size)]
    most = {some: sum(ready[node] for node in {n for k in some for n in ways[k]}) for some in sets}
    return [
        split
        for split in itertools.product(*(range(units + 1) for units in wanted))
        if all(sum(split[k] for k in some) <= limit for some, limit in most.items())
    ]


if __name__ == "__main__":
    raise SystemExit(main())
