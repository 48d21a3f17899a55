"""Switches that concern everything are gone through case by case, and the cases prove the answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import program
from tests.solve.test_solve import brute_force

from allocopt.algebra.program import COUPLES
from allocopt.solve import certify, solve
from allocopt.solve.cases import MOST, switches
from allocopt.solve.certificate import Branch, bound_by_cases

SWITCHES, GOODS = 2, 3


@st.composite
def gated(draw):
    """Draw a program of three goods behind two switches that cost something, and rows over all of them."""
    numbers = st.integers(0, 9)
    cost = [*(-draw(numbers) for _ in range(SWITCHES)), *(draw(numbers) for _ in range(GOODS))]
    gate = [draw(st.integers(0, SWITCHES - 1)) for _ in range(GOODS)]
    behind = [[-3.0 * (gate[good] == k) for k in range(SWITCHES)] for good in range(GOODS)]
    rows = [behind[good] + [1.0 * (good == j) for j in range(GOODS)] for good in range(GOODS)]
    rows += [
        [0.0] * SWITCHES + [float(draw(st.integers(1, 3))) for _ in range(GOODS)],
        [1.0] * SWITCHES + [0.0] * GOODS,
    ]
    upper = [0.0] * GOODS + [float(draw(numbers)), float(draw(st.integers(1, 2)))]
    lower = [-np.inf] * GOODS + [float(draw(st.integers(0, 2))), float(draw(st.integers(0, 1)))]
    found = program(cost, rows, lower, upper, upper=[1.0] * SWITCHES + [3.0] * GOODS, integer=True)
    sku = np.array([COUPLES] * SWITCHES + list(range(GOODS)), dtype=np.int32)
    return replace(found, column_sku=sku)


@given(gated())
@settings(max_examples=80)
def test_the_best_of_all_cases_is_the_best_plan(given_program):
    """The same worth as trying every plan, and the cases prove it as well as the solver's word does."""
    answer, best = solve(given_program), brute_force(given_program)
    if best is None:
        assert (answer.status, answer.x) == ("infeasible", None)
        return
    assert answer.status == "optimal"
    assert given_program.objective(answer.x) == pytest.approx(best, abs=1e-6)
    proof = certify(given_program, answer.x, answer.multipliers, answer.claimed_bound, answer.cases)
    assert proof.passed
    assert proof.bound <= certify(given_program, answer.x, answer.multipliers).bound + 1e-9
    assert bound_by_cases(given_program, answer.cases) >= best - 1e-6


def test_half_a_switch_promises_what_a_case_does_not():
    """Ten a unit behind a switch that costs 15: half of it looks worth 2.5, either case is worth nothing more."""
    one = program([-15, 10], [[-2, 1]], [-np.inf], [0], upper=[1, 1], integer=True)
    one = replace(one, column_sku=np.array([COUPLES, 0], dtype=np.int32))
    answer = solve(one)
    assert answer.x.tolist() == [0, 0]
    assert certify(one, answer.x, answer.multipliers).bound == pytest.approx(2.5)
    assert certify(one, answer.x, answer.multipliers, cases=answer.cases).bound == pytest.approx(0.0)
    assert answer.method.startswith("by cases")


def test_cases_that_leave_a_choice_out_prove_nothing():
    """A proof by cases without the case of a switch that is on has no bound."""
    one = program([-15, 10], [[-2, 1]], [-np.inf], [0], upper=[1, 1], integer=True)
    off = Branch(np.array([0]), np.array([0.0]), np.array([10.0]))
    on = Branch(np.array([0]), np.array([1.0]), np.array([0.0]))
    assert bound_by_cases(one, [off]) == np.inf
    assert bound_by_cases(one, [off, on]) == pytest.approx(0.0)
    assert bound_by_cases(one, [off, replace(on, columns=np.array([1]))]) == np.inf
    assert bound_by_cases(replace(one, integer=np.zeros(2, dtype=bool)), [off, on]) == np.inf


def test_many_switches_are_left_to_the_search():
    """Cases double with every switch."""
    size = MOST + 1
    many = program([1.0] * size, [[1.0] * size], [-np.inf], [2], upper=1, integer=True)
    assert len(switches(replace(many, column_sku=np.full(size, COUPLES, dtype=np.int32)))) == 0
    assert solve(many).claimed_bound == pytest.approx(2)
