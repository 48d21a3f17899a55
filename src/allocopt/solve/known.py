"""Plans that are known before any search: what no solver can argue away, and what a call ends with at the latest.

*Nothing*: every column as near to zero as it may lie. *Promises only*: where that breaks rows (commitments, serves,
locks), columns rise to mend these rows; where single columns cannot do it, those that can, and what makes room for
them, are decided by themselves: a small program.
*Greedy*: from there, columns that earn something rise as far as the rows let them, those that earn most first. Only
what keeps every row in whole units is known; who found it does not matter.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program, restricted, tightened
from allocopt.arrays import Floats
from allocopt.solve import blocks, highs, orders
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Clock

NODES = 200
"""Nodes of a search for a plan that keeps promises; almost always it is found at the root."""
CHEAP = 1e-2
"""Gap to which promises are kept at the least cost."""
ANY = 1e9
"""Gap of a search that ends with the first plan it finds."""
SECONDS, PATIENCE = 0.5, 2.0
"""Promises may take so long even where no time is left: without a plan a call is of no use. Blocks one after the other
are small searches that are soon over (0.3 s at 4,600 columns): they are only stopped where something is wrong."""
LARGE = 100_000
"""Columns above which promises are not looked for in the whole program."""
REACH = 20
"""Steps from a broken row to what has to make room for what mends it."""
PASSES = 12
"""Passes over the columns after which a greedy plan is good enough."""
ROUNDS = 3
"""Searches for promises that single columns cannot keep, each with those that the one before left short."""
RESIDUE = 1e-9
"""Below, what is left of a row is a rounding residue."""


def holds(program: Program, x: Floats) -> bool:
    """Return whether a plan keeps every row and bound, in whole units."""
    whole = x[program.integer]
    if np.shape(x) != (program.columns,) or not np.isfinite(x).all():
        return False
    return breach(program, x)[0] == 0 and bool((whole == np.rint(whole)).all())


class Known:
    """What is known of a program without searching it.

    Parameters
    ----------
    program : Program
    given : float64, shape (columns,), optional
        A plan that somebody else found; it counts if it keeps every row.
    clock : Clock

    Attributes
    ----------
    given : float64, shape (columns,), or None
        The plan that somebody else found, if it counts.
    """

    def __init__(self, program: Program, given: Floats | None, clock: Clock) -> None:
        self._program, self._clock = program, clock
        self.given = given if given is not None and holds(program, given) else None

    @cached_property
    def quick(self) -> Floats | None:
        """The best plan that takes no solver.

        The one given, or orders in turn, or the greedy one from nothing or from mended promises.
        """
        in_turn = orders.in_passes(self._program, self._clock)
        if in_turn is not None and holds(self._program, in_turn):
            return best_of(self._program, self.given, in_turn)
        grown = None if self._least is None else self._grown(self._least)
        return best_of(self._program, self.given, grown)

    @property
    def none_needed(self) -> bool:
        """Whether nothing at all keeps every row, and no column is whole: with prices to begin from, that will do."""
        return not self._program.integer.any() and holds(self._program, self._nothing)

    @cached_property
    def best(self) -> Floats | None:
        """The best known plan; where no other is known, one that keeps promises only is looked for."""
        if self.quick is not None:
            return self.quick
        kept = self._served(orders.MANY)
        if kept is None:
            kept = self._in_steps()
        if kept is None:
            kept = promises_only(self._program, self._mended, self._clock)
        if kept is None:  # whoever searches small programs may fail, or lie
            kept = self._served(0)
        return None if kept is None else self._grown(kept)

    def _served(self, many: int) -> Floats | None:
        """Return the plan that orders in turn come to, if it keeps every row; None below so many orders."""
        served = orders.at_once(self._program, self._clock, many=many)
        return served if served is not None and holds(self._program, served) else None

    @cached_property
    def _nothing(self) -> Floats:
        nearest: Floats = np.clip(0.0, self._program.lower, self._program.upper)
        return nearest

    @cached_property
    def _mended(self) -> Floats:
        """Nothing, or what rises for promises: those that earn most first, and then whatever is in the fewest rows."""
        return self._nothing if holds(self._program, self._nothing) else self._risen(self._nothing)

    def _risen(self, x: Floats) -> Floats:
        kept = mended(self._program, x)
        return kept if holds(self._program, kept) else mended(self._program, kept, lean=True)

    def _in_steps(self) -> Floats | None:
        """Return a plan that keeps what single columns cannot mend first, by a small search, and then all else.

        Searched together is what is short in the blocks of the program in which something cannot be mended.
        """
        program, kept = self._program, self._mended
        labels = blocks.components(program)
        easy = program.activity(self._nothing) < program.row_lower
        for _ in range(ROUNDS):
            easy &= program.activity(kept) >= program.row_lower
            if labels is not None:
                easy &= ~_beside(program, labels, program.activity(kept) < program.row_lower)
            alone = replace(program, row_lower=np.where(easy, -np.inf, program.row_lower))
            first = promises_only(alone, self._nothing, self._clock)
            if first is None:
                return None
            kept = self._risen(first)
            if holds(program, kept):
                return kept
        return None

    @property
    def _least(self) -> Floats | None:
        return self._mended if holds(self._program, self._mended) else None

    def _grown(self, x: Floats) -> Floats:
        found = greedy(self._program, x)
        return found if holds(self._program, found) else x


def _beside(program: Program, labels: NDArray[np.intp], rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the rows that share a block with some rows, shape (rows,)."""
    label = labels[program.entry_column]
    mine = np.zeros(int(labels.max(initial=0)) + 1, dtype=bool)
    mine[label[rows[program.indices]]] = True
    near = np.zeros(program.rows, dtype=bool)
    near[program.indices[mine[label]]] = True
    return near


