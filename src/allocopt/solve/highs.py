"""HiGHS behind two functions, `linear` and `branch`: a program in, a `Solution` out.

The only import of highspy, and only once something is solved. HiGHS is called through its arrays, on one thread,
silently, with a fixed seed and from a cold start, so the same program gives the same answer. Many threads may solve
at once. Every return code is read, and no number is handed on that HiGHS does not vouch for (``value_valid``,
``dual_valid``).
"""

from __future__ import annotations

import math
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.errors import SolveError
from allocopt.solve.solution import Clock, Solution, Status
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

GRACE = 0.8
"""Seconds that a solve is given to stop by itself after Ctrl-C."""

_FEASIBLE = 2  # kSolutionStatusFeasible
_LIMITS = {
    "kTimeLimit": "the time limit came first",
    "kIterationLimit": "the work limit came first",
    "kSolutionLimit": "the work limit came first",
    "kInterrupt": "the solve was interrupted",
    "kMemoryLimit": "the solver ran out of memory",
    "kObjectiveBound": "the solver stopped at a bound on the objective",
    "kObjectiveTarget": "the solver stopped at a target of the objective",
}
_METHODS = {"simplex": "simplex", "ipx": "interior point + crossover"}


def inner(program: Program, clock: Clock, *, work_limit: int | None = None) -> Solution:
    """Return a point inside the optimal face of the linear relaxation, by interior point without crossover.

    Where an objective leaves much open, crossover takes ten times as long as the interior point itself. Presolve is
    left out because without crossover its way back spoils the multipliers.
    """
    if (answer := at_once(program, whole=False)) is not None:
        return answer
    try:
        solver = _loaded(program, clock, whole=False)
        for name, value in (("solver", "ipx"), ("run_crossover", "off"), ("presolve", "off")):
            _option(solver, name, value)
        if work_limit is not None:
            _option(solver, "ipm_iteration_limit", int(work_limit))
        return _solved(solver, program, clock, "interior point", quick=False)
    except SolveError as error:
        return Solution("error", method="interior point", message=str(error), seconds=clock.seconds)


def linear(program: Program, clock: Clock, *, work_limit: int | None = None, method: str | None = None) -> Solution:
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

    Returns
    -------
    Solution
        ``claimed_bound`` is the optimal value. A plan that is not optimal has status ``"feasible"``.
    """
    if (answer := at_once(program, whole=False)) is not None:
        return answer
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


def branch(
    program: Program,
    clock: Clock,
    *,
    gap: float,
    work_limit: int | None = None,
    start: NDArray[np.float64] | None = None,
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

    Returns
    -------
    Solution
        Without multipliers: a program with whole units has none.
    """
    if (answer := at_once(program, whole=True)) is not None:
        return answer
    try:
        return _branch(program, clock, gap, work_limit, start)
    except SolveError as error:
        return Solution("error", method="branch and bound", message=str(error), seconds=clock.seconds)


def _branch(
    program: Program, clock: Clock, gap: float, work_limit: int | None, start: NDArray[np.float64] | None
) -> Solution:
    """Solve by branch and bound (see `branch`)."""
    solver = _loaded(program, clock, whole=True)
    _option(solver, "mip_rel_gap", gap)
    _option(solver, "mip_abs_gap", gap)
    if work_limit is not None:
        _option(solver, "mip_max_nodes", int(work_limit))
    if start is not None:
        import highspy

        given = highspy.HighsSolution()
        given.col_value = np.asarray(start, np.float64)
        given.value_valid = True
        _checked(solver.setSolution(given), "refused the plan to start from")
    return _solved(solver, program, clock, "branch and bound", quick=False)


def _linear(program: Program, clock: Clock, method: str, work_limit: int | None) -> Solution:
    """Solve the relaxation with one method; again without presolve where HiGHS leaves open what is wrong."""
    quick = method == "simplex" and program.columns <= QUICK
    try:
        answer = _attempt(program, clock, method, work_limit, presolve=not quick, quick=quick)
        if answer is None:
            answer = _attempt(program, clock, "simplex", work_limit, presolve=False, quick=quick)
    except SolveError as error:
        return Solution("error", method=_METHODS[method], message=str(error), seconds=clock.seconds)
    if answer is None:
        return Solution("error", message="HiGHS cannot tell infeasible from unbounded", seconds=clock.seconds)
    return answer


def _attempt(
    program: Program, clock: Clock, method: str, work_limit: int | None, *, presolve: bool, quick: bool
) -> Solution | None:
    """Solve once; None where HiGHS says "unbounded or infeasible"."""
    solver = _loaded(program, clock, whole=False)
    _option(solver, "solver", method)
    _option(solver, "presolve", "on" if presolve else "off")
    if work_limit is not None:
        _option(solver, "simplex_iteration_limit", int(work_limit))
        _option(solver, "ipm_iteration_limit", int(work_limit))
    answer = _solved(solver, program, clock, _METHODS[method], quick=quick)
    return None if solver.getModelStatus().name == "kUnboundedOrInfeasible" else answer


def _after(first: Solution, second: Solution) -> Solution:
    """Return the second answer, with the work of both."""
    return Solution(
        second.status,
        second.x,
        second.multipliers,
        second.claimed_bound,
        second.method,
        first.seconds + second.seconds,
        first.iterations + second.iterations,
        second.message,
    )


