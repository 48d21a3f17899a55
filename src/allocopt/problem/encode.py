"""Turns checked tables into the arrays of `Facts`, in canonical order."""

from __future__ import annotations

from dataclasses import fields

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
from allocopt.problem.tables import Checked
from allocopt.problem.usable import usable_units

PACKED_KINDS = ("wholesale", "store")
"""Kinds of channel whose lines are bound by the SKU's pack."""
UNADVERTISED_KINDS = ("wholesale",)


class _Rows:
    """The columns of one table in canonical order."""

    def __init__(self, checked: Checked, tables: Tables) -> None:
        self.checked, self.tables, self.order = checked, tables, checked.order

    def floats(self, name: str) -> Floats:
        values = self.checked.numbers[name]
        if name not in self.checked.source.columns:  # the same in every row
            return _constant(len(values), values[0] if len(values) else 0.0)
        ordered: Floats = values[self.order]
        return ordered

    def ints(self, name: str) -> Ints:
        return self.floats(name).astype(np.int32)

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

    def position(self) -> Ints:
        return self.order.astype(np.int32)


def encode(tables: Tables, periods: int | None = None) -> Facts:
    """Return the facts of tables in which no fault was found; `periods` is the horizon where it was given."""
    rows = {name: _Rows(checked, tables) for name, checked in tables.items()}
    regions = _union(tables, ("demand", "region"), ("lanes", "region"))
    vias = _union(tables, ("lanes", "via"))
    resources = _union(tables, ("capacity", "resource"), ("workloads", "resource"))
    periods = periods or horizon(tables)
    skus, channels = _skus(rows["skus"]), _channels(rows["channels"])
    lines, orders, order_channel = _lines(rows["demand"], skus, channels, regions)
    facts = Facts(
        skus,
        _nodes(rows["nodes"]),
        channels,
        _lots(rows["supply"], skus, periods, days=_days_of_last(tables["periods"])),
        lines,
        _lanes(rows["lanes"], regions, vias),
        _capacities(rows["capacity"], resources),
        _workloads(rows["workloads"], resources),
        _names(regions),
        orders,
        order_channel,
        _names(vias),
        _names(resources),
        np.zeros(0, object),
        periods,
        _starts(rows["periods"]),
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


def _starts(calendar: _Rows) -> Floats:
    """Return the first day of each period and the day after the last one, as days since 1970; none without dates."""
    return np.append(calendar.floats("start"), calendar.floats("end")[-1:] + 1.0)


def _skus(rows: _Rows) -> Skus:
    return Skus(
        rows.names("sku"),
        rows.floats("unit_cost"),
        rows.ints("pack"),
        rows.floats("map_price"),
        rows.flags("divisible"),
    )


def _nodes(rows: _Rows) -> Nodes:
    return Nodes(rows.names("node"), rows.choice("kind"), rows.floats("store_floor"), rows.floats("holding_cost"))


def _channels(rows: _Rows) -> Channels:
    kind = rows.choice("kind")
    told = rows.checked.codes["advertised"][rows.order]
    silent = np.isin(kind, [CHANNEL_KINDS.index(name) for name in UNADVERTISED_KINDS])
    return Channels(
        rows.names("channel"),
        kind,
        rows.floats("fee_rate"),
        rows.floats("fee_per_unit"),
        rows.floats("fixed_cost"),
        rows.floats("return_rate"),
        rows.floats("return_cost"),
        rows.floats("recovery"),
        np.where(told < 0, ~silent, told == 1),
        rows.names("owner"),
        np.full(len(kind), ANY, np.int32),
    )


def _days_of_last(calendar: Checked) -> int:
    """Return how many days the last period of a calendar has, 1 where there is none."""
    if not calendar.length:
        return 1
    last = int(np.argmax(calendar.numbers["period"]))
    return int(calendar.numbers["end"][last] - calendar.numbers["start"][last]) + 1


def _lots(rows: _Rows, skus: Skus, periods: int, *, days: int) -> Lots:
    sku = rows.refer("sku")
    expires = rows.floats("expires")
    never = np.isnan(expires)
    # After a calendar an expiry was counted in days: periods there are taken to be as long as its last one.
    expires = np.where(expires >= periods, periods + (expires - periods) // days, expires)
    units, confidence = rows.floats("units"), rows.floats("confidence")
    unit_cost = _or_else(rows.floats("unit_cost"), skus.unit_cost[sku])
    return Lots(
        sku,
        rows.refer("node"),
        rows.choice("kind"),
        rows.ints("available"),
        np.where(never, NEVER, np.where(never, 0, expires)).astype(np.int32),
        units,
        confidence,
        usable_units(confidence, units, rows.floats("reserved"), skus.divisible[sku]),
        rows.flags("hold"),
        unit_cost,
        _or_else(rows.floats("end_value"), np.where(~never & (expires < periods), 0.0, unit_cost)),
        rows.names("reference"),
        rows.ints("pack"),
        rows.floats("reserved"),
        rows.floats("since"),
        rows.position(),
    )


def _or_else(values: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(values), otherwise, values)


def _lines(rows: _Rows, skus: Skus, channels: Channels, regions: pa.Array) -> tuple[Lines, Names, Ints]:
    sku, channel = rows.refer("sku"), rows.refer("channel")
    pack = _or_else(rows.floats("pack"), pack_of(skus, channels, sku, channel).astype(np.float64))
    order, orders, order_channel = _orders(rows, channel, len(channels.id))
    period = rows.ints("period")
    lines = Lines(
        sku,
        channel,
        period,
        rows.floats("units"),
        rows.floats("price"),
        rows.among("region", regions),
        order,
        rows.names("line"),
        rows.flags("firm"),
        rows.floats("sd"),
        _or_else(rows.floats("arrived"), period.astype(np.float64)),
        rows.floats("priority"),
        rows.floats("min_units"),
        rows.floats("min_ship"),
        pack.astype(np.int32),
        rows.ints("max_early"),
        rows.ints("max_late"),
        rows.floats("late_cost"),
        rows.floats("lost_cost"),
        rows.flags("all_or_none"),
        rows.flags("ship_from_one"),
        rows.flags("ship_together"),
        _or_else(rows.floats("max_parcels"), np.zeros(len(sku))).astype(np.int32),
        rows.ints("min_life"),
        rows.names("reference"),
        rows.floats("otif_share"),
        rows.floats("otif_cost"),
        rows.floats("confirmed"),
        rows.flags("approved"),
        rows.names("promotion"),
        rows.floats("weight"),
        np.full(len(sku), ANY, np.int32),
        np.ones(len(sku), bool),
        np.full(len(sku), ANY, np.int32),
        rows.position(),
    )
    return lines, orders, order_channel


def pack_of(skus: Skus, channels: Channels, sku: Ints, channel: Ints) -> Ints:
    """Return the pack of lines that name none: the SKU's for wholesale and store channels, else 1."""
    packed = np.isin(channels.kind, [CHANNEL_KINDS.index(name) for name in PACKED_KINDS])[channel]
    return np.where(packed, skus.pack[sku], 1).astype(np.int32)


def _orders(rows: _Rows, channel: Ints, channels: int) -> tuple[Ints, Names, Ints]:
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


def _lanes(rows: _Rows, regions: pa.Array, vias: pa.Array) -> Lanes:
    return Lanes(
        rows.refer("node"),
        rows.refer("channel"),
        rows.among("region", regions),
        rows.refer("sku"),
        rows.among("via", vias),
        rows.floats("cost"),
        rows.ints("lead"),
        _or_else(rows.floats("capacity"), np.full(len(rows.order), np.inf)),
        rows.floats("parcel_cost"),
    )


def _capacities(rows: _Rows, resources: pa.Array) -> Capacities:
    return Capacities(rows.refer("node"), rows.ints("period"), rows.among("resource", resources), rows.floats("limit"))


def _workloads(rows: _Rows, resources: pa.Array) -> Workloads:
    return Workloads(
        rows.among("resource", resources),
        rows.refer("sku"),
        rows.refer("channel"),
        rows.floats("workload"),
        rows.choice("per"),
    )


def freeze(part: object) -> None:
    """Make every array of the facts read-only."""
    for field in fields(part):  # type: ignore[arg-type]
        value = getattr(part, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        elif not isinstance(value, int):
            freeze(value)
