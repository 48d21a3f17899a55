"""Dense sums of the interior-point master, compiled: the same on any number of threads, and whatever BLAS there is.

Libraries of linear algebra add up in another order on another number of threads. Here every sum belongs to one thread.
Proposals stand group by group: ``usage`` has shape (groups, slots, rows). Source of `contrasts`: West, Updating mean
and variance estimates, Communications of the ACM 22 (1979); of `factor`: Golub and Van Loan, Matrix Computations, 4.2.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import njit, types

from allocopt.solve.prices.native_store import FLOATS, TABLE, compiled

CUBE = types.float64[:, :, ::1]
NUMBER = types.int64
ADDED = {"reassoc", "contract"}
"""Sums may be taken several terms at a time: always the same ones."""
TOGETHER, HIGH = 8, 32
"""Rows that are added up in one pass, and rows of a matrix that stay in the nearest memory meanwhile."""
LEAST = 1e-14
"""Part of the largest diagonal entry below which a pivot is none."""


@compiled((CUBE, FLOATS, TABLE), fastmath=ADDED)
def dots(usage, x, out):
    """Write the product of each proposal's use with `x` into `out`, shape (groups, slots)."""
    groups, slots, rows = usage.shape
    for group in range(groups):
        for slot in range(slots):
            proposal, total = usage[group, slot], 0.0
            for row in range(rows):
                total += proposal[row] * x[row]
            out[group, slot] = total


@compiled((CUBE, TABLE, FLOATS), fastmath=ADDED)
def sums(usage, weight, out):
    """Write the weighted sum of the proposals' use into `out`, shape (rows,)."""
    groups, slots, rows = usage.shape
    out[:] = 0.0
    for group in range(groups):
        for slot in range(slots):
            share = weight[group, slot]
            if share != 0.0:
                proposal = usage[group, slot]
                for row in range(rows):
                    out[row] += share * proposal[row]


