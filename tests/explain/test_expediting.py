"""Lots that come earlier: each alone, under every stage, and never promised more than a whole re-solve earns."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import FEATURES, clauses, tables

import allocopt as ao
from allocopt.explain.expediting import _sorted

STAGES = {
    "max_min_fair": ao.max_min_fair(),
    "fair_share": ao.fair_share(),
    "priority": ao.priority("c", ["d"]),
    "by_priority": ao.by_priority(),
    "first_come": ao.first_come(),
}
AGREED = (
    (),
    (ao.Cap("c", share=0.4, of="supply"),),
    (ao.Protect("d", share=0.3, of="inbound"),),
    (ao.Cap("d", units=5),),
)
TWO: dict[str, Any] = {
    "skus": [{"sku": "A"}, {"sku": "B"}],
    "nodes": [{"node": "N"}],
    "channels": [{"channel": "c"}],
    "lanes": [{"node": "N", "channel": "c"}],
    "horizon": 2,
}


LINE = [{"sku": "A", "channel": "c", "period": 0, "units": 4, "price": 10}]


def lot(sku, units, available, node="N", reference=""):
    """Return a lot that comes in."""
    told = {"sku": sku, "node": node, "kind": "inbound", "units": units, "available": available}
    return told | {"reference": reference or f"P{sku}"}


def solved(tables, contract=None):
    """Return the best plan of some tables."""
    return ao.allocate(ao.Problem.from_dict(tables), contract, gap=0)


def told(plan, step=1):
    """Return what each lot gains by coming a number of periods earlier."""
    return dict(plan.expedite().set_index("reference")[f"earlier_{step}"])


def test_lots_that_share_a_capacity_do_not_get_each_others_gain():
    """Three units in an attic without lanes gain nothing, though the lot that shares the hands of the DC gains 84."""
    some = TWO | {
        "nodes": [{"node": "N"}, {"node": "ATTIC"}],
        "lanes": [{"node": "N", "channel": "c", "lead": 1}],
        "capacity": [{"node": "N", "period": 0, "limit": 6}],
        "supply": [
            {"sku": "A", "node": "N", "kind": "on_hand", "units": 20},
            lot("A", 3, 1, "ATTIC", "IDLE"),
            lot("B", 6, 1, "N", "WANTED"),
        ],
        "demand": [
            {"sku": "A", "channel": "c", "period": 1, "units": 16, "price": 6},
            {"sku": "B", "channel": "c", "period": 1, "units": 14, "price": 20},
        ],
    }
    assert told(solved(some)) == {"IDLE": pytest.approx(0.0), "WANTED": pytest.approx(84.0)}


def test_an_order_that_waits_for_two_lots_gains_nothing_by_one():
    """Whoever ships both lines or none needs both lots earlier: either of them alone earns nothing."""
    line = {"channel": "c", "period": 0, "units": 5, "price": 10, "order": "O", "all_or_none": True}
    demand = [line | {"sku": "A", "line": "1"}, line | {"sku": "B", "line": "2"}]
    some = TWO | {"supply": [lot("A", 5, 1), lot("B", 5, 1)], "demand": demand}
    assert told(solved(some)) == {"PA": pytest.approx(0.0), "PB": pytest.approx(0.0)}
    some["supply"][1]["available"] = 0
    assert told(solved(some))["PA"] == pytest.approx(100.0)


@pytest.mark.parametrize("contract", [ao.max_min_fair(), ao.fair_share(), ao.priority("d", ["c"])])
def test_what_earlier_stages_reach_is_reached_with_the_lot_earlier_as_well(contract):
    """One unit more earns at most 10: what the first stage gave to those who pay 1 is not sold again to others."""
    some = TWO | {
        "skus": [{"sku": "A"}],
        "channels": [{"channel": "c"}, {"channel": "d"}],
        "lanes": [{"node": "N", "channel": "c"}, {"node": "N", "channel": "d"}],
        "supply": [{"sku": "A", "node": "N", "kind": "on_hand", "units": 10}, lot("A", 1, 1)],
        "demand": [
            {"sku": "A", "channel": "c", "period": 0, "units": 20, "price": 10},
            {"sku": "A", "channel": "d", "period": 0, "units": 20, "price": 1},
        ],
    }
    plan = solved(some, contract)
    moved = deepcopy(some)
    moved["supply"][1]["available"] = 0
    gained = solved(moved, contract).objective - plan.objective
    assert gained <= 10.0
    assert told(plan) == {"PA": pytest.approx(gained)}


@pytest.mark.parametrize("step", [1, 2])
def test_a_lot_that_comes_earlier_stands_where_the_table_would_have_it(step):
    """Who comes first takes the lots in their fixed order: one that comes as early as others stands among them."""
    lots_ = [
        {"sku": "A", "node": node, "kind": "on_hand", "units": 3, "reference": f"R{node}"} for node in ("N", "Z")
    ] + [lot("A", 3, step), lot("A", 2, 2, "Z", "PZ")]
    facts = ao.Problem.from_dict(TWO | {"nodes": [{"node": "N"}, {"node": "Z"}], "supply": lots_, "demand": LINE}).facts
    available = facts.lots.available.copy()
    available[facts.lots.reference == "PA"] -= step
    lots_[2] = lots_[2] | {"available": 0}
    table = ao.Problem.from_dict(TWO | {"nodes": [{"node": "N"}, {"node": "Z"}], "supply": lots_, "demand": LINE}).facts
    moved = _sorted(replace(facts, lots=replace(facts.lots, available=available)))
    assert moved.lots.reference.tolist() == table.lots.reference.tolist()


@st.composite
def shops(draw):
    """Draw tables in which lots of several SKUs share hands, and orders speak of two of them."""
    number = draw(st.integers(2, 3))
    skus, few = "ABC"[:number], st.integers(1, 8)
    supply = [lot(sku, draw(few), draw(st.integers(1, 2))) for sku in skus]
    supply += [{"sku": sku, "node": "N", "kind": "on_hand", "units": draw(few)} for sku in skus if draw(st.booleans())]
    price = st.sampled_from((4, 6, 9, 15))
    demand = [
        {"sku": sku, "channel": channel, "period": draw(st.integers(0, 2)), "units": draw(few), "price": draw(price)}
        | {"priority": draw(st.integers(1, 2)), "arrived": -draw(few)}
        for sku in skus
        for channel in "cd"
    ]
    if draw(st.booleans()):
        order = {"order": "O", "all_or_none": draw(st.booleans()), "period": draw(st.integers(0, 2)), "channel": "c"}
        for place in (0, 2):
            demand[place] |= order | {"line": str(place), "arrived": -1, "priority": 1}
    hands = st.integers(2, 14)
    periods = [period for period in range(3) if draw(st.booleans())]
    return TWO | {
        "skus": [{"sku": sku} for sku in skus],
        "nodes": [{"node": "N", "holding_cost": draw(st.sampled_from((0.0, 0.25)))}],
        "channels": [{"channel": "c"}, {"channel": "d"}],
        "lanes": [{"node": "N", "channel": channel} for channel in "cd"],
        "supply": supply,
        "demand": demand,
        "capacity": [{"node": "N", "period": period, "limit": draw(hands)} for period in periods],
        "horizon": 3,
    }


def never_too_much(some, contract):
    """Check every number of a plan against a whole re-solve with that lot alone earlier."""
    plan = solved(some, contract)
    if plan.status not in ("optimal", "feasible"):
        return
    for row in plan.expedite().to_dict("records"):
        for step in (1, 2, 3):
            gain = row[f"earlier_{step}"]
            if math.isnan(gain):
                continue
            moved = deepcopy(some)
            (mine,) = (one for one in moved["supply"] if one.get("reference") == row["reference"])
            mine["available"] -= step
            assert gain <= solved(moved, contract).objective - plan.objective + 0.01, (row, step)


@pytest.mark.parametrize("staged", [False, True])
@settings(max_examples=12, deadline=None)
@given(some=shops(), data=st.data())
def test_no_lot_is_promised_more_than_a_whole_resolve_with_it_earlier_gains(staged, some, data):
    """Over shared hands and orders over two SKUs, with stages and without, under a cap or a reserve."""
    base = STAGES[data.draw(st.sampled_from(sorted(STAGES)))] if staged else None
    more = data.draw(st.sampled_from(AGREED))
    contract = ao.Contract("Drawn", clauses=more)
    if base is not None:
        contract = replace(base, clauses=(*base.clauses, *more))
    never_too_much(some, contract)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_lot_is_promised_too_much_whatever_the_problem_has(data):
    """Packs, cases, orders, expiry, hours and every kind of clause."""
    some = data.draw(tables(FEATURES))
    for place, one in enumerate(some["supply"]):
        one["reference"] = f"R{place}"
    problem = ao.Problem.from_dict(some)
    never_too_much(some, ao.Contract("Drawn", clauses=data.draw(clauses(problem))))
