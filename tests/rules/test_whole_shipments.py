"""Packs, least shipments, orders served whole or not at all, orders from one node."""

from __future__ import annotations

import pytest
from tests.rules.small import problem, reasons, units

import allocopt as ao


def test_whole_packs_leave_the_rest_in_the_lot():
    """Of 10 units, two packs of 4 ship to wholesale at 9; the 2 that are left go to dtc, which pays only 5."""
    plan = ao.allocate(
        problem(
            skus="sku pack\nA 4",
            channels="channel kind\ndtc dtc\nresale wholesale",
            supply="sku node kind units\nA East on_hand 10",
            demand="sku channel period units price\nA resale 0 10 9\nA dtc 0 10 5",
        )
    )
    assert units(plan, "channel") == {"resale": 8, "dtc": 2}
    assert plan.objective == pytest.approx(8 * 9 + 2 * 5)


@pytest.mark.parametrize(("wanted", "cost", "sold"), [(6, 0, 4), (12, 0, 8), (6, 9.5, 0)])
def test_a_pack_may_be_made_up_of_several_lots(wanted, cost, sold):
    """3 + 3 + 2 units at one node are two packs of 4 for a line; a lane that costs more than it earns is not taken."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units expires\nA East on_hand 3 3\nA East on_hand 3 4\nA East on_hand 2 .",
            demand=f"sku channel period units price pack\nA dtc 0 {wanted} 9 4",
            lanes=f"node channel cost\nEast dtc {cost}",
        )
    )
    assert plan.allocation["units"].sum() == sold


def test_two_lanes_are_two_shipments():
    """Road takes 4 and rail 2: of two packs of 3 one goes by road, and none half by one and half by the other."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 6",
        "demand": "sku channel period units price pack\nA dtc 0 6 9 3",
        "lanes": "node channel via capacity\nEast dtc road 4\nEast dtc rail 2",
    }
    plan = ao.allocate(problem(**tables))
    assert units(plan, "lane") == {"East>dtc/via=road": 3}


def test_packs_bind_per_shipment_and_not_per_line():
    """Two nodes with 3 units each hold no pack of 4 between them."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units\nA East on_hand 3\nA West on_hand 3",
            demand="sku channel period units price pack\nA dtc 0 6 9 4",
        )
    )
    assert plan.objective == 0
    assert reasons(plan) == {"dtc": "pack"}


def test_a_line_without_packs_takes_fractions_of_a_divisible_sku():
    """Half a unit ships to a line without a pack size, although another line of the problem has one."""
    plan = ao.allocate(
        problem(
            skus="sku divisible\nA true",
            supply="sku node kind units\nA East on_hand 0.5",
            demand="sku channel period units price pack\nA dtc 0 0.5 4 1\nA shop 0 0.5 4 2",
        )
    )
    assert plan.objective == pytest.approx(2)


def test_the_pack_of_the_demand_line_counts_before_that_of_the_sku():
    """Wholesale lines take the SKU's pack of 4 unless they name their own, here 5: of 9 units, 5 or 8 ship."""
    tables = {
        "skus": "sku pack\nA 4",
        "channels": "channel kind\nresale wholesale",
        "supply": "sku node kind units\nA East on_hand 9",
    }
    own = problem(**tables, demand="sku channel period units price pack\nA resale 0 9 9 5")
    sku = problem(**tables, demand="sku channel period units price pack\nA resale 0 9 9 .")
    assert units(ao.allocate(own), "channel") == {"resale": 5}
    assert units(ao.allocate(sku), "channel") == {"resale": 8}


def test_a_least_shipment_is_kept_or_nothing_ships():
    """Of 7 units dtc pays most but takes at least 5 a shipment; with 4 promised elsewhere it gets nothing."""
    tables = {"supply": "sku node kind units\nA East on_hand 7"}
    free = problem(**tables, demand="sku channel period units price min_ship\nA dtc 0 6 9 5\nA shop 0 6 4 0")
    plan = ao.allocate(free)
    assert units(plan, "channel") == {"dtc": 6, "shop": 1}
    bound = problem(
        **tables, demand="sku channel period units price min_ship min_units\nA dtc 0 6 9 5 0\nA shop 0 6 4 0 4"
    )
    plan = ao.allocate(bound)
    assert units(plan, "channel") == {"shop": 6}
    assert plan.objective == pytest.approx(24)


