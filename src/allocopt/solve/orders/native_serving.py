"""Compiled: serve an order from what is left, take units back, undo; the moves are made of these.

Every change of units goes through `put`, which keeps what is left of each resource, the money earned, and a log that
`undo` goes back through; so a move that turns out badly never was.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

INNER: Any = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
kernel: Any = njit(nogil=True, **INNER)
"""Compiled as a part of others, that hands out no arrays of its own: no counts of references are kept, nothing is
raised, and Python cannot call it. It halves the time of both compiling and running."""
ANY = -1
"""Stands for every option of an order."""
FREE = 1e-9
"""Residue of a division that is no unit."""


@kernel
def draw(b, below):
    """Return a random whole number from 0 to below - 1 (xorshift)."""
    v = b.tally[1]
    v ^= v << 13
    v ^= (v >> 7) & 0x01FFFFFFFFFFFFFF
    v ^= v << 17
    b.tally[1] = v
    return ((v >> 11) & 0x1FFFFFFFFFFFFF) % below


@kernel
def noise(b):
    """Return an exponentially distributed number of mean 1."""
    return -np.log((draw(b, 1 << 30) + 1) / (1 << 30))


@kernel
def put(b, a, units):
    """Set the units of one arc."""
    arc = b.arcs[a]
    change = units - arc.x
    if change == 0.0:
        return
    end = b.tally[0]
    if end < len(b.log):
        b.log[end].arc = a
        b.log[end].old = arc.x
    b.tally[0] = end + 1
    before = arc.x
    arc.x = units
    b.lines[arc.line].got += change
    b.shipments[arc.shipment].got += change
    for k in range(arc.use, b.arcs[a + 1].use):
        take(b, b.uses[k].resource, b.uses[k].amount * change)
    b.total[0] += arc.value * change
    if before == 0.0:
        b.options[arc.option].open += 1
        if b.options[arc.option].open == 1:
            turn(b, arc.option, 1)
    elif units == 0.0:
        b.options[arc.option].open -= 1
        if b.options[arc.option].open == 0:
            turn(b, arc.option, -1)


@kernel
def take(b, r, amount):
    """Take so much of a resource; what is missing is paid for, where that may be."""
    before = b.resources[r].left
    left = before - amount
    b.resources[r].left = left
    if b.resources[r].rate > 0.0 and (left < 0.0 or before < 0.0):
        b.total[0] += b.resources[r].rate * (min(left, 0.0) - min(before, 0.0))


@kernel
def turn(b, q, way):
    """Turn the switches of an option on (1) or off (-1), unless another option holds them."""
    for k in range(b.options[q].need, b.options[q + 1].need):
        s = b.needs[k]
        was = b.switches[s].open
        b.switches[s].open = was + way
        if (way == 1 and was == 0) or (way == -1 and was == 1):
            b.total[0] -= way * b.switches[s].fee
            for j in range(b.switches[s].once, b.switches[s + 1].once):
                take(b, b.onces[j].resource, way * b.onces[j].amount)


@kernel
def undo(b, to):
    """Go back to when the log had so many changes."""
    while b.tally[0] > to:
        end = b.tally[0] - 1
        put(b, b.log[end].arc, b.log[end].old)
        b.tally[0] = end


@kernel
def opens(b, q):
    """Return whether an option can be used: its switches are on, or what they take once is left."""
    if b.options[q].open > 0:
        return True
    for k in range(b.options[q].need, b.options[q + 1].need):
        s = b.needs[k]
        if b.switches[s].open == 0:
            for j in range(b.switches[s].once, b.switches[s + 1].once):
                r = b.onces[j].resource
                if b.resources[r].rate == 0.0 and b.resources[r].left < b.onces[j].amount:
                    return False
    return True


@kernel
def to_open(b, q, r):
    """Return what the switches of an option that are still off would take of a resource."""
    amount = 0.0
    for k in range(b.options[q].need, b.options[q + 1].need):
        s = b.needs[k]
        if b.switches[s].open == 0:
            for j in range(b.switches[s].once, b.switches[s + 1].once):
                if b.onces[j].resource == r:
                    amount += b.onces[j].amount
    return amount


@kernel
def room(b, a):
    """Return how many more units an arc can take."""
    arc = b.arcs[a]
    line = b.lines[arc.line]
    fits = min(arc.most - arc.x, line.units - line.got)
    if fits <= 0.0 or not opens(b, arc.option):
        return 0.0
    closed = b.options[arc.option].open == 0 and b.options[arc.option].need < b.options[arc.option + 1].need
    for k in range(arc.use, b.arcs[a + 1].use):
        r, amount = b.uses[k].resource, b.uses[k].amount
        left = b.resources[r].left
        if closed:
            left -= to_open(b, arc.option, r)
        if b.resources[r].rate == 0.0 and fits * amount > left:
            fits = np.floor(left / amount + FREE)
            if fits * amount > left:
                fits -= 1.0
            if fits <= 0.0:
                return 0.0
    return fits


@kernel
def pour(b, h, wish):
    """Ship up to so many units more of a shipment, best arcs first, in whole packs; return whether anything did."""
    start = b.tally[0]
    shipment = b.shipments[h]
    first, last = shipment.arc, b.shipments[h + 1].arc
    before = shipment.got
    rest = wish
    if last - first == 1:
        fits = min(rest, room(b, first))
        fits = np.floor((before + fits) / shipment.pack + FREE) * shipment.pack - before
        if fits <= 0.0 or before + fits < shipment.least:
            return False
        put(b, first, b.arcs[first].x + fits)
        return True
    while rest > 0.0:
        best, at, most = 0.0, -1, 0.0
        for a in range(first, last):
            if at < 0 or b.arcs[a].worth > best:
                fits = room(b, a)
                if fits > 0.0:
                    best, at, most = b.arcs[a].worth, a, fits
        if at < 0:
            break
        put(b, at, b.arcs[at].x + min(rest, most))
        rest -= min(rest, most)
    whole = np.floor(shipment.got / shipment.pack + FREE) * shipment.pack
    if whole < shipment.least or whole <= before:
        undo(b, start)
        return False
    drain(b, h, shipment.got - whole)
    return True


@kernel
def drain(b, h, units):
    """Take units off a shipment, worst arcs first."""
    first, last = b.shipments[h].arc, b.shipments[h + 1].arc
    while units > 0.0:
        worst, at = np.inf, -1
        for a in range(first, last):
            if b.arcs[a].x > 0.0 and b.arcs[a].worth < worst:
                worst, at = b.arcs[a].worth, a
        if at < 0:
            return
        cut = min(units, b.arcs[at].x)
        put(b, at, b.arcs[at].x - cut)
        units -= cut


@kernel
def unserve(b, o):
    """Take everything off an order."""
    for a in range(b.lines[b.orders[o].line].arc, b.lines[b.orders[o + 1].line].arc):
        if b.arcs[a].x > 0.0:
            put(b, a, 0.0)


@kernel
def fill(b, o, q):
    """Serve what is missing of an order over one option (or `ANY`), best shipments first.

    Returns False where an order that is whole or nothing stays short.
    """
    whole = b.orders[o].whole
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        b.tally[2] += 1
        stamp = b.tally[2]
        while b.lines[d].units > b.lines[d].got:
            best, at = 0.0, -1
            for a in range(b.lines[d].arc, b.lines[d + 1].arc):
                arc = b.arcs[a]
                pays = whole or arc.value > 0.0 or arc.worth > 0.0
                if (q == ANY or arc.option == q) and pays and arc.tag != stamp and (at < 0 or arc.worth > best):
                    best, at = arc.worth, a
            if at < 0:
                break
            h = b.arcs[at].shipment
            for a in range(b.shipments[h].arc, b.shipments[h + 1].arc):
                b.arcs[a].tag = stamp
            pour(b, h, b.lines[d].units - b.lines[d].got)
        if whole and b.lines[d].units > b.lines[d].got:
            return False
    return True


@kernel
def surplus(b, o):
    """Return what an order earns beyond the prices of what it takes."""
    total = 0.0
    for a in range(b.lines[b.orders[o].line].arc, b.lines[b.orders[o + 1].line].arc):
        if b.arcs[a].x > 0.0:
            total += b.arcs[a].worth * b.arcs[a].x
    for q in range(b.orders[o].option, b.orders[o + 1].option):
        if b.options[q].open > 0:
            for k in range(b.options[q].need, b.options[q + 1].need):
                total -= b.switches[b.needs[k]].fee
    return total


@kernel
def again(b, o):
    """Serve an order anew as well as what is left allows; what it had stays where that is no better."""
    start, base = b.tally[0], b.total[0]
    unserve(b, o)
    bare, nothing = b.tally[0], b.total[0]
    q, last = b.orders[o].option, b.orders[o + 1].option
    final = last - q == 1 or not b.orders[o].single
    if final and last - q > 1:
        q = ANY
    best, at = -np.inf, ANY
    while True:  # one option after the other, and the best of several once more
        good = (final or opens(b, q)) and fill(b, o, q) and b.total[0] >= nothing
        if final:
            if not good:
                undo(b, bare)
            break
        if good and b.total[0] > nothing:
            score = surplus(b, o)
            if score > best:
                best, at = score, q
        undo(b, bare)
        q += 1
        if q == last:
            if at == ANY:
                break
            q, final = at, True
    if b.total[0] < base - FREE or (b.total[0] <= base and b.tally[0] > start):
        undo(b, start)


def serve_all(b, units, orders):
    """Set the units of every arc, or of none, and then serve orders anew, one after the other."""
    for a in range(len(units)):
        put(b, a, units[a])
        b.tally[0] = 0
    for o in orders:
        again(b, o)
        b.tally[0] = 0
