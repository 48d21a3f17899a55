"""`price_of_protection`: what a channel's protection is worth, level by level.

.. code-block:: text

    levels    q in [0, 1]:  the contract with Protect(channel, share=q), or without it for q = 0
    gain(q)   = worth(q) - worth(0),  over common draws, with its interval            (`allocopt.compare.intervals`)
    best      the level worth most, the lowest of equals
    against none          gain(best):  what planning for what may happen is worth over planning for what is expected
    perfect information   worth if every draw were known beforehand, without protection, less worth(best)     [currency]

Draws are played forward, each period decided on what is known by then; who knew everything would need no protection.
Source: value of the stochastic solution and expected value of perfect information, Birge and Louveaux, Introduction to
Stochastic Programming (2011), ch. 4; the newsvendor's protection level, Talluri and van Ryzin (2004), ch. 2.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from allocopt.arguments import instance, several
from allocopt.compare.batch import compare
from allocopt.compare.comparison import Comparison
from allocopt.contracts import Contract, pooled
from allocopt.errors import ContractError, Issue
from allocopt.plan.rooms import asked
from allocopt.plan.tables import records
from allocopt.problem import Problem
from allocopt.problem.report import Nearest
from allocopt.rules import Clause, Protect, promised
from allocopt.scenario import Scenario
from allocopt.workers import GAP, Progress

MOST = 101
"""Levels at most."""
COLUMNS = (
    *("level", "share", "units", "contribution", "gain", "low", "high", "fill", "fill_rate", "ahead", "behind"),
    *("runs", "failed", "in_contract"),
)


class Protection:
    """What `price_of_protection` found: a curve over levels of protection.

    Attributes
    ----------
    channel : str
    clause : Protect
        What is varied, at the best level (at 0, where that is none).
    table : DataFrame
        See `table`.
    information : float or None
        What knowing every draw beforehand would be worth beyond the best level; None where nothing is drawn [currency].
    comparison : Comparison
        The levels over the scenarios; contracts are named by their levels, the first is without protection.
    """

    def __init__(
        self, clause: Protect, table: pd.DataFrame, comparison: Comparison, information: float | None, currency: str
    ) -> None:
        self._table, self.comparison, self.information, self.currency = table, comparison, information, currency
        self.channel = ", ".join(clause.whose)
        self.clause = replace(clause, share=self.best, units=None)

    @property
    def table(self) -> pd.DataFrame:
        """One row a level, ascending.

        Columns are level (name of its contract in `comparison`), share (protected) [1], units (that it asks for, before
        any scenario), contribution (mean), gain (what it is worth more than no protection), low and high (between what
        that certainly lies; over draws with 95 % confidence) [currency], fill (of the channel) and fill_rate (of all)
        [1], ahead and behind (runs in which it is certainly worth more or less than none), runs, failed (runs without a
        plan), in_contract (whether the contract says so).
        """
        return self._table.copy()

    @property
    def best(self) -> float:
        """The share that is worth most, the lowest of equals [1]."""
        known = self._table.dropna(subset=["gain"])
        return float(known["share"].iloc[int(np.argmax(known["gain"].round(6).to_numpy()))]) if len(known) else math.nan

    @property
    def value(self) -> float:
        """What the best level is worth more than no protection [currency]."""
        return float(self._row["gain"])

    @property
    def alike(self) -> tuple[float, float]:
        """The lowest and the highest level that nothing tells apart from the best."""
        best = self._row["level"]
        same = [
            row["share"]
            for row in records(self._table)
            if row["level"] == best or not self.comparison.difference(row["level"], best).apart
        ]
        return min(same), max(same)

    @property
    def _row(self) -> pd.Series:
        return self._table.loc[self._table["share"] == self.best].iloc[0]

    def summary(self) -> str:
        """Return what was found in a few sentences."""
        unit = f" {self.currency}" if self.currency else ""
        row, (least, most) = self._row, self.alike
        text = []
        if self.best == 0:
            text.append(f"No level of protection for {self.channel} is worth more than none.")
        else:
            sure = f"between {row['low']:+,.2f} and {row['high']:+,.2f}{unit}"
            said = f"{row['gain']:,.2f}{unit} more than none, {sure}"
            text.append(f"Best for {self.channel} is to protect {row['share']:.0%}: worth {said}.")
        stated = [one for one in records(self._table) if one["in_contract"]]
        if stated and stated[0]["share"] != self.best:
            one = stated[0]
            text.append(f"The contract protects {one['share']:.0%}, which is worth {one['gain']:,.2f}{unit}.")
        if most > least:
            text.append(f"Nothing tells the levels from {least:.0%} to {most:.0%} apart from it.")
        filled = self._table.iloc[0]["fill"], row["fill"]
        text.append(f"{self.channel} is served {filled[1]:.1%} of what it wants, without protection {filled[0]:.1%}.")
        if self.information is not None:
            text.append(f"To know every draw beforehand would be worth {self.information:,.2f}{unit} more.")
        if self.comparison.failures.shape[0]:
            text.append(f"{self.comparison.failures.shape[0]} runs have no plan.")
        return " ".join(text)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON-ready values."""
        return {
            "channel": self.channel,
            "best": self.best,
            "value": self.value,
            "information": self.information,
            "alike": list(self.alike),
            "currency": self.currency,
            "summary": self.summary(),
            "levels": records(self._table),
        }

    def __repr__(self) -> str:
        return f"Protection({self.channel!r}, best {self.best:.0%}, {len(self._table)} levels)"

    def plot(self, **how: Any) -> Any:
        """Draw the curve: what each level is worth more than none, between what that lies, and the best level.

        Parameters
        ----------
        **how
            ``form="narrow"`` for a telephone; ``titled=False`` leaves the title to who shows it.

        Returns
        -------
        matplotlib.figure.Figure
            Whose ``title`` is the finding; see `allocopt.report.plots.PlanPlots`.
        """
        return asked("plot_protection", self, **how)

    def _repr_html_(self) -> str:
        table = self._table.to_html(index=False, float_format="{:,.2f}".format, na_rep="", border=0)
        return f"<p>{html.escape(self.summary())}</p>{table}"


