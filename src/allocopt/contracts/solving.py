"""What stages are solved with: handed to them, since how much work a call may take is not theirs to know."""

from __future__ import annotations

from typing import Protocol

from allocopt.algebra.program import Program
from allocopt.problem.facts import Floats
from allocopt.solve import Solution, Start


class Solve(Protocol):
    """Solves a program within the time that is left."""

    def __call__(
        self,
        program: Program,
        *,
        flat: bool = False,
        gap: float | None = None,
        start: Start | None = None,
        known: Floats | None = None,
    ) -> Solution:
        """Return the answer.

        `flat` says that the objective leaves much open, `gap` replaces the one asked for, and `known` is a plan that
        keeps every row.
        """
