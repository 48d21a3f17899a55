"""What becomes of every lot.

.. code-block:: text

    usable[l] = shipped[l] + kept[l] + left[l]                                          for each lot l        [unit]
    write_down[l] = (unit_cost[l] - end_value[l]) (kept[l] + left[l])                                     [currency]

``kept`` is what reserves keep to the end of the horizon (`plan.kept`); the write-downs add up to the company's.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from allocopt.plan.answer import Answer
from allocopt.plan.tables import typed
from allocopt.problem.facts import NEVER, Floats, Names
from allocopt.problem.schema import LOT_KINDS
from allocopt.rules.kit.names import lot_names

LONG_AGO = -1e6
"""Time stamps without a calendar come to less: only their order is known, and no age [period]."""


def stock(answer: Answer) -> pd.DataFrame:
    """Return what becomes of every lot, in the order of lots.

    Columns are lot, sku, node, kind, reference, available, expires [period; blank: never], age [period, at the start
    of the horizon; not a number where ``supply.since`` does not say], units (in the lot), usable, shipped, kept (for
    reserves, to the end), kept_for (whose), left, expired (of kept and left, what expires inside the horizon) [unit],
    end_value [currency/unit] and write_down [currency].
    """
    facts, lots = answer.arcs.facts, answer.arcs.facts.lots
    size = len(lots.sku)
    kept = answer.kept[0].of_lots(size)
    unsold = kept + answer.left
    return typed(
        {
            "lot": lot_names(facts),
            "sku": facts.skus.id[lots.sku],
            "node": facts.nodes.id[lots.node],
            "kind": np.array(LOT_KINDS, dtype=object)[lots.kind],
            "reference": lots.reference,
            "available": lots.available,
            "expires": pd.arrays.IntegerArray(lots.expires.astype(np.int64), lots.expires == NEVER),
            "age": age(answer),
            "units": lots.units,
            "usable": lots.usable,
            "shipped": answer.shipped_lots,
            "kept": kept,
            "kept_for": _kept_for(answer, size),
            "left": answer.left,
            "expired": np.where(lots.expires < facts.periods, unsold, 0.0),
            "end_value": lots.end_value,
            "write_down": (lots.unit_cost - lots.end_value) * unsold,
        }
    )


def age(answer: Answer) -> Floats:
    """Return how long each lot lies there when the horizon starts, nan where nobody knows, shape (lots,) [period]."""
    since = answer.arcs.facts.lots.since
    return np.where(since > LONG_AGO, np.maximum(-since, 0.0), np.nan)


def _kept_for(answer: Answer, size: int) -> Names:
    """Return for which channels something of each lot is kept, shape (lots,)."""
    kept = answer.kept[0]
    names: Names = np.full(size, "", dtype=object)
    for channel in np.unique(kept.channel).tolist():
        lots = np.unique(kept.lot[kept.channel == channel])
        name = answer.arcs.facts.channels.id[channel]
        names[lots] = np.where(names[lots] == "", name, names[lots] + ", " + name)
    return names
