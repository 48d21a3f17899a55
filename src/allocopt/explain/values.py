"""What one unit more or less of each limit is worth: the multiplier, and two local re-solves.

.. code-block:: text

    price     multiplier of the relaxation
    one_more  = objective(limit + 1) - objective,    one_less = objective - objective(limit - 1)
    one_more <= price <= one_less                     of linear programs, whose worth is concave in every limit

Re-solves are local (`allocopt.explain.local`): the blocks that are touched anew, in whole units, all else as planned.
Where several SKUs share a limit (hours of a node), the unit goes to whichever makes most of it. With stages before the
last one they are whole: what an earlier stage comes to changes with a unit as well (`allocopt.explain.restaged`).
Source: sensitivity of linear programs, e.g. Chvatal, Linear Programming (1983), ch. 10.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from allocopt.arrays import Places
from allocopt.explain.change import Change
from allocopt.explain.commitments import apart, promised_rows
from allocopt.explain.limits import Limit, coarseness, lots, rows_of
from allocopt.explain.local import Local
from allocopt.explain.neighbours import SMALL, numbers_of, stated_by_contract
from allocopt.explain.restaged import Restaged
from allocopt.explain.unit import Units
from allocopt.plan import Answer, Plan
from allocopt.problem.facts import Floats, Ints
from allocopt.rules.kit.names import line_names
from allocopt.solve.multipliers import on_rows
from allocopt.solve.relaxation import Relaxer
from allocopt.solve.solution import Clock

COLUMNS = ("kind", "what", "price", "one_more", "one_less", "low", "high", "used", "limit")
KINDS = ("lot", "capacity", "lane", "clause", "commitment")
DEAREST, STAGED = 20, 60
"""Of programs of more than `SMALL` columns, so many limits of each kind are re-solved, and of smaller ones with stages:
the dearest. Of large ones with stages nobody is unless asked for: each takes a whole solve."""
NODES, WORK = 40, 4e6
"""What one re-solve may take beyond `SMALL` columns; up to there, what the kernel takes by itself."""
Gains = Callable[[Limit, bool], float]
"""What the objective gains by one unit more (true) or less of a limit."""


def values(plan: Plan) -> pd.DataFrame:
    """Return what one unit more or less of each limit is worth; see `Plan.values`."""
    answer = numbers_of(plan)
    found, gains = _limits(plan, answer)
    small, staged = answer.program.columns <= SMALL, len(answer.stages) > 1
    most = (STAGED if small else 0) if staged else (None if small else DEAREST)
    return _table(found, gains, _dearest(found, range(len(found)), most))


def values_for(plan: Plan, kind: str | None = None, like: str | None = None, most: int | None = None) -> pd.DataFrame:
    """Return what one unit more or less of some limits is worth, all of them re-solved; see `Plan.values_for`."""
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, not {kind!r}")
    if like is not None and not isinstance(like, str):
        raise TypeError(f"like must be a part of a limit's words, such as an article or a node, not {like!r}")
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 1):
        raise ValueError(f"most must be a whole number of limits of each kind, at least 1, not {most!r}")
    answer = numbers_of(plan)
    found, gains = _limits(plan, answer)
    chosen = [
        row
        for row, limit in enumerate(found)
        if (kind is None or limit.kind == kind) and (like is None or like in limit.what)
    ]
    if not chosen:
        named = " ".join(part for part in (kind or "limit", f"with {like!r} in its words" if like else "") if part)
        raise ValueError(f"there is no {named}: plan.values lists them all")
    asked = _dearest(found, chosen, most)
    return _table([found[row] for row in sorted(asked)], gains, set(range(len(asked))))


def _limits(plan: Plan, answer: Answer) -> tuple[list[Limit], Gains]:
    """Return the limits of a plan, and what says what a unit of them is worth."""
    y = multipliers_of(answer)
    coarse = coarseness(answer, len(answer.arcs.facts.skus.id))
    found = [*lots(plan, answer, y, coarse), *rows_of(answer, y, coarse)]
    rows, own = promised_rows(answer)
    if len(answer.stages) > 1 and stated_by_contract(answer):
        return [*found, *_commitments(answer, y, rows, own, None)], Restaged(plan).gain
    program, split = apart(answer.last, rows)
    held = np.arange(answer.program.columns)[answer.labels.place("switch")]
    local = Local(program, answer.x, held)
    local.helped = program.columns <= SMALL
    effort = (local.nodes, local.work) if program.columns <= SMALL else (NODES, WORK)
    return [*found, *_commitments(answer, y, rows, own, split)], Units(local, y, effort, len(answer.stages) <= 1).gain


def _table(found: Sequence[Limit], gains: Gains, asked: set[int]) -> pd.DataFrame:
    """Return the table of some limits, dearest first, those that are asked for re-solved."""
    dearest = sorted(range(len(found)), key=lambda row: -abs(found[row].price - found[row].cash))
    told = [_told(found[row], gains if row in asked else None) for row in dearest]
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


def _commitments(answer: Answer, y: Floats, rows: Places, lines: Ints, split: Places | None) -> Iterator[Limit]:
    """Yield the commitments: as rows of their own where they were set apart, else as lower limits of what is wanted."""
    used, names = answer.program.activity(answer.x), line_names(answer.arcs.facts)
    for place, (row, line) in enumerate(zip(rows.tolist(), lines.tolist(), strict=True)):
        limit, price = float(answer.program.row_lower[row]), min(float(y[row]), 0.0)
        if split is None:
            at, more, less = row, Change.asking([row], limit + 1.0), Change.asking([row], limit - 1.0)
        else:
            at = int(split[place])
            more, less = Change.moved([at], 1.0), Change.moved([at], -1.0)
        yield Limit("commitment", names[line], float(used[row]), limit, price, more, less, at)


def _dearest(found: list[Limit], rows: Iterable[int], most: int | None) -> set[int]:
    """Return which of some limits are re-solved: of each kind the dearest by their multipliers; None: all."""
    dearest = sorted(rows, key=lambda row: -abs(found[row].price - found[row].cash))
    rank: Counter[str] = Counter()
    chosen = set()
    for row in dearest:
        rank[found[row].kind] += 1
        if most is None or rank[found[row].kind] <= most:
            chosen.add(row)
    return chosen


def _told(limit: Limit, gains: Gains | None) -> dict[str, Any]:
    """Return one row of the table; its re-solves are blank where nobody re-solves it."""
    if limit.idle:
        more = less = limit.cash
    elif gains is None:
        more = less = math.nan
    else:
        more = gains(limit, True) + limit.cash
        less = math.nan if limit.less is None else limit.cash - gains(limit, False)
    ends = [end for end in (more, less) if not math.isnan(end)]
    ends = ends or [math.nan]
    numbers = (limit.price, more, less, min(ends), max(ends), limit.used, limit.limit)
    return dict(zip(COLUMNS, (limit.kind, limit.what, *numbers), strict=True))
