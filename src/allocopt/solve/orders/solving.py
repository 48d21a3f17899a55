"""Programs whose money hangs on whole orders: solved as orders, where they can be read so and there are many."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.solve import highs
from allocopt.solve.certificate import breach, relative_gap, upper_bound
from allocopt.solve.inside import settled
from allocopt.solve.orders import first
from allocopt.solve.orders.core import by_core
from allocopt.solve.orders.engine import OrderSearch
from allocopt.solve.orders.first import by_value
from allocopt.solve.orders.reading import read
from allocopt.solve.orders.structure import UnreadableError
from allocopt.solve.prices.serving import COMPILING, LOADING, PART
from allocopt.solve.solution import Clock, Solution

MANY = 200
"""Orders that are whole, ship over one option, pay for parcels or have a least quantity, from which on it pays."""
SOME = 20
"""As many of which a bound is proven after branch and bound."""
SMALL, RELAXED, POOR = 20_000, 150_000, 0.1
"""At most so many columns: HiGHS solves the linear relaxation; of more, up to so many, where our own prices leave such
a relative gap. Else they come as near in less time."""
PACE = 2e-5
"""Seconds for each column that the relaxation has to have."""
BRANCHED, BEFORE = 10_000, 0.3
"""At most so many columns: under a time limit, branch and bound goes on from where the search came to, in the rest
of the time."""
FORCED = 0.05
"""The same where every order has to be served: what is left to choose is little, and a solver is the better at it."""
NEAR = 0.02
"""Relative gap up to which branch and bound starts from the plan of the search: a poor one keeps it from a better."""
CORES = (40, 0.4), (80, 0.6)
"""Orders of each core that is then decided anew, and the part of the time that is left which that may take."""
LONG, LOOSE = 15.0, 25_000
"""With so many seconds left, and at most so many columns, it also pays where most lines are of no whole order."""
NARROW = 40
"""At most so many resources have a price: a solver makes something of what is left. Beyond, the search does."""
ROUNDS = 400
"""Rounds of a bound for a plan that branch and bound found."""
SHARE = 0.2
"""Part of the time that prices, and the linear relaxation, may each take."""
PRICES_FIRST = 0.7
"""The same for prices where a plan is in a hurry: one at good prices is worth more than what a short search finds."""
SEARCH = 0.95
"""Part of what is then left that the search takes; the rest is for proving what it found, and for ties."""
PROVING = 3e-6
"""Seconds for each column that are kept for reading the program again, and for proving what was found."""
HURRY = 1.0
"""Seconds below which a plan comes before anything else."""
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
    branched = program.columns <= BRANCHED and clock.limit is not None
    search = _search(program, clock, SOME if branched else MANY)
    if search is None or (search.given.knotted < MANY and not search.given.mostly_orders):
        return None
    relaxed = None
    if search.given.alike and _affordable(program, clock):
        relaxed = highs.linear(program, clock.share(2 * SHARE))
        x = None if relaxed.status != "optimal" or relaxed.x is None else settled(program, relaxed.x, clock)
        if x is not None:
            return replace(relaxed, x=x)
    hurried = clock.left < HURRY
    if known is None or not hurried:
        search.first()
    if known is not None:
        search.begin_from(known)
    search.by_prices(clock.share(PRICES_FIRST if hurried else SHARE))
    multipliers = _multipliers(program, search, clock, relaxed)
    deep = branched and _solvers_pay(search)
    branched = deep or (clock.limit is not None and clock.left >= LONG and _nearly_whole(program, search))
    patience = clock.share((FORCED if search.given.forced.all() else BEFORE) if branched else SEARCH)
    if clock.limit is not None:
        patience = Clock.started(min(patience.left, max(0.0, clock.left - PROVING * program.columns)))
    rents = search.run(patience, gap=gap, moves=moves, threads=2 if threads is None else threads)
    bound = min(search.bound + search.fixed, upper_bound(program, multipliers))
    x, iterations = search.plan, search.moves
    if branched and relative_gap(program.objective(x), bound) > gap:
        x, last = _branched_on(program, search, x, clock, bound=bound, gap=gap, cores=deep)
        iterations += last.iterations
        bound = bound if last.claimed_bound is None else min(bound, last.claimed_bound)
    close = relative_gap(program.objective(x), bound) <= gap
    message = "" if close else "the gap that was asked for is not reached"
    proof = rents if search.given.whole_truth else None
    found = Solution("feasible", x, multipliers, bound, METHOD, clock.seconds, iterations, message, rents=proof)
    return replace(found, status="optimal") if close else found


def _branched_on(
    program: Program, search: OrderSearch, x: Floats, clock: Clock, *, bound: float, gap: float, cores: bool
) -> tuple[Floats, Solution]:
    """Return the best of a plan, cores decided anew and branch and bound over all of it, and what the last one said."""
    if cores and not search.given.forced.any():
        surplus = search.pages.orders["surplus"][:-1]
        for size, share in CORES:
            core = by_core(program, search.given, surplus, x, clock.share(share), size=size, gap=gap)
            x = _better(program, x, core)
    start = x if relative_gap(program.objective(x), bound) <= NEAR else None
    last = highs.branch(program, clock.share(SEARCH), gap=gap, start=start)
    return _better(program, x, last.x), last


def _search(program: Program, clock: Clock, many: int) -> OrderSearch | None:
    """Return a search over the orders of a program; None where fewer hang together, or it cannot be read or served."""
    if not _may_have(program, many):
        return None
    try:
        search = OrderSearch(program)
    except UnreadableError:
        return None
    return search if search.given.knotted >= many and _ready(clock) else None


def _nearly_whole(program: Program, search: OrderSearch) -> bool:
    """Return whether most lines take what they get: then little is left to branch on, if it takes its time."""
    return program.columns <= LOOSE and not search.given.mostly_orders


def _solvers_pay(search: OrderSearch) -> bool:
    """Return whether branch and bound betters a plan of the search: few orders, few limits, or all must be served."""
    few_limits = int((search.price > 0).sum()) <= NARROW
    return few_limits or search.given.knotted < MANY or bool(search.given.forced.all())


def _may_have(program: Program, many: int) -> bool:
    """Return whether a program knows its lines, and has so many whole columns of none of them: each order has one."""
    lines = program.column_line
    return lines is not None and int((program.integer & (lines < 0)).sum()) >= many


def _multipliers(program: Program, search: OrderSearch, clock: Clock, relaxed: Solution | None) -> Floats:
    """Return multipliers: of the search's own prices, or where these are poor or it is small of the relaxation.

    What is known of the relaxation is not solved again.
    """
    own = search.multipliers
    poor = relative_gap(search.best + search.fixed, upper_bound(program, own)) > POOR
    if program.columns > (RELAXED if poor else SMALL) or not _affordable(program, clock):
        return own
    relaxed = relaxed or highs.linear(program, clock.share(2 * SHARE))
    if relaxed.status != "optimal" or relaxed.multipliers is None:
        return own
    search.by_prices(clock.share(SHARE), relaxed.multipliers)
    return relaxed.multipliers


def _affordable(program: Program, clock: Clock) -> bool:
    """Return whether there is time for a linear relaxation."""
    return SHARE * clock.left >= PACE * program.columns


def _better(program: Program, x: Floats, other: Floats | None) -> Floats:
    """Return the better one of a plan and what a solver says is one, if it is."""
    if other is None or np.shape(other) != (program.columns,) or not np.isfinite(other).all():
        return x
    whole = np.where(program.integer, np.rint(other), other)
    kept = breach(program, whole)[0] == 0
    return whole if kept and (program.objective(whole) > program.objective(x) or breach(program, x)[0] > 0) else x


def bounded(program: Program, found: Solution, clock: Clock, *, gap: float) -> Solution:
    """Return a solution of a program of few orders with rents, where its own bound is not close enough to its plan.

    Parameters
    ----------
    program : Program
    found : Solution
    clock : Clock
    gap : float
        Relative gap that is wanted.
    """
    if found.x is None or not few(program):
        return found
    worth = program.objective(found.x)
    if relative_gap(worth, upper_bound(program, found.multipliers)) <= gap:
        return found
    search = _search(program, clock, SOME)
    if search is None or not search.given.whole_truth:
        return found
    return replace(found, rents=search.proof(found.multipliers, worth, clock, gap=gap, rounds=ROUNDS))


def few(program: Program) -> bool:
    """Return whether a program may be one of few orders, of which it pays to prove a bound after a plan was found."""
    return program.columns <= BRANCHED and _may_have(program, SOME)


def in_passes(program: Program, clock: Clock) -> Floats | None:
    """Return a plan of many orders that takes no solver, and no compiled code where that is not there yet.

    None where they cannot be read so, or where what is compiled can be there in time, with some of it to spare.
    """
    if not _may_have(program, MANY) or (clock.left >= HURRY and _ready(clock)):
        return None
    try:
        given = read(program)
        if given.knotted < MANY:
            return None
        if _there():
            search = OrderSearch(program)
            search.first()
            return search.plan
    except UnreadableError:
        return None
    return given.plan(program, first.in_passes(given, by_value(given)))


def at_once(program: Program, clock: Clock, *, many: int = 0) -> NDArray[np.float64] | None:
    """Return the plan that orders in turn come to, which asks no solver; None where it cannot be read or served so.

    Promises weigh more than anything that can be earned, so that they come first. Where some are broken, a few moves
    are made to mend that; whether all are kept is for the caller to see.

    Parameters
    ----------
    program : Program
    clock : Clock
    many : int
        None is returned where fewer orders hang together.
    """
    search = _search(program, clock, many)
    if search is None:
        return None
    search.first()
    if search.broken or not many:
        search.by_prices(clock.share(SHARE))
    if search.broken and many:
        search.mend(clock)
    return search.plan


def _ready(clock: Clock) -> bool:
    """Return whether what is compiled can be there in time."""
    if MODULE not in sys.modules and READ * clock.left < LOADING:
        return False
    if _there():
        return clock.left > 0
    if READ * clock.left < LOADING:
        return False
    from allocopt.solve.orders.native import FUNCTIONS
    from allocopt.solve.prices import native_store

    return PART * clock.left >= COMPILING or all(native_store.kept(function) for function in FUNCTIONS)


def _there() -> bool:
    """Return whether what is compiled is in this process already."""
    if MODULE not in sys.modules:
        return False
    from allocopt.solve.orders.native import FUNCTIONS
    from allocopt.solve.prices import native_store

    return all(native_store.loaded(function) for function in FUNCTIONS)
