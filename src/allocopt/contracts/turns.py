"""First come, first served: each channel takes what is best for itself, in turn, from what is left.

.. code-block:: text

    for each turn k, in order of (ship period, arrival of the demand, channel):
        maximise  sum_{a of k} own[a] ship[a] + (clause penalties of k)     over the arcs and auxiliary columns of k
                  in every row of the program, all that was taken before staying as it is
    own[a] = contribution[a] + lost_cost[d]                                                       [currency/unit]

This is the uncoordinated baseline: nobody plans for anybody else, and nothing is pegged anew or given back. Commitments
(and every other lower limit that shipping nothing does not meet) were promised before anybody's turn: they are met
first, at most contribution, with no more units than they ask for. Auxiliary columns (packs, switches, idle stock,
broken units) are decided in the turn that they concern; those that concern several, and what hangs together with
them, in each of these. What a contract leaves open (`KeepOrRetire`) is no channel's to decide: every outcome is gone
through, and the one after whose turns the company is best off counts.

Source: first-come-first-served order promising, Ball, Chen and Zhao, Available to promise, in Handbook of Quantitative
Supply Chain Analysis (2004), ch. 11; decentralised decisions that leave other divisions out of account, Cachon, Supply
chain coordination with contracts (2003).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.exact import breaches
from allocopt.algebra.program import Program, bounded, fixed, restricted
from allocopt.arcs import Arcs, expand
from allocopt.contracts.max_min import Solve
from allocopt.problem.facts import Flags, Floats, Ints
from allocopt.rules import holding, stock_value
from allocopt.rules.scope import order_of_lines
from allocopt.rules.switches import live_lines
from allocopt.solve import Certificate, Solution, certify
from allocopt.solve.certificate import breach
from allocopt.solve.solution import Status

Codes = NDArray[np.intp]

FEW = 4
"""So many decisions of a contract are gone through in all their outcomes; more are taken as they are best when all
coordinate."""
LEAST = 1e-5
"""What the best unit on any arc counts beside a unit shipped, where promises are met with as few units as possible."""


@dataclass(frozen=True)
class Turns:
    """Who takes when, and what each turn decides.

    Attributes
    ----------
    period, channel : int, shape (turns,)
        In the order of the turns.
    columns : int
        Columns that turns decide, turn by turn, ascending in each; what concerns several turns is in each of them.
    first : int, shape (turns + 1,)
        Where the columns of each turn begin.
    taken : bool, shape (columns,)
        Columns that nothing is left to decide about once all turns are over.
    """

    period: Codes
    channel: Codes
    columns: Codes
    first: Codes
    taken: Flags

    def __len__(self) -> int:
        return len(self.period)


def take_turns(
    program: Program, arcs: Arcs, counted: Flags, solve: Solve, tell: Callable[[str], None]
) -> tuple[Solution, Certificate | None, Program]:
    """Let the channels take their turns.

    Parameters
    ----------
    program : Program
        Its first columns are the arcs; its objective is the whole contribution.
    arcs : Arcs
    counted : bool, shape (lines,)
        Lines whose channels take turns.
    solve : callable
        Solves a program.
    tell : callable
        Told whose turn it is.

    Returns
    -------
    Solution
        Over the columns of `program`.
    Certificate or None
        Of the whole contribution that the turns come to: the process is the definition, so that is also the most.
    Program
        `program` with everything that turns decide held as it was taken.
    """
    switch = len(arcs) + np.arange(len(arcs.facts.switches))
    ended = []
    for outcome in _outcomes(program, switch, solve):
        live = live_lines(arcs.facts, outcome > 0)
        held = fixed(program, switch, outcome)
        dead = np.flatnonzero(~live[arcs.line])
        held = bounded(held, dead, lower=held.lower[dead], upper=0.0)
        ended.append(_after_turns(held, arcs, counted & live, solve, tell))
    # The best of those that ended with a plan; else one that may still have one, rather than one that has none.
    best = max(ended, key=lambda end: (-np.inf if end[1] is None else end[1].objective, end[0].status != "infeasible"))
    failed = [found for found, _, _ in ended if found.status not in ("optimal", "infeasible")]
    if failed and best[0].status == "optimal":
        return replace(best[0], status="feasible", message=failed[0].message), *best[1:]
    return best


def _outcomes(program: Program, switch: Codes, solve: Solve) -> list[Floats]:
    """Return the outcomes of what is decided before all turns, the one with everything on first."""
    count = len(switch)
    if count > FEW:
        found = solve(program)
        return [np.ones(count) if found.x is None else np.rint(found.x[switch])]
    number = np.arange(2**count)[:, None]
    return list(((number >> np.arange(count)[None, :]) & 1 == 0).astype(np.float64))


def _after_turns(
    program: Program, arcs: Arcs, counted: Flags, solve: Solve, tell: Callable[[str], None]
) -> tuple[Solution, Certificate | None, Program]:
    """Let the channels take their turns where nothing but these is left open; see `take_turns`."""
    promised = _promised(program, arcs, solve)
    if promised.x is None:
        return promised, None, program
    x, ship = promised.x.copy(), np.arange(len(arcs))
    turns = turns_of(program, arcs, counted)
    own = bounded(_own(program, arcs), ship, lower=np.minimum(x[ship], program.upper[ship]), upper=program.upper[ship])
    found = _take(own, turns, arcs, x, solve, tell)
    found = replace(found, iterations=found.iterations + promised.iterations)
    if found.status == "optimal" and promised.status != "optimal":
        found = replace(found, status="feasible", message=f"commitments: {promised.message}")
    if found.x is None:
        return found, None, program
    worth = program.objective(found.x)
    checked = certify(replace(program, cost=np.zeros(program.columns), constant=worth), found.x, None)
    return found, checked, fixed(program, turns.taken, found.x[turns.taken])


def _own(program: Program, arcs: Arcs) -> Program:
    """Return the program with what each unit is worth to its channel: not what it saves the company in stock."""
    cost = program.cost.copy()
    cost[: len(arcs)] -= stock_value.saved(arcs) + holding.saved(arcs)
    return replace(program, cost=cost, constant=0.0)


def turns_of(program: Program, arcs: Arcs, counted: Flags) -> Turns:
    """Return the turns in which the columns of a program are decided; what is fixed already is in none."""
    turn, period, channel = turn_of_arcs(arcs, counted)
    number = len(period)
    column, row = np.repeat(np.arange(program.columns), np.diff(program.indptr)), program.indices
    held = program.lower == program.upper
    column, row = column[~held[column]], row[~held[column]]
    only = _only_turn(program, turn, column, row, number)
    only[len(arcs) :][held[len(arcs) :]] = number
    shared, part, pairs = _parts(program, only, column, row, len(arcs))
    alone = np.ones(program.columns, dtype=bool)
    alone[shared] = False
    alone = np.flatnonzero(alone & (only < number))
    sizes = np.bincount(part, minlength=1)
    members = shared[np.argsort(part, kind="stable")]
    when, which = np.divmod(pairs, len(sizes))
    taken = held.copy()
    taken[alone] = True
    taken[shared] = ~np.isin(part, which[when == number])
    when, which = when[when < number], which[when < number]
    owner, rank = expand(sizes[which])
    begins = np.cumsum(sizes) - sizes
    whose = np.concatenate([only[alone], when[owner]])
    what = np.concatenate([alone, members[begins[which[owner]] + rank]])
    order = np.lexsort((what, whose))
    first = np.searchsorted(whose[order], np.arange(number + 1))
    return Turns(period, channel, what[order], first, taken)


def turn_of_arcs(arcs: Arcs, counted: Flags) -> tuple[Codes, Codes, Codes]:
    """Return the turn of each arc, and the ship period and channel of each turn.

    Arcs of lines that are not counted get the number after the last turn.
    """
    lines, channels = arcs.facts.lines, len(arcs.facts.channels.id)
    arrived, rank = np.unique(lines.arrived, return_inverse=True)  # unknown comes last, and all unknown are alike
    key = (arcs.ship.astype(np.int64) * max(len(arrived), 1) + rank[arcs.line]) * channels + arcs.channel
    together = (lines.all_or_none | lines.ship_from_one)[arcs.line]
    order = order_of_lines(arcs.facts)[arcs.line[together]]
    if len(order):
        earliest = np.full(int(order.max()) + 1, np.iinfo(np.int64).max)
        np.minimum.at(earliest, order, key[together])
        key[together] = earliest[order]
    takes = counted[arcs.line]
    present, place = np.unique(key[takes], return_inverse=True)
    period, channel = present // channels // max(len(arrived), 1), present % channels
    new = np.ones(len(present), dtype=bool)
    new[1:] = (period[1:] != period[:-1]) | (channel[1:] != channel[:-1])
    turn = np.full(len(arcs), int(new.sum()), dtype=np.intp)
    turn[takes] = (np.cumsum(new) - 1)[place]
    return turn, period[new], channel[new]


def _only_turn(program: Program, turn: Codes, column: Codes, row: Ints, number: int) -> Codes:
    """Return the one turn that each column concerns, through the arcs that it shares rows with; -1: not just one."""
    on_arcs = column < len(turn)
    lowest, highest = np.full(program.rows, number + 1), np.full(program.rows, -1)
    np.minimum.at(lowest, row[on_arcs], turn[column[on_arcs]])
    np.maximum.at(highest, row[on_arcs], turn[column[on_arcs]])
    earliest, last = np.full(program.columns, number + 1), np.full(program.columns, -1)
    np.minimum.at(earliest, column, lowest[row])
    np.maximum.at(last, column, highest[row])
    only = np.where(earliest == last, earliest, -1)
    only[: len(turn)] = turn
    return only.astype(np.intp)


def _parts(program: Program, only: Codes, column: Codes, row: Ints, count: int) -> tuple[Codes, Codes, Codes]:
    """Return what concerns several turns, how that hangs together, and the turns that it concerns.

    Parameters
    ----------
    program : Program
    only : int, shape (columns,)
        The one turn that a column concerns, -1: not just one.
    column, row : int, shape (entries,)
        Entries of the matrix.
    count : int
        Number of arcs.

    Returns
    -------
    shared : int
        Columns that concern several turns, and those that make room for such ones.
    part : int, shape (shared,)
        Columns of one part share rows with each other, or with others of the part.
    pairs : int
        ``turn * parts + part`` wherever an arc is in a row of a part.
    """
    several = np.flatnonzero(only < 0)
    if not len(several):
        return several, several, several
    from scipy import sparse
    from scipy.sparse import csgraph

    on_arcs = column < count
    ends = (column[~on_arcs], row[~on_arcs] + program.columns)
    size = program.columns + program.rows
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    labels = csgraph.connected_components(graph.tocsr(), directed=False)[1]
    number = np.full(int(labels.max()) + 1, -1)
    wide = np.unique(labels[several])
    number[wide] = np.arange(len(wide))
    of_column, of_row = number[labels[: program.columns]], number[labels[program.columns :]]
    shared = np.flatnonzero(of_column >= 0)
    touching = on_arcs & (of_row[row] >= 0)
    pairs = only[column[touching]] * len(wide) + of_row[row[touching]]
    return shared, of_column[shared], np.unique(pairs)


def _promised(program: Program, arcs: Arcs, solve: Solve) -> Solution:
    """Return the plan with which the turns begin: promises kept, and nothing else shipped.

    First every promise gets exactly what it asks for. Where that cannot be (packs, whole orders), all promises are
    kept with as few units as possible; if that fails too, no plan keeps them.
    """
    count = len(arcs)
    x = np.clip(0.0, program.lower, program.upper)
    if breach(program, x)[0] == 0:
        return Solution("optimal", x, method="turns")
    unmet = (breaches(program, x)[0] > 0) & (program.activity(x) < program.row_lower)
    column = np.repeat(np.arange(program.columns), np.diff(program.indptr))
    other = ((column >= count) & (program.lower < program.upper)[column]) | ((column < count) & (program.data != 1.0))
    exact = unmet & (np.bincount(program.indices, weights=other, minlength=program.rows) == 0)
    free = np.bincount(column, weights=exact[program.indices], minlength=program.columns) > 0
    free[count:] = True
    small, _ = restricted(replace(program, row_upper=np.where(exact, program.row_lower, program.row_upper)), free, x)
    found = solve(replace(small, constant=0.0))
    if found.x is not None:
        x[free] = found.x
        if breach(program, x)[0] == 0:
            return replace(found, x=x, multipliers=None)
    few = program.cost * (LEAST / max(np.abs(program.cost).max(initial=0.0), 1.0))
    few[:count] -= 1.0
    again = solve(replace(program, cost=few, constant=0.0))
    return replace(again, multipliers=None, claimed_bound=None, iterations=found.iterations + again.iterations)


def _take(program: Program, turns: Turns, arcs: Arcs, x: Floats, solve: Solve, tell: Callable[[str], None]) -> Solution:
    """Return what all have taken after their turns, beginning with what is promised in ``x``."""
    activity = program.activity(x)
    iterations, loose = 0, 0
    status: Status = "optimal"
    message = ""
    for number in range(len(turns)):
        channel, period = arcs.facts.channels.id[turns.channel[number]], int(turns.period[number])
        tell(f"turn {number + 1} of {len(turns)}: {channel} in period {period}")
        columns = turns.columns[turns.first[number] : turns.first[number + 1]]
        # What others have earned is no part of the turn, nor of the gap that it is solved to.
        small, rows = restricted(program, columns, x, activity, worth=0.0)
        answer = solve(replace(small, constant=0.0))
        iterations += answer.iterations
        if answer.x is None:
            if answer.status != "interrupted":
                message = f"the turn of {channel} in period {period} ended as {answer.status}: {answer.message}"
                return Solution("error", method="turns", iterations=iterations, message=message)
            status, message = "feasible", f"a limit was reached in turn {number + 1} of {len(turns)}"
            break
        if answer.status != "optimal":
            loose, message = loose + 1, answer.message
        activity[rows] += small.activity(answer.x - x[columns])
        x[columns] = answer.x
    if loose and status == "optimal":
        status, message = "feasible", f"in {loose} of {len(turns)} turns the best was not proven: {message}"
    return Solution(status, x, method="turns", iterations=iterations, message=message)
