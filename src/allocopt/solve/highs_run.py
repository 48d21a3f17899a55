"""One HiGHS: load a program into it, run it so that Ctrl-C reaches the caller, read back what it vouches for.

Every return code is read, and no number is handed on that HiGHS does not vouch for (``value_valid``, ``dual_valid``),
that is none, or that does not fit the program. Whatever HiGHS raises becomes a `HighsError`.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.errors import SolveError
from allocopt.solve.highs_quiet import new_solver
from allocopt.solve.solution import BRANCHED, Clock, Ending, Solution

GRACE = 0.8
"""Seconds that a solve is given to stop by itself after Ctrl-C."""


class HighsError(SolveError):
    """HiGHS failed, refused something, or answered what is no answer; the message says which."""


@dataclass(frozen=True, eq=False)
class Reading:
    """What HiGHS says after a run, word for word.

    Attributes
    ----------
    status : str
        HiGHS' own name of it, such as ``"kOptimal"``.
    x, multipliers : float64 or None
        None where HiGHS does not vouch for them.
    value : float
        Objective of its plan.
    bound : float
        Of a search: what no plan is worth more than.
    iterations : int
    """

    status: str
    x: NDArray[np.float64] | None
    multipliers: NDArray[np.float64] | None
    value: float
    bound: float
    iterations: int


@contextmanager
def guarded(what: str) -> Iterator[None]:
    """Turn whatever is raised inside into a `HighsError`; also a decorator.

    Parameters
    ----------
    what : str
        What HiGHS was doing, after "failed to".
    """
    try:
        yield
    except SolveError:
        raise
    except Exception as error:
        raise HighsError(f"HiGHS failed to {what} ({type(error).__name__}: {error})") from error


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


@guarded("take the program")
def loaded(program: Program, clock: Clock, *, whole: bool) -> Any:
    """Return a HiGHS that holds the program."""
    import highspy

    solver = new_solver()
    option(solver, "output_flag", False)
    option(solver, "threads", 1)
    option(solver, "random_seed", 0)
    if math.isfinite(clock.left):
        option(solver, "time_limit", clock.left)
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
    checked(code, "refused the program")
    return solver


def option(solver: Any, name: str, value: Any) -> None:
    """Set an option, or say that HiGHS does not take it."""
    checked(solver.setOptionValue(name, value), f"refused the option {name} = {value!r}")


def checked(code: Any, what: str) -> None:
    """Raise on an error code of HiGHS; a warning is a success."""
    if code.name == "kError":
        raise HighsError(f"HiGHS {what}")


def solved(solver: Any, program: Program, clock: Clock, method: str, *, quick: bool) -> Solution:
    """Run HiGHS and read back what it vouches for."""
    before = clock.seconds
    code = run_here(solver) if quick else run_listening(solver)
    said = answered(solver, program.columns, program.rows)
    branching = method == BRANCHED
    bound = said.bound if branching else said.value
    status, message = verdict(code, said.status, planned=said.x is not None)
    known = (branching or status == "optimal") and status in ("optimal", "feasible", "interrupted")
    use = status in ("optimal", "feasible", "interrupted") and not branching
    return Solution(
        status,
        said.x if status in ("optimal", "feasible") else None,
        said.multipliers if use else None,
        bound if known and math.isfinite(bound) else None,
        method,
        clock.seconds - before,
        said.iterations,
        message,
    )


def answered(solver: Any, columns: int, rows: int) -> Reading:
    """Return what HiGHS says after a run on so many columns and rows.

    Multipliers that are no numbers are left out, since a plan needs none.

    Raises
    ------
    HighsError
        If its plan does not fit the program, or is no plan.
    """
    with guarded("answer"):
        said = read(solver)
        for values, count, of in ((said.x, columns, "columns"), (said.multipliers, rows, "rows")):
            if values is not None and values.shape != (count,):
                raise HighsError(f"HiGHS answered {values.size} values for {count} {of}")
        if said.x is not None and not np.isfinite(said.x).all():
            raise HighsError("HiGHS answered a plan with values that are no numbers")
        if said.multipliers is not None and not np.isfinite(said.multipliers).all():
            return Reading(said.status, said.x, None, said.value, said.bound, said.iterations)
        return said


def read(solver: Any) -> Reading:
    """Return what HiGHS says after a run, unchecked: every number that comes out of it comes through here."""
    info, values = solver.getInfo(), solver.getSolution()
    counts = (info.simplex_iteration_count, info.ipm_iteration_count, info.crossover_iteration_count)
    planned = info.primal_solution_status == _FEASIBLE and values.value_valid
    return Reading(
        solver.getModelStatus().name,
        np.array(values.col_value, dtype=np.float64) if planned else None,
        np.array(values.row_dual, dtype=np.float64) if values.dual_valid else None,
        float(info.objective_function_value),
        float(info.mip_dual_bound),
        sum(max(0, int(count)) for count in counts),
    )


def verdict(code: Any, model_status: str, *, planned: bool) -> tuple[Ending, str]:
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


@guarded("run")
def run_here(solver: Any) -> Any:
    """Run HiGHS on this thread.

    HiGHS refuses to run where something else in the process has run it with another number of threads; what it
    remembers belongs to the thread, so a fresh thread is taken then.
    """
    code = solver.run()
    if code.name == "kError" and solver.getModelStatus().name == "kNotset":
        return run_listening(solver)
    return code


@guarded("run")
def run_listening(solver: Any) -> Any:
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
        checked(solver.setCallback(listen, None), "refused to listen for Ctrl-C")
        for kind in (kinds.kCallbackSimplexInterrupt, kinds.kCallbackIpmInterrupt, kinds.kCallbackMipInterrupt):
            checked(solver.startCallback(kind), "refused to listen for Ctrl-C")
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
