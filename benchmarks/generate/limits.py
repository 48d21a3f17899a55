"""Limits that articles share: the rows that couple a generated problem.

With `Shape.couplings` left out, every node has a limit in units in every period, and that is all. Otherwise the tables
make exactly so many rows (fewer where a few articles leave some without any arc):

* about three tenths are **lane capacities**: the lanes from distribution centres that are busiest, large channels and
  cheap lanes first, each with a row for every period from which it can still reach somebody;
* of the others six tenths are **units** at all nodes and four tenths **hours** at distribution centres, per period: the
  peak first and then the periods around it, node by node. Each article takes its own time (log-normal, some three
  minutes a unit), in wholesale four tenths of it, since there whole cases move.

By default a limit is `Shape.tightness` of what would pass in an average period if every unit in the problem left;
limits that are counted out are four fifths of that, since fewer of them leave more ways around. Most of them bind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.generate.articles import Articles
from benchmarks.generate.shape import CHANNELS, WHOLESALE, Network, Shape, fba

Floats = NDArray[np.float64]
OF_LANES, OF_HOURS = 0.3, 0.4
"""Part of all rows that are lane capacities, and part of the node limits that are hours."""
BULK = 0.4
"""Work on a unit for wholesale, as a share of that on any other [1]."""
TIGHTER = 0.8
"""What limits that are counted out are multiplied with [1]."""


@dataclass(frozen=True)
class Limits:
    """Limits in the words of the tables.

    Attributes
    ----------
    capacity : DataFrame
    workloads : DataFrame or None
    lanes : float64, shape (nodes, channels), or None
        Capacity of each lane, NaN for none [unit/period].
    """

    capacity: pd.DataFrame
    workloads: pd.DataFrame | None = None
    lanes: Floats | None = None


def limits(
    articles: Articles, network: Network, form: Shape, names: tuple[np.ndarray, np.ndarray], seed: int
) -> Limits:
    """Return the limits of a problem; `names` are those of its articles and its nodes."""
    skus, node = names
    flow = form.tightness * _flow(articles, form, articles.lot_units)
    if form.couplings is None:
        period = np.tile(np.arange(form.periods), form.nodes)
        every = {
            "node": np.repeat(node, form.periods),
            "period": period,
            "limit": np.repeat(np.ceil(flow), form.periods),
        }
        return Limits(pd.DataFrame(every))
    flow *= TIGHTER
    lanes, rows = _busiest(flow, network, form)
    hours = round(OF_HOURS * (form.couplings - rows))
    time = np.round(0.05 * np.random.default_rng([seed, 1]).lognormal(0.0, 0.5, len(skus)), 4)
    work = TIGHTER * form.tightness * _flow(articles, form, articles.lot_units * time[articles.lot_sku])
    if form.channels > WHOLESALE:
        work *= 1.0 - (1.0 - BULK) * form.share[WHOLESALE]
    capacity = [
        _peaks(node, np.ceil(flow), form.couplings - rows - hours, form).assign(resource="units"),
        _peaks(node[~fba(form)], np.round(work, 1)[~fba(form)], hours, form).assign(resource="hours"),
    ]
    return Limits(pd.concat(capacity, ignore_index=True), _workloads(skus, time, form), lanes)


def _flow(articles: Articles, form: Shape, amount: NDArray[np.float64] | NDArray[np.int64]) -> Floats:
    """Return what passes each node in an average period, given the amount of each lot, shape (nodes,)."""
    flow: Floats = np.bincount(articles.lot_node, weights=amount, minlength=form.nodes) / form.periods
    return flow


def _busiest(flow: Floats, network: Network, form: Shape) -> tuple[Floats, int]:
    """Return the capacity of the busiest lanes, and how many rows they make."""
    part = np.where(network.open, form.share / network.cost, 0.0)
    passing = flow[:, None] * part / np.maximum(part.sum(axis=1, keepdims=True), 1e-9)
    passing[fba(form)] = 0.0
    rows = np.maximum(form.periods - network.lead, 0).ravel()
    order = np.argsort(-passing, axis=None, kind="stable")[: int((passing > 0).sum())]
    number = int(np.searchsorted(np.cumsum(rows[order]), OF_LANES * form.couplings + form.periods / 2, side="right"))
    capacity = np.full(passing.size, np.nan)
    capacity[order[:number]] = np.ceil(passing.ravel()[order[:number]])
    return capacity.reshape(passing.shape), int(rows[order[:number]].sum())


def _peaks(node: np.ndarray, limit: Floats, rows: int, form: Shape) -> pd.DataFrame:
    """Return limits of so many pairs of node and period, the busiest periods first."""
    if rows > len(node) * form.periods:
        most = f"{len(node)} nodes and {form.periods} periods"
        raise ValueError(f"couplings={form.couplings} is more than {most} have room for")
    rank, where = np.divmod(np.arange(rows), len(node))
    period = np.argsort(-form.season, kind="stable")[rank]
    return pd.DataFrame({"node": node[where], "period": period, "limit": limit[where]})


def _workloads(skus: np.ndarray, time: Floats, form: Shape) -> pd.DataFrame:
    """Return the hours that a unit of each article takes, for wholesale and for all others."""
    every = pd.DataFrame({"resource": "hours", "workload": time, "sku": skus, "channel": ""})
    if form.channels <= WHOLESALE:
        return every
    bulk = every.assign(workload=np.round(BULK * time, 4), channel=CHANNELS["channel"].iloc[WHOLESALE])
    return pd.concat([every, bulk], ignore_index=True)
