"""Which columns and rows of one program are which of another one, by their labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra import grouping
from allocopt.algebra.labels import Codes, Family, Labels

NOWHERE = -1
"""Position of what the other program does not have."""

LARGEST = 2**62
"""Numbers of labels are no larger: beyond, those that occur are counted instead."""

Renamed = Mapping[str, NDArray[np.int32]]
"""For parts of labels whose codes changed: the new code of each old one, `NOWHERE` where it is gone."""


def matched(
    old: Labels, new: Labels, renamed: Renamed, *, columns: int, rows: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where each column and row of a program stood in another one.

    Parameters
    ----------
    old, new : Labels
    renamed : mapping
        See `Renamed`; parts of labels that are not in it kept their codes.
    columns, rows : int
        Size of the new program.

    Returns
    -------
    columns, rows : int, shape (columns,) and (rows,)
        Positions in the old program; `NOWHERE` for what is new.
    """
    found = []
    for size, before, now in ((columns, old.columns, new.columns), (rows, old.rows, new.rows)):
        where = np.full(size, NOWHERE, dtype=np.intp)
        known = {family.name: family for family in before}
        for family in now:
            if (other := known.get(family.name)) is not None and other.index.names == family.index.names:
                place = _places(other, family, renamed)
                where[family.slice] = np.where(place == NOWHERE, NOWHERE, other.start + place)
        found.append(where)
    return found[0], found[1]


def _places(old: Family, new: Family, renamed: Renamed) -> NDArray[np.intp]:
    """Return the member of the old family with the label of each member of the new one."""
    before = [_renamed(codes, renamed.get(name)) for name, codes in zip(old.index.names, old.index.codes, strict=True)]
    return places(before, list(new.index.codes))


def places(before: list[Codes], now: list[Codes]) -> NDArray[np.intp]:
    """Return where each label stood before, `NOWHERE` if it did not; a label is given by its parts.

    >>> places([np.array([0, 0, 1]), np.array([5, 7, 5])], [np.array([1, 0]), np.array([5, 6])])
    array([ 2, -1])
    """
    if all(np.array_equal(a, b) for a, b in zip(before, now, strict=True)):
        return np.arange(len(now[0]))
    if not len(before[0]) or not len(now[0]):
        return np.full(len(now[0]), NOWHERE, dtype=np.intp)
    keys_before, keys_now = _keys(before, now)
    order = np.argsort(keys_before, kind="stable")
    return np.append(order, NOWHERE)[grouping.places(keys_before[order], keys_now)]


def inverse(before: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Return where each of so many columns or rows stands now, given where those of now stood, `NOWHERE` if gone."""
    now = np.full(size, NOWHERE, dtype=np.intp)
    known = np.flatnonzero(before != NOWHERE)
    now[before[known]] = known
    return now


def _renamed(codes: Codes, names: NDArray[np.int32] | None) -> Codes:
    if names is None:
        return codes
    return np.where((codes >= 0) & (codes < len(names)), names[np.clip(codes, 0, len(names) - 1)], codes)


def _keys(before: list[Codes], now: list[Codes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return one number for each label, the same for labels that are alike."""
    count, size = len(before[0]), 1
    key = np.zeros(count + len(now[0]), np.int64)
    for old, new in zip(before, now, strict=True):
        code = np.concatenate([old, new]).astype(np.int64)
        code -= code.min()
        span = int(code.max()) + 1
        if size * span > LARGEST:
            key = np.unique(key, return_inverse=True)[1].astype(np.int64)
            code = np.unique(code, return_inverse=True)[1].astype(np.int64)
            size, span = len(key), len(code)
        key, size = key * span + code, size * span
    return key[:count], key[count:]


__all__ = ["NOWHERE", "Renamed", "matched", "places"]
