"""Tables of a plan: who gets what, what it earns, who is short; and the types of the columns of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from allocopt.algebra.grouping import summed
from allocopt.plan.answer import Answer
from allocopt.plan.dates import DATES
from allocopt.problem.facts import Facts, Floats
from allocopt.problem.plain import plain
from allocopt.problem.schema import COMPANY, LOT_KINDS
from allocopt.rules.kit.names import lane_names, lot_names, spelled
from allocopt.rules.kit.parcels import parcels

EARNED = ("revenue",)
COSTS = ("fees", "goods", "lanes", "parcels", "returns", "penalties", "fixed_cost", "holding", "write_down")
COLUMNS: dict[str, list[str]] = {
    "allocation": [
        *("lot", "sku", "node", "kind", "available", "reference", "lane", "channel", "region", "order", "line", "due"),
        *("ship", "arrives", "late", "units", "parcel", "revenue", "contribution"),
    ],
    "channels": [],
    "shortfalls": [
        *("sku", "channel", "region", "order", "line", "due", "wanted", "served", "units", "reason", "sentence"),
        *("worth", "clause", "what", "owner"),
    ],
    "exceptions": [
        *("kind", "money", "owner", "sentence", "cure", "sku", "channel", "node", "period"),
        *("order", "line", "units", "clause"),
    ],
    "stock": [
        *("lot", "sku", "node", "kind", "reference", "available", "expires", "age", "units", "usable", "shipped"),
        *("kept", "kept_for", "left", "expired", "end_value", "write_down"),
    ],
    "exposure": ["channel", "sku", "region", "from_period", "units", "safe"],
    "kpis": [],
}
"""Columns of a table that may have no rows (those of channels always have a row); dates stand beside them."""
TEXTS = (
    *("lot", "sku", "node", "kind", "reference", "lane", "channel", "region", "order", "line"),
    *("reason", "sentence", "what", "owner", "cure", "kept_for"),
    *("served_channel", "served_order", "envies", "rule"),
)
"""Columns of text."""
WHOLE = ("available", "due", "served_due", "ship", "arrives", "late", "parcel", "from_period")
"""Columns of periods and positions; all others are units, money and ratios."""
BLANKS = ("clause", "expires", "period")
"""Columns of periods and positions in which some rows are blank."""
OUTSIDE = "clause_penalties"
"""Steers the plan and is no cash: outside of contribution."""


def typed(columns: Any, names: list[str] | None = None) -> pd.DataFrame:
    """Return a table with the types of its columns, rows or no rows."""
    given = columns if names is None else pd.DataFrame(columns, columns=names)
    return pd.DataFrame({str(name): _column(str(name), values) for name, values in given.items()})


def _column(name: str, values: Any) -> Any:
    """Return one column of a table with its type."""
    if name in TEXTS:
        return pd.array(values, dtype="str")
    if name in BLANKS:
        return pd.array(values, dtype="Int64")
    if name in DATES:
        return np.asarray(values, dtype="datetime64[s]")
    if name not in WHOLE:
        return np.asarray(values, dtype=np.float64)
    found = np.asarray(values)
    if found.dtype.kind not in "iub" and not np.isfinite(found.astype(np.float64)).all():
        raise ValueError(f"{name} holds whole numbers, and one of them is none")
    return found.astype(np.int64)


def ratio(part: Floats, whole: Floats, otherwise: Floats | float = np.nan) -> Floats:
    """Return parts as shares of the whole, and something else where there is no whole."""
    found: Floats = np.divide(part, whole, out=np.broadcast_to(otherwise, np.shape(whole)).copy(), where=whole > 0)
    return found


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as records of plain values; what is no number, or not a finite one, becomes None."""
    columns = [plain(frame.iloc[:, place]) for place in range(frame.shape[1])]
    names = [str(name) for name in frame.columns]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def allocation(answer: Answer) -> pd.DataFrame:
    """Return what ships: one row an arc that ships, in the order of demand lines.

    Columns are lot, sku, node, kind, available, reference, lane, channel, region, order, line, due, ship, arrives,
    late [period], units [unit], parcel, revenue and contribution [currency]. Rows of one parcel (what leaves one node
    for one order over one lane in one period) have the same number, from 1; its cost is in the profit and loss alone.
    """
    arcs, facts, rows = answer.arcs, answer.arcs.facts, answer.shipped
    lots = facts.lots
    lot, line, units = arcs.lot[rows], arcs.line[rows], answer.ship[rows]
    return typed(
        {
            "lot": lot_names(facts)[lot],
            "sku": facts.skus.id[lots.sku[lot]],
            "node": facts.nodes.id[lots.node[lot]],
            "kind": np.array(LOT_KINDS, dtype=object)[lots.kind[lot]],
            "available": lots.available[lot],
            "reference": lots.reference[lot],
            "lane": lane_names(facts)[arcs.lane[rows]],
            **line_columns(facts, line),
            "ship": arcs.ship[rows],
            "arrives": arcs.arrives(rows),
            "late": arcs.late(rows),
            "units": units,
            "parcel": parcels(arcs, rows)[0] + 1,
            "revenue": arcs.revenue(rows) * units,
            "contribution": arcs.contribution(rows) * units,
        }
    )


