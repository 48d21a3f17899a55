"""The compiled functions that others call, and where their code is kept (`allocopt.solve.prices.native_store`).

Code is kept for the file that asks for it, which does not change when a function in another file does: so what all of
them say is part of the key under which it is kept.
"""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from types import FunctionType

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
    functions = [each.py_func for each in parts] + [each for _, each in named if isinstance(each, FunctionType)]
    options = [sorted(each.targetoptions.items()) for each in parts]
    numbers = [item for item in named if isinstance(item[1], int | float)]
    kinds = [str(kind) for _, kind in sorted(vars(records).items()) if isinstance(kind, np.dtype)]
    return fingerprint(functions, options, numbers, kinds)


NUMBER = _print()
LOT_ARRAYS = FLOATS, INTS, INTS, FLOATS, FLOATS, FLOATS, FLOATS, FLAGS, FLOATS, FLOATS, INTS, FLOATS, FLOATS, CODES

serve_all = compiled((BOOK, FLOATS, INTS), NUMBER)(native_serving.serve_all)
anneal = compiled((BOOK, INTS, WHOLE, WHOLE, REAL, REAL), NUMBER)(native_moves.anneal)
answer = compiled((BOOK, FLOATS, FLOATS, FLOATS), NUMBER)(native_prices.answer)
lots_at_rents = compiled(LOT_ARRAYS, NUMBER)(native_lots.lots_at_rents)
orders_at_rents = compiled((INTS, INTS, INTS, INTS, FLAGS, FLOATS, FLOATS, FLOATS), NUMBER)(native_lots.orders_at_rents)
FUNCTIONS = serve_all, anneal, answer, lots_at_rents, orders_at_rents
