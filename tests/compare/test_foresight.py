"""What counts in a comparison: scenarios that are played, not those that everybody knows, and proofs, not penalties."""

from __future__ import annotations

import pandas as pd
import pytest

import allocopt as ao

HALF_CHANCE = ao.Problem.from_dict(
    {
        "skus": [{"sku": "S"}],
        "nodes": [{"node": "W"}],
        "channels": [{"channel": "wholesale"}, {"channel": "dtc"}],
        "supply": [
            {"sku": "S", "node": "W", "kind": "on_hand", "units": 5},
            {"sku": "S", "node": "W", "kind": "inbound", "units": 5, "available": 1, "confidence": 0.5},
        ],
        "demand": [
            {"sku": "S", "channel": "wholesale", "period": 0, "price": 12.0, "units": 5, "firm": True},
            {"sku": "S", "channel": "dtc", "period": 1, "price": 20.0, "units": 5, "lost_cost": 60.0, "firm": True},
        ],
        "lanes": [{"node": "W", "channel": "wholesale"}, {"node": "W", "channel": "dtc"}],
    }
)
"""Five on hand, and five more that come with one half chance, of which the plan counts two.

Known beforehand, pooled sells two to wholesale: 124 against 100. Played, the ship comes (124) or does not (24 + 60 -
2 x 60 = -36), while who sells what is sure earns 100 either way.
"""
SURE = ao.Contract("Sure", clauses=[ao.Access(name, min_confidence=0.9) for name in ("wholesale", "dtc")])


@pytest.fixture(scope="module")
def played() -> ao.Comparison:
    """Three scenarios that everybody knows, one of which is only to show, and one that is played."""
    dearer, cheaper = (ao.Put("demand.price", price, where="channel = wholesale") for price in (13.0, 11.0))
    draws = ao.Draws(number=20, seed=3, demand=False, inbound=True)
    scenarios = [
        ao.Scenario("As planned", weight=9),
        ao.Scenario("Dearer", [dearer]),
        ao.Scenario("Cheaper", [cheaper], weight=0),
        ao.Scenario("Week by week", draws=draws),
    ]
    return ao.compare(HALF_CHANCE, [ao.pooled(), SURE], scenarios)


def test_what_is_played_decides(played: ao.Comparison) -> None:
    """Ranking, shares, differences and verdict are of the played scenario; those known beforehand stand beside."""
    earned = played.runs.query("scenario == 'Week by week' and contract == 'Pooled'")["contribution"]
    assert set(earned.round(6)) == {124.0, -36.0}
    comes = int((earned > 0).sum())
    assert played.ranked == ["Sure", "Pooled"]
    assert played.weights.to_dict() == {"As planned": 0.0, "Dearer": 0.0, "Cheaper": 0.0, "Week by week": 1.0}
    assert played.best()["Pooled"] == pytest.approx(comes / 20)
    row = played.deltas().iloc[0]
    assert row["difference"] == pytest.approx(100 - earned.mean())
    assert (row["ahead"], row["behind"], row["runs"]) == (20 - comes, comes, 20)
    summary = played.summary().set_index("contract")
    assert summary["contribution"].to_dict() == pytest.approx({"Sure": 100.0, "Pooled": earned.mean()})
    assert summary.loc["Pooled", "difference"] == 0.0
    assert played.verdict.startswith("By Week by week (20 draws, played without foresight), Sure ")
    assert "Known beforehand, Pooled is ahead of Sure in As planned and Dearer: " in played.verdict
    assert "Cheaper" not in played.verdict


def test_every_scenario_stands_in_the_table(played: ao.Comparison) -> None:
    """What a scenario is there for stands beside what each contract earns in it, in Python, HTML and JSON alike."""
    table = played.by_scenario().set_index(["scenario", "contract"])
    assert table["role"].groupby("scenario").first().to_dict() == {
        "As planned": "known beforehand",
        "Cheaper": "only to show",
        "Dearer": "known beforehand",
        "Week by week": "counts",
    }
    assert table.loc[("Dearer", "Pooled"), "contribution"] == pytest.approx(126)
    assert table.loc[("Dearer", "Sure"), "difference"] == pytest.approx(-26)
    page = played._repr_html_()
    assert page.index("<td>Week by week</td>") < page.index("<td>As planned</td>") < page.index("<td>Cheaper</td>")
    assert "<td>known beforehand</td>" in page
    assert len(played.to_dict()["by_scenario"]) == 8


