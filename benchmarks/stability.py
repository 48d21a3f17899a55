"""Looks through a plan for moves that would better it, by code that shares nothing with allocopt.

A problem as plain records and the rows of ``plan.allocation`` are all that is looked at. Every arc is worked out anew,
then every move is tried: (1) units go from one line to another; (2) a line takes units of another lot, over another
lane or in another period; (3) two lines exchange lots. A move betters the plan if all limits hold after it and it earns
more, or as much and comes first in the order of ties.

Known are: lots with availability, expiry and end value; lines with price, rank, arrival, earliness, lateness and its
cost, least units and packs; lanes with cost, lead and capacity; limits per node and period in units.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]
Tables = dict[str, list[Record]]
Limits = list[tuple[Any, float]]

EQUAL = 1e-9
"""Plans are equal within this part of the money on the arcs that move."""
KINDS = ("on_hand", "inbound", "safety", "returns")
ENDLESS = 10**6


@dataclass(frozen=True)
class Way:
    """One lot that may serve one line over one lane, shipped in one period."""

    lot: int
    line: int
    lane: int
    ship: int
    late: int
    earns: float
    money: float
    """What moves with a unit, without signs."""
    order: tuple[Any, ...]
    """Smaller is better: expiry, availability, lead, label of the lot, ship period."""

    @property
    def key(self) -> tuple[int, int, int, int]:
        """Return what tells the way from others."""
        return self.lot, self.line, self.lane, self.ship


@dataclass
class Plan:
    """A plan with what it takes of every limit."""

    tables: Tables
    horizon: int
    ways: list[Way]
    units: dict[tuple[int, int, int, int], float]
    taken: dict[Any, float] = field(default_factory=lambda: defaultdict(float))

    def __post_init__(self) -> None:
        """Add up what is taken."""
        for way in self.ways:
            units = self.units.get(way.key, 0.0)
            for place in self.places(way):
                self.taken[place] += units

    def places(self, way: Way) -> tuple[Any, ...]:
        """Return the limits that a way counts in."""
        lot, lane = self.tables["supply"][way.lot], self.tables["lanes"][way.lane]
        return (
            ("lot", way.lot),
            ("line", way.line),
            ("node", lot["node"], way.ship),
            ("lane", way.lane, way.ship, lane["channel"]),
            ("shipment", way.line, way.lane, way.ship),
        )

    def limit(self, place: Any) -> tuple[float, float]:
        """Return the least and the most that a limit allows."""
        if place[0] == "lot":
            return 0.0, float(self.tables["supply"][place[1]]["units"])
        if place[0] == "line":
            line = self.tables["demand"][place[1]]
            return float(line.get("min_units") or 0.0), float(line["units"])
        if place[0] == "node":
            limits = [r["limit"] for r in self.tables.get("capacity", []) if (r["node"], r["period"]) == place[1:]]
            return 0.0, min(limits, default=math.inf)
        if place[0] == "shipment":
            return 0.0, math.inf
        capacity = self.tables["lanes"][place[1]].get("capacity")
        return 0.0, math.inf if capacity is None else float(capacity)

    def holds(self, changes: list[tuple[Way, float]]) -> bool:
        """Return whether all limits hold after changes of some ways."""
        moved: dict[Any, float] = defaultdict(float)
        for way, units in changes:
            if self.units.get(way.key, 0.0) + units < -1e-9:
                return False
            for place in self.places(way):
                moved[place] += units
        for place, units in moved.items():
            least, most = self.limit(place)
            after, room = self.taken[place] + units, 1e-9 * (1.0 + self.taken[place])
            if (units > 0 and after > most + room) or (units < 0 and after < least - room):
                return False
            pack = self.tables["demand"][place[1]].get("pack") or 1 if place[0] == "shipment" else 1
            if pack > 1 and abs(after / pack - round(after / pack)) > 1e-6:
                return False
        return True

    def steps(self, changes: list[Way]) -> tuple[float, ...]:
        """Return how many units may move at once: one, and whole packs of all lines that the move touches."""
        packs = [int(self.tables["demand"][way.line].get("pack") or 1) for way in changes]
        divisible = any(row["sku"] == self.sku(changes[0]) and row.get("divisible") for row in self.tables["skus"])
        return tuple({1e-4 if divisible else 1.0, float(math.lcm(*packs))})

    def sku(self, way: Way) -> str:
        """Return the article that ships."""
        return str(self.tables["supply"][way.lot]["sku"])


def ways_of(tables: Tables, horizon: int) -> list[Way]:
    """Return every way that a lot may serve a line."""
    fees = {row["channel"]: row.get("fee_rate") or 0.0 for row in tables["channels"]}
    costs = {row["sku"]: row.get("unit_cost") or 0.0 for row in tables["skus"]}
    found = []
    for (number, lot), (rank, line), (row, lane) in itertools.product(
        enumerate(tables["supply"]), enumerate(tables["demand"]), enumerate(tables["lanes"])
    ):
        if (lot["sku"], lot["node"], line["channel"]) != (line["sku"], lane["node"], lane["channel"]):
            continue
        lead, expires = lane.get("lead") or 0, lot.get("expires")
        for ship in range(lot.get("available") or 0, horizon):
            arrives, due = ship + lead, line["period"]
            early, late = max(due - arrives, 0), max(arrives - due, 0)
            in_time = early <= (line.get("max_early") or 0) and late <= (line.get("max_late") or 0)
            if not in_time or (expires is not None and arrives > expires):
                continue
            price, goods, cost = line["price"], costs[lot["sku"]], lane.get("cost") or 0.0
            given_up = lot.get("end_value", goods)
            earns = price * (1.0 - fees[line["channel"]]) - given_up - cost - (line.get("late_cost") or 0.0) * late
            order = (
                *(ENDLESS if expires is None else expires, lot.get("available") or 0, lead, lot["node"]),
                *(KINDS.index(lot["kind"]), lot.get("reference") or "", ship),
            )
            found.append(Way(number, rank, row, ship, late, earns, price + goods + given_up + cost, order))
    return found


def standing(tables: Tables, line: int) -> tuple[Any, ...]:
    """Return where a line stands in the order of ties; smaller is better."""
    row = tables["demand"][line]
    rank, arrived = row.get("priority"), row.get("arrived")
    return (
        *(math.inf if rank is None else rank, row["period"] if arrived is None else arrived, row["period"]),
        *(row["channel"], row["period"], row.get("region") or "", row.get("order") or "", row.get("line") or ""),
    )


def planned(tables: Tables, horizon: int, allocation: list[Record]) -> Plan:
    """Return a plan, given the rows of its allocation."""
    lots = {
        (r["sku"], r["node"], r["kind"], r.get("available") or 0, r.get("reference") or ""): number
        for number, r in enumerate(tables["supply"])
    }
    lines = {
        (r["sku"], r["channel"], r["period"], r.get("order") or ""): number for number, r in enumerate(tables["demand"])
    }
    lanes = {
        f"{r['node']}>{r['channel']}" + (f"/via={r['via']}" if r.get("via") else ""): number
        for number, r in enumerate(tables["lanes"])
    }
    units = {}
    for row in allocation:
        lot = lots[row["sku"], row["node"], row["kind"], row["available"], row["reference"]]
        line = lines[row["sku"], row["channel"], row["due"], row["order"]]
        units[lot, line, lanes[row["lane"]], row["ship"]] = row["units"]
    ways = ways_of(tables, horizon)
    unknown = set(units) - {way.key for way in ways}
    assert not unknown, f"the plan ships where no way is: {unknown}"
    return Plan(tables, horizon, ways, units)


def moves_left(tables: Tables, horizon: int, allocation: list[Record]) -> list[str]:
    """Return in words every move that would better a plan.

    Parameters
    ----------
    tables : dict of list of dict
        The problem, as records.
    horizon : int
        Number of periods.
    allocation : list of dict
        The rows of ``plan.allocation``.
    """
    plan = planned(tables, horizon, allocation)
    return [
        f"{name}: " + "; ".join(f"{units:+g} {way.key}" for way, units in changes)
        for name, changes, better in _candidates(plan)
        if _improves(changes, better) and plan.holds(changes)
    ]


def _improves(changes: list[tuple[Way, float]], better: bool) -> bool:
    """Return whether changes earn more, or as much and are better otherwise."""
    gain = sum(way.earns * units for way, units in changes)
    money = sum(way.money * abs(units) for way, units in changes)
    return gain > EQUAL * money or (better and gain >= -EQUAL * money)


def _candidates(plan: Plan) -> Iterator[tuple[str, list[tuple[Way, float]], bool]]:
    """Yield every move: its name, its changes, and whether it is better where the money is the same."""
    of_lot, of_line, of_both = (defaultdict[Any, list[Way]](list) for _ in range(3))
    for way in plan.ways:
        of_lot[way.lot].append(way)
        of_line[way.line].append(way)
        of_both[way.lot, way.line].append(way)
    shipping = [way for way in plan.ways if plan.units.get(way.key, 0.0) > 1e-6]
    place = [standing(plan.tables, line) for line in range(len(plan.tables["demand"]))]
    for way in shipping:
        for other in of_lot[way.lot]:
            if other.line != way.line:
                for step in plan.steps([way, other]):
                    yield "to another line", [(way, -step), (other, step)], place[other.line] < place[way.line]
        for other in of_line[way.line]:
            if other is not way:
                better = (other.late, other.order) < (way.late, way.order)
                for step in plan.steps([way]):
                    yield "from another lot", [(way, -step), (other, step)], better
    for first, second in itertools.permutations(shipping, 2):
        if place[first.line] < place[second.line] and first.lot != second.lot and plan.sku(first) == plan.sku(second):
            ways = itertools.product(of_both[second.lot, first.line], of_both[first.lot, second.line])
            for (mine, other), step in itertools.product(ways, plan.steps([first, second])):
                late = mine.late + other.late - first.late - second.late
                better = late < 0 or (late == 0 and mine.order < first.order)
                yield "lots exchanged", [(first, -step), (second, -step), (mine, step), (other, step)], better
