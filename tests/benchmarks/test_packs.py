"""What packs cost, as `python -m benchmarks.packs` prints it."""

from __future__ import annotations

import pytest

from benchmarks import packs


def test_a_line_for_each_contract_and_preset() -> None:
    """A small pack is solved under all of its contracts, with seconds, value and gap."""
    head, *lines = packs.table(["quickstart"])
    assert head.split()[:2] == ["pack", "contract"]
    assert [line.split()[1] for line in lines] == ["pooled", "protect_dtc", "preset", "preset"]
    assert "2,415.00" in lines[0]


def test_eighteen_programs_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of limits has eighteen programs; a limit of nothing leaves a plan where shipping nothing is one."""
    assert sum(len(names) for _, names in packs.TIMED) == 18
    monkeypatch.setattr(packs, "TIMED", (("quickstart", ("pooled",)),))
    monkeypatch.setattr(packs, "LIMITS", (0.0,))
    assert "feasible" in list(packs.limits())[1]
