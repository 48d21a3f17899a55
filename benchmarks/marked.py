"""What features of orders and lots cost: `python -m benchmarks.marked --orders 3000`.

A shop of so many orders, with four nodes and stock for half of what is wanted, is solved without any of them, and then
with each on a tenth of its lines (or lots). Seconds are of the processor; the ratio is to the shop without features.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import allocopt as ao

Row = dict[str, Any]
Tables = dict[str, list[Row]]
TENTH = 10


def shop(orders: int) -> Tables:
    """Return the tables of a shop: orders of one to four lines, and stock for half of them on four nodes."""
    random = np.random.default_rng(0)
    skus = [f"S{number}" for number in range(max(4, orders // 5))]
    demand = [
        {
            "sku": sku,
            "channel": "web",
            "period": 0,
            "units": int(random.integers(1, 6)),
            "price": round(float(random.uniform(5, 50)), 2),
            "order": f"o{order}",
            "max_late": 1,
            "late_cost": 0.25,
        }
        for order in range(orders)
        for sku in random.choice(skus, int(random.integers(1, 5)), replace=False).tolist()
    ]
    wanted: dict[str, int] = dict.fromkeys(skus, 0)
    for line in demand:
        wanted[str(line["sku"])] += int(line["units"])
    nodes = [f"N{number}" for number in range(4)]
    supply = [
        {"sku": sku, "node": node, "kind": "on_hand", "units": wanted[sku] // 8, "expires": 3, "reference": node}
        for sku in skus
        for node in nodes
    ]
    return {
        "skus": [{"sku": sku} for sku in skus],
        "nodes": [{"node": node} for node in nodes],
        "channels": [{"channel": "web"}],
        "supply": supply,
        "demand": demand,
        "lanes": [{"node": node, "channel": "web", "cost": 0.5 + number} for number, node in enumerate(nodes)],
    }


def _lines(**facts: Any) -> Callable[[Tables], None]:
    """Return what puts facts on every tenth order."""

    def put(tables: Tables) -> None:
        for line in tables["demand"]:
            if int(line["order"][1:]) % TENTH == 0:
                line.update(facts)

    return put


def _parcels(tables: Tables) -> None:
    """Let every tenth order go over lanes of its own, on which a parcel costs 5.00."""
    tables["lanes"] += [lane | {"region": "paid", "parcel_cost": 5.0} for lane in tables["lanes"]]
    _lines(region="paid")(tables)


def _work(tables: Tables) -> None:
    """Let parcels of every tenth order take of what a node can label in a period."""
    tables["channels"].append({"channel": "labelled"})
    tables["lanes"] += [lane | {"channel": "labelled"} for lane in tables["lanes"]]
    _lines(channel="labelled")(tables)
    limit = len({line["order"] for line in tables["demand"]}) // 80
    tables["capacity"] = [
        {"node": node["node"], "period": period, "limit": limit, "resource": "labels"}
        for node in tables["nodes"]
        for period in (0, 1)
    ]
    tables["workloads"] = [{"resource": "labels", "workload": 1, "channel": "labelled", "per": "parcel"}]


def _cases(tables: Tables) -> None:
    """Put every tenth lot into cases of three."""
    for lot in tables["supply"][::TENTH]:
        lot["pack"] = 3


FEATURES: dict[str, Callable[[Tables], None]] = {
    "without": lambda tables: None,
    "min_life": _lines(min_life=3),
    "reference": _lines(reference="N1"),
    "sealed cases": _cases,
    "ship_together": _lines(ship_together=True),
    "max_parcels": _lines(max_parcels=1),
    "parcel_cost": _parcels,
    "work per parcel": _work,
}


def main() -> None:
    """Solve the shop with each feature, and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=3000)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds of a call")
    asked = parser.parse_args()
    ao.allocate(ao.Problem.from_dict(shop(asked.orders) | {"horizon": 2}))  # what is loaded once
    print(f"{'feature':<16}{'arcs':>8}{'columns':>9}{'CPU s':>8}{'ratio':>7}{'gap':>10}  method")
    first = None
    for name, put in FEATURES.items():
        tables = shop(asked.orders)
        put(tables)
        problem = ao.Problem.from_dict(tables | {"horizon": 2})
        begin = time.process_time()
        plan = ao.allocate(problem, time_limit=asked.limit)
        spent = time.process_time() - begin
        first = spent if first is None else first
        assert plan.answer is not None
        assert plan.certificate is not None
        told = f"{len(plan.answer.arcs):>8}{plan.answer.program.columns:>9}{spent:>8.2f}{spent / first:>7.1f}"
        print(f"{name:<16}{told}{plan.certificate.gap:>10.1e}  {plan.method}", flush=True)


if __name__ == "__main__":
    main()
