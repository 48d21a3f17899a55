"""Negative stock: units that were sold and are not there, a debt of their SKU and node.

Whoever reads with ``negative="net"`` has it paid by the lots of that SKU and node, in the order of their arrival:

.. code-block:: text

    debt of a SKU and node   = sum over its lots below 0 of (reserved - units)
    paid by a lot            = min(usable units of the lot, debt - what earlier lots have paid)

What a lot pays is reserved in it: it stays in the lot's units, and nobody else gets it. Lots that arrive together pay
in the order in which they expire. Safety stock pays after all others, lots on hold pay nothing. The lots below 0 are
empty then. What no lot pays stays owed, which is a warning: nothing may be sold against it, and nothing is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from allocopt.problem.amounts import NUMBER_LIMIT
from allocopt.problem.facts import Flags, Floats
from allocopt.problem.report import Report, listed
from allocopt.problem.schema import LOT_KINDS, Table
from allocopt.problem.source import of_arrow
from allocopt.problem.tables import ReadTable
from allocopt.problem.usable import usable_units

NEGATIVE = ("error", "net")
"""What negative units of supply can be: a fault, or a debt."""


def with_debts(table: Table) -> Table:
    """Return the declaration of a table in which units of supply may be negative."""
    if table.name != "supply":
        return table
    columns = [replace(each, low=-NUMBER_LIMIT) if each.name == "units" else each for each in table.columns]
    return replace(table, columns=tuple(columns))


def pay(supply: ReadTable, divisible: Flags, report: Report) -> None:
    """Have the debts of a supply table paid by its other lots, which is noted.

    Parameters
    ----------
    supply : ReadTable
        Read with the declaration of `with_debts`; changed in place.
    divisible : bool, shape (n,)
        Whether the SKU of each lot is.
    report : Report
    """
    units, reserved = supply.numbers["units"], supply.numbers["reserved"]
    sku, node = supply.labels["sku"].codes, supply.labels["node"].codes
    named = (sku >= 0) & (node >= 0) & ~np.isnan(units) & ~np.isnan(reserved)
    owing = named & (units < 0)
    if not owing.any():
        return
    _, place = np.unique(sku.astype(np.int64) * (len(supply.labels["node"].texts) + 1) + node, return_inverse=True)
    debt: Floats = np.bincount(place, np.where(owing, reserved - units, 0.0)).astype(np.float64)
    lots = np.flatnonzero(named & ~owing & (supply.codes["hold"] != 1) & (debt[place] > 0))
    lots = lots[_in_order_of_arrival(supply, place, lots)]
    sure = usable_units(supply.numbers["confidence"], units, reserved, divisible)[lots]
    paid = np.zeros(len(units))
    paid[lots] = _paid(place[lots], np.nan_to_num(sure), debt)
    left: Floats = debt - np.bincount(place, paid, len(debt))
    _report(supply, np.flatnonzero(owing), place, paid, left, report)
    numbers = {"units": np.where(owing, 0.0, units), "reserved": np.where(owing, 0.0, reserved + paid)}
    supply.numbers |= numbers
    cells = {name: of_arrow(pa.array(values)) for name, values in numbers.items()}
    supply.source = replace(supply.source, columns={**supply.source.columns, **cells}, _objects={})


def _in_order_of_arrival(supply: ReadTable, place: NDArray[np.intp], lots: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the order of lots: by SKU and node, safety stock last, then by arrival, expiry and canonical order."""
    rank = np.empty(supply.length, np.int64)
    rank[supply.order] = np.arange(len(supply.order))
    keys = (supply.numbers["expires"], supply.numbers["available"], supply.codes["kind"] == LOT_KINDS.index("safety"))
    return np.lexsort((rank[lots], *(key[lots] for key in keys), place[lots]))


def _paid(place: NDArray[np.intp], sure: Floats, debt: Floats) -> Floats:
    """Return what each lot pays; lots of one place stand together, in the order in which they pay."""
    if not len(place):
        return sure
    total = np.cumsum(sure) - sure
    first = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    before = total - np.repeat(total[first], np.diff(np.append(first, len(place))))
    return np.clip(debt[place] - before, 0.0, sure)


def _report(
    supply: ReadTable,
    owing: NDArray[np.intp],
    place: NDArray[np.intp],
    paid: Floats,
    left: Floats,
    report: Report,
) -> None:
    """Note each debt, and who pays it; one that nobody pays in full is a warning."""
    source, total = supply.source, np.bincount(place, paid, len(left)) + left
    payers = np.flatnonzero(paid > 0)

    def message(position: int, _value: str) -> str:
        debt = place[position]
        sku, node = (source.text(name, position) for name in ("sku", "node"))
        lots = [source.row(lot) for lot in payers[place[payers] == debt].tolist()]
        who = f"paid from the lots there (row{'' if len(lots) == 1 else 's'} {listed(lots)})"
        what = f"{sku!r} at {node!r} owes {total[debt]:,.15g} units: "
        if left[debt] <= 0:
            return f"{what}they are {who}."
        part = f"{total[debt] - left[debt]:,.15g} are {who}, and " if lots else "no lot there pays them, and "
        return f"{what}{part}{left[debt]:,.15g} stay owed."

    unpaid = left[place[owing]] > 0
    rows = owing[~unpaid]
    report.grouped(source, "units", rows, place[rows], "debt", message, "", severity="note")
    rows = owing[unpaid]
    hint = "Nothing is sold against it; check the count of the stock."
    report.grouped(source, "units", rows, place[rows], "debt", message, hint, severity="warning")
