"""Which rows give way when no plan keeps them all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import program

from allocopt.solve.repair import repair
from allocopt.solve.whole import solve


def elastic(program, rows, weights):
    """Return by how much each row gives way; None where no plan exists even so."""
    found = repair(program, rows, weights)
    return None if found is None else found.given


@pytest.fixture
def short():
    """Ten units, two guarantees of eight, and a cap of three on the second."""
    matrix = [[1, 1], [1, 0], [0, 1], [0, 1]]
    return program([1, 1], matrix, [-np.inf, 8, 8, -np.inf], [10, np.inf, np.inf, 3], upper=20)


def test_the_cheapest_rows_give_way(short):
    """The cap holds the second guarantee down; which of cap and guarantee gives way is a matter of weight."""
    assert elastic(short, [1, 2], [1, 1]).sum() == pytest.approx(6)
    assert elastic(short, [1, 2, 3], [1, 10, 1]) == pytest.approx([6, 0, 5])


@pytest.mark.parametrize(("worth", "gives"), [((2, 1), (0, 6)), ((1, 2), (1, 5))])
def test_of_repairs_that_give_up_as_little_the_one_that_earns_most_is_taken(short, worth, gives):
    """Six units have to be given up of the guarantees, three at least of the capped one: the rest where it costs less.

    At (2, 1) the first has eight, the second two; at (1, 2) the second has the three that its cap allows and the first
    has seven.
    """
    dear = program(worth, [[1, 1], [1, 0], [0, 1], [0, 1]], short.row_lower, short.row_upper, upper=20)
    found = repair(dear, [1, 2], 1.0)
    assert found.given == pytest.approx(gives)
    assert found.x == pytest.approx([8 - gives[0], 8 - gives[1]])


def test_no_plan_even_so(short):
    """Where the rows that may give way are not the trouble there is no answer."""
    assert elastic(short, [0, 1], [1, 1]) is None


def test_feasible_programs_give_nothing(short):
    """Rows that can be kept are kept, exactly."""
    assert (elastic(short, [0, 1, 2, 3], [1, 1, 1, 1]) > 0).any()
    assert (elastic(program([1], [[1], [1]], [-np.inf, 1], [3, np.inf]), [0, 1], [1, 1]) == 0).all()


def test_whole_units_give_way_by_whole_units():
    """Two packs of four for a guarantee of six out of seven units: one pack is all there is."""
    packs = program([0], [[4], [4]], [-np.inf, 6], [7, np.inf], upper=9, integer=True)
    assert elastic(packs, [1], [1]) == pytest.approx([2])
    assert elastic(program([0], [[2]], [3], [3], upper=9, integer=True), [], []) is None


def test_both_sides_of_a_range_can_give_way():
    """An equality that asks for too much falls, one that allows too little rises."""
    low = program([0], [[1]], [5], [5], upper=3)
    high = program([0], [[1]], [5], [5], lower=7, upper=9)
    assert elastic(low, [0], [1]) == pytest.approx([2])
    assert elastic(high, [0], [1]) == pytest.approx([2])


@settings(max_examples=60)
@given(st.data())
def test_a_repair_is_the_smallest_and_its_plan_the_best(data):
    """Against every way of giving up in whole units: none gives up less, none that gives up as little earns more.

    The program that is repaired has a plan, and differs in the rows that give way alone.
    """
    whole = st.integers(0, 4)
    columns = data.draw(st.integers(1, 3))
    matrix = np.array(data.draw(st.lists(st.lists(st.integers(0, 1), min_size=columns, max_size=columns), min_size=1)))
    matrix = np.vstack([matrix[:3], np.ones((1, columns))])
    lower = np.array([*data.draw(st.lists(whole, min_size=len(matrix) - 1, max_size=len(matrix) - 1)), -np.inf])
    upper = np.array([*([np.inf] * (len(matrix) - 1)), data.draw(st.integers(0, 5))])
    cost = np.array(data.draw(st.lists(st.integers(1, 5), min_size=columns, max_size=columns)), float)
    asked = program(cost, matrix, lower, upper, upper=4, integer=True)
    rows = np.arange(len(matrix) - 1)
    found = repair(asked, rows, 1.0)
    plans = np.stack(np.meshgrid(*[np.arange(5)] * columns), -1).reshape(-1, columns)
    plans = plans[plans.sum(axis=1) <= upper[-1]]
    given_up = np.maximum(lower[:-1] - plans @ matrix[:-1].T, 0).sum(axis=1)
    assert found.given.sum() == pytest.approx(given_up.min())
    assert cost @ found.x == pytest.approx((plans[given_up == given_up.min()] @ cost).max())
    assert solve(found.program).x is not None
    kept = np.ones(len(matrix), dtype=bool)
    kept[rows[found.given > 0]] = False
    assert (found.program.row_lower[kept] == asked.row_lower[kept]).all()
    assert (found.program.row_upper == asked.row_upper).all()
