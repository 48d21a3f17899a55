"""Turns checked tables into the arrays of `Facts`, in canonical order."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allocopt.problem.checks import Tables, references
from allocopt.problem.facts import (
    ANY,
    NEVER,
    Capacities,
    Channels,
    Facts,
    Flags,
    Floats,
    Ints,
    Lanes,
    Lines,
    Lots,
    Names,
    Nodes,
    Skus,
    Workloads,
)
from allocopt.problem.labels import encode as sort_texts
from allocopt.problem.schema import CHANNEL_KINDS
from allocopt.problem.tables import ReadTable
from allocopt.problem.usable import usable_units

PACKED_KINDS = ("wholesale", "store")
"""Kinds of channel whose lines are bound by the SKU's pack."""
UNADVERTISED_KINDS = ("wholesale",)
HOW = {
    "id": "names",
    "text": "names",
    "number": "floats",
    "time": "floats",
    "date": "floats",
    "whole": "ints",
    "period": "ints",
    "flag": "flags",
    "choice": "choice",
}
"""How a column of each type becomes an array."""
OF_CONTRACTS: dict[str, tuple[Any, Any]] = {"switch": (ANY, np.int32), "when": (True, bool), "origin": (ANY, np.int32)}
"""Columns of demand lines that contracts fill, and what stands there else."""
Facet = TypeVar("Facet")


class _Ordered:
    """The columns of one table in canonical order."""

    def __init__(self, checked: ReadTable, tables: Tables) -> None:
        self.checked, self.tables, self.order = checked, tables, checked.order

    def floats(self, name: str) -> Floats:
        values = self.checked.numbers[name]
        if name not in self.checked.source.columns:  # the same in every row
            return _constant(len(values), values[0] if len(values) else 0.0)
        ordered: Floats = values[self.order]
        return ordered

    def ints(self, name: str) -> Ints:
        return np.nan_to_num(self.floats(name)).astype(np.int32)

    def flags(self, name: str) -> Flags:
        if name not in self.checked.source.columns:
            return np.zeros(len(self.order), bool)
        values: Flags = self.checked.codes[name][self.order] == 1
        return values

    def choice(self, name: str) -> Ints:
        return self.checked.codes[name][self.order].astype(np.int32)

    def refer(self, name: str) -> Ints:
        return references(self.checked, name, self.tables)[self.order].astype(np.int32)

    def names(self, name: str) -> Names:
        labels = self.checked.labels[name]
        if not len(labels.texts):
            return np.full(len(self.order), "", object)
        texts = labels.texts.to_numpy(zero_copy_only=False)
        return np.append(texts, "")[labels.codes[self.order]]

    def among(self, name: str, known: pa.Array) -> Ints:
        """Return codes in a list of texts that holds all of the column's."""
        labels = self.checked.labels[name]
        if not len(labels.texts):
            return np.full(len(self.order), -1, np.int32)
        place = pc.index_in(labels.texts, value_set=known).to_numpy(zero_copy_only=False)
        return np.append(place, -1)[labels.codes[self.order]].astype(np.int32)

    def column(self, name: str) -> Any:
        """Return a column as its type asks for."""
        column = self.checked.table.column(name)
        return (self.refer if column.refers else getattr(self, HOW[column.type]))(name)

    def part(self, kind: type[Facet], **given: Any) -> Facet:
        """Return a part of the facts: each of its fields is what is given, else the column of its name."""
        names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        return kind(**{name: given[name] if name in given else self.column(name) for name in names})

    def otherwise(self, name: str, values: Floats) -> Floats:
        """Return a column of numbers, and these where it is blank."""
        own = self.floats(name)
        return np.where(np.isnan(own), values, own)


def encode(tables: Tables, periods: int | None = None) -> Facts:
    """Return the facts of tables in which no fault was found; `periods` is the horizon where it was given."""
    rows = {name: _Ordered(checked, tables) for name, checked in tables.items()}
    regions = _union(tables, ("demand", "region"), ("lanes", "region"))
    vias = _union(tables, ("lanes", "via"))
    resources = _union(tables, ("capacity", "resource"), ("workloads", "resource"))
    periods = periods or horizon(tables)
    skus, channels = rows["skus"].part(Skus, id=rows["skus"].names("sku")), _channels(rows["channels"])
    lines, orders, order_channel = _lines(rows["demand"], skus, channels, regions)
    lanes, capacity, workloads = rows["lanes"], rows["capacity"], rows["workloads"]
    facts = Facts(
        skus=skus,
        nodes=rows["nodes"].part(Nodes, id=rows["nodes"].names("node")),
        channels=channels,
        lots=_lots(rows["supply"], skus, periods, days=_days_of_last(tables["periods"])),
        lines=lines,
        lanes=lanes.part(
            Lanes,
            region=lanes.among("region", regions),
            via=lanes.among("via", vias),
            capacity=lanes.otherwise("capacity", np.full(len(lanes.order), np.inf)),
        ),
        capacities=capacity.part(Capacities, resource=capacity.among("resource", resources)),
        workloads=workloads.part(Workloads, resource=workloads.among("resource", resources)),
        regions=_names(regions),
        orders=orders,
        order_channel=order_channel,
        vias=_names(vias),
        resources=_names(resources),
        switches=np.zeros(0, object),
        periods=periods,
        starts=_starts(rows["periods"]),
    )
    freeze(facts)
    return facts


