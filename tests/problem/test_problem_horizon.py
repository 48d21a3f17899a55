"""How many periods a problem has, and what may lie after the last of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.problem.small import build, frames, tables, two_days

import allocopt as ao
from allocopt.errors import DataError, Issue


def with_horizon(horizon: Any, **changes: dict[str, list[Any] | None]) -> ao.Problem:
    """Return the small problem with a horizon."""
    return ao.Problem(**frames(**changes), horizon=horizon)


def faults(horizon: Any, **changes: dict[str, list[Any] | None]) -> tuple[Issue, ...]:
    """Return what is wrong with it."""
    with pytest.raises(DataError) as caught:
        with_horizon(horizon, **changes)
    return caught.value.issues


def test_a_horizon_that_is_given_counts() -> None:
    """It may be longer than the tables say, and lots may become available after it."""
    assert build().facts.periods == 2
    assert build().horizon is None
    longer = with_horizon(5)
    assert (longer.horizon, longer.facts.periods) == (5, 5)
    late = with_horizon(2, supply={"available": [0, 7, 0]})
    assert late.facts.periods == 2
    assert late.facts.lots.available.max() == 7


def test_a_lot_after_the_horizon_serves_nobody() -> None:
    """It is no way to serve a line, however late that may be, and costs no holding; it is still written down."""
    changes: dict[str, dict[str, list[Any] | None]] = {
        "supply": {"available": [2, 2, 2], "end_value": [1.0, 1.0, 1.0]},
        "demand": {"max_late": [9, 9, 9]},
        "nodes": {"holding_cost": [1.0, 1.0]},
    }
    plan = ao.allocate(with_horizon(2, **changes))
    assert plan.allocation["units"].sum() == 0
    assert plan.objective == -(10 * (4 - 1) + 5 * (6 - 1) + 7 * (4 - 1))


def test_demand_and_capacity_lie_within_the_horizon() -> None:
    """What is due after it is a fault, with its rows."""
    found = faults(1, capacity={"node": ["East"], "period": [3], "limit": [5]})
    assert [(issue.table, issue.rows, issue.code) for issue in found] == [
        ("demand", (1, 2), "beyond_horizon"),
        ("capacity", (0,), "beyond_horizon"),
    ]
    assert "`period` is 3, beyond the horizon, whose last period is 0. Raise `horizon`" in str(found[1])


@pytest.mark.parametrize("horizon", [0, -1, 2.5, "soon", True, 10**9, float("nan"), [2]])
def test_a_horizon_is_a_number_of_periods(horizon: Any) -> None:
    """Anything else is refused."""
    (issue,) = faults(horizon)
    assert (issue.code, issue.column) == ("bad_horizon", "horizon")
    assert "Write a whole number from 1 to 10001" in issue.hint


def test_a_calendar_and_a_horizon_agree() -> None:
    """With a horizon that is its own length, lots may become available after a calendar, by number or by day."""
    (issue,) = faults(3, periods=two_days())
    assert issue.code == "bad_horizon"
    assert "`horizon` is 3, and the periods table has 2 periods." in issue.message
    assert with_horizon(2, periods=two_days(), supply={"available": [0, 5, 0]}).facts.lots.available.max() == 5
    days = ["2026-11-02", "2026-11-03", "2026-11-06"]
    available = with_horizon(2, periods=two_days(), supply={"available": days}).supply["available"]
    assert available.tolist() == [0, 1, 4]
    early = faults(2, periods=two_days(), supply={"available": ["2026-11-01", *days[1:]]})
    assert [issue.code for issue in early] == ["date_outside_periods"]
    with pytest.raises(DataError, match="beyond the periods table"):
        build(periods=two_days(), supply={"available": [0, 5, 0]})


def test_the_horizon_is_part_of_the_plain_form(tmp_path: Path) -> None:
    """It survives to_dict, replace and files."""
    late = with_horizon(2, supply={"available": [0, 7, 0]})
    assert late.to_dict()["horizon"] == 2
    assert ao.Problem.from_dict(late.to_dict()).facts.periods == 2
    assert late.replace(name="x").facts.periods == 2
    assert late.replace(horizon=4).facts.periods == 4
    assert "horizon" not in build().to_dict()
    for name, frame in frames().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "problem.yaml").write_text("horizon: 6\n")
    assert ao.Problem.read(tmp_path).facts.periods == 6


def test_a_problem_read_back_from_its_checked_tables_is_the_same() -> None:
    """Checked columns are cells that are read as the same again, blanks and defaults included."""
    problem = ao.Problem.from_dict(
        tables(
            skus={"map_price": [None, 5.0]},
            channels={"advertised": [None, True]},
            supply={"expires": [None, 3, -1], "hold": [True, False, False], "reference": ["", "PO", ""]},
            periods=two_days("2026-11-02"),
        )
    )
    again = ao.Scenario("Same", [ao.Scale("demand.units", by=1)]).apply(problem)
    assert again.to_dict() == problem.to_dict()
    for part in ("skus", "channels", "lots", "lines", "lanes"):
        for name, array in vars(getattr(problem.facts, part)).items():
            np.testing.assert_array_equal(vars(getattr(again.facts, part))[name], array)
