"""From a mix of proposals by group to one by piece, in which few pieces are mixed at all.

.. code-block:: text

    maximise    sum_sp value[sp] share[sp] + sum_j cost[j] z[j]
    coupling    lower[i] <= sum_sp usage[sp, i] share[sp] + A z <= upper[i]     for each row i
    mix         sum_p share[sp] = 1                                          for each piece s

over the plans p that the mix by group uses for piece s. A vertex of this program mixes at most as many pieces as there
are coupling rows; all others keep one plan, which is in whole units where the piece is a network. Source: Dantzig,
Linear Programming and Extensions (1963), ch. 23.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program
from allocopt.solve import highs
from allocopt.solve.prices.apart import Floats, Longs
from allocopt.solve.prices.engine import Pricing
from allocopt.solve.solution import Clock


@dataclass(frozen=True, eq=False)
class _Plans:
    """Distinct plans of pieces that have several: whose, from which round, worth and usage (entries by plan)."""

    piece: Longs
    round: Longs
    worth: Floats
    plan: Longs
    row: Longs
    taken: Floats


def purified(search: Pricing, clock: Clock) -> tuple[Floats, Floats] | None:
    """Return the columns of the blocks and the loose columns of a mix by piece; None where there is none.

    Parameters
    ----------
    search : Pricing
        Ended with a mix, and plans kept.
    clock : Clock
    """
    piece_of_column = search.oracle.piece_of_columns()
    prints = _fingerprints(search, piece_of_column)
    first, several = _chosen(prints)
    plans = _plans(search, piece_of_column, prints, several)
    x = _assembled(search, piece_of_column, first, several)
    if not len(plans.piece):
        return x, search.mix.z
    answer = highs.linear(_program(search, plans, x), clock, method="simplex")
    if answer.x is None or answer.status != "optimal":
        return None
    share = answer.x[: len(plans.piece)]
    for number in np.unique(plans.round[share > 0]).tolist():
        mine = (plans.round == number) & (share > 0)
        part = np.zeros(search.oracle.pieces)
        part[plans.piece[mine]] = share[mine]
        columns, values = search.kept(number)
        x[columns] += part[piece_of_column[columns]] * values
    return x, answer.x[len(plans.piece) :]


def _fingerprints(search: Pricing, piece_of_column: NDArray[np.int32]) -> dict[int, Floats]:
    """Return per round of the mix a number for the plan of each piece, nan where the piece's group has no share."""
    weights = np.random.default_rng(0).random(len(piece_of_column))
    prints = {}
    for number in np.unique(search.mix.round).tolist():
        groups = np.zeros(search.groups, dtype=bool)
        groups[search.mix.group[search.mix.round == number]] = True
        columns, values = search.kept(number)
        sums = np.bincount(piece_of_column[columns], weights=weights[columns] * values, minlength=search.oracle.pieces)
        prints[number] = np.where(groups[search.group], sums, np.nan)
    return prints


def _chosen(prints: dict[int, Floats]) -> tuple[Longs, NDArray[np.bool_]]:
    """Return the first round that each piece has a plan from, and whether it has several plans."""
    lowest = np.fmin.reduce(list(prints.values()))
    highest = np.fmax.reduce(list(prints.values()))
    first = np.full(len(lowest), -1, np.int64)
    for number, sums in prints.items():
        first[(first < 0) & ~np.isnan(sums)] = number
    return first, highest > lowest


def _plans(
    search: Pricing, piece_of_column: NDArray[np.int32], prints: dict[int, Floats], several: NDArray[np.bool_]
) -> _Plans:
    """Return the distinct plans of the pieces that have several."""
    pieces = np.flatnonzero(several)
    rounds = np.array(sorted(prints), dtype=np.int64)
    if not len(pieces):
        none = np.zeros(0, np.int64)
        return _Plans(none, none, np.zeros(0), none, none, np.zeros(0))
    sums = np.stack([prints[number][pieces] for number in rounds.tolist()])
    order = np.argsort(sums, axis=0, kind="stable")
    ranked = np.take_along_axis(sums, order, axis=0)
    new = ~np.isnan(ranked)
    new[1:] &= ranked[1:] != ranked[:-1]
    rank, place = np.nonzero(new)
    piece, number = pieces[place], rounds[order[rank, place]]
    worth = np.zeros(len(piece))
    entries = []
    links, rows = search.apart.links, len(search.lower)
    for this in rounds.tolist():
        mine = np.flatnonzero(number == this)
        of_piece = np.full(search.oracle.pieces, -1)
        of_piece[piece[mine]] = mine
        columns, values = search.kept(this)
        plan = of_piece[piece_of_column[columns]]
        columns, values, plan = columns[plan >= 0], values[plan >= 0], plan[plan >= 0]
        worth += np.bincount(plan, weights=search.oracle.worth[columns] * values, minlength=len(piece))
        line, entry = search.oracle.linked(columns)
        key, where = np.unique(plan[line] * rows + links.place[entry], return_inverse=True)
        entries.append((key, np.bincount(where, weights=links.value[entry] * values[line], minlength=len(key))))
    key = np.concatenate([key for key, _ in entries])
    taken = np.concatenate([taken for _, taken in entries])
    order = np.argsort(key, kind="stable")
    return _Plans(piece, number, worth, *np.divmod(key[order], max(rows, 1)), taken[order])


def _assembled(search: Pricing, piece_of_column: NDArray[np.int32], first: Longs, several: NDArray[np.bool_]) -> Floats:
    """Return the plans of the pieces that have one plan only, column by column."""
    x = np.zeros(len(piece_of_column))
    for number in np.unique(first[~several]).tolist():
        columns, values = search.kept(number)
        mine = ((first == number) & ~several)[piece_of_column[columns]]
        x[columns[mine]] = values[mine]
    return x


def _program(search: Pricing, plans: _Plans, x: Floats) -> Program:
    """Return the program of the shares of plans, the other pieces being settled, and of the loose columns."""
    apart, rows = search.apart, len(search.lower)
    links, loose = apart.links, apart.loose_links
    used = np.flatnonzero(x)
    line, entry = search.oracle.linked(used)
    settled = np.bincount(links.place[entry], weights=links.value[entry] * x[used][line], minlength=rows)
    pieces, mix = np.unique(plans.piece, return_inverse=True)
    count = len(plans.piece)
    # A plan's entries in coupling rows, and the one in its piece's row.
    plan = np.concatenate([plans.plan, np.arange(count)])
    row = np.concatenate([plans.row, rows + mix])
    value = np.concatenate([plans.taken, np.ones(count)])
    order = np.lexsort((row, plan))
    lengths = np.concatenate([np.bincount(plan, minlength=count), np.diff(loose.ptr)])
    width = count + len(search.loose_cost)
    return Program(
        cost=np.concatenate([plans.worth, search.loose_cost]),
        lower=np.concatenate([np.zeros(count), search.loose_lower]),
        upper=np.concatenate([np.ones(count), search.loose_upper]),
        integer=np.zeros(width, dtype=bool),
        indptr=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        indices=np.concatenate([row[order], loose.place]).astype(np.int32),
        data=np.concatenate([value[order], loose.value]),
        row_lower=np.concatenate([search.lower - settled, np.ones(len(pieces))]),
        row_upper=np.concatenate([search.upper - settled, np.ones(len(pieces))]),
        column_sku=np.full(width, COUPLES, np.int32),
        row_sku=np.full(rows + len(pieces), COUPLES, np.int32),
    )
