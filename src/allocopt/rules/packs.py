"""Packs: what a shipment brings to a line with a pack size is a whole number of packs, from whichever of its lots.

.. code-block:: text

    sum_{a of d over k in t} ship[a] = pack[d] packs[d, k, t],   packs whole                                   [unit]
        for each line d with pack[d] > 1, lane k and ship period t: what it gets from one node over one lane at once
    sum packs[d, k, t] <= floor(units[d] / pack[d])        for each such line whose units are no whole packs   [pack]
    sum packs[d, k, t] <= floor(stock[s, n] / p)     for each SKU s, node n with one lot, and pack p that does not fit

``demand.pack`` binds, or ``skus.pack`` for wholesale and store lines. The last two rows cut off no plan: they say at
once what whole packs imply, which brings the relaxation, and with it our own bound, closer to the best plan; where a
node has several lots the last one would only cost the network that an article's rows are.
Source: lot-size (case-pack) restrictions; Chvatal-Gomory rounding, e.g. Wolsey, Integer Programming (1998), ch. 8.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from allocopt.algebra.formulation import Sum, Variable
from allocopt.algebra.grouping import extreme
from allocopt.algebra.labels import Codes
from allocopt.arcs import Arcs
from allocopt.problem.facts import ANY, Floats, Ints
from allocopt.rounding import floor_units
from allocopt.rules.kit.base import Numbered, Rule, Statement
from allocopt.rules.kit.gates import shipments
from allocopt.rules.kit.names import grouped


class Packs(Rule):
    """Lines with a pack size are served in whole packs."""

    name: ClassVar[str] = "packs"
    reasons: ClassVar[dict[str, str]] = {"under_a_pack": "the line or the stock at the node is smaller than one pack"}
    short: ClassVar[str] = "pack"

    def forbid(self, arcs: Arcs, clauses: Numbered) -> Arcs:
        """Return the arcs of shipments that can hold at least one pack."""
        members = np.flatnonzero(arcs.facts.lines.pack[arcs.line] > 1)
        if not len(members):
            return arcs
        shipment, index = shipments(arcs, members)
        line = arcs.line[members]
        room = np.minimum(_stock(arcs, members, shipment, len(index))[shipment], arcs.facts.lines.units[line])
        closed = np.zeros(len(arcs), dtype=bool)
        closed[members] = room < arcs.facts.lines.pack[line]
        return arcs.without(closed, "under_a_pack", self.reasons["under_a_pack"])

    def state(self, on: Statement, clauses: Numbered) -> None:
        """Add the number of packs in each shipment to a line with a pack size."""
        facts, arcs = on.facts, on.arcs
        members = np.flatnonzero(facts.lines.pack[arcs.line] > 1)
        if not len(members):
            return
        shipment, index = shipments(arcs, members)
        line = index.codes[0]
        size = facts.lines.pack[line].astype(np.float64)
        most = np.minimum(_stock(arcs, members, shipment, len(index)), facts.lines.units[line])
        packs = on.form.add_variable(
            self.name, index, upper=floor_units(most / size), sku=facts.lines.sku[line], integer=True
        )
        self._cut(on, packs, facts.lines.pack[line])
        sums = [Sum(on.ship, shipment, members=members), Sum(packs, np.arange(len(index)), weight=-size)]
        on.form.add_rows(f"{self.name}_rows", index, sums, lower=0.0, upper=0.0)

    def _cut(self, on: Statement, packs: Variable, pack: Ints) -> None:
        """Add how many whole packs a node holds and a line takes, where units leave a remainder."""
        facts = on.facts
        line, lane, _ = packs.index.codes
        sku, node, nodes = facts.lines.sku[line], facts.lanes.node[lane], len(facts.nodes.id)
        stock, lots = (found[sku.astype(np.int64) * nodes + node] for found in usable_at(on.arcs))
        loose = (stock % pack > 1e-9) & (lots == 1)
        group, index = grouped(facts, sku=np.where(loose, sku, ANY), node=node, pack=pack)
        if len(index):
            most = extreme(np.maximum, floor_units(stock / pack)[loose], group[loose], len(index), none=0.0)
            on.form.add_rows("packs_of_node", index, [Sum(packs, group)], upper=most)
        loose = facts.lines.units[line] % pack > 1e-9
        group, index = grouped(facts, line=np.where(loose, line, ANY), pack=pack)
        if len(index):
            upper = floor_units(facts.lines.units[index.codes[0]] / index.codes[1])
            on.form.add_rows("packs_of_line", index, [Sum(packs, group)], upper=upper)


def usable_at(arcs: Arcs) -> tuple[Floats, Ints]:
    """Return by SKU and node the usable units of the lots that have arcs [unit], and how many these are.

    Two arrays, shape (skus * nodes,) each.
    """
    facts, lots = arcs.facts, arcs.facts.lots
    live = np.flatnonzero(np.bincount(arcs.lot, minlength=len(lots.sku)))
    place = lots.sku[live].astype(np.int64) * len(facts.nodes.id) + lots.node[live]
    size = len(facts.skus.id) * len(facts.nodes.id)
    units: Floats = np.bincount(place, weights=lots.usable[live], minlength=size).astype(np.float64)
    return units, np.bincount(place, minlength=size).astype(np.int32)


def _stock(arcs: Arcs, members: Codes, shipment: Codes, size: int) -> Floats:
    """Return the usable units of the lots of each shipment, shape (shipments,) [unit]."""
    usable = arcs.facts.lots.usable[arcs.lot[members]]
    return np.bincount(shipment, weights=usable, minlength=size).astype(np.float64)
