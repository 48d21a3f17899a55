"""Sums that do not round: one unit too many is found at any size, in any kind of row, and none is ever made up."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.solve.programs import program

from allocopt.algebra.exact import breaches, decimals, room
from allocopt.algebra.program import tightened
from allocopt.rounding import ceiled, floor_share, floor_units, floored, residue

MOST = 2**53
sizes = st.integers(1, MOST) | st.integers(0, 53).map(lambda k: 2**k)


def one_row(entries, limit, *, low=-np.inf, integer=True):
    """Return a program of one row."""
    return program(np.ones(len(entries)), [entries], [low], [limit], upper=float(MOST), integer=integer)


@given(sizes, st.data())
def test_a_single_unit_too_many_is_found_at_any_size(limit, data):
    """Units that fill a limit keep it; one more on any column, or one less where so many are due, does not."""
    first = data.draw(st.integers(0, limit))
    x = np.array([first, limit - first, 0], float)
    filled = one_row([1, 1, 1], float(limit), low=float(limit))
    assert not any(part.any() for part in breaches(filled, x))
    for column, more in ((2, 1), (int(x.argmax()), -1)):
        other = x.copy()
        other[column] += more
        assert breaches(filled, other)[0][0] == 1


@given(st.integers(0, 9), st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**9)), min_size=1, max_size=5))
def test_rows_of_decimals_are_counted_in_whole_steps(places, terms):
    """With entries such as 0.37 a row is full to the step: it is kept at its sum, and broken a step below."""
    entries = [take / 10**places for take, _ in terms]
    x = np.array([units for _, units in terms], float)
    total = sum(take * units for take, units in terms)
    kept = one_row(entries, total / 10**places) if total < MOST else None
    if kept is not None:
        assert decimals(kept, np.array([0]))[0] in range(places + 1)
        assert breaches(kept, x)[0][0] == 0
    if 0 < total < MOST:
        assert breaches(one_row(entries, (total - 1) / 10**places), x)[0][0] > 0


@given(
    st.lists(st.tuples(st.integers(-MOST, MOST), st.integers(0, MOST)), min_size=1, max_size=6), st.integers(0, MOST)
)
def test_what_is_left_of_a_limit_is_exact(terms, limit):
    """Where sums go far beyond what a double holds, what they leave is the exact number, rounded once."""
    entries, x = [float(take) for take, _ in terms], np.array([float(units) for _, units in terms])
    left = limit - sum(take * units for take, units in terms)
    if any(take for take, _ in terms):
        kept = one_row(entries, float(limit))
        assert room(kept, x)[1][0] == float(left)
        assert (breaches(kept, x)[0][0] > 0) == (left < 0)


many_digits = st.floats(1e-3, 1e3).filter(lambda take: round(take, 9) != take)
"""Entries that are no decimals of few places: those count as the decimal that is written, not as the double."""


@given(st.lists(st.tuples(many_digits, st.integers(0, 10**12)), min_size=2, max_size=6))
def test_other_rows_are_summed_exactly_and_kept_within_a_trillionth(terms):
    """Entries with many digits: a limit that is the exact sum is kept, one that is 1e-11 below it is not."""
    entries, x = [take for take, _ in terms], np.array([float(units) for _, units in terms])
    total = sum((Fraction(take) * units for take, units in terms), Fraction(0))
    if total:
        assert room(one_row(entries, float(total)), x)[1][0] == pytest.approx(0, abs=float(total) * 2e-16)
        assert breaches(one_row(entries, float(total)), x)[0][0] == 0
        assert breaches(one_row(entries, float(total) * (1 - 1e-11)), x)[0][0] > 0


def test_rows_with_divisible_columns_are_kept_within_a_billionth():
    """A divisible row may be off by rounding, not by what anybody could see."""
    divisible = one_row([1, 1], 1e6, integer=False)
    assert breaches(divisible, np.array([5e5, 5e5 + 9e-4]))[0][0] == 0
    assert breaches(divisible, np.array([5e5, 5e5 + 2e-3]))[0][0] > 0


def test_bounds_of_columns_are_exact():
    """Nothing is added to the bound of a column, whole or divisible."""
    for integer in (True, False):
        bounded = program([1.0], [[1]], [-np.inf], [np.inf], upper=[1e9], integer=integer)
        assert breaches(bounded, np.array([1e9]))[1][0] == 0
        assert breaches(bounded, np.array([np.nextafter(1e9, 2e9)]))[1][0] > 0


@given(st.floats(0, MOST, allow_nan=False))
def test_no_limit_is_widened_by_as_much_as_a_thousandth_of_a_unit(limit):
    """Limits move in to whole numbers; only a rounding residue moves one out, and it is never near a unit."""
    assert residue(np.float64(limit)) <= 1e-3
    for up, down in ((ceiled(np.array([limit])), floored(np.array([limit]))), (limit, floor_units(np.array([limit])))):
        assert np.floor(limit) <= down <= limit + 1e-3
        assert limit - 1e-3 <= up <= np.ceil(limit)


@given(sizes)
def test_whole_limits_stay_where_they_are(limit):
    """A limit of whole units is that many units, up to the largest that there is."""
    tight = tightened(one_row([1, 2], float(limit), low=float(limit)))
    assert (tight.row_lower[0], tight.row_upper[0]) == (limit, limit)
    assert (floor_units(np.array([limit, limit + 0.0])) == limit).all()


@given(st.integers(0, 10**6), sizes)
def test_a_share_of_whole_units_is_rounded_down_exactly(millionths, units):
    """The share is the decimal that was written, so no unit is lost or made up at any size."""
    share = millionths / 10**6
    assert floor_share(np.array([share]), np.array([float(units)]))[0] == millionths * units // 10**6
