"""The price engine and HiGHS agree, whatever rules there are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import AS_STATED, FEATURES, cases

import allocopt as ao
from allocopt.rules import CLAUSES, Clause
from allocopt.solve import certify, highs
from allocopt.solve.prices import WholeError, linear
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


@few
@given(cases(FEATURES, CLAUSES), st.booleans())
def test_relaxations_agree(case: tuple[ao.Problem, tuple[Clause, ...]], native: bool) -> None:
    """On problems with every rule, prices find the optimum of the linear relaxation, and prove it."""
    problem, clauses = case
    program = formulate(problem.facts, ao.Contract("any", clauses=clauses)).program
    held = replace(program, integer=np.zeros(program.columns, dtype=bool))
    known = highs.linear(held, Clock.started(None))
    try:
        found = linear(held, Clock.started(None), native=native)
    except WholeError:
        return
    assert known.status == "optimal"
    assert found.status == "optimal"
    assert found.x is not None
    assert known.claimed_bound == pytest.approx(held.objective(found.x), rel=1e-6, abs=1e-6)
    checks = certify(held, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-6 + 1e-9


@few
@given(st.data(), cases(FEATURES, AS_STATED))
def test_plans_agree(data: st.DataObject, case: tuple[ao.Problem, tuple[Clause, ...]]) -> None:
    """Whole allocations agree within the gaps that are certified, whatever the stages are."""
    problem, clauses = case
    stages = data.draw(st.sampled_from([(), (ao.Fill(),), (ao.Fill(channels=["dtc"]),), (ao.MaxMinFill(),)]))
    contract = ao.Contract("any", clauses=clauses, stages=stages)
    try:
        contract.check(problem)
    except ao.ContractError:
        return
    ours, theirs = (ao.allocate(problem, contract, solver=solver) for solver in ("prices", "highs"))
    assert ours.status == theirs.status
    if theirs.status == "optimal":
        assert ours.certificate is not None
        assert theirs.certificate is not None
        if stages == ():
            room = 1e-6 * max(1.0, abs(theirs.objective))
            assert ours.objective <= theirs.certificate.bound + room
            assert theirs.objective <= ours.certificate.bound + room
