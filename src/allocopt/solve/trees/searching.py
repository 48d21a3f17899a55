"""One small program searched in whole units: a plan, and the tree that proves what no plan is worth more than."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Places
from allocopt.solve.leaves import Tree
from allocopt.solve.prices.serving import COMPILING, LOADING, PART
from allocopt.solve.solution import Clock
from allocopt.solve.trees.sums import sums_of, told_apart

LARGE = 3_000_000
"""Entries of the sheet (columns x rows) above which a program is left to others."""
NODES = 1_000
"""Nodes after which a search ends; the tree that it has by then is a proof all the same."""
WORK = 2e8
"""Numbers of the sheet that may be changed, which takes some 0.3 s."""
ROOM = 2_000_000
"""Multipliers that a search may keep."""


@dataclass(frozen=True, eq=False)
class Searched:
    """What a search found.

    Attributes
    ----------
    x : float64, shape (columns,), or None
        The best plan, whole units exactly whole. Rows are kept but for what rounding makes of them.
    bound : float
        What no plan is worth more than, as the search saw it, without the program's constant; the tree proves it but
        for roundings.
    tree : Tree
        Positions are those of the program that was searched.
    work : int
        Pivots.
    """

    x: Floats | None
    bound: float
    tree: Tree
    work: int


def ready(clock: Clock) -> bool:
    """Return whether the compiled search can be there in time."""
    if PART * clock.left < LOADING:
        return False
    from allocopt.solve.prices import native_store
    from allocopt.solve.trees.native import search

    return PART * clock.left >= COMPILING or native_store.kept(search)


def searched(
    program: Program,
    *,
    start: Floats | None = None,
    margin: float = 0.0,
    nodes: int = NODES,
    work: float = WORK,
    sums: tuple[Places, ...] | None = None,
) -> Searched | None:
    """Search a program in whole units.

    Parameters
    ----------
    program : Program
        Every column that earns something ends somewhere.
    start : float64, shape (columns,), optional
        A plan that keeps every row.
    margin : float
        What is worth no more than this beyond the best plan is not looked for [currency].
    nodes : int
        At most so many are looked at; the same ones in every run.
    work : float
        Numbers that may be changed; see `WORK`.
    sums : tuple of int arrays, optional
        What `sums_of` says of its matrix, where that is known.

    Returns
    -------
    Searched or None
        None where the program is too large for it.
    """
    if program.columns * program.rows > LARGE or not program.columns:
        return None
    from allocopt.solve.trees.native import search
    from allocopt.solve.trees.native_search import Small, new_nodes
    from allocopt.solve.trees.native_sheet import new_sheet

    rows, sums = program.rows, sums_of(program) if sums is None else sums
    program, whole = told_apart(program, sums)
    most = max(1, min(nodes, ROOM // max(program.rows, 1)))
    found: Any = new_nodes(most, program.rows)  # type: ignore[no-untyped-call]
    sheet: Any = new_sheet(*_limits(program))  # type: ignore[no-untyped-call]
    plan = np.zeros(program.columns) if start is None else np.array(start, dtype=np.float64)
    worth = -np.inf if start is None else float(program.cost @ plan)
    made, _, best, _, pivots = search(
        _small(program, whole, Small), sheet, found, plan, worth, float(margin), float(work)
    )
    leaf = found.child[:made] < 0
    bound = max(best, float(found.bound[:made][leaf].max()))
    return Searched(
        plan if best > -np.inf else None, bound, _tree(program, rows, sums, found, made, bound), int(pivots)
    )


def _limits(program: Program) -> tuple[Floats, Floats, Floats, Floats]:
    return program.lower, program.upper, program.row_lower, program.row_upper


def _small(program: Program, whole: NDArray[np.bool_], kind: Any) -> Any:
    """Return the arrays of a program as compiled code takes them."""
    floats = (program.cost, program.lower, program.upper)
    codes = (program.indptr, program.indices)
    more = (program.data, program.row_lower, program.row_upper)
    return kind(
        *(np.array(values, np.float64) for values in floats),
        np.concatenate([program.integer, whole]),
        *(np.array(values, np.int32) for values in codes),
        *(np.array(values, np.float64) for values in more),
    )


def _tree(program: Program, rows: int, sums: tuple[Places, ...], nodes: Any, made: int, bound: float) -> Tree:
    """Return the part of the nodes made that proves the bound of all of them.

    A node that promises no more than the bound is a leaf, whatever was found below it.
    """
    child, own = nodes.child[:made], nodes.own[:made]
    said = nodes.bound[:made]
    shown = np.zeros(made, dtype=bool)
    shown[0] = True
    opened = (child >= 0) & (said > bound)
    for node in np.flatnonzero(opened).tolist():
        if shown[node]:
            shown[child[node] : child[node] + 2] = True
    opened &= shown
    bounds = shown & (own >= 0)
    first = child[opened]
    bounds[opened] = (own[first] < 0) | (own[first + 1] < 0)
    bounds[0] = own[0] >= 0
    new = np.cumsum(shown) - 1
    lines = np.cumsum(bounds) - 1
    return Tree(
        columns=np.arange(program.columns),
        rows=np.arange(rows),
        sums=sums,
        column=nodes.column[:made][shown],
        limit=nodes.limit[:made][shown],
        child=np.where(opened, new[child], -1)[shown].astype(np.int32),
        own=np.where(bounds, lines, -1)[shown].astype(np.int32),
        multipliers=nodes.multipliers[own[bounds]],
    )
