"""Usable units, holds and expiry, store floors, and what stock costs and is worth."""

from __future__ import annotations

import pytest
from tests.rules.small import problem, reasons, units

import allocopt as ao

LINE = "sku channel period units price\nA dtc 0 20 10"


@pytest.mark.parametrize(
    ("lot", "usable"),
    [
        ("10 1 0", 10),
        ("10 0.75 0", 7),
        ("10 0.7 0", 7),
        ("10 0.75 3", 4),
        ("10 0.5 8", 0),
    ],
)
def test_usable_units_are_the_trusted_ones_less_those_reserved(lot, usable):
    """Units times confidence, rounded down, less what is promised elsewhere, and never below nothing."""
    plan = ao.allocate(problem(supply=f"sku node kind units confidence reserved\nA East inbound {lot}", demand=LINE))
    assert plan.channels["units"].sum() == usable


def test_a_lot_on_hold_does_not_ship():
    """Only the lot that is free ships; a line that only the blocked one could serve says so."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units hold\nA East on_hand 5 false\nA West on_hand 7 true\nB East on_hand 3 true",
            demand=LINE + "\nB shop 0 3 10",
        )
    )
    assert units(plan, "node") == {"East": 5}
    assert reasons(plan)["shop"] == "on_hold"


def test_goods_must_arrive_before_they_expire():
    """A lot that expires in period 1 serves period 1 with a lead of one, and not period 2."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units expires\nA East on_hand 9 1",
            demand="sku channel period units price\nA dtc 1 2 10\nA shop 2 3 10",
            lanes="node channel lead\nEast dtc 1\nEast shop 1",
        )
    )
    assert units(plan, "channel", "arrives") == {("dtc", 1): 2}
    assert reasons(plan) == {"shop": "expired"}


def test_a_late_line_takes_what_expires_as_long_as_it_is_fresh():
    """With two periods of grace, what expires in period 1 arrives in period 0 or 1, not in period 2."""
    plan = ao.allocate(
        problem(
            supply="sku node kind units expires\nA East on_hand 9 1",
            demand="sku channel period units price max_late late_cost\nA dtc 0 8 10 2 1\nB dtc 3 1 1 0 0",
            capacity="node period limit\nEast 0 3\nEast 1 4\nEast 2 9",
        )
    )
    assert units(plan, "arrives") == {0: 3, 1: 4}


STORE = {
    "nodes": "node kind store_floor\nShop store 4",
    "channels": "channel kind\nstore store\nweb dtc",
    "lanes": "node channel\nShop store\nShop web",
}


def test_the_store_floor_is_for_the_store():
    """Of 10 units the web takes 6, although it pays more; the store takes the 4 of the floor, and could take more."""
    supply = "sku node kind units\nA Shop on_hand 10"
    lines = "sku channel period units price\nA web 0 20 30\nA store 0 {} 10"
    plan = ao.allocate(problem(**STORE, supply=supply, demand=lines.format(20)))
    assert units(plan, "channel") == {"store": 4, "web": 6}
    plan = ao.allocate(problem(**STORE, supply=supply, demand=lines.format(1)))
    assert units(plan, "channel") == {"store": 1, "web": 6}


def test_the_store_floor_holds_for_each_sku_and_cumulatively_over_arrivals():
    """3 units of A are there and 5 come: the web takes none of the 3, and 4 of all 8; of 2 units of B it takes none."""
    plan = ao.allocate(
        problem(
            **STORE,
            supply="sku node kind units available\nA Shop on_hand 3 0\nA Shop inbound 5 1\nB Shop on_hand 2 0",
            demand="sku channel period units price\nA web 0 9 30\nA web 1 9 30\nB web 1 9 30",
        )
    )
    assert units(plan, "sku", "ship") == {("A", 1): 4}


