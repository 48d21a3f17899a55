"""Write the tables of the surge pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in EUR, a period is a day, day 0 is Friday, 27 November 2026. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20261127
DAYS = 4
ARTICLES = (
    ("kettle", 49.9, 0.52, 9),
    ("toaster", 44.9, 0.51, 8),
    ("grinder", 89.0, 0.48, 5),
    ("scale", 24.9, 0.42, 10),
    ("knife-set", 79.0, 0.45, 5),
    ("pan-28", 54.9, 0.47, 7),
    ("pot-set", 119.0, 0.50, 3),
    ("board-oak", 34.9, 0.40, 8),
    ("mug-4", 29.9, 0.38, 12),
    ("towel-3", 17.9, 0.35, 12),
    ("carafe", 39.9, 0.41, 6),
    ("timer", 14.9, 0.36, 9),
)
"""SKU, list price [EUR], goods cost as a share of it, how often it is ordered."""
AT_3PL = ("kettle", "toaster", "scale", "pan-28", "mug-4", "towel-3", "timer")
"""What the 3PL holds as well; the DC holds everything, and the two stores a little of it."""
NODES = (("DC", "dc", 0), ("Store-North", "store", 1), ("Store-South", "store", 1), ("3PL", "3pl", 0))
FIRST = {"market": 7000, "web": 3100, "trade": 410}
"""The number of each channel's first order."""
PARCEL = 3.0
"""What a parcel costs [EUR], whatever is in it; a pallet for trade has its own price by the unit."""
COLUMNS = {
    "skus": "sku unit_cost",
    "nodes": "node kind store_floor",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence reference",
    "demand": "sku channel period units price region order line firm arrived priority max_late late_cost lost_cost "
    "all_or_none ship_together max_parcels",
    "lanes": "node channel region cost lead parcel_cost",
    "capacity": "node period limit resource",
    "workloads": "resource workload channel per",
    "periods": "period start end",
}
"""The columns of each table, in the order in which they are written."""


def orders_of(rng: np.random.Generator, channel: str, number: int) -> list[Row]:
    """Return the lines of one order."""
    volume = np.array([article[3] for article in ARTICLES], dtype=float)
    most = {"market": (1, 1, 1, 2), "web": (1, 2, 3, 4), "trade": (3, 4, 5, 5)}[channel]
    lines = most[int(rng.integers(0, 4))]
    chosen = np.sort(rng.choice(len(ARTICLES), lines, replace=False, p=volume / volume.sum()))
    due = {"market": 0, "web": int(rng.integers(0, 2)), "trade": int(rng.integers(1, 3))}[channel]
    arrived = {
        "market": round(-0.45 + 0.4 * number / 34, 3),
        "web": round(due - 0.04 + 0.9 * float(rng.random()), 3),
        "trade": round(-2 + number / 8, 3),
    }[channel]
    region = ("north", "south")[int(rng.integers(0, 2))]
    terms: Row = {
        "market": {"lost_cost": 2.5, "max_parcels": 1},
        "web": {"lost_cost": 1.5},
        "trade": {"max_late": 1, "late_cost": 0.2, "lost_cost": 1, "ship_together": True},
    }[channel]
    rows: list[Row] = []
    for line, article in enumerate(chosen, start=1):
        sku, price, *_ = ARTICLES[article]
        units = {
            "market": int(rng.integers(1, 4)),
            "web": int(rng.integers(1, 3)),
            "trade": int(rng.integers(2, 7)),
        }[channel]
        rows.append(
            {
                "sku": sku,
                "channel": channel,
                "period": due,
                "units": units,
                "price": round(price * {"market": 0.96, "web": 1.0, "trade": 0.8}[channel], 2),
                "region": "" if channel == "trade" else region,
                "order": f"{channel[0].upper()}-{FIRST[channel] + number}",
                "line": line,
                "firm": True,
                "arrived": arrived,
                "priority": {"market": 2, "web": 1, "trade": 3}[channel],
                **terms,
            }
        )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return the stock: about four units for five that are wanted, on four shelves, and a lorry on Sunday."""
    wanted = dict.fromkeys((article[0] for article in ARTICLES), 0)
    for row in demand:
        wanted[str(row["sku"])] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, units in wanted.items():
        total = units * rng.uniform(0.65, 0.95)
        shares = {"DC": 0.5, "3PL": 0.35, "Store-North": 0.1, "Store-South": 0.1}
        for node, share in shares.items():
            if node != "3PL" or sku in AT_3PL:
                held = max(2, round(total * share)) if node.startswith("Store") else round(total * share)
                rows.append({"sku": sku, "node": node, "kind": "on_hand", "units": held})
        facts: Row = {"available": 2, "confidence": 0.9, "reference": "PO-8812"}
        rows.append({"sku": sku, "node": "DC", "kind": "inbound", "units": max(1, round(units * 0.12)), **facts})
    return rows


def lanes() -> list[Row]:
    """Return the lanes: what a unit costs from each node to each region; stores send to their own region only."""
    cost = {
        ("DC", "north"): 1.3,
        ("DC", "south"): 1.0,
        ("3PL", "north"): 0.7,
        ("3PL", "south"): 1.1,
        ("Store-North", "north"): 1.6,
        ("Store-South", "south"): 1.6,
    }
    rows: list[Row] = [
        {"node": node, "channel": channel, "region": region, "cost": each, "lead": 0, "parcel_cost": PARCEL}
        for (node, region), each in cost.items()
        for channel in ("market", "web")
    ]
    return [*rows, {"node": "DC", "channel": "trade", "cost": 0.6, "lead": 0, "parcel_cost": 0}]


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    sizes = {"market": 34, "web": 26, "trade": 6}
    demand = [
        row for channel, size in sizes.items() for number in range(size) for row in orders_of(rng, channel, number)
    ]
    channels = (
        ("market", "marketplace", 0.15, 0.3, 400, 0.05, 4, 0.7, "Head of Marketplaces"),
        ("web", "dtc", 0.03, 0.2, 900, 0.06, 4, 0.7, "Head of E-Commerce"),
        ("trade", "wholesale", 0, 0, 300, 0, 0, 1, "Head of Sales"),
    )
    limits = [("3PL", day, 16, "packing") for day in range(DAYS)]
    work = (("packing", 1, "", "parcel"),)
    days = [dt.date(2026, 11, 27) + dt.timedelta(days=day) for day in range(DAYS)]
    tables = {
        "skus": [{"sku": sku, "unit_cost": round(price * cost, 2)} for sku, price, cost, _ in ARTICLES],
        "nodes": stated(COLUMNS["nodes"], NODES),
        "channels": stated(COLUMNS["channels"], channels),
        "supply": supply_lots(rng, demand),
        "demand": demand,
        "lanes": lanes(),
        "capacity": stated(COLUMNS["capacity"], limits),
        "workloads": stated(COLUMNS["workloads"], work),
        "periods": [{"period": day, "start": start, "end": start} for day, start in enumerate(days)],
    }
    write(HERE, COLUMNS, tables)


if __name__ == "__main__":
    main()
