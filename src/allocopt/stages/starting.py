"""Where the stages of an allocation start from, when there is the plan of a similar problem."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.matching import NOWHERE, Renamed, matched
from allocopt.algebra.program import Program
from allocopt.arrays import Places
from allocopt.plan import Answer
from allocopt.problem.facts import Facts, Ints
from allocopt.solve import Start
from allocopt.stages.stated import Stated

StartOf = Callable[[int, Program], Start | None]
"""Gives a stage, by its number and program, what it may start from."""


def cold(number: int, program: Program) -> Start | None:
    """Let every stage start from nothing."""
    return None


def carried(before: Answer, stated: Stated, clauses: Ints | None = None) -> tuple[Places, Places] | None:
    """Return where each column and row of a program stood in the program of a similar problem, `NOWHERE` for new ones.

    Parameters
    ----------
    before : Answer
    stated : Stated
        The new program, without what its stages append.
    clauses : int32, shape (clauses of `before`,), optional
        New position of each clause, `NOWHERE` for those that are gone; by default they kept theirs.

    Returns
    -------
    (columns, rows) or None
        None where SKUs, nodes or channels were added or taken away.
    """
    program, renamed = stated.program, _renamed(before.arcs.facts, stated.arcs.facts)
    if renamed is None:
        return None
    if clauses is not None:
        renamed = {**renamed, "clause": clauses}
    return matched(before.labels, stated.labels, renamed, columns=program.columns, rows=program.rows)


def starts(before: Answer, stated: Stated, clauses: Ints | None = None) -> StartOf:
    """Return where the stages of a program start from, given the answer to a similar problem.

    Parameters
    ----------
    before : Answer
    stated : Stated
        The new program, without what its stages append.
    clauses : int32, shape (clauses of `before`,), optional
        See `carried`.

    Returns
    -------
    callable
        `cold` where SKUs, nodes or channels were added or taken away.
    """
    found = carried(before, stated, clauses) if before.bases else None
    return cold if found is None else starts_at(before, stated.program, *found)


def starts_at(before: Answer, program: Program, columns: Places, rows: Places) -> StartOf:
    """Return where the stages of a program start from, given where its columns and rows stood; see `starts`."""

    def start_of(number: int, stage: Program) -> Start | None:
        if number >= len(before.bases):
            return None
        basis = before.bases[number]
        if basis is None or stage.columns != program.columns:
            return None
        appended = basis.height - before.program.rows
        if appended != stage.rows - program.rows:
            return None
        below = np.arange(before.program.rows, before.program.rows + appended)
        return basis.carried(columns, np.concatenate([rows, below]))

    return start_of


def _renamed(old: Facts, new: Facts) -> Renamed | None:
    """Return what became of the lots and lines of a problem, known by their rows in the user's tables."""
    for name in ("skus", "nodes", "channels"):
        if not np.array_equal(getattr(old, name).id, getattr(new, name).id):
            return None
    return {"lot": _by_row(old.lots.row, new.lots.row), "line": _by_row(old.lines.row, new.lines.row)}


def _by_row(old: Ints, new: Ints) -> NDArray[np.int32]:
    """Return the new position of each old member, `NOWHERE` where its row is gone (or it never had one)."""
    place = np.full(int(max(old.max(initial=-1), new.max(initial=-1))) + 2, NOWHERE, dtype=np.int32)
    mine = np.flatnonzero(new >= 0)
    place[new[mine]] = mine
    return np.where(old >= 0, place[old], NOWHERE).astype(np.int32)
