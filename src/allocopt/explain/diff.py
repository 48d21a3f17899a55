"""What is different between two plans, and what of it comes from which facts.

.. code-block:: text

    this plan = V0 -> V1 -> ... -> V5,  V5 + search = other plan                                  [currency]
    V1  the supply of the other problem          V2  and its lanes, nodes, capacity and workloads
    V3  and its demand, at prices as before      V4  and its prices and costs: the other problem whole
    V5  and the clauses and stages of the other contract
    step k = V[k] - V[k - 1];  search = (V0 - this) + (other - V5)

Each V is a plan of its own, re-solved; a step that changes nothing is not. A step without a plan (facts that do not go
together, promises that cannot hold) is joined with the next one. What is optimal is taken as it is for V0 and V5; else
these are re-solved too, and how far the plans are from that is the `search`.
Source: sequential substitution, as in price-volume-mix analysis.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from allocopt.allocate import allocate
from allocopt.arguments import instance, limits
from allocopt.contracts import Contract
from allocopt.errors import ContractError, DataError, SolveError
from allocopt.plan import Plan
from allocopt.problem.problem import Problem
from allocopt.problem.schema import TABLES, Table
from allocopt.problem.writer import digest
from allocopt.words import many

PRICES, CLAUSES, SEARCH, JOINED = "prices and costs", "clauses", "search", " + "
STEPS: dict[str, tuple[str, ...]] = {
    "supply": ("supply",),
    "lanes and capacity": ("lanes", "nodes", "capacity", "workloads"),
    "demand": ("demand",),
    PRICES: tuple(TABLES),
}
"""The tables of each step of facts; amounts of money change in the last one."""
ENTITIES = ("skus", "nodes", "channels")
"""Tables of what the others speak of: rows of the other problem are there from the first step on."""
LINE = ["sku", "channel", "region", "order", "line", "due"]
MONEY = ("objective", "contribution")
Side = tuple[Problem, Contract]
TINY = 1e-9
SHOWN = 5
"""Lines that are told in words."""


def diff(plan: Plan, other: Plan, *, time_limit: float | None = None) -> PlanDiff:
    """Return what is different in another plan; see `Plan.diff`."""
    instance("other", other, Plan)
    limits(time_limit=time_limit)
    plan.raise_for_status()
    other.raise_for_status()
    return PlanDiff(plan, other, time_limit)


@dataclass(frozen=True, eq=False)
class PlanDiff:
    """What is different in another plan.

    Attributes
    ----------
    this, other : Plan
    time_limit : float or None
        Seconds of each re-solve.
    """

    this: Plan
    other: Plan
    time_limit: float | None = None

    @property
    def objective(self) -> float:
        """How much more the other plan's objective is [currency]."""
        return self.other.objective - self.this.objective

    @property
    def contribution(self) -> float:
        """How much more the other plan's contribution is [currency]."""
        return self.other.contribution - self.this.contribution

    @cached_property
    def lines(self) -> pd.DataFrame:
        """Who gets more or less: sku, channel, region, order, line, due, this, other and change [unit], most first."""
        found = _beside(*(_of_lines(plan.allocation) for plan in (self.this, self.other)))
        found = found[found["change"].abs() > TINY]
        order = found["change"].abs().sort_values(ascending=False, kind="stable").index
        return found.loc[order].reset_index(drop=True)

    @cached_property
    def channels(self) -> pd.DataFrame:
        """Channels in both plans: units and contribution in this one, in the other (``_other``), and ``_change``."""
        both = [plan.channels.set_index("channel")[["units", "contribution"]] for plan in (self.this, self.other)]
        names = both[0].index.union(both[1].index, sort=False)
        this, other = (frame.reindex(names).fillna(0.0) for frame in both)
        found = pd.concat([this, other.add_suffix("_other")], axis=1)
        for name in ("units", "contribution"):
            found[f"{name}_change"] = other[name] - this[name]
        return found.rename_axis("channel").reset_index()

    @cached_property
    def steps(self) -> pd.DataFrame:
        """What the change comes from: step, objective and contribution (the change at that step) [currency].

        Both columns add up to the whole change.

        Raises
        ------
        SolveError
            If one of the plans was read from a file and not attached (`Plan.attach`).
        """
        first, last = (_side(plan) for plan in (self.this, self.other))
        at, pending, rows = first, list[str](), list[dict[str, Any]]()
        begin = self._worth(self.this, *first) or _money(self.this)
        before = begin
        for name, side in _sides(first, last):
            pending.append(name)
            if side is None:
                continue
            worth: dict[str, float] | None = before
            if not _same(at, side):
                worth = self._worth(self.other if _same(side, last) else None, *side)
            if worth is not None:
                rows.append({"step": JOINED.join(pending), **{key: worth[key] - before[key] for key in MONEY}})
                before, at, pending = worth, side, []
        this, other = _money(self.this), _money(self.other)
        rest = {key: begin[key] - this[key] + other[key] - before[key] for key in MONEY}
        rows.append({"step": JOINED.join([*pending, SEARCH]), **rest})
        return pd.DataFrame(rows, columns=["step", *MONEY])

    def _worth(self, plan: Plan | None, problem: Problem, contract: Contract) -> dict[str, float] | None:
        """Return what a problem under a contract is worth; None where it has no plan."""
        if plan is not None and plan.status == "optimal":
            return _money(plan)
        try:
            found = allocate(problem, contract, time_limit=self.time_limit)
        except ContractError:
            return None
        return _money(found) if found.solved else None

    def words(self) -> str:
        """Return it in a few sentences: the change, its steps where they can be told, and who gets more or less."""
        unit = f" {self.other.currency}".rstrip()
        names = [str(plan.contract["name"]) for plan in (self.this, self.other)]
        more = "more" if self.contribution >= 0 else "less"
        change = f"{abs(self.contribution):,.2f}{unit} {more} than {names[0]}"
        said = [f"{names[1]} contributes {'as much as ' + names[0] if abs(self.contribution) < 0.005 else change}."]
        try:
            told = [row for row in self.steps.to_dict("records") if abs(row["contribution"]) >= 0.005]
        except SolveError:
            told = []
        if told:
            said.append(
                "Of this: " + ", ".join(f"{row['step']} {row['contribution']:+,.2f}{unit}" for row in told) + "."
            )
        lines = self.lines
        for row in lines.head(SHOWN).to_dict("records"):
            order = f", order {row['order']}" if row["order"] else ""
            where = f"{row['channel']} ({row['sku']}{order}, due {row['due']})"
            said.append(f"{where}: {row['this']:,.6g} units become {row['other']:,.6g}.")
        if len(lines) > SHOWN:
            said.append(f"{many(len(lines) - SHOWN, 'more line gets', 'more lines get')} more or less.")
        return "\n".join(said)

    def __repr__(self) -> str:
        return self.words()


