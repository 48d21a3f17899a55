"""Promotions that run, do not run, or run if that is worth more; and how many run at a time."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem, units
from tests.strategies import AS_STATED, PROMOTIONS, Tables, clauses, tables

import allocopt as ao
from allocopt.problem.facts import ANY
from allocopt.rules import revised

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

TABLES = {
    "skus": "sku unit_cost\nA 4\nB 4",
    "supply": "sku node kind units\nA East on_hand 60\nB East on_hand 40",
    "demand": """
        sku channel period units price promotion line
        A   dtc     0      8     10    P1        .
        A   dtc     1      8     10    P2        x
        B   dtc     1      8     10    P2        .
        A   dtc     1      8     10    P3        y
    """,
}
"""Each line earns 48; running at 8 with twice the units it would earn 64."""


def plan_of(*agreed: ao.rules.Clause, **changes: str) -> ao.Plan:
    """Return the plan of the small problem under clauses."""
    return ao.allocate(problem(**TABLES | changes), ao.Contract("season", clauses=agreed))


@pytest.mark.parametrize(("run", "cost", "worth"), [("no", 1, 192), ("yes", 1, 192 + 16 - 1), ("yes", 20, 192 - 4)])
def test_a_promotion_changes_units_and_price_of_its_lines_and_costs(run, cost, worth):
    """While P1 runs, 16 units are wanted at 8; its cost is the company's, in a column of its own."""
    plan = plan_of(ao.Promotion("P1", run=run, uplift=1, discount=0.2, cost=cost))
    assert plan.objective == worth
    assert plan.decisions == {}
    if run == "yes":
        assert plan.channels.set_index("channel")["promotion_cost"].to_dict() == {"company": cost, "dtc": 0}
        assert plan.channels["demand"].sum() == 40


@pytest.mark.parametrize(("cost", "runs"), [(15, True), (17, False)])
def test_it_runs_where_that_is_worth_more(cost, runs):
    """16 more earned: worth a cost of 15 and not of 17; the tables show the outcome alone."""
    plan = plan_of(ao.Promotion("P1", uplift=1, price=8, cost=cost))
    assert plan.decisions == {"run/P1": runs}
    assert plan.objective == 192 + max(16 - cost, 0)
    assert plan.channels["demand"].sum() == (40 if runs else 32)
    assert plan.shortfalls.empty
    assert ("with P1" in set(plan.allocation["line"])) == runs
    assert f"the promotion P1 {'runs' if runs else 'does not run'}" in plan.summary()


def test_tables_may_state_demand_with_the_promotion():
    """Stated with it, not running P1 leaves 8 / 1.6 = 5 units at 10 / 0.8 = 12.50."""
    agreed = ao.Promotion("P1", run="no", uplift=0.6, discount=0.2, stated="with")
    assert plan_of(agreed).objective == 192 - 48 + 5 * 8.5
    assert plan_of(replace(agreed, run="yes")).objective == 192
    assert plan_of(replace(agreed, run="choose")).decisions == {"run/P1": True}


def test_orders_that_are_placed_are_left_alone():
    """Firm lines, and orders served whole or not at all, stay as they are in either way, and that is said."""
    lines = """
        sku channel period units price promotion firm  all_or_none
        A   dtc     0      3     10    P1        true  false
        A   dtc     1      4     10    P1        false true
        A   dtc     2      5     10    P1        false false
    """
    for run in ("yes", "choose"):
        plan = plan_of(ao.Promotion("P1", run=run, uplift=1, price=9), demand=lines)
        assert plan.channels["demand"].sum() == 3 + 4 + 10
        assert plan.notes == ("promotion P1: 2 lines of firm or all-or-none orders (7 units) are left as they are.",)


def test_units_are_rounded_over_the_lines_of_an_article_and_channel():
    """1.5 x (3 + 3 + 1) is 10.5: 5, 4 and 1, the first by its largest remainder; what is rounded is said."""
    lines = "sku channel period units price promotion\nA dtc 0 3 9 P\nA dtc 1 3 9 P\nA dtc 2 1 9 P\nA shop 0 1 9 P"
    facts, notes = revised(problem(**TABLES | {"demand": lines}).facts, [ao.Promotion("P", run="yes", uplift=0.5)])
    assert facts.lines.units.tolist() == [5, 4, 1, 1]
    assert facts.lines.row.tolist() == [0, 1, 2, 3]
    assert [note.message for note in notes] == [
        "promotion P: 4 of 4 quantities were rounded to whole units, by at most 0.5."
    ]


def test_what_others_take_over_belongs_to_no_promotion():
    """Half of amazon's 8 units come to dtc as the table states them, whether P1 runs or not."""
    lines = "sku channel period units price promotion\nA amazon 0 8 10 P1\nA dtc 0 2 10 P1"
    agreed = [
        ao.Promotion("P1", run="yes", uplift=1),
        ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.5)]),
    ]
    facts, _ = revised(problem(**TABLES | {"demand": lines}).facts, agreed)
    assert facts.lines.units.tolist() == [0, 4, 4]
    assert facts.lines.row.tolist() == [0, 1, ANY]


