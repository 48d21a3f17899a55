"""No move is left that would better a plan, says a checker that shares no code with what settles ties."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from benchmarks.stability import moves_left
from benchmarks.ties import PERIODS, problem_of, random_tables
from hypothesis import given, settings
from hypothesis import strategies as st

import allocopt as ao
from allocopt.solve.ties import moves
from allocopt.ties import settling


def left(tables: Any, plan: ao.Plan) -> list[str]:
    """Return the moves that would better a plan."""
    return moves_left(tables, PERIODS, plan.allocation.to_dict("records"))


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("divisible", [False, True])
@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10**6), binding=st.booleans())
def test_no_move_betters_a_plan(solver: Any, divisible: bool, seed: int, binding: bool) -> None:
    """Lots, lanes, leads, expiry, ranks, lateness, packs and capacity: the plan is stable, and as good as it was."""
    tables = random_tables(random.Random(seed), binding=binding, divisible=divisible)
    plan = ao.allocate(problem_of(tables), solver=solver)
    assert plan.certificate is not None
    assert plan.certificate.passed
    assert not left(tables, plan)


def test_without_settling_the_checker_finds_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """The checker sees what the solver leaves: were ties not settled, plans would be bettered at no cost."""
    found = 0
    for seed in range(8):
        tables = random_tables(random.Random(seed), binding=True, divisible=False)
        problem = problem_of(tables)
        settled = ao.allocate(problem)
        with monkeypatch.context() as patch:
            patch.setattr(settling, "settled", lambda program, arcs, x, left: (x, ()))
            raw = ao.allocate(problem)
        found += len(left(tables, raw))
        assert settled.objective >= raw.objective - 1e-9
    assert found > 20


def test_compiled_and_not_compiled_the_plan_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large programs are settled by the same functions, compiled: they make the same moves."""
    for seed, divisible in ((1, False), (2, True), (3, False)):
        problem = problem_of(random_tables(random.Random(seed), binding=True, divisible=divisible))
        listed = ao.allocate(problem)
        with monkeypatch.context() as patch:
            patch.setattr(settling, "_native", lambda arcs, seconds: True)
            compiled = ao.allocate(problem)
        assert listed.answer is not None
        assert compiled.answer is not None
        assert np.array_equal(listed.answer.x, compiled.answer.x)


def test_where_the_pass_stops_early_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work is limited; the plan is one that keeps all rules, and what is not settled is told."""
    problem = problem_of(random_tables(random.Random(5), binding=True, divisible=False))
    monkeypatch.setattr(settling, "BASE", 10)
    monkeypatch.setattr(settling, "WORK", 0)
    plan = ao.allocate(problem)
    assert plan.status == "optimal"
    assert [note for note in plan.notes if "stopped early" in note]


def test_ties_are_settled_inside_the_time_limit() -> None:
    """Where no time is left the plan stands as it was found."""
    tables = random_tables(random.Random(5), binding=True, divisible=False)
    stated = ao.allocate(problem_of(tables))
    assert stated.answer is not None
    answer = stated.answer
    x, notes = settling.settled(answer.program, answer.arcs, answer.x, lambda: 0.0)
    assert notes == (settling.EARLY,)
    assert answer.program.objective(x) >= answer.program.objective(answer.x) - 1e-9


def test_everything_that_is_compiled_is_listed() -> None:
    """What `settle` calls has to be compiled with it."""
    from allocopt.solve.ties import moving

    functions = {
        value
        for module in (moves, moving)
        for value in vars(module).values()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    }
    assert functions == set(moves.PARTS)