def test_a_least_shipment_counts_per_lane_and_period():
    """At least 4 a shipment: 3 in East and 3 in West never make one; two lots in East do."""
    line = "sku channel period units price min_ship\nA dtc 1 6 9 4"
    apart = problem(supply="sku node kind units\nA East on_hand 3\nA West on_hand 3", demand=line)
    together = problem(supply="sku node kind units available\nA East on_hand 3 0\nA East inbound 3 1", demand=line)
    assert ao.allocate(apart).objective == 0
    assert ao.allocate(together).objective == pytest.approx(6 * 9)


def test_an_order_is_served_whole_or_not_at_all():
    """Both lines of O1 ship or none: 6 A at 10 and 4 B at 1 beat 5 B at 8 only where there is stock for both."""
    tables = {
        "demand": """
            sku channel period units price order all_or_none
            A   dtc     0      6     10    O1    true
            B   dtc     0      4     1     O1    true
            B   shop    0      5     8     .     false
        """
    }
    short = problem(supply="sku node kind units\nA East on_hand 6\nB East on_hand 5", **tables)
    plan = ao.allocate(short)  # O1 whole: 60 + 4, and the fifth B to shop: 8
    assert plan.objective == pytest.approx(72)
    assert units(plan, "channel", "sku") == {("dtc", "A"): 6, ("dtc", "B"): 4, ("shop", "B"): 1}
    lacking = problem(supply="sku node kind units\nA East on_hand 5\nB East on_hand 5", **tables)
    plan = ao.allocate(lacking)  # one A is missing: none of O1 ships
    assert units(plan, "channel", "sku") == {("shop", "B"): 5}


def test_a_line_that_nothing_reaches_keeps_its_order_unserved():
    """C has no stock, so A of the same all-or-none order stays, and says why."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units\nA East on_hand 9",
            demand="""
                sku channel period units price order all_or_none
                A   dtc     0      6     10    O1    true
                C   dtc     0      1     10    O1    true
                A   shop    0      2     5     .     false
            """,
        )
    )
    assert units(plan, "channel") == {"shop": 2}
    assert plan.shortfalls.set_index("sku")["reason"].to_dict() == {"A": "all_or_none", "C": "no_supply"}


def test_orders_of_two_channels_with_one_number_are_two_orders():
    """Order 7 of dtc cannot be complete; order 7 of shop is another one and ships."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units\nA East on_hand 4",
            demand="""
                sku channel period units price order all_or_none
                A   dtc     0      5     10    O7    true
                A   shop    0      3     9     O7    true
            """,
        )
    )
    assert units(plan, "channel") == {"shop": 3}


def test_an_order_from_one_node_leaves_from_one_node():
    """4 in East and 3 in West, 6 wanted from one node: 4 ship, where 6 would without the mark."""
    tables = {"supply": "sku node kind units\nA East on_hand 4\nA West on_hand 3"}
    one = problem(**tables, demand="sku channel period units price ship_from_one\nA dtc 0 6 10 true")
    any_ = problem(**tables, demand="sku channel period units price ship_from_one\nA dtc 0 6 10 false")
    assert units(ao.allocate(one), "node") == {"East": 4}
    assert ao.allocate(any_).objective == pytest.approx(60)


def test_the_lines_of_an_order_share_the_node():
    """A would be whole from East (40) and B from West (12): together East gives 40 + 6, West 30 + 12; East it is."""
    plan = ao.allocate(
        problem(
            supply="""
                sku node kind    units
                A   East on_hand 4
                A   West on_hand 3
                B   East on_hand 3
                B   West on_hand 6
            """,
            demand="""
                sku channel period units price order ship_from_one
                A   dtc     0      4     10    O1    true
                B   dtc     0      6     2     O1    true
            """,
        )
    )
    assert units(plan, "node", "sku") == {("East", "A"): 4, ("East", "B"): 3}
    assert plan.objective == pytest.approx(46)
