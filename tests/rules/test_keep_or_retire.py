"""Channels that the optimiser keeps or retires: the better of both, with all that goes with either."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem, units
from tests.strategies import AS_STATED, clauses, consistent, problems

import allocopt as ao
from allocopt.rules import revised
from allocopt.rules.switches import live_lines

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def plan_of(fixed_cost: int, *agreed: ao.rules.Clause) -> ao.Plan:
    """Return the plan of a problem in which amazon earns 10 x (8 - 4), and dtc 4 x 5 of its demand without it."""
    tables = {
        "skus": "sku unit_cost\nA 4",
        "channels": f"channel fixed_cost\namazon {fixed_cost}\ndtc 3",
        "supply": "sku node kind units\nA East on_hand 20",
        "demand": """
            sku channel period units price min_units lost_cost
            A   amazon  0      10    8     2         0.5
            A   dtc     0      2     9     0         0
        """,
    }
    return ao.allocate(problem(**tables), ao.Contract("open", clauses=agreed))


AMAZON = ao.KeepOrRetire("amazon", recapture=[ao.Recapture("dtc", 0.4)])


@pytest.mark.parametrize(("fixed_cost", "kept", "worth"), [(19, True, 40 - 19 + 10 - 3), (21, False, 4 * 5 + 10 - 3)])
def test_a_channel_is_kept_as_long_as_it_is_worth_its_fixed_cost(fixed_cost, kept, worth):
    """It earns 40, others would earn 20 of that: it may cost 20 to run; the tables show the outcome alone."""
    plan = plan_of(fixed_cost, AMAZON)
    assert plan.objective == worth
    assert plan.decisions == {"keep/amazon": kept}
    table = plan.channels.set_index("channel")
    assert table["demand"].tolist() == ([10, 2, 0] if kept else [0, 6, 0])
    assert table["fixed_cost"].tolist() == [fixed_cost if kept else 0, 3, 0]
    assert units(plan, "channel") == ({"amazon": 10, "dtc": 2} if kept else {"dtc": 6})
    assert plan.shortfalls.empty
    assert len(plan.broken) == (0 if kept else 1)
    assert f"Decided: amazon is {'kept' if kept else 'retired'}" in plan.summary()
    again = ao.Plan.from_dict(plan.to_dict())
    assert (again.decisions, again.broken) == (plan.decisions, plan.broken)


def test_promises_hold_while_the_channel_is_kept():
    """What amazon was promised costs the other channel stock only if amazon stays."""
    protect = ao.Protect("amazon", units=15)
    assert plan_of(19, AMAZON, protect).decisions == {"keep/amazon": True}
    gone = plan_of(21, AMAZON, protect)
    assert gone.decisions == {"keep/amazon": False}
    assert [broken.units for broken in gone.broken] == [15, 2]
    assert [broken.clause for broken in gone.broken] == [1, None]


def test_a_promise_that_cannot_be_kept_retires_the_channel():
    """Amazon earns well, but is promised units of deliveries that do not come: the only plan is without it."""
    agreed = (AMAZON, ao.Protect("amazon", units=5, of="inbound", mode="serve"))
    assert plan_of(0, *agreed[1:]).status == "infeasible"
    assert plan_of(0, *agreed).decisions == {"keep/amazon": False}


def test_the_model_in_pyomo_has_the_switch_by_its_name(tiny):
    """The decision is a binary variable indexed by its name."""
    model = ao.to_pyomo(tiny, ao.Contract("open", clauses=[ao.KeepOrRetire("amazon")]))
    assert model.switch["keep/amazon"].is_binary()


def test_two_switches_make_a_line_live_together():
    """What dtc takes over of amazon is wanted if amazon is gone and dtc is there."""
    lines = "sku channel period units price\nA amazon 0 4 8\nA dtc 0 2 9"
    agreed = [AMAZON, ao.KeepOrRetire("dtc")]
    facts, _ = revised(problem(supply="sku node kind units\nA East on_hand 9", demand=lines).facts, agreed)
    assert facts.lines.line.tolist() == ["", "", "from amazon"]
    for amazon, dtc in product((False, True), repeat=2):
        assert live_lines(facts, np.array([amazon, dtc])).tolist() == [amazon, dtc, dtc and not amazon]


def test_too_many_open_questions_are_refused():
    """Nine channels that may go, each with a promise: more cases than can be written down."""
    channels = [f"c{number}" for number in range(9)]
    lines = "sku channel period units price\n" + "\n".join(f"A {channel} 0 2 9" for channel in channels)
    agreed = [kind for name in channels for kind in (ao.KeepOrRetire(name), ao.Protect(name, units=1))]
    facts = problem(supply="sku node kind units\nA East on_hand 9", demand=lines)
    with pytest.raises(ao.ContractError, match=r"9 decisions \(keep/c0, .* at most 8 can be left open at once"):
        ao.allocate(facts, ao.Contract("open", clauses=agreed))
    assert ao.allocate(facts, ao.Contract("fewer", clauses=agreed[2:])).status == "optimal"


@few
@given(st.data(), problems())
def test_it_is_the_better_of_keeping_and_retiring(data: st.DataObject, facts: ao.Problem) -> None:
    """One or two channels: the plan is worth what the best of the forced contracts is, whatever else was agreed."""
    assume(len(facts.demand))
    drawn = data.draw(clauses(facts, (ao.KeepOrRetire,), most=2).filter(len))
    agreed = data.draw(clauses(facts, AS_STATED, most=3))

    def worth(*more: ao.rules.Clause) -> tuple[float, ao.Plan]:
        plan = ao.allocate(facts, ao.Contract("any", clauses=[*agreed, *more]), gap=1e-9)
        return (plan.objective if plan.status == "optimal" else -np.inf), plan

    value, plan = worth(*drawn)
    forced: dict[Any, float] = {}
    for ways in product((True, False), repeat=len(drawn)):
        gone = [ao.Retire(c.channel, c.recapture) for c, kept in zip(drawn, ways, strict=True) if not kept]
        forced[ways] = worth(*consistent(gone))[0]
    assert value == pytest.approx(max(forced.values()), rel=2e-6, abs=1e-5)
    if np.isfinite(value):
        assert forced[tuple(plan.decisions.values())] == pytest.approx(value, rel=2e-6, abs=1e-5)
        for clause in drawn:
            if not plan.decisions[f"keep/{clause.channel}"]:
                row = plan.channels.set_index("channel").loc[clause.channel]
                assert np.abs(row[["demand", "units", "contribution"]].to_numpy(float)).max() == 0
