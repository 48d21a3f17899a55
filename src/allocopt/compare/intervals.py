"""Differences between contracts, each with the interval that is proven of it.

.. code-block:: text

    value of a run    in [low, high]:  low = objective of its plan,  high = its bound
    difference        d[r] in [low_a[r] - high_b[r],  high_a[r] - low_b[r]]     for each run r (scenario and draw)
    of a scenario     mean over its draws, widened by t(0.975, n - 1) s / sqrt(n)          for n draws
    of contracts      sum_s weight[s] d[s] / sum_s weight[s];  widenings add in quadrature           [currency]

What is proven is the objective, contribution less clause penalties: where a contract has no penalties and no stage
before the last, that is its contribution. A played run is what happened, not an optimum: its low and high are the same.
Two contracts are told apart where zero lies outside of the interval, and where every single run says the same for
certain, however wide few draws make an interval of means. Source: paired comparison under common random numbers, e.g.
Law, Simulation Modeling and Analysis (2015), ch. 10.2 and 11.2.
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
    """How much more one contract is worth than another, on average over the scenarios that count.

    Attributes
    ----------
    mean : float
        Of the objectives of the plans that were found [currency].
    low, high : float
        Where the difference of the objectives certainly lies (over draws: with 95 % confidence) [currency].
    least, most : float
        Between what it certainly lies in every single run [currency].
    ahead, behind : int
        Runs in which the one certainly has the higher objective, and the lower one.
    runs : int
        Runs that both have a plan in.
    contribution : float
        Mean difference of the contributions of the plans that were found [currency].
    """

    mean: float
    low: float
    high: float
    least: float
    most: float
    ahead: int
    behind: int
    runs: int
    contribution: float

    @property
    def in_every_run(self) -> bool:
        """Whether the same of the two is ahead for certain in every run."""
        return self.runs in (self.ahead, self.behind) and self.runs > 0

    @property
    def clear(self) -> bool:
        """Whether zero lies outside of the interval of means."""
        return self.low > 0 or self.high < 0

    @property
    def apart(self) -> bool:
        """Whether the two are told apart."""
        return self.clear or self.in_every_run

    @property
    def positive(self) -> bool:
        """Whether the one is told to be ahead of the other."""
        return self.low > 0 or (self.in_every_run and self.ahead > 0)

    @property
    def nothing(self) -> bool:
        """Whether there is certainly no difference."""
        return self.low == self.high == self.contribution == 0


NO_DIFFERENCE = Difference(math.nan, -math.inf, math.inf, -math.inf, math.inf, 0, 0, 0, math.nan)
"""Nothing is known: the two have a plan together in no run."""


def difference(runs: pd.DataFrame, weights: pd.Series, one: str, other: str) -> Difference:
    """Return the difference between two contracts.

    Parameters
    ----------
    runs : DataFrame
        Columns scenario, draw, contract, contribution, low, high; runs without a plan left out.
    weights : Series
        Weight of each scenario, by name. One of weight 0, or that is not there, counts in nothing.
    one, other : str
        Names of contracts.
    """
    pairs = paired(runs[runs["scenario"].isin(weights.index[weights > 0])], one, other)
    if pairs.empty:
        return NO_DIFFERENCE
    parts = pairs.groupby("scenario", sort=False)[["mean", "low", "high", "contribution"]].mean()
    weight = weights.reindex(parts.index).to_numpy(np.float64)
    weight = weight / weight.sum()
    widths = np.array([_width(pairs[pairs["scenario"] == scenario]) for scenario in parts.index])
    wide = float(np.sqrt(((weight * widths) ** 2).sum()))
    mean, low, high, earned = (float(weight @ parts[name].to_numpy(np.float64)) for name in parts.columns)
    least, most = float(pairs["low"].min()), float(pairs["high"].max())
    ahead, behind = int((pairs["low"] > 0).sum()), int((pairs["high"] < 0).sum())
    return Difference(mean, low - wide, high + wide, least, most, ahead, behind, len(pairs), earned)


def paired(runs: pd.DataFrame, one: str, other: str) -> pd.DataFrame:
    """Return the difference in each run that both have a plan in: scenario, draw, mean, low, high, contribution."""
    keys, values = ["scenario", "draw"], ["low", "high", "contribution"]
    left, right = (runs.loc[runs["contract"] == name, [*keys, *values]].set_index(keys) for name in (one, other))
    both = left.add_suffix("_one").join(right.add_suffix("_other"), how="inner")
    noise = NOISE * both.abs().where(np.isfinite(both)).max(axis=1).clip(lower=1.0)
    found = {
        "mean": both["low_one"] - both["low_other"],
        "low": both["low_one"] - both["high_other"],
        "high": both["high_one"] - both["low_other"],
        "contribution": both["contribution_one"] - both["contribution_other"],
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
