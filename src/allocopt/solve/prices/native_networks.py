"""Which blocks are networks, compiled: blocks whose rows are two families of sums, each inside of the next.

Each such block is a circulation. Node 0 is the root; every row has a node. A column is an edge from the node of the
innermost supply-like row that it is in to the node of its innermost demand-like row (the root, where it is in none); a
row is an edge between its own node and that of the next wider row of its family, and the sum that it limits is the
flow on that edge. Source: Ahuja, Magnanti, Orlin, Network Flows (1993), ch. 9.6 and 19 (two laminar families).

numba is imported only where a program is large enough to be worth it; `native_store` says where compiled code is kept.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types

from allocopt.solve.prices.native_store import CODES, FLAGS, FLOATS, INTS, SIDES, compiled

HIGHEST = 1_500
"""Rows of a block above which it is not looked at: the test below takes their square."""


class Nets(NamedTuple):
    """Blocks as networks. Columns and rows stand block by block; a block's edges are its columns, then its rows.

    ``tail`` and ``head`` (columns) and ``above`` (rows) are nodes of the block: 0 the root, 1 + r its r-th row.
    ``side`` of a row is 0 where flow comes down to it from the root and 1 where it goes up. A unit of a column is
    ``scale`` units of flow, and takes ``link_value`` of the coupling row ``link_row``.
    """

    column_ptr: Any
    row_ptr: Any
    tail: Any
    head: Any
    scale: Any
    lower: Any
    upper: Any
    link_ptr: Any
    link_row: Any
    link_value: Any
    row_lower: Any
    row_upper: Any
    side: Any
    above: Any


NETS = types.NamedTuple(
    (INTS, INTS, CODES, CODES, FLOATS, FLOATS, FLOATS, INTS, CODES, FLOATS, FLOATS, FLOATS, SIDES, CODES), Nets
)


@compiled((INTS, INTS, INTS, CODES, FLOATS, NETS, FLAGS))
def find_networks(column_ptr, row_ptr, entry_ptr, entry_row, entry_value, nets, network):
    """Find out which blocks are networks, and write their edges into ``nets``.

    A block is one if each column has the same entry in all of its rows, the rows can be parted into two families in
    which any two rows share all columns of one of them, or none, and each column's rows of a family follow each other
    from the innermost one outwards: as far as the widest, or, in one family only, up to any row on the way. Columns
    whose rows are some of another column's (stock that stays idle, a promise that is broken) need not count when rows
    are compared; without them more blocks come apart. A row of a single column fits anywhere: it becomes the innermost
    of that column's rows.
    """
    most = widest = 0
    for block in range(len(column_ptr) - 1):
        rows = row_ptr[block + 1] - row_ptr[block]
        if rows <= HIGHEST:
            most, widest = max(most, rows), max(widest, column_ptr[block + 1] - column_ptr[block])
    together = np.zeros((most, most), np.int32)
    size, stack, counts = np.zeros(most, np.int32), np.zeros(most, np.int32), np.ones(widest, np.bool_)
    entries = np.zeros(most + 2, np.int64)
    for block in range(len(column_ptr) - 1):
        first, rows = row_ptr[block], row_ptr[block + 1] - row_ptr[block]
        begin, end = column_ptr[block], column_ptr[block + 1]
        network[block] = rows <= HIGHEST and _scaled(begin, end, entry_ptr, entry_value, nets.scale)
        if not network[block]:
            continue
        side, above = nets.side[first : first + rows], nets.above[first : first + rows]
        counts[: end - begin] = True
        entries[: rows + 2] = 0
        for entry in range(entry_ptr[begin], entry_ptr[end]):
            entries[entry_row[entry] - first] += 1
        for _ in range(2):
            _count(begin, end, first, rows, entry_ptr, entry_row, counts, entries, together)
            for row in range(rows):
                size[row] = together[row, row]
            network[block] = _two_families(rows, together, size, side, stack)
            if network[block]:
                _widen(rows, together, size, entries, side, above)
                network[block] = _ends(begin, end, first, entry_ptr, entry_row, entries, size, side, above, nets)
            if network[block]:
                break
            _spare(begin, end, first, rows, entry_ptr, entry_row, entries, counts)


@njit(nogil=True)
def _scaled(begin, end, entry_ptr, entry_value, scale):
    """Note the entry that each column has in all of its rows; False where a column has different ones."""
    for column in range(begin, end):
        here, there = entry_ptr[column], entry_ptr[column + 1]
        scale[column] = entry_value[here] if there > here else 1.0
        for entry in range(here, there):
            if entry_value[entry] != scale[column]:
                return False
    return True


@njit(nogil=True)
def _count(begin, end, first, rows, entry_ptr, entry_row, counts, entries, together):
    """Count the columns that each two rows of several columns share."""
    together[:rows, :rows] = 0
    for column in range(begin, end):
        if counts[column - begin]:
            for entry in range(entry_ptr[column], entry_ptr[column + 1]):
                row = entry_row[entry] - first
                if entries[row] > 1:
                    for against in range(entry_ptr[column], entry_ptr[column + 1]):
                        other = entry_row[against] - first
                        if entries[other] > 1:
                            together[row, other] += 1


@njit(nogil=True)
def _spare(begin, end, first, rows, entry_ptr, entry_row, entries, counts):
    """Let the columns count whose rows are not some of another column's."""
    ptr = np.zeros(rows + 2, np.int64)
    for row in range(rows):
        ptr[row + 2] = ptr[row + 1] + entries[row]
    members = np.empty(ptr[rows + 1], np.int64)
    for column in range(begin, end):
        for entry in range(entry_ptr[column], entry_ptr[column + 1]):
            row = entry_row[entry] - first
            members[ptr[row + 1]] = column
            ptr[row + 1] += 1
    for column in range(begin, end):
        here, there = entry_ptr[column], entry_ptr[column + 1]
        counts[column - begin] = True
        least = -1
        for entry in range(here, there):
            row = entry_row[entry] - first
            if entries[row] > 1 and (least < 0 or entries[row] < entries[least]):
                least = row
        if least < 0:
            continue
        for place in range(ptr[least], ptr[least + 1]):
            other = members[place]
            inside, more = True, 0
            for against in range(entry_ptr[other], entry_ptr[other + 1]):
                more += entries[entry_row[against] - first] > 1
            for entry in range(here, there):
                if entries[entry_row[entry] - first] > 1:
                    more -= 1
                    found = False
                    for against in range(entry_ptr[other], entry_ptr[other + 1]):
                        found = found or entry_row[against] == entry_row[entry]
                    inside = inside and found
            if inside and more > 0:
                counts[column - begin] = False
                break