def known_plan(program: Program) -> Floats | None:
    """Return the best plan that keeps every row and takes no search of the whole program; None where none is known."""
    program = tightened(program)
    return Known(program, None, Clock.started(0.0)).best


def best_of(program: Program, *plans: Floats | None) -> Floats | None:
    """Return the plan that is worth most, the first one of several; None without a plan."""
    there = [plan for plan in plans if plan is not None]
    return max(there, key=program.objective) if there else None


def promises_only(program: Program, x: Floats, clock: Clock) -> Floats | None:
    """Return a plan that keeps every row and does little more, found from one that breaks some; None without one.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        Breaks rows; all columns but those that have to move stay as they are here.
    clock : Clock
        Once it is up, `SECONDS` are taken all the same.
    """
    own = Clock.started(None if clock.limit is None else max(clock.left, SECONDS))
    columns = movers(program, x)
    if columns.any():
        small, _ = restricted(program, columns, x)
        plan = x.copy()
        plan[columns] = _in_turn(
            small, x[columns], Clock.started(None if own.limit is None else max(own.left, PATIENCE))
        )
        if holds(program, plan):
            return plan
        found = highs.branch(small, own, gap=CHEAP, work_limit=NODES)
        if found.x is not None and np.shape(found.x) == (small.columns,):
            plan = x.copy()
            plan[columns] = np.where(small.integer, np.rint(found.x), found.x)
            if holds(program, plan):
                return plan
    if program.columns > LARGE or columns.all():
        return None
    found = highs.branch(program, own, gap=ANY, work_limit=NODES)
    if found.x is None or np.shape(found.x) != (program.columns,):
        return None
    plan = np.where(program.integer, np.rint(found.x), found.x)
    return plan if holds(program, plan) else None


def _in_turn(program: Program, x: Floats, clock: Clock) -> Floats:
    """Return a plan from one that breaks rows by searches of one block after the other, over what the others leave.

    That takes a tenth of the time of one search in all of them. Rows between blocks that ask for a least sum are left
    out; whether every row is kept is for the caller to see.
    """
    between = program.row_sku == COUPLES
    labels = blocks.connected(program, between)
    asked = replace(program, row_lower=np.where(between, -np.inf, program.row_lower))
    standing = blocks.BlockPlan(asked, x)
    order = np.argsort(labels, kind="stable")
    for columns in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        small, rows = standing.alone(columns)
        found = highs.branch(small, clock, gap=CHEAP, work_limit=NODES, brief=True)
        if found.x is None or np.shape(found.x) != (small.columns,) or clock.left <= 0:
            break
        standing.put(small, rows, columns, np.clip(found.x, small.lower, small.upper))
    return standing.x


