"""A plan with divisible columns, pulled inside the limits that a solver's tolerance let it cross."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, bounded, fixed
from allocopt.arrays import Floats
from allocopt.solve import highs
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Clock
from allocopt.solve.start import Basis, Start

CLOSER = 20
"""What is mended is solved in units of 2^-20: the tolerance of a solver is that much smaller."""
FAR = 2.0**-6
"""A column moves by no more than this part of a unit while it is mended; what is farther off is no rounding."""


def inside(program: Program, x: Floats, clock: Clock) -> Floats:
    """Return a plan that keeps the limits, next to one that breaks some by rounding; the plan itself where that fails.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        Whole columns are left alone.
    clock : Clock
    """
    free = ~program.integer
    x = np.where(free, np.clip(x, program.lower, program.upper), x)
    if breach(program, x)[0] == 0:
        return x
    shrunk = _shrunk(program, x, free)
    if breach(program, shrunk)[0] == 0:
        return shrunk
    mended = _mended(program, x, free, clock)
    return x if mended is None else mended


def _shrunk(program: Program, x: Floats, free: NDArray[np.bool_]) -> Floats:
    """Return the plan with less on divisible columns that only take, where what they take from is overdrawn."""
    column = program.entry_column
    takes = np.isinf(program.row_lower) & (program.row_upper >= 0)
    takes[program.indices[(program.data < 0) | (program.lower[column] < 0)]] = False
    only = free & (program.lower == 0)
    only[column[~takes[program.indices]]] = False
    used = program.activity(x)
    part = np.divide(program.row_upper, used, out=np.ones(program.rows), where=takes & (used > program.row_upper))
    least = np.ones(program.columns)
    np.minimum.at(least, column, part[program.indices])
    return np.where(only, x * least, x)


def _mended(program: Program, x: Floats, free: NDArray[np.bool_], clock: Clock) -> Floats | None:
    """Return the plan after the least costly small moves that keep every row, or None where there are none."""
    still = bounded(program, ~free, lower=x[~free], upper=x[~free])
    used, unit = program.activity(x), 2.0**CLOSER
    left = replace(
        still,
        lower=np.maximum(still.lower - x, -FAR) * unit,
        upper=np.minimum(still.upper - x, FAR) * unit,
        row_lower=(program.row_lower - used) * unit,
        row_upper=(program.row_upper - used) * unit,
        integer=np.zeros(program.columns, dtype=bool),
        constant=0.0,
    )
    found = highs.linear(left, clock)
    if found.x is None:
        return None
    moved = np.clip(x + found.x / unit, program.lower, program.upper)
    moved = np.where(free, moved, x)
    return moved if breach(program, moved)[0] == 0 else None


def settled(
    program: Program, x: NDArray[np.float64], clock: Clock, start: Start | None = None
) -> NDArray[np.float64] | None:
    """Return the plan with its whole-unit columns exactly whole, or None where that is more than rounding.

    Where exact whole numbers break a row that has divisible columns too, those are solved again, from the basis that
    the plan comes from where that is known.
    """
    whole = np.where(program.integer, np.rint(x), x)
    if np.abs(whole - x).max(initial=0.0) > highs.WHOLE:
        return None
    whole = np.clip(whole, program.lower, program.upper)
    if breach(program, whole)[0] == 0:
        return whole
    if program.integer.all():
        return None
    held = fixed(program, program.integer, whole[program.integer])
    again = highs.linear(held, clock, start=start if isinstance(start, Basis) else None)
    if again.status != "optimal" or again.x is None or np.shape(again.x) != (program.columns,):
        return None
    x = inside(held, np.where(program.integer, whole, again.x), clock)
    return x if breach(program, x)[0] == 0 else None
