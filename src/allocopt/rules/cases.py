"""Quantities that depend on decisions: one row per case, which binds only in its case.

.. code-block:: text

    sum >= amount[off] + (amount[on] - amount[off]) on[s]        where one decision s bears on a quantity    [unit]
    sum + amount[k] mismatch[k] >= amount[k]                     for each case k of several decisions
    sum - (most - amount[k]) mismatch[k] <= amount[k]            the same for upper limits
    mismatch[k] = sum_{s on in k} (1 - on[s]) + sum_{s off in k} on[s]

A case says for each decision that bears on a quantity whether it is on or off. A promise lapses in the cases in which
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
from allocopt.arcs import expand
from allocopt.errors import ContractError
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints
from allocopt.rules.base import Numbered, Statement
from allocopt.rules.scope import code
from allocopt.rules.switches import literals, switch_sum

MOST = 8
"""Decisions that may bear on the quantities of one rule: each of them doubles the number of cases."""


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
    """The outcomes of all decisions that bear on the clauses of a rule, the one with everything on first.

    Attributes
    ----------
    switches : int array, shape (decisions,)
        Their codes.
    each : tuple of Case
    """

    switches: Ints
    each: tuple[Case, ...]

    def values(self, work_out: Callable[[Case], Floats]) -> Floats:
        """Return what a function gives in each case, shape (cases, rows)."""
        return np.stack([work_out(case) for case in self.each])


def cases_of(on: Statement, clauses: Numbered, lines: Callable[[Any], Flags | None], *, kept: bool = False) -> Cases:
    """Return the cases that the clauses of a rule have to be worked out in.

    Parameters
    ----------
    on : Statement
    clauses : sequence of (int, Clause)
    lines : callable
        Gives the demand lines that a clause's quantity depends on; None: on none.
    kept : bool
        Whether the quantity of a clause that is nobody's favour depends on who is kept, of the channels of its lines.

    Raises
    ------
    ContractError
        If more than `MOST` decisions bear on them.
    """
    facts = on.facts
    bears = np.zeros(len(facts.switches), dtype=bool)
    for _, clause in clauses if len(bears) else ():
        if clause.FAVOURS and clause.channel is not None:
            _mark(bears, facts.channels.keep[[code(facts.channels.id, clause.channel)]])
        counted = lines(clause)
        if counted is not None:
            _mark(bears, facts.lines.switch[counted & (facts.lines.units > 0)])
            if clause.FAVOURS or kept:
                _mark(bears, np.unique(facts.channels.keep[facts.lines.channel[counted]]))
    switches = np.flatnonzero(bears).astype(np.int32)
    if len(switches) > MOST:
        raise ContractError(
            f"{len(switches)} decisions ({', '.join(facts.switches[switches])}) bear on what clauses promise: "
            f"at most {MOST} can be left open at once. Decide some of them."
        )
    number = np.arange(2 ** len(switches))[:, None]
    outcomes = (number >> np.arange(len(switches))[None, :]) & 1 == 0
    each = [_case(on, clauses, switches, outcome, rank) for rank, outcome in enumerate(outcomes)]
    return Cases(switches, tuple(each))


def _mark(flags: Flags, switches: Ints) -> None:
    flags[switches[switches != ANY]] = True


def _case(on: Statement, clauses: Numbered, switches: Ints, outcome: Flags, rank: int) -> Case:
    """Return one case; decisions that bear on nothing do not matter in it."""
    facts = on.facts
    form = on.form if rank == 0 else Formulation()
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
    cases : Cases
    entry : int array, shape (rows,)
        Position of each row among those that the rule would have without cases; sorted.
    limit : float64, shape (rows,)
        Lower or upper limit [unit].
    change : float64, shape (rows, decisions)
        Coefficient of each decision [unit].
    signs : int8, shape (rows, decisions)
        Of rows that bind in one case alone: whether that has the decision on (1) or off (-1); 0: either.
    """

    cases: Cases
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
        for column, name in enumerate(facts.switches[self.cases.switches].tolist()):
            for sign, word in ((1, name), (-1, f"not {name}")):
                mine = self.signs[:, column] == sign
                words[mine] = np.where(words[mine] == "", word, words[mine] + f" and {word}")
        return Index((*base.names, "if"), (*codes, np.arange(len(words))), (*base.texts, words))

    def sums(self, sums: Sequence[Sum], size: int, switch: Variable | None) -> list[Sum]:
        """Return sums over the rows without cases (so many) as sums over these rows, with the decisions."""
        count = np.bincount(self.entry, minlength=size)
        found = list(sums) if (count == 1).all() else [_repeated(part, count) for part in sums]
        for column, number in enumerate(self.cases.switches.tolist()):
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


def by_case(cases: Cases, values: Floats, most: Floats | None = None) -> Stated:
    """Return the rows that limits need which differ from case to case.

    Parameters
    ----------
    cases : Cases
    values : float64, shape (cases, entries)
        The limit of each entry in each case.
    most : float64, shape (entries,), optional
        What each sum can come to, if the limits are upper ones; else they are lower limits of sums that are never
        negative.
    """
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
    return Stated(cases, entry.astype(np.int32), limit, change, signs.astype(np.int8))


def _other(outcomes: NDArray[np.bool_], column: int) -> int:
    """Return the case in which one decision is off and all others are on."""
    return int(np.flatnonzero(~outcomes[:, column] & (outcomes.sum(axis=1) == outcomes.shape[1] - 1))[0])
