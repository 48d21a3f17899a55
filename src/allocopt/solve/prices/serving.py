"""Who solves the blocks of a program: compiled code, or HiGHS where compiling does not pay or comes too late."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from allocopt.solve.solution import Clock

NATIVE = 20_000
"""Columns from which on compiled code is worth loading; below, HiGHS solves the blocks as well."""
COMPILING, COMPILING_GUIDES, LOADING = 15.0, 5.0, 0.5
"""Seconds that compiling, of the guide by centres too, and loading what was compiled, are taken to need: constants,
never measured."""
PART = 0.5
"""Part of the time that is left which they may take."""
MODULE = "allocopt.solve.prices.native_simplex"

AHEAD = "`python -m allocopt.solve.prices`"
NOT_READY = (
    "HiGHS solved the articles in place of the price engine's own code, which is not compiled yet: the time limit "
    f"leaves no room for it. {AHEAD} compiles it ahead; until then a plan may be another one of about the same worth."
)
NOT_GUIDING = (
    "HiGHS' simplex guided the search for prices in place of a master of our own, which is not compiled yet: the time "
    f"limit leaves no room for it. {AHEAD} compiles it ahead; until then a plan may be another one of about the same "
    "worth."
)
NOT_LOADED = (
    "HiGHS solved the articles in place of the price engine's own code: the time limit leaves no room for loading it. "
    "A call with more time loads it for all later ones of the process; until then a plan may be another one of about "
    "the same worth."
)
NOT_KEPT = (
    "The price engine's code was compiled for this process alone, which takes some 15 s in each: there is no place to "
    f"keep it. Let NUMBA_CACHE_DIR name a folder that can be written; where {AHEAD} has filled it once, reading it is "
    "enough."
)


@dataclass(frozen=True)
class Serving:
    """Who solves the blocks that are networks.

    Attributes
    ----------
    native : bool
        Whether compiled code does.
    note : str
        What somebody should know of it; mostly nothing.
    """

    native: bool
    note: str = ""


def serving(columns: int, clock: Clock, native: bool | None) -> Serving:
    """Return who solves the blocks of a program within the time that is left.

    Compiling cannot be stopped, so it is not begun where it may take more than half of that time. Without a limit
    compiled code always serves, so that the plan is the same wherever it is found; programs with fewer than `NATIVE`
    columns are never worth it.

    Parameters
    ----------
    columns : int
    clock : Clock
    native : bool, optional
        What was asked for, whatever it takes.
    """
    if native is not None or columns < NATIVE:
        return Serving(native=bool(native))
    room = PART * clock.left
    if room < LOADING and MODULE not in sys.modules:
        return Serving(native=False, note=NOT_LOADED)
    from allocopt.solve.prices import native_store

    functions = _functions()
    if room < COMPILING and not all(native_store.kept(function) for function in functions):
        return Serving(native=False, note=NOT_READY)
    lasting = all(native_store.kept(function) or native_store.can_keep(function) for function in functions)
    return Serving(native=True, note="" if lasting else NOT_KEPT)


def compile_ahead() -> bool:
    """Compile what is not kept yet; return whether all of it is kept now, nothing being compiled where it cannot be."""
    from allocopt.solve import native_greedy
    from allocopt.solve.orders import native
    from allocopt.solve.prices import native_store
    from allocopt.solve.ties import native_moves
    from allocopt.solve.trees.native import search

    functions = (*_functions(), *_guides(), native_moves.settle, native_greedy.run, *native.FUNCTIONS, search)
    if not all(native_store.kept(function) or native_store.can_keep(function) for function in functions):
        return False
    for function in functions:
        native_store.load(function)
    return all(native_store.folder(function) is not None for function in functions)


def guiding(clock: Clock) -> Serving:
    """Return whether compiled code guides the search by centres, within the time that is left; else vertices do."""
    from allocopt.solve.prices import native_store

    functions = _guides()
    if clock.left * PART < COMPILING_GUIDES and not all(native_store.kept(function) for function in functions):
        return Serving(native=False, note=NOT_GUIDING)
    return Serving(native=True)


def _functions() -> tuple[Any, Any]:
    """Return the compiled functions that others call to solve the blocks."""
    from allocopt.solve.prices import native_networks, native_simplex

    return native_networks.find_networks, native_simplex.best_plans


def _guides() -> tuple[Any, ...]:
    """Return the compiled functions of the guide by centres."""
    from allocopt.solve.prices import native_centre

    return native_centre.FUNCTIONS
