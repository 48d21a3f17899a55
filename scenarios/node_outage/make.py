"""Write the tables of the outage pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in USD, a period is a week, week 0 starts on 4 January 2027. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20270104
WEEKS = 8
ARTICLES = (
    ("dog-dry-chicken-12kg", 64.9, 0.52, 210, 6, None),
    ("dog-dry-lamb-12kg", 69.9, 0.53, 150, 6, None),
    ("dog-dry-puppy-6kg", 42.9, 0.50, 120, 8, None),
    ("dog-dry-senior-6kg", 44.9, 0.50, 90, 8, None),
    ("dog-wet-beef-24", 38.9, 0.49, 160, 10, None),
    ("dog-wet-salmon-24", 41.9, 0.50, 110, 10, None),
    ("dog-fresh-turkey-2kg", 29.9, 0.47, 140, 12, 3),
    ("dog-fresh-beef-2kg", 31.9, 0.48, 130, 12, 4),
    ("dog-chew-dental-28", 24.9, 0.38, 230, 24, None),
    ("dog-treat-liver", 12.9, 0.36, 260, 24, None),
    ("cat-dry-indoor-7kg", 46.9, 0.50, 180, 8, None),
    ("cat-dry-kitten-3kg", 27.9, 0.47, 110, 12, None),
    ("cat-dry-urinary-3kg", 39.9, 0.45, 100, 12, None),
    ("cat-wet-tuna-48", 44.9, 0.51, 170, 8, None),
    ("cat-wet-chicken-48", 43.9, 0.51, 190, 8, None),
    ("cat-fresh-pate-1kg", 21.9, 0.46, 120, 12, 3),
    ("cat-litter-clay-14kg", 19.9, 0.44, 320, 8, None),
    ("cat-litter-tofu-6kg", 24.9, 0.42, 240, 8, None),
    ("flea-drops-dog", 52.9, 0.41, 90, 24, None),
    ("flea-drops-cat", 48.9, 0.41, 85, 24, None),
    ("pads-puppy-100", 29.9, 0.43, 130, 8, None),
    ("shampoo-oat", 16.9, 0.34, 80, 24, None),
)
"""SKU, list price [USD], goods cost as a share of it, usual sales of web shop, autoship and Amazon [unit/week], pack,
last week in which what lies there now may arrive."""
HEAVY = ("dog-dry-chicken-12kg", "dog-dry-lamb-12kg", "cat-litter-clay-14kg")
REGIONS = {"East": 0.40, "Central": 0.33, "West": 0.27}
NODES = {"Allentown": "East", "Memphis-3PL": "Central", "Reno": "West"}
SHARES = {"dtc": 0.36, "autoship": 0.34, "amazon": 0.30}
SEASON = (1.1, 1.05, 1.0, 1.0, 0.95, 0.95, 1.0, 1.0)
DISTANCE = {
    ("Allentown", "East"): (5.4, 0),
    ("Allentown", "Central"): (7.1, 0),
    ("Allentown", "West"): (9.8, 1),
    ("Memphis-3PL", "East"): (7.0, 0),
    ("Memphis-3PL", "Central"): (5.6, 0),
    ("Memphis-3PL", "West"): (7.9, 1),
    ("Reno", "East"): (9.9, 1),
    ("Reno", "Central"): (7.8, 1),
    ("Reno", "West"): (5.5, 0),
}
"""Freight of a parcel [USD/unit] and weeks on the way, by node and region of the customer."""
WEEKLY = {"Allentown": 1700, "Memphis-3PL": 2050, "Reno": 1150}
"""Units that each node can ship in a week; Memphis ships the retail chains' pallets too."""
CHAINS = ("Pawsome", "FeedBarn", "PetPort", "Hearth-and-Tail")
COLUMNS = {
    "skus": "sku unit_cost pack",
    "nodes": "node kind holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence expires end_value reference",
    "demand": "sku channel period units price region order line firm sd arrived priority pack "
    "max_late late_cost lost_cost",
    "lanes": "node channel cost lead region sku",
    "capacity": "node period limit resource",
}
"""The columns of each table, in the order in which they are written."""


def forecasts(rng: np.random.Generator) -> list[Row]:
    """Return the weekly demand of web shop and autoship by region, and of Amazon."""
    rows: list[Row] = []
    for sku, price, _, volume, _, _ in ARTICLES:
        for channel, share in SHARES.items():
            for region, part in REGIONS.items() if channel != "amazon" else (("", 1.0),):
                for week, season in enumerate(SEASON):
                    units = max(1, round(volume * share * part * season * rng.lognormal(0, 0.10)))
                    row: Row = {"sku": sku, "channel": channel, "period": week, "units": units, "region": region}
                    if channel == "autoship":
                        patience = {"max_late": 1, "late_cost": 1.5} if week < WEEKS - 1 else {}
                        row |= {"price": round(price * 0.95, 2), "firm": True, "arrived": week - 3, "priority": 1}
                        row |= {"lost_cost": 9.0, **patience}
                    else:
                        row |= {"price": price, "sd": round(0.25 * units, 1), "priority": 2}
                        row |= {"arrived": week + (0.2 if channel == "amazon" else 0.4)}
                        row |= {"lost_cost": 1.0 if channel == "dtc" else 0.0}
                    rows.append(row)
    return rows


