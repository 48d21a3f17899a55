"""Lots x lanes x demand lines, joined into the arc table.

An arc says that one lot may serve one demand line over one lane, shipped in one period. Only physics are looked
at here: is there a lane, is the lot usable, do the goods arrive in time and before they expire. What a contract
forbids is taken away later, by its rules. Every candidate that falls is counted against the demand line that
loses it, with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 1 << 18
"""Candidate pairs looked at together: bounds the memory of the join."""

PHYSICS = {
    "no_supply": "no lot of this SKU at a node that serves the line",
    "hold": "the lot is on hold",
    "no_units": "the lot has no usable units",
    "no_lane": "no lane from the lot's node to the channel",
    "too_late": "the lot cannot arrive in time",
    "expired": "the lot expires before it could arrive",
}
"""Reasons of physics, in the order in which candidates are tested."""

Selection = slice | Ints | NDArray[np.intp]
"""Arcs to look at: a slice or positions."""
ALL = slice(None)


@dataclass
class Exclusions:
    """Who took which candidates away, counted per demand line.

    Attributes
    ----------
    reasons : dict of str to str
        Code and words of every reason.
    codes : list of str
        Reasons in the order in which candidates were tested; several clauses may take candidates for the same one.
    lines : list of int32 arrays
        Per entry of `codes`, the demand lines that lost candidates (sorted, no duplicates).
    counts : list of int64 arrays
        Per entry of `codes`, how many candidates each of these lines lost.
    """

    reasons: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    lines: list[Ints] = field(default_factory=list)
    counts: list[NDArray[np.int64]] = field(default_factory=list)

    def add(self, code: str, words: str, per_line: NDArray[np.int64]) -> None:
        """Remember that reason `code` took ``per_line[i]`` candidates from line i."""
        lines = np.flatnonzero(per_line)
        if len(lines):
            self.reasons[code] = words
            self.codes.append(code)
            self.lines.append(lines.astype(np.int32))
            self.counts.append(per_line[lines])

    def copy(self) -> Exclusions:
        """Return a copy to which more can be added."""
        return Exclusions(dict(self.reasons), list(self.codes), list(self.lines), list(self.counts))

    def closed_by(self, served: Flags) -> Ints:
        """Return per line the position in `reasons` of what took its last candidate; `ANY` where arcs remain.

        Parameters
        ----------
        served : bool, shape (lines,)
            Whether the line still has an arc.
        """
        last = np.full(len(served), ANY, dtype=np.int32)
        position = {code: number for number, code in enumerate(self.reasons)}
        for code, lines in zip(self.codes, self.lines, strict=True):
            last[lines] = position[code]
        last[served] = ANY
        return last

    def table(self, units: Floats, served: Flags) -> pd.DataFrame:
        """Return per reason what it took: candidates, lines touched, and lines and units that it shut out."""
        import pandas as pd

        last = self.closed_by(served)
        shut = [last == position for position in range(len(self.reasons))]
        entries = [[k for k, other in enumerate(self.codes) if other == code] for code in self.reasons]
        return pd.DataFrame(
            {
                "reason": list(self.reasons),
                "words": list(self.reasons.values()),
                "candidates": [int(sum(self.counts[k].sum() for k in mine)) for mine in entries],
                "lines": [len(np.unique(np.concatenate([self.lines[k] for k in mine]))) for mine in entries],
                "lines_shut_out": [int(mask.sum()) for mask in shut],
                "units_shut_out": [float(units[mask].sum()) for mask in shut],
            }
        )


@dataclass(frozen=True)
class Arcs:
    """The arc table: integer codes, and money per unit worked out from them.

    Attributes
    ----------
    lot, line, lane : int32, shape (arcs,)
        Positions in ``facts.lots``, ``facts.lines`` and ``facts.lanes``; sorted by line, then lot.
    ship : int32, shape (arcs,)
        Period in which the units leave the node.
    facts : Facts
    exclusions : Exclusions
    """

    lot: Ints
    line: Ints
    lane: Ints
    ship: Ints
    facts: Facts
    exclusions: Exclusions

    def __len__(self) -> int:
        return len(self.lot)

    @property
    def sku(self) -> Ints:
        """SKU code, shape (arcs,)."""
        return self.facts.lots.sku[self.lot]

    @property
    def node(self) -> Ints:
        """Node code, shape (arcs,)."""
        return self.facts.lots.node[self.lot]

    @property
    def channel(self) -> Ints:
        """Channel code, shape (arcs,)."""
        return self.facts.lines.channel[self.line]

    @property
    def served(self) -> Flags:
        """Whether a line has an arc at all, shape (lines,)."""
        return np.bincount(self.line, minlength=len(self.facts.lines.sku)) > 0

    def arrives(self, rows: Selection = ALL) -> Ints:
        """Period of arrival, int32."""
        period: Ints = self.ship[rows] + self.facts.lanes.lead[self.lane[rows]]
        return period

    def late(self, rows: Selection = ALL) -> Ints:
        """Periods after the due period, int32."""
        periods: Ints = np.maximum(self.arrives(rows) - self.facts.lines.period[self.line[rows]], 0)
        return periods

    def revenue(self, rows: Selection = ALL) -> Floats:
        """Price net of returns: price x (1 - return_rate) [currency/unit]."""
        return net_price(self.facts)[self.line[rows]]

    def fees(self, rows: Selection = ALL) -> Floats:
        """Fees: net price x fee_rate + fee_per_unit [currency/unit]."""
        channels, line = self.facts.channels, self.facts.lines.channel
        fees = net_price(self.facts) * channels.fee_rate[line] + channels.fee_per_unit[line]
        return fees[self.line[rows]]

    def goods(self, rows: Selection = ALL) -> Floats:
        """Goods: unit cost x (1 - return_rate x recovery) [currency/unit]."""
        channels = self.facts.channels
        kept = (1.0 - channels.return_rate * channels.recovery)[self.facts.lines.channel]
        return self.facts.lots.unit_cost[self.lot[rows]] * kept[self.line[rows]]

    def lanes(self, rows: Selection = ALL) -> Floats:
        """Lane cost [currency/unit]."""
        return self.facts.lanes.cost[self.lane[rows]]

    def returns(self, rows: Selection = ALL) -> Floats:
        """Handling of returns: return_rate x return_cost [currency/unit]."""
        channels = self.facts.channels
        per_line: Floats = (channels.return_rate * channels.return_cost)[self.facts.lines.channel]
        return per_line[self.line[rows]]

    def lateness(self, rows: Selection = ALL) -> Floats:
        """Cost of being late: late_cost x periods late [currency/unit]."""
        cost: Floats = self.facts.lines.late_cost[self.line[rows]] * self.late(rows)
        return cost

    def contribution(self, rows: Selection = ALL) -> Floats:
        """Contribution: revenue - fees - goods - lanes - returns - lateness [currency/unit]."""
        total = self.revenue(rows)
        for part in (self.fees, self.goods, self.lanes, self.returns, self.lateness):
            total -= part(rows)
        return total

    def without(self, forbidden: Flags, code: str, words: str) -> Arcs:
        """Return the arcs that are not `forbidden` (bool, shape (arcs,)), the others counted as `code`."""
        if not forbidden.any():
            return self
        exclusions = self.exclusions.copy()
        lost = np.bincount(self.line[forbidden], minlength=len(self.facts.lines.sku))
        exclusions.add(code, words, lost.astype(np.int64))
        keep = np.flatnonzero(~forbidden)
        return Arcs(self.lot[keep], self.line[keep], self.lane[keep], self.ship[keep], self.facts, exclusions)


def net_price(facts: Facts) -> Floats:
    """Return price x (1 - return_rate) per demand line, shape (lines,) [currency/unit]."""
    return facts.lines.price * (1.0 - facts.channels.return_rate[facts.lines.channel])


def arc_keys(tables: Sequence[Arcs]) -> list[NDArray[np.int64]]:
    """Return one number for each arc, ascending with line, lot, lane and ship period, the same in every table."""
    facts = tables[0].facts
    sizes = (len(facts.lots.sku), len(facts.lanes.node), max(int(t.ship.max(initial=0)) for t in tables) + 1)
    if float(len(facts.lines.sku)) * np.prod([float(size) for size in sizes]) < 2.0**62:
        return [((t.line.astype(np.int64) * sizes[0] + t.lot) * sizes[1] + t.lane) * sizes[2] + t.ship for t in tables]
    every = np.stack([np.concatenate([getattr(t, n) for t in tables]) for n in ("line", "lot", "lane", "ship")], axis=1)
    keys = np.unique(every, axis=0, return_inverse=True)[1].ravel().astype(np.int64)
    return np.split(keys, np.cumsum([len(t) for t in tables])[:-1])


def build_arcs(facts: Facts) -> Arcs:
    """Join lots, lanes and demand lines into the arc table.

    Parameters
    ----------
    facts : Facts
        A checked problem.

    Returns
    -------
    Arcs
        Every arc that physics allow, sorted by line, lot, lane and ship period.
    """
    lots, lines = facts.lots, facts.lines
    number = len(lines.sku)
    live = np.flatnonzero((lots.usable > 0) & ~lots.hold).astype(np.int32)
    skus = len(facts.skus.id)
    first = np.searchsorted(lots.sku[live], np.arange(skus + 1))
    pairs = np.diff(first)[lines.sku] * (lines.units > 0)
    tally = {code: np.zeros(number, dtype=np.int64) for code in PHYSICS}
    _count_dead_lots(facts, tally)
    ways = _Ways(facts)
    pieces = [(np.zeros(0, dtype=np.int32),) * 4]
    joined = np.zeros(number, dtype=bool)
    for begin, end in _chunks(pairs, number):
        line, within = expand(pairs[begin:end])
        line += np.int32(begin)
        lot = live[first[lines.sku[line]] + within]
        lot, line, lane = ways.join(lot, line, tally["no_lane"])
        joined[line] = True
        pieces.append(_in_time(facts, lot, line, lane, tally))
    # Where a lane leads to the line and none of its nodes has the article, it is stock that is missing, not a lane.
    bare = np.flatnonzero((tally["no_lane"] > 0) & ~joined)
    bare = bare[ways.lead_to(bare)]
    tally["no_supply"][bare] += tally["no_lane"][bare]
    tally["no_lane"][bare] = 0
    exclusions = Exclusions()
    for code, words in PHYSICS.items():
        exclusions.add(code, words, tally[code])
    lot, line, lane, ship = map(np.concatenate, zip(*pieces, strict=True))
    return Arcs(lot, line, lane, ship, facts, exclusions)


def expand(counts: NDArray[np.integer]) -> tuple[Ints, NDArray[np.int64]]:
    """Return, for ``counts[i]`` members each, the owner i and the rank of every member.

    >>> expand(np.array([2, 0, 1]))
    (array([0, 0, 2], dtype=int32), array([0, 1, 0]))
    """
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    ends = np.cumsum(counts)
    return owner, np.arange(len(owner)) - (ends - counts)[owner]


def _count_dead_lots(facts: Facts, tally: dict[str, NDArray[np.int64]]) -> None:
    lots, wanted = facts.lots, facts.lines.sku
    size = len(facts.skus.id)
    hold = np.bincount(lots.sku[lots.hold], minlength=size)
    empty = np.bincount(lots.sku[~lots.hold & (lots.usable <= 0)], minlength=size)
    none = np.bincount(lots.sku, minlength=size) == 0
    for code, per_sku in (("hold", hold), ("no_units", empty), ("no_supply", none)):
        tally[code] += per_sku[wanted]


def _chunks(pairs: NDArray[np.integer], number: int) -> list[tuple[int, int]]:
    """Cut the lines into runs of about `CHUNK` candidate pairs."""
    if not number:
        return []
    ends = np.cumsum(pairs)
    cuts = np.searchsorted(ends, np.arange(CHUNK, int(ends[-1]), CHUNK)) + 1
    edges = np.unique(np.concatenate([[0], cuts, [number]]))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


class _Ways:
    """Finds the lane rows that serve (node, channel, region, sku): per `via`, the most specific one."""

    def __init__(self, facts: Facts) -> None:
        lanes = facts.lanes
        self.facts = facts
        self.regions = len(facts.regions) + 1
        self.skus = len(facts.skus.id) + 1
        self.channels = len(facts.channels.id)
        pair = lanes.node.astype(np.int64) * self.channels + lanes.channel
        new = np.ones(len(pair), dtype=bool)
        new[1:] = (pair[1:] != pair[:-1]) | (lanes.via[1:] != lanes.via[:-1])
        group = np.cumsum(new) - 1
        self.pair_of_group = pair[new]
        self.first = np.searchsorted(self.pair_of_group, np.arange(len(facts.nodes.id) * self.channels + 1))
        keys = (group * self.regions + lanes.region + 1) * self.skus + lanes.sku + 1
        self.order = np.argsort(keys, kind="stable").astype(np.int32)
        self.keys = keys[self.order]
        self.levels = [
            (by_region, by_sku)
            for by_region, by_sku in ((True, True), (False, True), (True, False), (False, False))
            if bool((((lanes.region != ANY) == by_region) & ((lanes.sku != ANY) == by_sku)).any())
        ]

    def join(self, lot: Ints, line: Ints, lost: NDArray[np.int64]) -> tuple[Ints, Ints, Ints]:
        """Return lots, lines and lanes of the pairs that a lane joins; count the others in `lost`."""
        lots, lines = self.facts.lots, self.facts.lines
        pair = lots.node[lot].astype(np.int64) * self.channels + lines.channel[line]
        ways = np.diff(self.first)[pair]
        if (ways == 1).all():
            group = self.first[pair]
        else:
            lost += np.bincount(line[ways == 0], minlength=len(lost))
            owner, rank = expand(ways)
            line, lot = line[owner], lot[owner]
            group = self.first[pair[owner]] + rank
        lane = self._lookup(group, lines.region[line], lines.sku[line])
        if (lane == ANY).any():
            lost += np.bincount(line[lane == ANY], minlength=len(lost))
            found = np.flatnonzero(lane != ANY)
            lot, line, lane = lot[found], line[found], lane[found]
        return lot, line, lane

    def lead_to(self, line: NDArray[np.intp]) -> Flags:
        """Return whether some lane, from whatever node, serves each of some lines, shape (given,)."""
        lanes, lines = self.facts.lanes, self.facts.lines
        known = np.unique(
            (lanes.channel.astype(np.int64) * self.regions + lanes.region + 1) * self.skus + lanes.sku + 1
        )
        found = np.zeros(len(line), dtype=bool)
        for by_region, by_sku in self.levels:
            at = lines.channel[line].astype(np.int64) * self.regions + (lines.region[line] + 1 if by_region else 0)
            found |= np.isin(at * self.skus + (lines.sku[line] + 1 if by_sku else 0), known)
        return found

    def _lookup(self, group: NDArray[np.int64], region: Ints, sku: Ints) -> Ints:
        lane = np.full(len(group), ANY, dtype=np.int32)
        open_ = np.arange(len(group))
        for by_region, by_sku in self.levels:
            at = group[open_] * self.regions
            if by_region:
                at += region[open_] + 1
            at *= self.skus
            if by_sku:
                at += sku[open_] + 1
            place = np.minimum(np.searchsorted(self.keys, at), len(self.keys) - 1)
            hit = self.keys[place] == at
            lane[open_[hit]] = self.order[place[hit]]
            open_ = open_[~hit]
            if not len(open_):
                break
        return lane


def _in_time(
    facts: Facts, lot: Ints, line: Ints, lane: Ints, tally: dict[str, NDArray[np.int64]]
) -> tuple[Ints, Ints, Ints, Ints]:
    """Return lot, line, lane and ship period of every pair that can arrive in time, once per ship period."""
    lots, lines = facts.lots, facts.lines
    lead, due = facts.lanes.lead[lane], lines.period[line]
    # Clipped to the horizon before they are added up: "however early or late" is written as a very large number.
    earliest = np.maximum(lots.available[lot], np.maximum(due - lines.max_early[line], 0) - lead)
    latest = np.minimum(due + np.minimum(lines.max_late[line] - lead, facts.periods), facts.periods - 1)
    tally["too_late"] += np.bincount(line[latest < earliest], minlength=len(lines.sku))
    fresh = np.minimum(latest, lots.expires[lot] - lead)
    spoiled = (fresh < earliest) & (latest >= earliest)
    tally["expired"] += np.bincount(line[spoiled], minlength=len(lines.sku))
    periods = np.maximum(fresh - earliest + 1, 0)
    owner, rank = expand(periods)
    ship = earliest[owner] + rank.astype(np.int32)
    return lot[owner], line[owner], lane[owner], ship
