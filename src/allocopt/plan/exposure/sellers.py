"""Who may sell which lots: channels, and regions of those whose lanes go to regions, and what rules let them use.

A seller is a channel; where a lane of the channel goes to one region or serves one only, each region is a seller of its
own, and so are customers without a region. A seller may use a lot from a period on: a lane for the SKU leads to it, the
lot is not on hold and lasts that long, and no clause, and no rule of physics, takes the arc away. That is asked of the
rules themselves, with an arc of a demand line made up for it at the mean price of what the channel wants of the SKU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from allocopt.algebra.grouping import extreme, summed
from allocopt.arcs import Arcs, Exclusions
from allocopt.problem.facts import ANY, NEVER, Facts, Floats, Ints, Lines
from allocopt.problem.lines import made
from allocopt.rules import Clause, allowed


@dataclass(frozen=True)
class Sellers:
    """Sellers, by channel and region; arrays of shape (sellers,), and which one each demand line is of.

    Attributes
    ----------
    channel, region : int32
        Codes; region `ANY`: the whole channel, or its customers without a region.
    of_line : int32, shape (lines,)
    """

    channel: Ints
    region: Ints
    of_line: Ints

    @classmethod
    def of(cls, facts: Facts) -> Sellers:
        """Return the sellers of a problem."""
        lanes, lines, width = facts.lanes, facts.lines, len(facts.regions) + 1
        by_region = np.zeros(len(facts.channels.id), dtype=bool)
        by_region[lanes.channel[lanes.region != ANY]] = True
        region = np.where(by_region[lines.channel], lines.region, ANY)
        place = lines.channel.astype(np.int64) * width + region + 1
        lane = lanes.channel.astype(np.int64) * width + lanes.region + 1
        found = np.unique(np.concatenate([np.arange(len(by_region)) * width, place, lane]))
        return cls(
            (found // width).astype(np.int32),
            (found % width - 1).astype(np.int32),
            np.searchsorted(found, place).astype(np.int32),
        )


@dataclass(frozen=True)
class Reach:
    """Which seller may use which lot, over which lane, and from when on; sorted by lot, then seller; shape (pairs,)."""

    lot: Ints
    seller: Ints
    since: Ints

    def find(self, lot: Ints, seller: Ints, sellers: int) -> Ints:
        """Return the positions of some pairs, -1 where they are not among these."""
        keys, wanted = self.lot.astype(np.int64) * sellers + self.seller, lot.astype(np.int64) * sellers + seller
        if not len(keys):
            return np.full(len(wanted), -1, dtype=np.int32)
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[place] == wanted, place, -1).astype(np.int32)


def find_access(arcs: Arcs, sellers: Sellers, clauses: Sequence[Clause]) -> Reach:
    """Return which lots the sellers may use: those from which they have an arc, and those that no rule closes."""
    facts = arcs.facts
    lot, seller, lane = _reached(facts, sellers)
    lead = facts.lanes.lead[lane]
    since = np.full(len(lot), ANY, dtype=np.int32)
    open_ = np.arange(len(lot))
    for moment in _moments(facts, clauses):
        ship = np.maximum(facts.lots.available[lot[open_]], moment)
        lasts = ship + lead[open_] <= facts.lots.expires[lot[open_]]
        at, ship = open_[lasts], ship[lasts].astype(np.int32)
        left = _allowed(facts, sellers, clauses, lot[at], seller[at], lane[at], ship)
        since[at[left]] = ship[left]
        open_ = np.flatnonzero(since == ANY)
        if not len(open_):
            break
    every = Reach(lot, seller, since)
    pair = every.find(arcs.lot, sellers.of_line[arcs.line], len(sellers.channel))
    early = extreme(np.minimum, arcs.ship[pair >= 0], pair[pair >= 0], len(lot), none=NEVER)
    since = np.where(since == ANY, np.where(early < NEVER, early, ANY), since).astype(np.int32)
    found = np.flatnonzero(since != ANY)
    return Reach(lot[found], seller[found], since[found])


def _reached(facts: Facts, sellers: Sellers) -> tuple[Ints, Ints, Ints]:
    """Return the pairs of usable lots and sellers to whom a lane leads, each with its cheapest lane; sorted."""
    lanes, lots = facts.lanes, facts.lots
    live = np.flatnonzero((lots.usable > 0) & ~lots.hold)
    live = live[np.argsort(lots.node[live], kind="stable")]
    begin = np.searchsorted(lots.node[live], np.arange(len(facts.nodes.id) + 1))
    found: list[tuple[Any, Any, Any]] = []
    for seller, (channel, region) in enumerate(zip(sellers.channel.tolist(), sellers.region.tolist(), strict=True)):
        mine = np.flatnonzero((lanes.channel == channel) & ((lanes.region == ANY) | (lanes.region == region)))
        size = begin[lanes.node[mine] + 1] - begin[lanes.node[mine]]
        lane = np.repeat(mine, size)
        ends = np.cumsum(size)
        lot = live[np.arange(len(lane)) + np.repeat(begin[lanes.node[mine]] - ends + size, size)]
        fits = (lanes.sku[lane] == ANY) | (lanes.sku[lane] == lots.sku[lot])
        lane, lot = lane[fits], lot[fits]
        order = np.lexsort((lanes.cost[lane], lot))
        first = np.ones(len(order), dtype=bool)
        first[1:] = lot[order][1:] != lot[order][:-1]
        found.append((lot[order][first], np.full(int(first.sum()), seller), lane[order][first]))
    nothing = [(np.zeros(0, np.int32),) * 3]
    lot, by, lane = map(np.concatenate, zip(*(found or nothing), strict=True))
    order = np.lexsort((by, lot))
    return lot[order].astype(np.int32), by[order].astype(np.int32), lane[order].astype(np.int32)


def _moments(facts: Facts, clauses: Sequence[Clause]) -> list[int]:
    """Return the periods from which on clauses may let somebody use a lot that they closed before."""
    opened = {0}
    for clause in clauses:
        opened.add(int(getattr(clause, "from_period", None) or 0))
        last = getattr(clause, "to_period", None)
        opened.add(0 if last is None else int(last) + 1)
    return sorted(moment for moment in opened if moment < facts.periods)


def _allowed(
    facts: Facts, sellers: Sellers, clauses: Sequence[Clause], lot: Ints, seller: Ints, lane: Ints, ship: Ints
) -> Any:
    """Return the positions of the arcs that the rules leave, of arcs to demand lines that are made up for them."""
    if not len(lot):
        return np.zeros(0, dtype=np.intp)
    due = ship + facts.lanes.lead[lane]
    made = _made_up(facts, sellers, facts.lots.sku[lot], seller, due)
    number = np.arange(len(lot), dtype=np.int32)
    arcs = Arcs(lot, number, lane, ship, replace(facts, lines=made), Exclusions())
    return allowed(arcs, clauses).line


def _made_up(facts: Facts, sellers: Sellers, sku: Ints, seller: Ints, due: Ints) -> Lines:
    """Return demand lines for a unit each; a price that nobody knows is not a number, and above every floor."""
    return made(
        facts.lines,
        len(sku),
        sku=sku,
        channel=sellers.channel[seller],
        region=sellers.region[seller],
        period=due,
        arrived=due,
        price=mean_prices(facts, sellers)[seller, sku],
        units=1.0,
        pack=1,
        max_late=facts.periods,
    )


def mean_prices(facts: Facts, sellers: Sellers) -> Floats:
    """Return the mean price of what a seller wants of a SKU, nan where it wants nothing, shape (sellers, skus)."""
    lines, skus = facts.lines, len(facts.skus.id)
    place, size = sellers.of_line * np.int64(skus) + lines.sku, len(sellers.channel) * skus
    units = summed(lines.units, place, size)
    money = summed(lines.units * lines.price, place, size)
    price: Floats = np.divide(money, units, out=np.full(size, np.nan), where=units > 0)
    return price.reshape(len(sellers.channel), skus)
