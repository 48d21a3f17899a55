"""Promises to a channel that is retired, reported to those who made them.

.. code-block:: text

    units = min_units[d]      money = min_units[d] x price[d] x (1 - return_rate)     for each committed line d
    units = what it promises  money = units x penalty, 0 where it has none            for each clause in its favour
                                                                                      [unit], [currency]

Lines are taken as the problem states them: a contract that retires their channel leaves nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from allocopt.arcs import net_price
from allocopt.problem.facts import Facts
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.exceptions import Exceptions, Outcome, spoken_money, spoken_units
from allocopt.rules.kit.leaving import OfLeaving
from allocopt.rules.kit.names import spelled
from allocopt.rules.kit.scope import code

KIND = "broken"


def broken_promises(
    outcome: Outcome, clauses: Sequence[Clause], promised: Callable[[Facts, Clause], float]
) -> Iterator[Exceptions]:
    """Yield what channels that the plan retires had been promised, under the clause that retires each."""
    for number, clause in enumerate(clauses):
        if isinstance(clause, OfLeaving) and clause.channel in outcome.gone:
            yield _commitments(outcome, number, clause)
            for promise in clauses:
                if promise.lapses(outcome.gone) and clause.channel in promise.whose:
                    yield _lapsed(outcome, number, clause, promise, promised(outcome.stated, promise))


def _commitments(outcome: Outcome, number: int, clause: OfLeaving) -> Exceptions:
    """Return the channel's lines that were to get some units in any case."""
    facts, lines = outcome.stated, outcome.stated.lines
    rows = np.flatnonzero((lines.channel == code(facts.channels.id, clause.channel)) & (lines.min_units > 0))
    sku, order = facts.skus.id[lines.sku[rows]], spelled(facts.orders, lines.order[rows])
    due, units = lines.period[rows], lines.min_units[rows]
    money = units * net_price(facts)[rows]
    whose = f" of {clause.channel}"
    what = np.where(
        order != "", "Order " + order + whose, "Demand" + whose + " in period " + due.astype(str).astype(object)
    )
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


def _lapsed(outcome: Outcome, number: int, clause: OfLeaving, promise: Clause, units: float) -> Exceptions:
    """Return a clause in favour of the channel, which binds nobody any more."""
    facts = outcome.stated
    channel = np.array([code(facts.channels.id, clause.channel)], dtype=np.int32)
    said = promise.words() + (f": {units:,.6g} units" if units else "")
    due = facts.lines.period[facts.lines.channel == channel]
    return Exceptions.of(
        facts,
        KIND,
        number,
        channel,
        owner=getattr(promise, "owner", "") or clause.owner,
        due=np.array([due.min() if len(due) else 0], dtype=np.int32),
        units=np.array([units]),
        money=np.array([units * (getattr(promise, "penalty", None) or 0.0)]),
        sentence=np.array([f"{clause.channel} is retired, and a promise lapses: {said}."], dtype=object),
    )
