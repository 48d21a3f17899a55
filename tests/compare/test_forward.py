"""Draws played forward: what ships in a period knows only what was revealed by then, and hindsight knows everything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem
from tests.strategies import LINEAR, SWITCHES, Tables, clauses, tables

import allocopt as ao
from allocopt.compare.runs import Request, Settings
from allocopt.compare.solving import Bench
from allocopt.solve import highs

FORESIGHT = settings(max_examples=15, suppress_health_check=list(HealthCheck))
RESTRICTING = (ao.Approval, ao.Cap, ao.MarginFloor, ao.Protect, ao.Service)
"""Clauses that only take plans away: they open no stock and save no fixed cost."""


@pytest.fixture(scope="module")
def late() -> ao.Problem:
    """Ten units wanted, four there; six more come in period 1 with a probability of one half.

    The forecast counts 3 of the 6. In period 0 it keeps 3 units for dtc, which pays 10, and sells 1 to amazon for 5.
    """
    return problem(
        supply="""
            sku node kind    units available confidence
            A   DC   on_hand 4     0         1
            A   DC   inbound 6     1         0.5
        """,
        demand="""
            sku channel period units price
            A   amazon  0      4     5
            A   dtc     1      6     10
        """,
    )


@pytest.fixture(scope="module")
def unsure() -> ao.Problem:
    """Ten units; amazon takes any number now for 2, dtc wants 2 next week for 10, give or take 5.

    The plan without rules keeps 2, the forecast. A reserve of 6 is nearer to where another unit is worth keeping: as
    long as dtc wants it with a probability above 2 / 10. For d units that dtc turns out to want,

        pooled  = 8 x 2 + 10 x min(d, 2)        keep 6  = 4 x 2 + 10 x min(d, 6)

    and who knew d would have earned 10 x min(d, 10) + 2 x (10 - min(d, 10)).
    """
    return problem(
        supply="""
            sku node kind    units
            A   DC   on_hand 10
        """,
        demand="""
            sku channel period units price sd firm
            A   amazon  0      10    2     0  true
            A   dtc     1      2     10    5  false
        """,
    )


def wanted(given_problem: ao.Problem, scenario: ao.Scenario) -> list[float]:
    """Return what dtc wants in each draw."""
    assert scenario.draws is not None
    draws = [scenario.draw(given_problem, number).demand for number in range(scenario.draws.number)]
    return [float(demand.loc[demand["channel"] == "dtc", "units"].iloc[0]) for demand in draws]


def test_a_lot_that_may_not_come_is_not_counted_on_twice(late: ao.Problem) -> None:
    """In period 0 amazon gets 1, in every draw; then dtc gets 6 where the lot comes, else the 3 that were kept."""
    scenario = ao.Scenario("Late", draws=ao.Draws(number=6))
    found = ao.compare(late, [ao.pooled()], [scenario])
    comes = [scenario.draw(late, number).supply["units"][1] == 6 for number in range(6)]
    assert 0 < sum(comes) < 6
    assert list(found.runs["contribution"]) == [5 + 60 if there else 5 + 30 for there in comes]
    assert list(found.runs["bound"]) == pytest.approx([20 + 60 if there else 40 for there in comes])
    for number, there in enumerate(comes):
        shipped = found.plan("Late", "Pooled", number).allocation.groupby(["ship", "channel"])["units"].sum()
        assert shipped.to_dict() == {(0, "amazon"): 1, (1, "dtc"): 6 if there else 3}


def test_perfect_foresight_is_another_question(late: ao.Problem) -> None:
    """Who knows whether the lot comes sells 4 to amazon if so, and none if not."""
    scenario = ao.Scenario("Late", draws=ao.Draws(number=6, foresight="perfect"))
    found = ao.compare(late, [ao.pooled()], [scenario])
    comes = [scenario.draw(late, number).supply["units"][1] == 6 for number in range(6)]
    assert list(found.runs["contribution"]) == [20 + 60 if there else 40 for there in comes]
    assert not found.runs["played"].any()


def test_protecting_can_be_worth_more_than_pooling(unsure: ao.Problem) -> None:
    """Without foresight a reserve above the forecast earns more on average, and how much is the arithmetic above."""
    keep = ao.Contract("Keep 6", clauses=[ao.Protect("dtc", units=6)])
    scenario = ao.Scenario("Unsure", draws=ao.Draws(number=24, seed=4))
    found = ao.compare(unsure, [ao.pooled(), keep], [scenario])
    demand = wanted(unsure, scenario)
    pooled = [8 * 2 + 10 * min(units, 2) for units in demand]
    kept = [4 * 2 + 10 * min(units, 6) for units in demand]
    runs = found.runs.set_index("contract")
    assert runs.loc["Pooled", "contribution"].tolist() == pooled
    assert runs.loc["Keep 6", "contribution"].tolist() == kept
    assert np.mean(kept) > np.mean(pooled)
    assert found.ranked == ["Keep 6", "Pooled"]
    gain = np.subtract(kept, pooled)
    assert found.difference("Keep 6").mean == pytest.approx(gain.mean())
    assert (found.difference("Keep 6").ahead, found.difference("Keep 6").behind) == ((gain > 0).sum(), (gain < 0).sum())
    knew = [10 * min(units, 10) + 2 * (10 - min(units, 10)) for units in demand]
    assert runs.loc["Pooled", "bound"].tolist() == pytest.approx(knew)


def test_a_played_plan_is_optimal_where_nobody_could_have_earned_more(unsure: ao.Problem) -> None:
    """Pooling keeps 2 units: it is as good as hindsight in the draws in which dtc wants just these, and only there."""
    scenario = ao.Scenario("Unsure", draws=ao.Draws(number=8, seed=4))
    found = ao.compare(unsure, [ao.pooled()], [scenario])
    demand = wanted(unsure, scenario)
    assert 0 < demand.count(2) < len(demand)
    assert list(found.runs["status"]) == ["optimal" if units == 2 else "feasible" for units in demand]


def test_a_promise_that_nobody_could_keep_gives_way_in_draws(unsure: ao.Problem) -> None:
    """Two units of a delivery that does not come: no plan as stated, but draws do what can be done: nothing else."""
    said = [ao.Protect("dtc", units=10), ao.Protect("dtc", units=2, of="inbound", mode="serve")]
    keep = ao.Contract("Keep 10, and 2", clauses=said)
    assert ao.allocate(unsure, keep).status == "infeasible"
    scenario = ao.Scenario("Unsure", draws=ao.Draws(number=8, seed=4))
    found = ao.compare(unsure, [keep], [scenario])
    demand = wanted(unsure, scenario)
    assert list(found.runs["contribution"]) == [10 * min(units, 10) for units in demand]
    notes = [found.plans["Unsure", keep.name, draw].notes for draw in range(8)]
    short = [f"serve[1, A] by {min(units, 2):g}." if units else "" for units in demand]
    assert all(said[-1].endswith(words) if words else not said for said, words in zip(notes, short, strict=True))


def whole_orders(supply: list[str], orders: list[str], share: float) -> Bench:
    """Return draws of one article, of which a share is kept for dtc and orders in packs are served whole or not."""
    wanted = ["sku channel order period units price pack all_or_none", "A dtc . 3 9 5 1 false", *orders]
    stock = ["sku node kind available units confidence", *supply]
    given_problem = problem(supply="\n".join(stock), demand="\n".join(wanted))
    kept = ao.Contract("Kept", clauses=[ao.Protect("dtc", share=share, of="supply")])
    return Bench(Request(given_problem, (kept,), (ao.Scenario("Drawn", draws=ao.Draws(number=8)),), Settings(1e-3)))


def test_what_a_reserve_implies_for_packs_gives_way_with_it() -> None:
    """Half of an order left before the other half's delivery fails to come: it takes 3 of the units that are kept.

    A later delivery left room for both packs until it did not come either.
    """
    stock = ["A DC on_hand 0 10 1", "A DC inbound 1 12 0.5", "A DC inbound 3 12 0.5"]
    bench = whole_orders(stock, ["A shop O1 0 4 10 4 true", "A shop O1 1 4 10 4 true"], 0.5)
    seen = set()
    for run, plan in zip(bench.runs, plans(bench), strict=True):
        first, second = (bench.problem(run).supply["units"].iloc[1:] > 0).tolist()
        seen.add((first, second))
        dtc = 9 if first or second else 2
        assert plan.allocation.groupby("channel")["units"].sum().to_dict() == {"shop": 8, "dtc": dtc}
        assert any("reserve_lot" in note and "by 3." in note for note in plan.notes) == (not first)
    assert len(seen) == 4


@FORESIGHT
@given(data=st.data())
def test_every_draw_has_a_plan_where_only_promises_stand_against_it(data: st.DataObject) -> None:
    """Whatever comes of deliveries: shares that are kept, packs and whole orders give way, and never to no plan."""
    number = st.integers(1, 3)
    stock = [f"A DC inbound {at} {data.draw(st.integers(8, 14))} 0.5" for at in (1, 2, 3)]
    orders = [
        f"A shop O{k} {due + later} 4 10 4 true"
        for k in range(data.draw(number))
        for due in [data.draw(st.integers(0, 2))]
        for later in range(data.draw(number))
    ]
    share = data.draw(st.sampled_from((0.5, 0.4, 0.6)))
    bench = whole_orders([f"A DC on_hand 0 {data.draw(st.integers(8, 14))} 1", *stock], orders, share)
    assert all(plan.solved for plan in plans(bench))


def test_draws_are_played_over_lanes_that_take_time() -> None:
    """30 units and far more wanted, two periods away or one: all are sold in every draw, at 9 each."""
    lines = [f"A {channel} {due} 20 10 5" for channel in ("dtc", "b") for due in (2, 3)]
    away = problem(
        skus="sku unit_cost\nA 1",
        supply="sku node kind units\nA E on_hand 30",
        demand="sku channel period units price sd\n" + "\n".join(lines),
        lanes="node channel lead\nE dtc 2\nE b 1",
    )
    found = ao.compare(away, [ao.pooled()], [ao.Scenario("Drawn", draws=ao.Draws(number=4, seed=1))])
    assert set(found.runs["status"]) <= {"optimal", "feasible"}
    assert found.runs["contribution"].tolist() == [270] * 4


def test_what_is_not_wanted_is_not_shipped(unsure: ao.Problem) -> None:
    """Demand that does not come is not served, and what was kept for it is left."""
    scenario = ao.Scenario("Unsure", draws=ao.Draws(number=8, seed=4))
    found = ao.compare(unsure, [ao.pooled()], [scenario])
    demand = wanted(unsure, scenario)
    assert 0 in demand
    for number, units in enumerate(demand):
        plan = found.plan("Unsure", "Pooled", number)
        shipped = plan.channels.set_index("channel")["units"]
        assert shipped.to_dict() == {"amazon": 8, "dtc": min(units, 2), "company": 0}
        assert plan.played


def test_draws_are_the_same_for_every_contract(unsure: ao.Problem) -> None:
    """Every contract meets the same demand in a draw, also one that retires a channel: the others' stays as it was."""
    both = ao.Scenario("Both", [ao.Put("demand.sd", 5), ao.Put("demand.firm", False)]).apply(unsure)
    contracts = [ao.pooled(), ao.fair_share(), ao.Contract("Retire", clauses=[ao.Retire("dtc")])]
    found = ao.compare(both, contracts, [ao.Scenario("Unsure", draws=ao.Draws(number=5))])
    demand = found.table.query("metric == 'demand'").pivot_table(
        index=["channel", "draw"], columns="contract", values="value"
    )
    assert demand.loc["amazon"].nunique().min() > 1
    for other in ("Fair share", "Retire"):
        assert demand.loc["amazon"][other].equals(demand.loc["amazon"]["Pooled"].rename(other))
    assert demand.loc["dtc"]["Fair share"].equals(demand.loc["dtc"]["Pooled"].rename("Fair share"))
    assert (demand.loc["dtc"]["Retire"] == 0).all()


