"""Whom stock is kept for: the cells into which the reserves of a contract cut demand.

.. code-block:: text

    cell = (channel, region or any other one, due periods from .. to)        reserve r speaks of cells C[r]
    stock kept for a cell counts in every reserve of which it is a cell, as what ships to it does

Reserves of one channel, of several together, of a region or a window of due periods are all sets of cells; two that
share a cell share what is kept for it, others add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from allocopt.algebra.labels import Codes
from allocopt.problem.facts import ANY, NEVER, Facts, Flags, Names
from allocopt.rules.kit.scope import chosen, code, reached
from allocopt.rules.protect import Protect


@dataclass(frozen=True)
class ReserveCells:
    """The cells, in the order of their channels; all arrays of shape (cells,) but `reach`.

    Attributes
    ----------
    channel : int
        Channel code.
    region : int
        Region code; `ANY`: no region that a clause names.
    first, last : int
        Due periods, both ends included.
    reach : bool, shape (cells, lots)
        Lots that a lane for their SKU leads to the cell.
    """

    channel: Codes
    region: Codes
    first: Codes
    last: Codes
    reach: Flags

    @classmethod
    def of(cls, facts: Facts, clauses: Sequence[Protect]) -> ReserveCells:
        """Return the cells that some reserves tell apart."""
        channels = sorted({code(facts.channels.id, name) for clause in clauses for name in clause.whose})
        regions = sorted({code(facts.regions, name) for clause in clauses for name in clause.region or ()})
        cuts = {0} | {clause.from_period or 0 for clause in clauses}
        cuts |= {clause.to_period + 1 for clause in clauses if clause.to_period is not None}
        first = sorted(cuts)
        windows = list(zip(first, [*(cut - 1 for cut in first[1:]), NEVER], strict=True))
        cells = list(product(channels, [ANY, *regions], windows))
        channel, region = (np.array([cell[k] for cell in cells], dtype=np.intp) for k in (0, 1))
        ends = np.array([cell[2] for cell in cells], dtype=np.int64).reshape(-1, 2)
        found = {pair: _reached(facts, *pair, regions) for pair in zip(channel.tolist(), region.tolist(), strict=True)}
        reach = [found[pair] for pair in zip(channel.tolist(), region.tolist(), strict=True)]
        return cls(channel, region, ends[:, 0], ends[:, 1], np.array(reach, dtype=bool).reshape(len(cells), -1))

    def __len__(self) -> int:
        return len(self.channel)

    @property
    def whole(self) -> bool:
        """Whether each channel is one cell."""
        return len(np.unique(self.channel)) == len(self)

    def within(self, facts: Facts, clause: Protect) -> Flags:
        """Return the cells that a reserve speaks of, shape (cells,)."""
        mine = chosen(facts.channels.id, clause.whose)[self.channel]
        if clause.region is not None:
            mine &= np.append(chosen(facts.regions, clause.region), False)[self.region]
        last = NEVER if clause.to_period is None else clause.to_period
        return np.asarray(mine & (self.first >= (clause.from_period or 0)) & (self.last <= last))

    def of_lines(self, facts: Facts) -> Codes:
        """Return the cell of each demand line, -1 where no reserve tells of its channel, shape (lines,)."""
        lines = facts.lines
        named = np.zeros(len(facts.regions) + 1, dtype=bool)
        named[self.region[self.region != ANY]] = True
        region = np.where(named[lines.region], lines.region, ANY)
        found = np.full(len(lines.sku), -1, dtype=np.intp)
        for number in range(len(self)):
            mine = (lines.channel == self.channel[number]) & (region == self.region[number])
            found[mine & (lines.period >= self.first[number]) & (lines.period <= self.last[number])] = number
        return found

    def words(self, facts: Facts) -> Names:
        """Return what tells each cell from others of its channel, such as ``"EU, due from 2"``."""
        regions = [str(facts.regions[region]) if region != ANY else "" for region in self.region.tolist()]
        several = len({*zip(self.first.tolist(), self.last.tolist(), strict=True)}) > 1
        ends = zip(self.first.tolist(), self.last.tolist(), strict=True)
        due = ["" if not several else f"due from {a}" if b == NEVER else f"due {a} to {b}" for a, b in ends]
        said = [", ".join(part for part in both if part) for both in zip(regions, due, strict=True)]
        return np.array(said, dtype=object)


def _reached(facts: Facts, channel: int, region: int, named: Sequence[int]) -> Flags:
    """Return the lots from whose node a lane for their SKU leads to a channel's region, or any other, shape (lots,)."""
    lanes = facts.lanes
    there = (lanes.region == ANY) | (lanes.region == region) if region != ANY else ~np.isin(lanes.region, named)
    return reached(facts, channel, there)
