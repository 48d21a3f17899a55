"""Random problems from 1e5 to 1e15 units, solved here and in rational arithmetic: oversold, optimal, equal to the cent.

Each problem has a few articles, lots, lanes and lines, articles that take different amounts of a capacity that binds,
and a reserve. The other side states it anew from the tables, in whole cents and units, and nothing in it rounds: what
an article earns with so many units of the node whose capacity binds is a concave function with whole breaks (the rest
is a network), found by a parametric simplex over fractions; how many each article gets is a knapsack over these, solved
by branch and bound (Land and Doig, Econometrica 28, 1960).
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
NODES = 100_000


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
    """One article in whole numbers: maximise ``worth @ x``, ``rows @ x <= limits``, x whole and not negative.

    The first row is what ships from the node with the capacity: its limit is what has to be decided.
    """

    arcs: list[tuple[int, str]]
    worth: list[int]
    rows: list[set[int]]
    limits: list[int]
    load: int


def cents(value: float) -> int:
    """Return an amount with two decimals in hundredths."""
    return int(Decimal(str(value)) * 100)


def stated(given: Drawn) -> tuple[list[Exact], int]:
    """State a problem anew from its tables, and its capacity; arcs are lots and channels, money and work hundredths."""
    tables = given.tables
    cost = {row["sku"]: cents(row["unit_cost"]) for row in tables["skus"]}
    lane = {(row["node"], row["channel"]): cents(row["cost"]) for row in tables["lanes"]}
    (capacity,) = tables["capacity"]
    articles = []
    for work in tables["workloads"]:
        sku = work["sku"]
        lots = {number: lot for number, lot in enumerate(tables["supply"]) if lot["sku"] == sku}
        lines = [line for line in tables["demand"] if line["sku"] == sku]
        arcs = [(number, line["channel"]) for number in lots for line in lines]
        price = {line["channel"]: cents(line["price"]) for line in lines}
        worth = [price[channel] - cost[sku] - lane[lots[number]["node"], channel] for number, channel in arcs]
        rows = [{j for j, (number, _) in enumerate(arcs) if lots[number]["node"] == capacity["node"]}]
        limits = [0]
        for number, lot in lots.items():
            rows.append({j for j, arc in enumerate(arcs) if arc[0] == number})
            limits.append(lot["units"])
        for line in lines:
            rows.append({j for j, arc in enumerate(arcs) if arc[1] == line["channel"]})
            limits.append(line["units"])
        if sku == "s0":
            rows.append({j for j, arc in enumerate(arcs) if arc[1] != given.owner})
            limits.append(sum(lot["units"] for lot in lots.values()) - given.reserved)
        articles.append(Exact(arcs, worth, rows, limits, cents(work["workload"])))
    return articles, cents(capacity["limit"])


class Tableau:
    """A simplex tableau over fractions; rows read ``basic + sum(entry * nonbasic) = value``, the slacks come last."""

    def __init__(self, given: Exact) -> None:
        columns = len(given.worth)
        self.nonbasic = list(range(columns))
        self.basic = [columns + i for i in range(len(given.rows))]
        self.rows = [[Fraction(j in row) for j in range(columns)] for row in given.rows]
        self.value = [Fraction(limit) for limit in given.limits]
        self.gain = [Fraction(worth) for worth in given.worth]
        self.total = Fraction(0)

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

    def pieces(self) -> tuple[int, list[tuple[int, int]]]:
        """Return the worth with a first limit of 0, and what more of it earns: lengths and slopes, falling."""
        slack = len(self.nonbasic)
        self.primal()
        first, found = int(self.total), []
        while slack in self.nonbasic:
            column = self.nonbasic.index(slack)
            slope = -self.gain[column]
            steps = [
                (self.value[i] / -row[column], self.basic[i], i) for i, row in enumerate(self.rows) if row[column] < 0
            ]
            if not slope or not steps:
                break
            length, _, row = min(steps)
            self.value = [
                value + entries[column] * length for value, entries in zip(self.value, self.rows, strict=True)
            ]
            self.total += slope * length
            if length:
                assert length.denominator == slope.denominator == 1, "a network has whole breaks"
                found.append((int(length), int(slope)))
            head = self.rows[row]
            _, _, enters = min((self.gain[j] / head[j], self.nonbasic[j], j) for j in range(len(head)) if head[j] < 0)
            self.pivot(row, enters)
        return first, found


@dataclass(frozen=True)
class Knapsack:
    """How many units each article gets: concave gains in pieces ``(article, length, slope)``, most per work first."""

    loads: list[int]
    pieces: list[tuple[int, int, int]]
    capacity: int

    def relaxed(self, low: tuple[int, ...], high: tuple[int, ...]) -> tuple[Fraction, int, list[Fraction]] | None:
        """Return the most that units within bounds earn, which article is not whole (-1: none), and the units."""
        left = Fraction(self.capacity - sum(load * least for load, least in zip(self.loads, low, strict=True)))
        if left < 0:
            return None
        earned, begun, units = Fraction(0), [0] * len(low), [Fraction(least) for least in low]
        broken = -1
        for article, length, slope in self.pieces:
            start, begun[article] = begun[article], begun[article] + length
            due = min(max(low[article] - start, 0), length)
            more = min(begun[article], high[article]) - max(start, low[article])
            taken = min(Fraction(max(more, 0)), left / self.loads[article])
            earned += slope * (due + taken)
            units[article] += taken
            left -= taken * self.loads[article]
            broken = article if taken.denominator > 1 else broken
        return earned, broken, units


def best(articles: list[Exact], capacity: int, at_least: int) -> tuple[int, bool]:
    """Return the most that a plan is worth in cents if it is more than ``at_least``; and whether that is proven."""
    parts = [Tableau(article).pieces() for article in articles]
    always = sum(first for first, _ in parts)
    loads = [article.load for article in articles]
    pieces = [(number, length, slope) for number, (_, found) in enumerate(parts) for length, slope in found]
    pieces.sort(key=lambda piece: Fraction(-piece[2], loads[piece[0]]))
    knapsack = Knapsack(loads, pieces, capacity)
    most = tuple(sum(length for length, _ in found) for _, found in parts)
    open_, found = [((0,) * len(most), most)], at_least
    for _ in range(NODES):
        if not open_:
            return found, True
        low, high = open_.pop()
        answer = knapsack.relaxed(low, high)
        if answer is None or (answer[0] + always) // 1 <= found:
            continue
        earned, broken, units = answer
        if broken < 0:
            found = int(earned) + always
            continue
        cut = int(units[broken] // 1)
        above, below = list(low), list(high)
        above[broken], below[broken] = cut + 1, cut
        open_ += [(tuple(above), high), (low, tuple(below))]
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
    if not plan.solved:
        return Outcome(False, False, False, float("inf"), True, seconds)
    articles, capacity = stated(given)
    lots = {(lot["sku"], lot["node"], lot["kind"]): n for n, lot in enumerate(given.tables["supply"])}
    table, shipped = plan.allocation, dict.fromkeys((arc for article in articles for arc in article.arcs), Fraction(0))
    for sku, node, kind, channel, units in zip(
        table["sku"], table["node"], table["kind"], table["channel"], table["units"], strict=True
    ):
        shipped[lots[sku, node, kind], channel] += Fraction(float(units))
    over, mine, work = any(units < 0 or units.denominator > 1 for units in shipped.values()), 0, Fraction(0)
    for article in articles:
        x = [shipped[arc] for arc in article.arcs]
        sums = [sum(x[j] for j in row) for row in article.rows]
        over |= any(total > limit for total, limit in zip(sums[1:], article.limits[1:], strict=True))
        work += article.load * sums[0]
        mine += int(sum(worth * units for worth, units in zip(article.worth, x, strict=True)))
    over |= work > capacity
    # A cent less than what the plan is worth, so that the search has to find a plan of its own that is worth as much.
    most, proven = best(articles, capacity, 0 if over else mine - 1)
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
