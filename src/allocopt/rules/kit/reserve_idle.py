"""Idle stock: what is kept for somebody and has not shipped.

A unit counts in every reserve of which its cell is one, so that only those cells have idle stock of a lot that count
in more reserves than any other one; the rest could only take their place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Sum, Variable, When
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import ANY, Facts, Flags
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import labels
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_quantities import Reserve

BITS = 62
"""Reserves for different ones that can be told apart by the bits of a number."""


@dataclass(frozen=True)
class Idle:
    """Idle stock, with the cell, lot and release of each column."""

    variable: Variable
    cell: Codes
    lot: Codes
    until: Codes


def add_idle(on: Statement, reserves: Sequence[Reserve], cells: ReserveCells) -> Idle:
    """Add idle stock per cell, lot and release period, wherever a reserve needs it."""
    facts, lots = on.facts, len(on.facts.lots.sku)
    parts = []
    for end in releases(reserves):
        alive = [reserve for reserve in reserves if reserve.release >= end]
        cell, lot = np.nonzero(_needed(facts, alive, cells, end))
        parts.append((cell * lots + lot) * (facts.periods + 1) + min(end, facts.periods))
    place, until = np.divmod(np.unique(np.concatenate(parts)), facts.periods + 1)
    cell, lot = np.divmod(place, lots)
    index = labels(facts, channel=cells.channel[cell].astype(np.int32), lot=lot, until=until)
    if not cells.whole:
        index = index.extended("of", cell, cells.words(facts))
    variable = on.form.add_variable("idle", index, upper=facts.lots.usable[lot], sku=facts.lots.sku[lot])
    idle = Idle(variable, cell, lot, until)
    _close(on, idle, reserves, cells)
    return idle


def releases(reserves: Sequence[Reserve]) -> list[int]:
    """Return the periods from which on some reserve no longer holds."""
    return sorted({reserve.release for reserve in reserves})


def _needed(facts: Facts, reserves: Sequence[Reserve], cells: ReserveCells, until: int) -> Flags:
    """Return for which cells stock of each lot may be kept up to a release, shape (cells, lots)."""
    there = facts.lots.available < until
    scopes: dict[bytes, Flags] = {}
    for reserve in reserves:
        scope = reserve.cells.tobytes()
        scopes[scope] = scopes.get(scope, False) | (reserve.lots & there)
    counts = np.zeros((len(cells), len(there)), dtype=np.int64)
    for number, (scope, inside) in enumerate(scopes.items()):
        counts[np.frombuffer(scope, dtype=bool)] |= inside.astype(np.int64) << min(number, BITS)
    counts[~cells.reach] = 0
    if len(scopes) > BITS:
        return counts > 0
    kinds, kind = np.unique(counts, axis=1, return_inverse=True)
    return _foremost(kinds, facts.channels.keep[cells.channel])[:, kind.ravel()]


def _foremost(counts: NDArray[np.int64], keep: Codes) -> Flags:
    """Return the cells that count in reserves, as bits, in which no other one counts as well, shape (cells, kinds).

    A cell whose channel may be given up stands for no other one, but for those that go with it.
    """
    found: Flags = counts > 0
    for one in range(len(counts)):
        for other in range(len(counts)):
            if one != other and keep[other] in (ANY, keep[one]):
                inside = counts[one] & ~counts[other] == 0
                alike = (counts[one] == counts[other]) & (keep[one] in (ANY, keep[other]))
                found[one] &= ~(inside & (~alike if other > one else True))
    return found


def _close(on: Statement, idle: Idle, reserves: Sequence[Reserve], cells: ReserveCells) -> None:
    """Add that nothing is kept, as one of several, for a channel that is given up."""
    if on.switch is None:
        return
    together = np.zeros(len(cells), dtype=bool)
    for reserve in reserves:
        if len(np.unique(cells.channel[reserve.cells])) > 1:
            together |= reserve.cells
    keep = on.facts.channels.keep[cells.channel[idle.cell]]
    rows = np.flatnonzero(together[idle.cell] & (keep != ANY))
    if len(rows):
        each = np.arange(len(rows))
        on.form.add_rows(
            "reserve_given_up",
            idle.variable.index.of(rows),
            [Sum(idle.variable, each, members=rows)],
            upper=np.zeros(len(rows)),
            when=When(on.switch, each, keep[rows], np.zeros(len(rows), dtype=bool)),
            otherwise=on.facts.lots.usable[idle.lot[rows]],
        )
