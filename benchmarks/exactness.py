"""Random problems from 1e5 to 1e15 units, solved here and in rational arithmetic: oversold, optimal, equal to the cent.

Each problem has a few articles, lots, lanes and lines, articles that take different amounts of a capacity that binds,
and a reserve. The other side states it anew from the tables, in whole cents and units, and solves it by a simplex over
fractions and branch and bound (Land and Doig, Econometrica 28, 1960): nothing in it rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

import allocopt as ao

SOLVERS = ("highs", "prices")
EQUAL = 1e-15
"""Relative difference of two objectives that is a double's rounding: a plan adds up a few dozen products."""
NODES = 5_000
Key = tuple[str, str, str]
"""SKU, node and channel of an arc."""


@dataclass(frozen=True)
class Drawn:
    """A problem and its contract, as tables."""

    tables: dict[str, list[dict[str, Any]]]
    reserved: int
    owner: str

    @property
    def problem(self) -> ao.Problem:
        """The problem as allocopt takes it."""
        return ao.Problem.from_dict(self.tables)

    @property
    def contract(self) -> ao.Contract:
        """A reserve for one channel."""
        return ao.Contract("Reserve", clauses=[ao.Protect(self.owner, units=self.reserved, sku="s0")])


def drawn(decade: int, seed: int) -> Drawn:
    """Return a random problem whose lines want about ``10^decade`` units."""
    random = np.random.default_rng([decade, seed])
    size = 10**decade
    skus = [f"s{i}" for i in range(int(random.integers(2, 4)))]
    nodes, channels = ["w0", "w1"], [f"c{i}" for i in range(int(random.integers(2, 4)))]

    def units(least: float, most: float) -> int:
        return int(random.integers(int(least * size), int(most * size) + 1))

    def money(least: int, most: int) -> float:
        return int(random.integers(least, most)) / 100

    supply = [
        {"sku": sku, "node": node, "kind": kind, "units": units(0.1, 0.5)}
        for sku, node, kind in product(skus, nodes, ("on_hand", "returns"))
        if random.random() < 0.8 or (node, kind) == ("w0", "on_hand")
    ]
    demand = [
        {"sku": sku, "channel": channel, "period": 0, "price": money(800, 4000), "units": units(0.1, 1.0)}
        for sku, channel in product(skus, channels)
    ]
    loads = {sku: float(random.choice([1, 2, 3, 7, 0.5, 0.37, 1.25])) for sku in skus}
    at_first = sum(int(Fraction(str(loads[lot["sku"]])) * lot["units"]) for lot in supply if lot["node"] == "w0")
    there = sum(lot["units"] for lot in supply if lot["sku"] == "s0")
    tables = {
        "skus": [{"sku": sku, "unit_cost": money(100, 500)} for sku in skus],
        "nodes": [{"node": node} for node in nodes],
        "channels": [{"channel": channel} for channel in channels],
        "supply": supply,
        "demand": demand,
        "lanes": [
            {"node": node, "channel": channel, "cost": money(0, 200)} for node, channel in product(nodes, channels)
        ],
        "capacity": [{"node": "w0", "period": 0, "resource": "hours", "limit": float(int(at_first * 0.6))}],
        "workloads": [{"resource": "hours", "workload": load, "sku": sku} for sku, load in loads.items()],
    }
    return Drawn(tables, int(there * random.uniform(0.05, 0.4)), channels[0])


@dataclass(frozen=True)
class Exact:
    """A problem in whole numbers: maximise ``worth @ x``, ``rows @ x <= limits``, x whole and not negative.

    Rows are sparse: a whole coefficient by column. The first columns are what each article ships from the node with the
    capacity; with these held, the rest is a network, so that a search need branch on nothing else.
    """

    arcs: list[tuple[int, str]]
    worth: list[int]
    rows: list[dict[int, int]]
    limits: list[int]


