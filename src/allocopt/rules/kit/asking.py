"""Quantities that clauses put on a channel's units: one row per clause and SKU, or per clause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Sum, Variable
from allocopt.algebra.labels import Codes, Index
from allocopt.algebra.program import COUPLES
from allocopt.problem.facts import Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Numbered, Statement
from allocopt.rules.kit.cases import Case, Stated
from allocopt.rules.kit.scope import arcs_of, chosen, code, lines_of, lots_of, quantity_per_sku, stock_of


def one_quantity(units: float | None, share: float | None) -> None:
    """Raise `ValueError` unless exactly one of units and share is given."""
    if (units is None) == (share is None):
        raise ValueError("give either units or share")


@dataclass(frozen=True)
class Quantities:
    """Rows that clauses put on units of their channel.

    Attributes
    ----------
    index : Index
        Labels (clause, sku) of the rows.
    clause, sku, channel : int32, shape (rows,)
        `COUPLES` where a row is about several SKUs; one past the last channel where it is about all channels.
    wanted : float64, shape (rows,)
        Quantities, not yet rounded [unit].
    own : float64, shape (rows,)
        Units of the channel's own demand in scope [unit].
    divisible : bool, shape (rows,)
    soft : bool, shape (rows,)
    penalty : float64, shape (rows,)
        Zero where hard [currency/unit].
    sums : tuple of Sum
        Units shipped in scope, one sum a clause.
    """

    index: Index
    clause: Ints
    sku: Ints
    channel: Ints
    wanted: Floats
    own: Floats
    divisible: Flags
    soft: Flags
    penalty: Floats
    sums: tuple[Sum, ...]


@dataclass(frozen=True)
class Part:
    """The rows of one clause; see `Quantities`."""

    sku: Ints
    wanted: Floats
    own: Floats
    sum: Sum


def gather(on: Statement, clauses: Numbered) -> Quantities:
    """Return the rows that clauses with a quantity ask for, and the units that count in them."""
    return stacked(on, clauses, _rows_of)


def stacked(on: Statement, clauses: Numbered, rows_of: Callable[[Statement, Any, int], Part]) -> Quantities:
    """Return the rows of several clauses, each as ``rows_of(on, clause, first row)`` gives them."""
    facts = on.facts
    parts: list[Part] = []
    for _, clause in clauses:
        parts.append(rows_of(on, clause, sum(len(part.sku) for part in parts)))
    sizes = [len(part.sku) for part in parts]
    number = np.repeat([number for number, _ in clauses], sizes).astype(np.int32)
    sku = np.concatenate([part.sku for part in parts])
    soft = np.repeat([clause.penalty is not None for _, clause in clauses], sizes)
    return Quantities(
        index=Index(("clause", "sku"), (number, sku), (None, facts.skus.id)),
        clause=number,
        sku=sku,
        channel=np.repeat([_owner(facts, clause.channel) for _, clause in clauses], sizes).astype(np.int32),
        wanted=np.concatenate([part.wanted for part in parts]),
        own=np.concatenate([part.own for part in parts]),
        divisible=np.where(sku == COUPLES, bool(facts.skus.divisible.any()), _at(facts.skus.divisible, sku)),
        soft=soft,
        penalty=np.repeat([clause.penalty or 0.0 for _, clause in clauses], sizes),
        sums=tuple(part.sum for part in parts),
    )


def _at(flags: Flags, codes: Ints) -> Flags:
    return flags[codes] if len(flags) else np.zeros(len(codes), dtype=bool)


def _owner(facts: Facts, channel: str | None) -> int:
    """Return the channel to which the penalties of a clause are booked: the company, if it speaks of all."""
    return len(facts.channels.id) if channel is None else code(facts.channels.id, channel)


def _rows_of(on: Statement, clause: Any, first: int) -> Part:
    facts, arcs = on.facts, on.arcs
    lines = lines_of(facts, clause.channel, clause.sku) & due_before(facts, clause)
    wanted = quantity_per_sku(facts, clause, lots_of(facts, clause, clause.of), lines)
    own: Floats = np.zeros(len(facts.skus.id))
    np.add.at(own, facts.lines.sku[lines], facts.lines.units[lines])
    members = np.flatnonzero(arcs_of(arcs, counted_lots(facts, clause), lines))
    if clause.per == "total":
        total = clause.units if clause.units is not None else wanted.sum()
        group: Codes = np.full(len(members), first)
        return Part(
            np.array([COUPLES], dtype=np.int32),
            np.array([total]),
            np.array([own.sum()]),
            Sum(on.ship, group, members=members),
        )
    sku = np.flatnonzero((own > 0) & chosen(facts.skus.id, clause.sku)).astype(np.int32)
    row = np.full(len(facts.skus.id), -1)
    row[sku] = first + np.arange(len(sku))
    return Part(sku, wanted[sku], own[sku], Sum(on.ship, row[arcs.sku[members]], members=members))


def due_before(facts: Facts, clause: Any) -> Flags:
    """Return the lines due before the clause's protection is released, shape (lines,)."""
    release = getattr(clause, "release_from", None)
    if release is None:
        return np.ones(len(facts.lines.sku), dtype=bool)
    return np.asarray(facts.lines.period < release)


