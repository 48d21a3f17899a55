"""Sealed cases: a lot that comes in cases is shipped in whole ones.

.. code-block:: text

    ship[a] = pack[l] sealed[a],   sealed whole        for each arc a of a lot l with pack[l] > 1        [unit], [case]

What a shipment brings from such a lot is a whole number of its cases; other lots, of loose units or of other cases, may
fill it up. Lines that want less than a case get none of it. Where a line has a pack of its own, both hold
(`rules.packs`). Source: lot-size (case-pack) restrictions, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.arcs import Arcs
from allocopt.problem.facts import Facts, Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.names import labels


class Sealed(Rule):
    """Sealed cases are not opened."""

    name: ClassVar[str] = "sealed"
    reasons: ClassVar[dict[str, str]] = {
        "sealed_case": "the line wants less than a sealed case of the lot holds, or the lot has no whole case left"
    }
    short: ClassVar[str] = "pack"

    def why(self, facts: Facts, clause: None) -> str:
        """Return that cases stay shut."""
        return "the lot comes in sealed cases, which are shipped whole"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs over which at least one case can go."""
        lots = arcs.facts.lots
        if not (lots.pack > 1).any():
            return arcs
        room = np.minimum(lots.usable[arcs.lot], arcs.facts.lines.units[arcs.line])
        pack = lots.pack[arcs.lot]
        return arcs.without((pack > 1) & (room < pack), "sealed_case", self.reasons["sealed_case"])

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the number of cases on each arc of a lot in sealed cases."""
        facts, arcs = on.facts, on.arcs
        members = np.flatnonzero(facts.lots.pack[arcs.lot] > 1)
        if not len(members):
            return
        lot, line = arcs.lot[members], arcs.line[members]
        size = facts.lots.pack[lot].astype(np.float64)
        index = labels(facts, lot=lot, line=line, lane=arcs.lane[members], period=arcs.ship[members])
        most = floor_units(np.minimum(facts.lots.usable[lot], facts.lines.units[line]) / size)
        sealed = on.form.add_variable(self.name, index, upper=most, sku=facts.lots.sku[lot], integer=True)
        each = np.arange(len(members))
        sums = [Sum(on.ship, each, members=members), Sum(sealed, each, weight=-size)]
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0)


def in_cases(facts: Facts) -> Floats:
    """Return the usable units of each lot that can ship: all of them, or its whole cases, shape (lots,) [unit]."""
    lots = facts.lots
    cases: Floats = np.where(lots.pack > 1, lots.pack * floor_units(lots.usable / lots.pack), lots.usable)
    return cases
