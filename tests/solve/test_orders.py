"""Whole orders: the search never breaks a rule nor beats the optimum, its bounds hold, and a loop is never better."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from scipy import optimize
from tests.strategies import cases, with_all

import allocopt as ao
from allocopt.algebra.program import Program, tightened
from allocopt.rules import Clause
from allocopt.solve import highs
from allocopt.solve.certificate import certify
from allocopt.solve.orders import native, solving
from allocopt.solve.orders.engine import OrderSearch
from allocopt.solve.orders.first import by_value, in_passes
from allocopt.solve.orders.lots import Rented, bound_by_lots
from allocopt.solve.orders.reading import read
from allocopt.solve.orders.structure import UnreadableError
from allocopt.solve.rents import Rents
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def program_of(problem: ao.Problem, clauses: tuple[Clause, ...] = ()) -> Program:
    """Return the program of a problem under some clauses."""
    return tightened(formulate(problem.facts, ao.Contract("Agreed", clauses=list(clauses))).program)


def searched(program: Program, moves: int = 1_000, threads: int = 1) -> tuple[OrderSearch, Rents]:
    """Return a search that ended, and what proves its bound."""
    search = OrderSearch(program)
    search.first()
    search.by_prices(Clock.started(None))
    return search, search.run(Clock.started(None), gap=0.0, moves=moves, threads=threads)


def shop(orders: int, *, seed: int = 0, nodes: int = 1, whole: bool = True) -> dict[str, list[dict[str, object]]]:
    """Return the tables of a shop: orders of one to four lines, complete or in one parcel; stock for half of them."""
    random = np.random.default_rng(seed)
    skus = [f"S{number}" for number in range(max(4, orders // 5))]
    demand = [
        {
            "sku": sku,
            "channel": "web",
            "period": 0,
            "units": int(random.integers(1, 6)),
            "price": round(float(random.uniform(5, 50)), 2),
            "order": f"o{order}",
            "all_or_none": whole,
            "ship_from_one": nodes > 1,
        }
        for order in range(orders)
        for sku in random.choice(skus, int(random.integers(1, 5)), replace=False).tolist()
    ]
    wanted = {sku: sum(int(line["units"]) for line in demand if line["sku"] == sku) for sku in skus}
    names = [f"N{number}" for number in range(nodes)]
    return {
        "skus": [{"sku": sku} for sku in skus],
        "nodes": [{"node": node} for node in names],
        "channels": [{"channel": "web"}],
        "supply": [
            {"sku": sku, "node": node, "kind": "on_hand", "units": wanted[sku] // (2 * nodes)}
            for sku in skus
            for node in names
        ],
        "demand": demand,
        "lanes": [{"node": node, "channel": "web", "cost": 0.5 + number} for number, node in enumerate(names)],
    }


def by_a_loop(tables: dict[str, list[dict[str, object]]]) -> float:
    """Return what a loop earns that takes complete orders by value per unit, as they fit, from a single node."""
    left = {row["sku"]: int(row["units"]) for row in tables["supply"]}
    orders: dict[object, list[dict[str, object]]] = {}
    for line in tables["demand"]:
        orders.setdefault(line["order"], []).append(line)

    def value(lines: list[dict[str, object]]) -> float:
        return sum(int(line["units"]) * (float(line["price"]) - 0.5) for line in lines)

    earned = 0.0
    for lines in sorted(orders.values(), key=lambda each: -value(each) / sum(int(line["units"]) for line in each)):
        if all(left[line["sku"]] >= int(line["units"]) for line in lines):
            earned += value(lines)
            for line in lines:
                left[line["sku"]] -= int(line["units"])
    return earned


@settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
@given(cases())
def test_a_plan_keeps_every_rule_and_no_bound_is_too_low(case: tuple[ao.Problem, tuple[Clause, ...]]) -> None:
    """Whatever the rules are, what the search calls a plan is one, and the optimum lies between plan and bounds."""
    try:
        program = program_of(*case)
        search, rents = searched(program)
    except (UnreadableError, ao.ContractError):
        return
    best = highs.branch(program, Clock.started(30.0), gap=1e-9)
    proof = certify(program, search.plan, search.multipliers, rents=rents)
    kept = proof.violation == 0 and proof.integrality == 0
    if best.x is None:
        assert not kept
        return
    optimum = program.objective(best.x)
    room = 1e-6 * max(1.0, abs(optimum))
    assert min(proof.bound, bound_by_lots(program, rents), search.bound + search.fixed) >= optimum - room
    if kept:
        assert proof.objective <= optimum + room
        assert proof.objective == pytest.approx(search.best + search.fixed, abs=room)


SENT = (
    ("ship_from_one", "parcel_cost", "late"),
    ("all_or_none", "ship_together", "parcel_cost", "late"),
    ("max_parcels", "ship_together", "ship_from_one", "work_per_parcel", "late"),
    ("sealed", "packs", "min_ship", "parcel_cost"),
)
"""Features by which an arc hangs on several switches, or one switch on a single line."""


@pytest.mark.parametrize("features", SENT)
@pytest.mark.parametrize("seed", [10, 71, 109, 113, *range(6)])
def test_orders_behind_several_switches_are_read_as_they_are(features: tuple[str, ...], seed: int) -> None:
    """Parcels beside single sources, sealed cases beside packs: a plan is one, and the bounds are none too low."""
    try:
        program = program_of(ao.Problem.from_dict(with_all(features, seed)))
        search, rents = searched(program, 300)
    except UnreadableError:
        return
    best = highs.branch(program, Clock.started(30.0), gap=1e-9)
    assert best.x is not None
    optimum = program.objective(best.x)
    proof = certify(program, search.plan, search.multipliers, rents=rents)
    assert (proof.violation, proof.integrality) == (0, 0)
    room = 1e-6 * max(1.0, abs(optimum))
    assert proof.objective <= optimum + room
    assert min(proof.bound, bound_by_lots(program, rents), search.bound + search.fixed) >= optimum - room


@pytest.mark.parametrize(
    "marks", [{}, {"max_parcels": 1}, {"all_or_none": True}, {"ship_together": True, "max_late": 1}]
)
def test_parcels_that_cost_are_searched_as_orders(monkeypatch: pytest.MonkeyPatch, marks: dict[str, object]) -> None:
    """A shop's orders in parcels that cost: the plan keeps the limits, and what is left to gain is known."""
    monkeypatch.setattr(solving, "MANY", 50)
    tables = shop(120, nodes=3, whole=False)
    tables["demand"] = [line | {"ship_from_one": False} | marks for line in tables["demand"]]
    tables["lanes"] = [lane | {"parcel_cost": 5.0} for lane in tables["lanes"]]
    plan = ao.allocate(ao.Problem.from_dict(tables), work_limit=100)
    assert plan.method == solving.METHOD
    assert plan.certificate is not None
    assert plan.certificate.passed
    assert plan.certificate.gap < 0.15
    sent = plan.allocation.groupby("order")
    assert sent["parcel"].nunique().max() <= (marks.get("max_parcels") or 3)
    assert plan.channels["parcels"].sum() == 5.0 * plan.allocation["parcel"].nunique()
    if "ship_together" in marks:
        assert sent["ship"].nunique().max() == 1


