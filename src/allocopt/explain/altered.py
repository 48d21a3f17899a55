"""Programs of blocks a little otherwise, and plans and multipliers of them looked at without trusting a solver."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.grouping import starts
from allocopt.algebra.program import Program
from allocopt.explain.change import Floats, Places
from allocopt.solve import highs
from allocopt.solve.certificate import cleaned


def rounded(small: Program, x: Floats) -> Floats | None:
    """Return a plan with whole units exactly whole; None where it has fractions."""
    whole = np.rint(x)
    if (np.abs(x - whole) > highs.WHOLE)[small.integer].any():
        return None
    return np.where(small.integer, whole, np.clip(x, small.lower, small.upper))


def most(small: Program, multipliers: Floats) -> float:
    """Return what no plan of a program is worth more than, by any multipliers, without the constant."""
    y = cleaned(small, multipliers)
    value = small.priced(y)
    limit = np.where(y > 0, small.row_upper, np.where(y < 0, small.row_lower, 0.0))
    best = np.where(value > 0, small.upper, np.where(value < 0, small.lower, 0.0))
    with np.errstate(invalid="ignore"):
        return float(y @ limit + np.where(np.abs(value) > 1e-12, value * best, 0.0).sum())


def without(small: Program, entries: Places, x: Floats) -> Program:
    """Return a program without some entries, its rows' limits less what these take as planned."""
    keep = np.ones(small.nonzeros, dtype=bool)
    keep[entries] = False
    column = small.entry_column
    used = np.bincount(small.indices[entries], weights=small.data[entries] * x[column[entries]], minlength=small.rows)
    return replace(
        small,
        indptr=starts(column[keep], small.columns).astype(np.int32),
        indices=small.indices[keep],
        data=small.data[keep],
        row_lower=small.row_lower - used,
        row_upper=small.row_upper - used,
    )


def keeps(small: Program, x: Floats) -> bool:
    """Return whether a plan keeps its rows and limits, but for what rounding explains: far less than a unit."""
    own = small.activity(x)
    room = np.minimum(1e-7 + 1e-12 * np.abs(own), 1e-3)
    rows = (own <= small.row_upper + room) & (own >= small.row_lower - room)
    return bool(rows.all() and (x <= small.upper + 1e-7).all() and (x >= small.lower - 1e-7).all())


def roomy(small: Program, x: Floats) -> Program:
    """Return a block's program with limits that the plan keeps: what rounding takes off a limit is given back."""
    own = small.activity(x)
    room = 1e-9 * (1.0 + np.abs(own))
    upper = np.where((own > small.row_upper) & (own <= small.row_upper + room), own, small.row_upper)
    lower = np.where((own < small.row_lower) & (own >= small.row_lower - room), own, small.row_lower)
    return replace(small, row_lower=lower, row_upper=upper)
