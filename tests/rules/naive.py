"""An independent statement of the whole model: loops over records, solved by SciPy, no code of the library.

It is written from the design and from the formulas of the rules, as slowly and plainly as possible, to be compared
with the fast one on random problems. Only the tables of a problem are read, never its arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tests.clauses import TOLD
from tests.rules.naive_facts import shipments
from tests.rules.naive_promises import Promises
from tests.rules.naive_records import Arc, Model, Row, blank, counts_on, covers, floor, whose
from tests.rules.naive_reserves import Reserves

from allocopt.problem import Problem
from allocopt.rules import Clause, KeepOrRetire, MarginFloor, Promotion, Retire


class Naive(Promises):
    """The model of a problem under clauses."""

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
        self.sending(model)
        self.work(model)
        self.on_time(model)
        for clause in self.of(MarginFloor):
            if clause.per == "channel":
                self.margins(model, clause)
        self.quantities(model)
        self.levels(model)
        self.locks(model)
        for told in TOLD.values():
            for clause in self.of(told.KIND):
                told.state(self, model, clause)
        Reserves(self, model).state()
        return model

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
        for shipment in shipments(self.arcs):
            if shipment[0].line.pack > 1:
                packs = model.var(shipment[0].line.units, whole=True)
                model.row([*((arc.at, 1.0) for arc in shipment), (packs, -shipment[0].line.pack)], low=0, high=0)
        for line in self.lines:
            mine = [arc for arc in self.arcs if arc.line is line]
            for lane, ship in {(id(arc.lane), arc.ship) for arc in mine} if line.min_ship > 0 else ():
                together = [(arc.at, 1.0) for arc in mine if (id(arc.lane), arc.ship) == (lane, ship)]
                on = model.var(1, whole=True)
                model.row([*together, (on, -line.units)], high=0)
                model.row([*together, (on, -line.min_ship)], low=0)
        for arc in self.arcs:
            if arc.lot.pack > 1:
                sealed = model.var(math.inf, whole=True)
                model.row([(arc.at, 1), (sealed, -arc.lot.pack)], low=0, high=0)
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

    def sending(self, model: Model) -> None:
        """Add when orders leave, and the parcels in which they come."""
        for order in {line.group for line in self.lines}:
            mine = [arc for arc in self.arcs if arc.line.group == order]
            if any(arc.line.ship_together for arc in mine):
                leaves = {arc.ship: model.var(1, whole=True) for arc in mine}
                model.row(((on, 1) for on in leaves.values()), high=1)
                for arc in mine:
                    model.row([(arc.at, 1), (leaves[arc.ship], -arc.line.units)], high=0)
            most = {arc.line.max_parcels for arc in mine}
            sent = {}
            for arc in mine:
                parcel = (id(arc.lane), arc.ship)
                if parcel not in sent:
                    sent[parcel] = model.var(1, -arc.lane.parcel_cost, whole=True)
                model.row([(arc.at, 1), (sent[parcel], -arc.line.units)], high=0)
            if mine and not blank(min(most)):
                model.row(((on, 1) for on in sent.values()), high=min(most))

    def on_time(self, model: Model) -> None:
        """Add what it costs if too little of a line arrives by its due period."""
        for line in self.lines:
            least = line.otif_share * line.units
            least = least if self.skus[line.sku].divisible else -floor(-least)
            if line.otif_cost > 0 and least > 0:
                model.constant -= line.otif_cost
                full = model.var(1, line.otif_cost, whole=True)
                in_time = [arc for arc in self.arcs if arc.line is line and arc.arrives <= line.period]
                model.row([*((arc.at, 1.0) for arc in in_time), (full, -least)], low=0)

    def work(self, model: Model) -> None:
        """Add the capacities of nodes."""
        for limit in self.capacity:
            here = [arc for arc in self.arcs if (arc.lot.node, arc.ship) == (limit.node, limit.period)]
            terms = [(arc.at, self.workload(limit.resource, "unit", arc.line)) for arc in here]
            for per in ("order", "parcel"):
                for key in {handled(arc, per) for arc in here}:
                    mine = [(arc, self.workload(limit.resource, per, arc.line)) for arc in here]
                    mine = [(arc, load) for arc, load in mine if load > 0 and handled(arc, per) == key]
                    if mine:
                        once = model.var(1, whole=True)
                        terms.append((once, max(load for _, load in mine)))
                        for arc, _ in mine:
                            model.row([(arc.at, 1), (once, -arc.line.units)], high=0)
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
        for channels in [(name,) for name in self.channels] if clause.channel is None else [whose(clause)]:
            mine = [arc for arc in self.arcs if arc.line.channel in channels and covers(clause, arc.line)]
            model.row(((arc.at, self.contribution(arc) - clause.floor * self.revenue(arc)) for arc in mine), low=0)


def handled(arc: Arc, per: str) -> tuple[object, ...]:
    """Return what an arc is handled with at its node in its period: its order, or its parcel."""
    return (arc.line.group, id(arc.lane) if per == "parcel" else 0)


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
