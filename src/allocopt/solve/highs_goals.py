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

from allocopt.algebra.program import Program, shared
from allocopt.arrays import Floats
from allocopt.errors import SolveError
from allocopt.solve.certificate import cleaned
from allocopt.solve.highs_run import checked, loaded, option, run_listening
from allocopt.solve.solution import Clock, Ending

PRICED = 1e-6
"""Price above which a limit is held, where the largest weight of a goal is 1 (HiGHS' own tolerance is 1e-7)."""
CLOSE = 1e-6
"""How far, relative to 1 + its value, the last plan may fall behind what a goal reached before it is not believed."""

SEVERAL = 4
"""From so many goals on, all of them together come first."""
SPAN = 1e6
"""What a unit of the first goal weighs then, in units of the last one."""
DUAL, PRIMAL = 1, 4
"""HiGHS' numbers of its simplex methods: for the first plan, and for each goal from the basis of the last one."""
FULL = 1e-9
"""How far, relative to 1 + its limit, a row may be from full and count as full."""

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
    if len(goals) >= SEVERAL:
        face.together(goals)
    for number, (columns, weights) in enumerate(goals):
        scale = float(weights.max(initial=0.0)) or 1.0
        full = face.full(columns, weights / scale)
        if full is None:
            status = face.solve(columns, weights / scale)
        else:
            face.take(columns, weights / scale, full)
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
        self.begun = False
        self.own = own_rows(program)
        self.solver = loaded(replace(program, cost=self.cost, constant=0.0), clock, whole=False)
        for name, value in (("solver", "simplex"), ("presolve", "off"), ("simplex_strategy", PRIMAL)):
            option(self.solver, name, value)

    def together(self, goals: Sequence[Goal]) -> None:
        """Go to the plan that is best for all goals together, earlier ones weighing more; in half of what is left."""
        self.cost[:] = 0.0
        for number, (columns, weights) in enumerate(goals):
            most = float(weights.max(initial=0.0)) or 1.0
            self.cost[columns] = weights / most * SPAN ** (1.0 - number / (len(goals) - 1))
        option(self.solver, "simplex_strategy", DUAL)
        self._run(np.flatnonzero(self.cost), 0.5)
        option(self.solver, "simplex_strategy", PRIMAL)

    def full(self, columns: NDArray[np.intp], weights: Floats) -> NDArray[np.intp] | None:
        """Return the rows of a goal's lines, where all of them are full and so prove that it is reached; else None."""
        lines = self.program.column_line
        if not self.begun or lines is None or not len(columns):
            return None
        row = self.own[lines[columns]]
        if (row < 0).any():
            return None
        rows, place = np.unique(row, return_inverse=True)
        weight = np.zeros(len(rows))
        weight[place] = weights
        limit = self.program.row_upper[rows]
        there = np.bincount(place, weights=self.x[columns], minlength=len(rows))
        if (weights != weight[place]).any() or (there < limit - FULL * (1.0 + limit)).any():
            return None
        return rows

    def take(self, columns: NDArray[np.intp], weights: Floats, rows: NDArray[np.intp]) -> None:
        """Take a goal for reached as it is: its lines' rows are full, and their prices prove it."""
        self.cost[:], self.multipliers = 0.0, np.zeros(self.program.rows)
        self.cost[columns] = weights
        self.multipliers[self.own[self.program.column_line[columns]]] = weights  # type: ignore[index]

    def solve(self, columns: NDArray[np.intp], weights: Floats) -> Ending:
        """Go as far as possible towards one goal."""
        self.cost[:] = 0.0
        self.cost[columns] = weights
        return self._run(columns)

    def _run(self, columns: NDArray[np.intp], part: float = 1.0) -> Ending:
        """Go as far as possible towards the cost of some columns, in a part of what is left."""
        changed = np.union1d(self.counted, columns)
        self.counted = columns
        self._change("Cost", changed, self.cost[changed])
        option(self.solver, "time_limit", min(part * self.clock.left, 1e20))
        if self.work_limit is not None:
            left = int(part * max(0, int(self.work_limit) - self.iterations))
            option(self.solver, "simplex_iteration_limit", left)
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
        self.begun = True
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


def own_rows(program: Program) -> NDArray[np.intp]:
    """Return the row of each line that counts its columns and nothing else, one unit each; -1: none."""
    lines = program.column_line
    if lines is None or not len(lines):
        return np.full(1, -1, dtype=np.intp)
    size = int(lines.max()) + 1
    line = shared(program.indices, lines[program.entry_column], program.rows)
    whole = np.bincount(program.indices[program.data != 1.0], minlength=program.rows) == 0
    entries = np.bincount(program.indices, minlength=program.rows)
    columns = np.bincount(lines[lines >= 0], minlength=size + 1)
    rows = np.flatnonzero((line >= 0) & whole & np.isfinite(program.row_upper) & (entries == columns[line]))
    own = np.full(size + 1, -1, dtype=np.intp)  # the last entry is what `COUPLES` is looked up at
    own[line[rows]] = rows
    own[-1] = -1
    return own