def test_an_impossible_contract_is_a_row() -> None:
    """A contract that cannot hold, or names what a scenario removes, is a row with a reason; the rest goes on."""
    two_nodes = problem(
        supply="""
            sku node kind    units
            A   East on_hand 6
            A   West on_hand 4
        """,
        demand="""
            sku channel period units price
            A   dtc     0      20    10
        """,
    )
    impossible = ao.Contract("All for dtc", clauses=[ao.Protect("dtc", units=11, mode="serve")])
    at = ao.Contract("At West", clauses=[ao.Protect("dtc", units=1, node="West")])
    closed = ao.Scenario("Closed", [ao.Remove("nodes", where="node = West")])
    found = ao.compare(two_nodes, [ao.pooled(), impossible, at], [ao.Scenario("As planned"), closed])
    runs = found.runs.set_index(["scenario", "contract"])
    assert runs["status"].to_dict() == {
        ("As planned", "Pooled"): "optimal",
        ("As planned", "All for dtc"): "infeasible",
        ("As planned", "At West"): "optimal",
        ("Closed", "Pooled"): "optimal",
        ("Closed", "All for dtc"): "infeasible",
        ("Closed", "At West"): "error",
    }
    told = found.failures.set_index(["scenario", "contract"])["message"]
    assert told["As planned", "All for dtc"] == "the hard clauses and commitments cannot all hold"
    assert "There is no node 'West'" in told["Closed", "At West"]
    assert found.ranked == ["Pooled"]
    assert found.verdict == (
        "Only Pooled has a plan in every run. "
        "All for dtc has no plan in 2 of 2 runs. At West has no plan in 1 of 2 runs."
    )
    summary = found.summary().set_index("contract")
    assert summary["failed"].to_dict() == {"Pooled": 0, "All for dtc": 2, "At West": 1}
    assert np.isnan(summary.loc["All for dtc", "contribution"])
    assert np.isnan(found.deltas().set_index("contract").loc["All for dtc", "difference"])
    assert found.to_dict()["runs"][1]["contribution"] is None


