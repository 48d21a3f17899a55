"""Two and a half years of sales: 47 products, 6 warehouses, 4 channels, months as periods.

``python -m benchmarks.real.us_regional_sales ../shared/data/us_regional_sales [--share 0.5]``

How the file becomes a problem: demand is what a channel ordered of a product in a month, at the price net of
discounts, averaged by units; supply is what a warehouse procured of a product in a month, an inbound lot at its
average unit cost, usable from that month on. Any warehouse may serve any channel, at no cost and within the month.
The file names no capacities. Stock as procured covers everything that was ordered, so a limit is assumed: a warehouse
handles at most a share of its average month. Prices and costs of one product vary widely from line to line, so that
at the best contribution the dearer lines take the cheap lots and many others stay unserved, which would sell below
the cost of the lots that are left for them; only a share below some 0.7 binds at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import allocopt as ao
from benchmarks.real.mangled import dates, numbers, read_table

FILE = "US_Regional_Sales_Data.csv"
DATES = ("ProcuredDate", "OrderDate", "ShipDate", "DeliveryDate")
KINDS = {"In-Store": "store", "Online": "dtc", "Distributor": "wholesale", "Wholesale": "wholesale"}


@dataclass(frozen=True)
class Sales:
    """The order lines, read, with months counted from the first procurement.

    Attributes
    ----------
    lines : pandas.DataFrame
        sku, node, channel, units [unit], price net of discount and cost [currency/unit], procured and ordered
        [month, from 0].
    first : pandas.Period
        Month 0.
    notes : tuple of str
    """

    lines: pd.DataFrame
    first: pd.Period
    notes: tuple[str, ...]


def read(folder: Path) -> Sales:
    """Read the file of order lines.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Sales
    """
    notes: list[str] = []
    table = read_table(folder / FILE, notes)
    days = {name: dates(table[name]) for name in DATES}
    procured, ordered, shipped, delivered = days.values()
    agrees = (procured < ordered) & (ordered < shipped) & (shipped < delivered)
    notes.append(
        f"dates: d/m/y, as a spreadsheet turned them around; so read, {int(agrees.sum())} of {len(table)} lines are "
        f"procured < ordered < shipped < delivered (read m/d/y: {_month_first(table)})"
    )
    units, price, cost = (numbers(table[name]) for name in ("Order Quantity", "Unit Price", "Unit Cost"))
    discount = numbers(table["Discount Applied"])
    month = {name: days[name].dt.to_period("M") for name in ("ProcuredDate", "OrderDate")}
    first = min(periods.min() for periods in month.values())
    lines = pd.DataFrame(
        {
            "sku": table["_ProductID"],
            "node": table["WarehouseCode"],
            "channel": table["Sales Channel"],
            "units": units,
            "price": price * (1.0 - discount),
            "cost": cost,
            "procured": _months_since(first, month["ProcuredDate"]),
            "ordered": _months_since(first, month["OrderDate"]),
        }
    )
    odd = ~agrees.to_numpy() | (units <= 0) | table["OrderNumber"].duplicated().to_numpy()
    notes.append(f"{int(odd.sum())} of {len(lines)} lines left out: dates out of order, no units, or an order repeated")
    return Sales(lines[~odd].reset_index(drop=True), first, tuple(notes))


def _months_since(first: pd.Period, months: pd.Series) -> pd.Series:
    return (months.dt.year - first.year) * 12 + months.dt.month - first.month


def _month_first(table: pd.DataFrame) -> int:
    """Return how many lines would be in order if dates that were not turned around were month/day/year."""
    read_so = {}
    for name in DATES:
        swapped = table[name].str.replace(r"^(\d{1,2})/(\d{1,2})/(\d{4})$", r"\2/\1/\3", regex=True)
        read_so[name] = dates(swapped)
    procured, ordered, shipped, delivered = read_so.values()
    return int(((procured < ordered) & (ordered < shipped) & (shipped < delivered)).sum())


def _averaged(lines: pd.DataFrame, keys: list[str], money: str) -> pd.DataFrame:
    """Return units and the average of a money column by units, per key."""
    total = lines.assign(amount=lines[money] * lines["units"]).groupby(keys, as_index=False)[["units", "amount"]].sum()
    total[money] = (total["amount"] / total["units"]).round(4)
    return total.drop(columns="amount")


def problem(sales: Sales, share: float | None) -> ao.Problem:
    """Return the allocation problem of the order lines.

    Parameters
    ----------
    sales : Sales
    share : float or None
        What a warehouse handles in a month, of the units it procured in all divided by the months with orders;
        None: no limit.
    """
    lines = sales.lines
    months = int(lines["ordered"].max()) + 1
    supply = _averaged(lines, ["sku", "node", "procured"], "cost")
    demand = _averaged(lines, ["sku", "channel", "ordered"], "price")
    nodes = sorted(lines["node"].unique())
    capacity = None
    if share is not None:
        selling = months - int(lines["ordered"].min())
        limit = np.floor(share * lines.groupby("node")["units"].sum() / selling)[nodes]
        capacity = pd.DataFrame(
            {
                "node": np.repeat(nodes, months),
                "period": np.tile(np.arange(months), len(nodes)),
                "limit": np.repeat(limit.to_numpy(), months),
            }
        )
    calendar = pd.period_range(sales.first, periods=months, freq="M")
    channels = sorted(lines["channel"].unique())
    return ao.Problem(
        skus=_averaged(lines, ["sku"], "cost")[["sku", "cost"]].set_axis(["sku", "unit_cost"], axis=1),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": channels, "kind": [KINDS.get(name, "dtc") for name in channels]}),
        supply=supply.rename(columns={"procured": "available", "cost": "unit_cost"}).assign(kind="inbound"),
        demand=demand.rename(columns={"ordered": "period"}).assign(firm=True),
        lanes=pd.MultiIndex.from_product([nodes, channels], names=["node", "channel"]).to_frame(index=False),
        capacity=capacity,
        periods=pd.DataFrame(
            {
                "period": np.arange(months),
                "start": calendar.start_time.strftime("%Y-%m-%d"),
                "end": calendar.end_time.strftime("%Y-%m-%d"),
            }
        ),
        currency="USD",
        name="us_regional_sales",
    )


def told(sales: Sales, plan: ao.Plan, unlimited: ao.Plan, share: float) -> Iterator[str]:
    """Yield what there is to say; the last line is ``units served N of M, contribution C, status S, gap G``."""
    yield from sales.notes
    yield "price: list price less discount, averaged by units over the lines of a product, channel and month"
    yield "cost: the file gives one per order line; a lot carries the average of its lines, and may serve any line"
    yield "assumed: any warehouse serves any channel in the month of the order, lane cost 0, lead 0, no backorders"
    yield f"assumed: a warehouse handles at most {share:.0%} of its average month, in units"
    plan.raise_for_status()
    assert plan.certificate is not None
    arcs = 0 if plan.answer is None else len(plan.answer.arcs)
    yield f"{len(sales.lines)} order lines, {sales.lines['units'].sum():,.0f} units, from {sales.first}; {arcs} arcs"
    yield f"solved by {plan.method} in {plan.seconds:.1f} s, worst violation {plan.certificate.violation:.1e}"
    if plan.certificate.claimed_gap is not None:
        yield f"the solver's own gap is {plan.certificate.claimed_gap:.1e}; the gap below is of our own bound"
    yield (
        f"without the assumed limit: {unlimited.channels['units'].sum():.0f} units, contribution "
        f"{unlimited.contribution:.2f}; the rest would sell below the cost of the lots left for it"
    )
    table = plan.channels
    for row in table[table["demand"] > 0].itertuples():
        yield f"  {row.channel}: {row.units:,.0f} of {row.demand:,.0f} units, contribution {row.contribution:,.2f}"
    yield (
        f"units served {table['units'].sum():.0f} of {table['demand'].sum():.0f}, contribution "
        f"{plan.contribution:.2f}, status {plan.status}, gap {plan.certificate.gap:.1e}"
    )


def main() -> None:
    """Read the folder, allocate, and print what came out."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.real.us_regional_sales", description=__doc__.splitlines()[0]
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="capacity of a warehouse, of its average month")
    parser.add_argument("--time-limit", type=float, default=240.0, help="seconds of an allocation")
    options = parser.parse_args()
    sales = read(options.folder)
    unlimited = ao.allocate(problem(sales, None), time_limit=options.time_limit)
    plan = ao.allocate(problem(sales, options.share), time_limit=options.time_limit)
    for line in told(sales, plan, unlimited, options.share):
        print(line)


if __name__ == "__main__":
    main()
