"""Contracts that no plan keeps: what has to give way, in words, and the plan under the smallest repair."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import LinearConstraint, milp
from tests.rules.small import problem, units
from tests.strategies import thrown

import allocopt as ao
from allocopt.stages.stated import formulate

few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLANTED = "APP-1045"
"""An article of the holiday promotion of which 962 units are there, in all, and both channels want more."""


@pytest.fixture(scope="module")
def promo() -> ao.Problem:
    """Return the holiday promotion: 200 articles, four channels, eight weeks."""
    return ao.example("holiday_promo")


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """Return a problem of two articles."""
    return ao.example("quickstart")


def test_the_planted_conflict_is_named_and_nothing_else(promo: ao.Problem) -> None:
    """Serving 1,100 to DTC and 440 to Amazon needs 1,540 of 962 units: 578 are given up, and all else is kept."""
    kept = [ao.Protect("dtc", share=0.3, of="inbound", release_from=5), ao.Service(0.5, "wholesale")]
    planted = [ao.Protect(who, units=n, mode="serve", sku=PLANTED) for who, n in (("dtc", 1100), ("amazon", 440))]
    plan = ao.allocate(promo, ao.Contract("Too much", clauses=[*kept, *planted]), relax=True)
    assert plan.status == "optimal"
    assert {found.clause for found in plan.conflicts} == {2, 3}
    assert sum(found.units for found in plan.conflicts) == 1100 + 440 - 962
    for found in plan.conflicts:
        assert (found.sku, found.where) == (PLANTED, PLANTED)
        assert "need 1,540 units of APP-1045; there are 962" in found.sentence
        assert found.owner in ("Head of DTC", "Head of Marketplaces")
        assert found.cost > 0
        assert found.owner in found.cure
    served = units(plan, "sku", "channel")
    assert served[PLANTED, "dtc"] + served[PLANTED, "amazon"] == 962
    without = ao.allocate(promo, ao.Contract("Without", clauses=kept))
    assert plan.objective == pytest.approx(without.objective, rel=2e-4)
    assert plan.conflicts == ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict()))).conflicts


def short() -> ao.Problem:
    """Return ten units and two channels of which one pays more."""
    return problem(
        supply="sku node kind units\nA East on_hand 10",
        demand="sku channel period units price\nA dtc 0 8 10\nA shop 0 9 7",
        channels="channel owner\ndtc Dora\nshop Sam",
    )


def test_fewest_units_are_given_up_and_of_these_the_cheapest() -> None:
    """Eight for DTC and nine for the shop need seventeen of ten: seven are given up, by the shop, which pays less."""
    both = [ao.Protect("dtc", units=8, mode="serve"), ao.Protect("shop", units=9, mode="serve")]
    plan = ao.allocate(short(), ao.Contract("Both", clauses=both))
    assert plan.status == "infeasible"
    first, second = plan.conflicts
    assert (first.clause, first.units, first.cost, first.owner) == (1, 7.0, 49.0, "Sam")
    assert (second.clause, second.units, second.cost) == (0, 0.0, 0.0)
    assert first.against == (second.what,)
    assert "need 17 units of A; there are 10" in first.sentence
    relaxed = ao.allocate(short(), ao.Contract("Both", clauses=both), relax=True)
    assert units(relaxed, "channel") == {"dtc": 8.0, "shop": 2.0}
    assert relaxed.conflicts == plan.conflicts


def test_physics_never_gives_way() -> None:
    """What a line wants is no promise: a lock on more than stock gives way, a commitment never upwards."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 10",
        demand="sku channel period units price min_units\nA dtc 0 8 10 8\nA shop 0 9 7 5",
    )
    plan = ao.allocate(facts, relax=True)
    assert units(plan, "channel") == {"dtc": 8.0, "shop": 2.0}
    assert [(found.clause, found.units) for found in plan.conflicts if found.units] == [(None, 3.0)]


def test_what_can_be_kept_is_solved_as_it_is(quick: ao.Problem) -> None:
    """Relaxing a contract that can be kept changes nothing."""
    contract = ao.Contract("X", clauses=[ao.Service(0.5, "dtc")])
    one, other = (ao.allocate(quick, contract, relax=relax) for relax in (False, True))
    assert (one.objective, one.conflicts) == (other.objective, other.conflicts)
    assert one.allocation.equals(other.allocation)


