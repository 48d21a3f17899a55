"""A program taken apart: blocks that know nothing of each other, and the few rows and columns that couple them.

Blocks are the connected components of the columns through the rows that do not couple; usually one SKU is one block.
Rows that touch only a few columns of several SKUs (an order over several articles) join their blocks instead. Columns
in coupling rows alone are *loose*. Switches that gate rows of many blocks are left open here: their rows are widened
to what any setting allows, which makes the program easier, never harder.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import COUPLES, Program
from allocopt.arrays import Floats as Floats
from allocopt.arrays import Longs as Longs
from allocopt.solve.blocks import GROUP, LARGEST, SHORT

MANY = 1_000
"""Coupling rows beyond which pricing them pays no longer, whoever guides the search."""
STRETCHES, LEAST = 240, 6_000
"""Blocks are summed up stretch by stretch: at most so many, of at least so many columns where there are fewer."""


class WholeError(Exception):
    """The program does not come apart; the message says why."""


class BrokenError(Exception):
    """The interior point of a master did not get through."""


@dataclass(frozen=True, eq=False)
class Entries:
    """Entries of a matrix, line by line: those of line ``i`` are ``ptr[i]`` to ``ptr[i + 1]``."""

    ptr: Longs
    place: NDArray[np.int32]
    value: Floats

    @property
    def line(self) -> Longs:
        """The line of each entry."""
        return np.repeat(np.arange(len(self.ptr) - 1), np.diff(self.ptr))

    def of(self, lines: NDArray[np.integer]) -> tuple[Longs, Longs]:
        """Return the entries of some lines, and which of those lines each belongs to (its rank in `lines`)."""
        lengths = self.ptr[lines + 1] - self.ptr[lines]
        rank = np.repeat(np.arange(len(lines)), lengths)
        return rank, np.arange(len(rank)) + np.repeat(self.ptr[lines] - (np.cumsum(lengths) - lengths), lengths)

    def part(self, begin: int, end: int, shift: int = 0) -> Entries:
        """Return the entries of the lines from `begin` to `end`, with places counted from `shift`."""
        ptr = self.ptr[begin : end + 1]
        place = self.place[ptr[0] : ptr[-1]]
        return Entries(ptr - ptr[0], place - np.int32(shift) if shift else place, self.value[ptr[0] : ptr[-1]])

    def totals(self, x: Floats, places: int) -> Floats:
        """Return the sum of entries times the value of their line in each place."""
        sums = np.bincount(self.place, weights=self.value * np.repeat(x, np.diff(self.ptr)), minlength=places)
        return sums.astype(np.float64, copy=False)

    def priced(self, prices: Floats) -> Floats:
        """Return the sum of entries times the price of their place over each line."""
        sums = np.bincount(self.line, weights=self.value * prices[self.place], minlength=len(self.ptr) - 1)
        return sums.astype(np.float64, copy=False)


@dataclass(frozen=True, eq=False)
class Loose:
    """Columns that are groups of their own: what they are worth, their limits, and their entries in the rows."""

    cost: Floats
    lower: Floats
    upper: Floats
    links: Entries


@dataclass(frozen=True, eq=False)
class Apart:
    """A program taken apart.

    Attributes
    ----------
    columns, rows : int64
        Positions in the program of the columns and rows of blocks, block by block.
    column_ptr, row_ptr : int64, shape (blocks + 1,)
        Where each block's columns and rows begin.
    own : Entries
        Of each column in the rows of its block (positions in `rows`).
    links : Entries
        Of each column in the coupling rows (positions in `coupling`).
    row_lower, row_upper : float64
        Limits of the blocks' rows, none beyond what the columns can reach.
    no_lower, no_upper : bool, shape (rows,)
        Where that is what limits the row: its multiplier on that side is none of the program's.
    coupling : int64
        Positions in the program of the coupling rows.
    coupling_lower, coupling_upper : float64
        Their limits.
    loose : int64
        Positions in the program of the columns that are in coupling rows alone.
    loose_links : Entries
        Of each loose column in the coupling rows.
    worth, lower, upper : float64, shape (columns,)
        What a unit of the blocks' columns is worth, and their limits.
    stretch : int64, shape (blocks,), ascending
        The stretch of each block: sums of many blocks are sums of stretches, so that they come out the same wherever
        a stretch is worked on.
    """

    columns: Longs
    rows: Longs
    column_ptr: Longs
    row_ptr: Longs
    own: Entries
    links: Entries
    row_lower: Floats
    row_upper: Floats
    no_lower: NDArray[np.bool_]
    no_upper: NDArray[np.bool_]
    coupling: Longs
    coupling_lower: Floats
    coupling_upper: Floats
    loose: Longs
    loose_links: Entries
    worth: Floats
    lower: Floats
    upper: Floats
    stretch: Longs

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return len(self.column_ptr) - 1

    def part(self, begin: int, end: int) -> Apart:
        """Return the blocks from `begin` to `end` alone, with all coupling rows and none of the loose columns."""
        first, last = self.column_ptr[begin], self.column_ptr[end]
        top, bottom = self.row_ptr[begin], self.row_ptr[end]
        columns, rows = slice(first, last), slice(top, bottom)
        return replace(
            self,
            columns=self.columns[columns],
            rows=self.rows[rows],
            column_ptr=self.column_ptr[begin : end + 1] - first,
            row_ptr=self.row_ptr[begin : end + 1] - top,
            own=self.own.part(first, last, top),
            links=self.links.part(first, last),
            row_lower=self.row_lower[rows],
            row_upper=self.row_upper[rows],
            no_lower=self.no_lower[rows],
            no_upper=self.no_upper[rows],
            loose=self.loose[:0],
            loose_links=self.loose_links.part(0, 0),
            worth=self.worth[columns],
            lower=self.lower[columns],
            upper=self.upper[columns],
            stretch=self.stretch[begin:end],
        )


def taken_apart(program: Program) -> Apart:
    """Take a program apart.

    Raises
    ------
    WholeError
        If it does not come apart, or not far enough to be worth it.
    """
    opened = _switches(program)
    of_row = _codes(program, opened)
    lengths = np.bincount(program.indices, minlength=program.rows)
    for couples in ((of_row == COUPLES) & (lengths > SHORT), of_row == COUPLES):
        found = _blocks(program, of_row, couples, opened)
        if found is not None:
            break
    else:
        raise WholeError("one block holds most of it")
    lower, upper = _widened(program, opened, couples)
    if ((lengths == 0) & ((lower > 0) | (upper < 0))).any():
        raise WholeError("a row that nothing can fill asks for something")
    of_column, of_row = found
    coupling = np.flatnonzero((of_row == COUPLES) & (lengths > 0))
    if len(coupling) > MANY:
        raise WholeError(f"{len(coupling):,} rows couple its SKUs, more than {MANY}")
    columns, column_ptr = _grouped(of_column)
    rows, row_ptr = _grouped(of_row, blocks=len(column_ptr) - 1)
    place = np.zeros(program.rows, np.int32)
    place[rows], place[coupling] = np.arange(len(rows)), np.arange(len(coupling))
    own, links = _entries(program, columns, couples, place)
    loose = np.flatnonzero(of_column == COUPLES)
    least, most = _reach(program, columns, own, len(rows))
    return Apart(
        columns=columns,
        rows=rows,
        column_ptr=column_ptr,
        row_ptr=row_ptr,
        own=own,
        links=links,
        row_lower=np.maximum(lower[rows], least),
        row_upper=np.minimum(upper[rows], most),
        no_lower=least >= lower[rows],
        no_upper=most <= upper[rows],
        coupling=coupling,
        coupling_lower=lower[coupling],
        coupling_upper=upper[coupling],
        loose=loose,
        loose_links=_entries(program, loose, couples, place)[1],
        worth=program.cost[columns],
        lower=program.lower[columns],
        upper=program.upper[columns],
        stretch=(column_ptr[1:] - 1) // max(LEAST, -(-len(columns) // STRETCHES)),
    )


def _switches(program: Program) -> Longs:
    """Return the columns of no single SKU that are held, or are on or off."""
    alone = np.flatnonzero(program.column_sku == COUPLES)
    lower, upper = program.lower[alone], program.upper[alone]
    decided = program.integer[alone] & (lower == 0) & (upper == 1)
    found: Longs = alone[decided | (lower == upper)]
    return found


def _codes(program: Program, opened: Longs) -> NDArray[np.int32]:
    """Return the SKU of each row, where the opened columns do not count."""
    if not len(opened):
        return program.row_sku
    counts = np.ones(program.columns, dtype=bool)
    counts[opened] = False
    kept = np.repeat(counts, np.diff(program.indptr))
    sku, row = np.repeat(program.column_sku, np.diff(program.indptr))[kept], program.indices[kept]
    code = np.full(program.rows, COUPLES, dtype=np.int32)
    code[row] = sku
    code[row[code[row] != sku]] = COUPLES
    return code


def _blocks(
    program: Program, of_row: NDArray[np.int32], couples: NDArray[np.bool_], opened: Longs
) -> tuple[NDArray[np.int32], NDArray[np.int32]] | None:
    """Return the block of each column and row, `COUPLES` for none; None where one block holds most of the program."""
    skus = int(max(program.column_sku.max(initial=-1), of_row.max(initial=-1))) + 1
    column_node, row_node = program.column_sku.copy(), of_row.copy()
    alone = np.flatnonzero(program.column_sku == COUPLES)
    column_node[alone] = skus + np.arange(len(alone))
    joining = np.flatnonzero((of_row == COUPLES) & ~couples)
    row_node[joining] = skus + len(alone) + np.arange(len(joining))
    row_node[couples] = COUPLES
    at_row = row_node[program.indices]
    at_column = np.repeat(column_node, np.diff(program.indptr))
    differ = np.flatnonzero((at_row != at_column) & (at_row != COUPLES))
    column_node[opened] = COUPLES
    differ = differ[~np.isin(at_column[differ], skus + np.flatnonzero(np.isin(alone, opened)))]
    component = _components(at_row[differ], at_column[differ], skus + len(alone) + len(joining))
    in_rows = np.zeros(len(component), dtype=bool)
    in_rows[component[row_node[row_node != COUPLES]]] = True
    loose = alone[~in_rows[component[skus + np.arange(len(alone))]]]
    column_node[loose] = COUPLES
    of_column = np.where(column_node == COUPLES, COUPLES, component[column_node])
    names, number = np.unique(of_column[of_column != COUPLES], return_inverse=True)
    if len(names) < 2 or np.bincount(number).max() > max(GROUP, LARGEST * program.columns):
        return None
    renamed = np.full(len(component) + 1, COUPLES, dtype=np.int32)
    renamed[names] = np.arange(len(names))
    return renamed[of_column], renamed[np.where(row_node == COUPLES, COUPLES, component[row_node])]


def _components(left: NDArray[np.int32], right: NDArray[np.int32], size: int) -> NDArray[np.int32]:
    """Return the component of each node of a graph."""
    if not len(left):
        return np.arange(size, dtype=np.int32)
    from scipy import sparse
    from scipy.sparse import csgraph

    graph = sparse.coo_array((np.ones(len(left), np.int8), (left, right)), shape=(size, size))
    found: NDArray[np.int32] = csgraph.connected_components(graph.tocsr(), directed=False)[1]
    return found


def _widened(program: Program, opened: Longs, couples: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the limits of the rows, those of blocks widened to what the opened columns may do."""
    if not len(opened):
        return program.row_lower, program.row_upper
    chosen = np.zeros(program.columns, dtype=bool)
    chosen[opened] = True
    entry = np.flatnonzero(np.repeat(chosen, np.diff(program.indptr)))
    entry = entry[~couples[program.indices[entry]]]
    column = np.searchsorted(program.indptr, entry, side="right") - 1
    row, value = program.indices[entry], program.data[entry]
    low, high = value * program.lower[column], value * program.upper[column]
    least = np.bincount(row, weights=np.minimum(low, high), minlength=program.rows)
    most = np.bincount(row, weights=np.maximum(low, high), minlength=program.rows)
    return program.row_lower - most, program.row_upper - least


