"""Two and a half years of sales: 47 products, 6 warehouses, 4 channels, months as periods.

``python -m benchmarks.real.us_regional_sales ../shared/data/us_regional_sales [--share 0.5]``

How the file becomes a problem stands in ``us_regional_sales.yaml``: demand is what a channel ordered of a product in a
month, at the price net of discounts, averaged by units; supply is what a warehouse procured of a product in a month,
an inbound lot at its average unit cost, usable from that month on. Any warehouse may serve any channel, at no cost and
within the month. The file names no capacities. Stock as procured covers everything that was ordered, so a limit is
assumed: a warehouse handles at most a share of its average month. Prices and costs of one product vary widely from
line to line, so that at the best contribution the dearer lines take the cheap lots and many others stay unserved,
which would sell below the cost of the lots that are left for them; only a share below some 0.7 binds at all.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import allocopt as ao

MAPPING = Path(__file__).with_suffix(".yaml")


def problem(folder: Path, share: float | None) -> ao.Problem:
    """Return the allocation problem of the order lines.

    Parameters
    ----------
    folder : Path
    share : float or None
        What a warehouse handles in a month, of the units it procured in all divided by the months with orders;
        None: no limit.
    """
    stated = ao.Problem.read(folder, mapping=MAPPING).replace(currency="USD", name="us_regional_sales")
    if share is None:
        return stated
    months = stated.facts.periods
    procured = stated.supply.groupby("node")["units"].sum()
    limit = np.floor(share * procured / (months - stated.demand["period"].min()))
    at = pd.MultiIndex.from_product([procured.index, range(months)], names=["node", "period"]).to_frame(index=False)
    return stated.replace(capacity=at.assign(limit=at["node"].map(limit)))


def told(stated: ao.Problem, plan: ao.Plan, unlimited: ao.Plan, share: float) -> Iterator[str]:
    """Yield what there is to say; the last line is ``units served N of M, contribution C, status S, gap G``."""
    yield "price: list price less discount, averaged by units over the lines of a product, channel and month"
    yield "cost: the file gives one per order line; a lot carries the average of its lines, and may serve any line"
    yield "assumed: any warehouse serves any channel in the month of the order, lane cost 0, lead 0, no backorders"
    yield f"assumed: a warehouse handles at most {share:.0%} of its average month, in units"
    plan.raise_for_status()
    assert plan.certificate is not None
    arcs = 0 if plan.answer is None else len(plan.answer.arcs)
    units, first = stated.demand["units"].sum(), stated.periods["start"].min()
    yield f"{len(stated.demand):,} lines of demand, {units:,.0f} units, from {first:%Y-%m}; {arcs} arcs"
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
    unlimited = ao.allocate(problem(options.folder, None), time_limit=options.time_limit)
    stated = problem(options.folder, options.share)
    plan = ao.allocate(stated, time_limit=options.time_limit)
    for line in told(stated, plan, unlimited, options.share):
        print(line)


if __name__ == "__main__":
    main()
