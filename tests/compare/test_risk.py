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
from allocopt.report.comparison_page import page_of
from allocopt.report.level import level
from allocopt.report.words import money

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


def test_the_verdict_tells_what_ranks() -> None:
    """The worst tenth (5 against 80) ranks and is told; what the mean differs by (-10.50) stands besides, named."""
    assert verdict(stand(ao.CVaR(0.9, weight=1.0))) == (
        "By the mean of the worst 10% of runs, by Draws (20 draws, played without foresight), "
        "Calm comes first: +75.00 EUR against Bold. No interval is stated for differences by this measure. "
        "By mean contribution alone, against Bold: Calm -10.50 EUR."
    )


def three(*bold: float) -> Standing:
    """Return how Calm, which is the baseline, stands to a contract that dares and one between, by the worst tenth."""
    worths = {"Calm": CALM, "Bold": list(bold), "Even": [90.0] * 18 + [70.0, 72.0]}
    runs = frame({"Draws": worths}, drawn=True)
    return Standing(runs, list(worths), [Future("Draws", 1.0, 20)], list(worths), "EUR", ao.CVaR(0.9))


def test_the_baseline_may_come_first_under_a_risk() -> None:
    """That the others are ahead by the mean, and proven so, does not put them ahead in the worst tenth."""
    found = three(*BOLD)
    assert found.difference("Even").positive
    assert verdict(found) == (
        "By the mean of the worst 10% of runs, by Draws (20 draws, played without foresight), Calm comes first. "
        "Against Calm: Even -9.00 EUR; Bold -75.00 EUR. No interval is stated for differences by this measure. "
        "By mean contribution alone, against Calm: Even +8.10 EUR; Bold +10.50 EUR."
    )
    assert "Against Calm: 2 more from -9.00 EUR to -75.00 EUR." not in verdict(found, 1)
    assert verdict(found, 0).count("2 more from") == 2


def test_contracts_of_one_worst_tenth_are_worth_the_same() -> None:
    """What is the same by the measure is said to be, and what the mean says is not lost."""
    told = verdict(three(*[100.0] * 18, 80.0, 80.0))
    assert "Calm comes first. Calm and Bold are worth the same. Against Calm: Even -9.00 EUR." in told
    assert "By mean contribution alone, against Calm: Bold +18.00 EUR; Even +8.10 EUR." in told


def test_scenarios_in_which_the_mean_says_otherwise_are_named_so() -> None:
    """Bold is ahead in nine of ten scenarios as stated: that is of each one, and of no worst tenth."""
    names = [f"S{number}" for number in range(10)]
    given = {name: {"Bold": [0.0 if name == "S9" else 100.0], "Calm": [80.0]} for name in names}
    futures = [Future(name) for name in names]
    found = Standing(frame(given, drawn=False), ["Bold", "Calm"], futures, ["Bold", "Calm"], "EUR", ao.CVaR(0.9))
    told = verdict(found)
    assert told.startswith("By the mean of the worst 10% of runs, Calm comes first: +80.00 EUR against Bold.")
    assert "By mean contribution alone, against Bold: Calm -10.00 EUR." in told
    assert "But Bold is ahead of Calm by the mean in S0, " in told


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
    page = page_of(found)
    gap = money(float(table["value"].iloc[0] - table["value"].iloc[1]), found.currency)
    assert page.title.startswith(f"{found.ranked[0]} comes first by {risk.words()}: ")
    assert page.title.endswith(f", {gap} more than {found.ranked[1]}.")
    assert level(found.standing)[0] == table["contribution"].idxmax()
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
