"""HiGHS behind a few functions, above all `linear` and `branch`: a program in, a `Solution` out.

highspy is imported here and in `highs_run` only, and only once something is solved. HiGHS is called through its
arrays, on one thread, silently, with a fixed seed and from a cold start or a given one, so the same program gives the
same answer. Many threads may solve at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve.certificate import believable
from allocopt.solve.highs_run import HighsError, answered, checked, guarded, loaded, option, run_here, solved
from allocopt.solve.solution import BRANCHED, Clock, Solution
from allocopt.solve.start import Basis, KeptBasis, Statuses
from allocopt.solve.trivial import at_once

QUICK = 2_000
"""A linear program of at most so many columns takes HiGHS milliseconds: it is solved on the caller's own thread,
without a listener for Ctrl-C, and without presolve, which at this size costs more than it saves."""

SIMPLEX = 5_000
"""At most so many columns: dual simplex, however long it takes (1.2 to 2 times faster than interior point)."""

INTERIOR = 150_000
"""From so many columns on: interior point and crossover at once. In between, simplex gets a first try."""

PATIENCE = 3
"""Simplex iterations a row that the first try may take. Where simplex suits the program it needs about 2; where it
does not (rows that lock an earlier stage, say) 5 and far more, and interior point is 2 to 30 times faster."""

WHOLE = 1e-6
"""Distance from a whole number that is taken for rounding."""

VERTEX = 1e-7
"""Gap up to which the answer from a basis is believed: HiGHS once called a wrong vertex optimal when it was given one
(its issue 3194)."""

BARE = 500
"""At most so many columns: a second search goes without presolve (beyond, that takes twice as long, and soon 10 to 100
times)."""

ANEW = 2_000
"""At most so many columns: the root of a search is not begun anew once some columns are settled. That takes up to twice
as long as searching on, for the same plan."""

LONG, SUMMED = 5_000, 5
"""Where a row has so many entries, and the rows that are shorter few on the average, presolve looks at pairs of rows
for minutes and past its time limit: it is left out."""

_METHODS = {"simplex": "simplex", "ipx": "interior point + crossover"}


def inner(program: Program, clock: Clock, *, work_limit: int | None = None) -> Solution:
    """Return a point inside the optimal face of the linear relaxation, by interior point without crossover.

    Where an objective leaves much open, crossover takes ten times as long as the interior point itself. Presolve is
    left out because without crossover its way back spoils the multipliers.
    """
    if (answer := at_once(program, whole=False)) is not None:
        return answer
    try:
        with guarded("solve"):
            solver = loaded(program, clock, whole=False)
            for name, value in (("solver", "ipx"), ("run_crossover", "off"), ("presolve", "off")):
                option(solver, name, value)
            if work_limit is not None:
                option(solver, "ipm_iteration_limit", int(work_limit))
            return solved(solver, program, clock, "interior point", quick=False)
    except HighsError as error:
        return Solution("error", method="interior point", message=str(error), seconds=clock.seconds)


def linear(
    program: Program,
    clock: Clock,
    *,
    work_limit: int | None = None,
    method: str | None = None,
    start: Basis | None = None,
    again: bool = False,
    keep: bool = True,
) -> Solution:
    """Solve the linear relaxation of a program.

    Parameters
    ----------
    program : Program
        Its ``integer`` is ignored.
    clock : Clock
    work_limit : int, optional
        Iterations after which to stop: simplex iterations, or interior-point iterations. Unlike a time limit it
        stops at the same place in every run.
    method : {"simplex", "ipx"}, optional
        Chosen by size when not given.
    start : Basis, optional
        Where simplex starts; what comes of it is believed only after a check, else the start is left aside.
    again : bool
        Whether the answer of a first call was not believed: then the other method has its turn, without presolve and
        with another seed.
    keep : bool
        Whether to say where it ended, if it began from a start.

    Returns
    -------
    Solution
        ``claimed_bound`` is the optimal value. A plan that is not optimal has status ``"feasible"``.
    """
    if (answer := at_once(program, whole=False)) is not None:
        return answer
    if start is not None and (answer := _from(program, clock, start, work_limit, keep=keep)) is not None:
        return answer
    if again:
        return _linear(program, clock, "ipx" if program.columns <= SIMPLEX else "simplex", work_limit, again=True)
    if method is not None:
        return _linear(program, clock, method, work_limit)
    first = "simplex" if program.columns < INTERIOR else "ipx"
    tried = first == "simplex" and program.columns > SIMPLEX
    cap = int(PATIENCE * (program.rows + 1)) if tried else None
    capped = cap is not None and (work_limit is None or cap < work_limit)
    answer = _linear(program, clock, first, cap if capped else work_limit)
    gave_up = capped and answer.status in ("feasible", "interrupted") and answer.iterations >= (cap or 0)
    if clock.left > 0 and (gave_up or answer.status == "error"):
        left = None if work_limit is None else max(1, work_limit - answer.iterations)
        return _after(answer, _linear(program, clock, "ipx" if first == "simplex" else "simplex", left))
    return answer


def dive(program: Program, clock: Clock) -> tuple[NDArray[np.float64] | None, int]:
    """Return a whole-unit plan of a small program found by rounding its relaxation step by step, and the iterations.

    The column closest to a whole number is held at it, the rest is solved again, and so on; a column that finds no
    plan at the nearest whole number is held at the one on its other side. None where that finds no plan either, or
    where HiGHS fails.
    """
    try:
        with guarded("round"):
            return _dive(program, clock)
    except HighsError:
        return None, 0


def _dive(program: Program, clock: Clock) -> tuple[NDArray[np.float64] | None, int]:
    """Round a program step by step (see `dive`)."""
    solver = loaded(program, clock, whole=False)
    option(solver, "presolve", "off")
    option(solver, "solver", "simplex")
    iterations, other = 0, None
    while clock.left > 0:
        run_here(solver)
        said = answered(solver, program.columns, program.rows)
        iterations, x = iterations + said.iterations, said.x
        if said.status == "kOptimal" and x is not None:
            away = np.where(program.integer, np.abs(x - np.rint(x)), 0.0)
            fractions = np.flatnonzero(away > WHOLE)
            if not len(fractions):
                return x, iterations
            column = int(fractions[np.argmin(away[fractions])])
            nearest = float(np.rint(x[column]))
            other = (column, 2.0 * float(np.floor(x[column])) + 1.0 - nearest)
            held = (column, nearest)
        elif other is not None:
            held, other = other, None
        else:
            break
        checked(solver.changeColBounds(held[0], held[1], held[1]), "refused the bounds of a column")
    return None, iterations


def _from(program: Program, clock: Clock, start: Basis, work_limit: int | None, *, keep: bool) -> Solution | None:
    """Return the optimum that simplex reaches from a basis; None where the outcome does not pass its check."""
    try:
        answer = _attempt(program, clock, "simplex", work_limit, presolve=False, quick=False, start=start, keep=keep)
    except HighsError:
        return None
    if answer is None or answer.status != "optimal" or answer.x is None:
        return None
    return answer if believable(program, answer.x, answer.multipliers, VERTEX) else None


def branch(
    program: Program,
    clock: Clock,
    *,
    gap: float,
    work_limit: int | None = None,
    start: NDArray[np.float64] | None = None,
    brief: bool = False,
    again: int = 0,
) -> Solution:
    """Solve a program with whole units by branch and bound.

    Parameters
    ----------
    program : Program
    clock : Clock
    gap : float
        Stop when ``(bound - objective) / max(1, |objective|)`` is this small.
    work_limit : int, optional
        Nodes after which to stop; the same place in every run.
    start : float64, shape (columns,), optional
        A plan to start from.
    brief : bool
        Whether a good plan is enough: the heuristic that costs most at the root and finds least is left out, the root
        is not begun anew once some columns are settled (nor is that of a small program), and where there is a plan to
        start from none is jumped at.
    again : int
        Above zero: the search whose word somebody wants confirmed, from other settings for each number. Another seed,
        no restarts, no use of symmetry, no heuristics where there is a plan, and for small programs no presolve.

    Returns
    -------
    Solution
        Without multipliers: a program with whole units has none.
    """
    if (answer := at_once(program, whole=True)) is not None:
        return answer
    try:
        with guarded("search"):
            return _branch(program, clock, gap, work_limit, start, brief, again)
    except HighsError as error:
        return Solution("error", method=BRANCHED, message=str(error), seconds=clock.seconds)


def _branch(
    program: Program,
    clock: Clock,
    gap: float,
    work_limit: int | None,
    start: NDArray[np.float64] | None,
    brief: bool,
    again: int,
) -> Solution:
    """Solve by branch and bound (see `branch`)."""
    solver = loaded(program, clock, whole=True)
    if again:
        _otherwise(solver, program, again, searched_for_plan=start is None)
    elif lopsided(program):
        option(solver, "presolve", "off")
    option(solver, "mip_rel_gap", gap)
    option(solver, "mip_abs_gap", gap)
    if brief:
        option(solver, "mip_heuristic_run_root_reduced_cost", False)
        option(solver, "mip_heuristic_run_feasibility_jump", start is None)
    if brief or program.columns <= ANEW:
        option(solver, "mip_allow_restart", False)
    if work_limit is not None:
        option(solver, "mip_max_nodes", int(work_limit))
    if start is not None:
        import highspy

        given = highspy.HighsSolution()
        given.col_value = np.asarray(start, np.float64)
        given.value_valid = True
        checked(solver.setSolution(given), "refused the plan to start from")
    return solved(solver, program, clock, BRANCHED, quick=False)


def lopsided(program: Program) -> bool:
    """Return whether a program is many short sums and a few very long ones."""
    lengths = np.bincount(program.indices, minlength=program.rows)
    short = lengths[lengths < LONG]
    return len(short) < program.rows and float(short.sum()) <= SUMMED * len(short)


def _otherwise(solver: Any, program: Program, again: int, *, searched_for_plan: bool) -> None:
    """Set what a second search does otherwise than the first (see `branch`)."""
    option(solver, "random_seed", again)
    option(solver, "mip_allow_restart", False)
    option(solver, "mip_detect_symmetry", False)
    if not searched_for_plan:
        option(solver, "mip_heuristic_effort", 0.0)
        option(solver, "mip_heuristic_run_root_reduced_cost", False)
    if program.columns <= BARE:
        option(solver, "presolve", "off")


def _linear(program: Program, clock: Clock, method: str, work_limit: int | None, *, again: bool = False) -> Solution:
    """Solve the relaxation with one method; again without presolve where HiGHS leaves open what is wrong."""
    quick = method == "simplex" and program.columns <= QUICK
    try:
        with guarded("solve"):
            answer = _attempt(
                program, clock, method, work_limit, presolve=not (quick or again), quick=quick, seed=again
            )
            if answer is None:
                answer = _attempt(program, clock, "simplex", work_limit, presolve=False, quick=quick)
    except HighsError as error:
        return Solution("error", method=_METHODS[method], message=str(error), seconds=clock.seconds)
    if answer is None:
        return Solution("error", message="HiGHS cannot tell infeasible from unbounded", seconds=clock.seconds)
    return answer


def _attempt(
    program: Program,
    clock: Clock,
    method: str,
    work_limit: int | None,
    *,
    presolve: bool,
    quick: bool,
    start: Basis | None = None,
    seed: int = 0,
    keep: bool = True,
) -> Solution | None:
    """Solve once; None where HiGHS says "unbounded or infeasible"."""
    solver = loaded(program, clock, whole=False)
    if seed:
        option(solver, "random_seed", int(seed))
    if start is not None:
        checked(solver.setBasis(_spoken(start)), "refused the basis to start from")
    option(solver, "solver", method)
    option(solver, "presolve", "on" if presolve and not lopsided(program) else "off")
    if work_limit is not None:
        option(solver, "simplex_iteration_limit", int(work_limit))
        option(solver, "ipm_iteration_limit", int(work_limit))
    answer = solved(solver, program, clock, _METHODS[method], quick=quick)
    if solver.getModelStatus().name == "kUnboundedOrInfeasible":
        return None
    kept = keep and answer.status == "optimal" and program.columns > QUICK
    return replace(answer, basis=_basis(solver, program)) if kept else answer


def _spoken(start: Basis) -> Any:
    """Return a basis as HiGHS takes it."""
    if isinstance(start, KeptBasis):
        return start.said
    import highspy

    words = list(highspy.HighsBasisStatus.__members__.values())
    basis = highspy.HighsBasis()
    basis.col_status = [words[status] for status in start.columns.tolist()]
    basis.row_status = [words[status] for status in start.rows.tolist()]
    basis.valid = True
    return basis


def _basis(solver: Any, program: Program) -> Basis | None:
    """Return the basis that HiGHS ended with, if it has one."""
    basis = solver.getBasis()
    return KeptBasis(basis, program.columns, program.rows, _read) if basis.valid else None


def _read(basis: Any) -> tuple[Statuses, Statuses]:
    """Return the status of each column and of each row in a basis of HiGHS."""
    columns, rows = (
        np.fromiter(map(int, statuses), np.int8, len(statuses)) for statuses in (basis.col_status, basis.row_status)
    )
    return columns, rows


def _after(first: Solution, second: Solution) -> Solution:
    """Return the second answer, with the work of both."""
    return replace(second, seconds=first.seconds + second.seconds, iterations=first.iterations + second.iterations)
