"""Many short lines, each in a copy of its block: units go to it one exchange after the other, in all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from allocopt.algebra.grouping import extreme, places, runs, starts, summed
from allocopt.explain.exchange import ROUNDS, STEPS, Answers, Net, Paths, gaps, paths
from allocopt.explain.ways import FLAT, Flags, Floats, Places, Ways

if TYPE_CHECKING:
    from allocopt.explain.exchange import Exchange


class Rounds:
    """Copies of blocks, one for each question.

    Parameters
    ----------
    board : Exchange
    ways : Ways
    lines : int array
        Positions among the lines of `ways`; each is a question.
    lifted : bool, shape (pairs of `ways`,)
    """

    def __init__(self, board: Exchange, ways: Ways, lines: Places, lifted: Flags) -> None:
        self.board, self.ways, self.lines, self.lifted = board, ways, lines, lifted
        self.need = ways.short[lines].copy()
        self.whole = ways.whole[lines]
        local, ship = board.wide.local, board.wide.ship
        block = board.block_of_arcs(ways.arc[ways.begins[lines]])
        column, self.question = runs(local.begins, block)
        arc = local.members[column] - ship
        kept = (arc >= 0) & (arc < len(board.arcs))
        order = np.lexsort((arc[kept], self.question[kept]))
        self.arc, self.question = arc[kept][order], self.question[kept][order]
        self.plain = board.plain_blocks[block]
        self._copied()

    def _copied(self) -> None:
        """Make the net of all copies."""
        board, ways, arc, question = self.board, self.ways, self.arc, self.question
        way = places(ways.arc, arc)
        mine = (way >= 0) & (ways.line[way] == self.lines[question])
        own = board.arcs.line[arc] == ways.lines[self.lines[question]]
        there = np.zeros(len(arc), dtype=bool)
        there[mine] = ways.loose(self.lifted)[way[mine]]
        self.start = own & there
        lot, line, entry_arc, row, value = board.ends
        begins = starts(entry_arc, len(board.arcs))
        entry, place = runs(begins, arc)
        row, value = row[entry], value[entry]
        free = np.zeros(len(row), dtype=bool)
        at = np.flatnonzero(self.start[place])
        pair = ways.pair(self.lines[question[place[at]]], board.thing[row[at]])
        free[at] = (pair >= 0) & self.lifted[pair]
        rows = board.program.rows
        keys = [question[place].astype(np.int64) * rows + row]
        keys += [question.astype(np.int64) * rows + end[arc] for end in (lot, line)]
        inside = (lot[arc] >= 0) & (line[arc] >= 0) & (~own | self.start)
        known, number = np.unique(np.concatenate([keys[0], keys[1][inside], keys[2][inside]]), return_inverse=True)
        entry_row, ends = number[: len(row)], np.full((2, len(arc)), -1, dtype=np.intp)
        ends[:, inside] = number[len(row) :].reshape(2, -1)
        self.row_question, room = known // rows, known % rows
        cost, x, lower, upper = (part[arc] for part in board.limits())
        wanted = board.facts.lines.units[board.arcs.line[arc]]
        upper = np.where(self.start & ways.freed(self.lifted)[way], np.maximum(wanted, upper), upper)
        self.inner = inside & ~own
        self.lost = place[free], entry_row[free], value[free]
        counts = ~free
        self.net = Net(
            *(ends[0], ends[1], cost, x.copy(), lower, upper),
            *(place[counts], entry_row[counts], value[counts]),
            *(board.room[room], board.below[room], board.least[arc]),
        )
        self.before = x
        self._entries()

    def _entries(self) -> None:
        """List what each arc takes of all rows, those of its lot and line too."""
        net = self.net
        inside = np.flatnonzero(net.lot >= 0)
        arc = np.concatenate([net.entry_arc, inside, inside])
        order = np.argsort(arc, kind="stable")
        self.row = np.concatenate([net.entry_row, net.lot[inside], net.line[inside]])[order]
        self.value = np.concatenate([net.entry_value, np.ones(2 * len(inside))])[order]
        self.begins = starts(arc[order], len(self.arc))

    def answers(self) -> Answers:
        """Return what every line gets."""
        taken, active = np.zeros(len(self.lines)), self.need > FLAT
        inner, mine = self.inner, np.arange(len(self.net.entry_arc))
        for _ in range(ROUNDS):
            found = paths(self.net, inner, mine)
            start, value = self._best(found, active)
            active &= (value > self.board.tolerance) & (self.need - taken > FLAT)
            if not active.any():
                break
            asked = np.flatnonzero(active)
            units = self._moved(found, asked, start[asked], (self.need - taken)[asked])
            taken[asked] += units
            active[asked[units <= 0]] = False
            inner = inner & active[self.question]
            mine = mine[active[self.question[self.net.entry_arc[mine]]]]
        return self._answers(paths(self.net, self.inner), taken)

    def _best(self, found: Paths, active: Flags) -> tuple[Places, Floats]:
        """Return the way over which each line would take a unit, and what that earns."""
        mine = np.flatnonzero(self.start & (found.more | (found.pool >= 0)))
        mine = mine[active[self.question[mine]]]
        offer = found.offer(self.net, mine)
        question = self.question[mine]
        value = extreme(np.maximum, offer, question, len(self.lines), none=-np.inf)
        best = np.flatnonzero(offer == value[question])[::-1]
        start = np.full(len(self.lines), -1, dtype=np.intp)
        start[question[best]] = mine[best]
        return start, value

    def _moved(self, found: Paths, asked: Places, start: Places, most: Floats) -> Floats:
        """Make one exchange for each of some questions, as large as it can be; return its units."""
        net = self.net
        steps, signs, owners = [start], [np.ones(len(start))], [np.arange(len(asked))]
        on, other = np.arange(len(asked)), start
        for _ in range(STEPS):
            arc = found.gives(net, other)
            on, arc = on[arc >= 0], arc[arc >= 0]
            steps, signs, owners = [*steps, arc], [*signs, -np.ones(len(arc))], [*owners, on]
            other = found.taker[net.line[arc]]
            on, other = on[other >= 0], other[other >= 0]
            steps, signs, owners = [*steps, other], [*signs, np.ones(len(other))], [*owners, on]
            if not len(on):
                break
        arc, sign, owner = np.concatenate(steps), np.concatenate(signs), np.concatenate(owners)
        units = most.copy()
        units[on] = 0.0  # an exchange that comes back to itself
        np.minimum.at(units, owner, np.where(sign > 0, net.upper[arc] - net.x[arc], net.x[arc] - net.lower[arc]))
        entry, place = runs(self.begins, arc)
        rows, at = np.unique(self.row[entry], return_inverse=True)
        net_of = summed(self.value[entry] * sign[place], at, len(rows))
        asks = extreme(np.maximum, owner[place], at, len(rows), none=-1)
        moving = np.abs(net_of) > 1e-12
        room = np.where(net_of > 0, net.above[rows], net.below[rows])[moving] / np.abs(net_of[moving])
        np.minimum.at(units, asks[moving], room)
        units = np.where(self.whole[asked], np.floor(units + 1e-9), units)
        units = np.where(units >= np.where(self.whole[asked], 1.0, 1e-6), units, 0.0)
        np.add.at(net.x, arc, sign * units[owner])
        net.above[rows] -= net_of * units[asks]
        net.below[rows] += net_of * units[asks]
        return units

    def _answers(self, found: Paths, taken: Floats) -> Answers:
        """Return the answers, with the proof that nothing better is left where there is one."""
        net, count = self.net, len(self.lines)
        gap, _ = gaps(net, found, self.question, self.row_question, count)
        left = np.where(self.plain & found.settled, np.maximum(gap, 0.0), np.inf)
        change = net.x - self.before
        money = summed(self.board.money[self.arc] * change, self.question, count)
        gain = summed(net.cost * change, self.question, count)
        arc, row, value = self.lost
        spent = summed(value * change[arc], row, len(net.above))
        over = (net.above - spent < -1e-9) | (net.below + spent < -1e-9)
        anyway = np.ones(count, dtype=bool)
        anyway[self.row_question[over]] = False
        gone = self.start & (np.abs(change) > FLAT)
        way = places(self.ways.arc, self.arc[gone])
        anyway[self.question[gone][self.ways.freed(self.lifted)[way]]] = False
        moved = np.flatnonzero(np.abs(change) > FLAT)
        return Answers(taken, money, gain, left, anyway, self.question[moved], self.arc[moved], net.x[moved])
