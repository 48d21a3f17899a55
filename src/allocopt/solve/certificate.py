"""How good a plan is, from the program and the numbers alone: the solver is never asked.

For a program that maximises ``c x + k`` over ``a <= A x <= b``, ``l <= x <= u``, any multipliers ``y`` give

    c x + k  <=  sum_i (b_i if y_i > 0 else a_i) * y_i  +  sum_j max over [l_j, u_j] of (c - A'y)_j * x_j  +  k

for every plan that keeps the rows. Multipliers with the wrong sign for an open side of a row are set to zero
first, so a solver that is wrong, or lies, can make the bound worse but never false.
"""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.exact import breaches
from allocopt.algebra.program import Program, bounded, tightened
from allocopt.errors import SolveError
from allocopt.solve.leaves import Leaves
from allocopt.solve.rents import Rents

STRAY = 1e-6
"""What the answer to a relaxation may be off by, relative to 1 + the limit, before its solver is not believed. No plan
is held to it: plans are held to `allocopt.algebra.exact`."""

NOTHING = 1e-12
"""A reduced value below this part of its own terms is a rounding residue, not a value: there an open column is worth
nothing."""

ULP = 2.0**-53
"""Relative rounding of one operation."""

PAIRWISE = 64
"""Roundings that a sum of any length may gather when it is added up in pairs."""

FINE, FINELY = np.longdouble, 20_000
"""What bounds are added up in, up to so many columns: 64 bits where the machine has them. Else in doubles, which takes
half the time; either way what the sums may be off by is part of the bound."""


@dataclass(frozen=True, eq=False)
class Branch:
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
        Worst breach of a row or column bound beyond what rounding explains in such a row (see
        `allocopt.algebra.exact`), relative: ``breach / (1 + |limit|)``. 0 where everything is kept, and only there.
    worst_row : int or None
        Row of that breach; None when no row is breached.
    integrality : float
        Worst distance of a whole-unit column from a whole number; 0 in every plan that passes.
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
    cases: Sequence[Branch] = (),
    rents: Rents | None = None,
    leaves: Leaves | None = None,
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
    cases : sequence of Branch, optional
        A proof by cases; it counts only if the cases cover every plan.
    rents : Rents, optional
        A proof by integral lots (`allocopt.solve.orders.lots`), recomputed here.
    leaves : Leaves, optional
        A proof by blocks in whole units (`allocopt.solve.trees.proof`), recomputed here.

    Returns
    -------
    Certificate
    """
    if np.shape(x) != (program.columns,):
        raise SolveError(f"the solver answered {np.shape(x)} values for {program.columns} columns")
    objective = worth(program, x)
    bound = own_bound(program, multipliers, cases, rents, leaves)
    violation, worst_row = breach(program, x)
    whole = x[program.integer]
    integrality = float(np.abs(whole - np.rint(whole)).max(initial=0.0)) if np.isfinite(whole).all() else math.inf
    passed = violation == 0 and integrality == 0
    return Certificate(
        objective=objective,
        bound=bound,
        gap=relative_gap(objective, bound),
        violation=violation,
        worst_row=worst_row,
        integrality=integrality,
        claimed_bound=claimed_bound,
        claimed_gap=None if claimed_bound is None else relative_gap(objective, claimed_bound),
        passed=passed and (objective <= bound or objective <= bound + _allowance(program, x, multipliers, cases)),
    )


def own_bound(
    program: Program,
    multipliers: NDArray[np.float64] | None,
    cases: Sequence[Branch] = (),
    rents: Rents | None = None,
    leaves: Leaves | None = None,
) -> float:
    """Return the best bound that multipliers, cases, rents and leaves prove [currency]; see `certify`."""
    bound = min(upper_bound(program, multipliers), bound_by_cases(program, cases))
    if rents is not None:
        from allocopt.solve.orders.lots import bound_by_lots

        bound = min(bound, bound_by_lots(program, rents))
    if leaves is not None:
        from allocopt.solve.trees.proof import bound_by_leaves

        bound = min(bound, bound_by_leaves(program, leaves))
    return bound


def worth(program: Program, x: NDArray[np.float64]) -> float:
    """Return ``cost @ x + constant``, added up finely enough that only the last digit of a double is rounded."""
    terms = program.cost.astype(FINE) * x
    return float(terms.sum() + FINE(program.constant))


def _allowance(
    program: Program, x: NDArray[np.float64], multipliers: NDArray[np.float64] | None, cases: Sequence[Branch]
) -> float:
    """Return by how much a plan may seem better than its bound.

    That is what the rows of divisible columns are off by, at their multipliers, and the last digit of the plan's worth.
    Sums of parts may be off by what multiplying and adding them up rounds, although they seem to be at their limit:
    three thirds are one.
    """
    units = np.repeat(x, np.diff(program.indptr))
    terms = program.data * units
    broken = (terms != 0) & ((program.data != np.rint(program.data)) | (units != np.rint(units)))
    activity, parts = program.row_sums(terms), program.row_sums(broken)
    rounded = np.where(parts > 0, (program.row_sums(terms != 0) + 2) * ULP * program.row_sums(np.abs(terms)), 0.0)
    over = np.maximum(np.maximum(program.row_lower - activity, activity - program.row_upper), 0.0) + rounded
    prices = [np.abs(cleaned(program, y)) for y in (multipliers, *(case.multipliers for case in cases))]
    at_limits = max(float(price @ over) for price in prices)
    return at_limits + 4 * ULP * abs(worth(program, x)) + sys.float_info.min


def believable(program: Program, x: NDArray[np.float64], multipliers: NDArray[np.float64] | None, gap: float) -> bool:
    """Return whether the answer to a linear relaxation is what its solver says: feasible, and this close to a bound.

    A relaxation is no plan: a tolerance of floating-point solvers is all that is asked of it.
    """
    if not nearly_kept(program, x):
        return False
    loose = replace(program, integer=np.zeros(program.columns, dtype=bool))
    bound, objective = upper_bound(loose, multipliers), program.objective(x)
    return objective <= bound + STRAY * max(1.0, abs(bound)) and relative_gap(objective, bound) <= gap


def nearly_kept(program: Program, x: NDArray[np.float64]) -> bool:
    """Return whether an answer in parts of units keeps the rows, but for the tolerance of a floating-point solver."""
    if np.shape(x) != (program.columns,) or not np.isfinite(x).all():
        return False
    rows = _relative(program.activity(x), program.row_lower, program.row_upper)
    columns = _relative(x, program.lower, program.upper)
    return bool(max(rows.max(initial=0.0), columns.max(initial=0.0)) <= STRAY)


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

    Where only whole numbers can occur, limits count as whole numbers. Whatever the sums round is added to the bound
    before it becomes a double: no plan's worth, as the nearest double, lies above.
    """
    return bound_at_limits(tightened(program), multipliers)


