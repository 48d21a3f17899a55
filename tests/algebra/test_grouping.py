"""Group keys made dense, and quantities rounded to whole units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocopt.algebra.grouping import dense
from allocopt.rounding import largest_remainder


@given(st.lists(st.integers(-3, 40), max_size=30), st.sampled_from([41, 100_000]))
def test_dense_numbers_the_keys_that_occur_in_ascending_order(keys, size):
    """Groups count from 0 without holes, in the order of their keys; every negative key stays in no group."""
    group, present = dense(np.array(keys, dtype=np.int64), size)
    assert present.tolist() == sorted({key for key in keys if key >= 0})
    assert group.dtype == np.int32
    assert [-1 if number < 0 else present[number] for number in group.tolist()] == [max(key, -1) for key in keys]


def test_few_keys_of_a_wide_range_take_little_memory():
    """Keys are counted where they are dense and sorted where they are not: both ways give the same."""
    keys = np.array([5, 10**12, 5, 0])
    group, present = dense(keys, 10**12 + 1)
    assert group.tolist() == [1, 2, 1, 0]
    assert present.tolist() == [0, 5, 10**12]


@given(st.data())
def test_largest_remainder_keeps_totals_and_moves_nothing_by_a_unit(data):
    """Each group keeps its total, rounded down, and every member is rounded to a neighbour of what was wanted."""
    size = data.draw(st.integers(1, 4))
    count = data.draw(st.integers(0, 12))
    wanted = np.array(data.draw(st.lists(st.integers(0, 4000), min_size=count, max_size=count))) / 100.0
    group = np.array(data.draw(st.lists(st.integers(0, size - 1), min_size=count, max_size=count)), dtype=int)
    whole = largest_remainder(wanted, group, size)
    assert (whole == np.rint(whole)).all()
    assert (np.abs(whole - wanted) < 1 + 1e-9).all()
    for number in range(size):
        total = wanted[group == number].sum()
        assert whole[group == number].sum() == np.floor(total + 1e-9)


@given(st.lists(st.integers(0, 999), min_size=2, max_size=8))
def test_who_wanted_more_of_a_unit_gets_it_first(thousandths):
    """Nobody is rounded up while somebody with a larger remainder is not; of equals the earlier one is."""
    wanted = np.array(thousandths) / 1000.0
    whole = largest_remainder(wanted, np.zeros(len(wanted), dtype=int), 1)
    rank = sorted(range(len(wanted)), key=lambda member: (-thousandths[member], member))
    assert [whole[member] for member in rank] == sorted(whole, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([1.5, 1.5], [2, 1]),
        ([0.7 * 10, 0.1 * 30], [7, 3]),
        ([2.9999999999], [3]),
        ([0.4, 0.4], [0, 0]),
        ([], []),
    ],
)
def test_largest_remainder_by_hand(wanted, expected):
    """Ties go to the earlier member; what is whole but for rounding of numbers is whole."""
    assert largest_remainder(np.array(wanted), np.zeros(len(wanted), dtype=int), 1).tolist() == expected
