"""Variables, grouped weighted sums, rows and money terms: how rules state a program.

Every row family of an allocation is "a sum over members of a variable, grouped by a key". A rule hands over one
group code per member and perhaps a weight; nothing else is needed to write the matrix column by column without
ever looping over members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import getitem
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.labels import Codes, Family, Index, Labels
from allocopt.algebra.program import COUPLES, Program, sku_of_rows
from allocopt.algebra.terms import Floats, Sum, Variable, When, loosened, reach

Coefficient = Callable[[Any], Floats]
"""Money per unit of the members asked for (a slice or positions)."""


@dataclass(frozen=True)
class Money:
    """Money that members of a variable earn (positive) or cost (negative), and where it is booked.

    Attributes
    ----------
    column : str
        Column of the P&L; ``"clause_penalties"`` stays outside contribution.
    variable : Variable or None
        None: a constant only.
    coefficient : callable or None
        Currency per unit of the members asked for.
    channel : callable or None
        Channel code of the members asked for; None: the company.
    constant : float64, shape (channels + 1,) or None
        Money that no decision changes, per channel, the company last.
    """

    column: str
    variable: Variable | None = None
    coefficient: Coefficient | None = None
    channel: Callable[[Any], Codes] | None = None
    constant: Floats | None = None


@dataclass(frozen=True)
class _Family:
    family: Family
    sums: tuple[Sum, ...]
    lower: Floats
    upper: Floats


@dataclass(frozen=True)
class Note:
    """Something that was rounded, capped or left out while the program was stated, said in a sentence."""

    code: str
    message: str


@dataclass
class Formulation:
    """A program under construction: rules add variables, rows, money and notes to it; `rule` says whose turn it is."""

    variables: list[Variable] = field(default_factory=list)
    money: list[Money] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rule: str = ""
    _rows: list[_Family] = field(default_factory=list)
    _columns: int = 0
    _height: int = 0

    def add_variable(
        self,
        name: str,
        index: Index,
        *,
        upper: Floats | float,
        sku: Codes | int,
        lower: Floats | float = 0.0,
        integer: NDArray[np.bool_] | bool = False,
        line: Codes | int = COUPLES,
        breach: bool = False,
    ) -> Variable:
        """Add one column per label of `index`, between `lower` (default 0) and `upper`."""
        size = len(index)
        variable = Variable(
            name=name,
            start=self._columns,
            index=index,
            lower=np.zeros(size) + lower,
            upper=np.zeros(size) + upper,
            integer=np.zeros(size, dtype=bool) | integer,
            sku=np.zeros(size, dtype=np.int32) + np.asarray(sku, dtype=np.int32),
            line=np.zeros(size, dtype=np.int32) + np.asarray(line, dtype=np.int32),
            breach=breach,
        )
        self._columns += size
        self.variables.append(variable)
        return variable

    def add_rows(
        self,
        name: str,
        index: Index,
        sums: Sequence[Sum],
        *,
        lower: Floats | float = -np.inf,
        upper: Floats | float = np.inf,
        when: When | None = None,
        otherwise: Floats | float = np.nan,
        clause: NDArray[np.int32] | None = None,
        elastic: NDArray[np.bool_] | bool = False,
        only_least: bool = False,
        implied: bool = False,
    ) -> Family:
        """Add one row per label of `index`: lower <= the sums of that group, added up <= upper.

        A member of a variable may count only once in a row. `clause`, `elastic`, `only_least` and `implied` are those
        of `Family`.

        Rows that hang on decisions (`when`) bind only where these are so; where one of them is not, the limit is
        `otherwise`, and where that is not a number, as far as the bounds of the columns let the sum go:

        .. code-block:: text

            sum >= limit + (otherwise - limit) mismatch,    and alike for <=
            mismatch = sum_{decisions to be taken} (1 - on) + sum_{decisions not to be taken} on

        A row on decisions has one limit; or an equality, of which `otherwise` is given. Source: big-M constraints with
        the least M that is valid, e.g. Williams, Model Building in Mathematical Programming (2013), ch. 9.
        """
        size = len(index)
        low, high = np.zeros(size) + lower, np.zeros(size) + upper
        if when is not None and len(when.row):
            decided, low, high = loosened(sums, low, high, when, np.zeros(size) + otherwise)
            sums = [*sums, decided]
        marks = np.zeros(size, dtype=bool) | elastic
        marked = marks if marks.any() else None
        family = Family(name, self._height, index, clause, marked, only_least, self.rule, implied)
        rows = _Family(family, tuple(sums), low, high)
        self._height += size
        self._rows.append(rows)
        return family

    def add_money(
        self,
        column: str,
        variable: Variable | None = None,
        coefficient: Coefficient | Floats | None = None,
        *,
        channel: Callable[[Any], Codes] | Codes | None = None,
        constant: Floats | None = None,
    ) -> None:
        """Add money to the objective and remember where the P&L books it.

        Coefficients and channels are arrays, one number a member, or functions that can be pickled (of a module, with
        arguments), where there are too many members to keep what can be worked out.
        """
        worth: Any = partial(getitem, coefficient) if isinstance(coefficient, np.ndarray) else coefficient
        owner: Any = partial(getitem, channel) if isinstance(channel, np.ndarray) else channel
        self.money.append(Money(column, variable, worth, owner, constant))

    def add_breach(
        self,
        name: str,
        index: Index,
        most: Floats,
        *,
        sign: float,
        penalty: Floats,
        sku: NDArray[np.int32],
        channel: Codes,
    ) -> list[Sum]:
        """Add the units by which rows may be broken, and what that costs; return what they relieve the rows by.

        Parameters
        ----------
        name : str
            Of the variable.
        index : Index
            Labels of the rows.
        most : float64, shape (rows,)
            By how much each can be broken at all [unit].
        sign : float
            1 for rows that ask for at least so much, -1 for those that ask for at most so much.
        penalty : float64, shape (rows,)
            Not a number where the row is hard [currency/unit].
        sku, channel : integer arrays, shape (rows,)
            What each row is about, and to whom the penalty is booked.
        """
        at = np.flatnonzero(~np.isnan(penalty) & (most > 0))
        if not len(at):
            return []
        breach = self.add_variable(name, index.of(at), upper=most[at], sku=sku[at], breach=True)
        self.add_money("clause_penalties", breach, -penalty[at], channel=channel[at])
        return [Sum(breach, at, weight=sign)]

    def note(self, code: str, message: str) -> None:
        """Remember what a planner should know about how the program was stated."""
        self.notes.append(Note(code, message))

    def compile(self) -> tuple[Program, Labels]:
        """Return the arrays, and what their columns and rows mean."""
        everything = slice(None)
        cost = np.zeros(self._columns)
        for money in self.money:
            if money.variable is not None and money.coefficient is not None:
                start = money.variable.start
                cost[start : start + len(money.variable)] += money.coefficient(everything)
        column_sku = _join([variable.sku for variable in self.variables], np.int32)
        indptr, indices, data = _columns(self._rows, self._columns)
        program = Program(
            cost=cost,
            lower=_join([variable.lower for variable in self.variables], np.float64),
            upper=_join([variable.upper for variable in self.variables], np.float64),
            integer=_join([variable.integer for variable in self.variables], np.bool_),
            indptr=indptr,
            indices=indices,
            data=data,
            row_lower=_join([rows.lower for rows in self._rows], np.float64),
            row_upper=_join([rows.upper for rows in self._rows], np.float64),
            column_sku=column_sku,
            row_sku=sku_of_rows(indptr, indices, column_sku, self._height),
            constant=sum(float(money.constant.sum()) for money in self.money if money.constant is not None),
            column_line=_join([variable.line for variable in self.variables], np.int32),
        )
        columns = tuple(Family(v.name, v.start, v.index, breach=v.breach) for v in self.variables)
        return program, Labels(columns, tuple(rows.family for rows in self._rows))


def _join(parts: list[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.zeros(0, dtype=dtype)


def _columns(families: list[_Family], width: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float64]]:
    """Write the sums as compressed columns, by counting: no sort of the entries is needed."""
    entries = [entry for rows in families for entry in _entries(rows)]
    counts = np.zeros(width + 1, dtype=np.int64)
    for columns, rank, _, _ in entries:
        if rank is not None:
            counts[1:] += np.bincount(columns, minlength=width)
        elif isinstance(columns, slice):
            counts[columns.start + 1 : columns.stop + 1] += 1
        else:
            counts[columns + 1] += 1
    indptr = np.cumsum(counts)
    place = indptr[:-1].copy()
    indices = np.empty(indptr[-1], dtype=np.int32)
    data = np.empty(indptr[-1])
    for columns, rank, row, weight in entries:
        at = place[columns] if rank is None else place[columns] + rank
        indices[at] = row
        data[at] = weight
        if rank is None:
            place[columns] += 1
        else:
            place += np.bincount(columns, minlength=width)
    del place
    return indptr.astype(np.int32), *_sorted(indptr, indices, data)


def _entries(rows: _Family) -> list[tuple[Any, Any, NDArray[np.int32], Any]]:
    """Return (columns, rank of each, row of each, weight of each) for every sum; columns ascending, no zero weights.

    The rank tells the entries of one column apart; None where no column occurs twice.
    """
    found: list[tuple[Any, Any, NDArray[np.int32], Any]] = []
    for part in rows.sums:
        group, weight, members = part.group, np.asarray(part.weight, dtype=np.float64), part.members
        keep = (group >= 0) & (weight != 0)
        start = part.variable.start
        if members is None and keep.all():
            columns: Any = slice(start, start + len(group))
        else:
            chosen = np.flatnonzero(keep)
            group = group[chosen]
            weight = weight[chosen] if weight.ndim else weight
            columns = start + (chosen if members is None else members[chosen])
        row = (group + rows.family.start).astype(np.int32, copy=False)
        rank = _ranks(columns) if members is not None else None
        found.append((columns, rank, row, weight))
    return found


def _ranks(columns: Codes) -> NDArray[np.int64] | None:
    """Return which occurrence of its column each entry is, counted from 0; None where none occurs twice."""
    step = np.diff(columns)
    if (step < 0).any():
        raise ValueError("the members of a sum ascend: `Sum.of` sorts them")
    new = np.ones(len(columns), dtype=bool)
    new[1:] = step > 0
    if new.all():
        return None
    rank: NDArray[np.int64] = np.arange(len(columns)) - np.flatnonzero(new)[np.cumsum(new) - 1]
    return rank


def _sorted(indptr: NDArray[np.int64], indices: NDArray[np.int32], data: Floats) -> tuple[NDArray[np.int32], Floats]:
    """Return the entries with rows ascending inside each column (most often they are already)."""
    falls = indices[1:] <= indices[:-1]
    edges = indptr[1:-1]
    edges = edges[(edges > 0) & (edges < len(indices))]
    falls[edges - 1] = False
    if not falls.any():
        return indices, data
    column = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((indices, column))
    return indices[order], data[order]


__all__ = ["COUPLES", "Formulation", "Money", "Note", "Sum", "Variable", "When", "reach"]