def movers(program: Program, x: Floats) -> NDArray[np.bool_]:
    """Return the columns that can mend the rows that a plan breaks, and those that make room for them in other rows.

    A row that is met exactly gives no room: what else is in it has to move against what mends a broken one. And so on
    from row to row.
    """
    column, row = program.entry_column, program.indices
    rises, falls = (program.upper > x)[column], (program.lower < x)[column]
    positive = program.data > 0
    lifts, lowers = np.where(positive, rises, falls), np.where(positive, falls, rises)
    activity = program.activity(x)
    spare = RESIDUE * (1 + np.abs(activity))
    to_rise, to_fall = activity < program.row_lower - spare, activity > program.row_upper + spare
    no_room_above, no_room_below = activity >= program.row_upper - spare, activity <= program.row_lower + spare
    chosen = np.zeros(program.columns, dtype=bool)
    for _ in range(REACH):
        helps = (to_rise[row] & lifts) | (to_fall[row] & lowers)
        before = int(chosen.sum())
        chosen[column[helps]] = True
        if int(chosen.sum()) == before:
            break
        mine = chosen[column]
        pressed_up, pressed_down = np.zeros(program.rows, dtype=bool), np.zeros(program.rows, dtype=bool)
        pressed_up[row[mine & lifts]] = True
        pressed_down[row[mine & lowers]] = True
        to_fall |= pressed_up & no_room_above
        to_rise |= pressed_down & no_room_below
    return chosen


def mended(program: Program, x: Floats, *, lean: bool = False) -> Floats:
    """Return a plan in which columns have risen to mend the rows that fall short, those that earn most first.

    Without a solver, and as far as single columns can do it: what takes packs or switches stays broken. With `lean`,
    columns in few rows come first, whatever they earn: they are in the way of nothing else.
    """
    short = program.activity(x) < program.row_lower
    column = program.entry_column
    helps = np.zeros(program.columns, dtype=bool)
    helps[column[short[program.indices] & (program.data > 0)]] = True
    order = np.flatnonzero(helps & (program.upper > x))
    first = np.diff(program.indptr)[order] if lean else np.zeros(len(order))
    order = order[np.lexsort((-program.cost[order], first))]
    return _risen(replace(program, row_upper=np.where(short, program.row_lower, program.row_upper)), x, order)


def greedy(program: Program, x: Floats) -> Floats:
    """Return a plan in which columns that earn something have risen as far as the rows let them, the best first.

    Columns that only count together (packs, switches) stay as they are.

    Parameters
    ----------
    program : Program
    x : float64, shape (columns,)
        A plan that keeps every row.
    """
    earns = np.flatnonzero((program.cost > 0) & (program.upper > x))
    return _risen(program, x, earns[np.argsort(-program.cost[earns], kind="stable")])


def _risen(program: Program, x: Floats, order: NDArray[np.intp]) -> Floats:
    """Let columns rise as far as the rows let them, in an order.

    In each pass every column claims what it could take alone; in each row the claims are served in order until the row
    is used up.
    """
    rank = np.full(program.columns, -1)
    rank[order] = np.arange(len(order))
    column = program.entry_column
    entry = np.flatnonzero(rank[column] >= 0)
    row, size = program.indices[entry].astype(np.int64), np.abs(program.data[entry])
    side = np.where(program.data[entry] > 0, row, row + program.rows)
    limited = np.isfinite(np.concatenate([program.row_upper, program.row_lower]))[side]
    side, size, who = side[limited], size[limited], rank[column[entry[limited]]]
    queue = np.lexsort((who, side))
    side, size, who = side[queue], size[queue], who[queue]
    first = np.flatnonzero(np.append(True, side[1:] != side[:-1])) if len(side) else np.zeros(0, np.int64)
    member = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(side))))
    whole = program.integer[order]
    x = x.copy()
    for _ in range(PASSES):
        activity = program.activity(x)
        room = np.maximum(np.concatenate([program.row_upper - activity, activity - program.row_lower]), 0.0)[side]
        free = _stepped(room / size, whole[who], who, program.upper[order] - x[order], whole)
        claim = free[who] * size
        before = np.cumsum(claim) - claim
        left = np.maximum(room - (before - before[first][member]), 0.0) if len(first) else room
        step = _stepped(left / size, whole[who], who, free, whole)
        step[np.isinf(step)] = 0.0  # nothing limits it: then there is no best plan anyway
        if not step.any():
            break
        x[order] += step
    return x


def _stepped(
    fits: Floats, counted: NDArray[np.bool_], who: NDArray[np.int64], most: Floats, whole: NDArray[np.bool_]
) -> Floats:
    """Return how far each column may rise: the least of `most` and of what fits into each of its rows."""
    step = most.copy()
    np.minimum.at(step, who, np.where(counted, np.floor(fits + RESIDUE), fits))
    return np.where(whole, np.floor(step), step)
