"""Steps downhill on a convex function of which only values and slopes are known.

Steps are those of Polyak towards a target, deflected by the step before: Held, Wolfe and Crowder, Validation of
subgradient optimization, Mathematical Programming 6 (1974); Camerini, Fratta and Maffioli, ibid. Study 3 (1975).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from allocopt.arrays import Floats

SHRINK = 0.6
"""By how much steps shrink where so many as one has patience for gained nothing."""
DEFLECTED = 0.7
"""Part of the step before that goes into each step."""
BETTER = 1e-7
"""Relative gain that counts as one."""


class Descent:
    """A point that moves downhill, and the best one it saw.

    Parameters
    ----------
    at : float64, shape (n,)
        Where to start.
    allowed : callable
        ``allowed(point)`` is the nearest one that may be looked at.
    least : float
        Step (1 at first) at which it ends.
    scale : float64, shape (n,), optional
        How far a unit of slope moves each coordinate against the others: what a coordinate is like in size, for what
        its slope is like. Without it coordinates of different kinds hold each other up.
    patience : int
        Steps without gain after which steps shrink.

    Attributes
    ----------
    at : float64, shape (n,)
        Where to look next.
    best, kept : float and float64, shape (n,)
        The least value so far, and where it was.
    """

    def __init__(
        self,
        at: Floats,
        allowed: Callable[[Floats], Floats],
        least: float,
        *,
        scale: Floats | None = None,
        patience: int = 12,
    ) -> None:
        self._allowed, self._least, self._patience = allowed, least, patience
        self._scale = np.ones(len(at)) if scale is None else scale
        self.at = self.kept = allowed(at)
        self.best = np.inf
        self._way: Floats | None = None
        self._step, self._idle = 1.0, 0

    @property
    def over(self) -> bool:
        """Whether steps have become too small to matter."""
        return self._step < self._least

    def seen(self, value: float) -> None:
        """Tell the value at the present point."""
        self._idle = 0 if value < self.best - BETTER * abs(value) else self._idle + 1
        if value < self.best:
            self.best, self.kept = value, self.at

    def move(self, value: float, slope: Floats, target: float) -> None:
        """Move on from the present point, given its value and slope, towards a target."""
        if self._idle >= self._patience:
            self._step, self._idle, self._way, self.at = self._step * SHRINK, 0, None, self.kept
            return
        self._way = slope if self._way is None else (1 - DEFLECTED) * slope + DEFLECTED * self._way
        way = self._scale * self._way
        norm = float((way * self._way).sum())  # a product by BLAS wakes threads that then wait for nothing
        if norm <= 0:
            self._step = 0.0
            return
        self.at = self._allowed(self.at - self._step * max(value - target, 1e-6 * abs(value)) / norm * way)