def test_stock_that_will_be_worth_little_is_sold_off():
    """At a unit cost of 4 and a price of 3 a unit is kept if it is worth 4 in the end and sold if it is worth 1."""
    tables = {"skus": "sku unit_cost\nA 4", "demand": "sku channel period units price\nA dtc 0 20 3"}
    kept = ao.allocate(problem(**tables, supply="sku node kind units\nA East on_hand 5"))
    assert len(kept.allocation) == 0
    assert kept.objective == 0
    sold = ao.allocate(problem(**tables, supply="sku node kind units end_value\nA East on_hand 5 1"))
    assert units(sold, "channel") == {"dtc": 5}
    assert sold.objective == pytest.approx(5 * (3 - 4))


def test_unsold_stock_is_written_down_by_the_company():
    """Of 5 units at 4 that are worth 1 in the end, 2 are sold: the other 3 cost the company 9, the channel nothing."""
    plan = ao.allocate(
        problem(
            skus="sku unit_cost\nA 4",
            supply="sku node kind units end_value\nA East on_hand 5 1",
            demand="sku channel period units price\nA dtc 0 2 10",
        )
    )
    rows = plan.channels.set_index("channel")
    assert rows["write_down"].to_dict() == {"dtc": 0, "company": 9}
    assert rows["contribution"].to_dict() == {"dtc": 12, "company": -9}
    assert plan.objective == pytest.approx(3)


def test_holding_costs_until_a_unit_ships_or_the_horizon_ends():
    """At 0.5 a period: 2 units ship at once, 3 in period 2 after two periods, and 5 stay for all three periods."""
    plan = ao.allocate(
        problem(
            nodes="node holding_cost\nEast 0.5",
            supply="sku node kind units\nA East on_hand 10",
            demand="sku channel period units price\nA dtc 0 2 10\nA dtc 2 3 10",
        )
    )
    holding = 0.5 * (2 * 0 + 3 * 2 + 5 * 3)
    assert plan.channels.set_index("channel")["holding"].to_dict() == {"dtc": 0, "company": pytest.approx(holding)}
    assert plan.objective == pytest.approx(50 - holding)


def test_a_late_delivery_waits_only_once_it_is_there():
    """A lot that comes in period 1 of 3 waits for 2 periods at most."""
    plan = ao.allocate(
        problem(
            nodes="node holding_cost\nEast 0.5",
            supply="sku node kind units available\nA East inbound 4 1",
            demand="sku channel period units price\nB dtc 2 1 1",
        )
    )
    assert plan.objective == pytest.approx(-0.5 * 4 * 2)


@pytest.mark.parametrize(
    ("stated", "worth", "value"), [("", 30, "worth 0 in the end"), ("1.5", 39, "`end_value` of 1.5"), ("0", 30, "")]
)
def test_what_expires_unsold_inside_the_horizon_is_written_down(stated, worth, value):
    """Nine are sold at 6 each of the 15 that expire: 6 are lost at 4 each, or at what they are stated to be worth."""
    tables = {
        "skus": "sku unit_cost\nA 4",
        "supply": "sku node kind units expires\nA W on_hand 4 1\nA W on_hand 11 2\nA W on_hand 9 .",
        "demand": "sku channel period units price\nA web 0 9 10\nA web 5 0 10",
    }
    if stated:
        tables["supply"] = (
            "sku node kind units expires end_value\n"
            f"A W on_hand 4 1 {stated}\nA W on_hand 11 2 {stated}\nA W on_hand 9 . ."
        )
    plan = ao.allocate(problem(**tables))
    assert plan.objective == plan.contribution == worth
    assert plan.allocation["lot"].str.contains("expires").all()
    assert plan.channels.set_index("channel").loc["company", "write_down"] == 54 - worth
    assert [value in str(warning) for warning in plan.warnings] == ([True] if value else [])


def test_what_expires_with_the_horizon_or_after_it_keeps_its_worth():
    """Of a horizon of three periods the last one is 2: what expires in 2 is written down, what expires in 3 is not."""
    for expires, lost in ((2, 20), (3, 0)):
        facts = problem(
            skus="sku unit_cost\nA 4",
            supply=f"sku node kind units expires\nA East on_hand 5 {expires}",
            demand="sku channel period units price\nA dtc 2 0 10",
        )
        assert ao.allocate(facts).objective == -lost
