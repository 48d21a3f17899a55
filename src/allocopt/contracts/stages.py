"""Stages: what a contract optimises first, second, and so on, and how the outcome is locked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from pydantic import PlainValidator
from pydantic.dataclasses import dataclass
from pydantic_core import PydanticCustomError

from allocopt.documents.checked import STRICT, Amounts, Checked, Ids, Ranks

LockBy = Literal["value", "plan"]
Each = Literal["each"]


def _rank(value: object) -> float | Each:
    """Return a rank as a number, or the word for all of them."""
    if value == "each":
        return "each"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PydanticCustomError("rank_type", "it must be a number, or 'each'")
    return float(value)


Rank = Annotated[float | Each, PlainValidator(_rank, json_schema_input_type=float | Each)]
"""One rank, or all of them one after the other."""


@dataclass(frozen=True, config=STRICT)
class Stage(metaclass=Checked):
    """One step of a contract: an objective, and how its outcome is kept in later steps.

    Attributes
    ----------
    channels : tuple of str or None
        Channels that count; None: all.
    lock : {"value", "plan"}
        Keep what was reached in total, or keep what each line was given.
    """

    LINEAR: ClassVar[bool] = True
    """Whether it is a linear goal, or several in order, which a bound proves; else a process, which ends."""
    IN_TURN: ClassVar[bool] = False
    """Whether lines are served in the order in which they come, so that nobody looks at what is yet to come."""

    channels: Ids = None
    lock: LockBy = "value"

    @property
    def ranks(self) -> Sequence[float] | None:
        """Ranks of the lines that count; None: all."""
        return None

    def words(self) -> str:
        """Return the stage in a few words."""
        name = str(getattr(self, "stage", "stage")).replace("_", " ")
        return f"{name} of {', '.join(self.channels)}" if self.channels else name


@dataclass(frozen=True, config=STRICT)
class Fill(Stage):
    """Serve as much of the channels' demand as possible.

    Attributes
    ----------
    channels, lock
        See `Stage`.
    measure : {"units", "lines"}
        What is counted: units served, or demand lines served (each line counts its served share).
    priority : float, "each" or None
        Only lines of this rank (`demand.priority`); ``"each"``: rank after rank as they are found, 1 first and blank
        last, what a rank was served never given up for a later one; None: all lines together.

    Examples
    --------
    >>> Fill("wholesale").channels
    ('wholesale',)
    >>> Fill(priority="each").words(), Fill(priority=1).words()
    ('fill, rank after rank', 'fill of rank 1')
    """

    measure: Literal["units", "lines"] = "units"
    priority: Rank | None = None
    stage: Literal["fill"] = "fill"

    @property
    def ranks(self) -> Sequence[float] | None:
        """The one rank that counts; None: all."""
        return None if self.priority is None or self.priority == "each" else (self.priority,)

    def words(self) -> str:
        """Return the stage in a few words."""
        if self.priority is None:
            return super().words()
        if self.priority == "each":
            return f"{super().words()}, rank after rank"
        whose = f" in {', '.join(self.channels)}" if self.channels else ""
        return f"fill of rank {self.priority:g}{whose}"


@dataclass(frozen=True, config=STRICT)
class Contribution(Stage):
    """Earn as much as possible.

    Attributes
    ----------
    channels : tuple of str or None
        Channels whose shipments count; None: the whole objective, penalties included.
    lock
        See `Stage`.
    """

    stage: Literal["contribution"] = "contribution"


@dataclass(frozen=True, config=STRICT)
class MaxMinFill(Stage):
    """Raise the least served channel as far as possible, then the next, and so on (lexicographic max-min).

    Levels are units / weight. Without `weights` the weight of a channel is the sum of `demand.weight` over its lines; a
    line without one counts with the units that it wants where the fill is levelled (so that the level is the share of
    demand served), and a channel without any counts with 1 where units are. Nobody gets more than they want.

    Attributes
    ----------
    channels : tuple of str or None
        Channels among which the stock is shared fairly; None: all.
    lock : {"value", "plan"}
        Keep the totals of the channels, or keep what each line was given.
    measure : {"fill", "units"}
        What is levelled: the share of demand served, or units.
    per : {"sku", "channel"}
        Whether each SKU is shared fairly by itself, or only the channels' totals.
    weights : mapping of str to float, or None
        Weight of each channel that is levelled, instead of the above [1].

    Examples
    --------
    >>> MaxMinFill(["dtc", "amazon"], weights={"dtc": 2, "amazon": 1}).weights
    {'dtc': 2.0, 'amazon': 1.0}
    """

    LINEAR: ClassVar[bool] = False

    measure: Literal["fill", "units"] = "fill"
    per: Literal["sku", "channel"] = "sku"
    weights: Amounts | None = field(default=None, hash=False)
    stage: Literal["max_min_fill"] = "max_min_fill"


@dataclass(frozen=True, config=STRICT)
class Confirmed(Stage):
    """Serve each line as far as it was confirmed before (`demand.confirmed`), as many units of that as possible.

    Attributes
    ----------
    channels : tuple of str or None
        Channels that count; None: all.
    lock : {"value"}
        What each line was given of what was confirmed to it is kept; by which lots may change.
    priority : tuple of int or None
        Only lines of these ranks; None: all.

    Examples
    --------
    >>> Confirmed(priority=2).words(), Confirmed("dtc").words()
    ('confirmed of rank 2', 'confirmed of dtc')
    """

    LINEAR: ClassVar[bool] = False

    lock: Literal["value"] = "value"
    priority: Ranks = None
    stage: Literal["confirmed"] = "confirmed"

    @property
    def ranks(self) -> Sequence[float] | None:
        """Ranks of the lines that count; None: all."""
        return self.priority

    def words(self) -> str:
        """Return the stage in a few words."""
        if self.priority is None:
            return super().words()
        whose = f" in {', '.join(self.channels)}" if self.channels else ""
        return f"confirmed of rank {', '.join(map(str, self.priority))}{whose}"


@dataclass(frozen=True, config=STRICT)
class FirstCome(Stage):
    """Let each demand line take, in turn, what is best for itself: the uncoordinated baseline.

    Lines come in the order of `demand.arrived`, then of `demand.priority`. In its turn a line takes what earns it most,
    lost-sales cost avoided included, of the stock and capacity that nobody was promised yet, inbound included; what it
    took stays as it is, for whosever benefit. Lines that come together at equal rank share in proportion to what they
    want: each takes from what is best for itself at the speed of its want, and units are made whole by largest
    remainder. An order that is all-or-none or ships from one node is taken as a whole when its first line comes.
    Commitments (`demand.min_units`), guaranteed services and locks are set aside before all turns.

    Attributes
    ----------
    channels : tuple of str or None
        Channels that take turns; None: all. Others get in later stages what these leave.
    lock : {"plan"}
        What was taken is never given back.
    by : {"arrived", "due"}
        What comes first: what was ordered first, or what is due first and of that what was ordered first.

    Examples
    --------
    >>> FirstCome().lock, FirstCome(by="due").words()
    ('plan', 'first come, by due period')
    """

    LINEAR: ClassVar[bool] = False
    IN_TURN: ClassVar[bool] = True

    lock: Literal["plan"] = "plan"
    by: Literal["arrived", "due"] = "arrived"
    stage: Literal["first_come"] = "first_come"

    def words(self) -> str:
        """Return the stage in a few words."""
        return super().words() if self.by == "arrived" else f"{super().words()}, by due period"


STAGES: tuple[type[Stage], ...] = (Fill, Contribution, MaxMinFill, Confirmed, FirstCome)
"""Every kind of stage."""
