"""Which lots, lines and arcs a clause speaks of, and how many units a share comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.labels import Codes
from allocopt.arcs import Arcs
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints, Names
from allocopt.problem.schema import LOT_KINDS
from allocopt.rounding import floor_units, largest_remainder
from allocopt.rules.kit.names import grouped

ON_HAND, INBOUND, SAFETY, RETURNS = range(len(LOT_KINDS))


def one_quantity(units: float | None, share: float | None) -> None:
    """Raise `ValueError` unless exactly one of units and share is given."""
    if (units is None) == (share is None):
        raise ValueError("give either units or share")


def code(names: Names, name: str) -> int:
    """Return the code of an id that is known to exist."""
    return int(np.searchsorted(names, name))


def chosen(names: Names, wanted: Sequence[str] | None) -> Flags:
    """Return which of `names` are `wanted` (None: all), shape (names,)."""
    if wanted is None:
        return np.ones(len(names), dtype=bool)
    mask = np.zeros(len(names), dtype=bool)
    mask[[code(names, name) for name in wanted]] = True
    return mask


def owner_of(facts: Facts, clause: Any) -> int:
    """Return the channel that a clause is about, as a code: the company's, where it is about several or all."""
    return code(facts.channels.id, clause.whose[0]) if len(clause.whose) == 1 else len(facts.channels.id)


def lots_of(facts: Facts, clause: Any, base: str = "supply") -> Flags:
    """Return the lots that a clause on `base` speaks of: not on hold, never safety, shape (lots,)."""
    lots = facts.lots
    mask: Flags = ~lots.hold & (lots.kind != SAFETY)
    if base in ("on_hand", "inbound"):
        mask &= lots.kind == LOT_KINDS.index(base)
    return mask & stock_of(facts, clause)


def stock_of(facts: Facts, clause: Any) -> Flags:
    """Return all lots of a clause's SKUs at its nodes, safety lots and lots on hold included, shape (lots,)."""
    lots = facts.lots
    return chosen(facts.skus.id, clause.sku)[lots.sku] & chosen(facts.nodes.id, clause.node)[lots.node]


def reached(facts: Facts, channel: int, there: Flags | bool = True) -> Flags:
    """Return the lots from whose node a lane for their SKU leads to a channel; `there`: over these lanes alone."""
    lanes, lots = facts.lanes, facts.lots
    mine = (lanes.channel == channel) & there
    every = np.zeros(len(facts.nodes.id), dtype=bool)
    every[lanes.node[mine & (lanes.sku == ANY)]] = True
    some = mine & (lanes.sku != ANY)
    size = len(facts.skus.id)
    pairs = np.unique(lanes.node[some].astype(np.int64) * size + lanes.sku[some])
    found: Flags = every[lots.node] | np.isin(lots.node.astype(np.int64) * size + lots.sku, pairs)
    return found


def lines_of(facts: Facts, channel: str | Sequence[str] | None, sku: Sequence[str] | None = None) -> Flags:
    """Return the demand lines of a channel, or of several (None: all), and of SKUs (None: all), shape (lines,)."""
    mask: Flags = chosen(facts.skus.id, sku)[facts.lines.sku]
    if isinstance(channel, str):
        mask &= facts.lines.channel == code(facts.channels.id, channel)
    elif channel is not None:
        mask &= chosen(facts.channels.id, channel)[facts.lines.channel]
    return mask


def lines_due(facts: Facts, first: int | None, last: int | None) -> Flags:
    """Return the demand lines due in a window of periods, both ends included (None: open), shape (lines,)."""
    due = facts.lines.period
    mask = np.ones(len(due), dtype=bool) if first is None else due >= first
    return mask if last is None else mask & (due <= last)


def lines_ranked(facts: Facts, ranks: Sequence[float] | None) -> Flags:
    """Return the demand lines of some ranks (None: all), shape (lines,)."""
    ranked: Flags = np.ones(len(facts.lines.sku), bool) if ranks is None else np.isin(facts.lines.priority, ranks)
    return ranked


def lines_within(facts: Facts, clause: Any) -> Flags:
    """Return the demand lines of a clause's channels, SKUs and regions that are due in its window, shape (lines,)."""
    mine = lines_of(facts, clause.channel, clause.sku) & lines_in(facts, clause.region)
    return mine & lines_due(facts, clause.from_period, clause.to_period)


def lines_in(facts: Facts, regions: Sequence[str] | None) -> Flags:
    """Return the demand lines that state one of the regions (None: all lines), shape (lines,)."""
    if regions is None:
        return np.ones(len(facts.lines.sku), dtype=bool)
    # The last entry is what a blank, -1, is looked up at.
    return np.append(chosen(facts.regions, regions), False)[facts.lines.region]


def arcs_of(arcs: Arcs, lots: Flags | None, lines: Flags | None) -> Flags:
    """Return the arcs from the given lots to the given lines, shape (arcs,)."""
    mask = np.ones(len(arcs), dtype=bool)
    if lots is not None:
        mask &= lots[arcs.lot]
    if lines is not None:
        mask &= lines[arcs.line]
    return mask


