"""The best that is possible: the upper end of what coordination is worth, which nobody who is compared may beat."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import clauses, consistent, problems

import allocopt as ao
from allocopt.compare.possible import bound_of, freest

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def safe(units: int = 5) -> ao.Problem:
    """Five on hand and some as safety stock, of which the web wants ten; a unit earns 8."""
    return ao.Problem.from_dict(
        {
            "skus": [{"sku": "A", "unit_cost": 2.0}],
            "nodes": [{"node": "N"}],
            "channels": [{"channel": "web"}, {"channel": "app"}],
            "supply": [
                {"sku": "A", "node": "N", "kind": "on_hand", "units": 5},
                {"sku": "A", "node": "N", "kind": "safety", "units": units},
            ],
            "demand": [{"sku": "A", "channel": "web", "period": 0, "price": 10.0, "units": 10}],
            "lanes": [{"node": "N", "channel": "web"}, {"node": "N", "channel": "app"}],
        }
    )


def ends(found: ao.Comparison) -> tuple[float, float, float, float]:
    """Return the row of the only run: best possible and gap, at least and at most."""
    row = found.coordination_gap().iloc[0]
    return row["best_low"], row["best_high"], row["gap_low"], row["gap_high"]


def test_what_one_contract_opens_is_possible_for_all() -> None:
    """Safety stock that one contract opens, at whatever penalty, counts in the best possible at none."""
    opened = ao.Contract("Opened", clauses=[ao.SafetyStock("web", penalty=3.0)])
    found = ao.compare(safe(), [ao.first_come(), ao.pooled(), opened])
    assert ends(found) == pytest.approx((80.0, 80.0, 40.0, 40.0))
    dear = ao.Contract("Dear", clauses=[ao.SafetyStock("web", penalty=9.0)])
    assert ends(ao.compare(safe(), [ao.first_come(), dear])) == pytest.approx((40.0, 80.0, 0.0, 40.0))


def test_without_a_plan_there_is_no_gap() -> None:
    """Where whoever acts alone has no plan, the table is empty, and all else of the comparison is there."""
    impossible = ao.Protect("web", units=8, mode="serve")
    alone = ao.Contract("Alone", clauses=[impossible], stages=[ao.FirstCome()])
    found = ao.compare(safe(), [alone, ao.Contract("Together", clauses=[impossible])])
    assert found.runs["status"].tolist() == ["infeasible", "infeasible"]
    assert found.coordination_gap().empty
    assert found.to_dict()["verdict"]


def test_the_same_stock_may_be_opened_twice() -> None:
    """Two contracts that open the same stock from different periods on, together, open it from the earlier one."""
    late, now = (ao.Contract(name, clauses=[ao.SafetyStock("web", from_period=t)]) for name, t in (("L", 1), ("N", 0)))
    assert ends(ao.compare(safe(), [ao.first_come(), late, now]))[1] == pytest.approx(80.0)


def test_what_all_hold_binds_the_best_possible_too() -> None:
    """A cap in every contract is a fact; one that some hold, or that a penalty buys off, is not."""
    cap, other = ao.Cap("web", units=3), ao.Cap("web", units=4)
    alone = ao.Contract("Alone", clauses=[cap], stages=[ao.FirstCome()])
    assert ends(ao.compare(safe(), [alone, ao.Contract("Capped", clauses=[cap])])) == pytest.approx((24, 24, 0, 0))
    assert ends(ao.compare(safe(), [alone, ao.Contract("Other", clauses=[other])]))[1] == pytest.approx(40.0)
    soft = ao.Cap("web", units=3, penalty=20.0)
    alone = ao.Contract("Alone", clauses=[soft], stages=[ao.FirstCome()])
    assert ends(ao.compare(safe(), [alone, ao.Contract("Soft", clauses=[soft])]))[1] == pytest.approx(40.0)


def test_reports_steer_nothing() -> None:
    """An approval and a price parity in every contract change neither who acts alone nor what is possible."""
    told = (ao.Approval(units=8), ao.PriceParity("web", against="app"))
    split = ao.Contract("Split", clauses=[*told, ao.Protect("web", share=0.4), ao.Protect("app", share=0.6)])
    assert split.acts_alone
    found = ao.compare(safe(), [split, ao.Contract("Together", clauses=told)])
    assert ends(found) == pytest.approx((40.0, 40.0, 24.0, 24.0))


def test_where_a_scenario_takes_away_what_a_contract_names() -> None:
    """A contract without a plan there adds nothing; the others have their best possible."""
    there = ao.Contract("There", clauses=[ao.SafetyStock("web", node="N"), ao.Access("web", node="N")])
    gone = ao.Scenario("Gone", [ao.Remove("channels", where="channel = app")])
    named = ao.Contract("Named", clauses=[ao.SafetyStock("app"), ao.Cap("app", units=1)])
    found = ao.compare(safe(), [ao.first_come(), there, named], [gone])
    assert found.failures["contract"].tolist() == ["Named"]
    assert ends(found)[1] == pytest.approx(80.0)


def test_penalties_of_who_acts_alone_are_said() -> None:
    """What is proven of a contract with stages or penalties is its objective; one without has its contribution."""
    split = ao.fixed_split({"web": 0.4, "app": 0.6})
    found = ao.compare(safe(), [ao.pooled(), split, ao.first_come()]).coordination_gap()
    assert found.groupby("contract")["measure"].unique().map(list).to_dict() == {
        split.name: ["contribution"],
        "First come": ["objective"],
    }


@few
@given(st.data(), problems())
def test_no_contract_beats_the_best_possible(data: st.DataObject, facts: ao.Problem) -> None:
    """What a contract opens, with all safety stock and what all hold, bounds what it earns, whatever else it says."""
    shared = data.draw(clauses(facts, most=2))
    contracts = []
    for name in ("A", "B", "C")[: data.draw(st.integers(1, 3))]:
        known = {clause.scope() for clause in shared}
        own = [clause for clause in data.draw(clauses(facts, most=2)) if clause.scope() not in known]
        try:
            contracts.append(ao.Contract(name, clauses=consistent([*shared, *own])))
            contracts[-1].check(facts)
        except ao.ContractError:
            return
    for contract in contracts:
        plan = ao.allocate(facts, contract)
        if plan.solved:
            best = max(bound_of(facts, free) for free in freest(contracts))
            assert best > -math.inf
            assert best >= plan.contribution - 1e-6 * (1 + abs(plan.contribution))
