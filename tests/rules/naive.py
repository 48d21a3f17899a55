"""An independent statement of the whole model: loops over records, solved by SciPy, no code of the library.

It is written from the design and from the formulas of the rules, as slowly and plainly as possible, to be compared
with the fast one on random problems. Only the tables of a problem are read, never its arrays.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.optimize import LinearConstraint, milp

from allocopt.problem import Problem
from allocopt.rules import (
    Access,
    Campaigns,
    Cap,
    Clause,
    KeepOrRetire,
    Lock,
    MarginFloor,
    Promotion,
    Protect,
    ProtectionLevels,
    Retire,
    SafetyStock,
    Service,
)

Row = Any
Terms = dict[int, float]
BLANK = (None, "")


def blank(cell: Any) -> bool:
    """Return whether a cell holds nothing."""
    return cell in BLANK or (isinstance(cell, float) and math.isnan(cell))


def floor(value: float) -> float:
    """Return the whole units in a quantity; 2.9999999999 are three."""
    return math.floor(value + 1e-9)


@dataclass(eq=False)
class Arc:
    """One lot that may serve one line over one lane, shipped in one period."""

    lot: Row
    line: Row
    lane: Row
    ship: int
    at: int = -1

    @property
    def arrives(self) -> int:
        """Period of arrival."""
        return self.ship + self.lane.lead


@dataclass
class Model:
    """A linear program under construction."""

    cost: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    rows: list[tuple[Terms, float, float]] = field(default_factory=list)
    constant: float = 0.0

    def var(self, upper: float, cost: float = 0.0, *, whole: bool = False) -> int:
        """Add a column."""
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(self, terms: Iterable[tuple[int, float]], low: float = -math.inf, high: float = math.inf) -> None:
        """Add a row; terms of the same column are added up."""
        total: Terms = defaultdict(float)
        for column, weight in terms:
            total[column] += weight
        self.rows.append((total, low, high))

    def best(self) -> float | None:
        """Return the optimal value; None where no plan exists."""
        matrix = np.zeros((len(self.rows), len(self.cost)))
        for number, (terms, _, _) in enumerate(self.rows):
            for column, weight in terms.items():
                matrix[number, column] = weight
        low, high = np.array([row[1] for row in self.rows]), np.array([row[2] for row in self.rows])
        if not self.cost:
            return self.constant if (low <= 0).all() and (high >= 0).all() else None
        found = milp(
            -np.array(self.cost),
            integrality=np.array(self.whole, dtype=int),
            bounds=(0, np.array(self.upper)),
            constraints=LinearConstraint(matrix, low, high) if len(self.rows) else None,
            options={"mip_rel_gap": 0},
        )
        if found.status == 2:
            return None
        assert found.status == 0, found.message
        return float(-found.fun) + self.constant


class Naive:
    """The model of a problem under clauses."""

    def __init__(self, problem: Problem, clauses: Sequence[Clause] = ()) -> None:
        gone = {clause.channel for clause in clauses if isinstance(clause, Retire)}
        favours = (Lock, Protect, SafetyStock, Service)
        self.clauses = [c for c in clauses if not (isinstance(c, favours) and c.channel in gone)]
        self.skus = _by(problem.skus, "sku")
        self.nodes = _by(problem.nodes, "node")
        self.channels = _by(problem.channels, "channel")
        self.lots = sorted(_rows(problem.supply), key=lambda lot: lot.available)
        self.lines, self.lanes = _rows(problem.demand), _rows(problem.lanes)
        self.capacity, self.workloads = _rows(problem.capacity), _rows(problem.workloads)
        moments = [line.period for line in self.lines] + [lot.available for lot in self.lots]
        self.horizon = 1 + max([*moments, *(limit.period for limit in self.capacity)], default=0)
        for lot in self.lots:
            sku = self.skus[lot.sku]
            trusted = lot.confidence * lot.units
            lot.usable = max((trusted if sku.divisible else floor(trusted)) - lot.reserved, 0)
            lot.unit_cost = sku.unit_cost if blank(lot.unit_cost) else lot.unit_cost
            lot.end_value = lot.unit_cost if blank(lot.end_value) else lot.end_value
        self.crowded = any(self.too_many(clause) for clause in self.of(Campaigns))
        self.retire()
        for clause in self.of(Promotion):
            self.promote(clause)
        for number, line in enumerate(self.lines):
            packed = self.channels[line.channel].kind in ("wholesale", "store")
            line.pack = (self.skus[line.sku].pack if packed else 1) if blank(line.pack) else line.pack
            line.group = number if blank(line.order) else (line.channel, line.order)
        self.candidates = list(self.joined())
        self.arcs = self.allowed(self.candidates)

    def retire(self) -> None:
        """Close the lines of retired channels, and let other channels take part of them over."""
        added = [line for clause in self.of(Retire) for part in clause.recapture for line in self.moved(clause, part)]
        for clause in self.of(Retire):
            self.channels[clause.channel].fixed_cost = 0.0
            for line in self.lines:
                if line.channel == clause.channel:
                    line.units = line.min_units = line.lost_cost = 0.0
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
                    new = vars(line) | {"channel": part.to, "units": one, "pack": None, "order": "", "lost_cost": 0.0}
                    new |= {"firm": False, "sd": line.sd * part.share}
                    new |= {"min_units": 0.0, "min_ship": 0.0, "all_or_none": False, "ship_from_one": False}
                    new |= {"firm": False, "promotion": ""}
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
        reached = {id(arc.line) for arc in arcs}
        broken = {line.group for line in self.lines if line.all_or_none and line.units > 0 and id(line) not in reached}
        return [arc for arc in arcs if not (arc.line.all_or_none and arc.line.group in broken)]

    def forbidden(self, arc: Arc) -> bool:
        """Return whether a rule forbids an arc by itself."""
        lot, line = arc.lot, arc.line
        if lot.kind == "safety" and self.safety_price(arc) is None:
            return True
        channel, lowest = self.channels[line.channel], self.skus[line.sku].map_price
        advertised = channel.kind != "wholesale" if blank(channel.advertised) else channel.advertised
        if advertised and not blank(lowest) and line.price < lowest:
            return True
        for clause in self.of(Access):
            if clause.channel == line.channel and in_scope(clause, lot):
                if clause.kinds is not None and lot.kind not in clause.kinds:
                    return True
                if lot.confidence < clause.min_confidence or arc.ship < clause.from_period:
                    return True
        for clause in self.of(MarginFloor):
            mine = clause.channel in (None, line.channel) and named(clause.sku, line.sku)
            if mine and clause.per == "unit" and self.contribution(arc) < clause.floor * self.revenue(arc) - 1e-9:
                return True
        return bool(line.pack > min(line.units, lot.usable) and line.pack > 1)

    def safety_price(self, arc: Arc) -> float | None:
        """Return the least penalty at which a clause opens the arc's safety lot to its channel."""
        prices = [
            clause.penalty
            for clause in self.of(SafetyStock)
            if clause.channel == arc.line.channel and in_scope(clause, arc.lot) and arc.ship >= clause.from_period
        ]
        return min(prices, default=None)

    def model(self) -> Model:
        """Return the program."""
        model = Model()
        for arc in self.arcs:
            whole = not self.skus[arc.line.sku].divisible
            arc.at = model.var(min(arc.lot.usable, arc.line.units), self.money(arc), whole=whole)
        self.constants(model)
        if self.crowded:
            model.row((), low=1)
        self.flows(model)
        self.floors(model)
        self.switches(model)
        self.work(model)
        for clause in self.of(MarginFloor):
            if clause.per == "channel":
                self.margins(model, clause)
        self.quantities(model)
        self.levels(model)
        self.services(model)
        self.locks(model)
        Reserves(self, model).state()
        return model

    def money(self, arc: Arc) -> float:
        """Return what a unit on an arc is worth to the plan."""
        lot, line = arc.lot, arc.line
        worth = self.contribution(arc) + lot.unit_cost - lot.end_value + line.lost_cost
        worth += self.nodes[lot.node].holding_cost * (self.horizon - arc.ship)
        return worth - ((self.safety_price(arc) or 0.0) if lot.kind == "safety" else 0.0)

    def constants(self, model: Model) -> None:
        """Add what is paid if nothing ships."""
        for lot in self.lots:
            waits = self.horizon - lot.available
            model.constant -= (lot.unit_cost - lot.end_value) * lot.usable
            model.constant -= self.nodes[lot.node].holding_cost * waits * lot.usable
        model.constant -= sum(line.lost_cost * line.units for line in self.lines)
        model.constant -= sum(channel.fixed_cost for channel in self.channels.values())
        model.constant -= sum(clause.cost for clause in self.of(Promotion) if clause.run == "yes")

    def flows(self, model: Model) -> None:
        """Add supply, demand and lane capacity."""
        for lot in self.lots:
            model.row(((arc.at, 1) for arc in self.arcs if arc.lot is lot), high=lot.usable)
        for line in self.lines:
            model.row(((arc.at, 1) for arc in self.arcs if arc.line is line), low=line.min_units, high=line.units)
        for lane in self.lanes:
            if not blank(lane.capacity):
                most = lane.capacity if self.any_divisible() else floor(lane.capacity)
                for period in range(self.horizon):
                    over = [arc for arc in self.arcs if arc.ship == period and counts_on(arc.lane, lane)]
                    model.row(((arc.at, 1) for arc in over), high=most)

    def any_divisible(self) -> bool:
        """Return whether some SKU can be divided."""
        return any(sku.divisible for sku in self.skus.values())

    def floors(self, model: Model) -> None:
        """Add the store floors."""
        for name, node in self.nodes.items():
            for sku in self.skus:
                here = [lot for lot in self.lots if (lot.sku, lot.node) == (sku, name) and not lot.hold]
                for moment in sorted({lot.available for lot in here}) if node.store_floor > 0 else ():
                    there = [lot for lot in here if lot.available <= moment]
                    most = max(sum(lot.usable for lot in there) - node.store_floor, 0)
                    model.row(
                        (
                            (arc.at, 1)
                            for arc in self.arcs
                            if arc.lot in there and self.channels[arc.line.channel].kind != "store"
                        ),
                        high=most if self.skus[sku].divisible else floor(most),
                    )

    def switches(self, model: Model) -> None:
        """Add packs, least shipments, single sources, and orders served whole or not at all."""
        for arc in self.arcs:
            if arc.line.pack > 1:
                packs = model.var(arc.line.units, whole=True)
                model.row([(arc.at, 1), (packs, -arc.line.pack)], low=0, high=0)
        for line in self.lines:
            mine = [arc for arc in self.arcs if arc.line is line]
            for lane, ship in {(id(arc.lane), arc.ship) for arc in mine} if line.min_ship > 0 else ():
                together = [(arc.at, 1.0) for arc in mine if (id(arc.lane), arc.ship) == (lane, ship)]
                on = model.var(1, whole=True)
                model.row([*together, (on, -line.units)], high=0)
                model.row([*together, (on, -line.min_ship)], low=0)
        for order in {line.group for line in self.lines if line.ship_from_one}:
            mine = [arc for arc in self.arcs if arc.line.ship_from_one and arc.line.group == order]
            source = {node: model.var(1, whole=True) for node in self.nodes}
            model.row(((on, 1) for on in source.values()), high=1)
            for arc in mine:
                model.row([(arc.at, 1), (source[arc.lot.node], -arc.line.units)], high=0)
        for order in {line.group for line in self.lines if line.all_or_none}:
            served = model.var(1, whole=True)
            for line in self.lines:
                if line.all_or_none and line.group == order:
                    terms = [(arc.at, 1.0) for arc in self.arcs if arc.line is line]
                    if terms:
                        model.row([*terms, (served, -line.units)], low=0, high=0)

    def work(self, model: Model) -> None:
        """Add the capacities of nodes."""
        for limit in self.capacity:
            here = [arc for arc in self.arcs if (arc.lot.node, arc.ship) == (limit.node, limit.period)]
            terms = [(arc.at, self.workload(limit.resource, "unit", arc.line)) for arc in here]
            for order in {arc.line.group for arc in here}:
                mine = [
                    (arc, self.workload(limit.resource, "order", arc.line)) for arc in here if arc.line.group == order
                ]
                if any(load > 0 for _, load in mine):
                    handled = model.var(1, whole=True)
                    terms.append((handled, max(load for _, load in mine)))
                    for arc, load in mine:
                        if load > 0:
                            model.row([(arc.at, 1), (handled, -arc.line.units)], high=0)
            counted = limit.resource == "units" and not any(row.resource == "units" for row in self.workloads)
            model.row(terms, high=floor(limit.limit) if counted and not self.any_divisible() else limit.limit)

    def workload(self, resource: str, per: str, line: Row) -> float:
        """Return what a unit or an order of a line takes of a resource."""
        load = 1.0 if resource == "units" and per == "unit" else 0.0
        fitting = [
            row
            for row in self.workloads
            if (row.resource, row.per) == (resource, per)
            and row.sku in ("", line.sku)
            and row.channel in ("", line.channel)
        ]
        for row in sorted(fitting, key=lambda row: (row.sku != "", row.channel != "")):
            load = row.workload
        return load

    def margins(self, model: Model, clause: MarginFloor) -> None:
        """Add a margin floor over the total of each channel."""
        for channel in self.channels if clause.channel is None else (clause.channel,):
            mine = [arc for arc in self.arcs if arc.line.channel == channel and named(clause.sku, arc.line.sku)]
            model.row(((arc.at, self.contribution(arc) - clause.floor * self.revenue(arc)) for arc in mine), low=0)

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

    def quantities(self, model: Model) -> None:
        """Add caps and guarantees of service."""
        least: list[tuple[Protect, str | None, float, float, list[Arc]]] = []
        for clause in self.clauses:
            if isinstance(clause, Cap) or (isinstance(clause, Protect) and clause.mode == "serve"):
                release = getattr(clause, "release_from", None)
                lines = [
                    line
                    for line in self.lines
                    if line.channel == clause.channel
                    and named(clause.sku, line.sku)
                    and (release is None or line.period < release)
                ]
                for sku in sorted(self.skus) if clause.per == "sku" else [None]:
                    mine = [line for line in lines if sku in (None, line.sku)]
                    own = sum(line.units for line in mine)
                    wanted = (
                        clause.units
                        if clause.units is not None
                        else sum(self.base(clause, one, lines) for one in ([sku] if sku else self.skus))
                    )
                    ids = {id(line) for line in mine}
                    arcs = [
                        arc
                        for arc in self.arcs
                        if id(arc.line) in ids
                        and in_scope(clause, arc.lot)
                        and (clause.of not in ("on_hand", "inbound") or arc.lot.kind == clause.of)
                    ]
                    if isinstance(clause, Cap):
                        most = wanted if self.divides(sku) else floor(wanted)
                        self.limit(model, arcs, clause.penalty, high=most)
                    elif own > 0 or sku is None:
                        least.append((clause, sku, wanted, own, arcs))
        rounded = self.rounded([(sku, min(wanted, own)) for _, sku, wanted, own, _ in least])
        for (clause, _, _, own, arcs), quantity in zip(least, rounded, strict=True):
            self.limit(model, arcs, clause.penalty, low=min(quantity, own))

    def levels(self, model: Model) -> None:
        """Add what channels that pay less may take at most, so that enough is left for those that pay more."""
        for clause in self.of(ProtectionLevels):
            for sku in self.skus:
                self.nested(model, clause, sku)

    def nested(self, model: Model, clause: ProtectionLevels, sku: str) -> None:
        """Add the nested limits of one SKU: by classes of equal worth, from the best one down."""
        lots = [lot for lot in self.lots if lot.sku == sku and lot.kind != "safety" and not lot.hold]
        stock = sum(lot.usable for lot in lots)
        wanted: dict[str, list[Row]] = defaultdict(list)
        for line in self.lines:
            taking_part = named(clause.channels, line.channel) and named(clause.sku, line.sku)
            if line.sku == sku and taking_part and line.units > 0:
                wanted[line.channel].append(line)
        worth = {name: sum(one.units * self.worth(one, clause) for one in mine) for name, mine in wanted.items()}
        worth = {name: worth[name] / sum(one.units for one in mine) for name, mine in wanted.items()}
        below = sorted(worth, key=lambda name: -worth[name])
        above: list[Row] = []
        while below and stock > 0:
            best = worth[below[0]]
            alike = [name for name in below if worth[name] >= best - 1e-9 * abs(best)]
            above += [line for name in alike for line in wanted[name]]
            below = [name for name in below if name not in alike]
            mean = sum(line.units for line in above)
            spread = math.sqrt(sum(line.sd**2 for line in above if not line.firm))
            average = sum(line.units * worth[line.channel] for line in above) / mean
            if below:
                kept = emsr_b(mean, spread, worth[below[0]], average)
                most = max(stock - kept, 0.0)
                arcs = [arc for arc in self.arcs if arc.line.channel in below and arc.lot in lots]
                self.limit(model, arcs, clause.penalty, high=most if self.divides(sku) else floor(most))

    def worth(self, line: Row, clause: ProtectionLevels) -> float:
        """Return what a unit of a line counts when channels are ranked."""
        channel = self.channels[line.channel]
        if clause.value == "price":
            return line.price
        kept = line.price * (1 - channel.return_rate) * (1 - channel.fee_rate) - channel.fee_per_unit
        goods = self.skus[line.sku].unit_cost * (1 - channel.return_rate * channel.recovery)
        return kept - goods - channel.return_rate * channel.return_cost

    def services(self, model: Model) -> None:
        """Add the least shares of what is wanted."""
        for clause in self.of(Service):
            lines = [
                line
                for line in self.lines
                if clause.channel in (None, line.channel)
                and named(clause.sku, line.sku)
                and (clause.region is None or line.region in clause.region)
                and (clause.priority is None or line.priority in clause.priority)
                and clause.firm in (None, line.firm)
            ]
            for sku in sorted(self.skus) if clause.per == "sku" else [None]:
                mine = {id(line) for line in lines if sku in (None, line.sku)}
                wanted = sum(line.units for line in lines if id(line) in mine)
                arcs = [arc for arc in self.arcs if id(arc.line) in mine]
                self.limit(model, arcs, clause.penalty, low=clause.fill * wanted)

    def locks(self, model: Model) -> None:
        """Add the units that were promised exactly."""
        for clause in self.of(Lock):
            arcs = [
                arc
                for arc in self.arcs
                if (arc.line.channel, arc.line.sku) == (clause.channel, clause.sku)
                and (clause.node is None or arc.lot.node in clause.node)
                and clause.kind in (None, arc.lot.kind)
                and clause.period in (None, arc.line.period)
                and clause.order in (None, arc.line.order)
            ]
            self.limit(model, arcs, None, low=clause.units, high=clause.units)

    def limit(
        self, model: Model, arcs: list[Arc], penalty: float | None, *, low: float = -math.inf, high: float = math.inf
    ) -> None:
        """Add a limit on units, which may be broken at a penalty if there is one."""
        terms = [(arc.at, 1.0) for arc in arcs]
        if penalty is not None:
            terms.append((model.var(1e4, -penalty), 1.0 if low > -math.inf else -1.0))
        model.row(terms, low, high)

    def divides(self, sku: str | None) -> bool:
        """Return whether a SKU (None: some SKU) can be divided."""
        return self.any_divisible() if sku is None else self.skus[sku].divisible

    def rounded(self, wanted: list[tuple[str | None, float]]) -> list[float]:
        """Round quantities of each SKU to whole units that keep their total, rounded down."""
        return largest_remainder([(sku, 0.0 if self.divides(sku) else units) for sku, units in wanted], wanted)


