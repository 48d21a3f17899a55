"""Compiled: the search. Put one order in, take back what stands in its way, serve anew whoever lost or may gain.

Whether a move stays is decided by what it earns (simulated annealing: Kirkpatrick, Gelatt and Vecchi, Science 220
(1983)); forced insertion with ejection as in Glover, Ejection chains, Discrete Applied Mathematics 65 (1996). How much
work is done is counted in moves.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

import numpy as np

from allocopt.solve.orders.native_serving import (
    again,
    drain,
    draw,
    kernel,
    noise,
    opens,
    pour,
    put,
    surplus,
    undo,
    unserve,
)

LOOK = 48
"""Holders of a resource that are looked at when some of it is taken back."""
EACH = 5.0
"""Units of a line of which more are judged each by its part of what a move exchanges."""
TRIES = 3
"""Orders that are tried for each resource that a move left something of."""
WIDE = 1 << 14
"""Changes after which a move takes nothing more back and mends nothing more."""


@kernel
def used(b, a, r):
    """Return what a unit on an arc takes of a resource."""
    for k in range(b.arcs[a].use, b.arcs[a + 1].use):
        if b.uses[k].resource == r:
            return b.uses[k].amount
    return 1.0


@kernel
def take_back(b, r, need, o, heat):
    """Free so much of a resource where it is missed least; return whether it could be had."""
    n = b.resources[r + 1].user - b.resources[r].user
    for _ in range(64):
        if b.resources[r].left >= need:
            return True
        if n == 0 or b.tally[0] > WIDE:
            return False
        first, last = b.resources[r].user, b.resources[r + 1].user
        turn = first + draw(b, n) - 1
        best, at = np.inf, -1
        for _ in range(min(n, LOOK)):
            turn = turn + 1 if turn + 1 < last else first
            a = b.users[turn]
            if b.arcs[a].x <= 0.0:
                continue
            p = b.lines[b.arcs[a].line].order
            if p == o:
                continue
            score = b.arcs[a].worth
            if b.orders[p].whole:
                score = surplus(b, p) / max(min(b.arcs[a].x * used(b, a, r), need - b.resources[r].left), 1.0)
            score += heat * noise(b) / max(1.0, b.lines[b.arcs[a].line].units / EACH)
            if score < best:
                best, at = score, a
        if at < 0:
            return False
        p = b.lines[b.arcs[at].line].order
        if b.orders[p].whole:
            unserve(b, p)
            continue
        trim(b, at, np.ceil((need - b.resources[r].left) / used(b, at, r) - 1e-9))
    return b.resources[r].left >= need


@kernel
def trim(b, a, units):
    """Take units off an arc, and what else its shipment then cannot keep."""
    h = b.arcs[a].shipment
    shipment = b.shipments[h]
    cut = min(units, b.arcs[a].x)
    keep = np.floor((shipment.got - cut) / shipment.pack + 1e-9) * shipment.pack
    if keep < shipment.least:
        keep = 0.0
    if shipment.arc + 1 < b.shipments[h + 1].arc:
        put(b, a, b.arcs[a].x - cut)
        drain(b, h, shipment.got - keep)
    else:
        put(b, a, keep)


@kernel
def make_way(b, q, o, heat):
    """Free what an option takes once, by closing other orders there; return whether it can be used now."""
    if opens(b, q):
        return True
    for k in range(b.options[q].need, b.options[q + 1].need):
        s = b.needs[k]
        if b.switches[s].open > 0:
            continue
        for j in range(b.switches[s].once, b.switches[s + 1].once):
            r = b.onces[j].resource
            need = b.onces[j].amount
            if b.resources[r].rate > 0.0:
                continue
            n = b.resources[r + 1].taker - b.resources[r].taker
            for _ in range(8):
                if b.resources[r].left >= need:
                    break
                turn = draw(b, n)
                best, at = np.inf, -1
                for _ in range(min(n, LOOK)):
                    turn = turn + 1 if turn + 1 < n else 0
                    t = b.takers[b.resources[r].taker + turn]
                    p = b.switches[t].order
                    if b.switches[t].open > 0 and p != o:
                        score = surplus(b, p) + heat * noise(b)
                        if score < best:
                            best, at = score, p
                if at < 0:
                    break
                unserve(b, at)
            if b.resources[r].left < need and not take_back(b, r, need, o, heat):
                return False
    return opens(b, q)


@kernel
def chosen_option(b, o, heat):
    """Return the option that an order would earn most over if all it wants were there, with some chance."""
    best, at = -np.inf, -1
    for q in range(b.orders[o].option, b.orders[o + 1].option):
        score = heat * noise(b)
        for k in range(b.options[q].need, b.options[q + 1].need):
            score -= b.switches[b.needs[k]].fee
        for d in range(b.orders[o].line, b.orders[o + 1].line):
            top = 0.0
            for a in range(b.lines[d].arc, b.lines[d + 1].arc):
                if b.arcs[a].option == q:
                    top = max(top, b.arcs[a].worth * b.lines[d].units)
            score += top
        if score > best:
            best, at = score, q
    return at


@kernel
def force(b, o, heat):
    """Put an order in, taking back what stands in its way; False where an order that is whole stays short."""
    whole = b.orders[o].whole
    q = chosen_option(b, o, heat) if b.orders[o].single else -1
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        b.tally[2] += 1
        stamp = b.tally[2]
        rest = b.lines[d].units - b.lines[d].got
        if not whole and draw(b, 4) == 0:
            rest = np.ceil(rest * (draw(b, 1024) + 1) / 1024.0)
        while rest > 0.0:
            best, at = -np.inf, -1
            for a in range(b.lines[d].arc, b.lines[d + 1].arc):
                if (q < 0 or b.arcs[a].option == q) and b.arcs[a].tag != stamp:
                    score = b.arcs[a].worth + 0.2 * heat * noise(b) / max(1.0, b.lines[d].units / EACH)
                    if score > best:
                        best, at = score, a
            if at < 0:
                if whole:
                    return False
                break
            b.arcs[at].tag = stamp
            if not whole and b.arcs[at].worth + heat * noise(b) / max(1.0, b.lines[d].units / EACH) < 0.0:
                continue
            rest -= forced(b, at, rest, o, heat)
    return True


@kernel
def forced(b, a, units, o, heat):
    """Ship units more on an arc, taking back what stands in their way; return how many did."""
    if not make_way(b, b.arcs[a].option, o, heat):
        return 0.0
    h = b.arcs[a].shipment
    before = b.shipments[h].got
    wish = min(units, b.arcs[a].most - b.arcs[a].x)
    for k in range(b.arcs[a].use, b.arcs[a + 1].use):
        r = b.uses[k].resource
        if b.resources[r].rate > 0.0:
            continue
        take_back(b, r, min(wish * b.uses[k].amount, b.resources[r].limit), o, heat)
    pour(b, h, wish)
    return b.shipments[h].got - before


@kernel
def shift(b, o, heat):
    """Ship a little more of a line on one arc, at the cost of its others and of other orders; False: not possible."""
    d = b.orders[o].line + draw(b, b.orders[o + 1].line - b.orders[o].line)
    line = b.lines[d]
    n = b.lines[d + 1].arc - line.arc
    if n == 0 or (b.orders[o].whole and line.got < line.units):
        return False
    at = line.arc + draw(b, n)
    arc = b.arcs[at]
    if b.orders[o].single and b.options[arc.option].open == 0:
        return False
    h = arc.shipment
    more = min(max(b.shipments[h].pack * (1 + draw(b, 2)), b.shipments[h].least - b.shipments[h].got), arc.most - arc.x)
    if more <= 0.0:
        return False
    over = line.got + more - line.units
    turn = draw(b, n)
    for k in range(n):
        a = line.arc + (turn + k) % n
        if over > 0.0 and b.arcs[a].shipment != h and b.arcs[a].x > 0.0:
            before = line.got
            trim(b, a, over)
            over -= before - line.got
    if over > 0.0:
        return False
    got = line.got
    forced(b, at, line.units - got if b.orders[o].whole else more, o, heat)
    return line.got > got and not (b.orders[o].whole and line.got < line.units)


@kernel
def may_fit(b, o):
    """Return whether an order can be complete as far as the first resource of each arc tells."""
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        rest = b.lines[d].units
        for a in range(b.lines[d].arc, b.lines[d + 1].arc):
            arc = b.arcs[a]
            if arc.use == b.arcs[a + 1].use:
                rest = 0.0
                break
            use = b.uses[arc.use]
            if b.resources[use.resource].rate > 0.0:
                rest = 0.0
                break
            rest -= b.resources[use.resource].left / use.amount + arc.x
        if rest > 0.0:
            return False
    return True


@kernel
def mend(b, stamp):
    """Serve anew those who lost units in this move, and those who wait for what became free, in either order."""
    end = b.tally[0]
    flip = draw(b, 2)
    for half in range(2):
        for n in range(end):
            if b.tally[0] > WIDE:
                return
            a = b.log[n].arc
            if (half + flip) % 2 == 0:
                p = b.lines[b.arcs[a].line].order
                if b.orders[p].mark != stamp:
                    b.orders[p].mark = stamp
                    again(b, p)
            else:
                _waiting(b, a, stamp)


@kernel
def _waiting(b, a, stamp):
    """Serve anew some who could use what is left of an arc's first resource."""
    if b.arcs[a].use == b.arcs[a + 1].use:
        return
    r = b.uses[b.arcs[a].use].resource
    count = b.resources[r + 1].user - b.resources[r].user
    turn, tried = draw(b, count), 0
    for _ in range(min(count, 8 * TRIES)):
        if b.resources[r].left <= 0.0 or tried >= TRIES:
            return
        turn = turn + 1 if turn + 1 < count else 0
        other = b.users[b.resources[r].user + turn]
        line = b.lines[b.arcs[other].line]
        p = line.order
        if b.orders[p].mark != stamp and line.got < line.units:
            if b.orders[p].whole and not may_fit(b, p):
                continue
            b.orders[p].mark = stamp
            tried += 1
            again(b, p)


