"""Service clauses: least shares of what is wanted, cut by channel, article, region, rank and firmness."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem, units
from tests.strategies import LINEAR, clauses, problems

import allocopt as ao
from allocopt.rules import Clause

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TABLES = {
    "supply": "sku node kind units\nA East on_hand 10",
    "demand": """
        sku channel period units price region priority firm
        A   dtc     0      8     10    north  1        true
        A   dtc     0      4     8     south  2        false
        A   market  0      9     30    north  2        false
    """,
}
"""Pooled, market gets 9 and dtc's first line 1."""


def plan_of(*said: Clause, **tables: str) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**(TABLES | tables)), ao.Contract("drawn up", clauses=said))


@pytest.mark.parametrize(
    ("service", "by", "got"),
    [
        (ao.Service(0.5, "dtc"), ("channel",), {"dtc": 6, "market": 4}),
        (ao.Service(0.55, "dtc"), ("channel",), {"dtc": 7, "market": 3}),
        (ao.Service(0.5, "dtc", region="south"), ("channel", "region"), {("dtc", "south"): 2, ("market", "north"): 8}),
        (ao.Service(0.5, region="south"), ("channel", "region"), {("dtc", "south"): 2, ("market", "north"): 8}),
        (ao.Service(0.5, "dtc", priority=1), ("channel", "region"), {("dtc", "north"): 4, ("market", "north"): 6}),
        (ao.Service(1, "dtc", priority=(2, 3)), ("channel", "region"), {("dtc", "south"): 4, ("market", "north"): 6}),
        (ao.Service(0.75, firm=True), ("channel", "region"), {("dtc", "north"): 6, ("market", "north"): 4}),
        (ao.Service(0.4, firm=False), ("channel",), {"dtc": 1, "market": 9}),
        (ao.Service(0.75, "dtc", sku="A", per="sku"), ("channel",), {"dtc": 9, "market": 1}),
    ],
)
def test_a_service_is_the_least_that_its_lines_get(service, by, got):
    """The share is of all units in scope, and where only whole units ship the next whole number is served."""
    assert units(plan_of(service), *by) == got


def test_a_service_over_everything_needs_what_is_there():
    """Of 21 wanted, 10 are there: 47 % can be promised over all channels, 48 %, which are 10.08, cannot."""
    assert plan_of(ao.Service(0.47)).status == "optimal"
    refused = plan_of(ao.Service(0.48))
    assert refused.status == "infeasible"
    assert refused.conflicts[0].what == "service fill 0.48"
    assert refused.conflicts[0].units == pytest.approx(0.08)


def test_a_service_per_sku_holds_for_each_article_and_one_in_total_for_their_sum():
    """Half of 4 and of 8: 2 and 4 each, or 6 in all, where the dearer B gives up less."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 8\nB East on_hand 8",
        "demand": """
            sku channel period units price
            A   dtc     0      4     10
            B   dtc     0      8     10
            A   market  0      8     12
            B   market  0      8     19
        """,
    }
    assert units(plan_of(ao.Service(0.5, "dtc", per="sku"), **tables), "channel", "sku") == {
        ("dtc", "A"): 2,
        ("dtc", "B"): 4,
        ("market", "A"): 6,
        ("market", "B"): 4,
    }
    assert units(plan_of(ao.Service(0.5, "dtc"), **tables), "channel", "sku") == {
        ("dtc", "A"): 4,
        ("dtc", "B"): 2,
        ("market", "A"): 4,
        ("market", "B"): 6,
    }


def test_units_that_nothing_can_reach_are_wanted_too():
    """B has no stock: half of the 6 + 6 wanted is all of A."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 6",
        "demand": "sku channel period units price\nA dtc 0 6 10\nB dtc 0 6 10\nA market 0 6 30",
    }
    assert units(plan_of(ao.Service(0.5, "dtc"), **tables), "channel") == {"dtc": 6}


@pytest.mark.parametrize(("penalty", "got"), [(19, 1), (21, 6)])
def test_a_soft_service_is_broken_where_that_pays(penalty, got):
    """A unit earns 20 more with the marketplace: a penalty of 19 is paid, one of 21 is not; it is no cash."""
    plan = plan_of(ao.Service(0.5, "dtc", penalty=penalty))
    assert units(plan, "channel")["dtc"] == got
    assert plan.objective == pytest.approx(plan.contribution - (6 - got) * penalty)
    assert plan.channels.set_index("channel").loc["dtc", "clause_penalties"] == pytest.approx((6 - got) * penalty)


def test_the_penalty_of_a_service_over_all_channels_stands_with_the_company():
    """It belongs to no channel: 19 of 21 are asked for, 10 are there."""
    table = plan_of(ao.Service(19 / 21, penalty=2)).channels.set_index("channel")["clause_penalties"]
    assert table.to_dict() == pytest.approx({"dtc": 0, "market": 0, "company": 18})


@few
@given(st.data(), problems())
def test_a_service_that_asks_for_nothing_changes_nothing(data: st.DataObject, facts: ao.Problem) -> None:
    """A share of 0, or a penalty of 0, leaves the plan worth what it was."""
    channel = data.draw(st.sampled_from([None, str(facts.facts.channels.id[facts.facts.lines.channel[0]])]))
    per, fill = data.draw(st.sampled_from(["sku", "total"])), data.draw(st.sampled_from([0.3, 1.0]))
    plain = ao.allocate(facts)
    for service in (ao.Service(0, channel, per=per), ao.Service(fill, channel, per=per, penalty=0)):
        plan = ao.allocate(facts, ao.Contract("idle", clauses=[service]))
        assert plan.status == plain.status
        if plan.status == "optimal":
            assert plan.objective == pytest.approx(plain.objective, rel=2e-6, abs=1e-5)


@few
@given(st.data(), problems(LINEAR))
def test_a_very_dear_service_is_a_hard_one(data: st.DataObject, facts: ao.Problem) -> None:
    """Where the hard clause can be kept, a penalty beyond any price gives a plan of the same worth."""
    said = data.draw(clauses(facts, (ao.Service,), most=1).filter(bool))[0]
    hard, soft = (
        ao.allocate(
            facts,
            ao.Contract(
                "one",
                clauses=[
                    ao.Service(
                        said.fill,
                        said.channel,
                        sku=said.sku,
                        region=said.region,
                        priority=said.priority,
                        firm=said.firm,
                        per=said.per,
                        penalty=penalty,
                    )
                ],
            ),
            gap=1e-9,
        )
        for penalty in (None, 10_000.0)
    )
    if hard.status == "optimal":
        assert soft.objective == pytest.approx(hard.objective, rel=1e-6, abs=1e-4)
