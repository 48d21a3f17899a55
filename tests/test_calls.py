"""The way from `allocate()` to HiGHS is short."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import allocopt as ao
from allocopt.solve import highs

SOURCE = Path(ao.__file__).parent
PACK = Path(__file__).parents[1] / "scenarios" / "quickstart"
CALLS = 8
"""So many calls at most lead from `allocate()` to a function of `solve/highs.py`, that one included."""
PLANS = {
    "pooled": ao.pooled(),
    "a clause": ao.Contract("Protect DTC", clauses=[ao.Protect("dtc", share=0.5, of="inbound")]),
    "tiers": ao.priority("dtc"),
    "earned first": ao.Contract("Amazon first", stages=[ao.Contribution("amazon")]),
}


def stack() -> list[str]:
    """Return the functions of the library that are running, `allocate` first."""
    frame, found = sys._getframe(1), []
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(SOURCE):
            found.append(f"{path.relative_to(SOURCE).as_posix()}, line {frame.f_lineno}: {frame.f_code.co_name}")
        frame = frame.f_back
    return found[::-1]


@pytest.mark.parametrize("contract", PLANS.values(), ids=PLANS)
def test_at_most_eight_calls_lead_to_highs(contract: ao.Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows a call comes to the solver before they lose the thread; a longer way is printed."""
    ways: list[list[str]] = []

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            ways.append([*stack(), f"solve/highs.py: {function.__name__}"])
            return function(*arguments, **options)

        return call

    for name in ("inner", "linear", "branch"):
        monkeypatch.setattr(highs, name, watched(getattr(highs, name)))
    problem = ao.Problem.read(PACK)
    assert ao.allocate(problem, contract, solver="highs").solved
    assert ways
    assert all(way[0].startswith("allocate.py") for way in ways)
    longest = max(ways, key=len)
    assert len(longest) - 1 <= CALLS, "\n".join(longest)
