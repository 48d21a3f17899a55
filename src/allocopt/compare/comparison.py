"""The comparison: every contract under every scenario, side by side, with what can be said for certain."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from allocopt.compare.intervals import NOISE, Difference, difference
from allocopt.compare.runs import AS_STATED, Inputs, Run, RunFolder
from allocopt.compare.solving import ALL, Bench
from allocopt.compare.verdict import verdict
from allocopt.readback import Plan
from allocopt.readback.tables import records

SOLVED = ("optimal", "feasible")


class Comparison:
    """What `compare` found.

    Attributes
    ----------
    contracts, scenarios : tuple of str
        Names, in the order that was given.
    baseline : str
        The first contract, against which differences are taken unless said otherwise.
    currency : str
    folder : Path
        Where the answers are; a temporary folder unless one was given.
    """

    def __init__(self, inputs: Inputs, folder: RunFolder) -> None:
        self._inputs = inputs
        self._folder = folder
        self.folder = folder.path
        self.contracts = tuple(contract.name for contract in inputs.contracts)
        self.scenarios = tuple(scenario.name for scenario in inputs.scenarios)
        self.baseline = self.contracts[0]
        self.currency = inputs.problem.currency

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all answers, so that it does not need the folder that they were kept in."""
        self._outcomes, self._numbers  # noqa: B018
        return {name: value for name, value in vars(self).items() if name != "_bench"}

    @cached_property
    def _outcomes(self) -> pd.DataFrame:
        done = self._folder.done()
        rows = [
            {
                "scenario": self.scenarios[run.scenario],
                "draw": run.draw,
                "contract": self.contracts[run.contract],
                **done[run.number],
            }
            for run in self._inputs.runs
            if run.number in done
        ]
        frame = pd.DataFrame(rows).astype({"contribution": "float64", "objective": "float64", "bound": "float64"})
        unproven = (frame["bound"].fillna(np.inf) - frame["objective"]).clip(lower=0.0)
        frame["low"] = frame["contribution"]
        frame["high"] = frame["contribution"] + unproven.where(~frame["played"], 0.0)
        return frame

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run.

        Columns are scenario, draw (-1: none), contract, status, message, contribution, objective and bound [currency],
        played (without foresight), digest (of who gets what), seconds, and low and high: between which the contract's
        worth in this run certainly lies [currency].
        """
        return self._outcomes.copy()

    @cached_property
    def _numbers(self) -> pd.DataFrame:
        parts = []
        for run in self._inputs.runs:
            part = self._folder.numbers(run.number)
            part.insert(0, "contract", self.contracts[run.contract])
            part.insert(0, "draw", run.draw)
            part.insert(0, "scenario", self.scenarios[run.scenario])
            parts.append(part)
        return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)

    @property
    def table(self) -> pd.DataFrame:
        """Every number, tidy: scenario, draw, contract, channel, metric, value.

        Channels are those of the problem, ``company``, and ``all`` for their sum. Metrics are demand and units [unit],
        revenue, fixed_cost, contribution and clause_penalties [currency].
        """
        return self._numbers.copy()

    @property
    def weights(self) -> pd.Series:
        """How much each scenario counts, adding up to one."""
        weights = pd.Series([s.weight for s in self._inputs.scenarios], index=list(self.scenarios), dtype="float64")
        return weights / weights.sum() if weights.sum() > 0 else weights + 1.0 / len(weights)

    @property
    def failures(self) -> pd.DataFrame:
        """Runs without a plan: scenario, draw, contract, status, message."""
        frame = self._outcomes
        columns = ["scenario", "draw", "contract", "status", "message"]
        return frame.loc[~frame["status"].isin(SOLVED), columns].reset_index(drop=True)

    @cached_property
    def _solved(self) -> pd.DataFrame:
        return self._outcomes[self._outcomes["status"].isin(SOLVED)]

    @property
    def ranked(self) -> list[str]:
        """Contracts that have a plan in every run, worth most on average first."""
        worth = self._worth
        complete = [name for name in self.contracts if name not in set(self.failures["contract"])]
        return sorted(complete, key=lambda name: (-worth.get(name, -np.inf), self.contracts.index(name)))

    @cached_property
    def _worth(self) -> pd.Series:
        """Return the mean contribution of each contract: over draws, then over scenarios by weight."""
        means = self._solved.pivot_table(index="contract", columns="scenario", values="contribution", aggfunc="mean")
        weights = self.weights.reindex(means.columns)
        return (means * weights).sum(axis=1) / (means.notna() * weights).sum(axis=1)

    def difference(self, one: str, other: str | None = None) -> Difference:
        """Return how much more one contract is worth than another (by default the baseline)."""
        return difference(self._solved, self.weights, self._known(one), self._known(other or self.baseline))

    def deltas(self, baseline: str | None = None) -> pd.DataFrame:
        """Return how much more each contract is worth than a baseline.

        Parameters
        ----------
        baseline : str, optional
            Name of a contract; by default the first.

        Returns
        -------
        pandas.DataFrame
            Columns contract, difference, low and high [currency]: the mean over scenarios, and between what it
            certainly lies (over draws: with 95 % confidence); ahead and behind: runs in which it is certainly worth
            more or less; runs; apart: whether the two are told apart.
        """
        against = self._known(baseline or self.baseline)
        rows = []
        for name in self.contracts:
            if name != against:
                found = self.difference(name, against)
                told = {"low": found.low, "high": found.high, "ahead": found.ahead, "behind": found.behind}
                rows.append(
                    {"contract": name, "difference": found.mean, **told, "runs": found.runs, "apart": found.apart}
                )
        return pd.DataFrame(rows, columns=["contract", "difference", "low", "high", "ahead", "behind", "runs", "apart"])

    def regret(self) -> pd.DataFrame:
        """Return what each contract leaves on the table: the best contract of the run less this one [currency].

        Returns
        -------
        pandas.DataFrame
            A row per scenario (mean over its draws), a column per contract.
        """
        wide = self._wide()
        lost = wide.rsub(wide.max(axis=1), axis=0)
        found: pd.DataFrame = lost.groupby(level="scenario", sort=False).mean()
        return found.reindex([name for name in self.scenarios if name in found.index])

    def best(self) -> pd.Series:
        """Return how probable it is that each contract is the best: the share of runs, by weight; ties are shared."""
        wide = self._wide()
        best = wide.max(axis=1)
        top = wide.ge(best - NOISE * best.abs().clip(lower=1.0), axis=0)
        shares = top.div(top.sum(axis=1), axis=0).groupby(level="scenario", sort=False).mean()
        weights = self.weights.reindex(shares.index)
        found: pd.Series = shares.mul(weights, axis=0).sum() / weights.sum()
        return found.reindex(list(self.contracts)).rename("best")

    def _wide(self) -> pd.DataFrame:
        frame = self._solved.pivot_table(
            index=["scenario", "draw"], columns="contract", values="contribution", sort=False
        )
        return frame.reindex(columns=list(self.contracts))

    def summary(self) -> pd.DataFrame:
        """Return the ranking, best first.

        Returns
        -------
        pandas.DataFrame
            Columns contract, contribution (mean), difference to the best, low and high of that difference, fill_rate
            [1], regret (mean and worst_regret) [currency], best (probability), failed (runs without a plan).
        """
        worth, regret, best = self._worth, self.regret(), self.best()
        failed = self.failures.groupby("contract").size()
        ranked = [*self.ranked, *(name for name in self.contracts if name not in self.ranked)]
        filled, weights = self._fill(), self.weights.reindex(regret.index).to_numpy()
        rows = []
        for name in ranked:
            found = self.difference(name, ranked[0])
            rows.append(
                {
                    "contract": name,
                    "contribution": worth.get(name, np.nan),
                    "difference": found.mean,
                    "low": found.low if name != ranked[0] else 0.0,
                    "high": found.high if name != ranked[0] else 0.0,
                    "fill_rate": filled.get(name, np.nan),
                    "regret": float(weights @ regret[name].fillna(0.0).to_numpy()),
                    "worst_regret": regret[name].max(),
                    "best": best[name],
                    "failed": int(failed.get(name, 0)),
                }
            )
        return pd.DataFrame(rows)

    def _fill(self) -> pd.Series:
        """Return the share of all demand that each contract serves: its mean units over the mean demand, by weight."""
        total = self._numbers[(self._numbers["channel"] == ALL) & self._numbers["metric"].isin(["units", "demand"])]
        if total.empty:
            return pd.Series(dtype="float64")
        means = total.pivot_table(index=["contract", "scenario"], columns="metric", values="value", aggfunc="mean")
        weighed = means.mul(means.index.get_level_values("scenario").map(self.weights.to_dict()), axis=0)
        sums = weighed.groupby(level="contract").sum()
        return sums["units"] / sums["demand"]

    @property
    def verdict(self) -> str:
        """What can be said for certain, in a sentence or two."""
        return verdict(self)

    def coordination_gap(self) -> pd.DataFrame:
        """Return what channels lose by acting alone, against the best that is possible under the same physics.

        Acting alone is first come, first served, or a fixed split of every lot. The best that is possible lies between
        the plan without rules and its bound; where draws are played forward, its bound is perfect foresight.

        Returns
        -------
        pandas.DataFrame
            A row per run and contract of that kind, and one with scenario ``(average)`` per contract: scenario, draw,
            contract, alone (its contribution), best_low and best_high, gap_low and gap_high [currency].

        Raises
        ------
        ValueError
            If no contract without rules, or none that acts alone, was compared.
        """
        given = self._inputs.contracts
        pooled = next((contract.name for contract in given if contract.without_rules), None)
        alone = [contract.name for contract in given if contract.acts_alone]
        if pooled is None or not alone:
            raise ValueError(
                "compare a contract without rules (pooled) with one that acts alone (first_come, fixed_split)"
            )
        keys = ["scenario", "draw"]
        frame = self._solved
        best = frame[frame["contract"] == pooled].set_index(keys)
        best = best.assign(top=best["contribution"] + (best["bound"] - best["objective"]).clip(lower=0.0))
        mine = frame[frame["contract"].isin(alone)].join(
            best.add_suffix("_best")[["contribution_best", "top_best"]], on=keys
        )
        found = pd.DataFrame(
            {
                **{key: mine[key] for key in (*keys, "contract")},
                "alone": mine["contribution"],
                "best_low": mine["contribution_best"],
                "best_high": mine["top_best"],
                "gap_low": (mine["contribution_best"] - mine["contribution"]).clip(lower=0.0),
                "gap_high": mine["top_best"] - mine["contribution"],
            }
        )
        return pd.concat([found, self._averages(found)], ignore_index=True)

    def _averages(self, found: pd.DataFrame) -> pd.DataFrame:
        numbers = ["alone", "best_low", "best_high", "gap_low", "gap_high"]
        means = found.groupby(["contract", "scenario"], sort=False)[numbers].mean().reset_index()
        weight = means["scenario"].map(self.weights)
        sums = means[numbers].mul(weight, axis=0).groupby(means["contract"], sort=False).sum()
        average = sums.div(weight.groupby(means["contract"], sort=False).sum(), axis=0).reset_index()
        return average.assign(scenario="(average)", draw=AS_STATED)[["scenario", "draw", "contract", *numbers]]

    def plan(self, scenario: str, contract: str, draw: int = AS_STATED) -> Plan:
        """Return the plan of one run with all its tables, solved again: the same plan.

        Parameters
        ----------
        scenario, contract : str
        draw : int
            For a scenario with draws.

        Raises
        ------
        KeyError
            If there is no such run.
        """
        return self._bench.plan(self._run(scenario, contract, draw))

    @property
    def plans(self) -> Mapping[tuple[str, str, int], Plan]:
        """The plan of each run by (scenario, contract, draw), solved again when it is asked for."""
        return _Plans(self)

    @cached_property
    def _bench(self) -> Bench:
        return Bench(self._inputs)

    def _run(self, scenario: str, contract: str, draw: int) -> Run:
        for run in self._inputs.runs:
            if (self.scenarios[run.scenario], self.contracts[run.contract], run.draw) == (scenario, contract, draw):
                return run
        raise KeyError(f"there is no run of {contract!r} in {scenario!r}, draw {draw}")

    def _known(self, name: str) -> str:
        if name not in self.contracts:
            raise KeyError(f"there is no contract {name!r}: compared were {', '.join(self.contracts)}")
        return name

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready values; what is no number becomes None.

        Keys are verdict, currency, baseline, and rows of ranking, deltas, runs, table, and coordination_gap where there
        is one.
        """
        frames = {"ranking": self.summary(), "deltas": self.deltas(), "runs": self.runs, "table": self.table}
        with suppress(ValueError):
            frames["coordination_gap"] = self.coordination_gap()
        return {
            "verdict": self.verdict,
            "currency": self.currency,
            "baseline": self.baseline,
            **{name: records(frame) for name, frame in frames.items()},
        }

    def __repr__(self) -> str:
        return (
            f"Comparison({len(self.contracts)} contracts, {len(self.scenarios)} scenarios, "
            f"{len(self._outcomes)} runs, {len(self.failures)} without a plan)"
        )

    def _repr_html_(self) -> str:
        table = self.summary().to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)
        return f"<p>{html.escape(self.verdict)}</p>{table}"


class _Plans(Mapping[tuple[str, str, int], Plan]):
    """Plans by (scenario, contract, draw); the draw may be left out where there is none."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def __getitem__(self, key: tuple[str, str] | tuple[str, str, int]) -> Plan:
        return self._comparison.plan(*key)

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        found = self._comparison
        for run in found._inputs.runs:
            yield found.scenarios[run.scenario], found.contracts[run.contract], run.draw

    def __len__(self) -> int:
        return len(self._comparison._inputs.runs)