def line_columns(facts: Facts, lines: NDArray[np.integer[Any]]) -> dict[str, Any]:
    """Return the columns that tell the demand lines of a SKU apart: channel, region, order, line, due."""
    of = facts.lines
    return {
        "channel": facts.channels.id[of.channel[lines]],
        "region": spelled(facts.regions, of.region[lines]),
        "order": spelled(facts.orders, of.order[lines]),
        "line": of.line[lines],
        "due": of.period[lines],
    }


def profit_and_loss(answer: Answer) -> dict[str, Floats]:
    """Return each kind of money per channel, the company last, shape (channels + 1,) [currency]; costs negative."""
    channels = len(answer.arcs.facts.channels.id)
    booked: dict[str, Floats] = {}
    for money in answer.form.money:
        total = booked.setdefault(money.column, np.zeros(channels + 1))
        if money.constant is not None:
            total += money.constant
        if money.variable is not None and money.coefficient is not None:
            x = answer.x[money.variable.start : money.variable.start + len(money.variable)]
            rows = np.flatnonzero(x)
            amount = money.coefficient(rows) * x[rows]
            owner = np.full(len(rows), channels) if money.channel is None else money.channel(rows)
            total += np.bincount(owner, weights=amount, minlength=channels + 1)
    return booked


def channel_table(answer: Answer) -> pd.DataFrame:
    """Return the profit and loss as a table; see `channel_books`."""
    return typed(channel_books(answer))


def channel_books(answer: Answer) -> dict[str, Any]:
    """Return the profit and loss: an entry per channel and one for the company.

    Columns are channel, demand and units [unit], fill_rate [1], then money [currency]: revenue; the costs fees, goods,
    lanes, parcels, returns, penalties (late and lost sales), fixed_cost, holding and write_down as positive numbers;
    contribution = revenue - costs; margin = contribution / revenue [1]; and clause_penalties, outside contribution.
    What belongs to no channel (holding, write-down of unsold stock) stands in the row ``company``.
    """
    facts = answer.arcs.facts
    channels = len(facts.channels.id)
    booked = profit_and_loss(answer)
    demand = summed(answer.wanted, facts.lines.channel, channels + 1)
    units = summed(answer.ship, answer.arcs.channel, channels + 1)
    none = np.zeros(channels + 1)
    costs = [*COSTS, *(column for column in booked if column not in (*EARNED, *COSTS, OUTSIDE))]
    table: dict[str, Any] = {
        "channel": [*facts.channels.id, COMPANY],
        "demand": demand,
        "units": units,
        "fill_rate": ratio(units, demand),
        "revenue": booked.get("revenue", none),
    }
    table |= {column: 0.0 - booked.get(column, none) for column in costs}
    contribution = table["revenue"] - sum((table[column] for column in costs), none)
    table["contribution"] = contribution
    table["margin"] = ratio(contribution, table["revenue"])
    table[OUTSIDE] = 0.0 - booked.get(OUTSIDE, none)
    return table
