"""What a generated problem looks like, apart from its size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
MARKETPLACE, WHOLESALE = 1, 2
"""Positions in `CHANNELS`."""


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
        Capacity of all nodes in a period as a share of the units that a period could ship on average [1]; lanes and
        hours are as tight.
    divisible : bool
        Whether fractions of a unit can be shipped: a linear program.
    couplings : int or None
        Rows that tie articles together, of all kinds; None: a limit in units for each node and period.
    packs : bool
        Whether wholesale orders come in packs of 6 to 24 units, one size an article.
    """

    nodes: int = 8
    channels: int = 5
    periods: int = 12
    cover: float = 0.8
    tightness: float = 1.0
    divisible: bool = False
    couplings: int | None = None
    packs: bool = False

    @property
    def season(self) -> NDArray[np.float64]:
        """Demand of each period as a multiple of that of a quiet one, shape (periods,) [1]."""
        return 1.0 + np.exp(-0.5 * ((np.arange(self.periods) - 0.75 * self.periods) / 1.5) ** 2)

    @property
    def share(self) -> NDArray[np.float64]:
        """Each channel's part of the demand, shape (channels,) [1]."""
        part: NDArray[np.float64] = SHARE[: self.channels] / SHARE[: self.channels].sum()
        return part


@dataclass(frozen=True)
class Network:
    """Which node serves which channel, and how: shape (nodes, channels)."""

    open: NDArray[np.bool_]
    cost: NDArray[np.float64]
    lead: NDArray[np.int64]


def network(rng: np.random.Generator, form: Shape) -> Network:
    """Draw the lanes."""
    size = (form.nodes, form.channels)
    open_ = rng.random(size) < 0.85
    open_[0] = True
    open_[fba(form)] = False
    if form.channels > 1:
        open_[fba(form), MARKETPLACE] = True
    cost = np.round(rng.uniform(1.0, 9.0, size), 2)
    return Network(open_, cost, (rng.random(size) < 0.3).astype(np.int64))


def fba(form: Shape) -> NDArray[np.bool_]:
    """Return which nodes hold stock for the marketplace alone, shape (nodes,)."""
    return np.arange(form.nodes) >= form.nodes - (form.nodes // 4 if form.channels > 1 else 0)
