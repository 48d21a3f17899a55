"""What a short line could be served from if rules let it: the arcs that physics and rules took away, and who took each.

Each rule is asked by itself what it would take of all that physics allow, so that every hindrance of an arc is known,
not only the first. Physics are asked again with one thing otherwise: lots off hold, lots that never expire, lines that
wait. Of what comes too late or would be spoilt, the earliest shipment stands for all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from allocopt.arcs import Arcs, Exclusions, arc_keys, build_arcs
from allocopt.arrays import Places
from allocopt.problem.facts import NEVER, Facts, Flags
from allocopt.rules import Clause, Rule, hindering


@dataclass(frozen=True, eq=False)
class Hindrance:
    """What keeps some arcs from being used.

    Attributes
    ----------
    code : str
        One of `rules.kit.shortage.CODES`.
    clause : int
        Position in the contract; -1: none.
    rule : Rule or None
        None: physics.
    arcs : int array, ascending
        Which arcs of the wide table.
    """

    code: str
    clause: int
    rule: Rule | None
    arcs: Places


@dataclass(frozen=True, eq=False)
class Candidates:
    """The arcs of a plan and all that its short lines could have besides.

    Attributes
    ----------
    arcs : Arcs
        Sorted like every arc table.
    own : bool, shape (arcs,)
        Which of them the plan has.
    hindrances : list of Hindrance
    """

    arcs: Arcs
    own: Flags
    hindrances: list[Hindrance]


def candidates(arcs: Arcs, clauses: Sequence[Clause], short: Places) -> Candidates:
    """Return the arcs of a plan with all that some lines could have besides.

    Parameters
    ----------
    arcs : Arcs
        What the contract left.
    clauses : sequence of Clause
    short : int array
        Lines that are looked at.
    """
    facts = arcs.facts
    wanted = np.zeros(len(facts.lines.sku))
    wanted[short] = facts.lines.units[short]
    only = replace(facts, lines=replace(facts.lines, units=wanted))
    physics = build_arcs(only)
    found = [(code, -1, None, more) for code, more in _otherwise(only, physics)]
    taken = [(rule.short, number, rule, physics, mask) for rule, number, mask in hindering(physics, clauses)]
    tables = [arcs, physics, *(more for *_, more in found)]
    keys = arc_keys(tables)
    _, first, where = np.unique(np.concatenate(keys), return_index=True, return_inverse=True)
    ends = np.cumsum([0, *(len(table) for table in tables)])
    place = [where[a:b] for a, b in pairwise(ends)]
    joined = {
        name: np.concatenate([getattr(table, name) for table in tables])[first]
        for name in ("lot", "line", "lane", "ship")
    }
    own = np.zeros(len(first), dtype=bool)
    own[place[0]] = True
    hindrances = [Hindrance(code, n, rule, place[1][mask]) for code, n, rule, _, mask in taken if code]
    hindrances += [Hindrance(code, n, rule, place[k + 2]) for k, (code, n, rule, _) in enumerate(found)]
    return Candidates(Arcs(**joined, facts=facts, exclusions=Exclusions()), own, hindrances)


def _otherwise(only: Facts, physics: Arcs) -> list[tuple[str, Arcs]]:
    """Return what there would be with one thing of physics otherwise, by its code; nothing that there is anyway."""
    lots, lines = only.lots, only.lines
    fresh = replace(only, lots=replace(lots, expires=np.full_like(lots.expires, NEVER)))
    patient = replace(only, lines=replace(lines, max_late=np.full_like(lines.max_late, only.periods)))
    others = []
    if (lots.expires != NEVER).any():
        others.append(("expired", _earliest(_besides(build_arcs(fresh), physics))))
    if lots.hold.any():
        loose = replace(only, lots=replace(lots, hold=np.zeros_like(lots.hold)))
        others.append(("on_hold", _besides(build_arcs(loose), physics)))
    late = _besides(build_arcs(patient), physics)
    there = np.isin(_pair(late), _pair(physics))
    others.append(("too_late", _earliest(_some(late, ~there))))
    return [(code, more) for code, more in others if len(more)]


def _pair(arcs: Arcs) -> NDArray[np.int64]:
    """Return lot and line of each arc as one number."""
    return arcs.line.astype(np.int64) * len(arcs.facts.lots.sku) + arcs.lot


def _besides(arcs: Arcs, others: Arcs) -> Arcs:
    """Return the arcs that are not among others."""
    mine, theirs = arc_keys([arcs, others])
    return _some(arcs, ~np.isin(mine, theirs))


def _earliest(arcs: Arcs) -> Arcs:
    """Return the first shipment from each lot to each line."""
    order = np.lexsort((arcs.lane, arcs.arrives(), _pair(arcs)))
    pair = _pair(arcs)[order]
    new = np.ones(len(pair), dtype=bool)
    new[1:] = pair[1:] != pair[:-1]
    mask = np.zeros(len(arcs), dtype=bool)
    mask[order[new]] = True
    return _some(arcs, mask)


def _some(arcs: Arcs, mask: Flags) -> Arcs:
    return Arcs(arcs.lot[mask], arcs.line[mask], arcs.lane[mask], arcs.ship[mask], arcs.facts, arcs.exclusions)
