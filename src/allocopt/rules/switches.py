"""Switches of demand lines: a line is live only while the decisions that it hangs on are so.

.. code-block:: text

    live[d] = product over the switches s of line d of:  on[s], or 1 - on[s],    on[s] in {0, 1}
    sum_{a of d} ship[a] <= units[d] on[s]      (or units[d] (1 - on[s]))       for each line d, switch s of it   [unit]
    sum_{a of d} ship[a] >= min_units[d] (1 - number of switches of d that are not so)        [unit]
    money: - lost_cost[d] (units[d] live[d] - sum_{a of d} ship[a])        [currency]

Source: indicator variables, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, Variable, When
from allocopt.problem.facts import ANY, Flags, Ints
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.decisions import book_while_live, hanging, literals, while_live
from allocopt.rules.kit.names import labels


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
    if len(rows):
        on.form.add_rows(
            "live",
            labels(facts, line=rows, switch=switch[rows]),
            [on.shipped(rows, np.arange(len(rows)))],
            upper=facts.lines.units[rows],
            when=When(variable, np.arange(len(rows)), switch[rows], when[rows]),
            otherwise=0.0,
        )


def _commit(on: Statement, variable: Variable) -> None:
    """Add that commitments of lines are kept while these are live."""
    least = on.facts.lines.min_units
    rows = np.flatnonzero((hanging(on.facts) > 0) & (least > 0)).astype(np.int32)
    if len(rows):
        index, sums = labels(on.facts, line=rows), [on.shipped(rows, np.arange(len(rows)))]
        when = while_live(on.facts, variable, rows)
        on.form.add_rows("commitment", index, sums, lower=least[rows], when=when, elastic=True)


def _lose(on: Statement, variable: Variable) -> None:
    """Add what lines cost that are live and not served, beside what `Demand` books for units that ship.

    A line with one switch costs what the switch says; one with two needs a column for what is unserved.
    """
    facts, lines = on.facts, on.facts.lines
    cost = np.where(hanging(facts) > 0, lines.lost_cost * lines.units, 0.0)
    rows = book_while_live(on, "penalties", cost)
    if len(rows):
        index = labels(facts, line=rows)
        unmet = on.form.add_variable("unmet", index, upper=lines.units[rows], sku=lines.sku[rows])
        on.form.add_money("penalties", unmet, -lines.lost_cost[rows], channel=lines.channel[rows])
        sums = [on.shipped(rows, np.arange(len(rows))), Sum(unmet, np.arange(len(rows)))]
        live = while_live(facts, variable, rows)
        on.form.add_rows("unmet_units", index, sums, lower=lines.units[rows], when=live)
