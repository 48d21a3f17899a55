"""`plan.shortfalls`: one row per short line and reason, the units adding up to what is short."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from allocopt.contracts.stages import Contribution
from allocopt.explain.change import Floats, Places
from allocopt.explain.holders import Holders, levels
from allocopt.explain.reasons import FLAT, SUPPLY, Item, Reason, item
from allocopt.explain.seeker import Seeker
from allocopt.explain.wide import Wide, widened
from allocopt.explain.words import Sentences
from allocopt.plan.answer import Answer
from allocopt.plan.tables import COLUMNS, line_columns, typed
from allocopt.problem.facts import ANY, Facts
from allocopt.rules import RULES
from allocopt.rules.packs import Packs

PHYSICS = {
    "no_supply": "no_supply",
    "no_units": "no_supply",
    "hold": "on_hold",
    "no_lane": "no_lane",
    "too_late": "too_late",
    "expired": "expired",
}
"""Codes of what physics took the last way of a line away for."""
PLAYED = (
    "{units:,.6g} of {wanted:,.6g} wanted short: the plan was played forward period by period, so nothing is re-solved"
)


class Why:
    """The reasons of all short lines of a plan; what one question finds out serves the next.

    Parameters
    ----------
    answer : Answer
    played : bool
        Whether the plan was played forward, so that no re-solve says anything of it.
    """

    def __init__(self, answer: Answer, *, played: bool) -> None:
        self.answer, self.played = answer, played
        lines = answer.arcs.facts.lines
        self.served = np.bincount(answer.arcs.line, weights=answer.ship, minlength=len(lines.sku))
        self.short = answer.wanted - self.served
        self.lines = np.flatnonzero(self.short > FLAT)
        wide = widened(answer, self.lines)
        self.seeker = Seeker(wide, _goal(wide))
        self.wide: Wide = self.seeker.wide  # with what its stages want served
        self.holders = Holders(self.seeker, tuple(answer.stages))
        self.words = Sentences(self.seeker, answer.clauses)
        self._closed = answer.arcs.exclusions.closed_by(answer.arcs.served)
        self._codes = list(answer.arcs.exclusions.reasons)
        self._known: dict[int, list[Reason]] = {}

    @property
    def asks_money_alone(self) -> bool:
        """Whether a re-solve of a part of the plan says what a change brings: nothing but contribution decided it."""
        return not self.played and all(isinstance(stage, Contribution) for stage in self.answer.stages)

    def reasons(self, line: int) -> list[Reason]:
        """Return why a line is short; the units add up to what it is short of."""
        return self.all_reasons(np.array([line]))[0]

    def all_reasons(self, lines: Places) -> list[list[Reason]]:
        """Return why each of some lines, in ascending order, is short; what is known already is not asked again."""
        new = np.array([line for line in lines.tolist() if line not in self._known], dtype=np.intp)
        if len(new):
            self._known.update(zip(new.tolist(), self._found(new), strict=True))
        return [self._known[line] for line in lines.tolist()]

    def _found(self, lines: Places) -> list[list[Reason]]:
        short = self.short[lines]
        bare = self.wide.begins[lines] == self.wide.begins[lines + 1]
        over = np.where(bare | self.played, 0.0, self._beside_packs(lines, short))
        rest = short - over
        asked = np.flatnonzero(~bare & (rest > FLAT)) if not self.played else np.zeros(0, dtype=np.intp)
        told = dict(zip(asked.tolist(), self.seeker.reasons(lines[asked], rest[asked]), strict=True))
        stock = [reason for each in told.values() for reason in each if reason.item == SUPPLY]
        parts = dict(zip(map(id, stock), self.holders.split(stock), strict=True))
        found = []
        for place, line in enumerate(lines.tolist()):
            if bare[place]:
                found.append([self._shut_out(line, float(short[place]))])
            elif self.played:
                found.append([Reason(line, item("not_proven"), float(short[place]))])
            else:
                packs = [Reason(line, self._pack, float(over[place]))] if over[place] > FLAT else []
                for reason in told.get(place, ()):
                    packs += parts.get(id(reason), [reason])
                found.append(_merged(packs))
        return found

    def _shut_out(self, line: int, short: float) -> Reason:
        """Return why a line without any way is short: what took the last one, or that it is not worth serving."""
        closed = self._closed[line]
        code = _shut(self._codes[closed]) if closed >= 0 else "no_supply"
        worth = _worth(self.answer.arcs.facts, line)
        if worth <= FLAT and not np.isfinite(self.holders.level[line]):
            code = "not_worth_it"
        return Reason(line, item(code), short, worth)

    def _beside_packs(self, lines: Places, short: Floats) -> Floats:
        """Return the units that no whole pack has room for, of those that lines are short of."""
        stated = self.wide.candidates.arcs.facts.lines
        pack = stated.pack[lines].astype(np.float64)
        return np.where(pack > 1, np.minimum(short, stated.units[lines] % np.maximum(pack, 1.0)), 0.0)

    @cached_property
    def _pack(self) -> Item:
        return item("pack", -1, next(rule for rule in RULES if isinstance(rule, Packs)))

    def table(self) -> pd.DataFrame:
        """Return all reasons as the table `plan.shortfalls`."""
        return self.rows([reason for each in self.all_reasons(self.lines) for reason in each])

    def rows(self, found: list[Reason], wanted: float | None = None) -> pd.DataFrame:
        """Return some reasons as a table with the columns of `plan.shortfalls`.

        `wanted` is what a line would want of which nothing counts; by default what lines want in the plan.
        """
        if not found:
            return typed({}, COLUMNS["shortfalls"])
        facts = self.answer.arcs.facts
        at = np.array([reason.line for reason in found])
        asked = self.answer.wanted[at] if wanted is None else np.full(len(at), wanted)
        columns: dict[str, Any] = {
            "sku": facts.skus.id[facts.lines.sku[at]],
            **line_columns(facts, at),
            "wanted": asked,
            "served": self.served[at],
            "units": [reason.units for reason in found],
            "reason": [reason.code for reason in found],
            "sentence": [self._sentence(*one) for one in zip(found, asked.tolist(), strict=True)],
            "worth": [reason.worth for reason in found],
            "clause": [None if reason.item.clause < 0 else reason.item.clause for reason in found],
            "what": [self.words.what(reason) for reason in found],
            "owner": [self.words.owner(reason) for reason in found],
        }
        return typed(columns)

    def _sentence(self, reason: Reason, wanted: float) -> str:
        if self.played and reason.code == "not_proven":
            return PLAYED.format(units=reason.units, wanted=wanted) + "."
        return self.words.sentence(reason, wanted)


def _worth(facts: Facts, line: int) -> float:
    """Return what a unit of a line would earn from stock at its article's cost, over the cheapest lane."""
    lines, channels, lanes = facts.lines, facts.channels, facts.lanes
    at, sku = lines.channel[line], lines.sku[line]
    back = channels.return_rate[at]
    fits = (lanes.channel == at) & np.isin(lanes.region, [ANY, lines.region[line]]) & np.isin(lanes.sku, [ANY, sku])
    earned = lines.price[line] * (1.0 - back) * (1.0 - channels.fee_rate[at]) - channels.fee_per_unit[at]
    spent = facts.skus.unit_cost[sku] * (1.0 - back * channels.recovery[at]) + back * channels.return_cost[at]
    return float(earned - spent - lanes.cost[fits].min(initial=np.inf if fits.any() else 0.0) + lines.lost_cost[line])


