"""A linear program kept alive in HiGHS whose limits and entries are otherwise for one solve, and then as before."""

from __future__ import annotations

from typing import Any

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Places
from allocopt.solve.highs_run import HighsError, answered, checked, guarded, loaded, option, run_here
from allocopt.solve.solution import Clock


class LiveProgram:
    """A linear program that is solved once, and then again and again with something otherwise.

    Every solve starts from the basis of the first one, so that no answer depends on what was asked before.

    Parameters
    ----------
    program : Program
        Its ``integer`` is ignored.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._solver: Any = loaded(program, Clock.started(None), whole=False)
        for name, value in (("presolve", "off"), ("solver", "simplex")):
            option(self._solver, name, value)
        self._basis: Any = None

    def solved(self, other: Program, dropped: Places) -> tuple[Floats, Floats] | None:
        """Return the best plan and the multipliers of the program with other limits and without some entries.

        Parameters
        ----------
        other : Program
            Has the limits, and otherwise all that the program has, but for the entries dropped.
        dropped : int array
            Positions of entries of the program that do not count.

        Returns
        -------
        tuple of float64 arrays, or None
            None where HiGHS finds none, or fails.
        """
        try:
            if self._basis is None:
                run_here(self._solver)
                with guarded("tell a basis"):
                    self._basis = self._solver.getBasis()
            self._put(other, dropped, begin=True)
            run_here(self._solver)
            said = answered(self._solver, self.program.columns, self.program.rows)
            self._put(other, dropped, begin=False)
        except HighsError:
            self._basis, self._solver = None, loaded(self.program, Clock.started(None), whole=False)
            return None
        if said.status != "kOptimal" or said.x is None or said.multipliers is None:
            return None
        return said.x, said.multipliers

    def _put(self, other: Program, dropped: Places, *, begin: bool) -> None:
        """Let the other limits and entries in, from the first basis; or put the program's own back."""
        now = other if begin else self.program
        solver, mine = self._solver, self.program
        with guarded("take a change"):
            for row in np.flatnonzero(
                (mine.row_lower != other.row_lower) | (mine.row_upper != other.row_upper)
            ).tolist():
                code = solver.changeRowBounds(row, float(now.row_lower[row]), float(now.row_upper[row]))
                checked(code, "refused the limits of a row")
            for column in np.flatnonzero((mine.lower != other.lower) | (mine.upper != other.upper)).tolist():
                code = solver.changeColBounds(column, float(now.lower[column]), float(now.upper[column]))
                checked(code, "refused the limits of a column")
            columns = np.searchsorted(mine.indptr, dropped, side="right") - 1
            for entry, column in zip(dropped.tolist(), columns.tolist(), strict=True):
                value = 0.0 if begin else float(mine.data[entry])
                checked(solver.changeCoeff(int(mine.indices[entry]), column, value), "refused an entry")
            if begin and self._basis.valid:
                checked(solver.setBasis(self._basis), "refused its own basis")
