"""A master of the price engine that asks for central prices, by an interior point method of our own.

.. code-block:: text

    maximise    sum_kp value[kp] share[kp] + sum_i (low[i] unused[i] - high[i] over[i])
    coupling    sum_kp usage[kp, i] share[kp] + unused[i] - over[i] = limit[i]                     for each row i
    mix         sum_p share[kp] = 1                                                                for each group k
    prices      minimise limit * y + sum_k top[k],   top[k] >= value[kp] - usage[kp] * y,   low <= y <= high

Each group has few slots: a new proposal takes the place of the one that counts least, which is blended into the next
one: what was mixed so far can still be mixed. A loose column is a group of two proposals, its limits; a row with two
limits has the room between them as such a column. Equations of the size of the coupling rows give each step. It is
solved only as well as the gap that is still open needs: then its prices lie in the middle of those that are about as
good, and fewer rounds are enough. Where the arithmetic gives out it says so.
Source: Mehrotra, On the implementation of a primal-dual interior point method, SIAM J. Optimization 2 (1992); Gondzio,
Gonzalez-Brevis, Munari, New developments in the primal-dual column generation technique, EJOR 224 (2013).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from allocopt.solve.prices import native_centre as native
from allocopt.solve.prices.apart import BrokenError, Floats, Longs, Loose
from allocopt.solve.prices.blends import Blends

SLOTS, MORE_SLOTS, MORE_FROM = 6, 8, 300
"""Proposals kept of each group; more where there are so many coupling rows, since each group is mixed of more then."""
WIDER, MOST_SLOTS = 4, 20
"""So many more of them each time that the mix gets better too slowly, up to so many."""
STEPS = 40
"""Steps of one solve after which it is taken to go nowhere."""
SHORT = 0.99
"""Part of the way to the nearest limit that a step goes."""
FRESH, FRESHER, LEAST = 0.05, 3.0, 5e-6
"""Share at most of a proposal that is new, as a multiple of what it may change; and at least, of any proposal."""
RAISED, RAISED_ANEW = 0.3, 0.1
"""How far tops begin above what proposals are worth, as a part of what may change; and of the whole."""
LIGHT = 1e-9
"""Weight of a proposal, beside the heaviest, below which it gives no direction."""
SAME = 1e-12
"""Proposals that differ by less are the same."""
LARGE = 4_000_000
"""Products from which on a sum is parted over threads."""
TINY = 1e-12
"""A share below is a rounding residue."""
ROOM = 1e-10
"""What the mix keeps away from the limits, in parts of them."""


@dataclass(frozen=True, eq=False)
class _Step:
    """A direction: of prices, tops, shares, distances of proposals from the tops, unused and over."""

    prices: Floats
    top: Floats
    share: Floats
    away: Floats
    unused: Floats
    over: Floats


class Central:
    """The master program, and where its interior point stands.

    Parameters
    ----------
    lower, upper : float64, shape (coupling rows,)
    groups : int
    loose : Loose
        With finite limits.
    unit : float
        What counts as one inside: money is divided by it.
    sizes : float64, shape (coupling rows,)
        The same for each row.
    pool : ThreadPoolExecutor, optional
        On which large sums are parted.
    threads : int
    """

    def __init__(
        self,
        lower: Floats,
        upper: Floats,
        groups: int,
        loose: Loose,
        unit: float,
        sizes: Floats,
        pool: ThreadPoolExecutor | None = None,
        threads: int = 1,
    ) -> None:
        self.groups, self.unit, self.sizes, self.loose = groups, unit, sizes, loose
        self._pool, self._threads = pool, threads
        self.at_most, self.at_least = np.isinf(lower), np.isinf(upper)
        wide = np.flatnonzero(~self.at_most & ~self.at_least & (upper > lower))
        rows, every = len(lower), groups + len(loose.cost) + len(wide)
        self._limit = np.where(self.at_least, lower, upper) / sizes
        self.slots = SLOTS if rows < MORE_FROM else MORE_SLOTS
        self.usage = np.zeros((every, self.slots, rows))
        self.value = np.zeros((every, self.slots))
        self.there = np.zeros((every, self.slots), dtype=bool)
        self.rounds = Blends(groups)
        self._put_loose(lower, upper, wide)
        self._low, self._high = np.zeros(rows), np.zeros(rows)
        self._share: Floats | None = None
        self._prices, self._top = np.zeros(rows), np.zeros(every)
        self._unused, self._over = np.zeros(rows), np.zeros(rows)
        self._away = np.ones((every, self.slots))
        self._new = np.zeros((every, self.slots), dtype=bool)
        self.promised, self.worth, self.steps = np.inf, -np.inf, 0
        self._lines, self._matrix = self._room_for_sums(), np.zeros((rows, rows))

    def _room_for_sums(self) -> Floats:
        every, slots, rows = self.usage.shape
        return np.zeros((native.TOGETHER * (-(-every * (slots - 1) // native.TOGETHER) + 1), rows))

    def widen(self) -> None:
        """Make room for more proposals of each group, up to a limit: for mixes that few cannot make up."""
        more = min(WIDER, MOST_SLOTS - self.slots)
        if more <= 0:
            return
        self.slots, behind = self.slots + more, ((0, 0), (0, more))
        self.usage = np.pad(self.usage, (*behind, (0, 0)))
        self.value, self.there = np.pad(self.value, behind), np.pad(self.there, behind)
        self._new, self._away = np.pad(self._new, behind), np.pad(self._away, behind, constant_values=1.0)
        self._share = None if self._share is None else np.pad(self._share, behind)
        self._lines = self._room_for_sums()

    def _put_loose(self, lower: Floats, upper: Floats, wide: Longs) -> None:
        """Make groups of the loose columns and of the room within rows with two limits."""
        loose, first = self.loose, self.groups
        line, place = loose.links.line, loose.links.place
        for slot, limit in enumerate((loose.lower, loose.upper)):
            self.value[first : first + len(limit), slot] = limit * loose.cost / self.unit
            self.usage[first + line, slot, place] = loose.links.value * limit[line] / self.sizes[place]
        self.usage[first + len(loose.cost) + np.arange(len(wide)), 1, wide] = (upper - lower)[wide] / self.sizes[wide]
        self.there[first:, :2] = True

    def propose(self, value: Floats, usage: Floats, number: int) -> None:
        """Take one proposal of each group in, each in the place of the one that counts least.

        What that one has of the mix is not lost: the one that counts least beside it stands for both from now on.
        """
        value, usage, group = value / self.unit, usage / self.sizes, np.arange(self.groups)
        there = self.there[: self.groups]
        same = there & (np.abs(self.value[: self.groups] - value[:, None]) <= SAME * (1 + np.abs(value[:, None])))
        whose, which = np.nonzero(same)
        again = (np.abs(self.usage[whose, which] - usage[whose]) <= SAME).all(axis=1)
        new = np.ones(self.groups, dtype=bool)
        new[whose[again]] = False
        group = group[new]
        slot, beside = self._least(group)
        if self._share is not None:
            self._blend(group, slot, beside)
        self.usage[group, slot], self.value[group, slot], self.there[group, slot] = usage[new], value[new], True
        self.rounds.put(group, slot, number)
        self._new[:] = False
        self._new[group, slot] = True

    def _least(self, group: Longs) -> tuple[Longs, Longs]:
        """Return the slot of each group that is empty, or whose proposal counts least; and that of the next one."""
        if self._share is None:
            return np.zeros(len(group), np.int64), np.ones(len(group), np.int64)
        counts = self._share[group] / np.maximum(self._away[group], 1e-300)
        order = np.where(self.there[group], counts, -1.0).argsort(axis=1, kind="stable")
        return order[:, 0], order[:, 1]

    def _blend(self, group: Longs, slot: Longs, beside: Longs) -> None:
        """Let proposals beside others stand for both, in the parts that they have of the mix."""
        assert self._share is not None
        some = self.there[group, slot] & (self._share[group, slot] > LEAST)
        group, slot, beside = group[some], slot[some], beside[some]
        share = self._share[group, slot] + self._share[group, beside]
        part = self._share[group, slot] / share
        self.usage[group, beside] += part[:, None] * (self.usage[group, slot] - self.usage[group, beside])
        self.value[group, beside] += part * (self.value[group, slot] - self.value[group, beside])
        self._share[group, slot], self._share[group, beside] = 0.0, share
        self.rounds.blend(group, slot, beside, part)

    def hold(self, low: Floats, high: Floats) -> None:
        """Keep the prices between two limits."""
        scale = self.sizes / self.unit
        self._low = np.where(self.at_most, np.maximum(low, 0.0), low) * scale
        self._high = np.where(self.at_least, np.minimum(high, 0.0), high) * scale

    def solve(self, exact: float, open_: float, prices: Floats) -> Floats:
        """Move on until the master is solved; return its prices.

        Parameters
        ----------
        exact : float
            How well: what is still open, as a part of what its mix is worth.
        open_ : float
            How much the new proposals may change, as a part of the same.
        prices : float64, shape (coupling rows,)
            Where to begin if it was never solved.

        Raises
        ------
        BrokenError
            If it does not get there.
        """
        for anew in (False, True):
            try:
                self._begin(open_, prices * self.sizes / self.unit, anew=anew or self._share is None)
                with np.errstate(all="ignore"):
                    self._go(exact)
                return self._prices * self.unit / self.sizes
            except BrokenError:
                if anew:
                    self._share = None
                    raise
        raise AssertionError

    def _begin(self, open_: float, prices: Floats, *, anew: bool) -> None:
        """Take a point inside to begin with: a share for each proposal, and tops above all that they are worth."""
        there, fresh = self.there, min(FRESH, FRESHER * open_)
        if anew or self._share is None:
            self._share = there / there.sum(axis=1, keepdims=True)
            self._prices = prices.copy()
        else:
            some = self._new.any(axis=1, keepdims=True)
            kept = np.where(self._new, 0.0, self._share)
            kept *= np.where(some, 1.0 - fresh, 1.0) / np.maximum(kept.sum(axis=1, keepdims=True), 1e-300)
            share = np.where(there, np.maximum(np.where(self._new, fresh, kept), min(LEAST, fresh)), 0.0)
            self._share = share / share.sum(axis=1, keepdims=True)
        inside = 1e-6 * (self._high - self._low)
        self._prices = np.clip(self._prices, self._low + inside, self._high - inside)
        worth = np.where(there, self.value - self._dots(self._prices), -np.inf)
        best = worth.max(axis=1)
        margin = (RAISED_ANEW if anew else RAISED * open_) / len(best)
        self._top = (best if anew else np.maximum(best, self._top)) + margin
        self._away = np.where(there, self._top[:, None] - worth, 1.0)
        missing = self._limit - self._sums(self._share)
        mean = float((self._share * self._away).sum()) / there.sum()
        # The smaller of the two has the mean product with its distance, unless that costs more than the other does.
        low = mean / np.maximum(self._prices - self._low, 1e-300)
        high = mean / np.maximum(self._high - self._prices, 1e-300)
        spare = np.where(missing > 0, np.minimum(high, missing + low), np.minimum(low, high - missing))
        self._unused, self._over = np.maximum(missing, 0.0) + spare, np.maximum(-missing, 0.0) + spare

    def _go(self, exact: float) -> None:
        """Step until what is open is small enough."""
        assert self._share is not None
        stuck = 0
        for _ in range(STEPS):
            missing = self._limit - self._sums(self._share) - self._unused + self._over
            self.worth = float((self.value * self._share).sum() + self._low @ self._unused - self._high @ self._over)
            self.promised = float(self._prices @ self._limit + self._top.sum())
            open_ = self._open(None, 0.0, 0.0)
            if not np.isfinite(open_) or stuck > 2:
                raise BrokenError
            size = max(abs(self.worth), 1e-9)
            if open_ <= exact * size and np.abs(missing).max(initial=0.0) < max(1e-9, 1e-3 * exact):
                return
            self.steps += 1
            long = self._step(missing)
            stuck = stuck + 1 if long < 1e-4 else 0
        raise BrokenError

    def _open(self, step: _Step | None, shares: float, prices: float) -> float:
        """Return the sum of all that has to vanish, after steps of these lengths."""
        assert self._share is not None
        share, away, unused, over = self._share, self._away, self._unused, self._over
        below, above = self._prices - self._low, self._high - self._prices
        if step is not None:
            share, away = share + shares * step.share, away + prices * step.away
            unused, over = unused + shares * step.unused, over + shares * step.over
            below, above = below + prices * step.prices, above - prices * step.prices
        return float((share * away).sum() + unused @ below + over @ above)

    def _step(self, missing: Floats) -> float:
        """Take a step: where it would lead unless corrected, then corrected. Return the shorter of its two lengths."""
        share, away, unused, over = self._share, self._away, self._unused, self._over
        assert share is not None
        below, above = self._prices - self._low, self._high - self._prices
        solved = self._equations(share / away, unused / below + over / above, missing)
        first = solved(-share * away, -unused * below, -over * above)
        shares, prices = self._lengths(first)
        count, open_ = self.there.sum() + 2 * len(missing), self._open(None, 0.0, 0.0)
        part = self._open(first, shares, prices) / open_
        aim = min(1.0, max(part**3, 1e-4)) * open_ / count
        step = solved(
            np.where(self.there, aim - share * away - first.share * first.away, 0.0),
            aim - unused * below - first.unused * first.prices,
            aim - over * above + first.over * first.prices,
        )
        shares, prices = (min(1.0, SHORT * length) for length in self._lengths(step))
        self._share, self._away = share + shares * step.share, away + prices * step.away
        self._unused, self._over = unused + shares * step.unused, over + shares * step.over
        self._prices, self._top = self._prices + prices * step.prices, self._top + prices * step.top
        return min(shares, prices)

    def _equations(self, weight: Floats, diagonal: Floats, missing: Floats) -> Callable[..., _Step]:
        """Return what finds the direction in which given products of shares, unused and over with their gaps change."""
        assert self._share is not None
        share, away, unused, over, there = self._share, self._away, self._unused, self._over, self.there
        below, above = self._prices - self._low, self._high - self._prices
        total, lacking = weight.sum(axis=1), 1.0 - share.sum(axis=1)
        matrix = self._squares(weight)
        matrix[np.diag_indices(len(matrix))] += diagonal + 1e-13 * np.trace(matrix) / len(matrix)
        if not np.isfinite(diagonal).all() or not native.factor(matrix):
            raise BrokenError

        def solved(change: Floats, of_unused: Floats, of_over: Floats) -> _Step:
            gain = change / away
            more = gain.sum(axis=1) - lacking
            prices = self._sums(gain - weight * (more / total)[:, None])
            prices += of_unused / below - of_over / above - missing
            native.solve(matrix, prices)
            priced = self._dots(prices)
            top = (more - (weight * priced).sum(axis=1)) / total
            apart = np.where(there, priced + top[:, None], 0.0)
            return _Step(
                prices,
                top,
                gain - weight * apart,
                apart,
                (of_unused - unused * prices) / below,
                (of_over + over * prices) / above,
            )

        return solved

    def _lengths(self, step: _Step) -> tuple[float, float]:
        """Return how far shares and prices can go before something vanishes, at most one."""
        assert self._share is not None
        below, above = self._prices - self._low, self._high - self._prices
        shares = ((self._share, step.share), (self._unused, step.unused), (self._over, step.over))
        prices = ((self._away, step.away), (below, step.prices), (above, -step.prices))
        return min(1.0, *(_reach(*each) for each in shares)), min(1.0, *(_reach(*each) for each in prices))

    def _squares(self, weight: Floats) -> Floats:
        """Return the weighted spread of the proposals' use, from the diagonal on."""
        matrix, lines = self._matrix, self._lines
        number, rows = native.contrasts(self.usage, weight, lines, LIGHT), len(matrix)
        if self._pool is None or self._threads == 1 or number * rows * rows < LARGE:
            native.squares(matrix, lines, number, 0, rows)
            return matrix
        # Each thread has about as much to do: rows further down are shorter.
        parts = np.sqrt(1.0 - np.arange(self._threads + 1) / self._threads)
        cuts = ((1.0 - parts) * rows).astype(int) // native.HIGH * native.HIGH
        cuts[-1] = rows
        work = [
            self._pool.submit(native.squares, matrix, lines, number, *ends)
            for ends in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)
        ]
        wait(work)
        for done in work:
            done.result()
        return matrix

    def _dots(self, x: Floats) -> Floats:
        out = np.zeros(self.value.shape)
        native.dots(self.usage, x, out)
        return out

    def _sums(self, weight: Floats) -> Floats:
        out = np.zeros(len(self._limit))
        native.sums(self.usage, weight, out)
        return out

    def mixed(self, share: Floats) -> tuple[float, Floats]:
        """Return what a mix of the groups' proposals is worth, and what it takes of the coupling rows."""
        share, usage = np.ascontiguousarray(share[: self.groups]), np.zeros(len(self._limit))
        native.sums(self.usage[: self.groups], share, usage)
        return float((self.value[: self.groups] * share).sum()) * self.unit, usage * self.sizes

    def shares(self) -> Floats:
        """Return the share of each proposal in the mix, drawn in until nothing is over its limit where that can be."""
        assert self._share is not None
        share = np.where(self._share > TINY, self._share, 0.0)
        share /= share.sum(axis=1, keepdims=True)
        drawn = self._drawn(share)
        return share if drawn is None else drawn

    def _drawn(self, share: Floats) -> Floats | None:
        """Return shares near others at which no row is missed; None where there are none near."""
        used = self._sums(share)
        below, above = self._prices - self._low, self._high - self._prices
        room = ROOM * (1 + np.abs(self._limit))
        past = used - self._limit
        above_most = np.where(self.at_most & (past > -room), -past - room, 0.0)
        below_least = np.where(self.at_least & (past < room), room - past, 0.0)
        change = np.where(self.at_most | self.at_least, above_most + below_least, -past)
        if not change.any():
            return share
        # Where a row has room, it may use it.
        give = np.where(self.at_most, self._unused / below, np.where(self.at_least, self._over / above, 0.0))
        weight = share / self._away
        total = weight.sum(axis=1)
        matrix = self._squares(weight)
        matrix[np.diag_indices(len(matrix))] += give + 1e-13 * np.trace(matrix) / len(matrix)
        if not np.isfinite(give).all() or not native.factor(matrix):
            return None
        for _ in range(2):
            rise = change.copy()
            native.solve(matrix, rise)
            priced = self._dots(rise)
            share = share + weight * (priced - ((weight * priced).sum(axis=1) / total)[:, None])
            if share.min() < 0:
                return None
            change = change - (self._sums(share) - used) - give * rise
            used = self._sums(share)
        return share


def _reach(values: Floats, step: Floats) -> float:
    """Return how far positive values can go before one of them vanishes."""
    falls = step < 0
    return float((-values[falls] / step[falls]).min(initial=np.inf))