def bound_at_limits(program: Program, multipliers: NDArray[np.float64] | None) -> float:
    """Return the same with limits as they are: of columns whose rows have others besides, which take parts of a unit.

    What a row takes as a whole number of the columns that are left says nothing about its limit.
    """
    y = cleaned(program, multipliers)
    kind: Any = FINE if program.columns <= FINELY else np.float64
    eps = np.finfo(kind).eps
    at_rows = y.astype(kind) * np.where(y > 0, program.row_upper, np.where(y < 0, program.row_lower, 0.0))
    taken = program.data.astype(kind) * y[program.indices]
    value = program.cost - program.column_sums(taken)
    sizes = np.abs(program.cost) + program.column_sums(np.abs(taken))
    off = (np.diff(program.indptr) + 2) * eps * sizes
    at_columns = at_best(value, off, sizes, program.lower, program.upper)
    total = at_rows.sum() + at_columns.sum() + kind(program.constant)
    sizes = np.abs(at_rows).sum() + np.abs(at_columns).sum() + abs(program.constant)
    return float(total + PAIRWISE * eps * sizes)


def at_best(
    value: NDArray[Any], off: NDArray[Any], sizes: NDArray[Any], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> NDArray[Any]:
    """Return what each column earns at most between its bounds, at reduced values that may be off by so much."""
    nothing = (np.isinf(upper) | np.isinf(lower)) & (np.abs(value) <= NOTHING * sizes)
    least, most = np.where(nothing, 0.0, value - off), np.where(nothing, 0.0, value + off)
    # A reduced value lies between `least` and `most`, its column between two bounds: one of four ends is the largest.
    ends: NDArray[Any] = np.maximum.reduce([_times(end, limit) for end in (least, most) for limit in (lower, upper)])
    return ends


def _times(values: NDArray[Any], limits: NDArray[np.float64]) -> NDArray[Any]:
    """Return the products, 0 where a value is 0 and the limit infinite."""
    product: NDArray[Any] = np.where(values == 0, 0.0, values) * np.where(values == 0, 0.0, limits)
    return product


def bound_by_cases(program: Program, cases: Sequence[Branch]) -> float:
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
    least, most = program.reach()
    room = STRAY * (1 + np.abs(least) + np.abs(most))
    return bool(((least > program.row_upper + room) | (most < program.row_lower - room)).any())


def breach(program: Program, x: NDArray[np.float64]) -> tuple[float, int | None]:
    """Return the worst relative breach of a row or bound, and its row (None where it is no row's).

    It is 0 where a plan keeps everything to the unit, and only there; see `allocopt.algebra.exact`.
    """
    if not np.isfinite(x).all():
        return math.inf, None
    over, beside = breaches(program, x)
    if not over.any() and not beside.any():
        return 0.0, None
    rows = over / (1 + size_of(program.row_lower, program.row_upper))
    columns = float((beside / (1 + size_of(program.lower, program.upper))).max(initial=0.0))
    worst = float(rows.max(initial=0.0))
    return max(worst, columns), int(rows.argmax()) if worst > 0 else None


def size_of(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the size of the limits of each row or column, as far as there are any."""
    low = np.abs(np.where(np.isfinite(lower), lower, 0.0))
    return np.maximum(low, np.abs(np.where(np.isfinite(upper), upper, 0.0)))


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
