"""A plan, settled: of all that is worth the same, what the order of ties says."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arcs import Arcs
from allocopt.problem.facts import Floats
from allocopt.solve import Solution
from allocopt.solve.prices import serving
from allocopt.solve.ties import board as of
from allocopt.solve.ties import moves
from allocopt.solve.ties.idle import switched_off
from allocopt.ties.order import Order, order_of

NATIVE, COMPILED = 20_000, 200_000
"""At least so many arcs, of all calls of a process together: compiled code is worth loading, and worth compiling where
it is not kept (some 11 s, for 60 microseconds an arc)."""
LOADED = 50
"""At least so many arcs: compiled code is quicker where the process has it, or has loaded other compiled code: what
takes a second is to load the compiler's library."""
CHUNK, LISTED = 50_000, 2_000
"""Arcs after which the clock is looked at, where the moves are compiled and where they are not."""
WORK, BASE = 60, 1_000_000
"""Most work that the pass may put into an arc, and that it may take in any case."""
PASSES = 20
"""So often all articles are gone through where rows couple them."""
LAST_DIGIT = 2.0**-50
"""What sums of whole units times other numbers may be off by, relative to their terms' sizes: less than a unit."""
EARLY = "ties were not settled to the end: the pass stopped early"

MODULE, COMPILER = "allocopt.solve.ties.native_moves", "numba"

Left = Callable[[], float | None]
"""Seconds that are left; None: no limit."""

_gone = {"arcs": 0}
"""Of calls of this process at which compiled code would have been quicker, had it been loaded."""


def settler(arcs: Arcs, left: Left, notes: tuple[str, ...] = ()) -> Callable[[Program, Solution], Solution]:
    """Return the function that settles the ties of a plan of some program over these arcs.

    Parameters
    ----------
    arcs : Arcs
    left : callable
        Tells the seconds that are left.
    notes : tuple of str
        To be said with every plan.
    """

    def settle(program: Program, solution: Solution) -> Solution:
        if solution.x is None:
            return solution
        x, more = settled(program, arcs, solution.x, left)
        return replace(solution, x=x, notes=(*solution.notes, *more, *notes))

    return settle


def settled(program: Program, arcs: Arcs, x: Floats, left: Left) -> tuple[Floats, tuple[str, ...]]:
    """Return a plan that is worth at least as much and is stable against the moves of ties, and what to know of it.

    Parameters
    ----------
    program : Program
        Its first columns are the arcs.
    arcs : Arcs
    x : float64, shape (columns,)
        A plan that keeps the rows.
    left : callable
        Tells the seconds that are left.

    Returns
    -------
    float64, shape (columns,)
    tuple of str
        A note where the pass ended before the plan was stable.
    """
    if not len(arcs) or not np.isfinite(x).all():
        return x, ()
    x = switched_off(program, x)
    order = order_of(arcs, program.cost[: len(arcs)])
    board = _board(program, arcs, x.copy(), order)
    hand, desk = _room(program, board)
    native = _native(len(arcs), left())
    settle: Callable[..., None] = moves.settle
    if native:
        from allocopt.solve.ties import native_moves

        settle, board = native_moves.settle, _typed(board)
    else:
        _count(len(arcs))
        board, hand, desk = _listed(board), _listed(hand), _listed(desk)
    limit = BASE + WORK * (len(arcs) if native or len(arcs) < COMPILED else 0)
    chunks = _chunks(arcs, CHUNK if native else LISTED)
    early = _gone_through(partial(settle, board, hand, desk), hand, chunks, left, limit)
    if not hand.count[of.MADE]:
        return x, (EARLY,) if early else ()
    return switched_off(program, np.asarray(board.columns.x, float)), (EARLY,) if early else ()


def _native(arcs: int, seconds: float | None) -> bool:
    """Return whether compiled code makes the moves: where it is loaded, can be loaded, or pays to be compiled.

    The moves are the same either way.
    """
    if arcs < LOADED or (COMPILER not in sys.modules and _gone["arcs"] + arcs < NATIVE):
        return False
    room = serving.PART * (math.inf if seconds is None else seconds)
    if room < serving.LOADING and MODULE not in sys.modules:
        return False
    from allocopt.solve.prices import native_store
    from allocopt.solve.ties import native_moves

    if native_store.kept(native_moves.settle):
        return True
    return _gone["arcs"] + arcs >= COMPILED and room >= serving.COMPILING


def _count(arcs: int) -> None:
    """Remember that compiled code would have been quicker, so that a process that calls often comes to load it."""
    if arcs >= LOADED:
        _gone["arcs"] += arcs


def _gone_through(settle: Callable[..., None], hand: of.Hand, chunks: list[int], left: Left, limit: int) -> bool:
    """Go through the articles until nothing moves; return whether it ended early."""
    seen: Any = [-1] * chunks[-1] if isinstance(hand.count, list) else np.full(chunks[-1], -1)
    for _ in range(PASSES):
        before, hand.count[of.CUT] = hand.count[of.MADE], 0
        for begin, end in pairwise(chunks):
            settle(seen, begin, end, limit)
            seconds = left()
            if hand.count[of.WORK] > limit or (seconds is not None and seconds <= 0.0):
                return True
        if hand.count[of.CUT] or hand.count[of.MADE] == before:
            return bool(hand.count[of.CUT])
    return True


def _chunks(arcs: Arcs, size: int) -> list[int]:
    """Return articles between which the clock is looked at, from the first to behind the last."""
    skus = len(arcs.facts.skus.id)
    ends = np.cumsum(np.bincount(arcs.sku, minlength=skus))
    cuts = np.searchsorted(ends, np.arange(size, int(ends[-1]), size)) + 1
    found: list[int] = np.unique(np.concatenate([[0], cuts, [skus]])).tolist()
    return found


