"""Allocation problems as a retailer has them, of a wanted number of arcs, the same for the same seed.

What a problem is made of, in the words of the tables:

* **nodes**: mostly distribution centres, the last one or two stocked for a marketplace (``fba``) which serve that
  channel alone; every other node serves most channels, each lane with a cost of its own and a lead of 0 or 1 periods.
* **channels**: ``dtc``, ``amazon``, ``wholesale``, ``stores``, ``subscription``, each with its fee, price level and
  returns.
* **skus**: costs and popularity are log-normal, so that few articles make most of the volume. Units are whole, or
  `Shape.divisible`.
* **supply**: an article lies on hand at about half of the nodes; one to three purchase orders arrive later at nodes
  of their own. In all there is `cover` of what is wanted.
* **demand**: a line per article, channel and period in which anything is wanted (Poisson), with a peak late in the
  horizon. With `Shape.packs`, wholesale wants whole packs of 6 to 24 units, one size an article.
* **rows that couple**: limits that articles share, see `benchmarks.generate.limits`. By default a limit in units per
  node and period. With `Shape.couplings`, exactly so many (20 to 200 are usual): units per node and period, hours per
  node and period with workloads of their own for each article and for wholesale, and capacities of the busiest lanes
  per period. All are a share (`tightness`) of what would pass if every unit in the problem left, so that peaks are cut.

Pick the size by `arcs`; the number of articles follows. Articles are added one by one until the arcs are there, so the
size is met within one article's arcs. Arcs are counted before any rule takes some away (no lot smaller than a pack
serves a line in packs).

What is agreed on is one of two contracts, see `benchmarks.generate.terms`: ``"physics"`` is pooled, nothing beyond
the tables; ``"retailer"`` protects inbound stock for two channels, guarantees service to two more softly, has a margin
floor for the marketplace and serves subscribers first. To the rows that couple it adds three of its own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

import allocopt as ao
from benchmarks.generate.articles import Articles, drawn, enough
from benchmarks.generate.limits import limits
from benchmarks.generate.shape import CHANNELS, WHOLESALE, Network, Shape, fba, network
from benchmarks.generate.terms import CONTRACTS, contract


def generate(arcs: int, *, seed: int = 0, shape: Shape | None = None) -> ao.Problem:
    """Return a problem of about `arcs` arcs.

    Parameters
    ----------
    arcs : int
        Arcs wanted under the contract `pooled`.
    seed : int
    shape : Shape, optional

    Returns
    -------
    allocopt.Problem

    Examples
    --------
    >>> generate(2_000, seed=1).facts.periods
    12
    """
    return ao.Problem(**tables(arcs, seed=seed, shape=shape))


def tables(arcs: int, *, seed: int = 0, shape: Shape | None = None) -> dict[str, Any]:
    """Return the tables of `generate`, not yet checked."""
    form = shape or Shape()
    rng = np.random.default_rng(seed)
    lanes = network(rng, form)
    return _tables(enough(rng, form, lanes, arcs), lanes, form, seed)


def one_sku(*, seed: int = 0, nodes: int = 4, channels: int = 4, periods: int = 8) -> ao.Problem:
    """Return a problem of a single article: what a service asks for while a customer waits."""
    form = Shape(nodes=nodes, channels=channels, periods=periods)
    rng = np.random.default_rng(seed)
    lanes = network(rng, form)
    return ao.Problem(**_tables(drawn(rng, form, lanes, 1), lanes, form, seed))


def _tables(articles: Articles, lanes: Network, form: Shape, seed: int) -> dict[str, Any]:
    channels = CHANNELS.iloc[: form.channels]
    channel = channels["channel"].to_numpy()
    skus = np.array([f"SKU{position:06d}" for position in range(len(articles.cost))], dtype=object)
    node = np.array([f"NODE{position:02d}" for position in range(form.nodes)], dtype=object)
    sku_of, channel_of, period = np.nonzero(articles.wanted)
    price = np.round(articles.price[sku_of, channel_of], 2)
    from_node, to_channel = np.nonzero(lanes.open)
    later = articles.lot_available > 0
    scarce = limits(articles, lanes, form, (skus, node), seed)
    named: dict[str, Any] = {
        "skus": pd.DataFrame({"sku": skus, "unit_cost": articles.cost, "divisible": form.divisible}),
        "nodes": pd.DataFrame({"node": node, "kind": np.where(fba(form), "fba", "dc")}),
        "channels": channels,
        "supply": pd.DataFrame(
            {
                "sku": skus[articles.lot_sku],
                "node": node[articles.lot_node],
                "kind": np.where(later, "inbound", "on_hand"),
                "units": articles.lot_units,
                "available": articles.lot_available,
            }
        ),
        "demand": pd.DataFrame(
            {
                "sku": skus[sku_of],
                "channel": channel[channel_of],
                "period": period,
                "units": articles.wanted[sku_of, channel_of, period],
                "price": price,
            }
        ),
        "lanes": pd.DataFrame(
            {
                "node": node[from_node],
                "channel": channel[to_channel],
                "cost": lanes.cost[lanes.open],
                "lead": lanes.lead[lanes.open],
            }
        ),
        "capacity": scarce.capacity,
        "currency": "USD",
        "name": f"generated, seed {seed}",
    }
    if scarce.lanes is not None:
        named["lanes"]["capacity"] = scarce.lanes[lanes.open]
    if scarce.workloads is not None:
        named["workloads"] = scarce.workloads
    if form.packs:
        named["demand"]["pack"] = np.where(channel_of == WHOLESALE, articles.pack[sku_of], 1)
    return named


__all__ = ["CONTRACTS", "Shape", "contract", "generate", "one_sku", "tables"]
