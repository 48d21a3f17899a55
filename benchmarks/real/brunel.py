"""One day of a manufacturer's outbound logistics: 9,215 orders, 19 plants, capacities counted in orders.

``python -m benchmarks.real.brunel ../shared/data/brunel [--check]``

How the tables become a problem: an order is a demand line of its customer (the channel), served whole or not at all
and from one plant; a plant is a node with a capacity of orders a day; a lane runs from a plant to one order (its
region), priced by the unit: warehouse cost + freight of the order / its units. There is no lane where the plant does
not make the product, keeps its stock for other customers, or has no freight rate for the order's weight. Stock is
never short. There are no prices, so contribution is minus cost. The contract: as many orders as possible, then at
least cost.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import allocopt as ao
from benchmarks.real.assignment import cheapest_most
from benchmarks.real.mangled import numbers, read_table

HOME = "PORT09"
"""Where every order goes; a plant that is there needs no freight."""

CONTRACT = ao.Contract("As many orders as possible, then at least cost", stages=[ao.Fill(measure="lines")])


@dataclass(frozen=True)
class Tables:
    """The files, read: what is left out of them is said in `notes`.

    Attributes
    ----------
    orders : pandas.DataFrame
        order, customer, sku, units [unit], weight [weight unit of the rates].
    plants : pandas.DataFrame
        plant, limit [orders/day], cost [currency/unit].
    lanes : pandas.DataFrame
        order and plant as positions in the two tables, freight [currency/order], cost [currency/unit].
    notes : tuple of str
    """

    orders: pd.DataFrame
    plants: pd.DataFrame
    lanes: pd.DataFrame
    notes: tuple[str, ...]


def read(folder: Path) -> Tables:
    """Read the seven files of the data set.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Tables
    """
    notes: list[str] = []

    def table(name: str) -> pd.DataFrame:
        return read_table(folder / name, notes)

    orders = _orders(table("OrderList.csv"), notes)
    plants = _plants(table("WhCapacities.csv"), table("WhCosts.csv"), notes)
    makes = _known(table("ProductsPerPlant.csv"), "ProductsPerPlant", plants, notes)
    keeps = _known(table("VmiCustomers.csv"), "VmiCustomers", plants, notes)
    ports = _known(table("PlantPorts.csv"), "PlantPorts", plants, notes)
    rates = _rates(table("FreightRates.csv"), notes)

    of_plant = {plant: position for position, plant in enumerate(plants["plant"])}
    allowed = np.zeros((len(orders), len(plants)), dtype=bool)
    for plant, products in makes.groupby("Plant Code")["Product ID"]:
        allowed[:, of_plant[plant]] = orders["sku"].isin(set(products))
    for plant, customers in keeps.groupby("Plant Code")["Customers"]:
        allowed[:, of_plant[plant]] &= orders["customer"].isin(set(customers)).to_numpy()
    freight = np.full(allowed.shape, np.inf)
    by_port = {port: cheapest(orders["weight"].to_numpy(), mine) for port, mine in rates.groupby("origin")}
    for plant, port in zip(ports["Plant Code"], ports["Port"], strict=True):
        best = np.zeros(len(orders)) if port == HOME else by_port.get(port, np.full(len(orders), np.inf))
        freight[:, of_plant[plant]] = np.minimum(freight[:, of_plant[plant]], best)
    order, plant = np.nonzero(allowed & np.isfinite(freight))
    lanes = pd.DataFrame({"order": order, "plant": plant, "freight": freight[order, plant]})
    lanes["cost"] = plants["cost"].to_numpy()[plant] + lanes["freight"] / orders["units"].to_numpy()[order]

    unpriced = int((allowed & ~np.isfinite(freight)).sum())
    notes.append(f"{unpriced} pairs of order and plant have no lane for want of a freight rate")
    closed = int((~allowed.any(axis=1)).sum()), len(orders) - len(np.unique(order))
    notes.append(f"{closed[0]} orders no plant may serve, {closed[1]} no plant can reach: kept, and unserved")
    return Tables(orders, plants, lanes, tuple(notes))


def _orders(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    orders = pd.DataFrame(
        {
            "order": table["Order ID"],
            "customer": table["Customer"],
            "sku": table["Product ID"],
            "units": numbers(table["Unit quantity"]),
            "weight": numbers(table["Weight"]),
        }
    )
    elsewhere = (table["Destination Port"] != HOME).to_numpy()
    empty = orders["units"].to_numpy() <= 0
    again = orders["order"].duplicated().to_numpy()
    for mask, words in (
        (elsewhere, f"do not go to {HOME}"),
        (empty, "ask for no units"),
        (again, "repeat the number of an order above them"),
    ):
        if mask.any():
            notes.append(f"OrderList: {int(mask.sum())} rows {words}: left out")
    weightless = int((orders["weight"] <= 0).sum())
    if weightless:
        notes.append(f"OrderList: {weightless} orders weigh nothing: freight is the minimum of a band that begins at 0")
    return orders[~(elsewhere | empty | again)].reset_index(drop=True)


def _plants(capacities: pd.DataFrame, costs: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    limit = pd.Series(numbers(capacities["Daily Capacity"]), index=capacities["Plant ID"])
    cost = pd.Series(numbers(costs["Cost/unit"]), index=costs["WH"])
    both = sorted(set(limit.index) & set(cost.index))
    either = sorted(set(limit.index) ^ set(cost.index))
    notes += [f"{plant} lacks a capacity or a cost: left out" for plant in either]
    return pd.DataFrame({"plant": both, "limit": limit[both].to_numpy(), "cost": cost[both].to_numpy()})


def _known(table: pd.DataFrame, name: str, plants: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Return the distinct rows of plants that have a capacity and a cost."""
    strange = ~table["Plant Code"].isin(plants["plant"])
    for plant, rows in table[strange].groupby("Plant Code"):
        notes.append(f"{name}: {len(rows)} rows of {plant}, which has no capacity and no cost: left out")
    again = table.duplicated()
    if again.any():
        notes.append(f"{name}: {int(again.sum())} rows occur twice: merged")
    return table[~strange & ~again]


