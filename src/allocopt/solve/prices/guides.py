"""What is asked for next: prices from a master over the proposals, kept where its answers can be trusted.

*By vertices*: the master is solved to the end by HiGHS' simplex, its prices kept within a box around the best ones
known: a trust region as in Linderoth and Wright, Computational Optimization and Applications 24 (2003). *By centres*:
it is solved by an interior point, as well as the gap that is still open needs; the box only grows, where the centre
comes near its sides. With many coupling rows that takes a part of the time. Where the interior point breaks down, or
gets no further, the proposals are handed to the simplex.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.solve.highs_master import Master
from allocopt.solve.prices.apart import Apart, Floats, Longs, Loose, WholeError
from allocopt.solve.prices.blends import Blends
from allocopt.solve.prices.oracle import Offer

PROPOSALS = 3
"""Proposals that a simplex master keeps, for each group and coupling row."""
GOOD = 0.5
"""Part of the promised improvement of the bound that makes a step a good one: the box grows where it was in the way."""
NO_HOPE = 0.3
"""Part of the gap wanted below which what the master promises is nothing: then only the box is in the way."""
BEYOND = 1e6
"""Times what a unit of a coupling row may be worth: no price lies beyond, unless no plan keeps the row."""
HOLDS = 1e-9
"""What a coupling row may be off by, relative to 1 + its limit, before the mix counts as breaking it."""
FIRST, CLOSER, CLOSEST = 0.3, 0.3, 0.3
"""How well a centre is found: at first, as a part of what is open, and as a part of the gap wanted at the most."""
NEAR = 0.1
"""Part of the box that is near a side."""
FIRST_SLOT = -2
"""Stands for the first slot of another guide where rounds are named; those before it for the next ones."""
NO_PRICES = "no prices were found at which its coupling rows hold"


@dataclass(frozen=True, eq=False)
class Setting:
    """What a search is about, as far as its guide has to know.

    Attributes
    ----------
    apart : Apart
    lower, upper : float64, shape (coupling rows,)
    groups : int
    loose_cost, loose_lower, loose_upper : float64, shape (loose columns,)
    worthwhile, top : float64, shape (coupling rows,)
        What a unit of each coupling row may be worth, and where prices end.
    pool : ThreadPoolExecutor
    threads : int
    """

    apart: Apart
    lower: Floats
    upper: Floats
    groups: int
    loose_cost: Floats
    loose_lower: Floats
    loose_upper: Floats
    worthwhile: Floats
    top: Floats
    pool: ThreadPoolExecutor
    threads: int

    def scales(self, offer: Offer) -> tuple[float, Floats]:
        """Return what counts as one in money, and in each coupling row."""
        unit = max(abs(float(offer.value.sum())), float(np.abs(self.loose_cost).max(initial=0.0)), 1e-9)
        limits = np.maximum(finite(self.lower), finite(self.upper))
        return unit, np.maximum(np.maximum(1.0, limits), np.abs(offer.usage).max(axis=0, initial=0.0))

    def boxed(self, prices: Floats, box: Floats) -> tuple[Floats, Floats]:
        """Return the limits of a box around prices, as far as prices go."""
        return np.maximum(prices - box, -self.top), np.minimum(prices + box, self.top)


@dataclass(frozen=True, eq=False)
class Mixed:
    """A mix: its worth and use of the coupling rows; whose plan of which round has which share; the loose columns."""

    worth: float
    usage: Floats
    group: Longs
    round: Longs
    share: Floats
    z: Floats


@dataclass(frozen=True, eq=False)
class Proposals:
    """Proposals of groups: whose, in which slot, worth and use of the coupling rows; and the rounds in the slots."""

    group: Longs
    slot: Longs
    value: Floats
    usage: Floats
    rounds: Blends


@dataclass(frozen=True, eq=False)
class Guided:
    """The best prices known and the bound there; what the prices that were asked for last are a bound of."""

    prices: Floats
    bound: float
    last: float


class Guide(ABC):
    """Says which prices to ask for.

    Attributes
    ----------
    promised : float
        What the mix of the master is worth: the bound cannot be brought below with the proposals that there are.
    pressed : bool, shape (coupling rows,)
        Where the box is in the way.
    """

    promised = -np.inf
    pressed: NDArray[np.bool_]

    @abstractmethod
    def next(self, offer: Offer, number: int, known: Guided, gap: float) -> Floats:
        """Take the proposals of a round in; return the prices to ask for next.

        Parameters
        ----------
        offer : Offer
        number : int
            Of the round.
        known : Guided
            With these proposals.
        gap : float
            Wanted [currency].
        """

    @abstractmethod
    def mix(self) -> Mixed:
        """Return the mix of the master."""

    @abstractmethod
    def rounds(self) -> Longs:
        """Return the rounds whose plans proposals are made of."""


class ByVertex(Guide):
    """Asks for the prices of a vertex of the master within a box that follows the best prices.

    Parameters
    ----------
    setting : Setting
    offer : Offer
        Of the first round.
    box : float64, shape (coupling rows,)
        How far the next prices may lie from the best ones.
    """

    def __init__(self, setting: Setting, offer: Offer, box: Floats) -> None:
        links = setting.apart.loose_links
        columns = (setting.loose_cost, setting.loose_lower, setting.loose_upper, (links.ptr, links.place, links.value))
        unit, sizes = setting.scales(offer)
        self._master = Master(setting.lower, setting.upper, setting.groups, columns, unit / 1000, sizes)
        self._setting, self.box = setting, box
        self.pressed = np.zeros(len(box), dtype=bool)
        self._before: float | None = None
        self._given: Blends | None = None

    def given(self, proposals: Proposals) -> None:
        """Take proposals in that another guide had."""
        self._given = proposals.rounds.copy()
        self._master.take(proposals.group, FIRST_SLOT - proposals.slot, proposals.value, proposals.usage)

    def next(self, offer: Offer, number: int, known: Guided, gap: float) -> Floats:
        """Fit the box to how good the last prices turned out, and solve the master in it."""
        every = np.arange(self._setting.groups)
        self._master.take(every, np.full(len(every), number), offer.value, offer.usage)
        if self._before is not None:
            gain, hope = self._before - known.last, self._before - self.promised
            if gain >= GOOD * hope:
                self.box = np.where(self.pressed, 2 * self.box, self.box)
            elif gain < -hope:
                self.box = 0.8 * self.box
        self._before = known.bound
        prices = self.vertex(known.prices)
        if known.bound - self.promised <= NO_HOPE * gap:
            self.box = np.where(self.pressed, 10 * self.box, self.box)
        self._master.forget(PROPOSALS * (self._setting.groups + len(self.box)), prices)
        if (self.pressed & (self.box > BEYOND * self._setting.worthwhile)).any():
            raise WholeError(NO_PRICES)
        return prices

    def vertex(self, prices: Floats) -> Floats:
        """Solve the master in the box around some prices; return its own."""
        low, high = self._setting.boxed(prices, self.box)
        self._master.hold(low, high)
        found, self.promised = self._master.solve(), self._master.objective
        limits = np.maximum(finite(self._setting.lower), finite(self._setting.upper))
        missed = self._master.bought + self._master.sold > HOLDS * (1 + limits)
        self.pressed = missed & (high < self._setting.top) & (low > -self._setting.top)
        return found

    def mix(self) -> Mixed:
        """Return the proposals with a share at the vertex."""
        master = self._master
        used = np.flatnonzero(master.share)
        group, number, share = master.group[used], master.round[used], master.share[used]
        # No product of matrices: what those add up depends on the threads that they take.
        usage = np.einsum("pi,p->i", master.usage[used], share)
        worth = float((master.value[used] * share).sum())
        of_slot = number <= FIRST_SLOT
        if self._given is not None and of_slot.any():
            more = self._given.shares(group[of_slot], FIRST_SLOT - number[of_slot], share[of_slot])
            kept = (group[~of_slot], number[~of_slot], share[~of_slot])
            group, number, share = (np.concatenate(both) for both in zip(kept, more, strict=True))
        return Mixed(worth, usage, group, number, share, master.z)

    def rounds(self) -> Longs:
        """Return the rounds of all proposals that the master holds."""
        number = self._master.round
        if self._given is None:
            return np.unique(number)
        return np.union1d(number[number > FIRST_SLOT], self._given.held())


class ByCentre(Guide):
    """Asks for central prices of the master, in a box that grows.

    Parameters
    ----------
    setting : Setting
        With finite loose columns.
    offer : Offer
        Of the first round.
    prices, box : float64, shape (coupling rows,)
        Where to begin, and how far the first prices may lie from there.
    """

    def __init__(self, setting: Setting, offer: Offer, prices: Floats, box: Floats) -> None:
        from allocopt.solve.prices.central import Central  # compiled code

        unit, sizes = setting.scales(offer)
        loose = Loose(setting.loose_cost, setting.loose_lower, setting.loose_upper, setting.apart.loose_links)
        self._master = Central(
            setting.lower, setting.upper, setting.groups, loose, unit, sizes, setting.pool, setting.threads
        )
        self._setting, self._unit = setting, unit
        self._low, self._high = self._signed(*setting.boxed(prices, box))
        self._first = True
        self.pressed = np.zeros(len(box), dtype=bool)

    def widen(self) -> None:
        """Let the master keep more proposals of each group."""
        self._master.widen()

    def _signed(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Return the limits of a box without prices of the wrong sign."""
        low = np.where(np.isinf(self._setting.lower), np.maximum(low, 0.0), low)
        return low, np.where(np.isinf(self._setting.upper), np.minimum(high, 0.0), high)

    def next(self, offer: Offer, number: int, known: Guided, gap: float) -> Floats:
        """Find the centre as well as what is open needs, and let the box grow where the centre is near a side."""
        master, unit = self._master, self._unit
        master.propose(offer.value, offer.usage, number)
        master.hold(self._low, self._high)
        wanted, open_ = CLOSEST * gap / unit, FIRST
        exact = FIRST
        if not self._first:
            exact = min(FIRST, CLOSER * abs(known.bound - self.promised) / unit)
            open_ = min((known.last - self.promised) / unit, 0.5)
        exact = max(exact, wanted)
        prices = master.solve(exact, max(open_, 2 * exact), (self._low + self._high) / 2)
        self._first, self.promised = False, master.worth * unit
        self._widen(prices)
        return prices

    def _widen(self, prices: Floats) -> None:
        """Double the box at the sides that prices are near."""
        width, top = self._high - self._low, self._setting.top
        above = (self._high - prices < NEAR * width) & (self._high < top)
        above &= np.isfinite(self._setting.upper) | (self._high < 0)
        below = (prices - self._low < NEAR * width) & (self._low > -top)
        below &= np.isfinite(self._setting.lower) | (self._low > 0)
        high = np.where(above, np.minimum(self._high + width, top), self._high)
        low = np.where(below, np.maximum(self._low - width, -top), self._low)
        self._low, self._high = self._signed(low, high)
        self.pressed = above | below
        if (self.pressed & (width > BEYOND * self._setting.worthwhile)).any():
            raise WholeError(NO_PRICES)

    def mix(self) -> Mixed:
        """Return the proposals with a share, drawn in until the rows hold where that can be."""
        master, groups = self._master, self._setting.groups
        share = master.shares()
        group, slot = np.nonzero(share[:groups])
        loose = share[groups : groups + len(self._setting.loose_cost)]
        z = loose[:, 0] * self._setting.loose_lower + loose[:, 1] * self._setting.loose_upper
        worth, usage = master.mixed(share)
        whose, number, part = master.rounds.shares(group, slot, share[group, slot])
        return Mixed(worth, usage, whose, number, part, z)

    def proposals(self) -> Proposals:
        """Return all proposals that the master holds."""
        master = self._master
        group, slot = np.nonzero(master.there[: self._setting.groups])
        value, usage = master.value[group, slot] * self._unit, master.usage[group, slot] * master.sizes
        return Proposals(group, slot, value, usage, master.rounds)

    def rounds(self) -> Longs:
        """Return the rounds of all proposals that the master holds."""
        return self._master.rounds.held()


def finite(limits: Floats) -> Floats:
    """Return the size of each limit, zero where there is none."""
    return np.abs(np.where(np.isfinite(limits), limits, 0.0))
