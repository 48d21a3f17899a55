"""Compiled: what orders would take, and earn, if each resource had a price."""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from allocopt.solve.orders.native_serving import ANY, kernel


@kernel
def judge(b):
    """Set what a unit on each arc earns beyond the prices of what it takes."""
    for a in range(len(b.arcs) - 1):
        worth = b.arcs[a].value
        for k in range(b.arcs[a].use, b.arcs[a + 1].use):
            worth -= b.resources[b.uses[k].resource].price * b.uses[k].amount
        b.arcs[a].worth = worth


def answer(b, used, top, score):
    """Return what orders and resources together are worth at the prices; no plan is worth more.

    Writes what the orders would use of each resource, and the surplus of each order; `top` and `score` have room for
    a number for each option of any order.
    """
    judge(b)
    total = 0.0
    for r in range(len(b.resources) - 1):
        used[r] = 0.0
        total += b.resources[r].price * b.resources[r].limit
    for o in range(len(b.orders) - 1):
        best, at = 0.0, -2
        if b.orders[o].single:
            _scores(b, o, top, score)
            for q in range(b.orders[o].option, b.orders[o + 1].option):
                if score[q - b.orders[o].option] > best:
                    best, at = score[q - b.orders[o].option], q
        else:
            best, at = _earned(b, o, ANY), ANY
        if best < 0.0:
            best, at = 0.0, -2
        b.orders[o].surplus = best if at != -2 or not b.orders[o].whole else _earned(b, o, ANY)
        total += best
        if at != -2:
            _taken(b, o, at, used)
    return total


@kernel
def _scores(b, o, top, score):
    """Write what an order earns over each of its options at the prices."""
    whole = b.orders[o].whole != 0
    first, last = b.orders[o].option, b.orders[o + 1].option
    for q in range(first, last):
        score[q - first] = 0.0
        for k in range(b.options[q].need, b.options[q + 1].need):
            score[q - first] -= _charge(b, b.needs[k])
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        for i in range(last - first):
            top[i] = -1e18 if whole else 0.0
        for a in range(b.lines[d].arc, b.lines[d + 1].arc):
            i = b.arcs[a].option - first
            top[i] = max(top[i], b.arcs[a].worth)
        for i in range(last - first):
            score[i] += top[i] * b.lines[d].units


@kernel
def _best(b, d, q, whole):
    """Return the best arc of a line over an option, -1 where it earns nothing (and need not be served)."""
    top, at = 0.0, -1
    for a in range(b.lines[d].arc, b.lines[d + 1].arc):
        if (q == ANY or b.arcs[a].option == q) and (b.arcs[a].worth > top or (whole and at < 0)):
            top, at = b.arcs[a].worth, a
    return at


@kernel
def _earned(b, o, q):
    """Return what an order earns over an option at the prices."""
    whole = b.orders[o].whole != 0
    score = 0.0
    if q != ANY:
        for k in range(b.options[q].need, b.options[q + 1].need):
            score -= _charge(b, b.needs[k])
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        at = _best(b, d, q, whole)
        if at >= 0:
            score += b.arcs[at].worth * b.lines[d].units
        elif whole:
            return -1e18
    return score


@kernel
def _charge(b, s):
    """Return the fee of a switch and the price of what it takes once."""
    charge = b.switches[s].fee
    for j in range(b.switches[s].once, b.switches[s + 1].once):
        charge += b.resources[b.onces[j].resource].price * b.onces[j].amount
    return charge


@kernel
def _taken(b, o, q, used):
    """Add what an order takes over an option."""
    if q != ANY:
        for k in range(b.options[q].need, b.options[q + 1].need):
            s = b.needs[k]
            for j in range(b.switches[s].once, b.switches[s + 1].once):
                used[b.onces[j].resource] += b.onces[j].amount
    for d in range(b.orders[o].line, b.orders[o + 1].line):
        at = _best(b, d, q, b.orders[o].whole != 0)
        if at >= 0:
            for k in range(b.arcs[at].use, b.arcs[at + 1].use):
                used[b.uses[k].resource] += b.uses[k].amount * b.lines[d].units
