"""Break-even recapture: the share of a channel's demand that others must take over for its retirement to pay.

.. code-block:: text

    net(q) = contribution of the plan in which a share q of the demand is asked for elsewhere - contribution as it is
    break-even = least q in {0, 0.01, ..., 1} found with net(q) >= 0          [1]

Each q at which it is found to pay is a real plan in whole units. The search supposes that more recapture does not make
the retirement worth less, and halves the range. Where the contract optimises money alone, bounds say first where it
cannot pay, and a few plans are made around the least q at which they do not. Where it optimises something else, more
recapture may be worth less: then the answer is one of the shares at which it begins to pay.
Source: bisection and false position, e.g. Press et al., Numerical Recipes (2007), ch. 9.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from allocopt.problem.facts import Facts
from allocopt.rules import Recapture
from allocopt.rules.kit.scope import code

STEPS = 100
"""Shares are told apart to one in so many."""
CENT = 0.005
"""Money below which nothing is told from zero [currency]."""


@dataclass(frozen=True)
class NetGain:
    """What a change is worth.

    Attributes
    ----------
    found : float
        Between the plans that were found [currency].
    low, high : float
        Where it certainly lies [currency].
    """

    found: float
    low: float
    high: float


@dataclass(frozen=True)
class BreakEven:
    """The recapture from which on a retirement pays.

    Attributes
    ----------
    share : float
        To one in a hundred; zero: it pays without any; nan: it does not pay even with all of it [1].
    low, high : float
        It certainly does not pay at `low` and certainly pays at `high`; zero and nan where that is not known of any
        share that was tried [1].
    """

    share: float
    low: float
    high: float


NO_NET = NetGain(math.nan, math.nan, math.nan)
UNKNOWN = BreakEven(math.nan, math.nan, math.nan)


def find_break_even(
    net_at: Callable[[int], NetGain],
    known: Mapping[int, NetGain],
    most_at: Callable[[int], float] | None = None,
) -> BreakEven:
    """Return the share from which on a retirement pays.

    Parameters
    ----------
    net_at : callable
        Gives the worth at a share of so many hundredths.
    known : mapping of int to NetGain
        Worth at shares that are known already; that at zero among them saves a plan.
    most_at : callable, optional
        Gives what the worth at a share certainly does not exceed, which is cheaper: then plans are made only around the
        least share at which a bound does not say that it cannot pay.

    Examples
    --------
    >>> def net_at(hundredths):
    ...     worth = hundredths * 3.0 - 100.0
    ...     return NetGain(worth, worth - 4.0, worth + 4.0)
    >>> find_break_even(net_at, {})
    BreakEven(share=0.34, low=0.31, high=0.37)
    >>> find_break_even(net_at, {}, lambda hundredths: hundredths * 3.0 - 96.0)
    BreakEven(share=0.34, low=0.31, high=0.35)
    """
    search = _Trying(net_at, known, most_at)
    top = search.least()
    if top is None:
        return BreakEven(math.nan, *_certain(search.tried, STEPS + 1))
    return BreakEven(top / STEPS, *_certain(search.tried, top))


class _Trying:
    """The search for the least share that pays, and what has been tried so far."""

    def __init__(
        self, net_at: Callable[[int], NetGain], known: Mapping[int, NetGain], most_at: Callable[[int], float] | None
    ) -> None:
        self._net_at, self._most_at, self.tried = net_at, most_at, dict(known)
        self._most: dict[int, float] = {}
        self._rises = 0.0
        """What one more in a hundred is worth where bounds meet zero [currency]; zero: nobody knows."""

    def least(self) -> int | None:
        """Return the least share that is found to pay; None: not even all of it does."""
        if self._pays(0):
            return 0
        enough = [share for share in self.tried if self._pays(share)]
        top, seen = (min(enough), True) if enough else (STEPS, False)
        bottom = max(share for share in self.tried if share < top)
        first = top
        if self._most_at is not None:
            if self._surely_not(top):
                return None
            bottom, first = self._between(bottom, top)
        guesses = [] if seen and first == top else [first]
        while not seen or top - bottom > 1:
            guessed = bool(guesses)
            share = guesses.pop() if guesses else top if top - bottom == 1 else (bottom + top) // 2
            if self._pays(share):
                top, seen = share, True
                continue
            bottom = share
            if bottom == STEPS:
                return None
            step = self._step(self.tried[share].found) if guessed and share == first else 0
            if step and bottom + step < top:
                guesses = [bottom + step]
        if self._most_at is not None:
            self._ensure(top)
        return top

    def _pays(self, share: int) -> bool:
        if share not in self.tried:
            self.tried[share] = self._net_at(share)
        return self.tried[share].found >= -CENT

    def _bound(self, share: int) -> float:
        """Return what a share is worth at most."""
        if share not in self._most:
            there = self.tried.get(share)
            assert there is not None or self._most_at is not None
            self._most[share] = there.high if there is not None else self._most_at(share)  # type: ignore[misc]
        return self._most[share]

    def _surely_not(self, share: int) -> bool:
        """Return whether a bound says that a share cannot pay; then that is all that has to be known of it."""
        most = self._bound(share)
        if most < -CENT and share not in self.tried:
            self.tried[share] = NetGain(math.nan, -math.inf, most)
        return most < -CENT

    def _between(self, bottom: int, top: int) -> tuple[int, int]:
        """Return the largest share that surely does not pay, and the next one, or two as near as bounds say.

        Bounds grow less and less from share to share: where the line through two of them meets zero, they are above.
        Every third time the middle is taken, so that it is soon over whatever they do.
        """
        for turn in itertools.count():
            if top - bottom <= 1:
                break
            low, high = self._bound(bottom), self._bound(top)
            if not (low < -CENT and math.isfinite(high) and high > low):
                break
            part = 0.5 if turn % 3 == 2 else -low / (high - low)
            share = bottom + math.floor((top - bottom) * part)
            share = min(max(share, bottom + 1), top - 1)
            bottom, top = (share, top) if self._surely_not(share) else (bottom, share)
        rises = (self._bound(top) - self._bound(bottom)) / (top - bottom)
        self._rises = rises if math.isfinite(rises) else 0.0
        return bottom, top

    def _step(self, money: float) -> int:
        """Return by how many hundredths a share has to rise for what it lacks to be there; zero: nobody knows."""
        return max(1, math.ceil(-money / self._rises)) if self._rises > 0 and math.isfinite(money) else 0

    def _ensure(self, top: int) -> None:
        """Try shares from the least one that pays on, further and further, until one certainly pays."""
        share, least = top, 1
        while share < STEPS and self.tried[share].low < -CENT:
            share, least = min(share + max(least, self._step(self.tried[share].low)), STEPS), 2 * least
            self._pays(share)


def _certain(tried: Mapping[int, NetGain], top: int) -> tuple[float, float]:
    """Return the largest share below at which it certainly does not pay, the least from there on at which it does."""
    low = max((share for share, net in tried.items() if share < top and net.high < -CENT), default=0)
    high = min((share for share, net in tried.items() if share >= top and net.low >= -CENT), default=math.nan)
    return low / STEPS, high / STEPS


def spread(facts: Facts, channel: str, leaving: set[str]) -> tuple[Recapture, ...]:
    """Return who would take a channel's demand over: the others that sell its SKUs, in proportion to their demand.

    Parameters
    ----------
    facts : Facts
    channel : str
    leaving : set of str
        Channels that are retired in any case.

    Returns
    -------
    tuple of Recapture
        Shares add up to one; empty where nobody else sells any of it.
    """
    lines = facts.lines
    mine = (lines.channel == code(facts.channels.id, channel)) & (lines.units > 0)
    sold = np.isin(lines.sku, lines.sku[mine])
    units = np.bincount(lines.channel[sold], weights=lines.units[sold], minlength=len(facts.channels.id))
    others = {
        str(name): float(amount)
        for name, amount in zip(facts.channels.id, units, strict=True)
        if amount > 0 and name != channel and name not in leaving
    }
    total = sum(others.values())
    return tuple(Recapture(name, min(amount / total, 1.0)) for name, amount in others.items())


def scaled(parts: tuple[Recapture, ...], share: float) -> tuple[Recapture, ...]:
    """Return the same receivers in the same proportions, taking a share over together."""
    total = sum(part.share for part in parts)
    return tuple(Recapture(part.to, min(share * part.share / total, 1.0), part.price_from) for part in parts)
