"""What hard reserves are given: in the order of the contract's clauses, each as much as its lots can still give.

.. code-block:: text

    commitments first:  every line gets min_units of lots that can serve it in time
    then clause by clause, and for each at one arrival date u of a SKU after another:
    kept[c, u] = min(asked[c], own[c, u] + what can still be held of the lots in scope that are there by u)     [unit]

Whatever is held stays held, on lots that may change (`rules.kit.claims`). ``own`` are units that commitments and the
clauses before already hold in these lots for whom it is for: they count, and are moved there as far as that helps. A
share of supply is kept lot by lot, in the same way. A later clause never takes anything from an earlier one, so that
one clause more, or the last one tightened, never sets stock free.

Commitments look at lanes, dates and expiry only, and never at safety stock: a clause that closes or opens ways to them
does not change what the reserves keep. Where whatever else limits them leaves no plan with that, less is granted
(`rules.kit.reserve_trial`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocopt.algebra.grouping import extreme
from allocopt.algebra.labels import Codes
from allocopt.arcs import build_arcs
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.problem.lines import take
from allocopt.rules.kit.claims import Claims
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_quantities import Moments, Reserve, soft
from allocopt.rules.kit.scope import SAFETY


@dataclass(frozen=True)
class _Committed:
    """Commitments: line by line, with the lots that can serve them; sorted by line, and so by SKU.

    ``cell[d]`` is the cell of line d, of whatever SKU; -1: none.
    """

    line: Codes
    lot: Codes
    cell: Codes


def kept(facts: Facts, reserves: Sequence[Reserve], cells: ReserveCells) -> list[Reserve]:
    """Return the reserves with what there is for each of them.

    Parameters
    ----------
    facts : Facts
        Those in which the reserves were worked out.
    reserves : sequence of Reserve
        In the order of the contract.
    cells : ReserveCells
        Whom they are for.
    """
    moments = Moments.each(facts, per_lot=False)
    hard = [reserve for reserve in reserves if reserve.hard]
    reserved = np.zeros(len(facts.skus.id), dtype=bool)
    for reserve in hard:
        reserved |= reserve.asked_of(facts) > 0
    committed = _commitments(facts, reserved, cells)
    tangled = _tangled(facts, hard) & reserved
    tangled[facts.lines.sku[committed.line]] = True
    plain = _plain(facts, moments, hard)
    given = [np.where(tangled[facts.lots.sku], 0.0, units) for units in plain]
    for sku in np.flatnonzero(tangled).tolist():
        _one_by_one(facts, hard, committed, cells, sku, given)
    found = {reserve.number: replace(reserve, kept=units) for reserve, units in zip(hard, given, strict=True)}
    return [found[r.number] if r.hard else soft(facts, r) for r in reserves]


def _tangled(facts: Facts, hard: Sequence[Reserve]) -> Flags:
    """Return the SKUs of which what a reserve is given depends on which lots the ones before it hold."""
    skus, lots = len(facts.skus.id), facts.lots
    size = len(hard[0].cells) if hard else 0
    by_sku, by_lot = np.zeros((size, skus), dtype=np.int32), np.zeros((size, skus), dtype=np.int32)
    claimants, of_lot = np.zeros(skus, dtype=np.int32), np.zeros(len(lots.sku), dtype=np.int32)
    shared = np.zeros(skus, dtype=bool)
    alike: dict[bytes, Flags] = {}
    for reserve in hard:
        asks = reserve.asked_of(facts) > 0
        if reserve.per_lot:
            shared |= asks
            alike[reserve.cells.tobytes()] = alike.get(reserve.cells.tobytes(), False) | asks
        else:
            claimants += asks
            by_sku[reserve.cells] += asks
            of_lot += reserve.lots & asks[lots.sku]
    for scope, asks in alike.items():
        by_lot[np.frombuffer(scope, dtype=bool)] += asks
    part = (of_lot > 0) & (of_lot < claimants[lots.sku])
    differ = np.bincount(lots.sku, weights=part, minlength=skus) > 0
    found: Flags = (claimants > 0) & (shared | differ | (by_sku > 1).any(axis=0))
    return found | (by_lot > 1).any(axis=0)


def _plain(facts: Facts, moments: Moments, hard: Sequence[Reserve]) -> list[Floats]:
    """Return what reserves are given where they speak of the same lots, or lot by lot, shape (lots,) each."""
    lots = facts.lots
    left = lots.usable.copy()
    own = {reserve.cells.tobytes(): np.zeros(len(lots.sku)) for reserve in hard if reserve.per_lot}
    before = np.zeros(len(moments.of))
    found = []
    for reserve in hard:
        if reserve.per_lot:
            wanted = np.where(reserve.lots, reserve.asked, 0.0)
            mine = own[reserve.cells.tobytes()]
            more = np.clip(wanted - mine, 0.0, left)
            left -= more
            mine += more
            found.append(np.minimum(wanted, mine))
            continue
        arrived = moments.arrived(np.where(reserve.lots, lots.usable, 0.0))
        there = np.clip(arrived - before, 0.0, reserve.asked[moments.of])
        before += np.where(moments.available < reserve.release, there, _last(moments, there, reserve.release))
        found.append(np.where(reserve.lots, there[moments.of_lot], 0.0))
    return found


def _last(moments: Moments, there: Floats, release: int) -> Floats:
    """Return what was there of each moment's SKU at the last moment before a release, shape (moments,)."""
    early = moments.available < release
    most = extreme(np.maximum, there[early], moments.of[early], int(moments.of.max(initial=-1)) + 1, none=0.0)
    return most[moments.of]


