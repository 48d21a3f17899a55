"""Which promises cannot hold together, where no plan exists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.problem.facts import Flags, Floats
from allocopt.readback.plan import Conflict
from allocopt.rules import Clause

Relax = Callable[[Program, Any], Floats | None]
"""Returns by how much each of the given rows must be broken, at least in total, for a plan to exist."""
Oppose = Callable[[Program, Any], Flags]
"""Returns which of the given rows take part in the clash."""


def find_conflicts(
    program: Program, labels: Labels, clauses: Sequence[Clause], relax: Relax, oppose: Oppose
) -> tuple[Conflict, ...]:
    """Return what would have to give way for a plan to exist, most units first, and what stands against it.

    Every promise (hard clause, commitment, planner's own row) is made elastic and the sum of what is broken is
    minimised: what is broken then cannot hold together with the rest. Promises that are kept, but have a price then,
    are the others in the clash; they are named with zero units.

    Parameters
    ----------
    program : Program
    labels : Labels
    clauses : sequence of Clause
    relax, oppose : callable
        Solve the elastic program.
    """
    rows = labels.elastic()
    broken = relax(program, rows) if len(rows) else None
    if broken is None:
        return ()
    found: dict[tuple[str, int | None], float] = {}
    if not (broken > 1e-6).any():
        return ()
    for family, ranks in labels.of_rows(rows[(broken > 1e-6) | oppose(program, rows)]):
        amounts = broken[np.searchsorted(rows, ranks + family.start)]
        for rank, amount in zip(ranks.tolist(), amounts.tolist(), strict=True):
            number = None if family.clause is None else int(family.clause[rank])
            what = _words(family.name, family.index.label(rank)) if number is None else clauses[number].words()
            found[what, number] = found.get((what, number), 0.0) + amount
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0][0]))
    return tuple(Conflict(what, number, units) for (what, number), units in ranked)


def _words(family: str, label: tuple[Any, ...]) -> str:
    place = ", ".join(str(part) for part in label)
    return f"commitment (min_units) of {place}" if family in ("demand", "commitment") else f"{family} [{place}]"
