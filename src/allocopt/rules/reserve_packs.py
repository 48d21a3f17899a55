"""What reserves imply for packs: what is left of a lot for a channel holds a whole number of its packs.

.. code-block:: text

    sum_{a of l to c, pack k, ship < R} ship[a] <= k floor(room / k)    for each lot l, channel c, pack k > 1   [unit]
    room = usable[l] - what other channels keep of lot l until R

The rows cut off no plan: the stock and reserve rows leave the channel no more than ``room``, and it ships packs only.
They bring the relaxation closer to the best plan wherever shares of small lots are smaller than packs.
Source: Chvatal-Gomory rounding, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from allocopt.algebra.formulation import Sum
from allocopt.algebra.grouping import dense
from allocopt.algebra.labels import Index
from allocopt.rounding import floor_units
from allocopt.rules.base import Statement
from allocopt.rules.names import lot_names
from allocopt.rules.reserve_quantities import Reserve


def add_pack_rows(on: Statement, reserves: list[Reserve]) -> None:
    """Add the rows that round the room which reserves leave down to whole packs.

    Only where no decision of the optimiser changes the reserves.
    """
    facts, arcs = on.facts, on.arcs
    sure = [reserve for reserve in reserves if reserve.per_lot and reserve.penalty is None]
    packed = np.flatnonzero(facts.lines.pack[arcs.line] > 1)
    if not sure or not len(packed):
        return
    pack = facts.lines.pack[arcs.line[packed]].astype(np.int64)
    lots, channels, width = len(facts.lots.sku), len(facts.channels.id), int(pack.max()) + 1
    channel = arcs.channel[packed]
    found = []
    for until in sorted({reserve.release for reserve in sure}):
        room = np.repeat(facts.lots.usable[:, None], channels, axis=1)
        held = np.zeros_like(room)
        for reserve in sure:
            if reserve.release >= until:
                held[:, reserve.channel] = np.maximum(held[:, reserve.channel], reserve.kept)
        room -= held.sum(axis=1, keepdims=True) - held
        left = np.maximum(room[arcs.lot[packed], channel], 0.0)
        whole = pack * floor_units(left / pack)
        before = (arcs.ship[packed] < until) & (left < facts.lots.usable[arcs.lot[packed]]) & (whole < left)
        key = (arcs.lot[packed].astype(np.int64) * channels + channel) * width + pack
        group, present = dense(np.where(before, key, -1), lots * channels * width)
        if not len(present):
            continue
        limit = np.zeros(len(present))
        limit[group[before]] = whole[before]
        found.append((min(until, facts.periods), group, present, limit))
    first, sums, parts = 0, [], []
    for until, group, present, limit in found:
        sums.append(Sum(on.ship, np.where(group >= 0, first + group, -1), members=packed))
        parts.append((present // width // channels, present // width % channels, present % width, until, limit))
        first += len(present)
    if not found:
        return
    lot, to, size = (np.concatenate([part[k] for part in parts]) for k in range(3))
    end = np.repeat([part[3] for part in parts], [len(part[0]) for part in parts])
    index = Index(
        ("lot", "channel", "pack", "until"),
        (lot, to, size, end),
        (partial(lot_names, facts), facts.channels.id, None, None),
    )
    on.form.add_rows("reserve_packs", index, sums, upper=np.concatenate([part[4] for part in parts]))
