"""What of a lot can be used: the sure part of it, less what is promised elsewhere."""

from __future__ import annotations

import numpy as np

from allocopt.problem.facts import Flags, Floats
from allocopt.rounding import floor_share


def usable_units(confidence: Floats, units: Floats, reserved: Floats, divisible: Flags) -> Floats:
    """Return floor(confidence * units) - reserved, at least 0; not floored where the SKU is divisible [unit].

    Parameters
    ----------
    confidence, units, reserved : float64, shape (n,)
        Of each lot [1, unit, unit].
    divisible : bool, shape (n,)
        Whether its SKU is.

    Returns
    -------
    float64 array, shape (n,)

    Examples
    --------
    >>> usable_units(np.array([0.8]), np.array([20.0]), np.array([5.0]), np.array([False])).tolist()
    [11.0]
    """
    trusted = np.where(divisible, confidence * units, floor_share(confidence, units))
    return np.maximum(trusted - reserved, 0.0)
