"""The records of a problem under clauses, and the arcs that are left, for the naive model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from tests.rules.naive_records import (
    Arc,
    Row,
    blank,
    covers,
    floor,
    in_scope,
    largest_remainder,
    named,
    rows_by,
    rows_of,
    whose,
)

from allocopt.problem import Problem
from allocopt.problem.schema import TABLES
from allocopt.rules import (
    Access,
    Approval,
    Campaigns,
    Cap,
    Clause,
    MarginFloor,
    Promotion,
    Protect,
    ProtectionLevels,
    Retire,
    SafetyStock,
)

UNSAID = {column.name: column.default for column in TABLES["demand"].columns}
"""A demand line of which nothing is said."""
TAKEN_OVER = (
    *("sku", "period", "region", "line", "arrived", "priority"),
    *("max_early", "max_late", "late_cost", "min_life", "otif_share"),
)
"""What a line that another channel takes over keeps."""


class Records:
    """The records of a problem under clauses."""

    def __init__(self, problem: Problem, clauses: Sequence[Clause] = ()) -> None:
        gone = {clause.channel for clause in clauses if isinstance(clause, Retire)}
        promises = [c for c in clauses if c.FAVOURS and gone & set(whose(c))]
        self.clauses = [stays(c, gone) if c in promises else c for c in clauses if c not in promises or stays(c, gone)]
        self.skus = rows_by(problem.skus, "sku")
        self.nodes = rows_by(problem.nodes, "node")
        self.channels = rows_by(problem.channels, "channel")
        self.lots = sorted(rows_of(problem.supply), key=lambda lot: lot.available)
        self.lines, self.lanes = rows_of(problem.demand), rows_of(problem.lanes)
        self.capacity, self.workloads = rows_of(problem.capacity), rows_of(problem.workloads)
        moments = [line.period for line in self.lines] + [lot.available for lot in self.lots]
        self.horizon = 1 + max([*moments, *(limit.period for limit in self.capacity)], default=0)
        for lot in self.lots:
            sku = self.skus[lot.sku]
            trusted = lot.confidence * lot.units
            lot.usable = max((trusted if sku.divisible else floor(trusted)) - lot.reserved, 0)
            lot.unit_cost = sku.unit_cost if blank(lot.unit_cost) else lot.unit_cost
            lasts = blank(lot.expires) or lot.expires >= self.horizon
            lot.end_value = (lot.unit_cost if lasts else 0.0) if blank(lot.end_value) else lot.end_value
        self.crowded = any(self.too_many(clause) for clause in self.of(Campaigns))
        self.wait()
        self.retire()
        for clause in self.of(Promotion):
            self.promote(clause)
        for number, line in enumerate(self.lines):
            packed = self.channels[line.channel].kind in ("wholesale", "store")
            line.pack = (self.skus[line.sku].pack if packed else 1) if blank(line.pack) else line.pack
            line.group = number if blank(line.order) else (line.channel, line.order)
        self.candidates = list(self.joined())
        self.arcs = self.allowed(self.candidates)

    def wait(self) -> None:
        """Take away the orders that are above a limit and not approved."""
        waiting = []
        for clause in self.of(Approval):
            for one in self.lines if clause.holds else ():
                same = [x for x in self.lines if x is one or (x.channel == one.channel and x.order == one.order != "")]
                most = clause.value if clause.revenue is None else clause.revenue
                many = clause.units is not None and sum(x.units for x in same) > clause.units + 1e-6
                dear = most is not None and sum(x.units * x.price for x in same) > most + 1e-6
                mine = named(whose(clause) or None, one.channel) and not all(x.approved for x in same)
                if mine and (many or dear):
                    waiting.append(one)
        for line in waiting:
            line.units = line.min_units = line.lost_cost = line.otif_cost = 0.0

    def retire(self) -> None:
        """Close the lines of retired channels, and let other channels take part of them over."""
        added = [line for clause in self.of(Retire) for part in clause.recapture for line in self.moved(clause, part)]
        for clause in self.of(Retire):
            self.channels[clause.channel].fixed_cost = 0.0
            for line in self.lines:
                if line.channel == clause.channel:
                    line.units = line.min_units = line.lost_cost = line.otif_cost = 0.0
        gone = {clause.channel for clause in self.of(Retire)}
        self.lines += [line for line in added if line.channel not in gone]

    def moved(self, clause: Any, part: Any) -> Iterator[Row]:
        """Yield what a channel takes over of a retired one."""
        for sku in sorted(self.skus):
            own = [line for line in self.lines if (line.channel, line.sku) == (part.to, sku)]
            mine = [line for line in self.lines if (line.channel, line.sku) == (clause.channel, sku) and line.units > 0]
            mine.sort(key=lambda line: (line.period, line.region, line.order, line.line))
            wanted = [part.share * line.units for line in mine]
            units = wanted if self.skus[sku].divisible else largest_remainder([(sku, one) for one in wanted])
            for line, one in zip(mine if own else (), units, strict=True) if own else ():
                if one > 0:
                    new = UNSAID | {name: getattr(line, name) for name in TAKEN_OVER}
                    new |= {"channel": part.to, "units": one, "sd": line.sd * part.share, "weight": line.weight}
                    new["price"] = line.price if part.price_from == "original" else receiving(own, line)
                    yield SimpleNamespace(**new)

    def promote(self, clause: Promotion) -> None:
        """Change the lines of a promotion that is stated without and runs, or the other way round."""
        more, less = 1 + clause.uplift, 1 - (clause.discount or 0)
        as_stated = (clause.run == "yes") == (clause.stated == "with")
        for key in set() if as_stated else {(line.sku, line.channel) for line in self.lines}:
            mine = [
                line
                for line in self.lines
                if (line.sku, line.channel) == key
                and line.promotion == clause.promotion
                and not line.firm
                and not line.all_or_none
            ]
            mine.sort(key=lambda line: (line.period, line.region, line.order, line.line))
            wanted = [line.units / more if clause.stated == "with" else line.units * more for line in mine]
            whole = wanted if self.skus[key[0]].divisible else largest_remainder([(key, one) for one in wanted])
            for line, one in zip(mine, whole, strict=True):
                line.units, line.min_units = one, min(line.min_units, one)
                if clause.price is not None:
                    line.price = clause.price
                else:
                    line.price = line.price / less if clause.stated == "with" else line.price * less

    def too_many(self, clause: Campaigns) -> bool:
        """Return whether more promotions run for an article at a time than agreed."""
        running = {promotion.promotion for promotion in self.of(Promotion) if promotion.run == "yes"}
        met = defaultdict(set)
        for line in self.lines:
            if line.promotion in running and named(clause.sku, line.sku) and clause.channel in (None, line.channel):
                met[line.sku, line.period].add(line.promotion)
        return any(len(promotions) > clause.at_most for promotions in met.values())

    def joined(self) -> Iterator[Arc]:
        """Yield every arc that physics allow."""
        for line in self.lines:
            for lot in self.lots:
                if lot.sku == line.sku and lot.usable > 0 and not lot.hold and line.units > 0:
                    for lane in self.ways(lot, line):
                        for ship in range(lot.available, self.horizon):
                            arrives = ship + lane.lead
                            fresh = blank(lot.expires) or arrives <= lot.expires
                            if line.period - line.max_early <= arrives <= line.period + line.max_late and fresh:
                                yield Arc(lot, line, lane, ship)

    def ways(self, lot: Row, line: Row) -> list[Row]:
        """Return per carrier the most specific lane row from the lot's node to the line's channel."""
        fitting = [
            lane
            for lane in self.lanes
            if (lane.node, lane.channel) == (lot.node, line.channel)
            and lane.region in ("", line.region)
            and lane.sku in ("", line.sku)
        ]
        best: dict[str, Row] = {}
        for lane in sorted(fitting, key=lambda lane: (lane.sku != "", lane.region != "")):
            best[lane.via] = lane
        return list(best.values())

    def contribution(self, arc: Arc) -> float:
        """Return what a unit on an arc earns its channel."""
        line, channel = arc.line, self.channels[arc.line.channel]
        revenue = line.price * (1 - channel.return_rate)
        goods = arc.lot.unit_cost * (1 - channel.return_rate * channel.recovery)
        late = line.late_cost * max(arc.arrives - line.period, 0)
        fees = revenue * channel.fee_rate + channel.fee_per_unit
        return revenue - fees - goods - arc.lane.cost - channel.return_rate * channel.return_cost - late

    def revenue(self, arc: Arc) -> float:
        """Return the price of a unit on an arc, net of returns."""
        return arc.line.price * (1 - self.channels[arc.line.channel].return_rate)

    def of(self, kind: type[Clause]) -> list[Any]:
        """Return the clauses of one kind."""
        return [clause for clause in self.clauses if isinstance(clause, kind)]

    def allowed(self, arcs: list[Arc]) -> list[Arc]:
        """Return the arcs that every rule leaves."""
        arcs = [arc for arc in arcs if not self.forbidden(arc)]
        arcs = [arc for shipment in shipments(arcs) if self.holds_a_pack(shipment) for arc in shipment]
        reached = {id(arc.line) for arc in arcs}
        broken = {line.group for line in self.lines if line.all_or_none and line.units > 0 and id(line) not in reached}
        return [arc for arc in arcs if not (arc.line.all_or_none and arc.line.group in broken)]

    def forbidden(self, arc: Arc) -> bool:
        """Return whether a rule forbids an arc by itself."""
        lot, line = arc.lot, arc.line
        if not blank(lot.expires) and lot.expires - arc.arrives < line.min_life:
            return True
        if line.reference not in ("", lot.reference):
            return True
        if lot.kind == "safety" and self.safety_price(arc) is None:
            return True
        channel, lowest = self.channels[line.channel], self.skus[line.sku].map_price
        advertised = channel.kind != "wholesale" if blank(channel.advertised) else channel.advertised
        if advertised and not blank(lowest) and line.price < lowest:
            return True
        for clause in self.of(Access):
            windowed = clause.to_period is not None
            if covers(clause if windowed else replace(clause, from_period=0), line) and in_scope(clause, lot):
                if clause.kinds is not None and lot.kind not in clause.kinds:
                    return True
                if lot.confidence < clause.min_confidence or (arc.ship < clause.from_period and not windowed):
                    return True
        for clause in self.of(MarginFloor):
            if (
                covers(clause, line)
                and clause.per == "unit"
                and self.contribution(arc) < clause.floor * self.revenue(arc) - 1e-9
            ):
                return True
        return False

    def holds_a_pack(self, shipment: list[Arc]) -> bool:
        """Return whether the line and the lots of a shipment have a pack of units."""
        line = shipment[0].line
        return bool(line.pack <= 1 or line.pack <= min(line.units, sum(arc.lot.usable for arc in shipment)))

    def safety_price(self, arc: Arc) -> float | None:
        """Return the least penalty at which a clause opens the arc's safety lot to its channel."""
        prices = [
            clause.penalty
            for clause in self.of(SafetyStock)
            if clause.channel == arc.line.channel and in_scope(clause, arc.lot) and arc.ship >= clause.from_period
        ]
        return min(prices, default=None)

    def any_divisible(self) -> bool:
        """Return whether some SKU can be divided."""
        return any(sku.divisible for sku in self.skus.values())

    def money(self, arc: Arc) -> float:
        """Return what a unit on an arc is worth to the plan."""
        lot, line = arc.lot, arc.line
        worth = self.contribution(arc) + lot.unit_cost - lot.end_value + line.lost_cost
        worth += self.nodes[lot.node].holding_cost * (self.horizon - arc.ship)
        return worth - ((self.safety_price(arc) or 0.0) if lot.kind == "safety" else 0.0)

    def divides(self, sku: str | None) -> bool:
        """Return whether a SKU (None: some SKU) can be divided."""
        return self.any_divisible() if sku is None else self.skus[sku].divisible

    def whole(self, sku: str | None, units: float) -> float:
        """Return units rounded down, where a SKU (None: all of them) cannot be divided."""
        return units if self.divides(sku) else floor(units)

    def rounded(self, wanted: list[tuple[str | None, float]]) -> list[float]:
        """Round quantities of each SKU to whole units that keep their total, rounded down."""
        return largest_remainder([(sku, 0.0 if self.divides(sku) else units) for sku, units in wanted], wanted)

    def base(self, clause: Cap | Protect, sku: str, lines: Iterable[Row]) -> float:
        """Return the units of a SKU that a clause asks for, not rounded."""
        if clause.units is not None:
            return clause.units if named(clause.sku, sku) else 0.0
        if clause.of == "demand":
            return (clause.share or 0) * sum(line.units for line in lines if line.sku == sku)
        return (clause.share or 0) * sum(lot.usable for lot in self.shared(clause) if lot.sku == sku)

    def shared(self, clause: Cap | Protect) -> list[Row]:
        """Return the lots that a clause takes a share of, or reserves."""
        kinds = (clause.of,) if clause.of in ("on_hand", "inbound") else ("on_hand", "inbound", "returns")
        return [lot for lot in self.lots if lot.kind in kinds and not lot.hold and in_scope(clause, lot)]

    def worth(self, line: Row, clause: ProtectionLevels) -> float:
        """Return what a unit of a line counts when channels are ranked."""
        channel = self.channels[line.channel]
        if clause.value == "price":
            return line.price
        kept = line.price * (1 - channel.return_rate) * (1 - channel.fee_rate) - channel.fee_per_unit
        goods = self.skus[line.sku].unit_cost * (1 - channel.return_rate * channel.recovery)
        return kept - goods - channel.return_rate * channel.return_cost


def stays(clause: Clause, gone: set[str]) -> Clause | None:
    """Return a promise as one to those of its channels that are not gone; None: nobody is left."""
    left = tuple(name for name in whose(clause) if name not in gone)
    return replace(clause, channel=left) if left else None


def receiving(own: list[Row], line: Row) -> float:
    """Return the price at which a receiver with lines `own` of a SKU sells what it takes over of a line."""
    for alike in (("period", "region"), ("period",), ()):
        near = [other for other in own if all(getattr(other, key) == getattr(line, key) for key in alike)]
        units = sum(other.units for other in near)
        if units > 0:
            return sum(other.units * other.price for other in near) / units
    return sum(other.price for other in own) / len(own)


def shipments(arcs: list[Arc]) -> list[list[Arc]]:
    """Return the arcs that ship together: for one line, over one lane, in one period."""
    found: dict[tuple[int, int, int], list[Arc]] = defaultdict(list)
    for arc in arcs:
        found[id(arc.line), id(arc.lane), arc.ship].append(arc)
    return list(found.values())
