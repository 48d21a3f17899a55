"""What clauses still leave to sellers: rows that limit all that a seller may draw from a lot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocopt.algebra.grouping import ranges
from allocopt.arrays import Places
from allocopt.plan.answer import Answer
from allocopt.problem.facts import Floats


@dataclass
class PairLimits:
    """Which rows limit which pairs of lot and seller, and what is left in them.

    Attributes
    ----------
    row, pair : int arrays, shape (entries,)
        Sorted by row.
    weight : float64, shape (entries,)
        What a unit takes of the row.
    room : float64, shape (rows,)
    """

    row: Places
    pair: Places
    weight: Floats
    room: Floats

    def clipped(self, pair: Places, units: Floats, alone: Places) -> Floats:
        """Return as many of some units as the rows have room for, first come first served, shape (n,).

        Parameters
        ----------
        pair : int array, shape (n,)
        units : float64, shape (n,)
        alone : int array, shape (n,)
            Units with different numbers are looked at as if the others were not.
        """
        if not len(self.row) or not len(pair):
            return units
        entry, owner = self._entries(pair)
        row, need = self.row[entry], self.weight[entry] * units[owner]
        order = np.lexsort((owner, alone[owner], row))
        new = np.ones(len(order), dtype=bool)
        new[1:] = (np.diff(row[order]) != 0) | (np.diff(alone[owner[order]]) != 0)
        before = np.cumsum(need[order]) - need[order]
        before = before - before[np.maximum.accumulate(np.where(new, np.arange(len(order)), 0))]
        share = np.clip(self.room[row[order]] - before, 0.0, need[order]) / self.weight[entry[order]]
        most = units.copy()
        np.minimum.at(most, owner[order], share)
        return most

    def beside(self, other: PairLimits) -> PairLimits:
        """Return these limits and others of the same pairs."""
        return PairLimits(
            np.concatenate([self.row, other.row + len(self.room)]),
            np.concatenate([self.pair, other.pair]),
            np.concatenate([self.weight, other.weight]),
            np.concatenate([self.room, other.room]),
        )

    def take(self, pair: Places, units: Floats) -> None:
        """Take units away from what is left in the rows."""
        entry, owner = self._entries(pair)
        np.subtract.at(self.room, self.row[entry], self.weight[entry] * units[owner])

    def _entries(self, pair: Places) -> tuple[Places, Places]:
        """Return the entries of some pairs, and which of them each is of."""
        order = np.argsort(self.pair, kind="stable")
        begin = np.searchsorted(self.pair[order], pair)
        end = np.searchsorted(self.pair[order], pair, side="right")
        entry, owner = ranges(begin, end)
        return order[entry], owner


def find_limits(answer: Answer, pair_of_arc: Places, pairs: int) -> PairLimits:
    """Return the limits that clauses set to pairs, where a row holds all arcs of the pair.

    Parameters
    ----------
    answer : Answer
    pair_of_arc : int array, shape (arcs,)
        -1: of no pair.
    pairs : int
    """
    program = answer.program
    chosen = np.zeros(program.rows, dtype=bool)
    for family in answer.labels.rows:
        if family.clause is not None:
            chosen[family.slice] = True
    chosen &= np.isfinite(program.row_upper)
    ship = answer.labels.place("ship")
    first, last = program.indptr[ship.start], program.indptr[ship.stop]
    arc = np.repeat(np.arange(ship.stop - ship.start), np.diff(program.indptr[ship.start : ship.stop + 1]))
    row, weight = program.indices[first:last], program.data[first:last]
    at = np.flatnonzero(chosen[row] & (weight > 0) & (pair_of_arc[arc] >= 0))
    if not len(at):
        none = np.zeros(0, dtype=np.intp)
        return PairLimits(none, none, np.zeros(0), np.zeros(0))
    rows, place = np.unique(row[at], return_inverse=True)
    key = place.astype(np.int64) * pairs + pair_of_arc[arc[at]]
    found, group, count = np.unique(key, return_inverse=True, return_counts=True)
    heaviest = np.zeros(len(found))
    np.maximum.at(heaviest, group, weight[at])
    every = np.bincount(pair_of_arc[pair_of_arc >= 0], minlength=pairs)
    whole = np.flatnonzero(count == every[found % pairs])
    room = np.maximum(program.row_upper[rows] - program.activity(answer.x)[rows], 0.0)
    return PairLimits(found[whole] // pairs, found[whole] % pairs, heaviest[whole], room)
