"""All ways in which short lines could get more, as arrays: what closes each, what it takes of which rows, what flows.

.. code-block:: text

    lifted       one flag per (line, thing that can be lifted): rows and arcs of that thing do not count for that line
    open way     everything that closes it is lifted
    flow         best way first: as many units as the rows that still count have room for; nobody else is touched
    promised     max over ways of [ money - sum of multiplier * amount over the rows that still count ]

Where a row only says that units come in steps (packs, sealed cases), because a counter of its own goes with it, a way
is open in whole steps. All lines are looked at at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from allocopt.algebra.grouping import extreme, places, ranges, runs, starts, summed
from allocopt.arrays import Flags as Flags
from allocopt.arrays import Floats as Floats
from allocopt.arrays import Places as Places
from allocopt.explain.change import Change
from allocopt.rules.kit.shortage import ORDERS

if TYPE_CHECKING:
    from allocopt.explain.board import Board

FLAT = 1e-9
"""Worth per unit that is nothing, and part of a unit that is none."""
SOLID = 1 - 1e-9
"""Part of a unit's amount that a row has to have room for."""


@dataclass(frozen=True, eq=False)
class Flow:
    """What flows at once if so much is lifted.

    Attributes
    ----------
    units : float64, shape (lines,)
    each : float64, shape (ways,)
        Units over each way.
    first : int, shape (lines,)
        The way that is taken first; -1: none.
    """

    units: Floats
    each: Floats
    first: Places


