"""Switches that nothing hangs on any more, and that cost something, are turned off."""

from __future__ import annotations

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Floats


def switched_off(program: Program, x: Floats) -> Floats:
    """Return a plan without the costs of switches that it would keep every row without: parcels with nothing in them.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        A plan that keeps the rows.

    Returns
    -------
    float64, shape (columns,)
        The very same array where there is nothing to gain.
    """
    low = program.lower
    idle = program.integer & (program.cost < 0) & (x > low) & (program.upper - low == 1.0)
    if program.column_line is not None:
        idle &= program.column_line < 0
    column, rows = program.entry_column, program.indices
    while idle.any():
        entry = np.flatnonzero(idle[column])
        activity = program.activity(np.where(idle, low, x))[rows[entry]]
        broken = (activity > program.row_upper[rows[entry]]) | (activity < program.row_lower[rows[entry]])
        if not broken.any():
            return np.where(idle, low, x)
        idle[column[entry[broken]]] = False
    return x
