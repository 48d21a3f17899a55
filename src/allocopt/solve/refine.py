"""Large numbers, solved to the unit: a rough answer in large units first, then what is left around it in smaller ones.

.. code-block:: text

    x = x0 + d      row_lower - A x0 <= A d <= row_upper - A x0      |d| <= radius      maximise c d

What `x0` leaves of the limits is computed in integers, so nothing is lost however large the numbers are; the solver
sees small ones only. Each answer's errors are a part of its units: the next radius is that much smaller, until a unit
is a unit and all columns are in whole units again. `x0` need not keep the rows: what it breaks is mended on the way.
Where an answer lies at the edge of its box the box moves along with it first.

Multipliers of any step bound the whole program, so the proof needs none of the boxes. Source: Gleixner, Steffy, Wolter,
Iterative refinement for linear programming, INFORMS Journal on Computing 28 (2016).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

import numpy as np

from allocopt.algebra.exact import room
from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve.certificate import breach, relative_gap, upper_bound, worth
from allocopt.solve.scaling import WIDE, Scaled, narrowed, powers, widths
from allocopt.solve.solution import Clock, Solution

METHOD = "refinement"


class Core(Protocol):
    """Solves a program of small numbers."""

    def __call__(self, small: Program, *, gap: float, known: Floats | None, first: bool) -> Solution:
        """Return the answer.

        `known` is a plan that keeps every row; `first` says that it is the whole program, not what is left around a
        plan.
        """


FINER = 6
"""An answer is taken to be right to 2^-6 of its units: the next box reaches that far."""
BOX = WIDE / 2
"""Half width of the last box [unit]."""
EDGE = 0.9
"""A column that went so far toward the edge of its box might go further."""
ROUNDS = 24
"""Steps after which what was found is as good as it gets."""
LARGER, GROWTHS = 4, 3
"""A box in which no plan keeps the rows grows by 2^4, so often before the program is handed on as it is."""
AGAIN = 3
"""A box is moved along so often before it shrinks all the same."""
CALM = 1e3
"""A last step that earned more than this is followed by another one: its own gap was relative to that [currency]."""
COARSE = 2.0**11
"""A unit of a column that moves a row by more is decided in large units already; no later box could mend it."""


def wide(program: Program) -> bool:
    """Return whether numbers are too large to be solved to the unit at once."""
    return powers(widths(program)) > 0


def refined(program: Program, core: Core, clock: Clock, *, gap: float, known: Floats | None = None) -> Solution:
    """Solve a program of large numbers.

    Parameters
    ----------
    program : Program
        One that is `wide`; the smallest entries of its rows are about 1 (see `level`).
    core : callable
        Solves programs that are not.
    clock : Clock
    gap : float
        A plan this close to its bound, relative to ``max(1, |objective|)``, is called optimal.
    known : float64, shape (columns,), optional
        A plan that keeps every row.

    Returns
    -------
    Solution
        ``claimed_bound`` is our own, or the solver's where a column had to be decided in large units.
    """
    search = _Search(program, gap, known)
    for _ in range(ROUNDS):
        scaled = search.around()
        first = bool(np.isinf(search.radius))
        answer = core(scaled.program, gap=search.target(scaled), known=search.standing(scaled), first=first)
        search.iterations += answer.iterations
        if answer.x is None:
            if answer.status == "infeasible" and search.enlarged():
                continue
            break
        if search.took(scaled, answer):
            break
    if search.found is None and clock.left <= 0:
        message = "the time limit came before a plan was found"
        return Solution("interrupted", method=METHOD, iterations=search.iterations, message=message)
    if search.found is None:
        found = core(program, gap=gap, known=known, first=True)
        return replace(found, iterations=found.iterations + search.iterations)
    return search.solution()


class _Search:
    """Where a refinement stands: around which plan, how far its box reaches, and what was found."""

    def __init__(self, program: Program, gap: float, known: Floats | None) -> None:
        self.program, self.gap, self.known = program, gap, known
        self.width = widths(program)
        self.wide = self.width > WIDE
        self.x = np.rint(np.clip(0.0, program.lower, program.upper))
        self.radius, self.grown, self.again = np.inf, 0, 0
        self.prices: Floats | None = None
        self.bound, self.claimed = np.inf, np.inf
        self.found: Floats | None = None
        self.last: Solution | None = None
        self.iterations = 0

    def around(self) -> Scaled:
        """Return what is left around the plan, in units that fit the box."""
        program, radius = self.program, np.where(self.wide, self.radius, np.inf)
        low = np.maximum(program.lower - self.x, -radius)
        high = np.minimum(program.upper - self.x, radius)
        row_low, row_high = room(program, self.x)
        far = _reach(program, np.maximum(np.abs(low), np.abs(high)))
        left = replace(
            program,
            lower=low,
            upper=high,
            row_lower=np.where(row_low < -far, -np.inf, row_low),
            row_upper=np.where(row_high > far, np.inf, row_high),
            constant=0.0,
        )
        scaled = narrowed(left, np.where(self.wide, np.minimum(2 * radius, self.width), 0.0))
        if not scaled.money:
            return scaled
        coarse = scaled.program.integer & (_largest(program) > COARSE)
        return replace(scaled, program=replace(scaled.program, integer=coarse))

    def target(self, scaled: Scaled) -> float:
        """Return the gap of a step that makes the whole plan close enough."""
        if np.isinf(self.bound):
            return self.gap
        size = worth(self.program, self.x)
        unit = 2.0**scaled.money
        return self.gap * max(1.0, abs(size)) / max(unit, abs(self.bound - size))

    def standing(self, scaled: Scaled) -> Floats | None:
        """Return a plan of a step that keeps every row, where one is known."""
        if self.found is not None:
            return np.zeros(self.program.columns) if (self.found == self.x).all() else None
        return scaled.into(self.known - self.x) if self.known is not None and np.isinf(self.radius) else None

    def enlarged(self) -> bool:
        """Let the box grow where it holds no plan; return whether it could."""
        self.grown += 1
        could = np.isfinite(self.radius) and self.grown <= GROWTHS
        self.radius *= 2.0**LARGER
        return bool(could)

    def took(self, scaled: Scaled, answer: Solution) -> bool:
        """Move to an answer; return whether the search is over."""
        back = scaled.back(answer)
        assert back.x is not None
        assert answer.x is not None
        self.last = back
        if back.multipliers is not None:
            bound = upper_bound(self.program, back.multipliers)
            if bound <= self.bound:
                self.bound, self.prices = bound, back.multipliers
        if np.isinf(self.radius) and scaled.program.integer.any() and back.claimed_bound is not None:
            self.claimed = back.claimed_bound + self.program.constant
        pressed = self.wide & (np.abs(back.x) >= EDGE * self.radius)
        pressed &= (self.x + back.x > self.program.lower) & (self.x + back.x < self.program.upper)
        if scaled.money:
            self.x = self._whole(self.x + back.x)
            if (answer.status == "optimal" and not pressed.any()) or self.again >= AGAIN:
                self.radius, self.again = max(BOX, 2.0 ** (scaled.money - FINER)), -1
            self.again += 1
            return False
        x = np.clip(self.x + back.x, self.program.lower, self.program.upper)
        x = np.where(self.program.integer, np.rint(x), x)
        gain = scaled.program.objective(answer.x)
        if breach(self.program, x)[0] > 0:
            return not self.enlarged()
        if self.found is None or gain > 0:
            self.found = x
        self.x, self.again = self._whole(x), self.again + 1
        more = pressed.any() or abs(gain) > CALM
        return answer.status != "optimal" or self.again > AGAIN or not more

    def _whole(self, x: Floats) -> Floats:
        """Return whole numbers next to a plan, for divisible columns as well: sums of these are exact."""
        low, high = np.ceil(self.program.lower), np.floor(self.program.upper)
        whole: Floats = np.clip(np.rint(x), np.minimum(low, high), high)
        return whole

    def solution(self) -> Solution:
        """Return the plan that was found, and what is proven of it."""
        assert self.found is not None
        assert self.last is not None
        bound = min(self.bound, self.claimed)
        close = relative_gap(worth(self.program, self.found), bound) <= self.gap * (1 + 1e-9) + 1e-12
        return replace(
            self.last,
            status="optimal" if close else "feasible",
            x=self.found,
            multipliers=self.prices,
            claimed_bound=bound,
            method=f"{METHOD}, {self.last.method}",
            iterations=self.iterations,
            message="" if close else self.last.message or "the gap that was asked for is not reached",
            basis=None,
            leaves=None,
        )


def _reach(program: Program, far: Floats) -> Floats:
    """Return how far the sum of each row can move when each column moves so far."""
    moves = np.abs(program.data) * np.repeat(far, np.diff(program.indptr))
    sums: Floats = np.bincount(program.indices, weights=moves, minlength=program.rows).astype(np.float64)
    return sums * (1 + 1e-9)


def _largest(program: Program) -> Floats:
    """Return the size of the largest entry of each column."""
    largest = np.zeros(program.columns)
    column = program.entry_column
    np.maximum.at(largest, column, np.abs(program.data))
    return largest
