"""The numbers of a plan, before anybody spells them out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs
from allocopt.problem.facts import Floats


@dataclass(frozen=True)
class Answer:
    """A checked solution with what its columns mean.

    Attributes
    ----------
    arcs : Arcs
        What the contract left of the arc table.
    form : Formulation
        Where each kind of money is booked.
    program : Program
    labels : Labels
    x : float64, shape (columns,)
        The plan; the first columns are units on arcs.
    """

    arcs: Arcs
    form: Formulation
    program: Program
    labels: Labels
    x: Floats

    @property
    def ship(self) -> Floats:
        """Units on each arc, shape (arcs,) [unit]."""
        return self.x[: len(self.arcs)]

    @property
    def shipped(self) -> NDArray[np.intp]:
        """Positions of the arcs that ship something."""
        return np.flatnonzero(self.ship > 1e-9)
