"""Programs written in other units, so that the way there and back rounds nothing.

.. code-block:: text

    columns   x[j] = 2^column[j] x'[j]           rows   A'[i, j] = row[i] 2^column[j] A[i, j],  limits' = row[i] limits
    money     objective' = 2^-money objective    multipliers   y[i] = row[i] 2^money y'[i]

Rows are scaled by a power of two, or, where all their entries have few decimals, of ten: to whole numbers.

Solvers work with absolute tolerances, and drop entries below 1e-9: a row in which a unit adds 1e-9 is no row to them,
and ten digits of units are more than they can tell apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.exact import decimals, steps
from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve.leaves import Leaves
from allocopt.solve.rents import Rents
from allocopt.solve.solution import Solution
from allocopt.solve.start import Prices, Start

Powers = NDArray[np.int64]

SMALL = 1e-3
"""A row whose smallest entry is no smaller stays as it is."""
LARGEST = 20
"""No row is scaled by a power of two so that its largest entry is above 2^20."""
WIDE = 2.0**15
"""Units that a column may range over before it is too wide to be solved to the unit, and to the cent, at once."""


@dataclass(frozen=True, eq=False)
class Scaled:
    """A program in other units.

    Attributes
    ----------
    program : Program
    column : int64, shape (columns,)
    row : float64, shape (rows,)
    money : int
    """

    program: Program
    column: Powers
    row: Floats
    money: int = 0

    def into(self, x: Floats) -> Floats:
        """Return a plan in the program's units."""
        return np.ldexp(x, -self.column)

    def start(self, start: Start | None) -> Start | None:
        """Return where to start in the program's units."""
        if isinstance(start, Prices) and len(start.multipliers) == len(self.row):
            return Prices(np.ldexp(start.multipliers / self.row, -self.money))
        return start

    def back(self, found: Solution) -> Solution:
        """Return a solution in the units of the program that was scaled."""
        basis = found.basis
        if isinstance(basis, Prices):
            basis = Prices(self._prices(basis.multipliers))
        cases = tuple(
            replace(case, multipliers=None if case.multipliers is None else self._prices(case.multipliers))
            for case in found.cases
        )
        bound, rents = found.claimed_bound, found.rents
        if rents is not None:
            shift = self.money - self.column
            rents = Rents(self._prices(rents.price), np.ldexp(rents.toll, shift), np.ldexp(rents.rent, self.money))
        return replace(
            found,
            x=None if found.x is None else np.ldexp(found.x, self.column),
            multipliers=None if found.multipliers is None else self._prices(found.multipliers),
            claimed_bound=None if bound is None else bound * 2.0**self.money,
            basis=basis,
            cases=cases,
            rents=rents,
            leaves=None if found.leaves is None else self._grown(found.leaves),
        )

    def _grown(self, leaves: Leaves) -> Leaves:
        """Return what proves a bound in the units of the program that was scaled; whole columns keep theirs."""
        if not self.money and (self.row == 1.0).all():
            return leaves
        trees = []
        for tree in leaves.trees:
            row = np.append(self.row[tree.rows], np.ones(len(tree.sums)))
            trees.append(replace(tree, multipliers=np.ldexp(tree.multipliers * row, self.money)))
        return Leaves(self._prices(leaves.price), tuple(trees))

    def _prices(self, multipliers: Floats) -> Floats:
        return np.ldexp(multipliers * self.row, self.money)


def level(program: Program) -> Scaled:
    """Return the program with rows scaled so that a unit adds about 1 where it added next to nothing."""
    none, size = np.zeros(program.columns, np.int64), np.abs(program.data)
    factor = np.ones(program.rows)
    if not len(size) or size.min() >= SMALL:
        return Scaled(program, none, factor)
    least, most = np.full(program.rows, np.inf), np.zeros(program.rows)
    np.minimum.at(least, program.indices, size)
    np.maximum.at(most, program.indices, size)
    small = np.flatnonzero(least < SMALL)
    up = np.minimum(1 - np.frexp(least[small])[1], np.maximum(LARGEST - np.frexp(most[small])[1], 0))
    places = decimals(program, small)
    factor[small] = np.where(places > 0, 10.0**places, np.ldexp(1.0, up))
    data = program.data * factor[program.indices]
    by_ten = np.zeros(program.rows, dtype=bool)
    by_ten[small[places > 0]] = True
    data = np.where(by_ten[program.indices], np.rint(data), data)
    low, high = program.row_lower * factor, program.row_upper * factor
    for row, places_ in zip(small[places > 0].tolist(), places[places > 0].tolist(), strict=True):
        low[row] = steps(program.row_lower[row], places_, up=True)
        high[row] = steps(program.row_upper[row], places_, up=False)
    return Scaled(replace(program, data=data, row_lower=low, row_upper=high), none, factor)


def widths(program: Program) -> Floats:
    """Return how far each column ranges, as far as its bounds and rows of amounts say [unit of the column].

    A row of amounts has no negative entry and no column below zero: there no column can take more than the limit.
    Divisible columns that cost money and are in one row only (what is missing, what has to give way) range as far as
    others make them: infinitely.
    """
    upper = program.upper
    if len(upper) and upper.max() > WIDE:
        column = program.entry_column
        amounts = np.ones(program.rows, dtype=bool)
        amounts[program.indices[(program.data < 0) | (program.lower[column] < 0)]] = False
        share = np.where(amounts[program.indices], program.row_upper[program.indices] / np.abs(program.data), np.inf)
        upper = upper.copy()
        np.minimum.at(upper, column, np.maximum(share, 0.0))
        upper[(np.diff(program.indptr) <= 1) & ~program.integer & (program.cost <= 0)] = np.inf
    width: Floats = np.maximum(upper - program.lower, 0.0)
    return width


def narrowed(program: Program, width: Floats | None = None) -> Scaled:
    """Return the program with wide columns in larger units, so that none ranges over more than `WIDE` of them.

    Rows with a wide column are in larger units as well, and so is money.

    Parameters
    ----------
    program : Program
    width : float64, shape (columns,), optional
        How far columns range; by default `widths`.
    """
    width = widths(program) if width is None else width
    power = powers(width)
    column = np.where(width > WIDE, power, 0).astype(np.int64)
    row = np.zeros(program.rows, np.int64)
    if power:
        np.maximum.at(row, program.indices, np.repeat(column, np.diff(program.indptr)))
    return _scaled(program, column, np.ldexp(1.0, -row), power)


def powers(width: Floats) -> int:
    """Return the power of two in which the widest column ranges over no more than `WIDE`; 0 where none is wider."""
    widest = float(np.where(np.isfinite(width), width, 0.0).max(initial=0.0))
    return max(0, math.ceil(math.log2(widest / WIDE))) if widest > WIDE else 0


def _scaled(program: Program, column: Powers, row: Floats, money: int) -> Scaled:
    """Return the program in other units; the same arrays where nothing changes."""
    if not money:
        return Scaled(program, column, row)
    scaled = replace(
        program,
        cost=np.ldexp(program.cost, column - money),
        lower=np.ldexp(program.lower, -column),
        upper=np.ldexp(program.upper, -column),
        data=np.ldexp(program.data, np.repeat(column, np.diff(program.indptr))) * row[program.indices],
        row_lower=program.row_lower * row,
        row_upper=program.row_upper * row,
        integer=program.integer & (column == 0),
        constant=float(np.ldexp(program.constant, -money)),
    )
    return Scaled(scaled, column, row, money)
