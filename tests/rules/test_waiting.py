"""Orders that wait for an approval, worked out by hand."""

from __future__ import annotations

import pytest
from tests.rules.small import problem

import allocopt as ao

TABLES = {
    "channels": "channel owner\nwholesale Will\nweb Wendy",
    "supply": "sku node kind units\nA East on_hand 10\nB East on_hand 5",
    "demand": """
        sku channel   period units price order line min_units lost_cost approved
        A   wholesale 1      6     12    W1    L1   4         3         false
        B   wholesale 0      4     5     W1    L2   0         0         false
        A   wholesale 0      3     12    W2    .    0         0         false
        A   web       0      10    10    .     .    0         0         false
    """,
}
"""W1 wants 10 units, 92 of revenue; W2 3 units, 36; the web line 10 units, 100."""


def plan_of(*said: object, **more: str) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**TABLES | more), ao.Contract("agreed", clauses=said))  # type: ignore[arg-type]


def test_an_order_that_waits_gets_nothing_and_holds_its_commitment():
    """Its lines count as not there: no commitment of 4, no lost sales of 18, no demand in the books."""
    plan = plan_of(ao.Approval(units=8, channel="wholesale", holds=True))
    assert plan.allocation.groupby("order")["units"].sum().to_dict() == {"": 7, "W2": 3}
    assert plan.objective == 7 * 10 + 3 * 12
    assert plan.channels.set_index("channel").loc["wholesale", ["demand", "penalties"]].tolist() == [3, 0]
    assert not plan.shortfalls["order"].eq("W1").any()
    (row,) = plan.exceptions.to_dict("records")
    assert {
        name: row[name] for name in ("kind", "clause", "owner", "channel", "order", "units", "money", "period")
    } == {
        "kind": "approval",
        "clause": 0,
        "owner": "Will",
        "channel": "wholesale",
        "order": "W1",
        "units": 10,
        "money": 92,
        "period": 0,
    }
    assert row["sentence"] == (
        "Order W1 of wholesale wants 10 units worth 92.00: more than 8 units needs approval, "
        "and gets nothing until it has it."
    )
    assert any("1 order waits for approval" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("limits", "waits"),
    [
        ({"units": 10}, set()),
        ({"units": 9.5}, {"W1", ""}),
        ({"revenue": 92}, {""}),
        ({"revenue": 91.99}, {"W1", ""}),
        ({"units": 99, "revenue": 35}, {"W1", "W2", ""}),
        ({"units": 5, "channel": ("wholesale", "web")}, {"W1", ""}),
        ({"units": 5, "channel": "web"}, {""}),
    ],
)
def test_the_threshold_is_of_all_that_the_order_wants(limits, waits):
    """Units, or gross revenue, over all its lines; the threshold itself is free."""
    assert set(plan_of(ao.Approval(**limits, holds=True)).exceptions["order"]) == waits


def test_approved_orders_neither_wait_nor_are_reported():
    """Once it is approved it is an order like others."""
    approved = TABLES["demand"].replace("false", "true")
    assert not len(plan_of(ao.Approval(units=2, holds=True), ao.Approval(units=2), demand=approved).exceptions)
    assert plan_of(ao.Approval(units=2, holds=True), demand=approved).objective == plan_of(demand=approved).objective


def test_what_waits_is_not_taken_over_from_a_retired_channel():
    """The 10 units of W1 go to nobody: they were not there. W2 is taken over."""
    said = (ao.Approval(units=8, channel="wholesale", holds=True), ao.Retire("wholesale", [ao.Recapture("web", 1.0)]))
    plan = plan_of(*said)
    assert plan.channels.set_index("channel")["demand"].to_dict() == {"wholesale": 0, "web": 13, "company": 0}
    assert not plan.exceptions["kind"].eq("approval").any()


def test_value_is_read_as_revenue_with_a_note():
    """The old name works, alone; both names are a fault."""
    plan = plan_of(ao.Approval(value=50, channel="wholesale", holds=True))
    assert set(plan.exceptions["order"]) == {"W1"}
    assert any("value is called revenue now: write revenue 50" in note for note in plan.notes)
    with pytest.raises(ao.ContractError, match="Give revenue alone"):
        ao.Approval(value=50, revenue=50)


def test_what_waits_opens_something_and_what_reports_steers_nothing():
    """Demand goes with its costs: a plan may be worth more. The best that is possible counts with that."""
    holds = ao.Contract("Holds", clauses=[ao.Approval(units=8, channel="wholesale", holds=True)])
    tells = ao.Contract("Tells", clauses=[ao.Approval(units=8, channel="wholesale")])
    short = problem(**TABLES | {"supply": "sku node kind units\nA East on_hand 4"})
    found = ao.compare(short, [holds, tells, ao.first_come()])
    worth = found.runs.set_index("contract")["contribution"]
    assert worth["Holds"] > worth["Tells"]
    assert (found.coordination_gap()["gap_high"] >= -1e-6).all()
