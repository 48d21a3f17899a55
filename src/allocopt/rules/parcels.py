"""Parcels: each one that is sent costs something, and an order may come in so many at most.

.. code-block:: text

    sum_{a of d in parcel p} ship[a] <= units[d] parcel[p],   parcel[p] in {0, 1}       for each line d with arcs in p
    sum_{p of o} parcel[p] <= max_parcels[o]                                            for each order o with a limit
    money: - parcel_cost[lane of p] parcel[p],   booked to the channel of the order     [currency]

A parcel ``p`` is what leaves one node for one order over one lane in one period. Parcels that cost nothing, of orders
without a limit that they could break, are not counted and need no switch. An order is split only where that is worth
more than its parcels cost. An order that comes in several is reported with what they cost beside the dearest one.
Source: fixed-charge network design; order splitting in multi-warehouse fulfilment, Xu, Allgor and Graves, Benefits of
reevaluating real-time order fulfillment decisions, M&SOM 11 (2009).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import extreme
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import Facts, Floats, Names
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.exceptions import NO_CLAUSE, Exceptions, Outcome, spoken_money, spoken_units
from allocopt.rules.kit.gates import add_gate
from allocopt.rules.kit.names import grouped, spelled
from allocopt.rules.kit.parcels import parcel_cost, parcels, split_cost

KIND = "split"
COLUMN = "parcels"
"""Of the profit and loss."""


class Parcels(Rule):
    """Parcels cost money, and their number may be limited."""

    name: ClassVar[str] = "parcels"
    short: ClassVar[str] = "one_parcel"

    def why(self, facts: Facts, clause: None) -> str:
        """Return that there may be no more parcels."""
        return "the order may come in no more parcels"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add a switch per parcel that counts, what parcels cost, and the most of an order."""
        facts, arcs = on.facts, on.arcs
        limited, paid = facts.lines.max_parcels > 0, facts.lanes.parcel_cost > 0
        if not limited.any() and not paid.any():
            return
        members = np.flatnonzero(paid[arcs.lane] | limited[arcs.line])
        gate, index = parcels(arcs, members)
        most = extreme(np.maximum, facts.lines.max_parcels[arcs.line[members]], gate, len(index), none=0)
        most[most >= np.bincount(index.codes[0])[index.codes[0]]] = 0
        counts = (most > 0) | (parcel_cost(facts, index) > 0)
        if not counts.any():
            return
        members = members[counts[gate]]
        gate, index = parcels(arcs, members)
        parcel = add_gate(on, "parcel", index, members, gate)
        cost = parcel_cost(facts, index)
        if cost.any():
            owner = extreme(np.maximum, arcs.channel[members], gate, len(index), none=0)
            on.form.add_money(COLUMN, parcel, -cost, channel=owner)
        most = most[counts]
        group, orders = grouped(facts, order=np.where(most > 0, index.codes[0], -1))
        if len(orders):
            limit = extreme(np.maximum, most[most > 0], group[most > 0], len(orders), none=0)
            on.form.add_rows(self.name, orders, [Sum(parcel, group)], upper=limit.astype(np.float64))

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield the orders that come in several parcels, where that costs something."""
        facts, arcs = outcome.arcs.facts, outcome.arcs
        rows = np.flatnonzero(outcome.ship > 1e-9)
        if not facts.lanes.parcel_cost.any() or not len(rows):
            return
        gate, index = parcels(arcs, rows)
        orders, owner = np.unique(index.codes[0], return_inverse=True)
        number, cost = np.bincount(owner), split_cost(parcel_cost(facts, index), owner, len(orders))
        split = np.flatnonzero((number > 1) & (cost > 1e-9))
        if len(split):
            yield _reported(outcome, rows, owner[gate], split, number[split], cost[split])


def _reported(outcome: Outcome, rows: Codes, order: Codes, split: Codes, number: Codes, cost: Floats) -> Exceptions:
    """Return a row for each order that is split; `order` is that of each arc that ships."""
    facts, arcs = outcome.arcs.facts, outcome.arcs
    size = int(order.max()) + 1
    line = arcs.line[rows]
    first = extreme(np.minimum, line, order, size, none=len(facts.lines.sku))[split]
    due = extreme(np.minimum, facts.lines.period[line], order, size, none=facts.periods)[split]
    units: Floats = np.bincount(order, weights=outcome.ship[rows], minlength=size)[split].astype(np.float64)
    name = spelled(facts.orders, facts.lines.order[first])
    alone = name == ""
    sku = np.where(alone, facts.skus.id[facts.lines.sku[first]], "")
    channel = facts.channels.id[facts.lines.channel[first]]
    what: Names = np.where(alone, "A line of " + channel, "Order " + name + " of " + channel)
    told = number.astype(str).astype(object)
    return Exceptions.of(
        facts,
        KIND,
        NO_CLAUSE,
        facts.lines.channel[first],
        sku=sku,
        order=name,
        line=np.where(alone, facts.lines.line[first], ""),
        due=due,
        units=units,
        money=cost,
        sentence=what
        + " comes in "
        + told
        + " parcels with "
        + spoken_units(units)
        + " units: those beside the dearest one cost "
        + spoken_money(cost, outcome.currency)
        + ".",
    )
