"""What reserves imply for packs: what is left at a node for a channel holds a whole number of its packs.

.. code-block:: text

    sum_{a of s at n to c, pack k, ship < R} ship[a] <= k floor(room / k)
        for each SKU s, node n, channel c and pack k > 1                                            [unit]
    room = sum over the lots of s at n of: usable[l] - what is kept of lot l until R for others than c

The rows cut off no plan: the stock and reserve rows leave the channel no more than ``room``, and it ships packs only.
They bring the relaxation closer to the best plan wherever shares of small lots are smaller than packs. Where a reserve
gives way they hold nobody.
Source: Chvatal-Gomory rounding, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import Floats
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Statement
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.reserve_cells import ReserveCells
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
