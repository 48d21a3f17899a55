"""Approval: orders that are more than somebody may give away alone are reported to who has to agree, or wait for it.

.. code-block:: text

    reported  if  sum_{a of order o} ship[a] > units   or   sum_{a of order o} revenue[a] ship[a] > revenue
    waits     if  sum_{d of o} units[d] > units        or   sum_{d of o} price[d] units[d] > revenue       (holds)
              units[d] = min_units[d] = 0 for each line d of an order that waits
    for each order o of the channel that is not approved on all its lines; a demand line without an order is an order
    of its own        [unit; currency]

What is reported steers nothing: the plan is what it would be without the clause, and its revenue is net of returns, as
in the profit and loss. What waits counts as not there, with its commitments and with what it costs not to serve it.
Source: approval limits, and delivery and credit blocks, in order management.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from allocopt.algebra.grouping import extreme
from allocopt.documents.checked import STRICT, AtLeastZero, Flag, Quantity, Who
from allocopt.problem.days import spoken_periods
from allocopt.problem.facts import Facts, Flags, Floats, Ints, Names
from allocopt.problem.lines import emptied, with_lines
from allocopt.rules.kit.base import Clause, Numbered, Rule
from allocopt.rules.kit.exceptions import Exceptions, Outcome, spoken_money, spoken_units
from allocopt.rules.kit.names import spelled
from allocopt.rules.kit.scope import chosen, order_of_lines

SLACK = 1e-6
"""What is above a limit by less is not above it: that much is rounding, relative to 1 + the limit."""


@dataclass(frozen=True, config=STRICT)
class Approval(Clause):
    """Orders above a limit need somebody's approval; they are reported, or get nothing until they have it.

    An order is approved where all its lines say so (`demand.approved`).

    Attributes
    ----------
    units : float or None
        Orders of more units need approval: that ship more, or want more where it `holds` [unit].
    revenue : float or None
        Orders of more revenue need approval: of what ships, net of returns, or of all that they want at its price
        where it `holds` [currency].
    channel : str, tuple of str or None
        Only orders of this channel, or of these; None: of all.
    owner : str
        Who has to approve; ``""``: the owner of the order's channel.
    holds : bool
        Whether an order above the limit gets nothing until it is approved: its demand and its commitments wait.
    value : float or None
        The name that `revenue` had; it is read with a note [currency].

    Examples
    --------
    >>> Approval(units=500, channel="wholesale", owner="Ann").words()
    'approval units 500.0, channel wholesale, owner Ann'
    >>> Approval(revenue=20_000, holds=True).words()
    'approval revenue 20000.0, holds True'
    """

    OPENS: ClassVar[bool] = True

    units: Quantity | None = None
    revenue: AtLeastZero | None = None
    channel: Who | None = None
    owner: Annotated[str, Field(min_length=0)] = ""
    holds: Flag = False
    value: AtLeastZero | None = None
    clause: Literal["approval"] = "approval"

    @model_validator(mode="after")
    def _some_limit(self) -> Approval:
        if self.revenue is not None and self.value is not None:
            raise ValueError("give revenue alone: value is what it was called before")
        if self.units is None and self.most is None:
            raise ValueError("give units, or revenue, or both: what is above needs approval")
        return self

    @property
    def most(self) -> float | None:
        """The limit on revenue [currency]."""
        return self.value if self.revenue is None else self.revenue

    @property
    def steers(self) -> bool:
        """Whether orders wait for it."""
        return self.holds

    @property
    def opens(self) -> bool:
        """Whether demand is taken away with what it costs not to serve it."""
        return self.holds

    def concerns(self, facts: Facts) -> tuple[str, ...]:
        """Return the channels whose orders wait for it."""
        if not self.holds:
            return self.whose
        waits = np.unique(facts.lines.channel[_waiting(facts, self) & (facts.lines.units > 0)])
        return tuple(str(name) for name in facts.channels.id[waits])

    def scope(self) -> tuple[Any, ...]:
        """Return what the clause is about: one person may have a limit on units and another one on revenue."""
        return ("Approval", self.whose, self.owner, self.units is None, self.most is None, self.holds)


class ApprovalRule(Rule):
    """Orders above a limit are reported to those who have to approve them, or wait for them."""

    clause: ClassVar[type[Clause] | None] = Approval
    short: ClassVar[str] = "approval"

    def revise(self, facts: Facts, clauses: Numbered, note: Callable[[str, str], None]) -> Facts:
        """Return the facts without the lines of orders that wait."""
        waits = np.zeros(len(facts.lines.sku), dtype=bool)
        for _, clause in clauses:
            if clause.value is not None:
                said = f"value is called revenue now: write revenue {clause.value:,.10g}"
                note("deprecated", f"{clause.words()}: {said}.")
            if clause.holds:
                mine = _waiting(facts, clause) & (facts.lines.units > 0)
                number = len(np.unique(order_of_lines(facts)[mine]))
                what = "1 order waits" if number == 1 else f"{number} orders wait"
                if number:
                    note("waiting", f"{clause.words()}: {what} for approval, and counts as no demand.")
                waits |= mine
        return with_lines(facts, emptied(facts.lines, waits)) if waits.any() else facts

    def exceptions(self, outcome: Outcome, clauses: Numbered) -> Iterator[Exceptions]:
        """Yield the orders above the limit of each clause: what they ship, or what they would want."""
        for number, clause in clauses:
            if clause.holds:
                orders = _wanting(outcome, clause)
                above = np.ones(len(orders.line), dtype=bool)
            else:
                orders = _shipping(outcome)
                above = ~_approved(outcome.arcs.facts, orders) & _among(outcome.stated, clause)[orders.channel]
            many, dear = _above(orders.units, clause.units), _above(orders.money, clause.most)
            yield _reported(outcome, orders, np.flatnonzero(above & (many | dear)), many, dear, number, clause)


def _among(facts: Facts, clause: Approval) -> Flags:
    """Return the channels that a clause speaks of, shape (channels,)."""
    return chosen(facts.channels.id, clause.whose or None)


def _waiting(facts: Facts, clause: Approval) -> Flags:
    """Return the demand lines of orders that wait for a clause, shape (lines,)."""
    lines, order = facts.lines, order_of_lines(facts)
    size = len(facts.orders) + len(lines.sku)
    units = np.bincount(order, weights=lines.units, minlength=size).astype(np.float64)
    money = np.bincount(order, weights=lines.units * lines.price, minlength=size).astype(np.float64)
    above = _above(units, clause.units) | _above(money, clause.most)
    agreed = np.ones(size, dtype=bool)
    agreed[order[~lines.approved]] = False
    waits: Flags = (above & ~agreed)[order] & _among(facts, clause)[lines.channel]
    return waits


@plain_dataclass(frozen=True)
class _Orders:
    """What ships of each order, or what it wants, and its first line in canonical order; shape (orders,)."""

    line: Ints
    channel: Ints
    due: Ints
    alone: Flags  # it is one line
    pure: Flags  # it is of one SKU
    units: Floats
    money: Floats


def _shipping(outcome: Outcome) -> _Orders:
    """Return what ships of each order."""
    arcs, size = outcome.arcs, len(outcome.arcs.facts.lines.sku)
    rows = np.flatnonzero(outcome.ship > 1e-9)
    ship, line = outcome.ship[rows], arcs.line[rows]
    units = np.bincount(line, weights=ship, minlength=size).astype(np.float64)
    money = np.bincount(line, weights=arcs.revenue(rows) * ship, minlength=size).astype(np.float64)
    return _added_up(arcs.facts, np.flatnonzero(units > 0).astype(np.int32), units, money)


def _wanting(outcome: Outcome, clause: Approval) -> _Orders:
    """Return what the orders want that wait for a clause, but for those of channels that are retired."""
    facts, lines = outcome.stated, outcome.stated.lines
    gone = chosen(facts.channels.id, tuple(outcome.gone))[lines.channel]
    return _added_up(
        facts,
        np.flatnonzero(_waiting(facts, clause) & ~gone & (lines.units > 0)).astype(np.int32),
        lines.units,
        lines.units * lines.price,
    )


def _added_up(facts: Facts, at: Ints, units: Floats, money: Floats) -> _Orders:
    """Return units and money of lines, shape (lines,), by the orders of the lines at some positions."""
    lines = facts.lines
    order = order_of_lines(facts)[at]
    _, place, group, lines_each = np.unique(order, return_index=True, return_inverse=True, return_counts=True)
    first, count = at[place], len(place)
    due = extreme(np.minimum, lines.period[at], group, count, none=np.iinfo(np.int32).max)
    other = lines.sku[at] != lines.sku[first[group]]
    return _Orders(
        first,
        lines.channel[first],
        due,
        lines_each == 1,
        np.bincount(group, weights=other, minlength=count) == 0,
        np.bincount(group, weights=units[at], minlength=count).astype(np.float64),
        np.bincount(group, weights=money[at], minlength=count).astype(np.float64),
    )


def _approved(facts: Facts, orders: _Orders) -> Flags:
    """Return which orders are approved on all their lines, shape (orders,)."""
    order = order_of_lines(facts)
    agreed = np.ones(len(facts.orders) + len(order), dtype=bool)
    agreed[order[~facts.lines.approved]] = False
    found: Flags = agreed[order[orders.line]]
    return found


def _above(amount: Floats, limit: float | None) -> Flags:
    return np.zeros(len(amount), dtype=bool) if limit is None else amount > limit + SLACK * (1 + limit)


def _reported(
    outcome: Outcome, orders: _Orders, at: NDArray[np.intp], many: Flags, dear: Flags, number: int, clause: Approval
) -> Exceptions:
    """Return the orders at some positions as rows, each with what it ships and the limits that it is above."""
    facts = outcome.stated if clause.holds else outcome.arcs.facts
    lines, line = facts.lines, orders.line[at]
    channel, sku = facts.channels.id[orders.channel[at]], facts.skus.id[lines.sku[line]]
    order = spelled(facts.orders, lines.order[line])
    due, units, money = orders.due[at], orders.units[at], orders.money[at]
    what = np.where(
        order != "",
        "Order " + order + " of " + channel,
        "Demand of " + channel + " for " + sku + " in " + spoken_periods(facts, due),
    )
    ships = (
        (" wants " if clause.holds else " ships ")
        + spoken_units(units)
        + " units worth "
        + spoken_money(money, outcome.currency)
    )
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
    money = "" if clause.most is None else str(spoken_money(np.array([clause.most]), outcome.currency)[0])
    ends = ["", units, money, f"{units} and {money}"]
    told = " needs approval, and gets nothing until it has it." if clause.holds else " needs approval."
    words: Names = np.array([f": more than {end}{told}" for end in ends], dtype=object)
    return words[many + 2 * dear]
