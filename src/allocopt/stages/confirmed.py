"""Confirmed: serve each line as far as it was confirmed before, as many units of that as possible.

.. code-block:: text

    maximise  sum_d kept[d]        kept[d] <= sum_{a of d} ship[a],   0 <= kept[d] <= min(confirmed[d], units[d])

for the stage's lines d [unit]. Later stages keep what each line got of it. Source: the strategy "gain" of backorder
processing, which retains at least what is confirmed (SAP, Advanced Available-to-Promise, order fulfilment).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.program import Program, with_loose_columns, with_rows
from allocopt.arrays import Places
from allocopt.contracts import Confirmed
from allocopt.plan import StageProof
from allocopt.problem.facts import Flags, Floats, Ints
from allocopt.rounding import floor_units
from allocopt.stages.task import StageResult, Task, certified


def solved(stage: Confirmed, task: Task) -> StageResult:
    """Return the plan that keeps most of what was confirmed, and a row a line that keeps it."""
    program = task.program
    lines = _Lines.of(stage, task)
    row, column, sku, most = lines.row, lines.column, lines.sku, lines.most
    count = len(most)
    counted = replace(program, cost=np.zeros(program.columns), constant=0.0)
    wider = with_loose_columns(counted, cost=np.ones(count), lower=np.zeros(count), upper=most)
    goal = with_rows(
        wider,
        np.concatenate([row, np.arange(count)]),
        np.concatenate([column, program.columns + np.arange(count)]),
        np.concatenate([np.ones(len(row)), -np.ones(count)]),
        lower=np.zeros(count),
        upper=np.inf,
        sku=sku,
    )
    found = task.solve(goal)
    if found.x is None:
        return task.ended(found, None, program)
    proof = certified(goal, found, found.x)
    x = found.x[: program.columns]
    kept = lines.kept(x)
    plain = replace(found, x=x, multipliers=None, claimed_bound=None, cases=(), rents=None, leaves=None)
    reached = float(kept.sum())
    return task.ended(plain, task.certified(x, reached, max(proof.bound, reached)), lines.held(program, kept))


def kept(stage: Confirmed, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already."""
    lines = _Lines.of(stage, task)
    return lines.held(task.program, lines.kept(x))


@dataclass(frozen=True)
class _Lines:
    """The lines of the stage to which something was confirmed.

    Attributes
    ----------
    row, column : int, shape (arcs of these lines,)
        Line, counted among these, and column of each arc.
    sku : int32, shape (lines,)
    most : float64, shape (lines,)
        What was confirmed and is wanted [unit].
    divisible : bool, shape (lines,)
    """

    row: Places
    column: Places
    sku: Ints
    most: Floats
    divisible: Flags

    @classmethod
    def of(cls, stage: Confirmed, task: Task) -> _Lines:
        arcs, facts = task.arcs, task.arcs.facts
        divisible = facts.skus.divisible[facts.lines.sku]
        most = np.minimum(facts.lines.confirmed, facts.lines.units)
        most = np.where(divisible, most, floor_units(most))
        mine = task.lines & arcs.served & (most > 0)
        rows = np.flatnonzero(mine)
        place = np.full(len(mine), -1)
        place[rows] = np.arange(len(rows))
        members = np.flatnonzero(mine[arcs.line])
        column = task.stated.ship.start + members
        return cls(place[arcs.line[members]], column, facts.lines.sku[rows], most[rows], divisible[rows])

    def kept(self, x: Floats) -> Floats:
        """Return what each line gets of what was confirmed to it, shape (lines,) [unit]."""
        got = np.bincount(self.row, weights=x[self.column], minlength=len(self.most))
        found = np.minimum(got, self.most)
        return np.where(self.divisible, found, np.rint(found))

    def held(self, program: Program, least: Floats) -> Program:
        """Return the program with a row a line that keeps so much."""
        ones = np.ones(len(self.row))
        return with_rows(program, self.row, self.column, ones, lower=least, upper=np.inf, sku=self.sku)