def emsr_b(mean: float, spread: float, next_worth: float, average: float) -> float:
    """Return how many units to keep, so that the last one is sold as likely as what comes next is worth."""
    if average <= 0 or next_worth >= average:
        return 0.0
    if next_worth <= 0:
        return math.inf
    if spread == 0:
        return mean
    return max(NormalDist(mean, spread).inv_cdf(1 - next_worth / average), 0.0)


def largest_remainder(
    parts: Sequence[tuple[Hashable, float]], exact: Sequence[tuple[Hashable, float]] | None = None
) -> list[float]:
    """Round parts to whole units so that those of one key keep their total; keep parts that are not to be rounded."""
    result = [floor(units) for _, units in parts]
    for key in {key for key, _ in parts}:
        mine = [number for number, (other, _) in enumerate(parts) if other == key]
        spare = floor(sum(parts[number][1] for number in mine)) - sum(result[number] for number in mine)
        rest = {number: round(max(parts[number][1] - result[number], 0), 9) for number in mine}
        for number in sorted(mine, key=lambda number: (-rest[number], number))[:spare]:
            result[number] += 1
    if exact is not None:
        result = [exact[k][1] if parts[k][1] == 0 else result[k] for k in range(len(parts))]
    return result


class Reserves:
    """Stock that is kept for channels."""

    def __init__(self, naive: Naive, model: Model) -> None:
        self.naive, self.model = naive, model
        self.clauses = [clause for clause in naive.of(Protect) if clause.mode == "reserve"]
        ways = {(lane.node, lane.channel) for lane in naive.lanes}
        self.lots = {
            id(clause): [lot for lot in naive.shared(clause) if (lot.node, clause.channel) in ways]
            for clause in self.clauses
        }
        self.per_lot = [clause for clause in self.clauses if clause.share is not None and clause.of != "demand"]
        self.per_sku = [clause for clause in self.clauses if clause not in self.per_lot]
        self.idle: dict[tuple[str, int, int], int] = {}
        self.of_lot = self._of_lot()
        self.of_sku = self._of_sku()

    def release(self, clause: Protect) -> int:
        """Return the first period in which a reserve no longer holds."""
        return self.naive.horizon if clause.release_from is None else min(clause.release_from, self.naive.horizon)

    def _of_lot(self) -> dict[tuple[int, int], float]:
        keys = [(id(clause), lot) for clause in self.per_lot for lot in self.lots[id(clause)]]
        share = {id(clause): clause.share for clause in self.per_lot}
        wanted = [(id(lot), share[clause] * lot.usable) for clause, lot in keys]
        whole = [
            (one, 0.0 if self.naive.divides(lot.sku) else units)
            for (one, units), (_, lot) in zip(wanted, keys, strict=True)
        ]
        kept = largest_remainder(whole, wanted)
        return {(clause, id(lot)): units for (clause, lot), units in zip(keys, kept, strict=True)}

    def _of_sku(self) -> dict[tuple[int, str], float]:
        keys, wanted = [], []
        for clause in self.per_sku:
            lines = [
                line
                for line in self.naive.lines
                if line.channel == clause.channel
                and named(clause.sku, line.sku)
                and (clause.release_from is None or line.period < clause.release_from)
            ]
            for sku in {lot.sku for lot in self.lots[id(clause)]}:
                keys.append((id(clause), sku))
                wanted.append((sku, self.naive.base(clause, sku, lines)))
        return dict(zip(keys, self.naive.rounded(wanted), strict=True))

    def state(self) -> None:
        """Add idle stock, what fits into the lots, and what must be kept."""
        live = [clause for clause in self.clauses if any(self.kept(clause, lot) for lot in self.lots[id(clause)])]
        releases = sorted({self.release(clause) for clause in live})
        for clause in live:
            breach: dict[Hashable, int] = {}
            for until in releases:
                if until <= self.release(clause):
                    self.keep(clause, until, breach)
        for lot in self.naive.lots:
            for until in releases:
                kept = [(at, 1.0) for (_, other, when), at in self.idle.items() if (other, when) == (id(lot), until)]
                gone = [(arc.at, 1.0) for arc in self.naive.arcs if arc.lot is lot and arc.ship < until]
                self.model.row([*kept, *gone], high=lot.usable)

    def kept(self, clause: Protect, lot: Row) -> float:
        """Return the quantity of a clause that a lot has to do with."""
        key = id(clause)
        return self.of_lot[key, id(lot)] if clause in self.per_lot else self.of_sku[key, lot.sku]

    def keep(self, clause: Protect, until: int, breach: dict[Hashable, int]) -> None:
        """Add the rows of one reserve up to one release."""
        there = [lot for lot in self.lots[id(clause)] if lot.available < until and self.kept(clause, lot) > 0]
        if clause in self.per_lot:
            for lot in there:
                self.enough(clause, until, [lot], self.kept(clause, lot), breach, id(lot))
            return
        for sku in sorted({lot.sku for lot in there}):
            mine = [lot for lot in there if lot.sku == sku]
            for moment in sorted({lot.available for lot in mine}):
                arrived = [lot for lot in mine if lot.available <= moment]
                self.enough(clause, until, arrived, self.due(clause, sku, moment), breach, sku)

    def due(self, clause: Protect, sku: str, moment: int) -> float:
        """Return how much of a reserve of a SKU must be there at a moment."""
        full = self.of_sku[id(clause), sku]
        mine = [lot for lot in self.lots[id(clause)] if lot.sku == sku]
        if moment == max(lot.available for lot in mine):
            return full
        arrived = 0.0
        for lot in mine:
            if lot.available <= moment:
                others = [other for other in self.per_lot if other.channel != clause.channel]
                arrived += max(lot.usable - sum(self.of_lot.get((id(o), id(lot)), 0.0) for o in others), 0)
        total = sum(self.of_sku.get((id(other), sku), 0.0) for other in self.per_sku)
        part = arrived * full / total
        return min(full, part if self.naive.divides(sku) else floor(part))

    def enough(
        self, clause: Protect, until: int, lots: list[Row], quantity: float, breach: dict[Hashable, int], what: Hashable
    ) -> None:
        """Add that the channel got, or still has idle, enough of some lots."""
        ids = {id(lot) for lot in lots}
        terms = [
            (arc.at, 1.0)
            for arc in self.naive.arcs
            if id(arc.lot) in ids and arc.line.channel == clause.channel and arc.ship < until
        ]
        for lot in lots:
            key = (clause.channel, id(lot), until)
            if key not in self.idle:
                self.idle[key] = self.model.var(lot.usable)
            terms.append((self.idle[key], 1.0))
        if clause.penalty is not None:
            if what not in breach:
                breach[what] = self.model.var(1e4, -clause.penalty)
            terms.append((breach[what], 1.0))
        self.model.row(terms, low=quantity)


