"""Write the tables of the backlog pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in USD, a period is a working day, day 0 is Monday, 2 November 2026. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20261102
DAYS = 10
ARTICLES = (
    ("kettlebell-8kg", 39.9, 0.42, 9, "L"),
    ("kettlebell-16kg", 69.9, 0.44, 7, "L"),
    ("dumbbells-adjustable", 249.0, 0.50, 3, "L"),
    ("bench-folding", 149.0, 0.48, 4, "L"),
    ("pull-up-bar", 44.9, 0.40, 8, "M"),
    ("mat-6mm", 29.9, 0.33, 22, "M"),
    ("mat-10mm", 39.9, 0.34, 14, "M"),
    ("foam-roller", 24.9, 0.31, 16, "M"),
    ("bands-loop-5", 19.9, 0.25, 30, "S"),
    ("bands-tube-set", 34.9, 0.28, 17, "S"),
    ("jump-rope-speed", 17.9, 0.26, 24, "S"),
    ("gloves-lifting", 22.9, 0.30, 13, "S"),
    ("belt-lifting", 36.9, 0.34, 8, "S"),
    ("shaker-700ml", 12.9, 0.27, 28, "S"),
    ("bottle-steel-1l", 27.9, 0.33, 19, "S"),
    ("massage-gun", 119.0, 0.45, 9, "S"),
)
"""SKU, list price [USD], goods cost as a share of it, usual sales of web shop and marketplace [unit/day], size."""
MINUTES = {"S": (2, 1), "M": (4, 2), "L": (8, 4)}
"""Minutes that the 3PL needs for a unit as a parcel, and as part of a pallet."""
MINUTES_PER_DAY = 640
OWN_UNITS = 70
"""Units that the own warehouse can send in a day; it has no shift of its own."""
STUDIOS = ("Ironworks", "Pulse-Fitness", "Northside-Gym", "Flex-Loft", "Bear-Box", "Harbor-Yoga", "Summit-Club")
COLUMNS = {
    "skus": "sku unit_cost",
    "nodes": "node kind holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence reference",
    "demand": "sku channel period units price order line firm sd arrived priority max_late late_cost lost_cost "
    "all_or_none",
    "lanes": "node channel cost lead sku",
    "capacity": "node period limit resource",
    "workloads": "resource workload sku channel",
    "periods": "period start end",
}
"""The columns of each table, in the order in which they are written."""
PATIENCE = {"dtc": (4, 0.9, 7.0), "market": (2, 2.5, 11.0)}
"""Days that customers wait, what a day costs [USD/unit], and what an order costs that they cancel [USD/unit]."""


def consumer_lines(rng: np.random.Generator) -> list[Row]:
    """Return what waits on Monday, order by order, and what is expected to come in on each day."""
    rows: list[Row] = []
    for channel, prefix in (("dtc", "D"), ("market", "M")):
        days, cost, lost = PATIENCE[channel]
        waiting = {"max_late": days, "late_cost": cost, "lost_cost": lost}
        for number in range(190 if channel == "dtc" else 130):
            sku, price, *_ = ARTICLES[_drawn(rng)]
            rows.append(
                {
                    "sku": sku,
                    "channel": channel,
                    "period": 0,
                    "units": 1 + int(rng.integers(0, 2 if price > 60 else 3)),
                    "price": price,
                    "order": f"{prefix}-{52000 + number}",
                    "firm": True,
                    "arrived": round(-3 + number / (64 if channel == "dtc" else 44), 2),
                    "priority": 1,
                    **waiting,
                }
            )
        for sku, price, _, volume, _ in ARTICLES:
            for day in range(DAYS):
                units = max(1, round(volume * (0.55 if channel == "dtc" else 0.45) * rng.lognormal(0, 0.2)))
                late = min(days, DAYS - 1 - day)
                rows.append(
                    {
                        "sku": sku,
                        "channel": channel,
                        "period": day,
                        "units": units,
                        "price": price,
                        "sd": round(0.35 * units, 1),
                        "arrived": day + (0.3 if channel == "market" else 0.5),
                        "priority": 2,
                        **(waiting | {"max_late": late, "late_cost": cost if late else 0}),
                    }
                )
    return rows


def _drawn(rng: np.random.Generator) -> int:
    """Return the position of an article, the more it sells the more often."""
    volume = np.array([article[3] for article in ARTICLES], dtype=float)
    return int(rng.choice(len(ARTICLES), p=volume / volume.sum()))


def studio_orders(rng: np.random.Generator) -> list[Row]:
    """Return the orders of gyms and studios: pallets that go out complete or not at all."""
    rows: list[Row] = []
    for number in range(28):
        due, studio = (0, 0, 1, 2, 3, 4, 5, 6, 7)[number % 9], STUDIOS[number % len(STUDIOS)]
        chosen = np.sort(rng.choice(len(ARTICLES), int(rng.integers(3, 6)), replace=False))
        late = min(5, DAYS - 1 - due)
        for line, article in enumerate(chosen, start=1):
            sku, price, _, _, size = ARTICLES[article]
            rows.append(
                {
                    "sku": sku,
                    "channel": "gyms",
                    "period": due,
                    "units": int(rng.integers(4, 10) if size == "L" else rng.integers(8, 24)),
                    "price": round(price * 0.78, 2),
                    "order": f"G-{880 + number}-{studio}",
                    "line": line,
                    "firm": True,
                    "arrived": round(-5 + number / 5, 2),
                    "priority": 2,
                    "max_late": late,
                    "late_cost": round(0.008 * price, 2),
                    "lost_cost": round(0.05 * price, 2),
                    "all_or_none": True,
                }
            )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return the stock: there is enough of nearly everything, most of it behind the 3PL's doors."""
    wanted = dict.fromkeys((article[0] for article in ARTICLES), 0)
    for row in demand:
        wanted[str(row["sku"])] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, units in wanted.items():
        cover = rng.uniform(0.9, 1.25)
        rows.append({"sku": sku, "node": "Columbus-3PL", "kind": "on_hand", "units": round(units * cover * 0.78)})
        rows.append({"sku": sku, "node": "Own-Dayton", "kind": "on_hand", "units": round(units * cover * 0.14)})
        facts: Row = {"available": 5, "confidence": 0.9, "reference": "PO-3391"}
        rows.append({"sku": sku, "node": "Columbus-3PL", "kind": "inbound", "units": round(units * 0.1), **facts})
    return rows


