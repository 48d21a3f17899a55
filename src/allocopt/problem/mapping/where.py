"""Which rows of a file are kept: the language of scenarios, over columns whose names stand in brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from allocopt.problem.comparisons import ORDERED, parse
from allocopt.problem.facts import Floats
from allocopt.problem.mapping.formula import NAME
from allocopt.problem.tables import Flags

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|" + NAME.pattern)


class Test(NamedTuple):
    """One comparison of a column of the file.

    Attributes
    ----------
    column : str
    sign : str
        ``in`` (one of the values), ``..`` (between two), ``<``, ``<=``, ``>``, ``>=``.
    among : tuple of str
    negated : bool
    other : str or None
        The column that it is compared with, in place of values.
    """

    column: str
    sign: str
    among: tuple[str, ...]
    negated: bool = False
    other: str | None = None

    @property
    def ordered(self) -> bool:
        """Whether it asks for more or less."""
        return self.sign != "in"

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return (self.column,) if self.other is None else (self.column, self.other)


def understood(given: str | Mapping[str, tuple[Any, ...]]) -> tuple[Test, ...]:
    """Return the comparisons of a `where`.

    Raises
    ------
    BadWhereError
        If a text cannot be understood.

    Examples
    --------
    >>> [tuple(test)[:4] for test in understood("[Free stock] > 0 and kind != 'x y'")]
    [('Free stock', '>', ('0',), False), ('kind', 'in', ('x y',), True)]
    """
    if not isinstance(given, str):
        return tuple(Test(name, "in", tuple(_text(value) for value in values)) for name, values in given.items())
    names: list[str] = []

    def stand_in(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0]
        names.append(found[1].strip())
        return f" __{len(names) - 1}__ "

    comparisons = parse(_QUOTED.sub(stand_in, given))
    known = {f"__{number}__": name for number, name in enumerate(names)}
    tests = []
    for each in comparisons:
        stated = each.values
        other = known.get(stated[0]) if len(stated) == 1 else None
        sign = ".." if each.between else each.sign if each.sign in ORDERED else "in"
        negated = each.negated or each.sign == "!="
        tests.append(Test(known.get(each.column, each.column), sign, stated, negated, other))
    return tuple(tests)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def same(test: Test, cells: pd.Series[Any], other: pd.Series[Any] | None) -> Flags:
    """Return the rows in which a text is one of the values, or that of the other column; case does not matter."""
    mine = cells.str.strip().str.casefold()
    among = [value.casefold() for value in test.among]
    held = mine.isin(among) if other is None else mine == other.str.strip().str.casefold()
    found: Flags = held.to_numpy(bool)
    return ~found if test.negated else found


def compared(test: Test, cells: Floats, *others: Floats) -> Flags:
    """Return the rows in which a number is more or less than others; a blank is neither."""
    with np.errstate(invalid="ignore"):
        between = test.sign == ".."
        held = (cells >= others[0]) & (cells <= others[1]) if between else ORDERED[test.sign](cells, others[0])
    found = np.asarray(held, bool)
    return ~found if test.negated else found
