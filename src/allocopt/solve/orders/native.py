"""The compiled functions that others call, and where their code is kept (`allocopt.solve.prices.native_store`).

Code is kept for the file that asks for it, which does not change when a function in another file does: so what all of
them say is part of the key under which it is kept.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

import numpy as np
from numba import from_dtype, types
from numba.core.dispatcher import Dispatcher

from allocopt.solve.orders import native_lots, native_moves, native_prices, native_serving, records
from allocopt.solve.prices.native_store import CODES, FLAGS, FLOATS, INTS, compiled, fingerprint


def _records(kind):
    return from_dtype(kind)[::1]


ORDERS, LINES, SHIPMENTS, ARCS, USES, OPTIONS, SWITCHES, RESOURCES, LOG = (
    _records(kind)
    for kind in (
        records.ORDER,
        records.LINE,
        records.SHIPMENT,
        records.ARC,
        records.USE,
        records.OPTION,
        records.SWITCH,
        records.RESOURCE,
        records.LOG,
    )
)
BOOK = types.NamedTuple(
    (ORDERS, LINES, SHIPMENTS, ARCS, USES, OPTIONS, INTS, SWITCHES, USES, RESOURCES, INTS, INTS, LOG, FLOATS, INTS),
    records.Book,
)
WHOLE, REAL = types.int64, types.float64


def _print() -> int:
    """Return a number that changes with what is compiled."""
    modules = native_lots, native_moves, native_prices, native_serving
    named = [item for module in modules for item in sorted(vars(module).items())]
    parts = [each for _, each in named if isinstance(each, Dispatcher)]
    functions, options = [each.py_func for each in parts], [sorted(each.targetoptions.items()) for each in parts]
    numbers = [item for item in named if isinstance(item[1], int | float)]
    kinds = [str(kind) for _, kind in sorted(vars(records).items()) if isinstance(kind, np.dtype)]
    return fingerprint(functions, options, numbers, kinds)


def _compiled(number):
    """Return the functions; `number` is part of each, so that their code is kept under it."""

    @compiled((BOOK, INTS))
    def in_turn(b, orders):
        if number >= 0:
            native_serving.in_turn(b, orders)

    @compiled((BOOK, FLOATS, types.boolean))
    def put_all(b, units, again_too):
        if number >= 0:
            native_serving.put_all(b, units, again_too)

    @compiled((BOOK, INTS, WHOLE, WHOLE, REAL, REAL))
    def anneal(b, pool, moves, stamp, hot, cold):
        return native_moves.anneal(b, pool, moves, stamp, hot, cold) if number >= 0 else 0

    @compiled((BOOK, FLOATS, FLOATS, FLOATS))
    def answer(b, used, top, score):
        return native_prices.answer(b, used, top, score) if number >= 0 else 0.0

    @compiled((FLOATS, INTS, INTS, FLOATS, FLOATS, FLOATS, FLOATS, FLAGS, FLOATS, FLOATS, INTS, FLOATS, FLOATS, CODES))
    def lots_at_rents(
        limit, begin, member, weight, value, rent, most, rigid, taken, shipped, picked, each, best, choice
    ):
        if number >= 0:
            return native_lots.lots_at_rents(
                limit, begin, member, weight, value, rent, most, rigid, taken, shipped, picked, each, best, choice
            )
        return 0.0

    @compiled((INTS, INTS, INTS, INTS, FLAGS, FLOATS, FLOATS, FLOATS))
    def orders_at_rents(order_line, line_arc, order_option, option, single, rent, charge, held):
        if number >= 0:
            return native_lots.orders_at_rents(order_line, line_arc, order_option, option, single, rent, charge, held)
        return 0.0

    return in_turn, put_all, anneal, answer, lots_at_rents, orders_at_rents


FUNCTIONS = in_turn, put_all, anneal, answer, lots_at_rents, orders_at_rents = _compiled(_print())