def test_perfect_foresight_is_named() -> None:
    """Draws that everybody knows beforehand count where nothing was played, and are called what they are."""
    draws = ao.Draws(number=10, seed=3, demand=False, inbound=True, foresight="perfect")
    found = ao.compare(HALF_CHANCE, [ao.pooled(), SURE], [ao.Scenario("Known", draws=draws)])
    assert "The draws of Known are decided with perfect foresight." in found.verdict
    assert found.ranked[0] == "Pooled"


def test_weight_0_counts_in_nothing() -> None:
    """A scenario that is only to show changes no statistic, whether it is played or known."""
    planned = ao.Scenario("As planned")
    shown = [
        ao.Scenario("Dearer", [ao.Put("demand.price", 13.0, where="channel = wholesale")], weight=0),
        ao.Scenario("Drawn", draws=ao.Draws(number=3, seed=3, demand=False, inbound=True), weight=0),
    ]
    contracts = [ao.pooled(), SURE, ao.first_come()]
    alone, beside = (ao.compare(HALF_CHANCE, contracts, given) for given in ([planned], [planned, *shown]))
    assert beside.verdict == alone.verdict
    pd.testing.assert_frame_equal(beside.summary(), alone.summary())
    pd.testing.assert_frame_equal(beside.deltas(), alone.deltas())
    pd.testing.assert_series_equal(beside.best(), alone.best())
    gaps = (found.coordination_gap().query("scenario == '(average)'") for found in (alone, beside))
    pd.testing.assert_frame_equal(*(gap.reset_index(drop=True) for gap in gaps))
    only = ao.compare(HALF_CHANCE, contracts, shown[:1])
    assert only.verdict == "No scenario has a weight above 0, so nothing is ranked."
    assert only.by_scenario()["contribution"].tolist() == pytest.approx([126.0, 100.0, -75.0])
    assert (only.ranked, only.deltas()["runs"].tolist()) == ([], [0, 0])
    assert only._repr_html_()


def test_behind_in_every_draw_is_no_tie() -> None:
    """Few draws make a wide range of means, but who is behind in each of them for certain is behind."""
    web = ao.Problem.from_dict(
        {
            "skus": [{"sku": "S"}],
            "nodes": [{"node": "W"}],
            "channels": [{"channel": "web"}],
            "supply": [{"sku": "S", "node": "W", "kind": "on_hand", "units": 100}],
            "demand": [{"sku": "S", "channel": "web", "period": 0, "price": 10.0, "units": 20, "sd": 8.0}],
            "lanes": [{"node": "W", "channel": "web"}],
        }
    )
    capped = ao.Contract("Capped", clauses=[ao.Cap("web", units=10)])
    found = ao.compare(web, [ao.pooled(), capped], [ao.Scenario("Uncertain", draws=ao.Draws(number=4, seed=4))])
    row = found.deltas().iloc[0]
    assert row["low"] < 0 < row["high"]
    assert (row["behind"], row["runs"], row["apart"]) == (4, 4, True)
    assert "Capped -125 (in each of 4 draws -230 to -50.00; behind in 4 of 4 draws)" in found.verdict
    assert "4 draws are few: make at least 10 of Uncertain." in found.verdict
    assert "tie" not in found.verdict.split()


def test_a_penalty_is_no_certain_worth() -> None:
    """A promise at a penalty just below what breaking it brings lets 20.00 be earned, of which nothing is proven."""
    problem = ao.Problem.from_dict(
        {
            "skus": [{"sku": "S"}],
            "nodes": [{"node": "W"}],
            "channels": [{"channel": "web"}, {"channel": "shop"}],
            "supply": [{"sku": "S", "node": "W", "kind": "on_hand", "units": 5}],
            "demand": [
                {"sku": "S", "channel": "web", "period": 0, "price": 14.0, "units": 5},
                {"sku": "S", "channel": "shop", "period": 0, "price": 10.0, "units": 5},
            ],
            "lanes": [{"node": "W", "channel": "web"}, {"node": "W", "channel": "shop"}],
        }
    )
    promises = [
        ao.Contract(name, clauses=[ao.Protect("shop", units=5, mode="serve", penalty=penalty)])
        for name, penalty in (("Kept", 4.001), ("Broken", 3.999))
    ]
    found = ao.compare(problem, promises)
    row = found.deltas().iloc[0]
    assert row["contribution"] == pytest.approx(20.0)
    assert row["difference"] == pytest.approx(0.005)
    assert row["measure"] == "objective"
    assert "certainly" not in found.verdict
    assert found.verdict.startswith("Broken comes first: +20.00 against Kept in the plans found (objective ")
