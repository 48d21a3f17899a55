"""Linear goals one after the other: each as far as possible without giving up any of an earlier one.

.. code-block:: text

    for each goal g in order:   most[g] = max w[g] x                        over the face that earlier goals left
                                face    = the face with every column and row held whose price is not 0

By complementary slackness the columns with a reduced cost, and the rows with a price, stay at their limits in every
optimum, and whatever keeps them there is one: holding them states "w[g] x = most[g]" without a row. The basis stays
feasible, so that a goal takes the simplex iterations of what changes, and hundreds of goals take little longer than
one. Source: Isermann, Linear lexicographic optimization, OR Spektrum 4 (1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats
from allocopt.errors import SolveError
from allocopt.solve.certificate import cleaned
from allocopt.solve.highs_run import checked, loaded, option, run_listening
from allocopt.solve.solution import Clock, Ending

PRICED = 1e-6
"""Price above which a limit is held, where the largest weight of a goal is 1 (HiGHS' own tolerance is 1e-7)."""
CLOSE = 1e-6
"""How far, relative to 1 + its value, the last plan may fall behind what a goal reached before it is not believed."""

Goal = tuple[NDArray[np.intp], Floats]
"""Columns that count, and the weight of each."""


@dataclass(frozen=True, eq=False)
class Ordered:
    """What goals reach, one after the other.

    Attributes
    ----------
    status : Ending
        ``"optimal"``, ``"feasible"`` where a limit came before the last goal, or why there is no answer.
    x : float64, shape (columns,), or None
        A vertex of the last face.
    face : Program
        The program with everything held that has to be for the goals reached.
    most : float64, shape (goals,)
        Bound on each goal, given what those before it reached, worked out from the multipliers by our own arithmetic;
        inf for goals that were not looked at.
    iterations : int
    message : str
    """

    status: Ending
    x: Floats | None
    face: Program
    most: Floats
    iterations: int = 0
    message: str = ""


def in_order(
    program: Program, goals: Sequence[Goal], clock: Clock | None = None, work_limit: int | None = None
) -> Ordered:
    """Return the plan of the linear relaxation that reaches most of the first goal, then of the second, and so on.

    Parameters
    ----------
    program : Program
        Its objective and ``integer`` are ignored.
    goals : sequence of (columns, weights)
        Weights are at least 0.
    clock : Clock, optional
    work_limit : int, optional
        Simplex iterations, of all goals together, after which to stop.

    Returns
    -------
    Ordered
        Without a plan where a limit came first, or where its last plan is not what the goals were found to reach.
    """
    most = np.full(len(goals), np.inf)
    try:
        return _in_order(program, goals, clock or Clock.started(None), work_limit, most)
    except SolveError as error:
        return Ordered("error", None, program, most, message=str(error))


def _in_order(program: Program, goals: Sequence[Goal], clock: Clock, work_limit: int | None, most: Floats) -> Ordered:
    """Solve goal by goal in one HiGHS; see `in_order`."""
    face = _Face(program, clock, work_limit)
    reached = np.zeros(len(goals))
    status: Ending = "optimal"
    x: Floats | None = None
    for number, (columns, weights) in enumerate(goals):
        scale = float(weights.max(initial=0.0)) or 1.0
        status = face.solve(columns, weights / scale)
        if status != "optimal":
            break
        x = face.x
        most[number] = face.hold() * scale
        reached[number] = float(weights @ x[columns])
    now, looked = face.program, np.isfinite(most)
    if x is None or status not in ("optimal", "interrupted"):
        return Ordered(status, None, now, most, face.iterations, f"HiGHS ended as {status}")
    last = np.array([float(weights @ x[columns]) for columns, weights in goals])[looked]
    room = CLOSE * (1.0 + np.abs(reached[looked]))
    if (last < reached[looked] - room).any() or (most[looked] > reached[looked] + room).any():
        return Ordered("error", None, now, most, face.iterations, "what the goals reached could not be confirmed")
    if status == "interrupted":
        return Ordered("feasible", x, now, most, face.iterations, "a limit came before the last goal")
    return Ordered("optimal", x, now, most, face.iterations)


class _Face:
    """The optimal face of the goals so far, in one HiGHS."""

    def __init__(self, program: Program, clock: Clock, work_limit: int | None) -> None:
        self.clock, self.work_limit = clock, work_limit
        self.program = replace(
            program,
            lower=program.lower.copy(),
            upper=program.upper.copy(),
            row_lower=program.row_lower.copy(),
            row_upper=program.row_upper.copy(),
        )
        self.cost = np.zeros(program.columns)
        self.iterations = 0
        self.x = np.zeros(program.columns)
        self.multipliers = np.zeros(program.rows)
        self.counted: NDArray[np.intp] = np.zeros(0, dtype=np.intp)
        self.solver = loaded(replace(program, cost=self.cost, constant=0.0), clock, whole=False)
        for name, value in (("solver", "simplex"), ("presolve", "off"), ("simplex_strategy", 4)):
            option(self.solver, name, value)

    def solve(self, columns: NDArray[np.intp], weights: Floats) -> Ending:
        """Go as far as possible towards one goal."""
        self.cost[self.counted] = 0.0
        self.cost[columns] = weights
        changed = np.union1d(self.counted, columns)
        self.counted = columns
        self._change("Cost", changed, self.cost[changed])
        option(self.solver, "time_limit", min(self.clock.left, 1e20))
        if self.work_limit is not None:
            option(self.solver, "simplex_iteration_limit", max(0, int(self.work_limit) - self.iterations))
        run_listening(self.solver)
        ended = self.solver.getModelStatus().name
        if ended == "kInfeasible":
            return "infeasible"
        if ended != "kOptimal":
            return "interrupted" if ended in ("kTimeLimit", "kIterationLimit") else "error"
        self.iterations += max(0, int(self.solver.getInfo().simplex_iteration_count))
        values = self.solver.getSolution()
        self.x = np.array(values.col_value, dtype=np.float64)
        self.multipliers = np.array(values.row_dual, dtype=np.float64)
        return "optimal"

    def hold(self) -> float:
        """Hold what has a price, and return the bound that the prices prove."""
        now = self.program
        y = cleaned(now, self.multipliers)
        worth = self.cost - now.column_sums(now.data * y[now.indices])
        rows = np.where(y > 0, now.row_upper, now.row_lower)
        columns = np.where(worth > 0, now.upper, now.lower)
        some = np.flatnonzero(y)
        bound = float(y[some] @ rows[some])
        some = np.flatnonzero(worth)
        bound += float(worth[some] @ columns[some])
        held = np.flatnonzero((np.abs(worth) > PRICED) & (now.lower < now.upper))
        if len(held):
            now.lower[held] = now.upper[held] = columns[held]
            self._change("Bounds", held, columns[held], columns[held])
        held = np.flatnonzero((np.abs(y) > PRICED) & (now.row_lower < now.row_upper))
        for row in held.tolist():
            checked(self.solver.changeRowBounds(row, rows[row], rows[row]), "refused the bounds of a row")
        now.row_lower[held] = now.row_upper[held] = rows[held]
        return bound

    def _change(self, what: str, columns: NDArray[np.intp], *values: Any) -> None:
        """Change the cost or the bounds of some columns."""
        change = getattr(self.solver, f"changeCols{what}")
        code = change(len(columns), columns.astype(np.int32), *values)
        checked(code, f"refused the {what.lower()} of columns")