@njit(nogil=True)
def _two_families(rows, together, size, side, stack):
    """Part the rows so that rows which cross stand on different sides; False where that cannot be."""
    side[:] = -1
    for start in range(rows):
        if side[start] >= 0:
            continue
        side[start] = 0
        stack[0] = start
        top = 1
        while top > 0:
            top -= 1
            row = stack[top]
            for other in range(rows):
                shared = together[row, other]
                if 0 < shared < min(size[row], size[other]):
                    if side[other] < 0:
                        side[other] = 1 - side[row]
                        stack[top] = other
                        top += 1
                    elif side[other] == side[row]:
                        return False
    return True


@njit(nogil=True)
def _widen(rows, together, size, entries, side, above):
    """Find the next wider row of each row's family."""
    for row in range(rows):
        best = -1
        if size[row] > 0:
            for other in range(rows):
                inside = other != row and side[other] == side[row] and together[row, other] == size[row]
                if (
                    inside
                    and _narrower(row, other, size, entries)
                    and (best < 0 or _narrower(other, best, size, entries))
                ):
                    best = other
        above[row] = best + 1


@njit(nogil=True)
def _narrower(row, other, size, entries):
    """Return which of two rows lies inside; of equal ones that with more columns that do not count: they end there."""
    if size[row] != size[other]:
        return size[row] < size[other]
    if entries[row] != entries[other]:
        return entries[row] > entries[other]
    return row < other


@njit(nogil=True)
def _ends(begin, end, first, entry_ptr, entry_row, entries, size, side, above, nets):
    """Find the ends of each column's edge; False where its rows do not follow each other."""
    innermost, outer = np.zeros(2, np.int32), np.zeros(2, np.int32)
    for column in range(begin, end):
        here, there = entry_ptr[column], entry_ptr[column + 1]
        for family in range(2):
            node, number = 0, 0
            for entry in range(here, there):
                row = entry_row[entry] - first
                if side[row] == family and entries[row] > 1:
                    number += 1
                    if node == 0 or _narrower(row, node - 1, size, entries):
                        node = row + 1
            innermost[family] = node
            while node > 0 and number > 0:
                present = False
                for entry in range(here, there):
                    present = present or entry_row[entry] - first == node - 1
                if not present:
                    return False
                number -= 1
                node = above[node - 1]
            if number > 0:
                return False
            outer[family] = node
        if innermost[0] > 0 and innermost[1] > 0 and (outer[0] > 0 or outer[1] > 0):
            return False
        family = 0 if innermost[0] > 0 or innermost[1] == 0 else 1
        for entry in range(here, there):
            row = entry_row[entry] - first
            if entries[row] == 1:
                side[row], above[row] = family, innermost[family]
                innermost[family] = row + 1
        tail = innermost[0] if innermost[0] > 0 else outer[1]
        head = innermost[1] if innermost[1] > 0 else outer[0]
        forward = nets.scale[column] > 0
        nets.tail[column], nets.head[column] = (tail, head) if forward else (head, tail)
    for column in range(begin, end):
        nets.scale[column] = abs(nets.scale[column])
    return True
