"""Protected quantities: stock kept for a channel, and guarantees of service."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rules.small import problem, units

import allocopt as ao

LOT = "sku node kind units\nA East on_hand 10"


def plan_of(tables: dict[str, str], *clauses: ao.Protect) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**tables), ao.Contract("drawn up", clauses=clauses))


def market(demand: str, supply: str = LOT) -> dict[str, str]:
    """Return the tables of a problem in which a marketplace pays most and wants everything."""
    return {"supply": supply, "demand": "sku channel period units price\nA market 0 20 30\n" + demand}


def test_shares_of_several_channels_add_up():
    """Of 10 units 3 are kept for dtc and 5 for shop; the marketplace gets the other 2 although it pays most."""
    plan = plan_of(market("A dtc 0 9 10\nA shop 0 9 8"), ao.Protect("dtc", share=0.3), ao.Protect("shop", share=0.5))
    assert units(plan, "channel") == {"dtc": 3, "market": 2, "shop": 5}
    assert plan.objective == pytest.approx(2 * 30 + 3 * 10 + 5 * 8)


def test_reserved_stock_stays_idle_where_its_demand_does_not_come():
    """Of its 3 units dtc wants 1; the other 2 are kept all the same, which tells a reserve from a guarantee."""
    tables = market("A dtc 0 1 10")
    kept = plan_of(tables, ao.Protect("dtc", share=0.3))
    assert units(kept, "channel") == {"dtc": 1, "market": 7}
    served = plan_of(tables, ao.Protect("dtc", share=0.3, mode="serve"))
    assert units(served, "channel") == {"dtc": 1, "market": 9}


def test_shares_are_rounded_so_that_together_they_keep_their_total():
    """Half and 30 % of 5 units are 2.5 and 1.5: together 4, the odd unit to the clause that is said first."""
    tables = market("A dtc 0 9 10\nA shop 0 9 8", "sku node kind units\nA East on_hand 5")
    plan = plan_of(tables, ao.Protect("dtc", share=0.5), ao.Protect("shop", share=0.3))
    assert units(plan, "channel") == {"dtc": 3, "market": 1, "shop": 1}
    assert any("rounded" in note for note in plan.notes)


def test_a_share_binds_lot_by_lot():
    """Half of each lot: dtc, which is due before the second lot is there, has 2 of the first; market the other 2."""
    tables = {
        "supply": "sku node kind units available\nA East on_hand 4 0\nA East inbound 6 1",
        "demand": "sku channel period units price\nA dtc 0 9 10\nA market 1 20 30",
    }
    plan = plan_of(tables, ao.Protect("dtc", share=0.5))
    assert units(plan, "channel", "kind") == {("dtc", "on_hand"): 2, ("market", "on_hand"): 2, ("market", "inbound"): 3}


def test_a_share_of_inbound_leaves_stock_on_hand_free():
    """Half of the 6 inbound units is kept; all 4 on hand go to the marketplace."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 4\nA East inbound 6",
        "demand": "sku channel period units price\nA market 0 20 30",
        "channels": "channel\nmarket\ndtc",
    }
    plan = plan_of(tables, ao.Protect("dtc", share=0.5, of="inbound"))
    assert units(plan, "kind") == {"inbound": 3, "on_hand": 4}


@pytest.mark.parametrize(("kept", "early"), [(6, 0), (4, 0), (3, 1), (0, 4)])
def test_early_stock_is_not_given_away_against_a_late_delivery(kept, early):
    """4 units are there at once and 10 tomorrow: of the 4, what is kept for dtc stays, whatever comes tomorrow."""
    tables = {
        "supply": "sku node kind units available\nA East on_hand 4 0\nA East inbound 10 1",
        "demand": "sku channel period units price\nA market 0 9 30\nA dtc 1 6 10",
    }
    plan = plan_of(tables, ao.Protect("dtc", units=kept))
    assert plan.objective == pytest.approx(early * 30 + 60)


