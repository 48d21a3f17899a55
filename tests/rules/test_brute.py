"""The trickier rules against brute force: every plan in whole units of tiny problems is looked at.

Whether a plan keeps a rule is said here as a condition on finished shipments, not as rows of a program.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import pandas as pd
import pytest
from tests.rules.naive import Naive
from tests.rules.naive_records import Arc

import allocopt as ao
from allocopt.rules import Clause

Shipments = list[tuple[Arc, int]]
Keeps = Callable[[Shipments], bool]
SEEDS = range(12)


def instance(seed: int, rows: dict[str, object] | None = None, *, skus: str = "A", lots: int = 2) -> ao.Problem:
    """Return a tiny random problem: two nodes, two channels, two periods; `rows` are tables to add."""
    dice = random.Random(seed)
    supply = [
        {"sku": sku, "node": node, "kind": "on_hand", "available": dice.randint(0, 1), "units": dice.randint(1, 4)}
        for sku in skus
        for node in ("East", "West")[:lots]
    ]
    demand = [
        {"sku": sku, "channel": channel, "period": period, "units": dice.randint(1, 3), "price": dice.randint(2, 9)}
        for sku in skus
        for channel, period in (("dtc", 1), ("shop", 0), ("shop", 1))[-2 if len(skus) > 1 else -3 :]
    ]
    lanes = [
        {"node": node, "channel": channel, "cost": dice.randint(0, 2)}
        for node in ("East", "West")
        for channel in ("dtc", "shop")
    ]
    tables = {
        "skus": [{"sku": sku} for sku in skus],
        "nodes": [{"node": "East"}, {"node": "West"}],
        "channels": [{"channel": "dtc"}, {"channel": "shop"}],
        "supply": supply,
        "demand": demand,
        "lanes": lanes,
    }
    tables["demand"] = [{**row, **(rows or {}).get("line", lambda dice: {})(dice)} for row in demand]
    tables |= {name: table for name, table in (rows or {}).items() if name != "line"}
    return ao.Problem(**{name: pd.DataFrame(table) for name, table in tables.items()})


def plans(arcs: Sequence[Arc], wanted: dict[int, float], stock: dict[int, float]) -> Iterator[list[int]]:
    """Yield every way to ship whole units that oversells no lot and overserves no line."""
    if not arcs:
        yield []
        return
    arc, rest = arcs[0], arcs[1:]
    line, lot = id(arc.line), id(arc.lot)
    for units in range(int(min(wanted[line], stock[lot])) + 1):
        left = {**wanted, line: wanted[line] - units}, {**stock, lot: stock[lot] - units}
        for others in plans(rest, *left):
            yield [units, *others]


def best(naive: Naive, keeps: Keeps) -> float | None:
    """Return the worth of the best plan that keeps a rule; None where none does."""
    wanted = {id(line): line.units for line in naive.lines}
    stock = {id(lot): lot.usable for lot in naive.lots}
    worth = [naive.money(arc) for arc in naive.arcs]
    found = None
    for units in plans(naive.arcs, wanted, stock):
        value = sum(amount * each for amount, each in zip(units, worth, strict=True))
        if (found is None or value > found) and keeps(list(zip(naive.arcs, units, strict=True))):
            found = value
    return found


def check(problem: ao.Problem, clauses: Sequence[Clause], naive: Naive, keeps: Keeps) -> None:
    """Compare the plan with the best of all plans."""
    expected = best(naive, keeps)
    plan = ao.allocate(problem, ao.Contract("drawn", clauses=clauses), gap=1e-9)
    if expected is None:
        assert plan.status == "infeasible"
    else:
        assert plan.objective == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_shares_kept_of_each_lot(seed):
    """From each lot, what went to others leaves every channel the rest of its share, up to its release."""
    dice = random.Random(seed)
    problem = instance(seed)
    shares = {"dtc": dice.choice((0.25, 0.5)), "shop": dice.choice((0.0, 0.5))}
    release = {channel: dice.choice((None, 1)) for channel in shares}
    clauses = [ao.Protect(channel, share=share, release_from=release[channel]) for channel, share in shares.items()]
    naive = Naive(problem, clauses)

    def keeps(shipped: Shipments) -> bool:
        for lot in naive.lots:
            # Largest remainder by hand: halves and quarters of 1 to 4 units, the first clause first among equals.
            exact = [share * lot.usable for share in shares.values()]
            kept = dict(zip(shares, (int(part) for part in exact), strict=True))
            if sum(exact) >= sum(kept.values()) + 1:
                remainders = [part - int(part) for part in exact]
                kept[list(shares)[remainders.index(max(remainders))]] += 1
            for until in {2 if release[channel] is None else 1 for channel in shares}:
                if lot.available >= until:
                    continue
                gone = dict.fromkeys(shares, 0)
                for arc, units in shipped:
                    if arc.lot is lot and arc.ship < until:
                        gone[arc.line.channel] += units
                holding = [channel for channel in shares if (release[channel] or 2) >= until]
                idle = sum(max(kept[channel] - gone[channel], 0) for channel in holding)
                if sum(gone.values()) + idle > lot.usable:
                    return False
        return True

    check(problem, clauses, naive, keeps)


@pytest.mark.parametrize("seed", SEEDS)
def test_units_kept_cumulatively_at_each_arrival(seed):
    """At each arrival date what is left of the stock so far covers what each channel still has to find there."""
    dice = random.Random(seed)
    problem = instance(seed)
    full = {"dtc": dice.randint(1, 3), "shop": dice.randint(0, 2)}
    clauses = [ao.Protect(channel, units=units) for channel, units in full.items()]
    naive = Naive(problem, clauses)
    dates = sorted({lot.available for lot in naive.lots})
    arrived = {date: sum(lot.usable for lot in naive.lots if lot.available <= date) for date in dates}

    def due(channel: str, date: int) -> int:
        # The clause for dtc is said first: shop is kept what dtc leaves.
        first = min(full["dtc"], arrived[date])
        return first if channel == "dtc" else min(full["shop"], arrived[date] - first)

    def keeps(shipped: Shipments) -> bool:
        need = dict.fromkeys(full, 0)
        for date in dates:
            gone = dict.fromkeys(full, 0)
            for arc, units in shipped:
                if arc.lot.available <= date:
                    gone[arc.line.channel] += units
            # What had to be idle at an earlier date is still idle: idle stock does not come back.
            need = {channel: max(need[channel], due(channel, date) - gone[channel]) for channel in full}
            if sum(gone.values()) + sum(need.values()) > arrived[date]:
                return False
        return True

    check(problem, clauses, naive, keeps)


@pytest.mark.parametrize("seed", SEEDS)
def test_guarantees_of_service(seed):
    """Each channel gets its guarantee, or all that it wants."""
    dice = random.Random(seed)
    problem = instance(seed)
    asked = {"dtc": dice.randint(0, 4), "shop": dice.randint(0, 4)}
    clauses = [ao.Protect(channel, units=units, mode="serve") for channel, units in asked.items()]
    naive = Naive(problem, clauses)
    own = {channel: sum(line.units for line in naive.lines if line.channel == channel) for channel in asked}

    def keeps(shipped: Shipments) -> bool:
        got = dict.fromkeys(asked, 0)
        for arc, units in shipped:
            got[arc.line.channel] += units
        return all(got[channel] >= min(asked[channel], own[channel]) for channel in asked)

    check(problem, clauses, naive, keeps)


def ordered(dice: random.Random) -> dict[str, object]:
    """Draw the order of a line, and that it leaves from one node."""
    return {"order": dice.choice(("O1", "O2", "")), "ship_from_one": True}


@pytest.mark.parametrize("seed", SEEDS)
def test_orders_from_one_node(seed):
    """All that ships of a marked order comes from one node."""
    problem = instance(seed, {"line": ordered}, skus="AB")
    naive = Naive(problem)

    def keeps(shipped: Shipments) -> bool:
        nodes = defaultdict(set)
        for arc, units in shipped:
            if units:
                nodes[arc.line.group].add(arc.lot.node)
        return all(len(used) == 1 for used in nodes.values())

    check(problem, (), naive, keeps)


@pytest.mark.parametrize("seed", SEEDS)
def test_work_per_order(seed):
    """A node handles so many different orders a period as it has picks."""
    picks = 1 + seed % 2
    limits = [
        {"node": node, "period": t, "resource": "picks", "limit": picks} for node in ("East", "West") for t in (0, 1)
    ]
    rows = {
        "line": lambda dice: {"order": dice.choice(("O1", "O2", ""))},
        "capacity": limits,
        "workloads": [{"resource": "picks", "workload": 1, "per": "order"}],
    }
    problem = instance(seed, rows, skus="AB")
    naive = Naive(problem)

    def keeps(shipped: Shipments) -> bool:
        orders = defaultdict(set)
        for arc, units in shipped:
            if units:
                orders[arc.lot.node, arc.ship].add(arc.line.group)
        return all(len(handled) <= picks for handled in orders.values())

    check(problem, (), naive, keeps)


@pytest.mark.parametrize("seed", SEEDS)
def test_least_shipments(seed):
    """What ships for a line over a lane in a period is nothing or at least its minimum."""
    problem = instance(seed, {"line": lambda dice: {"min_ship": dice.randint(0, 3), "max_early": dice.randint(0, 1)}})
    naive = Naive(problem)

    def keeps(shipped: Shipments) -> bool:
        together = defaultdict(int)
        least = {}
        for arc, units in shipped:
            key = (id(arc.line), id(arc.lane), arc.ship)
            together[key] += units
            least[key] = arc.line.min_ship
        return all(units in (0, max(units, least[key])) for key, units in together.items())

    check(problem, (), naive, keeps)
