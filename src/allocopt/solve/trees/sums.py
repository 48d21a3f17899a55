"""Sums of packs that are worth telling apart: of those that draw on the same row.

Branching on the packs of one line only moves a part of a pack to another line that draws on the same stock. The sum
over all of them is a whole number as well, and with it the stock counts in whole packs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program, whole_rows, with_rows
from allocopt.arrays import Places


def sums_of(program: Program) -> tuple[Places, ...]:
    """Return the whole-unit columns of each sum, ascending; no sum twice.

    A pack is a whole-unit column in one row with other entries than one; what else is in that row draws, by its other
    rows, on what the packs share.
    """
    column, row = program.entry_column, program.indices.astype(np.intp)
    large = np.abs(program.data) != 1.0
    packs = program.integer & (np.bincount(column[large], minlength=program.columns) == 1)
    of_row = np.full(program.rows, -1)
    chosen = large & packs[column]
    of_row[row[chosen]] = column[chosen]
    pack = of_row[row]  # the pack that each entry's row counts, -1 for none
    counted = (pack >= 0) & ~large
    owner = np.full(program.columns, -1)
    owner[column[counted]] = pack[counted]
    shares = ~large & (owner[column] >= 0) & (pack < 0)
    pairs = np.unique(row[shares] * program.columns + owner[column[shares]])
    row, pack = pairs // program.columns, pairs % program.columns
    first = np.flatnonzero(np.append(True, row[1:] != row[:-1])) if len(row) else row
    until = np.append(first[1:], len(row))
    several = until - first > 1
    groups = [pack[a:b] for a, b in zip(first[several].tolist(), until[several].tolist(), strict=True)]
    return tuple({group.tobytes(): group for group in groups}.values())


def told_apart(program: Program, sums: tuple[Places, ...]) -> tuple[Program, NDArray[np.bool_]]:
    """Return the program with a row for each sum, and which rows are always whole, in a search by whole numbers.

    Those rows end where their columns end, where nothing else limits them. Rows without any limit do not count: they
    belong to nobody here.
    """
    if sums:
        members = np.concatenate(sums)
        row = np.repeat(np.arange(len(sums)), [len(group) for group in sums])
        endless = np.full(len(sums), np.inf)
        added = with_rows(program, row, members, np.ones(len(members)), lower=-endless, upper=endless)
    else:
        added = program
    whole = whole_rows(added)
    whole[: program.rows] &= np.isfinite(program.row_lower) | np.isfinite(program.row_upper)
    low, high = _ends(added, -1.0), _ends(added, 1.0)
    whole &= np.isfinite(low) & np.isfinite(high)
    low, high = np.maximum(added.row_lower, low), np.minimum(added.row_upper, high)
    limited = replace(
        added, row_lower=np.where(whole, low, added.row_lower), row_upper=np.where(whole, high, added.row_upper)
    )
    return limited, whole


def _ends(program: Program, side: float) -> NDArray[np.float64]:
    """Return the least (side -1) or most (side 1) that the columns make of each row."""
    falls, rises = (program.upper, program.lower) if side < 0 else (program.lower, program.upper)
    spread = np.diff(program.indptr)
    ends = program.data * np.where(program.data < 0, np.repeat(falls, spread), np.repeat(rises, spread))
    return np.bincount(program.indices, weights=ends, minlength=program.rows).astype(np.float64)
