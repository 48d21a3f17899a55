"""Protect: the clause that keeps a quantity for a channel, in both senses that the field uses.

``mode="reserve"`` keeps stock whether or not the channel's demand comes (`rules.reserve`); ``mode="serve"``
guarantees that the channel gets so much of its own demand (`rules.serve`).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Ids, Penalty, Period, Quantity, Share, Who, window
from allocopt.rules.kit.base import Base, Clause
from allocopt.rules.kit.scope import one_quantity


@dataclass(frozen=True, config=STRICT)
class Protect(Clause):
    """A quantity is protected for a channel.

    Attributes
    ----------
    channel : str or tuple of str
        Channel that it is protected for, or several together: what any of them gets counts.
    share : float or None
        Share of what `of` names [1]; a reserved share of supply binds lot by lot.
    units : float or None
        Units of each SKU in scope, instead of a share (with ``per="total"``: of all together) [unit].
    of : {"supply", "on_hand", "inbound", "demand"}
        What the share is a share of, and which lots the protection speaks of (``"demand"``: all of them).
        Lots on hold and safety lots are never part of it, nor, for stock that is reserved, lots at nodes without
        any lane to the channel.
    mode : {"reserve", "serve"}
        Stock kept for the channel, or a guarantee of service. Hard reserves take what there is in the order of the
        contract, after commitments, and make no plan infeasible; a guarantee that cannot be kept does.
    per : {"sku", "total"}
        Whether a guarantee of service holds SKU by SKU or over all of them; reserves are always by SKU.
    penalty : float or None
        Cost per unit by which the protection is broken [currency/unit]; None: it is hard.
    release_from : int or None
        First period in which the protection no longer holds; shares of demand are of what is due before. None: with
        `to_period` the period after it, else never.
    sku : tuple of str or None
        Only these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.
    region : tuple of str or None
        Only demand lines that state one of these regions, and stock that a lane to one of them can use.
    from_period, to_period : int or None
        Only demand lines due in this window of periods, both ends included; None: open.

    Examples
    --------
    >>> Protect("dtc", share=0.3, of="inbound").words()
    'protect channel dtc, share 0.3, of inbound'
    """

    SCOPE: ClassVar[tuple[str, ...]] = (
        *("channel", "sku", "node", "of", "mode", "per", "release_from"),
        *("region", "from_period", "to_period"),
    )
    FAVOURS: ClassVar[bool] = True

    channel: Who
    share: Share | None = None
    units: Quantity | None = None
    of: Base = "supply"
    mode: Literal["reserve", "serve"] = "reserve"
    per: Literal["sku", "total"] = "sku"
    penalty: Penalty | None = None
    release_from: Period | None = None
    sku: Ids = None
    node: Ids = None
    region: Ids = None
    from_period: Period | None = None
    to_period: Period | None = None
    clause: Literal["protect"] = "protect"

    @property
    def is_split(self) -> bool:
        """Whether it gives the channel a share of every lot of all SKUs, for good."""
        narrow = (self.sku, self.node, self.region, self.from_period, self.release)
        alone = isinstance(self.channel, str) and self.mode == "reserve" and self.share is not None
        return alone and self.of == "supply" and all(one is None for one in narrow)

    @property
    def release(self) -> int | None:
        """First period in which it no longer holds; None: it always does."""
        if self.release_from is None and self.to_period is not None:
            return self.to_period + 1
        return self.release_from

    @model_validator(mode="after")
    def _one_quantity(self) -> Protect:
        one_quantity(self.units, self.share)
        window(self.from_period, self.to_period)
        if self.mode == "reserve" and self.per == "total":
            raise ValueError("stock is reserved SKU by SKU: per='total' needs mode='serve'")
        return self
