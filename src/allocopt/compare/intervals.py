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
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocopt.problem.facts import Floats

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


NO_DIFFERENCE = Difference(
    math.nan, -math.inf, math.inf, -math.inf, math.inf, ahead=0, behind=0, runs=0, contribution=math.nan
)
"""Nothing is known: the two have a plan together in no run."""


@dataclass(frozen=True)
class Worths:
    """What every contract is worth in every run; nan where it has no plan.

    Attributes
    ----------
    contracts, scenarios : tuple of str
    scenario : intp, shape (runs,)
        Position of the scenario of each run.
    drawn : bool, shape (runs,)
        Whether the run is a draw.
    contribution, low, high : float64, shape (contracts, runs)
        Contribution of the plan, and between what the objective lies [currency].
    bound : float64, shape (contracts, runs)
        What no plan is worth more than, where a run was not solved since that decides it [currency].
    """

    contracts: tuple[str, ...]
    scenarios: tuple[str, ...]
    scenario: NDArray[np.intp]
    drawn: NDArray[np.bool_]
    contribution: Floats
    low: Floats
    high: Floats
    bound: Floats

    @classmethod
    def of(cls, runs: pd.DataFrame, contracts: Sequence[str], scenarios: Sequence[str]) -> Worths:
        """Return the worths that stand in rows: scenario, draw, contract, contribution, low, high."""
        scenario = pd.Index(scenarios).get_indexer(pd.Index(runs["scenario"]))
        draw = runs["draw"].to_numpy(np.int64)
        keys, place = np.unique(np.stack([scenario, draw]), axis=1, return_inverse=True)
        row, column = pd.Index(contracts).get_indexer(pd.Index(runs["contract"])), place.reshape(-1)
        found = []
        for name in ("contribution", "low", "high", "bound"):
            values = np.full((len(contracts), keys.shape[1]), np.nan)
            if name in runs:
                values[row, column] = runs[name].to_numpy(np.float64)
            found.append(values)
        return cls(tuple(contracts), tuple(scenarios), keys[0].astype(np.intp), keys[1] >= 0, *found)

    def means(self, contract: int) -> Floats:
        """Return the mean contribution of a contract in each scenario, nan where it has no plan [currency]."""
        there = ~np.isnan(self.contribution[contract])
        return _means(self.scenario[there], self.contribution[contract, there], len(self.scenarios))

    def difference(self, one: int, other: int, weights: Floats) -> Difference:
        """Return the difference between two contracts.

        Parameters
        ----------
        one, other : int
            Positions of the contracts.
        weights : float64, shape (scenarios,)
            Of each scenario; one of weight 0 counts in nothing.
        """
        inside = weights[self.scenario] > 0
        if not np.isnan(self.bound[[one, other]][:, inside]).all():
            return self._outer(one, other, weights, inside)
        both = np.flatnonzero(~np.isnan(self.contribution[[one, other]]).any(axis=0) & (weights[self.scenario] > 0))
        if not len(both):
            return NO_DIFFERENCE
        mean, low, high, earned = self._paired(one, other, both)
        scenario, size = self.scenario[both], len(weights)
        weight = np.where(np.bincount(scenario, minlength=size) > 0, weights, 0.0)
        weight = weight / weight.sum()
        at = np.flatnonzero(weight)
        wide = [_width(mean[scenario == place]) if self.drawn[both][scenario == place].any() else 0.0 for place in at]
        spread = math.hypot(*(weight[at] * wide))
        centre, least, most, more = (
            float(weight[at] @ _means(scenario, values, size)[at]) for values in (mean, low, high, earned)
        )
        ends = (least - spread, most + spread, float(low.min()), float(high.max()))
        ahead, behind = int((low > 0).sum()), int((high < 0).sum())
        return Difference(centre, *ends, ahead=ahead, behind=behind, runs=len(both), contribution=more)

    def _outer(self, one: int, other: int, weights: Floats, inside: NDArray[np.bool_]) -> Difference:
        """Return what bounds say of two contracts, one of which was not solved in every run.

        A run that was not solved is worth anything up to its bound. Over draws nothing is said of means.
        """
        solved = ~np.isnan(self.contribution)
        low = np.where(solved, self.low, -np.inf)
        high = np.where(solved, self.high, self.bound)
        runs = np.flatnonzero(inside & ~np.isnan(high[[one, other]]).any(axis=0))
        if not len(runs):
            return NO_DIFFERENCE
        least, most = low[one, runs] - high[other, runs], high[one, runs] - low[other, runs]
        low_mean, high_mean = -math.inf, math.inf
        if not self.drawn[runs].any():
            weight = weights[self.scenario[runs]]
            low_mean, high_mean = (float(weight @ values / weight.sum()) for values in (least, most))
        ends = (low_mean, high_mean, float(least.min()), float(most.max()))
        ahead, behind = int((least > 0).sum()), int((most < 0).sum())
        return Difference(math.nan, *ends, ahead=ahead, behind=behind, runs=len(runs), contribution=math.nan)

    def _paired(self, one: int, other: int, both: NDArray[np.intp]) -> list[Floats]:
        """Return the differences of objectives, their ends, and those of contributions, in each of some runs."""
        low, high, earned = (values[:, both] for values in (self.low, self.high, self.contribution))
        sizes = np.stack([*low[[one, other]], *high[[one, other]], *earned[[one, other]]])
        noise = NOISE * np.where(np.isfinite(sizes), np.abs(sizes), 1.0).max(axis=0, initial=1.0)
        found = (
            low[one] - low[other],
            low[one] - high[other],
            high[one] - low[other],
            earned[one] - earned[other],
        )
        return [np.where(np.abs(values) <= noise, 0.0, values) for values in found]


def _means(group: NDArray[np.intp], values: Floats, size: int) -> Floats:
    """Return the mean of each group, nan of an empty one."""
    sums = np.bincount(group, weights=values, minlength=size)
    count = np.bincount(group, minlength=size)
    means: Floats = np.divide(sums, count, out=np.full(size, np.nan), where=count > 0)
    return means


def _width(draws: Floats) -> float:
    """Return half the width of the interval over the draws of one scenario."""
    number = len(draws)
    if number < 2:
        return math.inf
    return _student(number - 1) * float(draws.std(ddof=1)) / math.sqrt(number)


@cache
def _student(freedom: int) -> float:
    """Return the quantile of Student's distribution that leaves `LEVEL` between itself and its negative."""
    from scipy import stats

    return float(stats.t.ppf(0.5 + LEVEL / 2, freedom))
