"""Protected quantity as stock: units kept for a channel whether or not its demand comes.

.. code-block:: text

    sum_{a of l, ship < R} ship[a] + sum_c idle[c, l, R] <= usable[l]                 for each lot l, release R
    ship_c(L, R) + sum_{l in L} idle[c, l, R] + broken >= kept                        for each clause of channel c
    idle >= 0;   money: - penalty broken        outside contribution                  [unit; currency]

``R`` runs over the release periods of the clauses (never: the end). Up to R everything that shipped counts, and what
is idle then is still kept. A share of supply binds lot by lot (``L`` is one lot). Units, and shares of demand, bind
per SKU and cumulatively at each arrival date u (``L`` is what has arrived by u, a row wherever ``kept`` rises). Lots
from which no lane for their SKU leads to the channel are in no reserve of it: they would be kept for somebody whom
they cannot reach. Reserves of several channels add up.

``kept`` is what there is: at each arrival date hard reserves take it in the order of the contract's clauses, after
commitments (`rules.reserve_order`), and soft ones ask for what there is stock for (`rules.reserve_quantities`). What a
hard reserve does not get is a note and an exception, and makes no plan infeasible. Commitments come first as far as
lanes, dates and expiry say where they are met; one that capacity or a clause sends to reserved stock may clash.
Source: partitioned protection levels, Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004),
ch. 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, Variable
from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Codes, Index
from allocopt.arcs import expand
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Cases, add_by_case, bearing, cases_of, highest
from allocopt.rules.kit.exceptions import Exceptions, Outcome
from allocopt.rules.kit.names import lot_names
from allocopt.rules.kit.reserve_order import kept
from allocopt.rules.kit.reserve_packs import add_pack_rows
from allocopt.rules.kit.reserve_quantities import Moments, Reserve, work_out
from allocopt.rules.kit.reserve_words import exceptions_of, note_missing
from allocopt.rules.kit.scope import due_before, lines_of, lots_of, quantity
from allocopt.rules.protect import Protect


class ReserveRule(Rule):
    """Stock is kept for the channels that it is reserved for."""

    name: ClassVar[str] = "reserve"
    clause: ClassVar[type[Clause] | None] = Protect

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add idle stock per channel, lot and release; the stock rows; and the reserve rows."""
        clauses = _of_reserves(clauses)
        if not clauses:
            return
        bears = bearing(on.facts, clauses, lambda clause: _counted(on.facts, clause))
        cases = cases_of(on, clauses, bears[clauses[0][0]])
        each = [_Set(on.facts, some) for some in cases]
        note_missing(on.form, on.facts, clauses, _as_all_are_on(each))
        reserves = _largest([reserves for some in each for reserves in some.reserves])
        if not reserves:
            return
        idle = _add_idle(on, reserves)
        _add_stock_rows(on, idle)
        for per_lot in (True, False):
            steps = [step for r in reserves if r.per_lot == per_lot for step in _steps(on.facts, r, reserves, each)]
            if steps:
                _add_reserve_rows(on, idle, steps, each, per_lot=per_lot)
        if not len(on.facts.switches):
            add_pack_rows(on, reserves)

    def promised(self, facts: Facts, clause: Protect) -> float:
        """Return how many units a reserve promises, whether or not there is stock for them [unit]."""
        if clause.mode != "reserve":
            return 0.0
        lines = lines_of(facts, clause.channel, clause.sku) & due_before(facts, clause.release_from)
        wanted = quantity(facts, clause, lots_of(facts, clause, clause.of), lines)
        return float(np.where(facts.skus.divisible, wanted, floor_units(wanted)).sum())

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield, for each clause, the articles of which there is less than it asks for."""
        facts = outcome.arcs.facts
        facts = replace(facts, lines=replace(facts.lines, units=outcome.wanted))
        clauses = [(n, clause) for n, clause in _of_reserves(clauses) if clause.channel not in outcome.gone]
        if clauses:
            reserves = kept(facts, work_out(None, facts, clauses))
            yield from exceptions_of(outcome, clauses, reserves)


def _of_reserves(clauses: Numbered) -> Numbered:
    return [(number, clause) for number, clause in clauses if clause.mode == "reserve"]


def _counted(facts: Facts, clause: Protect) -> Flags | None:
    """Return the demand lines that a reserve is a share of, or whose commitments come before it."""
    found = lines_of(facts, None, clause.sku) & (facts.lines.min_units > 0) & (clause.penalty is None)
    if clause.share is not None and clause.of == "demand":
        found |= lines_of(facts, clause.channel, clause.sku)
    return found


class _Set:
    """The reserves of the SKUs that one set of decisions bears on, worked out in each of its cases."""

    def __init__(self, facts: Facts, cases: Cases) -> None:
        self.cases = cases
        self.skus = np.zeros(len(facts.skus.id), dtype=bool)
        self.skus[cases.members] = True
        self.reserves = [
            self._of(facts, kept(case.facts, work_out(case.form, case.facts, case.clauses))) for case in cases.each
        ]

    def _of(self, facts: Facts, reserves: list[Reserve]) -> list[Reserve]:
        lots = self.skus[facts.lots.sku]
        return [
            replace(r, kept=np.where(lots, r.kept, 0.0), asked=np.where(lots if r.per_lot else self.skus, r.asked, 0.0))
            for r in reserves
        ]

    def of_clause(self, number: int, lots: int) -> Floats:
        """Return what one reserve comes to in each case, shape (cases, lots)."""
        none = np.zeros(lots)
        return np.stack([next((r.kept for r in case if r.number == number), none) for case in self.reserves])


def _as_all_are_on(each: list[_Set]) -> list[Reserve]:
    """Return the reserves of all SKUs, each SKU in the case in which everything is on that bears on it."""
    found: dict[int, Reserve] = {}
    for reserve in (reserve for some in each for reserve in some.reserves[0]):
        before = found.get(reserve.number)
        more = (0.0, 0.0) if before is None else (before.asked, before.kept)
        found[reserve.number] = replace(reserve, asked=reserve.asked + more[0], kept=reserve.kept + more[1])
    return [found[number] for number in sorted(found)]


def _largest(each: list[list[Reserve]]) -> list[Reserve]:
    """Return the reserves of all cases, each with the most that it comes to; without those that come to nothing."""
    found: dict[int, Reserve] = {}
    for reserve in (reserve for reserves in each for reserve in reserves):
        before = found.get(reserve.number, reserve)
        found[reserve.number] = replace(reserve, kept=np.maximum(before.kept, reserve.kept))
    return [found[number] for number in sorted(found) if found[number].kept.any()]


@dataclass(frozen=True)
class _Steps:
    """The rows of one reserve up to one release period: consecutive, and cumulative over arrival dates.

    ``begin[l]`` and ``end[l]`` bound the rows in which lot l counts (-1, -1: none).
    """

    reserve: Reserve
    until: int
    begin: Codes
    end: Codes
    label: Codes  # lot or SKU of each row
    available: Codes
    quantity: list[Floats]  # what each row asks for in each case of each set of decisions, shape (cases, rows)


def _steps(facts: Facts, reserve: Reserve, reserves: list[Reserve], each: list[_Set]) -> list[_Steps]:
    """Return the rows of a reserve, for every release period up to its own."""
    lots, size = facts.lots, len(facts.lots.sku)
    mine = [some.of_clause(reserve.number, size) for some in each]
    moments = Moments.of(facts)
    found = []
    for until in sorted({other.release for other in reserves if other.release <= reserve.release}):
        inside = reserve.lots & (lots.available < until)
        begin = np.full(size, -1)
        end = begin.copy()
        label: Codes
        if reserve.per_lot:
            label = np.flatnonzero(inside & (reserve.kept > 0))
            begin[label] = np.arange(len(label))
            end[label] = begin[label] + 1
            available: Codes = lots.available[label]
            wanted = [units[:, label] for units in mine]
        else:
            there = [_at_moments(moments, np.where(inside, units, 0.0)) for units in mine]
            rows = np.flatnonzero(_rises(moments, np.concatenate(there)).any(axis=0))
            begin[inside] = np.searchsorted(rows, moments.of_lot[inside])
            end[inside] = np.searchsorted(moments.sku[rows], lots.sku[inside], side="right")
            none = begin >= end
            begin[none] = end[none] = -1
            label, available, wanted = moments.sku[rows], moments.available[rows], [units[:, rows] for units in there]
        if len(label):
            found.append(_Steps(reserve, min(until, facts.periods), begin, end, label, available, wanted))
    return found


def _at_moments(moments: Moments, units: Floats) -> Floats:
    """Return what is kept of the lots of each moment, shape (cases, moments): the most of any of them."""
    found = np.zeros((len(units), len(moments.sku)))
    for case, kept_of_lots in zip(found, units, strict=True):
        np.maximum.at(case, moments.of_lot, kept_of_lots)
    return found


def _rises(moments: Moments, there: Floats) -> Flags:
    """Return whether more is kept at each moment than at any before of its SKU, shape (cases, moments)."""
    found = np.zeros(there.shape, dtype=bool)
    for row, units in enumerate(there):
        rows = np.flatnonzero(units)
        first = np.ones(len(rows), dtype=bool)
        first[1:] = moments.sku[rows[1:]] != moments.sku[rows[:-1]]
        first[1:] |= units[rows[1:]] > units[rows[:-1]]
        found[row, rows] = first
    return found


def _add_idle(on: Statement, reserves: list[Reserve]) -> Variable:
    """Add idle stock per channel, lot and release period, wherever a reserve of the channel needs it."""
    facts = on.facts
    size, width = len(facts.lots.sku), facts.periods + 1
    keys = [
        (reserve.channel * size + np.flatnonzero(reserve.lots & (facts.lots.available < until))) * width
        + min(until, facts.periods)
        for reserve in reserves
        for until in {other.release for other in reserves if other.release <= reserve.release}
    ]
    present = np.unique(np.concatenate(keys))
    lot = present // width % size
    index = Index(
        ("channel", "lot", "until"),
        (present // width // size, lot, present % width),
        (facts.channels.id, partial(lot_names, facts), None),
    )
    return on.form.add_variable("idle", index, upper=facts.lots.usable[lot], sku=facts.lots.sku[lot])


def _add_stock_rows(on: Statement, idle: Variable) -> None:
    """Add, per lot and release period, that what shipped before and what is kept fit into the lot."""
    facts, arcs = on.facts, on.arcs
    _, lot, until = idle.index.codes
    width, size = facts.periods + 1, len(facts.lots.sku)
    group, present = dense(lot * width + until, size * width)
    row_lot, row_until = present // width, present % width
    sums = [Sum(idle, group)]
    for release in np.unique(row_until).tolist():
        row = np.full(size, -1)
        mine = np.flatnonzero(row_until == release)
        row[row_lot[mine]] = mine
        sums.append(Sum(on.ship, np.where(arcs.ship < release, row[arcs.lot], -1)))
    index = Index(("lot", "until"), (row_lot, row_until), (partial(lot_names, facts), None))
    on.form.add_rows("reserve_stock", index, sums, upper=facts.lots.usable[row_lot])


def _add_reserve_rows(on: Statement, idle: Variable, steps: list[_Steps], each: list[_Set], *, per_lot: bool) -> None:
    """Add the reserve rows: what the channel got from the lots, plus what is idle for it, is enough."""
    facts, arcs = on.facts, on.arcs
    channel, lot, until = idle.index.codes
    sums: list[Sum] = []
    first = 0
    for step in steps:
        kept = np.flatnonzero((channel == step.reserve.channel) & (until == step.until) & (step.begin[lot] >= 0))
        sums.append(_cumulative(idle, kept, lot[kept], step, first))
        got = (arcs.channel == step.reserve.channel) & (arcs.ship < step.until)
        got &= step.begin[arcs.lot] >= 0
        members = np.flatnonzero(got)
        sums.append(_cumulative(on.ship, members, arcs.lot[members], step, first))
        first += len(step.label)
    sizes = [len(step.label) for step in steps]
    clause = np.repeat([step.reserve.number for step in steps], sizes).astype(np.int32)
    soft = np.repeat([step.reserve.penalty is not None for step in steps], sizes)
    label = np.concatenate([step.label for step in steps])
    sku = facts.lots.sku[label] if per_lot else label
    cases = [replace(some.cases, members=np.flatnonzero(some.skus[sku]).astype(np.int32)) for some in each]
    quantity = [
        np.concatenate([step.quantity[place] for step in steps], axis=1)[:, some.members]
        for place, some in enumerate(cases)
    ]
    rows = np.repeat([step.until for step in steps], sizes)
    sums += _broken(on, steps, per_lot, label, highest(cases, quantity, len(label)), soft)
    if per_lot:
        index = Index(("clause", "lot", "until"), (clause, label, rows), (None, partial(lot_names, facts), None))
    else:
        dates = np.concatenate([step.available for step in steps])
        index = Index(
            ("clause", "sku", "available", "until"),
            (clause, label, dates, rows),
            (None, facts.skus.id, None, None),
        )
    name = "reserve_lot" if per_lot else "reserve"
    add_by_case(on, name, index, sums, cases, quantity, clause=clause, elastic=~soft)


def _cumulative(variable: Variable, members: Codes, lot: Codes, step: _Steps, first: int) -> Sum:
    """Return the sum in which each member counts in every row from its lot's arrival on."""
    begins = step.begin[lot]
    owner, rank = expand(step.end[lot] - begins)
    return Sum(variable, first + begins[owner] + rank, members=members[owner])


