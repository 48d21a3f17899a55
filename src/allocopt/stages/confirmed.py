"""Confirmed: serve each line as far as it was confirmed before, as many units of that as possible.

.. code-block:: text

    maximise  sum_d kept[d]        kept[d] <= sum_{a of d} ship[a],   0 <= kept[d] <= min(confirmed[d], units[d])

for the stage's lines d [unit]. Later stages keep what each line got of it. Source: the strategy "gain" of backorder
processing, which retains at least what is confirmed (SAP, Advanced Available-to-Promise, order fulfilment).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.program import with_loose_columns, with_rows
from allocopt.contracts import Confirmed
from allocopt.rounding import floor_units
from allocopt.rules.kit.scope import lines_ranked
from allocopt.stages.task import StageResult, Task, certified


def solved(stage: Confirmed, task: Task) -> StageResult:
    """Return the plan that keeps most of what was confirmed, and a row a line that keeps it."""
    arcs, program, facts = task.arcs, task.program, task.arcs.facts
    most = np.minimum(facts.lines.confirmed, facts.lines.units)
    most = np.where(facts.skus.divisible[facts.lines.sku], most, floor_units(most))
    mine = task.lines & lines_ranked(facts, stage.priority) & arcs.served & (most > 0)
    rows, count = np.flatnonzero(mine), int(mine.sum())
    place = np.full(len(mine), -1)
    place[rows] = np.arange(count)
    members = np.flatnonzero(mine[arcs.line])
    row, column, sku = place[arcs.line[members]], task.stated.ship.start + members, facts.lines.sku[rows]
    counted = replace(program, cost=np.zeros(program.columns), constant=0.0)
    wider = with_loose_columns(counted, cost=np.ones(count), lower=np.zeros(count), upper=most[rows])
    goal = with_rows(
        wider,
        np.concatenate([row, np.arange(count)]),
        np.concatenate([column, program.columns + np.arange(count)]),
        np.concatenate([np.ones(len(members)), -np.ones(count)]),
        lower=np.zeros(count),
        upper=np.inf,
        sku=sku,
    )
    found = task.solve(goal)
    if found.x is None:
        return task.ended(found, None, program)
    proof = certified(goal, found, found.x)
    x = found.x[: program.columns]
    got = np.bincount(row, weights=x[column], minlength=count)
    kept = np.minimum(got, most[rows])
    whole = ~facts.skus.divisible[sku]
    kept = np.where(whole, np.rint(kept), kept)
    locked = with_rows(program, row, column, np.ones(len(members)), lower=kept, upper=np.inf, sku=sku)
    plain = replace(found, x=x, multipliers=None, claimed_bound=None, cases=(), rents=None, leaves=None)
    reached = float(kept.sum())
    return task.ended(plain, task.certified(x, reached, max(proof.bound, reached)), locked)