def test_nothing_but_failures(unsure: ao.Problem) -> None:
    """Where no contract has a plan, everything can still be asked."""
    late = [ao.Protect("dtc", units=units, of="inbound", mode="serve") for units in (1, 2)]
    impossible = [ao.Contract(f"All {10 + number}", clauses=[clause]) for number, clause in enumerate(late, 1)]
    found = ao.compare(unsure, impossible)
    assert found.ranked == []
    assert found.verdict == "No contract has a plan in every run. All 11 has no plan. All 12 has no plan."
    assert found.summary()["failed"].tolist() == [1, 1]
    assert found.best().isna().all()
    assert len(found.regret()) == 0
    assert len(found.table) == 0
    assert found.deltas()["runs"].tolist() == [0]
    assert found.to_dict()["ranking"][0]["contribution"] is None
    assert "no plan" in found._repr_html_()


def plans(bench: Bench) -> Iterator[ao.Plan]:
    """Yield the plan of every run."""
    return (bench.plan(run) for run in bench.runs)


def inputs(given_problem: ao.Problem, contracts: list[ao.Contract], draws: ao.Draws) -> Request:
    """Return a comparison in one drawn scenario."""
    return Request(given_problem, tuple(contracts), (ao.Scenario("Drawn", draws=draws),), Settings(1e-3))