def test_two_reserves_take_what_has_arrived_in_their_order():
    """9 are kept for dtc and 3 for shop: of the first 4 units all are dtc's, and all 12 are kept once 14 are there."""
    tables = {
        "supply": "sku node kind units available\nA East on_hand 4 0\nA East inbound 10 1",
        "demand": "sku channel period units price\nA market 0 9 30\nA market 1 9 30\nA dtc 0 9 10\nA shop 0 9 5",
    }
    plan = plan_of(tables, ao.Protect("dtc", units=9), ao.Protect("shop", units=3))
    assert units(plan, "channel", "ship") == {("dtc", 0): 4, ("market", 1): 2}
    other = plan_of(tables, ao.Protect("shop", units=3), ao.Protect("dtc", units=9))
    assert units(other, "channel", "ship") == {("dtc", 0): 1, ("shop", 0): 3, ("market", 1): 2}


def test_a_released_reserve_is_free_from_then_on():
    """All 10 units are kept for dtc up to period 1; then the marketplace takes its 9, and dtc has had the one left."""
    tables = {"supply": LOT, "demand": "sku channel period units price\nA dtc 0 4 10\nA market 0 9 30\nA market 1 9 30"}
    plan = plan_of(tables, ao.Protect("dtc", units=10, release_from=1))
    assert units(plan, "channel", "ship") == {("dtc", 0): 1, ("market", 1): 9}


def test_of_two_reserves_the_one_that_lasts_still_holds_after_the_other_is_released():
    """5 for dtc up to period 1 and 3 for shop for good: the marketplace gets 2 at once and 5 more in period 1."""
    tables = {"supply": LOT, "demand": "sku channel period units price\nA market 0 9 30\nA market 1 9 30\nA shop 1 1 5"}
    tables["channels"] = "channel\nmarket\nshop\ndtc"
    plan = plan_of(tables, ao.Protect("dtc", units=5, release_from=1), ao.Protect("shop", units=3))
    assert units(plan, "channel", "ship") == {("market", 0): 2, ("market", 1): 5, ("shop", 1): 1}


@pytest.mark.parametrize(("penalty", "broken"), [(12, 4), (40, 0)])
def test_a_soft_reserve_is_broken_where_that_pays(penalty, broken):
    """Keeping 4 units costs 30 a unit: a penalty of 12 is paid, one of 40 is not; it is no cash."""
    tables = market("", "sku node kind units\nA East on_hand 10") | {"channels": "channel\nmarket\ndtc"}
    plan = plan_of(tables, ao.Protect("dtc", units=4, penalty=penalty))
    assert plan.contribution == pytest.approx((6 + broken) * 30)
    assert plan.objective == pytest.approx(plan.contribution - broken * penalty)
    assert plan.channels.set_index("channel")["clause_penalties"].to_dict()["dtc"] == pytest.approx(broken * penalty)


def test_no_stock_is_kept_for_whom_it_cannot_reach():
    """From West no lane leads to dtc: half of East's 4 units is kept, by share or in units, and none of West's 6."""
    tables = market("A dtc 0 9 10", "sku node kind units\nA East on_hand 4\nA West on_hand 6")
    tables["lanes"] = "node channel\nEast dtc\nEast market\nWest market"
    for clause in (ao.Protect("dtc", share=0.5), ao.Protect("dtc", units=2)):
        assert units(plan_of(tables, clause), "channel", "node") == {
            ("dtc", "East"): 2,
            ("market", "East"): 2,
            ("market", "West"): 6,
        }


def test_neither_stock_on_hold_nor_safety_stock_is_shared_out():
    """Half of the 6 free units is kept, not half of 18."""
    tables = market("A dtc 0 9 10", "sku node kind units hold\nA East on_hand 6 false\nA West on_hand 8 true")
    tables["supply"] += "\nA East safety 4 false"
    assert units(plan_of(tables, ao.Protect("dtc", share=0.5)), "channel") == {"dtc": 3, "market": 3}