def _shut(code: str) -> str:
    """Return the code of what took the last arc of a line."""
    of_rule = next((rule.short for rule in RULES if code in rule.reasons), "")
    return PHYSICS.get(code) or of_rule or "no_supply"


def _merged(found: list[Reason]) -> list[Reason]:
    """Return reasons of the same kind and clause as one."""
    each: dict[Item, Reason] = {}
    for reason in found:
        known = each.get(reason.item)
        each[reason.item] = reason if known is None else replace(known, units=known.units + reason.units)
    return list(each.values())


def _goal(wide: Wide) -> np.ndarray:
    """Return what a unit on each arc counts for beyond money, where stages want lines served before anything else."""
    arcs = wide.candidates.arcs
    level = levels(arcs.facts, tuple(wide.answer.stages))
    served = np.isfinite(level)
    if not served.any():
        return np.zeros(len(arcs))
    most = 10.0 * float(np.abs(wide.program.cost).max(initial=1.0))
    order = np.unique(level, return_inverse=True)[1]
    return np.where(served, most * (order.max() - order + 1), 0.0)[arcs.line]


def why(plan: Any) -> Why:
    """Return the reasons of a plan's short lines, kept with the plan for the next question."""
    known: Why | None = plan.__dict__.get("_why")
    if known is None:
        known = Why(plan.answer, played=plan.played)
        plan.__dict__["_why"] = known
    return known


def shortfalls(plan: Any) -> pd.DataFrame:
    """Return the demand lines that do not get everything, and why: one row per line and reason, units adding up.

    Columns are sku, channel, region, order, line, due, wanted and served [unit]; units short for this reason
    [unit], reason (a code, see the guide), sentence, worth of one more unit if the reason were lifted
    [currency/unit], clause (its position in the contract, -1: none), what (the clause or the rows of tables behind
    it) and owner (who could help). Each was confirmed by a local re-solve; ``"not_proven"`` is what was not.
    """
    return why(plan).table()
