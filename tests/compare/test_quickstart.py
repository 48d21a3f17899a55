"""Comparisons worked out by hand: three contracts of the quickstart, as planned and without the order of lamps.

Pooled and Protect DTC as planned are worked out in the pack's README: 2,415 and 2,385.

First come, as planned. Nobody says when they ordered: those who are due in a period come together and share by wants.
Period 0: dtc and wholesale want 30 and 40 of the 60 lamps in East, and get 26 (24.00) and 34 (19.00; 6 stay short at
1.00); dtc takes 4 in West (22.00). Of the 80 mugs in East they get 32 (5.50) and 48 (6.00), dtc 8 in West (3.50).
Period 1: dtc and amazon want 50 and 30 of the 40 inbound lamps, and get 25 (24.00) and 15 (27.00); dtc takes the 16
lamps (22.00) and 30 mugs (3.50) that are left in West. 42 mugs are left (-3.00).

    26 x 24 + 34 x 19 - 6 + 4 x 22 + 32 x 5.5 + 48 x 6 + 8 x 3.5 + 25 x 24 + 15 x 27 + 16 x 22 + 30 x 3.5 - 42 x 3
        - 1000 = 2,180

The order is lost (weight 1; as planned counts 2): there are 60 lamps in East and 20 in West. Amazon's 30 lamps (27.00)
and its 20 mugs (8.00) are the 50 units that East can ship in period 1; dtc gets the other 30 lamps of East in period
0 (24.00) and those of West (22.00); wholesale loses 40 lamps (-1.00) and gets its 60 mugs (6.00); West serves dtc with
70 mugs (3.50) and keeps 10 (-3.00). Half of no order protects nothing, so Protect DTC does the same.

    30 x 27 + 20 x 8 + 30 x 24 + 20 x 22 - 40 + 60 x 6 + 70 x 3.5 - 10 x 3 - 1000 = 1,665

First come does as planned, but nobody gets the 40 inbound lamps: 2,180 - 25 x 24 - 15 x 27 = 1,175.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import allocopt as ao

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"
PLANNED = ao.Scenario("As planned", weight=2)
LOST = ao.Scenario("Order lost", [ao.Remove("supply", where="reference = PO-7001")])
WORTH = {
    ("As planned", "Pooled"): 2415,
    ("As planned", "Protect DTC"): 2385,
    ("As planned", "First come"): 2180,
    ("Order lost", "Pooled"): 1665,
    ("Order lost", "Protect DTC"): 1665,
    ("Order lost", "First come"): 1175,
}


@pytest.fixture(scope="module")
def problem() -> ao.Problem:
    """The quickstart."""
    return ao.Problem.read(QUICKSTART)


@pytest.fixture(scope="module")
def contracts() -> list[ao.Contract]:
    """The contracts of the quickstart, and the one without coordination."""
    return [ao.Contract.read(QUICKSTART / "contracts" / f"{name}.yaml") for name in ("pooled", "protect_dtc")] + [
        ao.first_come()
    ]


@pytest.fixture(scope="module")
def found(problem: ao.Problem, contracts: list[ao.Contract]) -> ao.Comparison:
    """All three, as planned and without the order."""
    return ao.compare(problem, contracts, [PLANNED, LOST], gap=0)


def test_runs_are_rows(found: ao.Comparison) -> None:
    """Every contract in every scenario is a row with what it earns, its bound, and the interval of its worth."""
    runs = found.runs
    assert runs.set_index(["scenario", "contract"])["contribution"].to_dict() == pytest.approx(WORTH)
    assert list(runs["draw"]) == [-1] * 6
    assert list(runs["status"]) == ["optimal"] * 6
    assert not runs["played"].any()
    assert runs["low"].tolist() == runs["contribution"].tolist()
    assert (runs["high"] - runs["low"]).max() < 1e-6
    assert runs["digest"].nunique() == 5  # without the order, pooled and protected are one plan
    assert len(found.failures) == 0


def test_the_table_adds_up(found: ao.Comparison) -> None:
    """Each number of each channel stands in a row, and `all` is their sum."""
    table = found.table
    assert list(table.columns) == ["scenario", "draw", "contract", "channel", "metric", "value"]
    wide = table.pivot_table(index=["scenario", "contract", "metric"], columns="channel", values="value")
    parts = wide[["amazon", "company", "dtc", "wholesale"]].sum(axis=1)
    pd.testing.assert_series_equal(parts, wide["all"], check_names=False)
    planned = wide.loc["As planned"]
    assert planned.loc[("Pooled", "contribution")].to_dict() == pytest.approx(
        {"all": 2415, "amazon": 590, "company": -60, "dtc": 1165, "wholesale": 720}
    )
    assert planned.loc[("Protect DTC", "units")].to_dict() == {
        "all": 260,
        "amazon": 30,
        "company": 0,
        "dtc": 140,
        "wholesale": 90,
    }
    assert planned.loc[("First come", "contribution")].to_dict() == pytest.approx(
        {"all": 2180, "amazon": 105, "company": -126, "dtc": 1473, "wholesale": 728}
    )
    assert set(table["metric"]) == {"demand", "units", "revenue", "fixed_cost", "contribution", "clause_penalties"}


def test_differences_are_means_by_weight(found: ao.Comparison) -> None:
    """Protecting costs 30 in two of three parts and nothing in the third; what is exact has no width."""
    deltas = found.deltas().set_index("contract")
    assert list(deltas.index) == ["Protect DTC", "First come"]
    protect, first = deltas.loc["Protect DTC"], deltas.loc["First come"]
    assert [protect[name] for name in ("difference", "low", "high")] == pytest.approx([-20, -20, -20])
    assert [first[name] for name in ("difference", "low", "high")] == pytest.approx([-(2 * 235 + 490) / 3] * 3)
    assert [protect[name] for name in ("ahead", "behind", "runs", "apart")] == [0, 1, 2, True]
    assert [first[name] for name in ("ahead", "behind", "runs", "apart")] == [0, 2, 2, True]
    other = found.deltas("First come").set_index("contract")
    assert list(other["difference"]) == pytest.approx([320, 300])
    with pytest.raises(KeyError, match="there is no contract 'Retire': compared were Pooled, Protect DTC, First come"):
        found.deltas("Retire")


def test_regret_and_best(found: ao.Comparison) -> None:
    """Regret is what the best contract of the scenario earns more; a tie makes each of two the best by half."""
    regret = found.regret()
    assert list(regret.index) == ["As planned", "Order lost"]
    assert regret["Pooled"].tolist() == pytest.approx([0, 0])
    assert regret["Protect DTC"].tolist() == pytest.approx([30, 0])
    assert regret["First come"].tolist() == pytest.approx([235, 490])
    assert found.best().to_dict() == pytest.approx({"Pooled": 5 / 6, "Protect DTC": 1 / 6, "First come": 0})


def test_summary_ranks(found: ao.Comparison) -> None:
    """The ranking has the means by weight: 260 and 230 of 300 units are five sixths where the first counts double."""
    summary = found.summary().set_index("contract")
    assert list(summary.index) == ["Pooled", "Protect DTC", "First come"]
    assert list(summary["contribution"]) == pytest.approx([2165, 2145, 1845])
    assert list(summary["difference"]) == pytest.approx([0, -20, -320])
    assert list(summary["regret"]) == pytest.approx([0, 20, 320])
    assert list(summary["worst_regret"]) == pytest.approx([0, 30, 490])
    assert list(summary["fill_rate"]) == pytest.approx([250 / 300, 250 / 300, (2 * 238 + 198) / 900])
    assert list(summary["failed"]) == [0, 0, 0]


def test_the_verdict_is_pinned(found: ao.Comparison) -> None:
    """What is exact is said without a range."""
    assert found.verdict == (
        "Pooled comes first. Against Pooled: Protect DTC -20.00 USD (behind in 1 of 2 scenarios); "
        "First come -320 USD (objective, behind in 2 of 2 scenarios). Objective is contribution less clause penalties: "
        "no more is proven of a contract with penalties or several stages."
    )


def test_the_coordination_gap(found: ao.Comparison) -> None:
    """What acting alone costs is what First come earns less than the best possible, by scenario and on average."""
    gap = found.coordination_gap()
    assert list(gap["scenario"]) == ["As planned", "Order lost", "(average)"]
    assert list(gap["contract"]) == ["First come"] * 3
    assert list(gap["alone"]) == pytest.approx([2180, 1175, 1845])
    for column in ("best_low", "best_high"):
        assert list(gap[column]) == pytest.approx([2415, 1665, 2165])
    for column in ("gap_low", "gap_high"):
        assert list(gap[column]) == pytest.approx([235, 490, 320])


def test_a_coordination_gap_needs_who_acts_alone(problem: ao.Problem) -> None:
    """Without a contract that acts alone there is no gap to speak of; the best possible needs no contract."""
    with pytest.raises(ValueError, match="compare a contract that acts alone"):
        ao.compare(problem, [ao.pooled()]).coordination_gap()
    gap = ao.compare(problem, [ao.first_come()]).coordination_gap().iloc[0]
    assert gap[["alone", "best_low", "best_high", "gap_low", "gap_high"]].tolist() == pytest.approx(
        [2180, 2180, 2415, 0, 235]
    )


def test_plans_come_back(found: ao.Comparison, problem: ao.Problem, contracts: list[ao.Contract]) -> None:
    """The plan of each run has all its tables and is the plan of the run; a run that was not compared is an error."""
    plan = found.plan("As planned", "Protect DTC")
    assert plan.contribution == pytest.approx(2385)
    assert plan.channels.set_index("channel").loc["dtc", "units"] == 140
    assert len(found.plans) == 6
    assert list(found.plans)[1] == ("As planned", "Protect DTC", -1)
    assert found.plans["Order lost", "First come"].contribution == pytest.approx(1175)
    for scenario, contract, draw in (("Fire", "Pooled", -1), ("As planned", "Poled", -1), ("As planned", "Pooled", 0)):
        with pytest.raises(KeyError, match="there is no run of"):
            found.plan(scenario, contract, draw)


def test_json_holds_everything(found: ao.Comparison) -> None:
    """The JSON form has the verdict, ranking, differences, coordination gap and runs, without anything but JSON."""
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["verdict"] == found.verdict
    assert (content["baseline"], content["currency"]) == ("Pooled", "USD")
    assert [row["contract"] for row in content["ranking"]] == ["Pooled", "Protect DTC", "First come"]
    assert [row["contract"] for row in content["deltas"]] == ["Protect DTC", "First come"]
    assert [row["gap_low"] for row in content["coordination_gap"]] == pytest.approx([235, 490, 320])
    assert len(content["runs"]) == 6
    assert len(content["table"]) == len(found.table)


def test_it_says_what_it_is(found: ao.Comparison) -> None:
    """In a notebook it shows the verdict, the ranking and every scenario; names are escaped."""
    assert repr(found) == "Comparison(3 contracts, 2 scenarios, 6 runs, 0 without a plan)"
    assert "Pooled comes first. Against Pooled: Protect DTC -20.00 USD" in found._repr_html_()
    assert "<td>2,165.00</td>" in found._repr_html_()
    assert "<td>Order lost</td>" in found._repr_html_()
    assert "<td>-490</td>" in found._repr_html_()
    named = ao.compare(ao.Problem.read(QUICKSTART), [ao.Contract("<b>Pooled</b>")])
    assert "<b>" not in named._repr_html_()


def test_progress_is_told(problem: ao.Problem) -> None:
    """Before the first run and after each, how many are done, and which was the last."""
    told: list[tuple[int, int, str]] = []
    ao.compare(problem, [ao.pooled()], [PLANNED, LOST], progress=lambda *words: told.append(words))
    assert told == [(0, 2, ""), (1, 2, "As planned: Pooled"), (2, 2, "Order lost: Pooled")]


def test_the_temporary_folder_goes_away(problem: ao.Problem) -> None:
    """Without a folder to keep, nothing is left behind when the comparison is gone."""
    found = ao.compare(problem)
    folder = found.folder
    assert folder.is_dir()
    del found
    assert not folder.exists()
