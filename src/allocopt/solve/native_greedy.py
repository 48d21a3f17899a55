"""The functions of `greedy`, compiled: the same, for problems that are too large for lists.

Code is kept for the file that asks for it, which does not change when a function in another file does: so what all of
them say is part of the key under which it is kept (`allocopt.solve.prices.native_store` says where).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import types
from numba.extending import register_jitable

from allocopt.solve import greedy
from allocopt.solve.prices.native_store import FLOATS, INTS, compiled, fingerprint

COUNTS = frozenset(
    {"first", "entry_first", "entry_row", "row_first", "row_choice", "taker", "article", "stamp", "seen", "at", "turn"}
)
"""Fields of the board that hold whole numbers."""
BOARD = types.NamedTuple(
    tuple(INTS if name in COUNTS else FLOATS for name in greedy.Taking._fields),
    greedy.Taking,
)
PARTS = greedy.give, greedy.alone, greedy.touch, greedy.pace, greedy.start, greedy.stop, greedy.eat, greedy.more
for part in (*PARTS, greedy.settle, greedy.run):
    register_jitable(part)


def typed(board: greedy.Taking) -> greedy.Taking:
    """Return a board of arrays of the types that compiled code takes."""
    named = board._asdict().items()
    kinds = {name: np.int64 if name in COUNTS else np.float64 for name in board._fields}
    return greedy.Taking(**{name: np.ascontiguousarray(part, kinds[name]) for name, part in named})


def _compiled(number):
    run_all = greedy.run

    def run(board, levels, begin, end):
        if number >= 0:
            run_all(board, levels, begin, end)

    return compiled((BOARD, INTS, types.int64, types.int64))(run)


run = _compiled(fingerprint((*PARTS, greedy.settle, greedy.run), greedy.TINY))
"""See `allocopt.solve.greedy.run`."""
