"""Sums of rows that do not round: where a plan's units are compared with limits, to the unit.

.. code-block:: text

    decimal row    every column whole, every entry whole times 10^-k, 0 <= k <= 9: sums and limits are integers
    other row      every column whole: the exact sum of entry * value, within 1e-12 of the sum of the terms' sizes
    divided row    some column is divisible: within 1e-9 of that sum

An entry such as 0.37 is read as the decimal that it was written as: it is whole times 10^-2 if 37 / 100 is that very
double. Integers beyond 2^53 are summed in parts of 18 bits, so that no sum of parts leaves 64 bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program
from allocopt.algebra.terms import Floats
from allocopt.arrays import Flags
from allocopt.rounding import ceiled, floored, residue

Exact = NDArray[np.object_]
"""Python integers or fractions, one per row."""

WHOLE = 2.0**53
"""Up to here every whole number is a double."""
DECIMALS = 9
"""Entries may have so many decimals for their row to count as one of decimals."""
SUMMED, DIVIDED = 1e-12, 1e-9
"""What rows that are not of decimals may be off by, relative to their terms' sizes: of whole columns, and others."""
ULP = 2.0**-52
PART = 18


def breaches(program: Program, x: Floats) -> tuple[Floats, Floats]:
    """Return by how much each row and each column is outside of its limits, beyond what its kind of row may be.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        Finite. Columns that are to be whole and are not count as divisible here.

    Returns
    -------
    rows : float64, shape (rows,)
        0 where the row is kept; never 0 where it is broken, by however little [unit of the row].
    columns : float64, shape (columns,)
    """
    spread = program.data * np.repeat(x, np.diff(program.indptr))
    sums = program.row_sums(spread)
    sizes = program.row_sums(np.abs(spread)) if (spread < 0).any() else sums
    divisible = ~(program.integer & (x == np.rint(x)))
    odd = program.data != np.rint(program.data)
    if divisible.any():
        odd |= np.repeat(divisible, np.diff(program.indptr))
    plain = np.bincount(program.indices[odd], minlength=program.rows) == 0
    plain &= sizes < WHOLE
    low, high = program.row_lower, program.row_upper
    low, high = np.where(plain, ceiled(low), low), np.where(plain, floored(high), high)
    length = np.bincount(program.indices, minlength=program.rows)
    error = np.where(plain, 0.0, (length + 2) * ULP * sizes + DIVIDED * sizes)
    outside = np.maximum(np.maximum(low - sums, sums - high), 0.0)
    unsure = np.flatnonzero(~plain & ((sums + error > high) | (sums - error < low)))
    if len(unsure):
        outside[unsure] = _outside(program, x, divisible, unsure)
    return outside, np.maximum(np.maximum(program.lower - x, x - program.upper), 0.0)


def room(program: Program, x: Floats) -> tuple[Floats, Floats]:
    """Return what a plan leaves of every row's limits: ``row_lower - A x`` and ``row_upper - A x``, rounded once.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        Whole numbers, for columns that are divisible as well.

    Returns
    -------
    low, high : float64, shape (rows,)
    """
    rows = _ExactSums.of(program, x, np.arange(program.rows))
    return _left(program.row_lower, rows, up=True), _left(program.row_upper, rows, up=False)


@dataclass(frozen=True, eq=False)
class _ExactSums:
    """Exact sums of some rows: ``total * scale``, with the decimals of rows that have them (else -1)."""

    decimals: NDArray[np.int64]
    total: Exact
    scale: Exact

    @staticmethod
    def of(program: Program, x: Floats, rows: NDArray[np.intp]) -> _ExactSums:
        """Sum up some rows of a program, ascending, at whole numbers."""
        mine, row = _entries(program, rows)
        entry, value = program.data[mine], np.repeat(x, np.diff(program.indptr))[mine]
        decimals = _decimals(entry, row, len(rows))
        power = 10.0 ** np.maximum(decimals, 0)
        total, scale = np.full(len(rows), 0, object), np.full(len(rows), Fraction(1), object)
        whole = decimals[row] >= 0
        if whole.any():
            total += _summed(np.rint(entry[whole] * power[row[whole]]), value[whole], row[whole], len(rows))
            for k in range(1, DECIMALS + 1):
                scale[decimals == k] = Fraction(1, 10**k)
        if not whole.all():
            # Two integers of 53 bits hold an entry, at the size of the largest one of its row.
            row, entry, value = row[~whole], entry[~whole], value[~whole]
            largest = extreme(np.maximum, np.abs(entry), row, len(rows), none=0.0)
            shift = 53 - np.frexp(largest)[1]
            upper = np.trunc(np.ldexp(entry, shift[row]))
            lower = np.rint(np.ldexp(np.ldexp(entry, shift[row]) - upper, 53))
            total += (_summed(upper, value, row, len(rows)) << 53) + _summed(lower, value, row, len(rows))
            for place_ in np.flatnonzero(decimals < 0).tolist():
                scale[place_] = Fraction(2) ** -int(shift[place_] + 53)
        return _ExactSums(decimals, total, scale)

    def sum(self, row: int) -> Fraction:
        """Return the sum of a row."""
        return Fraction(self.total[row] * self.scale[row])

    def limit(self, row: int, limit: float, *, up: bool) -> Fraction:
        """Return a limit of a row: in steps of its decimals where it has them, rounded inward."""
        decimals = int(self.decimals[row])
        return Fraction(limit) if decimals < 0 else Fraction(steps(limit, decimals, up=up), 10**decimals)