@compiled((CUBE, TABLE, TABLE, types.float64), fastmath=ADDED)
def contrasts(usage, weight, lines, least):
    """Write lines whose squares add up to the weighted spread of each group's proposals; return how many.

    Of a group with weights w and mean u the spread is ``sum_p w[p] (u[p] - u) (u[p] - u)'``. It is written proposal by
    proposal, the heaviest first, each against the mean of those before: one line less than there are proposals, and
    light proposals (below `least`, relative to the heaviest weight that is added) are left out.
    """
    groups, slots, rows = usage.shape
    mean, order = np.empty(rows), np.empty(slots, np.int64)
    number, largest = 0, 0.0
    for group in range(groups):
        for slot in range(slots):
            place = slot
            while place > 0 and weight[group, order[place - 1]] < weight[group, slot]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = slot
        base = usage[group, order[0]]
        for row in range(rows):
            mean[row] = base[row]
        total = weight[group, order[0]]
        for rank in range(1, slots):
            here = weight[group, order[rank]]
            scale = here * total / (here + total) if here > 0.0 else 0.0
            largest = max(largest, scale)
            if scale <= least * largest:
                break
            root, part, proposal = np.sqrt(scale), here / (here + total), usage[group, order[rank]]
            line = lines[number]
            for row in range(rows):
                away = proposal[row] - mean[row]
                line[row] = root * away
                mean[row] += part * away
            total += here
            number += 1
    for empty in range(number, min(len(lines), -(-number // TOGETHER) * TOGETHER)):
        lines[empty] = 0.0
    return number


@njit(nogil=True, fastmath=ADDED)
def _at(lines, place, sign):
    """Return what `TOGETHER` lines hold at a place, times a sign."""
    a, b, c, d, e, f, g, h = lines
    return (
        sign * a[place],
        sign * b[place],
        sign * c[place],
        sign * d[place],
        sign * e[place],
        sign * f[place],
        sign * g[place],
        sign * h[place],
    )


@njit(nogil=True, fastmath=ADDED)
def _product(x, y):
    """Return the product of two times `TOGETHER` numbers."""
    return x[0] * y[0] + x[1] * y[1] + x[2] * y[2] + x[3] * y[3] + x[4] * y[4] + x[5] * y[5] + x[6] * y[6] + x[7] * y[7]


@njit(nogil=True, fastmath=ADDED)
def _add(matrix, lines, first, sign, begin, end):
    """Add the squares of `TOGETHER` lines, times a sign, to rows of a matrix from their diagonal on, four at a time."""
    # Parts of arrays that begin at 0: only so the compiler knows that no place is counted from the end.
    a, b, c, d = lines[first][begin:], lines[first + 1][begin:], lines[first + 2][begin:], lines[first + 3][begin:]
    e, f, g, h = lines[first + 4][begin:], lines[first + 5][begin:], lines[first + 6][begin:], lines[first + 7][begin:]
    every = (a, b, c, d, e, f, g, h)
    fours = (end - begin) // 4 * 4
    for row in range(0, fours, 4):
        p, q = _at(every, row, sign), _at(every, row + 1, sign)
        r, s = _at(every, row + 2, sign), _at(every, row + 3, sign)
        one, two = matrix[begin + row][begin:], matrix[begin + row + 1][begin:]
        three, four = matrix[begin + row + 2][begin:], matrix[begin + row + 3][begin:]
        for place in range(len(one)):
            here = (a[place], b[place], c[place], d[place], e[place], f[place], g[place], h[place])
            one[place] += _product(p, here)
            two[place] += _product(q, here)
            three[place] += _product(r, here)
            four[place] += _product(s, here)
    for row in range(fours, end - begin):
        p, one = _at(every, row, sign), matrix[begin + row][begin:]
        for place in range(len(one)):
            here = (a[place], b[place], c[place], d[place], e[place], f[place], g[place], h[place])
            one[place] += _product(p, here)


@compiled((TABLE, TABLE, NUMBER, NUMBER, NUMBER), fastmath=ADDED)
def squares(matrix, lines, number, begin, end):
    """Write the sum of squares of lines into rows `begin` to `end` of a matrix, from the diagonal on."""
    for top in range(begin, end, HIGH):
        bottom = min(top + HIGH, end)
        for row in range(top, bottom):
            matrix[row, top:] = 0.0
        for first in range(0, number, TOGETHER):
            _add(matrix, lines, first, 1.0, top, bottom)


@compiled((TABLE,), fastmath=ADDED)
def factor(matrix):
    """Replace a symmetric matrix, given from the diagonal on, by its upper Cholesky factor; False if it has none."""
    size = len(matrix)
    largest = 0.0
    for row in range(size):
        largest = max(largest, matrix[row, row])
    for begin in range(0, size, TOGETHER):
        end = min(begin + TOGETHER, size)
        for row in range(begin, end):
            line = matrix[row][row:]
            for above in range(begin, row):
                over = matrix[above][row:]
                times = over[0]
                for place in range(len(line)):
                    line[place] -= times * over[place]
            if not line[0] > LEAST * largest:
                return False
            root = 1.0 / np.sqrt(line[0])
            for place in range(len(line)):
                line[place] *= root
        if end < size:  # then the lines above are all there
            for top in range(end, size, HIGH):
                _add(matrix, matrix, begin, -1.0, top, min(top + HIGH, size))
    return True


@compiled((TABLE, FLOATS), fastmath=ADDED)
def solve(upper, x):
    """Solve ``upper' upper x = b``, where `x` holds b and is given the answer."""
    size = len(x)
    for row in range(size):
        x[row] /= upper[row, row]
        here, line, rest = x[row], upper[row][row + 1 :], x[row + 1 :]
        for place in range(len(rest)):
            rest[place] -= here * line[place]
    for row in range(size - 1, -1, -1):
        line, rest, total = upper[row][row + 1 :], x[row + 1 :], 0.0
        for place in range(len(rest)):
            total += line[place] * rest[place]
        x[row] = (x[row] - total) / upper[row, row]


FUNCTIONS = (dots, sums, contrasts, squares, factor, solve)
