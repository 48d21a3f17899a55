"""Every table and column of a problem, declared once: type, unit, bounds, default and meaning.

Readers, checks, the encoder and the documentation follow from these declarations; nothing about a column is
said anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Type = Literal["id", "text", "number", "whole", "flag", "choice", "period", "time", "date"]

LOT_KINDS = ("on_hand", "inbound", "safety", "returns")
NODE_KINDS = ("dc", "3pl", "fba", "store", "supplier")
CHANNEL_KINDS = ("dtc", "marketplace", "wholesale", "store", "subscription")
WORK_PER = ("unit", "order", "parcel")
COMPANY = "company"
"""Name of the row of the P&L that belongs to no channel; no channel may be called so."""


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
    type : str
        ``id`` (opaque text), ``text``, ``number``, ``whole`` (integer), ``flag`` (true/false), ``choice``,
        ``period`` (an integer from 0, or a date where the problem has a ``periods`` table), ``time`` (a number in
        periods, or a time stamp), ``date``.
    meaning : str
        What the column says, with its unit in square brackets.
    required : bool
        Whether the table must have the column.
    default : object
        Value where the column is absent or a cell of it is blank. ``None`` means "not given"; a blank id or text
        means "any" or "none".
    low, high : float
        Closed bounds of the values.
    above : bool
        Whether `low` itself is excluded.
    choices : tuple of str
        The values of a ``choice``.
    refers : str or None
        Table whose key the id must be found in.
    """

    name: str
    type: Type
    meaning: str
    required: bool = False
    default: object = None
    low: float = 0.0
    high: float = float("inf")
    above: bool = False
    choices: tuple[str, ...] = ()
    refers: str | None = None

    @property
    def unit(self) -> str:
        """Its unit as the meaning states it: ``currency/unit``, ``1`` of a share; empty where it has none."""
        return self.meaning.rpartition("[")[2].partition("]")[0] if self.meaning.rstrip(".").endswith("]") else ""

    @property
    def money(self) -> bool:
        """Whether it is an amount of money."""
        return self.unit.startswith("currency")

    @property
    def share(self) -> bool:
        """Whether it is a share of a whole, which can be written in percent."""
        return self.unit == "1" and self.high == 1.0


@dataclass(frozen=True)
class Table:
    """One table of a problem: its columns and its key (no two rows alike in it)."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """Return the declaration of one column; `KeyError` if there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def number(name: str, meaning: str, *, default: object = 0.0, **more: Any) -> Column:
    """Return a column of numbers; blank is 0 unless something else is said."""
    return Column(name, "number", meaning, default=None if "required" in more else default, **more)


def whole(name: str, meaning: str, *, default: object = 0, **more: Any) -> Column:
    """Return a column of whole numbers; blank is 0 unless something else is said."""
    return Column(name, "whole", meaning, default=None if "required" in more else default, **more)


def flag(name: str, meaning: str, *, default: object = False) -> Column:
    """Return a column of yes and no; blank is no unless something else is said."""
    return Column(name, "flag", meaning, default=default)


def text(name: str, meaning: str) -> Column:
    """Return a column of texts, which may be blank."""
    return Column(name, "text", meaning, default="")


def ident(name: str, meaning: str, *, default: object = "", **more: Any) -> Column:
    """Return a column of ids; blank is any, or none."""
    return Column(name, "id", meaning, default=None if "required" in more else default, **more)


SKUS = Table(
    "skus",
    "What is sold.",
    ("sku",),
    (
        ident("sku", "Identifier of the article.", required=True),
        number("unit_cost", "Goods cost per unit [currency/unit]."),
        whole("pack", "Units per pack; binds wholesale and store lines [unit].", default=1, low=1),
        number("map_price", "Minimum advertised price [currency/unit]; blank: none.", default=None),
        flag("divisible", "Whether fractions of a unit can be shipped."),
    ),
)

NODES = Table(
    "nodes",
    "Where stock lies.",
    ("node",),
    (
        ident("node", "Identifier of the place.", required=True),
        Column("kind", "choice", "Kind of place.", default="dc", choices=NODE_KINDS),
        number("store_floor", "Units of each SKU that channels other than stores may not touch [unit]."),
        number("holding_cost", "Holding cost per unit and period [currency/(unit*period)]."),
    ),
)

