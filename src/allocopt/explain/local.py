"""The local re-solve: what would come of a change, with all else as planned.

.. code-block:: text

    max cost[B] x[B]    over the columns B of the blocks that the change touches, in whole units
    row_lower' - others <= A[:, B]' x[B] <= row_upper' - others,     others = A[:, not B] x0[not B]

Blocks are the connected components of the columns over the rows that do not couple; short rows that couple (an order
over several SKUs) join blocks as well. Coupling rows keep what the rest uses. Only the program of a block is ever
built, once, and a change is made in its arrays. Source: design of the re-solve as in restricting a program to a
neighbourhood of its plan, e.g. Fischetti and Lodi, Mathematical Programming 98 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import places, runs, starts
from allocopt.algebra.program import Program, restricted
from allocopt.explain.altered import keeps, most, roomy, rounded, without
from allocopt.explain.change import Change, Floats, Places
from allocopt.explain.joined import blocks_of
from allocopt.solve import highs, trees
from allocopt.solve.certificate import cleaned
from allocopt.solve.highs_changes import LiveProgram
from allocopt.solve.solution import Clock
from allocopt.solve.trees.searching import NODES, WORK, Searched, searched
from allocopt.solve.trees.sums import sums_of

ALIVE = 200
"""Blocks that HiGHS holds at a time."""
SHEET, FEW = 100_000, 8
"""Columns times rows of a block up to which our own search comes first, and nodes that it may look at then."""
CENT = 1e-6
"""What is worth less than this beyond the plan, or this part of a billionth of what is at stake, is not looked for."""


@dataclass(frozen=True, eq=False)
class Patch:
    """Columns that are solved anew together: their program over what all others leave.

    Attributes
    ----------
    columns, rows : int, ascending
        Positions in the whole program.
    program : Program
    x : float64, shape (columns,)
        As planned.
    """

    columns: Places
    rows: Places
    program: Program
    x: Floats

    @cached_property
    def loose(self) -> bool:
        """Whether units come one by one: no column counts packs, cases or whole shipments."""
        return not bool((self.program.data < -1.0).any())

    @cached_property
    def keys(self) -> Places:
        """Position of each entry of the matrix as one number, ascending."""
        keys: Places = self.program.entry_column * self.program.rows + self.program.indices
        return keys

    @cached_property
    def sums(self) -> tuple[Places, ...]:
        """Sums of packs that a search tells apart."""
        return sums_of(self.program)


@dataclass(frozen=True, eq=False)
class Found:
    """What a re-solve found.

    Attributes
    ----------
    gain : float
        What the objective gains over the plan, at least 0 where the plan keeps the change [currency].
    bound : float
        What it can gain at most, by the search's own bound; -inf where there is none [currency].
    columns : int, ascending
        The columns that were solved anew, as positions in the whole program.
    x : float64, shape (columns,)
        Their new values, whole units exactly whole.
    multipliers : float64, shape (rows of the block,), or None
        Of the relaxation with the change.
    """

    gain: float
    bound: float
    columns: Places
    x: Floats
    multipliers: Floats | None = None

    def units(self, columns: Places) -> float:
        """Return how many units some of the columns carry; those that were not solved anew carry none here."""
        at = places(self.columns, columns)
        return float(self.x[at[at >= 0]].sum())


@dataclass(frozen=True, eq=False)
class Proof:
    """How much blocks can gain at most as they are, and the multipliers of their rows that prove it.

    Attributes
    ----------
    gap : float
    rows : int, ascending
    multipliers : float64, shape (rows,)
    """

    gap: float
    rows: Places
    multipliers: Floats


class Local:
    """Solves parts of a plan anew.

    Parameters
    ----------
    program : Program
        The stated program; with the rows that keep earlier stages, where there are any.
    x : float64, shape (columns,)
        A plan that keeps its rows, in whole units.
    held : int array, optional
        Columns that stay as planned whatever happens, such as decisions.
    nodes, work : int and float
        What our own search in whole units may take for one re-solve; see `allocopt.solve.trees.searched`. Where it ends
        there, the best plan found is what counts, and `Found.bound` says what it may have missed.

    Attributes
    ----------
    helped : bool
        Whether branch and bound follows where our own search finds no plan, which takes a hundred times as long.
    """

    def __init__(
        self, program: Program, x: Floats, held: Places | None = None, *, nodes: int = NODES, work: float = WORK
    ) -> None:
        self.program, self.x, self.nodes, self.work = program, x, nodes, work
        self.helped = True
        self._live: dict[int, LiveProgram] = {}
        self._activity, self._worth = program.activity(x), program.objective(x)
        self._blocks: dict[tuple[int, ...], Patch] = {}
        self._ready = trees.ready(Clock.started(None)) if program.columns else False
        self.block_of = blocks_of(program, np.zeros(0, np.intp) if held is None else held)
        order = np.argsort(self.block_of, kind="stable")
        first = np.searchsorted(self.block_of[order], 0)
        self.members = order[first:]
        self.begins = starts(self.block_of[self.members], int(self.block_of.max(initial=-1)) + 1)

    @cached_property
    def _by_row(self) -> tuple[Places, Places]:
        """The columns of each row, one row behind the other, and where each row begins."""
        order = np.argsort(self.program.indices, kind="stable")
        return self.program.entry_column[order], starts(self.program.indices, self.program.rows)

    def columns_of(self, row: int) -> Places:
        """Return the columns of a row of the whole program, ascending."""
        columns, begins = self._by_row
        return columns[begins[row] : begins[row + 1]]

    def blocks_of(self, rows: Places) -> Places:
        """Return the blocks that some rows touch, ascending."""
        columns, begins = self._by_row
        found = np.unique(self.block_of[columns[runs(begins, rows)[0]]])
        return found[found >= 0]

    def block(self, blocks: Places) -> Patch:
        """Return some blocks as one, all else as planned."""
        key = tuple(blocks.tolist())
        if key not in self._blocks:
            columns = np.sort(self.members[runs(self.begins, blocks)[0]])
            small, rows = restricted(self.program, columns, self.x, self._activity, self._worth)
            x = self.x[columns]
            self._blocks[key] = Patch(columns, rows, roomy(small, x), x)
        return self._blocks[key]

    def solve(
        self,
        change: Change,
        blocks: Places | None = None,
        *,
        start: tuple[Places, Floats] | None = None,
        margin: float = CENT,
        aim: tuple[Places, float] | None = None,
    ) -> Found | None:
        """Return what comes of a change; None where no plan of the blocks keeps it.

        Parameters
        ----------
        change : Change
        blocks : int array, optional
            The blocks that are solved anew, together. By default those of the columns that the change names and of the
            rows that it moves, if these do not couple; see `best` for rows that do.
        start : tuple of (int array, float64 array), optional
            Columns and their values in a plan that may keep the change, all else as planned: the search goes on from
            there. It is left aside where it does not.
        margin : float
            What is worth less than this beyond the plan found is not looked for [currency].
        aim : tuple of (int array, float), optional
            Columns, and how many units they should come to for the answer to be of any use: where not even the
            relaxation brings them there, the plan to begin with is the answer.
        """
        block = self.block(self.touched(change) if blocks is None else blocks)
        small, dropped = _changed(block, change)
        begin = block.x
        if start is not None:
            at = places(block.columns, start[0])
            begin = block.x.copy()
            begin[at[at >= 0]] = start[1][at >= 0]
            if not keeps(small, begin) or small.cost @ begin < small.cost @ block.x:
                begin = block.x
        wish = None if aim is None else (places(block.columns, aim[0]), aim[1])
        x, bound, y = self._solved(small, dropped, block, begin, margin, wish)
        if x is None:
            return None
        return Found(float(block.program.cost @ (x - block.x)), bound, block.columns, x, y)

    def best(self, change: Change, blocks: Places | None = None) -> Found | None:
        """Return the best that comes of a change where one block alone answers it, each by itself in its turn.

        For rows that couple: one more hour of a node goes to whichever SKU makes most of it, one less is given up by
        whichever loses least. By default all blocks that the change touches are tried, the first best one is taken.
        """
        found = None
        for one in (self.touched(change, coupling=True) if blocks is None else blocks).tolist():
            answer = self.solve(change, np.array([one]))
            if answer is not None and (found is None or answer.gain > found.gain + CENT):
                found = answer
        return found

    def proof(self, blocks: Places, multipliers: Floats) -> Proof:
        """Return multipliers as a proof of how much some blocks can gain as they are."""
        block = self.block(blocks)
        y = cleaned(block.program, multipliers)
        gap = most(block.program, y) - float(block.program.cost @ block.x)
        return Proof(max(gap, 0.0), block.rows, y)

    def anyway(self, found: Found, blocks: Places) -> bool:
        """Return whether what a re-solve found keeps the rows as they are: then it does not come of the change."""
        return keeps(self.block(blocks).program, found.x)

    def touched(self, change: Change, *, coupling: bool = False) -> Places:
        """Return the blocks of the columns that a change names, and of the rows that it moves."""
        found = [self.block_of[change.exempt_columns], self.block_of[change.columns]]
        found.append(self.blocks_of(change.asked_rows))
        moved = self.blocks_of(change.rows)
        found.append(moved if coupling or len(moved) <= 1 else self.blocks_of(change.rows[self._own(change.rows)]))
        blocks = np.unique(np.concatenate(found))
        return blocks[blocks >= 0].astype(np.intp)

    def _own(self, rows: Places) -> NDArray[np.bool_]:
        """Return which rows touch one block only."""
        return np.array([len(self.blocks_of(np.array([row]))) <= 1 for row in rows.tolist()], dtype=bool)

    def _solved(
        self,
        small: Program,
        dropped: Places,
        block: Patch,
        begin: Floats,
        margin: float,
        wish: tuple[Places, float] | None,
    ) -> tuple[Floats | None, float, Floats | None]:
        """Return the best plan of a block's program, and what it can gain at most.

        The linear relaxation comes first, from the block's own basis: where it is in whole units, or promises no more
        than the plan to begin with, that is all. Else our own search in whole units, and where that does not fit,
        branch and bound.
        """
        kept = keeps(small, begin)
        if not small.columns:
            return (begin if kept else None), 0.0, None
        worth, planned = float(small.cost @ begin), float(small.cost @ block.x)
        margin = max(margin, 1e-9 * CENT * float(np.abs(small.cost) @ np.abs(block.x)))
        finite = np.isfinite(small.upper).all() and np.isfinite(small.lower).all()
        if kept and self._ready and finite and block.loose and small.columns * small.rows <= SHEET:
            answer = searched(small, start=begin, margin=margin, nodes=FEW, work=self.work, sums=block.sums)
            x = None if answer is None else answer.x
            if (
                answer is not None
                and x is not None
                and answer.bound - float(small.cost @ x) <= margin
                and keeps(small, x)
            ):
                return x, answer.bound - planned, _root(answer, small)
        said, y = self._alive(block).solved(small, dropped), None
        if said is not None:
            y = said[1]
            x, top = rounded(small, said[0]), most(small, said[1])
            aimless = wish is not None and said[0][wish[0]].sum() < wish[1]
            if kept and (aimless or top - worth <= margin):
                return begin, top - planned, y
            if x is not None and keeps(small, x) and top - float(small.cost @ x) <= margin:
                return x, top - planned, y
            if kept and wish is not None and self._ready:
                return self._near(small, begin, said[0], margin, block.sums), top - planned, y
        if self._ready and finite:
            first = begin if kept else None
            answer = searched(small, start=first, margin=margin, nodes=self.nodes, work=self.work, sums=block.sums)
            if answer is not None and answer.x is not None and keeps(small, answer.x):
                return answer.x, answer.bound - planned, y
        if not self.helped:
            return (begin if kept else None), np.inf, y
        branched = highs.branch(
            small,
            Clock.started(None),
            gap=1e-9,
            work_limit=self.nodes,
            start=begin if kept else None,
            brief=self.nodes < NODES,
        )
        if branched.x is None:
            return None, 0.0, y
        x = np.where(small.integer, np.rint(branched.x), branched.x)
        if kept and float(small.cost @ x) <= worth + margin:
            x = begin
        claimed = branched.claimed_bound
        return x, (np.inf if claimed is None else claimed - small.constant) - planned, y

    def _near(self, small: Program, begin: Floats, relaxed: Floats, margin: float, sums: tuple[Places, ...]) -> Floats:
        """Return the best plan found where only those columns move that the relaxation moves.

        Source: relaxation-induced neighbourhoods, Danna, Rothberg and Le Pape, Mathematical Programming 102 (2005).
        """
        moving = np.flatnonzero(np.abs(relaxed - begin) > highs.WHOLE)
        part, _ = restricted(small, moving, begin, small.activity(begin), float(small.cost @ begin))
        if not np.isfinite(part.upper).all() or not np.isfinite(part.lower).all():
            return begin
        at = (places(moving, group) for group in sums)
        mine = tuple(place[place >= 0] for place in at if (place >= 0).sum() > 1)
        answer = searched(part, start=begin[moving], margin=margin, nodes=self.nodes, work=self.work, sums=mine)
        if answer is None or answer.x is None:
            return begin
        x = begin.copy()
        x[moving] = answer.x
        return x if keeps(small, x) else begin

    def _alive(self, block: Patch) -> LiveProgram:
        """Return a block as HiGHS holds it; the last few ones asked for are kept."""
        key = id(block)
        live = self._live.pop(key, None) or LiveProgram(block.program)
        self._live[key] = live
        if len(self._live) > ALIVE:
            self._live.pop(next(iter(self._live)))
        return live


def _root(answer: Searched, small: Program) -> Floats | None:
    """Return the multipliers of the relaxation that a search began with; None where there are none."""
    own = int(answer.tree.own[0])
    return answer.tree.multipliers[own][: small.rows] if own >= 0 else None


def _changed(block: Patch, change: Change) -> tuple[Program, Places]:
    """Return the program of a block with a change made in it, and the entries that it lost."""
    small = block.program
    row_lower, row_upper = small.row_lower, small.row_upper
    if len(change.rows):
        at = places(block.rows, change.rows)
        row_lower, row_upper = row_lower.copy(), row_upper.copy()
        for limit in (row_lower, row_upper):
            np.add.at(limit, at[at >= 0], change.by[at >= 0])
    if len(change.asked_rows):
        at = places(block.rows, change.asked_rows)
        row_lower = row_lower.copy()
        row_lower[at[at >= 0]] = change.asked[at >= 0]
    lower, upper = small.lower, small.upper
    if len(change.columns):
        at = places(block.columns, change.columns)
        lower, upper = lower.copy(), upper.copy()
        lower[at[at >= 0]] = change.lower[at >= 0]
        upper[at[at >= 0]] = change.upper[at >= 0]
    small = replace(small, row_lower=row_lower, row_upper=row_upper, lower=lower, upper=upper)
    if not len(change.exempt_rows):
        return small, np.zeros(0, dtype=np.intp)
    row, column = places(block.rows, change.exempt_rows), places(block.columns, change.exempt_columns)
    named = (row >= 0) & (column >= 0)
    entry = places(block.keys, column[named] * small.rows + row[named])
    dropped = np.unique(entry[entry >= 0])
    return without(small, dropped, block.x), dropped
