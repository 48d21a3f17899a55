"""Allocation problems as a retailer has them, of a wanted number of arcs, the same for the same seed.

What a problem is made of, in the words of the tables:

* **nodes**: mostly distribution centres, the last one or two stocked for a marketplace (``fba``) which serve that
  channel alone; every other node serves most channels, each lane with a cost of its own and a lead of 0 or 1 periods.
* **channels**: ``dtc``, ``amazon``, ``wholesale``, ``stores``, ``subscription``, each with its fee, price level and
  returns.
* **skus**: costs and popularity are log-normal, so that few articles make most of the volume.
* **supply**: an article lies on hand at about half of the nodes; one to three purchase orders arrive later at nodes
  of their own. In all there is `cover` of what is wanted.
* **demand**: a line per article, channel and period in which anything is wanted (Poisson), with a peak late in the
  horizon.
* **capacity**: a limit in units per node and period, from which the articles cannot be told apart: these rows couple
  the whole problem. `tightness` of what would ship if every unit in the problem left, so that peaks are cut.

Pick the size by `arcs`; the number of articles follows. Articles are added one by one until the arcs are there, so the
size is met within one article's arcs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import allocopt as ao

CHANNELS = pd.DataFrame(
    {
        "channel": ["dtc", "amazon", "wholesale", "stores", "subscription"],
        "kind": ["dtc", "marketplace", "wholesale", "store", "subscription"],
        "fee_rate": [0.03, 0.15, 0.0, 0.0, 0.03],
        "fee_per_unit": [0.3, 3.0, 0.1, 0.2, 0.2],
        "fixed_cost": [5000.0, 2000.0, 3000.0, 8000.0, 1000.0],
        "return_rate": [0.15, 0.08, 0.01, 0.05, 0.02],
        "return_cost": [4.0, 3.0, 1.0, 1.0, 4.0],
        "recovery": [0.6, 0.5, 0.8, 0.8, 0.5],
    }
)
PRICE_LEVEL = np.array([3.0, 2.8, 1.7, 2.6, 2.4])
"""Price of each channel, as a multiple of the unit cost."""
SHARE = np.array([0.25, 0.35, 0.2, 0.15, 0.05])
"""Each channel's part of the demand."""


@dataclass(frozen=True)
class Shape:
    """The numbers that make up a problem, apart from its size.

    Attributes
    ----------
    nodes, channels, periods : int
        At most five channels.
    cover : float
        Supply as a share of demand [1].
    tightness : float
        Capacity of all nodes in a period as a share of the units that a period could ship on average [1].
    divisible : bool
        Whether fractions of a unit can be shipped: a linear program.
    """

    nodes: int = 8
    channels: int = 5
    periods: int = 12
    cover: float = 0.8
    tightness: float = 1.0
    divisible: bool = False


@dataclass(frozen=True)
class _Network:
    """Which node serves which channel, and how: shape (nodes, channels)."""

    open: NDArray[np.bool_]
    cost: NDArray[np.float64]
    lead: NDArray[np.int64]


