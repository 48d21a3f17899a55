"""Programs that need no solver: no columns, no rows, nothing to decide, contradictory bounds, values that are none."""

from __future__ import annotations

import numpy as np

from allocopt.algebra.program import Program, tightened
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Solution

NO_SOLVER = "none needed"
"""How these programs are solved."""
SLACK = 1e-9
"""What an empty row may be off by, relative to 1 + its limit."""


def at_once(program: Program, *, whole: bool) -> Solution | None:
    """Return the answer to a program that can be read off, or None when it takes a solver.

    Parameters
    ----------
    program : Program
    whole : bool
        Whether its integer columns must be whole.
    """
    if (fault := fault_of(program)) is not None:
        return Solution("error", method=NO_SOLVER, message=fault)
    program = tightened(program) if whole else program
    lower, upper = program.lower, program.upper
    if (lower > upper).any() or (program.row_lower > program.row_upper).any():
        return Solution("infeasible", method=NO_SOLVER, message="a lower limit lies above its upper limit")
    if program.columns and (lower == upper).all():
        return _fixed(program)
    if program.columns and program.nonzeros:
        return None
    spare = SLACK * (1 + np.abs(np.where(np.isfinite(program.row_lower), program.row_lower, 0.0)))
    if (program.row_lower > spare).any() or (program.row_upper < -spare).any():
        return Solution("infeasible", method=NO_SOLVER, message="a row that nothing can fill asks for something")
    nearest = np.clip(0.0, lower, upper)
    x = np.where(program.cost > 0, upper, np.where(program.cost < 0, lower, nearest))
    if not np.isfinite(x).all():
        return Solution("unbounded", method=NO_SOLVER, message="the objective has no limit")
    return Solution("optimal", x, np.zeros(program.rows), program.objective(x), NO_SOLVER)


def _fixed(program: Program) -> Solution:
    """Return the only plan that bounds leave, if it keeps every row."""
    if breach(program, program.lower)[0] > 0:
        return Solution("infeasible", method=NO_SOLVER, message="every column is fixed, and a row is broken")
    x = program.lower.copy()
    return Solution("optimal", x, np.zeros(program.rows), program.objective(x), NO_SOLVER)


def fault_of(program: Program) -> str | None:
    """Return what makes the program no program, or None."""
    if program.nonzeros and not 0 <= program.indices.min() <= program.indices.max() < program.rows:
        return "an entry of the matrix lies outside of its rows"
    for name in ("cost", "data"):
        if not np.isfinite(getattr(program, name)).all():
            return f"{name} holds a value that is not a finite number"
    for name in ("lower", "upper", "row_lower", "row_upper"):
        if np.isnan(getattr(program, name)).any():
            return f"{name} holds a value that is not a number"
    if np.isposinf(program.lower).any() or np.isneginf(program.upper).any():
        return "a column must lie at infinity"
    return None