def _side(plan: Plan) -> Side:
    """Return the problem and contract of a plan; `SolveError` where it was read from a file."""
    if plan.problem is None:
        raise SolveError("This plan was read from a file: attach what it was made of, plan.attach(problem, contract).")
    return plan.problem, Contract.from_dict(plan.contract)


def _same(one: Side, other: Side) -> bool:
    """Return whether two sides state the same, but for names and what is only said."""
    if one[1].clauses != other[1].clauses or one[1].all_stages != other[1].all_stages:
        return False
    return one[0] is other[0] or digest(one[0]) == digest(other[0])


def _sides(this: Side, other: Side) -> Iterator[tuple[str, Side | None]]:
    """Yield what is solved at each step; None where the facts do not go together."""
    tables: list[str] = []
    for name, changed in STEPS.items():
        tables += changed
        mixed = other[0] if name == PRICES else _mixed(this[0], other[0], tables)
        yield name, None if mixed is None else (mixed, this[1])
    yield CLAUSES, other


def _mixed(this: Problem, other: Problem, tables: list[str]) -> Problem | None:
    """Return a problem with some tables of another one, money as it was; None where they do not go together."""
    given: dict[str, Any] = {}
    for name in ENTITIES:
        table, old, new = TABLES[name], getattr(this, name), getattr(other, name)
        added = new[~new[next(iter(table.key))].isin(old[next(iter(table.key))])]
        if name in tables:
            old = _priced(table, old, new)
            given[name] = old
        elif len(added):
            free = added.drop(columns=[column.name for column in table.columns if column.money])
            given[name] = pd.concat([old, free], ignore_index=True)
    for name in tables:
        if name not in ENTITIES:
            given[name] = _priced(TABLES[name], getattr(this, name), getattr(other, name))
    try:
        return this.replace(**given)
    except DataError:
        return None


def _priced(table: Table, old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a new table, with the amounts of money that the old one has for rows of the same key."""
    money = [column.name for column in table.columns if column.money]
    if not money or not len(old) or not len(new):
        return new
    keys = [frame[list(table.key)].astype(object).where(frame[list(table.key)].notna(), "") for frame in (old, new)]
    at = pd.MultiIndex.from_frame(keys[0]).get_indexer(pd.MultiIndex.from_frame(keys[1]))
    found = new.copy()
    for name in money:
        found[name] = new[name].where(at < 0, old[name].take(at.clip(0)).set_axis(new.index))
    return found


def _money(plan: Plan) -> dict[str, float]:
    return {name: float(getattr(plan, name)) for name in MONEY}


def _of_lines(allocation: pd.DataFrame) -> pd.Series:
    """Return the units of each demand line."""
    units = allocation.groupby(LINE, sort=False, dropna=False)["units"].sum()
    return units.astype("float64")


def _beside(this: pd.Series, other: pd.Series) -> pd.DataFrame:
    """Return units of lines in both plans."""
    names = this.index.union(other.index)
    both = pd.DataFrame({"this": this.reindex(names).fillna(0.0), "other": other.reindex(names).fillna(0.0)})
    both["change"] = both["other"] - both["this"]
    return both.rename_axis(LINE).reset_index()