def decimals(program: Program, rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return with how many decimals all entries of each of some rows are whole, -1 where it takes more than nine."""
    mine, row = _entries(program, rows)
    return _decimals(program.data[mine], row, len(rows))


def _entries(program: Program, rows: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the entries of some rows, row by row, and whose each is (its rank in `rows`)."""
    place = np.full(program.rows, -1)
    place[rows] = np.arange(len(rows))
    mine = np.flatnonzero(place[program.indices] >= 0)
    mine = mine[np.argsort(place[program.indices[mine]], kind="stable")]
    return mine, place[program.indices[mine]]


def _decimals(entry: Floats, row: NDArray[np.intp], count: int) -> NDArray[np.int64]:
    """Return the least number of decimals with which all entries of a row are whole, -1 where it is above nine."""
    found = np.zeros(count, np.int64)
    open_ = np.arange(len(entry))
    for k in range(DECIMALS + 1):
        raised = np.rint(entry[open_] * 10.0**k)
        fits = (raised / 10.0**k == entry[open_]) & (np.abs(raised) < WHOLE)
        found[row[open_[~fits]]] = k + 1
        # Entries of a row that has to have more decimals are looked at again: most rows are done at once.
        again = np.zeros(count, dtype=bool)
        again[row[open_[~fits]]] = True
        open_ = open_[again[row[open_]]]
        if not len(open_):
            break
    return np.where(found > DECIMALS, -1, found)


def _summed(entry: Floats, value: Floats, row: NDArray[np.intp], count: int) -> Exact:
    """Return the exact sums of whole entries times whole values by row; rows ascending, both below 2^54."""
    total = np.full(count, 0, object)
    if not len(row):
        return total
    first = np.flatnonzero(np.diff(row, prepend=-1))
    present = row[first]
    sizes = np.zeros(count)
    sizes[present] = np.add.reduceat(np.abs(entry * value), first)
    if sizes.max() < WHOLE / 2:
        total[present] = np.add.reduceat((entry * value).astype(np.int64), first).astype(object)
        return total
    one, other = _parts(entry), _parts(value)
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            if a.any() and b.any():
                total[present] += np.add.reduceat(a * b, first).astype(object) << (PART * (i + j))
    return total


def _parts(numbers: Floats) -> list[NDArray[np.int64]]:
    """Return whole numbers as parts of 18 bits, the lowest first, each with the sign of its number."""
    size, sign = np.abs(numbers).astype(np.int64), np.sign(numbers).astype(np.int64)
    mask = (1 << PART) - 1
    return [sign * ((size >> (PART * part)) & mask) for part in range(4)]


def steps(limit: float, decimals: int, *, up: bool) -> Any:
    """Return a limit in steps of ``10^-decimals``, rounded inward but for a residue; infinite where it is."""
    if not np.isfinite(limit):
        return limit
    exact = Fraction(limit) * 10**decimals
    near = round(exact)
    # The nearest double to that many steps is meant as that many steps; so is what a sum of them may be off by.
    slack = Fraction(float(residue(np.asarray(float(exact))))) if abs(exact) < WHOLE else 0
    if near / 10**decimals == limit or abs(near - exact) <= slack:
        return near
    return math.ceil(exact) if up else math.floor(exact)


def _left(limits: Floats, rows: _ExactSums, *, up: bool) -> Floats:
    """Return limits less sums, rounded once."""
    left = limits.copy()
    for row in np.flatnonzero(np.isfinite(limits)).tolist():
        left[row] = float(rows.limit(row, limits[row], up=up) - rows.sum(row))
    return left


def _outside(program: Program, x: Floats, divisible: Flags, rows: NDArray[np.intp]) -> Floats:
    """Return by how much some rows are outside of their limits, beyond what they may be off by."""
    mine, row = _entries(program, rows)
    column = program.entry_column[mine]
    terms = program.data[mine] * x[column]
    sizes = np.bincount(row, weights=np.abs(terms), minlength=len(rows))
    sums = np.bincount(row, weights=terms, minlength=len(rows))
    divided = np.bincount(row, weights=divisible[column], minlength=len(rows)) > 0
    low, high = program.row_lower[rows], program.row_upper[rows]
    outside = np.maximum(np.maximum(low - sums, sums - high), 0.0)
    outside[outside <= DIVIDED * sizes] = 0.0
    whole = np.flatnonzero(~divided)
    if len(whole):
        exact = _ExactSums.of(program, x, rows[whole])
        for place, row_ in enumerate(whole.tolist()):
            outside[row_] = _beyond(exact, place, low[row_], high[row_], sizes[row_])
    return outside


def _beyond(exact: _ExactSums, place: int, low: float, high: float, size: float) -> float:
    """Return by how much a row over whole columns is outside of its limits."""
    over = [Fraction(0)]
    if np.isfinite(low):
        over.append(exact.limit(place, low, up=True) - exact.sum(place))
    if np.isfinite(high):
        over.append(exact.sum(place) - exact.limit(place, high, up=False))
    return float(max(over)) if max(over) > (0 if exact.decimals[place] >= 0 else SUMMED * size) else 0.0