@pytest.mark.parametrize(
    ("agreed", "runs"),
    [
        ((), {"P1", "P2", "P3"}),
        ((ao.Campaigns(),), {"P1", "P2"}),
        ((ao.Campaigns(sku="B"),), {"P1", "P2", "P3"}),
        ((ao.Campaigns(channel="shop"),), {"P1", "P2", "P3"}),
        ((ao.Campaigns(0),), set()),
        ((ao.Campaigns(0, sku="B"), ao.Campaigns()), {"P1", "P3"}),
    ],
)
def test_no_more_promotions_run_at_a_time_than_agreed(agreed, runs):
    """P2 and P3 meet on A in period 1, where P2, that B is in too, earns more; P1 meets none of them."""
    chosen = [ao.Promotion(name, uplift=1, price=8) for name in ("P1", "P2", "P3")]
    shops = {"channels": "channel\ndtc\nshop"}
    plan = plan_of(*chosen, *agreed, **shops)
    assert {name for name in ("P1", "P2", "P3") if plan.decisions[f"run/{name}"]} == runs


def test_promotions_that_run_in_any_case_count():
    """With P3 fixed P2 cannot run; with both fixed there is no plan, and the clause is named."""
    fixed = ao.Promotion("P3", run="yes", uplift=1, price=8)
    plan = plan_of(fixed, ao.Promotion("P2", uplift=1, price=8), ao.Campaigns())
    assert plan.decisions == {"run/P2": False}
    clash = plan_of(fixed, ao.Promotion("P2", run="yes"), ao.Campaigns())
    assert clash.status == "infeasible"
    (conflict,) = clash.conflicts
    assert (conflict.what, conflict.units) == ("campaigns", 1)
    assert conflict.where == "promotions P3, P2 on A in period 1"
    assert "campaigns (promotions P3, P2 on A in period 1): 1" in clash.summary()


def test_articles_and_periods_with_the_same_promotions_are_stated_once():
    """A hundred articles in the same two promotions need one row."""
    names = [f"S{number:03}" for number in range(100)]
    lines = "sku channel period units price promotion line\n" + "\n".join(
        f"{name} dtc {number % 3} 2 9 {promotion} in-{promotion}"
        for number, name in enumerate(names)
        for promotion in ("P1", "P2")
    )
    facts = problem(supply="sku node kind units\nS000 East on_hand 9", demand=lines)
    model = ao.to_pyomo(facts, ao.Contract("one", [ao.Promotion("P1"), ao.Promotion("P2"), ao.Campaigns()]))
    assert list(model.campaigns) == [(2, "S000", 0)]


def test_unknown_promotions_are_named_with_the_nearest():
    """A promotion that no demand line belongs to is a typing error."""
    with pytest.raises(ao.ContractError, match=r"There is no promotion 'P11'\. Did you mean 'P1'"):
        plan_of(ao.Promotion("P11"))
    with pytest.raises(ao.ContractError, match="It must be in the column promotion of demand"):
        plan_of(ao.Promotion("HOLIDAY"))


@few
@given(st.data(), tables())
def test_a_promotion_left_open_is_the_better_of_running_and_not(data: st.DataObject, facts: Tables) -> None:
    """For one or two promotions, with or without a limit: the best of the contracts in which they are decided."""
    for row in facts["demand"]:
        row["promotion"] = data.draw(st.sampled_from(("P1", "P1", "P2", "")))
    case = ao.Problem.from_dict(facts)
    drawn = data.draw(clauses(case, (ao.Promotion,), most=2))
    open_ = [replace(clause, run="choose") for clause in drawn if isinstance(clause, ao.Promotion)]
    assume(open_)
    agreed = data.draw(clauses(case, tuple(kind for kind in AS_STATED if kind is not ao.Campaigns), most=2))
    limit = data.draw(st.sampled_from([(), (ao.Campaigns(),)]))

    def worth(promotions: list[ao.Promotion]) -> tuple[float, ao.Plan]:
        plan = ao.allocate(case, ao.Contract("any", clauses=[*agreed, *limit, *promotions]), gap=1e-9)
        return (plan.objective if plan.solved else -np.inf), plan

    value, plan = worth(open_)
    forced = {
        runs: worth([replace(clause, run=run) for clause, run in zip(open_, runs, strict=True)])[0]
        for runs in product(("no", "yes"), repeat=len(open_))
    }
    best = max(forced.values())
    if plan.status == "feasible":  # it need not be proven, but what is claimed has to hold
        assert value <= best + 1e-5 + 2e-6 * abs(best)
        assert plan.proof.bound >= best - 1e-5 - 2e-6 * abs(best)
        return
    assert value == pytest.approx(best, rel=2e-6, abs=1e-5)
    if np.isfinite(value):
        taken = tuple("yes" if plan.decisions[f"run/{clause.promotion}"] else "no" for clause in open_)
        assert forced[taken] == pytest.approx(value, rel=2e-6, abs=1e-5)
        if limit and len(open_) == 2:
            met = [(row["sku"], row["period"]) for row in facts["demand"] if row["promotion"] == PROMOTIONS[0]]
            met = [k for k in met if k in {(r["sku"], r["period"]) for r in facts["demand"] if r["promotion"] == "P2"}]
            assert not met or taken != ("yes", "yes")
        shipped = units(plan, "channel") if len(plan.allocation) else {}
        served = plan.channels.set_index("channel")["units"]
        assert all(served[channel] == pytest.approx(number) for channel, number in shipped.items())
