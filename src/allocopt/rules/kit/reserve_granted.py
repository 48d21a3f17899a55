"""What reserves are granted in the outcomes of decisions: which of these bear on them, and what was worked out before.

What lots alone can give is worked out here and now (`rules.kit.reserve_order`). Where that would leave no plan for
commitments under all that limits them, ``facts.granted`` says what is kept instead (`rules.kit.reserve_trial`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.problem.facts import ANY, Facts, Flags, Ints
from allocopt.rules.kit.base import Numbered
from allocopt.rules.kit.cases import bears
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_order import kept
from allocopt.rules.kit.reserve_quantities import Reserve, work_out
from allocopt.rules.kit.scope import lines_of, lines_within
from allocopt.rules.protect import Protect


def of_reserves(clauses: Numbered) -> Numbered:
    """Return the protections that keep stock."""
    return [(number, clause) for number, clause in clauses if clause.mode == "reserve"]


def bearing(facts: Facts, clauses: Numbered) -> Flags:
    """Return which decisions bear on what is reserved of each SKU, shape (skus, decisions)."""
    found: Flags = np.any([bears(facts, clause, _counted(facts, clause)) for _, clause in clauses], axis=0)
    granted = facts.granted
    if not granted.at_most:
        found[np.ix_(np.flatnonzero(granted.skus), granted.switches)] = True
    return found


def _counted(facts: Facts, clause: Protect) -> Flags:
    """Return the demand lines that a reserve is a share of, or whose commitments come before it."""
    found = lines_of(facts, None, clause.sku) & (facts.lines.min_units > 0) & (clause.penalty is None)
    if clause.share is not None and clause.of == "demand":
        found |= lines_within(facts, clause)
    return found


def reserved(facts: Facts, clauses: Numbered, cells: ReserveCells, on: NDArray[Any]) -> list[Reserve]:
    """Return the reserves of clauses, in one outcome of decisions, with what there is for each of them.

    Parameters
    ----------
    facts : Facts
        In that outcome.
    clauses : sequence of (int, Protect)
        Those that do not lapse in it.
    cells : ReserveCells
        Of the clauses.
    on : bool, or int, shape (switches,)
        Whether each decision is taken; `ANY` where it does not matter.
    """
    return as_granted(facts, kept(facts, work_out(None, facts, clauses, cells), cells), on)


def as_granted(facts: Facts, reserves: Sequence[Reserve], on: NDArray[Any]) -> list[Reserve]:
    """Return reserves with what they were granted in one outcome of decisions; see `reserved`."""
    granted = facts.granted
    if not len(granted.skus):
        return list(reserves)
    rows = np.flatnonzero((granted.on == on[granted.switches]).all(axis=1))
    if not len(rows):
        return list(reserves)
    mine = granted.skus[facts.lots.sku]
    place = {number: k for k, number in enumerate(granted.clause.tolist())}
    found = list(reserves)
    for position, reserve in enumerate(reserves):
        if reserve.hard:
            units = granted.kept[rows[0], place[reserve.number]]
            units = np.minimum(units, reserve.kept) if granted.at_most else units
            found[position] = replace(reserve, kept=np.where(mine, units, reserve.kept))
    return found


def outcome_of(facts: Facts, switches: Ints, on: Flags) -> Ints:
    """Return an outcome of some decisions as `reserved` takes it, shape (switches,)."""
    found = np.full(len(facts.switches), ANY, dtype=np.int32)
    found[switches] = on
    return found
