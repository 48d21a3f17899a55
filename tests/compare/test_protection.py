"""The price of protection: a curve by hand, draws that nobody foresees, and what makes no sense."""

from __future__ import annotations

import json

import pytest
from tests.conftest import REPOSITORY

import allocopt as ao

SPRING = {
    "name": "Spring",
    "skus": [{"sku": "M"}],
    "nodes": [{"node": "W"}],
    "channels": [{"channel": "amazon"}, {"channel": "shops"}],
    "lanes": [{"node": "W", "channel": "amazon"}, {"node": "W", "channel": "shops"}],
    "supply": [
        {"sku": "M", "node": "W", "kind": "on_hand", "units": 10},
        {"sku": "M", "node": "W", "kind": "inbound", "units": 20, "available": 1, "confidence": 0.5},
    ],
    "demand": [
        {"sku": "M", "channel": "amazon", "period": 0, "units": 10, "price": 10.0},
        {"sku": "M", "channel": "shops", "period": 1, "units": 10, "price": 12.0, "lost_cost": 20.0},
    ],
}
"""Amazon buys today, the shops tomorrow; the lot that they count on comes in full or not at all."""
WEEKS = ao.Scenario("Week by week", draws=ao.Draws(number=12, seed=4, demand=False))


def test_who_knows_the_future_pays_for_every_protection():
    """As planned ten units come tomorrow: ten for amazon, ten for the shops; each one kept back from today costs 10."""
    found = ao.price_of_protection(ao.Problem.from_dict(SPRING), None, "shops", steps=[0.5, 1.0], of="on_hand")
    assert found.table["share"].tolist() == [0.0, 0.5, 1.0]
    assert found.table["units"].tolist() == [0.0, 5.0, 10.0]
    assert found.table["gain"].tolist() == pytest.approx([0.0, -50.0, -100.0])
    assert found.table[["low", "high"]].iloc[1].tolist() == pytest.approx([-50.0, -50.0], abs=0.1)
    assert (found.best, found.value, found.information) == (0.0, 0.0, None)
    assert "No level of protection for shops" in found.summary()


def test_who_does_not_know_it_keeps_something_back():
    """A unit kept costs 10 where the lot comes, and earns 12 + 20 - 10 where it does not: protection wins on draws.

    With k units kept in n draws of which m lose the lot, the gain is k (22 m - 10 (n - m)) / n.
    """
    problem = ao.Problem.from_dict(SPRING)
    found = ao.price_of_protection(problem, ao.pooled(), "shops", steps=3, of="on_hand", scenarios=[WEEKS])
    lost = sum(WEEKS.draw(problem, draw).supply["units"].iloc[1] == 0 for draw in range(12))
    assert 0 < lost < 12
    per_unit = (22.0 * lost - 10.0 * (12 - lost)) / 12
    assert found.table["gain"].tolist() == pytest.approx([0.0, 5 * per_unit, 10 * per_unit])
    assert found.best == (1.0 if per_unit > 0 else 0.0)
    # Known beforehand, the stock goes to the shops where the lot is lost, and to amazon where it comes.
    assert found.information == pytest.approx(10 * 22.0 * lost / 12 - max(0.0, 10 * per_unit))
    assert found.table["fill"].iloc[-1] > found.table["fill"].iloc[0]


def test_a_protection_of_the_contract_is_varied_at_its_place():
    """The clause of the same scope gives way to each level; what else is agreed stays."""
    mine = ao.Protect("shops", share=0.5, of="on_hand")
    contract = ao.Contract("Agreed", clauses=[mine, ao.Cap("amazon", units=8)])
    found = ao.price_of_protection(ao.Problem.from_dict(SPRING), contract, of=mine, steps=3)
    assert found.table["in_contract"].tolist() == [False, True, False]
    assert found.table["gain"].tolist() == pytest.approx([0.0, -30.0, -80.0])
    assert found.clause.share == 0.0


def test_the_answer_travels_as_json():
    """Levels, best and words, without a number that JSON has no word for."""
    found = ao.price_of_protection(ao.Problem.read(REPOSITORY / "scenarios" / "quickstart"), None, "dtc", steps=2)
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["channel"] == "dtc"
    assert len(content["levels"]) == 2
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"channel": "shop"}, ao.ContractError, "Did you mean 'shops'"),
        ({}, TypeError, "channel must be"),
        ({"channel": "shops", "steps": 1}, ValueError, "from 2 to"),
        ({"channel": "shops", "steps": [0.5, 1.5]}, ValueError, "from 0 to 1"),
        ({"channel": "shops", "of": "stock"}, ValueError, "'on_hand'"),
        ({"channel": "amazon", "of": ao.Protect("shops", share=0.1)}, ValueError, "leave one of them out"),
    ],
)
def test_what_makes_no_sense_is_refused(given, error, said):
    """Unknown channels with the nearest one, levels outside of 0 to 1, a base that there is not."""
    with pytest.raises(error, match=said):
        ao.price_of_protection(ao.Problem.from_dict(SPRING), None, **given)
