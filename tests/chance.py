"""What draws random problems: hypothesis, or dice."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from hypothesis import strategies as st


class Chance(Protocol):
    """What draws: hypothesis, which makes failures small, or dice, which are quick and fair."""

    def of(self, values: Sequence[Any]) -> Any:
        """Return one of the values."""

    def between(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""

    def some(self, names: tuple[str, ...]) -> list[str]:
        """Return some of the names, at least one, sorted."""

    def shuffled(self, values: Sequence[Any]) -> list[Any]:
        """Return the values in any order."""

    def features(self, features: frozenset[str]) -> frozenset[str]:
        """Return a few of the features."""


class Drawn(Chance):
    """Hypothesis draws: what comes first is liked, and failures become small."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def of(self, values: Sequence[Any]) -> Any:
        """Return one of the values."""
        return self.draw(_one(tuple(values), tuple(map(type, values))))

    def between(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""
        return self.draw(_between(least, most))

    def some(self, names: tuple[str, ...]) -> list[str]:
        """Return some of the names, at least one, sorted."""
        return self.draw(_some(names))

    def shuffled(self, values: Sequence[Any]) -> list[Any]:
        """Return the values in any order."""
        return self.draw(st.permutations(tuple(values)))

    def features(self, features: frozenset[str]) -> frozenset[str]:
        """Return at most eight of the features."""
        return self.draw(_features(features))


class Dice(Chance):
    """Dice draw: every value as often as any other, the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, values: Sequence[Any]) -> Any:
        """Return one of the values."""
        return self.random.choice(tuple(values))

    def between(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""
        return self.random.randint(least, most)

    def some(self, names: tuple[str, ...]) -> list[str]:
        """Return some of the names, at least one, sorted."""
        return sorted(self.random.sample(names, self.random.randint(1, len(names))))

    def shuffled(self, values: Sequence[Any]) -> list[Any]:
        """Return the values in any order."""
        return self.random.sample(tuple(values), len(values))

    def features(self, features: frozenset[str]) -> frozenset[str]:
        """Return at most ten of the features."""
        return frozenset(self.random.sample(sorted(features), min(len(features), self.random.randint(0, 10))))


@cache
def _some(names: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    """Draw some of the names, at least one, sorted."""
    return st.integers(1, 2 ** len(names) - 1).map(
        lambda number: [name for bit, name in enumerate(names) if number >> bit & 1]
    )


@cache
def _one(values: tuple[Any, ...], types: tuple[type, ...]) -> st.SearchStrategy[Any]:
    """Draw one of the values; their types tell (0.0, 1.0) from (False, True) in the cache."""
    return st.sampled_from(values)


@cache
def _between(least: int, most: int) -> st.SearchStrategy[int]:
    return st.integers(least, most)


@cache
def _features(features: frozenset[str]) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(features)), max_size=8) if features else st.just(frozenset())
