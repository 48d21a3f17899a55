"""Capacity of nodes in units and hours, work per order, and capacity of lanes."""

from __future__ import annotations

import pytest
from tests.rules.small import problem, units

import allocopt as ao

STOCK = "sku node kind units\nA East on_hand 20\nB East on_hand 20"


def test_units_are_limited_per_node_and_period():
    """East handles 7 a period: the best 7 in period 0 (5 at 9, 2 at 6), and what is due later is not touched."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 5 9\nB dtc 0 5 6\nB dtc 1 4 3",
            capacity="node period limit\nEast 0 7.5",
        )
    )
    assert units(plan, "sku", "ship") == {("A", 0): 5, ("B", 0): 2, ("B", 1): 4}
    assert plan.objective == pytest.approx(45 + 12 + 12)


def test_goods_count_in_the_period_in_which_they_ship():
    """With a lead of one period the goods of period 1 load East in period 0."""
    tables = {
        "supply": STOCK,
        "demand": "sku channel period units price\nA dtc 1 5 9",
        "lanes": "node channel lead\nEast dtc 1",
    }
    assert ao.allocate(problem(**tables, capacity="node period limit\nEast 0 2")).objective == pytest.approx(18)
    assert ao.allocate(problem(**tables, capacity="node period limit\nEast 1 2")).objective == pytest.approx(45)


def test_hours_go_to_what_earns_most_with_them():
    """A earns 9 in 3 hours, B 4 in 1. All 6 B and one A leave an hour idle (33); two A and 4 B leave none (34)."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 5 9\nB dtc 0 6 4",
            capacity="node period resource limit\nEast 0 hours 10",
            workloads="resource sku workload\nhours A 3\nhours B 1",
        )
    )
    assert units(plan, "sku") == {"A": 2, "B": 4}
    assert plan.objective == pytest.approx(34)


@pytest.mark.parametrize(
    ("rows", "served"),
    [
        ("hours . . 1", 6),
        ("hours . . 1\nhours . dtc 2", 3),
        ("hours . . 1\nhours . dtc 2\nhours A . 3", 2),
        ("hours . . 1\nhours . dtc 2\nhours A . 3\nhours A dtc 0.5", 10),
    ],
)
def test_the_most_specific_workload_counts(rows, served):
    """SKU and channel before SKU, SKU before channel, channel before general: 6 hours serve so many units."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 10 9",
            capacity="node period resource limit\nEast 0 hours 6",
            workloads="resource sku channel workload\n" + rows,
        )
    )
    assert units(plan, "channel") == {"dtc": served}


def test_a_bulky_sku_takes_several_units_and_the_others_still_take_one():
    """A takes 3 of the resource `units`; B, of which nothing is said, takes 1 as ever: of 10, one A and 7 B."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 1 90\nB dtc 0 9 6",
            capacity="node period limit\nEast 0 10",
            workloads="resource sku workload\nunits A 3",
        )
    )
    assert units(plan, "sku") == {"A": 1, "B": 7}


def test_a_resource_of_which_nothing_is_said_is_not_taken():
    """Hours are free for a SKU without a workload."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 4 9\nB dtc 0 5 9",
            capacity="node period resource limit\nEast 0 hours 2",
            workloads="resource sku workload\nhours A 1",
        )
    )
    assert units(plan, "sku") == {"A": 2, "B": 5}


def test_an_order_is_handled_once_however_many_lines_it_has():
    """Two picks: O1 with its two lines (36 + 16) takes one, the line without an order (30) the other, O2 (20) none."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="""
                sku channel period units price order
                A   dtc     0      4     9     O1
                B   dtc     0      4     4     O1
                A   dtc     0      2     10    O2
                B   dtc     0      5     6     .
            """,
            capacity="node period resource limit\nEast 0 picks 2",
            workloads="resource workload per\npicks 1 order",
        )
    )
    assert units(plan, "order", "sku") == {("O1", "A"): 4, ("O1", "B"): 4, ("", "B"): 5}


def test_an_order_is_handled_anew_at_every_node_and_in_every_period():
    """One pick at each node: an order of 6 with 4 in East and 4 in West takes both picks, so nobody else is served."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units\nA East on_hand 4\nA West on_hand 4",
            demand="sku channel period units price order\nA dtc 0 6 9 O1\nA shop 0 2 20 .",
            capacity="node period resource limit\nEast 0 picks 1\nWest 0 picks 1",
            workloads="resource workload per\npicks 1 order",
        )
    )
    assert plan.objective == pytest.approx(2 * 20 + 4 * 9)


def test_work_per_order_of_one_channel_leaves_the_others_alone():
    """Only wholesale orders need a packing slip; with room for none of them, dtc is served as ever."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 4 9\nA resale 0 4 9",
            capacity="node period resource limit\nEast 0 slips 0.5",
            workloads="resource channel workload per\nslips resale 1 order",
        )
    )
    assert units(plan, "channel") == {"dtc": 4}


def test_a_lane_ships_its_capacity_in_every_period():
    """3.9 units a period are 3; goods that may come early use the lane of the period before."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price max_early\nA dtc 1 10 9 1",
            lanes="node channel capacity\nEast dtc 3.9",
        )
    )
    assert units(plan, "ship") == {0: 3, 1: 3}


def test_a_specific_lane_has_its_own_capacity_and_counts_toward_the_general_one():
    """At most 4 of A and at most 6 of all: A (at 9) gets its 4, B the 2 that are left."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 9 9\nB dtc 0 9 5",
            lanes="node channel sku capacity\nEast dtc . 6\nEast dtc A 4",
        )
    )
    assert units(plan, "sku") == {"A": 4, "B": 2}


def test_lanes_by_another_carrier_have_their_own_capacity():
    """Road takes 3 at no cost, air as many as there are at 2 a unit: 3 by road, 5 by air."""
    plan = ao.allocate(
        problem(
            supply=STOCK,
            demand="sku channel period units price\nA dtc 0 8 9",
            lanes="node channel via capacity cost\nEast dtc road 3 0\nEast dtc air . 2",
        )
    )
    assert units(plan, "lane") == {"East>dtc/via=air": 5, "East>dtc/via=road": 3}
    assert plan.objective == pytest.approx(8 * 9 - 5 * 2)
