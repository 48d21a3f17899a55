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
from allocopt.rules.kit.decisions import live_lines

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


def ten_channels(*, share_stock: bool) -> dict[str, str]:
    """Return ten channels that want 5 each and cost 10: of one article with 15 in stock, or of one each with 5."""
    names = [f"c{number:02}" for number in range(10)]
    article = dict.fromkeys(names, "S") if share_stock else {name: f"S{name}" for name in names}
    stock = {"S": 15} if share_stock else dict.fromkeys(article.values(), 5)
    return {
        "channels": "channel fixed_cost\n" + "\n".join(f"{name} 10" for name in names),
        "supply": "sku node kind units\n" + "\n".join(f"{sku} W on_hand {units}" for sku, units in stock.items()),
        "demand": "sku channel period units price\n" + "\n".join(f"{article[name]} {name} 0 5 10" for name in names),
    }


@pytest.mark.parametrize(
    ("kind", "share_stock", "worth"),
    [
        (lambda name: ao.Protect(name, units=3, mode="serve"), True, 120),
        (lambda name: ao.Service(0.6, name), True, 120),
        (lambda name: ao.Protect(name, units=3, sku=f"S{name}"), False, 400),
        (lambda name: ao.Protect(name, share=0.6, of="demand", sku=f"S{name}", mode="serve"), False, 400),
    ],
)
def test_as_many_channels_are_left_open_as_one_likes_where_each_has_a_promise_of_its_own(kind, share_stock, worth):
    """Ten channels of which each may go with its promise: three are served in full, or all where each has its stock."""
    names = [f"c{number:02}" for number in range(10)]
    said = [*(ao.KeepOrRetire(name) for name in names), *(kind(name) for name in names)]
    plan = ao.allocate(problem(**ten_channels(share_stock=share_stock)), ao.Contract("ten", clauses=said))
    assert plan.objective == worth
    assert sum(plan.decisions.values()) == (3 if share_stock else 10)


def test_too_many_decisions_on_one_quantity_are_refused():
    """A tenth of all demand, whoever stays: that is a number of its own for each of a thousand outcomes."""
    names = [f"c{number:02}" for number in range(10)]
    said = [*(ao.KeepOrRetire(name) for name in names), ao.Service(0.1)]
    with pytest.raises(ao.ContractError, match=r"10 decisions .* bear on one quantity .* at most 8"):
        ao.allocate(problem(**ten_channels(share_stock=True)), ao.Contract("ten", clauses=said))


@pytest.mark.parametrize(
    ("beside", "worth"),
    [
        (ao.Service(0.6), 72),
        (ao.Service(0.6, per="sku"), 72),
        (ao.Service(0.6, penalty=500), 72),
        (ao.Protect("shop", units=6, mode="serve"), 72),
        (ao.Protect("shop", units=6), 72),
        (ao.Cap("shop", units=1), 12),
        (ao.MarginFloor("shop", floor=0.5, per="channel"), 72),
        (ao.Access("shop", from_period=1), 0),
        (ao.Lock("shop", "S", 2, owner="Ann", reason="promised"), 24),
        (ao.ProtectionLevels(), 72),
    ],
)
@pytest.mark.parametrize("fixed_cost", [200, 0])
def test_clauses_that_do_not_favour_the_channel_hold_whether_it_is_kept_or_not(beside, worth, fixed_cost):
    """Six units, market wants 10 at 10, shop 6 at 12; what shop or everybody is promised holds beside the decision.

    Market costs 200 and is given up: what is left is worth `worth`. Where it costs nothing the better of both counts.
    """
    tables = {
        "channels": f"channel fixed_cost\nshop 0\nmarket {fixed_cost}",
        "supply": "sku node kind units\nS W on_hand 6",
        "demand": "sku channel period units price\nS shop 0 6 12\nS market 0 10 10",
    }
    facts = problem(**tables)
    plan = ao.allocate(facts, ao.Contract("open", clauses=[ao.KeepOrRetire("market"), beside]))
    each = [ao.allocate(facts, ao.Contract("said", clauses=[*way, beside])) for way in ([], [ao.Retire("market")])]
    assert plan.objective == max(one.objective for one in each if one.status == "optimal")
    if fixed_cost:
        assert (plan.objective, plan.decisions) == (worth, {"keep/market": False})