def counted_lots(facts: Facts, clause: Any) -> Flags:
    """Return the lots whose units count toward a clause: all in scope, or those of the kind it names."""
    if clause.of in ("on_hand", "inbound"):
        return lots_of(facts, clause, clause.of)
    return stock_of(facts, clause)


def gathered(on: Statement, case: Case, every: Quantities) -> Quantities:
    """Return the rows that clauses ask for in one case; `every` are those that they ask for in any."""
    return every if case.facts is on.facts else gather(case.statement(on), case.clauses)


def aligned(every: Quantities, some: Quantities, values: Floats) -> Floats:
    """Return values of some rows as values of all rows; 0 for those that are not among them, shape (all rows,)."""
    width = int(every.sku.max(initial=0)) + 2
    wanted = every.clause.astype(np.int64) * width + every.sku + 1
    keys = some.clause.astype(np.int64) * width + some.sku + 1
    place = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    return np.where(keys[place] == wanted, values[place], 0.0) if len(keys) else np.zeros(len(wanted))


def add_at_least(on: Statement, name: str, asked: Quantities, rows: Stated, sums: Sequence[Sum]) -> None:
    """Add the rows that ask for at least so much in each case; `sums` are over the rows without cases."""
    on.form.add_rows(
        name,
        rows.index(asked.index, on.facts),
        rows.sums(sums, len(asked.sku), on.switch),
        lower=rows.limit,
        clause=asked.clause[rows.entry],
        elastic=~asked.soft[rows.entry],
    )


def add_breach(
    on: Statement, name: str, asked: Quantities, most: Floats
) -> Sequence[tuple[Variable, NDArray[np.intp]]]:
    """Add the units by which soft rows may be broken, at their penalties.

    Parameters
    ----------
    on : Statement
    name : str
        Name of the variable.
    asked : Quantities
    most : float64, shape (rows,)
        By how much each row can be broken at most [unit].

    Returns
    -------
    sequence of (Variable, rows)
        One entry with the row that each member relieves; empty if no row is soft.
    """
    rows = np.flatnonzero(asked.soft & (most > 0))
    if not len(rows):
        return ()
    base = asked.index
    index = Index(base.names, tuple(codes[rows] for codes in base.codes), base.texts)
    breach = on.form.add_variable(name, index, upper=most[rows], sku=asked.sku[rows])
    penalty, channel = asked.penalty[rows], asked.channel[rows]
    on.form.add_money("clause_penalties", breach, -penalty, channel=channel)
    return ((breach, rows),)
