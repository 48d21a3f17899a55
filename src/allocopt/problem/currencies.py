"""One problem, one currency: amounts that name another one than the rest, or than the problem, are faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from allocopt.problem.amounts import currency_of, known_currency
from allocopt.problem.columns import distinct_cells
from allocopt.problem.report import Report
from allocopt.problem.schema import TABLES, Column
from allocopt.problem.source import Source

SHARED = {
    "$": {"CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "BRL"},
    "¥": {"CNY"},
}
"""Signs that stand for several currencies."""
_DRESSED = r"[^0-9.,eE+ \-]"


class _InCurrency(NamedTuple):
    """A column of money that names a currency: in these rows, or in its header (none)."""

    source: Source
    column: str
    currency: str
    rows: NDArray[np.intp]


def check_currencies(sources: Mapping[str, Source], stated: str, report: Report) -> None:
    """Report the columns of files that name another currency than most, or than the problem (`stated`)."""
    found = [
        named
        for table in TABLES.values()
        for column in table.columns
        if column.money and (named := _named(column, sources[table.name])) is not None
    ]
    if not found:
        return
    first = known_currency(stated) or Counter(each.currency for each in found).most_common(1)[0][0]
    for source, column, currency, rows in found:
        if _same(currency, first):
            continue
        whose = f"the problem is in {stated}" if known_currency(stated) else f"others are in {first}"
        hint = "Convert them to one currency, that of the problem."
        if len(rows):
            report.at(source, column).fault(rows, "mixed_currencies", f"is {{value!r}}, and {whose}.", hint)
        else:
            said = f"The header says that `{column}` is in {currency}, and {whose}."
            report.add(source.name, "mixed_currencies", said, hint, column=column)


def _same(one: str, other: str) -> bool:
    return one == other or other in SHARED.get(one, ()) or one in SHARED.get(other, ())


def _named(column: Column, source: Source) -> _InCurrency | None:
    """Return the currency that a column names; None if it names none, or several, which is told elsewhere."""
    name = column.name
    if not source.file or name not in source.columns or name in source.repeated:
        return None
    if name in source.currencies:
        return _InCurrency(source, name, source.currencies[name], np.zeros(0, np.intp))
    if not source.columns[name].may_hold(_DRESSED):
        return None
    distinct, place = distinct_cells(source, name)
    signs = np.array([currency_of(column, cell) for cell in distinct], object)
    named = set(signs.tolist()) - {""}
    return _InCurrency(source, name, named.pop(), np.flatnonzero((signs != "")[place])) if len(named) == 1 else None