@settings(max_examples=30, deadline=None, suppress_health_check=SLOW)
@given(st.integers(0, 10_000), st.integers(1, 3), st.booleans())
def test_any_rents_give_a_bound(seed: int, nodes: int, whole: bool) -> None:
    """A bound by integral lots holds for rents, tolls and prices taken out of the air."""
    program = program_of(ao.Problem.from_dict(shop(5, seed=seed, nodes=nodes, whole=whole)))
    try:
        read(program)
    except UnreadableError:  # there is no stock at all
        reject()
    random = np.random.default_rng(seed)
    rents = Rents(
        random.normal(0, 20, program.rows), random.normal(0, 20, program.columns), random.normal(0, 60, program.columns)
    )
    best = highs.branch(program, Clock.started(30.0), gap=1e-9)
    assert best.x is not None
    assert bound_by_lots(program, rents) >= program.objective(best.x) - 1e-6


def test_lots_in_whole_units_bound_better_than_the_relaxation() -> None:
    """Two orders of 2 and a lot of 3: the relaxation ships one and a half, whole lots only one."""
    tables = shop(2)
    tables["skus"] = [{"sku": "A"}]
    tables["supply"] = [{"sku": "A", "node": "N0", "kind": "on_hand", "units": 3}]
    tables["lanes"] = [{"node": "N0", "channel": "web"}]
    line = {"sku": "A", "channel": "web", "period": 0, "units": 2, "price": 10.0, "all_or_none": True}
    tables["demand"] = [line | {"order": "first"}, line | {"order": "second"}]
    program = program_of(ao.Problem.from_dict(tables))
    search, rents = searched(program)
    assert search.best == 20.0
    assert program.objective(highs.linear(program, Clock.started(None)).x) == pytest.approx(30.0)
    assert bound_by_lots(program, rents) == pytest.approx(20.0, rel=1e-3)


@pytest.mark.parametrize(("nodes", "whole"), [(1, True), (3, False), (3, True)])
def test_threads_and_repetition_change_nothing(nodes: int, whole: bool) -> None:
    """One thread or two, once or twice: the same plan and the same bound."""
    program = program_of(ao.Problem.from_dict(shop(60, nodes=nodes, whole=whole)))
    ended = [searched(program, 2_000, threads)[0] for threads in (1, 2, 2)]
    assert len({search.bound for search in ended}) == 1
    assert all(np.array_equal(search.units, ended[0].units) for search in ended)


def test_what_is_compiled_is_compiled_once() -> None:
    """Whatever a program holds, functions are called with the types that their code is kept for."""
    for nodes, whole in ((1, True), (3, False)):
        searched(program_of(ao.Problem.from_dict(shop(30, nodes=nodes, whole=whole))), 100)
    for function in native.FUNCTIONS:
        assert list(function.overloads) == [function._cache.signature], function.__name__


