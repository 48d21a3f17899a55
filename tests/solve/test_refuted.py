"""Large programs that have no plan: prices show it at once, and the repair pays for what ships."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import thrown

import allocopt as ao
from allocopt.solve import repair as repairing
from allocopt.solve.refuted import clashes, refuted, refuted_at
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate

ARTICLES = 650


@pytest.fixture(scope="module")
def many() -> ao.Problem:
    """Return 650 articles, ten of each, which two channels want for eight and seven in each of four periods."""
    skus = [f"A{k:03}" for k in range(ARTICLES)]
    demand = [
        {"sku": sku, "channel": who, "period": due, "units": 2, "price": price}
        for sku in skus
        for who, price in (("dtc", 8.0), ("shop", 7.0))
        for due in range(4)
    ]
    return ao.Problem.from_dict(
        {
            "skus": [{"sku": sku} for sku in skus],
            "nodes": [{"node": "W"}, {"node": "X"}],
            "channels": [{"channel": "dtc", "owner": "Dora"}, {"channel": "shop", "owner": "Sam"}],
            "lanes": [{"node": node, "channel": who} for node in "WX" for who in ("dtc", "shop")],
            "supply": [{"sku": sku, "node": node, "kind": "on_hand", "units": 5} for sku in skus for node in "WX"],
            "demand": demand,
        }
    )


def program_of(problem: ao.Problem, *clauses):
    """Return the program of a problem under clauses."""
    return formulate(problem.facts, ao.Contract("Any", clauses=clauses)).program


def test_prices_show_that_promises_cannot_hold(many) -> None:
    """Both channels want all of 10,400 units, of which there are 6,500: the multipliers prove it by our arithmetic."""
    program = program_of(many, ao.Service(1.0, "dtc"), ao.Service(1.0, "shop"))
    y = refuted_at(program, Clock.started(None))
    assert y is not None
    assert clashes(program, y)
    assert refuted(program, Clock.started(None), y) == "impossible"


def test_prices_show_nothing_where_there_is_a_plan(many) -> None:
    """What can be kept, to the last unit, is refuted by nobody; nor is what asks for nothing."""
    assert refuted_at(program_of(many, ao.Service(1.0, "dtc"), ao.Service(0.25, "shop")), Clock.started(None)) is None
    assert refuted_at(program_of(many), Clock.started(None)) is None


def test_wrong_multipliers_refute_nothing(many) -> None:
    """Whoever names multipliers is checked: none that are made up show a clash that there is not."""
    program = program_of(many, ao.Service(1.0, "dtc"), ao.Service(0.25, "shop"))
    assert refuted(program, Clock.started(None), -np.ones(program.rows)) == "possible"


def test_a_large_contract_is_repaired_by_the_fewest_units(many) -> None:
    """3,900 units have to be given up: by the shop, which pays less; all else is kept."""
    contract = ao.Contract("Both", clauses=[ao.Service(1.0, "dtc"), ao.Service(1.0, "shop")])
    plan = ao.allocate(many, contract, relax=True)
    assert plan.solved
    assert sum(found.units for found in plan.conflicts) == 3900
    first = plan.conflicts[0]
    assert (first.clause, first.owner, first.units) == (1, "Sam", 3900.0)
    assert "need 10,400 units" in first.sentence
    assert "there are 6,500" in first.sentence
    assert plan.channels.set_index("channel").loc[["dtc", "shop"], "units"].tolist() == [5200.0, 1300.0]


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_paying_for_what_ships_gives_up_no_less_than_the_least(seed: int) -> None:
    """As in large programs: rows that nobody promised are kept, and the exact repair gives up as much or less."""
    problem, agreed = thrown(seed)
    stated = formulate(problem.facts, ao.Contract("any", clauses=agreed))
    rows = stated.labels.elastic()
    if not len(rows) or ao.allocate(problem, ao.Contract("any", clauses=agreed)).status != "infeasible":
        return
    given_up = []
    for searched in (10_000, -1):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(repairing, "SEARCHED", searched)
            given_up.append(repairing.repair(stated.program, rows, 1.0, stated.labels.rises(rows)))
    exact, paid = given_up
    if exact is None or paid is None:
        assert exact is None
        return
    program, activity = stated.program, stated.program.activity(paid.x)
    out = np.maximum(program.row_lower - activity, activity - program.row_upper)
    assert set(np.flatnonzero(out > 1e-6 * (1 + np.abs(activity)))) <= set(rows.tolist())
    assert paid.given.sum() >= exact.given.sum() - 1e-4 * (1 + exact.given.sum())
