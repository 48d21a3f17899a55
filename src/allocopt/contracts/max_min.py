"""Lexicographic max-min fill: raise the least served as far as possible, then the next, and so on.

.. code-block:: text

    maximise  sum_k z[k]
    sum_{a of g} ship[a] >= weight[g] z[k(g)]        for each group g that can still be raised
    sum_{a of g} ship[a] >= level[g]                 for each group g whose level is settled

A group is a channel (of one SKU where ``per="sku"``; then k is the SKU). After each solve the groups whose row has a
price are settled: a priced row is tight in every optimum, so the group cannot be raised. At least one group of each
k settles in each round. Source: Luss, Equitable Resource Allocation (2012), ch. 2; Ogryczak, Pioro, Tomaszewski,
Telecommunications network design and max-min optimization problem (2005).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import dense
from allocopt.algebra.program import COUPLES, Program, with_loose_columns, with_rows
from allocopt.arcs import Arcs
from allocopt.contracts.stages import MaxMinFill
from allocopt.problem.facts import Flags, Floats, Ints
from allocopt.solve import EXACT, Certificate, Solution, Start, certify
from allocopt.solve.certificate import believable, upper_bound
from allocopt.solve.solution import Status


class Solve(Protocol):
    """Solves a program within the time that is left."""

    def __call__(
        self,
        program: Program,
        *,
        flat: bool = False,
        gap: float | None = None,
        start: Start | None = None,
        known: Floats | None = None,
    ) -> Solution:
        """Return the answer.

        `flat` says that the objective leaves much open, `gap` replaces the one asked for, and `known` is a plan that
        keeps every row.
        """


SETTLED = 1e-6
"""Price of a row above which its group is settled (the prices of a group's rows add up to one)."""
LARGE = 5_000
"""Columns above which no plan is searched for beyond the first that is whole."""
EARNS = 1e-5
"""What the best unit on any arc counts beside a unit of fairness, when fair levels are reached in whole units."""
ANY_GAP = 1e9
"""Large programs take the first whole-unit plan: packs miss fair levels by more than a search can find back."""
MARGIN = 1e-7
"""Units by which a settled level is slackened, for rounding."""
INNER_MARGIN = 1e-6
"""The same for large programs, as a part of the level: an interior point is only exact to that."""


@dataclass(frozen=True)
class Groups:
    """Who is levelled against whom.

    Attributes
    ----------
    of_arc : int32, shape (arcs,)
        Group of each arc; -1: none.
    pool : int32, shape (groups,)
        Groups of one pool are levelled against each other.
    weight : float64, shape (groups,)
        Units at level one [unit].
    wanted : float64, shape (groups,)
        Units of demand [unit].
    pools : int
    sku : int32, shape (groups,)
        SKU of each group; `COUPLES` where it spans several.
    step : float64, shape (groups,)
        Smallest pack of its lines [unit].
    """

    of_arc: Ints
    pool: Ints
    weight: Floats
    wanted: Floats
    pools: int
    sku: Ints
    step: Floats

    def units(self, ship: Floats) -> Floats:
        """Return the units that each group gets, shape (groups,) [unit]."""
        inside = self.of_arc >= 0
        total: Floats = np.zeros(len(self.weight))
        np.add.at(total, self.of_arc[inside], ship[: len(inside)][inside])
        return total


def groups_of(arcs: Arcs, stage: MaxMinFill, counted: Flags) -> Groups:
    """Return the groups that a stage levels; `counted` are the lines of its channels, shape (lines,)."""
    lines, channels = arcs.facts.lines, len(arcs.facts.channels.id)
    pool = lines.sku.astype(np.int64) if stage.per == "sku" else np.zeros(len(lines.sku), dtype=np.int64)
    reached = counted & arcs.served & (lines.units > 0)
    group, present = dense(
        np.where(reached, pool * channels + lines.channel, -1), (len(arcs.facts.skus.id) + 1) * channels
    )
    # Demand that no arc reaches still counts in the fill rate of a group that others reach.
    mine = np.flatnonzero(counted)
    key = pool[mine] * channels + lines.channel[mine]
    place = np.minimum(np.searchsorted(present, key), max(len(present) - 1, 0))
    hit = present[place] == key if len(present) else np.zeros(len(mine), dtype=bool)
    # Of lines that take each other's place when a decision is taken, those count that come with it.
    wanted, instead = np.zeros(len(present)), np.zeros(len(present))
    units, when = lines.units[mine][hit], lines.when[mine][hit]
    np.add.at(wanted, place[hit], np.where(when, units, 0.0))
    np.add.at(instead, place[hit], np.where(when, 0.0, units))
    wanted = np.maximum(wanted, instead)
    pools, pool_of = np.unique(present // channels, return_inverse=True)
    weight = wanted if stage.measure == "fill" else np.ones(len(present))
    sku = (present // channels if stage.per == "sku" else np.full(len(present), COUPLES)).astype(np.int32)
    step = np.full(len(present), np.inf)
    np.minimum.at(step, place[hit], lines.pack[mine][hit])
    return Groups(group[arcs.line], pool_of.astype(np.int32), weight, wanted, len(pools), sku, step)


def max_min(program: Program, groups: Groups, solve: Solve) -> tuple[Solution, Certificate | None, Program]:
    """Level the groups of a program.

    Parameters
    ----------
    program : Program
        Its first columns are the arcs.
    groups : Groups
    solve : callable
        Solves a program.

    Returns
    -------
    Solution
        Over the columns of `program`, in whole units where these are.
    Certificate or None
        Of the lowest level reached, summed over pools, against what is possible; None without a plan.
    Program
        `program` with the rows that keep what was reached.
    """
    levels, bound, failed = _levels(program, groups, solve)
    if failed is not None:
        return failed, None, program
    entries = _entries(groups)
    found = _finish(program, groups, levels, solve, entries)
    if found.x is None:
        return found, None, program
    units = groups.units(found.x)
    least = np.full(groups.pools, np.inf)
    np.minimum.at(least, groups.pool, units / groups.weight)
    reached = float(least.sum()) if groups.pools else 0.0
    checked = certify(replace(program, cost=np.zeros(program.columns), constant=reached), found.x, None)
    checked = replace(checked, bound=bound, gap=max(0.0, bound - reached) / max(1.0, abs(reached)))
    kept = with_rows(program, *entries, lower=units - MARGIN, upper=np.full(len(units), np.inf), sku=groups.sku)
    return found, checked, kept


def _entries(groups: Groups) -> tuple[NDArray[np.int32], NDArray[np.intp], Floats]:
    """Return rows, columns and values of the sums over groups."""
    columns = np.flatnonzero(groups.of_arc >= 0)
    return groups.of_arc[columns], columns, np.ones(len(columns))


def _levels(program: Program, groups: Groups, solve: Solve) -> tuple[Floats, float, Solution | None]:
    """Return the fair level of each group in units, the bound on the sum of least levels, and what failed."""
    count = len(groups.weight)
    levels, active = np.zeros(count), np.ones(count, dtype=bool)
    bound = 0.0
    top: Floats = np.zeros(groups.pools)
    np.maximum.at(top, groups.pool, groups.wanted / groups.weight)
    relaxed = replace(program, cost=np.zeros(program.columns), constant=0.0, integer=np.zeros(program.columns, bool))
    rows, columns, values = _entries(groups)
    first_round = True
    while active.any():
        margin = INNER_MARGIN * (1.0 + levels) if program.columns > LARGE else MARGIN
        raised = np.bincount(groups.pool[active], minlength=groups.pools) > 0
        trial = with_loose_columns(
            relaxed, cost=raised.astype(float), lower=np.zeros(groups.pools), upper=np.where(raised, top, 0.0)
        )
        trial = with_rows(
            trial,
            np.concatenate([rows, np.flatnonzero(active)]),
            np.concatenate([columns, program.columns + groups.pool[active]]),
            np.concatenate([values, -groups.weight[active]]),
            lower=np.where(active, 0.0, levels - margin),
            upper=np.full(count, np.inf),
        )
        found = solve(trial, flat=True)
        if found.x is None or found.multipliers is None or found.status != "optimal":
            return levels, bound, _unlevelled(found)
        if not believable(trial, found.x, found.multipliers, np.inf):
            message = "the answer to a fair share failed its check"
            return levels, bound, replace(_unlevelled(found), message=message)
        if first_round:
            bound, first_round = upper_bound(trial, found.multipliers), False
        level = found.x[program.columns :]
        price = np.abs(found.multipliers[program.rows :]) * groups.weight
        settled = active & (price > SETTLED)
        moved = np.bincount(groups.pool[settled], minlength=groups.pools) > 0
        settled |= active & ~moved[groups.pool]
        levels[settled] = np.minimum(level[groups.pool] * groups.weight, groups.wanted)[settled]
        active &= ~settled
    return levels, bound, None


def _unlevelled(found: Solution) -> Solution:
    """Return the answer to a round that settles nobody, as an answer without a plan."""
    ends: dict[Status, Status] = {"feasible": "interrupted", "optimal": "error"}
    return replace(found, x=None, multipliers=None, status=ends.get(found.status, found.status))


def _finish(
    program: Program,
    groups: Groups,
    levels: Floats,
    solve: Solve,
    entries: tuple[NDArray[np.int32], NDArray[np.intp], Floats],
) -> Solution:
    """Reach the levels in whole units: each is rounded down, what is left over goes to the largest remainders."""
    whole = bool(program.integer.any())
    base = np.floor((levels + 1e-5) / groups.step) * groups.step if whole else np.maximum(levels - MARGIN, 0.0)
    rest = np.maximum(levels - base, 0.0) if whole else np.zeros(len(levels))
    count = len(levels)
    tie = 1e-4 * (1.0 - np.arange(count) / max(count, 1))
    extra, short = program.columns + np.arange(count), program.columns + count + np.arange(count)
    # Among equally fair plans the one that earns more: without it the face is so flat that HiGHS loses its way.
    earns = program.cost * (EARNS / max(np.abs(program.cost).max(initial=0.0), 1.0))
    trial = with_loose_columns(
        replace(program, cost=earns, constant=0.0),
        cost=np.concatenate([1.0 + 0.01 * rest + tie, np.full(count, -10.0)]),
        lower=np.zeros(2 * count),
        upper=np.concatenate([np.where(rest > 1e-6, groups.step, 0.0), base]),
        integer=np.repeat([whole, False], count),
    )
    rows, columns, values = entries
    every = np.arange(count)
    trial = with_rows(
        trial,
        np.concatenate([rows, every, every]),
        np.concatenate([columns, extra, short]),
        np.concatenate([values, -np.ones(count), np.ones(count)]),
        lower=base,
        upper=np.full(count, np.inf),
        sku=groups.sku,
    )
    found = solve(trial, flat=True, gap=ANY_GAP if program.columns > LARGE else EXACT)
    if found.x is None:
        return found
    multipliers = None if found.multipliers is None else found.multipliers[: program.rows]
    return replace(found, x=found.x[: program.columns], multipliers=multipliers, claimed_bound=None)
