"""The plan's own program with what is otherwise in a neighbour: what the plan's proof says of that, without a solve.

.. code-block:: text

    lifted:  columns and rows of the plan's program, with the limits and worths of the new one
             a row that is gone, or is over other entries, has no limit;  a column that is gone carries nothing

Whatever a new program allows is allowed there as well and worth as much, so that a bound of it is one of the new
program. Multipliers and trees of the plan (`allocopt.solve.trees.proof`) are looked at again only where a limit moved.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.matching import NOWHERE
from allocopt.algebra.program import Program
from allocopt.arrays import Places
from allocopt.plan import Answer
from allocopt.rules import revised
from allocopt.solve.certificate import upper_bound
from allocopt.solve.trees.proof import LeafBound, leaf_bound
from allocopt.stages.granting import AllHeld


def lifted(old: Program, new: Program, columns: Places, rows: Places) -> Program | None:
    """Return the program of a plan that allows whatever a new one does; None where that has columns of its own.

    Parameters
    ----------
    old, new : Program
    columns, rows : int, shape (columns,) and (rows,) of the new one
        Where each stood in the old one, `NOWHERE` for what is new.
    """
    if (columns == NOWHERE).any() or (old.integer[columns] & ~new.integer).any():
        return None
    cost, lower, upper = (np.zeros(old.columns) for _ in range(3))
    cost[columns], lower[columns], upper[columns] = new.cost, new.lower, new.upper
    row_lower, row_upper = np.full(old.rows, -np.inf), np.full(old.rows, np.inf)
    once = np.bincount(rows[rows != NOWHERE], minlength=old.rows + 1) == 1
    rows = np.where(once[rows], rows, NOWHERE)  # of rows that share a label none counts: the bound holds without them
    there = np.flatnonzero(rows != NOWHERE)
    there = there[_alike(old, new, columns, rows)[there]]
    row_lower[rows[there]], row_upper[rows[there]] = new.row_lower[there], new.row_upper[there]
    return replace(
        old, cost=cost, lower=lower, upper=upper, row_lower=row_lower, row_upper=row_upper, constant=new.constant
    )


def _alike(old: Program, new: Program, columns: Places, rows: Places) -> NDArray[np.bool_]:
    """Return which new rows have the entries that they had in the old program over the columns that are left."""
    if not old.rows:
        return np.zeros(new.rows, dtype=bool)
    kept = np.zeros(old.columns, dtype=bool)
    kept[columns] = True
    before = np.flatnonzero(kept[old.entry_column])
    now = np.flatnonzero(rows[new.indices] != NOWHERE)
    keys = old.entry_column[before].astype(np.int64) * old.rows + old.indices[before]
    theirs = columns[new.entry_column[now]].astype(np.int64) * old.rows + rows[new.indices[now]]
    _, mine, other = np.intersect1d(keys, theirs, assume_unique=True, return_indices=True)
    same = old.data[before[mine]] == new.data[now[other]]
    matched = np.bincount(old.indices[before[mine[same]]], minlength=old.rows)
    counted = np.bincount(old.indices[before], minlength=old.rows)
    own = np.bincount(new.indices, minlength=new.rows)
    place = np.maximum(rows, 0)
    alike: NDArray[np.bool_] = (rows != NOWHERE) & (matched[place] == own) & (counted[place] == own)
    return alike


class Proven:
    """What a plan's own multipliers and trees prove of its program with other limits and worths of columns.

    Parameters
    ----------
    answer : Answer
        The numbers of the plan, whose one stage is the whole contribution.
    """

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    @cached_property
    def leaves(self) -> LeafBound | None:
        """What the trees prove; None where the plan was proven without them."""
        leaves = self.answer.leaves
        return None if leaves is None else leaf_bound(self.answer.program, leaves)

    @cached_property
    def held(self) -> AllHeld | None:
        """The reserves that the plan leaves all that lots alone give them; None where it does not, or nobody knows."""
        answer = self.answer
        facts, _ = revised(answer.stated, answer.clauses)
        if facts is not answer.stated or len(answer.arcs.facts.granted.skus):
            return None
        return AllHeld.of(facts, answer.clauses)

    @cached_property
    def beyond(self) -> float:
        """By how much the trees lower what the multipliers prove of the plan's own program [currency]."""
        leaves = self.leaves
        return 0.0 if leaves is None else max(0.0, self._priced(self.answer.program) - leaves.value)

    def most(self, program: Program, enough: float) -> float:
        """Return what no plan of a lifted program is worth more than [currency].

        Where multipliers say that it is more than `enough` by far, the trees are not asked.
        """
        bound = self._priced(program)
        if self.leaves is None or bound > enough + self.beyond:
            return bound
        return min(bound, self.leaves.of(program))

    def _priced(self, program: Program) -> float:
        y = self.answer.multipliers
        return upper_bound(program, None if y is None else y[: program.rows])
