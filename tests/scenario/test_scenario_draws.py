"""Random draws: the same numbers for the same line whatever else there is, with the spread that the tables state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.problem.small import build

import allocopt as ao
from allocopt.scenario.draft import Draft
from allocopt.scenario.draws import uniform

SKUS, CHANNELS, PERIODS = 50, ("web", "shop"), 4


def forecasts(**columns: Any) -> ao.Problem:
    """Return a problem of 400 forecast lines of 40 units with a spread of 10, and 50 uncertain lots."""
    names = [f"S{sku:02d}" for sku in range(SKUS)]
    rows = [(sku, channel, period) for sku in names for channel in CHANNELS for period in range(PERIODS)]
    demand = pd.DataFrame(rows, columns=["sku", "channel", "period"]).assign(units=40, price=1.0, sd=10.0, **columns)
    skus = pd.DataFrame({"sku": names})
    supply = skus.assign(node="DC", kind="inbound", units=10, confidence=0.7, reserved=2, available=1)
    return ao.Problem(
        skus=skus,
        nodes=pd.DataFrame({"node": ["DC"]}),
        channels=pd.DataFrame({"channel": [*CHANNELS]}),
        supply=supply,
        demand=demand,
        lanes=pd.DataFrame(),
    )


def drawn(
    number: int = 0, seed: int = 1, name: str = "X", problem: ao.Problem | None = None, **options: Any
) -> ao.Problem:
    """Return one draw."""
    scenario = ao.Scenario(name, draws=ao.Draws(number=400, seed=seed, **options))
    return scenario.draw(forecasts() if problem is None else problem, number)


def units(problem: ao.Problem) -> dict[tuple[Any, ...], float]:
    """Return the units of each line by its key."""
    return problem.demand.set_index(["sku", "channel", "period", "region", "order", "line"])["units"].to_dict()


def test_the_same_draw_is_the_same_and_another_is_another() -> None:
    """Number, seed and name of the scenario make another draw; nothing else does."""
    first = units(drawn())
    assert units(drawn()) == first
    for other in (drawn(number=1), drawn(seed=2), drawn(name="Y")):
        again = units(other)
        assert sum(again[key] == first[key] for key in first) < 40


def test_these_numbers_never_change() -> None:
    """Draws are the same in every version and on every machine: comparisons that were published can be repeated."""
    checked = Draft(forecasts()).tables["demand"]
    found = uniform(checked, np.arange(3), "demand/1/0/X")
    assert found.tolist() == pytest.approx(PUBLISHED, abs=1e-15)


PUBLISHED = [0.8312172074463038, 0.1319675156459707, 0.5741066328399898]


def test_draws_do_not_depend_on_the_order_of_rows_or_on_other_rows() -> None:
    """Rows in another order, a channel that goes, a SKU more: every line that is still there has its number."""
    problem = forecasts()
    first = units(drawn())
    mixed = problem.replace(demand=problem.demand.sample(frac=1, random_state=1), supply=problem.supply.iloc[::-1])
    assert units(drawn(problem=mixed)) == first
    shop = ao.Scenario("X", [ao.Remove("channels", "channel = web")], ao.Draws(number=1, seed=1)).draw(problem, 0)
    assert units(shop) == {key: value for key, value in first.items() if key[1] == "shop"}
    more = ao.Scenario("X", [ao.Add("skus", [{"sku": "A"}])], ao.Draws(number=1, seed=1)).draw(problem, 0)
    assert units(more) == first


def test_lines_that_share_sku_channel_and_period_differ() -> None:
    """Region, order and line have their own streams."""
    lines = {"sku": ["A"] * 4, "channel": ["web"] * 4, "period": [0] * 4, "units": [5000] * 4, "price": [1.0] * 4}
    parts = {"region": ["", "East", "", ""], "order": ["", "", "1", "1"], "line": ["", "", "", "1"]}
    problem = build(demand={**lines, **parts, "sd": [500.0] * 4}, supply={"sku": ["A"] * 3, "available": [0, 0, 1]})
    assert len(set(drawn(problem=problem).demand["units"])) == 4


def test_mean_and_spread_are_those_of_the_forecast() -> None:
    """Over 400 lines and 40 draws: the mean within 4 standard errors, the spread within 2 percent."""
    sample = np.array([drawn(number=number).demand["units"] for number in range(40)])
    assert sample.min() >= 0
    assert (sample == np.floor(sample)).all()
    assert abs(sample.mean() - 40) < 4 * 10 / np.sqrt(sample.size)
    # Rounding to whole units adds 1/12 to the variance.
    assert sample.std() == pytest.approx(np.sqrt(100 + 1 / 12), rel=0.02)
    assert abs(np.corrcoef(sample[:, 0], sample[:, 1])[0, 1]) < 0.5
    lags = np.corrcoef(sample[:-1].ravel(), sample[1:].ravel())[0, 1]
    assert abs(lags) < 4 / np.sqrt(sample.size)


def test_demand_is_never_negative_nor_below_what_was_promised() -> None:
    """Cut off at 0 and at the commitment."""
    sample = drawn(problem=forecasts().replace(demand=forecasts(min_units=38).demand.assign(sd=1000.0))).demand["units"]
    assert sample.min() == 38
    wild = drawn(problem=forecasts().replace(demand=forecasts().demand.assign(sd=1000.0))).demand["units"]
    assert wild.min() == 0
    assert 0.4 < (wild == 0).mean() < 0.6


def test_divisible_skus_are_drawn_in_fractions() -> None:
    """Only units that cannot be divided are rounded."""
    problem = forecasts()
    sample = drawn(problem=problem.replace(skus=problem.skus.assign(divisible=True))).demand["units"]
    assert (sample != np.floor(sample)).all()


def test_orders_and_lines_without_spread_stay() -> None:
    """Firm lines and forecasts without sd are as stated, and the notes say so."""
    firm = np.arange(SKUS * len(CHANNELS) * PERIODS) < 100
    problem = forecasts(firm=firm)
    problem = problem.replace(demand=problem.demand.assign(sd=np.where(np.arange(400) >= 300, 0.0, 10.0)))
    sample = drawn(problem=problem).demand["units"]
    assert (sample[:100] == 40).all()
    assert (sample[300:] == 40).all()
    assert (sample[100:300] != 40).mean() > 0.9
    scenario = ao.Scenario("X", draws=ao.Draws())
    assert [(issue.code, issue.message) for issue in scenario.notes(problem)] == [
        ("firm_stays", "Draws leave 100 of 400 lines alone: they are firm orders."),
        ("no_spread", "Draws leave 100 of 400 lines alone: they state no spread (`sd`)."),
    ]


def test_inbound_arrives_in_full_or_not_at_all() -> None:
    """As often as its confidence says; what does not arrive is not reserved either."""
    shares = []
    for number in range(80):
        supply = drawn(number=number).supply
        arrived = supply["units"] > 0
        assert supply["confidence"].eq(1).all()
        assert supply.loc[arrived, "units"].eq(10).all()
        assert supply["reserved"].tolist() == np.where(arrived, 2.0, 0.0).tolist()
        shares.append(arrived.mean())
    assert abs(np.mean(shares) - 0.7) < 4 * np.sqrt(0.7 * 0.3 / (80 * SKUS))


def test_only_uncertain_inbound_is_drawn() -> None:
    """Sure lots and other kinds of lot stay as they are."""
    problem = build(supply={"kind": ["returns", "inbound", "on_hand"], "confidence": [0.5, 1.0, 0.5]})
    assert drawn(problem=problem).supply.equals(problem.supply)


@pytest.mark.parametrize(("demand", "inbound"), [(False, True), (True, False), (False, False)])
def test_each_kind_of_chance_can_be_left_out(demand: bool, inbound: bool) -> None:
    """Demand alone, inbound alone, or nothing; each draws the same with and without the other."""
    problem, both = forecasts(), drawn()
    sample = drawn(demand=demand, inbound=inbound)
    assert units(sample) == units(both if demand else problem)
    assert sample.supply.equals((both if inbound else problem).supply)


def test_the_facts_keep_their_order() -> None:
    """A draw has the same lots and lines at the same places: plans can be played from one to the other."""
    problem, sample = forecasts(), drawn()
    for part, names in (("lots", ("sku", "node", "available", "row")), ("lines", ("sku", "channel", "period", "row"))):
        for name in names:
            before, after = (getattr(getattr(each.facts, part), name) for each in (problem, sample))
            np.testing.assert_array_equal(before, after)
    assert sample.facts.periods == problem.facts.periods


def test_draws_that_are_not_there() -> None:
    """A scenario without draws has none, numbers count from 0, and less than 0 is no number of a draw."""
    with pytest.raises(ao.ScenarioError, match=r"There is no draw 0\. It has no draws\. Give it draws\.") as caught:
        ao.Scenario("X").draw(forecasts(), 0)
    assert caught.value.issues[0].code == "no_draw"
    scenario = ao.Scenario("X", draws=ao.Draws(number=3))
    with pytest.raises(ao.ScenarioError, match=r"There is no draw 3\. It has 3 draws, counted from 0"):
        scenario.draw(forecasts(), 3)
    with pytest.raises(ValueError, match=r"number must be a whole number from 0 on, not -1: 0 is the first draw"):
        scenario.draw(forecasts(), -1)