def test_a_loop_is_never_better(monkeypatch: pytest.MonkeyPatch) -> None:
    """Complete orders earn at least what a loop by value earns, and the certificate knows how much is left."""
    monkeypatch.setattr(solving, "MANY", 50)
    tables = shop(300)
    plan = ao.allocate(ao.Problem.from_dict(tables), work_limit=100)
    assert plan.objective >= by_a_loop(tables)
    assert plan.certificate is not None
    assert plan.certificate.gap < 0.06
    assert plan.method == solving.METHOD


def test_a_longer_search_contains_the_shorter_one() -> None:
    """More moves never end with less."""
    program = program_of(ao.Problem.from_dict(shop(120, nodes=2, whole=False)))
    earned = [searched(program, moves)[0].best for moves in (100, 1_000, 5_000)]
    assert earned == sorted(earned)


@pytest.mark.parametrize(("nodes", "whole"), [(1, True), (3, False), (3, True)])
def test_orders_in_turn_need_no_compiled_code(nodes: int, whole: bool) -> None:
    """Many at a time, without compiled code: a plan that keeps every rule, and about as good as one by one."""
    program = program_of(ao.Problem.from_dict(shop(120, nodes=nodes, whole=whole)))
    search = OrderSearch(program)
    search.first()
    x = search.given.plan(program, in_passes(search.given, by_value(search.given)))
    assert certify(program, x, None).violation == 0
    assert program.objective(x) >= 0.97 * (search.best + search.fixed)


def test_without_compiled_code_there_is_the_first_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where compiling does not fit into the limit, complete orders earn what a loop by value earns all the same."""
    monkeypatch.setattr(solving, "_ready", lambda clock: False)
    tables = shop(300)
    plan = ao.allocate(ao.Problem.from_dict(tables), time_limit=0.5)
    assert plan.objective >= by_a_loop(tables) - 1e-6


def test_commitments_are_kept_from_a_plan_that_keeps_them() -> None:
    """A search that begins with a plan never ends with one that breaks what that one kept."""
    tables = shop(40)
    tables["demand"][0] |= {"min_units": tables["demand"][0]["units"], "price": 0.1}
    program = program_of(ao.Problem.from_dict(tables))
    start = highs.branch(program, Clock.started(30.0), gap=0.5)
    assert start.x is not None
    search = OrderSearch(program)
    search.first()
    search.begin_from(start.x)
    search.by_prices(Clock.started(None))
    search.run(Clock.started(None), gap=0.0, moves=2_000)
    proof = certify(program, search.plan, None)
    assert proof.violation == 0
    assert proof.objective >= program.objective(start.x) - 1e-6


def test_what_is_no_order_is_said() -> None:
    """Divisible units are not searched as orders."""
    tables = shop(3)
    tables["skus"] = [{"sku": row["sku"], "divisible": True} for row in tables["skus"]]
    for line in tables["demand"]:
        line["all_or_none"] = False
    with pytest.raises(UnreadableError, match="divisible"):
        read(program_of(ao.Problem.from_dict(tables)))


def test_a_descent_never_loses_its_best() -> None:
    """The bound that is kept is the lowest one seen."""
    program = program_of(ao.Problem.from_dict(shop(40)))
    search, _ = searched(program, 100)
    descent = Rented(search.given, search.price)
    seen = []
    for _ in range(30):
        descent.step(search.best)
        seen.append(descent.best)
    assert seen == sorted(seen, reverse=True)


def test_a_matching_of_orders_to_nodes_is_solved_as_one():
    """Whole orders of one line each, of any size, where nodes count orders: the best matching, and proven to be it."""
    rng = np.random.default_rng(7)
    orders, nodes, each = 260, ("N0", "N1", "N2"), 60
    cost = rng.integers(1, 400, (orders, len(nodes))) / 100
    size, price = rng.integers(1, 90, orders), rng.integers(500, 900, orders) / 100
    skus = [f"S{k}" for k in range(orders)]
    problem = ao.Problem(
        skus=pd.DataFrame({"sku": skus}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": ["web"]}),
        supply=pd.DataFrame(
            {"sku": np.repeat(skus, len(nodes)), "node": nodes * orders, "kind": "on_hand", "units": 100}
        ),
        demand=pd.DataFrame(
            {
                "sku": skus,
                "channel": "web",
                "period": 0,
                "units": size,
                "price": price,
                "order": skus,
                "all_or_none": True,
            }
        ),
        lanes=pd.DataFrame(
            [(n, "web", s, cost[k, m]) for k, s in enumerate(skus) for m, n in enumerate(nodes)],
            columns=["node", "channel", "sku", "cost"],
        ),
        capacity=pd.DataFrame({"node": nodes, "period": 0, "resource": "orders", "limit": each}),
        workloads=pd.DataFrame({"resource": ["orders"], "workload": [1], "per": ["order"]}),
    )
    worth = np.repeat((price[:, None] - cost) * size[:, None], each, axis=1)
    rows, columns = optimize.linear_sum_assignment(worth, maximize=True)
    plan = ao.allocate(problem)
    assert (plan.status, plan.objective) == ("optimal", pytest.approx(worth[rows, columns].sum()))
    assert plan.proof.gap < 1e-9