def chain_orders(rng: np.random.Generator) -> list[Row]:
    """Return the retail chains' orders: firm, in packs, two weeks late at most, with a contract penalty."""
    rows: list[Row] = []
    for number in range(24):
        week, chain = 1 + number % (WEEKS - 1), CHAINS[number % len(CHAINS)]
        chosen = np.sort(rng.choice(len(ARTICLES), int(rng.integers(5, 9)), replace=False))
        patience = min(2, WEEKS - 1 - week)
        for line, article in enumerate(chosen, start=1):
            sku, list_price, _, volume, pack, _ = ARTICLES[article]
            price = round(list_price * rng.uniform(0.68, 0.74), 2)
            rows.append(
                {
                    "sku": sku,
                    "channel": "retail",
                    "period": week,
                    "units": pack * max(2, round(volume * rng.uniform(0.4, 0.9) / pack)),
                    "pack": 1,
                    "price": price,
                    "order": f"R-{410 + number}-{chain}",
                    "line": line,
                    "firm": True,
                    "arrived": round(-4 + number / 8, 2),
                    "priority": 2,
                    "max_late": patience,
                    "late_cost": round(0.02 * price, 2) if patience else 0,
                    "lost_cost": round(0.10 * price, 2),
                }
            )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return the stock at the three warehouses and at FBA, and the orders that fill them up."""
    wanted = {article[0]: dict.fromkeys((*REGIONS, "amazon", "retail"), 0) for article in ARTICLES}
    for row in demand:
        where = str(row.get("region") or row["channel"])
        wanted[str(row["sku"])][where] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, price, cost, _, _, expires in ARTICLES:
        ends = {"end_value": round(price * cost * 0.2, 2)} if expires else {}
        fresh: Row = {"expires": expires} if expires else {}
        pallets = {"Allentown": 0.25, "Memphis-3PL": 0.6, "Reno": 0.15}
        fba = wanted[sku]["amazon"] * rng.uniform(0.4, 0.6)
        rows.append({"sku": sku, "node": "FBA", "kind": "on_hand", "units": round(fba), **ends, **fresh})
        for node, region in NODES.items():
            need = wanted[sku][region] + pallets[node] * wanted[sku]["retail"]
            need += {"Allentown": 0.5, "Memphis-3PL": 0.5, "Reno": 0.0}[node] * (wanted[sku]["amazon"] - fba)
            need *= rng.uniform(0.88, 1.12)
            here = need * rng.uniform(0.42, 0.55)
            week = 1 + int(rng.integers(0, 3))
            facts: Row = {"available": week, "confidence": 0.95, "reference": f"PO-{6100 + 10 * week}"}
            rows.append({"sku": sku, "node": node, "kind": "on_hand", "units": round(here), **ends, **fresh})
            rows.append(
                {"sku": sku, "node": node, "kind": "inbound", "units": round((need - here) / 0.95), **ends, **facts}
            )
    return rows


def lane_rows() -> list[Row]:
    """Return the lanes; heavy articles cost more to send as a parcel."""
    rows: list[Row] = []
    for (node, region), (cost, lead) in DISTANCE.items():
        for channel in ("dtc", "autoship"):
            rows.append({"node": node, "channel": channel, "cost": cost, "lead": lead, "region": region})
            rows += [
                {
                    "node": node,
                    "channel": channel,
                    "cost": round(cost * 1.6, 2),
                    "lead": lead,
                    "region": region,
                    "sku": sku,
                }
                for sku in HEAVY
            ]
    for node, cost in (("FBA", 4.9), ("Allentown", 7.2), ("Memphis-3PL", 6.8)):
        rows.append({"node": node, "channel": "amazon", "cost": cost, "lead": 0})
    for node, cost in (("Allentown", 1.5), ("Memphis-3PL", 1.1), ("Reno", 1.9)):
        rows.append({"node": node, "channel": "retail", "cost": cost, "lead": 0})
    return rows


def fixed_tables() -> dict[str, list[Row]]:
    """Return the tables in which nothing is drawn."""
    channels = (
        ("dtc", "dtc", 0.11, 0.2, 21000, 0.03, 6, 0.5, "Head of E-Commerce"),
        ("autoship", "subscription", 0.04, 0.2, 9000, 0.01, 6, 0.5, "Head of E-Commerce"),
        ("amazon", "marketplace", 0.12, 0.3, 8000, 0.03, 5, 0.4, "Head of Marketplaces"),
        ("retail", "wholesale", 0.01, 0, 15000, 0.005, 3, 0.8, "Head of Key Accounts"),
    )
    nodes = (("Allentown", "dc", 0.06), ("Memphis-3PL", "3pl", 0.11), ("Reno", "dc", 0.06), ("FBA", "fba", 0.14))
    limits = ((node, week, limit, "units") for node, limit in WEEKLY.items() for week in range(WEEKS))
    return {
        "skus": stated(
            COLUMNS["skus"], ((sku, round(price * cost, 2), pack) for sku, price, cost, _, pack, _ in ARTICLES)
        ),
        "nodes": stated(COLUMNS["nodes"], nodes),
        "channels": stated(COLUMNS["channels"], channels),
        "lanes": lane_rows(),
        "capacity": stated(COLUMNS["capacity"], limits),
    }


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    demand = forecasts(rng) + chain_orders(rng)
    write(HERE, COLUMNS, {"supply": supply_lots(rng, demand), "demand": demand, **fixed_tables()})


if __name__ == "__main__":
    main()
