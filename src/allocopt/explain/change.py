"""What is otherwise in a re-solve: limits moved, entries that do not count, columns freed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats as Floats
from allocopt.arrays import Places as Places


def _none() -> Places:
    return np.zeros(0, dtype=np.intp)


def _nothing() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class Change:
    """One thing that is otherwise, or several; positions are those of the whole program.

    Attributes
    ----------
    rows : int, shape (rows moved,)
        Rows whose limits move; a row that is named twice moves by the sum.
    by : float64, shape (rows moved,)
        By how much: both limits, where there are any [unit of the row].
    asked_rows, asked : int and float64, shape (rows asked,)
        Rows that have to come to at least so much [unit of the row].
    exempt_rows, exempt_columns : int, shape (entries,)
        Entries that do not count beyond the plan: what the column ships as planned goes on counting, what it ships
        besides does not, and nothing of it becomes free for others. Pairs that are no entries change nothing. With
        the supply row of a lot that is stock which only this column may use.
    columns : int, shape (columns freed,)
        Columns with other limits.
    lower, upper : float64, shape (columns freed,)
        These limits [unit of the column].

    Examples
    --------
    >>> one_more = Change.moved([3], 1.0)
    >>> both = Change.of([one_more, Change.freed([7], 0.0, 5.0)])
    >>> both.rows.tolist(), both.upper.tolist()
    ([3], [5.0])
    """

    rows: Places = field(default_factory=_none)
    by: Floats = field(default_factory=_nothing)
    asked_rows: Places = field(default_factory=_none)
    asked: Floats = field(default_factory=_nothing)
    exempt_rows: Places = field(default_factory=_none)
    exempt_columns: Places = field(default_factory=_none)
    columns: Places = field(default_factory=_none)
    lower: Floats = field(default_factory=_nothing)
    upper: Floats = field(default_factory=_nothing)

    @staticmethod
    def moved(rows: Iterable[int] | Places, by: float | Floats) -> Change:
        """Return that the limits of some rows move by so much, one number for all or one each."""
        at = np.asarray(rows, dtype=np.intp)
        return Change(rows=at, by=np.zeros(len(at)) + by)

    @staticmethod
    def asking(rows: Iterable[int] | Places, least: float | Floats) -> Change:
        """Return that some rows have to come to at least so much, one number for all or one each."""
        at = np.asarray(rows, dtype=np.intp)
        return Change(asked_rows=at, asked=np.zeros(len(at)) + least)

    @staticmethod
    def exempted(rows: Iterable[int] | Places, columns: Iterable[int] | Places) -> Change:
        """Return that some columns do not count in some rows, each pair of them, beyond what they ship as planned."""
        mine, theirs = np.asarray(rows, dtype=np.intp), np.asarray(columns, dtype=np.intp)
        return Change(exempt_rows=np.repeat(mine, len(theirs)), exempt_columns=np.tile(theirs, len(mine)))

    @staticmethod
    def freed(columns: Iterable[int] | Places, lower: float | Floats, upper: float | Floats) -> Change:
        """Return that some columns lie between other limits, one number for all or one each."""
        at = np.asarray(columns, dtype=np.intp)
        return Change(columns=at, lower=np.zeros(len(at)) + lower, upper=np.zeros(len(at)) + upper)

    @staticmethod
    def of(changes: Iterable[Change]) -> Change:
        """Return several changes as one; of a column that is freed twice, the last limits count."""
        each = list(changes)
        if len(each) == 1:
            return each[0]

        def joined(name: str) -> NDArray[Any]:
            return np.concatenate([np.zeros(0, getattr(Change(), name).dtype), *(getattr(one, name) for one in each)])

        return Change(**{name: joined(name) for name in Change.__dataclass_fields__})

    def made_in(self, program: Program) -> Program:
        """Return a whole program with its limits moved; entries that do not count are left in it."""
        row_lower, row_upper = program.row_lower.copy(), program.row_upper.copy()
        lower, upper = program.lower.copy(), program.upper.copy()
        for limit in (row_lower, row_upper):
            np.add.at(limit, self.rows, self.by)
        row_lower[self.asked_rows] = self.asked
        lower[self.columns], upper[self.columns] = self.lower, self.upper
        return replace(program, row_lower=row_lower, row_upper=row_upper, lower=lower, upper=upper)
