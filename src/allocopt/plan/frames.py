"""The arc table as a frame, for planners who write Pyomo constraints of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocopt.arcs import Arcs
from allocopt.problem.facts import NEVER
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules.kit.names import lane_names, line_names, lot_names, spelled


def arc_frame(arcs: Arcs) -> pd.DataFrame:
    """Return the arcs, indexed like ``model.ship`` by (lot, line, lane, period).

    Columns are sku, node, kind, available, expires (blank: never), reference and pack of the lot, channel, region,
    order, due, ship, arrives [period], and revenue and contribution [currency/unit].
    """
    facts = arcs.facts
    lots, lines = facts.lots, facts.lines
    expires = lots.expires[arcs.lot]
    endless = expires == NEVER
    keys = [lot_names(facts)[arcs.lot], line_names(facts)[arcs.line], lane_names(facts)[arcs.lane], arcs.ship]
    return pd.DataFrame(
        {
            "sku": facts.skus.id[arcs.sku],
            "node": facts.nodes.id[arcs.node],
            "kind": np.array(LOT_KINDS, dtype=object)[lots.kind[arcs.lot]],
            "available": lots.available[arcs.lot],
            "expires": pd.arrays.IntegerArray(np.where(endless, 0, expires).astype(np.int64), endless),
            "reference": lots.reference[arcs.lot],
            "pack": lots.pack[arcs.lot],
            "channel": facts.channels.id[arcs.channel],
            "region": spelled(facts.regions, lines.region[arcs.line]),
            "order": spelled(facts.orders, lines.order[arcs.line]),
            "due": lines.period[arcs.line],
            "ship": arcs.ship,
            "arrives": arcs.arrives(),
            "revenue": arcs.revenue(),
            "contribution": arcs.contribution(),
        },
        index=pd.MultiIndex.from_arrays(keys, names=["lot", "line", "lane", "period"]),
    )