@few
@given(st.integers(0, 10**6))
def test_relaxed_plans_keep_all_else_and_give_up_least(seed: int) -> None:
    """Against a mixed-integer program of the whole contract: as few units are given up, and no such plan earns more.

    Every row that no conflict names is kept.
    """
    facts, agreed = thrown(seed)
    contract = ao.Contract("any", clauses=agreed)
    strict = ao.allocate(facts, contract)
    if strict.status != "infeasible":
        return
    plan = ao.allocate(facts, contract, relax=True)
    stated = formulate(facts.facts, contract)
    rows = stated.labels.elastic()
    rises = stated.labels.rises(rows)
    least, most = _by_milp(stated.program, rows, rises)
    if not plan.solved:
        assert least is None
        return
    x, program = plan.answer.x, stated.program
    activity = program.activity(x)
    short = np.maximum(program.row_lower - activity, 0.0)
    over = np.maximum(activity - program.row_upper, 0.0)
    broken = np.flatnonzero(short + over > 1e-6 * (1 + np.abs(activity)))
    assert set(broken) <= set(rows)
    assert set(np.flatnonzero(over > 1e-6)) <= set(rows[rises])
    named = {found.clause for found in plan.conflicts if found.units}
    whose = [family.clause for family, ranks in stated.labels.of_rows(broken) for _ in ranks]
    assert len(broken) == 0 or named, whose
    for family, ranks in stated.labels.of_rows(broken):
        for rank in ranks:
            assert (None if family.clause is None else int(family.clause[rank])) in named
    assert (short + over)[broken].sum() == pytest.approx(sum(found.units for found in plan.conflicts), abs=1e-5)
    low, high = _whole(program)
    given = np.maximum(low - activity, 0)[rows] + np.where(rises, np.maximum(activity - high, 0)[rows], 0)
    assert given @ _weights(program, rows) == pytest.approx(least, abs=1e-4)
    assert plan.objective >= most - 1e-4 * (1 + abs(plan.objective))


def _by_milp(program, rows, rises):
    """Return the least that rows give way by in all, in whole units, and the most that a plan earns then."""
    matrix = sparse.csc_array((program.data, program.indices, program.indptr), shape=(program.rows, program.columns))
    falls = np.isfinite(program.row_lower[rows])
    up = np.isfinite(program.row_upper[rows]) & rises
    slack = np.concatenate([rows[falls], rows[up]])
    sign = np.concatenate([np.ones(falls.sum()), -np.ones(up.sum())])
    give = sparse.csc_array((sign, (slack, np.arange(len(slack)))), shape=(program.rows, len(slack)))
    wide = sparse.hstack([matrix, give], format="csc")
    low, high = _whole(program)
    kept = LinearConstraint(wide, low, high)
    bounds = (np.append(program.lower, np.zeros(len(slack))), np.append(program.upper, np.full(len(slack), np.inf)))
    whole = np.append(program.integer, np.zeros(len(slack)))
    weight = _weights(program, rows)
    count = np.concatenate([np.zeros(program.columns), weight[falls], weight[up]])
    first = milp(count, constraints=kept, bounds=bounds, integrality=whole)
    if first.x is None:
        return None, None
    budget = LinearConstraint(count[None, :], -np.inf, first.fun + 1e-6)
    cost = np.append(-program.cost, np.zeros(len(slack)))
    second = milp(cost, constraints=[kept, budget], bounds=bounds, integrality=whole, options={"mip_rel_gap": 0.0})
    return first.fun, -np.inf if second.x is None else program.constant - second.fun


def _whole(program):
    """Return the limits of rows, in whole numbers where nothing else can occur."""
    low, high = program.row_lower.copy(), program.row_upper.copy()
    pure = np.ones(program.rows, dtype=bool)
    part = ~program.integer[program.entry_column] | (program.data != np.rint(program.data))
    pure[program.indices[part]] = False
    low[pure], high[pure] = np.ceil(low[pure] - 1e-9), np.floor(high[pure] + 1e-9)
    return low, high


def _weights(program, rows):
    """Return what a unit of each row counts: less where a unit that ships moves it by more than one."""
    most = np.ones(program.rows)
    ships = program.column_line[program.entry_column] >= 0
    np.maximum.at(most, program.indices[ships], np.abs(program.data[ships]))
    return 1 / most[rows]
