"""Which rows give way when no plan keeps them all."""

import numpy as np
import pytest
from tests.solve.programs import program

from allocopt.solve.relax import elastic


@pytest.fixture
def short():
    """Ten units, two guarantees of eight, and a cap of three on the second."""
    matrix = [[1, 1], [1, 0], [0, 1], [0, 1]]
    return program([1, 1], matrix, [-np.inf, 8, 8, -np.inf], [10, np.inf, np.inf, 3], upper=20)


def test_the_cheapest_rows_give_way(short):
    """The cap holds the second guarantee down; which of cap and guarantee gives way is a matter of weight."""
    assert elastic(short, [1, 2], [1, 1]) == pytest.approx([0, 6]) or elastic(short, [1, 2], [1, 1]).sum() == 6
    assert elastic(short, [1, 2, 3], [1, 10, 1]) == pytest.approx([6, 0, 5])


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
