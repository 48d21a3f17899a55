"""Packs: what ships on an arc to a line with a pack size is a whole number of packs.

.. code-block:: text

    ship[a] = pack[d] packs[a],   packs[a] whole        for each arc a of a line d with pack[d] > 1        [unit]

``demand.pack`` binds, or ``skus.pack`` for wholesale and store lines. Source: lot-size (case-pack) restrictions.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.labels import Index
from allocopt.arcs import Arcs
from allocopt.rules.base import Numbered, Rule, Statement


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
        return arcs.without(room < lines.pack[arcs.line], "under_a_pack", self.reasons["under_a_pack"])

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
            upper=np.floor(on.ship.upper[members] / size + 1e-9),
            sku=on.ship.sku[members],
            integer=np.ones(len(members), dtype=bool),
        )
        rows = np.arange(len(members))
        sums = [Sum(on.ship, rows, members=members), Sum(packs, rows, weight=-size)]
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0)
