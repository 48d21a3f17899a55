"""Differences and the verdict: only what the intervals allow, in sentences that are pinned."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd
import pytest

from allocopt.compare.intervals import Difference, difference, paired
from allocopt.compare.verdict import verdict

INF = math.inf
Given = dict[str, dict[str, list[tuple[float, float] | float | None]]]


def frame(given: Given, *, drawn: bool) -> pd.DataFrame:
    """Return runs: per scenario and contract a list of worths (exact, or low and high; None: no plan), one a draw."""
    rows = []
    for scenario, contracts in given.items():
        for contract, worths in contracts.items():
            for draw, worth in enumerate(worths):
                low, high = worth if isinstance(worth, tuple) else (worth, worth)
                rows.append((scenario, draw if drawn else -1, contract, low, high))
    return pd.DataFrame(rows, columns=["scenario", "draw", "contract", "low", "high"])


@dataclass
class Compared:
    """What a verdict looks at, from a few numbers."""

    given: Given
    drawn: bool = False
    currency: str = "USD"
    weights: dict[str, float] | None = None

    def __post_init__(self) -> None:
        self.runs = frame(self.given, drawn=self.drawn)
        self.contracts = tuple(self.runs["contract"].unique())
        self.failures = self.runs[self.runs["low"].isna()]
        self.solved = self.runs[self.runs["low"].notna()]

    @property
    def ranked(self) -> list[str]:
        """Contracts with a plan in every run, worth most first."""
        failed = set(self.failures["contract"])
        means = self.solved.groupby("contract")["low"].mean()
        return sorted((name for name in self.contracts if name not in failed), key=lambda name: -means[name])

    def difference(self, one: str, other: str | None = None) -> Difference:
        """Return how much more one contract is worth than another."""
        weights = pd.Series(self.weights or dict.fromkeys(self.given, 1.0))
        return difference(self.solved, weights, one, other or self.contracts[0])


def one(**worths: tuple[float, float] | float | None) -> Given:
    """Return one scenario with one run a contract."""
    return {"S": {name: [worth] for name, worth in worths.items()}}


SAID: dict[str, tuple[Compared, str]] = {
    "exact": (Compared(one(A=100.0, B=70.0)), "A is worth 30.00 USD more than B."),
    "no currency": (Compared(one(A=1e6, B=1e6 - 2500), currency=""), "A is worth 2,500 more than B."),
    "intervals apart": (
        Compared(one(A=(1000, 1010), B=(700, 750))),
        "A is worth 300 USD more than B (certainly: 250 to 310).",
    ),
    "intervals meet": (
        Compared(one(A=(1000, 1010), B=(900, 1000))),
        "B is a tie with A: what lies between them may be nothing, and is at most 110 USD.",
    ),
    "the same": (Compared(one(A=100.0, B=100.0)), "A and B are worth the same."),
    "the same but for how it was added up": (
        Compared(one(A=1e6 + 1e-8, B=1e6, C=1e6 - 1e-8)),
        "A, B and C are worth the same.",
    ),
    "the same plans, not proven": (
        Compared(one(A=(100, 105), B=(100, 105))),
        "B is a tie with A: what lies between them may be nothing, and is at most 5.00 USD.",
    ),
    "no bound": (
        Compared(one(A=(1000.0, INF), B=(700.0, INF))),
        "B is a tie with A: what lies between them may be nothing, and nobody knows how much it is at most.",
    ),
    "all kinds": (
        Compared(one(A=(500, 500), B=(500, 500), C=(490, 505), D=(480, 501), E=(100, 150), F=(0, 0))),
        "A is worth 400 USD more than E (certainly: 350 to 400) and 500 USD more than F. A and B are worth the same. "
        "C and D are ties with A: what lies between them may be nothing, and is at most 20.00 USD.",
    ),
    "one scenario each way": (
        Compared({"S": {"A": [100.0], "B": [90.0]}, "T": {"A": [50.0], "B": [55.0]}}),
        "A is worth 2.50 USD more than B (ahead in 1 of 2 scenarios, behind in 1).",
    ),
    "one scenario is not sure": (
        Compared({"S": {"A": [100.0], "B": [90.0]}, "T": {"A": [(50.0, 52.0)], "B": [(50.0, 54.0)]}}),
        "A is worth 5.00 USD more than B (certainly: 3.00 to 6.00; ahead in 1 of 2 scenarios).",
    ),
    "draws apart": (
        # differences 8, 12, 10, 10: t(0.975, 3) = 3.1824, s = 1.6330, half width 3.1824 * 1.6330 / 2 = 2.5985
        Compared({"S": {"A": [18.0, 22.0, 30.0, 10.0], "B": [10.0, 10.0, 20.0, 0.0]}}, drawn=True),
        "A is worth 10.00 USD more than B (95 % sure: 7.40 to 12.60; ahead in 4 of 4 draws).",
    ),
    "draws not apart": (
        # differences 10, -8: t(0.975, 1) = 12.706, s = 12.728, half width 12.706 * 12.728 / 1.4142 = 114.36
        Compared({"S": {"A": [18.0, 2.0], "B": [8.0, 10.0]}}, drawn=True),
        "B is a tie with A: what lies between them may be nothing, and is at most 115 USD.",
    ),
    "a single draw": (
        Compared({"S": {"A": [100.0], "B": [0.0]}}, drawn=True),
        "B is a tie with A: a single draw tells nothing.",
    ),
    "no plan": (Compared(one(A=100.0, B=70.0, C=None)), "A is worth 30.00 USD more than B. C has no plan."),
    "no plan in one of two": (
        Compared({"S": {"A": [100.0], "B": [120.0]}, "T": {"A": [50.0], "B": [None]}}),
        "Only A has a plan in every run. B has no plan in 1 of 2 runs.",
    ),
    "no plans": (
        Compared({"S": {"A": [None], "B": [120.0]}, "T": {"A": [50.0], "B": [None]}}),
        "No contract has a plan in every run. A has no plan in 1 of 2 runs. B has no plan in 1 of 2 runs.",
    ),
    "alone": (Compared(one(A=100.0)), "A was compared with nothing."),
    "alone without a plan": (Compared(one(A=None)), "No contract has a plan in every run. A has no plan."),
}


@pytest.mark.parametrize(("found", "words"), SAID.values(), ids=SAID)
def test_the_verdict_says_what_is_certain(found: Compared, words: str) -> None:
    """More is claimed only where intervals are apart, and what is not known is said."""
    assert verdict(found) == words


@pytest.mark.parametrize("found", [found for found, _ in SAID.values()], ids=SAID)
def test_nothing_is_claimed_where_zero_is_possible(found: Compared) -> None:
    """Whoever is called worth more is so at every point of the interval."""
    words = verdict(found)
    for other in found.ranked[1:]:
        gap = found.difference(found.ranked[0], other)
        assert gap.apart == (gap.low > 0 or gap.high < 0)
        assert (f"more than {other}" in words) == gap.apart


def test_a_difference_turns_around() -> None:
    """A against B is B against A with the sign, the ends and the counts turned."""
    given = {"S": {"A": [(9.0, 12.0), 5.0], "B": [(8.0, 8.5), (5.0, 7.0)]}, "T": {"A": [3.0, 1.0], "B": [4.0, 0.0]}}
    runs, weights = frame(given, drawn=True), pd.Series({"S": 3.0, "T": 1.0})
    there, back = difference(runs, weights, "A", "B"), difference(runs, weights, "B", "A")
    assert (there.mean, there.low, there.high) == pytest.approx((-back.mean, -back.high, -back.low))
    assert (there.ahead, there.behind, there.runs) == (back.behind, back.ahead, back.runs) == (2, 1, 4)


def test_weights_and_widths() -> None:
    """Means count by weight, half widths add in quadrature, and a scenario of weight 0 counts for nothing."""
    given = {"S": {"A": [12.0, 14.0], "B": [0.0, 0.0]}, "T": {"A": [7.0, 9.0], "B": [0.0, 0.0]}}
    found = difference(frame(given, drawn=True), pd.Series({"S": 3.0, "T": 1.0}), "A", "B")
    half = 12.7062047  # t(0.975, 1) * sqrt(2) / sqrt(2)
    wide = half * math.hypot(0.75, 0.25)
    assert (found.mean, found.low, found.high) == pytest.approx((11.75, 11.75 - wide, 11.75 + wide))
    alone = difference(frame(given, drawn=True), pd.Series({"S": 1.0, "T": 0.0}), "A", "B")
    assert (alone.mean, alone.low, alone.high) == pytest.approx((13, 13 - half, 13 + half))
    level = difference(frame(given, drawn=True), pd.Series({"S": 0.0, "T": 0.0}), "A", "B")
    assert level.mean == pytest.approx(10.5)


def test_certain_scenarios_stay_certain_beside_draws() -> None:
    """Only the draws of a scenario widen an interval."""
    runs = pd.concat(
        [
            frame({"S": {"A": [10.0], "B": [4.0]}}, drawn=False),
            frame({"T": {"A": [7.0, 7.0], "B": [5.0, 5.0]}}, drawn=True),
        ]
    )
    found = difference(runs, pd.Series({"S": 1.0, "T": 1.0}), "A", "B")
    assert (found.mean, found.low, found.high, found.runs) == (4.0, 4.0, 4.0, 3)


def test_only_runs_that_both_have_a_plan_in_are_paired() -> None:
    """A run without a plan of one of the two says nothing about their difference."""
    runs = frame({"S": {"A": [10.0], "B": [4.0]}, "T": {"A": [0.0], "B": [None]}}, drawn=False).dropna()
    assert paired(runs, "A", "B")["scenario"].tolist() == ["S"]
    assert difference(runs, pd.Series({"S": 1.0, "T": 5.0}), "A", "B").mean == 6.0
    nothing = difference(runs[runs["scenario"] == "T"], pd.Series({"T": 1.0}), "A", "B")
    assert math.isnan(nothing.mean)
    assert (nothing.low, nothing.high, nothing.runs, nothing.apart) == (-INF, INF, 0, False)
