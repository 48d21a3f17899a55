"""Recapture: the part of a retired channel's demand that comes back through another channel.

.. code-block:: text

    units[d'] = share units[d]        for each line d of the channel whose SKU the receiver lists        [unit]

in whole units, by largest remainder over the lines of a SKU in canonical order. The new line d' has the SKU, period,
region and lateness of d, and the pack of the receiver; it is no order, and no commitment or lost-sales cost goes with
it. Its price is that of d (``original``), or the receiver's (``receiving``): the mean over its lines, by units, of the
same SKU, period and region; where there are none of the SKU and period; where there are none of the SKU.
Source: demand transfer between channels and substitutes, e.g. Smith and Agrawal, Management of multi-item retail
inventory systems with demand substitution, Operations Research 48 (2000).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from allocopt.documents.checked import STRICT, Checked, Share
from allocopt.problem.encode import pack_of
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Lines, Names
from allocopt.problem.lines import take, unsaid
from allocopt.rules.kit.names import grouped, spelled
from allocopt.rules.kit.scope import code, note_rounding, whole_lines

Noting = Callable[[str, str], None]
TAKEN_OVER = ("region", "arrived", "priority", "max_early", "max_late", "late_cost", "min_life", "otif_share")
"""What the new line has of the old one, besides its SKU and period; of the rest nothing is said."""
SHOWN = 5
"""SKUs that a note names."""


@dataclass(frozen=True, config=STRICT)
class Recapture(metaclass=Checked):
    """A share of a retired channel's demand that another channel takes over.

    Attributes
    ----------
    to : str
        Channel that takes it over.
    share : float
        Share of each demand line's units [1].
    price_from : {"receiving", "original"}
        Whether it is sold at the receiver's price or at its own.

    Examples
    --------
    >>> print(Recapture("dtc", share=0.4))
    0.4 to dtc
    """

    to: str
    share: Share
    price_from: Literal["receiving", "original"] = "receiving"

    def __str__(self) -> str:
        return f"{self.share:g} to {self.to}"


def check_recapture(channel: str, parts: Sequence[Recapture]) -> None:
    """Raise `ValueError` unless the parts are shares of one whole and go to other channels, each once."""
    receivers = [part.to for part in parts]
    if channel in receivers:
        raise ValueError(f"the demand of {channel!r} cannot be recaptured by {channel!r} itself")
    twice = sorted({to for to in receivers if receivers.count(to) > 1})
    if twice:
        raise ValueError(f"recapture to {twice[0]!r} is said twice: add its shares up")
    total = sum(part.share for part in parts)
    if total > 1 + 1e-9:
        raise ValueError(f"the shares recaptured of {channel!r} add up to {total:g}, more than all of it")


def recaptured(facts: Facts, channel: str, parts: Sequence[Recapture], note: Noting, **changes: Any) -> list[Lines]:
    """Return the demand lines that other channels take over from a channel.

    Parameters
    ----------
    facts : Facts
        Of which only lines that a table states are looked at.
    channel : str
    parts : sequence of Recapture
    note : callable
        Told what was rounded, and what the receivers do not list.
    **changes
        Columns of the new lines that are to have another value.
    """
    lines = facts.lines
    stated = lines.row != ANY
    mine = np.flatnonzero(stated & (lines.channel == code(facts.channels.id, channel)) & (lines.units > 0))
    found = []
    for part in parts:
        name = f"recapture of {channel} by {part.to}"
        to = code(facts.channels.id, part.to)
        own = stated & (lines.channel == to)
        listed = np.bincount(lines.sku[own], minlength=len(facts.skus.id))[lines.sku[mine]] > 0
        _note_unlisted(facts, name, part, mine[~listed], note)
        rows = mine[listed]
        wanted = part.share * lines.units[rows]
        units = whole_lines(facts, rows, wanted)
        note_rounding(note, name, wanted, units)
        kept = units > 0
        rows, units, wanted = rows[kept], units[kept], wanted[kept]
        price = lines.price[rows] if part.price_from == "original" else _price_of(facts, own, rows)
        columns = {name: value for name, value in unsaid().items() if name not in TAKEN_OVER} | {
            "channel": to,
            "units": units,
            "price": price,
            "line": _names(facts, channel, rows),
            "sd": lines.sd[rows] * part.share,
            "pack": pack_of(facts.skus, facts.channels, lines.sku[rows], np.full(len(rows), to)),
            "weight": lines.weight[rows] * part.share,
            "origin": code(facts.channels.id, channel),
        }
        found.append(take(lines, rows, **columns | changes))
    return found


def _note_unlisted(facts: Facts, name: str, part: Recapture, rows: Any, note: Noting) -> None:
    """Say which SKUs the receiver does not sell, and how many units nobody takes over."""
    units = part.share * facts.lines.units[rows]
    if not units.sum() > 0:
        return
    skus = facts.skus.id[np.unique(facts.lines.sku[rows])]
    some = ", ".join(skus[:SHOWN]) + (", ..." if len(skus) > SHOWN else "")
    what = f"the SKU {some}" if len(skus) == 1 else f"{len(skus)} SKUs ({some})"
    note("not_listed", f"{name}: {part.to} has no demand for {what}; {units.sum():,.6g} units are not recaptured.")


def _price_of(facts: Facts, own: Flags, rows: Any) -> Floats:
    """Return the receiver's price for each line: of its SKU, period and region, else SKU and period, else SKU."""
    lines = facts.lines
    price = np.full(len(rows), np.nan)
    for parts in ({"region": lines.region + 1, "period": lines.period}, {"period": lines.period}, {}):
        group, labels = grouped(facts, sku=lines.sku, **parts)
        for weight in (lines.units, np.ones(len(lines.units))) if not parts else (lines.units,):
            total = np.bincount(group[own], weights=weight[own], minlength=len(labels))
            money = np.bincount(group[own], weights=(weight * lines.price)[own], minlength=len(labels))
            mean = np.divide(money, total, out=np.full(len(labels), np.nan), where=total > 0)
            price = np.where(np.isnan(price), mean[group[rows]], price)
    return price


def _names(facts: Facts, channel: str, rows: Any) -> Names:
    """Return what the new lines are called: where they come from, and the order and line that they had there."""
    order, line = spelled(facts.orders, facts.lines.order[rows]), facts.lines.line[rows]
    name: Names = np.full(len(rows), f"from {channel}", dtype=object)
    for part in (order, line):
        name = name + np.where(part == "", "", "/" + part)
    return name
