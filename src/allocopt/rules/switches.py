"""Switches of demand lines: a line is live only while the decisions that it hangs on are so.

.. code-block:: text

    live[d] = product over the switches s of line d of:  on[s], or 1 - on[s],    on[s] in {0, 1}
    sum_{a of d} ship[a] <= units[d] on[s]      (or units[d] (1 - on[s]))       for each line d, switch s of it   [unit]
    sum_{a of d} ship[a] >= min_units[d] (1 - number of switches of d that are not so)        [unit]
    money: - lost_cost[d] (units[d] live[d] - sum_{a of d} ship[a])        [currency]

A line hangs on the switch that keeps its channel, where a contract leaves that open, and perhaps on one of its own
(demand that comes only if another channel is retired, or a promotion runs). A line that is not live counts as no
demand. Source: indicator variables, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation, Sum, Variable
from allocopt.algebra.labels import Codes, Index
from allocopt.algebra.program import COUPLES
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import line_names


def keep_name(channel: str) -> str:
    """Return what the decision to keep a channel is called."""
    return f"keep/{channel}"


def run_name(promotion: str) -> str:
    """Return what the decision to run a promotion is called."""
    return f"run/{promotion}"


def add_switches(form: Formulation, facts: Facts) -> Variable | None:
    """Add one binary per decision; None where there is none to take."""
    size = len(facts.switches)
    if not size:
        return None
    return form.add_variable(
        "switch",
        Index(("switch",), (np.arange(size),), (facts.switches,)),
        upper=np.ones(size),
        sku=np.full(size, COUPLES),
        integer=np.ones(size, dtype=bool),
    )


def literals(facts: Facts) -> tuple[tuple[Ints, Flags], tuple[Ints, Flags]]:
    """Return per line its own switch and its channel's: code (`ANY`: none), and if it is live while that is on."""
    lines = facts.lines
    keep = facts.channels.keep[lines.channel]
    return (lines.switch, lines.when), (keep, np.ones(len(keep), dtype=bool))


def hanging(facts: Facts) -> NDArray[np.int8]:
    """Return on how many switches each line hangs, shape (lines,)."""
    (own, _), (keep, _) = literals(facts)
    number: NDArray[np.int8] = (own != ANY).astype(np.int8) + (keep != ANY)
    return number


def live_lines(facts: Facts, on: Flags) -> Flags:
    """Return which lines are live, shape (lines,).

    Parameters
    ----------
    facts : Facts
    on : bool, shape (switches,)
        The decisions taken.
    """
    live = np.ones(len(facts.lines.sku), dtype=bool)
    if len(facts.switches):
        for switch, when in literals(facts):
            live &= (switch == ANY) | (on[switch] == when)
    return live


def switch_sum(variable: Variable, row: NDArray[np.integer], switch: Ints, weight: Floats) -> Sum:
    """Return the sum in which switch ``switch[i]`` counts with ``weight[i]`` in row ``row[i]``."""
    order = np.argsort(switch, kind="stable")
    return Sum(variable, row[order], weight=weight[order], members=switch[order])


