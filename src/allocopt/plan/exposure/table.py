"""What each channel may publish as available: alone at most, and all of them together.

.. code-block:: text

    units[c, s, t] = promised + kept for c + all free stock that c may use by t     what c alone could sell  [unit]
    safe[c, s, t]  = promised + kept for c + its part of the free stock             what all may sell at once [unit]
    free[l] = usable[l] - what ships - what reserves keep

The free units of a lot go, unit by unit, to the seller who earns most with them: by the mean contribution of the arcs
from the lot to what it wants (from other lots where there is none), ties in turn, who wants none of the SKU last.
Clauses that limit all that a seller draws from a lot (caps, protection levels) and store floors hold for both. Whatever
is kept for some time only is its channel's in ``safe``, and in ``units`` everybody's from its release on. Every unit of
``safe`` is a unit of one lot, and of a whole case where that is sealed, so that no lot is over-used whoever sells
first. Hours of nodes and lanes are not looked at: what is published is stock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.grouping import ranges, running, summed
from allocopt.arrays import Places
from allocopt.plan.answer import Answer
from allocopt.plan.exposure.limits import PairLimits, find_limits
from allocopt.plan.exposure.sellers import Reach, Sellers, find_access
from allocopt.plan.exposure.shelves import shelf_limits
from allocopt.plan.tables import ratio, typed
from allocopt.problem.facts import Facts, Floats, Ints
from allocopt.rules.kit.names import spelled
from allocopt.rules.store_floor import STORE


@dataclass
class _Sheet:
    """What adds up to the table: units that a seller may count on of a SKU from a period on."""

    facts: Facts
    sellers: Sellers
    parts: list[tuple[Ints, Ints, Ints, Floats, Floats]] = field(default_factory=list)

    def add(self, seller: Ints, sku: Ints, since: Ints, units: Floats | float, safe: Floats | float) -> None:
        """Add units that one seller alone may sell, and units that are safe."""
        size = len(seller)
        units, safe = np.broadcast_to(units, size), np.broadcast_to(safe, size)
        self.parts.append((seller, sku, since, units.astype(np.float64), safe.astype(np.float64)))

    def table(self, gone: set[str]) -> pd.DataFrame:
        """Return all that was added, cumulative over periods, without channels that are retired."""
        facts, sellers = self.facts, self.sellers
        seller, sku, since, units, safe = map(np.concatenate, zip(*self.parts, strict=True))
        staying = ~np.isin(facts.channels.id[sellers.channel], list(gone))[seller]
        periods = int(since.max(initial=0)) + 1
        key = (seller.astype(np.int64) * len(facts.skus.id) + sku) * periods + since
        found, group = np.unique(key[staying], return_inverse=True)
        who, since = np.divmod(found, periods)
        seller, sku = np.divmod(who, max(len(facts.skus.id), 1))
        sums = [summed(part[staying], group, len(found)) for part in (units, safe)]
        units, safe = (running(np.asarray(part, dtype=np.float64), who) for part in sums)
        return typed(
            {
                "channel": facts.channels.id[sellers.channel[seller]],
                "sku": facts.skus.id[sku],
                "region": spelled(facts.regions, sellers.region[seller]),
                "from_period": since,
                "units": units,
                "safe": safe,
            }
        )


@dataclass(frozen=True)
class _Offers:
    """Units of lots that sellers may use; arrays of shape (offers,).

    Attributes
    ----------
    part : int
        Which units: offers of the same part are of the same units.
    pair : int
        Position in `Reach`.
    since : int32
    units : float64
        Of the whole part.
    """

    part: Places
    pair: Places
    since: Ints
    units: Floats

    def of(self, rows: Any) -> _Offers:
        """Return some of them."""
        return _Offers(self.part[rows], self.pair[rows], self.since[rows], self.units[rows])


def exposure(answer: Answer) -> pd.DataFrame:
    """Return what each channel may publish as available, by channel, region, SKU and period.

    Columns are channel, sku, region (blank: wherever the channel sells), from_period (the units are there to ship from
    that period on, cumulative: those of earlier rows are among them), units (what the channel alone could sell at most)
    and safe (what it can sell while all others sell theirs) [unit].
    """
    facts, arcs = answer.arcs.facts, answer.arcs
    sellers = Sellers.of(facts)
    access = find_access(arcs, sellers, answer.clauses)
    sheet = _Sheet(facts, sellers)
    wanting = np.unique(sellers.of_line.astype(np.int64) * len(facts.skus.id) + facts.lines.sku)
    seller, sku = np.divmod(wanting, max(len(facts.skus.id), 1))
    sheet.add(seller.astype(np.int32), sku.astype(np.int32), np.zeros(len(seller), np.int32), 0.0, 0.0)
    rows = answer.shipped
    promised, lot = answer.ship[rows], arcs.lot[rows]
    sheet.add(sellers.of_line[arcs.line[rows]], facts.lots.sku[lot], facts.lots.available[lot], promised, promised)
    pair_of_arc = access.find(arcs.lot, sellers.of_line[arcs.line], len(sellers.channel))
    no_store = (facts.channels.kind != STORE)[sellers.channel[access.seller]]
    limits = find_limits(answer, pair_of_arc.astype(np.intp), len(access.lot))
    limits = limits.beside(shelf_limits(answer, access.lot, no_store))
    own, others, free = _offered(answer, sellers, access)
    alone = _joined(own, others, free)
    _add_alone(sheet, access, alone, limits)
    earns = _earnings(answer, sellers, access, pair_of_arc)
    for offers in (own, free):
        _share_out(sheet, access, offers, limits, earns)
    return sheet.table(answer.gone)


def _offered(answer: Answer, sellers: Sellers, access: Reach) -> tuple[_Offers, _Offers, _Offers]:
    """Return what is kept for a seller's own channel, what of it others may use later, and what is free."""
    facts = answer.arcs.facts
    last, early = answer.kept
    size = len(facts.lots.sku)
    # What is kept for some time may ship to others after its release: no more than what is left then is still there.
    before = np.zeros(len(early.lot))
    order = np.argsort(early.lot, kind="stable")
    before[order] = running(early.units[order], early.lot[order]) - early.units[order]
    there = np.clip(answer.left[early.lot] - before, 0.0, early.units)
    free = answer.left - summed(there, early.lot, size)
    lot = np.concatenate([last.lot, early.lot, np.arange(size)])
    units = np.concatenate([last.units, there, np.where(free < 1e-9, 0.0, free)])
    for_whom = np.concatenate([last.channel, early.channel, np.full(size, -1)])
    until = np.concatenate([last.until, early.until, np.zeros(size, np.int32)])
    part = np.flatnonzero(units > 0)
    begin, end = np.searchsorted(access.lot, lot[part]), np.searchsorted(access.lot, lot[part], side="right")
    pair, owner = ranges(begin, end)
    part = part[owner]
    mine = sellers.channel[access.seller[pair]] == for_whom[part]
    offers = _Offers(part, pair, access.since[pair], units[part])
    later = _Offers(part, pair, np.maximum(access.since[pair], until[part]).astype(np.int32), units[part])
    inside = (for_whom[part] >= 0) & ~mine & (until[part] < facts.periods)
    return offers.of(mine), later.of(inside), offers.of(for_whom[part] < 0)


