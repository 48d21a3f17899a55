"""Break-even recapture: the share of a channel's demand that others must take over for its retirement to pay.

.. code-block:: text

    net(q) = contribution of the plan in which a share q of the demand is asked for elsewhere - contribution as it is
    break-even = least q in {0, 0.01, ..., 1} found with net(q) >= 0          [1]

Each q is a real plan in whole units. The search halves the range, supposing that more recapture does not make the
retirement worth less. Where the contract does not optimise money alone, that need not hold: then the answer is one of
the shares at which it begins to pay. Source: bisection, e.g. Press et al., Numerical Recipes (2007), ch. 9.
"""

from __future__ import annotations

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


def find_break_even(net_at: Callable[[int], NetGain], known: Mapping[int, NetGain]) -> BreakEven:
    """Return the share from which on a retirement pays.

    Parameters
    ----------
    net_at : callable
        Gives the worth at a share of so many hundredths.
    known : mapping of int to NetGain
        Worth at shares that are known already.

    Examples
    --------
    >>> def net_at(hundredths):
    ...     worth = hundredths * 3.0 - 100.0
    ...     return NetGain(worth, worth - 4.0, worth + 4.0)
    >>> find_break_even(net_at, {})
    BreakEven(share=0.34, low=0.31, high=0.37)
    """
    tried = dict(known)

    def pays(share: int) -> bool:
        if share not in tried:
            tried[share] = net_at(share)
        return tried[share].found >= -CENT

    if pays(0):
        top = 0
    else:
        enough = [share for share in tried if pays(share)]
        top = min(enough) if enough else STEPS
        if not pays(top):
            return BreakEven(math.nan, *_certain(tried, STEPS + 1))
        bottom = max(share for share in tried if share < top)
        while top - bottom > 1:
            middle = (bottom + top) // 2
            bottom, top = (bottom, middle) if pays(middle) else (middle, top)
    return BreakEven(top / STEPS, *_certain(tried, top))


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