class Switches(Rule):
    """Lines that hang on a decision are served only if it is taken so."""

    name: ClassVar[str] = "switches"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the rows that close lines that are not live, their commitments, and what their lost sales cost."""
        if on.switch is None:
            return
        for switch, when in literals(on.facts):
            _close(on, on.switch, switch, when)
        _commit(on, on.switch)
        _lose(on, on.switch)


def _close(on: Statement, variable: Variable, switch: Ints, when: Flags) -> None:
    """Add one row per line that hangs on a switch and has an arc."""
    facts = on.facts
    rows = np.flatnonzero((switch != ANY) & on.arcs.served).astype(np.int32)
    if not len(rows):
        return
    units, open_ = facts.lines.units[rows], when[rows]
    index = Index(("line", "switch"), (rows, switch[rows]), (partial(line_names, facts), facts.switches))
    sums = [
        _served(on, rows),
        switch_sum(variable, np.arange(len(rows)), switch[rows], np.where(open_, -units, units)),
    ]
    on.form.add_rows("live", index, sums, upper=np.where(open_, 0.0, units))


def live_terms(facts: Facts, variable: Variable, lines: Ints, amount: Floats) -> tuple[list[Sum], Floats]:
    """Return the terms and lower limits that make rows ask for `amount` while their line is live, else for nothing.

    Parameters
    ----------
    facts : Facts
    variable : Variable
        The switches.
    lines : int array, shape (rows,)
        Line of each row.
    amount : float64, shape (rows,)

    Returns
    -------
    list of Sum
        To be added to the rows' own sums.
    float64, shape (rows,)
        Their lower limits.
    """
    lower, sums = amount.copy(), []
    for switch, when in literals(facts):
        rows = np.flatnonzero(switch[lines] != ANY)
        signed = np.where(when[lines[rows]], -amount[rows], amount[rows])
        lower[rows] += np.minimum(signed, 0.0)
        sums.append(switch_sum(variable, rows, switch[lines[rows]], signed))
    return sums, lower


def _commit(on: Statement, variable: Variable) -> None:
    """Add that commitments of lines are kept while these are live."""
    least = on.facts.lines.min_units
    rows = np.flatnonzero((hanging(on.facts) > 0) & (least > 0)).astype(np.int32)
    if len(rows):
        sums, lower = live_terms(on.facts, variable, rows, least[rows])
        index = Index(("line",), (rows,), (partial(line_names, on.facts),))
        on.form.add_rows("commitment", index, [_served(on, rows), *sums], lower=lower, elastic=True)


def _served(on: Statement, lines: Ints) -> Sum:
    """Return the units that ship to each of some lines."""
    row = np.full(len(on.facts.lines.sku), -1, dtype=np.int32)
    row[lines] = np.arange(len(lines))
    return Sum(on.ship, row[on.arcs.line])


def _lose(on: Statement, variable: Variable) -> None:
    """Add what lines cost that are live and not served, beside what `Demand` books for units that ship.

    A line with one switch costs what the switch says; one with two needs a column for what is unserved.
    """
    facts, lines = on.facts, on.facts.lines
    number = hanging(facts)
    cost = lines.lost_cost * lines.units
    for switch, when in literals(facts):
        own = np.flatnonzero((number == 1) & (switch != ANY) & (cost > 0))
        for channel in np.unique(lines.channel[own]).tolist():
            mine = own[lines.channel[own] == channel]
            signed = np.where(when[mine], -cost[mine], cost[mine])
            worth: Floats = np.zeros(len(variable))
            np.add.at(worth, switch[mine], signed)
            constant = np.zeros(len(facts.channels.id) + 1)
            constant[channel] = -cost[mine][~when[mine]].sum()
            book(on.form, "penalties", variable, worth, np.full(len(variable), channel), constant)
    rows = np.flatnonzero((number > 1) & (cost > 0)).astype(np.int32)
    if len(rows):
        index = Index(("line",), (rows,), (partial(line_names, facts),))
        unmet = on.form.add_variable("unmet", index, upper=lines.units[rows], sku=lines.sku[rows])
        book(on.form, "penalties", unmet, -lines.lost_cost[rows], lines.channel[rows])
        sums, lower = live_terms(facts, variable, rows, lines.units[rows])
        own_units = [_served(on, rows), Sum(unmet, np.arange(len(rows)))]
        on.form.add_rows("unmet_units", index, [*own_units, *sums], lower=lower)


def book(
    form: Formulation, column: str, variable: Variable, worth: Floats, owner: Codes, constant: Floats | None = None
) -> None:
    """Add money that is given member by member, with the channel that it is booked to."""
    form.add_money(column, variable, worth, channel=owner, constant=constant)