@dataclass(frozen=True)
class _Articles:
    """Articles with their lots and lines, one entry an article; wanted has shape (articles, channels, periods)."""

    cost: NDArray[np.float64]
    wanted: NDArray[np.int64]
    price: NDArray[np.float64]
    lot_sku: NDArray[np.int64]
    lot_node: NDArray[np.int64]
    lot_available: NDArray[np.int64]
    lot_units: NDArray[np.int64]
    arcs: NDArray[np.int64]


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
    network = _network(rng, form)
    batch = max(4, arcs // 500)
    parts = [_articles(rng, form, network, batch)]
    while sum(int(part.arcs.sum()) for part in parts) < arcs:
        parts.append(_articles(rng, form, network, batch))
    return _tables(_first(parts, arcs), network, form, seed)


def one_sku(*, seed: int = 0, nodes: int = 4, channels: int = 4, periods: int = 8) -> ao.Problem:
    """Return a problem of a single article: what a service asks for while a customer waits."""
    form = Shape(nodes=nodes, channels=channels, periods=periods)
    rng = np.random.default_rng(seed)
    network = _network(rng, form)
    return ao.Problem(**_tables(_articles(rng, form, network, 1), network, form, seed))


def _network(rng: np.random.Generator, form: Shape) -> _Network:
    size = (form.nodes, form.channels)
    open_ = rng.random(size) < 0.85
    open_[0] = True
    open_[_fba(form)] = False
    if form.channels > 1:
        open_[_fba(form), 1] = True
    cost = np.round(rng.uniform(1.0, 9.0, size), 2)
    return _Network(open_, cost, (rng.random(size) < 0.3).astype(np.int64))


def _fba(form: Shape) -> NDArray[np.bool_]:
    """Return which nodes hold stock for the marketplace alone, shape (nodes,)."""
    return np.arange(form.nodes) >= form.nodes - (form.nodes // 4 if form.channels > 1 else 0)


def _articles(rng: np.random.Generator, form: Shape, network: _Network, size: int) -> _Articles:
    """Draw articles, and count the arcs of each."""
    cost = np.round(rng.lognormal(2.5, 0.6, size), 2)
    volume = rng.lognormal(1.0, 1.0, size)
    share = SHARE[: form.channels] / SHARE[: form.channels].sum()
    season = 1.0 + np.exp(-0.5 * ((np.arange(form.periods) - 0.75 * form.periods) / 1.5) ** 2)
    mean = volume[:, None, None] * form.channels * share[None, :, None] * season
    wanted = rng.poisson(mean)
    wanted[:, 0, -1] += wanted.sum(axis=(1, 2)) == 0
    price = cost[:, None] * PRICE_LEVEL[: form.channels] * rng.uniform(0.85, 1.15, (size, form.channels))

    here = rng.random((size, form.nodes)) < 0.5
    here[np.arange(size), rng.integers(0, form.nodes, size)] = True
    sku, node = np.nonzero(here)
    orders = np.repeat(np.arange(size), rng.integers(1, 4, size))
    lot_sku = np.concatenate([sku, orders])
    lot_node = np.concatenate([node, rng.integers(0, form.nodes, len(orders))])
    later = rng.integers(1, max(2, form.periods - 2), len(orders))
    available = np.concatenate([np.zeros(len(sku), dtype=np.int64), later])
    keys = np.stack([lot_sku, lot_node, available])
    lot_sku, lot_node, available = np.unique(keys, axis=1)
    weight = rng.uniform(0.3, 1.7, len(lot_sku))
    total = wanted.sum(axis=(1, 2)) * form.cover
    units = np.ceil(total[lot_sku] * weight / np.bincount(lot_sku, weights=weight, minlength=size)[lot_sku])
    arcs = _count(wanted, lot_sku, lot_node, available, network)
    return _Articles(cost, wanted, price, lot_sku, lot_node, available, units.astype(np.int64), arcs)


def _count(
    wanted: NDArray[np.int64],
    sku: NDArray[np.int64],
    node: NDArray[np.int64],
    available: NDArray[np.int64],
    network: _Network,
) -> NDArray[np.int64]:
    """Return the arcs of each article: lines that each of its lots reaches in time."""
    size, channels, periods = wanted.shape
    # Lines from a period on; from beyond the horizon on there are none.
    ahead = np.zeros((size, channels, periods + 2), dtype=np.int64)
    ahead[:, :, :periods] = (wanted > 0)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    per_lot = np.zeros(len(sku), dtype=np.int64)
    for channel in range(channels):
        reached = ahead[sku, channel, available + network.lead[node, channel]]
        per_lot += np.where(network.open[node, channel], reached, 0)
    return np.bincount(sku, weights=per_lot, minlength=size).astype(np.int64)


def _first(parts: list[_Articles], arcs: int) -> _Articles:
    """Join batches and keep the first articles, up to the wanted number of arcs."""
    offsets = np.cumsum([0, *(len(part.cost) for part in parts)])
    counted = np.concatenate([part.arcs for part in parts])
    keep = int(np.searchsorted(np.cumsum(counted), arcs)) + 1
    lot_sku = np.concatenate([part.lot_sku + start for part, start in zip(parts, offsets[:-1], strict=True)])
    mine = lot_sku < keep

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    lots = {name: joined(name)[mine] for name in ("lot_node", "lot_available", "lot_units")}
    per_sku = {name: joined(name)[:keep] for name in ("cost", "wanted", "price")}
    return _Articles(**per_sku, lot_sku=lot_sku[mine], **lots, arcs=counted[:keep])


def _tables(articles: _Articles, network: _Network, form: Shape, seed: int) -> dict[str, Any]:
    channels = CHANNELS.iloc[: form.channels]
    channel = channels["channel"].to_numpy()
    skus = np.array([f"SKU{position:06d}" for position in range(len(articles.cost))], dtype=object)
    node = np.array([f"NODE{position:02d}" for position in range(form.nodes)], dtype=object)
    sku_of, channel_of, period = np.nonzero(articles.wanted)
    price = np.round(articles.price[sku_of, channel_of], 2)
    from_node, to_channel = np.nonzero(network.open)
    later = articles.lot_available > 0
    flow = np.bincount(articles.lot_node, weights=articles.lot_units, minlength=form.nodes) / form.periods
    limit = np.ceil(form.tightness * flow)
    return {
        "skus": pd.DataFrame({"sku": skus, "unit_cost": articles.cost, "divisible": form.divisible}),
        "nodes": pd.DataFrame({"node": node, "kind": np.where(_fba(form), "fba", "dc")}),
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
                "cost": network.cost[network.open],
                "lead": network.lead[network.open],
            }
        ),
        "capacity": pd.DataFrame(
            {
                "node": np.repeat(node, form.periods),
                "period": np.tile(np.arange(form.periods), form.nodes),
                "limit": np.repeat(limit, form.periods),
            }
        ),
        "currency": "USD",
        "name": f"generated, seed {seed}",
    }
