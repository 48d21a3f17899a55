"""First come, first served: each line takes what is best for itself, in turn, from what nobody was promised yet.

.. code-block:: text

    for each line d, in order of (arrived, rank):                                  by="due": (due period, arrived, rank)
        take of its arcs a, best own[a] first, as much as every row of the program leaves
    own[a] = contribution[a] + lost_cost[d]                                                       [currency/unit]

This is the uncoordinated baseline: nobody plans for anybody else, and nothing is pegged anew or given back. Lines that
come together at equal rank take together (see `allocopt.solve.greedy`). Commitments (and every other lower limit that
shipping nothing does not meet) were promised before anybody's turn: they are met first, at most contribution, with no
more units than they ask for. Where more than arithmetic decides what is left (stock kept for others, whole orders,
least shipments), the lines of a turn are a small program: at most what is theirs by their wants first, then what the
others left. What a contract leaves open (`KeepOrRetire`) is nobody's to decide: every outcome is gone through, and the
one after whose turns the company is best off counts.

Source: first-come-first-served order promising, Ball, Chen and Zhao, Available to promise, in Handbook of Quantitative
Supply Chain Analysis (2004), ch. 11; decentralised decisions that leave other divisions out of account, Cachon, Supply
chain coordination with contracts (2003).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.exact import breaches
from allocopt.algebra.grouping import extreme, runs
from allocopt.algebra.program import Program, bounded, fixed, restricted
from allocopt.arcs import Arcs
from allocopt.contracts import FirstCome
from allocopt.plan import StageProof
from allocopt.problem.facts import Flags, Floats
from allocopt.rules import holding, stock_value
from allocopt.rules.kit.decisions import live_lines
from allocopt.rules.kit.scope import order_of_lines
from allocopt.solve import Certificate, Solution
from allocopt.solve.certificate import breach
from allocopt.stages.board import Limits, Places, Takers, limits_of
from allocopt.stages.task import StageResult, Task
from allocopt.stages.together import Together

FEW = 4
"""So many decisions of a contract are gone through in all their outcomes; more are taken as they are best when all
coordinate."""
LEAST = 1e-5
"""What the best unit on any arc counts beside a unit shipped, where promises are met with as few units as possible."""


def solved(stage: FirstCome, task: Task) -> StageResult:
    """Let the lines take their turns; what was taken is held as it was.

    The certificate is of the whole contribution that the turns come to: the process is the definition, so that is also
    the most.
    """
    facts, line, ship = task.arcs.facts, task.arcs.line, task.stated.ship
    switch = np.arange(task.program.columns)[task.stated.switch]
    ended = []
    for outcome in _outcomes(task, switch):
        live = live_lines(facts, outcome > 0)
        held = fixed(task.program, switch, outcome)
        dead = ship.start + np.flatnonzero(~live[line])
        held = bounded(held, dead, lower=held.lower[dead], upper=0.0)
        ended.append(_after_turns(replace(task, program=held, lines=task.lines & live), stage.by))
    # The best of those that ended with a plan; else one that may still have one, rather than one that has none.
    best = max(ended, key=lambda end: (-np.inf if end[1] is None else end[1].objective, end[0].status != "infeasible"))
    failed = [found for found, _, _ in ended if found.status not in ("optimal", "infeasible")]
    if failed and best[0].status == "optimal":
        return task.ended(replace(best[0], status="feasible", message=failed[0].message), *best[1:])
    return task.ended(*best)


def _outcomes(task: Task, switch: Places) -> list[Floats]:
    """Return the outcomes of what is decided before all turns, the one with everything on first."""
    count = len(switch)
    if count > FEW:
        found = task.solve(task.program)
        return [np.ones(count) if found.x is None else np.rint(found.x[switch])]
    number = np.arange(2**count)[:, None]
    return list(((number >> np.arange(count)[None, :]) & 1 == 0).astype(np.float64))


def _after_turns(task: Task, by: str) -> tuple[Solution, Certificate | None, Program]:
    """Let the lines take their turns where nothing but these is left open.

    Returns
    -------
    Solution
    Certificate or None
    Program
        With what was taken held.
    """
    program, arcs, ship = task.program, task.arcs, task.stated.ship
    promised = _promised(task)
    if promised.x is None:
        return promised, None, program
    x = promised.x.copy()
    # What a unit is worth to its channel: not what it saves the company in stock.
    own, lower = program.cost.copy(), program.lower.copy()
    own[ship] -= stock_value.saved(arcs) + holding.saved(arcs)
    lower[ship] = np.minimum(x[ship], program.upper[ship])
    turns = replace(task, program=replace(program, cost=own, constant=0.0, lower=lower))
    found = _take(turns, _queue(arcs, task.lines, by), x)
    found = replace(found, iterations=found.iterations + promised.iterations)
    if found.status == "optimal" and promised.status != "optimal":
        found = replace(found, status="feasible", message=f"commitments: {promised.message}")
    if found.x is None:
        return found, None, program
    checked = task.certified(found.x, program.objective(found.x))
    return found, checked, _taken(task, found.x)


def kept(stage: FirstCome, task: Task, x: Floats, proof: StageProof) -> Program:
    """Return what keeps a plan that is known already: what was decided and what was taken."""
    switch = np.arange(task.program.columns)[task.stated.switch]
    return _taken(replace(task, program=fixed(task.program, switch, x[switch])), x)


def _taken(task: Task, x: Floats) -> Program:
    """Return the program in which what was taken stays as it was."""
    taken = task.stated.ship.start + np.flatnonzero(task.lines[task.arcs.line])
    return fixed(task.program, taken, x[taken])


@dataclass(frozen=True)
class Queue:
    """Who comes when.

    Attributes
    ----------
    lines : int, shape (lines that come,)
        In the order in which they come; of those that come together those that are due first, then by label.
    level : int, shape (lines that come,)
        Lines of one level come together.
    whole : bool, shape (lines,)
        Lines of orders that are taken as one.
    """

    lines: Places
    level: Places
    whole: Flags


def _queue(arcs: Arcs, counted: Flags, by: str) -> Queue:
    """Return the order in which lines come; an order that is taken as one comes with its first line."""
    lines = arcs.facts.lines
    rank = np.where(np.isnan(lines.priority), np.inf, lines.priority)
    keys = ([lines.period.astype(float)] if by == "due" else []) + [lines.arrived, rank]
    place = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)[1].ravel()
    whole = taken_as_one(arcs)
    if whole.any():
        order = order_of_lines(arcs.facts)
        first = extreme(np.minimum, place[whole], order[whole], int(order.max()) + 1, none=np.iinfo(np.int64).max)
        place = np.where(whole, first[order], place)
    coming = np.flatnonzero(counted & arcs.served)
    coming = coming[np.lexsort((coming, lines.period[coming], place[coming]))]
    return Queue(coming, np.unique(place[coming], return_inverse=True)[1], whole)


def taken_as_one(arcs: Arcs) -> Flags:
    """Return the lines whose order is no sum of its lines, shape (lines,): what one gets bears on the others."""
    lines, lanes = arcs.facts.lines, arcs.facts.lanes
    one = lines.all_or_none | lines.ship_from_one | lines.ship_together | (lines.max_parcels > 0)
    if lanes.parcel_cost.any():
        paid = np.bincount(arcs.line, weights=lanes.parcel_cost[arcs.lane] > 0, minlength=len(one)) > 0
        order = order_of_lines(arcs.facts)
        one |= paid & (np.bincount(order)[order] > 1)
    return one


def _take(task: Task, queue: Queue, x: Floats) -> Solution:
    """Return what all have taken after their turns, beginning with what is promised in ``x``."""
    program, arcs, ship = task.program, task.arcs, task.stated.ship
    limits = limits_of(program, ship)
    small = _by_program(task, limits, queue)
    plain = ~small[queue.lines]
    want = np.maximum(arcs.facts.lines.units - np.bincount(arcs.line, weights=x[ship], minlength=len(small)), 0.0)
    takers = Takers(arcs, limits, queue.lines[plain], program.cost[ship], _room(task, limits, x), want)
    levels = int(queue.level.max(initial=-1)) + 1
    first = np.searchsorted(queue.level[plain], np.arange(levels + 1))
    together = Together(task, x) if small.any() else None
    activity = program.activity(x)
    done = 0
    for level in [*np.unique(queue.level[~plain]).tolist(), levels]:
        taken, units = takers.take(first, done, min(level + 1, levels), activity)
        _promise(task, limits, x, activity, taken, units)
        done = level + 1
        if level < levels and together is not None:
            task.tell(f"turn {level + 1} of {levels}")
            mine = queue.lines[~plain & (queue.level == level)]
            if not together.take(mine, activity):
                return together.ended(level + 1, levels)
    return Solution("optimal", x, method="turns") if together is None else together.ended(levels, levels)


def _by_program(task: Task, limits: Limits, queue: Queue) -> Flags:
    """Return the lines that are left to small programs, shape (lines,).

    Where one line of an article is, so are those of the article that come together with it: they share.
    """
    arcs, ship = task.arcs, task.stated.ship
    free = task.program.lower[ship] < task.program.upper[ship]
    small = np.bincount(arcs.line, weights=free & ~limits.plain, minlength=len(queue.whole)) > 0
    grain = limits.followers.grain
    least = extreme(np.minimum, grain, arcs.line, len(small), none=np.inf)
    most = extreme(np.maximum, grain, arcs.line, len(small), none=0.0)
    small |= (least < most) & arcs.served
    level = np.full(len(small), -1)
    level[queue.lines] = queue.level
    shares = small & ~queue.whole & (level >= 0)
    key = level.astype(np.int64) * len(arcs.facts.skus.id) + arcs.facts.lines.sku
    return small | queue.whole | (np.isin(key, key[shares]) & (level >= 0))


def _room(task: Task, limits: Limits, x: Floats) -> Floats:
    """Return what may be taken of each arc, and of what follows it, shape (arcs,)."""
    program, ship = task.program, task.stated.ship
    room = program.upper[ship] - x[ship]
    follow = limits.followers
    gap = np.where(follow.ratio > 0, program.upper[follow.column], program.lower[follow.column]) - x[follow.column]
    np.minimum.at(room, follow.arc, gap / follow.ratio)
    return np.maximum(room, 0.0)


def _promise(task: Task, limits: Limits, x: Floats, activity: Floats, taken: Places, units: Floats) -> None:
    """Write down what was taken: in the plan, as what arcs ship at least, and in the sums of the rows."""
    program, ship, follow = task.program, task.stated.ship, limits.followers
    more = np.zeros(len(limits.plain))
    more[taken] = units
    change = np.zeros(program.columns)
    change[ship] = more
    change[follow.column] = follow.ratio * more[follow.arc]
    moved = np.flatnonzero(change)
    x[moved] += change[moved]
    x[follow.column] = np.where(program.integer[follow.column], np.rint(x[follow.column]), x[follow.column])
    program.lower[ship.start + taken] = x[ship.start + taken]
    entry, owner = runs(program.indptr, moved)
    np.add.at(activity, program.indices[entry], program.data[entry] * change[moved][owner])


def _promised(task: Task) -> Solution:
    """Return the plan with which the turns begin: promises kept, and nothing else shipped.

    First every promise gets exactly what it asks for. Where that cannot be (packs, whole orders), all promises are
    kept with as few units as possible; if that fails too, no plan keeps them.
    """
    program, beside = task.program, task.stated.beside
    x = np.clip(0.0, program.lower, program.upper)
    if breach(program, x)[0] == 0:
        return Solution("optimal", x, method="turns")
    unmet = (breaches(program, x)[0] > 0) & (program.activity(x) < program.row_lower)
    column = program.entry_column
    other = np.where(beside[column], (program.lower < program.upper)[column], program.data != 1.0)
    exact = unmet & (program.row_sums(other) == 0)
    free = np.bincount(column, weights=exact[program.indices], minlength=program.columns) > 0
    free |= beside
    small, _ = restricted(replace(program, row_upper=np.where(exact, program.row_lower, program.row_upper)), free, x)
    found = task.solve(replace(small, constant=0.0))
    if found.x is not None:
        x[free] = found.x
        if breach(program, x)[0] == 0:
            return replace(found, x=x, multipliers=None)
    few = program.cost * (LEAST / max(np.abs(program.cost).max(initial=0.0), 1.0))
    few[~beside] -= 1.0
    again = task.solve(replace(program, cost=few, constant=0.0))
    return replace(again, multipliers=None, claimed_bound=None, iterations=found.iterations + again.iterations)