@kernel
def move(b, o, stamp, heat):
    """Put an order in, or out, or a little of it elsewhere, and mend what that did; False where it comes to nothing."""
    first, last = b.orders[o].line, b.orders[o + 1].line
    short = False
    for d in range(first, last):
        short |= b.lines[d].got < b.lines[d].units and b.lines[d + 1].arc > b.lines[d].arc
    arcs = b.lines[last].arc - b.lines[first].arc
    if arcs == 0:
        return False
    b.orders[o].mark = stamp
    if (not b.orders[o].whole or arcs > last - first) and draw(b, 3) == 0:
        if not shift(b, o, heat):
            return False
        mend(b, stamp)
        return True
    unserve(b, o)
    comes_back = False
    if short or (b.orders[o].single and draw(b, 2) == 0):
        if not force(b, o, heat):
            return False
    else:
        comes_back = not b.orders[o].single and draw(b, 2) == 0
    mend(b, stamp)
    if comes_back:
        again(b, o)
    return True


def anneal(b, pool, moves, stamp, hot, cold):
    """Make some moves while the temperature falls from hot to cold; return how many stayed.

    ``pool`` are the orders that are drawn, ``stamp`` a number that no move had yet; moves count on from it.
    """
    stayed = 0
    for m in range(moves):
        heat = hot * (cold / hot) ** (m / moves)
        b.tally[0] = 0
        base = b.total[0]
        o = pool[draw(b, len(pool))]
        if move(b, o, stamp + m, heat):
            change = b.total[0] - base
            if change >= -heat * noise(b):
                if b.tally[0] > 0:
                    stayed += 1
                continue
        undo(b, 0)
    return stayed
