"""What contracts earn in their bad futures, and the ranking that counts them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.compare.test_verdict import frame

import allocopt as ao
from allocopt.compare.risk import quantile, worst
from allocopt.compare.standing import Future, Standing
from allocopt.compare.verdict import verdict

BOLD = [100.0] * 18 + [0.0, 10.0]
"""Earns more on average, and 5 in the worst tenth of twenty draws."""
CALM = [80.0] * 20


def stand(risk: ao.CVaR | None = None) -> Standing:
    """Return how a bold and a calm contract stand over twenty draws that were played."""
    runs = frame({"Draws": {"Bold": BOLD, "Calm": CALM}}, drawn=True)
    return Standing(runs, ["Bold", "Calm"], [Future("Draws", 1.0, 20)], ["Bold", "Calm"], "EUR", risk)


def test_quantiles_and_the_worst_tenth() -> None:
    """The mean of the two worst draws of twenty is 5; nine in ten earn 91 or more, by the usual quantile."""
    told = stand().spread("Bold")
    assert told == pytest.approx({"q10": np.quantile(BOLD, 0.1), "q90": 100.0, "worst_tenth": 5.0})
    assert stand().spread("Calm") == {"q10": 80.0, "q90": 80.0, "worst_tenth": 80.0}


def test_a_risk_ranks_otherwise() -> None:
    """By the mean the bold one is first (90.5 against 80), by half of the worst tenth the calm one (47.75)."""
    assert stand().ranked == ["Bold", "Calm"]
    found = stand(ao.CVaR(0.9, weight=0.5))
    assert found.ranked == ["Calm", "Bold"]
    assert found.values(found.risk).to_dict() == pytest.approx({"Bold": 0.5 * 90.5 + 0.5 * 5.0, "Calm": 80.0})
    assert verdict(found).startswith(
        "By mean contribution (50%) and the mean of the worst 10% of runs (50%), "
        "by Draws (20 draws, played without foresight), Calm comes first"
    )


def test_scenarios_count_by_their_weight() -> None:
    """One run of weight 1 and one of weight 3: the worst tenth lies in the worse one, the worst half in both."""
    weights = np.array([0.25, 0.75])
    earned = np.array([0.0, 100.0])
    assert worst(earned, weights, 0.1) == 0.0
    assert worst(earned, weights, 0.5) == 50.0
    assert ao.CVaR(0.5, weight=1.0).value(earned, weights) == 50.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20), st.floats(0.01, 0.99))
def test_the_measures_are_what_they_are_called(values, part) -> None:
    """With equal weights the quantile is numpy's; the mean of the worst part is at most the mean, and grows with it."""
    earned, weights = np.array(values), np.full(len(values), 1 / len(values))
    assert quantile(earned, weights, part) == pytest.approx(np.quantile(earned, part), rel=1e-6, abs=1e-6)
    bad = worst(earned, weights, part)
    assert earned.min() - 1e-6 <= bad <= earned.mean() + 1e-6
    assert bad <= worst(earned, weights, min(1.0, part + 0.2)) + 1e-6


def test_comparisons_are_ranked_by_it() -> None:
    """The summary tells quantiles and the value, best first; the run folder does not care how it is ranked."""
    draws = ao.Scenario("Draws", draws=ao.Draws(12, seed=4, demand=True))
    problem = ao.example("quickstart")
    problem = problem.replace(demand=problem.demand.assign(sd=problem.demand["units"] / 2))
    agreed = [ao.pooled(), ao.Contract("Capped", clauses=[ao.Cap("amazon", units=20)])]
    risk = ao.CVaR(0.75, weight=0.5)
    found = ao.compare(problem, agreed, [draws], risk=risk)
    table, runs = found.summary().set_index("contract"), found.runs
    for name, row in table.iterrows():
        earned = np.sort(runs.loc[runs["contract"] == name, "contribution"].to_numpy())
        assert row["q10"] == pytest.approx(np.quantile(earned, 0.1))
        assert row["worst_tenth"] == pytest.approx((earned[0] + 0.2 * earned[1]) / 1.2)
        assert row["value"] == pytest.approx((earned.mean() + earned[:3].mean()) / 2)
    assert table["value"].is_monotonic_decreasing
    assert found.ranked == table.index.tolist()
    assert ao.compare(problem, agreed, [draws]).summary()["value"].is_monotonic_decreasing


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"level": 1.0}, ValueError, "level must be a number from 0, below 1"),
        ({"weight": 1.5}, ValueError, "weight must be a number from 0, up to 1"),
        ({"level": "0.9"}, TypeError, "level must be a number from 0 to 1"),
        ({"level": True}, TypeError, "level must be a number from 0 to 1"),
        ({"level": float("nan")}, ValueError, "level must be"),
    ],
)
def test_what_is_no_risk_is_refused(arguments, error, words) -> None:
    """Levels and weights out of range, or no numbers."""
    with pytest.raises(error, match=words):
        ao.CVaR(**arguments)


def test_a_comparison_wants_a_cvar() -> None:
    """Something else in its place is refused before anything runs."""
    with pytest.raises(TypeError, match="risk must be"):
        ao.compare(ao.example("quickstart"), risk=0.9)
