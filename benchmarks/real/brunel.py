"""One day of a manufacturer's outbound logistics: 9,215 orders, 19 plants, capacities counted in orders.

``python -m benchmarks.real.brunel ../shared/data/brunel [--check]``

How the tables become a problem stands in ``brunel.yaml``, but for lanes and stock, which are computed here: an order is
a demand line of its customer (the channel), served whole or not at all and from one plant; a plant is a node with a
capacity of orders a day; a lane runs from a plant to one order (its region), priced by the unit: warehouse cost +
freight of the order / its units. There is no lane where the plant does not make the product, keeps its stock for other
customers, or has no freight rate for the order's weight. Stock is never short. There are no prices, so contribution is
minus cost. The contract: as many orders as possible, then at least cost.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
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

MAPPING = Path(__file__).with_suffix(".yaml")
PLANT_TABLES = ("ProductsPerPlant", "VmiCustomers", "PlantPorts")
CONTRACT = ao.Contract("As many orders as possible, then at least cost", stages=[ao.Fill(measure="lines")])


@dataclass(frozen=True)
class Lanes:
    """Who may serve which order at which cost.

    Attributes
    ----------
    table : pandas.DataFrame
        order and plant as positions in the demand and the nodes of the problem, freight [currency/order], cost
        [currency/unit].
    notes : tuple of str
    """

    table: pd.DataFrame
    notes: tuple[str, ...]


def orders_and_plants(folder: Path) -> ao.Problem:
    """Return the problem without stock and lanes: orders as demand lines, plants as nodes with a capacity."""
    return ao.Problem.read(folder, mapping=MAPPING)


def lanes(folder: Path, stated: ao.Problem) -> Lanes:
    """Return the lanes, from what plants make, for whom they keep stock, and what freight costs.

    Parameters
    ----------
    folder : Path
    stated : Problem
        As `orders_and_plants` reads it.
    """
    notes: list[str] = []

    def table(name: str) -> pd.DataFrame:
        return read_table(folder / name, notes)

    listed = table("OrderList.csv")
    weight = pd.Series(numbers(listed["Weight"]), index=listed["Order ID"])
    orders, plants = stated.demand, list(stated.nodes["node"])
    weights = orders["order"].map(weight[~weight.index.duplicated()]).to_numpy()
    of_plant = {plant: position for position, plant in enumerate(plants)}
    makes, keeps, ports = (_known(table(f"{name}.csv"), name, of_plant, notes) for name in PLANT_TABLES)
    allowed = np.zeros((len(orders), len(plants)), dtype=bool)
    for plant, products in makes.groupby("Plant Code")["Product ID"]:
        allowed[:, of_plant[plant]] = orders["sku"].isin(set(products))
    for plant, customers in keeps.groupby("Plant Code")["Customers"]:
        allowed[:, of_plant[plant]] &= orders["channel"].isin(set(customers)).to_numpy()
    freight = np.full(allowed.shape, np.inf)
    by_port = {
        port: cheapest(weights, mine) for port, mine in _rates(table("FreightRates.csv"), notes).groupby("origin")
    }
    for plant, port in zip(ports["Plant Code"], ports["Port"], strict=True):
        best = np.zeros(len(orders)) if port == HOME else by_port.get(port, np.full(len(orders), np.inf))
        freight[:, of_plant[plant]] = np.minimum(freight[:, of_plant[plant]], best)
    order, plant = np.nonzero(allowed & np.isfinite(freight))
    found = pd.DataFrame({"order": order, "plant": plant, "freight": freight[order, plant]})
    costs = table("WhCosts.csv")
    cost = pd.Series(numbers(costs["Cost/unit"]), index=costs["WH"])[plants].to_numpy()
    found["cost"] = cost[plant] + found["freight"] / orders["units"].to_numpy()[order]
    if weightless := int((weights <= 0).sum()):
        notes.append(f"OrderList: {weightless} orders weigh nothing: freight is the minimum of a band that begins at 0")
    unpriced = int((allowed & ~np.isfinite(freight)).sum())
    notes.append(f"{unpriced} pairs of order and plant have no lane for want of a freight rate")
    closed = int((~allowed.any(axis=1)).sum()), len(orders) - len(np.unique(order))
    notes.append(f"{closed[0]} orders no plant may serve, {closed[1]} no plant can reach: kept, and unserved")
    return Lanes(found, tuple(notes))


def _known(table: pd.DataFrame, name: str, plants: Mapping[str, int], notes: list[str]) -> pd.DataFrame:
    """Return the distinct rows of plants that have a capacity and a cost."""
    strange = ~table["Plant Code"].isin(list(plants))
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


def problem(folder: Path) -> tuple[ao.Problem, Lanes]:
    """Return the allocation problem, and its lanes."""
    stated = orders_and_plants(folder)
    found = lanes(folder, stated)
    node = stated.nodes["node"].to_numpy()[found.table["plant"]]
    order = stated.demand.iloc[found.table["order"]][["channel", "region", "sku", "units"]].reset_index(drop=True)
    stock = order[["sku", "units"]].assign(node=node).groupby(["sku", "node"], as_index=False)["units"].sum()
    return stated.replace(
        supply=stock.assign(kind="on_hand"),
        lanes=order[["channel", "region", "sku"]].assign(node=node, cost=found.table["cost"].to_numpy()),
        currency="USD",
        name="brunel",
    ), found


def proof(stated: ao.Problem, found: Lanes) -> tuple[int, float]:
    """Return the most orders that can be served and their least cost, found without allocopt [orders, currency]."""
    units = stated.demand["units"].to_numpy()
    cost = np.full((len(units), len(stated.nodes)), np.inf)
    cost[found.table["order"], found.table["plant"]] = found.table["cost"] * units[found.table["order"]]
    limit = stated.capacity.set_index("node")["limit"][stated.nodes["node"]]
    return cheapest_most(cost, limit.to_numpy())


def told(stated: ao.Problem, found: Lanes, plan: ao.Plan) -> Iterator[str]:
    """Yield what there is to say about a plan; the last line is ``orders served N, cost C, status S, gap G``."""
    yield from found.notes
    yield (
        f"{len(stated.demand)} orders, {len(stated.nodes)} plants that take {stated.capacity['limit'].sum():,.0f} "
        f"orders a day, {len(found.table)} lanes"
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
    stated, found = problem(options.folder)
    if options.check:
        start = time.perf_counter()
        most, cost = proof(stated, found)
        print(f"check, by augmenting paths: {most} orders, cost {cost:.2f} ({time.perf_counter() - start:.1f} s)")
    plan = ao.allocate(stated, CONTRACT, time_limit=options.time_limit, gap=options.gap)
    for line in told(stated, found, plan):
        print(line)
    if options.check and (plan.allocation["order"].nunique() != most or abs(plan.contribution + cost) > 1e-6 * cost):
        raise SystemExit("the check found another answer")


if __name__ == "__main__":
    main()
