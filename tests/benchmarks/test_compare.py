"""The timing of comparisons, on the smallest pack."""

from __future__ import annotations

from pathlib import Path

import pytest

import allocopt as ao
from benchmarks import compare, record

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"


def test_everything_is_measured() -> None:
    """Cold allocations and whole comparisons give seconds, and the plans that they are of."""
    alone = compare.cold(QUICKSTART, "pooled")
    assert (alone["status"], alone["contribution"]) == ("optimal", pytest.approx(2415))
    together = compare.side_by_side(QUICKSTART, ["pooled", "protect_dtc"], 4, 1)
    assert (together["runs"], together["statuses"]) == (8, {"optimal": 8})
    assert set(together["each"]) == {"Pooled", "Protect DTC"}
    assert record.peak() > 10


def test_scenarios_are_made_where_the_pack_has_too_few() -> None:
    """First the pack's own, then each channel's demand scaled; what cannot be made is said."""
    problem = ao.Problem.read(QUICKSTART)
    found = compare.scenarios(QUICKSTART, problem, 6)
    assert [each.name for each in found][2:] == ["amazon x 1.1", "dtc x 1.1", "amazon x 0.9", "dtc x 0.9"]
    for each in found:
        each.check(problem)
    with pytest.raises(SystemExit, match="There are only 18 scenarios"):
        compare.scenarios(QUICKSTART, problem, 1000)