def _listed(values: Any) -> Any:
    """Return arrays as lists, in which places are quicker to look up where nothing is compiled."""
    return values.tolist() if isinstance(values, np.ndarray) else type(values)(*map(_listed, values))


def _typed(values: Any) -> Any:
    """Return arrays as compiled code takes them: contiguous, and such as could be written to."""
    if isinstance(values, np.ndarray):
        return np.require(values, requirements=["C", "W"])
    return type(values)(*map(_typed, values))


def _board(program: Program, arcs: Arcs, x: Floats, order: Order) -> of.TieBoard:
    """Return everything that moves look at."""
    facts, ship, whole = arcs.facts, x[: len(arcs)], program.integer[: len(arcs)]
    lines, lots, skus = len(facts.lines.sku), len(facts.lots.sku), np.arange(len(facts.skus.id) + 1)
    columns = of.Columns(
        program.cost,
        program.lower,
        program.upper,
        program.integer,
        program.indptr,
        program.indices,
        program.data,
        x,
    )
    return of.TieBoard(
        columns,
        _rows(program, len(arcs), x),
        of.TiedArcs(arcs.lot, arcs.line, order.late, order.key, order.money),
        of.TiedLines(
            np.searchsorted(arcs.line, np.arange(lines + 1)),
            order.place,
            facts.lines.units,
            np.bincount(arcs.line, weights=ship, minlength=lines),
            np.where(np.bincount(arcs.line[whole], minlength=lines) > 0, 0.5, of.EQUAL * (1.0 + facts.lines.units)),
            np.searchsorted(facts.lines.sku, skus),
            order.lines,
            np.zeros(lines, np.int64),
        ),
        of.TiedLots(
            facts.lots.usable,
            np.bincount(arcs.lot, weights=ship, minlength=lots),
            np.searchsorted(facts.lots.sku, skus),
        ),
    )


def _rows(program: Program, arcs: int, x: Floats) -> of.TiedRows:
    """Return the rows, what may follow in them, and what the plan comes to."""
    begin = program.indptr[arcs]
    rows = program.indices[begin:]
    column = np.repeat(np.arange(arcs, program.columns, dtype=np.int32), np.diff(program.indptr[arcs:]))
    by_row = np.argsort(rows, kind="stable")
    ptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=program.rows))])
    activity, slack = program.activity(x), _slack(program, x)
    full = np.where(activity >= program.row_upper - slack, 1, np.where(activity <= program.row_lower + slack, -1, 0))
    return of.TiedRows(
        lower=program.row_lower,
        upper=program.row_upper,
        slack=slack,
        ptr=ptr,
        column=column[by_row],
        value=program.data[begin:][by_row],
        activity=activity,
        full=np.where(np.diff(ptr) == 0, full, 0).astype(np.int8),
        barred=np.zeros(program.rows, dtype=bool),
        freed=np.zeros(program.rows, np.int64),
    )


def _slack(program: Program, x: Floats) -> Floats:
    """Return what each row may be off by: nothing where all that it holds is whole, else the rounding of its terms.

    A column that may be divided and is not counts as whole: stock that is kept idle beside whole units is.
    """
    lengths = np.diff(program.indptr)
    terms = np.abs(program.data * np.repeat(x, lengths))
    sizes = np.bincount(program.indices, weights=terms, minlength=program.rows).astype(np.float64)
    for limit in (program.row_lower, program.row_upper):
        sizes = np.maximum(sizes, np.abs(np.where(np.isfinite(limit), limit, 0.0)))
    divided = np.repeat(x != np.rint(x), lengths)
    odd = program.data != np.rint(program.data)
    of_units = np.bincount(program.indices[divided], minlength=program.rows) == 0
    whole = of_units & (np.bincount(program.indices[odd], minlength=program.rows) == 0)
    return np.where(whole, 0.0, np.where(of_units, LAST_DIGIT, of.ROUNDING) * sizes)


def _room(program: Program, board: of.TieBoard) -> tuple[of.Hand, of.Desk]:
    """Return room for moves, and for one article."""
    arcs_of = np.diff(board.lines.ptr[board.lines.of_sku])
    lots_of = np.diff(board.lots.of_sku)
    arcs, pairs = int(arcs_of.max()), int((arcs_of * lots_of).max()) + 1
    hand = of.Hand(
        column=np.zeros(4, np.int64),
        sign=np.zeros(4),
        touched=np.zeros(program.rows + 1, np.int64),
        marked=np.zeros(program.rows, dtype=bool),
        per_unit=np.zeros(program.rows),
        change=np.zeros(program.rows),
        follower=np.zeros(of.FOLLOWERS + 1, np.int64),
        amount=np.zeros(of.FOLLOWERS + 1),
        count=np.zeros(of.PLACES, np.int64),
    )
    desk = of.Desk(
        active=np.zeros(arcs, np.int64),
        woken=np.zeros(arcs, dtype=bool),
        stirred=np.zeros(int(np.diff(board.lines.of_sku).max()), dtype=bool),
        fresh=np.zeros(arcs, np.int64),
        lot_ptr=np.zeros(int(lots_of.max()) + 3, np.int64),
        lot_arcs=np.zeros(arcs, np.int64),
        gain=np.zeros(pairs),
        late=np.zeros(pairs, np.int64),
        key=np.zeros(pairs, np.int64),
    )
    return hand, desk