def _joined(*offers: _Offers) -> _Offers:
    names = ("part", "pair", "since", "units")
    return _Offers(*(np.concatenate([getattr(one, name) for one in offers]) for name in names))


def _add_alone(sheet: _Sheet, access: Reach, offers: _Offers, limits: PairLimits) -> None:
    """Add what each seller could sell if nobody else sold more than planned."""
    facts = sheet.facts
    order = np.lexsort((offers.since, facts.lots.sku[access.lot[offers.pair]], access.seller[offers.pair]))
    offers = offers.of(order)
    seller, sku = access.seller[offers.pair], facts.lots.sku[access.lot[offers.pair]]
    alone = seller.astype(np.int64) * len(facts.skus.id) + sku
    units = limits.clipped(offers.pair, offers.units, alone)
    sheet.add(seller, sku, offers.since, units, 0.0)


def _earnings(answer: Answer, sellers: Sellers, access: Reach, pair_of_arc: Ints) -> Floats:
    """Return what a unit of a lot earns with a seller, shape (pairs,) [currency/unit].

    Where no arc leads from the lot to what it wants, that is what other lots of the SKU earn; the least there is where
    it wants none of it.
    """
    arcs, pairs, skus = answer.arcs, len(access.lot), len(answer.arcs.facts.skus.id)
    weight = arcs.facts.lines.units[arcs.line]
    money = weight * arcs.contribution()
    at = np.flatnonzero(pair_of_arc >= 0)
    place = sellers.of_line[arcs.line].astype(np.int64) * skus + arcs.sku
    size = len(sellers.channel) * skus
    usual = ratio(summed(money, place, size), summed(weight, place, size), -np.inf)
    usual = usual[access.seller.astype(np.int64) * skus + arcs.facts.lots.sku[access.lot]]
    own = summed(money[at], pair_of_arc[at], pairs), summed(weight[at], pair_of_arc[at], pairs)
    return ratio(*own, usual).round(6)