@st.composite
def spread(draw: st.DrawFn, features: frozenset[str] = LINEAR) -> ao.Problem:
    """Draw a problem whose forecasts have spreads."""
    found: Tables = draw(tables(features | {"confidence"}, skus=2))
    for row in found.get("demand", []):
        row["sd"] = draw(st.sampled_from((0.0, 3.0, 6.0)))
    return ao.Problem.from_dict(found)


@FORESIGHT
@given(data=st.data())
def test_with_perfect_foresight_nothing_beats_pooling(data: st.DataObject) -> None:
    """Knowing everything, no contract earns more than physics alone allow, beyond what is proven."""
    drawn = data.draw(spread())
    agreed = ao.Contract("Agreed", clauses=data.draw(clauses(drawn, RESTRICTING)))
    contracts = [ao.pooled(), agreed, data.draw(st.sampled_from([ao.fair_share(), ao.first_come()]))]
    given_inputs = inputs(drawn, contracts, ao.Draws(number=2, foresight="perfect"))
    bench = Bench(given_inputs)
    best = 0.0
    for run, plan in zip(bench.runs, plans(bench), strict=True):
        if run.contract == 0:
            assert plan.status in ("optimal", "infeasible")
            if plan.status == "infeasible":
                return
            assert plan.certificate is not None
            best = plan.certificate.bound
        elif plan.solved:
            assert plan.contribution <= best + 1e-6 * max(1.0, abs(best))