CHANNELS = Table(
    "channels",
    "Who wants stock.",
    ("channel",),
    (
        ident("channel", "Identifier of the sales channel.", required=True),
        Column("kind", "choice", "Kind of channel.", default="dtc", choices=CHANNEL_KINDS),
        number("fee_rate", "Fee as a share of revenue [1].", high=1.0),
        number("fee_per_unit", "Fee per unit [currency/unit]."),
        number("fixed_cost", "Cost of the horizon, avoided only by retiring the channel [currency]."),
        number("return_rate", "Share of units that come back [1].", high=1.0),
        number("return_cost", "Handling cost per returned unit [currency/unit]."),
        number("recovery", "Share of a returned unit's goods cost that is recovered [1].", high=1.0),
        flag("advertised", "Whether prices are advertised (MAP binds); blank: all but wholesale.", default=None),
        text("owner", "Person who answers for the channel."),
    ),
)

SUPPLY = Table(
    "supply",
    "Supply lots: units of one SKU at one node, usable from a period on.",
    ("sku", "node", "kind", "available", "expires", "reference"),
    (
        ident("sku", "Article.", required=True, refers="skus"),
        ident("node", "Place.", required=True, refers="nodes"),
        Column("kind", "choice", "Kind of lot.", required=True, choices=LOT_KINDS),
        number("units", "Units in the lot [unit].", required=True),
        Column("available", "period", "First period in which the lot can ship.", default=0),
        number("confidence", "Probability-like trust in the lot, in (0, 1] [1].", default=1.0, high=1.0, above=True),
        number("reserved", "Units already promised elsewhere; at most `units` [unit]."),
        flag("hold", "Whether the lot is blocked (quality, customs)."),
        Column(
            "expires",
            "period",
            "Last period in which a unit may arrive; blank: never; -1: before the first. Dates after a `periods` "
            "table fall into periods as long as its last one.",
            low=-1,
        ),
        number("unit_cost", "Goods cost per unit; blank: the SKU's [currency/unit].", default=None),
        number(
            "end_value",
            "Worth of an unsold unit at the end; blank: its unit cost, 0 where it expires before [currency/unit].",
            default=None,
        ),
        text("reference", "Purchase order or other reference."),
        whole("pack", "Units per sealed case; every shipment takes whole cases [unit].", default=1, low=1),
        Column(
            "since",
            "time",
            "Since when it lies there: a date or time stamp, or a number in periods (-6.0 is six periods before the "
            "first one). It tells the age of the stock and decides nothing. Blank: not known [period].",
            low=float("-inf"),
        ),
    ),
)

DEMAND = Table(
    "demand",
    "Demand lines: units of one SKU wanted by one channel, due in one period, at a price.",
    ("sku", "channel", "period", "region", "order", "line"),
    (
        ident("sku", "Article.", required=True, refers="skus"),
        ident("channel", "Sales channel.", required=True, refers="channels"),
        Column("period", "period", "Period in which the units are due.", required=True),
        number("units", "Units wanted [unit].", required=True),
        number("price", "Price per unit before fees and returns [currency/unit].", required=True),
        ident("region", "Region of the customer; blank: any."),
        ident("order", "Order; blank: none."),
        ident("line", "Line of the order; blank: none."),
        flag("firm", "An order, not a forecast."),
        number("sd", "Standard deviation of a forecast [unit]."),
        Column(
            "arrived",
            "time",
            "When it was ordered: a time stamp, or a number in periods (-6.0 is six periods before the first one). A "
            "`periods` table turns stamps into such numbers; without one they all lie before the first period, in "
            "their order. Blank: the start of the due period [period].",
            low=float("-inf"),
        ),
        number(
            "priority",
            "Rank of the line, 1 first, blank last. It settles ties; `by_priority()` serves rank after rank.",
            default=None,
        ),
        number("min_units", "Units that must be served (commitment); at most `units` [unit]."),
        number("min_ship", "Least units per shipment [unit]."),
        whole("pack", "Units per pack; blank: the SKU's for wholesale and stores, else 1 [unit].", low=1, default=None),
        whole("max_early", "Periods that goods may arrive early [period]."),
        whole("max_late", "Periods that goods may arrive late [period]."),
        number("late_cost", "Cost per unit and period late [currency/(unit*period)]."),
        number("lost_cost", "Cost per unit never served [currency/unit]."),
        flag("all_or_none", "Lines of one order so marked are served whole or not at all."),
        flag("ship_from_one", "Lines of one order so marked come from one node."),
        flag("ship_together", "Whatever ships for the order leaves in one period."),
        whole(
            "max_parcels",
            "Parcels in which the order may come; one is what leaves a node for an order over a row of `lanes` in one "
            "period, and a line without an order is an order of its own; blank: any number [parcel].",
            low=1,
            default=None,
        ),
        whole(
            "min_life",
            "Periods of life that a lot must have left on arrival; 0: it may arrive in the period in which it expires "
            "[period].",
        ),
        text("reference", "Only lots of this reference serve the line; blank: any."),
        number(
            "otif_share",
            "Share of the line that has to arrive by its due period to be on time in full [1].",
            default=1.0,
            high=1.0,
        ),
        number("otif_cost", "What it costs if less than that arrives by then [currency]."),
        number("confirmed", "Units confirmed before; `strata()` reads it [unit]."),
        flag(
            "approved", "Whoever has to has agreed to the order: true on all its lines. A clause `approval` reads it."
        ),
        ident("promotion", "Promotion that the line belongs to; blank: none."),
        number(
            "weight",
            "What the line counts in fair shares, which level units / weight; blank: the units it wants, and where "
            "units are levelled 1 for all lines of its channel [1].",
            above=True,
            default=None,
        ),
    ),
)

