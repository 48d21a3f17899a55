"""What small programs came to, for who solves many of the same: the orders of one turn, scenario after scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import fields

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve.solution import Solution

LARGEST = 2_000
"""Columns of a program whose answer is kept; to hash a larger one for nothing is not worth the while."""
MANY = 2_000
"""Answers that are kept, the first ones."""


class Remembered:
    """Answers by the numbers of their programs; each is the one that solving it again would give."""

    def __init__(self) -> None:
        self._known: dict[bytes, Solution] = {}

    def of(self, program: Program, asked: tuple[object, ...], solve: Callable[[], Solution]) -> Solution:
        """Return what a program comes to, from `solve` the first time.

        Parameters
        ----------
        program : Program
        asked : tuple
            How well it is to be solved: plain values.
        solve : callable
            Depends on nothing else, and on no clock.
        """
        if program.columns > LARGEST:
            return solve()
        key = _digest(program, asked)
        found = self._known.get(key)
        if found is None:
            found = solve()
            if len(self._known) < MANY:
                self._known[key] = found
        return found


def _digest(program: Program, asked: tuple[object, ...]) -> bytes:
    """Return a hash over everything that an answer depends on: all that the program holds, and how it is asked."""
    seen = hashlib.blake2b(repr(asked).encode())
    for each in fields(program):
        held = getattr(program, each.name)
        if isinstance(held, np.ndarray):
            seen.update(repr(held.shape).encode())
            seen.update(np.ascontiguousarray(held).tobytes())
        else:
            seen.update(repr(held).encode())
    return seen.digest()
