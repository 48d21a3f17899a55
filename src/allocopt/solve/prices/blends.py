"""Which rounds the proposals of a master come from: each is of one round, or blended of several."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.solve.prices.apart import Floats, Longs

MORE = 32
"""Rounds for which room is made at a time."""


class Blends:
    """The slot that the plan of each group and round is in, and its part of what stands there.

    Parameters
    ----------
    groups : int

    Attributes
    ----------
    slot : int16, shape (groups, rounds)
        -1 where a plan is in none.
    part : float64, shape (groups, rounds)
        The parts in one slot add up to one.
    """

    def __init__(self, groups: int) -> None:
        self.slot: NDArray[np.int16] = np.zeros((groups, 0), np.int16)
        self.part: Floats = np.zeros((groups, 0))

    def put(self, group: Longs, slot: Longs, number: int) -> None:
        """Put plans of a round into slots of some groups, in the place of what was there."""
        missing = number + 1 - self.slot.shape[1]
        if missing > 0:
            more = ((0, 0), (0, max(missing, MORE)))
            self.slot = np.pad(self.slot, more, constant_values=-1)
            self.part = np.pad(self.part, more)
        gone = self.slot[group] == slot[:, None]
        self.slot[group] = np.where(gone, -1, self.slot[group])
        self.slot[group, number], self.part[group, number] = slot, 1.0

    def blend(self, group: Longs, slot: Longs, beside: Longs, part: Floats) -> None:
        """Blend what is in a slot of each group into what is in another, so that it makes up a part of that."""
        slots, parts = self.slot[group], self.part[group]
        out, into = slots == slot[:, None], slots == beside[:, None]
        self.part[group] = np.where(out, part[:, None], np.where(into, 1.0 - part[:, None], 1.0)) * parts
        self.slot[group] = np.where(out, beside[:, None], slots)

    def shares(self, group: Longs, slot: Longs, share: Floats) -> tuple[Longs, Longs, Floats]:
        """Return groups, rounds and shares of the plans that proposals with shares are made of."""
        slots = int(self.slot.max(initial=-1)) + 1
        given = np.zeros((len(self.slot), slots + 1))
        given[group, slot] = share
        of_round = np.take_along_axis(given, self.slot.astype(np.int64), axis=1) * self.part
        groups, number = np.nonzero(of_round)
        return groups, number, of_round[groups, number]

    def held(self) -> Longs:
        """Return the rounds that some slot holds a plan of."""
        return np.flatnonzero((self.slot >= 0).any(axis=0))

    def copy(self) -> Blends:
        """Return what does not change any more when proposals come and go."""
        other = Blends(0)
        other.slot, other.part = self.slot.copy(), self.part.copy()
        return other