def test_a_share_of_demand_is_kept_as_units():
    """Half of dtc's 9 units is 4.5, kept as 4, of any lot."""
    plan = plan_of(market("A dtc 0 9 10"), ao.Protect("dtc", share=0.5, of="demand"))
    assert units(plan, "channel") == {"dtc": 4, "market": 6}


def test_a_protection_of_some_skus_and_nodes_speaks_of_these_only():
    """3 of A in East are kept; A in West and B are free."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 4\nA West on_hand 4\nB East on_hand 4",
        "demand": "sku channel period units price\nA market 0 9 30\nB market 0 9 30",
        "channels": "channel\nmarket\ndtc",
    }
    plan = plan_of(tables, ao.Protect("dtc", units=3, sku="A", node="East"))
    assert units(plan, "sku", "node") == {("A", "East"): 1, ("A", "West"): 4, ("B", "East"): 4}


def test_a_guarantee_is_never_more_than_the_channel_wants():
    """8 are guaranteed and 3 wanted: 3 are served, though the marketplace pays more."""
    plan = plan_of(market("A dtc 0 3 10"), ao.Protect("dtc", units=8, mode="serve"))
    assert units(plan, "channel") == {"dtc": 3, "market": 7}


def test_a_guarantee_from_inbound_is_kept_from_inbound():
    """Half of 6 inbound units is guaranteed; units on hand, which cost dtc less to get, do not count toward it."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 4\nA West inbound 6",
        "demand": "sku channel period units price\nA dtc 0 3 10\nA market 0 4 30",
        "lanes": "node channel cost\nEast dtc 1\nWest dtc 2\nEast market 1\nWest market 9",
    }
    plan = plan_of(tables, ao.Protect("dtc", share=0.5, of="inbound", mode="serve"))
    assert units(plan, "channel", "node") == {("dtc", "West"): 3, ("market", "East"): 4}


