"""The certificate: valid for any numbers, taken in by none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.solve.programs import allocation, program, small_programs

from allocopt.errors import SolveError
from allocopt.solve import certify, solve


@pytest.fixture
def two():
    """Maximise 3x + 2y + 5 over x + y <= 4, x <= 3, y <= 3: the best is x = 3, y = 1, worth 16."""
    return program([3, 2], [[1, 1]], [-np.inf], [4], upper=[3, 3], constant=5)


def test_an_optimal_plan_with_its_multipliers_has_no_gap(two):
    """The right plan and the right price of the row close the gap."""
    certificate = certify(two, np.array([3.0, 1.0]), np.array([2.0]), 16.0)
    assert (certificate.objective, certificate.bound, certificate.gap) == (16, 16, 0)
    assert (certificate.violation, certificate.worst_row, certificate.integrality) == (0, None, 0)
    assert certificate.claimed_gap == 0
    assert certificate.passed


def test_a_plan_that_breaks_a_row_fails(two):
    """Units that are not there are found, with the row they were taken from."""
    certificate = certify(two, np.array([3.0, 2.0]), np.array([2.0]))
    assert certificate.violation == pytest.approx(1 / 5)
    assert certificate.worst_row == 0
    assert not certificate.passed


def test_a_plan_that_breaks_a_bound_fails(two):
    """A column outside of its bounds is found although no row is broken."""
    certificate = certify(two, np.array([4.0, 0.0]), np.array([2.0]))
    assert certificate.violation == pytest.approx(1 / 4)
    assert certificate.worst_row is None
    assert not certificate.passed


def test_half_a_unit_fails():
    """A whole-unit column with a half is found."""
    whole = program([1], [[1]], [-np.inf], [2.5], upper=[3], integer=True)
    assert certify(whole, np.array([2.5]), None).integrality == 0.5
    assert not certify(whole, np.array([2.5]), None).passed


def test_limits_count_as_whole_numbers_where_only_those_occur():
    """Two and a half units of whole things are two: the bound knows."""
    whole = program([1], [[1]], [-np.inf], [2.5], upper=[3], integer=True)
    assert certify(whole, np.array([2.0]), np.array([1.0])).gap == 0


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_plan_that_is_no_number_fails(two, number):
    """NaN and infinities never pass, whatever they are compared with."""
    certificate = certify(two, np.array([number, 0.0]), np.array([2.0]))
    assert certificate.violation == math.inf
    assert certificate.gap == math.inf
    assert not certificate.passed
    assert certificate.to_dict()["gap"] is None


@pytest.mark.parametrize("lie", [np.array([-7.0]), np.array([math.nan]), np.array([math.inf]), np.array([1e9]), None])
def test_wrong_multipliers_only_loosen_the_bound(two, lie):
    """Lies about the price of a row give a bound that is worse, never one that is false."""
    certificate = certify(two, np.array([3.0, 1.0]), lie)
    assert certificate.bound >= 16
    assert certificate.passed


def test_the_wrong_number_of_answers_is_refused(two):
    """A plan or multipliers of another length belong to another program."""
    with pytest.raises(SolveError, match="values for 2 columns"):
        certify(two, np.zeros(3), None)
    with pytest.raises(SolveError, match="multipliers for 1 rows"):
        certify(two, np.zeros(2), np.zeros(2))


def test_an_open_column_proves_nothing_unless_it_is_worth_nothing():
    """With no upper bound the multipliers must price a column out, else the bound is infinite."""
    open_column = program([1], [[1]], [-np.inf], [4])
    assert certify(open_column, np.array([4.0]), np.array([0.5])).bound == math.inf
    assert certify(open_column, np.array([4.0]), np.array([1.0])).bound == 4
    assert certify(open_column, np.array([4.0]), np.array([1.0 - 1e-16])).bound == pytest.approx(4)


def test_the_claim_of_the_solver_is_shown_and_not_believed(two):
    """A bound claimed below the plan changes nothing in the check."""
    certificate = certify(two, np.array([3.0, 1.0]), np.array([2.0]), claimed_bound=3.0)
    assert (certificate.bound, certificate.claimed_bound, certificate.passed) == (16, 3, True)


@given(small_programs(integer=False), st.data())
def test_no_plan_beats_the_bound_of_any_multipliers(given_program, data):
    """Whatever the multipliers, a plan that keeps the rows is worth no more than the bound."""
    numbers = st.floats(-50, 50)
    y = data.draw(hnp.arrays(np.float64, given_program.rows, elements=numbers))
    best = solve(given_program)
    if best.x is not None:
        certificate = certify(given_program, best.x, y)
        assert certificate.objective <= certificate.bound + 1e-6 * (1 + abs(certificate.bound))
        assert certificate.passed


@given(small_programs(bounded=False), st.data())
def test_no_whole_plan_beats_the_bound_of_any_multipliers(given_program, data):
    """The same for whole units, whose limits are moved in, and columns without an upper bound."""
    y = data.draw(hnp.arrays(np.float64, given_program.rows, elements=st.integers(-5, 5).map(float)))
    best = solve(given_program)
    if best.x is not None:
        assert certify(given_program, best.x, y).passed


def test_every_change_of_an_optimal_plan_for_the_better_is_caught():
    """Add a unit anywhere it would pay: some row or bound breaks, every time."""
    given_program = allocation(4, integer=False)
    answer = solve(given_program)
    for column in np.flatnonzero(given_program.cost > 1):
        greedy = answer.x.copy()
        greedy[column] += 1
        certificate = certify(given_program, greedy, answer.multipliers)
        assert not certificate.passed


@pytest.mark.parametrize("units", [10**6, 10**8, 10**12, 2**53 - 1])
def test_one_unit_too_many_fails_however_many_there_are(units):
    """A million and one out of a million is a broken row, and so it is at any size."""
    lot = program([1, 1], [[1, 1]], [-np.inf], [units], upper=[2.0**53, 2.0**53], integer=True)
    assert certify(lot, np.array([units - 1.0, 1.0]), np.array([1.0])).passed
    oversold = certify(lot, np.array([units, 1.0]), np.array([1.0]))
    assert oversold.violation > 0
    assert oversold.worst_row == 0
    assert not oversold.passed


def test_multipliers_at_an_open_side_count_as_none():
    """A price at a limit that is not there is left out, below as above, and the rest still gives a bound."""
    below = program([3, 2], [[1, 1]], [-np.inf], [4], upper=[3, 3])
    above = program([-3, -2], [[1, 1]], [4], [np.inf], upper=[3, 3])
    assert certify(below, np.array([3.0, 1.0]), np.array([-7.0])).bound == 15
    assert certify(above, np.array([1.0, 3.0]), np.array([7.0])).bound == 0
    assert certify(above, np.array([1.0, 3.0]), np.array([-2.0])).bound == -8 - 0
    assert certify(above, np.array([1.0, 3.0]), np.array([-3.0])).bound == -12 + 3


def test_a_plan_above_its_bound_by_a_unit_of_money_fails_at_any_size():
    """The margin of the bound is the last digit of a double, not a part of the objective."""
    large = program([1.0], [[1]], [-np.inf], [1e12], upper=[1e12], integer=True)
    lied = program([1.0], [[1]], [-np.inf], [1e12], upper=[1e12], integer=True, constant=0.25)
    assert certify(large, np.array([1e12]), np.array([1.0])).passed
    bound = certify(lied, np.array([1e12]), np.array([1.0])).bound
    assert bound == 1e12 + 0.25


def test_a_bound_below_the_objective_by_rounding_only_is_no_failure():
    """A sum of parts of units at its limit is above it by what adding up rounded: the bound on a plan of 0 is not 0."""
    limit = 0.1 + 0.7  # less than the two together are
    full = program([1, 0, 0], [[1, 1, 1]], [-np.inf], [limit], lower=[0, 0.1, 0.7], upper=[1, 0.1, 0.7])
    certificate = certify(full, np.array([0, 0.1, 0.7]), np.array([1.0]))
    assert certificate.objective == 0 > certificate.bound > -1e-15
    assert certificate.passed
