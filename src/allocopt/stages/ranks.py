"""Rank after rank: each rank of demand lines is served as far as possible before the next one is looked at.

.. code-block:: text

    for each rank r, 1 first, blank last:   maximise  sum_{a of r} w[d(a)] ship[a]      [unit, or line]
                                            given what every earlier rank reached

The relaxation goes through all ranks in one solver (see `allocopt.solve.in_order`): it gives the bound of each rank,
and the face of plans that reach all of them. Where that face holds a plan in whole units, no other can serve a rank
better, and the face itself is what later stages keep. Where it holds none (packs, whole orders, work in fractions),
each rank is solved in whole units, and later stages keep a row for each. Source: lexicographic (preemptive) goals,
Ignizio, Goal Programming and Extensions (1976); Isermann, Linear lexicographic optimization (1982).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.program import Program, keeping
from allocopt.problem.facts import Floats, Ints
from allocopt.solve import Certificate, Goal, Ordered, Solution, in_order
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Clock, Ending
from allocopt.stages.task import Task, certified

SLACK = 1e-9
"""By how much a total may fall short of what a rank reached, relative to 1 + the total: rounding only."""

WHOLE = 1e-6
"""Distance from a whole number that is taken for rounding."""


@dataclass(frozen=True)
class _Reached:
    """A plan, what each rank could have reached at most, what keeps that, and the best plan under it where known."""

    found: Solution
    most: Floats
    kept: Program
    ahead: Solution | None = None


Ranked = tuple[Solution, Certificate | None, Program, Solution | None]
"""How ranks ended: see `rank_by_rank`."""


def ranks_of(ranks: Floats, weights: Floats, line: Ints) -> list[Goal]:
    """Return the arcs of each rank that occurs, blank last, with what a unit on each counts.

    Parameters
    ----------
    ranks : float64, shape (lines,)
        Rank of each line, nan: none.
    weights : float64, shape (lines,)
        What a unit of each line counts; 0: nothing.
    line : int, shape (arcs,)

    Examples
    --------
    >>> [columns.tolist() for columns, _ in ranks_of(np.array([2.0, np.nan, 1.0]), np.ones(3), np.array([0, 1, 1, 2]))]
    [[3], [0], [1, 2]]
    """
    place = np.unique(ranks, return_inverse=True)[1][line]  # nan comes last, and all nan are alike
    counted = np.flatnonzero(weights[line] > 0)
    counted = counted[np.argsort(place[counted], kind="stable")]
    cuts = np.flatnonzero(np.diff(place[counted])) + 1
    return [(columns, weights[line[columns]]) for columns in np.split(counted, cuts) if len(columns)]


def rank_by_rank(task: Task, goals: Sequence[Goal]) -> Ranked:
    """Serve ranks one after the other.

    Parameters
    ----------
    task : Task
        The objective of its program decides between plans that serve all ranks alike.
    goals : sequence of Goal
        One a rank.

    Returns
    -------
    Solution
        Over the columns of the program.
    Certificate or None
        Of all that was served, against the sum of what each rank could be served at most, given those before it.
    Program
        The program with what keeps the ranks served.
    Solution or None
        Of that program, where it was found on the way.
    """
    program, effort = task.program, task.effort
    if not goals:
        return _certified(task, goals, _Reached(task.solve(program), np.zeros(0), program))
    ordered = in_order(program, goals, Clock.started(effort.left), effort.work_limit)
    if ordered.status == "infeasible":
        return Solution("infeasible", method="rank by rank", message=ordered.message), None, program, None
    reached = _on_the_face(task, ordered) if ordered.x is not None else None
    return _certified(task, goals, reached or _one_by_one(task, goals))


def ranks_kept(program: Program, goals: Sequence[Goal], x: Floats) -> Program:
    """Return a program with a row a rank that keeps what a plan serves of it."""
    for columns, weights in goals:
        served = float(weights @ x[columns])
        least = served - SLACK * (1.0 + served)
        program = keeping(program, columns, weights, least)
    return program


def _certified(task: Task, goals: Sequence[Goal], reached: _Reached) -> Ranked:
    """Return the outcome with its certificate."""
    found = reached.found
    if found.x is None:
        return found, None, task.program, None
    served = np.array([float(weights @ found.x[columns]) for columns, weights in goals])
    # What nobody looked at is bounded by what its columns can hold.
    free = np.array([float(weights @ task.program.upper[columns]) for columns, weights in goals])
    most = np.maximum(np.minimum(reached.most, free), served)
    total = float(served.sum())
    proof = task.certified(found.x, total, total + float((most - served).sum()))
    return found, proof, reached.kept, reached.ahead


def _on_the_face(task: Task, ordered: Ordered) -> _Reached | None:
    """Return the plan that reaches all that the relaxation reaches, None where no plan in whole units does."""
    assert ordered.x is not None
    x = np.where(task.program.integer, np.rint(ordered.x), ordered.x)
    message, ahead = ordered.message if ordered.status == "feasible" else "", None
    if np.abs(x - ordered.x).max(initial=0.0) <= WHOLE:
        found = Solution(ordered.status, x, method="rank by rank", iterations=ordered.iterations, message=message)
    else:
        ahead = task.solve(ordered.face)
        if ahead.x is None:
            return None
        x, iterations = ahead.x, ahead.iterations + ordered.iterations
        found = replace(ahead, multipliers=None, claimed_bound=None, iterations=iterations)
        # Which of the plans on the face it is does not matter here.
        found = replace(found, status=ordered.status, message=message)
    if breach(task.program, x)[0] > 0:
        return None
    return _Reached(found, ordered.most, ordered.face, ahead)


def _one_by_one(task: Task, goals: Sequence[Goal]) -> _Reached:
    """Solve each rank by itself, given a row for each one before it."""
    most = np.full(len(goals), np.inf)
    kept, best, loose = task.program, None, ""
    for number, (columns, weights) in enumerate(goals):
        cost = np.zeros(kept.columns)
        cost[columns] = weights
        goal = replace(kept, cost=cost, constant=0.0)
        found = task.solve(goal, known=None if best is None else best.x)
        if found.x is None:
            if best is None:
                return _Reached(found, most, kept)
            loose = f"a limit was reached at rank {number + 1} of {len(goals)}"
            break
        best = found
        proof = certified(goal, found, found.x)
        claimed = np.inf if found.claimed_bound is None or found.status != "optimal" else found.claimed_bound
        most[number] = min(proof.bound, claimed)
        if found.status != "optimal":
            loose = f"rank {number + 1} of {len(goals)}: {found.message or 'more might be possible'}"
        kept = ranks_kept(kept, [goals[number]], found.x)
    assert best is not None
    status: Ending = "feasible" if loose else "optimal"
    best = replace(best, multipliers=None, claimed_bound=None, cases=(), method="rank by rank")
    return _Reached(replace(best, status=status, message=loose), most, kept)
