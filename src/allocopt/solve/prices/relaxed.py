"""A linear relaxation solved by prices: taken apart, first prices from a sample of the pieces, then all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve.prices.apart import Apart, Floats, taken_apart
from allocopt.solve.prices.engine import GROUPS, ROUNDS, MasterKind, Pricing, worth_of_rows
from allocopt.solve.prices.manner import GIVEN_BOX, SAMPLE, allowed, around, guide, manner
from allocopt.solve.prices.oracle import LocalOracle, Oracle, usable_threads
from allocopt.solve.prices.pure import purified
from allocopt.solve.prices.serving import serving
from allocopt.solve.prices.shards import Cluster, Shards
from allocopt.solve.prices.sums import Sums, unsummed
from allocopt.solve.prices.twins import Twins, untwined
from allocopt.solve.solution import Clock, Solution
from allocopt.solve.start import Prices

EXACT = 1e-6
"""Gap at which a linear program counts as solved, where nobody asks for another."""
METHOD = "prices"


def linear(
    program: Program,
    clock: Clock,
    *,
    gap: float = EXACT,
    work_limit: int | None = None,
    start: Prices | None = None,
    threads: int | None = None,
    native: bool | None = None,
    pure: bool = False,
    part: float = 1.0,
    known: Floats | None = None,
    cluster: Cluster | None = None,
    master: MasterKind | None = None,
) -> Solution:
    """Solve the linear relaxation of a program by prices.

    Parameters
    ----------
    program : Program
        Its ``integer`` is ignored.
    clock : Clock
    gap : float
        Relative gap between plan and bound at which to stop.
    work_limit : int, optional
        Rounds after which to stop.
    start : Prices, optional
        Of a similar program.
    threads : int, optional
        By default all cores that the process may use, on a cluster all that each worker has. The answer is the same
        for any number.
    native : bool, optional
        Whether compiled code solves the blocks that are networks; by default see `serving`.
    pure : bool
        Whether the plan should mix as few blocks as possible, so that most of it is in whole units.
    part : float
        Part of the time that is left (0 to 1) which the rounds may take; purifying may take the rest.
    known : float64, shape (columns,), optional
        A plan that keeps every row: what the first rounds cannot do without breaking one is taken from it.
    cluster : Cluster, optional
        Whose workers find the best plans of the blocks. The answer is the same as without.
    master : {"centre", "vertex"}, optional
        Whether central prices or those of vertices guide the search; by default central ones where compiled code
        serves and there are many rows and pieces.

    Returns
    -------
    Solution
        ``claimed_bound`` is the bound at the best prices, ``basis`` the prices.

    Raises
    ------
    WholeError
        If the program does not come apart, has no plan, or its prices do not settle: HiGHS has to solve it.
    SolveError
        If a worker of the cluster is lost or fails.
    """
    by = serving(program.columns, clock, native)
    program, taken = simpler(program)
    for out in taken:
        start, known = out.prices(start), None if known is None else known[out.columns]
    apart = taken_apart(program)
    oracle: Oracle
    if cluster is None:
        oracle = LocalOracle(apart, native=by.native, threads=usable_threads() if threads is None else threads)
    else:
        oracle = Shards(apart, cluster, native=by.native, threads=threads)
    everyone = np.arange(oracle.pieces)
    rounds = ROUNDS if work_limit is None else work_limit
    spent = 0
    with ThreadPoolExecutor(oracle.threads) as pool, closing(oracle):
        usual = worth_of_rows(apart, oracle.worth)
        note = ""
        if master is None:
            master, note = guide(len(usual), len(everyone), clock, native=by.native)
        how = manner(len(usual), len(everyone), master, native=by.native)
        prices, box = np.zeros(len(usual)), how.first_box * usual
        if start is not None and start.fits(program):
            prices = allowed(apart, start.multipliers[apart.coupling])
            box = around(prices, GIVEN_BOX, usual)
        elif len(everyone) >= how.fewest:
            some = everyone[::SAMPLE]
            part_ = len(some) / len(everyone)
            first = Pricing(program, apart, oracle, some, part_, prices, box, how.sample_groups, None, how.master)
            first.run(how.sample_gap, clock.share(0.2), min(rounds, ROUNDS // 4), pool)
            spent, prices = first.rounds, first.prices
            box = around(prices, how.sample_box, usual)
        search = Pricing(program, apart, oracle, everyone, 1.0, prices, box, how.groups, known, how.master)
        search.run(gap, clock.share(part), max(1, rounds - spent), pool)
        if pure:
            search.cross(pool, gap)
        found = _solution(program, apart, search, spent, gap, clock, pure=pure)
    found = replace(found, notes=(*found.notes, *filter(None, (by.note, note))))
    for out in reversed(taken):
        found = out.restored(found)
    return found


def answered(program: Program, start: Prices, *, threads: int | None = None, native: bool | None = None) -> Floats:
    """Return multipliers of every row, given prices of the coupling ones: each block answers them once.

    Parameters
    ----------
    program : Program
    start : Prices
        Of a similar program; it fits.
    threads, native
        As for `linear`.

    Returns
    -------
    float64, shape (rows,)

    Raises
    ------
    WholeError
        If the program does not come apart, or a block has no plan.
    """
    by = serving(program.columns, Clock.started(None), native)
    program, taken = simpler(program)
    given: Prices | None = start
    for out in taken:
        given = out.prices(given)
    assert given is not None
    apart = taken_apart(program)
    oracle = LocalOracle(apart, native=by.native, threads=usable_threads() if threads is None else threads)
    prices = allowed(apart, given.multipliers[apart.coupling])
    with ThreadPoolExecutor(oracle.threads) as pool:
        group = np.zeros(oracle.pieces, np.int32)
        group[:] = np.arange(oracle.pieces) * min(GROUPS, oracle.pieces) // oracle.pieces
        oracle.best(prices, group, np.arange(oracle.pieces), pool)
    oracle.mark()
    found = _multipliers(program, apart, oracle.marked, prices)
    for out in reversed(taken):
        found = out.multipliers(found)
    return found


def simpler(program: Program) -> tuple[Program, list[Sums | Twins]]:
    """Return a program without sums and twins, and what was taken out, in that order."""
    program, sums = unsummed(program)
    program, twins = untwined(program)
    return program, [out for out in (sums, twins) if out is not None]


def _multipliers(program: Program, apart: Apart, own: Floats, prices: Floats) -> Floats:
    """Return the multipliers of every row. Where only columns limit a row, what it is worth to loosen it is theirs."""
    multipliers = np.zeros(program.rows)
    beyond = ((own > 0) & apart.no_upper) | ((own < 0) & apart.no_lower)
    multipliers[apart.rows] = np.where(beyond, 0.0, own)
    multipliers[apart.coupling] = prices
    return multipliers


def _solution(
    program: Program, apart: Apart, search: Pricing, spent: int, gap: float, clock: Clock, *, pure: bool
) -> Solution:
    """Return the outcome in the order of the program."""
    multipliers = _multipliers(program, apart, search.oracle.marked, search.prices)
    planned = np.isfinite(search.mix.worth)
    done = search.gap <= gap
    return Solution(
        status="optimal" if done else "feasible" if planned else "interrupted",
        x=_plan(program, apart, search, clock, pure=pure) if planned else None,
        multipliers=multipliers,
        claimed_bound=search.bound + program.constant if np.isfinite(search.bound) else None,
        method=METHOD,
        seconds=clock.seconds,
        iterations=search.rounds + spent,
        message="" if done else "the gap that was asked for is not reached" if planned else "no plan was found in time",
        basis=Prices(multipliers),
    )


def _plan(program: Program, apart: Apart, search: Pricing, clock: Clock, *, pure: bool) -> Floats:
    """Return the mix in the order of the program."""
    x, mix = np.zeros(program.columns), search.mix
    found = purified(search, clock) if pure else None
    if found is None:
        found = search.plan(), mix.z
    x[apart.columns], x[apart.loose] = found
    clipped: Floats = np.clip(x, program.lower, program.upper)
    return clipped
