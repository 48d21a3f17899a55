"""Write the tables of the launch pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in USD, a period is a week, week 0 starts on 13 September 2027. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20270913
WEEKS = 10
MODELS = (
    ("aria", 129, 0.41, 420),
    ("aria-pro", 199, 0.42, 310),
    ("aria-sport", 149, 0.40, 260),
    ("aria-kids", 79, 0.38, 240),
)
"""Model, list price [USD], goods cost as a share of it, usual sales of all colours without retailers [unit/week]."""
COLOURS = {"black": 0.42, "sand": 0.25, "mint": 0.18, "coral": 0.15}
SHARES = {"dtc": 0.44, "amazon": 0.38, "walmart": 0.18}
CURVE = {
    "dtc": (1.5, 1.3, 1.1, 1.0, 0.95, 0.95, 1.0, 1.0, 1.05, 1.1),
    "amazon": (0.9, 1.3, 1.5, 1.4, 1.2, 1.1, 1.0, 1.0, 1.05, 1.2),
    "walmart": (0.5, 0.8, 1.0, 1.1, 1.1, 1.1, 1.0, 1.0, 1.1, 1.3),
}
"""Who hears of the launch buys in the web shop first; the marketplaces follow when the reviews are out."""
PRICE = {"dtc": 1.0, "amazon": 1.0, "walmart": 0.97}
SPREAD = {"dtc": 0.40, "amazon": 0.45, "walmart": 0.50}
"""Standard deviation of a forecast as a share of it: nobody has sold this before [1]."""
WAVES = (("AIR-01", 0, 1.0, 0.19), ("SEA-01", 3, 0.95, 0.32), ("SEA-02", 6, 0.80, 0.30))
"""Reference, week of arrival, confidence, usable units as a share of all demand."""
RETAILERS = ("Sound-and-Co", "Volt-City", "Campus-Stores", "Aero-Shops")
COLUMNS = {
    "skus": "sku unit_cost pack map_price",
    "nodes": "node kind holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence reference",
    "demand": "sku channel period units price order line firm sd arrived priority pack max_late late_cost lost_cost",
    "lanes": "node channel cost lead",
}
"""The columns of each table, in the order in which they are written."""


def articles() -> list[tuple[str, int, float, float]]:
    """Return every model in every colour: SKU, list price, unit cost, usual sales a week."""
    return [
        (f"{model}-{colour}", price, round(price * cost, 2), volume * part)
        for model, price, cost, volume in MODELS
        for colour, part in COLOURS.items()
    ]


def forecasts(rng: np.random.Generator) -> list[Row]:
    """Return the forecasts of web shop and marketplaces, and what the web shop has taken as preorders."""
    rows: list[Row] = []
    for sku, price, _, volume in articles():
        for channel, share in SHARES.items():
            for week, factor in enumerate(CURVE[channel]):
                units = max(1, round(volume * share * factor * rng.lognormal(0, 0.12)))
                rows.append(
                    {
                        "sku": sku,
                        "channel": channel,
                        "period": week,
                        "units": units,
                        "price": round(price * PRICE[channel], 2),
                        "sd": round(SPREAD[channel] * units, 1),
                        "arrived": week + {"amazon": 0.1, "walmart": 0.2, "dtc": 0.4}[channel],
                        "priority": 2,
                        "lost_cost": 4.0 if channel == "dtc" else 0,
                    }
                )
        rows.append(
            {
                "sku": sku,
                "channel": "dtc",
                "period": 0,
                "units": round(volume * rng.uniform(0.35, 0.6)),
                "price": round(price * 0.9, 2),
                "line": "preorder",
                "firm": True,
                "arrived": -1.0,
                "priority": 1,
                "max_late": 3,
                "late_cost": 2.0,
                "lost_cost": 20.0,
            }
        )
    return rows


def retailer_orders(rng: np.random.Generator) -> list[Row]:
    """Return the retailers' first orders and their reorders: firm, up to two weeks late."""
    rows: list[Row] = []
    goods = articles()
    for number in range(12):
        week, retailer = (1, 4, 7)[number // 4], RETAILERS[number % 4]
        chosen = np.sort(rng.choice(len(goods), int(rng.integers(5, 9)), replace=False))
        for line, article in enumerate(chosen, start=1):
            sku, price, _, volume = goods[article]
            rows.append(
                {
                    "sku": sku,
                    "channel": "retailers",
                    "period": week,
                    "units": 6 * max(2, round(volume * rng.uniform(0.35, 0.8) / 6)),
                    "price": round(price * 0.66, 2),
                    "order": f"L-{201 + number}-{retailer}",
                    "line": line,
                    "firm": True,
                    "arrived": round(-3 + number / 6, 2),
                    "priority": 2,
                    "pack": 1,
                    "max_late": 2,
                    "late_cost": round(price * 0.01, 2),
                    "lost_cost": round(price * 0.06, 2),
                }
            )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return the three waves: what flew in, and what is on two ships."""
    wanted = {sku: 0 for sku, *_ in articles()}
    for row in demand:
        wanted[str(row["sku"])] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, units in wanted.items():
        luck = rng.uniform(0.85, 1.15)
        for reference, week, confidence, share in WAVES:
            rows.append(
                {
                    "sku": sku,
                    "node": "Louisville",
                    "kind": "inbound",
                    "units": round(units * share * luck / confidence),
                    "available": week,
                    "confidence": confidence,
                    "reference": reference,
                }
            )
    return rows


def fixed_tables() -> dict[str, list[Row]]:
    """Return the tables in which nothing is drawn."""
    channels = (
        ("dtc", "dtc", 0.21, 0.3, 52000, 0.11, 6, 0.7, "Head of Brand"),
        ("amazon", "marketplace", 0.15, 0.4, 24000, 0.07, 5, 0.6, "Head of Marketplaces"),
        ("walmart", "marketplace", 0.15, 0.4, 15000, 0.08, 5, 0.6, "Head of Marketplaces"),
        ("retailers", "wholesale", 0.02, 0, 20000, 0.01, 4, 0.9, "Head of Sales"),
    )
    lanes = (("dtc", 6.6), ("amazon", 6.1), ("walmart", 6.3), ("retailers", 1.2))
    floor = {sku: round(price * 0.85, 2) for sku, price, *_ in articles()}
    return {
        "skus": stated(COLUMNS["skus"], ((sku, cost, 6, floor[sku]) for sku, _, cost, _ in articles())),
        "nodes": stated(COLUMNS["nodes"], (("Louisville", "dc", 0.05),)),
        "channels": stated(COLUMNS["channels"], channels),
        "lanes": stated(COLUMNS["lanes"], (("Louisville", channel, cost, 0) for channel, cost in lanes)),
    }


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    demand = forecasts(rng) + retailer_orders(rng)
    write(HERE, COLUMNS, {"supply": supply_lots(rng, demand), "demand": demand, **fixed_tables()})


if __name__ == "__main__":
    main()
