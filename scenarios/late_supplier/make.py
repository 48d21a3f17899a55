"""Write the tables of the late supplier pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in EUR, a period is a week, week 0 starts on 1 March 2027. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20270301
WEEKS = 8
ARTICLES = (
    ("battery-400", 389, 0.60, 26),
    ("battery-500", 469, 0.61, 34),
    ("battery-625", 559, 0.62, 22),
    ("battery-750", 679, 0.63, 12),
    ("charger-2a", 89, 0.45, 41),
    ("charger-4a", 119, 0.46, 53),
    ("charger-6a", 149, 0.47, 24),
    ("display-basic", 79, 0.42, 38),
    ("display-colour", 169, 0.45, 29),
    ("remote-bar", 45, 0.38, 47),
    ("motor-rear", 429, 0.59, 9),
    ("motor-mid", 649, 0.60, 7),
    ("controller-36v", 139, 0.50, 21),
    ("controller-48v", 159, 0.50, 17),
    ("torque-sensor", 99, 0.44, 19),
    ("speed-sensor", 29, 0.33, 64),
    ("harness-main", 39, 0.35, 44),
    ("lock-battery", 35, 0.36, 33),
)
"""SKU, list price [EUR], goods cost as a share of it, usual sales of web shop and Amazon together [unit/week]."""
FROM_VELTRA = ("battery-400", "battery-500", "battery-625", "battery-750", "charger-4a", "controller-36v")
FROM_VELTRA += ("controller-48v", "motor-rear", "motor-mid")
"""Articles of which the supplier in trouble makes all; the others come from a sure one."""
SHARES = {"dtc": 0.55, "amazon": 0.45, "workshops": 0.50}
"""Sales of each channel as a share of the usual ones; the workshops come on top [1]."""
SEASON = {
    "dtc": (0.8, 0.85, 0.9, 1.0, 1.1, 1.15, 1.2, 1.2),
    "amazon": (1.6, 1.5, 1.3, 1.0, 0.8, 0.6, 0.5, 0.5),
    "workshops": (0.3, 0.4, 0.6, 1.0, 1.4, 1.6, 1.7, 1.5),
}
"""Amazon buys early, the workshops when the season begins and bicycles come in for repair."""
PRICE = {"dtc": 1.0, "amazon": 0.97, "workshops": 0.86}
"""Price of each channel as a share of the list price [1]."""
LOST = {"dtc": 0.02, "amazon": 0.0, "workshops": 0.4}
"""What a lost unit costs as a share of the list price [1]: a bicycle that stands, a repair contract at risk."""
ON_HAND = (0.38, 0.46)
"""Stock on hand as a share of demand, least and most [1]."""
ORDERS = {"VEL-318": (4, 0.42), "VEL-322": (6, 0.16)}
"""The orders at the supplier in trouble: week of arrival, units as a share of demand [1]."""
CONFIDENCE = 0.5
COLUMNS = {
    "skus": "sku unit_cost",
    "nodes": "node kind holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence reference",
    "demand": "sku channel period units price sd arrived priority max_late late_cost lost_cost",
    "lanes": "node channel cost lead",
}
"""The columns of each table, in the order in which they are written."""


def forecasts(rng: np.random.Generator) -> list[Row]:
    """Return what each channel expects to sell in each week; the workshops wait a week, the others do not."""
    rows: list[Row] = []
    for sku, price, _, volume in ARTICLES:
        for channel, share in SHARES.items():
            for week, season in enumerate(SEASON[channel]):
                units = max(1, round(volume * share * season * rng.lognormal(0, 0.12)))
                waits = channel == "workshops" and week < WEEKS - 1
                rows.append(
                    {
                        "sku": sku,
                        "channel": channel,
                        "period": week,
                        "units": units,
                        "price": round(price * PRICE[channel], 2),
                        "sd": round(0.3 * units, 1),
                        "arrived": week + {"amazon": 0.1, "dtc": 0.3, "workshops": 0.5}[channel],
                        "priority": 1 if channel == "workshops" else 2,
                        "max_late": 1 if waits else 0,
                        "late_cost": round(0.05 * price, 2) if waits else 0,
                        "lost_cost": round(LOST[channel] * price, 2),
                    }
                )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return what lies in the warehouse and at Amazon, and the orders of both suppliers."""
    wanted = {article[0]: 0 for article in ARTICLES}
    for row in demand:
        wanted[str(row["sku"])] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, total in wanted.items():
        here = total * rng.uniform(*ON_HAND)
        lots: list[tuple[str, str, float, Row]] = [("Kassel", "on_hand", 0.88 * here, {})]
        lots.append(("FBA", "on_hand", 0.12 * here, {}))
        if sku in FROM_VELTRA:
            for reference, (week, share) in ORDERS.items():
                facts = {"available": week, "confidence": CONFIDENCE, "reference": reference}
                lots.append(("Kassel", "inbound", total * share * rng.uniform(0.9, 1.1) / CONFIDENCE, facts))
        else:
            facts = {"available": 3, "confidence": 0.97, "reference": "TAI-1140"}
            lots.append(("Kassel", "inbound", total * rng.uniform(0.5, 0.62), facts))
        for node, kind, units, facts in lots:
            rows.append({"sku": sku, "node": node, "kind": kind, "units": max(1, round(units)), **facts})
    return rows


def fixed_tables() -> dict[str, list[Row]]:
    """Return the tables in which nothing is drawn."""
    channels = (
        ("dtc", "dtc", 0.10, 0.3, 18000, 0.07, 6, 0.8, "Head of E-Commerce"),
        ("amazon", "marketplace", 0.15, 0.5, 9000, 0.06, 6, 0.6, "Head of E-Commerce"),
        ("workshops", "subscription", 0.02, 0, 14000, 0.02, 5, 0.9, "Head of Service"),
    )
    lanes = (("Kassel", "dtc", 5.8, 0), ("Kassel", "amazon", 6.4, 0), ("FBA", "amazon", 4.1, 0))
    return {
        "skus": [{"sku": sku, "unit_cost": round(price * cost, 2)} for sku, price, cost, _ in ARTICLES],
        "nodes": stated(COLUMNS["nodes"], (("Kassel", "dc", 0.05), ("FBA", "fba", 0.12))),
        "channels": stated(COLUMNS["channels"], channels),
        "lanes": stated(COLUMNS["lanes"], (*lanes, ("Kassel", "workshops", 2.6, 0))),
    }


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    demand = forecasts(rng)
    write(HERE, COLUMNS, {"supply": supply_lots(rng, demand), "demand": demand, **fixed_tables()})


if __name__ == "__main__":
    main()
