"""Whether commitments can be met beside reserves: the program of both alone.

.. code-block:: text

    every rule of the problem itself, over the arcs of committed lines and of the orders that they are part of
    min_units[d] <= sum_{a of d} ship[a]                                                            [unit]
    count(r, u, R) >= granted[r, u]            for each hard reserve r, arrival date u (or lot) and release R

``count`` is that of `rules.kit.reserve_rows`. No clause but the reserves takes part: what others close does not set
stock free that is reserved. In the order of the contract each clause is granted what it could have by lots alone, as
long as there is a plan; from the first clause on of which that is not so, all that a clause asks for rises together,
unit by unit, article by article and date by date, until commitments and the clauses before stop it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.formulation import Formulation, Sum
from allocopt.algebra.labels import Codes, Index
from allocopt.algebra.program import Program
from allocopt.arcs import build_arcs
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Granted
from allocopt.problem.lines import take
from allocopt.rules import Statement, allowed, state
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.cases import MOST, Case, case_of, outcomes_of
from allocopt.rules.kit.decisions import literals
from allocopt.rules.kit.leaving import retired
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_granted import bearing, of_reserves, reserved
from allocopt.rules.kit.reserve_idle import Idle, add_idle, releases
from allocopt.rules.kit.reserve_quantities import Moments, Reserve
from allocopt.rules.kit.reserve_rows import Steps, add_stock_rows, counted
from allocopt.rules.protect import Protect


@dataclass(frozen=True)
class Trial:
    """Commitments and hard reserves alone, in one outcome of decisions.

    Attributes
    ----------
    program : Program
        Its objective is 0. What is granted are columns, free from 0 to the most that is asked for.
    granted : slice
        These columns, one a step.
    clause : int, shape (steps,)
        Place of the reserve among the hard ones of the contract, ascending.
    hoped : float64, shape (steps,)
        What lots alone could give [unit].
    of_lot : list of int arrays, shape (lots,)
        The step of each lot, for each hard reserve of the contract; -1: none.
    """

    program: Program
    granted: slice
    clause: Codes
    hoped: Floats
    of_lot: list[Codes]

    def kept(self, granted: Floats) -> Floats:
        """Return what is granted in steps as `Reserve.kept`, shape (reserves, lots)."""
        return np.stack([np.append(granted, 0.0)[step] for step in self.of_lot])


@dataclass(frozen=True)
class Trials:
    """The trials of a contract, one an outcome of the decisions that bear on them, with what says so in the facts.

    `granted` holds what the trials say once `said` is called with their answers.
    """

    granted: Granted
    each: list[Trial]

    def said(self, answers: Sequence[Floats]) -> Granted:
        """Return what reserves are granted, given the answer to each trial."""
        kept = [trial.kept(answer) for trial, answer in zip(self.each, answers, strict=True)]
        return replace(self.granted, kept=np.stack(kept))


def trials(facts: Facts, clauses: Sequence[Clause]) -> Trials | None:
    """Return what has to be tried; None where commitments and hard reserves do not speak of the same articles.

    Parameters
    ----------
    facts : Facts
        As the contract changed them.
    clauses : sequence of Clause
        Those of the contract, in its order.
    """
    gone = retired(clauses)
    every = [(n, clause) for n, clause in enumerate(clauses) if isinstance(clause, Protect)]
    mine = of_reserves([(n, clause.narrowed(gone)) for n, clause in every if not clause.lapses(gone)])
    hard = [n for n, clause in mine if clause.penalty is None]
    if not hard or not facts.lines.min_units.any():
        return None
    skus = _doubtful(facts, mine)
    if not skus.any():
        return None
    switches = np.flatnonzero(bearing(facts, mine)[skus].any(axis=0) | _hung(facts, skus)).astype(np.int32)
    several = len(switches) > MOST
    if several:
        switches = switches[:0]
    on, cells = outcomes_of(len(switches)), ReserveCells.of(facts, [clause for _, clause in mine])
    each = []
    for one in on:
        case = case_of(facts, Formulation(), mine, switches, one)
        each.append(_trial(case, cells, skus, hard))
    return Trials(Granted(skus, switches, on, np.array(hard, dtype=np.int32), at_most=several), each)


def _doubtful(facts: Facts, clauses: Sequence[tuple[int, Protect]]) -> Flags:
    """Return the SKUs of which hard reserves ask for something, and something is committed, shape (skus,)."""
    lines, size = facts.lines, len(facts.skus.id)
    committed = np.bincount(lines.sku[_committed(facts)], minlength=size) > 0
    asked = np.zeros(size, dtype=bool)
    cells = ReserveCells.of(facts, [clause for _, clause in clauses])
    if committed.any():
        for reserve in reserved(facts, clauses, cells, np.full(len(facts.switches), ANY, dtype=np.int32)):
            asked |= reserve.hard & (reserve.asked_of(facts) > 0)
    return committed & asked


def _committed(facts: Facts) -> Flags:
    return np.asarray((facts.lines.min_units > 0) & (facts.lines.units > 0))


def _coupled(facts: Facts) -> bool:
    """Return whether something limits what several articles ship together."""
    return bool(len(facts.capacities.limit) or np.isfinite(facts.lanes.capacity).any())


def _hung(facts: Facts, skus: Flags) -> Flags:
    """Return the decisions on which commitments hang that take part, shape (decisions,)."""
    found = np.zeros(len(facts.switches) + 1, dtype=bool)
    for switch, _ in literals(facts):
        found[switch[_taking_part(facts, skus)]] = True
    return found[:-1]


def _taking_part(facts: Facts, skus: Flags) -> Flags:
    """Return the lines that a trial is about: committed ones, and the rest of their orders, shape (lines,)."""
    lines = facts.lines
    mine = _committed(facts) & (skus[lines.sku] | _coupled(facts))
    ordered = np.zeros(len(facts.orders) + 1, dtype=bool)
    ordered[lines.order[mine]] = True
    ordered[ANY] = False
    return np.asarray(mine | (ordered[lines.order] & (lines.units > 0)))


def _trial(case: Case, cells: ReserveCells, skus: Flags, hard: Sequence[int]) -> Trial:
    """Return the trial of one outcome."""
    facts, said = case.facts, np.full(len(case.facts.switches), ANY, dtype=np.int32)
    rows = np.flatnonzero(_taking_part(facts, skus))
    lots = skus[facts.lots.sku]
    reserves = []
    for reserve in reserved(facts, case.clauses, cells, said):
        if reserve.hard:
            asks = _asked_of_lots(facts, reserve) > 0
            reserves.append(replace(reserve, lots=reserve.lots & lots & asks, lines=reserve.lines[rows]))
    small = replace(
        facts,
        lines=take(facts.lines, rows, switch=ANY),
        channels=replace(facts.channels, keep=np.full(len(facts.channels.id), ANY, dtype=np.int32)),
        switches=facts.switches[:0],
    )
    arcs = allowed(build_arcs(small), ())
    form = state(arcs, ())
    return _with_reserves(Statement(form, arcs, form.variables[0]), reserves, cells, hard)


def _asked_of_lots(facts: Facts, reserve: Reserve) -> Floats:
    """Return what a reserve asks for of each lot, or of its SKU, shape (lots,)."""
    return reserve.asked if reserve.per_lot else reserve.asked[facts.lots.sku]


def _with_reserves(on: Statement, reserves: list[Reserve], cells: ReserveCells, hard: Sequence[int]) -> Trial:
    """Return the program of commitments with the reserves added, and what is granted to each of them as columns."""
    facts, size = on.facts, len(on.facts.lots.sku)
    of_lot = {number: np.full(size, -1) for number in hard}
    steps, columns, clause, hoped, most, lot_of = [], [], [], [], [], []
    alive = [reserve for reserve in reserves if reserve.lots.any()]
    count = 0
    for reserve in alive:
        moments = Moments.each(facts, per_lot=reserve.per_lot)
        inside = np.flatnonzero(reserve.lots)
        rows, mine, step = np.unique(moments.of_lot[inside], return_index=True, return_inverse=True)
        of_lot[reserve.number][inside] = count + step
        for until in (until for until in releases(alive) if until <= reserve.release):
            early = np.flatnonzero(moments.available[rows] < until)
            if len(early):
                steps.append(Steps.of(facts, reserve, until, moments, rows[early]))
                columns.append(count + early)
        there = moments.arrived(np.where(reserve.lots, facts.lots.usable, 0.0))
        clause.append(np.full(len(rows), hard.index(reserve.number)))
        hoped.append(reserve.kept[inside[mine]])
        most.append(np.minimum(_asked_of_lots(facts, reserve)[inside[mine]], there[rows]))
        lot_of.append(inside[mine])
        count += len(rows)
    granted = slice(0, 0)
    if alive:
        granted = _stated(on, add_idle(on, alive, cells), steps, columns, np.concatenate(most), np.concatenate(lot_of))
    program, _ = on.form.compile()
    nothing: Floats = np.zeros(0)
    return Trial(
        replace(program, cost=np.zeros(program.columns), constant=0.0),
        granted,
        np.concatenate([np.zeros(0, dtype=np.int64), *clause]),
        np.concatenate([nothing, *hoped]),
        [of_lot[number] for number in hard],
    )


def _stated(on: Statement, idle: Idle, steps: list[Steps], columns: Sequence[Codes], most: Floats, lot: Codes) -> slice:
    """Add the rows of the reserves, and the columns of what is granted; return where these stand."""
    sku = on.facts.lots.sku[lot]
    whole = ~on.facts.skus.divisible[sku]
    about = Index(("step",), (np.arange(len(most)),), (None,))
    granted = on.form.add_variable("granted", about, upper=most, sku=sku, integer=whole)
    add_stock_rows(on, idle.variable)
    column = np.concatenate(columns)
    rows = np.arange(len(column))
    sums = [*counted(on, idle, steps), Sum.of(granted, rows, column, weight=-1.0)]
    on.form.add_rows("reserve", Index(("row",), (rows,), (None,)), sums, lower=np.zeros(len(rows)))
    return slice(granted.start, granted.start + len(most))
