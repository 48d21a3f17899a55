"""On time in full: what it costs if less than a share of a line arrives by its due period.

.. code-block:: text

    sum_{a of d, arrives <= due[d]} ship[a] >= otif_share[d] units[d] in_full[d],   in_full[d] in {0, 1}
    money: - otif_cost[d] (live[d] - in_full[d])        cash, in contribution        [currency]

for each line ``d`` with a cost; the right side in whole units where only these ship. A line that hangs on decisions is
live while they are so. A line of which so much can never arrive in time costs what it costs.
Source: on-time-in-full charges of retailers (chargebacks); semi-continuous variables, e.g. Williams, Model Building in
Mathematical Programming (2013), ch. 9.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, Variable, When
from allocopt.algebra.labels import Codes
from allocopt.arcs import Arcs
from allocopt.problem.facts import Flags, Floats, Ints
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.decisions import book_while_live, while_live
from allocopt.rules.kit.names import labels

BOOKED = "otif"
"""Column of the profit and loss."""


class OnTimeInFull(Rule):
    """Lines of which too little arrives in time cost their channel a charge."""

    name: ClassVar[str] = "otif"

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the charges of all lines that have one, and what tells who is spared."""
        lines = on.facts.lines
        due = _needed(on.arcs)
        charged = (lines.otif_cost > 0) & (due > 0)
        if not charged.any():
            return
        several = book_while_live(on, BOOKED, np.where(charged, lines.otif_cost, 0.0))
        members, can = _in_time(on.arcs, charged, due)
        rows = np.flatnonzero(can).astype(np.int32)
        if len(rows):
            index, each = labels(on.facts, line=rows), np.arange(len(rows))
            full = on.form.add_variable("in_full", index, upper=1.0, sku=lines.sku[rows], integer=True)
            # What two decisions leave open has a charge of its own, which is spared there.
            spared = np.where(np.isin(rows, several), 0.0, lines.otif_cost[rows])
            on.form.add_money(BOOKED, full, spared, channel=lines.channel[rows])
            place = np.full(len(lines.sku), -1)
            place[rows] = each
            shipped = Sum(on.ship, place[on.arcs.line[members]], members=members)
            when = When(full, each, each, np.ones(len(rows), dtype=bool))
            on.form.add_rows(self.name, index, [shipped], lower=due[rows], when=when, otherwise=0.0)
        if len(several) and on.switch is not None:
            self._charge(on, on.switch, several)

    def _charge(self, on: Statement, switch: Variable, several: Ints) -> None:
        """Add the charges of lines that hang on two decisions: paid while they are live and not in full."""
        lines, each = on.facts.lines, np.arange(len(several))
        index = labels(on.facts, line=several)
        missed = on.form.add_variable("missed", index, upper=1.0, sku=lines.sku[several])
        on.form.add_money(BOOKED, missed, -lines.otif_cost[several], channel=lines.channel[several])
        sums = [Sum(missed, each)]
        full = next((variable for variable in on.form.variables if variable.name == "in_full"), None)
        if full is not None:
            place = np.full(len(lines.sku), -1)
            place[several] = each
            sums.append(Sum(full, place[full.index.codes[0]]))
        on.form.add_rows("missed_lines", index, sums, lower=1.0, when=while_live(on.facts, switch, several))


def _needed(arcs: Arcs) -> Floats:
    """Return how many units of each line have to arrive in time, shape (lines,) [unit]."""
    lines = arcs.facts.lines
    share = lines.otif_share * lines.units
    return np.where(arcs.facts.skus.divisible[lines.sku], share, -floor_units(-share))


def _in_time(arcs: Arcs, charged: Flags, due: Floats) -> tuple[Codes, Flags]:
    """Return the arcs in time to lines that are charged and can be in full, and these lines as a mask."""
    lines, lots = arcs.facts.lines, arcs.facts.lots
    members = np.flatnonzero(charged[arcs.line])
    members = members[arcs.late(members) == 0]
    line = arcs.line[members]
    most = np.bincount(line, weights=np.minimum(lots.usable[arcs.lot[members]], lines.units[line]), minlength=len(due))
    can = charged & (most >= due) & (np.bincount(line, minlength=len(due)) > 0)
    return members[can[line]], can