def _constant(length: int, value: float) -> Floats:
    # Zeros that nobody writes to take no memory.
    return np.full(length, value) if value else np.zeros(length)


def horizon(tables: Tables) -> int:
    """Return the number of periods: of the calendar, else one more than the last that any table names."""
    if tables["periods"].length:
        return tables["periods"].length
    last = [
        tables["demand"].numbers["period"],
        tables["supply"].numbers["available"],
        tables["capacity"].numbers["period"],
    ]
    return 1 + max((int(values.max()) for values in last if len(values)), default=0)


def _union(tables: Tables, *columns: tuple[str, str]) -> pa.Array:
    texts = [tables[table].labels[column].texts for table, column in columns]
    distinct = pc.unique(pa.concat_arrays(texts))
    return sort_texts(distinct)[0]


def _names(texts: pa.Array) -> Names:
    names: Names = np.array(texts.to_pylist(), object) if len(texts) else np.zeros(0, object)
    return names


def _starts(calendar: _Ordered) -> Floats:
    """Return the first day of each period and the day after the last one, as days since 1970; none without dates."""
    return np.append(calendar.floats("start"), calendar.floats("end")[-1:] + 1.0)


def _channels(rows: _Ordered) -> Channels:
    kind = rows.choice("kind")
    told = rows.checked.codes["advertised"][rows.order]
    silent = np.isin(kind, [CHANNEL_KINDS.index(name) for name in UNADVERTISED_KINDS])
    none = np.full(len(kind), ANY, np.int32)
    return rows.part(Channels, id=rows.names("channel"), advertised=np.where(told < 0, ~silent, told == 1), keep=none)


def _days_of_last(calendar: ReadTable) -> int:
    """Return how many days the last period of a calendar has, 1 where there is none."""
    if not calendar.length:
        return 1
    last = int(np.argmax(calendar.numbers["period"]))
    return int(calendar.numbers["end"][last] - calendar.numbers["start"][last]) + 1


def _lots(rows: _Ordered, skus: Skus, periods: int, *, days: int) -> Lots:
    sku = rows.refer("sku")
    expires = rows.floats("expires")
    never = np.isnan(expires)
    # After a calendar an expiry was counted in days: periods there are taken to be as long as its last one.
    expires = np.where(expires >= periods, periods + (expires - periods) // days, expires)
    unit_cost = rows.otherwise("unit_cost", skus.unit_cost[sku])
    confidence, units, reserved = (rows.floats(name) for name in ("confidence", "units", "reserved"))
    return rows.part(
        Lots,
        expires=np.where(never, NEVER, np.where(never, 0, expires)).astype(np.int32),
        usable=usable_units(confidence, units, reserved, skus.divisible[sku]),
        unit_cost=unit_cost,
        end_value=rows.otherwise("end_value", np.where(~never & (expires < periods), 0.0, unit_cost)),
        row=rows.order.astype(np.int32),
    )


def _lines(rows: _Ordered, skus: Skus, channels: Channels, regions: pa.Array) -> tuple[Lines, Names, Ints]:
    sku, channel = rows.refer("sku"), rows.refer("channel")
    pack = rows.otherwise("pack", pack_of(skus, channels, sku, channel).astype(np.float64))
    order, orders, order_channel = _orders(rows, channel, len(channels.id))
    lines = rows.part(
        Lines,
        order=order,
        region=rows.among("region", regions),
        arrived=rows.otherwise("arrived", rows.floats("period")),
        pack=pack.astype(np.int32),
        row=rows.order.astype(np.int32),
        **{name: np.full(len(sku), value, kind) for name, (value, kind) in OF_CONTRACTS.items()},
    )
    return lines, orders, order_channel


def pack_of(skus: Skus, channels: Channels, sku: Ints, channel: Ints) -> Ints:
    """Return the pack of lines that name none: the SKU's for wholesale and store channels, else 1."""
    packed = np.isin(channels.kind, [CHANNEL_KINDS.index(name) for name in PACKED_KINDS])[channel]
    return np.where(packed, skus.pack[sku], 1).astype(np.int32)


def _orders(rows: _Ordered, channel: Ints, channels: int) -> tuple[Ints, Names, Ints]:
    """Return the order of each line, and the orders: pairs of text and channel, sorted by text."""
    labels = rows.checked.labels["order"]
    text: NDArray[np.int64] = labels.codes[rows.order].astype(np.int64)
    ordered = text >= 0
    if not ordered.any():
        return np.full(len(text), -1, np.int32), np.zeros(0, object), np.zeros(0, np.int32)
    # Marking the pairs that occur is linear; sorting them would not be.
    pair = text * channels + channel
    occurs = np.zeros(len(labels.texts) * channels, bool)
    occurs[pair[ordered]] = True
    pairs = np.flatnonzero(occurs)
    code = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    texts = labels.texts.to_numpy(zero_copy_only=False)
    return (
        np.where(ordered, code[np.where(ordered, pair, 0)], -1).astype(np.int32),
        texts[pairs // channels],
        (pairs % channels).astype(np.int32),
    )


def freeze(part: object) -> None:
    """Make every array of the facts read-only."""
    for field in fields(part):  # type: ignore[arg-type]
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        elif not isinstance(value, int):
            freeze(value)