def stated(given: Drawn) -> Exact:
    """State a problem anew from its tables; an arc is a lot and a channel, money is in cents."""
    tables = given.tables

    def cents(value: float) -> int:
        return int(Decimal(str(value)) * 100)

    cost = {row["sku"]: cents(row["unit_cost"]) for row in tables["skus"]}
    lane = {(row["node"], row["channel"]): cents(row["cost"]) for row in tables["lanes"]}
    capacity = tables["capacity"][0]
    loads = {row["sku"]: int(Decimal(str(row["workload"])) * 100) for row in tables["workloads"]}
    first = {sku: column for column, sku in enumerate(loads)}
    arcs, worth = [], [0] * len(first)
    rows: dict[tuple[str, ...], dict[int, int]] = {("hours",): {first[sku]: load for sku, load in loads.items()}}
    limits: dict[tuple[str, ...], int] = {("hours",): int(capacity["limit"]) * 100}
    for sku, column in first.items():
        rows["over", sku], rows["under", sku] = {column: 1}, {column: -1}
    for number, lot in enumerate(tables["supply"]):
        for line in tables["demand"]:
            if line["sku"] != lot["sku"]:
                continue
            column = len(worth)
            sku, channel = line["sku"], line["channel"]
            arcs.append((number, channel))
            worth.append(cents(line["price"]) - cost[sku] - lane[lot["node"], channel])
            places = [(("lot", str(number)), 1, lot["units"]), (("line", sku, channel), 1, line["units"])]
            if lot["node"] == capacity["node"]:
                places += [(("over", sku), -1, 0), (("under", sku), 1, 0)]
            if sku == "s0" and channel != given.owner:
                there = sum(row["units"] for row in tables["supply"] if row["sku"] == sku)
                places.append((("reserve",), 1, there - given.reserved))
            for key, take, limit in places:
                rows.setdefault(key, {})[column] = take
                limits[key] = limit
    for sku in first:
        limits.setdefault(("over", sku), 0)
        limits.setdefault(("under", sku), 0)
    return Exact(arcs, worth, list(rows.values()), [limits[key] for key in rows])


class Tableau:
    """A simplex tableau over fractions; rows read ``basic + sum(entry * nonbasic) = value``."""

    def __init__(self, given: Exact) -> None:
        columns = len(given.worth)
        self.nonbasic = list(range(columns))
        self.basic = [columns + i for i in range(len(given.rows))]
        self.rows = [[Fraction(row.get(j, 0)) for j in range(columns)] for row in given.rows]
        self.value = [Fraction(limit) for limit in given.limits]
        self.gain = [Fraction(worth) for worth in given.worth]
        self.total = Fraction(0)

    def copy(self) -> Tableau:
        """Return a tableau of its own."""
        other = object.__new__(Tableau)
        other.nonbasic, other.basic = self.nonbasic.copy(), self.basic.copy()
        other.rows, other.value = [row.copy() for row in self.rows], self.value.copy()
        other.gain, other.total = self.gain.copy(), self.total
        return other

    def pivot(self, row: int, column: int) -> None:
        """Exchange a basic variable for one that is not."""
        head = self.rows[row]
        by = head[column]
        self.basic[row], self.nonbasic[column] = self.nonbasic[column], self.basic[row]
        head = [entry / by if entry else entry for entry in head]
        head[column] = 1 / by
        self.rows[row] = head
        self.value[row] /= by
        used = [j for j, entry in enumerate(head) if entry]
        for i, other in enumerate(self.rows):
            if i == row or not other[column]:
                continue
            factor = other[column]
            other[column] = Fraction(0)
            for j in used:
                other[j] -= factor * head[j]
            self.value[i] -= factor * self.value[row]
        factor = self.gain[column]
        self.gain[column] = Fraction(0)
        for j in used:
            self.gain[j] -= factor * head[j]
        self.total += factor * self.value[row]

    def primal(self) -> None:
        """Go on until nothing gains (Bland's rule, so that it ends)."""
        while True:
            gains = [(self.nonbasic[j], j) for j, gain in enumerate(self.gain) if gain > 0]
            if not gains:
                return
            column = min(gains)[1]
            ratios = [
                (self.value[i] / row[column], self.basic[i], i) for i, row in enumerate(self.rows) if row[column] > 0
            ]
            self.pivot(min(ratios)[2], column)

    def dual(self) -> bool:
        """Go on until no value is negative; return whether there is such a plan."""
        while True:
            below = [(self.basic[i], i) for i, value in enumerate(self.value) if value < 0]
            if not below:
                return True
            row = min(below)[1]
            head = self.rows[row]
            ratios = [(self.gain[j] / head[j], self.nonbasic[j], j) for j in range(len(head)) if head[j] < 0]
            if not ratios:
                return False
            self.pivot(row, min(ratios)[2])

    def held(self, variable: int, limit: int, *, most: bool, slack: int) -> Tableau:
        """Return the tableau with a basic variable at most (or at least) a whole number."""
        other = self.copy()
        row = other.basic.index(variable)
        sign = 1 if most else -1
        other.rows.append([-sign * entry for entry in other.rows[row]])
        other.value.append(sign * (limit - other.value[row]))
        other.basic.append(slack)
        return other

    def fraction(self, columns: int) -> tuple[int, Fraction] | None:
        """Return the first column that is not whole, and its value."""
        broken = [(self.basic[i], v) for i, v in enumerate(self.value) if self.basic[i] < columns and v.denominator > 1]
        return min(broken, default=None)


