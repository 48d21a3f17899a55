"""Write the tables of the retirement pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money is
in EUR, a period is a month, month 0 is February 2027. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20270201
MONTHS = 6
COVER = 0.9
"""Supply wanted as a share of demand, over the whole assortment [1]."""
ARTICLES = (
    ("pendant-brass", 149, 0.40, 62, 4),
    ("pendant-black", 139, 0.40, 70, 4),
    ("pendant-opal", 119, 0.38, 55, 4),
    ("floor-arc", 289, 0.44, 24, 1),
    ("floor-tripod", 229, 0.43, 30, 1),
    ("floor-reader", 179, 0.42, 41, 2),
    ("table-dome", 89, 0.37, 118, 6),
    ("table-globe", 79, 0.36, 132, 6),
    ("table-clamp", 69, 0.36, 96, 6),
    ("table-mushroom", 99, 0.37, 150, 6),
    ("wall-swing", 109, 0.39, 58, 4),
    ("wall-sconce", 95, 0.38, 66, 4),
    ("wall-picture", 85, 0.38, 37, 4),
    ("throw-wool-grey", 89, 0.41, 84, 6),
    ("throw-wool-rust", 89, 0.41, 61, 6),
    ("throw-linen", 69, 0.39, 92, 6),
    ("cushion-boucle", 45, 0.35, 205, 12),
    ("cushion-velvet", 39, 0.35, 236, 12),
    ("cushion-stripe", 35, 0.34, 188, 12),
    ("curtain-linen", 119, 0.42, 77, 4),
    ("curtain-sheer", 79, 0.40, 69, 4),
    ("curtain-blackout", 99, 0.41, 88, 4),
    ("rug-jute-small", 129, 0.44, 52, 2),
    ("rug-jute-large", 249, 0.46, 29, 1),
    ("rug-wool-small", 189, 0.45, 38, 2),
    ("rug-wool-large", 379, 0.47, 18, 1),
    ("bedding-linen", 159, 0.43, 74, 4),
    ("bedding-percale", 99, 0.40, 121, 4),
)
"""SKU, list price [EUR], goods cost as a share of it, usual sales of DTC and Amazon together [unit/month], pack."""
SEASONAL = ("throw-wool-grey", "throw-wool-rust", "cushion-stripe", "curtain-sheer", "pendant-opal")
"""Articles that leave the catalogue in August: an unsold unit keeps part of its cost."""
END_VALUE = 0.4
ON_AMAZON = 0.40
CITIES = {"Hamburg": 0.034, "Munich": 0.028}
"""Sales of each showroom as a share of what DTC and Amazon sell together [1]."""
SEASON = (1.00, 1.05, 1.05, 1.00, 0.90, 0.85)
CUSTOMERS = ("Nordlicht", "Wohnwerk", "Casa-Viva", "Raumgut", "Stilhaus", "Maison-Petit")
COLUMNS = {
    "skus": "sku unit_cost pack",
    "nodes": "node kind store_floor holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence end_value reference",
    "demand": "sku channel period units price region order line firm sd arrived pack max_late late_cost lost_cost",
    "lanes": "node channel cost lead region",
    "capacity": "node period limit resource",
    "periods": "period start end",
}
"""The columns of each table, in the order in which they are written."""


def forecasts(rng: np.random.Generator) -> list[Row]:
    """Return what DTC, Amazon and the showrooms expect to sell each month."""
    rows: list[Row] = []
    for sku, price, _, volume, _ in ARTICLES:
        shares = {("dtc", ""): 1 - ON_AMAZON, ("amazon", ""): ON_AMAZON}
        shares |= {("showrooms", city): part for city, part in CITIES.items()}
        for (channel, city), share in shares.items():
            for month, season in enumerate(SEASON):
                units = max(1, round(volume * share * season * rng.lognormal(0, 0.12)))
                rows.append(
                    {
                        "sku": sku,
                        "channel": channel,
                        "period": month,
                        "units": units,
                        "price": price * 0.96 if channel == "amazon" else price,
                        "region": city,
                        "sd": round(0.25 * units, 1),
                        "arrived": month + {"showrooms": 0.1, "amazon": 0.3, "dtc": 0.5}[channel],
                        "pack": 1 if channel == "showrooms" else "",
                    }
                )
    return rows


def wholesale_orders(rng: np.random.Generator) -> list[Row]:
    """Return the retailers' orders: firm, in packs, a month late at most."""
    rows: list[Row] = []
    for number in range(18):
        month, customer = number % MONTHS, CUSTOMERS[number % len(CUSTOMERS) - number // 6]
        chosen = np.sort(rng.choice(len(ARTICLES), int(rng.integers(5, 9)), replace=False))
        for line, article in enumerate(chosen, start=1):
            sku, list_price, _, volume, pack = ARTICLES[article]
            price = round(list_price * rng.uniform(0.56, 0.62), 1)
            patience = min(1, MONTHS - 1 - month)
            rows.append(
                {
                    "sku": sku,
                    "channel": "wholesale",
                    "period": month,
                    "units": pack * max(2, round(volume * rng.uniform(0.5, 0.9) / pack)),
                    "price": price,
                    "order": f"W-{7101 + number}-{customer}",
                    "line": line,
                    "firm": True,
                    "arrived": round(-2 + number / 10, 1),
                    "max_late": patience,
                    "late_cost": round(0.02 * price, 2) if patience else 0,
                    "lost_cost": round(0.08 * price, 2),
                }
            )
    return rows


def supply_lots(rng: np.random.Generator, demand: list[Row]) -> list[Row]:
    """Return the lots: what lies in the warehouse, at Amazon and in the showrooms, and what is on its way."""
    wanted = {article[0]: dict.fromkeys(("dtc", "amazon", "showrooms", "wholesale"), 0) for article in ARTICLES}
    for row in demand:
        wanted[str(row["sku"])][str(row["channel"])] += int(str(row["units"]))
    rows: list[Row] = []
    for sku, price, cost, _, _ in ARTICLES:
        supply = sum(wanted[sku].values()) * COVER * float(np.clip(rng.lognormal(0, 0.16), 0.7, 1.3))
        ends = {"end_value": round(price * cost * END_VALUE, 2)} if sku in SEASONAL else {}
        fba = wanted[sku]["amazon"] * rng.uniform(0.25, 0.45)
        shown = {city: wanted[sku]["showrooms"] / 2 * rng.uniform(0.25, 0.5) for city in CITIES}
        left = supply - fba - sum(shown.values())
        here = left * rng.uniform(0.45, 0.6)
        lots = [("Warehouse", "on_hand", here, {}), ("FBA", "on_hand", fba, {})]
        lots += [(f"Showroom-{city}", "on_hand", units, {}) for city, units in shown.items()]
        month = int(rng.integers(1, 3))
        for later, part in ((0, 0.6), (2, 0.4)):
            order = {"available": month + later, "reference": f"PO-{880 + month + later}"}
            lots.append(("Warehouse", "inbound", (left - here) * part / 0.95, order | {"confidence": 0.95}))
        for node, kind, units, facts in lots:
            rows.append({"sku": sku, "node": node, "kind": kind, "units": max(1, round(units)), **ends, **facts})
    return rows


def lane_rows() -> list[Row]:
    """Return the lanes: parcels to customers, pallets to Amazon and retailers, a van to the showrooms."""
    rows: list[Row] = [
        {"node": "Warehouse", "channel": "dtc", "cost": 6.9, "lead": 0},
        {"node": "Warehouse", "channel": "amazon", "cost": 8.8, "lead": 0},
        {"node": "FBA", "channel": "amazon", "cost": 6.2, "lead": 0},
        {"node": "Warehouse", "channel": "wholesale", "cost": 1.9, "lead": 0},
    ]
    for city in CITIES:
        rows.append({"node": "Warehouse", "channel": "showrooms", "cost": 3.1, "lead": 0, "region": city})
        rows.append({"node": f"Showroom-{city}", "channel": "showrooms", "cost": 0.4, "lead": 0, "region": city})
        rows.append({"node": f"Showroom-{city}", "channel": "dtc", "cost": 8.5, "lead": 0})
    return rows


def fixed_tables() -> dict[str, list[Row]]:
    """Return the tables in which nothing is drawn."""
    channels = (
        ("dtc", "dtc", 0.15, 0.35, 22000, 0.11, 5.5, 0.8, "Head of E-Commerce"),
        ("amazon", "marketplace", 0.15, 0.5, 8500, 0.08, 4.5, 0.6, "Head of E-Commerce"),
        ("wholesale", "wholesale", 0.02, 0, 11500, 0.01, 3, 0.9, "Head of Sales"),
        ("showrooms", "store", 0.06, 0, 42000, 0.03, 2, 0.95, "Head of Retail"),
    )
    nodes = [("Warehouse", "dc", 0, 0.15), ("FBA", "fba", 0, 0.45)]
    nodes += [(f"Showroom-{city}", "store", 1, 0.3) for city in CITIES]
    ends = (28, 31, 30, 31, 30, 31)
    return {
        "skus": [{"sku": sku, "unit_cost": round(p * c, 2), "pack": pack} for sku, p, c, _, pack in ARTICLES],
        "nodes": stated(COLUMNS["nodes"], nodes),
        "channels": stated(COLUMNS["channels"], channels),
        "lanes": lane_rows(),
        "capacity": [
            {"node": "Warehouse", "period": month, "limit": 3900, "resource": "units"} for month in range(MONTHS)
        ],
        "periods": [
            {"period": month, "start": f"2027-{month + 2:02}-01", "end": f"2027-{month + 2:02}-{ends[month]}"}
            for month in range(MONTHS)
        ],
    }


def main() -> None:
    """Draw everything and write the tables."""
    rng = np.random.default_rng(SEED)
    demand = forecasts(rng) + wholesale_orders(rng)
    write(HERE, COLUMNS, {"supply": supply_lots(rng, demand), "demand": demand, **fixed_tables()})


if __name__ == "__main__":
    main()
