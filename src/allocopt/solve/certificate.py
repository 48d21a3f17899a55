"""How good a plan is, from the program and the numbers alone: the solver is never asked.

For a program that maximises ``c x + k`` over ``a <= A x <= b``, ``l <= x <= u``, any multipliers ``y`` give

    c x + k  <=  sum_i (b_i if y_i > 0 else a_i) * y_i  +  sum_j max over [l_j, u_j] of (c - A'y)_j * x_j  +  k

for every plan that keeps the rows. Multipliers with the wrong sign for an open side of a row are set to zero
first, so a solver that is wrong, or lies, can make the bound worse but never false.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, bounded, tightened
from allocopt.errors import SolveError

VIOLATION = 1e-6
"""Largest accepted breach of a row or bound, relative to 1 + its limit."""

INTEGRALITY = 1e-6
"""Largest accepted distance of a whole-unit column from a whole number."""

ROUNDING = 1e-9
"""Relative rounding of sums: how far a plan may seem better than its bound."""

NOTHING = 1e-12
"""A reduced value below this part of its own terms is a rounding residue, not a value."""


@dataclass(frozen=True, eq=False)
class Case:
    """One of several cases that together cover every plan: some switches are held, others may be anything.

    Attributes
    ----------
    columns : int, shape (switches,)
        The switches; all cases of one proof have the same.
    values : float64, shape (switches,)
        0 or 1; nan: either.
    multipliers : float64, shape (rows,), or None
        Any numbers, for a bound on the plans of this case.
    """

    columns: NDArray[np.intp]
    values: NDArray[np.float64]
    multipliers: NDArray[np.float64] | None


@dataclass(frozen=True)
class Certificate:
    """The outcome of checking a plan against its program.

    Attributes
    ----------
    objective : float
        Worth of the plan, recomputed [currency].
    bound : float
        No plan is worth more than this, whatever the solver says [currency]; ``inf`` where nothing is proven.
    gap : float
        ``max(0, bound - objective) / max(1, |objective|)``.
    violation : float
        Worst breach of a row or column bound, relative: ``breach / (1 + |limit|)``.
    worst_row : int or None
        Row of that breach; None when no row is breached.
    integrality : float
        Worst distance of a whole-unit column from a whole number.
    claimed_bound, claimed_gap : float or None
        The solver's own bound and the gap to it: believed by nobody here, shown beside ours (see `trusted`).
    passed : bool
        No row broken, whole units whole, and the plan is not better than its bound.
    """

    objective: float
    bound: float
    gap: float
    violation: float
    worst_row: int | None
    integrality: float
    claimed_bound: float | None
    claimed_gap: float | None
    passed: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the certificate as JSON-ready values; what is not a finite number becomes None."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }


def certify(
    program: Program,
    x: NDArray[np.float64],
    multipliers: NDArray[np.float64] | None,
    claimed_bound: float | None = None,
    cases: Sequence[Case] = (),
) -> Certificate:
    """Check a plan: its worth, a bound on every plan, its breaches.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
    multipliers : float64, shape (rows,), or None
        Any numbers; the better they are, the tighter the bound.
    claimed_bound : float, optional
        The solver's own bound, to be shown beside ours.
    cases : sequence of Case, optional
        A proof by cases; it counts only if the cases cover every plan.

    Returns
    -------
    Certificate
    """
    if np.shape(x) != (program.columns,):
        raise SolveError(f"the solver answered {np.shape(x)} values for {program.columns} columns")
    objective = program.objective(x)
    bound = min(upper_bound(program, multipliers), bound_by_cases(program, cases))
    violation, worst_row = breach(program, x)
    whole = x[program.integer]
    integrality = float(np.abs(whole - np.rint(whole)).max(initial=0.0)) if np.isfinite(whole).all() else math.inf
    margin = ROUNDING * max(1.0, abs(bound)) if math.isfinite(bound) else 0.0
    return Certificate(
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        violation=violation,
        worst_row=worst_row,
        integrality=integrality,
        claimed_bound=claimed_bound,
        claimed_gap=None if claimed_bound is None else relative_gap(objective, claimed_bound),
        passed=violation <= VIOLATION and integrality <= INTEGRALITY and objective <= bound + margin,
    )


def relative_gap(objective: float, bound: float) -> float:
    """Return ``max(0, bound - objective) / max(1, |objective|)``; ``inf`` when either is not a number."""
    gap = max(0.0, bound - objective) / max(1.0, abs(objective))
    return gap if math.isfinite(objective) and not math.isnan(bound) else math.inf


def cleaned(program: Program, multipliers: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Return the multipliers with zero where they are no number or point at an open side of a row."""
    if multipliers is None:
        return np.zeros(program.rows)
    if np.shape(multipliers) != (program.rows,):
        raise SolveError(f"the solver answered {np.shape(multipliers)} multipliers for {program.rows} rows")
    y = np.where(np.isfinite(multipliers), multipliers, 0.0)
    open_side = ((y > 0) & np.isinf(program.row_upper)) | ((y < 0) & np.isinf(program.row_lower))
    return np.where(open_side, 0.0, y)


