"""Key figures, by channel and in all.

.. code-block:: text

    fill_rate = units / wanted             line_fill_rate = lines_full / lines        of lines that want something   [1]
    on_time = units that arrive by their due period / wanted                                                         [1]
    cover = left / (wanted / periods)                                                                           [period]
    sell_through = units / usable                                                                                    [1]
    cancellation_risk = units promised late, or from lots below confidence 1 / units promised                        [1]
    parcels_per_order = parcels / orders that ship        a line without an order is an order of its own             [1]
    split_cost = cost of the parcels of each order but the dearest one                                        [currency]

``left`` and ``usable`` are, for a channel, those of the lots from which a lane for their SKU leads to it, without what
is kept for others; in all, those of every lot. A parcel is what one node ships for one order over one lane in one
period. ``aged_*`` are units left by how many periods they lie there at the start (``supply.since``).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.grouping import extreme, summed
from allocopt.plan.answer import Answer
from allocopt.plan.stock import age
from allocopt.plan.tables import profit_and_loss, ratio, typed
from allocopt.problem.facts import Floats
from allocopt.rules.kit.parcels import parcel_cost, parcels, split_cost
from allocopt.rules.kit.scope import reached

BANDS = (4, 13, 26)
"""Ages up to which units are counted together, the last band without an end [period]."""
ALL = "all"
"""The row of all channels together."""


def kpis(answer: Answer) -> pd.DataFrame:
    """Return the key figures: a row a channel, and one of all of them together.

    Columns are channel, wanted, units, fill_rate, lines, lines_full, line_fill_rate, on_time, left, cover, usable,
    sell_through, aged_0_4, aged_5_13, aged_14_26, aged_27_up and aged_unknown [unit], cancellation_risk, orders,
    parcels, parcels_per_order, split_cost and expedite_cost [currency]; for the formulas see `allocopt.plan.kpis`.
    A ratio of nothing is not a number.
    """
    facts = answer.arcs.facts
    columns: dict[str, Any] = {"channel": [*facts.channels.id, ALL]}
    columns |= _service(answer) | _stock(answer) | _risk(answer) | _parcels(answer)
    columns["cover"] = ratio(columns["left"], columns["wanted"] / facts.periods)
    columns["sell_through"] = ratio(columns["units"], columns["usable"])
    return typed({name: columns[name] for name in ORDER})


ORDER = (
    *("channel", "wanted", "units", "fill_rate", "lines", "lines_full", "line_fill_rate", "on_time"),
    *("left", "cover", "usable", "sell_through", "aged_0_4", "aged_5_13", "aged_14_26", "aged_27_up", "aged_unknown"),
    *("cancellation_risk", "orders", "parcels", "parcels_per_order", "split_cost", "expedite_cost"),
)


def _by_channel(answer: Answer, channel: Any, weights: Any) -> Floats:
    """Return sums by channel, and of all of them, shape (channels + 1,)."""
    sums = summed(weights, channel, len(answer.arcs.facts.channels.id))
    return np.append(sums, sums.sum()).astype(np.float64)


def _service(answer: Answer) -> dict[str, Floats]:
    """Return what is wanted and served, in units and lines."""
    arcs, lines, rows = answer.arcs, answer.arcs.facts.lines, answer.shipped
    wanted, served = answer.wanted, answer.served_lines
    asked = wanted > 0
    full = asked & (served >= wanted - 1e-9 * (1 + wanted))
    on_time = answer.ship[rows] * (arcs.late(rows) == 0)
    found = {
        "wanted": _by_channel(answer, lines.channel, wanted),
        "units": _by_channel(answer, lines.channel, served),
        "lines": _by_channel(answer, lines.channel, asked),
        "lines_full": _by_channel(answer, lines.channel, full),
        "on_time": _by_channel(answer, arcs.channel[rows], on_time),
    }
    found["fill_rate"] = ratio(found["units"], found["wanted"])
    found["line_fill_rate"] = ratio(found["lines_full"], found["lines"])
    found["on_time"] = ratio(found["on_time"], found["wanted"])
    return found


def _stock(answer: Answer) -> dict[str, Floats]:
    """Return what is left and usable in each channel's reach and in all, and how old what is left is."""
    facts, lots = answer.arcs.facts, answer.arcs.facts.lots
    size, kept = len(lots.sku), answer.kept[0]
    old = age(answer)
    bands = np.where(np.isnan(old), len(BANDS) + 1, np.searchsorted(BANDS, np.nan_to_num(old)))
    names = [name for name in ORDER if name.startswith("aged")]
    found: dict[str, list[float]] = {name: [] for name in ("left", "usable", *names)}
    for channel in range(len(facts.channels.id) + 1):
        all_ = channel == len(facts.channels.id)
        mine = np.ones(size, dtype=bool) if all_ else reached(facts, channel)
        own = kept.units * (True if all_ else kept.channel == channel)
        theirs = kept.of_lots(size) - summed(own, kept.lot, size)
        left = np.where(mine, lots.usable - answer.shipped_lots - theirs, 0.0)
        left = np.where(left < 1e-9, 0.0, left)
        found["left"].append(float(left.sum()))
        found["usable"].append(float((lots.usable - theirs)[mine].sum()))
        by_age = summed(left, bands, len(names)).tolist()
        for name, units in zip(names, by_age, strict=True):
            found[name].append(units)
    return {name: np.array(values) for name, values in found.items()}


def _risk(answer: Answer) -> dict[str, Floats]:
    """Return which part of what is promised may be cancelled: late, or from lots that are not sure."""
    arcs, rows = answer.arcs, answer.shipped
    unsure = (arcs.late(rows) > 0) | (arcs.facts.lots.confidence[arcs.lot[rows]] < 1)
    channel, units = arcs.channel[rows], answer.ship[rows]
    risky, promised = (_by_channel(answer, channel, part) for part in (units * unsure, units))
    return {"cancellation_risk": ratio(risky, promised)}


def _parcels(answer: Answer) -> dict[str, Floats]:
    """Return the orders that ship, their parcels, and what more than one parcel an order and expediting cost."""
    arcs, rows = answer.arcs, answer.shipped
    facts = arcs.facts
    gate, index = parcels(arcs, rows)
    order, owner = np.unique(index.codes[0], return_inverse=True)
    channel = extreme(np.maximum, arcs.channel[rows], gate, len(index), none=0)
    whose = extreme(np.maximum, channel, owner, len(order), none=0)
    number = _by_channel(answer, channel, np.ones(len(index)))
    orders = _by_channel(answer, whose, np.ones(len(order)))
    expedited = 0.0 - profit_and_loss(answer).get("expediting", np.zeros(len(facts.channels.id) + 1))
    expedited[-1] = expedited.sum()
    return {
        "orders": orders,
        "parcels": number,
        "parcels_per_order": ratio(number, orders),
        "split_cost": _by_channel(answer, whose, split_cost(parcel_cost(facts, index), owner, len(order))),
        "expedite_cost": expedited,
    }
