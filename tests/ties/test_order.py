"""Which plan is the answer where several are worth the same: what a planner would expect, case by case."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import allocopt as ao

Record = dict[str, Any]


def solved(supply: list[Record], demand: list[Record], lanes: list[Record] | None = None, **more: Any) -> ao.Plan:
    """Return the plan of one article, by default of one node ``W`` and one channel ``web``, at a price of 10."""
    options = {name: more.pop(name) for name in ("contract", "solver", "divisible") if name in more}
    lanes = lanes or [{"node": "W", "channel": "web"}]
    tables: dict[str, Any] = {
        "skus": [{"sku": "S", "divisible": options.get("divisible", False)}],
        "nodes": [{"node": node} for node in dict.fromkeys(row["node"] for row in lanes)],
        "channels": [{"channel": channel} for channel in dict.fromkeys(row["channel"] for row in lanes)],
        "supply": [{"sku": "S", "node": "W", "kind": "on_hand"} | row for row in supply],
        "demand": [{"sku": "S", "channel": "web", "period": 0, "price": 10.0} | row for row in demand],
        "lanes": lanes,
    }
    contract = options.get("contract")
    return ao.allocate(ao.Problem.from_dict(tables | more), contract, solver=options.get("solver", "auto"))


def units(plan: ao.Plan, column: str) -> dict[Any, float]:
    """Return the units that ship, by a column of the allocation."""
    return {key: float(rows["units"].sum()) for key, rows in plan.allocation.groupby(column)}


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("divisible", [False, True])
def test_the_rank_decides_whatever_the_orders_are_called(solver: str, divisible: bool) -> None:
    """Of seven units rank 1 gets its four, rank 2 what is left, rank 3 nothing."""
    orders = [("z", 4, 1), ("a", 12, 2), ("m", 2, 3)]
    demand = [{"order": name, "units": wanted, "priority": rank} for name, wanted, rank in orders]
    plan = solved([{"units": 7}], demand, solver=solver, divisible=divisible)
    assert units(plan, "order") == {"z": 4.0, "a": 3.0}


def test_a_line_without_a_rank_comes_last() -> None:
    """Any rank comes before none."""
    demand = [{"order": "a", "units": 5}, {"order": "z", "units": 5, "priority": 9}]
    assert units(solved([{"units": 5}], demand), "order") == {"z": 5.0}


def test_money_comes_before_rank() -> None:
    """Without a stage for it, rank 1 does not outweigh a better price."""
    demand = [
        {"order": "first", "units": 5, "priority": 1, "price": 9.0},
        {"order": "second", "units": 5, "priority": 2},
    ]
    plan = solved([{"units": 5}], demand)
    assert units(plan, "order") == {"second": 5.0}
    assert plan.objective == 50.0


def test_the_least_money_is_money() -> None:
    """A ten-thousandth of a cent a unit is not given up for a rank."""
    demand = [
        {"order": "first", "units": 5, "priority": 1, "price": 10.0},
        {"order": "second", "units": 5, "priority": 2, "price": 10.000001},
    ]
    assert units(solved([{"units": 5}], demand), "order") == {"second": 5.0}


def test_rounding_of_money_hides_no_tie() -> None:
    """Ten times a fee of a tenth is not exactly a unit of money: the rank decides all the same."""
    lanes = [{"node": "W", "channel": "web", "cost": 0.1 + 0.2}, {"node": "W", "channel": "shop", "cost": 0.3}]
    demand = [{"order": "a", "units": 5, "channel": "shop"}, {"order": "z", "units": 5, "priority": 1}]
    assert units(solved([{"units": 5}], demand, lanes), "order") == {"z": 5.0}


def test_older_orders_come_before_newer_ones() -> None:
    """Who ordered first is served first; a blank arrival is the start of the due period."""
    demand = [
        {"order": "b-new", "units": 2, "arrived": -1.0},
        {"order": "a-today", "units": 2},
        {"order": "z-old", "units": 5, "arrived": -2.0},
    ]
    assert units(solved([{"units": 6}], demand), "order") == {"z-old": 5.0, "b-new": 1.0}


def test_the_nearest_weeks_are_served_first() -> None:
    """Ten units over five weeks of four: 4, 4, 2, although the orders' names run the other way."""
    demand = [{"order": f"o{9 - week}", "units": 4, "period": week} for week in range(5)]
    assert units(solved([{"units": 10}], demand), "due") == {0: 4.0, 1: 4.0, 2: 2.0}


