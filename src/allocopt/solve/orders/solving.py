"""Programs whose money hangs on whole orders: solved as orders, where they can be read so and there are many."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve import highs
from allocopt.solve.certificate import relative_gap, upper_bound
from allocopt.solve.orders.engine import Search
from allocopt.solve.orders.structure import UnreadableError
from allocopt.solve.prices.serving import COMPILING, LOADING, PART
from allocopt.solve.solution import Clock, Solution

MANY = 200
"""Orders that are whole, ship over one option, or have a least quantity, from which on the search pays."""
RELAXED = 30_000
"""At most so many columns: HiGHS solves the linear relaxation, which takes a part of the time; beyond, our own prices
come as near in less."""
SHARE = 0.2
"""Part of the time that prices, and the linear relaxation, may each take."""
SEARCH = 0.95
"""Part of what is then left that the search takes; the rest is for proving what it found, and for ties."""
METHOD = "whole orders"
MODULE = "allocopt.solve.orders.native"
READ = 0.7
"""Part of the time that is left which loading compiled code may take."""


def solved(
    program: Program,
    clock: Clock,
    *,
    gap: float,
    moves: int | None = None,
    known: NDArray[np.float64] | None = None,
    threads: int | None = None,
) -> Solution | None:
    """Return a plan of a program in whole orders with a proof of how good it is.

    Parameters
    ----------
    program : Program
    clock : Clock
    gap : float
        Where the search may end.
    moves : int, optional
        Moves after which to stop, the same in every run.
    known : float64, shape (columns,), optional
        A plan that keeps every row.
    threads : int, optional
        With more than one, the bound comes down while the search goes on. The answer is the same.

    Returns
    -------
    Solution or None
        None where the program has few such orders, cannot be read as orders, or is not served yet: compiling would
        not fit into what is left of the time.
    """
    lines = program.column_line
    if lines is None or int((program.integer & (lines < 0)).sum()) < MANY:
        return None
    try:
        search = Search(program)
    except UnreadableError:
        return None
    if search.given.knotted < MANY or not _ready(clock):
        return None
    search.first()
    if known is not None:
        search.begin_from(known)
    relaxed = highs.linear(program, clock.share(SHARE)) if program.columns <= RELAXED else None
    multipliers = None if relaxed is None or relaxed.status != "optimal" else relaxed.multipliers
    search.by_prices(clock.share(SHARE), multipliers)
    rents = search.run(clock.share(SEARCH), gap=gap, moves=moves, threads=2 if threads is None else threads)
    multipliers = search.multipliers if multipliers is None else multipliers
    bound = min(search.bound + search.fixed, upper_bound(program, multipliers))
    x = search.plan
    close = relative_gap(program.objective(x), bound) <= gap
    message = "" if close else "the gap that was asked for is not reached"
    found = Solution("feasible", x, multipliers, bound, METHOD, clock.seconds, search.moves, message, rents=rents)
    return replace(found, status="optimal") if close else found


def at_once(program: Program, clock: Clock) -> NDArray[np.float64] | None:
    """Return the plan that orders in turn come to, which asks no solver; None where it cannot be read or served so.

    Promises weigh more than anything that can be earned, so that they come first; whether all are kept is for the
    caller to see.
    """
    try:
        search = Search(program)
    except UnreadableError:
        return None
    if not _ready(clock):
        return None
    search.first()
    search.by_prices(clock)
    return search.plan


def _ready(clock: Clock) -> bool:
    """Return whether what is compiled can be there in time."""
    if MODULE not in sys.modules and READ * clock.left < LOADING:
        return False
    from allocopt.solve.orders.native import FUNCTIONS
    from allocopt.solve.prices import native_store

    if all(native_store.loaded(function) for function in FUNCTIONS):
        return clock.left > 0
    if READ * clock.left < LOADING:
        return False
    return PART * clock.left >= COMPILING or all(native_store.kept(function) for function in FUNCTIONS)