def best(given: Exact, at_least: int) -> tuple[int, bool]:
    """Return the most that a plan is worth in cents, given one worth ``at_least``; and whether that is proven."""
    root = Tableau(given)
    root.primal()
    columns = len(given.worth)
    slack = columns + len(given.rows)
    open_, found = [root], at_least
    for _ in range(NODES):
        if not open_:
            return found, True
        node = open_.pop()
        if node.total // 1 <= found:
            continue
        broken = node.fraction(columns)
        if broken is None:
            found = int(node.total)
            continue
        variable, value = broken
        slack += 1
        for most in (False, True):
            child = node.held(variable, int(value // 1) + (not most), most=most, slack=slack)
            if child.dual():
                open_.append(child)
    return found, not open_


@dataclass(frozen=True)
class Outcome:
    """How one plan compares with the exact optimum."""

    oversold: bool
    optimal: bool
    same: bool
    difference: float
    proven: bool
    seconds: float


def judged(given: Drawn, plan: ao.Plan, seconds: float) -> Outcome:
    """Compare a plan with the exact optimum, in whole units and cents."""
    exact = stated(given)
    if plan.status not in ("optimal", "feasible"):
        return Outcome(False, False, False, float("inf"), True, seconds)
    shipped = dict.fromkeys(exact.arcs, 0)
    lots = {(lot["sku"], lot["node"], lot["kind"]): n for n, lot in enumerate(given.tables["supply"])}
    table = plan.allocation
    for sku, node, kind, channel, units in zip(
        table["sku"], table["node"], table["kind"], table["channel"], table["units"], strict=True
    ):
        shipped[lots[sku, node, kind], channel] += Fraction(float(units))
    from_first = dict.fromkeys((row["sku"] for row in given.tables["workloads"]), 0)
    for (number, _), units in shipped.items():
        lot = given.tables["supply"][number]
        from_first[lot["sku"]] += units if lot["node"] == given.tables["capacity"][0]["node"] else 0
    x = [*from_first.values(), *(shipped[arc] for arc in exact.arcs)]
    over = any(
        sum(take * x[j] for j, take in row.items()) > limit for row, limit in zip(exact.rows, exact.limits, strict=True)
    )
    over |= any(v < 0 or v != int(v) for v in x)
    mine = int(sum(worth * v for worth, v in zip(exact.worth, x, strict=True)))
    most, proven = best(exact, 0 if over else mine)
    difference = abs(Fraction(plan.objective) * 100 - most) / max(most, 1)
    return Outcome(over, plan.status == "optimal", mine == most, float(difference), proven, seconds)


def outcomes(decade: int, solver: str, seeds: range) -> Iterator[Outcome]:
    """Solve problems of one decade and compare each plan with the exact optimum."""
    for seed in seeds:
        given = drawn(decade, seed)
        problem, contract = given.problem, given.contract
        begun = time.process_time()
        plan = ao.allocate(problem, contract, solver=solver)
        yield judged(given, plan, time.process_time() - begun)


def main() -> int:
    """Print one line per decade and solver; the exit status is 1 where a plan is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--decades", type=int, nargs=2, default=(5, 15), metavar=("FIRST", "LAST"))
    parser.add_argument("--problems", type=int, default=60, help="problems per decade")
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=SOLVERS)
    given = parser.parse_args()
    wrong = 0
    print(
        f"{'units':>6} {'solver':<7} problems oversold optimal equal same cents unproven  worst difference  CPU seconds"
    )
    for decade in range(given.decades[0], given.decades[1] + 1):
        for solver in given.solvers:
            found = list(outcomes(decade, solver, range(given.problems)))
            oversold, optimal = sum(o.oversold for o in found), sum(o.optimal for o in found)
            equal, unproven = sum(o.difference <= EQUAL for o in found), sum(not o.proven for o in found)
            same = sum(o.same for o in found)
            worst, seconds = max(o.difference for o in found), sum(o.seconds for o in found)
            print(
                f"{f'1e{decade}':>6} {solver:<7} {len(found):>8} {oversold:>8} {optimal:>7} {equal:>5} {same:>10}"
                f" {unproven:>8}  {worst:>16.1e}  {seconds:>11.2f}",
                flush=True,
            )
            wrong += oversold + 2 * len(found) - optimal - equal
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
