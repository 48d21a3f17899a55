"""What is different in another plan: it adds up, it is nothing for equal plans, and each step is a whole re-solve."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import thrown

import allocopt as ao

few = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STEPS = ["supply", "lanes and capacity", "demand", "prices and costs", "clauses", "search"]
CAPPED = ao.Contract("Capped", clauses=[ao.Cap("amazon", units=20)])


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """Return a problem of two articles."""
    return ao.example("quickstart")


def test_each_step_is_a_whole_re_solve(quick: ao.Problem) -> None:
    """Half the stock, dearer lanes, more demand at other prices and a cap: step by step as if solved by hand."""
    after = quick.replace(
        supply=quick.supply.assign(units=quick.supply["units"] // 2),
        lanes=quick.lanes.assign(cost=quick.lanes["cost"] + 1, lead=quick.lanes["lead"]),
        demand=quick.demand.assign(units=quick.demand["units"] + 5, price=quick.demand["price"] * 2),
    )
    this, other = ao.allocate(quick), ao.allocate(after, CAPPED)
    steps = this.diff(other).steps
    assert steps["step"].tolist() == STEPS
    supply = quick.replace(supply=after.supply)
    demand = supply.replace(demand=after.demand.assign(price=quick.demand["price"]))
    worth = [ao.allocate(problem).objective for problem in (quick, supply, supply, demand, after)]
    worth.append(ao.allocate(after, CAPPED).objective)
    assert steps["objective"].tolist() == pytest.approx([b - a for a, b in itertools.pairwise(worth)] + [0.0])


def test_who_gets_more_or_less(quick: ao.Problem) -> None:
    """A cap takes ten lamps from Amazon and gives them to DTC; the words say so and what that costs."""
    found = ao.allocate(quick).diff(ao.allocate(quick, CAPPED))
    assert found.lines[["sku", "channel", "this", "other", "change"]].values.tolist() == [
        ["LAMP", "amazon", 30.0, 20.0, -10.0],
        ["LAMP", "dtc", 30.0, 40.0, 10.0],
    ]
    assert "clauses -30.00 USD" in found.words()
    assert found.channels.set_index("channel").loc["amazon", "units_change"] == -10
    assert found.contribution == pytest.approx(-30)


def test_a_step_without_a_plan_is_joined_with_the_next(quick: ao.Problem) -> None:
    """Without stock the commitments cannot be kept; with the demand that has none of them they need not be."""
    committed = quick.replace(demand=quick.demand.assign(min_units=quick.demand["units"].clip(upper=5)))
    empty = quick.replace(supply=quick.supply.assign(units=0, reserved=0))
    steps = ao.allocate(committed).diff(ao.allocate(empty)).steps
    assert steps["step"].tolist() == ["supply + lanes and capacity + demand", *STEPS[3:]]
    assert steps["objective"].sum() == pytest.approx(ao.allocate(empty).objective - ao.allocate(committed).objective)


def test_an_article_that_only_the_other_problem_has_is_a_difference_too(quick: ao.Problem) -> None:
    """A new article with stock and demand, and a new channel with a fixed cost: the steps still add up."""
    new = {"sku": "VASE", "node": "East", "kind": "on_hand", "units": 10}
    channel = {"channel": "tv", "kind": "marketplace", "fixed_cost": 40.0}
    tables = quick.to_dict()
    plain = {
        name: [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
        for name, table in tables.items()
        if isinstance(table, dict)
    }
    plain["skus"].append({"sku": "VASE", "unit_cost": 5.0})
    plain["channels"].append(channel)
    plain["supply"].append(new)
    plain["lanes"].append({"node": "East", "channel": "tv", "cost": 1.0})
    plain["demand"].append({"sku": "VASE", "channel": "tv", "period": 1, "units": 4, "price": 20.0})
    after = ao.Problem.from_dict({**tables, **plain})
    found = ao.allocate(quick).diff(ao.allocate(after))
    assert found.steps["contribution"].sum() == pytest.approx(found.contribution)
    assert found.contribution != 0
    assert ("VASE", "tv", 0.0, 4.0) in list(
        found.lines[["sku", "channel", "this", "other"]].itertuples(index=False, name=None)
    )


def test_read_plans_have_tables_and_steps_once_attached(quick: ao.Problem) -> None:
    """Who gets more is known of a plan that was read; what it comes from wants problem and contract."""
    plan, capped = ao.allocate(quick), ao.allocate(quick, CAPPED)
    read = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict())))
    found = read.diff(capped)
    assert found.lines.equals(plan.diff(capped).lines)
    assert "Capped contributes 30.00 USD less" in found.words()
    assert "Capped contributes as much as Capped" in capped.diff(capped).words()
    with pytest.raises(ao.SolveError, match=r"plan\.attach\(problem, contract\)"):
        _ = found.steps
    assert read.attach(quick).diff(capped).steps.equals(plan.diff(capped).steps)


def test_what_is_no_plan_is_refused(quick: ao.Problem) -> None:
    """Another plan is asked for, and one that has an answer."""
    plan = ao.allocate(quick)
    with pytest.raises(TypeError, match="Plan"):
        plan.diff(quick)
    with pytest.raises(ao.SolveError, match="no plan"):
        plan.diff(ao.allocate(quick, ao.Contract("X", clauses=[ao.Service(1.0)])))


@few
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_differences_add_up_and_equal_plans_have_none(one: int, two: int) -> None:
    """Of any two problems and contracts the steps add up to the whole; a plan and itself differ in nothing."""
    plans = [ao.allocate(facts, ao.Contract("any", clauses=agreed)) for facts, agreed in map(thrown, (one, two))]
    if not all(plan.solved for plan in plans):
        return
    this, other = plans
    found = this.diff(other)
    for name in ("objective", "contribution"):
        whole = getattr(other, name) - getattr(this, name)
        assert found.steps[name].sum() == pytest.approx(whole, abs=1e-6)
    assert [part for step in found.steps["step"] for part in step.split(" + ")] == STEPS
    units = [plan.allocation["units"].sum() for plan in plans]
    assert found.lines["change"].sum() == pytest.approx(units[1] - units[0])
    same = this.diff(ao.allocate(this.problem, ao.Contract.from_dict(this.contract)))
    assert (same.steps[["objective", "contribution"]] == 0).all(axis=None)
    assert not len(same.lines)
