"""What one unit more or less of each limit is worth: the multiplier, and two local re-solves.

.. code-block:: text

    price     multiplier of the relaxation
    one_more  = objective(limit + 1) - objective,    one_less = objective - objective(limit - 1)
    one_more <= price <= one_less                     of linear programs, whose worth is concave in every limit

Re-solves are local (`allocopt.explain.local`): the blocks that are touched anew, in whole units, all else as planned.
Where several SKUs share a limit (hours of a node), the unit goes to whichever makes most of it. Source: sensitivity of
linear programs, e.g. Chvatal, Linear Programming (1983), ch. 10.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.grouping import runs
from allocopt.algebra.program import Program
from allocopt.arrays import Places
from allocopt.explain.change import Change
from allocopt.explain.commitments import apart, promised_rows
from allocopt.explain.limits import Limit, coarseness, lots, rows_of
from allocopt.explain.local import Found, Local
from allocopt.explain.neighbours import SMALL, numbers_of
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Floats
from allocopt.rules.kit.names import line_names
from allocopt.solve.multipliers import on_rows
from allocopt.solve.relaxation import Relaxer
from allocopt.solve.solution import Clock

COLUMNS = ("kind", "what", "price", "one_more", "one_less", "low", "high", "used", "limit")
DEAREST = 20
"""Of programs of more than `SMALL` columns, so many limits of each kind are re-solved: the dearest."""
MARGIN = 1e-3
"""What a re-solve may miss of what a unit is worth, where its search comes to an end [currency]."""
NODES, WORK = 40, 4e6
"""What one re-solve may take beyond `SMALL` columns; up to there, what the kernel takes by itself."""
FEW = 4
"""Blocks that are asked for a unit of a limit that they share: those that promise most by the prices."""


def values(plan: Plan) -> pd.DataFrame:
    """Return what one unit more or less of each limit is worth; see `Plan.values`."""
    answer = numbers_of(plan)
    y = multipliers_of(answer)
    rows, own = promised_rows(answer)
    program, split = apart(answer.last, rows)
    held = np.arange(answer.program.columns)[answer.labels.place("switch")]
    local = Local(program, answer.x, held)
    local.helped = program.columns <= SMALL
    unit = _Units(local, y, (local.nodes, local.work) if program.columns <= SMALL else (NODES, WORK))
    coarse = coarseness(answer, len(answer.arcs.facts.skus.id))
    found = [*lots(plan, answer, y, coarse), *rows_of(answer, y, coarse)]
    found += _commitments(answer, y, rows, own, split)
    asked = _asked(found, len(found) if program.columns <= SMALL else DEAREST)
    told = [_told(limit, unit if row in asked else None) for row, limit in enumerate(found)]
    told.sort(key=lambda row: -max(abs(row["price"]), abs(row["low"]) if math.isfinite(row["low"]) else 0.0))
    frame = pd.DataFrame(told, columns=list(COLUMNS))
    return frame.astype({name: "str" if name in ("kind", "what") else "float64" for name in COLUMNS})


def multipliers_of(answer: Answer) -> Floats:
    """Return the multipliers of what the last stage solved: its own, or where it had none those of its relaxation."""
    if answer.multipliers is not None:
        return answer.multipliers
    found = Relaxer()(answer.last, Clock.started(None))
    y = on_rows(answer.last, found.multipliers)
    return np.zeros(answer.last.rows) if y is None else y


def _commitments(answer: Answer, y: Floats, rows: Places, lines: Any, split: Places) -> Iterator[Limit]:
    """Yield the commitments, as rows of their own."""
    used, names = answer.program.activity(answer.x), line_names(answer.arcs.facts)
    for row, line, at in zip(rows.tolist(), lines.tolist(), split.tolist(), strict=True):
        limit, price = float(answer.program.row_lower[row]), min(float(y[row]), 0.0)
        yield Limit(
            *("commitment", names[line], float(used[row]), limit, price),
            *(Change.moved([at], 1.0), Change.moved([at], -1.0), at),
        )


def _asked(found: list[Limit], most: int) -> set[int]:
    """Return the limits that are re-solved: of each kind the dearest by their multipliers."""
    dearest = sorted(range(len(found)), key=lambda row: -abs(found[row].price - found[row].cash))
    rank: Counter[str] = Counter()
    chosen = set()
    for row in dearest:
        rank[found[row].kind] += 1
        if rank[found[row].kind] <= most:
            chosen.add(row)
    return chosen


def _told(limit: Limit, unit: _Units | None) -> dict[str, Any]:
    """Return one row of the table; its re-solves are blank where nobody re-solves it."""
    if unit is None and not limit.idle:
        more = less = math.nan
    elif unit is None or limit.idle:
        more = less = limit.cash
    else:
        more = unit.gain(limit, more=True) + limit.cash
        less = math.nan if limit.less is None else limit.cash - unit.gain(limit, more=False)
    ends = [end for end in (more, less) if not math.isnan(end)]
    ends = ends or [math.nan]
    numbers = (limit.price, more, less, min(ends), max(ends), limit.used, limit.limit)
    return dict(zip(COLUMNS, (limit.kind, limit.what, *numbers), strict=True))


@dataclass
class _Units:
    """Re-solves one unit more or less, on the program of a plan.

    Attributes
    ----------
    local : Local
    y : float64, shape (rows of the plan's program,)
        Multipliers, by which blocks are chosen that may make most of a unit.
    effort : tuple of int and float
        Nodes and work of one search; see `Local`.
    """

    local: Local
    y: Floats
    effort: tuple[int, float]

    def __post_init__(self) -> None:
        program = self.local.program
        y = np.zeros(program.rows)
        y[: len(self.y)] = self.y
        self._priced, self._activity = program.priced(y), program.activity(self.local.x)
        self._at_plan: dict[tuple[int, ...], Found | None] = {}

    def gain(self, limit: Limit, *, more: bool) -> float:
        """Return what the objective gains by one unit more or less; minus infinity where no plan is left."""
        change = limit.more if more else limit.less
        assert change is not None
        blocks = self.local.touched(change, coupling=True)
        if len(blocks) <= 1:
            return self._of(change, blocks)
        apart = [self._of(change, np.array([block])) for block in self._few(limit.row, blocks, more=more).tolist()]
        return max((gain for gain in apart if not math.isnan(gain)), default=math.nan)

    def _of(self, change: Change, blocks: Places) -> float:
        """Return what some blocks gain beyond what they could gain with nothing otherwise.

        What the plan leaves open is no value of a limit: each search goes on from the best plan that is known without.
        """
        key = tuple(blocks.tolist())
        if key not in self._at_plan:
            self._at_plan[key] = self._solved(Change(), blocks, None)
        before = self._at_plan[key]
        start = (blocks[:0], self.local.x[:0]) if before is None else (before.columns, before.x)
        found = self._solved(change, blocks, self._given_up(change, *start))
        if found is None:
            return -math.inf if self.local.helped else math.nan
        return found.gain - (0.0 if before is None else max(0.0, before.gain))

    def _solved(self, change: Change, blocks: Places, start: tuple[Places, Floats] | None) -> Found | None:
        self.local.nodes, self.local.work = self.effort
        return self.local.solve(change, blocks, start=start, margin=MARGIN)

    def _given_up(self, change: Change, columns: Places, x: Floats) -> tuple[Places, Floats]:
        """Return a plan of some columns that keeps limits which are a unit less: the arc that earns least gives it up.

        The plan as it is where it keeps them, or where no arc can give up a unit by itself (packs).
        """
        program = self.local.program
        less = change.rows[change.by < 0]
        if not len(less) or not len(columns):
            return columns, x
        mine = np.intersect1d(self.local.columns_of(int(less[0])), columns)
        at = np.searchsorted(columns, mine)
        can = x[at] - 1.0 >= program.lower[mine]
        entry, owner = runs(program.indptr, mine)
        row, data = program.indices[entry], program.data[entry]
        after = self._activity[row] - data
        breaks = ((data > 0) & (after < program.row_lower[row])) | ((data < 0) & (after > program.row_upper[row]))
        can[owner[breaks]] = False
        if not can.any():
            return columns, x
        first = at[can][int(program.cost[mine[can]].argmin())]
        given = x.copy()
        given[first] -= 1.0
        return columns, given

    def _few(self, row: int, blocks: Places, *, more: bool) -> Places:
        """Return the blocks of a row that promise most: those whose columns earn most there, or lose least."""
        if len(blocks) <= FEW or row < 0:
            return blocks
        columns = self.local.columns_of(row)
        program, x = self.local.program, self.local.x
        entry = _entries(program, row)
        earned = self._priced[columns] / entry
        room = x[columns] < program.upper[columns] if more else x[columns] > program.lower[columns]
        score = np.where(room & (entry > 0), earned if more else -earned, -np.inf)
        best = np.full(int(self.local.block_of.max(initial=0)) + 1, -np.inf)
        of = self.local.block_of[columns]
        np.maximum.at(best, of[of >= 0], score[of >= 0])
        chosen: Places = blocks[np.argsort(-best[blocks], kind="stable")][:FEW]
        return chosen


def _entries(program: Program, row: int) -> Floats:
    """Return the entries of a row, column by column ascending."""
    found: Floats = program.data[np.flatnonzero(program.indices == row)]
    return found
