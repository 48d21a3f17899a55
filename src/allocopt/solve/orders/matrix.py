"""The matrix as orders see it: columns are units, switches or breaches of a row; rows are gates or limits."""

from __future__ import annotations

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Flags, Longs
from allocopt.solve.orders.structure import UnreadableError


class Matrix:
    """The entries of the columns that something is left to decide about, and what the others leave of the limits.

    Attributes
    ----------
    units, switch : bool, shape (columns,)
        Columns that ship, or hold, units; and switches and numbers of packs that stand over such columns.
    breach : int, shape (rows,)
        Column by which the row may be broken at a cost; -1: none.
    column, row, value : shape (entries,)
        Without those of breaches.
    lower, upper : float64, shape (rows,)
    base : float64, shape (columns,)
        Where each column begins: its lower limit.
    gates : int
        Rows over units of a single switch, or number of packs.
    above, below : int
        Other rows whose upper, or lower, limit can bind.
    """

    def __init__(self, program: Program) -> None:
        if program.column_line is None:
            raise UnreadableError("it does not tell lines")
        if not np.isfinite(program.lower).all() or not np.isfinite(program.upper).all():
            raise UnreadableError("some columns have no limits")
        free = program.lower < program.upper
        self.rows, self.base = program.rows, program.lower
        self.room = program.upper - program.lower
        used = program.activity(program.lower)
        self.lower, self.upper = program.row_lower - used, program.row_upper - used
        column = program.entry_column
        keep = free[column]
        self.column, self.row, self.value = column[keep], program.indices[keep].astype(np.int64), program.data[keep]
        self._breaches(program, free)
        self._told_apart(program, free & ~self._is_breach)

    def count(self, mask: Flags) -> Longs:
        """Return how many of the entries in `mask` each row has."""
        return np.bincount(self.row[mask], minlength=self.rows)

    def _breaches(self, program: Program, free: Flags) -> None:
        """Take out the columns that only let a row be broken: of one entry, on the side that helps, at a cost.

        A whole column is none of these: it is a switch that costs something, or a number of packs.
        """
        met = np.bincount(self.column, minlength=program.columns)
        helps = np.where(self.value > 0, np.isposinf(self.upper)[self.row], np.isneginf(self.lower)[self.row])
        assert program.column_line is not None
        mine = (met[self.column] == 1) & helps & (program.cost[self.column] < 0)
        mine &= (program.column_line[self.column] < 0) & ~program.integer[self.column]
        row, column, value = self.row[mine], self.column[mine], self.value[mine]
        self.breach, self.each = np.full(self.rows, -1), np.ones(self.rows)
        self.breach[row], self.each[row] = column, np.abs(value)
        if (np.bincount(row, minlength=self.rows) > 1).any():
            raise UnreadableError("some rows may be broken in several ways")
        self._is_breach = np.zeros(program.columns, dtype=bool)
        self._is_breach[column] = True
        self.column, self.row, self.value = self.column[~mine], self.row[~mine], self.value[~mine]

    def _told_apart(self, program: Program, free: Flags) -> None:
        """Tell switches from units, gates from limits."""
        assert program.column_line is not None
        candidate = free & program.integer & (program.column_line < 0)
        negative = self.value < 0
        most = self.value * self.room[self.column]
        highest = np.bincount(self.row, weights=np.maximum(most, 0.0), minlength=self.rows)
        lowest = np.bincount(self.row, weights=np.minimum(most, 0.0), minlength=self.rows)
        over, under = highest > self.upper, lowest < self.lower
        entries = np.bincount(self.row, minlength=self.rows)
        by_switch = self.count(negative & candidate[self.column])
        plain = self.count(~negative & ~candidate[self.column] & (self.value == 1.0))
        zero = (self.upper == 0) & ((self.lower == 0) | np.isneginf(self.lower))
        zero |= (self.lower == 0) & np.isposinf(self.upper)
        is_gate = (over | under) & (by_switch == 1) & (plain == entries - 1) & zero & (entries > 1) & (self.breach < 0)
        self.gates = np.flatnonzero(is_gate)
        self.above, self.below = np.flatnonzero(over & ~is_gate), np.flatnonzero(under & ~is_gate)
        self.switch = np.zeros(program.columns, dtype=bool)
        self.switch[self.column[negative & is_gate[self.row]]] = True
        self.units = free & ~self.switch
        if (self.base[self.switch] != 0).any() or (self.upper[self.above] < 0)[self.breach[self.above] < 0].any():
            raise UnreadableError("some limits are broken by what is fixed")
