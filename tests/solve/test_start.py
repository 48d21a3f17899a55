"""A solve that starts from the basis of a similar program ends where a cold one does."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import allocation

from allocopt.solve import highs, solve
from allocopt.solve.solution import Clock
from allocopt.solve.start import BASIC, Basis


@pytest.fixture
def similar(monkeypatch):
    """Return a program, its answer with a basis, and the program with other costs."""
    monkeypatch.setattr(highs, "QUICK", 0)
    program = allocation(30, lots=3, lines=8, integer=False)
    answer = solve(program)
    other = replace(program, cost=program.cost * np.linspace(0.8, 1.2, program.columns))
    return program, answer, other


def test_a_basis_saves_iterations_and_changes_nothing(similar):
    """The optimal value from the basis is the cold one, in fewer iterations; the same program needs none."""
    program, answer, other = similar
    cold, warm = solve(other), solve(other, start=answer.basis)
    assert warm.claimed_bound == pytest.approx(cold.claimed_bound, rel=1e-9)
    assert warm.iterations < cold.iterations
    assert solve(program, start=answer.basis).iterations == 0


def test_a_basis_leaves_the_process_as_numbers(similar):
    """What a solver keeps goes back to it as it is; a copy of it, made of numbers, starts at the same vertex."""
    program, answer, other = similar
    copied = pickle.loads(pickle.dumps(answer.basis))
    assert type(copied) is Basis
    assert copied.fits(program)
    assert answer.basis.fits(program)
    assert not answer.basis.fits(allocation(31, lots=3, lines=8, integer=False))
    assert answer.basis.height == copied.height == program.rows
    assert (copied.columns == BASIC).sum() + (copied.rows == BASIC).sum() == program.rows
    for start in (answer.basis, copied):
        assert solve(program, start=start).iterations == 0
    one, two = (solve(other, start=start) for start in (answer.basis, copied))
    assert (one.iterations, one.claimed_bound) == (two.iterations, two.claimed_bound)


def test_a_basis_of_another_size_is_left_aside(similar):
    """What does not fit is not used."""
    _, answer, other = similar
    short = Basis(answer.basis.columns[1:], answer.basis.rows)
    assert solve(other, start=short).claimed_bound == pytest.approx(solve(other).claimed_bound)


def test_an_answer_from_a_basis_is_believed_only_after_a_check(similar, monkeypatch):
    """A wrong vertex that HiGHS calls optimal sends the solve back to a cold start."""
    _, answer, other = similar
    real = highs._attempt

    def wrong(*given, start=None, **named):
        found = real(*given, start=start, **named)
        return found if start is None else replace(found, x=np.zeros(other.columns))

    monkeypatch.setattr(highs, "_attempt", wrong)
    assert other.objective(solve(other, start=answer.basis).x) == pytest.approx(solve(other).claimed_bound)


@given(st.data())
@settings(max_examples=30)
def test_a_carried_basis_has_as_many_basic_ones_as_rows(data):
    """Whatever columns and rows come and go."""
    flags = st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=8)
    old = Basis(*(np.array(data.draw(flags), dtype=np.int8) for _ in range(2)))
    places = [
        np.array(data.draw(st.lists(st.integers(-1, len(side) - 1), min_size=1, max_size=8)))
        for side in (old.columns, old.rows)
    ]
    new = old.carried(*places)
    assert len(new.columns) == len(places[0])
    assert len(new.rows) == len(places[1])
    basic = (new.columns == BASIC).sum() + (new.rows == BASIC).sum()
    assert basic == len(new.rows)


def test_a_dive_rounds_step_by_step(monkeypatch):
    """The plan of a dive is whole and keeps every row; where there is none, it says so."""
    program = allocation(3, lots=2, lines=5, packs=0.5)
    x, iterations = highs.dive(program, Clock.started(None))
    assert iterations > 0
    assert x is None or np.abs(x - np.rint(x))[program.integer].max() <= highs.WHOLE
    impossible = replace(program, row_lower=np.full(program.rows, 1e9), row_upper=np.full(program.rows, np.inf))
    assert highs.dive(impossible, Clock.started(None))[0] is None
