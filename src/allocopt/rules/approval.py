"""Approval: orders that take more than somebody may give away alone are reported, with who has to agree.

.. code-block:: text

    reported  if  sum_{a of order o} ship[a] > units   or   sum_{a of order o} revenue[a] ship[a] > value
    for each order o of the channel; a demand line without an order is an order of its own        [unit; currency]

It steers nothing: the plan is what it would be without the clause. Revenue is net of returns, as in the profit and
loss. Source: approval limits in order management.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.grouping import extreme
from allocopt.documents.checked import STRICT, Money, Units
from allocopt.problem.facts import Flags, Floats, Ints, Names
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.exceptions import Exceptions, Outcome, spoken_money, spoken_units
from allocopt.rules.kit.names import spelled
from allocopt.rules.kit.scope import code, order_of_lines

SLACK = 1e-6
"""What is above a limit by less is not above it: that much is rounding, relative to 1 + the limit."""


@dataclass(frozen=True, config=STRICT)
class Approval(Clause):
    """Orders above a limit need somebody's approval.

    Attributes
    ----------
    units : float or None
        Orders that ship more are reported [unit].
    value : float or None
        Orders whose revenue, net of returns, is higher are reported [currency].
    channel : str or None
        Only orders of this channel; None: of all.
    owner : str
        Who has to approve; ``""``: the owner of the order's channel.

    Examples
    --------
    >>> Approval(units=500, channel="wholesale", owner="Ann").words()
    'approval units 500.0, channel wholesale, owner Ann'
    """

    STEERS: ClassVar[bool] = False

    units: Units | None = None
    value: Money | None = None
    channel: str | None = None
    owner: Annotated[str, Field(min_length=0)] = ""
    clause: Literal["approval"] = "approval"

    @model_validator(mode="after")
    def _some_limit(self) -> Approval:
        if self.units is None and self.value is None:
            raise ValueError("give units, or value, or both: what is above needs approval")
        return self

    def scope(self) -> tuple[Any, ...]:
        """Return what the clause is about: one person may have a limit on units and another one on value."""
        return ("Approval", self.channel, self.owner, self.units is None, self.value is None)


class ApprovalRule(Rule):
    """Orders above a limit are reported to those who have to approve them."""

    clause: ClassVar[type[Clause] | None] = Approval
    short: ClassVar[str] = "approval"

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield the orders above the limit of each clause."""
        orders = _orders(outcome)
        channels = outcome.arcs.facts.channels.id
        for number, clause in clauses:
            many, dear = _above(orders.units, clause.units), _above(orders.money, clause.value)
            mine = True if clause.channel is None else orders.channel == code(channels, clause.channel)
            yield _reported(outcome, orders, np.flatnonzero((many | dear) & mine), many, dear, number, clause)


@plain_dataclass(frozen=True)
class _Orders:
    """What ships of each order, and its first line in canonical order; arrays of shape (orders that ship,)."""

    line: Ints
    channel: Ints
    due: Ints
    alone: Flags  # one line of the order ships
    pure: Flags  # all that ships of the order is of one SKU
    units: Floats
    money: Floats


def _orders(outcome: Outcome) -> _Orders:
    arcs, lines = outcome.arcs, outcome.arcs.facts.lines
    rows = np.flatnonzero(outcome.ship > 1e-9)
    ship, line, size = outcome.ship[rows], arcs.line[rows], len(lines.sku)
    units = np.bincount(line, weights=ship, minlength=size)
    money = np.bincount(line, weights=arcs.revenue(rows) * ship, minlength=size)
    served = np.flatnonzero(units > 0).astype(np.int32)
    order = order_of_lines(arcs.facts)[served]
    _, at, group, lines_each = np.unique(order, return_index=True, return_inverse=True, return_counts=True)
    first, count = served[at], len(at)
    due = extreme(np.minimum, lines.period[served], group, count, none=np.iinfo(np.int32).max)
    other = lines.sku[served] != lines.sku[first[group]]
    return _Orders(
        first,
        lines.channel[first],
        due,
        lines_each == 1,
        np.bincount(group, weights=other, minlength=count) == 0,
        np.bincount(group, weights=units[served], minlength=count).astype(np.float64),
        np.bincount(group, weights=money[served], minlength=count).astype(np.float64),
    )


def _above(amount: Floats, limit: float | None) -> Flags:
    return np.zeros(len(amount), dtype=bool) if limit is None else amount > limit + SLACK * (1 + limit)


def _reported(
    outcome: Outcome, orders: _Orders, at: NDArray[np.intp], many: Flags, dear: Flags, number: int, clause: Approval
) -> Exceptions:
    """Return the orders at some positions as rows, each with what it ships and the limits that it is above."""
    facts = outcome.arcs.facts
    lines, line = facts.lines, orders.line[at]
    channel, sku = facts.channels.id[orders.channel[at]], facts.skus.id[lines.sku[line]]
    order = spelled(facts.orders, lines.order[line])
    due, units, money = orders.due[at], orders.units[at], orders.money[at]
    period = due.astype(str).astype(object)
    what = np.where(
        order != "",
        "Order " + order + " of " + channel,
        "Demand of " + channel + " for " + sku + " in period " + period,
    )
    ships = " ships " + spoken_units(units) + " units worth " + spoken_money(money, outcome.currency)
    return Exceptions.of(
        facts,
        "approval",
        number,
        orders.channel[at],
        owner=clause.owner,
        sku=np.where(orders.pure[at], sku, ""),
        order=order,
        line=np.where(orders.alone[at], lines.line[line], ""),
        due=due,
        units=units,
        money=money,
        sentence=what + ships + _limits(outcome, many[at], dear[at], clause),
    )


def _limits(outcome: Outcome, many: Flags, dear: Flags, clause: Approval) -> Names:
    """Return which limits an order is above, as the end of its sentence."""
    units = "" if clause.units is None else f"{spoken_units(np.array([clause.units]))[0]} units"
    value = "" if clause.value is None else str(spoken_money(np.array([clause.value]), outcome.currency)[0])
    ends = ["", units, value, f"{units} and {value}"]
    words: Names = np.array([f": more than {end} needs approval." for end in ends], dtype=object)
    return words[many + 2 * dear]
