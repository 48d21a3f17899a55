"""Articles with what lies in stock of them and what is wanted, drawn until the arcs are there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.generate.shape import PRICE_LEVEL, WHOLESALE, Network, Shape

PACKS = np.array([6, 8, 10, 12, 18, 24])
"""Sizes that wholesale packs come in [unit]."""


@dataclass(frozen=True)
class Articles:
    """Articles with their lots and lines, one entry an article; wanted has shape (articles, channels, periods)."""

    cost: NDArray[np.float64]
    wanted: NDArray[np.int64]
    price: NDArray[np.float64]
    pack: NDArray[np.int64]
    lot_sku: NDArray[np.int64]
    lot_node: NDArray[np.int64]
    lot_available: NDArray[np.int64]
    lot_units: NDArray[np.int64]
    arcs: NDArray[np.int64]


def enough(rng: np.random.Generator, form: Shape, network: Network, arcs: int) -> Articles:
    """Draw articles until they have the wanted number of arcs."""
    batch = max(4, arcs // 500)
    parts = [drawn(rng, form, network, batch)]
    while sum(int(part.arcs.sum()) for part in parts) < arcs:
        parts.append(drawn(rng, form, network, batch))
    return _first(parts, arcs)


def drawn(rng: np.random.Generator, form: Shape, network: Network, size: int) -> Articles:
    """Draw articles, and count the arcs of each."""
    cost = np.round(rng.lognormal(2.5, 0.6, size), 2)
    volume = rng.lognormal(1.0, 1.0, size)
    mean = volume[:, None, None] * form.channels * form.share[None, :, None] * form.season
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
    pack = np.ones(size, dtype=np.int64)
    if form.packs and form.channels > WHOLESALE:
        pack = rng.choice(PACKS, size)
        wanted[:, WHOLESALE] = pack[:, None] * rng.poisson(mean[:, WHOLESALE] / pack[:, None])
    total = wanted.sum(axis=(1, 2)) * form.cover
    units = np.ceil(total[lot_sku] * weight / np.bincount(lot_sku, weights=weight, minlength=size)[lot_sku])
    arcs = _count(wanted, lot_sku, lot_node, available, network)
    return Articles(cost, wanted, price, pack, lot_sku, lot_node, available, units.astype(np.int64), arcs)


def _count(
    wanted: NDArray[np.int64],
    sku: NDArray[np.int64],
    node: NDArray[np.int64],
    available: NDArray[np.int64],
    network: Network,
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


def _first(parts: list[Articles], arcs: int) -> Articles:
    """Join batches and keep the first articles, up to the wanted number of arcs."""
    offsets = np.cumsum([0, *(len(part.cost) for part in parts)])
    counted = np.concatenate([part.arcs for part in parts])
    keep = int(np.searchsorted(np.cumsum(counted), arcs)) + 1
    lot_sku = np.concatenate([part.lot_sku + start for part, start in zip(parts, offsets[:-1], strict=True)])
    mine = lot_sku < keep

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(part, name) for part in parts])

    lots = {name: joined(name)[mine] for name in ("lot_node", "lot_available", "lot_units")}
    per_sku = {name: joined(name)[:keep] for name in ("cost", "wanted", "price", "pack")}
    return Articles(**per_sku, lot_sku=lot_sku[mine], **lots, arcs=counted[:keep])
