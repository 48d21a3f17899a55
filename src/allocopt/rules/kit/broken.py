"""Promises to a channel that is retired: what they were, and reported to those who made them.

.. code-block:: text

    units = min_units[d]      money = min_units[d] x price[d] x (1 - return_rate)     for each committed line d
    units = what it promises  money = units x penalty, 0 where it has none            for each clause in its favour
                                                                                      [unit], [currency]

Lines are taken as the problem states them: a contract that retires their channel leaves nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass

import numpy as np

from allocopt.arcs import net_price
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import Facts
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.exceptions import Exceptions, Outcome, spoken_money, spoken_units
from allocopt.rules.kit.leaving import OfLeaving
from allocopt.rules.kit.names import spelled
from allocopt.rules.kit.scope import code

KIND = "broken"
Promised = Callable[[Facts, Clause], float]
"""How many units a clause promises; see `allocopt.rules.promised`."""


@dataclass(frozen=True)
class Broken:
    """A promise that a retired channel no longer gets.

    Attributes
    ----------
    what : str
        The clause, or the commitments, in words.
    channel : str
    clause : int or None
        Position of the clause in the contract; None: commitments of the problem (``min_units``).
    units : float
        Units that were promised; zero where the promise is not one of units [unit].
    """

    what: str
    channel: str
    clause: int | None
    units: float

    def words(self) -> str:
        """Return it as a phrase."""
        return f"{self.what}: {self.units:,.6g} units" if self.units else self.what


def find_broken(facts: Facts, clauses: Sequence[Clause], gone: Set[str], promised: Promised) -> tuple[Broken, ...]:
    """Return what the retired channels were promised: by clauses, then by commitments to their demand lines.

    Parameters
    ----------
    facts : Facts
        Of the problem, before the contract changes anything in them.
    clauses : sequence of Clause
    gone : set of str
        Channels that are retired.
    promised : callable
    """
    found = []
    for number, clause in enumerate(clauses):
        if clause.lapses(gone):
            units = promised(facts, clause)
            found += [Broken(clause.words(), channel, number, units) for channel in clause.whose]
    lines = facts.lines
    committed = lines.min_units > 0
    size = len(facts.channels.id)
    total = np.bincount(lines.channel[committed], weights=lines.min_units[committed], minlength=size).tolist()
    count = np.bincount(lines.channel[committed], minlength=size).tolist()
    for channel, units, number in zip(facts.channels.id.tolist(), total, count, strict=True):
        if channel in gone and number:
            what = "1 line" if number == 1 else f"{number} lines"
            found.append(Broken(f"commitments (min_units) of {channel}, {what}", channel, None, units))
    return tuple(found)


def broken_promises(outcome: Outcome, clauses: Sequence[Clause], promised: Promised) -> Iterator[Exceptions]:
    """Yield what channels that the plan retires had been promised, under the clause that retires each."""
    broken = find_broken(outcome.stated, clauses, outcome.gone, promised)
    for number, clause in enumerate(clauses):
        if isinstance(clause, OfLeaving) and clause.channel in outcome.gone:
            yield _commitments(outcome, number, clause)
            for each in broken:
                if each.channel == clause.channel and each.clause is not None:
                    yield _lapsed(outcome, number, clause, each, clauses[each.clause])


def _commitments(outcome: Outcome, number: int, clause: OfLeaving) -> Exceptions:
    """Return the channel's lines that were to get some units in any case."""
    facts, lines = outcome.stated, outcome.stated.lines
    rows = np.flatnonzero((lines.channel == code(facts.channels.id, clause.channel)) & (lines.min_units > 0))
    sku, order = facts.skus.id[lines.sku[rows]], spelled(facts.orders, lines.order[rows])
    due, units = lines.period[rows], lines.min_units[rows]
    money = units * net_price(facts)[rows]
    whose = f" of {clause.channel}"
    what = np.where(order != "", "Order " + order + whose, "Demand" + whose + " in " + spoken_periods(facts, due))
    promised = spoken_units(units) + " units of " + sku + " worth " + spoken_money(money, outcome.currency)
    return Exceptions.of(
        facts,
        KIND,
        number,
        lines.channel[rows],
        owner=clause.owner,
        sku=sku,
        order=order,
        line=lines.line[rows],
        due=due,
        units=units,
        money=money,
        sentence=what + " was promised " + promised + f" and gets none: {clause.channel} is retired.",
    )


def _lapsed(outcome: Outcome, number: int, clause: OfLeaving, broken: Broken, promise: Clause) -> Exceptions:
    """Return a clause in favour of the channel, which binds nobody any more."""
    facts = outcome.stated
    channel = np.array([code(facts.channels.id, clause.channel)], dtype=np.int32)
    due = facts.lines.period[facts.lines.channel == channel]
    return Exceptions.of(
        facts,
        KIND,
        number,
        channel,
        owner=getattr(promise, "owner", "") or clause.owner,
        due=np.array([due.min() if len(due) else 0], dtype=np.int32),
        units=np.array([broken.units]),
        money=np.array([broken.units * (getattr(promise, "penalty", None) or 0.0)]),
        sentence=np.array([f"{clause.channel} is retired, and a promise lapses: {broken.words()}."], dtype=object),
    )
