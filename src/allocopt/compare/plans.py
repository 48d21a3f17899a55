"""The plans of a comparison by what they are plans of; each is solved or read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from allocopt.plan import Plan

if TYPE_CHECKING:
    from allocopt.compare.comparison import Comparison


class Plans(Mapping[tuple[str, str, int], Plan]):
    """Plans by (scenario, contract, draw); the draw may be left out where there is none."""

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def __getitem__(self, key: tuple[str, str] | tuple[str, str, int]) -> Plan:
        return self._comparison.plan(*key)

    def __iter__(self) -> Iterator[tuple[str, str, int]]:
        found = self._comparison
        for run in found._inputs.runs:
            yield found.scenarios[run.scenario], found.contracts[run.contract], run.draw

    def __len__(self) -> int:
        return len(self._comparison._inputs.runs)