def price_of_protection(
    problem: Problem,
    contract: Contract | None = None,
    channel: str | None = None,
    steps: int | Sequence[float] = 11,
    of: str | Protect = "supply",
    scenarios: Sequence[Scenario] | None = None,
    *,
    jobs: int | None = None,
    gap: float = GAP,
    time_limit: float | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Protection:
    """Say what protecting a channel is worth, level by level, and which level is best.

    Parameters
    ----------
    problem : Problem
    contract : Contract, optional
        Everything else that is agreed on; by default `pooled`. A protection of the same scope in it is varied, at its
        place; otherwise one is appended.
    channel : str
        Who is protected; may be left out where `of` is a clause.
    steps : int or sequence of float
        How many levels from 0 to 1, or the shares themselves [1]. A level of 0 is always looked at: no protection.
    of : {"supply", "on_hand", "inbound", "demand"} or Protect
        What the share is a share of; or a clause whose scope (nodes, articles, release, mode, penalty) is taken.
    scenarios : sequence of Scenario, optional
        Where each level is tried; by default the problem as it is, which knows the future: protection then always
        costs. With draws it is played without foresight, on draws that all levels have in common.
    jobs, gap, time_limit, out, progress
        As for `compare`.

    Returns
    -------
    Protection
        With ``table`` (contribution and the channel's fill by level, with bounds), ``best``, ``value`` and
        ``information``.

    Raises
    ------
    ContractError, ScenarioError
        If one does not fit the problem, or there is no such channel.
    TypeError, ValueError
        If an argument makes no sense.

    Examples
    --------
    >>> import allocopt as ao
    >>> problem = ao.Problem.read("scenarios/quickstart")
    >>> found = ao.price_of_protection(problem, ao.pooled(), "dtc", steps=3, of="inbound")
    >>> found.table[["share", "gain"]].values.tolist()
    [[0.0, 0.0], [0.5, -30.0], [1.0, -130.0]]
    >>> found.best
    0.0
    """
    instance("problem", problem, Problem)
    agreed = pooled() if contract is None else contract
    instance("contract", agreed, Contract)
    clause, levels = _template(problem, channel, of), _levels(steps)
    contracts = [_at(agreed, clause, level) for level in levels]
    futures = None if scenarios is None else several("scenarios", scenarios, Scenario)
    how: dict[str, Any] = {"jobs": jobs, "gap": gap, "time_limit": time_limit}
    found = compare(problem, contracts, futures, out=out, progress=progress, **how)
    stated = _stated(agreed, clause)
    rows = [
        _row(problem, found, one.name, level, replace(clause, share=level, units=None), stated)
        for one, level in zip(contracts, levels, strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    answer = Protection(clause, table, found, None, problem.currency)
    drawn = [one for one in futures or () if one.draws is not None and one.draws.foresight == "none" and one.weight > 0]
    if drawn:
        answer.information = _information(problem, contracts[0], drawn, found, answer, how)
    return answer


def _template(problem: Problem, channel: str | None, of: str | Protect) -> Protect:
    """Return the clause whose share is varied."""
    if isinstance(of, Protect):
        if channel is not None and channel != of.channel:
            raise ValueError(f"channel is {channel!r}, and `of` protects {of.channel!r}: leave one of them out")
        clause = of
    elif isinstance(channel, str):
        kinds = ("supply", "on_hand", "inbound", "demand")
        if of not in kinds:
            raise ValueError(f"of must be one of {', '.join(map(repr, kinds))}, or a Protect clause, not {of!r}")
        clause = Protect(channel, share=0.0, of=of)  # type: ignore[arg-type]
    else:
        raise TypeError(f"channel must be the name of a channel, not {channel!r}")
    known = problem.facts.channels.id.tolist()
    unknown = next((name for name in clause.whose if name not in known), None)
    if unknown is not None:
        near = Nearest(known).of(unknown)
        hint = f"Did you mean {near!r}?" if near else "It must be in the table channels."
        said = f"There is no channel {unknown!r}."
        raise ContractError([Issue("protection", None, "channel", unknown, "unknown_id", said, hint)])
    return clause


def _levels(steps: int | Sequence[float]) -> list[float]:
    """Return the shares that are looked at, ascending, 0 first."""
    if isinstance(steps, bool | str):
        raise TypeError(f"steps must be a number of levels or a sequence of shares, not {steps!r}")
    if isinstance(steps, Integral):
        if not 2 <= int(steps) <= MOST:
            raise ValueError(
                f"steps must be a number from 2 to {MOST}, not {steps}: 0 and 1 are always among the levels"
            )
        return [round(float(level), 12) for level in np.linspace(0.0, 1.0, int(steps))]
    given = list(steps)  # type: ignore[arg-type]
    wrong = [one for one in given if isinstance(one, bool) or not isinstance(one, Real) or not 0 <= float(one) <= 1]
    if wrong or not given:
        raise ValueError(f"steps must be shares from 0 to 1, not {wrong[0] if wrong else given!r}")
    return sorted({0.0, *(float(one) for one in given)})


def _same(clause: Clause, template: Protect) -> bool:
    return isinstance(clause, Protect) and clause.scope() == template.scope()


def _at(contract: Contract, template: Protect, level: float) -> Contract:
    """Return the contract with a level of protection; none for 0."""
    whose = ", ".join(template.whose)
    name = f"{whose} {100 * level:.6g} %" if level else f"{whose} unprotected"
    there = [place for place, clause in enumerate(contract.clauses) if _same(clause, template)]
    clauses = [clause for clause in contract.clauses if not _same(clause, template)]
    if level:
        clauses.insert(there[0] if there else len(clauses), replace(template, share=level, units=None))
    return replace(contract, name=name, clauses=tuple(clauses))


def _stated(contract: Contract, template: Protect) -> float:
    """Return the share that the contract itself protects; nan where it does not."""
    shares = [clause.share for clause in contract.clauses if isinstance(clause, Protect) and _same(clause, template)]
    return float(shares[0]) if shares and shares[0] is not None else math.nan


def _row(
    problem: Problem, found: Comparison, name: str, level: float, clause: Protect, stated: float
) -> dict[str, Any]:
    """Return one row of the table."""
    summary = next(row for row in records(found.summary()) if row["contract"] == name)
    gain = found.difference(name, found.contracts[0])
    first = name == found.contracts[0]
    numbers = {
        "level": name,
        "share": level,
        "units": promised(problem.facts, clause) if level else 0.0,
        "contribution": _number(summary["contribution"]),
        "gain": 0.0 if first else gain.mean,
        "low": 0.0 if first else gain.low,
        "high": 0.0 if first else gain.high,
        "fill": _fill(found, name, clause.whose),
        "fill_rate": _number(summary["fill_rate"]),
        "ahead": 0 if first else gain.ahead,
        "behind": 0 if first else gain.behind,
        "runs": gain.runs,
        "failed": int(summary["failed"]),
    }
    return numbers | {"in_contract": bool(abs(level - stated) < 1e-9)}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _fill(found: Comparison, contract: str, channels: Sequence[str]) -> float:
    """Return the share of their demand that some channels get together, over the scenarios that count."""
    frame = found.table
    mine = frame[(frame["contract"] == contract).to_numpy() & frame["channel"].isin(channels).to_numpy()]
    means = mine.groupby(["metric", "scenario"])["value"].mean()
    weights = found.weights.to_numpy(np.float64)
    units, demand = (
        float(weights @ means.loc[metric].reindex(found.weights.index).fillna(0.0).to_numpy(np.float64))
        for metric in ("units", "demand")
    )
    return units / demand if demand > 0 else math.nan


def _information(
    problem: Problem,
    unprotected: Contract,
    drawn: Sequence[Scenario],
    found: Comparison,
    answer: Protection,
    how: dict[str, Any],
) -> float:
    """Return what knowing every draw beforehand would be worth beyond the best level, over the scenarios with draws."""
    known = [replace(one, draws=replace(one.draws, foresight="perfect")) for one in drawn if one.draws is not None]
    perfect = compare(problem, [unprotected], known, **how)
    weights = np.array([one.weight for one in drawn])
    names = [one.name for one in drawn]
    best = str(answer.table.loc[answer.table["share"] == answer.best, "level"].iloc[0])
    means = [
        frame[frame["contract"] == contract].groupby("scenario")["contribution"].mean().reindex(names).to_numpy()
        for frame, contract in ((perfect.runs, unprotected.name), (found.runs, best))
    ]
    return float(weights @ (means[0] - means[1]) / weights.sum())
