"""Quantities that depend on decisions: one row per case, which binds only in its case.

.. code-block:: text

    sum >= amount[off] + (amount[on] - amount[off]) on[s]        where one decision s bears on a quantity    [unit]
    sum + amount[k] mismatch[k] >= amount[k]                     for each case k of several decisions
    sum - (most - amount[k]) mismatch[k] <= amount[k]            the same for upper limits
    mismatch[k] = sum_{s on in k} (1 - on[s]) + sum_{s off in k} on[s]

A case says for each decision that bears on a quantity whether it is on or off; quantities on which the same decisions
bear are worked out together, and no others multiply with them. A promise lapses in the cases in which
its channel is not kept; a share of demand is of the lines that are live in the case. Source: disjunctions with big-M
constraints, with the least M that is valid, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation, Sum, Variable
from allocopt.algebra.labels import Index
from allocopt.algebra.program import COUPLES
from allocopt.arcs import expand
from allocopt.errors import ContractError
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Numbered, Statement
from allocopt.rules.kit.scope import chosen, code
from allocopt.rules.switches import literals, switch_sum

MOST = 8
"""Decisions that may bear on one quantity: each of them doubles the number of its cases."""


@dataclass(frozen=True)
class Case:
    """One outcome of the decisions that bear on a rule.

    Attributes
    ----------
    on : bool, shape (decisions,)
    facts : Facts
        With no units on lines that are not live.
    clauses : sequence of (int, Clause)
        Those that do not lapse.
    form : Formulation
        Takes notes; those of the first case alone are kept.
    """

    on: Flags
    facts: Facts
    clauses: Numbered
    form: Formulation

    def statement(self, on: Statement) -> Statement:
        """Return the statement of which quantities are worked out in this case."""
        return replace(on, form=self.form, arcs=replace(on.arcs, facts=self.facts))


@dataclass(frozen=True)
class Cases:
    """The outcomes of the decisions that bear on some quantities, the one with everything on first.

    Attributes
    ----------
    switches : int array, shape (decisions,)
        Their codes.
    members : int array, shape (quantities,)
        Positions of the quantities that these decisions, and no others, bear on.
    each : tuple of Case
    """

    switches: Ints
    members: Ints
    each: tuple[Case, ...]


def cases_of(on: Statement, clauses: Numbered, bears: Flags) -> list[Cases]:
    """Return the cases that quantities have to be worked out in, for each set of decisions by itself.

    Parameters
    ----------
    on : Statement
    clauses : sequence of (int, Clause)
    bears : bool, shape (quantities, decisions)
        Which decisions bear on each quantity; see `bearing`.

    Raises
    ------
    ContractError
        If more than `MOST` decisions bear on one quantity.
    """
    if not bears.any():
        none, every = np.zeros(0, dtype=np.int32), np.arange(len(bears), dtype=np.int32)
        return [Cases(none, every, (_case(on, clauses, none, np.zeros(0, dtype=bool), first=True),))]
    sets, which = np.unique(bears, axis=0, return_inverse=True)
    found = []
    for number, together in enumerate(sets):
        switches = np.flatnonzero(together).astype(np.int32)
        if len(switches) > MOST:
            names = ", ".join(on.facts.switches[switches])
            raise ContractError(
                f"{len(switches)} decisions ({names}) bear on one quantity that clauses speak of: "
                f"at most {MOST} can be left open at once. Decide some of them."
            )
        outcomes = (np.arange(2 ** len(switches))[:, None] >> np.arange(len(switches))[None, :]) & 1 == 0
        each = [_case(on, clauses, switches, one, first=not number and not k) for k, one in enumerate(outcomes)]
        found.append(Cases(switches, np.flatnonzero(which.ravel() == number).astype(np.int32), tuple(each)))
    return found


def bearing(
    facts: Facts,
    clauses: Numbered,
    lines: Callable[[Any], Flags | None],
    *,
    kept: bool = False,
    joined: Callable[[Any], bool] = lambda clause: False,
) -> dict[int, Flags]:
    """Return by clause which decisions bear on what it asks of each SKU, shape (skus, decisions).

    Parameters
    ----------
    facts : Facts
    clauses : sequence of (int, Clause)
    lines : callable
        Gives the demand lines that a clause's quantity depends on; None: on none.
    kept : bool
        Whether the quantity of a clause that is nobody's favour depends on who is kept, of the channels of its lines.
    joined : callable
        Says of which clauses what one asks of a SKU depends on what the others ask of it.
    """
    found: dict[int, Flags] = {}
    every = np.zeros((len(facts.skus.id), len(facts.switches)), dtype=bool)
    for number, clause in clauses:
        mine = found[number] = np.zeros_like(every)
        if clause.FAVOURS and clause.channel is not None:
            named = (clause.sku,) if isinstance(clause.sku, str) else clause.sku
            skus = np.flatnonzero(chosen(facts.skus.id, named))
            _mark(mine, skus, facts.channels.keep[code(facts.channels.id, clause.channel)])
        counted = lines(clause) if len(facts.switches) else None
        if counted is not None:
            own = np.flatnonzero(counted & (facts.lines.units > 0))
            _mark(mine, facts.lines.sku[own], facts.lines.switch[own])
            if clause.FAVOURS or kept:
                own = np.flatnonzero(counted)
                _mark(mine, facts.lines.sku[own], facts.channels.keep[facts.lines.channel[own]])
        if joined(clause):
            every |= mine
    return {number: every if joined(clause) else found[number] for number, clause in clauses}


def of_rows(bears: dict[int, Flags], clause: Ints, sku: Ints) -> Flags:
    """Return which decisions bear on rows of clauses and SKUs (`COUPLES`: all of them), shape (rows, decisions)."""
    width = next(iter(bears.values())).shape[1]
    found = np.zeros((len(sku), width), dtype=bool)
    for number, flags in bears.items():
        rows = np.flatnonzero(clause == number)
        found[rows] = np.where((sku[rows] == COUPLES)[:, None], flags.any(axis=0), flags[sku[rows]])
    return found


def worked_out(cases: Sequence[Cases], work_out: Callable[[Case], Floats]) -> list[Floats]:
    """Return what a function gives for the members of each set in each of its cases, shape (cases, members) each."""
    return [np.stack([work_out(case)[some.members] for case in some.each]) for some in cases]


def highest(cases: Sequence[Cases], values: Sequence[Floats], size: int) -> Floats:
    """Return the most that each quantity comes to in any of its cases, shape (size,)."""
    found = np.zeros(size)
    for some, value in zip(cases, values, strict=True):
        found[some.members] = value.max(axis=0)
    return found


def _mark(flags: Flags, skus: NDArray[np.integer[Any]], switches: Any) -> None:
    """Mark that decisions bear on SKUs, `ANY` being none."""
    switches = np.broadcast_to(switches, skus.shape)
    some = switches != ANY
    flags[skus[some], switches[some]] = True


def _case(on: Statement, clauses: Numbered, switches: Ints, outcome: Flags, *, first: bool) -> Case:
    """Return one case; decisions that bear on nothing do not matter in it."""
    facts = on.facts
    form = on.form if first else Formulation()
    if not len(switches):
        return Case(outcome, facts, clauses, form)
    said = np.full(len(facts.switches), ANY)
    said[switches] = outcome
    live = np.ones(len(facts.lines.sku), dtype=bool)
    for switch, when in literals(facts):
        live &= (switch == ANY) | (said[switch] == ANY) | (said[switch] == when)
    changed = replace(facts, lines=replace(facts.lines, units=np.where(live, facts.lines.units, 0.0)))
    kept = []
    for number, clause in clauses:
        keep = ANY if clause.channel is None else facts.channels.keep[code(facts.channels.id, clause.channel)]
        if not (clause.FAVOURS and keep != ANY and said[keep] == 0):
            kept.append((number, clause))
    return Case(outcome, changed, kept, form)


@dataclass(frozen=True)
class Stated:
    """The rows of a rule, each with what decisions change in it: sum + change x switches against its limit.

    Attributes
    ----------
    switches : int array, shape (decisions,)
        Codes of all decisions that bear on some row.
    entry : int array, shape (rows,)
        Position of each row among those that the rule would have without cases; sorted.
    limit : float64, shape (rows,)
        Lower or upper limit [unit].
    change : float64, shape (rows, decisions)
        Coefficient of each decision [unit].
    signs : int8, shape (rows, decisions)
        Of rows that bind in one case alone: whether that has the decision on (1) or off (-1); 0: either.
    """

    switches: Ints
    entry: Ints
    limit: Floats
    change: Floats
    signs: NDArray[np.int8]

    def index(self, base: Index, facts: Facts) -> Index:
        """Return the labels of the rows: those without cases, with the case where there is any."""
        codes = tuple(codes[self.entry] for codes in base.codes)
        if not self.signs.any():
            return Index(base.names, codes, base.texts)
        words = np.full(len(self.entry), "", dtype=object)
        for column, name in enumerate(facts.switches[self.switches].tolist()):
            for sign, word in ((1, name), (-1, f"not {name}")):
                mine = self.signs[:, column] == sign
                words[mine] = np.where(words[mine] == "", word, words[mine] + f" and {word}")
        return Index((*base.names, "if"), (*codes, np.arange(len(words))), (*base.texts, words))

    def sums(self, sums: Sequence[Sum], size: int, switch: Variable | None) -> list[Sum]:
        """Return sums over the rows without cases (so many) as sums over these rows, with the decisions."""
        count = np.bincount(self.entry, minlength=size)
        found = list(sums) if (count == 1).all() else [_repeated(part, count) for part in sums]
        for column, number in enumerate(self.switches.tolist()):
            rows = np.flatnonzero(self.change[:, column])
            if len(rows) and switch is not None:
                codes = np.full(len(rows), number, dtype=np.int32)
                found.append(switch_sum(switch, rows, codes, self.change[rows, column]))
        return found


def _repeated(part: Sum, count: NDArray[np.int64]) -> Sum:
    """Return a sum in which row i stands ``count[i]`` times."""
    first = np.concatenate([[0], np.cumsum(count)])
    group = np.asarray(part.group)
    owner, rank = expand(np.where(group >= 0, count[group], 0))
    members = owner if part.members is None else part.members[owner]
    weight = np.asarray(part.weight, dtype=np.float64)
    return Sum(
        part.variable, first[group[owner]] + rank, weight=weight[owner] if weight.ndim else weight, members=members
    )


def by_case(cases: Sequence[Cases], values: Sequence[Floats], most: Floats | None = None) -> Stated:
    """Return the rows that limits need which differ from case to case.

    Parameters
    ----------
    cases : sequence of Cases
        Whose members are all entries, each in one of them.
    values : sequence of float64 arrays, shape (cases, members)
        The limit of each member in each case.
    most : float64, shape (entries,), optional
        What each sum can come to, if the limits are upper ones; else they are lower limits of sums that are never
        negative.
    """
    switches = np.unique(np.concatenate([some.switches for some in cases]))
    parts = [
        _within(some, value, None if most is None else most[some.members])
        for some, value in zip(cases, values, strict=True)
    ]
    entry = np.concatenate([part.entry for part in parts])
    change, signs = np.zeros((len(entry), len(switches))), np.zeros((len(entry), len(switches)), dtype=np.int8)
    first = 0
    for part in parts:
        rows, columns = slice(first, first + len(part.entry)), np.searchsorted(switches, part.switches)
        change[rows, columns], signs[rows, columns] = part.change, part.signs
        first += len(part.entry)
    order = np.argsort(entry, kind="stable")
    limit = np.concatenate([part.limit for part in parts])
    return Stated(switches, entry[order], limit[order], change[order], signs[order])


def _within(cases: Cases, values: Floats, most: Floats | None) -> Stated:
    """Return the rows of the members of one set of decisions; see `by_case`."""
    size = len(cases.switches)
    outcomes = np.stack([case.on for case in cases.each])
    depends = np.zeros((size, values.shape[1]), dtype=bool)
    for column in range(size):
        depends[column] = (values[outcomes[:, column]] != values[~outcomes[:, column]]).any(axis=0)
    many = depends.sum(axis=0) > 1
    # Each entry needs the cases that differ in what it depends on; on one decision it depends in a straight line.
    chosen = (outcomes[:, :, None] | (depends & many)[None, :, :]).all(axis=1)
    if most is None:
        chosen &= (values > 0) | ~many
    entry, rank = np.nonzero(chosen.T)
    signs = np.where(outcomes[rank], 1, -1) * (depends & many)[:, entry].T
    amount = values[rank, entry]
    push = -amount if most is None else np.maximum(most[entry] - amount, 0.0)
    change = signs * push[:, None]
    limit = amount + np.where(signs > 0, push[:, None], 0.0).sum(axis=1)
    for column in range(size):
        rows = np.flatnonzero(depends[column, entry] & ~many[entry])
        off = values[_other(outcomes, column), entry[rows]]
        change[rows, column], limit[rows] = off - amount[rows], off
    return Stated(cases.switches, cases.members[entry], limit, change, signs.astype(np.int8))


def _other(outcomes: NDArray[np.bool_], column: int) -> int:
    """Return the case in which one decision is off and all others are on."""
    return int(np.flatnonzero(~outcomes[:, column] & (outcomes.sum(axis=1) == outcomes.shape[1] - 1))[0])
