"""The fast statement of the rules and the plain one in `tests.rules.naive` have the same optimum."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from tests.rules import naive
from tests.strategies import cases

import allocopt as ao


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_random_problems_have_the_optimum_of_the_naive_model(case):
    """Whatever rules meet in a problem and a contract: same objective, or no plan on both sides."""
    problem, clauses = case
    expected = naive.best(problem, clauses)
    plan = ao.allocate(problem, ao.Contract("drawn", clauses=clauses), gap=1e-9)
    if expected is None:
        assert plan.status == "infeasible"
    else:
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-5)
