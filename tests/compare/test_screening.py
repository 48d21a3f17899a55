"""`bound` and `screen`: no plan is worth more, and the bounds are close enough to choose by."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.generate import Shape, generate

import allocopt as ao
from allocopt.solve import bound_from
from allocopt.solve.start import Prices
from allocopt.stages.stated import formulate

SPIKES = [ao.Scenario(f"{factor}", [ao.Scale("demand.units", by=factor)]) for factor in (0.5, 1.2, 0.8)]


def test_bounds_hold_and_rank_scenarios(tiny: ao.Problem) -> None:
    """Each bound lies above the best plan of its scenario, and less demand is seen to be worth less."""
    table = ao.screen(tiny, scenarios=SPIKES)
    assert table["scenario"].tolist() == ["0.5", "0.8", "1.2"]
    for name, bound in zip(table["scenario"], table["bound"], strict=True):
        scenario = next(scenario for scenario in SPIKES if scenario.name == name)
        assert bound >= ao.allocate(scenario.apply(tiny)).objective - 1e-9


def test_base_prices_bound_a_scenario() -> None:
    """At the base's prices one look at each article bounds a scenario, close to what solving it gives."""
    problem = generate(4_000, seed=1, shape=Shape(couplings=20, periods=6, divisible=True))
    base = ao.allocate(problem, solver="prices")
    cheap, dear = ao.bound(problem, start=base), base.objective
    assert cheap == pytest.approx(dear, rel=2e-6)
    more = ao.Scenario("More", [ao.Scale("demand.units", by=1.1)]).apply(problem)
    best = ao.allocate(more, solver="prices").objective
    assert best - 1e-6 <= ao.bound(more, start=base) <= best * 1.05


def test_bounds_of_what_cannot_be() -> None:
    """No plan is worth anything where none keeps the rules."""
    facts = {
        "skus": [{"sku": "A"}],
        "nodes": [{"node": "DC"}],
        "channels": [{"channel": "dtc"}],
        "supply": [{"sku": "A", "node": "DC", "kind": "on_hand", "units": 1}],
        "demand": [{"sku": "A", "channel": "dtc", "period": 0, "units": 3, "price": 2.0, "min_units": 2}],
        "lanes": [{"node": "DC", "channel": "dtc"}],
    }
    assert ao.bound(ao.Problem.from_dict(facts)) == -float("inf")


def test_prices_that_do_not_fit_are_left_aside(tiny: ao.Problem) -> None:
    """Without prices, or where the program does not come apart, the relaxation is solved instead."""
    program = formulate(tiny.facts, ao.Contract("any")).program
    for start in (None, Prices(np.zeros(3)), Prices(np.zeros(program.rows))):
        assert bound_from(program, start) >= 120.0 - 1e-9
    assert bound_from(program, None) == pytest.approx(120.0)


def test_names_of_their_own(tiny: ao.Problem) -> None:
    """Two scenarios of one name could not be told apart in the table."""
    with pytest.raises(ao.ScenarioError, match="names of their own"):
        ao.screen(tiny, scenarios=[SPIKES[0], SPIKES[0]])
