"""From period numbers to dates: the first day of a period, wherever the problem has a calendar."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.problem.facts import NEVER, Facts, Floats, Names

Days = NDArray[np.datetime64]


def first_days(starts: Floats, periods: NDArray[Any]) -> Days:
    """Return the first day of some periods; not a date for a period that is not a number, or never comes.

    Periods outside the calendar are as long as its first one and its last one.

    Parameters
    ----------
    starts : float64, shape (periods + 1,)
        See `Facts.starts`.
    periods : array of numbers, shape (n,)

    Returns
    -------
    datetime64[s], shape (n,)

    Examples
    --------
    >>> first_days(np.array([20000.0, 20007.0, 20014.0]), np.array([-1, 1, 3])).astype("datetime64[D]").astype(str)
    array(['2024-09-27', '2024-10-11', '2024-10-25'], dtype='<U28')
    """
    last = len(starts) - 1
    number = np.asarray(periods, dtype=np.float64)
    known = np.isfinite(number) & (number < NEVER)
    number = np.where(known, number, 0.0)
    inside = np.clip(number, 0, last)
    before, after = starts[1] - starts[0], starts[last] - starts[last - 1]
    days = starts[inside.astype(np.intp)] + np.minimum(number, 0) * before + np.maximum(number - last, 0) * after
    return np.where(known, days.astype(np.int64).astype("datetime64[D]"), np.datetime64("NaT")).astype("datetime64[s]")


def spoken_periods(facts: Facts, periods: NDArray[Any]) -> Names:
    """Return periods as text, such as ``"period 3"``, with their first days where there is a calendar, shape (n,)."""
    number: Names = np.asarray(periods).astype(np.int64).astype(str).astype(object)
    said: Names = np.asarray("period " + number, dtype=object)
    if not len(facts.starts):
        return said
    days: Names = first_days(facts.starts, periods).astype("datetime64[D]").astype(str).astype(object)
    return np.asarray(said + " (" + days + ")", dtype=object)
