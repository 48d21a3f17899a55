"""What reserves imply for packs: rooms and reserves hold whole numbers of packs, and the rest of a reserve is idle.

.. code-block:: text

    sum_{a of s at n to c, pack k, ship < R} ship[a] <= k floor(room / k)
        for each SKU s, node n, channel c and pack k > 1                                            [unit]
    room = sum over the lots of s at n of: usable[l] - what is kept of lot l until R for others than c

    k (idle_C(s, n, R) + loose) + sum_{a of s at n for C in packs of p, ship < R} w[p] ship[a] >= k r ceil(Q / k)
        for each SKU s, node n, reserve for C, release R and pack k > 1                       [unit times unit]
    Q = kept of the lots of s at n until R,    r = Q mod k > 0,    loose = what ships for C in no packs
    w[p] = ceil(k (r floor(p / k) + min(p mod k, r)) / p),    so that w[k] = r

The rows cut off no plan. The first ones: the stock and reserve rows leave the channel no more than ``room``, and it
ships packs only. The second ones: of 17 kept in packs of 12, 5 are idle unless a second pack ships; a plan of fractions
would ship 17. They bring the relaxation closer to the best plan, and spare the search in the article most of its nodes.
Where a reserve gives way they hold nobody.
Source: Chvatal-Gomory and mixed-integer rounding, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import ranges
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import grouped, labels
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.reserve_idle import Idle, releases
from allocopt.rules.kit.reserve_quantities import Reserve
from allocopt.rules.packs import usable_at


def add_pack_rows(on: Statement, reserves: list[Reserve], cells: ReserveCells) -> None:
    """Add the rows that round the room which reserves leave down to whole packs.

    Only where no decision of the optimiser changes the reserves.
    """
    facts, arcs = on.facts, on.arcs
    sure = [reserve for reserve in reserves if reserve.per_lot and reserve.penalty is None]
    packed = np.flatnonzero(facts.lines.pack[arcs.line] > 1)
    if not sure or not len(packed):
        return
    lots, nodes = facts.lots, len(facts.nodes.id)
    group, whose = grouped(
        facts,
        sku=lots.sku[arcs.lot[packed]],
        node=lots.node[arcs.lot[packed]],
        channel=arcs.channel[packed],
        pack=facts.lines.pack[arcs.line[packed]],
    )
    sku, node, to, size = whose.codes
    place, spot = lots.sku.astype(np.int64) * nodes + lots.node, sku * nodes + node
    full = usable_at(arcs)[0][spot]
    first, sums, parts = 0, [], []
    for until in sorted({reserve.release for reserve in sure}):
        free = _free(on, [reserve for reserve in sure if reserve.release >= until], cells)
        room = _by_place(on, place, free)[spot, to]
        rows = np.flatnonzero((room < full) & (size * floor_units(room / size) < room))
        number = np.full(len(whose), -1)
        number[rows] = first + np.arange(len(rows))
        sums.append(Sum(on.ship, np.where(arcs.ship[packed] < until, number[group], -1), members=packed))
        parts.append((rows, np.full(len(rows), min(until, facts.periods)), (size * floor_units(room / size))[rows]))
        first += len(rows)
    rows, end, limit = (np.concatenate([part[k] for part in parts]) for k in range(3))
    if len(rows):
        on.form.add_rows("reserve_packs", whose.of(rows).extended("until", end), sums, upper=limit, implied=True)


def add_idle_rows(on: Statement, idle: Idle, reserves: list[Reserve]) -> None:
    """Add the rows that say what of a reserve is idle unless one more pack ships.

    Only where no decision of the optimiser changes the reserves.
    """
    for reserve in reserves:
        if reserve.per_lot and reserve.hard:
            for until in (until for until in releases(reserves) if until <= reserve.release):
                _add_rests(on, idle, reserve, until)


def _add_rests(on: Statement, idle: Idle, reserve: Reserve, until: int) -> None:
    """Add these rows for one reserve up to one release."""
    facts, arcs, lots, nodes = on.facts, on.arcs, on.facts.lots, len(on.facts.nodes.id)
    place = lots.sku.astype(np.int64) * nodes + lots.node
    inside = reserve.lots & (lots.available < until)
    kept = np.bincount(place, weights=np.where(inside, reserve.kept, 0.0), minlength=len(facts.skus.id) * nodes)
    members = np.flatnonzero(reserve.lines[arcs.line] & (arcs.ship < until))
    pack = facts.lines.pack[arcs.line[members]].astype(np.int64)
    at = place[arcs.lot[members]]
    size = int(pack.max(initial=1)) + 1
    spot, each = np.divmod(np.unique(at[pack > 1] * size + pack[pack > 1]), size)
    rest = kept[spot] % each
    some = (rest > 0) & (rest == np.rint(rest))
    if not some.any():
        return
    spot, each, rest = spot[some], each[some], rest[some].astype(np.int64)
    here = np.flatnonzero(inside[idle.lot] & reserve.cells[idle.cell] & (idle.until == min(until, facts.periods)))
    row, owner = _pairs(spot, place[idle.lot[here]])
    sums = [Sum.of(idle.variable, row, here[owner], each[row].astype(np.float64))]
    row, owner = _pairs(spot, at)
    packed, step, left = pack[owner], each[row], rest[row]
    whole = -(-step * (left * (packed // step) + np.minimum(packed % step, left)) // packed)
    weight = np.where(packed > 1, np.minimum(whole, step), step)
    sums.append(Sum.of(on.ship, row, members[owner], weight.astype(np.float64)))
    number, end = np.full(len(spot), reserve.number, np.int32), np.full(len(spot), min(until, facts.periods))
    index = labels(facts, clause=number, sku=spot // nodes, node=spot % nodes, pack=each, until=end)
    least = each * rest * np.ceil(kept[spot] / each)
    on.form.add_rows("reserve_rests", index, sums, lower=least, implied=True)


def _pairs(spot: Codes, at: Codes) -> tuple[Codes, Codes]:
    """Return each row with each member at its spot: the numbers of both, rows being in the order of their spots."""
    begin, end = np.searchsorted(spot, at, side="left"), np.searchsorted(spot, at, side="right")
    return ranges(begin, end)


def _free(on: Statement, reserves: list[Reserve], cells: ReserveCells) -> Floats:
    """Return what is left of each lot for each channel by what is kept for others, shape (lots, channels).

    Of reserves that share cells the largest counts: what is kept for one of them may be kept for all.
    """
    lots, size = on.facts.lots, len(on.facts.channels.id)
    left, own = lots.usable.copy(), np.zeros((len(lots.sku), size))
    for together in _components(reserves):
        most = np.max([reserve.kept for reserve in together], axis=0)
        left -= most
        for channel in np.unique(cells.channel[np.any([reserve.cells for reserve in together], axis=0)]).tolist():
            others = [r.kept for r in together if not (cells.channel[r.cells] == channel).any()]
            own[:, channel] += most - np.max([np.zeros_like(most), *others], axis=0)
    return np.maximum(left[:, None] + own, 0.0)


def _components(reserves: list[Reserve]) -> list[list[Reserve]]:
    """Return the reserves that share cells, directly or by others, together."""
    found: list[list[Reserve]] = []
    for reserve in reserves:
        near = [some for some in found if any((one.cells & reserve.cells).any() for one in some)]
        found = [some for some in found if all(some is not other for other in near)]
        found.append([one for some in near for one in some] + [reserve])
    return found


def _by_place(on: Statement, place: Codes, units: Floats) -> Floats:
    """Return units of lots that have arcs, added up by SKU and node, shape (skus * nodes, channels)."""
    live = np.flatnonzero(np.bincount(on.arcs.lot, minlength=len(units)) > 0)
    found = np.zeros((len(on.facts.skus.id) * len(on.facts.nodes.id), units.shape[1]))
    np.add.at(found, place[live], units[live])
    return found
