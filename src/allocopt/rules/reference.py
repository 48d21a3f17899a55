"""Reference: a line that names one is served from lots of this reference alone.

.. code-block:: text

    an arc from lot l to line d is left only if  reference[d] is blank, or reference[l] = reference[d]

For goods bought for somebody: a purchase order, a batch, a serial number. Arcs only fall; what is left is as much of a
network as before. Source: hard pegging of demand to receipts, e.g. Vollmann et al., Manufacturing Planning and Control
Systems (2005), ch. 7.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.arcs import Arcs
from allocopt.problem.facts import Facts
from allocopt.problem.lines import text_ranks
from allocopt.rules.kit.base import Numbered, Rule


class Reference(Rule):
    """Lines that name a reference get lots of it only."""

    name: ClassVar[str] = "reference"
    reasons: ClassVar[dict[str, str]] = {
        "reference": "the line takes lots of one reference only, and this lot is of none or another"
    }
    short: ClassVar[str] = "access"

    def why(self, facts: Facts, clause: None) -> str:
        """Return that the line names the lots it takes."""
        return self.reasons["reference"]

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs from lots of the reference that their line names."""
        lots, lines = arcs.facts.lots, arcs.facts.lines
        names = lines.reference != ""
        if not names.any():
            return arcs
        rank = text_ranks(np.concatenate([lots.reference, lines.reference]))
        of_lot, of_line = rank[: len(lots.reference)], rank[len(lots.reference) :]
        other = names[arcs.line] & (of_line[arcs.line] != of_lot[arcs.lot])
        return arcs.without(other, "reference", self.reasons["reference"])