def _rates(table: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    rates = pd.DataFrame(
        {
            "origin": table["orig_port_cd"],
            "least": numbers(table["minm_wgh_qty"]),
            "most": numbers(table["max_wgh_qty"]),
            "minimum": numbers(table["minimum cost"]),
            "rate": numbers(table["rate"]),
        }
    )
    elsewhere = table["dest_port_cd"] != HOME
    if elsewhere.any():
        notes.append(f"FreightRates: {int(elsewhere.sum())} rows do not lead to {HOME}: left out")
    return rates[~elsewhere]


def cheapest(weight: NDArray[np.float64], rates: pd.DataFrame) -> NDArray[np.float64]:
    """Return the least freight of each weight over some rates.

    Parameters
    ----------
    weight : float64, shape (orders,)
    rates : pandas.DataFrame
        least and most [weight], both included; minimum [currency], rate [currency/weight].

    Returns
    -------
    float64, shape (orders,)
        max(minimum, rate x weight) of the cheapest rate whose band holds the weight [currency]; inf: none does.
    """
    found = np.full(len(weight), np.inf)
    columns = (rates[name].to_numpy() for name in ("least", "most", "minimum", "rate"))
    for least, most, minimum, rate in zip(*columns, strict=True):
        fits = (weight >= least) & (weight <= most)
        found[fits] = np.minimum(found[fits], np.maximum(minimum, rate * weight[fits]))
    return found


def problem(tables: Tables) -> ao.Problem:
    """Return the allocation problem of the tables."""
    orders, plants, lanes = tables.orders, tables.plants, tables.lanes
    order = {name: orders[name].to_numpy()[lanes["order"]] for name in ("order", "customer", "sku", "units")}
    node = plants["plant"].to_numpy()[lanes["plant"]]
    stock = pd.DataFrame({"sku": order["sku"], "node": node, "units": order["units"]})
    return ao.Problem(
        skus=pd.DataFrame({"sku": sorted(orders["sku"].unique())}),
        nodes=plants[["plant"]].set_axis(["node"], axis=1),
        channels=pd.DataFrame({"channel": sorted(orders["customer"].unique()), "kind": "wholesale"}),
        supply=stock.groupby(["sku", "node"], as_index=False)["units"].sum().assign(kind="on_hand"),
        demand=pd.DataFrame(
            {
                "sku": orders["sku"],
                "channel": orders["customer"],
                "period": 0,
                "units": orders["units"],
                "price": 0.0,
                "region": orders["order"],
                "order": orders["order"],
                "firm": True,
                "all_or_none": True,
                "ship_from_one": True,
            }
        ),
        lanes=pd.DataFrame(
            {
                "node": node,
                "channel": order["customer"],
                "region": order["order"],
                "sku": order["sku"],
                "cost": lanes["cost"].to_numpy(),
            }
        ),
        capacity=pd.DataFrame(
            {"node": plants["plant"], "period": 0, "resource": "orders", "limit": plants["limit"].to_numpy()}
        ),
        workloads=pd.DataFrame({"resource": ["orders"], "workload": [1.0], "per": ["order"]}),
        currency="USD",
        name="brunel",
    )


def proof(tables: Tables) -> tuple[int, float]:
    """Return the most orders that can be served and their least cost, found without allocopt [orders, currency]."""
    lanes, units = tables.lanes, tables.orders["units"].to_numpy()
    cost = np.full((len(tables.orders), len(tables.plants)), np.inf)
    cost[lanes["order"], lanes["plant"]] = lanes["cost"] * units[lanes["order"]]
    return cheapest_most(cost, tables.plants["limit"].to_numpy())


def told(tables: Tables, plan: ao.Plan) -> Iterator[str]:
    """Yield what there is to say about a plan; the last line is ``orders served N, cost C, status S, gap G``."""
    yield from tables.notes
    yield (
        f"{len(tables.orders)} orders, {len(tables.plants)} plants that take {tables.plants['limit'].sum():,.0f} "
        f"orders a day, {len(tables.lanes)} lanes"
    )
    plan.raise_for_status()
    assert plan.certificate is not None
    for number, stage in enumerate(plan.certificate.stages, start=1):
        yield f"stage {number}, {stage.stage}: {stage.objective:,.2f}, proven bound {stage.bound:,.2f}"
    yield f"solved by {plan.method} in {plan.seconds:.1f} s"
    if plan.certificate.claimed_gap is not None:
        yield f"the solver's own gap is {plan.certificate.claimed_gap:.1e}; the gap below is of our own bound"
    served = plan.allocation["order"].nunique()
    yield f"orders served {served}, cost {-plan.contribution:.2f}, status {plan.status}, gap {plan.certificate.gap:.1e}"


def main() -> None:
    """Read the folder, allocate, and print what came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.real.brunel", description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true", help="solve it a second time, without allocopt, and compare")
    parser.add_argument("--time-limit", type=float, default=600.0, help="seconds of the allocation")
    parser.add_argument("--gap", type=float, help="gap at which a stage is done; by default that of allocate()")
    options = parser.parse_args()
    tables = read(options.folder)
    if options.check:
        start = time.perf_counter()
        most, cost = proof(tables)
        print(f"check, by augmenting paths: {most} orders, cost {cost:.2f} ({time.perf_counter() - start:.1f} s)")
    plan = ao.allocate(problem(tables), CONTRACT, time_limit=options.time_limit, gap=options.gap)
    for line in told(tables, plan):
        print(line)
    if options.check and (plan.allocation["order"].nunique() != most or abs(plan.contribution + cost) > 1e-6 * cost):
        raise SystemExit("the check found another answer")


if __name__ == "__main__":
    main()
