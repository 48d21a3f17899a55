"""Fair levels in whole units: of all splits the one whose sorted levels are lexicographically largest.

.. code-block:: text

    maximise  sum_k sum_i value[k] d[k]  -  10 short[g]                          one d a unit around the fair level
    sum_{a of g} ship[a] + short[g] >= base[g] + sum_{k of g} d[k],  0 <= d[k] <= step[g]        for each group g

The k-th unit of a group lifts it from level u / weight. Units are valued by the order of these levels, the least
served first, and of two at the same level the one that is lifted further; the values of a group fall from unit to unit,
so that they are taken in their order. Where units can be exchanged freely (see `exchangeable`) a plan is best for any
values in that order exactly if no exchange of a unit between two groups gives better levels, sorted, and that split is
the lexicographic best of all. Where a group ends at the edge of the units that were looked at, more of them are.
Source: Federgruen and Groenevelt, The greedy procedure for resource allocation problems, Operations Research 34 (1986);
Frank and Murota, Decreasing minimization on M-convex sets (2022).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.grouping import ranges
from allocopt.algebra.program import with_loose_columns, with_rows
from allocopt.problem.facts import Flags, Floats
from allocopt.solve import EXACT, Solution, certify
from allocopt.stages.groups import Groups, Places, exchangeable
from allocopt.stages.task import Task

LARGE = 5_000
"""Columns above which no plan is searched for beyond the first that is whole."""
EARNS = 1e-5
"""What the best unit on any arc counts beside a unit of fairness, when fair levels are reached in whole units."""
ANY_GAP = 1e9
"""Large programs take the first whole-unit plan: packs miss fair levels by more than a search can find back."""
REACH = 2
"""Units below and above the fair level that are looked at first."""
ROUNDS = 12
"""How often more units are looked at, twice as many each time."""
SHORT = -10.0
"""What a unit counts that is missing of what every fair split gives."""
UNPROVEN = "it is not proven that no split in whole units is fairer"


def shared(task: Task, groups: Groups, levels: Floats, margin: float) -> Solution:
    """Reach fair levels, in whole units where these are.

    Parameters
    ----------
    task : Task
    groups : Groups
    levels : float64, shape (groups,)
        Fair units of divisible goods [unit].
    margin : float
        Units by which divisible levels are slackened, for rounding.

    Returns
    -------
    Solution
        Over the columns of the task's program.
    """
    program = task.program
    whole = np.zeros(len(levels), dtype=bool)
    rows, columns, _ = groups.entries()
    whole[rows[program.integer[columns]]] = True
    short = whole & (levels < groups.wanted - 1e-6)
    open_ = np.bincount(groups.pool[short], minlength=groups.pools) > 0
    reach = np.full(groups.pools, REACH)
    before: Solution | None = None
    for _ in range(ROUNDS):
        window = _window(groups, levels, whole & open_[groups.pool], whole, reach, margin)
        found, proven = _reached(task, groups, window)
        if before is not None and (found.x is None or task.effort.left == 0.0):
            # The time is up: what the window before came to stands.
            return replace(before, status="feasible", message=found.message or UNPROVEN)
        if found.x is None:
            return found
        before = found
        edge = _at_the_edge(groups, window, groups.units(found.x))
        if not edge.any():
            break
        reach[edge] *= 2
    single = (groups.step[open_[groups.pool]] == 1.0).all()
    surely = proven and single and not edge.any() and exchangeable(program, groups, open_, task.stated.beside)
    if surely or not open_.any():
        return found
    status = "feasible" if found.status == "optimal" else found.status
    return replace(found, status=status, message=found.message or UNPROVEN)


@dataclass(frozen=True)
class _Window:
    """The units around the fair levels that are looked at.

    Attributes
    ----------
    base, top : float64, shape (groups,)
        Units that every split gives, and the most that is looked at [unit].
    group : int, shape (units,)
        Whose each unit (or pack) is.
    value : float64, shape (units,)
    """

    base: Floats
    top: Floats
    group: Places
    value: Floats


def _window(groups: Groups, levels: Floats, looked: Flags, whole: Flags, reach: np.ndarray, margin: float) -> _Window:
    """Return the units around the levels of the groups that are looked at, and what each is worth."""
    step = groups.step
    near = np.floor((levels + 1e-5) / step)
    least = np.where(looked, np.maximum(near - reach[groups.pool], 0.0), near)
    most = np.where(looked, np.minimum(near + reach[groups.pool], np.floor(groups.wanted / step + 1e-9)), least)
    number = np.maximum(most - least, 0.0).astype(np.int64)
    base = np.where(whole, least * step, np.maximum(levels - margin, 0.0))
    rank, group = ranges(np.zeros_like(number), number)
    level = (base[group] + rank * step[group]) / groups.weight[group]
    lift = step[group] / groups.weight[group]
    # Equal levels are told apart by the label only where weights are equal too; rounding must not do it.
    order = np.lexsort((group, -_rounded(lift), _rounded(level), groups.pool[group]))
    sizes = np.bincount(groups.pool[group], minlength=groups.pools)
    place, pool = ranges(np.zeros_like(sizes), sizes)
    value = np.empty(len(group))
    value[order] = 2.0 - place / sizes[pool]
    return _Window(base, np.where(whole, base + number * step, base), group, value)


def _rounded(values: Floats) -> Floats:
    """Return values without the rounding of their last digits."""
    with np.errstate(divide="ignore"):
        size = np.where(values > 0, np.floor(np.log10(np.where(values > 0, values, 1.0))), 0.0)
    unit = 10.0 ** (size - 11)
    rounded: Floats = np.rint(values / unit) * unit
    return rounded


def _reached(task: Task, groups: Groups, window: _Window) -> tuple[Solution, bool]:
    """Return the best plan for the values of a window, and whether it is proven to be that."""
    program, count, units = task.program, len(window.base), len(window.group)
    # Among equally fair plans the one that earns more: without it the face is so flat that HiGHS loses its way.
    earns = program.cost * (EARNS / max(np.abs(program.cost).max(initial=0.0), 1.0))
    trial = with_loose_columns(
        replace(program, cost=earns, constant=0.0),
        cost=np.concatenate([window.value, np.full(count, SHORT)]),
        upper=np.concatenate([groups.step[window.group], window.base]),
    )
    rows, columns, values = groups.entries()
    trial = with_rows(
        trial,
        np.concatenate([rows, window.group, np.arange(count)]),
        np.concatenate([columns, program.columns + np.arange(units), program.columns + units + np.arange(count)]),
        np.concatenate([values, -np.ones(units), np.ones(count)]),
        lower=window.base,
        upper=np.inf,
        sku=groups.sku,
    )
    found = task.solve(trial, flat=True, gap=ANY_GAP if program.columns > LARGE else EXACT)
    if found.x is None:
        return found, False
    proof = certify(trial, found.x, found.multipliers)
    behind = proof.bound - proof.objective
    if found.claimed_bound is not None and found.status == "optimal":
        behind = min(behind, found.claimed_bound - proof.objective)
    # Less than the least difference between two units of one pool: no exchange is left.
    most = np.bincount(groups.pool[window.group], minlength=1).max(initial=1)
    proven = proof.passed and behind < 0.5 / max(most, 1)
    multipliers = None if found.multipliers is None else found.multipliers[: program.rows]
    return replace(found, x=found.x[: program.columns], multipliers=multipliers, claimed_bound=None), proven


def _at_the_edge(groups: Groups, window: _Window, units: Floats) -> Flags:
    """Return the pools in which a group ended at the first or last unit that was looked at, shape (pools,)."""
    here = window.top > window.base
    low = here & (units <= window.base + 1e-6) & (window.base > 0)
    high = here & (units >= window.top - 1e-6) & (window.top + groups.step <= groups.wanted + 1e-6)
    edge: Flags = np.bincount(groups.pool[low | high], minlength=groups.pools) > 0
    return edge
