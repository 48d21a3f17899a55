"""A checked problem as integer codes and arrays in canonical order: what the fast path works on.

Ids are sorted as text and replaced by their position; `ANY` stands for a blank. Rows are sorted by label, so
that the order of the user's rows never matters. Only arrays: no pandas, no missing values.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from allocopt.arrays import Flags as Flags
from allocopt.arrays import Floats as Floats
from allocopt.arrays import Ints as Ints
from allocopt.arrays import Names as Names

ANY = -1
"""Code of a blank optional id."""
NEVER = np.iinfo(np.int32).max
"""Period code of a lot that never expires."""


@dataclass(frozen=True)
class Skus:
    """One entry per SKU, sorted by id."""

    id: Names
    unit_cost: Floats
    pack: Ints
    map_price: Floats  # nan: none
    divisible: Flags


@dataclass(frozen=True)
class Nodes:
    """One entry per node, sorted by id."""

    id: Names
    kind: Ints  # position in schema.NODE_KINDS
    store_floor: Floats
    holding_cost: Floats


@dataclass(frozen=True)
class Channels:
    """One entry per channel, sorted by id."""

    id: Names
    kind: Ints  # position in schema.CHANNEL_KINDS
    fee_rate: Floats
    fee_per_unit: Floats
    fixed_cost: Floats
    return_rate: Floats
    return_cost: Floats
    recovery: Floats
    advertised: Flags  # blank already resolved: all but wholesale
    owner: Names  # "": nobody named
    keep: Ints  # switch that keeps the channel, or ANY: it is there in any case


@dataclass(frozen=True)
class Lots:
    """One entry per supply lot, sorted by sku, expires, available, node, kind, reference (the fixed tie order)."""

    sku: Ints
    node: Ints
    kind: Ints  # position in schema.LOT_KINDS
    available: Ints
    expires: Ints  # NEVER: does not expire; what expires after the horizon keeps its period
    units: Floats
    confidence: Floats
    usable: Floats  # floor(confidence * units) - reserved, at least 0; not floored if the SKU is divisible
    hold: Flags
    unit_cost: Floats  # blank already resolved: the SKU's
    end_value: Floats  # blank already resolved: the lot's unit cost, 0 if it expires inside the horizon
    reference: Names
    pack: Ints  # units per sealed case; 1: loose
    reserved: Floats  # promised beforehand: what is more than the sure units is not in `usable`
    since: Floats  # in periods, below 0 before the horizon; nan: not told
    row: Ints  # position in the user's table


@dataclass(frozen=True)
class Lines:
    """One entry per demand line, sorted by sku, channel, period, region, order, line."""

    sku: Ints
    channel: Ints
    period: Ints
    units: Floats
    price: Floats
    region: Ints  # code in Facts.regions or ANY
    order: Ints  # code in Facts.orders or ANY
    line: Names
    firm: Flags
    sd: Floats
    arrived: Floats  # in periods; blank already resolved: the start of the due period
    priority: Floats  # nan: none
    min_units: Floats
    min_ship: Floats
    pack: Ints  # blank already resolved: the SKU's for wholesale and store channels, else 1
    max_early: Ints
    max_late: Ints
    late_cost: Floats
    lost_cost: Floats
    all_or_none: Flags
    ship_from_one: Flags
    ship_together: Flags
    max_parcels: Ints  # 0: any number
    min_life: Ints
    reference: Names  # "": lots of any reference
    otif_share: Floats
    otif_cost: Floats
    confirmed: Floats
    approved: Flags
    promotion: Names
    weight: Floats  # of fair shares; nan: none given
    switch: Ints  # code in Facts.switches that the line hangs on (besides its channel's), or ANY
    when: Flags  # the line is live while that switch is on; False: while it is off
    origin: Ints  # channel from which the line was taken over, or ANY
    row: Ints  # position in the user's table; ANY: a contract added the line


@dataclass(frozen=True)
class Lanes:
    """One entry per lane row, sorted by node, channel, via, region, sku."""

    node: Ints
    channel: Ints
    region: Ints  # code in Facts.regions or ANY
    sku: Ints  # or ANY
    via: Ints  # code in Facts.vias or ANY
    cost: Floats
    lead: Ints
    capacity: Floats  # inf: no limit
    parcel_cost: Floats


@dataclass(frozen=True)
class Capacities:
    """One entry per capacity row, sorted by node, period, resource."""

    node: Ints
    period: Ints
    resource: Ints  # code in Facts.resources
    limit: Floats


@dataclass(frozen=True)
class Workloads:
    """One entry per workload row, sorted by resource, sku, channel."""

    resource: Ints
    sku: Ints  # or ANY
    channel: Ints  # or ANY
    workload: Floats
    per: Ints  # position in schema.WORK_PER


@dataclass(frozen=True)
class Granted:
    """What hard reserves of a contract keep of some SKUs, so that their commitments can still be met.

    Worked out before a program is stated, and only where what lots alone can give would leave no plan; none in a
    problem's own facts.

    Attributes
    ----------
    skus : bool, shape (skus,)
        Which it speaks of.
    switches : int32, shape (decisions,)
        Decisions on which it hangs.
    on : bool, shape (outcomes, decisions)
    clause : int32, shape (reserves,)
        Position of each hard reserve in the contract.
    kept : float64, shape (outcomes, reserves, lots)
        As `Reserve.kept` [unit].
    at_most : bool
        Whether it was worked out for all decisions at once, and is only the most that is kept in each outcome.
    """

    skus: Flags = field(default_factory=lambda: np.zeros(0, dtype=bool))
    switches: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    on: Flags = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    clause: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int32))
    kept: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    at_most: bool = False


@dataclass(frozen=True)
class Facts:
    """A whole problem as arrays.

    Attributes
    ----------
    regions, orders, vias, resources : object arrays of text, sorted
        What the codes stand for. `orders` are pairs of channel and order: entry i is the order's text and
        `order_channel` (int32) its channel, since two channels may use the same order number.
    switches : object array of text
        Decisions that a contract leaves to the optimiser, such as ``"keep/amazon"``; none in a problem's own facts.
    periods : int
        Length of the horizon: as given, that of the calendar, or one more than the last period that any table names.
        Lots may become available after a horizon that was given.
    starts : float64, shape (periods + 1,) or (0,)
        First day of each period and of the one after the last, as days since 1970; none where there is no calendar.
    granted : Granted
        What reserves leave to commitments beyond what lots alone say; none in a problem's own facts.
    """

    skus: Skus
    nodes: Nodes
    channels: Channels
    lots: Lots
    lines: Lines
    lanes: Lanes
    capacities: Capacities
    workloads: Workloads
    regions: Names
    orders: Names
    order_channel: Ints
    vias: Names
    resources: Names
    switches: Names
    periods: int
    starts: Floats = field(default_factory=lambda: np.zeros(0))
    granted: Granted = field(default_factory=Granted)

    @property
    def promotions(self) -> Names:
        """The promotions that demand lines belong to, sorted."""
        found: Names = np.array(sorted(set(self.lines.promotion.tolist()) - {""}), dtype=object)
        return found