def best(problem: Problem, clauses: Sequence[Clause] = ()) -> float | None:
    """Return the optimal objective of a problem under clauses; None where no plan exists.

    What the clauses leave open is tried out: the best of all outcomes counts.
    """
    for number, clause in enumerate(clauses):
        found = [best(problem, [*clauses[:number], *way, *clauses[number + 1 :]]) for way in outcomes(clause)]
        if found:
            return max((worth for worth in found if worth is not None), default=None)
    return Naive(problem, clauses).model().best()


def outcomes(clause: Clause) -> list[list[Clause]]:
    """Return what stands in the contract once a clause that leaves something open is decided; none if it does not."""
    if isinstance(clause, KeepOrRetire):
        return [[], [Retire(clause.channel, clause.recapture)]]
    if isinstance(clause, Promotion) and clause.run == "choose":
        return [[replace(clause, run="no")], [replace(clause, run="yes")]]
    return []


def receiving(own: list[Row], line: Row) -> float:
    """Return the price at which a receiver with lines `own` of a SKU sells what it takes over of a line."""
    for alike in (("period", "region"), ("period",), ()):
        near = [other for other in own if all(getattr(other, key) == getattr(line, key) for key in alike)]
        units = sum(other.units for other in near)
        if units > 0:
            return sum(other.units * other.price for other in near) / units
    return sum(other.price for other in own) / len(own)


def in_scope(clause: Any, lot: Row) -> bool:
    """Return whether a clause speaks of a lot's SKU and node."""
    return named(clause.sku, lot.sku) and named(clause.node, lot.node)


def named(wanted: tuple[str, ...] | None, name: str) -> bool:
    """Return whether a name is among those wanted; None: all are."""
    return wanted is None or name in wanted


def counts_on(used: Row, lane: Row) -> bool:
    """Return whether units over one lane row count toward the capacity of another one."""
    pair = (used.node, used.channel, used.via) == (lane.node, lane.channel, lane.via)
    return pair and lane.region in ("", used.region) and lane.sku in ("", used.sku)


def _rows(frame: Any) -> list[Row]:
    return [SimpleNamespace(**record) for record in frame.to_dict("records")]


def _by(frame: Any, key: str) -> dict[str, Row]:
    return {getattr(row, key): row for row in _rows(frame)}