def fixed_tables() -> dict[str, list[Row]]:
    """Return the tables in which nothing is drawn."""
    channels = (
        ("dtc", "dtc", 0.11, 0.3, 4200, 0.05, 5, 0.7, "Head of E-Commerce"),
        ("market", "marketplace", 0.15, 0.3, 1900, 0.05, 5, 0.6, "Head of Marketplaces"),
        ("gyms", "wholesale", 0.03, 0, 2600, 0.01, 8, 0.9, "Head of B2B"),
    )
    lanes: list[Row] = [
        {"node": node, "channel": channel, "cost": cost, "lead": 0}
        for node, channel, cost in (
            ("Columbus-3PL", "dtc", 6.2),
            ("Columbus-3PL", "market", 6.2),
            ("Columbus-3PL", "gyms", 2.4),
            ("Own-Dayton", "dtc", 7.4),
            ("Own-Dayton", "market", 7.4),
        )
    ]
    for sku, *_, size in ARTICLES:
        if size == "L":
            lanes += [
                {"node": node, "channel": channel, "cost": 14.5, "lead": 0, "sku": sku}
                for node in ("Columbus-3PL", "Own-Dayton")
                for channel in ("dtc", "market")
            ]
    work: list[Row] = []
    for sku, *_, size in ARTICLES:
        work.append({"resource": "minutes", "workload": MINUTES[size][0], "sku": sku})
        work.append({"resource": "minutes", "workload": MINUTES[size][1], "sku": sku, "channel": "gyms"})
    limits = [("Columbus-3PL", day, MINUTES_PER_DAY, "minutes") for day in range(DAYS)]
    limits += [("Own-Dayton", day, OWN_UNITS, "units") for day in range(DAYS)]
    return {
        "skus": [{"sku": sku, "unit_cost": round(price * cost, 2)} for sku, price, cost, _, _ in ARTICLES],
        "nodes": stated(COLUMNS["nodes"], (("Columbus-3PL", "3pl", 0.01), ("Own-Dayton", "dc", 0.01))),
        "channels": stated(COLUMNS["channels"], channels),
        "lanes": lanes,
        "capacity": stated(COLUMNS["capacity"], limits),
        "workloads": work,
        "periods": [_day(day) for day in range(DAYS)],
    }


def _day(day: int) -> Row:
    """Return one working day; the weekend belongs to the Friday before."""
    start = dt.date(2026, 11, 2) + dt.timedelta(days=day + 2 * (day // 5))
    return {"period": day, "start": start, "end": start + dt.timedelta(days=2 if day % 5 == 4 else 0)}


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    demand = consumer_lines(rng) + studio_orders(rng)
    write(HERE, COLUMNS, {"supply": supply_lots(rng, demand), "demand": demand, **fixed_tables()})


if __name__ == "__main__":
    main()
