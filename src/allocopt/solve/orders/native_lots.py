"""Compiled: the best use of each lot, if each arc that uses it pays a rent once, and what orders collect of rents."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import njit

ANY = -1


@njit(nogil=True)
def lots_at_rents(limit, begin, member, value, rent, most, rigid, taken, shipped, deep):
    """Return the sum over lots of what their arcs earn at best beyond rents.

    Parameters
    ----------
    limit : float64, shape (lots,)
        Whole units of each lot.
    begin, member : int64
        Arcs of each lot: ``member[begin[i] : begin[i + 1]]``.
    value, rent, most : float64, shape (arcs,)
        Money per unit, money once if anything ships, most units.
    rigid : bool, shape (arcs,)
        Whether an arc ships its most or nothing.
    taken, shipped : float64, shape (arcs,)
        Written: how far each arc is used (1, or the part that a long lot has room for), and its units.
    deep : int
        Lots of more units are relaxed: no dynamic program over units.
    """
    total = 0.0
    best = np.zeros(deep + 1)
    for r in range(len(limit)):
        n, wanted, units = 0, 0.0, int(limit[r])
        picked = np.empty(begin[r + 1] - begin[r], np.int64)
        for k in range(begin[r], begin[r + 1]):
            a = member[k]
            taken[a] = 0.0
            shipped[a] = 0.0
            u = min(most[a], limit[r])
            if rigid[a] and u < most[a]:
                continue
            if value[a] * u - rent[a] > 0.0:
                picked[n] = a
                n += 1
                wanted += u
        if n == 0 or units == 0:
            continue
        if wanted <= limit[r]:
            for k in range(n):
                a = picked[k]
                taken[a] = 1.0
                shipped[a] = min(most[a], limit[r])
                total += value[a] * shipped[a] - rent[a]
        elif units > deep:
            total += _long(limit[r], picked[:n], value, rent, most, taken, shipped)
        else:
            total += _short(units, picked[:n], value, rent, most, rigid, taken, shipped, best)
    return total


@njit(nogil=True)
def _long(limit, picked, value, rent, most, taken, shipped):
    """Return the relaxation of one lot: arcs in the order of what a unit earns beyond its part of the rent."""
    each = np.empty(len(picked))
    for k in range(len(picked)):
        a = picked[k]
        each[k] = rent[a] / min(most[a], limit) - value[a]
    total, rest = 0.0, limit
    for k in np.argsort(each):
        a = picked[k]
        u = min(most[a], limit)
        part = min(rest, u)
        total -= each[k] * part
        taken[a] = part / u
        shipped[a] = part
        rest -= part
        if rest <= 0.0:
            break
    return total


@njit(nogil=True)
def _short(units, picked, value, rent, most, rigid, taken, shipped, best):
    """Return the optimum of one lot by dynamic programming over its units."""
    n = len(picked)
    choice = np.zeros((n, units + 1), np.int32)
    best[: units + 1] = 0.0
    for k in range(n):
        a = picked[k]
        v, f = value[a], rent[a]
        u = int(min(most[a], float(units)))
        low = u if rigid[a] else 1
        for c in range(units, low - 1, -1):
            top, got = best[c], 0
            for x in range(min(u, c), low - 1, -1):
                if best[c - x] + v * x - f > top:
                    top, got = best[c - x] + v * x - f, x
            best[c] = top
            choice[k, c] = got
    total = best[units]
    c = units
    for k in range(n - 1, -1, -1):
        x = choice[k, c]
        if x > 0:
            taken[picked[k]] = 1.0
            shipped[picked[k]] = x
            c -= x
    return total


@njit(nogil=True)
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
