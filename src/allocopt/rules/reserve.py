"""Protected quantity as stock: units kept for a channel whether or not its demand comes.

.. code-block:: text

    sum_{a of l, ship < R} ship[a] + sum_c idle[c, l, R] <= usable[l]                 for each lot l, release R
    sum_{c in C} (ship_c(L, R) + sum_{l in L} idle[c, l, R]) + broken >= kept         for each clause that is for C
    idle >= 0;   money: - penalty broken        outside contribution                  [unit; currency]

``C`` is a channel, or several together, or what is due of them in a region or a window: a set of cells
(`rules.kit.reserve_cells`). ``idle`` has the cells that count in most clauses; others could only take their place.

``R`` runs over the release periods of the clauses (never: the end). Up to R everything that shipped counts, and what
is idle then is still kept. A share of supply binds lot by lot (``L`` is one lot). Units, and shares of demand, bind
per SKU and cumulatively at each arrival date u (``L`` is what has arrived by u, a row wherever ``kept`` rises). Lots
from which no lane for their SKU leads to the channel are in no reserve of it: they would be kept for somebody whom
they cannot reach. Reserves that share no cell add up. With `to_period` a reserve is released in the period after it.

``kept`` is what there is: at each arrival date hard reserves take it in the order of the contract's clauses, after
commitments (`rules.kit.reserve_order`), and soft ones ask for what there is stock for
(`rules.kit.reserve_quantities`). Where capacity, packs or whole orders send commitments to stock that would be kept
then, reserves keep what is left (`rules.kit.reserve_trial`). What a hard reserve does not get is a note and an
exception, and makes no plan infeasible. Only what other clauses say may clash with it: a serve, a lock, or a clause
that closes the other ways to a commitment.
Source: partitioned protection levels, Talluri and van Ryzin, The Theory and Practice of Revenue Management (2004),
ch. 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import extreme
from allocopt.problem.facts import NEVER, Facts, Flags, Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Clause, Numbered, Rule, Statement
from allocopt.rules.kit.cases import Case, Cases, add_by_case, cases_of
from allocopt.rules.kit.exceptions import Exceptions, Outcome
from allocopt.rules.kit.names import grouped, labels
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_granted import as_granted, bearing, of_reserves, outcome_of, reserved
from allocopt.rules.kit.reserve_idle import Idle, add_idle, releases
from allocopt.rules.kit.reserve_order import kept
from allocopt.rules.kit.reserve_packs import add_idle_rows, add_pack_rows
from allocopt.rules.kit.reserve_quantities import Moments, Reserve, work_out
from allocopt.rules.kit.reserve_rows import Steps, add_stock_rows, counted
from allocopt.rules.kit.reserve_words import exceptions_of, note_missing
from allocopt.rules.kit.scope import due_before, lines_within, lots_of, quantity
from allocopt.rules.protect import Protect


class ReserveRule(Rule):
    """Stock is kept for the channels that it is reserved for."""

    name: ClassVar[str] = "reserve"
    clause: ClassVar[type[Clause] | None] = Protect
    short: ClassVar[str] = "protected"
    quantities: ClassVar[bool] = True

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add idle stock per channel, lot and release; the stock rows; and the reserve rows."""
        clauses = of_reserves(clauses)
        if not clauses:
            return
        facts = on.facts
        cases = cases_of(on, clauses, bearing(facts, clauses))
        cells = ReserveCells.of(facts, [clause for _, clause in clauses])
        sets = [_Set(some, [_within(on, some, case, cells) for case in some.each]) for some in cases]
        note_missing(on.form, facts, clauses, _merged([r for some in sets for r in some.reserves[0]], np.add))
        every = _merged([r for some in sets for case in some.reserves for r in case], np.maximum)
        reserves = [reserve for reserve in every if reserve.kept.any()]
        if not reserves:
            return
        idle = add_idle(on, reserves, cells)
        add_stock_rows(on, idle.variable)
        for per_lot in (True, False):
            steps = [step for r in reserves if r.per_lot == per_lot for step in _steps(facts, r, reserves, sets)]
            if steps:
                _add_reserve_rows(on, idle, steps, sets, per_lot=per_lot)
        if not len(facts.switches):
            add_pack_rows(on, reserves, cells)
            add_idle_rows(on, idle, reserves)

    def promised(self, facts: Facts, clause: Protect) -> float:
        """Return how many units a reserve promises, whether or not there is stock for them [unit]."""
        if clause.mode != "reserve":
            return 0.0
        lines = lines_within(facts, clause) & due_before(facts, clause.release)
        release = NEVER if clause.release is None else clause.release
        lots = lots_of(facts, clause, clause.of) & (facts.lots.available < release)
        wanted = quantity(facts, clause, lots, lines)
        return float(np.where(facts.skus.divisible, wanted, floor_units(wanted)).sum())

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield, for each clause, the articles of which there is less than it asks for."""
        facts = outcome.arcs.facts
        facts = replace(facts, lines=replace(facts.lines, units=outcome.wanted))
        gone = outcome.gone
        clauses = [(n, c.narrowed(gone)) for n, c in of_reserves(clauses) if not c.lapses(gone)]
        if clauses:
            cells = ReserveCells.of(facts, [clause for _, clause in clauses])
            reserves = reserved(facts, clauses, cells, outcome.decided)
            yield from exceptions_of(outcome, clauses, reserves)


@dataclass(frozen=True)
class _Set:
    """The reserves of the SKUs that one set of decisions bears on, worked out in each of its cases."""

    cases: Cases
    reserves: list[list[Reserve]]

    def of_clause(self, number: int, lots: int) -> Floats:
        """Return what one reserve comes to in each case, shape (cases, lots)."""
        none = np.zeros(lots)
        return np.stack([next((r.kept for r in case if r.number == number), none) for case in self.reserves])


def _within(on: Statement, cases: Cases, case: Case, cells: ReserveCells) -> list[Reserve]:
    """Return the reserves in one case, of the SKUs alone that the decisions bear on."""
    facts = on.facts
    skus = np.zeros(len(facts.skus.id), dtype=bool)
    skus[cases.members] = True
    lots = skus[facts.lots.sku]
    every = kept(case.facts, work_out(case.form, case.facts, case.clauses, cells, on.more), cells)
    return [
        replace(r, kept=np.where(lots, r.kept, 0.0), asked=np.where(lots if r.per_lot else skus, r.asked, 0.0))
        for r in as_granted(case.facts, every, outcome_of(facts, cases.switches, case.on))
    ]


def _merged(reserves: list[Reserve], how: Callable[[Floats, Floats], Floats]) -> list[Reserve]:
    """Return one reserve a clause, in the order of the contract, with what they ask and keep added up, or the most.

    Whom it is for, and of which lots, is what it is in any of them.
    """
    found: dict[int, Reserve] = {}
    for one in reserves:
        before = found.setdefault(one.number, replace(one, asked=0.0 * one.asked, kept=0.0 * one.kept))
        wide: Any = {name: getattr(before, name) | getattr(one, name) for name in ("cells", "lines", "lots")}
        units: Any = {name: how(getattr(before, name), getattr(one, name)) for name in ("asked", "kept")}
        found[one.number] = replace(one, owner=max(before.owner, one.owner), **wide, **units)
    return [found[number] for number in sorted(found)]


def _steps(facts: Facts, reserve: Reserve, reserves: list[Reserve], sets: list[_Set]) -> list[Steps]:
    """Return the rows of a reserve, for every release period up to its own: wherever more is kept than before."""
    lots = facts.lots
    mine = [some.of_clause(reserve.number, len(lots.sku)) for some in sets]
    moments = Moments.each(facts, per_lot=reserve.per_lot)
    found = []
    for until in (until for until in releases(reserves) if until <= reserve.release):
        inside = reserve.lots & (lots.available < until)
        there = [_at_moments(moments, np.where(inside, units, 0.0)) for units in mine]
        rows = np.flatnonzero(_rises(moments, np.concatenate(there)).any(axis=0))
        if len(rows):
            step = Steps.of(facts, reserve, until, moments, rows)
            found.append(replace(step, quantity=[units[:, rows] for units in there]))
    return found


def _at_moments(moments: Moments, units: Floats) -> Floats:
    """Return what is kept of the lots of each moment, shape (cases, moments): the most of any of them."""
    return np.stack([extreme(np.maximum, kept, moments.of_lot, len(moments.of), none=0.0) for kept in units])


def _rises(moments: Moments, there: Floats) -> Flags:
    """Return whether more is kept at each moment than at any before of its SKU, shape (cases, moments)."""
    found = np.zeros(there.shape, dtype=bool)
    for row, units in enumerate(there):
        rows = np.flatnonzero(units)
        first = np.ones(len(rows), dtype=bool)
        first[1:] = moments.of[rows[1:]] != moments.of[rows[:-1]]
        first[1:] |= units[rows[1:]] > units[rows[:-1]]
        found[row, rows] = first
    return found


def _add_reserve_rows(on: Statement, idle: Idle, steps: list[Steps], sets: list[_Set], *, per_lot: bool) -> None:
    """Add the reserve rows: what the channel got from the lots, plus what is idle for it, is enough."""
    facts = on.facts
    sums = list(counted(on, idle, steps))
    sizes = [len(step.moment) for step in steps]
    clause, owner, end = (
        np.repeat(values, sizes).astype(np.int32)
        for values in zip(*((step.reserve.number, step.reserve.owner, step.until) for step in steps), strict=True)
    )
    penalty = np.repeat([np.nan if step.reserve.hard else step.reserve.penalty for step in steps], sizes).astype(float)
    moments, moment = Moments.each(facts, per_lot=per_lot), np.concatenate([step.moment for step in steps])
    label, dates = moments.of[moment], moments.available[moment]
    sku = facts.lots.sku[label] if per_lot else label.astype(np.int32)
    cases = [
        replace(some.cases, members=np.flatnonzero(np.isin(sku, some.cases.members)).astype(np.int32)) for some in sets
    ]
    quantity = [
        np.concatenate([step.quantity[place] for step in steps], axis=1)[:, some.members]
        for place, some in enumerate(cases)
    ]
    # Soft ones are broken by so much in all rows of a clause and lot (or SKU).
    what = {"clause": np.where(np.isnan(penalty), -1, clause), "lot" if per_lot else "sku": label}
    group, together = grouped(facts, **what)
    rows = np.flatnonzero(group >= 0)
    most = np.zeros(len(together))
    for some, units in zip(cases, quantity, strict=True):
        soft = group[some.members] >= 0
        np.maximum.at(most, group[some.members][soft], units.max(axis=0)[soft])
    first_row = extreme(np.maximum, rows, group[rows], len(together), none=0)
    name = "reserve_lot" if per_lot else "reserve"
    broken = on.form.add_breach(
        f"broken_{name}",
        together,
        most,
        sign=1.0,
        penalty=penalty[first_row],
        sku=sku[first_row],
        channel=owner[first_row],
    )
    sums += [Sum.of(part.variable, rows, group[rows]) for part in broken]
    about = {"lot": label} if per_lot else {"sku": label, "available": dates}
    index = labels(facts, clause=clause, **about, until=end)
    add_by_case(on, name, index, sums, cases, quantity, clause=clause, elastic=np.isnan(penalty))
