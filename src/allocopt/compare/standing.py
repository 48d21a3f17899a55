"""How contracts stand to each other over the scenarios that count.

.. code-block:: text

    a scenario counts   if its weight is above 0, and it was played without foresight or none of these was
    worth[c]          = sum_s weight[s] mean over draws(contribution[c, s]) / sum_s weight[s]       [currency]
    ranked            : contracts with a plan in every run that counts, worth most first (or by `risk.CVaR`)

Who knows what comes needs no protection, so a plan made with full knowledge says nothing against one that was played
forward: such scenarios stand beside, known beforehand. A scenario of weight 0 is there to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from allocopt.compare.intervals import NOISE, Difference, Worths
from allocopt.compare.risk import TENTH, CVaR, quantile, worst
from allocopt.problem.facts import Flags, Floats
from allocopt.scenario.scenario import Scenario

Counts = Literal["counts", "known beforehand", "only to show"]


@dataclass(frozen=True)
class Future:
    """What a comparison has to know of a scenario.

    Attributes
    ----------
    name : str
    weight : float
    draws : int
        Number of draws; 0: as stated.
    foresight : {"none", "perfect"}
        Whether its draws are played forward, or known beforehand.
    """

    name: str
    weight: float = 1.0
    draws: int = 0
    foresight: Literal["none", "perfect"] = "none"

    @classmethod
    def of(cls, scenario: Scenario) -> Future:
        """Return what a comparison has to know of a scenario."""
        draws = scenario.draws
        if draws is None:
            return cls(scenario.name, scenario.weight)
        return cls(scenario.name, scenario.weight, draws.number, draws.foresight)

    @property
    def played(self) -> bool:
        """Whether it is decided without knowing what comes."""
        return self.draws > 0 and self.foresight == "none"


def played_forward(futures: Sequence[Future]) -> bool:
    """Return whether something that weighs was played without foresight, so that nothing else counts."""
    return any(future.played and future.weight > 0 for future in futures)


def weights_of(futures: Sequence[Future]) -> dict[str, float]:
    """Return how much each scenario counts, adding up to one unless none counts."""
    forward = played_forward(futures)
    given = {future.name: future.weight * (future.played or not forward) for future in futures}
    total = sum(given.values())
    return {name: weight / total if total > 0 else 0.0 for name, weight in given.items()}


class Standing:
    """How contracts stand to each other.

    Parameters
    ----------
    runs : DataFrame
        Columns scenario, draw, contract, contribution, low, high; nan where a run has no plan. Perhaps also bound: of
        runs that were not solved since it decides them, else nan.
    contracts : sequence of str
        Names, the baseline first.
    futures : sequence of Future
    plain : collection of str
        Contracts whose objective is their contribution, and all that they optimise.
    currency : str
    risk : CVaR, optional
        How contracts are ranked; by default by their mean contribution.

    Attributes
    ----------
    baseline : str
        Against which all differences are taken: the first contract that has a plan in every run that counts.
    """

    def __init__(
        self,
        runs: pd.DataFrame,
        contracts: Sequence[str],
        futures: Sequence[Future],
        plain: Collection[str],
        currency: str = "",
        risk: CVaR | None = None,
    ) -> None:
        self.contracts, self.futures = tuple(contracts), tuple(futures)
        self.worths = Worths.of(runs, contracts, [future.name for future in futures])
        self.plain, self.currency, self.risk = frozenset(plain), currency, risk
        complete = set(self.ranked)
        self.baseline = next((name for name in self.contracts if name in complete), self.contracts[0])

    @property
    def played(self) -> bool:
        """Whether something that weighs was played without foresight, so that nothing else counts."""
        return played_forward(self.futures)

    def role(self, future: Future) -> Counts:
        """Return whether a scenario counts, and if not, what it is there for."""
        if future.weight <= 0:
            return "only to show"
        return "counts" if future.played or not self.played else "known beforehand"

    @cached_property
    def counted(self) -> tuple[Future, ...]:
        """The scenarios that count."""
        return tuple(future for future in self.futures if self.role(future) == "counts")

    @cached_property
    def weights(self) -> pd.Series:
        """How much each scenario counts, adding up to one unless none counts."""
        return pd.Series(weights_of(self.futures), dtype="float64")

    def counting(self, runs: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of the scenarios that count."""
        return runs[runs["scenario"].isin([future.name for future in self.counted])]

    @cached_property
    def ranked(self) -> list[str]:
        """Contracts that have a plan in every run that counts, worth most on average first, or under the risk."""
        there = ~np.isnan(self.worths.contribution[:, self._inside])
        complete = [name for name, runs in zip(self.contracts, there, strict=True) if runs.all()]
        if not self.counted:
            return []
        return sorted(complete, key=lambda name: (-self.value[name], self.contracts.index(name)))

    @cached_property
    def value(self) -> pd.Series:
        """What contracts are ranked by: their mean contribution, or what they are worth under the risk [currency]."""
        return self.worth if self.risk is None else self.values(self.risk)

    def values(self, risk: CVaR) -> pd.Series:
        """Return what each contract is worth under a risk [currency]."""
        found = [risk.value(*self._runs_of(place)) for place in range(len(self.contracts))]
        return pd.Series(found, index=list(self.contracts))

    def spread(self, name: str) -> dict[str, float]:
        """Return the 10 % and 90 % quantiles of a contract over the runs that count, and its worst tenth's mean."""
        earned, weights = self._runs_of(self.contracts.index(name))
        if not weights.sum() > 0:
            return dict.fromkeys(("q10", "q90", "worst_tenth"), np.nan)
        low, high = (quantile(earned, weights, part) for part in (TENTH, 1 - TENTH))
        return {"q10": low, "q90": high, "worst_tenth": worst(earned, weights, TENTH)}

    def _runs_of(self, place: int) -> tuple[Floats, Floats]:
        """Return what a contract earns in each run that counts and has a plan, and what that run weighs."""
        earned, scenario = self.worths.contribution[place], self.worths.scenario
        there = np.flatnonzero(self._inside & ~np.isnan(earned))
        scenario = scenario[there]
        return earned[there], self._weights[scenario] / np.bincount(scenario)[scenario]

    @cached_property
    def _inside(self) -> Flags:
        """Whether each run counts, shape (runs,)."""
        return self._weights[self.worths.scenario] > 0

    @cached_property
    def _unknown(self) -> Flags:
        """Whether a contract that was not solved might be the best of a run, shape (runs,)."""
        known = np.where(np.isnan(self.worths.contribution), -np.inf, self.worths.contribution).max(axis=0)
        unknown: Flags = (self.worths.bound > known).any(axis=0)
        return unknown

    @cached_property
    def _weights(self) -> Floats:
        return self.weights.to_numpy(np.float64)

    def failed(self, name: str, *, weighed: bool = False) -> tuple[int, int]:
        """Return how many runs of a contract that count (or that weigh anything) have no plan, and of how many."""
        roles = ("counts", "known beforehand") if weighed else ("counts",)
        inside = np.array([self.role(future) in roles for future in self.futures], dtype=bool)[self.worths.scenario]
        place = self.contracts.index(name)
        there = ~np.isnan(self.worths.contribution[place]) | ~np.isnan(self.worths.bound[place])
        return int((~there[inside]).sum()), int(inside.sum())

    def left(self, name: str) -> int:
        """Return how many runs of a contract that count were not solved, since their bounds decide them."""
        return int((~np.isnan(self.worths.bound[self.contracts.index(name)]) & self._inside).sum())

    def mean_regret(self, regret: pd.Series, left: int) -> float:
        """Return the mean of a contract's regret over the scenarios that count; nan where some runs are `left`."""
        if left:
            return np.nan
        return float(self.weights[regret.index].to_numpy() @ regret.fillna(0.0).to_numpy())

    @cached_property
    def worth(self) -> pd.Series:
        """The mean contribution of each contract: over draws, then over scenarios by weight [currency]."""
        means = np.stack([self.worths.means(place) for place in range(len(self.contracts))])
        weight = np.where(np.isnan(means), 0.0, self._weights)
        sums, total = (np.where(np.isnan(means), 0.0, means) * weight).sum(axis=1), weight.sum(axis=1)
        worth = np.divide(sums, total, out=np.full(len(sums), np.nan), where=total > 0)
        return pd.Series(worth, index=list(self.contracts))

    def difference(self, one: str, other: str | None = None, scenario: str | None = None) -> Difference:
        """Return how much more one contract is worth than another (the baseline), on average or in one scenario."""
        weights = self._weights
        if scenario is not None:
            weights = np.array([float(future.name == scenario) for future in self.futures])
        first, second = (self.contracts.index(name) for name in (one, other or self.baseline))
        return self.worths.difference(first, second, weights)

    def measure(self, *contracts: str) -> Literal["contribution", "objective"]:
        """Return what is proven of contracts: the contribution, or only the objective (less clause penalties)."""
        return "contribution" if self.plain.issuperset(contracts) else "objective"

    def deltas(self, baseline: str) -> pd.DataFrame:
        """Return a row per other contract: how much more it is worth than the baseline."""
        rows = []
        for name in self.contracts:
            if name != baseline:
                found = self.difference(name, baseline)
                rows.append({"contract": name, **self._told(found, name, baseline), "apart": found.apart})
        return pd.DataFrame(rows, columns=["contract", *TOLD, "apart"])

    def _told(self, found: Difference, one: str, other: str) -> dict[str, object]:
        values = (found.mean, found.low, found.high, found.ahead, found.behind, found.runs)
        return dict(zip(TOLD, (*values, self.measure(one, other), found.contribution), strict=True))

    def by_scenario(self) -> pd.DataFrame:
        """Return a row per scenario and contract: what it earns there, and how much more than the baseline."""
        means = [self.worths.means(place) for place in range(len(self.contracts))]
        skipped = ~np.isnan(self.worths.bound)
        size = len(self.futures)
        left = np.stack([np.bincount(self.worths.scenario[mine], minlength=size) for mine in skipped])
        rows = [
            {
                "scenario": future.name,
                "role": self.role(future),
                "weight": self.weights[future.name],
                "contract": name,
                **self._told(self.difference(name, scenario=future.name), name, self.baseline),
                "contribution": means[column][row] if not left[column, row] else np.nan,
                "not_solved": int(left[column, row]),
            }
            for row, future in enumerate(self.futures)
            for column, name in enumerate(self.contracts)
        ]
        return pd.DataFrame(rows, columns=["scenario", "role", "weight", "contract", *TOLD, "not_solved"])

    def otherwise(self, leader: str) -> list[tuple[Future, str]]:
        """Return the scenarios of some weight in which another contract is told to be ahead, each with the best one."""
        found = []
        others = [name for name in self.ranked if name != leader]
        means = {name: self.worths.means(self.contracts.index(name)) for name in others}
        for place, future in enumerate(self.futures):
            if self.role(future) != "only to show":
                ahead = [name for name in others if self.difference(name, leader, future.name).positive]
                if ahead:
                    found.append((future, max(ahead, key=lambda name: float(means[name][place]))))
        return found

    def regret(self) -> pd.DataFrame:
        """Return per scenario what each contract earns less than the best one of the run, mean over draws."""
        earned = self.worths.contribution
        there = ~np.isnan(earned).all(axis=0)
        lost = np.nanmax(earned[:, there], axis=0) - earned[:, there]
        lost[:, self._unknown[there]] = np.nan
        scenario = np.array([future.name for future in self.futures], dtype=object)[self.worths.scenario[there]]
        frame = pd.DataFrame(lost.T, columns=list(self.contracts))
        found: pd.DataFrame = frame.groupby(pd.Index(scenario, name="scenario"), sort=False).mean()
        return found.reindex([future.name for future in self.futures if future.name in found.index])

    def best(self) -> pd.Series:
        """Return the share of runs that count in which each contract is the best, by weight; ties are shared."""
        earned = self.worths.contribution
        inside = self._inside & ~np.isnan(earned).all(axis=0)
        if not inside.any() or (self._unknown & self._inside).any():
            return pd.Series(np.nan, index=list(self.contracts), name="best")
        best = np.nanmax(earned[:, inside], axis=0)
        top = earned[:, inside] >= best - NOISE * np.maximum(np.abs(best), 1.0)
        scenario = self.worths.scenario[inside]
        weight = self._weights[scenario] / np.bincount(scenario)[scenario]
        shares = (top / top.sum(axis=0)) @ weight / weight.sum()
        return pd.Series(shares, index=list(self.contracts), name="best")


TOLD = ("difference", "low", "high", "ahead", "behind", "runs", "measure", "contribution")
"""What a table says of a difference."""
