"""Group keys: composite codes made dense."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.arrays import Codes

NONE = -1


def dense(keys: Codes, size: int) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Number the keys that occur from 0, in ascending order.

    Parameters
    ----------
    keys : integer array, shape (n,)
        Keys in [0, size); negative ones belong to no group and stay -1.
    size : int
        One more than the largest possible key.

    Returns
    -------
    group : int32 array, shape (n,)
    present : int64 array
        The keys that occur; ``present[group]`` gives the keys back.

    Examples
    --------
    >>> dense(np.array([7, 3, -1, 7]), 10)
    (array([ 1,  0, -1,  1], dtype=int32), array([3, 7]))
    """
    inside = keys >= 0
    every = bool(inside.all())
    if size <= 4 * len(keys) + 1024:
        if not every:
            keys = np.maximum(keys, NONE)
        seen = np.zeros(size + 1, dtype=bool)
        seen[keys] = True
        seen[NONE] = False
        present = np.flatnonzero(seen)
        number = np.full(size + 1, NONE, dtype=np.int32)
        number[present] = np.arange(len(present), dtype=np.int32)
        return number[keys], present
    present, found = np.unique(keys[inside], return_inverse=True)
    group = np.full(len(keys), NONE, dtype=np.int32)
    group[inside] = found
    return group, present.astype(np.int64)


def places(keys: Codes, wanted: Codes) -> NDArray[np.int64]:
    """Return where each wanted key stands among keys that ascend; -1, the last, where it is not there.

    >>> places(np.array([3, 7]), np.array([7, 5]))
    array([ 1, -1])
    """
    if not len(keys):
        return np.full(len(wanted), NONE)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, place, NONE)


def starts(owner: Codes, count: int) -> NDArray[np.intp]:
    """Return where the members of each owner begin, and behind the last one's, shape (owners + 1,); owners ascend.

    >>> starts(np.array([0, 0, 2]), 3)
    array([0, 2, 2, 3])
    """
    return np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=count))]).astype(np.intp)


def ranges(begin: Codes, end: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the numbers of some ranges, one range behind the other, and which range each is of.

    >>> numbers, owner = ranges(np.array([5, 0]), np.array([7, 1]))
    >>> numbers.tolist(), owner.tolist()
    ([5, 6, 0], [0, 0, 1])
    """
    sizes = (end - begin).astype(np.intp)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    return np.arange(len(owner)) + (begin - np.cumsum(sizes) + sizes)[owner], owner


def runs(begins: Codes, chosen: Codes) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the members of some runs, which lie one behind the other, and which of the chosen runs each is of.

    >>> members, owner = runs(np.array([0, 2, 3, 6]), np.array([0, 2]))
    >>> members.tolist(), owner.tolist()
    ([0, 1, 3, 4, 5], [0, 0, 1, 1, 1])
    """
    return ranges(begins[chosen], begins[chosen + 1])


def extreme(how: np.ufunc, values: NDArray[Any], group: Codes, count: int, none: float) -> NDArray[Any]:
    """Return the least (or largest) value in each group, `none` where there is none, shape (groups,).

    >>> extreme(np.maximum, np.array([2.0, 3.0]), np.array([1, 1]), 2, none=0.0)
    array([0., 3.])
    """
    found = np.full(count, none, dtype=values.dtype)
    how.at(found, group, values)
    return found


def summed(values: NDArray[Any], group: Codes, count: int) -> NDArray[np.float64]:
    """Return the sum of the values in each group, shape (groups,).

    >>> summed(np.array([2.0, 3.0]), np.array([1, 1]), 2)
    array([0., 5.])
    """
    return np.bincount(group, weights=values, minlength=count).astype(np.float64)


def running(units: NDArray[np.float64], group: Codes) -> NDArray[np.float64]:
    """Return running totals within groups, whose members stand side by side, shape (n,).

    Added up group by group: a total over all of them would lose the units of small ones.

    >>> running(np.array([2.0, 3.0, 5.0]), np.array([4, 4, 7]))
    array([2., 5., 5.])
    """
    rank = np.arange(len(units)) - np.searchsorted(group, group)
    total = units.copy()
    for step in range(1, int(rank.max(initial=0)) + 1):
        at = np.flatnonzero(rank == step)
        total[at] += total[at - 1]
    return total
