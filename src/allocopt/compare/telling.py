"""Which contracts are told: the first by name, and of the others how many they are, and between what they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from allocopt.words import few, money


def against(
    head: str, told: Mapping[str, str], gaps: Mapping[str, float], currency: str, most: int | None
) -> Iterator[str]:
    """Yield what contracts differ by, if there are any.

    Parameters
    ----------
    head : str
        What they are held against.
    told : mapping of str to str
        What is said of each contract, in the order in which they are told.
    gaps : mapping of str to float
        What each differs by [currency].
    currency : str
    most : int, optional
        Contracts that are told one by one; by default all. One more is told than counted.
    """
    names = list(told)
    first = names if most is None or len(names) <= most + 1 else names[:most]
    said = [f"{name} {told[name]}" for name in first]
    if len(names) > len(first):
        rest = sorted(gaps[name] for name in names[len(first) :])
        ends = dict.fromkeys(money(end, currency, signed=True) for end in (rest[-1], rest[0]))
        said.append(f"{len(rest)} more {'from ' if len(ends) > 1 else ''}{' to '.join(ends)}")
    if said:
        yield f"{head}: {'; '.join(said)}."


def some(names: Sequence[str], most: int | None) -> list[str]:
    """Return the first of some names, and how many more there are."""
    return list(names) if most is None else few(names, most + 1)