def test_a_unit_that_is_there_goes_to_who_is_due() -> None:
    """No unit waits for a later line while somebody who is due goes short."""
    supply = [{"units": 5}, {"units": 2, "kind": "inbound", "available": 1}]
    demand = [{"order": "now", "units": 6}, {"order": "next", "units": 3, "period": 1}]
    plan = solved(supply, demand)
    assert units(plan, "order") == {"next": 2.0, "now": 5.0}
    assert units(plan, "kind") == {"inbound": 2.0, "on_hand": 5.0}


def test_first_expired_goes_first() -> None:
    """Of five lots the one that expires first is used up first, over several orders."""
    lots = [("L0", 7, 4), ("L1", 5, 2), ("L2", 9, 3), ("L3", 6, 6), ("L4", 8, 5)]
    supply = [
        {"reference": name, "units": count, "expires": expires, "end_value": 0.0} for name, count, expires in lots
    ]
    demand = [{"order": f"o{number}", "units": 5} for number in range(3)]
    assert units(solved(supply, demand), "reference") == {"L0": 1.0, "L1": 5.0, "L2": 9.0}


def test_expiry_comes_before_availability_and_availability_before_names() -> None:
    """A lot that comes later but expires earlier goes first; without expiry the one that is there first does."""
    supply = [
        {"units": 6, "expires": 20, "reference": "here", "end_value": 0.0},
        {"units": 6, "expires": 8, "reference": "later", "end_value": 0.0, "kind": "inbound", "available": 2},
    ]
    assert units(solved(supply, [{"units": 4, "period": 3}]), "reference") == {"later": 4.0}
    there = [("L0", 6, 2), ("L1", 5, 0), ("L2", 9, 3), ("L3", 4, 1)]
    supply = [{"reference": name, "units": count, "kind": "inbound", "available": when} for name, count, when in there]
    assert units(solved(supply, [{"units": 8, "period": 3}]), "reference") == {"L1": 5.0, "L3": 3.0}


def test_the_nearer_node_ships() -> None:
    """Of two nodes at the same cost the one with the shorter lead ships."""
    lanes = [{"node": "A", "channel": "web", "lead": 2}, {"node": "Z", "channel": "web", "lead": 1}]
    supply = [{"node": "A", "units": 5}, {"node": "Z", "units": 5}]
    assert units(solved(supply, [{"units": 4, "period": 3}], lanes), "node") == {"Z": 4.0}


def test_fewer_periods_late_come_before_lots_and_earlier_shipping_last() -> None:
    """What is on time goes before what expires first; among equals the earlier shipment is taken."""
    supply = [
        {"units": 4, "expires": 3, "reference": "late", "kind": "inbound", "available": 1, "end_value": 0.0},
        {"units": 4, "expires": 9, "reference": "on time", "end_value": 0.0},
    ]
    plan = solved(supply, [{"units": 4, "max_late": 2}])
    assert units(plan, "reference") == {"on time": 4.0}
    plan = solved([{"units": 4}], [{"units": 4, "period": 2, "max_early": 2}])
    assert units(plan, "ship") == {0: 4.0}


def test_packs_go_to_the_better_rank_as_a_whole() -> None:
    """A pack of three moves at once, and only where the other line takes whole packs as well."""
    demand = [
        {"order": "a", "units": 6, "pack": 3},
        {"order": "z", "units": 6, "pack": 2, "priority": 1},
        {"order": "m", "units": 6, "pack": 3, "priority": 2},
    ]
    plan = solved([{"units": 9}], demand)
    assert units(plan, "order") == {"m": 3.0, "z": 6.0}


def test_capacity_binds_ties() -> None:
    """The better rank ships in the period that has room, the other one later."""
    demand = [
        {"order": "a", "units": 2, "max_late": 1},
        {"order": "z", "units": 2, "max_late": 1, "priority": 1},
    ]
    capacity = [{"node": "W", "period": 0, "limit": 2}, {"node": "W", "period": 1, "limit": 2}]
    lots = [{"units": 2, "reference": "L1"}, {"units": 2, "reference": "L2"}]
    plan = solved(lots, demand, capacity=capacity)
    shipped = plan.allocation.set_index("order")["ship"].to_dict()
    assert shipped == {"a": 1, "z": 0}


