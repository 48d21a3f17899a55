"""Differences between contracts, each with the interval that is proven of it.

.. code-block:: text

    value of a run    in [low, high]:  low = contribution of its plan,  high = low + (bound - objective)
    difference        d[r] in [low_a[r] - high_b[r],  high_a[r] - low_b[r]]     for each run r (scenario and draw)
    of a scenario     mean over its draws, widened by t(0.975, n - 1) s / sqrt(n)          for n draws
    of contracts      sum_s weight[s] d[s] / sum_s weight[s];  widenings add in quadrature           [currency]

A played run is what happened, not an optimum: its low and high are the same. Two contracts are told apart only where
zero lies outside of the interval. Source: paired comparison under common random numbers, e.g. Law, Simulation
Modeling and Analysis (2015), ch. 10.2 and 11.2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEVEL = 0.95
"""Confidence of intervals over draws."""
NOISE = 1e-9
"""Differences of at most this share of what is compared are the order in which money was added up."""


@dataclass(frozen=True)
class Difference:
    """How much more one contract is worth than another, on average over scenarios.

    Attributes
    ----------
    mean : float
        Of the plans that were found [currency].
    low, high : float
        Where the difference certainly lies (over draws: with 95 % confidence) [currency].
    ahead, behind : int
        Runs in which the one is certainly worth more, and certainly less.
    runs : int
        Runs that both have a plan in.
    """

    mean: float
    low: float
    high: float
    ahead: int
    behind: int
    runs: int

    @property
    def apart(self) -> bool:
        """Whether the two are told apart."""
        return self.low > 0 or self.high < 0


def difference(runs: pd.DataFrame, weights: pd.Series, one: str, other: str) -> Difference:
    """Return the difference between two contracts.

    Parameters
    ----------
    runs : DataFrame
        Columns scenario, draw, contract, low, high; runs without a plan left out.
    weights : Series
        Weight of each scenario, by name.
    one, other : str
        Names of contracts.
    """
    pairs = paired(runs, one, other)
    if pairs.empty:
        return Difference(math.nan, -math.inf, math.inf, 0, 0, 0)
    parts = pairs.groupby("scenario", sort=False)[["mean", "low", "high"]].mean()
    weight = weights.reindex(parts.index).to_numpy(np.float64)
    weight = weight / weight.sum() if weight.sum() > 0 else np.full(len(parts), 1.0 / len(parts))
    widths = np.array([_width(pairs[pairs["scenario"] == scenario]) for scenario in parts.index])
    wide = float(np.sqrt(((weight * widths)[weight > 0] ** 2).sum()))
    mean, low, high = (float(weight @ parts[column].to_numpy(np.float64)) for column in ("mean", "low", "high"))
    ahead, behind = int((pairs["low"] > 0).sum()), int((pairs["high"] < 0).sum())
    return Difference(mean, low - wide, high + wide, ahead, behind, len(pairs))


def paired(runs: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the difference in each run that both contracts have a plan in: scenario, draw, mean, low, high."""
    keys = ["scenario", "draw"]
    left, right = (runs.loc[runs["contract"] == name, [*keys, "low", "high"]].set_index(keys) for name in (one, other))
    both = left.add_suffix("_one").join(right.add_suffix("_other"), how="inner")
    noise = NOISE * both.abs().where(np.isfinite(both)).max(axis=1).clip(lower=1.0)
    found = {
        "mean": both["low_one"] - both["low_other"],
        "low": both["low_one"] - both["high_other"],
        "high": both["high_one"] - both["low_other"],
    }
    clean = {name: values.mask(values.abs() <= noise, 0.0) for name, values in found.items()}
    return pd.DataFrame(clean).reset_index()


def _width(pairs: pd.DataFrame) -> float:
    """Return half the width of the interval over the draws of one scenario; nothing is random without draws."""
    from scipy import stats

    if (pairs["draw"] < 0).all():
        return 0.0
    number = len(pairs)
    if number < 2:
        return math.inf
    spread = float(pairs["mean"].std(ddof=1))
    return float(stats.t.ppf(0.5 + LEVEL / 2, number - 1)) * spread / math.sqrt(number)
