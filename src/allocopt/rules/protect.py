"""Protect: the clause that keeps a quantity for a channel, in both senses that the field uses.

``mode="reserve"`` keeps stock whether or not the channel's demand comes (`rules.reserve`); ``mode="serve"``
guarantees that the channel gets so much of its own demand (`rules.serve`).
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import model_validator
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Ids, Penalty, Period, Share, Units
from allocopt.rules.kit.base import Base, Clause
from allocopt.rules.kit.scope import one_quantity


@dataclass(frozen=True, config=STRICT)
class Protect(Clause):
    """A quantity is protected for a channel.

    Attributes
    ----------
    channel : str
        Channel that it is protected for.
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
        First period in which the protection no longer holds; shares of demand are of what is due before.
    sku : tuple of str or None
        Only these articles; None: all.
    node : tuple of str or None
        Only lots at these nodes; None: all.

    Examples
    --------
    >>> Protect("dtc", share=0.3, of="inbound").words()
    'protect channel dtc, share 0.3, of inbound'
    """

    SCOPE: ClassVar[tuple[str, ...]] = ("channel", "sku", "node", "of", "mode", "per", "release_from")
    FAVOURS: ClassVar[bool] = True

    channel: str
    share: Share | None = None
    units: Units | None = None
    of: Base = "supply"
    mode: Literal["reserve", "serve"] = "reserve"
    per: Literal["sku", "total"] = "sku"
    penalty: Penalty | None = None
    release_from: Period | None = None
    sku: Ids = None
    node: Ids = None
    clause: Literal["protect"] = "protect"

    @property
    def is_split(self) -> bool:
        """Whether it gives the channel a share of every lot of all SKUs, for good."""
        everywhere = self.sku is None and self.node is None and self.of == "supply"
        return self.mode == "reserve" and self.share is not None and everywhere and self.release_from is None

    @model_validator(mode="after")
    def _one_quantity(self) -> Protect:
        one_quantity(self.units, self.share)
        if self.mode == "reserve" and self.per == "total":
            raise ValueError("stock is reserved SKU by SKU: per='total' needs mode='serve'")
        return self
