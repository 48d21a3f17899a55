"""Channels that cost something once they are kept: whole units against divisible ones, at the same worth.

``python -m benchmarks.orders.facility [--nodes 50] [--channels 50] [--seeds 10] [--limit 60] [--out FOLDER]``

The shape of facility location: every node holds stock that any channel may have, at what the way costs; every channel
may be given up, with its fixed cost. With these decisions taken the rest is a transport problem, whose vertices are
whole: so whole units should cost little more time than divisible ones. Results go to ``benchmarks/results/facility.md``
and ``.json``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import record

GAP = 1e-7
PRICE, FIXED, SIZE = 50.0, 4_000.0, 1_000


def problem(nodes: int, channels: int, seed: int, *, divisible: bool) -> Any:
    """Return nodes that hold stock and channels that want more than there is, at places drawn on a map."""
    import pandas as pd

    import allocopt as ao

    draw = np.random.default_rng(seed)
    at, home = draw.uniform(0, 100, (nodes, 2)), draw.uniform(0, 100, (channels, 2))
    way = np.round(np.hypot(*(at[:, None] - home[None]).transpose(2, 0, 1)) / 2, 2)
    node, channel = [f"k{number:02}" for number in range(nodes)], named(channels)
    units = draw.integers(20, 400, nodes)
    lanes = pd.DataFrame({"node": np.repeat(node, channels), "channel": np.tile(channel, nodes), "cost": way.ravel()})
    return ao.Problem(
        skus=pd.DataFrame({"sku": ["S"], "divisible": [divisible]}),
        nodes=pd.DataFrame({"node": node}),
        channels=pd.DataFrame({"channel": channel, "fixed_cost": FIXED}),
        supply=pd.DataFrame({"sku": "S", "node": node, "kind": "on_hand", "units": units}),
        demand=pd.DataFrame({"sku": "S", "channel": channel, "period": 0, "units": SIZE, "price": PRICE}),
        lanes=lanes,
    )


def named(channels: int) -> list[str]:
    """Return the names of so many channels."""
    return [f"d{number:02}" for number in range(channels)]


def timed(nodes: int, channels: int, seed: int, limit: float) -> dict[str, Any]:
    """Return worth, status and CPU seconds of one shape in divisible and in whole units."""
    import allocopt as ao

    contract = ao.Contract("Which channels", clauses=[ao.KeepOrRetire(name) for name in named(channels)])
    found: dict[str, Any] = {"seed": seed}
    for kind in ("divisible", "whole"):
        given = problem(nodes, channels, seed, divisible=kind == "divisible")
        begun = time.process_time()
        plan = ao.allocate(given, contract, gap=GAP, time_limit=limit)
        found[kind] = {"seconds": time.process_time() - begun, "status": plan.status, "worth": plan.objective}
    return found


def main() -> None:
    """Time all shapes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders.facility", description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, default=50)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of each call")
    parser.add_argument("--out", type=Path, default=record.RESULTS, help="folder of the results")
    options = parser.parse_args()
    shape = (options.nodes, options.channels)
    timed(4, 4, 0, options.limit)
    runs = [timed(*shape, seed, options.limit) for seed in range(options.seeds)]
    kinds = ("divisible", "whole")
    rows = [
        [f"{run['seed']}"]
        + [record.figure(run[kind][key], 2) for kind in kinds for key in ("worth", "seconds")]
        + [" / ".join(run[kind]["status"] for kind in kinds)]
        for run in runs
    ]
    sums = [sum(run[kind]["seconds"] for run in runs) for kind in kinds]
    rows.append(["all", "", record.figure(sums[0], 2), "", record.figure(sums[1], 2), f"{sums[1] / sums[0]:.2f} times"])
    heads = ["seed", "divisible", "CPU seconds", "whole units", "CPU seconds", "ended as"]
    text = record.table(heads, rows)
    print(text)
    title = f"Channels kept or given up: {options.nodes} nodes, {options.channels} channels"
    content = {"command": record.command("orders.facility"), "machine": record.machine(), "seed": 0, "runs": runs}
    record.kept(options.out, "facility", title, text, content)


if __name__ == "__main__":
    main()
