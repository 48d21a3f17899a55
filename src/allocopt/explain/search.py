"""Why a line is short: reasons that add up, each confirmed by arithmetic or by a local re-solve.

.. code-block:: text

    lift(S)      the arcs of line d do not count in the rows of S; arcs that S took from it are its own again
    units(S)     what d then gets beyond the plan;   a reason r, tried in its turn, has units(S + r) - units(S)
    at most      gap of the block + max_a [ c[a] - sum_{rows not in S} y[row] A[row, a] ] * units     for any y

Where stock is free once S is lifted, the units flow at once and nobody else is touched: that plan is the proof. Where
the multipliers promise something and no stock is free, others give units up one after the other (`exchange`); what
duality does not prove to be all is solved anew, the block in whole units. With stock of its own, last, a line gets what
it wants of whatever earns anything: nothing else moves, since all others could have moved before. All lines are looked
at side by side, each thing in its turn.
Source: sensitivity by re-solving, as opposed to multipliers of degenerate programs, e.g. Koltai and Terlaky, Int. J.
Production Economics 65 (2000).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from allocopt.explain.board import SUPPLY, Givers, Item, item
from allocopt.explain.change import Floats, Places
from allocopt.explain.exchange import Exchange
from allocopt.explain.local import CENT, Found, Proof
from allocopt.explain.reasons import Reason
from allocopt.explain.ways import FLAT, Flags, Flow, Ways

PROOFS = 6
"""So many proofs of a block are kept, the tightest ones."""
Given = tuple[float, float, Givers]
SURE = 0.75
"""Part of what multipliers promise at most that a plan must reach to be taken for the best without a search."""


class Search:
    """One thing after the other is lifted for lines that would earn something, for all of them side by side.

    Parameters
    ----------
    board : Exchange
    lines : int array, ascending
    short : float64 array
    """

    def __init__(self, board: Exchange, lines: Places, short: Floats) -> None:
        self.board, self.lines, self.short = board, lines, short
        self.ways = Ways(board, lines, short)
        self.lifted: Flags = np.zeros(len(self.ways.pair_line), dtype=bool)
        self.reasons: list[list[Reason]] = [[] for _ in range(len(lines))]
        self.lifting: list[list[int]] = [[] for _ in range(len(lines))]  # the pair of each reason; -1: none
        self.proofs: dict[int, list[Proof]] = {}  # by block
        self.named: dict[tuple[int, Item], int] = {}  # the pair of what is named instead of what was lifted

    @cached_property
    def _served(self) -> Flags:
        """Whether a line gets anything in the plan, shape (lines,)."""
        arcs = self.board.arcs
        served: Flags = np.bincount(arcs.line, weights=self.board.x, minlength=len(arcs.facts.lines.sku)) > FLAT
        return served[self.lines]

    def found(self) -> list[list[Reason]]:
        """Return the reasons of every line."""
        ways, board = self.ways, self.board
        flow = ways.flow(self.lifted)
        got = flow.units.copy()
        for line in np.flatnonzero(got > FLAT).tolist():
            self._add(
                line, -1, Reason(int(self.lines[line]), item("not_proven"), float(got[line]), self._each(flow, line))
            )
        for turn in range(int(ways.count.max(initial=0))):
            active = (got < self.short - FLAT) & (turn < ways.count)
            if not active.any():
                break
            self.lifted[ways.first[active] + turn] = True
            flow = ways.flow(self.lifted, active)
            thing = np.where(active, ways.pair_item[np.where(active, ways.first + turn, 0)], -1)
            asks = active & (flow.units < self.short - FLAT) & (thing != board.supply) & (thing != board.dear)
            more = self._anew(np.flatnonzero(asks), flow.units)
            units = flow.units.copy()
            for line, (better, *_) in more.items():
                units[line] = better
            for line in np.flatnonzero(active & (units > got + FLAT)).tolist():
                pair = int(ways.first[line]) + turn
                self._add(line, pair, self._reason(line, pair, flow, units[line] - got[line], more.get(line)))
            got = np.where(active, np.maximum(got, units), got)
        self._needed()
        return self.reasons

    def _add(self, line: int, pair: int, reason: Reason) -> None:
        self.reasons[line].append(reason)
        self.lifting[line].append(pair)

    def _each(self, flow: Flow, line: int) -> float:
        """Return what the first unit of a flow is worth in money."""
        way = flow.first[line]
        return float(self.board.money[self.ways.arc[way]]) if way >= 0 else 0.0

    def _reason(
        self, line: int, pair: int, flow: Flow, units: float, more: tuple[float, float, Givers] | None
    ) -> Reason:
        """Return the reason that lifting something is for a line."""
        ways, board = self.ways, self.board
        mine = ways.of(line)
        each = flow.each[mine]
        flowing = ways.arc[mine][each > 0]
        worth, givers = self._each(flow, line), Givers()
        thing, source = int(ways.pair_item[pair]), pair
        named = board.items[thing]
        if more is not None:
            worth, givers = more[1:]
        elif thing == board.dear:
            worth = board.dear_of(flowing, each[each > 0])
            if worth > FLAT:
                named, source = self._instead(line, units)
                self.named[line, named] = source
        arcs = ways.taken(pair) or tuple(flowing.tolist()) or tuple(ways.arc[mine].tolist())
        head = (int(self.lines[line]), named, float(units), float(worth))
        return Reason(*head, ways.rows(source) if source >= 0 else (), arcs, solved=more is not None, givers=givers)

    def _without(self, pairs: Places, *, stepwise: bool) -> Flags:
        """Return which lines still get all that they lack where these pairs, one a line, are not lifted."""
        lifted = self.lifted.copy()
        lifted[pairs] = False
        active = np.zeros(len(self.lines), dtype=bool)
        active[self.ways.pair_line[pairs]] = True
        return self.ways.flow(lifted, active, stepwise=stepwise).units >= self.short - FLAT

    def _needed(self) -> None:
        """Leave out reasons without which a line still gets its units, which are the last one's.

        Not in favour of stock of its own, with which a line gets everything: the stock that is there and comes too
        late, say, is a reason all the same. What has to be lifted besides the last one, and confirms nothing by
        itself, is named with it.
        """
        given = np.zeros(len(self.lines))
        dropped: list[set[int]] = [set() for _ in self.reasons]
        for place in range(max((len(each) for each in self.reasons), default=0) - 1):
            asked = [
                (line, self.lifting[line][place])
                for line, each in enumerate(self.reasons)
                if len(each) - 1 > place and each[place].code != "not_proven" and each[-1].code != SUPPLY.code
            ]
            if not asked:
                continue
            pairs = np.array([pair for _, pair in asked], dtype=np.intp)
            still = self._without(pairs, stepwise=False)
            for line, pair in asked:
                if still[line]:
                    self.lifted[pair] = False
                    dropped[line].add(place)
                    given[line] += self.reasons[line][place].units
        besides = self._besides(dropped)
        for line, each in enumerate(self.reasons):
            if each and (dropped[line] or line in besides):
                last = replace(each[-1], units=each[-1].units + float(given[line]), besides=besides.get(line, ()))
                kept = [one for place, one in enumerate(each[:-1]) if place not in dropped[line]]
                self.reasons[line] = [*kept, last]

    def _besides(self, dropped: list[set[int]]) -> dict[int, tuple[Item, ...]]:
        """Return what has to be lifted besides the reasons that are left, by line."""
        ways = self.ways
        rest = self.lifted.copy()  # lifted, and no reason by itself
        found: dict[int, list[Item]] = {}
        kept = [
            pair
            for line, pairs in enumerate(self.lifting)
            for place, pair in enumerate(pairs)
            if pair >= 0 and place not in dropped[line]
        ]
        kept += [pair for pair in self.named.values() if pair >= 0]
        rest[kept] = False
        for line in np.unique(ways.pair_line[rest]).tolist():
            each = self.reasons[line]
            if each and not each[-1].solved:
                continue
            pairs = np.arange(ways.first[line], ways.first[line] + ways.count[line])
            if each:
                closing = ways.closings(each[-1].arcs, line)
                common = frozenset.intersection(*map(frozenset, closing)) if closing else frozenset()
                things = ways.pair_item[pairs[rest[pairs]]].tolist()
                found[line] = [self.board.items[thing] for thing in things if thing in common]
            rest[pairs] = False
        for turn in range(int(ways.count.max(initial=0))):
            pairs = ways.first[turn < ways.count] + turn
            pairs = pairs[rest[pairs]]
            if len(pairs):
                still = self._without(pairs, stepwise=True)
                for pair in pairs[~still[ways.pair_line[pairs]]].tolist():
                    found.setdefault(int(ways.pair_line[pair]), []).append(self.board.items[ways.pair_item[pair]])
        return {line: tuple(items) for line, items in found.items()}

    def _instead(self, line: int, units: float) -> tuple[Item, int]:
        """Return what keeps a line short of units that would pay for what they open: that with which it gets them.

        With it comes the pair that lifts it, -1 for none.
        """
        ways, board = self.ways, self.board
        active = np.zeros(len(self.lines), dtype=bool)
        active[line] = True
        open_ = np.zeros_like(self.lifted)
        pairs = np.arange(ways.first[line], ways.first[line] + ways.count[line])
        pairs = pairs[self.lifted[pairs]]
        open_[pairs[ways.pair_item[pairs] == board.dear]] = True
        if ways.flow(open_, active).units[line] > units - FLAT:
            return item("not_proven"), -1
        for pair in pairs[ways.pair_item[pairs] != board.dear].tolist():
            open_[pair] = True
            if ways.flow(open_, active).units[line] > units - FLAT:
                return board.items[ways.pair_item[pair]], pair
        return SUPPLY, -1

    def _anew(self, asked: Places, known: Floats) -> dict[int, Given]:
        """Return what lines get in a local re-solve with so much lifted: units, their worth each, who gives them."""
        ways, board = self.ways, self.board
        if not len(asked):
            return {}
        promised = ways.promised(self.lifted)
        asked = asked[(promised > 1e-6)[asked] & ways.had(self.lifted)[asked]]
        if not len(asked):
            return {}
        promise = np.where(np.isfinite(promised), promised, 0.0)[asked]
        kept = board.bounded(ways, asked, self.lifted) > np.maximum(CENT, (1 - SURE) * promise)
        asked, promise = asked[kept], promise[kept]
        gives = board.offered(ways, asked, self.lifted) > board.tolerance
        found, left = self._given(asked[gives], promise[gives], known)
        rest = np.concatenate([np.flatnonzero(~gives), np.flatnonzero(gives)[left]])
        still = np.sort(rest[~self._idle(asked[rest], promise[rest])])
        for line, most in zip(asked[still].tolist(), promise[still].tolist(), strict=True):
            margin = max(CENT, (1 - SURE) * most)
            if self._proven(line) <= margin:
                continue
            answer = self._solved(line, float(known[line]), None, 0.0, margin)
            if answer is not None:
                found[line] = answer
        return found

    def _given(self, asked: Places, promise: Floats, known: Floats) -> tuple[dict[int, Given], list[int]]:
        """Return what lines get that others give something up for, as `_anew`, and positions of those left open."""
        board, found = self.board, dict[int, Given]()
        left: list[int] = []
        if not len(asked):
            return found, left
        swaps = board.exchanged(self.ways, asked, self.lifted)
        # What flows freely is known already: it says nothing of what others would give up.
        margin = np.maximum(CENT, (1 - SURE) * np.where(promise > 0, promise, swaps.gain))
        proven = ((swaps.units >= self.short[asked] - FLAT) & (swaps.gain > CENT)) | (swaps.left <= margin)
        for place in np.flatnonzero((swaps.units > 0) | ~proven).tolist():
            line = int(asked[place])
            arcs, x = swaps.moves(place)
            units = float(swaps.units[place])
            gain, most = float(swaps.gain[place]), float(margin[place])
            if proven[place] or self._proven(line) - gain <= most:
                if units > known[line] + FLAT and not swaps.anyway[place]:
                    given = board.moved(board.wide.ship + arcs, x)
                    found[line] = units, float(swaps.money[place]) / units, given
                continue
            if not units:
                left.append(place)
                continue
            answer = self._solved(line, float(known[line]), (board.wide.ship + arcs, x), gain, most)
            if answer is not None:
                found[line] = answer
        return found, left

    def _idle(self, asked: Places, promise: Floats) -> Flags:
        """Return which lines no re-solve of their block brings anything: not even what is lifted for all of them does.

        What a plan could gain for one line alone it could gain for all of them together, but for lines that are served
        in part: what they have is theirs in all that is lifted, and by giving it up they would free nothing.
        """
        ways, local, idle = self.ways, self.board.wide.local, np.zeros(len(asked), dtype=bool)
        blocks = np.where(self._served[asked], -1, self.board.blocks(ways, asked))
        for block in np.unique(blocks[blocks >= 0]).tolist():
            mine = np.flatnonzero(blocks == block)
            if len(mine) < 2:
                continue
            change = ways.change(asked[mine], self.lifted)
            touched = local.touched(change)
            margin = max(CENT, (1 - SURE) * float(promise[mine].min()))
            found = local.solve(change, touched, margin=margin)
            idle[mine] = found is not None and found.bound <= margin
            self._learn(touched, found)
        return idle

    def _learn(self, blocks: Places, found: Found | None) -> None:
        """Keep the multipliers of a re-solve of one block: they may prove that others of it bring nothing."""
        if found is not None and found.multipliers is not None and len(blocks) == 1:
            proof = self.board.wide.local.proof(blocks, found.multipliers)
            if np.isfinite(proof.gap):
                kept = self.proofs.setdefault(int(blocks[0]), [])
                kept.append(proof)
                kept.sort(key=lambda one: one.gap)
                del kept[PROOFS:]

    def _proven(self, line: int) -> float:
        """Return what the block of a line can gain at most with so much lifted, by multipliers that are known of it."""
        block = self.board.blocks(self.ways, np.array([line]))
        if block[0] < 0:
            return np.inf
        if int(block[0]) not in self.proofs:
            self.proofs[int(block[0])] = []
            self._learn(block, self.board.base(block))
        proofs = self.proofs[int(block[0])]
        if not proofs:
            return np.inf
        prices = np.stack([proof.multipliers for proof in proofs])
        dearest = self.ways.dearest_of(self.lifted, line, proofs[0].rows, prices)
        gaps = np.array([proof.gap for proof in proofs])
        return float((gaps + float(self.ways.room[line]) * dearest).min())

    def _solved(
        self, line: int, known: float, start: tuple[Places, Floats] | None, gain: float, margin: float
    ) -> tuple[float, float, Givers] | None:
        """Return what a line gets where its block is solved anew, from the exchanges that were found."""
        board, ways = self.board, self.ways
        local = board.wide.local
        change = ways.change(np.array([line]), self.lifted)
        block = local.touched(change)
        columns = board.wide.ship + ways.arc[ways.of(line)]
        planned = float(board.wide.x[columns].sum())
        whole = bool(ways.whole[line])
        aim = (columns, planned + known + (0.5 if whole else 1e-6))
        found = local.solve(change, block, start=start, margin=margin, aim=aim)
        self._learn(block, found)
        if found is None or local.anyway(found, block):
            return None
        units = min(found.units(columns) - planned, float(self.short[line]))
        units = float(np.rint(units)) if whole else units
        if units <= known + FLAT:
            return None
        if found.gain > gain + CENT or start is None:
            base = board.base(block)
            if base is None or found.gain - base.gain <= CENT:
                return None
            return units, (board.gain(found) - board.gain(base)) / units, board.moved(found.columns, found.x)
        return units, board.gain(found) / units, board.moved(found.columns, found.x)
