"""Quantities that depend on decisions: one row per case, which binds only in its case.

.. code-block:: text

    sum >= amount[on],  sum >= amount[off] otherwise             where one decision bears on a quantity      [unit]
    sum >= amount[k]    while the decisions are as in case k     for each case k of several decisions        [unit]

A case says for each decision that bears on a quantity whether it is on or off; quantities on which the same decisions
bear are worked out together, and no others multiply with them. A promise lapses in the cases in which
its channel is not kept; a share of demand is of the lines that are live in the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation, Sum, When, reach
from allocopt.algebra.labels import Index
from allocopt.arcs import expand
from allocopt.errors import ContractError
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Numbered, Statement
from allocopt.rules.kit.decisions import live_lines
from allocopt.rules.kit.scope import chosen, code

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


@dataclass(frozen=True)
class Cases:
    """The outcomes of the decisions that bear on some quantities.

    Attributes
    ----------
    switches : int array, shape (decisions,)
        Their codes.
    members : int array, shape (quantities,)
        Positions of the quantities that these decisions, and no others, bear on.
    each : tuple of Case
        In case k those decisions are off whose bits are set in k: everything is on in the first one.
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
        Which decisions bear on each quantity; see `bears`.

    Raises
    ------
    ContractError
        If more than `MOST` decisions bear on one quantity.
    """
    sets, which = np.unique(bears, axis=0, return_inverse=True) if bears.any() else (bears[:1], np.zeros(len(bears)))
    found = []
    for number, together in enumerate(sets):
        switches = np.flatnonzero(together).astype(np.int32)
        if len(switches) > MOST:
            names = ", ".join(on.facts.switches[switches])
            raise ContractError(
                f"{len(switches)} decisions ({names}) bear on one quantity that clauses speak of: "
                f"at most {MOST} can be left open at once. Decide some of them."
            )
        outcomes = outcomes_of(len(switches))
        each: list[Case] = []
        for one in outcomes:
            form = Formulation() if number or each else on.form
            each.append(case_of(on.facts, form, clauses, switches, one))
        found.append(Cases(switches, np.flatnonzero(which.ravel() == number).astype(np.int32), tuple(each)))
    return found


def bears(facts: Facts, clause: Any, lines: Flags | None, *, kept: bool = False) -> Flags:
    """Return which decisions bear on what a clause asks of each SKU, shape (skus, decisions).

    Parameters
    ----------
    facts : Facts
    clause : Clause
    lines : bool, shape (lines,), or None
        The demand lines that its quantity depends on; None: on none.
    kept : bool
        Whether it depends on who is kept, of the channels of its lines, although it is nobody's favour.
    """
    # The last column is what `ANY` marks: no decision.
    found = np.zeros((len(facts.skus.id), len(facts.switches) + 1), dtype=bool)
    if clause.FAVOURS:
        named = (clause.sku,) if isinstance(clause.sku, str) else clause.sku
        for name in clause.whose:
            found[chosen(facts.skus.id, named), facts.channels.keep[code(facts.channels.id, name)]] = True
    if lines is not None:
        wanted = np.flatnonzero(lines & (facts.lines.units > 0))
        found[facts.lines.sku[wanted], facts.lines.switch[wanted]] = True
        if clause.FAVOURS or kept:
            own = np.flatnonzero(lines)
            found[facts.lines.sku[own], facts.channels.keep[facts.lines.channel[own]]] = True
    return found[:, :-1]


def outcomes_of(decisions: int) -> Flags:
    """Return all outcomes of so many decisions, everything on first, shape (outcomes, decisions)."""
    return np.asarray((np.arange(2**decisions)[:, None] >> np.arange(decisions)[None, :]) & 1 == 0)


def case_of(facts: Facts, form: Formulation, clauses: Numbered, switches: Ints, outcome: Flags) -> Case:
    """Return one case; decisions that bear on nothing do not matter in it."""
    if not len(switches):
        return Case(outcome, facts, clauses, form)
    said = np.full(len(facts.switches), ANY)
    said[switches] = outcome
    units = np.where(live_lines(facts, said), facts.lines.units, 0.0)
    keep = facts.channels.keep
    off = set(facts.channels.id[(keep != ANY) & (said[keep] == 0)].tolist())
    kept = [(number, clause.narrowed(off)) for number, clause in clauses if not clause.lapses(off)]
    return Case(outcome, replace(facts, lines=replace(facts.lines, units=units)), kept, form)


def add_by_case(
    on: Statement,
    name: str,
    index: Index,
    sums: Sequence[Sum],
    cases: Sequence[Cases],
    limits: Sequence[Floats],
    *,
    at_least: Flags | bool = True,
    at_most: Flags | bool = False,
    clause: Ints,
    elastic: Flags,
) -> None:
    """Add rows whose limits differ from case to case.

    Parameters
    ----------
    on : Statement
    name, index, sums
        Those of the rows without cases; see `Formulation.add_rows`.
    cases : sequence of Cases
        Whose members are all these rows, each in one of them.
    limits : sequence of float64 arrays, shape (cases, members)
        The limit of each member in each case; infinite where it asks for nothing.
    at_least, at_most : bool, shape (rows,), or one for all
        Which kind of limit it is; an equality is both.
    clause, elastic : arrays, shape (rows,)
    """
    size = len(index)
    least, most = np.zeros(size, dtype=bool) | at_least, np.zeros(size, dtype=bool) | at_most
    low = reach(sums, size)[0] if any(len(some.switches) > 1 for some in cases) else np.zeros(size)
    parts = [_rows(some, value, least & ~most, low) for some, value in zip(cases, limits, strict=True)]
    first = np.cumsum([0, *(len(entry) for entry, *_ in parts)])
    entry, limit, otherwise, row, member, so, told = (np.concatenate(each) for each in zip(*parts, strict=True))
    order = np.argsort(entry, kind="stable")
    row = np.argsort(order)[row + np.repeat(first[:-1], [len(part[3]) for part in parts])]
    entry, limit = entry[order], limit[order]
    index = index.of(entry)
    if told.any():
        index = with_conditions(index, on.facts, row[told], member[told], so[told])
    count = np.bincount(entry, minlength=size)
    on.form.add_rows(
        name,
        index,
        sums if (count == 1).all() else [_repeated(part, count) for part in sums],
        lower=np.where(least[entry], limit, -np.inf),
        upper=np.where(most[entry], limit, np.inf),
        when=None if on.switch is None else When(on.switch, row, member, so),
        otherwise=otherwise[order],
        clause=clause[entry],
        elastic=elastic[entry],
    )


def _rows(cases: Cases, values: Floats, least: Flags, low: Floats) -> tuple[NDArray[Any], ...]:
    """Return the rows of the members of one set of decisions: one, or one a case where it depends on several.

    Returns
    -------
    entry, limit, otherwise : arrays, shape (rows,)
        Which member each is of, its limit, and the limit otherwise; not a number: as far as the columns go.
    row, member, on, told : arrays, shape (pairs,)
        The row, the decision, whether it has to be taken, and whether the label tells it.
    """
    outcomes = np.stack([case.on for case in cases.each])
    depends = np.zeros((len(cases.switches), values.shape[1]), dtype=bool)
    for column, taken in enumerate(outcomes.T):
        depends[column] = (values[taken] != values[~taken]).any(axis=0)
    many = depends.sum(axis=0) > 1
    trivial = ~np.isfinite(values) | (least[cases.members] & (values <= low[cases.members]))
    stated = (outcomes[:, :, None] | (depends & many)[None, :, :]).all(axis=1) & ~(many & trivial)
    member, rank = np.nonzero(stated.T)
    row, which = np.nonzero(depends[:, member].T)
    told, otherwise = many[member[row]], np.full(len(member), np.nan)
    straight = row[~told]
    otherwise[straight] = values[1 << which[~told], member[straight]]
    otherwise[~np.isfinite(otherwise)] = np.nan
    so = outcomes[rank[row], which]
    return cases.members[member], values[rank, member], otherwise, row, cases.switches[which], so, told


def with_conditions(index: Index, facts: Facts, row: NDArray[np.intp], member: Ints, on: Flags) -> Index:
    """Return labels that also say which decisions have to be taken or not for a row to bind."""
    words = np.full(len(index), "", dtype=object)
    for number in np.unique(member).tolist():
        for taken, word in ((True, facts.switches[number]), (False, f"not {facts.switches[number]}")):
            mine = row[(member == number) & (on == taken)]
            words[mine] = np.where(words[mine] == "", word, words[mine] + f" and {word}")
    return index.extended("if", np.arange(len(words)), words)


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
