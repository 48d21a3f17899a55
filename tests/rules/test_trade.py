"""Contribution by its parts, lost and late sales, commitments, lanes, regions, fractions of units."""

from __future__ import annotations

import pytest
from tests.rules.small import problem, reasons, units

import allocopt as ao

LOT = "sku node kind units\nA East on_hand 10"


def test_the_tiny_problem_is_solved_as_by_hand(tiny):
    """The plan is the one in the fixture's docstring, and the one optimum is proven."""
    plan = ao.allocate(tiny)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(120)
    assert plan.certificate is not None
    assert plan.certificate.gap <= 1e-9
    assert units(plan, "sku", "node", "channel", "ship") == {
        ("A", "East", "amazon", 0): 1,
        ("A", "East", "dtc", 0): 6,
        ("A", "East", "dtc", 1): 3,
        ("A", "West", "amazon", 1): 5,
        ("A", "West", "dtc", 1): 1,
        ("B", "East", "amazon", 1): 4,
        ("B", "East", "dtc", 0): 1,
    }


def test_every_part_of_contribution_stands_in_its_column():
    """10 units at 10, of which 20 % come back and a quarter of these goods is recovered; all by hand."""
    plan = ao.allocate(
        problem(
            skus="sku unit_cost\nA 4",
            channels="""
                channel fee_rate fee_per_unit fixed_cost return_rate return_cost recovery
                dtc     0.1      0.5          7          0.2         3           0.25
            """,
            supply=LOT,
            demand="sku channel period units price\nA dtc 0 10 10",
            lanes="node channel cost\nEast dtc 0.25",
        )
    )
    row = plan.channels.set_index("channel").loc["dtc"]
    parts = {
        "revenue": 10 * 10 * 0.8,
        "fees": 10 * (8 * 0.1 + 0.5),
        "goods": 10 * 4 * (1 - 0.2 * 0.25),
        "lanes": 10 * 0.25,
        "returns": 10 * 0.2 * 3,
        "fixed_cost": 7,
    }
    assert {name: row[name] for name in parts} == pytest.approx(parts)
    contribution = parts["revenue"] - sum(amount for name, amount in parts.items() if name != "revenue")
    assert row["contribution"] == pytest.approx(contribution) == plan.objective
    assert row["margin"] == pytest.approx(contribution / parts["revenue"])


def test_a_channel_pays_its_fixed_cost_even_if_it_sells_nothing():
    """Only retiring a channel saves its fixed cost."""
    plan = ao.allocate(
        problem(channels="channel fixed_cost\ndtc 5", supply=LOT, demand="sku channel period units price\nA dtc 0 0 9")
    )
    assert plan.objective == -5


def test_nothing_ships_at_a_loss_without_a_reason():
    """A unit that costs more to ship than it earns stays."""
    plan = ao.allocate(
        problem(supply=LOT, demand="sku channel period units price\nA dtc 0 5 1", lanes="node channel cost\nEast dtc 2")
    )
    assert (plan.objective, len(plan.allocation)) == (0, 0)


def test_a_commitment_ships_at_a_loss():
    """3 of 5 units are promised: 3 ship, each losing 1."""
    plan = ao.allocate(
        problem(
            supply=LOT,
            demand="sku channel period units price min_units\nA dtc 0 5 1 3",
            lanes="node channel cost\nEast dtc 2",
        )
    )
    assert plan.objective == -3


def test_a_commitment_that_nothing_reaches_has_no_plan():
    """A promise without stock is named with its line and its units."""
    plan = ao.allocate(
        problem(supply=LOT, demand="sku channel period units price min_units\nA dtc 0 5 9 0\nB dtc 0 5 9 2")
    )
    assert plan.status == "infeasible"
    assert [conflict.units for conflict in plan.conflicts] == [pytest.approx(2)]
    assert "B to dtc, due 0" in plan.conflicts[0].what


def test_lost_sales_cost_their_channel():
    """12 wanted, 10 there: a lost unit costs dtc 5 and shop 1, so dtc is served first, although it pays less."""
    plan = ao.allocate(
        problem(
            supply=LOT,
            demand="sku channel period units price lost_cost\nA dtc 0 6 8 5\nA shop 0 6 9 1",
        )
    )
    assert units(plan, "channel") == {"dtc": 6, "shop": 4}
    assert plan.channels.set_index("channel")["penalties"].to_dict() == {"dtc": 0, "shop": 2, "company": 0}
    assert plan.objective == pytest.approx(6 * 8 + 4 * 9 - 2)


