"""Write the tables of the holiday promotion pack next to this file.

The numbers are invented and drawn with a fixed seed: running the script again writes the same bytes. Money
is in USD, a period is a week, week 0 starts on 16 November 2026. ``README.md`` tells the story behind it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from writing import Row, stated, write

HERE = Path(__file__).resolve().parent
SEED = 20261115
SKUS = 200
WEEKS = 8
PROMOTION_WEEKS = (3, 4)
PROMOTION = "HOLIDAY-26"
REGIONS = {"East": 0.58, "West": 0.42}
STORES = {"Stores-NE": ("East", 0.55), "Stores-SE": ("East", 0.45), "Stores-West": ("West", 1.0)}
WAREHOUSES = ("DC-East", "DC-West", "3PL-Ohio")
LATE_ORDERS = {"PO-20417": ("DC-East", 5, 0.9), "PO-20431": ("DC-West", 6, 0.8)}
CATEGORIES = {"KIT": 42.0, "HOM": 55.0, "TOY": 28.0, "APP": 48.0, "BTY": 24.0}
CUSTOMERS = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fir", "Ginkgo", "Hazel", "Juniper", "Larch")
SEASON = {
    "dtc": (0.95, 1.20, 1.05, 1.10, 1.15, 0.75, 0.60, 0.55),
    "amazon": (0.95, 1.25, 1.05, 1.10, 1.15, 0.70, 0.60, 0.60),
    "stores": (0.90, 1.10, 1.00, 1.15, 1.30, 1.05, 0.70, 0.60),
}
UNIT_LIMITS = {"DC-East": 13000, "DC-West": 9000}
CARRIER_SHARE = 0.72
HOUR_LIMIT = 150
PARCEL_LIMIT = 40
LANE_LIMITS = {("DC-East", "amazon"): 500, ("DC-East", "stores"): 600}
COLUMNS = {
    "skus": "sku unit_cost pack map_price",
    "nodes": "node kind store_floor holding_cost",
    "channels": "channel kind fee_rate fee_per_unit fixed_cost return_rate return_cost recovery owner",
    "supply": "sku node kind units available confidence reserved hold end_value reference",
    "demand": "sku channel period units price region order line firm sd arrived priority min_units min_ship "
    "pack max_late late_cost lost_cost all_or_none ship_from_one promotion",
    "lanes": "node channel cost lead capacity region sku",
    "capacity": "node period limit resource",
    "workloads": "resource workload sku channel",
}
"""The columns of each table, in the order in which they are written."""

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Assortment:
    """What is drawn once per SKU; every array has shape (SKUS,).

    Attributes
    ----------
    name, size : list of str
        Identifier and size class (``S``, ``M``, ``L``).
    price, cost, map_price, end_value : float64
        List price, unit cost, minimum advertised price and worth at the end [currency/unit]; nan: none.
    volume : float64
        Base demand of DTC, Amazon and stores together [unit/week].
    cover : float64
        Supply wanted as a share of demand [1].
    discount : float64
        Price cut of the promotion, 0 for SKUs that are not in it [1].
    pack : int64
        Units per pack [unit].
    on_amazon, in_stores, at_wholesale, replenished, leftover : bool
        Where it is sold, whether customers subscribe to it, whether its season ends.
    """

    name: list[str]
    size: list[str]
    price: Floats
    cost: Floats
    map_price: Floats
    end_value: Floats
    volume: Floats
    cover: Floats
    discount: Floats
    pack: NDArray[np.int64]
    on_amazon: Flags
    in_stores: Flags
    at_wholesale: Flags
    replenished: Flags
    leftover: Flags


def charm(price: float) -> float:
    """Return the nearest price that ends in .99."""
    return max(round(price), 5) - 0.01


def draw_assortment(rng: np.random.Generator) -> Assortment:
    """Draw the 200 SKUs."""
    category = rng.choice(list(CATEGORIES), SKUS)
    typical = np.array([CATEGORIES[name] for name in category])
    price = np.array([charm(value) for value in typical * rng.lognormal(0, 0.45, SKUS)])
    cost = np.round(price * rng.uniform(0.25, 0.45, SKUS), 2)
    order = rng.permutation(SKUS)
    leftover, promoted = _members(order[:20]), _members(order[10:75])
    protected = _members(order[60:110])
    replenished = _members(order[150:162])
    discount = np.where(promoted, rng.choice([0.15, 0.20, 0.25], SKUS), 0.0)
    cover = np.clip(rng.lognormal(np.log(0.74), 0.30, SKUS), 0.30, 1.30)
    cover[leftover] = rng.uniform(1.10, 1.45, leftover.sum())
    map_price = np.array([charm(p * 0.84) for p in price])
    return Assortment(
        name=[f"{c}-{1001 + i}" for i, c in enumerate(category)],
        size=list(rng.choice(["S", "M", "L"], SKUS, p=[0.58, 0.34, 0.08])),
        price=price,
        cost=cost,
        map_price=np.where(protected, map_price, np.nan),
        end_value=np.where(leftover, np.round(cost * rng.uniform(0.2, 0.4, SKUS), 2), np.nan),
        volume=np.clip(rng.lognormal(np.log(115), 0.5, SKUS), 30, 420),
        cover=cover,
        discount=discount,
        pack=np.where(price < 25, 24, np.where(price < 60, 12, 6)),
        on_amazon=rng.random(SKUS) < 0.80,
        in_stores=rng.random(SKUS) < 0.52,
        at_wholesale=rng.random(SKUS) < 0.70,
        replenished=replenished,
        leftover=leftover,
    )


def _members(positions: NDArray[np.int64]) -> Flags:
    """Return which SKUs are among `positions`."""
    flags = np.zeros(SKUS, dtype=bool)
    flags[positions] = True
    return flags


def below_map(goods: Assortment) -> dict[int, str]:
    """Return the SKUs whose promotion price was set below MAP by mistake, and the channel of the mistake."""
    both = np.flatnonzero((goods.discount >= 0.2) & ~np.isnan(goods.map_price) & goods.on_amazon)
    return dict(zip(both[:3].tolist(), ("amazon", "amazon", "dtc"), strict=True))


def price_of(goods: Assortment, sku: int, channel: str, week: int, mistakes: dict[int, str]) -> float:
    """Return the selling price of one SKU in one channel and week [currency/unit]."""
    price = goods.price[sku]
    promoted = goods.discount[sku] > 0 and week in PROMOTION_WEEKS and channel != "stores"
    if promoted:
        price = charm(price * (1 - goods.discount[sku]))
        if mistakes.get(sku) == channel:
            return min(price, goods.map_price[sku] - 1)
    if goods.leftover[sku] and week > PROMOTION_WEEKS[-1]:
        price = charm(price * 0.6)
    return max(price, goods.map_price[sku]) if not np.isnan(goods.map_price[sku]) else price


def forecast_lines(rng: np.random.Generator, goods: Assortment) -> list[Row]:
    """Return the weekly forecasts of DTC and stores (by region) and of Amazon."""
    mistakes = below_map(goods)
    rows = []
    for sku in range(SKUS):
        share = rng.dirichlet((42, 25 * goods.on_amazon[sku] + 1e-9, 28 * goods.in_stores[sku] + 1e-9))
        uplift = rng.uniform(1.8, 2.5)
        for channel, part in zip(("dtc", "amazon", "stores"), share, strict=True):
            if part < 1e-6:
                continue
            for region, weight in REGIONS.items() if channel != "amazon" else (("", 1.0),):
                for week in range(WEEKS):
                    promoted = goods.discount[sku] > 0 and week in PROMOTION_WEEKS and channel != "stores"
                    factor = SEASON[channel][week] * (uplift if promoted else 1)
                    mean = goods.volume[sku] * part * weight * factor
                    units = max(1, round(mean * rng.lognormal(0, 0.15)))
                    spread = (0.45 if promoted else 0.25) * units
                    rows.append(
                        {
                            "sku": goods.name[sku],
                            "channel": channel,
                            "period": week,
                            "units": units,
                            "price": price_of(goods, sku, channel, week, mistakes),
                            "region": region,
                            "sd": round(spread, 1),
                            "arrived": week + {"stores": 0.1, "amazon": 0.3, "dtc": 0.5}[channel],
                            "pack": 1 if channel == "stores" else "",
                            "promotion": PROMOTION if promoted else "",
                        }
                    )
    return rows


def subscription_lines(rng: np.random.Generator, goods: Assortment) -> list[Row]:
    """Return the replenishments that DTC customers subscribed to: certain, cheap to keep, dear to lose."""
    return [
        {
            "sku": goods.name[sku],
            "channel": "dtc",
            "period": week,
            "units": int(rng.integers(8, 30)),
            "price": charm(goods.price[sku] * 0.9),
            "region": region,
            "line": "subscription",
            "firm": True,
            "arrived": week - 0.5,
            "priority": 1,
            "lost_cost": 8.0,
        }
        for sku in np.flatnonzero(goods.replenished)
        for region in REGIONS
        for week in range(WEEKS)
    ]


def gift_orders(rng: np.random.Generator, goods: Assortment) -> list[Row]:
    """Return eight corporate gift orders of DTC that must leave from one node."""
    rows = []
    for number in range(8):
        week, region = int(rng.integers(2, 5)), list(REGIONS)[number % 2]
        for line, sku in enumerate(rng.choice(np.flatnonzero(goods.cover > 0.7), 3, replace=False), start=1):
            rows.append(
                {
                    "sku": goods.name[sku],
                    "channel": "dtc",
                    "period": week,
                    "units": int(rng.integers(10, 40)),
                    "price": charm(goods.price[sku] * 0.95),
                    "region": region,
                    "order": f"G-{3001 + number}",
                    "line": str(line),
                    "firm": True,
                    "arrived": round(-3 + 0.25 * number, 2),
                    "lost_cost": 3.0,
                    "ship_from_one": True,
                }
            )
    return rows


def wholesale_orders(rng: np.random.Generator, goods: Assortment) -> list[Row]:
    """Return the wholesale orders: firm, in packs, some with commitments, some all or none."""
    rows: list[Row] = []
    sold = np.flatnonzero(goods.at_wholesale)
    covered = sold[goods.cover[sold] > 0.7]
    for number in range(72):
        whole = number % 5 == 2
        lines = int(rng.integers(2, 4) if whole else rng.integers(4, 8))
        chosen = rng.choice(covered if whole else sold, lines, replace=False)
        week, customer = int(rng.integers(1, 7)), CUSTOMERS[number % len(CUSTOMERS)]
        patience = min(1 if whole else int(rng.integers(0, 3)), WEEKS - 1 - week)
        for line, sku in enumerate(chosen, start=1):
            pack = int(goods.pack[sku])
            wanted = goods.volume[sku] * (0.6 if whole else 1.5) * rng.uniform(0.7, 1.4)
            units = pack * max(3, round(wanted / pack))
            price = round(float(goods.price[sku]) * rng.uniform(0.52, 0.60), 1)
            committed = not whole and goods.cover[sku] > 0.6 and number % 6 == 0 and line <= 2
            rows.append(
                {
                    "sku": goods.name[sku],
                    "channel": "wholesale",
                    "period": week,
                    "units": units,
                    "price": price,
                    "order": f"W-{5001 + number}-{customer}",
                    "line": str(line),
                    "firm": True,
                    "arrived": round(-6 + number / 12, 2),
                    "priority": 1 if committed else 2,
                    "min_units": min(units, 2 * pack) if committed else 0,
                    "min_ship": min(units, 4 * pack) if number % 24 == 7 and line <= 3 else 0,
                    "max_late": patience,
                    "late_cost": round(0.03 * price, 2) if patience else 0.0,
                    "lost_cost": round(0.12 * price, 2),
                    "all_or_none": whole,
                }
            )
    return rows


def draw_supply(rng: np.random.Generator, goods: Assortment, demand: list[Row]) -> list[Row]:
    """Return the supply lots, sized against the demand of each SKU."""
    wanted = {name: dict.fromkeys(SEASON, 0) | {"wholesale": 0} for name in goods.name}
    for row in demand:
        wanted[str(row["sku"])][str(row["channel"])] += int(str(row["units"]))
    late = _members(rng.choice(SKUS, 70, replace=False))
    due = _members(rng.choice(SKUS, 150, replace=False))
    rows: list[Row] = []
    for sku, name in enumerate(goods.name):
        cover = min(goods.cover[sku], 1.15)
        rest = goods.cover[sku] * sum(wanted[name].values())
        placed = [("FBA", wanted[name]["amazon"] * rng.uniform(0.35, 0.95) * cover)]
        for store, (region, part) in STORES.items():
            here = wanted[name]["stores"] * REGIONS[region] * part
            placed.append((store, here * rng.uniform(0.40, 1.05) * cover))
        left = max(rest - sum(units for _, units in placed), 0.25 * rest)
        arriving = due[sku] * rng.uniform(0.2, 0.8) * left
        delayed = late[sku] * 0.16 * left
        split = rng.dirichlet((4.2, 3.2, 2.2)) * (left - arriving - delayed)
        placed += zip(WAREHOUSES, split, strict=True)
        rows += [_lot(goods, sku, node, "on_hand", units) for node, units in placed if units >= 5]
        rows += _purchase_orders(rng, goods, sku, arriving, delayed)
        if sku % 4 == 1:
            rows.append(_lot(goods, sku, WAREHOUSES[sku % 8 // 4], "safety", rng.uniform(20, 60)))
        if sku % 7 == 3:
            rows.append(_lot(goods, sku, "3PL-Ohio", "returns", rng.uniform(8, 30), confidence=0.85))
    _promise_and_block(rng, rows)
    return rows


def _lot(goods: Assortment, sku: int, node: str, kind: str, units: float, **facts: object) -> Row:
    """Return one row of the supply table."""
    end_value = goods.end_value[sku]
    return {
        "sku": goods.name[sku],
        "node": node,
        "kind": kind,
        "units": round(units),
        "end_value": "" if np.isnan(end_value) else end_value,
        **facts,
    }


def _purchase_orders(
    rng: np.random.Generator, goods: Assortment, sku: int, arriving: float, delayed: float
) -> list[Row]:
    """Return the lots of one SKU that are on their way: on time in weeks 1 to 4, and the two late orders."""
    rows = []
    week = int(rng.integers(1, 4))
    for turn, share in enumerate((0.6, 0.4) if arriving > 250 else (1.0,)):
        available = week + turn
        node = WAREHOUSES[int(rng.choice(2, p=[0.6, 0.4]))]
        if arriving >= 5:
            facts = {"available": available, "confidence": 0.95, "reference": f"PO-{20300 + 10 * available}"}
            rows.append(_lot(goods, sku, node, "inbound", share * arriving / 0.95, **facts))
    reference = list(LATE_ORDERS)[int(rng.integers(2))]
    node, available, confidence = LATE_ORDERS[reference]
    if delayed >= 5:
        facts = {"available": available, "confidence": confidence, "reference": reference}
        rows.append(_lot(goods, sku, node, "inbound", delayed / confidence, **facts))
    return rows


def _promise_and_block(rng: np.random.Generator, rows: list[Row]) -> None:
    """Mark 18 lots as partly promised elsewhere and one as blocked by quality."""
    large = [row for row in rows if row["kind"] == "on_hand" and str(row["node"]) in WAREHOUSES[:2]]
    for position in rng.choice(len(large), 19, replace=False):
        large[position]["reserved"] = int(int(str(large[position]["units"])) * 0.1)
    large[position]["reserved"] = 0
    large[position]["hold"] = True


def sku_rows(goods: Assortment) -> list[Row]:
    """Return the SKU table."""
    return [
        {
            "sku": goods.name[i],
            "unit_cost": goods.cost[i],
            "pack": int(goods.pack[i]),
            "map_price": "" if np.isnan(goods.map_price[i]) else goods.map_price[i],
        }
        for i in range(SKUS)
    ]


def lane_rows(goods: Assortment) -> list[Row]:
    """Return the lanes: freight by distance, fulfilment fees by size, bulky goods dearer by parcel."""
    parcel = {("DC-East", "East"): (4.9, 0), ("DC-East", "West"): (7.6, 1)}
    parcel |= {("DC-West", "East"): (7.9, 1), ("DC-West", "West"): (5.1, 0)}
    rows = [
        _lane("DC-East", "dtc", 7.6, 1),
        _lane("DC-East", "dtc", 4.9, 0, region="East"),
        _lane("DC-West", "dtc", 7.9, 1),
        _lane("DC-West", "dtc", 5.1, 0, region="West"),
        _lane("3PL-Ohio", "dtc", 6.2, 0),
        _lane("3PL-Ohio", "dtc", 7.1, 1, region="West"),
        _lane("FBA", "amazon", 3.4, 0),
        _lane("DC-East", "amazon", 5.2, 0, capacity=LANE_LIMITS["DC-East", "amazon"]),
        _lane("3PL-Ohio", "amazon", 5.6, 0),
        _lane("DC-East", "wholesale", 0.85, 1),
        _lane("DC-West", "wholesale", 1.05, 1),
        _lane("3PL-Ohio", "wholesale", 0.95, 0),
        _lane("DC-East", "stores", 1.6, 1, capacity=LANE_LIMITS["DC-East", "stores"]),
        _lane("DC-East", "stores", 0.9, 1, region="East"),
        _lane("DC-West", "stores", 0.95, 0, region="West"),
    ]
    for store, (region, _) in STORES.items():
        rows.append(_lane(store, "stores", 0.35, 0, region=region))
        rows.append(_lane(store, "dtc", 6.7, 0, region=region))
    for name, size in zip(goods.name, goods.size, strict=True):
        if size != "S":
            rows.append(_lane("FBA", "amazon", 4.75 if size == "M" else 8.3, 0, sku=name))
        if size == "L":
            rows += [
                _lane(node, "dtc", cost + 4.2, lead, region=region, sku=name)
                for (node, region), (cost, lead) in parcel.items()
            ]
    return rows


def _lane(node: str, channel: str, cost: float, lead: int, **facts: object) -> Row:
    """Return one row of the lane table."""
    return {"node": node, "channel": channel, "cost": cost, "lead": lead, **facts}


def capacity_rows() -> list[Row]:
    """Return what each node can handle in a week: units, hours, or parcels packed on the shop floor."""
    rows: list[Row] = []
    for week in range(WEEKS):
        rationed = CARRIER_SHARE if week in PROMOTION_WEEKS else 1
        rows += [
            {"node": node, "period": week, "limit": round(limit * rationed), "resource": "units"}
            for node, limit in UNIT_LIMITS.items()
        ]
        rows.append({"node": "3PL-Ohio", "period": week, "limit": HOUR_LIMIT, "resource": "hours"})
        rows += [{"node": s, "period": week, "limit": PARCEL_LIMIT, "resource": "parcels"} for s in STORES]
    return rows


def workload_rows(goods: Assortment) -> list[Row]:
    """Return the hours and parcels of a unit: cases are quick, large goods slow."""
    rows: list[Row] = [
        {"resource": "hours", "workload": 0.05},
        {"resource": "hours", "workload": 0.02, "channel": "wholesale"},
        {"resource": "parcels", "workload": 1, "channel": "dtc"},
    ]
    for name, size in zip(goods.name, goods.size, strict=True):
        if size != "S":
            hours, cased = (0.07, 0.03) if size == "M" else (0.12, 0.06)
            rows.append({"resource": "hours", "workload": hours, "sku": name})
            rows.append({"resource": "hours", "workload": cased, "sku": name, "channel": "wholesale"})
    return rows


def node_rows() -> list[Row]:
    """Return the node table."""
    rows = [("DC-East", "dc", 0, 0.03), ("DC-West", "dc", 0, 0.03)]
    rows += [("3PL-Ohio", "3pl", 0, 0.06), ("FBA", "fba", 0, 0.08)]
    rows += [(store, "store", 6, 0.05) for store in STORES]
    return stated(COLUMNS["nodes"], rows)


def channel_rows() -> list[Row]:
    """Return the channel table."""
    rows = (
        ("dtc", "dtc", 0.13, 0.3, 260000, 0.18, 4.5, 0.7, "Head of DTC"),
        ("amazon", "marketplace", 0.15, 0.4, 180000, 0.09, 3.8, 0.5, "Head of Marketplaces"),
        ("wholesale", "wholesale", 0.0, 0.0, 110000, 0.01, 2.0, 0.85, "Head of Wholesale"),
        ("stores", "store", 0.18, 0.0, 380000, 0.06, 1.5, 0.9, "Head of Retail"),
    )
    return stated(COLUMNS["channels"], rows)


def main() -> None:
    """Draw everything and write the eight tables."""
    rng = np.random.default_rng(SEED)
    goods = draw_assortment(rng)
    demand = forecast_lines(rng, goods)
    demand += subscription_lines(rng, goods) + gift_orders(rng, goods) + wholesale_orders(rng, goods)
    tables = {
        "skus": sku_rows(goods),
        "nodes": node_rows(),
        "channels": channel_rows(),
        "supply": draw_supply(rng, goods, demand),
        "demand": demand,
        "lanes": lane_rows(goods),
        "capacity": capacity_rows(),
        "workloads": workload_rows(goods),
    }
    write(HERE, COLUMNS, tables)


if __name__ == "__main__":
    main()
