"""Packs: what ships on an arc to a line with a pack size is a whole number of packs.

.. code-block:: text

    ship[a] = pack[d] packs[a],   packs[a] whole            for each arc a of a line d with pack[d] > 1        [unit]
    sum_{a of d} packs[a] <= floor(units[d] / pack[d])      for each such line whose units are no whole packs  [pack]
    sum_{a of l, pack k} packs[a] <= floor(usable[l] / k)   for each lot l and pack size k that does not fit   [pack]

``demand.pack`` binds, or ``skus.pack`` for wholesale and store lines. The last two rows cut off no plan: they say at
once what whole packs imply, which brings the relaxation, and with it our own bound, closer to the best plan.
Source: lot-size (case-pack) restrictions; Chvatal-Gomory rounding, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, Variable
from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Index
from allocopt.arcs import Arcs
from allocopt.problem.facts import Ints
from allocopt.rounding import floor_units
from allocopt.rules.base import Numbered, Rule, Statement
from allocopt.rules.names import line_names, lot_names


class Packs(Rule):
    """Lines with a pack size are served in whole packs."""

    name: ClassVar[str] = "packs"
    reasons: ClassVar[dict[str, str]] = {"under_a_pack": "the line or the lot is smaller than one pack"}

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs that can hold at least one pack."""
        lines, lots = arcs.facts.lines, arcs.facts.lots
        if not (lines.pack > 1).any():
            return arcs
        room = np.minimum(lines.units[arcs.line], lots.usable[arcs.lot])
        pack = lines.pack[arcs.line]
        return arcs.without((pack > 1) & (room < pack), "under_a_pack", self.reasons["under_a_pack"])

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the number of packs on each arc with a pack size."""
        pack = on.facts.lines.pack[on.arcs.line]
        members = np.flatnonzero(pack > 1)
        if not len(members):
            return
        size = pack[members].astype(np.float64)
        labels = on.ship.index
        index = Index(labels.names, tuple(codes[members] for codes in labels.codes), labels.texts)
        packs = on.form.add_variable(
            self.name,
            index,
            upper=floor_units(on.ship.upper[members] / size),
            sku=on.ship.sku[members],
            integer=np.ones(len(members), dtype=bool),
        )
        self._cut(on, packs, pack[members])
        rows = np.arange(len(members))
        sums = [Sum(on.ship, rows, members=members), Sum(packs, rows, weight=-size)]
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0)

    def _cut(self, on: Statement, packs: Variable, pack: Ints) -> None:
        """Add how many whole packs a lot holds and a line takes, where units leave a remainder."""
        facts = on.facts
        lot, line = packs.index.codes[0].astype(np.int64), packs.index.codes[1]
        width = int(pack.max()) + 1
        for name, what, key, size, stock, names in (
            ("packs_of_lot", "lot", lot, len(facts.lots.sku), facts.lots.usable, partial(lot_names, facts)),
            ("packs_of_line", "line", line, len(facts.lines.sku), facts.lines.units, partial(line_names, facts)),
        ):
            loose = stock[key] % pack > 1e-9
            group, present = dense(np.where(loose, key * width + pack, -1), size * width)
            if len(present):
                whose, of = present // width, present % width
                index = Index((what, "pack"), (whose, of), (names, None))
                on.form.add_rows(name, index, [Sum(packs, group)], upper=floor_units(stock[whose] / of))
