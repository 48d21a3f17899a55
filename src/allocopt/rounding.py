"""Quantities rounded to whole units: the one place where a fraction of a unit is dropped or moved."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Codes, Floats

RESIDUE = 1e-3
"""Part of a unit that is never taken for rounding, however large the numbers [unit]."""
LONG = 2.0**32
"""Products from here on are rounded down in integers: a double has too few digits left behind the point [unit]."""


def residue(quantity: Floats) -> Floats:
    """Return what a quantity may be off by from rounding: at most a thousandth of a unit, however large it is.

    >>> residue(np.array([1.0, 2.0**40, 2.0**50])).tolist()
    [1e-09, 0.0009765625, 0.001]
    """
    off: Floats = np.minimum(np.maximum(1e-9, 4.0 * np.spacing(np.abs(quantity))), RESIDUE)
    return off


def floor_units(quantity: Floats) -> Floats:
    """Round quantities down to whole units; what is whole but for rounding stays.

    >>> floor_units(np.array([2.9999999999, 0.29 * 100_000_000, 2.5, 2.0**53])).tolist()
    [3.0, 29000000.0, 2.0, 9007199254740992.0]
    """
    whole: Floats = np.floor(quantity + residue(quantity))
    return whole


def floor_share(share: Floats, units: Floats) -> Floats:
    """Return ``floor(share * units)``, the share read as the decimal that it was written as.

    Parameters
    ----------
    share : float64, shape (n,)
        Such as 0.29 [1].
    units : float64, shape (n,)
        Quantities [unit].

    Returns
    -------
    float64 array, shape (n,)
        Whole numbers.

    Examples
    --------
    >>> floor_share(np.array([0.29, 0.9]), np.array([100_000_000, 1_111_111_111_111_111.0])).tolist()
    [29000000.0, 999999999999999.0]
    """
    product = share * units
    whole = floor_units(product)
    for place in np.flatnonzero(product >= LONG).tolist():
        whole[place] = Fraction(repr(float(share[place]))) * Fraction(float(units[place])) // 1
    return whole


def floored(limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return limits rounded down to whole numbers, but for a rounding residue (see `residue`)."""
    return np.where(np.isfinite(limits), np.floor(limits + residue(limits)), limits)


def ceiled(limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return limits rounded up to whole numbers, but for a rounding residue."""
    return -floored(-limits)


def largest_remainder(wanted: NDArray[np.float64], group: Codes, size: int) -> NDArray[np.float64]:
    """Round quantities to whole units so that each group keeps its total, rounded down.

    The units that rounding down sets free go to the largest remainders; ties go to the earlier member.

    Parameters
    ----------
    wanted : float64, shape (n,)
        Quantities [unit].
    group : integer array, shape (n,)
        Group of each quantity, in [0, size).
    size : int
        Number of groups.

    Returns
    -------
    float64 array, shape (n,)
        Whole numbers.

    Examples
    --------
    >>> largest_remainder(np.array([125, 156.25, 218.75]), np.zeros(3, dtype=int), 1)
    array([125., 156., 219.])
    """
    whole = floor_units(wanted)
    spare = np.bincount(group, weights=wanted, minlength=size).astype(np.float64)
    spare = floor_units(spare) - np.bincount(group, weights=whole, minlength=size)
    rest = np.round(np.maximum(wanted - whole, 0.0), 9)
    order = np.lexsort((np.arange(len(wanted)), -rest, group))
    sorted_group = group[order]
    first = np.searchsorted(sorted_group, sorted_group)
    rank = np.arange(len(wanted)) - first
    whole[order] += rank < spare[sorted_group]
    return whole
