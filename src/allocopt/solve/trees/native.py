"""The compiled function that others call, kept under a fingerprint of all that it is made of."""
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from __future__ import annotations

from numba import types
from numba.core.dispatcher import Dispatcher

from allocopt.solve.prices.native_store import CODES, FLAGS, FLOATS, SIDES, TABLE, compiled, fingerprint
from allocopt.solve.trees import native_dual, native_search, native_sheet

REAL = types.float64
SMALL = types.NamedTuple((FLOATS, FLOATS, FLOATS, FLAGS, CODES, CODES, FLOATS, FLOATS, FLOATS), native_search.Small)
SHEET = types.NamedTuple(
    (TABLE, FLOATS, CODES, CODES, FLOATS, FLOATS, FLOATS, FLOATS, FLOATS, CODES, CODES, FLOATS), native_sheet.Sheet
)
NODES = types.NamedTuple((CODES, CODES, SIDES, FLOATS, FLOATS, CODES, FLAGS, CODES, TABLE), native_search.TreeNodes)


def _print() -> int:
    """Return a number that changes with what is compiled."""
    named = [item for module in (native_sheet, native_dual, native_search) for item in sorted(vars(module).items())]
    functions = [each.py_func for _, each in named if isinstance(each, Dispatcher)]
    return fingerprint(functions, [item for item in named if isinstance(item[1], int | float)])


def _compiled(number):
    """Return the function; `number` is part of it, so that its code is kept under it."""

    @compiled((SMALL, SHEET, NODES, FLOATS, REAL, REAL, REAL))
    def search(program, sheet, nodes, plan, worth, margin, work):
        if number >= 0:
            return native_search.search(program, sheet, nodes, plan, worth, margin, work)
        return 0, 0, 0.0, 0.0, 0.0

    return search


search = _compiled(_print())