def _share_out(sheet: _Sheet, access: Reach, offers: _Offers, limits: PairLimits, earns: Floats) -> None:
    """Add what is safe: the units of each part to those who earn most, as far as limits let them."""
    order = np.lexsort((access.seller[offers.pair], -earns[offers.pair], offers.part))
    offers = offers.of(order)
    if not len(order):
        return
    money = earns[offers.pair]
    new = np.ones(len(order), dtype=bool)
    new[1:] = np.diff(offers.part) != 0
    tie = new.copy()
    tie[1:] |= money[1:] != money[:-1]
    part = np.cumsum(new) - 1
    group = np.cumsum(tie) - 1
    level = group - group[np.flatnonzero(new)][part]
    place = np.arange(len(order))
    within = place - place[np.flatnonzero(tie)][group]
    alike = np.bincount(group)[group]
    position = place - place[np.flatnonzero(new)][part]
    left = offers.units[np.flatnonzero(new)].copy()
    lots = sheet.facts.lots
    case = lots.pack[access.lot[offers.pair]].astype(np.float64)
    whole = ~sheet.facts.skus.divisible[lots.sku[access.lot[offers.pair]]] | (case > 1)
    given = np.zeros(len(order))
    turns = [(level, turn, True) for turn in range(int(level.max()) + 1)]
    if len(limits.row):  # what limits kept from somebody goes to whoever comes next
        turns += [(position, turn, False) for turn in range(int(position.max()) + 1)]
    for key, turn, together in turns:
        at = np.flatnonzero((key == turn) & (left[part] > 0))
        if not len(at):
            continue
        some = left[part[at]]
        if together:
            cases = np.floor(some / case[at] + 1e-9)
            each = np.floor(cases / alike[at])
            round_ = each + (within[at] < cases - each * alike[at] - 1e-9)
            some = np.where(whole[at], round_ * case[at], some / alike[at])
        some = limits.clipped(offers.pair[at], some, np.zeros(len(at), dtype=np.intp))
        some = np.where(whole[at], np.floor(some / case[at] + 1e-9) * case[at], some)
        limits.take(offers.pair[at], some)
        given[at] += some
        np.subtract.at(left, part[at], some)
    sheet.add(access.seller[offers.pair], sheet.facts.lots.sku[access.lot[offers.pair]], offers.since, 0.0, given)