@FORESIGHT
@given(data=st.data())
def test_what_is_played_never_oversells(data: st.DataObject) -> None:
    """In every draw, whole units ship, from what turned out to be there, to who turned out to want them."""
    drawn = data.draw(spread(LINEAR | SWITCHES))
    agreed = ao.Contract("Agreed", clauses=data.draw(clauses(drawn, RESTRICTING, hard=False)))
    scenario = ao.Scenario("Drawn", draws=ao.Draws(number=2))
    bench = Bench(Request(drawn, (ao.pooled(), agreed), (scenario,), Settings(1e-3)))
    for run, plan in zip(bench.runs, plans(bench), strict=True):
        if plan.answer is None:
            assert plan.status == "infeasible"
            continue
        real, answer = scenario.draw(drawn, run.draw).facts, plan.answer
        arcs, units = answer.arcs, answer.ship
        assert (np.bincount(arcs.lot, units, len(real.lots.sku)) <= real.lots.usable + 1e-6).all()
        assert (np.bincount(arcs.line, units, len(real.lines.sku)) <= real.lines.units + 1e-6).all()
        whole = ~real.skus.divisible[real.lines.sku[arcs.line]]
        assert np.abs(units - np.rint(units))[whole].max(initial=0.0) < 1e-6
        assert plan.certificate is not None
        assert plan.objective <= plan.certificate.bound + 1e-6 * max(1.0, abs(plan.objective))


@FORESIGHT
@given(data=st.data())
def test_where_nothing_is_uncertain_playing_is_allocating(data: st.DataObject) -> None:
    """Without spreads and doubtful lots, what is played period by period is worth as much as planning it all at once.

    With divisible units, that is: whole units of later periods are decided when their time comes.
    """
    found = data.draw(tables(LINEAR - {"confidence"}, skus=2))
    for row in found["skus"]:
        row["divisible"] = True
    for row in found.get("demand", ()):
        row["sd"] = 0.0
    certain = ao.Problem.from_dict(found)
    bench = Bench(inputs(certain, [ao.pooled()], ao.Draws(number=1)))
    (played,) = plans(bench)
    plan = ao.allocate(certain)
    if plan.answer is not None:
        assert played.objective == pytest.approx(plan.objective, rel=1e-3, abs=1e-6)


def test_the_first_period_knows_nothing_of_the_draw(late: ao.Problem, unsure: ao.Problem) -> None:
    """What ships in period 0 is the same in all draws that begin alike."""
    for given_problem in (late, unsure):
        bench = Bench(inputs(given_problem, [ao.pooled(), ao.fair_share()], ao.Draws(number=6)))
        first = [
            (run.contract, plan.allocation.query("ship == 0"))
            for run, plan in zip(bench.runs, plans(bench), strict=True)
        ]
        for contract, shipped in first[2:]:
            pd.testing.assert_frame_equal(shipped, first[contract][1])


def test_every_stage_of_a_period_starts_where_the_one_before_ended(
    late: ao.Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does the first period, from the contract without a draw, and the bound of perfect foresight."""
    monkeypatch.setattr(highs, "QUICK", 0)
    cold: list[tuple[int, int]] = []
    real = highs._attempt

    def attempt(program: Any, *given: Any, **named: Any) -> Any:
        if named.get("start") is None:
            cold.append((program.columns, program.rows))
        return real(program, *given, **named)

    staged = ao.Contract("Staged", stages=[ao.Fill("amazon"), ao.Contribution()])
    bench = Bench(Request(late, (staged,), (ao.Scenario("Drawn", draws=ao.Draws(number=2)),), Settings(1e-3)))
    bench._base(0)
    monkeypatch.setattr(highs, "_attempt", attempt)
    for plan in plans(bench):
        assert plan.solved
        assert plan.certificate is not None
        assert plan.contribution <= plan.certificate.bound + 1e-9
    assert not cold
