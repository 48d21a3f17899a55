"""Caps, access to lots, safety stock, minimum advertised prices and margin floors."""

from __future__ import annotations

import pytest
from tests.rules.small import problem, reasons, units

import allocopt as ao
from allocopt.rules import Clause

LOTS = "sku node kind units\nA East on_hand 6\nA East inbound 4"
LINES = "sku channel period units price\nA market 0 20 30\nA dtc 0 20 10"


def plan_of(tables: dict[str, str], *clauses: Clause) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**tables), ao.Contract("drawn up", clauses=clauses))


@pytest.mark.parametrize(
    ("cap", "most"),
    [
        (ao.Cap("market", units=3), 3),
        (ao.Cap("market", units=3.9), 3),
        (ao.Cap("market", share=0.25), 2),
        (ao.Cap("market", share=0.25, of="demand"), 5),
        (ao.Cap("market", share=0.5, of="inbound"), 6 + 2),
        (ao.Cap("market", units=1, of="on_hand"), 1 + 4),
        (ao.Cap("market", units=0), 0),
    ],
)
def test_a_cap_is_the_most_that_a_channel_gets(cap, most):
    """In units or as a share, rounded down; a cap on one kind of lot leaves the other kind open."""
    got = units(plan_of({"supply": LOTS, "demand": LINES}, cap), "channel")
    assert got.get("market", 0) == most
    assert got["dtc"] == 10 - most


def test_a_cap_per_sku_binds_each_sku_and_one_in_total_their_sum():
    """5 of each of A and B, or 5 of both together, of which A, that earns more, takes all."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 9\nB East on_hand 9",
        "demand": "sku channel period units price\nA market 0 9 30\nB market 0 9 20",
    }
    assert units(plan_of(tables, ao.Cap("market", units=5)), "sku") == {"A": 5, "B": 5}
    assert units(plan_of(tables, ao.Cap("market", units=5, per="total")), "sku") == {"A": 5}
    assert units(plan_of(tables, ao.Cap("market", units=5, sku="B")), "sku") == {"A": 9, "B": 5}


@pytest.mark.parametrize(("penalty", "over"), [(19, 7), (21, 0)])
def test_a_soft_cap_is_broken_where_that_pays(penalty, over):
    """A unit earns 20 more with the marketplace than with dtc: a penalty of 19 is paid, one of 21 is not."""
    plan = plan_of({"supply": LOTS, "demand": LINES}, ao.Cap("market", units=3, penalty=penalty))
    assert units(plan, "channel")["market"] == 3 + over
    assert plan.objective == pytest.approx(plan.contribution - over * penalty)


def test_a_cap_and_a_guarantee_that_contradict_each_other_are_named():
    """At least 5 and at most 3 units for dtc: no plan, and one of the two is named with 2 units."""
    plan = plan_of({"supply": LOTS, "demand": LINES}, ao.Cap("dtc", units=3), ao.Protect("dtc", units=5, mode="serve"))
    assert plan.status == "infeasible"
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(2)


@pytest.mark.parametrize(
    ("access", "got"),
    [
        (ao.Access("market", kinds=("on_hand",)), 6),
        (ao.Access("market", kinds=("inbound", "returns")), 4),
        (ao.Access("market", kinds=("on_hand",), node="West"), 10),
        (ao.Access("market", kinds=("on_hand",), sku="A"), 6),
    ],
)
def test_a_channel_uses_only_the_kinds_of_lot_that_are_open_to_it(access, got):
    """Lots of other kinds go to the other channel, in scope only."""
    tables = {"supply": LOTS, "demand": LINES, "nodes": "node\nEast\nWest"}
    assert units(plan_of(tables, access), "channel")["market"] == got


def test_lots_that_are_not_sure_enough_are_closed():
    """From 70 % on: the lot at 70 % counts with its 7 usable units, the one at 60 % is closed, with its reason."""
    tables = {
        "supply": "sku node kind units confidence\nA East inbound 10 0.7\nB East inbound 10 0.6",
        "demand": "sku channel period units price\nA dtc 0 20 10\nB dtc 0 20 10",
    }
    plan = plan_of(tables, ao.Access("dtc", min_confidence=0.7))
    assert units(plan, "sku") == {"A": 7}
    told = plan.shortfalls[["sku", "reason", "units"]].to_numpy().tolist()
    assert told == [["A", "no_supply", 13], ["B", "access", 6], ["B", "no_supply", 14]]


def test_a_channel_may_have_to_wait():
    """The marketplace may use stock from period 1 on: its demand of period 0 is closed, that of period 1 is not."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 9",
        "demand": "sku channel period units price\nA market 0 4 30\nA market 1 4 30",
    }
    plan = plan_of(tables, ao.Access("market", from_period=1))
    assert units(plan, "ship") == {1: 4}
    assert reasons(plan) == {"market": "access"}


