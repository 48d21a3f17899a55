"""The moves, compiled: the same functions, for programs that are too large for lists.

Code is kept for the file that asks for it, which does not change when a function in another file does: so what all of
them say is part of the key under which it is kept (`allocopt.solve.prices.native_store` says where).
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from numba import types
from numba.extending import register_jitable

from allocopt.solve.prices.native_store import CODES, FLAGS, FLOATS, INTS, SIDES, compiled, fingerprint
from allocopt.solve.ties import board as of
from allocopt.solve.ties import moves

COLUMNS = types.NamedTuple((FLOATS, FLOATS, FLOATS, FLAGS, CODES, CODES, FLOATS, FLOATS), of.Columns)
ROWS = types.NamedTuple((FLOATS, FLOATS, FLOATS, INTS, CODES, FLOATS, FLOATS, SIDES, FLAGS, INTS), of.TiedRows)
ARCS = types.NamedTuple((CODES, CODES, CODES, INTS, FLOATS), of.TiedArcs)
LINES = types.NamedTuple((INTS, INTS, FLOATS, FLOATS, FLOATS, INTS, INTS, INTS), of.TiedLines)
LOTS = types.NamedTuple((FLOATS, FLOATS, INTS), of.TiedLots)
BOARD = types.NamedTuple((COLUMNS, ROWS, ARCS, LINES, LOTS), of.TieBoard)
HAND = types.NamedTuple((INTS, FLOATS, INTS, FLAGS, FLOATS, FLOATS, INTS, FLOATS, INTS), of.Hand)
DESK = types.NamedTuple((INTS, FLAGS, FLAGS, INTS, INTS, INTS, FLOATS, INTS, INTS), of.Desk)

for part in moves.PARTS:
    register_jitable(part)


NUMBERS = sorted((name, value) for name, value in vars(of).items() if isinstance(value, int | float))
"""What the functions take from the board's file, which is part of their code."""


def _compiled(number):
    settle_all = moves.settle

    def settle(board, hand, desk, seen, begin, end, limit):
        if number >= 0:
            settle_all(board, hand, desk, seen, begin, end, limit)

    whole = types.int64
    # Nothing in it makes an array, so that none has to be counted.
    return compiled((BOARD, HAND, DESK, INTS, whole, whole, whole), _nrt=False)(settle)


settle = _compiled(fingerprint(moves.PARTS, NUMBERS))
"""See `allocopt.solve.ties.moves.settle`."""