def test_late_units_pay_for_every_period():
    """4 units are there, 6 come two periods late: 8 wanted, of which 4 wait for two periods at 1.5 each."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units available\nA East on_hand 4 0\nA East inbound 6 2",
            demand="sku channel period units price max_late late_cost\nA dtc 0 8 10 2 1.5",
        )
    )
    assert units(plan, "late") == {0: 4, 2: 4}
    assert plan.objective == pytest.approx(8 * 10 - 4 * 2 * 1.5)


@pytest.mark.parametrize(("max_late", "served"), [(0, 4), (1, 4), (2, 8)])
def test_nothing_arrives_later_than_a_line_bears(max_late, served):
    """The delivery of period 2 serves a line of period 0 only if it may be two periods late."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units available\nA East on_hand 4 0\nA East inbound 6 2",
            demand=f"sku channel period units price max_late\nA dtc 0 8 10 {max_late}",
        )
    )
    assert units(plan, "channel") == {"dtc": served}


def test_goods_do_not_ship_ahead_of_a_sale_unless_they_may():
    """East handles goods in period 0 only: what is due in period 1 ships then if it may come a period early."""
    tables = {"supply": LOT, "capacity": "node period limit\nEast 1 0"}
    demand = "sku channel period units price max_early\nA dtc 1 4 10 {}"
    assert ao.allocate(problem(**tables, demand=demand.format(0))).objective == 0
    assert ao.allocate(problem(**tables, demand=demand.format(1))).objective == 40


def test_the_lead_of_a_lane_is_the_time_between_shipping_and_arrival():
    """With a lead of 2 nothing reaches period 1; what is due in period 3 ships in period 1."""
    plan = ao.allocate(
        problem(
            supply=LOT,
            demand="sku channel period units price\nA dtc 1 4 10\nA dtc 3 4 10",
            lanes="node channel lead\nEast dtc 2",
        )
    )
    assert units(plan, "ship", "arrives") == {(1, 3): 4}
    assert reasons(plan) == {"dtc": "too_late"}


@pytest.mark.parametrize(
    ("rows", "cost"),
    [
        (". . 1", 1),
        (". . 1\nnorth . 2", 2),
        (". . 1\nnorth . 2\n. A 3", 3),
        (". . 1\nnorth . 2\n. A 3\nnorth A 4", 4),
        (". . 1\nsouth A 4", 1),
        ("north . 2", 2),
    ],
)
def test_the_most_specific_lane_serves(rows, cost):
    """SKU and region before SKU, SKU before region, region before general, whatever it costs."""
    plan = ao.allocate(
        problem(
            skus="sku\nA",
            supply=LOT,
            demand="sku channel period units price region\nA dtc 0 1 10 north",
            lanes="node channel region sku cost\n" + "\n".join(f"East dtc {row}" for row in rows.split("\n")),
        )
    )
    assert plan.objective == pytest.approx(10 - cost)


@pytest.mark.parametrize(
    ("lanes", "reason"), [("East shop\nWest dtc", "no_supply"), ("West dtc", "no_lane"), ("East shop", "no_supply")]
)
def test_a_lane_from_a_node_without_the_article_is_no_missing_lane(lanes, reason):
    """Shop is served by East, which is out of A: stock is missing there; a lane is where none leads to shop at all."""
    plan = ao.allocate(
        problem(
            nodes="node\nEast\nWest",
            channels="channel\nshop\ndtc",
            supply="sku node kind units\nA West on_hand 9\nB East on_hand 9",
            demand="sku channel period units price\nA shop 0 4 10",
            lanes="node channel\n" + lanes,
        )
    )
    assert reasons(plan) == {"shop": reason}
    assert ("there is no more stock of A" in plan.shortfalls["sentence"][0]) == (reason == "no_supply")


def test_a_region_without_a_lane_is_not_served():
    """A lane to the north alone serves neither the south nor a line that names no region."""
    plan = ao.allocate(
        problem(
            supply=LOT,
            demand="sku channel period units price region\nA dtc 0 1 10 north\nA dtc 0 1 10 south\nA dtc 0 1 10 .",
            lanes="node channel region\nEast dtc north",
        )
    )
    assert units(plan, "region") == {"north": 1}
    assert set(plan.shortfalls["reason"]) == {"no_lane"}


def test_only_divisible_skus_ship_in_fractions():
    """An hour is enough for 2.5 units: 2.5 of a divisible SKU ship, 2 of any other."""
    tables = {
        "supply": LOT,
        "demand": "sku channel period units price\nA dtc 0 9 10",
        "capacity": "node period resource limit\nEast 0 hours 1",
        "workloads": "resource workload\nhours 0.4",
    }
    assert ao.allocate(problem(**tables)).objective == pytest.approx(20)
    assert ao.allocate(problem(**tables, skus="sku divisible\nA true")).objective == pytest.approx(25)
