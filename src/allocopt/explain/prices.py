"""What every rule costs that somebody could drop: each is dropped by itself and the contract is solved again.

Clauses are dropped from the contract; commitments (``min_units`` of a demand line) and the store floor of a node from
the facts. Every re-solve starts from the plan and its prices (`allocopt.explain.neighbours`). Of a rule that is rows
and nothing else, the plan's own program without them says whether there is anything to solve: where its proof leaves
little open without them, nothing is stated anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.labels import Family
from allocopt.algebra.program import freed
from allocopt.arguments import limits
from allocopt.arrays import Places
from allocopt.contracts import Contract
from allocopt.explain.commitments import priced_alone
from allocopt.explain.lifted import Proven
from allocopt.explain.neighbours import (
    SMALL,
    Neighbour,
    clause_number,
    contract_of,
    enough,
    numbers_of,
    one_stage,
    slack,
    stated_whole,
)
from allocopt.explain.price import Price
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Facts, Flags
from allocopt.rules import Clause, alone
from allocopt.rules.kit.names import line_words
from allocopt.rules.kit.scope import code
from allocopt.rules.store_floor import STORE, StoreFloor
from allocopt.solve.solution import Clock
from allocopt.words import many

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
    rows : int array, or None
        The rows of the plan's program that are all there is of it; None: it is more than rows.
    """

    kind: str
    what: str
    owner: str
    clause: int = -1
    line: int = -1
    facts: Facts | None = None
    rows: Places | None = None

    @property
    def number(self) -> int | None:
        """Its position in the contract; None where it is no clause."""
        return self.clause if self.clause >= 0 else None


def price_of(plan: Plan, clause: int | Clause) -> Price:
    """Return what one clause costs; see `Plan.price_of`."""
    answer, number = stated_whole(plan), clause_number(plan, clause)
    gap, proven = _exact(plan), Proven(answer)
    return priced(plan, _clause(answer, contract_of(plan), number), proven, gap)[0]


def prices(plan: Plan, *, gap: float | None = None, time_limit: float | None = None) -> pd.DataFrame:
    """Return what every rule costs that somebody could drop; see `Plan.prices`."""
    limits(gap=gap, time_limit=time_limit)
    answer, contract = stated_whole(plan), contract_of(plan)
    proven = Proven(answer)
    clock, rules = Clock.started(time_limit), list(rules_of(answer, contract))
    rows = []
    for place, rule in enumerate(rules if time_limit is None else _promising(rules, proven)):
        share = None if time_limit is None else clock.left / (2.0 if place + 1 < len(rules) else 1.0)
        rows.append(_row(rule, *priced(plan, rule, proven, gap, share)))
    rows += [_row(rule, price, price.value) for rule, price in _commitments(plan, answer, gap)]
    order = sorted(range(len(rows)), key=lambda place: _dearest(rows[place], place))
    return pd.DataFrame([rows[place] for place in order], columns=list(COLUMNS)).astype(COLUMNS)


def _exact(plan: Plan) -> float | None:
    """Return the gap of a single price: that of the plan itself where it is large."""
    assert plan.certificate is not None
    small = numbers_of(plan).program.columns <= SMALL
    return None if small else max(1e-4, min(plan.certificate.gap, 1e-3))


def priced(
    plan: Plan, rule: Dropped, proven: Proven, gap: float | None, time_limit: float | None = None
) -> tuple[Price, float]:
    """Return what a rule costs, and by how much the contribution is higher without it [currency]."""
    if rule.rows is not None and one_stage(contract_of(plan)):
        program, objective = proven.answer.program, plan.objective
        measure = "contribution" if contract_of(plan).earns_only else "objective"
        above = proven.most(freed(program, rule.rows), objective + enough(plan, gap))
        unsolved = slack(plan, objective, above, measure, gap, loosens=True)
        if unsolved is not None:
            return unsolved, 0.0
        near = Neighbour.freed(plan, rule.rows, without=rule.number)
    else:
        near = Neighbour.of(plan, facts=rule.facts, without=rule.number, held=proven.held)
    return replace(near, proven=proven).priced(gap, time_limit)


def _promising(rules: list[Dropped], proven: Proven) -> list[Dropped]:
    """Return rules in the order in which they may cost most by the plan's own proof, those first that are no mere rows.

    Commitments are priced by themselves, and take no search.
    """
    program = proven.answer.program
    most = [np.inf if one.rows is None else proven.most(freed(program, one.rows), -np.inf) for one in rules]
    return [rules[place] for place in np.argsort(-np.array(most), kind="stable").tolist()]


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
    for number, clause in enumerate(contract.clauses):
        if clause.steers:
            yield _clause(answer, contract, number)
    yield from _floors_of(answer)


def _clause(answer: Answer, contract: Contract, number: int) -> Dropped:
    """Return a clause as a rule that could be dropped."""
    clause = contract.clauses[number]
    rows = _rows_where(answer, partial(_of_clause, number)) if alone(clause) else None
    return Dropped("clause", clause.words(), owner_of(clause, contract, answer.stated), number, rows=rows)


def _rows_where(answer: Answer, chosen: Callable[[Family], Flags | None]) -> Places:
    """Return the rows that a test picks of each family: a mask of its members, None for none of them."""
    found = [np.zeros(0, dtype=np.intp)]
    for family in answer.labels.rows:
        mask = chosen(family)
        if mask is not None:
            found.append(family.start + np.flatnonzero(mask))
    return np.concatenate(found)


def _floors_of(answer: Answer) -> Iterator[Dropped]:
    """Yield the store floors."""
    channels, nodes = answer.stated.channels, answer.stated.nodes
    for node in np.flatnonzero(nodes.store_floor > 0).tolist():
        floor = nodes.store_floor.copy()
        floor[node] = 0
        facts = replace(answer.stated, nodes=replace(nodes, store_floor=floor))
        kept = many(nodes.store_floor[node], "unit")
        what = f"store floor of {nodes.id[node]}: {kept} of each article there for the store alone"
        served = np.unique(answer.stated.lanes.channel[answer.stated.lanes.node == node])
        owners = {channels.owner[one] for one in served.tolist() if channels.kind[one] == STORE} - {""}
        rows = _rows_where(answer, partial(_of_floor, node))
        yield Dropped("store_floor", what, ", ".join(sorted(owners)), facts=facts, rows=rows)


def _of_clause(number: int, family: Family) -> Flags | None:
    """Return which rows of a family a clause states."""
    return None if family.clause is None else np.asarray(family.clause == number)


def _of_floor(node: int, family: Family) -> Flags | None:
    """Return which rows of a family are the store floor of a node."""
    if family.name != StoreFloor.name:
        return None
    return np.asarray(family.index.codes[family.index.names.index("node")] == node)


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
    names = line_words(answer.stated)
    rules = [
        Dropped(
            "commitment",
            f"commitment of {many(lines.min_units[line], 'unit')} of {names[line]}",
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
