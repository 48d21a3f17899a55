"""Risk: what a contract earns in its bad futures, and a ranking that counts them.

.. code-block:: text

    cvar[c] = mean contribution over the worst 1 - level of the runs that count, by weight; the last run in part
    value[c] = (1 - weight) worth[c] + weight cvar[c]                                              [currency]

A run weighs what its scenario weighs, divided by its draws. Source: Rockafellar and Uryasev, Conditional value-at-risk
for general loss distributions, Journal of Banking and Finance 26 (2002).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

from allocopt.problem.facts import Floats

TENTH = 0.1
"""Part of the runs that a summary tells of at either end."""


@dataclass(frozen=True)
class CVaR:
    """Ranks contracts by their mean contribution and by the mean of their worst runs.

    Attributes
    ----------
    level : float
        The worst ``1 - level`` of the runs count as bad: 0.9 is the worst tenth; at least 0, below 1.
    weight : float
        What the mean of the bad runs counts; the mean of all counts the rest; from 0 to 1.

    Raises
    ------
    TypeError, ValueError
        If one is no number, or out of range.

    Examples
    --------
    A contract that earns 100 in nine of ten runs and 0 in the tenth has the mean 90, and 0 in its worst tenth:

    >>> risk = CVaR(0.9, weight=0.5)
    >>> risk.value(np.array([100.0] * 9 + [0.0]), np.full(10, 0.1))
    45.0
    """

    level: float = 0.9
    weight: float = 1.0

    def __post_init__(self) -> None:
        for name, value, open_end in (("level", self.level, True), ("weight", self.weight, False)):
            if isinstance(value, bool) or not isinstance(value, Real):
                raise TypeError(f"{name} must be a number from 0 to 1, not {value!r}: 0.9 counts the worst tenth")
            if not 0 <= value <= 1 or (open_end and value == 1):
                end = "below 1" if open_end else "up to 1"
                raise ValueError(f"{name} must be a number from 0, {end}, not {value!r}")

    def value(self, earned: Floats, weights: Floats) -> float:
        """Return what runs are worth under this risk [currency]; nan where there is none.

        Parameters
        ----------
        earned : float64, shape (runs,)
            Contribution of each run [currency].
        weights : float64, shape (runs,)
            What each run counts.
        """
        if not weights.sum() > 0:
            return math.nan
        bad = worst(earned, weights, 1 - self.level)
        return (1 - self.weight) * float(earned @ weights / weights.sum()) + self.weight * bad

    def words(self) -> str:
        """Return it in a few words.

        Examples
        --------
        >>> CVaR(0.9, weight=0.5).words()
        'mean contribution (50%) and the mean of the worst 10% of runs (50%)'
        """
        bad = f"the mean of the worst {100 * (1 - self.level):.4g}% of runs"
        if self.weight == 1:
            return bad
        return f"mean contribution ({100 * (1 - self.weight):.4g}%) and {bad} ({100 * self.weight:.4g}%)"


def worst(earned: Floats, weights: Floats, part: float) -> float:
    """Return the mean of the worst part of some runs, by weight; the last run that belongs to it counts in part.

    Examples
    --------
    >>> worst(np.array([4.0, 1.0, 3.0, 2.0]), np.ones(4), 0.375)
    1.3333333333333333
    """
    order = np.argsort(earned, kind="stable")
    weight = weights[order] / weights.sum()
    taken = np.clip(part - (np.cumsum(weight) - weight), 0.0, weight)
    return float(taken @ earned[order] / taken.sum())


def quantile(earned: Floats, weights: Floats, part: float) -> float:
    """Return what that part of some runs, by weight, earns at most; between runs in proportion.

    With equal weights it is the usual sample quantile (type 7 of Hyndman and Fan, 1996).

    Examples
    --------
    >>> quantile(np.array([4.0, 1.0, 3.0, 2.0, 5.0]), np.ones(5), 0.1)
    1.4
    """
    order = np.argsort(earned, kind="stable")
    value, weight = earned[order], weights[order]
    value, weight = value[weight > 0], weight[weight > 0]
    middle = np.cumsum(weight) - weight / 2
    if len(value) < 2:
        return float(value[0])
    place = (middle - middle[0]) / (middle[-1] - middle[0])
    return float(np.interp(part, place, value))
