"""What reserves still keep: idle stock by channel, lot and release, no more than they need.

Idle stock costs nothing, so that a solver may leave more of it than its reserves ask for. What is more than that is
given back here, lot by lot, the latest one of each SKU first: what stays is kept in the lots that are there earliest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from allocopt.algebra.grouping import runs, summed
from allocopt.algebra.labels import Codes, Family, Labels
from allocopt.algebra.program import Program
from allocopt.problem.facts import Facts, Floats, Ints

IDLE = "idle"
"""The variable of `rules.reserve`."""


@dataclass(frozen=True)
class Kept:
    """Units that are kept; arrays of shape (kept,).

    Attributes
    ----------
    channel, lot : int32
        For whom, and of what.
    until : int32
        Period in which they are set free; the length of the horizon: not inside it.
    units : float64
    """

    channel: Ints
    lot: Ints
    until: Ints
    units: Floats

    def of(self, rows: Any) -> Kept:
        """Return some of them."""
        return Kept(self.channel[rows], self.lot[rows], self.until[rows], self.units[rows])

    def of_lots(self, lots: int) -> Floats:
        """Return them added up by lot, shape (lots,)."""
        return summed(self.units, self.lot, lots)


def find_kept(facts: Facts, program: Program, labels: Labels, x: Floats) -> tuple[Kept, Kept]:
    """Return what is kept to the end, and what is kept beyond that for some time only.

    Parameters
    ----------
    facts : Facts
    program : Program
    labels : Labels
    x : float64, shape (columns,)
        A plan.
    """
    family = next((family for family in labels.columns if family.name == IDLE), None)
    if family is None:
        none = np.zeros(0, dtype=np.int32)
        nothing = Kept(none, none, none, np.zeros(0))
        return nothing, nothing
    units = _needed(facts, program, family, x)
    channel, lot, until = family.index.codes[:3]
    held = _together(channel, lot, until, units)
    lot, until, units = held.lot, held.until, held.units
    at_end = until >= facts.periods
    last = held.of(at_end & (units > 0))
    place = np.zeros((len(facts.channels.id), 1 + int(lot.max(initial=0))))
    place[last.channel, last.lot] = last.units
    # Of what is kept for some time the part that is kept to the end as well is told there.
    order = np.argsort(until, kind="stable")[::-1]
    some, before = held.of(order[~at_end[order]]), [last.of(slice(0, 0))]
    for release in np.unique(some.until)[::-1].tolist():
        mine = some.of(some.until == release)
        more = np.maximum(mine.units - place[mine.channel, mine.lot], 0.0)
        place[mine.channel, mine.lot] += more
        before.append(Kept(mine.channel, mine.lot, mine.until, more).of(more > 0))
    early = [np.concatenate([getattr(part, name) for part in before]) for name in ("channel", "lot", "until", "units")]
    return last, Kept(*early)


def _together(channel: Codes, lot: Codes, until: Codes, units: Floats) -> Kept:
    """Return units by channel, lot and release, however many columns there are for these."""
    sizes = (1 + int(lot.max(initial=0)), 1 + int(until.max(initial=0)))
    key = (channel.astype(np.int64) * sizes[0] + lot) * sizes[1] + until
    found, group = np.unique(key, return_inverse=True)
    place, release = np.divmod(found, sizes[1])
    whose, what = np.divmod(place, sizes[0])
    whose, what, release = (part.astype(np.int32) for part in (whose, what, release))
    return Kept(whose, what, release, summed(units, group, len(found)))


def _needed(facts: Facts, program: Program, family: Family, x: Floats) -> Floats:
    """Return the idle stock of a plan without what no row needs, shape (idle,)."""
    units = x[family.slice].copy()
    lot, until = family.index.codes[1:3]
    order = np.lexsort((until, -lot, -facts.lots.available[lot], facts.lots.sku[lot]))
    order = order[units[order] > 0]
    entry, owner = runs(program.indptr, family.start + order)
    row, weight = program.indices[entry], program.data[entry]
    activity = program.activity(x)
    rank = np.arange(len(order)) - np.searchsorted(facts.lots.sku[lot[order]], facts.lots.sku[lot[order]])
    for turn in range(int(rank.max(initial=-1)) + 1):
        at = np.flatnonzero(rank[owner] == turn)
        room = np.where(weight[at] > 0, activity[row[at]] - program.row_lower[row[at]], np.inf)
        room = np.where(weight[at] < 0, program.row_upper[row[at]] - activity[row[at]], room) / np.abs(weight[at])
        spare = np.full(len(order), np.inf)
        np.minimum.at(spare, owner[at], room)
        mine = order[rank == turn]
        less = np.clip(spare[rank == turn], 0.0, units[mine])
        units[mine] -= less
        back = np.zeros(len(order))
        back[rank == turn] = less
        np.subtract.at(activity, row[at], weight[at] * back[owner[at]])
    return np.where(units < 1e-9, 0.0, units)
