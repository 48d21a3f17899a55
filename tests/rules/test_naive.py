"""The fast statement of the rules and the plain one in `tests.rules.naive` have the same optimum."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from tests.rules import naive
from tests.strategies import MADE, cases, thrown

import allocopt as ao
from allocopt.rules import CLAUSES


def check(problem, clauses, solver="highs"):
    """Compare the plan with the best of the naive model."""
    expected = naive.best(problem, clauses)
    plan = ao.allocate(problem, ao.Contract("drawn", clauses=clauses), gap=1e-9, solver=solver)
    if expected is None:
        assert plan.status == "infeasible"
    else:
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-5)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_random_problems_have_the_optimum_of_the_naive_model(case):
    """Whatever rules meet in a problem and a contract: same objective, or no plan on both sides."""
    check(*case)


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("seed", range(100_000, 100_060))
def test_thrown_problems_have_the_optimum_of_the_naive_model(seed, solver):
    """So do problems in which every kind of clause and table is met about equally often."""
    check(*thrown(seed), solver)


def test_every_kind_of_clause_is_thrown_about_equally_often():
    """No kind of clause is met less than half as often as another one, over 25 problems for each kind."""
    kinds = [kind for kind in CLAUSES if kind in MADE]
    met = Counter(type(clause) for seed in range(25 * len(kinds)) for clause in thrown(seed, kinds)[1])
    assert set(met) == set(kinds)
    assert max(met.values()) <= 2.2 * min(met.values())
