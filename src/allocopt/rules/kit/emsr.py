"""EMSR: how many units to keep for demand that pays more, whose size is not known.

.. code-block:: text

    P(demand of ranks 1..j > level[j]) = value[j + 1] / mean value of ranks 1..j                EMSR-b
    level[j] = sum_{i <= j} y[i],    P(demand of rank i > y[i]) = value[j + 1] / value[i]       EMSR-a          [unit]

with normal demand. Source: see `allocopt.rules.protection_levels`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from allocopt.problem.facts import Floats


def emsr_b(fares: ArrayLike, means: ArrayLike, sds: ArrayLike) -> NDArray[np.float64]:
    """Return the EMSR-b protection levels of classes with independent normal demand.

    Parameters
    ----------
    fares : array, shape (classes,)
        Value of a unit in each class, highest first [currency/unit].
    means, sds : array, shape (classes,)
        Mean and standard deviation of the demand of each class [unit].

    Returns
    -------
    float64, shape (classes - 1,)
        Units to keep for the first class, for the first two, and so on [unit]; inf where the next class is worth
        nothing.

    Raises
    ------
    ValueError
        If the arrays differ in length, fares rise, or a mean or standard deviation is negative.

    Examples
    --------
    >>> emsr_b([1050, 567, 534, 520], [17.3, 45.1, 39.6, 34.0], [5.8, 15.0, 13.2, 11.3]).round(2).tolist()
    [16.72, 50.94, 83.15]
    """
    return _levels_of(fares, means, sds, "emsr_b")


def emsr_a(fares: ArrayLike, means: ArrayLike, sds: ArrayLike) -> NDArray[np.float64]:
    """Return the EMSR-a protection levels of classes with independent normal demand; see `emsr_b`.

    Each class above a limit is protected from the next class by itself, and what that takes is added up. Source:
    Belobaba, Air Travel Demand and Airline Seat Inventory Management (1987); Talluri and van Ryzin, The Theory and
    Practice of Revenue Management (2004), ch. 2.2.4.

    Parameters
    ----------
    fares, means, sds : array, shape (classes,)
        As for `emsr_b`.

    Returns
    -------
    float64, shape (classes - 1,)
        Units to keep for the first class, for the first two, and so on [unit]; inf where the next class is worth
        nothing.

    Raises
    ------
    ValueError
        If the arrays differ in length, fares rise, or a mean or standard deviation is negative.

    Examples
    --------
    >>> emsr_a([1050, 567, 534, 520], [17.3, 45.1, 39.6, 34.0], [5.8, 15.0, 13.2, 11.3]).round(2).tolist()
    [16.72, 38.72, 55.68]
    """
    return _levels_of(fares, means, sds, "emsr_a")


def _levels_of(fares: ArrayLike, means: ArrayLike, sds: ArrayLike, method: str) -> Floats:
    """Return the levels of classes that somebody states; `ValueError` where these make no sense."""
    fare, mean, sd = (np.asarray(given, dtype=np.float64) for given in (fares, means, sds))
    if fare.ndim != 1 or fare.shape != mean.shape or fare.shape != sd.shape:
        raise ValueError("fares, means and sds must be lists of the same length")
    if not (np.isfinite(fare).all() and np.isfinite(mean).all() and np.isfinite(sd).all()):
        raise ValueError("fares, means and sds must be finite numbers")
    if (np.diff(fare) > 0).any():
        raise ValueError("fares must not rise: the class that is worth most comes first")
    if (mean < 0).any() or (sd < 0).any():
        raise ValueError("means and sds must be at least 0")
    found: Floats = levels(fare[None], mean[None], sd[None] ** 2, method)[0]
    return found


def levels(value: Floats, mean: Floats, variance: Floats, method: str) -> Floats:
    """Return the levels of many SKUs at once, shape (skus, classes - 1); see `emsr_b` and `emsr_a`."""
    if method == "emsr_a":
        level = np.zeros_like(value[:, 1:])
        for last in range(level.shape[1]):
            above, next_one = slice(0, last + 1), value[:, last + 1 : last + 2]
            level[:, last] = _kept(value[:, above], next_one, mean[:, above], variance[:, above]).sum(axis=1)
        return level
    several = mean.cumsum(axis=1)[:, :-1]
    worth = (value * mean).cumsum(axis=1)[:, :-1]
    average = np.divide(worth, several, out=np.zeros_like(several), where=several > 0)
    return _kept(average, value[:, 1:], several, variance.cumsum(axis=1)[:, :-1])


def _kept(value: Floats, next_one: Floats, mean: Floats, variance: Floats) -> Floats:
    """Return what is kept of demand that is worth so much from another one; all of it where that is worth nothing.

    Where demand itself is worth nothing, nothing is worth keeping.
    """
    from scipy.special import ndtri

    part = np.where(value > 0, next_one, 1.0) / np.where(value > 0, value, 1.0)
    inside = (part > 0) & (part < 1)
    level = mean + np.sqrt(variance) * ndtri(1.0 - np.where(inside, part, 0.5))
    found: Floats = np.where(inside, np.maximum(level, 0.0), np.where((part <= 0) & (mean > 0), np.inf, 0.0))
    return found
