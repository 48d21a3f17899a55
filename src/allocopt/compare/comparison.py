"""The comparison: every contract under every scenario, side by side, with what can be said for certain."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from allocopt.compare.beside import as_html, side_by_side
from allocopt.compare.coordination import coordination_gap
from allocopt.compare.intervals import Difference
from allocopt.compare.plans import Plans
from allocopt.compare.risk import CVaR
from allocopt.compare.runs import AS_STATED, Request, Run, RunFolder
from allocopt.compare.solving import ALL, NOT_SOLVED, Bench, Extend
from allocopt.compare.standing import Future, Standing
from allocopt.compare.verdict import verdict
from allocopt.contracts import Contract
from allocopt.plan import SOLVED, Plan
from allocopt.plan.meeting import ForMeeting
from allocopt.plan.tables import records


class Comparison(ForMeeting):
    """What `compare` found.

    Where a scenario of some weight was played without foresight, such scenarios alone count in ranking, differences,
    shares and verdict; the others are known beforehand and stand beside. Scenarios of weight 0 count in nothing.

    Attributes
    ----------
    contracts, scenarios : tuple of str
        Names, in the order that was given.
    currency : str
    risk : CVaR or None
        What contracts are ranked by; None: their mean contribution.
    folder : Path
        Where the answers are; a temporary folder unless one was given.
    """

    ROOM: ClassVar[str] = "comparison"

    def __init__(
        self, inputs: Request, folder: RunFolder, risk: CVaR | None = None, extend: Extend | None = None
    ) -> None:
        self._inputs, self._extend = inputs, extend
        self._folder = folder
        self.folder = folder.path
        self.contracts = tuple(contract.name for contract in inputs.contracts)
        self.scenarios = tuple(scenario.name for scenario in inputs.scenarios)
        self.currency = inputs.problem.currency
        self.risk = risk

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: all answers, so that it does not need the folder that they were kept in."""
        self._outcomes, self._numbers  # noqa: B018
        return {name: value for name, value in vars(self).items() if name != "bench"} | {"_extend": None}

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
        frame["low"] = frame["objective"]
        frame["high"] = frame["objective"] + unproven.where(~frame["played"], 0.0)
        return frame

    @property
    def runs(self) -> pd.DataFrame:
        """One row a run.

        Columns are scenario, draw (-1: none), contract, status, message, contribution, objective and bound [currency],
        played (without foresight), digest (of who gets what), seconds, and low and high: between which the contract's
        objective in this run certainly lies, which is contribution less clause penalties [currency].
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

    @cached_property
    def _standing(self) -> Standing:
        futures = [Future.of(scenario) for scenario in self._inputs.scenarios]
        plain = [contract.name for contract in self._inputs.contracts if contract.earns_only]
        frame = self._outcomes
        solved = frame["status"].isin(SOLVED).to_numpy()
        values = {name: np.where(solved, frame[name].to_numpy(), np.nan) for name in ("contribution", "low", "high")}
        runs = pd.DataFrame({**{name: frame[name] for name in ("scenario", "draw", "contract")}, **values})
        runs["bound"] = frame["bound"].where(frame["status"] == NOT_SOLVED)
        return Standing(runs, self.contracts, futures, plain, self.currency, self.risk)

    @property
    def baseline(self) -> str:
        """The contract against which differences are taken: the first that has a plan in every run that counts."""
        return self._standing.baseline

    @property
    def weights(self) -> pd.Series:
        """How much each scenario counts, adding up to one; 0 for those that are known beforehand or weigh nothing."""
        return self._standing.weights.copy()

    @property
    def failures(self) -> pd.DataFrame:
        """Runs without a plan: scenario, draw, contract, status, message; those that were not solved are none."""
        frame = self._outcomes
        columns = ["scenario", "draw", "contract", "status", "message"]
        return frame.loc[~frame["status"].isin((*SOLVED, NOT_SOLVED)), columns].reset_index(drop=True)

    @property
    def not_solved(self) -> pd.DataFrame:
        """Runs that ``decide_only`` left unsolved: scenario, draw, contract, bound [currency], message."""
        frame = self._outcomes
        columns = ["scenario", "draw", "contract", "bound", "message"]
        return frame.loc[frame["status"] == NOT_SOLVED, columns].reset_index(drop=True)

    @property
    def ranked(self) -> list[str]:
        """Contracts that have a plan in every run that counts, worth most on average first."""
        return list(self._standing.ranked)

    def difference(self, one: str, other: str | None = None) -> Difference:
        """Return how much more one contract is worth than another (by default the baseline)."""
        return self._standing.difference(self._known(one), self._known(other or self.baseline))

    def deltas(self, baseline: str | None = None) -> pd.DataFrame:
        """Return how much more each contract is worth than a baseline.

        Parameters
        ----------
        baseline : str, optional
            Name of a contract; by default `baseline`.

        Returns
        -------
        pandas.DataFrame
            Columns contract, difference, low and high [currency]: the mean over the scenarios that count, and between
            what it certainly lies (over draws: with 95 % confidence); ahead and behind: runs in which it is certainly
            worth more or less; runs; measure: ``contribution``, or ``objective`` (contribution less clause penalties)
            where one of the two has penalties or several stages, since only that is proven; contribution: the mean
            difference of the contributions of the plans [currency]; apart: whether the two are told apart.
        """
        return self._standing.deltas(self._known(baseline or self.baseline))

    def by_scenario(self) -> pd.DataFrame:
        """Return what each contract earns in each scenario, and how much more than the baseline.

        Returns
        -------
        pandas.DataFrame
            A row per scenario and contract: scenario, role (``counts``, ``known beforehand``, ``only to show``), weight
            (its share in the means), contract, the columns of `deltas` for this scenario alone, contribution: its own,
            mean over draws [currency], and not_solved: runs that ``decide_only`` left, nothing is known of but a bound.
        """
        return self._standing.by_scenario()

    def regret(self) -> pd.DataFrame:
        """Return what each contract leaves on the table: the best contract of the run less this one [currency].

        Returns
        -------
        pandas.DataFrame
            A row per scenario (mean over its draws), a column per contract.
        """
        return self._standing.regret()

    def best(self) -> pd.Series:
        """Return how probable it is that each contract is the best: the share of runs, by weight; ties are shared."""
        return self._standing.best()

    def summary(self) -> pd.DataFrame:
        """Return the ranking, best first, over the scenarios that count.

        Returns
        -------
        pandas.DataFrame
            Columns contract, contribution (mean), difference to the baseline, low and high of that difference (as in
            `deltas`), fill_rate [1], regret (mean and worst_regret) [currency], best (probability), failed (runs
            without a plan), not_solved (runs that ``decide_only`` left: such a contract has only the ends of its
            difference), q10 and q90 (quantiles of the contribution over the runs that count), worst_tenth (mean
            of the worst tenth of them), value (what contracts are ranked by: the mean, or that of `risk`) [currency].
        """
        standing, best, filled = self._standing, self.best(), self._fill()
        regret = self.regret().reindex(standing.weights.index[standing.weights > 0])
        value = standing.value
        rows = []
        for name in [*self.ranked, *(name for name in self.contracts if name not in self.ranked)]:
            found = standing.difference(name)
            itself, left = name == self.baseline, standing.left(name)
            rows.append(
                {
                    "contract": name,
                    "contribution": np.nan if left else standing.worth.get(name, np.nan),
                    "difference": found.mean,
                    "low": found.low if not itself else 0.0,
                    "high": found.high if not itself else 0.0,
                    "fill_rate": np.nan if left else filled.get(name, np.nan),
                    "regret": standing.mean_regret(regret[name], left),
                    "worst_regret": np.nan if left else regret[name].max(),
                    "best": best[name],
                    "failed": standing.failed(name)[0],
                    "not_solved": left,
                    **standing.spread(name),
                    "value": np.nan if left else value.get(name, np.nan),
                }
            )
        return pd.DataFrame(rows)

    def _fill(self) -> pd.Series:
        """Return the share of all demand that each contract serves: its mean units over the mean demand, by weight."""
        frame = self._numbers
        total = frame[(frame["channel"] == ALL).to_numpy() & frame["metric"].isin(["units", "demand"]).to_numpy()]
        contract, scenario = (
            pd.Index(names).get_indexer(pd.Index(total[column]))
            for column, names in (("contract", self.contracts), ("scenario", self.scenarios))
        )
        shape = (len(self.contracts), len(self.scenarios))
        cell, served = contract * shape[1] + scenario, (total["metric"] == "units").to_numpy()
        value = total["value"].to_numpy(np.float64)
        size = shape[0] * shape[1]
        count = np.maximum(np.bincount(cell[served], minlength=size), 1)
        units, demand = (
            (np.bincount(cell[rows], value[rows], size) / count).reshape(shape) @ self._standing.weights.to_numpy()
            for rows in (served, ~served)
        )
        share = np.divide(units, demand, out=np.full(shape[0], np.nan), where=demand > 0)
        return pd.Series(share, index=list(self.contracts))

    @property
    def verdict(self) -> str:
        """What can be said for certain, in a few sentences; every figure is against the baseline."""
        return verdict(self._standing)

    def coordination_gap(self) -> pd.DataFrame:
        """Return what channels lose by acting alone, against the best that is possible.

        Acting alone is first come, first served, or a fixed split of every lot. The best that is possible lies between
        what the best of the compared contracts earns and what no plan can beat that opens what any of them opens, all
        their safety stock included, and keeps only the restrictions that all of them hold; where draws are played
        forward, that knows the future.

        Returns
        -------
        pandas.DataFrame
            A row per run and contract of that kind, and one with scenario ``(average)`` per contract, over the
            scenarios that count: scenario, draw, contract, alone (its contribution), best_low and best_high, gap_low
            and gap_high [currency], measure (see `deltas`).

        Raises
        ------
        ValueError
            If no contract that acts alone was compared.
        """
        return self._gap.copy()

    @cached_property
    def _gap(self) -> pd.DataFrame:
        return coordination_gap(self)

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
        ValueError
            If a function extended the runs and the comparison was pickled since: it is not part of the answers.
        """
        if self._inputs.settings.extended and self._extend is None:
            raise ValueError(
                "a function extended these runs, which a pickle does not hold: compare again to solve them"
            )
        return self.bench.plan(self._run(scenario, contract, draw), self._extend)

    @property
    def plans(self) -> Mapping[tuple[str, str, int], Plan]:
        """The plan of each run by (scenario, contract, draw), solved again when it is asked for."""
        return Plans(self)

    @cached_property
    def bench(self) -> Bench:
        """Where its runs are solved in this process."""
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

    @property
    def standing(self) -> Standing:
        """How its contracts stand to each other."""
        return self._standing

    @property
    def given_runs(self) -> tuple[Run, ...]:
        """Every run, solved or not."""
        return tuple(self._inputs.runs)

    @property
    def given_contracts(self) -> tuple[Contract, ...]:
        """The contracts that were compared, in the order that was given."""
        return tuple(self._inputs.contracts)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as JSON-ready values; what is no number becomes None.

        Keys are verdict, currency, baseline, and rows of ranking, deltas, by_scenario, runs, table, and
        coordination_gap where there is one.
        """
        frames = {"ranking": self.summary(), "deltas": self.deltas(), "by_scenario": self.by_scenario()}
        frames |= {"runs": self.runs, "table": self.table}
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
            f"{len(self._outcomes)} runs, {len(self.failures)} without a plan"
            + (f", {len(self.not_solved)} not solved)" if len(self.not_solved) else ")")
        )

    def _repr_html_(self) -> str:
        unit = f" [{self.currency}]" if self.currency else ""
        frames = {f"Ranking by mean contribution{unit}": self.summary()}
        if len(self.contracts) > 1:
            frames[f"Against {self.baseline}{unit}"] = self.deltas()
        frames[f"Scenario by scenario{unit}"] = side_by_side(self.by_scenario(), self.baseline)
        return as_html(self.verdict, frames)
