"""The moves, compiled: the same functions, for programs that are too large for lists.

What is compiled is kept on disk, as the price engine's code is. The file that it is kept for does not change when a
function in another file does: so what all of them say is part of the key under which it is kept.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import zlib
from typing import Any

from numba import njit
from numba.extending import register_jitable

from allocopt.solve.ties import board as constants
from allocopt.solve.ties import moves

for part in moves.PARTS:
    register_jitable(part)


def _print() -> int:
    """Return a number that changes with what is compiled."""
    said = [(part.__code__.co_code, part.__code__.co_names, part.__code__.co_consts) for part in moves.PARTS]
    numbers = sorted((name, value) for name, value in vars(constants).items() if isinstance(value, int | float))
    return zlib.crc32(repr((said, numbers)).encode())


def _compiled(fingerprint):
    settle_all = moves.settle

    def settle(board, hand, desk, seen, begin, end, limit):
        if fingerprint >= 0:
            settle_all(board, hand, desk, seen, begin, end, limit)

    options: Any = {"cache": True, "nogil": True, "_nrt": False}  # nothing in it makes arrays
    return njit(**options)(settle)


settle = _compiled(_print())
"""See `allocopt.solve.ties.moves.settle`."""