def _commitments(facts: Facts, reserved: Flags, cells: ReserveCells) -> _Committed:
    """Return which lots can serve the commitments to lines of reserved SKUs."""
    lines = facts.lines
    rows = np.flatnonzero((lines.min_units > 0) & (lines.units > 0) & reserved[lines.sku])
    if not len(rows):
        return _Committed(rows, rows, rows)
    ways = build_arcs(replace(facts, lines=take(lines, rows)))
    usual = np.flatnonzero(facts.lots.kind[ways.lot] != SAFETY)
    size = len(facts.lots.sku)
    pairs = np.unique(rows[ways.line[usual]] * size + ways.lot[usual])
    return _Committed(pairs // size, pairs % size, cells.of_lines(facts))


def _one_by_one(
    facts: Facts, hard: Sequence[Reserve], committed: _Committed, cells: ReserveCells, sku: int, given: Sequence[Floats]
) -> None:
    """Work out what is given of one SKU, claim by claim, and write it to `given`."""
    lots, lines = facts.lots, facts.lines
    first, last = (int(np.searchsorted(lots.sku, sku, side)) for side in ("left", "right"))
    reach = [_bits(np.flatnonzero(one)) for one in cells.reach[:, first:last]]
    claims = Claims(lots.usable[first:last].tolist(), reach)
    begin, end = (int(np.searchsorted(lines.sku[committed.line], sku, side)) for side in ("left", "right"))
    mine, ways = committed.line[begin:end], committed.lot[begin:end] - first
    for line in np.unique(mine).tolist():
        # Whom no reserve is for takes what it needs, and counts for nobody.
        whose = 1 << int(committed.cell[line]) if committed.cell[line] >= 0 else 0
        claims.claim(whose, _bits(ways[mine == line]), float(lines.min_units[line]))
    available = lots.available[first:last]
    for reserve, units in zip(hard, given, strict=True):
        inside, whose = reserve.lots[first:last], _bits(np.flatnonzero(reserve.cells))
        asked = reserve.asked[first:last] if reserve.per_lot else np.full(last - first, reserve.asked[sku])
        if reserve.per_lot:
            steps = [np.array([lot]) for lot in np.flatnonzero(inside & (asked > 0))]
        else:
            dates = np.unique(available[inside]).tolist() if reserve.asked[sku] > 0 else []
            steps = [np.flatnonzero(inside & (available <= date)) for date in dates]
        for step in steps:
            wanted, scope = float(asked[step[0]]), _bits(step)
            own = claims.counted(whose, scope, wanted)
            if own < wanted:
                own += claims.claim(whose, scope, wanted - own)
            at = step if reserve.per_lot else step[available[step] == available[step].max()]
            units[first + at] = min(own, wanted)


def _bits(places: Codes) -> int:
    """Return a set of lots as one number."""
    return sum(1 << int(place) for place in places.tolist())
