"""A small linear program as a sheet of numbers: what the columns and rows that vary by themselves make of the others.

.. code-block:: text

    x_basic  =  table @ x_free            worth  =  last line of the table @ x_free

Rows count as columns too (what the row takes), so nothing is added anywhere. A pivot lets a basic one and a free one
change places; lines and entries that are zero cost nothing, and most of them are, since most of a block is a network.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

_HOW: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
inner = njit(**_HOW)
"""Compiles what only compiled code calls: that takes half the time."""

PIVOT = 1e-7
"""Entries below are no pivots."""
ZERO = 1e-11
"""Entries below are rounding residues."""
FLAT = 1e-9
"""Worth per unit below which a column may as well lie at either limit."""
ASTRAY = 1e-6
"""Worth per unit from which on a column without a limit has no best place."""


class Sheet(NamedTuple):
    """The table, the squared lengths of its lines, who is basic and who is free, and where everybody lies.

    `low` and `high` are the limits of columns, then rows; `at` where the free ones lie, `value` the basic ones.
    `told`: work, pivots, worth, line that cannot be met, and the side that it misses.
    """

    table: Any
    length: Any
    basic: Any
    free: Any
    low: Any
    high: Any
    at: Any
    value: Any
    told: Any
    filled: Any
    entering: Any
    ratio: Any


WORK, PIVOTS, WORTH, LINE, SIDE = range(5)


def new_sheet(lower, upper, row_lower, row_upper):
    """Return room for the sheet of a program with these limits."""
    columns, rows = len(lower), len(row_lower)
    return Sheet(
        np.empty((rows + 1, columns)),
        np.empty(rows),
        np.empty(rows, np.int32),
        np.empty(columns, np.int32),
        np.concatenate((lower, row_lower)),
        np.concatenate((upper, row_upper)),
        np.zeros(columns),
        np.zeros(rows),
        np.zeros(5),
        np.empty(columns, np.int32),
        np.empty(columns, np.int32),
        np.empty(columns),
    )


@inner
def load(sheet, program):
    """Write the program: all columns free, all rows basic."""
    table, rows, columns = sheet.table, len(sheet.basic), len(sheet.free)
    for i in range(rows + 1):
        for j in range(columns):
            table[i, j] = 0.0
    for j in range(columns):
        for entry in range(program.indptr[j], program.indptr[j + 1]):
            table[program.indices[entry], j] = program.data[entry]
        table[rows, j] = program.cost[j]
        sheet.free[j] = j
    for i in range(rows):
        sheet.basic[i] = columns + i
        sheet.length[i] = 1.0
        for j in range(columns):
            sheet.length[i] += table[i, j] * table[i, j]
    sheet.told[WORK] += rows * columns


@inner
def pivot(sheet, line, place):
    """Let the basic one of a line and the free one of a place change places."""
    table, length, filled = sheet.table, sheet.length, sheet.filled
    rows, columns = len(sheet.basic), len(sheet.free)
    inverse = 1.0 / table[line, place]
    entries, lines = 0, 0
    length[line] = 1.0 + inverse * inverse
    for j in range(columns):
        if j != place and table[line, j] != 0.0:
            table[line, j] *= -inverse
            length[line] += table[line, j] * table[line, j]
            filled[entries] = j
            entries += 1
    table[line, place] = inverse
    for i in range(rows + 1):
        factor = table[i, place]
        if i == line or factor == 0.0:
            continue
        lines += 1
        table[i, place] = factor * inverse
        change = table[i, place] * table[i, place] - factor * factor
        for k in range(entries):
            j = filled[k]
            old = table[i, j]
            new = old + factor * table[line, j]
            if abs(new) < ZERO:
                new = 0.0
            table[i, j] = new
            change += new * new - old * old
        if i < rows:
            length[i] = max(1.0, length[i] + change)
    sheet.basic[line], sheet.free[place] = sheet.free[place], sheet.basic[line]
    sheet.told[WORK] += entries * lines + 3 * columns + 4 * rows


@inner
def rewrite(sheet, program):
    """Write the sheet anew with the columns that are basic, so that no rounding is left of what came before."""
    rows, columns = len(sheet.basic), len(sheet.free)
    wanted = np.zeros(columns + rows, np.bool_)
    for i in range(rows):
        wanted[sheet.basic[i]] = True
    load(sheet, program)
    for place in range(columns):
        if not wanted[place]:
            continue
        line = -1
        for i in range(rows):
            larger = line < 0 or abs(sheet.table[i, place]) > abs(sheet.table[line, place])
            if larger and not wanted[sheet.basic[i]] and abs(sheet.table[i, place]) > PIVOT:
                line = i
        if line >= 0:
            pivot(sheet, line, place)


@inner
def move(sheet, place, step):
    """Let the basic ones follow a free one that moves by a step."""
    rows = len(sheet.basic)
    sheet.told[WORTH] += sheet.table[rows, place] * step
    for i in range(rows):
        if sheet.table[i, place] != 0.0:
            sheet.value[i] += sheet.table[i, place] * step
    sheet.told[WORK] += 2 * rows


@inner
def put_free(sheet, anew):
    """Put the free ones where they are worth most, and the others where that leaves them; False where that is nowhere.

    Whatever the limits became, no free one is then worth more elsewhere: the dual simplex can go on. The basic ones
    follow what moves, or are added up `anew`.
    """
    table, low, high, at = sheet.table, sheet.low, sheet.high, sheet.at
    rows, columns = len(sheet.basic), len(sheet.free)
    for j in range(columns):
        who, worth, place = sheet.free[j], table[rows, j], at[j]
        if low[who] == high[who] or (worth < -FLAT and not np.isinf(low[who])):
            place = low[who]
        elif worth > FLAT and not np.isinf(high[who]):
            place = high[who]
        elif abs(worth) > ASTRAY:
            return False
        elif not np.isinf(low[who]) and (np.isinf(high[who]) or at[j] != high[who]):
            place = low[who]
        else:
            place = 0.0 if np.isinf(high[who]) else high[who]
        if place != at[j]:
            if not anew:
                move(sheet, j, place - at[j])
            at[j] = place
    if anew:
        for i in range(rows):
            sheet.value[i] = 0.0
            for j in range(columns):
                if at[j] != 0.0:
                    sheet.value[i] += table[i, j] * at[j]
        sheet.told[WORK] += rows * columns
    return True
