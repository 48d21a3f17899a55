"""What a YAML file may hold at most, told while it is parsed: before anything of it is expanded or kept."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    ScalarEvent,
)
from ruamel.yaml.parser import Parser, RoundTripParser

CHARACTERS = 2_000_000
"""Characters of a file: a contract of some twenty thousand clauses."""
DEPTH = 50
"""Lists and mappings inside each other; the deepest that means something is about 6."""
VALUES = 200_000
"""Values of a file, those that aliases stand for counted each time."""
TEXT = 10_000
"""Characters of one value."""
DIGITS = 100
"""Characters of one number."""
_NUMBER = re.compile(r"[-+]?\.?[0-9][0-9a-zA-Z_.+-]*$")


class TooMuchError(MarkedYAMLError):
    """A file holds more than anybody would write."""


class _Bounded:
    """Counts what the parser that it is mixed into finds.

    The size of a value is 1 and those of what is in it; an alias has the size of what it stands for.
    """

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sizes: dict[str, int] = {}
        self._open: list[list[Any]] = []  # of each open list or mapping: anchor and size
        self._total = 0

    def get_event(self) -> Any:
        event = super().get_event()  # type: ignore[misc]
        if isinstance(event, AliasEvent):
            self._add(event, self._sizes.get(event.anchor, 1))
            if any(anchor == event.anchor for anchor, _ in self._open):
                _refuse(event, f"*{event.anchor} stands for what it is a part of")
        elif isinstance(event, ScalarEvent):
            _check_scalar(event)
            self._add(event, 1)
            if event.anchor:
                self._sizes[event.anchor] = 1
        elif isinstance(event, CollectionStartEvent):
            self._open.append([event.anchor, 0])
            if len(self._open) > DEPTH:
                _refuse(event, f"lists and mappings stand in each other more than {DEPTH} deep")
            self._add(event, 1)
        elif isinstance(event, CollectionEndEvent):
            anchor, size = self._open.pop()
            if anchor:
                self._sizes[anchor] = size
            if self._open:
                self._open[-1][1] += size
        return event

    def _add(self, event: Any, size: int) -> None:
        """Count a value; what ends later adds itself to what it is in."""
        self._total += size
        if self._open:
            self._open[-1][1] += size
        if self._total > VALUES:
            _refuse(event, f"with its aliases it stands for more than {VALUES:,} values")


def _check_scalar(event: Any) -> None:
    if len(event.value) > TEXT:
        _refuse(event, f"a value has {len(event.value):,} characters, more than {TEXT:,}")
    if event.style is None and len(event.value) > DIGITS and _NUMBER.match(event.value):
        _refuse(event, f"a number has {len(event.value):,} digits")


def _refuse(event: Any, problem: str) -> None:
    raise TooMuchError(problem=problem, problem_mark=event.start_mark)


class BoundedParser(_Bounded, RoundTripParser):
    """Parses files of which lines are told."""


class BoundedPlainParser(_Bounded, Parser):
    """Parses files that are read as plain values."""
