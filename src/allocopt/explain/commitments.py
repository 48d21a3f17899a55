"""What single commitments cost: each is dropped by itself, and the blocks that it touches are solved anew.

.. code-block:: text

    worth in [max(0, gain - gap),  |y| min_units + gap']      y: multiplier of the commitment,  gap: of the plan,
                                                              gap': of the plan to what its multipliers prove

Without its row, multipliers prove at most ``|y| min_units`` more. With stages before the last one the multipliers are
those of the contribution alone, which is worth no less: nothing certain is known from below then. Commitments are many,
and each is about one line: all else stays as planned.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, with_rows
from allocopt.explain.change import Change
from allocopt.explain.local import Local
from allocopt.explain.neighbours import contract_of, numbers_of, one_stage
from allocopt.explain.price import Price
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import ANY, Ints
from allocopt.rules.demand import Demand
from allocopt.solve import EXACT
from allocopt.solve.certificate import upper_bound
from allocopt.solve.relaxation import Relaxer
from allocopt.solve.solution import Clock

ALONE = "by a local re-solve: all else as planned"


def promised_rows(answer: Answer) -> tuple[NDArray[np.intp], Ints]:
    """Return the rows that hold commitments, and the demand line of each (of the facts that the program is of)."""
    rows, lines = [np.zeros(0, np.intp)], [np.zeros(0, np.int32)]
    for family in answer.labels.rows:
        if family.name == Demand.name:
            mine = np.flatnonzero(answer.program.row_lower[family.slice] > 0)
            rows.append(family.start + mine)
            lines.append(np.asarray(family.index.codes[0][mine], dtype=np.int32))
    return np.concatenate(rows), np.concatenate(lines)


def apart(program: Program, rows: NDArray[np.intp]) -> tuple[Program, NDArray[np.intp]]:
    """Return the program with the lower limits of some rows as rows of their own, appended, and where these stand."""
    entry = np.flatnonzero(np.isin(program.indices, rows))
    place = np.full(program.rows, -1)
    place[rows] = np.arange(len(rows))
    open_ = program.row_lower.copy()
    open_[rows] = -np.inf
    column, which = program.entry_column[entry], place[program.indices[entry]]
    lower, sku = program.row_lower[rows], program.row_sku[rows]
    split = with_rows(
        replace(program, row_lower=open_), which, column, program.data[entry], lower=lower, upper=np.inf, sku=sku
    )
    return split, program.rows + np.arange(len(rows))


def priced_alone(plan: Plan, lines: Sequence[int] | NDArray[np.intp]) -> list[Price | None]:
    """Return what the commitments of some lines cost, by themselves; None where no row holds them.

    Parameters
    ----------
    plan : Plan
    lines : int, shape (lines,)
        Positions in the problem's own facts.
    """
    answer, proof = numbers_of(plan), plan.certificate
    assert proof is not None
    rows, theirs = promised_rows(answer)
    place = _line_of_row(answer)
    split, own = apart(answer.last, rows)
    local = Local(split, answer.x)
    alone = one_stage(contract_of(plan))
    measure = "contribution" if contract_of(plan).earns_only else "objective"
    y_all = answer.multipliers if alone else None
    if y_all is None:
        y_all = Relaxer()(answer.program, Clock.started(None)).multipliers
    y_all = np.zeros(answer.program.rows) if y_all is None else y_all[: answer.program.rows]
    priced = np.maximum(-y_all[rows], 0.0)
    above = max(0.0, upper_bound(answer.program, y_all) - proof.objective)
    gap = max(0.0, proof.bound - proof.objective)
    used, units = answer.program.activity(answer.x)[rows], answer.program.row_lower[rows]
    held = {int(line): row for row, line in enumerate(theirs.tolist())}
    found: list[Price | None] = []
    for line in np.asarray(lines).tolist():
        row = held.get(int(place[line]), -1) if place[line] != ANY else -1
        if row < 0:
            found.append(None)
            continue
        y = float(priced[row] * units[row])
        gain = 0.0
        if not (alone and y == 0.0 and used[row] > units[row]):
            answered = local.solve(Change.moved([int(own[row])], -float(units[row])))
            gain = 0.0 if answered is None else max(0.0, answered.gain)
        low, high = max(0.0, gain - gap) if alone else -math.inf, max(gain, y + above)
        sure = high - low <= EXACT * max(1.0, abs(proof.objective))
        found.append(Price(low, high, gain, measure, "optimal" if sure else "feasible", "" if sure else ALONE))
    return found


def _line_of_row(answer: Answer) -> NDArray[np.int64]:
    """Return the line of the program's facts for each line of the problem's own, `ANY` where it is gone."""
    before, now = answer.stated.lines.row, answer.arcs.facts.lines.row
    if np.array_equal(before, now):
        return np.arange(len(before), dtype=np.int64)
    known = {row: place for place, row in enumerate(now.tolist()) if row >= 0}
    return np.array([known.get(row, ANY) for row in before.tolist()], dtype=np.int64)
