"""A block kept alive in HiGHS: its costs change, the simplex goes on from where it stood."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve.certificate import believable
from allocopt.solve.highs_run import HighsError, answered, checked, guarded, loaded, option, run_here
from allocopt.solve.solution import Clock

BELIEVED = 1e-9
"""Gap up to which a warm answer is believed; beyond, the block is solved again from nothing (HiGHS issue 3194)."""
PRIMAL = 4
"""HiGHS' number for its primal simplex: after a change of costs the last plan is still feasible."""


class StuckError(Exception):
    """HiGHS found no best plan of a block; the message says what it said."""


class LiveBlock:
    """A linear program whose costs change from solve to solve.

    Parameters
    ----------
    program : Program
        The block; its ``integer`` is ignored.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._columns = np.arange(program.columns, dtype=np.int32)
        self._solver: Any = loaded(program, Clock.started(None), whole=False)
        for name, value in (("presolve", "off"), ("solver", "simplex"), ("simplex_strategy", PRIMAL)):
            option(self._solver, name, value)

    def best(self, cost: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the best plan at some costs, and its rows' multipliers.

        Raises
        ------
        StuckError
            If there is none: the block is infeasible or unbounded.
        HighsError
            If HiGHS fails, or its answer is none.
        """
        with guarded("take a block's costs"):
            code = self._solver.changeColsCost(len(cost), self._columns, np.ascontiguousarray(cost))
        checked(code, "refused a block's costs")
        priced = replace(self.program, cost=cost)
        for _ in range(2):
            run_here(self._solver)
            said = answered(self._solver, self.program.columns, self.program.rows)
            if said.status == "kOptimal":
                if said.x is None or said.multipliers is None:
                    raise HighsError("HiGHS calls a block optimal and vouches for no plan or no multipliers")
                if believable(priced, said.x, said.multipliers, BELIEVED):
                    return said.x, said.multipliers
            checked(self._solver.clearSolver(), "would not forget a block's basis")
        x, multipliers = said.x, said.multipliers
        if said.status == "kOptimal" and x is not None and believable(priced, x, multipliers, np.inf):
            assert multipliers is not None
            return x, multipliers
        raise StuckError(f"HiGHS ended a block with {said.status}")