SAFETY = {
    "supply": "sku node kind units\nA East on_hand 3\nA East safety 5",
    "demand": "sku channel period units price\nA market 0 4 30\nA dtc 0 6 10",
}


def test_safety_stock_is_closed_until_a_clause_opens_it():
    """The 3 units on hand ship and none of the 5 units of safety stock."""
    assert units(plan_of(SAFETY), "kind") == {"on_hand": 3}


def test_safety_stock_is_open_to_the_channel_of_the_clause_only():
    """Opened to dtc: it draws all 5, and leaves the units on hand to the marketplace."""
    plan = plan_of(SAFETY, ao.SafetyStock("dtc"))
    assert units(plan, "channel", "kind") == {("dtc", "safety"): 5, ("market", "on_hand"): 3}


@pytest.mark.parametrize(("penalty", "drawn"), [(9, 5), (11, 0)])
def test_the_penalty_of_drawing_safety_stock_is_no_cash(penalty, drawn):
    """A unit earns dtc 10: at a penalty of 9 it is drawn, at 11 it is not; the penalty stays outside contribution."""
    plan = plan_of(SAFETY, ao.SafetyStock("dtc", penalty=penalty))
    assert plan.contribution == pytest.approx(3 * 30 + drawn * 10)
    assert plan.objective == pytest.approx(3 * 30 + drawn * (10 - penalty))


def test_safety_stock_may_be_opened_from_a_period_on():
    """From period 1 on: what is due in period 0 draws none."""
    tables = {
        "supply": "sku node kind units\nA East safety 5",
        "demand": "sku channel period units price\nA dtc 0 2 30\nA dtc 1 2 10",
    }
    assert units(plan_of(tables, ao.SafetyStock("dtc", from_period=1)), "ship") == {1: 2}


def test_advertised_channels_do_not_sell_below_the_minimum_price():
    """At a minimum of 9.5 dtc is closed at 9 and open at 9.5; wholesale does not advertise."""
    plan = plan_of(
        {
            "skus": "sku map_price\nA 9.5",
            "channels": "channel kind\ndtc dtc\nmarket marketplace\nresale wholesale",
            "supply": "sku node kind units\nA East on_hand 9",
            "demand": "sku channel period units price\nA dtc 0 3 9\nA market 0 3 9.5\nA resale 0 3 5",
        }
    )
    assert units(plan, "channel") == {"market": 3, "resale": 3}
    assert reasons(plan) == {"dtc": "below_map"}


MARGINS = {
    "skus": "sku unit_cost\nA 8\nB 4",
    "supply": "sku node kind units\nA East on_hand 9\nB East on_hand 2",
    "demand": "sku channel period units price\nA dtc 0 9 10\nB dtc 0 9 10",
}
"""A earns 2 of 10 and B 6 of 10."""


def test_a_margin_floor_per_unit_closes_units_below_it():
    """At 30 % A, with 20 %, is closed and B, with 60 %, is not; at 20 % both are open."""
    assert units(plan_of(MARGINS, ao.MarginFloor("dtc", floor=0.3)), "sku") == {"B": 2}
    assert units(plan_of(MARGINS, ao.MarginFloor("dtc", floor=0.2)), "sku") == {"A": 9, "B": 2}


def test_a_margin_floor_over_the_total_lets_good_units_carry_thin_ones():
    """At 30 % over the total the 2 B are 2 x 3 above the floor and carry 6 A, each 1 below it."""
    plan = plan_of(MARGINS, ao.MarginFloor("dtc", floor=0.3, per="channel"))
    assert units(plan, "sku") == {"A": 6, "B": 2}
    assert plan.channels.set_index("channel").loc["dtc", "margin"] == pytest.approx(0.3)


def test_a_margin_floor_without_a_channel_holds_for_each_channel_by_itself():
    """The rich margin of the marketplace does not carry dtc, which stays below 30 % and sells nothing."""
    tables = MARGINS | {"demand": "sku channel period units price\nA dtc 0 9 10\nB market 0 2 40"}
    assert units(plan_of(tables, ao.MarginFloor(floor=0.3, per="channel")), "channel") == {"market": 2}


def test_two_clauses_that_close_a_line_for_one_reason_are_one_reason():
    """East is closed to dtc by one clause and West by another one, and B has no stock: each line says its reason."""
    plan = plan_of(
        {
            "supply": "sku node kind units\nA East on_hand 3\nA West on_hand 3",
            "demand": "sku channel period units price\nA dtc 0 6 10\nB dtc 0 1 10",
        },
        ao.Access("dtc", kinds=("inbound",), node="East"),
        ao.Access("dtc", kinds=("inbound",), node="West"),
    )
    assert plan.shortfalls.set_index("sku")["reason"].to_dict() == {"A": "access", "B": "no_supply"}
