"""The arrays of a program, and the variants made of them."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse

from allocopt.algebra.program import COUPLES, Program, bounded, fixed, restricted, tightened, with_columns, with_rows


def matrix(program: Program) -> np.ndarray:
    """Return A as a dense array."""
    shape = (program.rows, program.columns)
    return sparse.csc_array((program.data, program.indices, program.indptr), shape=shape).toarray()


@pytest.fixture
def small() -> Program:
    """Three columns, the second empty, and two rows."""
    return Program(
        cost=np.array([3.0, 1.0, 2.0]),
        lower=np.zeros(3),
        upper=np.array([4.0, 5.0, 6.0]),
        integer=np.array([True, False, True]),
        indptr=np.array([0, 2, 2, 3], np.int32),
        indices=np.array([0, 1, 1], np.int32),
        data=np.array([1.0, 2.0, -1.0]),
        row_lower=np.array([-np.inf, 0.0]),
        row_upper=np.array([4.0, np.inf]),
        column_sku=np.zeros(3, np.int32),
        row_sku=np.array([0, COUPLES], np.int32),
        constant=10.0,
    )


def test_products_agree_with_the_dense_matrix(small):
    """Activity, priced and objective are the matrix products that they are said to be."""
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.5, -2.0])
    assert small.activity(x) == pytest.approx(matrix(small) @ x)
    assert small.priced(y) == pytest.approx(small.cost - matrix(small).T @ y)
    assert small.objective(x) == pytest.approx(small.cost @ x + 10)


def test_a_program_without_columns_has_products_too(small):
    """No columns, no rows: every product is empty or zero."""
    empty, rows = restricted(small, np.zeros(3, bool), np.zeros(3))
    assert (empty.columns, empty.rows, len(rows)) == (0, 0, 0)
    assert empty.priced(np.zeros(0)).shape == (0,)
    assert empty.activity(np.zeros(0)).shape == (0,)


def test_rows_are_appended_below(small):
    """New rows follow the old ones, sums where named twice, without zeros, indices sorted in each column."""
    grown = with_rows(
        small, [1, 0, 0, 0, 1], [2, 0, 1, 1, 0], [5.0, 1.0, 2.0, 3.0, 0.0], lower=[0.0, -np.inf], upper=[9.0, 7.0]
    )
    assert matrix(grown)[:2] == pytest.approx(matrix(small))
    assert matrix(grown)[2:] == pytest.approx(np.array([[1, 5, 0], [0, 0, 5]]))
    assert grown.nonzeros == small.nonzeros + 3
    for column in range(grown.columns):
        assert (np.diff(grown.indices[grown.indptr[column] : grown.indptr[column + 1]]) > 0).all()
    assert grown.row_sku.tolist() == [0, COUPLES, COUPLES, COUPLES]
    assert (grown.indptr.dtype, grown.indices.dtype) == (np.int32, np.int32)


def test_no_rows_appended_changes_nothing(small):
    """Appending nothing gives the same program."""
    same = with_rows(small, [], [], [], lower=[], upper=[])
    assert (matrix(same) == matrix(small)).all()


def test_an_entry_outside_of_the_program_is_refused(small):
    """A row or column that does not exist raises instead of landing elsewhere."""
    with pytest.raises(ValueError, match="outside"):
        with_rows(small, [0], [3], [1.0], lower=[0.0], upper=[1.0])
    with pytest.raises(ValueError, match="outside"):
        with_rows(small, [-1], [0], [1.0], lower=[0.0], upper=[1.0])


def test_variants_leave_the_original_alone(small):
    """Bounds change in the copy only, by position or by mask."""
    held = fixed(small, [2], [1.0])
    assert (held.lower.tolist(), held.upper.tolist()) == ([0, 0, 1], [4, 5, 1])
    wide = bounded(small, small.integer, lower=-1.0, upper=9.0)
    assert (wide.lower.tolist(), wide.upper.tolist()) == ([-1, 0, -1], [9, 5, 9])
    assert (small.lower.tolist(), small.upper.tolist()) == ([0, 0, 0], [4, 5, 6])


def test_a_restricted_program_is_worth_what_the_whole_is(small):
    """What the other columns use is taken off the limits, what they earn goes into the constant."""
    x = np.array([1.0, 2.0, 3.0])
    part, rows = restricted(small, np.array([False, True, True]), x)
    assert rows.tolist() == [1]
    assert part.row_lower.tolist() == [-2.0]
    assert part.objective(x[1:]) == pytest.approx(small.objective(x))
    assert part.activity(x[1:]) + 2.0 == pytest.approx(small.activity(x)[rows])


def test_columns_of_one_entry_are_appended_on_the_right(small):
    """New columns are divisible, belong to the block of their row, and touch nothing else."""
    grown = with_columns(small, [1, 0], [1.0, -1.0], cost=-2.0)
    assert matrix(grown)[:, :3] == pytest.approx(matrix(small))
    assert matrix(grown)[:, 3:] == pytest.approx(np.array([[0, -1], [1, 0]]))
    assert (grown.cost[3:].tolist(), grown.upper[3:].tolist()) == ([-2, -2], [np.inf, np.inf])
    assert not grown.integer[3:].any()
    assert grown.column_sku[3:].tolist() == [COUPLES, 0]


def test_restricting_by_position_and_with_known_activity_is_the_same(small):
    """A mask, positions, and an activity that is at hand all give the same small program."""
    x = np.array([1.0, 2.0, 3.0])
    by_mask, _ = restricted(small, np.array([True, False, True]), x)
    by_position, _ = restricted(small, np.array([0, 2]), x, small.activity(x))
    assert (matrix(by_mask) == matrix(by_position)).all()
    assert by_mask.row_upper.tolist() == by_position.row_upper.tolist()
    worth, _ = restricted(small, np.array([0, 2]), x, small.activity(x), worth=small.objective(x))
    assert worth.constant == by_mask.constant


def test_only_limits_that_concern_whole_numbers_alone_are_moved(small):
    """Bounds of whole columns and rows of whole entries on whole columns move in; all others stay."""
    loose = bounded(small, [0, 1, 2], lower=[0.5, 0.5, 0.0], upper=[3.5, 4.5, np.inf])
    loose = with_rows(loose, [0, 0, 1, 2], [0, 2, 1, 0], [1.0, 2.0, 1.0, 0.5], lower=[0.3, 0.3, 0.3], upper=[9.7] * 3)
    tight = tightened(loose)
    assert (tight.lower.tolist(), tight.upper.tolist()) == ([1, 0.5, 0], [3, 4.5, np.inf])
    assert (tight.row_lower[2:].tolist(), tight.row_upper[2:].tolist()) == ([1, 0.3, 0.3], [9, 9.7, 9.7])
    divisible = replace(loose, integer=np.zeros(3, bool))
    assert tightened(divisible) is divisible
