"""One unit more or less of a limit, re-solved: what the objective gains or loses by it, all else as planned.

Where several blocks share the limit, those that promise most by the multipliers are asked, each by itself and then in
turn: an hour of a node that one article gives up costs more than a few minutes of many. Who gives up how much is read
off the arcs, those first that lose least by the multipliers; each block then makes the best of what is left to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import runs
from allocopt.algebra.program import Program
from allocopt.explain.change import Change, Floats, Places
from allocopt.explain.limits import Limit
from allocopt.explain.local import Found, Local

MARGIN = 1e-3
"""What a re-solve may miss of what a unit is worth, where its search comes to an end [currency]."""
FEW, MANY = 2, 8
"""Blocks that share a limit, asked for a unit of it: so many each by itself, and so many in turn."""
GIVERS = 400
"""Arcs that are looked at for who could give up a unit."""
NONE = 1e-9
"""Less of a limit than this is nothing."""


@dataclass
class Units:
    """Re-solves one unit more or less, on the program of a plan.

    Attributes
    ----------
    local : Local
    y : float64, shape (rows of the plan's program,)
        Multipliers, by which blocks are chosen that may make most of a unit.
    effort : tuple of int and float
        Nodes and work of one search; see `Local`.
    sure : bool
        Whether no plan of the blocks means that there is none: not where the program keeps what earlier stages reached.
    """

    local: Local
    y: Floats
    effort: tuple[int, float]
    sure: bool = True

    def __post_init__(self) -> None:
        program = self.local.program
        y = np.zeros(program.rows)
        y[: len(self.y)] = self.y
        self._priced, self._activity = program.priced(y), program.activity(self.local.x)
        self._at_plan: dict[tuple[int, ...], Found | None] = {}

    def gain(self, limit: Limit, more: bool) -> float:
        """Return what the objective gains by one unit more or less; minus infinity where no plan is left.

        Not a number where no search found one.
        """
        change = limit.more if more else limit.less
        assert change is not None
        blocks = self.local.touched(change, coupling=True)
        if len(blocks) <= 1 or len(change.rows) > 1:  # several rows are one limit, of whichever blocks
            return self._of(change, blocks)
        ranked = self._ranked(limit.row, blocks, more=more)
        gains = [self._of(change, ranked[[place]]) for place in range(min(FEW, len(ranked)))]
        gains.append(self._in_turn(limit.row, change, ranked))
        return max((gain for gain in gains if not math.isnan(gain)), default=math.nan)

    def _in_turn(self, row: int, change: Change, ranked: Places) -> float:
        """Return what comes of more or less room in a row that blocks share in turn; not a number where it is no room.

        What one has taken of any row that couples, the next ones have not.
        """
        program, local = self.local.program, self.local
        if row < 0 or change.rows.tolist() != [row] or not math.isfinite(program.row_upper[row]):
            return math.nan
        by = float(change.by[0])
        given = dict.fromkeys(ranked[:MANY].tolist(), 0.0) if by > 0 else self._givers(row, by)
        left = sum(given.values())
        moved, gain = np.zeros(program.rows), 0.0
        for block, share in given.items():
            left -= share
            blocks = np.array([block], dtype=np.intp)
            before = self._before(blocks)
            rows = local.block(blocks).rows
            shift = -moved[rows]
            shift[np.searchsorted(rows, row)] += by + left
            room = Change.moved(rows[shift != 0], shift[shift != 0])
            start = (blocks[:0], local.x[:0]) if before is None else (before.columns, before.x)
            found = self._solved(room, blocks, self._given_up(room, row, *start))
            if found is None:
                return math.nan
            gain += found.gain - (0.0 if before is None else max(0.0, before.gain))
            entry, owner = runs(program.indptr, found.columns)
            np.add.at(moved, program.indices[entry], program.data[entry] * (found.x - local.x[found.columns])[owner])
            if by > 0 and by - moved[row] <= NONE:
                break
        return gain if self._activity[row] + moved[row] <= program.row_upper[row] + by + NONE else math.nan

    def _givers(self, row: int, by: float) -> dict[int, float]:
        """Return which blocks give up how much of a row so that it has so much less, those that lose least first."""
        columns = self.local.columns_of(row)
        _, after = self._given_up(Change.moved([row], by), row, columns, self.local.x[columns])
        size = entries(self.local.program, row) * (self.local.x[columns] - after)
        given: dict[int, float] = {}
        for place in np.flatnonzero(size).tolist():
            block = int(self.local.block_of[columns[place]])
            if block >= 0:
                given[block] = given.get(block, 0.0) + float(size[place])
        return given

    def _of(self, change: Change, blocks: Places) -> float:
        """Return what some blocks gain beyond what they could gain with nothing otherwise.

        What the plan leaves open is no value of a limit: each search goes on from the best plan that is known without.
        """
        before = self._before(blocks)
        start = (blocks[:0], self.local.x[:0]) if before is None else (before.columns, before.x)
        less = change.rows[change.by < 0]
        if len(less):
            start = self._given_up(change, int(less[0]), *start)
        found = self._solved(change, blocks, start)
        if found is None:
            return -math.inf if self.local.helped and self.sure else math.nan
        return found.gain - (0.0 if before is None else max(0.0, before.gain))

    def _before(self, blocks: Places) -> Found | None:
        """Return the best plan of some blocks that is known with nothing otherwise."""
        key = tuple(blocks.tolist())
        if key not in self._at_plan:
            self._at_plan[key] = self._solved(Change(), blocks, None)
        return self._at_plan[key]

    def _solved(self, change: Change, blocks: Places, start: tuple[Places, Floats] | None) -> Found | None:
        self.local.nodes, self.local.work = self.effort
        return self.local.solve(change, blocks, start=start, margin=MARGIN)

    def _given_up(self, change: Change, row: int, columns: Places, x: Floats) -> tuple[Places, Floats]:
        """Return a plan of some columns that keeps a row with less room: the arcs that lose least give it up.

        As much of it as arcs can give up by themselves (packs cannot).
        """
        program = self.local.program
        if not len(columns):
            return columns, x
        mine = np.intersect1d(self.local.columns_of(row), columns)
        entry = entries(program, row)[np.searchsorted(self.local.columns_of(row), mine)]
        giving = (entry > 0) & (x[np.searchsorted(columns, mine)] >= program.lower[mine] + 1.0)
        mine, entry = mine[giving], entry[giving]
        activity, given = self._activity.copy(), x.copy()
        moved = np.flatnonzero(x != self.local.x[columns])
        entry_of, owner = runs(program.indptr, columns[moved])
        step = (x - self.local.x[columns])[moved][owner]
        np.add.at(activity, program.indices[entry_of], program.data[entry_of] * step)
        missing = activity[row] - (program.row_upper[row] + float(change.by[change.rows == row].sum()))
        order = np.argsort(self._priced[mine] / entry, kind="stable")[:GIVERS]
        for column, size in zip(mine[order].tolist(), entry[order].tolist(), strict=True):
            if missing <= NONE:
                break
            at = int(np.searchsorted(columns, column))
            units = min(math.ceil(missing / size - NONE), given[at] - program.lower[column])
            span = slice(*program.indptr[column : column + 2])
            rows, data = program.indices[span], program.data[span]
            units = math.floor(min(units, self._spare(rows, data, activity)) + NONE)
            if units > 0:
                given[at] -= units
                activity[rows] -= units * data
                missing -= units * size
        return columns, given

    def _spare(self, rows: NDArray[np.int32], data: Floats, activity: Floats) -> float:
        """Return how many units of a column can be given up before one of its rows breaks."""
        program = self.local.program
        room = np.where(data > 0, activity[rows] - program.row_lower[rows], program.row_upper[rows] - activity[rows])
        return float((np.maximum(room, 0.0) / np.abs(data)).min(initial=math.inf))

    def _ranked(self, row: int, blocks: Places, *, more: bool) -> Places:
        """Return the blocks of a row by what they promise, whose columns earn most there, or lose least, first."""
        if row < 0:
            return blocks
        columns = self.local.columns_of(row)
        program, x = self.local.program, self.local.x
        entry = entries(program, row)
        earned = self._priced[columns] / entry
        room = x[columns] < program.upper[columns] if more else x[columns] > program.lower[columns]
        score = np.where(room & (entry > 0), earned if more else -earned, -np.inf)
        best = np.full(int(self.local.block_of.max(initial=0)) + 1, -np.inf)
        of = self.local.block_of[columns]
        np.maximum.at(best, of[of >= 0], score[of >= 0])
        ranked: Places = blocks[np.argsort(-best[blocks], kind="stable")]
        return ranked


def entries(program: Program, row: int) -> Floats:
    """Return the entries of a row, column by column ascending."""
    found: Floats = program.data[np.flatnonzero(program.indices == row)]
    return found
