"""The verdict of a comparison that a risk ranks: differences of what ranks, and what the mean differs by besides.

.. code-block:: text

    difference        = value[c] - value[baseline]      of the measure that ranks, over the runs that count  [currency]
    mean contribution = worth[c] - worth[baseline]      told besides, by its name                            [currency]

Intervals, and draws in which a contract is ahead, are those of means: of other measures they say nothing, so none stand
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocopt.compare.intervals import NOISE
from allocopt.compare.standing import Standing
from allocopt.compare.telling import against, some
from allocopt.words import listed, money


def by_risk(found: Standing, most: int | None) -> Iterator[str]:
    """Yield who comes first by the measure that ranks, how the others stand, and what the means say.

    Parameters
    ----------
    found : Standing
        Ranked by a risk; of at least two contracts.
    most : int, optional
        Contracts that are told one by one, and how many more there are; by default all.
    """
    first, base = found.ranked[0], found.baseline
    gaps = {name: value_gap(found, name, base) for name in found.ranked}
    same = level_by_risk(found)
    if len(same) == len(found.ranked):
        yield f"{listed(some(same, most))} are worth the same."
    else:
        amount = "" if base in same else f": {money(gaps[first], found.currency, signed=True)} against {base}"
        yield f"{first} comes first{amount}."
        if len(same) > 1:
            yield f"{listed(some(same, most))} are worth the same."
        rest = [name for name in found.ranked if name not in (first, base) and name not in same]
        yield from _told(found, f"Against {base}", rest, gaps, most)
        yield "No interval is stated for differences by this measure."
    means = {name: _noiseless(found.worth[name] - found.worth[base], found.worth[base]) for name in found.ranked}
    others = [name for name in found.ranked if name != base]
    yield from _told(found, f"By mean contribution alone, against {base}", others, means, most)


def level_by_risk(found: Standing) -> list[str]:
    """Return the contract that comes first by the measure that ranks, and all that are worth the same."""
    return [name for name in found.ranked if value_gap(found, found.ranked[0], name) == 0]


def value_gap(found: Standing, one: str, other: str) -> float:
    """Return how much more one contract is worth than another, in the measure that ranks [currency]."""
    return _noiseless(found.value[one] - found.value[other], found.value[other])


def _noiseless(gap: float, size: float) -> float:
    return 0.0 if abs(gap) <= NOISE * max(abs(size), 1.0) else float(gap)


def _told(
    found: Standing, head: str, names: Sequence[str], gaps: Mapping[str, float], most: int | None
) -> Iterator[str]:
    """Yield what some contracts differ by from the baseline."""
    told = {name: money(gaps[name], found.currency, signed=True) for name in names}
    yield from against(head, told, gaps, found.currency, most)