def test_commitments_and_what_is_complete_only_are_kept() -> None:
    """A commitment to the last rank stays, and an order that is served whole or not at all is never broken up."""
    demand = [
        {"order": "a", "units": 4, "min_units": 2, "priority": 9},
        {"order": "z", "units": 6, "priority": 1},
    ]
    assert units(solved([{"units": 6}], demand), "order") == {"a": 2.0, "z": 4.0}
    demand = [
        {"order": "a", "units": 5, "all_or_none": True},
        {"order": "z", "units": 6, "priority": 1},
    ]
    assert units(solved([{"units": 7}], demand), "order") in ({"z": 6.0}, {"a": 5.0, "z": 2.0})


def test_an_order_from_one_node_moves_to_the_node_that_is_nearer() -> None:
    """The switch of the other node follows."""
    lanes = [{"node": "A", "channel": "web", "lead": 1}, {"node": "Z", "channel": "web"}]
    supply = [{"node": "A", "units": 5}, {"node": "Z", "units": 5}]
    demand = [{"order": "o", "units": 4, "period": 2, "ship_from_one": True}]
    assert units(solved(supply, demand, lanes), "node") == {"Z": 4.0}


def test_a_reserve_follows_an_exchange_of_lots() -> None:
    """Stock kept for a channel may be kept in another lot: first expired still goes first."""
    lanes = [{"node": "W", "channel": "web"}, {"node": "W", "channel": "shop"}]
    supply = [
        {"units": 5, "expires": 9, "reference": "long", "end_value": 0.0},
        {"units": 5, "expires": 4, "reference": "short", "end_value": 0.0},
    ]
    demand = [{"units": 5, "period": 2}, {"units": 3, "period": 2, "channel": "shop", "price": 1.0}]
    contract = ao.Contract("Kept", clauses=[ao.Protect("shop", units=4)])
    plan = solved(supply, demand, lanes, contract=contract)
    assert plan.status == "optimal"
    short = plan.allocation.query("reference == 'short'")
    assert short["units"].sum() == 5.0


def test_ranks_that_nothing_reads_are_told() -> None:
    """A note says that ranks settle ties only, and names the contract that serves rank after rank."""
    demand = [{"order": "a", "units": 5, "priority": 1}, {"order": "z", "units": 5}]
    plan = solved([{"units": 5}], demand)
    assert [note for note in plan.notes if "by_priority()" in note and "ties only" in note]
    read = ao.Contract("Served", clauses=[ao.Service(0.5, "web", priority=1)])
    assert not [note for note in solved([{"units": 5}], demand, contract=read).notes if "by_priority()" in note]
    assert not [note for note in solved([{"units": 5}], [{"units": 3}]).notes if "by_priority()" in note]
    turns = solved([{"units": 5}], demand, contract=ao.first_come())  # who comes together goes by rank
    assert not [note for note in turns.notes if "by_priority()" in note]


def test_the_order_of_rows_settles_nothing() -> None:
    """The same rows turned around give the same plan."""
    rng = np.random.default_rng(3)
    supply = [{"units": int(rng.integers(1, 6)), "reference": f"L{n}", "expires": 4 + n % 2} for n in range(6)]
    demand = [{"units": int(rng.integers(1, 6)), "order": f"O{n}", "period": n % 3} for n in range(6)]
    there, back = solved(supply, demand), solved(supply[::-1], demand[::-1])
    columns = ["lot", "order", "ship", "units"]
    assert there.allocation[columns].to_dict("records") == back.allocation[columns].to_dict("records")


def test_what_an_earlier_stage_locked_stays() -> None:
    """Units that a channel won in a stage of its own are not given to a better rank of another one."""
    lanes = [{"node": "W", "channel": "web"}, {"node": "W", "channel": "shop"}]
    demand = [{"units": 5, "channel": "shop", "order": "a"}, {"units": 5, "order": "z", "priority": 1}]
    for stage in (ao.Fill("shop"), ao.Fill("shop", lock="plan")):
        plan = solved([{"units": 5}], demand, lanes, contract=ao.Contract("Shops first", stages=[stage]))
        assert units(plan, "order") == {"a": 5.0}
