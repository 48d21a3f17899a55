"""What small programs came to, for who solves many of the same: the orders of one turn, scenario after scenario."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np

from allocopt.algebra.program import Program
from allocopt.solve.solution import Solution

LARGEST = 2_000
"""Columns of a program whose answer is kept; to hash a larger one for nothing is not worth the while."""
MANY = 2_000
"""Answers that are kept, the first ones."""
NUMBERS = (
    "cost",
    "lower",
    "upper",
    "integer",
    "indptr",
    "indices",
    "data",
    "row_lower",
    "row_upper",
    "column_sku",
    "row_sku",
)
"""All arrays that every program has."""


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
    """Return a hash over everything that an answer depends on."""
    told = program.column_line is not None
    seen = hashlib.blake2b(repr((program.columns, program.rows, program.constant, told, asked)).encode())
    for name in (*NUMBERS, "column_line") if told else NUMBERS:
        seen.update(np.ascontiguousarray(getattr(program, name)).tobytes())
    return seen.digest()
