"""Whether no plan can exist, by our own arithmetic: a solver that says so is not taken at its word.

Every row that nothing at all would break (no column above its lower bound) holds, each of the others may give way at a
price of one a unit. If something has to give way, the multipliers ``y`` of that *elastic*
relaxation add the rows up to one that no column can meet (Farkas, Journal fuer die reine und angewandte Mathematik 124
(1902)):

    sum_i (b_i if y_i > 0 else a_i) * y_i  +  sum_j max over [l_j, u_j] of (-A'y)_j * x_j   <   0

Every plan that keeps the rows would make the left side at least zero. Whoever found `y` does not matter: of large
programs prices do, in a few rounds, since any bound below zero will do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.algebra.program import Program, with_columns
from allocopt.solve import highs, prices
from allocopt.solve.certificate import NOTHING, cleaned, impossible, nearly_kept
from allocopt.solve.highs_blocks import StuckError
from allocopt.solve.highs_run import HighsError
from allocopt.solve.relaxation import by_prices
from allocopt.solve.solution import Clock

ROUNDING = 1e-9
"""A sum below zero by less than this part of its own terms is a rounding residue."""

COARSE, ROUNDS = 0.5, 40
"""Prices are looked for until what has to give way is known to half of it, in so many rounds at most."""
PART = 0.2
"""Part of the time that they may take."""

Verdict = Literal["impossible", "possible", "unknown"]


def refuted(program: Program, clock: Clock, multipliers: NDArray[np.float64] | None = None) -> Verdict:
    """Return whether our own arithmetic shows that no plan keeps every row, even with parts of units.

    Parameters
    ----------
    program : Program
    clock : Clock
        HiGHS looks for the multipliers in two ways, if need be.
    multipliers : float64, shape (rows,), optional
        What somebody thinks shows it.

    Returns
    -------
    {"impossible", "possible", "unknown"}
        ``"possible"``: there is a plan with parts of units, so that only whole ones could make it impossible.
    """
    if (program.lower > program.upper).any() or (program.row_lower > program.row_upper).any():
        return "impossible"
    if np.isfinite(program.lower).all() and np.isfinite(program.upper).all() and impossible(program):
        return "impossible"
    if multipliers is not None and clashes(program, multipliers):
        return "impossible"
    if by_prices(program) and refuted_at(program, clock) is not None:
        return "impossible"
    soft, _ = _elastic(program)
    for again in (False, True):
        found = highs.linear(soft, clock, again=again)
        x, y = found.x, found.multipliers
        if y is not None and np.shape(y) == (soft.rows,) and clashes(program, y):
            return "impossible"
        if x is not None and np.shape(x) == (soft.columns,) and nearly_kept(program, x[: program.columns]):
            return "possible"
        if clock.left <= 0:
            break
    return "unknown"


def refuted_at(program: Program, clock: Clock) -> NDArray[np.float64] | None:
    """Return multipliers that show that no plan keeps every row, as prices find them; None where they find none."""
    soft, plan = _elastic(program)
    if soft.columns == program.columns:
        return None
    try:
        found = prices.linear(soft, clock, gap=COARSE, work_limit=ROUNDS, known=plan, part=PART)
    except (prices.WholeError, HighsError, StuckError):
        return None
    y = found.multipliers
    if y is None or np.shape(y) != (soft.rows,) or not np.isfinite(y).all():
        return None
    return y if clashes(program, y) else None


def _elastic(program: Program) -> tuple[Program, NDArray[np.float64]]:
    """Return the program in which what nothing at all would break may give way, and the plan that ships nothing."""
    nothing = np.where(np.isfinite(program.lower), program.lower, np.minimum(program.upper, 0.0))
    activity = program.activity(nothing)
    short, over = np.maximum(program.row_lower - activity, 0.0), np.maximum(activity - program.row_upper, 0.0)
    broken = np.flatnonzero((short > 0) | (over > 0))
    soft, side = slackened(replace(program, cost=np.zeros(program.columns), constant=0.0), broken, 1.0)
    falls = np.isfinite(program.row_lower[broken])
    gives = np.where(np.arange(len(side)) < falls.sum(), short[broken[side]], over[broken[side]])
    return soft, np.concatenate([nothing, gives])


def clashes(program: Program, multipliers: NDArray[np.float64]) -> bool:
    """Return whether the rows, added up with these multipliers, ask for what no column can do."""
    y = cleaned(program, multipliers)
    rows = np.where(y > 0, program.row_upper, program.row_lower)
    reduced = -program.column_sums(program.data * y[program.indices])
    columns = np.where(reduced > 0, program.upper, program.lower)
    terms = program.column_sums(np.abs(program.data * y[program.indices]))
    reduced = np.where(np.isinf(columns) & (np.abs(reduced) <= NOTHING * terms), 0.0, reduced)
    used, moved = y != 0, reduced != 0
    at_rows, at_columns = y[used] * rows[used], reduced[moved] * columns[moved]
    size = float(np.abs(at_rows).sum() + np.abs(at_columns).sum())
    return bool(np.isfinite(size) and at_rows.sum() + at_columns.sum() < -ROUNDING * size)


def slackened(
    program: Program,
    rows: NDArray[np.integer[Any]],
    weights: ArrayLike,
    upper: float = np.inf,
    rises: NDArray[np.bool_] | bool = True,
) -> tuple[Program, NDArray[np.intp]]:
    """Return the program with a column for each finite side of some rows, and whose side each column is.

    No column reaches beyond what the others can make a row be short of, by more than one unit: bounds that are far
    away blur what multipliers prove.

    Parameters
    ----------
    program : Program
    rows : int, shape (given,)
        Rows that may give way.
    weights : float64, shape (given,), or one for all
        What giving way by one unit costs.
    upper : float
        By how much a row may give way at most.
    rises : bool, shape (given,), or one for all
        Whether an upper limit gives way, or only the lower one.
    """
    falls = np.flatnonzero(np.isfinite(program.row_lower[rows]))
    above = np.flatnonzero(np.isfinite(program.row_upper[rows]) & rises)
    side = np.concatenate([falls, above])
    signs = np.concatenate([np.ones(len(falls)), -np.ones(len(above))])
    cost = -np.broadcast_to(np.asarray(weights, float), rows.shape)[side]
    least, most = program.reach()
    below = program.row_lower[rows[falls]] - least[rows[falls]]
    short = np.concatenate([below, most[rows[above]] - program.row_upper[rows[above]]])
    needed = np.where(np.isfinite(short), np.ceil(np.maximum(short, 0.0)) + 1.0, np.inf)
    return with_columns(program, rows[side], signs, cost=cost, upper=np.minimum(needed, upper)), side
