"""What every rule costs that somebody could drop: each is dropped by itself and the contract is solved again.

Clauses are dropped from the contract; commitments (``min_units`` of a demand line) and the store floor of a node from
the facts. Every re-solve starts from the plan and its prices (`allocopt.explain.neighbours`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from allocopt.arguments import limits
from allocopt.contracts import Contract
from allocopt.explain.commitments import priced_alone
from allocopt.explain.neighbours import SMALL, Neighbour, clause_number, contract_of, numbers_of, stated_whole
from allocopt.explain.price import Price
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts
from allocopt.rules import Clause
from allocopt.rules.kit.names import line_names
from allocopt.rules.kit.scope import code
from allocopt.rules.store_floor import STORE

COLUMNS = {
    "kind": "str",
    "what": "str",
    "clause": "int64",
    "owner": "str",
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "contribution": "float64",
    "measure": "str",
    "status": "str",
    "message": "str",
}
"""Columns of the table, with their types."""


@dataclass(frozen=True)
class Dropped:
    """A rule that somebody could drop.

    Attributes
    ----------
    kind : {"clause", "commitment", "store_floor"}
    what : str
    owner : str
        Who could drop it.
    clause : int
        Its position in the contract, -1 for rules of the problem.
    line : int
        The demand line that was promised something, else -1.
    facts : Facts or None
        The problem's without it; None: it is a clause.
    """

    kind: str
    what: str
    owner: str
    clause: int = -1
    line: int = -1
    facts: Facts | None = None


def price_of(plan: Plan, clause: int | Clause) -> Price:
    """Return what one clause costs; see `Plan.price_of`."""
    stated_whole(plan)
    return Neighbour.of(plan, without=clause_number(plan, clause)).price(_exact(plan))


def prices(plan: Plan, *, gap: float | None = None) -> pd.DataFrame:
    """Return what every rule costs that somebody could drop; see `Plan.prices`."""
    limits(gap=gap)
    answer, contract = stated_whole(plan), contract_of(plan)
    rows = [_row(rule, *_without(plan, rule).priced(gap)) for rule in rules_of(answer, contract)]
    rows += [_row(rule, price, price.value) for rule, price in _commitments(plan, answer, gap)]
    order = sorted(range(len(rows)), key=lambda place: _dearest(rows[place], place))
    return pd.DataFrame([rows[place] for place in order], columns=list(COLUMNS)).astype(COLUMNS)


def _exact(plan: Plan) -> float | None:
    """Return the gap of a single price: that of the plan itself where it is large."""
    assert plan.certificate is not None
    small = numbers_of(plan).program.columns <= SMALL
    return None if small else max(1e-4, min(plan.certificate.gap, 1e-3))


def _without(plan: Plan, rule: Dropped) -> Neighbour:
    return Neighbour.of(plan, facts=rule.facts, without=rule.clause if rule.clause >= 0 else None)


def _dearest(row: dict[str, Any], place: int) -> tuple[bool, float, int]:
    unknown = np.isnan(row["value"])
    return unknown, 0.0 if unknown else -round(row["value"], 6), place


def _row(rule: Dropped, price: Price, contribution: float) -> dict[str, Any]:
    """Return one row of the table."""
    told = {"kind": rule.kind, "what": rule.what, "clause": rule.clause, "owner": rule.owner}
    money = {"value": price.value, "low": price.low, "high": price.high, "contribution": contribution}
    return told | money | {"measure": price.measure, "status": price.status, "message": price.message}


def rules_of(answer: Answer, contract: Contract) -> Iterator[Dropped]:
    """Yield the clauses that steer the plan and the store floors that bind somewhere."""
    channels = answer.stated.channels
    for number, clause in enumerate(contract.clauses):
        if clause.steers:
            yield Dropped("clause", clause.words(), owner_of(clause, contract, answer.stated), number)
    nodes = answer.stated.nodes
    for node in np.flatnonzero(nodes.store_floor > 0).tolist():
        floor = nodes.store_floor.copy()
        floor[node] = 0
        facts = replace(answer.stated, nodes=replace(nodes, store_floor=floor))
        what = f"store floor of {nodes.id[node]}, {nodes.store_floor[node]:,.6g} units of each article"
        served = np.unique(answer.stated.lanes.channel[answer.stated.lanes.node == node])
        owners = {channels.owner[one] for one in served.tolist() if channels.kind[one] == STORE} - {""}
        yield Dropped("store_floor", what, ", ".join(sorted(owners)), facts=facts)


def owner_of(clause: Clause, contract: Contract, facts: Facts) -> str:
    """Return who could drop a clause: whom it names, else the contract's owner, else those of its channels."""
    said = getattr(clause, "owner", "") or contract.owner
    if said:
        return str(said)
    codes = [code(facts.channels.id, channel) for channel in clause.concerns(facts)]
    return ", ".join(dict.fromkeys(str(facts.channels.owner[place]) for place in codes if facts.channels.owner[place]))


def _commitments(plan: Plan, answer: Answer, gap: float | None) -> list[tuple[Dropped, Price]]:
    """Return what each commitment costs: re-solved whole where the program is small, else by itself in its blocks."""
    lines, channels = answer.stated.lines, answer.stated.channels
    promised = np.flatnonzero(lines.min_units > 0)
    if not len(promised):
        return []
    names = line_names(answer.stated)
    rules = [
        Dropped(
            "commitment",
            f"commitment of {lines.min_units[line]:,.6g} units to {names[line]}",
            str(channels.owner[lines.channel[line]]),
            line=line,
        )
        for line in promised.tolist()
    ]
    alone = zip(rules, priced_alone(plan, promised), strict=True)
    return [(rule, _commitment(plan, answer, rule, price, gap)) for rule, price in alone]


def _commitment(plan: Plan, answer: Answer, rule: Dropped, alone: Price | None, gap: float | None) -> Price:
    """Return what one commitment costs, given its price by itself where it has one."""
    if alone is not None and (answer.program.columns > SMALL or alone.high - alone.low <= 0.005):
        return alone
    lines = answer.stated.lines
    least = lines.min_units.copy()
    least[rule.line] = 0
    return Neighbour.of(plan, facts=replace(answer.stated, lines=replace(lines, min_units=least))).price(gap)
