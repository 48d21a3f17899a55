"""Which columns are solved anew together: components over the rows that do not couple, and over short ones that do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program
from allocopt.explain.change import Places

SHORT = 64
"""A coupling row of at most so many entries joins the blocks that it touches, and a column that couples in at most so
many rows is free to move; longer ones stay as planned."""
LARGEST = 2_000
"""Columns of the largest block that short coupling rows may make; beyond, no coupling row joins anything."""


def blocks_of(program: Program, held: Places) -> NDArray[np.intp]:
    """Return the block of each column, -1 for those that are held, shape (columns,)."""
    if not program.columns:
        return np.zeros(0, dtype=np.intp)
    couples = program.row_sku == COUPLES
    lengths = np.bincount(program.indices, minlength=program.rows)
    heights = np.diff(program.indptr)
    between = (program.column_sku == COUPLES) & (heights > SHORT)
    between[held] = True
    labels = _components(program, couples & (lengths > SHORT), between)
    if np.bincount(labels[~between], minlength=1).max() > LARGEST:
        labels = _components(program, couples, between)
    return np.where(between, -1, labels)


def _components(program: Program, cut: NDArray[np.bool_], between: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the component of each column where some rows, and the entries of some columns, tie nothing together."""
    from scipy import sparse
    from scipy.sparse import csgraph

    column = program.entry_column
    kept = ~cut[program.indices] & ~between[column]
    size = program.columns + program.rows
    ends = (column[kept], program.indices[kept] + program.columns)
    graph = sparse.coo_array((np.ones(len(ends[0]), np.int8), ends), shape=(size, size))
    _, labels = csgraph.connected_components(graph.tocsr(), directed=False)
    found = np.full(program.columns, -1, dtype=np.intp)
    inner = np.flatnonzero(~between)
    found[inner] = np.unique(labels[inner], return_inverse=True)[1]
    return found
