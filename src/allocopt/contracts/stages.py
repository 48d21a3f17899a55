"""Stages: what a contract optimises first, second, and so on, and how the outcome is locked."""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Checked, Ids

Lock = Literal["value", "plan"]


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

    channels: Ids = None
    lock: Lock = "value"

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

    Examples
    --------
    >>> Fill("wholesale").channels
    ('wholesale',)
    """

    measure: Literal["units", "lines"] = "units"
    stage: Literal["fill"] = "fill"


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

    Attributes
    ----------
    channels, lock
        See `Stage`; the stock is shared fairly among the channels, whose totals a lock on the value keeps.
    measure : {"fill", "units"}
        What is levelled: the share of demand served, or units (nobody gets more than they want).
    per : {"sku", "channel"}
        Whether each SKU is shared fairly by itself, or only the channels' totals.
    """

    measure: Literal["fill", "units"] = "fill"
    per: Literal["sku", "channel"] = "sku"
    stage: Literal["max_min_fill"] = "max_min_fill"


@dataclass(frozen=True, config=STRICT)
class FirstCome(Stage):
    """Let each channel take, in turn, what is best for itself: the uncoordinated baseline.

    Turns go by ship period, then by `demand.arrived` (unknown last), then by channel; consecutive turns of a channel
    in one period are one. In its turn a channel takes what earns it most, lost-sales cost avoided included, from the
    stock and capacity that is left; what it took stays as it is. An order that is all-or-none or ships from one node
    is taken as a whole in its earliest turn. Commitments (`demand.min_units`) are met before all turns.

    Attributes
    ----------
    channels : tuple of str or None
        Channels that take turns; None: all. Others get in later stages what these leave.
    lock : {"plan"}
        What was taken is never given back.

    Examples
    --------
    >>> FirstCome().lock
    'plan'
    """

    lock: Literal["plan"] = "plan"
    stage: Literal["first_come"] = "first_come"


STAGES: tuple[type[Stage], ...] = (Fill, Contribution, MaxMinFill, FirstCome)
"""Every kind of stage."""
