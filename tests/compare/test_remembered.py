"""Small programs that come again in other runs: their answers are kept, and are those that each run finds alone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem
from tests.strategies import LINEAR, SWITCHES, tables

import allocopt as ao
from allocopt.compare.runs import Request, Settings
from allocopt.compare.solving import Bench, digest_of
from allocopt.solve import Effort, Remembered, whole
from allocopt.solve import solve as real_solve
from allocopt.stages.stated import formulate

SCENARIOS = (
    ao.Scenario("As stated"),
    ao.Scenario("As stated, again"),
    ao.Scenario("Dearer", changes=[{"scale": "demand.price", "by": 1.5}]),
)


@pytest.fixture(scope="module")
def orders() -> ao.Problem:
    """Two whole orders of two articles each, of which one goes."""
    return problem(
        skus="""
            sku unit_cost
            A   1
            B   1
        """,
        supply="""
            sku node kind    units
            A   DC   on_hand 5
            B   DC   on_hand 5
        """,
        demand="""
            sku channel period units price order all_or_none
            A   dtc     0      4     9     one   true
            B   dtc     0      4     9     one   true
            A   dtc     0      3     9     two   true
            B   dtc     0      3     9     two   true
        """,
    )


def bench(given_problem: ao.Problem, contracts: list[ao.Contract]) -> Bench:
    """A comparison in all scenarios, nothing solved yet."""
    return Bench(Request(given_problem, tuple(contracts), SCENARIOS, Settings(1e-3)))


def test_the_same_small_program_is_solved_once(orders: ao.Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scenario in which nothing is otherwise asks nothing anew; other prices do."""
    solved: list[int] = []

    def counted(program: Any, *given: Any, **named: Any) -> Any:
        solved.append(program.columns)
        return real_solve(program, *given, **named)

    monkeypatch.setattr(whole, "solve", counted)
    shared = bench(orders, [ao.first_come()])
    counts = []
    for run in shared.runs:
        solved.clear()
        assert shared.plan(run).solved
        counts.append(len(solved))
    assert counts[1] < counts[0] == counts[2]


def test_only_what_repeats_is_kept(orders: ao.Problem) -> None:
    """Other numbers, or another gap, are another question, and under a time limit nobody can say what comes of it."""
    program = formulate(orders.facts, ao.pooled()).program
    dearer = replace(program, cost=program.cost + 1.0)
    asked: list[int] = []

    def answer(number: int) -> Any:
        asked.append(number)
        return real_solve(program)

    effort = Effort(gap=1e-3, remembered=Remembered())
    first = effort.answered(program, partial(answer, 1))
    assert effort.answered(replace(program), partial(answer, 2)) is first
    effort.answered(dearer, partial(answer, 3))
    replace(effort, gap=1e-2).answered(program, partial(answer, 4))
    replace(effort, time_limit=9.0).answered(program, partial(answer, 5))
    Effort(gap=1e-3).answered(program, partial(answer, 6))
    assert asked == [1, 3, 4, 5, 6]


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_plan_depends_on_what_was_solved_before(data: st.DataObject) -> None:
    """Runs in any order come to the plans that each comes to by itself."""
    drawn = ao.Problem.from_dict(data.draw(tables(LINEAR | SWITCHES)))
    assume(len(drawn.demand))
    contracts = [ao.first_come(), ao.pooled()]
    shared = bench(drawn, contracts)
    for place in data.draw(st.permutations(range(len(shared.runs)))):
        run = shared.runs[place]
        together, alone = shared.plan(run), bench(drawn, contracts).plan(run)
        assert together.status == alone.status
        if together.solved:
            assert np.isclose(together.objective, alone.objective, rtol=0, atol=0)
            assert digest_of(together) == digest_of(alone)
