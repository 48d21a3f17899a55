"""Who would give units up to short lines: the best exchanges of single units, for many lines and blocks at once.

.. code-block:: text

    spare[lot]   = max( 0 if units are free, max over arcs b of the lot that may ship less: need[line of b] - c[b] )
    need[line]   = max( 0 if it may get less, max over arcs a of the line that may ship more: c[a] + spare[lot of a] )
    a line takes a unit over its way a where c[a] + spare[lot of a] > 0: from free stock, from a line that loses it, or
    from one that is served from elsewhere instead, and so on; as long as units, and rows with room, are left

These are longest paths, and the plans that they lead to are successive shortest path flows. Rows besides those of lots
and lines count as they have room. That nothing better is left is proved by duality: prices -spare of lots, need of
lines, and of each row without room the least price at which no arc would use it, bound what a block can be worth at
all. Where the bound and the plan meet, no solver is asked. Source: successive shortest paths, e.g. Ahuja, Magnanti and
Orlin, Network Flows (1993), ch. 9; Bellman (1958).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from allocopt.algebra.grouping import extreme, places, summed
from allocopt.explain.board import Board
from allocopt.explain.change import Floats, Places
from allocopt.explain.ways import FLAT, Flags, Ways

SETTLING = 4
"""How often prices of lines and lots give each other what is left over."""
STEPS, ROUNDS = 40, 400
"""Exchanges that one unit may cause at most, and units (or lots of them) that one line takes one after the other."""
NOTHING = -1e30


@dataclass(frozen=True, eq=False)
class Net:
    """Arcs between lots and lines, with all that limits them: of a whole plan, or of one block for each question.

    Attributes
    ----------
    lot, line : int, shape (arcs,)
        The row of each arc's lot and line; -1: none, so that it stays as it is.
    cost, x, lower, upper : float64, shape (arcs,)
    entry_arc, entry_row, entry_value
        What arcs take of other rows.
    above, below : float64, shape (rows,)
        Room of each row, of lots and lines too.
    least : float64, shape (arcs,)
        The smallest part of a unit that may move.
    """

    lot: Places
    line: Places
    cost: Floats
    x: Floats
    lower: Floats
    upper: Floats
    entry_arc: Places
    entry_row: Places
    entry_value: Floats
    above: Floats
    below: Floats
    least: Floats

    def may(self, entries: Places | slice = slice(None)) -> tuple[Flags, Flags]:
        """Return which arcs may ship more, and which less, as far as rows besides those of lots and lines go."""
        movable = (self.lot >= 0) & (self.line >= 0)
        more, less = movable & (self.upper - self.x >= self.least), movable & (self.x - self.lower >= self.least)
        arc, row, value = self.entry_arc[entries], self.entry_row[entries], self.entry_value[entries]
        size = np.abs(value) * self.least[arc] * (1 - 1e-9)
        plus = value > 0
        up, down = self.above[row], self.below[row]
        more[arc[np.where(plus, up, down) < size]] = False
        less[arc[np.where(plus, down, up) < size]] = False
        return more, less


@dataclass(frozen=True, eq=False)
class Paths:
    """The best exchanges there are.

    Attributes
    ----------
    spare, need : float64, shape (rows,)
    giver : int, shape (rows,)
        By lot: the arc that ships less; -1: free units.
    taker : int, shape (rows,)
        By line: the arc that ships more instead; -1: it loses the unit.
    more, less : bool, shape (arcs,)
    pool : int, shape (arcs,)
        Of arcs that one row stops: where its room and a unit of the lot come from together; -1: from the lot alone.
    pooled, pool_giver : float64 and int, shape (pools,)
        As `spare` and `giver`, of arcs that give both.
    settled : bool
        Whether no exchange of more steps would be better.
    """

    spare: Floats
    need: Floats
    giver: Places
    taker: Places
    more: Flags
    less: Flags
    pool: Places
    pooled: Floats
    pool_giver: Places
    settled: bool

    def offer(self, net: Net, arcs: Places) -> Floats:
        """Return what a unit more over some arcs is worth, with all that gives way for it."""
        pool = self.pool[arcs]
        given = np.where(pool >= 0, np.append(self.pooled, 0.0)[pool], self.spare[net.lot[arcs]])
        worth: Floats = net.cost[arcs] + given
        return worth

    def gives(self, net: Net, arcs: Places) -> Places:
        """Return the arcs that ship less where some arcs ship more; -1: free units do."""
        pool = self.pool[arcs]
        found: Places = np.where(pool >= 0, np.append(self.pool_giver, -1)[pool], self.giver[net.lot[arcs]])
        return found


def paths(net: Net, inner: Flags, entries: Places | slice = slice(None)) -> Paths:
    """Return the best exchanges of a net over some of its arcs, of whose entries those named are all that there are."""
    more, less = net.may(entries)
    least = float(net.least.min(initial=1.0))
    spare = np.where(net.above >= least * (1 - 1e-9), 0.0, NOTHING)
    need = np.where(net.below >= least * (1 - 1e-9), 0.0, NOTHING)
    giver, taker = np.full(len(spare), -1, dtype=np.intp), np.full(len(spare), -1, dtype=np.intp)
    gives, takes = np.flatnonzero(less & inner), np.flatnonzero(more & inner)
    pool, sharing, shared, pools = _pools(net, inner, less, entries)
    pooled, pool_giver = np.full(pools, NOTHING), np.full(pools, -1, dtype=np.intp)
    held = np.flatnonzero((pool >= 0) & inner)
    tolerance = 1e-9 * max(1.0, float(np.abs(net.cost).max(initial=1.0)))
    settled = False
    for _ in range(STEPS):
        changed = _better(spare, giver, need[net.line[gives]] - net.cost[gives], net.lot[gives], gives, tolerance)
        changed |= _better(need, taker, spare[net.lot[takes]] + net.cost[takes], net.line[takes], takes, tolerance)
        changed |= _better(pooled, pool_giver, need[net.line[sharing]] - net.cost[sharing], shared, sharing, tolerance)
        changed |= _better(need, taker, pooled[pool[held]] + net.cost[held], net.line[held], held, tolerance)
        if not changed:
            settled = True
            break
    return Paths(spare, need, giver, taker, more, less, pool, pooled=pooled, pool_giver=pool_giver, settled=settled)


def _pools(net: Net, inner: Flags, less: Flags, entries: Places | slice) -> tuple[Places, Places, Places, int]:
    """Return where arcs that one row alone stops get its room and a unit of their lot from: other arcs of both.

    Returns
    -------
    pool : int, shape (arcs,)
    sharing, shared : int
        Arcs that may give room and unit at once, and the pool of each.
    pools : int
    """
    arc, row, value = net.entry_arc[entries], net.entry_row[entries], net.entry_value[entries]
    full = (value > 0) & (net.above[row] < value * net.least[arc] * (1 - 1e-9)) & (net.lot[arc] >= 0)
    short = (value < 0) & (net.below[row] < -value * net.least[arc] * (1 - 1e-9))
    stops = np.bincount(arc[full | short], minlength=len(net.x))
    arc, row, value = arc[full], row[full], value[full]
    key = net.lot[arc].astype(np.int64) * len(net.above) + row
    lone = (stops[arc] == 1) & (net.upper[arc] - net.x[arc] >= net.least[arc])
    gives = less[arc] & inner[arc]
    known, number = np.unique(key, return_inverse=True)
    number = number.ravel()
    least = np.full(len(known), np.inf)
    most = np.zeros(len(known))
    np.minimum.at(least, number, value)
    np.maximum.at(most, number, value)
    there = (np.bincount(number[gives], minlength=len(known)) > 0) & (least == most)
    pool = np.full(len(net.x), -1, dtype=np.intp)
    pool[arc[lone & there[number]]] = number[lone & there[number]]
    chosen = gives & there[number]
    return pool, arc[chosen], number[chosen], len(known)


def _better(value: Floats, arc_of: Places, offer: Floats, node: Places, arcs: Places, tolerance: float) -> bool:
    """Raise the values of nodes to the best offer, in place; return whether any was raised."""
    worth = np.flatnonzero(offer > np.maximum(value[node] + tolerance, NOTHING / 2))
    if not len(worth):
        return False
    node, offer, arcs = node[worth], offer[worth], arcs[worth]
    np.maximum.at(value, node, offer)
    best = np.flatnonzero(offer == value[node])[::-1]
    arc_of[node[best]] = arcs[best]
    return True


def gaps(net: Net, found: Paths, group: Places, row_group: Places, count: int) -> tuple[Floats, Floats]:
    """Return by how much a plan of each group can be bettered at most, and the prices of rows that prove it."""
    u, v = _prices(net, found)
    y = np.zeros(len(net.above))
    inside = (net.lot >= 0) & (net.line >= 0)
    lot, line = np.where(inside, net.lot, 0), np.where(inside, net.line, 0)
    left = np.where(inside, net.cost - u[lot] - v[line], 0.0)
    arcs = np.flatnonzero(inside)
    ones = np.ones(len(arcs))
    of_rows = (net.entry_arc, net.entry_row, net.entry_value, y, False)
    turns = [of_rows, (arcs, net.line[arcs], ones, v, True), (arcs, net.lot[arcs], ones, u, True)]
    for _ in range(SETTLING):
        for turn in turns:
            left = _settled(net, left, *turn)
    y[net.lot[inside]] = u[net.lot[inside]]
    y[net.line[inside]] = v[net.line[inside]]
    lost = np.where(left > 0, left * (net.upper - net.x), np.where(left < 0, left * (net.lower - net.x), 0.0))
    with np.errstate(invalid="ignore"):
        slack = np.where(y > 0, y * net.above, np.where(y < 0, -y * net.below, 0.0))
    return summed(lost, group, count) + summed(slack, row_group, count), y


def _settled(net: Net, left: Floats, arc: Places, row: Places, value: Floats, price: Floats, low: bool) -> Floats:
    """Let prices of rows without room, in place, take up what arcs have left over or lack; return what is left then."""
    each = left[arc] / value
    used, open_ = net.x[arc] - net.lower[arc] > FLAT, net.upper[arc] - net.x[arc] > FLAT
    most = extreme(np.minimum, each[used], row[used], len(price), none=np.inf)
    least = extreme(np.maximum, each[open_], row[open_], len(price), none=-np.inf)
    by = np.minimum(np.maximum(least, 0.0), most) if low else np.maximum(np.minimum(most, 0.0), least)
    by = np.where(np.isfinite(by) & (net.above < FLAT), np.maximum(by, -price), 0.0)
    price += by
    return left - summed(value * by[row], arc, len(left))


def _prices(net: Net, found: Paths) -> tuple[Floats, Floats]:
    """Return prices of lots and lines by row; where nothing may move, such that no arc would go on."""
    inside = np.flatnonzero((net.lot >= 0) & (net.line >= 0))
    lot, line, cost = net.lot[inside], net.line[inside], net.cost[inside]
    v = found.need.copy()
    u = -found.spare
    stiff = found.spare <= NOTHING / 2
    fixed = found.need <= NOTHING / 2
    v[fixed] = 0.0
    most = extreme(np.maximum, cost - v[line], lot, len(u), none=0.0)
    u[stiff] = most[stiff]
    used = net.x[inside] - net.lower[inside] > FLAT
    worst = extreme(np.minimum, (cost - u[lot])[used], line[used], len(v), none=np.inf)
    full = np.isfinite(worst) & (net.above < FLAT)  # what a full line earns beyond its stock is its own price
    v[full] = np.maximum(v, worst)[full]
    v[fixed] = np.where(np.isfinite(worst), worst, 0.0)[fixed]
    return u, v


@dataclass(frozen=True, eq=False)
class Answers:
    """What exchanges bring some lines.

    Attributes
    ----------
    units, money, gain : float64, shape (questions,)
        Units beyond the plan, what all that moves earns in money, and counted as stages count it.
    left : float64, shape (questions,)
        By how much more the block could gain at most; inf where nothing proves it.
    anyway : bool, shape (questions,)
        Whether the same exchange keeps the rows as they are, without anything lifted.
    question, arc, x : int, int and float64
        The arcs that move in each, and their new values.
    """

    units: Floats
    money: Floats
    gain: Floats
    left: Floats
    anyway: Flags
    question: Places
    arc: Places
    x: Floats

    def moves(self, question: int) -> tuple[Places, Floats]:
        """Return the arcs that move in the answer to one question, and their values."""
        mine = slice(*np.searchsorted(self.question, [question, question + 1]))
        return self.arc[mine], self.x[mine]


class Exchange(Board):
    """Finds out what exchanges bring short lines."""

    @cached_property
    def ends(self) -> tuple[Places, Places, Places, Places, Floats]:
        """Rows of the lot and the line of each arc (-1: none), and arc, row and amount of what else arcs take."""
        program, size = self.program, len(self.arcs)
        rules, rule, _ = self.wide.authors
        names = [one.name if one is not None else "" for one in rules]
        entry = slice(*program.indptr[[self.wide.ship, self.wide.ship + size]].tolist())
        row, value = program.indices[entry].astype(np.intp), program.data[entry]
        arc = program.entry_column[entry].astype(np.intp) - self.wide.ship
        found, kept = [], np.ones(len(row), dtype=bool)
        for name in ("supply", "demand"):
            mine = np.flatnonzero((rule[row] == names.index(name)) & (value == 1.0))
            at = np.full(size, -1, dtype=np.intp)
            at[arc[mine]] = row[mine]
            found.append(at)
            kept[mine] = False
        return found[0], found[1], arc[kept], row[kept], value[kept]

    @cached_property
    def least(self) -> Floats:
        """The smallest part of a unit that may move over each arc."""
        return np.where(self.facts.skus.divisible[self.facts.lots.sku[self.arcs.lot]], 1e-6, 1.0)

    @cached_property
    def plain_blocks(self) -> Flags:
        """Which blocks are lots, lines and limits of rows alone, so that duality as above says all of them."""
        block = self.wide.local.block_of
        plain = np.ones(int(block.max(initial=-1)) + 1, dtype=bool)
        lot, line, *_ = self.ends
        odd = np.ones(self.program.columns, dtype=bool)
        odd[self.wide.ship : self.wide.ship + len(self.arcs)] = (lot < 0) | (line < 0)
        plain[block[odd & (block >= 0)]] = False
        return plain

    def block_of_arcs(self, arcs: Places) -> Places:
        """Return the block of some arcs."""
        found: Places = self.wide.local.block_of[self.wide.ship + arcs]
        return found

    @cached_property
    def _whole(self) -> tuple[Paths, Floats, Places, Floats, Floats]:
        """The best exchanges of the plan as it is, the gap of each block; prices of rows by block that prove it."""
        lot, line, arc, row, value = self.ends
        rows, block = self.program.rows, self.block_of_arcs(np.arange(len(self.arcs)))
        lot, line = np.where(block >= 0, lot, -1), np.where(block >= 0, line, -1)
        keys, entry_row = np.unique(block[arc].astype(np.int64) * rows + row, return_inverse=True)
        above, below = np.append(self.room, self.room[keys % rows]), np.append(self.below, self.below[keys % rows])
        limits = {"above": above, "below": below, "least": self.least}
        net = Net(lot, line, *self.limits(), arc, rows + entry_row.ravel(), value, **limits)
        inside = (lot >= 0) & (line >= 0)
        found = paths(net, inside)
        count = len(self.plain_blocks)
        owner = np.full(len(above), count, dtype=np.intp)
        owner[lot[inside]] = owner[line[inside]] = block[inside]
        owner[rows:] = np.where(keys // rows >= 0, keys // rows, count)
        gap, y = gaps(net, found, np.where(block >= 0, block, count), owner, count + 1)
        gap = np.where(self.plain_blocks & found.settled, np.maximum(gap[:count], 0.0), np.inf)
        return found, gap, keys, y[:rows], y[rows:]

    @cached_property
    def tolerance(self) -> float:
        """What an exchange has to earn a unit to be one."""
        return 1e-9 * max(1.0, float(np.abs(self.worth).max(initial=1.0)))

    def limits(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return cost, plan and limits of all arcs."""
        span = slice(self.wide.ship, self.wide.ship + len(self.arcs))
        return self.program.cost[span], self.x, self.program.lower[span], self.program.upper[span]

    def offered(self, ways: Ways, lines: Places, lifted: Flags) -> Floats:
        """Return what the first exchange for each of some lines earns at most, if so much is lifted."""
        found, *_ = self._whole
        lot = self.ends[0][ways.arc]
        worth = np.where(lot >= 0, self.worth[ways.arc] + found.spare[np.maximum(lot, 0)], NOTHING)
        free = ways.loose(lifted)
        return extreme(np.maximum, worth[free], ways.line[free], len(ways.lines), none=0.0)[lines]

    def blocks(self, ways: Ways, lines: Places) -> Places:
        """Return the block of each of some lines that have ways; -1: none."""
        return self.block_of_arcs(ways.arc[ways.begins[lines]])

    def bounded(self, ways: Ways, lines: Places, lifted: Flags) -> Floats:
        """Return what the block of each of some lines can gain at most, if so much is lifted for the line."""
        _, gap, keys, own, shared = self._whole
        rows, block = self.program.rows, np.full(len(ways.lines), -1)
        block[lines] = self.blocks(ways, lines)

        def price(line: Places, row: Places) -> Floats:
            at = places(keys, block[line].astype(np.int64) * rows + row)
            return own[row] + np.where(at >= 0, np.append(shared, 0.0)[at], 0.0)

        each = ways.dearest(lifted, lines, price)
        inside = block[lines] >= 0
        left = np.where(inside, np.append(gap, np.inf)[np.where(inside, block[lines], -1)], np.inf)
        return left + each * ways.room[lines]

    def exchanged(self, ways: Ways, lines: Places, lifted: Flags) -> Answers:
        """Return what exchanges bring each of some lines if so much is lifted for it, all else as planned."""
        from allocopt.explain.rounds import Rounds

        return Rounds(self, ways, lines, lifted).answers()