def _broken(
    on: Statement, steps: list[_Steps], per_lot: bool, label: Codes, quantity: Floats, soft: Flags
) -> list[Sum]:
    """Add the units by which soft reserves are broken: one per clause and lot (or SKU), in all rows of these."""
    if not soft.any():
        return []
    facts = on.facts
    sizes = [len(step.label) for step in steps]
    number = np.repeat([step.reserve.number for step in steps], sizes)
    size = len(facts.lots.sku) if per_lot else len(facts.skus.id)
    group, present = dense(np.where(soft, number * size + label, -1), (int(number.max()) + 1) * size)
    rows = np.flatnonzero(group >= 0)
    most = np.zeros(len(present))
    np.maximum.at(most, group[rows], quantity[rows])
    clause, what = present // size, present % size
    by_number = {step.reserve.number: step.reserve for step in steps}
    penalty = np.array([by_number[k].penalty or 0.0 for k in clause.tolist()])
    channel = np.array([by_number[k].channel for k in clause.tolist()])
    names: tuple[str, ...] = ("clause", "lot") if per_lot else ("clause", "sku")
    texts = partial(lot_names, facts) if per_lot else facts.skus.id
    broken = on.form.add_variable(
        "broken_reserve_lot" if per_lot else "broken_reserve",
        Index(names, (clause, what), (None, texts)),
        upper=most,
        sku=facts.lots.sku[what] if per_lot else what.astype(np.int32),
    )
    on.form.add_money("clause_penalties", broken, -penalty, channel=channel)
    order = rows[np.argsort(group[rows], kind="stable")]
    return [Sum(broken, order, members=group[order])]