def _grouped(of: NDArray[np.int32], blocks: int | None = None) -> tuple[Longs, Longs]:
    """Return the positions that belong to blocks, block by block, and where each block begins."""
    inside = np.flatnonzero(of != COUPLES)
    mine = of[inside]
    if (mine[1:] < mine[:-1]).any():
        order = np.argsort(mine, kind="stable")
        inside, mine = inside[order], mine[order]
    count = np.bincount(mine, minlength=0 if blocks is None else blocks)
    return inside, np.concatenate([[0], np.cumsum(count)])


def _entries(
    program: Program, columns: Longs, couples: NDArray[np.bool_], place: NDArray[np.int32]
) -> tuple[Entries, Entries]:
    """Return the entries of some columns in rows that do not couple, and in those that do."""
    lengths = np.diff(program.indptr)[columns]
    ends = np.cumsum(lengths)
    entry = np.arange(lengths.sum()) + np.repeat(program.indptr[columns] - (ends - lengths), lengths)
    row = program.indices[entry]
    value = program.data[entry]
    del entry
    across = couples[row]
    ranks = np.concatenate([[0], np.cumsum(across)])
    linked = np.concatenate([[0], ranks[ends]]) if len(ends) else np.zeros(1, np.int64)
    apart = np.concatenate([[0], ends]) - linked
    return (
        Entries(apart, place[row[~across]], value[~across]),
        Entries(linked, place[row[across]], value[across]),
    )


def _reach(program: Program, columns: Longs, own: Entries, rows: int) -> tuple[Floats, Floats]:
    """Return the least and the most that the columns of the blocks can add up to in each row."""
    line = own.line
    low, high = own.value * program.lower[columns][line], own.value * program.upper[columns][line]
    least = np.bincount(own.place, weights=np.minimum(low, high), minlength=rows)
    most = np.bincount(own.place, weights=np.maximum(low, high), minlength=rows)
    return least.astype(np.float64, copy=False), most.astype(np.float64, copy=False)
