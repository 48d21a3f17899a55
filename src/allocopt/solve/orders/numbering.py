"""Numbers for groups that arrays speak of, and whole numbers for decimals."""

from __future__ import annotations

import numpy as np

from allocopt.arrays import Floats, Longs

DECIMALS = 9
"""Rows whose numbers become whole times a power of ten up to this one are counted in whole numbers."""


def runs(codes: Longs) -> tuple[Longs, Longs]:
    """Number runs of equal codes from 0; return the number of each member and where each run begins."""
    new = np.ones(len(codes), dtype=bool)
    new[1:] = codes[1:] != codes[:-1]
    return np.cumsum(new) - 1, np.flatnonzero(new)


def distinct(codes: Longs) -> Longs:
    """Return the codes that occur, ascending. They come nearly sorted, which a stable sort makes use of."""
    codes = np.sort(codes, kind="stable")
    new = np.ones(len(codes), dtype=bool)
    new[1:] = codes[1:] != codes[:-1]
    return codes[new]


def components(left: Longs, right: Longs, width: int, height: int) -> tuple[Longs, Longs]:
    """Return the connected component of each node on the left and on the right of a graph's edges."""
    if not len(left):
        return np.arange(width), width + np.arange(height)
    from scipy import sparse
    from scipy.sparse import csgraph

    size = width + height
    graph = sparse.coo_array((np.ones(len(left), np.int8), (left, width + right)), shape=(size, size))
    labels = csgraph.connected_components(graph.tocsr(), directed=False)[1].astype(np.int64)
    return labels[:width], labels[width:]


def powers(row: Longs, value: Floats, rows: int) -> Floats:
    """Return the least power of ten that makes all values of each row whole, 0 where none does."""
    found = np.zeros(rows)
    for exponent in range(DECIMALS + 1):
        power = 10.0**exponent
        whole = np.rint(value * power) / power == value
        good = (np.bincount(row[~whole], minlength=rows) == 0) & (found == 0)
        found[good] = power
        if found.all():
            break
    return found


def scaled(value: Floats, power: Floats) -> Floats:
    """Return values times powers of ten, exactly whole where they are meant to be."""
    return np.where(power > 0, np.rint(value * power), value)
