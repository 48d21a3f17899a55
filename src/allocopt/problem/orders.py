"""What is said of an order, and so has to be the same in all of its lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from allocopt.problem.report import Report
from allocopt.problem.tables import ReadTable

OF_ORDERS = ("all_or_none", "ship_from_one", "ship_together", "max_parcels", "approved", "arrived", "firm")
"""Columns of demand lines that speak of the whole order."""


def check_orders(demand: ReadTable, report: Report) -> None:
    """Report the lines that say something else of their order than its first line does: an entry for each column."""
    orders, channels = demand.labels.get("order"), demand.labels.get("channel")
    if orders is None or channels is None:
        return
    ordered = np.flatnonzero((orders.codes >= 0) & (channels.codes >= 0))
    key = orders.codes[ordered].astype(np.int64) * len(channels.texts) + channels.codes[ordered]
    _, first, place = np.unique(key, return_index=True, return_inverse=True)
    faulty = {issue.column for issue in report.errors if issue.table == "demand"}
    for name in OF_ORDERS:
        if name in demand.source.columns and name not in faulty:
            _check_fact(demand, name, ordered, ordered[first][place], report)


def _check_fact(
    demand: ReadTable, name: str, lines: NDArray[np.intp], firsts: NDArray[np.intp], report: Report
) -> None:
    """Report lines that differ in one column from the first line of their order."""
    said = demand.values(name)
    mine, other = said[lines], said[firsts]
    apart = (mine != other) & ~((mine != mine) & (other != other))  # two blanks are no number, and the same
    if not apart.any():
        return
    first_of = dict(zip(lines[apart].tolist(), firsts[apart].tolist(), strict=True))
    source, orders = demand.source, demand.labels["order"]

    def message(position: int, value: str) -> str:
        first = first_of[position]
        order = orders.texts[orders.codes[position]].as_py()
        return (
            f"The lines of order {order!r} disagree: `{name}` is {value or 'blank'} here, and "
            f"{source.text(name, first) or 'blank'} in row {source.row(first)}."
        )

    hint = "Say the same in every line of an order, or give the line an order of its own."
    report.rows(source, name, lines[apart], "order_disagrees", message, hint)
