"""Few decisions that concern everything (a channel kept, a promotion run) are taken case by case.

A switch ties thousands of rows together, so that the program no longer falls apart by SKU, and half a switch makes the
relaxation promise what no plan can keep. With the switches held, both troubles are gone. So they are branched on
first, the most promising case first: a case is solved in whole units only if its relaxation can still beat the best
plan found. The cases that are left over at the end cover every choice; their multipliers are the proof.
Source: best-first branch and bound, Land and Doig, Econometrica 28 (1960).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program, bounded, restricted, sku_of_rows
from allocopt.solve.certificate import Branch, relative_gap
from allocopt.solve.refuted import refuted
from allocopt.solve.relaxation import Relaxer
from allocopt.solve.solution import Clock, Ending, Solution
from allocopt.solve.start import Prices, Start
from allocopt.solve.trusted import relaxed_bound

MOST = 8
"""With more switches than this, they are left to the general search."""

Rest = Callable[[Program, Start | None, NDArray[np.float64] | None], Solution]
"""Solves a program in which every switch is held, from what it may start from and a plan that keeps every row; what
it calls optimal or infeasible is so."""

NO_CASE = "no choice of the switches leaves a plan that keeps every row"
HALF = 1e-6
"""Distance from 0 and 1 from which on a switch is undecided."""


def switches(program: Program) -> NDArray[np.intp]:
    """Return the columns that are switches of no single SKU, if there are few enough to go through their cases."""
    on_off = program.integer & (program.column_sku == COUPLES) & (program.lower == 0) & (program.upper == 1)
    found = np.flatnonzero(on_off)
    return found if len(found) <= MOST else found[:0]


@dataclass(frozen=True, eq=False)
class _Node:
    """Some switches held, and what the relaxation says of the rest."""

    case: Branch
    relaxed: Solution

    @property
    def bound(self) -> float:
        """No plan of this case is worth more, by the multipliers of its relaxation."""
        return np.inf if self.relaxed.claimed_bound is None else self.relaxed.claimed_bound


def by_cases(
    program: Program,
    columns: NDArray[np.intp],
    relax: Relaxer,
    solve_rest: Rest,
    clock: Clock,
    *,
    gap: float,
    start: Start | None = None,
    known: NDArray[np.float64] | None = None,
) -> Solution:
    """Solve a program by going through the cases of some switches.

    Parameters
    ----------
    program : Program
    columns : int, shape (switches,)
    relax : Relaxer
    solve_rest : callable
        Solves a program without these columns, in whole units.
    clock : Clock
    gap : float
        A case that can beat the best plan by no more than this, relatively, is not looked into.
    start : Basis or Prices, optional
        For the first relaxation.
    known : float64, shape (columns of the program,), optional
        A plan that keeps every row; a case that cannot beat it is not looked into.

    Returns
    -------
    Solution
        With ``cases``: what was left over, as a proof. Its multipliers are those of the first relaxation. `confirmed`
        where the bounds of the cases rest on our own arithmetic, or were confirmed.
    """
    root = _node(program, columns, np.full(len(columns), np.nan), None, relax, clock, start)
    if root.relaxed.status in ("feasible", "interrupted"):
        return replace(root.relaxed, x=None, status="interrupted")
    if root.relaxed.status != "optimal":
        return root.relaxed
    queue: list[tuple[float, int, _Node]] = [(-root.bound, 0, root)]
    closed: list[tuple[float, Branch]] = []
    best = None if known is None else Solution("feasible", known, method="known")
    number, iterations, stopped, notes = 0, root.relaxed.iterations, "", list(root.relaxed.notes)
    while queue and not stopped:
        node = queue[0][2]
        if best is not None and _close(program, best, node.bound, gap):
            break
        heapq.heappop(queue)
        if not np.isnan(node.case.values).any():
            found = _leaf(program, node, solve_rest, known)
            iterations += found.iterations
            notes += found.notes
            closed.append((_bound_of_leaf(node, found), node.case))
            best = _better(program, best, found)
            stopped = found.message if found.status in ("interrupted", "error") or clock.left <= 0 else ""
            continue
        for values in _halves(node):
            number += 1
            child = _node(program, columns, values, node, relax, clock, node.relaxed.basis)
            iterations += child.relaxed.iterations
            notes += child.relaxed.notes
            if child.relaxed.status == "infeasible":
                closed.append((-np.inf, child.case))
            else:
                heapq.heappush(queue, (-child.bound, number, child))
    open_ = [(node.bound, node.case) for _, _, node in queue]
    found = _outcome(program, root, best, [*closed, *open_], gap, iterations, stopped)
    return replace(found, notes=tuple(dict.fromkeys(notes)))


def _node(
    program: Program,
    columns: NDArray[np.intp],
    values: NDArray[np.float64],
    parent: _Node | None,
    relax: Relaxer,
    clock: Clock,
    start: Start | None,
) -> _Node:
    """Hold some switches (not the nan ones) and solve the relaxation of the rest."""
    held = ~np.isnan(values)
    small = bounded(program, columns[held], lower=values[held], upper=values[held])
    relaxed = relaxed_bound(small, relax(small, clock, start=start))
    if parent is not None:
        if relaxed.status == "infeasible" and refuted(small, clock) != "impossible":
            relaxed = replace(parent.relaxed, iterations=relaxed.iterations, notes=relaxed.notes)
        elif relaxed.status not in ("optimal", "infeasible"):
            # A limit came, or the solver failed: what held for all cases of the parent holds for this one.
            relaxed = replace(parent.relaxed, iterations=relaxed.iterations, notes=relaxed.notes)
        if relaxed.multipliers is None:
            relaxed = replace(relaxed, multipliers=parent.relaxed.multipliers)
        if relaxed.claimed_bound is not None and relaxed.claimed_bound > parent.bound:
            relaxed = replace(relaxed, claimed_bound=parent.bound)
    return _Node(Branch(columns, values, relaxed.multipliers), relaxed)


def _halves(node: _Node) -> list[NDArray[np.float64]]:
    """Return the two cases of the switch that is most undecided; of the first one, where all are decided."""
    free = np.isnan(node.case.values)
    assert node.relaxed.x is not None
    level = node.relaxed.x[node.case.columns]
    away = np.where(free, np.minimum(np.abs(level), np.abs(1 - level)), -1.0)
    switch = int(away.argmax()) if away.max() > HALF else int(np.flatnonzero(free)[0])
    cases = []
    for value in (1.0, 0.0):
        values = node.case.values.copy()
        values[switch] = value
        cases.append(values)
    return cases


def _leaf(program: Program, node: _Node, solve_rest: Rest, known: NDArray[np.float64] | None) -> Solution:
    """Solve a case in which every switch is held; the answer is over all columns."""
    columns, values = node.case.columns, node.case.values
    x = np.zeros(program.columns)
    x[columns] = values
    free = np.ones(program.columns, dtype=bool)
    free[columns] = False
    small, rows = restricted(program, free, x)
    row_sku = sku_of_rows(small.indptr, small.indices, small.column_sku, small.rows)
    prices = node.relaxed.basis
    start = Prices(prices.multipliers[rows]) if isinstance(prices, Prices) else None
    mine = known is not None and bool((known[columns] == values).all())
    found = solve_rest(replace(small, row_sku=row_sku), start, known[free] if known is not None and mine else None)
    if found.x is None:
        return found
    x[free] = found.x
    return replace(found, x=x)


def _bound_of_leaf(node: _Node, found: Solution) -> float:
    """Return what no plan of a case is worth more than, once it was solved."""
    if found.status == "infeasible":
        return -np.inf
    sure = found.status == "optimal" and found.claimed_bound is not None
    return min(node.bound, found.claimed_bound) if sure and found.claimed_bound is not None else node.bound


def _better(program: Program, best: Solution | None, found: Solution) -> Solution | None:
    if found.x is None:
        return best
    if best is None or best.x is None or program.objective(found.x) > program.objective(best.x):
        return found
    return best


def _close(program: Program, best: Solution, bound: float, gap: float) -> bool:
    assert best.x is not None
    return relative_gap(program.objective(best.x), bound) <= gap


def _outcome(
    program: Program,
    root: _Node,
    best: Solution | None,
    left: list[tuple[float, Branch]],
    gap: float,
    iterations: int,
    stopped: str,
) -> Solution:
    """Return the best plan of all cases with the bound that holds in every one."""
    bound = max((bound for bound, _ in left), default=root.bound)
    cases = tuple(case for _, case in left)
    base = replace(root.relaxed, iterations=iterations, cases=cases, method="by cases", confirmed=True)
    if best is None or best.x is None:
        if stopped:
            return replace(base, status="interrupted", x=None, claimed_bound=bound, message=stopped, confirmed=False)
        return replace(base, status="infeasible", x=None, multipliers=None, claimed_bound=None, message=NO_CASE)
    status: Ending = "optimal" if _close(program, best, bound, gap) else "feasible"
    message = "" if status == "optimal" else stopped or best.message
    method = f"by cases: {best.method}"
    return replace(base, status=status, x=best.x, claimed_bound=bound, method=method, message=message)
