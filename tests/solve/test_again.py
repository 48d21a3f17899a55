"""Solves that begin from prices of a similar program, under a limit: no plan is made first, and none is missing."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, tables

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.solve import certify, known, solve
from allocopt.solve.effort import Effort
from allocopt.solve.prices.apart import WholeError
from allocopt.solve.start import Prices
from allocopt.stages.stated import formulate


@cache
def stated(least: float = 0.0) -> Program:
    """Return a program of many small blocks; `least` is the part of it that its coupling rows have to carry."""
    shape = Shape(couplings=30, periods=6, divisible=True)
    program = formulate(ao.Problem(**tables(3_000, seed=2, shape=shape)).facts, contract(shape, "physics")).program
    wide = np.bincount(program.indices, minlength=program.rows) > 100
    return replace(program, row_lower=np.where(wide, least * program.row_upper, program.row_lower))


def begun(program: Program) -> Prices:
    """Return prices of a program with a little more room."""
    start = solve(replace(program, row_upper=1.1 * program.row_upper), Effort(engine="prices")).basis
    assert isinstance(start, Prices)
    return start


def refused(*_: object) -> None:
    """Say that no greedy plan should have been made."""
    raise AssertionError


def test_no_other_plan_is_made_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where shipping nothing keeps every row, prices to begin from make a greedy plan unnecessary."""
    program, start = stated(), begun(stated())
    cold = solve(program, Effort(engine="prices", time_limit=60.0))
    monkeypatch.setattr(known, "greedy", refused)
    warm = solve(program, Effort(engine="prices", time_limit=60.0), start=start)
    assert warm.status == "optimal"
    assert warm.x is not None
    assert cold.x is not None
    assert program.objective(warm.x) == pytest.approx(program.objective(cold.x), rel=3e-6)
    assert certify(program, warm.x, warm.multipliers).gap <= 2e-6


@pytest.mark.parametrize("least", [0.0, 0.05])
def test_a_late_solve_has_a_plan(least: float) -> None:
    """With no time at all there is a plan that keeps every row, as there is without prices to begin from."""
    program = stated(least)
    found = solve(program, Effort(engine="prices", time_limit=1e-9), start=begun(program))
    assert found.x is not None
    assert known.holds(program, found.x)
    assert program.objective(found.x) > program.objective(np.zeros(program.columns))


def test_a_plan_is_known_where_prices_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where prices hand over and no time is left for another solver, the greedy plan is made after all."""

    def failed(*_: object, **__: object) -> None:
        raise WholeError("it does not come apart")

    program, start = stated(), begun(stated())
    monkeypatch.setattr("allocopt.solve.prices.linear", failed)
    found = solve(program, Effort(engine="prices", time_limit=1e-9), start=start)
    assert found.x is not None
    assert known.holds(program, found.x)
