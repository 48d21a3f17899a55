"""What rows are made of: variables, sums over their members, and decisions on which rows hang."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.labels import Codes, Index
from allocopt.arrays import Floats as Floats


@dataclass(frozen=True)
class Variable:
    """Columns of one kind.

    Attributes
    ----------
    name : str
    start : int
    index : Index
    lower, upper : float64, shape (members,)
    integer : bool, shape (members,)
    sku : int32, shape (members,)
        SKU code of each member, `COUPLES` where it belongs to none.
    line : int32, shape (members,)
        Demand line that each member ships to, `COUPLES` where it ships nothing.
    breach : bool
        Whether it is what rows are broken by.
    """

    name: str
    start: int
    index: Index
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    sku: NDArray[np.int32]
    line: NDArray[np.int32]
    breach: bool = False

    def __len__(self) -> int:
        return len(self.lower)


@dataclass(frozen=True)
class Sum:
    """A grouped weighted sum over members of a variable: one sum for each row.

    Attributes
    ----------
    variable : Variable
    group : integer array, shape (members,) or as `members`
        Row of the family that the member counts in; -1: in none.
    weight : float or float64 array
        Coefficient.
    members : integer array or None
        Ascending positions of the members that count; None: all of them, in order.
    """

    variable: Variable
    group: Codes
    weight: float | Floats = 1.0
    members: Codes | None = None

    @classmethod
    def of(cls, variable: Variable, row: Codes, member: Codes, weight: Floats | float = 1.0) -> Sum:
        """Return the sum in which ``member[i]`` counts with ``weight[i]`` in ``row[i]``, in whatever order."""
        order = np.argsort(member, kind="stable")
        return cls(variable, row[order], np.broadcast_to(weight, len(member))[order], member[order])


@dataclass(frozen=True)
class When:
    """Decisions that rows hang on: a row binds only where all of its own are so.

    Attributes
    ----------
    variable : Variable
        Decisions, each 0 or 1.
    row : integer array, shape (pairs,)
        Rows of the family, each as often as it hangs on a decision; others bind in any case.
    member : integer array, shape (pairs,)
        Which decision.
    on : bool array, shape (pairs,)
        Whether it has to be taken (1) or not (0).
    """

    variable: Variable
    row: Codes
    member: Codes
    on: NDArray[np.bool_]


def reach(sums: Sequence[Sum], size: int) -> tuple[Floats, Floats]:
    """Return the least and the most that sums over `size` rows can come to within the bounds of their columns."""
    low, high = np.zeros(size), np.zeros(size)
    for part in sums:
        members = slice(None) if part.members is None else part.members
        weight, row = np.asarray(part.weight, dtype=np.float64), part.group + 1
        for bound, risen, fallen in ((part.variable.lower, low, high), (part.variable.upper, high, low)):
            if not bound.any():
                continue
            for mine, end in ((np.maximum(weight, 0.0), risen), (np.minimum(weight, 0.0), fallen)):
                if mine.any():
                    worth = bound[members] if weight.ndim == 0 else bound[members] * mine
                    total = np.bincount(row, weights=worth, minlength=size + 1)[1:]
                    end[:] += total * mine if weight.ndim == 0 else total
    return low, high


def loosened(
    sums: Sequence[Sum], lower: Floats, upper: Floats, when: When, otherwise: Floats
) -> tuple[Sum, Floats, Floats]:
    """Return what decisions add to rows that hang on them, and the limits with that; see `Formulation.add_rows`."""
    size = len(lower)
    low, high = reach(sums, size) if np.isnan(otherwise[when.row]).any() else (lower, upper)
    least = np.isfinite(lower)
    limit = np.where(least, lower, upper)
    bound = np.where(least, np.minimum(low, lower), np.maximum(high, upper))
    free = np.where(np.isnan(otherwise), bound, otherwise)
    change, taken = limit - free, np.bincount(when.row[when.on], minlength=size)
    moved = np.where(taken > 0, free - change * (taken - 1), limit)
    return (
        Sum.of(when.variable, when.row, when.member, change[when.row] * np.where(when.on, -1.0, 1.0)),
        np.where(least, moved, lower),
        np.where(np.isfinite(upper), moved, upper),
    )
