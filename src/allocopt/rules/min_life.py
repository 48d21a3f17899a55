"""Life left: a line gets no lot that expires too soon after it has arrived.

.. code-block:: text

    an arc from lot l to line d is left only if  expires[l] - arrives[a] >= min_life[d]        [period]

``expires`` is the last period in which a unit may arrive, so that with a ``min_life`` of 0 nothing is asked. A lot that
never expires has life enough. Arcs only fall; what is left is as much of a network as before.
Source: minimum remaining shelf life agreed with retailers; e.g. Nahmias, Perishable Inventory Systems (2011).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.arcs import Arcs
from allocopt.problem.facts import NEVER, Facts
from allocopt.rules.kit.base import Numbered, Rule


class MinLife(Rule):
    """Lots arrive with the life left that a line asks for."""

    name: ClassVar[str] = "min_life"
    reasons: ClassVar[dict[str, str]] = {"min_life": "the lot would arrive with less life left than the line asks for"}
    short: ClassVar[str] = "expired"

    def why(self, facts: Facts, clause: None) -> str:
        """Return that the life left is too short, which is not to say that the lot is spoilt."""
        return self.reasons["min_life"]

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs whose lots last long enough after arrival."""
        wanted, expires = arcs.facts.lines.min_life, arcs.facts.lots.expires
        if not wanted.any() or (expires == NEVER).all():
            return arcs
        left = expires[arcs.lot].astype(np.int64) - arcs.arrives()
        short = (wanted[arcs.line] > left) & (expires[arcs.lot] != NEVER)
        return arcs.without(short, "min_life", self.reasons["min_life"])