class Ways:
    """The ways of some lines.

    Parameters
    ----------
    board : Board
    lines : int array, ascending
    short : float64 array
        What each of them is short of [unit].
    earning : bool
        Whether only ways that earn something count.

    Attributes
    ----------
    arc, line : int, shape (ways,)
        The arc of each way in the wide table, and the position of its line among `lines`; both ascend.
    room : float64, shape (lines,)
        What each of them might take at most beyond the plan [unit].
    pair_line, pair_item : int, shape (pairs,)
        What can be lifted for which line: lines ascend, and in each the things in their order of trying.
    first, count : int, shape (lines,)
        Where the pairs of a line begin, and how many there are.
    """

    def __init__(self, board: Board, lines: Places, short: Floats, *, earning: bool = True) -> None:
        self.board, self.lines, self.short = board, lines, short
        arc, line = runs(board.wide.begins, lines)
        if earning:
            kept = board.worth[arc] > FLAT
            arc, line = arc[kept], line[kept]
        self.arc, self.line = arc, line
        facts = board.facts
        self.whole: Flags = ~facts.skus.divisible[facts.lines.sku[lines]]
        span = np.bincount(board.arcs.line, weights=board.x, minlength=len(facts.lines.sku))
        self.room = np.maximum(facts.lines.units[lines] - span[lines], short)
        self._least = np.where(facts.skus.divisible[facts.lots.sku[board.arcs.lot[arc]]], 1e-6, 1.0)
        self._rows()
        self._closings()

    def _rows(self) -> None:
        """Find the rows that ways take from."""
        board = self.board
        program, column = board.program, board.wide.ship + self.arc
        entry, way = ranges(program.indptr[column], program.indptr[column + 1])
        row, value = program.indices[entry].astype(np.intp), program.data[entry]
        thing = board.thing[row]
        room = np.where(value > 0, board.room[row], board.below[row])
        known = (thing >= 0) & np.isfinite(room)
        self._all: tuple[Places, Places, Floats] = way, row, value
        self.entry_way, self.entry_row, self.entry_value = way[known], row[known], value[known]
        self._thing, self._room, self._step = thing[known], room[known], np.ones(int(known.sum()), dtype=np.int64)
        stepped, size, most = board.steps
        at = places(stepped, self.entry_row)
        mine = (at >= 0) & (self.entry_value == 1.0)
        self._step[mine] = size[at[mine]]
        self._room[mine] = (size * most)[at[mine]]

    def _closings(self) -> None:
        """Find what closes ways, and all that can be lifted for each line."""
        board, size = self.board, len(self.board.items)
        shut = self._room < np.abs(self.entry_value) * self._least[self.entry_way] * SOLID
        hurdle, hard_way = ranges(*(np.searchsorted(board.hurdle_arc, self.arc, side) for side in ("left", "right")))
        hard_thing = board.hurdle_thing[hurdle]
        key = self.line[self.entry_way] * size + self._thing
        hard = self.line[hard_way] * size + hard_thing
        supply = np.arange(len(self.lines)) * size + board.supply
        pairs = np.unique(np.concatenate([key, hard, supply]))
        self._pairs = pairs
        self.pair_line, self.pair_item = pairs // size, pairs % size
        self.first = starts(self.pair_line, len(self.lines))[:-1]
        self.count = np.bincount(self.pair_line, minlength=len(self.lines))
        self.entry_pair = np.searchsorted(pairs, key)
        hard_pair = np.searchsorted(pairs, hard)
        self.hard_way, self.hard_pair = hard_way, hard_pair
        self.locked = hard_thing == board.lock
        closed = np.unique(
            np.concatenate(
                [self.entry_way[shut] * len(pairs) + self.entry_pair[shut], hard_way * len(pairs) + hard_pair]
            )
        )
        self.closed_way, self.closed_pair = closed // max(len(pairs), 1), closed % max(len(pairs), 1)
        firm = np.zeros(len(closed), dtype=bool)  # closed by more than what decides on packs and orders
        firm[np.searchsorted(closed, hard_way * len(pairs) + hard_pair)] = True
        turn = np.array([one.turn for one in board.items], dtype=np.intp)
        self._firm = firm | (turn[self.pair_item[self.closed_pair]] != ORDERS)
        self._supply = self.first + (places(pairs, supply) - self.first)

    @cached_property
    def order(self) -> Places:
        """The ways, line by line, the one that earns most first."""
        return np.lexsort((self.arc, -self.board.worth[self.arc], self.line))

    @cached_property
    def _bill(self) -> Places:
        """Where the entries of each way begin."""
        return starts(self.entry_way, len(self.arc))

    @cached_property
    def _user(self) -> Places:
        """A number of each entry's row within its line."""
        key = self.line[self.entry_way].astype(np.int64) * self.board.program.rows + self.entry_row
        found: Places = np.unique(key, return_inverse=True)[1].ravel()
        return found

    def pair(self, lines: Places, thing: int | Places) -> Places:
        """Return the pair of each line and a thing; -1 where it cannot be lifted for it."""
        return places(self._pairs, lines * len(self.board.items) + thing)

    def open(self, lifted: Flags, *, stepwise: bool = True) -> Flags:
        """Return which ways are open if so much is lifted."""
        shut = np.zeros(len(self.arc), dtype=bool)
        shut[self.closed_way[~lifted[self.closed_pair]]] = True
        if not stepwise:
            shut[self.entry_way[(self._step > 1) & ~lifted[self.entry_pair]]] = True
        return ~shut

    def flow(self, lifted: Flags, active: Flags | None = None, *, stepwise: bool = True) -> Flow:
        """Return how many units flow at once to some lines if so much is lifted, `stepwise`: in whole steps too."""
        open_ = self.open(lifted, stepwise=stepwise)
        if active is not None:
            open_ &= active[self.line]
        queue = self.order[open_[self.order]]
        rest, each = self.short.copy(), np.zeros(len(self.arc))
        first = np.full(len(self.lines), -1, dtype=np.intp)
        owner = self.line[queue]
        rank = np.arange(len(queue)) - np.searchsorted(owner, owner)
        counts, used = ~lifted[self.entry_pair], np.zeros(int(self._user.max(initial=-1)) + 1)
        by_rank = np.argsort(rank, kind="stable")
        begins = starts(rank[by_rank], int(rank.max(initial=-1)) + 1)
        for turn in range(len(begins) - 1):
            way = queue[by_rank[begins[turn] : begins[turn + 1]]]
            way = way[rest[self.line[way]] > FLAT]
            entry, place = runs(self._bill, way)
            kept = counts[entry]
            entry, place = entry[kept], place[kept]
            amount = np.abs(self.entry_value[entry])
            units = rest[self.line[way]]
            np.minimum.at(units, place, (self._room[entry] - used[self._user[entry]]) / amount)
            step = extreme(np.lcm, self._step[entry], place, len(way), none=1)
            whole = self.whole[self.line[way]] | (step > 1)
            units = np.where(whole, np.floor(units / step + 1e-9) * step, units)
            units = np.where(units > FLAT, units, 0.0)
            used[self._user[entry]] += amount * units[place]
            each[way] = units
            new = (units > 0) & (first[self.line[way]] < 0)
            first[self.line[way[new]]] = way[new]
            rest[self.line[way]] -= units
        return Flow(self.short - rest, each, first)

    @cached_property
    def _charged(self) -> tuple[Floats, Floats]:
        """What each way earns beyond what all its rows charge, and what each entry charges, by the multipliers."""
        y = self.board.wide.multipliers
        assert y is not None
        way, row, value = self._all
        left = self.board.money[self.arc] - summed(value * y[row], way, len(self.arc))
        return left, self.entry_value * y[self.entry_row]

    def _there(self, lifted: Flags) -> Flags:
        """Return which ways are there at all: what took their arcs away is lifted."""
        gone = np.zeros(len(self.arc), dtype=bool)
        gone[self.hard_way[~lifted[self.hard_pair]]] = True
        return ~gone

    def loose(self, lifted: Flags) -> Flags:
        """Return over which ways single units may come as far as nothing but room is missing."""
        stepped = (self._step > 1) & ~lifted[self.entry_pair]
        free = self._there(lifted)
        free[self.entry_way[stepped]] = False
        return free

    def freed(self, lifted: Flags) -> Flags:
        """Return which ways are there only because so much is lifted."""
        freed = np.zeros(len(self.arc) + 1, dtype=bool)  # one more, for what is no way
        freed[self.hard_way[lifted[self.hard_pair]]] = True
        return freed

    def promised(self, lifted: Flags) -> Floats:
        """Return what a unit of each line could be worth at most, by the multipliers; inf without any."""
        if self.board.wide.multipliers is None:
            return np.full(len(self.lines), np.inf)
        left, charge = self._charged
        back = lifted[self.entry_pair]
        worth = left + summed(charge[back], self.entry_way[back], len(self.arc))
        there = self._there(lifted)
        return extreme(np.maximum, worth[there], self.line[there], len(self.lines), none=0.0)

    def dearest(self, lifted: Flags, lines: Places, price: Any) -> Floats:
        """Return what a unit of some lines is worth at most, given prices of rows by (line, row) as a function."""
        there = self._there(lifted)
        way, row, value = self._all
        wanted = np.zeros(len(self.lines), dtype=bool)
        wanted[lines] = True
        mine = wanted[self.line[way]]
        way, row, value = way[mine], row[mine], value[mine]
        spent = summed(value * price(self.line[way], row), way, len(self.arc))
        back = lifted[self.entry_pair] & wanted[self.line[self.entry_way]]
        at = self.entry_way[back]
        spent -= summed(self.entry_value[back] * price(self.line[at], self.entry_row[back]), at, len(self.arc))
        worth = self.board.money[self.arc] - spent
        return extreme(np.maximum, worth[there], self.line[there], len(self.lines), none=0.0)[lines]

    @cached_property
    def _bills(self) -> Places:
        """Where all that each way takes begins, whatever it is of."""
        return starts(self._all[0], len(self.arc))

    def dearest_of(self, lifted: Flags, line: int, rows: Places, prices: Floats) -> Floats:
        """Return the same for one line, given several prices of some rows in ascending order, shape (prices,)."""
        mine = self.of(line)
        span = slice(self._bills[mine.start], self._bills[mine.stop])
        way, row, value = self._all[0][span], self._all[1][span], self._all[2][span]
        size, count = mine.stop - mine.start, len(prices)
        priced = np.hstack([prices, np.zeros((count, 1))])
        turn = np.arange(count)[:, None] * size
        spent = value * priced[:, places(rows, row)]
        worth = self.board.money[self.arc[mine]] - _each(spent, turn + (way - mine.start), count, size)
        span = slice(self._bill[mine.start], self._bill[mine.stop])
        back = lifted[self.entry_pair[span]]
        row, value, way = self.entry_row[span][back], self.entry_value[span][back], self.entry_way[span][back]
        worth += _each(value * priced[:, places(rows, row)], turn + (way - mine.start), count, size)
        hard = slice(self._hurdles[mine.start], self._hurdles[mine.stop])
        worth[:, self.hard_way[hard][~lifted[self.hard_pair[hard]]] - mine.start] = 0.0
        most: Floats = worth.max(axis=1, initial=0.0)
        return most

    @cached_property
    def _held(self) -> Flags:
        """Which ways are of a lot that somebody else holds a unit of that could go, or that has a free one."""
        board = self.board
        lot = board.arcs.lot[self.arc].astype(np.int64)
        holding = np.flatnonzero((board.x > FLAT) & board.loose)
        total = np.bincount(board.arcs.lot[holding], minlength=len(board.facts.lots.sku))
        key = board.arcs.line[holding].astype(np.int64) * len(total) + board.arcs.lot[holding]
        known, number = np.unique(key, return_counts=True)
        at = places(known, self.lines[self.line] * len(total) + lot)
        own = np.where(at >= 0, np.append(number, 0)[at], 0)
        of_stock = self._thing == board.supply
        free = np.ones(len(self.arc), dtype=bool)
        free[self.entry_way[of_stock & (self._room < 1e-6)]] = False
        return free | (total[lot] - own > 0)

    def had(self, lifted: Flags) -> Flags:
        """Return for which lines there is a unit that they could have at all: free, or in the hands of others."""
        more = lifted.copy()
        more[self._supply] = True
        shut = np.zeros(len(self.arc), dtype=bool)
        shut[self.closed_way[~more[self.closed_pair] & self._firm]] = True
        found = np.zeros(len(self.lines), dtype=bool)
        found[self.line[~shut & self._held]] = True
        return found

    @cached_property
    def _full(self) -> tuple[Places, Places]:
        """Rows without room by pair, and where those of each pair begin."""
        full = np.flatnonzero(self._room < np.abs(self.entry_value) * SOLID)
        order = full[np.argsort(self.entry_pair[full], kind="stable")]
        key = self.entry_pair[order].astype(np.int64) * self.board.program.rows + self.entry_row[order]
        _, first = np.unique(key, return_index=True)
        kept = order[np.sort(first)]
        return self.entry_row[kept], starts(self.entry_pair[kept], len(self._pairs))

    def rows(self, pair: int) -> tuple[int, ...]:
        """Return the rows that something lifted stands for, those without room."""
        rows, begins = self._full
        return tuple(rows[begins[pair] : begins[pair + 1]].tolist())

    @cached_property
    def _taken(self) -> tuple[Places, Places]:
        """Arcs that things took away by pair, and where those of each pair begin."""
        mine = np.flatnonzero(~self.locked)
        order = mine[np.argsort(self.hard_pair[mine], kind="stable")]
        return self.arc[self.hard_way[order]], starts(self.hard_pair[order], len(self._pairs))

    def taken(self, pair: int) -> tuple[int, ...]:
        """Return the arcs that something took away from a line."""
        arcs, begins = self._taken
        return tuple(arcs[begins[pair] : begins[pair + 1]].tolist())

    @cached_property
    def begins(self) -> Places:
        """Where the ways of each line begin."""
        return starts(self.line, len(self.lines))

    def of(self, line: int) -> slice:
        """Return the ways of a line."""
        return slice(*self.begins[line : line + 2].tolist())

    @cached_property
    def _shut(self) -> Places:
        """Where what closes each way begins."""
        return starts(self.closed_way, len(self.arc))

    def closings(self, arcs: tuple[int, ...], line: int) -> list[set[int]]:
        """Return what closes each of some arcs of a line, as positions of things."""
        begins, mine = self._shut, self.of(line)
        at = mine.start + np.searchsorted(self.arc[mine], np.array(arcs, dtype=np.intp))
        return [set(self.pair_item[self.closed_pair[begins[way] : begins[way + 1]]].tolist()) for way in at.tolist()]

    def change(self, lines: Places, lifted: Flags) -> Change:
        """Return what lifting means in the program, for some lines together."""
        board = self.board
        way, owner = runs(self.begins, lines)
        entry, _ = runs(self._bill, way)
        entry = entry[lifted[self.entry_pair[entry]]]
        hard, place = runs(self._hurdles, way)
        open_, lock = lifted[self.hard_pair[hard]], self.locked[hard]
        freed, still = np.zeros(len(way), dtype=bool), np.zeros(len(way), dtype=bool)
        freed[place[open_ & ~lock]] = True
        still[place[~open_ & ~lock]] = True
        freed &= ~still
        freed[place[open_ & lock]] = True
        freed |= lifted[self._supply[lines]][owner]
        units = board.facts.lines.units[self.lines[lines]][owner[freed]]
        ship = board.wide.ship
        return Change(
            exempt_rows=self.entry_row[entry],
            exempt_columns=ship + self.arc[self.entry_way[entry]],
            columns=ship + self.arc[way[freed]],
            lower=np.zeros(len(units)),
            upper=units.astype(np.float64),
        )

    @cached_property
    def _hurdles(self) -> Places:
        """Where what took each way's arc away begins."""
        return starts(self.hard_way, len(self.arc))


def _each(values: Floats, place: Places, count: int, size: int) -> Floats:
    """Return sums of values by their place, row by row, shape (count, size)."""
    return summed(values.ravel(), place.ravel(), count * size).reshape(count, size)