def counted_lots(facts: Facts, clause: Any) -> Flags:
    """Return the lots whose units count toward a clause: all in scope, or those of the kind it names."""
    return lots_of(facts, clause, clause.of) if clause.of in ("on_hand", "inbound") else stock_of(facts, clause)


def due_before(facts: Facts, release: int | None) -> Flags:
    """Return the lines due before a protection is released (None: never), shape (lines,)."""
    return np.asarray(facts.lines.period < (facts.lines.period.max(initial=0) + 1 if release is None else release))


def wanted_in(facts: Facts, lines: Flags, per: str = "sku") -> Floats:
    """Return the units that some lines want, of each SKU, shape (skus,), or of all together [unit]."""
    units = facts.lines.units[lines]
    if per == "total":
        return np.asarray(units.sum())
    return per_sku(facts, facts.lines.sku[lines], units)


def quantity(facts: Facts, clause: Any, lots: Flags, lines: Flags) -> Floats:
    """Return the units that a clause asks for, not yet rounded: of each SKU, shape (skus,), or of all together.

    Units are meant for each SKU in scope; a share is taken of the usable units of `lots`, or of the units of
    `lines` where the clause says ``of="demand"``.
    """
    if clause.units is not None:
        each = np.where(chosen(facts.skus.id, clause.sku), clause.units, 0.0)
        return each if clause.per == "sku" else np.asarray(clause.units)
    if clause.of == "demand":
        codes, units = facts.lines.sku[lines], facts.lines.units[lines]
    else:
        codes, units = facts.lots.sku[lots], facts.lots.usable[lots]
    share: Floats = per_sku(facts, codes, units) * (clause.share or 0.0)
    return share if clause.per == "sku" else np.asarray(share.sum())


def per_sku(facts: Facts, sku: Ints, units: Floats) -> Floats:
    """Return units added up by SKU, shape (skus,)."""
    return np.bincount(sku, weights=units, minlength=len(facts.skus.id)).astype(np.float64)


def whole(
    form: Formulation | None,
    name: str,
    wanted: Floats,
    group: NDArray[np.integer[Any]],
    free: Flags,
    stated: Flags | bool = False,
) -> Floats:
    """Round quantities to whole units by largest remainder within each group, and note what was rounded.

    Parameters
    ----------
    form : Formulation or None
        Takes the note.
    name : str
        Rule that asks, for the note.
    wanted : float64, shape (n,)
        Quantities [unit].
    group : integer array, shape (n,)
        Quantities that share one total.
    free : bool, shape (n,)
        Quantities of divisible SKUs, left as they are.
    stated : bool, shape (n,)
        Quantities that are stated in units: rounded down, each by itself, whatever else is agreed on.
    """
    size = int(group.max()) + 1 if len(group) else 0
    rounded = np.where(
        stated, floor_units(wanted), largest_remainder(np.where(free | stated, 0.0, wanted), group, size)
    )
    rounded = np.where(free, wanted, rounded)
    if form is not None:
        note_rounding(form.note, name, wanted, rounded)
    return rounded


def whole_lines(facts: Facts, rows: Codes, wanted: Floats, **apart: Codes) -> Floats:
    """Round units of some lines so that each SKU (and whatever else is told apart) keeps its total.

    Divisible SKUs stay as they are.
    """
    sku = facts.lines.sku[rows]
    free = facts.skus.divisible[sku]
    group, index = grouped(facts, **apart, sku=sku)
    return np.where(free, wanted, largest_remainder(np.where(free, 0.0, wanted), group, len(index)))


def floored(form: Formulation, name: str, wanted: Floats, free: Flags | bool) -> Floats:
    """Round limits down to whole units where the SKU is not divisible, and note what was rounded."""
    rounded = np.where(free, wanted, floor_units(wanted))
    note_rounding(form.note, name, wanted, rounded)
    return rounded


def note_rounding(note: Callable[[str, str], None], name: str, wanted: Floats, rounded: Floats) -> None:
    """Say how many quantities of a rule were rounded, and by how much at most; nothing if none was."""
    change = np.abs(rounded - wanted)
    number = int((change > 1e-6).sum())
    if number:
        by = f"by at most {change.max():.3g}"
        note("rounded", f"{name}: {number:,} of {len(wanted):,} quantities were rounded to whole units, {by}.")


def sold_together(facts: Facts) -> Ints:
    """Return per line the code of its order; without one, of its due period, shape (lines,): see `sold_names`."""
    lines = facts.lines
    return np.where(lines.order >= 0, lines.order, len(facts.orders) + lines.period).astype(np.int32)


def order_of_lines(facts: Facts) -> Ints:
    """Return per line the code of its order; a line without an order is an order of its own, shape (lines,)."""
    lines = facts.lines
    own = len(facts.orders) + np.arange(len(lines.sku))
    return np.where(lines.order >= 0, lines.order, own).astype(np.int32)
