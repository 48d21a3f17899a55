"""All the way from a program to an answer, whole units included."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, tightened
from allocopt.solve import blocks, highs, loosened, orders, trees
from allocopt.solve.block_bound import block_bound
from allocopt.solve.cases import by_cases, switches
from allocopt.solve.certificate import believable, own_bound, relative_gap, upper_bound
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.inside import inside, settled
from allocopt.solve.known import Known
from allocopt.solve.parted import Parts
from allocopt.solve.parts import by_parts
from allocopt.solve.refine import refined, wide
from allocopt.solve.refuted import refuted_at
from allocopt.solve.relaxation import Relaxer, by_prices
from allocopt.solve.scaling import level
from allocopt.solve.solution import BRANCHED, Clock, Solution
from allocopt.solve.start import Prices, Start
from allocopt.solve.trivial import NO_SOLVER, fault_of
from allocopt.solve.trusted import Wanted, relaxed_bound, sane, trusted

ROUNDING = 0.6
"""Part of the time that is left which rounding block by block may take; branch and bound has the rest."""

FINEST = 1e-9
"""Gap of relaxations on the way to an answer in large numbers."""

HELD = 60
"""Rounds of prices with gates and blocks held: near the prices of the relaxation few are needed where there is a plan.
"""

INNER = 1e-5
"""Gap up to which a point inside the optimal face counts as optimal."""

MOVES = 100
"""Moves of a search for whole orders for each unit of a work limit."""

LIE = 1e-2
"""A relaxation that is called optimal and is this far from what its multipliers prove is a lie."""

LIED = "the solver's relaxation is not worth what its own multipliers prove"
CLASH = "the rows, added up, ask for what no column can do"
TOO_LATE = "the time limit came before a plan in whole units was found"
LEFT = "the search in blocks came to no plan, and no other was asked for"
FOUND = 0.93
"""Part of the time in which a plan of few whole orders is looked for; the rest is for a bound of our own."""
DIRECT = 2_000
"""At most so many columns: branch and bound at once, without rounding block by block first."""

SWITCHES = 100
"""The same where no more whole columns than that are left to decide, as the rest comes out whole by itself."""

SPARED = 2.0
"""A plan of our own search in the blocks that comes within so many times the gap wanted is not searched again."""

FAR = 10.0
"""What is further from its bound, in gaps wanted, is left to branch and bound at once, where that follows."""

FEW = 5
"""Nodes of branch and bound over more than `DIRECT` columns: what it finds, it finds at the root."""

SEARCHED = 10_000
"""At most so many columns: beyond, branch and bound finds nothing in a reasonable time where rounding found a plan, and
a bound from whole blocks proves more."""


def solve(
    program: Program,
    effort: Effort | None = None,
    *,
    gap: float | None = None,
    flat: bool = False,
    start: Start | None = None,
    known: NDArray[np.float64] | None = None,
) -> Solution:
    """Solve a program: its linear relaxation first, then whole units block by block, then by branch and bound.

    What comes of it is weighed by `trusted`: no solver is believed.

    Parameters
    ----------
    program : Program
    effort : Effort, optional
        What may be spent on it; by default all that a gap of `EXACT` takes.
    gap : float, optional
        Replaces the gap that the effort asks for.
    flat : bool
        Whether the objective leaves much open. Interior point then comes first, and without whole units any point
        of the optimal face will do, exact up to `INNER`.
    start : Basis or Prices, optional
        Of a similar program. It saves work, and is left aside where it does not fit.
    known : float64, shape (columns,), optional
        A plan that keeps every row. No answer is worse; with a limit, others are looked for before any search.

    Returns
    -------
    Solution
    """
    effort = effort or Effort(gap=EXACT)
    clock, wanted = Clock.started(effort.left), effort.wanted(program, gap)
    if (fault := fault_of(program)) is not None:
        return Solution("error", method=NO_SOLVER, message=fault)
    levelled = level(tightened(program))
    program, start = levelled.program, levelled.start(start)
    flat = flat and program.columns > highs.SIMPLEX
    basis = start if start is not None and start.fits(program) and not flat else None
    relax = Relaxer(effort.engine, effort.threads, wanted.gap, effort.work_limit, effort.cluster)
    plans = Known(program, known, clock)
    priced = effort.limited and isinstance(basis, Prices) and plans.none_needed
    first = plans.best if effort.limited and not priced else plans.given
    clash = None if first is not None or effort.engine == "highs" else _clash(program, clock)
    if clash is not None:
        return replace(levelled.back(trusted(program, clash, wanted, plans, clock)), seconds=clock.seconds)
    decisions = switches(program)
    if len(decisions) and not flat:

        def rest(small: Program, start: Start | None, known: NDArray[np.float64] | None) -> Solution:
            found = _solved(small, clock, wanted, relax, flat=False, start=start, known=known)
            return trusted(small, found, wanted, Known(small, known, clock), clock)

        found = by_cases(program, decisions, relax, rest, clock, gap=wanted.wish, start=basis, known=first)
    else:
        found = _solved(program, clock, wanted, relax, flat=flat, start=basis, known=first)
    if flat and not program.integer.any():
        wanted = replace(wanted, gap=max(wanted.gap, INNER))
    return replace(levelled.back(trusted(program, found, wanted, plans, clock)), seconds=clock.seconds)


def _clash(program: Program, clock: Clock) -> Solution | None:
    """Return that a large program has no plan, where prices show it at once: a solver takes far longer to say so."""
    y = refuted_at(program, clock) if by_prices(program) else None
    return None if y is None else Solution("infeasible", multipliers=y, method="prices", message=CLASH)


def _solved(
    program: Program,
    clock: Clock,
    search: Wanted,
    relax: Relaxer,
    *,
    flat: bool,
    start: Start | None,
    known: NDArray[np.float64] | None = None,
) -> Solution:
    """Solve a program that has no switches to go through first (see `solve`)."""
    if known is not None and clock.left <= 0:
        return Solution("interrupted", message=TOO_LATE)
    moves = None if relax.work_limit is None else MOVES * relax.work_limit
    found = None
    if search.akin is None or not search.akin.trees:  # else the program is one of blocks, as the other one was
        found = orders.solved(program, clock, gap=search.wish, moves=moves, known=known, threads=relax.threads)
    if found is not None:
        return found
    if wide(program):

        def core(small: Program, *, gap: float, known: NDArray[np.float64] | None, first: bool) -> Solution:
            finer = relax
            if small.columns <= SEARCHED:
                # Around a plan the rows hardly couple: prices would find what HiGHS finds, and mix it to a billionth.
                engine = relax.engine if first else "highs"
                finer = replace(relax, gap=min(relax.gap, FINEST), engine=engine)
            return _narrow(small, clock, replace(search, gap=gap), finer, flat=flat, start=None, known=known)

        return refined(program, core, clock, gap=search.gap, known=known)
    patience = clock.share(FOUND) if orders.few(program) else clock
    found = _narrow(program, patience, search, relax, flat=flat, start=start, known=known)
    return orders.bounded(program, found, clock, gap=search.gap)


def _narrow(
    program: Program,
    clock: Clock,
    search: Wanted,
    relax: Relaxer,
    *,
    flat: bool,
    start: Start | None,
    known: NDArray[np.float64] | None = None,
) -> Solution:
    """Solve a program whose numbers are not too large to be solved to the unit."""
    if flat and not program.integer.any():
        found = sane(program, highs.inner(program, clock, work_limit=relax.work_limit))
        if found.x is not None and believable(program, found.x, found.multipliers, INNER):
            bound = upper_bound(program, found.multipliers)
            return replace(found, status="optimal", x=inside(program, found.x, clock), claimed_bound=bound)
    relaxed = relaxed_bound(program, relax(program, clock, start=start, flat=flat, known=known))
    if _lied(program, relaxed):
        return replace(relaxed, status="error", x=None, message=LIED)
    if program.integer.any() and relaxed.x is not None:
        x = settled(program, relaxed.x, clock)
        if x is not None:
            return replace(relaxed, x=x)
        if relaxed.status == "optimal" or clock.left > 0:
            return _whole(program, relaxed, clock, search, relax, known)
        return replace(relaxed, x=None, status="interrupted")
    if relaxed.x is not None and not program.integer.any():
        return replace(relaxed, x=inside(program, relaxed.x, clock))
    return relaxed


def _lied(program: Program, relaxed: Solution) -> bool:
    """Return whether a relaxation is not what its solver says: searching on from it would take long and find little."""
    if relaxed.status != "optimal" or relaxed.x is None or relaxed.multipliers is None or not program.integer.any():
        return False
    return relaxed.claimed_bound is not None and not _within(program, relaxed, LIE)  # the bound is the multipliers' own


def _whole(
    program: Program,
    relaxed: Solution,
    clock: Clock,
    search: Wanted,
    relax: Relaxer,
    known: NDArray[np.float64] | None,
) -> Solution:
    """Return a whole-unit plan, given a relaxation that has fractions."""
    first = None
    direct = program.columns <= DIRECT or (program.columns <= SEARCHED and loosened.decided(program) <= SWITCHES)
    if not direct and relaxed.x is not None and relaxed.multipliers is not None:
        first = _parted(program, relaxed, clock, search, relax, known)
        if first is None and not search.insists:
            return replace(relaxed, status="interrupted", x=None, message=LEFT)
        if first is None:
            first = _rounded(program, relaxed, clock, search, known)
    if first is not None and (first.status == "optimal" or not search.after_blocks or program.columns > SEARCHED):
        return first
    if first is not None and first.leaves is not None and _within(program, first, SPARED * search.wish):
        return first
    if first is None and clock.left <= 0:
        return replace(relaxed, status="interrupted", x=None, message=TOO_LATE)
    start, before = (None, relaxed) if first is None else (first.x, first)
    if not direct:
        nodes = FEW if search.nodes is None else min(FEW, search.nodes)
        last = _branched(program, clock, search.wish, nodes, start, brief=True)
        if first is None and last.x is not None:  # the blocks needed a plan that keeps the rows between them
            first = _parted(program, relaxed, clock, search, relax, last.x)
            start, before = (start, before) if first is None else (first.x, first)
    else:
        last = _searched(program, clock, search, start)
    iterations = before.iterations + last.iterations
    method = BRANCHED if first is None else f"blocks + {BRANCHED}"
    plans = [plan for plan in (start, None if last.x is None else settled(program, last.x, clock)) if plan is not None]
    if not plans:
        return replace(
            last,
            multipliers=relaxed.multipliers,
            method=method,
            iterations=iterations,
            basis=relaxed.basis,
            notes=relaxed.notes,
        )
    bounds = [bound for bound in (before.claimed_bound, last.claimed_bound) if bound is not None]
    bound = min(bounds) if bounds else None
    best = max(plans, key=program.objective)
    judged = _judged(program, before, best, bound, search.gap, method, iterations)
    return judged if judged.status == "optimal" else replace(judged, message=last.message or judged.message)


def _parted(
    program: Program,
    relaxed: Solution,
    clock: Clock,
    search: Wanted,
    relax: Relaxer,
    known: NDArray[np.float64] | None,
) -> Solution | None:
    """Return a plan and a bound from our own search in each block; None where there are none, or it is not compiled."""
    if relaxed.x is None or relaxed.multipliers is None:
        return None
    labels = blocks.components(program)
    if labels is None or not trees.ready(clock):
        return None
    patience, brief = clock.share(ROUNDING), replace(relax, rounds=HELD, bases=False)

    def again(held: Program) -> Solution:
        return sane(held, brief(held, patience, start=relaxed.basis))

    parts = Parts(program, relaxed.x, relaxed.multipliers, labels, relaxed.basis)
    far = FAR if search.after_blocks and program.columns <= SEARCHED else np.inf
    found = by_parts(parts, again, patience, gap=search.wish, far=far, known=known, akin=search.akin)
    if found is None:
        return None
    iterations = relaxed.iterations + found.iterations
    bound = own_bound(program, relaxed.multipliers, leaves=found.leaves)
    proven = replace(relaxed, leaves=found.leaves)
    return _judged(program, proven, found.x, bound, search.gap, "blocks", iterations)


def _rounded(
    program: Program, relaxed: Solution, clock: Clock, search: Wanted, known: NDArray[np.float64] | None
) -> Solution | None:
    """Return a plan from rounding block by block with HiGHS; None where that yields none."""
    assert relaxed.x is not None
    assert relaxed.multipliers is not None
    patience = clock.share(ROUNDING)
    found = blocks.rounded(program, relaxed.x, relaxed.multipliers, patience, gap=search.wish, known=known)
    plan = None if found is None else settled(program, found.x, clock)
    if found is None or plan is None:
        return None
    iterations = relaxed.iterations + found.iterations
    first = _judged(program, relaxed, plan, relaxed.claimed_bound, search.wish, "blocks", iterations)
    if first.status == "optimal" or not search.after_blocks or program.columns <= SEARCHED:
        return first
    return _bounded(program, first, relaxed, clock, search)


def _bounded(program: Program, first: Solution, relaxed: Solution, clock: Clock, search: Wanted) -> Solution:
    """Return a plan that was rounded block by block with a bound from whole blocks."""
    labels = blocks.components(program)
    assert first.x is not None
    assert relaxed.multipliers is not None
    if labels is None or search.proof == "own":
        return first
    found = block_bound(program, first.x, relaxed.multipliers, clock, gap=search.gap, labels=labels)
    bound = found.value if first.claimed_bound is None else min(found.value, first.claimed_bound)
    judged = _judged(program, relaxed, first.x, bound, search.gap, first.method, first.iterations + found.iterations)
    return replace(judged, confirmed=True)


def _within(program: Program, found: Solution, gap: float) -> bool:
    """Return whether a plan is as close to its bound as that."""
    if found.x is None or found.claimed_bound is None:
        return False
    return relative_gap(program.objective(found.x), found.claimed_bound) <= gap


def _searched(program: Program, clock: Clock, search: Wanted, start: NDArray[np.float64] | None) -> Solution:
    """Return what branch and bound finds: for some nodes it aims at `EXACT`, then at the gap asked for."""
    if search.wish == search.gap:
        return _branched(program, clock, search.gap, search.nodes, start)
    nodes = min(search.exact_nodes, search.nodes or search.exact_nodes)
    first = _branched(program, clock, EXACT, nodes, start)
    if first.status != "feasible" or first.x is None or clock.left <= 0 or nodes == search.nodes:
        return first
    if first.claimed_bound is not None and relative_gap(program.objective(first.x), first.claimed_bound) <= search.gap:
        return first
    again = _branched(program, clock, search.gap, search.nodes, first.x)
    return replace(again, iterations=first.iterations + again.iterations)


def _branched(
    program: Program,
    clock: Clock,
    gap: float,
    nodes: int | None,
    start: NDArray[np.float64] | None,
    *,
    brief: bool = False,
) -> Solution:
    """Return what branch and bound answers, without what cannot be an answer."""
    return sane(program, loosened.branch(program, clock, gap=gap, work_limit=nodes, start=start, brief=brief))


def _judged(
    program: Program,
    relaxed: Solution,
    x: NDArray[np.float64],
    bound: float | None,
    gap: float,
    method: str,
    iterations: int,
) -> Solution:
    """Return the plan as a solution: optimal where it is close enough to the bound."""
    close = bound is not None and relative_gap(program.objective(x), bound) <= gap * (1 + 1e-9) + 1e-12
    return Solution(
        "optimal" if close else "feasible",
        x,
        relaxed.multipliers,
        bound,
        method,
        iterations=iterations,
        message="" if close else "the gap that was asked for is not reached",
        basis=relaxed.basis,
        notes=relaxed.notes,
        leaves=relaxed.leaves,
    )
