"""What store floors still leave to sellers that are no stores, also to those that want none of an article today."""

from __future__ import annotations

import numpy as np

from allocopt.algebra.grouping import ranges
from allocopt.plan.answer import Answer
from allocopt.plan.exposure.limits import PairLimits
from allocopt.problem.facts import Flags, Floats, Ints
from allocopt.rules.store_floor import STORE


def shelf_limits(answer: Answer, lot: Ints, bound: Flags) -> PairLimits:
    """Return the limits of store floors; see `allocopt.rules.store_floor`.

    Parameters
    ----------
    answer : Answer
    lot : int, shape (pairs,)
        Lot of each pair of lot and seller.
    bound : bool, shape (pairs,)
        Whether its seller is no store.
    """
    facts = answer.arcs.facts
    lots, floor = facts.lots, facts.nodes.store_floor
    counted = np.flatnonzero((floor[lots.node] > 0) & ~lots.hold)
    place = lots.sku[counted].astype(np.int64) * len(facts.nodes.id) + lots.node[counted]
    order = np.lexsort((lots.available[counted], place))
    counted, place = counted[order], place[order]
    until = place * (facts.periods + 1) + lots.available[counted]
    covered, row = ranges(np.searchsorted(place, place), np.searchsorted(until, until, side="right"))
    left = _left(answer)
    room = np.bincount(row, weights=left[counted[covered]], minlength=len(counted)) - floor[lots.node[counted]]
    pairs = np.flatnonzero(bound)
    pairs = pairs[np.argsort(lot[pairs], kind="stable")]
    mine = counted[covered]
    found, entry = ranges(np.searchsorted(lot[pairs], mine), np.searchsorted(lot[pairs], mine, side="right"))
    return PairLimits(row[entry], pairs[found], np.ones(len(entry)), np.maximum(room, 0.0))


def _left(answer: Answer) -> Floats:
    """Return the usable units of each lot less those that ship to who is no store, shape (lots,) [unit]."""
    facts, arcs = answer.arcs.facts, answer.arcs
    shipped = answer.ship * (facts.channels.kind != STORE)[facts.lines.channel[arcs.line]]
    left: Floats = facts.lots.usable - np.bincount(arcs.lot, weights=shipped, minlength=len(facts.lots.sku))
    return left
