"""Differences and the verdict: only what the intervals allow, in sentences that are pinned."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given as drawn_from
from hypothesis import strategies as st

from allocopt.compare.standing import Future, Standing
from allocopt.compare.verdict import verdict

INF = math.inf
Worth = tuple[float, ...] | float | None
Given = dict[str, dict[str, list[Worth]]]


def frame(given: Given, *, drawn: bool | Sequence[str]) -> pd.DataFrame:
    """Return runs: per scenario and contract a list of worths, one a draw.

    A worth is exact; or low and high; or low, high and contribution where penalties steer; None: no plan.
    """
    rows = []
    for scenario, contracts in given.items():
        for contract, worths in contracts.items():
            for draw, worth in enumerate(worths):
                known = worth if isinstance(worth, tuple) else (worth, worth)
                low, high, earned = (*known, known[0])[:3]
                number = draw if drawn is True or (drawn and scenario in drawn) else -1
                rows.append((scenario, number, contract, earned, low, high))
    names = ["scenario", "draw", "contract", "contribution", "low", "high"]
    numbers = dict.fromkeys(names[3:], "float64")
    return pd.DataFrame(rows, columns=names).astype(numbers)


def standing(
    given: Given,
    *,
    drawn: bool | Sequence[str] = False,
    perfect: bool = False,
    currency: str = "USD",
    weights: dict[str, float] | None = None,
    objective: Sequence[str] = (),
) -> Standing:
    """Return how contracts stand, from a few numbers; of some only the objective is proven."""
    runs = frame(given, drawn=drawn)
    contracts = list(runs["contract"].unique())
    futures = []
    for name, worths in given.items():
        draws = len(next(iter(worths.values()))) if drawn is True or (drawn and name in drawn) else 0
        futures.append(Future(name, (weights or {}).get(name, 1.0), draws, "perfect" if perfect else "none"))
    return Standing(runs, contracts, futures, [name for name in contracts if name not in objective], currency)


def one(**worths: Worth) -> Given:
    """Return one scenario with one run a contract."""
    return {"S": {name: [worth] for name, worth in worths.items()}}


FEW = "make at least 10 of S."
OBJECTIVE = (
    "Objective is contribution less clause penalties: no more is proven of a contract with penalties or several stages."
)
BEFOREHAND = "that supposes that everybody knows what comes."

SAID: dict[str, tuple[Standing, str]] = {
    "exact": (standing(one(A=100.0, B=70.0)), "A is worth most. Against A: B -30.00 USD."),
    "the first is not the best": (standing(one(A=100.0, B=170.0)), "B is worth most: +70.00 USD against A."),
    "no currency": (standing(one(A=1e6, B=1e6 - 2500), currency=""), "A is worth most. Against A: B -2,500."),
    "intervals apart": (
        standing(one(A=(1000, 1010), B=(700, 750))),
        "A is worth most. Against A: B -300 USD (certainly: -310 to -250).",
    ),
    "intervals meet": (
        standing(one(A=(1000, 1010), B=(900, 1000))),
        "A comes first, but B is a tie with it. Against A: B -100 USD (certainly: -110 to 0.00).",
    ),
    "the same": (standing(one(A=100.0, B=100.0)), "A and B are worth the same."),
    "the same but for how it was added up": (
        standing(one(A=1e6 + 1e-8, B=1e6, C=1e6 - 1e-8)),
        "A, B and C are worth the same.",
    ),
    "the same plans, not proven": (
        standing(one(A=(100, 105), B=(100, 105))),
        "A comes first, but B is a tie with it. Against A: B 0.00 USD (certainly: -5.00 to +5.00).",
    ),
    "no bound": (
        standing(one(A=(1000.0, INF), B=(700.0, INF))),
        "A comes first, but B is a tie with it. Against A: B -300 USD (nobody knows how much at most).",
    ),
    "all kinds": (
        standing(one(A=(500, 500), B=(500, 500), C=(490, 505), D=(480, 501), E=(100, 150), F=(0, 0))),
        "A comes first, but C and D are ties with it. A and B are worth the same. "
        "Against A: C -10.00 USD (certainly: -10.00 to +5.00); D -20.00 USD (certainly: -20.00 to +1.00); "
        "E -400 USD (certainly: -400 to -350); F -500 USD.",
    ),
    "the baseline is in the middle": (
        standing(one(A=100.0, B=120.0, C=(110, 125), D=90.0)),
        "B comes first: +20.00 USD against A, but C is a tie with it. "
        "Against A: C +10.00 USD (certainly: +10.00 to +25.00); D -10.00 USD.",
    ),
    "one scenario each way": (
        standing({"S": {"A": [100.0], "B": [90.0]}, "T": {"A": [50.0], "B": [55.0]}}),
        "A is worth most. Against A: B -2.50 USD (ahead in 1 of 2 scenarios, behind in 1). But B is ahead of A in T.",
    ),
    "one scenario is not sure": (
        standing({"S": {"A": [100.0], "B": [90.0]}, "T": {"A": [(50.0, 52.0)], "B": [(50.0, 54.0)]}}),
        "A is worth most. Against A: B -5.00 USD (certainly: -6.00 to -3.00; behind in 1 of 2 scenarios).",
    ),
    "draws apart": (
        # differences 8, 12, 10, 10: t(0.975, 3) = 3.1824, s = 1.6330, half width 3.1824 * 1.6330 / 2 = 2.5985
        standing({"S": {"A": [18.0, 22.0, 30.0, 10.0], "B": [10.0, 10.0, 20.0, 0.0]}}, drawn=True),
        "By S (4 draws, played without foresight), A is worth most. "
        f"Against A: B -10.00 USD (95 % sure: -12.60 to -7.40; behind in 4 of 4 draws). 4 draws are few: {FEW}",
    ),
    "behind in every draw, whatever the interval of means": (
        standing({"S": {"A": [9.0, 98.0], "B": [8.0, 9.0]}}, drawn=True),
        "By S (2 draws, played without foresight), A comes first. "
        f"Against A: B -45.00 USD (in each of 2 draws -89.00 to -1.00; behind in 2 of 2 draws). 2 draws are few: {FEW}",
    ),
    "draws not apart": (
        # differences 10, -8: t(0.975, 1) = 12.706, s = 12.728, half width 12.706 * 12.728 / 1.4142 = 114.36
        standing({"S": {"A": [18.0, 2.0], "B": [8.0, 10.0]}}, drawn=True),
        "By S (2 draws, played without foresight), A comes first, but B is a tie with it. "
        "Against A: B -1.00 USD (95 % sure: -115 to +113; ahead in 1 of 2 draws, behind in 1). "
        f"2 draws are few: {FEW}",
    ),
    "a single draw": (
        standing({"S": {"A": [100.0], "B": [0.0]}}, drawn=True),
        "By S (1 draw, played without foresight), A comes first. "
        f"Against A: B -100 USD (in the only draw -100). One draw is few: {FEW}",
    ),
    "a single draw that may go either way": (
        standing({"S": {"A": [(100.0, 120.0)], "B": [(99.0, 110.0)]}}, drawn=True),
        "By S (1 draw, played without foresight), A comes first, but B is a tie with it. "
        f"Against A: B -1.00 USD (a single draw tells nothing). One draw is few: {FEW}",
    ),
    "played and known beforehand": (
        standing(
            {
                "S": {"A": [10.0] * 10, "B": [12.0] * 10},
                "T": {"A": [10.0], "B": [0.0]},
                "U": {"A": [10.0], "B": [11.0]},
                "V": {"A": [10.0], "B": [0.0]},
            },
            drawn=["S"],
            weights={"V": 0.0, "T": 9.0},
        ),
        "By S (10 draws, played without foresight), B is worth most: +2.00 USD against A (ahead in 10 of 10 draws). "
        f"Known beforehand, A is ahead of B in T: {BEFOREHAND}",
    ),
    "perfect foresight": (
        standing({"S": {"A": [10.0] * 10, "B": [12.0] * 10}}, drawn=True, perfect=True),
        "B is worth most: +2.00 USD against A (ahead in 10 of 10 draws). "
        "The draws of S are decided with perfect foresight.",
    ),
    "the objective is exact and no contribution": (
        standing(one(A=(100.0, 100.0, 100.0), B=(100.01, 100.01, 120.0)), objective=["A", "B"]),
        f"B comes first: +20.00 USD against A in the plans found (objective +0.01). {OBJECTIVE}",
    ),
    "the objective of a contract with stages": (
        standing(one(A=100.0, B=(70.0, 75.0)), objective=["B"]),
        f"A comes first. Against A: B -30.00 USD (objective, proven: -30.00 to -25.00). {OBJECTIVE}",
    ),
    "the objective says the contrary": (
        standing(one(A=(100.0, 100.0, 100.0), B=(90.0, 91.0, 120.0)), objective=["B"]),
        "B comes first: +20.00 USD against A in the plans found (objective -10.00, proven: -10.00 to -9.00), "
        f"but by what is proven, A is ahead of it. {OBJECTIVE}",
    ),
    "no plan": (standing(one(A=100.0, B=70.0, C=None)), "A is worth most. Against A: B -30.00 USD. C has no plan."),
    "no plan of the first": (
        standing(one(A=None, B=70.0, C=60.0)),
        "B is worth most. Against B: C -10.00 USD. A has no plan.",
    ),
    "no plan in one of two": (
        standing({"S": {"A": [100.0], "B": [120.0]}, "T": {"A": [50.0], "B": [None]}}),
        "Only A has a plan in every run. B has no plan in 1 of 2 runs.",
    ),
    "no plan where it does not count": (
        standing({"S": {"A": [100.0], "B": [120.0]}, "T": {"A": [50.0], "B": [None]}}, weights={"T": 0.0}),
        "B is worth most: +20.00 USD against A.",
    ),
    "no plans": (
        standing({"S": {"A": [None], "B": [120.0]}, "T": {"A": [50.0], "B": [None]}}),
        "No contract has a plan in every run. A has no plan in 1 of 2 runs. B has no plan in 1 of 2 runs.",
    ),
    "nothing counts": (
        standing(one(A=100.0, B=70.0), weights={"S": 0.0}),
        "No scenario has a weight above 0, so nothing is ranked.",
    ),
    "alone": (standing(one(A=100.0)), "A was compared with nothing."),
    "alone without a plan": (standing(one(A=None)), "No contract has a plan in every run. A has no plan."),
}


@pytest.mark.parametrize(("found", "words"), SAID.values(), ids=SAID)
def test_the_verdict_says_what_is_certain(found: Standing, words: str) -> None:
    """More is claimed only where intervals are apart, and what is not known is said."""
    assert verdict(found) == words


WORTHS = st.one_of(
    st.integers(-50, 50).map(float),
    st.tuples(st.integers(-50, 0), st.integers(0, 50), st.integers(-60, 60)).map(lambda t: tuple(map(float, t))),
)


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Given, list[str], dict[str, float], list[str]]:
    """Draw worths, which scenarios are drawn, weights, and contracts of which only the objective is proven."""
    contracts = ["Ann", "Bob", "Cem"][: draw(st.integers(2, 3))]
    scenarios = ["S", "T", "U"][: draw(st.integers(1, 3))]
    drawn = [name for name in scenarios if draw(st.booleans())]
    given: Given = {}
    for scenario in scenarios:
        size = draw(st.integers(1, 4)) if scenario in drawn else 1
        given[scenario] = {name: draw(st.lists(WORTHS, min_size=size, max_size=size)) for name in contracts}
    weights = {name: float(draw(st.integers(0, 2))) for name in scenarios}
    return given, drawn, weights, [name for name in contracts if draw(st.booleans())]


@drawn_from(comparisons())
def test_who_is_behind_in_every_run_is_no_tie(of: tuple[Given, list[str], dict[str, float], list[str]]) -> None:
    """A contract that is certainly behind the first one in every run that counts is never called a tie."""
    given, drawn, weights, objective = of
    found = standing(given, drawn=drawn, weights=weights, objective=objective)
    tied = re.search(r"but (.*?) (?:is a tie|are ties) with it", verdict(found))
    for name in found.ranked[1:]:
        gap = found.difference(found.ranked[0], name)
        if gap.ahead == gap.runs:
            assert tied is None or name not in tied[1]
            assert gap.apart


@drawn_from(comparisons())
def test_a_scenario_of_weight_0_counts_in_nothing(of: tuple[Given, list[str], dict[str, float], list[str]]) -> None:
    """All that is said of contracts is the same without the scenarios that weigh nothing."""
    given, drawn, weights, objective = of
    kept = {name: worths for name, worths in given.items() if weights[name] > 0}
    if not kept:
        return
    found, alone = (standing(some, drawn=drawn, weights=weights, objective=objective) for some in (given, kept))
    assert verdict(found) == verdict(alone)
    assert (found.ranked, found.baseline) == (alone.ranked, alone.baseline)
    pd.testing.assert_frame_equal(found.deltas(found.baseline), alone.deltas(alone.baseline))
    pd.testing.assert_series_equal(found.best(), alone.best())


def shown(amount: float) -> float:
    """Return how far from an amount it may be shown: half a cent, or half a unit where cents do not matter."""
    return 0.50001 if abs(amount) >= 99.9 else 0.0050001


@drawn_from(comparisons())
def test_every_figure_has_the_sign_of_its_row(of: tuple[Given, list[str], dict[str, float], list[str]]) -> None:
    """What the verdict says of a contract is its row in the differences to the baseline, with the same sign."""
    given, drawn, weights, objective = of
    found = standing(given, drawn=drawn, weights=weights, objective=objective, currency="")
    words = verdict(found)
    rows = found.deltas(found.baseline).set_index("contract")["contribution"]
    for name, figure in re.findall(r"(?:: |; )(Ann|Bob|Cem) ([+-]?[\d,]+(?:\.\d\d)?)", words):
        assert float(figure.replace(",", "")) == pytest.approx(rows[name], abs=shown(rows[name]))
    first = re.search(r"(Ann|Bob|Cem) (?:is worth most|comes first): ([+-]?[\d,]+(?:\.\d\d)?)", words)
    if first:
        assert float(first[2].replace(",", "")) == pytest.approx(rows[first[1]], abs=shown(rows[first[1]]))


@drawn_from(comparisons())
def test_certainly_is_of_contribution_alone(of: tuple[Given, list[str], dict[str, float], list[str]]) -> None:
    """Where penalties or stages steer every contract, nothing is certain of what is earned."""
    given, drawn, weights, _ = of
    words = verdict(standing(given, drawn=drawn, weights=weights, objective=["Ann", "Bob", "Cem"]))
    assert "certainly" not in words
    assert "worth most" not in words


def test_a_difference_turns_around() -> None:
    """A against B is B against A with the sign, the ends and the counts turned."""
    given: Given = {
        "S": {"A": [(9.0, 12.0), 5.0], "B": [(8.0, 8.5), (5.0, 7.0)]},
        "T": {"A": [3.0, 1.0], "B": [4.0, 0.0]},
    }
    found = standing(given, drawn=True, weights={"S": 3.0, "T": 1.0})
    there, back = found.difference("A", "B"), found.difference("B", "A")
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert (there.least, there.most) == (-back.most, -back.least)
    assert (there.ahead, there.behind, there.runs) == (back.behind, back.ahead, back.runs) == (2, 1, 4)


def test_weights_and_widths() -> None:
    """Means count by weight, half widths add in quadrature, and a scenario of weight 0 counts for nothing."""
    given: Given = {"S": {"A": [12.0, 14.0], "B": [0.0, 0.0]}, "T": {"A": [7.0, 9.0], "B": [0.0, 0.0]}}
    found = standing(given, drawn=True, weights={"S": 3.0, "T": 1.0}).difference("A", "B")
    half = 12.7062047  # t(0.975, 1) * sqrt(2) / sqrt(2)
    wide = half * math.hypot(0.75, 0.25)
    assert (found.mean, found.low, found.high) == pytest.approx((11.75, 11.75 - wide, 11.75 + wide))
    alone = standing(given, drawn=True, weights={"S": 1.0, "T": 0.0}).difference("A", "B")
    assert (alone.mean, alone.low, alone.high) == pytest.approx((13, 13 - half, 13 + half))
    nothing = standing(given, drawn=True, weights={"S": 0.0, "T": 0.0}).difference("A", "B")
    assert (math.isnan(nothing.mean), nothing.runs) == (True, 0)


def test_only_draws_widen_an_interval() -> None:
    """What was played counts alone; two played scenarios without spread leave no width."""
    given: Given = {"S": {"A": [10.0, 10.0], "B": [4.0, 4.0]}, "T": {"A": [7.0, 7.0], "B": [5.0, 5.0]}}
    found = standing(given, drawn=True).difference("A", "B")
    assert (found.mean, found.low, found.high, found.runs) == (4.0, 4.0, 4.0, 4)
    beside = standing({"S": {"A": [10.0], "B": [4.0]}, "T": given["T"]}, drawn=["T"]).difference("A", "B")
    assert (beside.mean, beside.runs) == (2.0, 2)


def test_only_runs_that_both_have_a_plan_in_are_paired() -> None:
    """A run without a plan of one of the two says nothing about their difference."""
    given: Given = {"S": {"A": [10.0], "B": [4.0]}, "T": {"A": [0.0], "B": [None]}}
    found = standing(given, weights={"S": 1.0, "T": 5.0}).difference("A", "B")
    assert (found.mean, found.runs) == (6.0, 1)
    nothing = standing({"T": given["T"]}).difference("A", "B")
    assert math.isnan(nothing.mean)
    assert (nothing.low, nothing.high, nothing.runs, nothing.apart) == (-INF, INF, 0, False)