def test_a_guarantee_over_all_skus_is_kept_where_it_costs_least():
    """5 units of any SKU: B, where dtc pays 9 of the marketplace's 10, takes its 4, and A, 9 of 30, only the fifth."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 4\nB East on_hand 4",
        "demand": """
            sku channel period units price
            A   market  0      9     30
            A   dtc     0      9     9
            B   market  0      9     10
            B   dtc     0      9     9
        """,
    }
    plan = plan_of(tables, ao.Protect("dtc", units=5, mode="serve", per="total"))
    assert units(plan, "channel", "sku") == {("dtc", "A"): 1, ("dtc", "B"): 4, ("market", "A"): 3}


def test_a_soft_guarantee_is_paid_for_where_that_pays():
    """Serving dtc costs 20 a unit: at a penalty of 25 it is served, at 15 it is not."""
    tables = market("A dtc 0 5 10")
    kept = plan_of(tables, ao.Protect("dtc", units=4, mode="serve", penalty=25))
    assert units(kept, "channel") == {"dtc": 4, "market": 6}
    paid = plan_of(tables, ao.Protect("dtc", units=4, mode="serve", penalty=15))
    assert units(paid, "channel") == {"market": 10}
    assert paid.objective == pytest.approx(300 - 4 * 15)


def test_a_guarantee_speaks_of_what_is_due_before_it_is_released():
    """4 units guaranteed up to period 1: the line of period 0 gets them, the one of period 1 has no right."""
    tables = market("A dtc 0 6 10\nA dtc 1 6 10")
    plan = plan_of(tables, ao.Protect("dtc", units=4, mode="serve", release_from=1))
    assert units(plan, "channel", "due") == {("dtc", 0): 4, ("market", 0): 6}


def test_guarantees_that_cannot_hold_together_are_named():
    """6 for dtc and 7 for shop of 10 units: no plan, 3 units too many."""
    plan = plan_of(
        market("A dtc 0 9 10\nA shop 0 9 8"),
        ao.Protect("dtc", units=6, mode="serve"),
        ao.Protect("shop", units=7, mode="serve"),
    )
    assert plan.status == "infeasible"
    assert sum(conflict.units for conflict in plan.conflicts) == pytest.approx(3)
    assert {conflict.clause for conflict in plan.conflicts} <= {0, 1}


def test_what_a_reserve_leaves_holds_whole_packs():
    """Five of ten are kept for DTC: a shop that takes packs of three gets three of the other five, and it is proven."""
    facts = problem(
        skus="sku unit_cost\nA 4",
        supply="sku node kind units\nA East on_hand 10",
        channels="channel\ndtc\nshop",
        lanes="node channel\nEast dtc\nEast shop",
        demand="sku channel period units price pack\nA shop 0 10 9 3",
    )
    plan = ao.allocate(facts, ao.Contract("Half", clauses=[ao.Protect("dtc", share=0.5)]), gap=1e-3)
    assert plan.allocation["units"].tolist() == [3.0]
    assert plan.certificate.bound == pytest.approx(15.0)
    assert plan.certificate.proved_by == "allocopt"


def test_what_is_left_of_a_reserve_beside_whole_packs_is_idle():
    """17 of 40 are kept for a shop that takes packs of 12: it gets one pack, 5 stay idle, and it is proven at once."""
    facts = problem(
        skus="sku unit_cost\nA 4",
        supply="sku node kind units\nA East on_hand 40",
        channels="channel\nmarket\nshop",
        lanes="node channel\nEast market\nEast shop",
        demand="sku channel period units price pack\nA market 0 99 34 1\nA shop 0 36 13 12",
    )
    plan = ao.allocate(facts, ao.Contract("Kept", clauses=[ao.Protect("shop", share=0.425)]), gap=1e-3)
    assert units(plan, "channel") == {"market": 23, "shop": 12}
    assert plan.certificate.bound == pytest.approx(23 * 30 + 12 * 9)
    assert plan.certificate.proved_by == "allocopt"


@settings(max_examples=25, deadline=None)
@given(
    st.tuples(st.integers(0, 6), st.integers(0, 6)),
    st.sampled_from((0.25, 0.4, 0.5, 0.8, 1.0)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.sampled_from((2.0, 9.0, 30.0)),
)
def test_rows_that_count_packs_in_reserves_cut_off_no_plan(stock, share, packs, wanted, price):
    """Two lots, of each a share kept for two lines in packs of their own, against every plan, enumerated."""
    facts = problem(
        supply="sku node kind units\n"
        + "\n".join(f"A East {kind} {units}" for kind, units in zip(("on_hand", "inbound"), stock, strict=True)),
        demand="sku channel period units price pack line\nA market 0 99 20 1 a\n"
        + "\n".join(
            f"A shop 0 {units} {price + number} {pack} s{number}"
            for number, (units, pack) in enumerate(zip(wanted, packs, strict=True))
        ),
    )
    kept = [int(share * units + 1e-9) for units in stock]
    best = 0.0
    for each in itertools.product(*(range(most + 1) for most in (*stock, *stock))):
        by_lot = [each[0] + each[2], each[1] + each[3]]
        by_line = [each[0] + each[1], each[2] + each[3]]
        if any(units % pack or units > most for units, pack, most in zip(by_line, packs, wanted, strict=True)):
            continue
        free = [s - x - max(0, k - x) for s, x, k in zip(stock, by_lot, kept, strict=True)]
        if min(free) >= 0:
            best = max(best, 20.0 * sum(free) + price * by_line[0] + (price + 1) * by_line[1])
    plan = ao.allocate(facts, ao.Contract("Kept", clauses=[ao.Protect("shop", share=share)]))
    assert plan.objective == pytest.approx(best)
