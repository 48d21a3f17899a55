"""Large and tiny numbers: solved to the unit, with a bound that is true and as close as a double allows."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import allocation, program

from allocopt.algebra.program import Program
from allocopt.solve import EXACT, Effort, certificate, certify, solve
from allocopt.solve.certificate import worth
from allocopt.solve.inside import inside
from allocopt.solve.refine import wide
from allocopt.solve.scaling import level, narrowed
from allocopt.solve.solution import Clock, Solution
from allocopt.solve.start import Prices


def times(given_program: Program, factor: float) -> Program:
    """Return the program with every quantity so many times as large."""
    return replace(
        given_program,
        lower=given_program.lower * factor,
        upper=given_program.upper * factor,
        row_lower=given_program.row_lower * factor,
        row_upper=given_program.row_upper * factor,
        constant=given_program.constant * factor,
    )


def checked(given_program: Program, answer: Solution):
    """Return the certificate of an answer."""
    return certify(given_program, answer.x, answer.multipliers, answer.claimed_bound, answer.cases)


@pytest.mark.parametrize("engine", ["highs", "prices"])
@pytest.mark.parametrize("factor", [10**4, 10**7, 10**10, 10**13])
def test_quantities_times_a_power_of_ten_are_worth_that_much_more(engine, factor):
    """Ten thousand times and more of everything: the divisible optimum times as much, less a few units' worth."""
    small = allocation(4, lots=2, lines=3, cells=2)
    loose = solve(replace(small, integer=np.zeros(small.columns, bool)))
    large = times(small, float(factor))
    answer = solve(large, Effort(engine=engine))
    assert answer.status == "optimal"
    proof = checked(large, answer)
    assert proof.passed
    best = small.objective(loose.x) * factor
    assert best * (1 + 1e-12) >= proof.objective >= best - 1000 - 1e-12 * abs(best)
    assert proof.bound <= proof.objective + 1000 + 1e-12 * abs(best)


@pytest.mark.parametrize("engine", ["highs", "prices"])
@pytest.mark.parametrize("factor", [1e6, 1e12])
def test_divisible_quantities_are_as_exact(engine, factor):
    """Without whole units the optimum is met to a double's rounding, inside every limit."""
    small = allocation(4, lots=2, lines=3, cells=2, integer=False)
    large = times(small, factor)
    answer = solve(large, Effort(gap=EXACT, engine=engine))
    proof = checked(large, answer)
    assert (answer.status, proof.passed) == ("optimal", True)
    assert proof.objective == pytest.approx(small.objective(solve(small).x) * factor, rel=1e-13)
    assert proof.gap <= 1e-13


def test_switches_decide_about_large_quantities():
    """Two promises of 10^12 hang on a switch each, and stock is there for one: the dearer one is kept, whole."""
    large = program(
        [3, 2, -1e12, -1.1e12],
        [[1, 1, 0, 0], [1, 0, -1e12, 0], [0, 1, 0, -1e12]],
        [-np.inf] * 3,
        [1.5e12 + 1, 0, 0],
        upper=[1e12, 1e12, 1, 1],
        integer=True,
    )
    answer = solve(large, Effort())
    assert answer.status == "optimal"
    assert checked(large, answer).passed
    assert answer.x.tolist() == [1e12, 0, 1, 0]


def test_whole_packs_of_large_quantities_come_out_even():
    """Packs of 12 out of 10^13 + 5 units: whole packs, and as many as there are."""
    large = program(
        [1, 0], [[1, -12], [1, 0]], [0, -np.inf], [0, 1e13 + 5], upper=[2e13, 2e13], integer=True, row_sku=0
    )
    answer = solve(large, Effort())
    packs = (10**13 + 5) // 12
    assert answer.x.tolist() == [12 * packs, packs]
    assert checked(large, answer).passed


def test_rows_of_tiny_figures_are_kept_to_the_unit():
    """A unit takes 1e-9 of 5e-7: 500 units ship, one more fails its check, and the row's price comes back as it was."""
    tiny = program([5, 4], [[1e-9, 1e-9]], [-np.inf], [5e-7], upper=[600, 600], integer=True)
    answer = solve(tiny)
    assert answer.x.tolist() == [500, 0]
    assert answer.multipliers[0] == pytest.approx(5e9)
    assert checked(tiny, answer).gap <= 1e-12
    assert not certify(tiny, np.array([501.0, 0.0]), None).passed


