"""Strict tiers of many articles: made whole together, and never taken for more than is proven."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from benchmarks.generate import Shape, generate

import allocopt as ao
from allocopt.stages import in_full, tiers

TIERS = ("dtc", "amazon", "wholesale")
MORE = 1e-6
"""What sums may be rounded by."""


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let programs of any size go through their tiers together."""
    monkeypatch.setattr(tiers, "by_prices", lambda program: True)


def one_by_one(problem: ao.Problem, monkeypatch: pytest.MonkeyPatch, *names: str) -> ao.Plan:
    """Return the plan of tiers that are solved one after the other."""
    with monkeypatch.context() as patched:
        patched.setattr("allocopt.stages.in_tiers", lambda *_: None)
        return ao.allocate(problem, ao.priority(*names))


def values(plan: ao.Plan) -> list[float]:
    """Return what each stage of a plan came to."""
    assert plan.certificate is not None
    return [stage.objective for stage in plan.certificate.stages]


def bounds(plan: ao.Plan) -> list[float]:
    """Return the bound of each stage of a plan."""
    assert plan.certificate is not None
    return [stage.bound for stage in plan.certificate.stages]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(6))
def test_a_tier_is_bounded_by_what_it_could_have_reached(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stage came to is what its channels get; its bound is no less than what tiers one by one come to."""
    problem = generate(150, seed=seed, shape=Shape(nodes=3, periods=3, couplings=10))
    plan, other = ao.allocate(problem, ao.priority(*TIERS)), one_by_one(problem, monkeypatch, *TIERS)
    given = dict(zip(plan.channels["channel"], plan.channels["units"], strict=True))
    assert plan.solved
    assert values(plan)[:-1] == [given[name] for name in TIERS]
    assert (np.array(bounds(plan)) >= np.array(values(plan)) - MORE).all()
    for mine, found, most in zip(values(plan), values(other), bounds(plan), strict=True):
        assert found <= most + MORE * abs(most)
        if mine < found:  # later stages of the other plan keep more than those of this one
            break


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("seed", range(6))
def test_articles_that_share_nothing_are_served_in_strict_order(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no row couples articles the plan that no exchange within one betters is the best plan of each stage."""
    rng = random.Random(seed)
    channels, nodes = ["c0", "c1", "c2"], ["n0", "n1"]
    skus = [f"A{number}" for number in range(rng.randint(2, 5))]
    problem = ao.Problem(
        skus=pd.DataFrame({"sku": skus}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": channels}),
        supply=pd.DataFrame([(s, n, "on_hand", rng.randint(0, 9)) for s in skus for n in nodes], columns=SUPPLY),
        demand=pd.DataFrame(
            [(s, c, 0, rng.randint(1, 9), rng.randint(5, 20)) for s in skus for c in channels], columns=DEMAND
        ),
        lanes=pd.DataFrame(
            [(n, c, rng.randint(0, 4)) for n in nodes for c in channels if n == "n0" or rng.random() < 0.5],
            columns=["node", "channel", "cost"],
        ),
    )
    names = rng.sample(channels, rng.randint(2, 3))
    plan = ao.allocate(problem, ao.priority(*names))
    assert values(plan) == pytest.approx(values(one_by_one(problem, monkeypatch, *names)))
    assert plan.status == "optimal"


@pytest.mark.parametrize("seed", range(6))
def test_a_tier_that_is_served_in_full_is_kept_line_by_line(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that all get what they want are kept by their own rows, and later stages come to the same as with one."""
    rng = random.Random(seed)
    skus = [f"A{number}" for number in range(4)]
    channels = ["c0", "c1", "c2"]
    problem = ao.Problem(
        skus=pd.DataFrame({"sku": skus}),
        nodes=pd.DataFrame({"node": ["n0"]}),
        channels=pd.DataFrame({"channel": channels}),
        supply=pd.DataFrame([(s, "n0", "on_hand", rng.randint(6, 14)) for s in skus], columns=SUPPLY),
        demand=pd.DataFrame(
            [(s, c, 0, rng.randint(1, 6), rng.randint(5, 20)) for s in skus for c in channels], columns=DEMAND
        ),
        lanes=pd.DataFrame({"node": "n0", "channel": channels}),
        capacity=pd.DataFrame({"node": ["n0"], "period": 0, "limit": rng.randint(26, 40)}),
    )
    expected = values(ao.allocate(problem, ao.priority(*channels)))
    monkeypatch.setattr("allocopt.stages.in_full.LARGE", -1)
    kept: list[bool] = []
    found = in_full.kept_in_full

    def heard(*given: object) -> object:
        program = found(*given)  # type: ignore[arg-type]
        kept.append(program is not None)
        return program

    monkeypatch.setattr("allocopt.stages.fill.kept_in_full", heard)
    assert values(ao.allocate(problem, ao.priority(*channels))) == pytest.approx(expected)
    assert kept[0]
    assert not all(kept)


SUPPLY = ["sku", "node", "kind", "units"]
DEMAND = ["sku", "channel", "period", "units", "price"]


@pytest.mark.parametrize(
    ("stages", "together"),
    [
        ((ao.Fill("dtc"), ao.Fill("amazon")), True),
        ((ao.Fill("dtc"),), False),
        ((ao.Fill("dtc", lock="plan"), ao.Fill("amazon")), False),
        ((ao.Fill("dtc"), ao.MaxMinFill()), False),
        ((ao.Fill(priority="each"), ao.Fill("amazon")), False),
    ],
)
@pytest.mark.usefixtures("at_once")
def test_only_several_fills_that_keep_their_value_go_together(
    stages: tuple[ao.Fill, ...], together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One fill, fair shares, ranks, and locks on the plan are solved stage by stage."""
    seen: list[bool] = []
    found = tiers.in_tiers

    def heard(*given: object) -> object:
        seen.append(found(*given) is not None)  # type: ignore[arg-type]

    monkeypatch.setattr("allocopt.stages.in_tiers", heard)
    problem = generate(300, shape=Shape(nodes=3, periods=3, couplings=None))
    assert ao.allocate(problem, ao.Contract("staged", stages=stages)).solved
    assert seen == [together]