LANES = Table(
    "lanes",
    "Ways from a node to a channel; the most specific row wins: sku and region, sku, region, general.",
    ("node", "channel", "region", "sku", "via"),
    (
        ident("node", "From.", required=True, refers="nodes"),
        ident("channel", "To.", required=True, refers="channels"),
        number("cost", "Cost per unit [currency/unit]."),
        whole("lead", "Periods between shipping and arrival [period]."),
        number("capacity", "Units per period that may ship; blank: no limit [unit/period].", default=None),
        ident("region", "Only to this region; blank: any."),
        ident("sku", "Only this article; blank: any.", refers="skus"),
        ident("via", "Carrier or mode, so that one pair can have several lanes; blank: the only one."),
        number(
            "parcel_cost",
            "Cost of each parcel: of what ships for one order from the node over this row in one period "
            "[currency/parcel].",
        ),
    ),
)

CAPACITY = Table(
    "capacity",
    "What a node can handle in a period; no row, no limit.",
    ("node", "period", "resource"),
    (
        ident("node", "Place.", required=True, refers="nodes"),
        Column("period", "period", "Period in which goods ship.", required=True),
        number("limit", "Limit [unit of the resource].", required=True),
        ident("resource", "Resource; `units` is taken at 1 a unit unless workloads say otherwise.", default="units"),
    ),
)

WORKLOADS = Table(
    "workloads",
    "What a unit (or an order, or a parcel) takes of a resource; most specific first: sku and channel, sku, channel, "
    "general.",
    ("resource", "sku", "channel", "per"),
    (
        ident("resource", "Resource.", required=True),
        number("workload", "Amount taken [unit of the resource per unit, order or parcel].", required=True),
        ident("sku", "Only this article; blank: any.", refers="skus"),
        ident("channel", "Only this channel; blank: any.", refers="channels"),
        Column(
            "per",
            "choice",
            "What is counted: units, orders handled at a node in a period, or parcels.",
            default="unit",
            choices=WORK_PER,
        ),
    ),
)

PERIODS = Table(
    "periods",
    "The calendar: which dates a period covers, first and last day included.",
    ("period",),
    (
        whole("period", "Number of the period, from 0 without gaps.", required=True),
        Column("start", "date", "First day.", required=True),
        Column("end", "date", "Last day.", required=True),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (SKUS, NODES, CHANNELS, SUPPLY, DEMAND, LANES, CAPACITY, WORKLOADS, PERIODS)
}
"""Every table, by name, in the order in which they are read and checked."""
NEEDED = ("skus", "nodes", "channels", "supply", "demand", "lanes")
"""Tables that must be there: one without rows says that there is none, a missing one is a lost file."""

SETTINGS = {
    "as_of": "Day by which the expiry of contracts and locks is judged, such as 2026-11-27.",
    "currency": "Currency of all money, for labels only.",
    "name": "Name of the problem, for labels only.",
    "horizon": "Number of periods. Left out, it is that of the `periods` table, else one more than the last period "
    "that any table names. Lots may become available after a horizon that is given; they serve nobody then.",
}
"""What a problem has besides tables, each with its meaning; all of it may be left out."""