@given(st.integers(-12, 0), st.integers(1, 99), st.integers(1, 1000))
def test_tiny_rows_in_other_units_say_the_same(power, take, units):
    """Scaling a row changes no plan: what filled it fills it, and a unit more breaks it."""
    entry = float(f"{take}e{power}")
    row = program([1.0], [[entry]], [-np.inf], [entry * units], upper=[2000], integer=True)
    scaled = level(row).program
    assert scaled.data[0] >= 1e-3
    for x, kept in ((units, True), (units + 1, False)):
        assert certify(row, np.array([float(x)]), None).passed == kept
        assert certify(scaled, np.array([float(x)]), None).passed == kept


@given(st.integers(0, 40), st.integers(0, 3))
def test_scaling_there_and_back_changes_nothing(power, seed):
    """Plans, prices and bounds in other units are the same to the last bit when they come back."""
    large = times(allocation(2, lots=2, lines=2, cells=1, seed=seed), 2.0**power)
    scaled = narrowed(large)
    assert not wide(scaled.program)
    y = np.random.default_rng(seed).random(large.rows)
    there = Solution("optimal", scaled.into(large.upper), scaled.start(Prices(y)).multipliers)
    back = scaled.back(there)
    assert (back.x == large.upper).all()
    assert (back.multipliers == y).all()


@pytest.mark.parametrize("finely", [certificate.FINELY, 0])
@settings(max_examples=50)
@given(st.data())
def test_a_bound_in_doubles_is_a_bound_in_fractions(finely, data):
    """Whatever the multipliers and however large the units: in exact arithmetic their bound is no higher."""
    units = st.integers(0, 2**53).map(float)
    money = st.floats(-1e3, 1e3)
    columns, rows = 3, 2
    matrix = [[data.draw(st.sampled_from([0.0, 1.0, 0.37, 2.0])) for _ in range(columns)] for _ in range(rows)]
    cost = [data.draw(money) for _ in range(columns)]
    upper = [data.draw(units) for _ in range(columns)]
    limit = [data.draw(units) for _ in range(rows)]
    y = [data.draw(st.floats(0, 1e3)) for _ in range(rows)]
    given_program = program(cost, matrix, [-np.inf] * rows, limit, upper=upper, constant=data.draw(money))
    exact = Fraction(given_program.constant) + sum(Fraction(p) * Fraction(b) for p, b in zip(y, limit, strict=True))
    for j in range(columns):
        value = Fraction(cost[j]) - sum(Fraction(matrix[i][j]) * Fraction(y[i]) for i in range(rows))
        exact += max(value, Fraction(0)) * Fraction(upper[j])
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(certificate, "FINELY", finely)
        bound = certificate.upper_bound(given_program, np.array(y))
    assert bound >= float(exact)
    assert bound - float(exact) <= (4e-16 if finely else 4e-14) * float(
        abs(Fraction(given_program.constant))
        + sum(Fraction(p) * Fraction(b) for p, b in zip(y, limit, strict=True))
        + sum(
            (abs(Fraction(cost[j])) + sum(Fraction(matrix[i][j]) * Fraction(y[i]) for i in range(rows)))
            * Fraction(upper[j])
            for j in range(columns)
        )
    )


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.integers(0, 2**53)), min_size=1, max_size=30))
def test_the_worth_of_a_plan_is_rounded_once(terms):
    """Money times units is added up so finely that only the result is rounded."""
    given_program = program(
        [c for c, _ in terms], np.ones((1, len(terms))), [-np.inf], [np.inf], upper=2.0**53, constant=0.5
    )
    exact = Fraction(1, 2) + sum(Fraction(c) * u for c, u in terms)
    size = float(sum(abs(Fraction(c)) * u for c, u in terms)) + 1
    assert worth(given_program, np.array([float(u) for _, u in terms])) == pytest.approx(float(exact), abs=size * 2e-16)


def test_a_divisible_plan_is_pulled_inside_its_limits():
    """What a solver's tolerance let out of a row is taken back, also where columns give as well as take."""
    takes = program([3, 2], [[1, 1], [1, 0]], [-np.inf] * 2, [10, 6], upper=20)
    x = inside(takes, np.array([6 + 1e-7, 4 + 1e-7]), Clock.started(None))
    assert certify(takes, x, None).passed
    assert x == pytest.approx([6, 4], abs=3e-7)
    both = program([3, -2], [[1, -1], [1, 1]], [0, 5], [0, 5], upper=20)
    x = inside(both, np.array([2.5 + 1e-6, 2.5]), Clock.started(None))
    assert certify(both, x, None).passed
    assert x == pytest.approx([2.5, 2.5], abs=3e-6)