def _loaded(program: Program, clock: Clock, *, whole: bool) -> Any:
    """Return a HiGHS that holds the program."""
    import highspy

    make: Any = highspy.Highs
    solver = make()
    _option(solver, "output_flag", False)
    _option(solver, "threads", 1)
    _option(solver, "random_seed", 0)
    if math.isfinite(clock.left):
        _option(solver, "time_limit", clock.left)
    integrality = program.integer if whole else np.zeros(program.columns)
    code = solver.passModel(
        program.columns,
        program.rows,
        program.nonzeros,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMaximize),
        program.constant,
        np.ascontiguousarray(program.cost, np.float64),
        np.ascontiguousarray(program.lower, np.float64),
        np.ascontiguousarray(program.upper, np.float64),
        np.ascontiguousarray(program.row_lower, np.float64),
        np.ascontiguousarray(program.row_upper, np.float64),
        np.ascontiguousarray(program.indptr, np.int32),
        np.ascontiguousarray(program.indices, np.int32),
        np.ascontiguousarray(program.data, np.float64),
        integrality.astype(np.int32),
    )
    _checked(code, "refused the program")
    return solver


def _option(solver: Any, name: str, value: Any) -> None:
    """Set an option, or say that HiGHS does not take it."""
    _checked(solver.setOptionValue(name, value), f"refused the option {name} = {value!r}")


def _checked(code: Any, what: str) -> None:
    """Raise on an error code of HiGHS; a warning is a success."""
    if code.name == "kError":
        raise SolveError(f"HiGHS {what}")


def _solved(solver: Any, program: Program, clock: Clock, method: str, *, quick: bool) -> Solution:
    """Run HiGHS and read back what it vouches for."""
    before = clock.seconds
    code = _run_here(solver) if quick else _run_listening(solver)
    model_status = solver.getModelStatus().name
    info = solver.getInfo()
    iterations = sum(
        max(0, int(count))
        for count in (info.simplex_iteration_count, info.ipm_iteration_count, info.crossover_iteration_count)
    )
    values = solver.getSolution()
    branching = method == "branch and bound"
    whole_plan = info.primal_solution_status == _FEASIBLE and values.value_valid
    x = np.array(values.col_value, dtype=np.float64) if whole_plan else None
    y = np.array(values.row_dual, dtype=np.float64) if values.dual_valid and not branching else None
    bound = float(info.mip_dual_bound) if branching else float(info.objective_function_value)
    status, message = _verdict(code, model_status, planned=x is not None)
    known = (branching or status == "optimal") and status in ("optimal", "feasible", "interrupted")
    return Solution(
        status,
        x if status in ("optimal", "feasible") else None,
        y if status in ("optimal", "feasible", "interrupted") else None,
        bound if known and math.isfinite(bound) else None,
        method,
        clock.seconds - before,
        iterations,
        message,
    )


def _verdict(code: Any, model_status: str, *, planned: bool) -> tuple[Status, str]:
    """Return the status in the library's words, and why, given whether HiGHS vouches for a plan."""
    if code.name == "kError":
        return "error", f"HiGHS failed ({model_status})"
    if model_status == "kOptimal":
        return ("optimal", "") if planned else ("error", "HiGHS says optimal and vouches for no plan")
    if model_status == "kInfeasible":
        return "infeasible", "no plan keeps every row"
    if model_status == "kUnbounded":
        return "unbounded", "the objective has no limit"
    if model_status in _LIMITS:
        return ("feasible" if planned else "interrupted"), _LIMITS[model_status]
    return "error", f"HiGHS ended with {model_status}"


def _run_here(solver: Any) -> Any:
    """Run HiGHS on this thread.

    HiGHS refuses to run where something else in the process has run it with another number of threads; what it
    remembers belongs to the thread, so a fresh thread is taken then.
    """
    code = solver.run()
    if code.name == "kError" and solver.getModelStatus().name == "kNotset":
        return _run_listening(solver)
    return code


def _run_listening(solver: Any) -> Any:
    """Run HiGHS on a thread of its own, so that Ctrl-C reaches the caller while it runs.

    Only the main thread of a process ever receives Ctrl-C: elsewhere HiGHS gets no callback, which would have to
    wait for the interpreter's lock again and again.
    """
    stop, ended = threading.Event(), threading.Event()
    outcome: list[Any] = []

    def listen(_kind: Any, _message: str, _out: Any, into: Any, _data: Any) -> None:
        if stop.is_set():
            into.user_interrupt = True

    def work() -> None:
        try:
            outcome.append(solver.run())
        except Exception as error:
            outcome.append(error)
        finally:
            ended.set()

    if threading.current_thread() is threading.main_thread():
        import highspy

        kinds = highspy.cb.HighsCallbackType
        _checked(solver.setCallback(listen, None), "refused to listen for Ctrl-C")
        for kind in (kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt, kinds.kCallbackMipInterrupt):
            _checked(solver.startCallback(kind), "refused to listen for Ctrl-C")
    worker = threading.Thread(target=work, name="allocopt solve")
    try:
        worker.start()
        while not ended.wait(1.0):
            pass
    except BaseException:
        stop.set()
        ended.wait(GRACE)
        raise
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