def upper_bound(program: Program, multipliers: NDArray[np.float64] | None) -> float:
    """Return a bound on the worth of every plan that keeps the rows [currency]; valid for any multipliers.

    Where only whole numbers can occur, limits count as whole numbers.
    """
    program = tightened(program)
    y = cleaned(program, multipliers)
    rows = np.where(y > 0, program.row_upper, program.row_lower)
    worth = program.priced(y)
    columns = np.where(worth > 0, program.upper, program.lower)
    if np.isinf(columns).any():
        terms = np.abs(program.cost) + program.column_sums(np.abs(program.data * y[program.indices]))
        worth = np.where(np.isinf(columns) & (np.abs(worth) <= NOTHING * terms), 0.0, worth)
    at_rows = float(np.dot(y[y != 0], rows[y != 0]))
    at_columns = float(np.dot(worth[worth != 0], columns[worth != 0]))
    return at_rows + at_columns + program.constant


def bound_by_cases(program: Program, cases: Sequence[Case]) -> float:
    """Return a bound on the worth of every plan from bounds on cases [currency]; inf where a case is missing."""
    if not cases:
        return math.inf
    columns = cases[0].columns
    lower, upper = program.lower[columns], program.upper[columns]
    if not program.integer[columns].all() or (lower < 0).any() or (upper > 1).any():
        return math.inf
    every = np.array(list(itertools.product((0.0, 1.0), repeat=len(columns))))
    covered = np.zeros(len(every), dtype=bool)
    worst = -math.inf
    for case in cases:
        if not np.array_equal(case.columns, columns):
            return math.inf
        held = ~np.isnan(case.values)
        covered |= (every[:, held] == case.values[held]).all(axis=1)
        small = bounded(program, columns[held], lower=case.values[held], upper=case.values[held])
        worst = max(worst, -math.inf if impossible(small) else upper_bound(small, case.multipliers))
    return worst if covered.all() else math.inf


def impossible(program: Program) -> bool:
    """Return whether the bounds of the columns alone keep some row from being met."""
    at_least, at_most = program.data * program.lower[_column(program)], program.data * program.upper[_column(program)]
    least = np.bincount(program.indices, weights=np.minimum(at_least, at_most), minlength=program.rows)
    most = np.bincount(program.indices, weights=np.maximum(at_least, at_most), minlength=program.rows)
    room = VIOLATION * (1 + np.abs(least) + np.abs(most))
    return bool(((least > program.row_upper + room) | (most < program.row_lower - room)).any())


def _column(program: Program) -> NDArray[np.intp]:
    """Return the column of each entry, shape (nonzeros,)."""
    return np.repeat(np.arange(program.columns), np.diff(program.indptr))


def breach(program: Program, x: NDArray[np.float64]) -> tuple[float, int | None]:
    """Return the worst relative breach of a row or bound, and its row (None where it is no row's)."""
    if not np.isfinite(x).all():
        return math.inf, None
    rows = _relative(program.activity(x), program.row_lower, program.row_upper)
    columns = float(_relative(x, program.lower, program.upper).max(initial=0.0))
    worst = float(rows.max(initial=0.0))
    return max(worst, columns), int(rows.argmax()) if worst > 0 else None


def _relative(
    values: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return how far each value lies outside of its limits, relative to 1 + the limit."""
    floor = np.where(np.isfinite(lower), lower, values)
    ceiling = np.where(np.isfinite(upper), upper, values)
    below = (floor - values) / (1 + np.abs(floor))
    above = (values - ceiling) / (1 + np.abs(ceiling))
    worst: NDArray[np.float64] = np.maximum(np.maximum(below, above), 0.0)
    return worst
