"""Multipliers in one form, whoever they come from: of rows alone, as far as rows say what bounds of columns say.

.. code-block:: text

    x_j <= u_j  and  sum_j a_ij x_j <= b_i  with  a_ij u_j = b_i,  a_i >= 0, x >= 0:   the bound follows from the row
    y_i := y_i + max_j max(0, (c - A'y)_j) / a_ij

A unit on an arc is at most what its lot holds and what its line wants, and so say the bounds of columns and the rows
of lots and lines alike. Solvers are free to price the one or the other; prices are asked of rows. Moving the price of a
bound onto the row that says the same never loosens the bound on the objective that multipliers prove: the row takes
``b_i`` times the step, and the column alone gives back ``u_j`` times it, which is as much or more.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve.certificate import cleaned


def on_rows(program: Program, multipliers: Floats | None) -> Floats | None:
    """Return multipliers of rows in which no bound of a column is priced that a row states as well.

    Parameters
    ----------
    program : Program
    multipliers : float64, shape (rows,), or None
        Of the relaxation, from any solver.

    Returns
    -------
    float64, shape (rows,), or None
        Without those that point at an open side of a row; None for None.
    """
    if multipliers is None or np.shape(multipliers) != (program.rows,):
        return None
    y = cleaned(program, multipliers)
    column = program.entry_column
    packs = (program.row_upper >= 0) & np.isfinite(program.row_upper)
    packs[program.indices[(program.data < 0) | (program.lower[column] < 0)]] = False
    same = packs[program.indices] & (program.data * program.upper[column] == program.row_upper[program.indices])
    entries = np.flatnonzero(same)
    if not len(entries):
        return y
    # Each bound goes to one row: the first that says the same, so that no money is moved twice.
    entries = entries[np.unique(column[entries], return_index=True)[1]]
    worth = np.maximum(program.priced(y)[column[entries]], 0.0) / program.data[entries]
    step: Floats = extreme(np.maximum, worth, program.indices[entries], program.rows, none=0.0)
    return y + step
