"""Fair levels block by block, where a block is a network of its own: every pool is raised as far as its block lets it.

.. code-block:: text

    deficit(z) = sum_g target[g](z)  -  max { sum_g ship[g] : ship[g] <= target[g](z) }       target[g](z) = weight[g] z
               = sum_g (1 - y[g]) target[g](z)  -  rest                                   y: multipliers of the targets

The second line holds at the level at which y was found, and is at most the deficit at any other; so the level at which
it is zero is one that the pool cannot pass. From the top the level falls to such zeros until nothing is missing
(Newton's method, which ends: each step finds another cut). Groups with y below 1 in the last cut are settled, and the
others are raised from there. All pools take their steps together. Rows between blocks are left out. Source: Luss,
Equitable Resource Allocation (2012), ch. 2 and 6; Radzik, Newton's method for fractional combinatorial optimization
(1992).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme
from allocopt.algebra.program import Program, shared, with_rows
from allocopt.arrays import Flags
from allocopt.solve.prices.apart import Floats, Longs, WholeError, taken_apart
from allocopt.solve.prices.networks import Networks
from allocopt.solve.prices.serving import serving
from allocopt.solve.solution import Clock

MISSING = 1e-11
"""What a pool may miss of its targets, relative to 1 + their sum: rounding."""
STEPS = 200
"""Steps after which what is not level yet is left to others."""


@dataclass(frozen=True, eq=False)
class Sharing:
    """Who is levelled against whom.

    Attributes
    ----------
    of_column : int32, shape (columns,)
        Group of each column; -1: none.
    pool : int32, shape (groups,)
        Groups of one pool are levelled against each other.
    weight, wanted : float64, shape (groups,)
        Units at level one, and the most that a group takes [unit].
    """

    of_column: NDArray[np.int32]
    pool: NDArray[np.int32]
    weight: Floats
    wanted: Floats


@dataclass(frozen=True, eq=False)
class Raised:
    """How far pools can be raised, each in its block alone.

    Attributes
    ----------
    units : float64, shape (groups,)
        Fair units of each group [unit].
    first : float64, shape (pools,)
        Level of the least served of each pool.
    done : bool, shape (pools,)
        Pools that were raised; the others share a block with another one, or it is no network.
    """

    units: Floats
    first: Floats
    done: Flags


def raised(program: Program, sharing: Sharing, clock: Clock) -> Raised:
    """Raise pools, each in its block alone.

    Parameters
    ----------
    program : Program
    sharing : Sharing
    clock : Clock
        Compiled code is loaded where it leaves room for that.
    """
    pools = int(sharing.pool.max(initial=-1)) + 1
    nothing = Raised(np.zeros(len(sharing.pool)), np.zeros(pools), np.zeros(pools, dtype=bool))
    if not serving(program.columns, clock, None).native or not pools:
        return nothing
    try:
        water = _Water(program, sharing, pools)
    except WholeError:
        return nothing
    while water.open.any() and water.steps < STEPS and clock.left > 0:
        water.step()
    return Raised(water.units, np.nan_to_num(water.first), water.done & ~water.open)


class _Water:
    """Where all pools stand.

    Attributes
    ----------
    units : float64, shape (groups,)
        What settled groups get [unit].
    open, done : bool, shape (pools,)
        Pools that are still raised, and those that can be raised here.
    """

    def __init__(self, program: Program, sharing: Sharing, pools: int) -> None:
        self.sharing, self.pools = sharing, pools
        columns = np.flatnonzero(sharing.of_column >= 0)
        rows, count = sharing.of_column[columns], len(sharing.pool)
        served = np.where(sharing.of_column >= 0, 1.0, 0.0)
        counted = with_rows(
            replace(program, cost=served, constant=0.0),
            rows,
            columns,
            np.ones(len(columns)),
            lower=-np.inf,
            upper=np.bincount(rows, weights=program.upper[columns], minlength=count),
            sku=shared(rows, program.column_sku[columns], count),
        )
        apart = taken_apart(counted)
        place = np.full(counted.rows, -1)
        place[apart.rows] = np.arange(len(apart.rows))
        self.at = place[program.rows :]
        self.apart, self.served = apart, apart.worth
        self.native = Networks(apart, np.zeros(len(apart.columns)), np.zeros(len(apart.rows)))
        self.most = apart.row_upper[self.at].copy()
        self.wanted = np.minimum(sharing.wanted, self.most)
        self.block, self.done = self._alone()
        self.units, self.active = np.zeros(count), self.done[sharing.pool] & (self.at >= 0)
        self.open = self._of_pools(self.active.astype(float)) > 0
        self.level, self.first = self._top(), np.full(pools, np.nan)
        self.cut = np.zeros(count, dtype=bool)
        self.steps = 0

    def _alone(self) -> tuple[Longs, Flags]:
        """Return the block of each pool, and which pools have a network to themselves."""
        apart, pool = self.apart, self.sharing.pool
        inside = self.at >= 0
        block = np.where(inside, np.searchsorted(apart.row_ptr, self.at, side="right") - 1, -1)
        low = extreme(np.minimum, block, pool, self.pools, none=np.iinfo(block.dtype).max)
        high = extreme(np.maximum, block, pool, self.pools, none=-1)
        one = (low == high) & (high >= 0)
        owners = np.bincount(high[one], minlength=apart.blocks)
        one[one] = (owners[high[one]] == 1) & self.native.are[high[one]]
        return high.astype(np.int64), one

    def _of_pools(self, values: Floats) -> Floats:
        """Return the sums over the groups of each pool."""
        return np.bincount(self.sharing.pool, weights=values, minlength=self.pools).astype(np.float64)

    def _top(self) -> Floats:
        """Return the level at which the last active group of each pool has all that it wants."""
        full = np.where(self.active, self.wanted / self.sharing.weight, 0.0)
        return extreme(np.maximum, full, self.sharing.pool, self.pools, none=0.0)

    def step(self) -> None:
        """Lower the pools that miss something; settle groups of those that do not."""
        pool, weight = self.sharing.pool, self.sharing.weight
        target = np.where(self.active, weight * self.level[pool], self.units)
        fine = self._filled(target)
        price = self.native.trees.multiplier[self.at]
        missing = self._of_pools(np.where(self.done[pool], target - self.native.trees.row_flow[self.at], 0.0))
        loose = np.where(self.active, (1.0 - price) * weight, 0.0)
        slope = self._of_pools(loose)
        short = self.open & (missing > MISSING * (1.0 + self._of_pools(np.abs(target))))
        lost = self.open & (~fine | (short & (slope <= MISSING)))
        self.open, self.done, short = self.open & ~lost, self.done & ~lost, short & ~lost
        lower = self.level - np.divide(missing, slope, out=np.zeros(self.pools), where=short)
        self.cut = np.where(short[pool], self.active & (price < 0.5), self.cut)
        self.level = np.where(short, np.maximum(lower, 0.0), self.level)
        self._settle(self.open & ~short)
        self.steps += 1

    def _filled(self, target: Floats) -> Flags:
        """Fill the groups of open pools up to their targets; return the pools whose blocks have a plan."""
        apart, trees = self.apart, self.native.trees
        blocks = np.sort(self.block[self.open])
        apart.row_upper[self.at] = np.minimum(target, self.most)
        trees.started[blocks] = 0  # other limits: the last tree may keep them no longer
        links = len(apart.coupling)
        sums = (np.zeros(1), np.zeros((1, links)))
        none = np.zeros(apart.blocks, np.int32)
        self.native.best_plans(blocks, none, self.native.nets, trees, self.served, np.zeros(links), *sums)
        fine: Flags = self.open & (trees.fate[self.block] == 0)
        return fine

    def _settle(self, ended: Flags) -> None:
        """Settle the groups of some pools that are as high as their level lets them, and raise the others again."""
        if not ended.any():
            return
        pool = self.sharing.pool
        settled = self.active & self.cut & ended[pool]
        # Where nothing was in the way everybody has what they want.
        settled |= self.active & (ended & (self._of_pools(settled.astype(float)) == 0))[pool]
        reached = np.minimum(self.sharing.weight * self.level[pool], self.wanted)
        self.units = np.where(settled, reached, self.units)
        self.first = np.where(ended & np.isnan(self.first), self.level, self.first)
        self.active, self.cut = self.active & ~settled, self.cut & ~settled
        self.open &= self._of_pools(self.active.astype(float)) > 0
        self.level = np.where(ended, self._top(), self.level)
