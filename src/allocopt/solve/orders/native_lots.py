"""Compiled: the best use of each lot, if each arc that uses it pays a rent once, and what orders collect of rents."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from allocopt.solve.orders.native_serving import ANY, kernel

DEEP = 2_000
"""Lots of more units are relaxed."""
WORK = 1 << 22
"""Steps of a dynamic program beyond which a lot is relaxed."""


def lots_at_rents(limit, begin, member, weight, value, rent, most, rigid, taken, shipped, picked, each, best, choice):
    """Return the sum over lots of what their arcs earn at best beyond rents.

    Parameters
    ----------
    limit : float64, shape (lots,)
        Whole units of each lot.
    begin, member : int64
        Arcs of each lot: ``member[begin[i] : begin[i + 1]]``.
    weight, value, rent, most : float64, shape (arcs,)
        Whole units of the lot, and money, for a unit on the arc; money once if anything ships; most units.
    rigid : bool, shape (arcs,)
        Whether an arc ships its most or nothing.
    taken, shipped : float64, shape (arcs,)
        Written: how far each arc is used (1, or the part that a long lot has room for), and its units.
    picked, each, best, choice : int64, float64, float64, int32
        Room to work in: for the arcs of the largest lot (twice), the units of the largest one that is not relaxed, and
        the product of both.
    """
    total = 0.0
    for r in range(len(limit)):
        n, wanted, work = 0, 0.0, 0.0
        for k in range(begin[r], begin[r + 1]):
            a = member[k]
            taken[a] = 0.0
            shipped[a] = 0.0
            u = min(most[a], np.floor(limit[r] / weight[a]))
            if rigid[a] and u < most[a]:
                continue
            if u > 0.0 and value[a] * u - rent[a] > 0.0:
                picked[n] = a
                n += 1
                wanted += weight[a] * u
                work += limit[r] if rigid[a] else limit[r] * u
        if n == 0:
            continue
        if wanted <= limit[r]:
            for k in range(n):
                a = picked[k]
                taken[a] = 1.0
                shipped[a] = min(most[a], np.floor(limit[r] / weight[a]))
                total += value[a] * shipped[a] - rent[a]
        elif limit[r] >= len(best) or work > WORK or n * (limit[r] + 1.0) > len(choice):
            total += _long(limit[r], picked, n, weight, value, rent, most, taken, shipped, each)
        else:
            total += _short(int(limit[r]), picked, n, weight, value, rent, most, rigid, taken, shipped, best, choice)
    return total


@kernel
def _long(limit, picked, n, weight, value, rent, most, taken, shipped, each):
    """Return the relaxation of one lot: arcs in the order of what a unit of it earns beyond its part of the rent."""
    for k in range(n):
        a = picked[k]
        u = min(most[a], np.floor(limit / weight[a]))
        each[k] = (value[a] - rent[a] / u) / weight[a]
    _sort(picked, each, n)
    total, rest = 0.0, limit
    for k in range(n):
        a = picked[k]
        u = min(most[a], np.floor(limit / weight[a]))
        part = min(rest, u * weight[a])
        total += each[k] * part
        taken[a] = part / (u * weight[a])
        shipped[a] = part / weight[a]
        rest -= part
        if rest <= 0.0:
            break
    return total


@kernel
def _sort(picked, each, n):
    """Sort the first n, the largest first (Shell's method)."""
    step = 1
    while 3 * step + 1 < n:
        step = 3 * step + 1
    while step > 0:
        for i in range(step, n):
            item, key, j = picked[i], each[i], i
            while j >= step and each[j - step] < key:
                picked[j], each[j] = picked[j - step], each[j - step]
                j -= step
            picked[j], each[j] = item, key
        step //= 3


@kernel
def _short(units, picked, n, weight, value, rent, most, rigid, taken, shipped, best, choice):
    """Return the optimum of one lot by dynamic programming over its units."""
    for c in range(units + 1):
        best[c] = 0.0
    for k in range(n):
        a = picked[k]
        v, f, w = value[a], rent[a], int(weight[a])
        u = int(min(most[a], float(units // w)))
        low, row = u if rigid[a] else 1, k * (units + 1)
        if low == u:
            gain, size = v * u - f, w * u
            for c in range(units, size - 1, -1):
                other = best[c - size] + gain
                got = other > best[c]
                choice[row + c] = u if got else 0
                best[c] = other if got else best[c]
            for c in range(size):
                choice[row + c] = 0
            continue
        for c in range(units, -1, -1):
            top, got = best[c], 0
            for x in range(min(u, c // w), low - 1, -1):
                if best[c - x * w] + v * x - f > top:
                    top, got = best[c - x * w] + v * x - f, x
            best[c] = top
            choice[row + c] = got
    total = best[units]
    c = units
    for k in range(n - 1, -1, -1):
        a = picked[k]
        x = choice[k * (units + 1) + c]
        if x > 0:
            taken[a] = 1.0
            shipped[a] = x
            c -= x * int(weight[a])
    return total


def orders_at_rents(order_line, line_arc, order_option, option, single, rent, charge, held):
    """Return the sum over orders of the most rent that they can collect; writes the arcs that they then hold.

    An order holds all arcs of one option (those with `single`), or of all its options; `charge` is what each option
    costs. Nothing is always possible.
    """
    total = 0.0
    for o in range(len(single)):
        first, last = line_arc[order_line[o]], line_arc[order_line[o + 1]]
        best, at = 0.0, -2
        for q in range(order_option[o], order_option[o + 1]) if single[o] else range(-1, 0):
            score = 0.0 if q == ANY else -charge[q]
            for a in range(first, last):
                if q == ANY or option[a] == q:
                    score += rent[a]
            if score > best:
                best, at = score, q
        total += best
        for a in range(first, last):
            held[a] = 1.0 if at == ANY or (at >= 0 and option[a] == at) else 0.0
    return total
