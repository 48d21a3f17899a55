"""Presets: each does what its name says, worked out by hand; what they cannot be made of is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.rules.small import problem, units

import allocopt as ao
from allocopt.contracts.presets import WITH_ARGUMENTS

WANTED = "A dtc 0 4 10\nA shop 0 9 8\nA market 0 20 30"


def market(*, wanted: str = WANTED, lots: str = "A East on_hand 10 0") -> ao.Problem:
    """Return a problem in which the marketplace pays most, and wants everything."""
    return problem(supply=f"sku node kind units available\n{lots}", demand=f"sku channel period units price\n{wanted}")


def test_a_fixed_split_leaves_unsold_what_its_owner_does_not_sell() -> None:
    """Of 10 units dtc owns 5 and sells 4; the fifth stays, though shop and the marketplace would take it."""
    plan = ao.allocate(market(), ao.fixed_split({"dtc": 0.5, "shop": 0.3, "market": 0.2}))
    assert units(plan, "channel") == {"dtc": 4, "shop": 3, "market": 2}
    assert plan.objective == pytest.approx(4 * 10 + 3 * 8 + 2 * 30)


def test_what_shares_leave_is_open_to_everybody() -> None:
    """Half of 10 units is split; the marketplace gets the other half."""
    plan = ao.allocate(market(), ao.fixed_split({"dtc": 0.3, "shop": 0.2}))
    assert units(plan, "channel") == {"dtc": 3, "shop": 2, "market": 5}


def test_a_split_is_not_made_where_a_channel_cannot_be_reached() -> None:
    """Half of East is dtc's; from West only the marketplace is reached, and gets all of it."""
    facts = market(lots="A East on_hand 10 0\nA West on_hand 6 0")
    lanes = facts.lanes
    facts = facts.replace(lanes=lanes[(lanes["node"] == "East") | (lanes["channel"] == "market")])
    plan = ao.allocate(facts, ao.fixed_split({"dtc": 0.5, "market": 0.5}))
    assert units(plan, "channel", "node") == {("dtc", "East"): 4, ("market", "East"): 5, ("market", "West"): 6}


def test_a_split_with_release_opens_the_unsold_rest() -> None:
    """5 of 10 units are the marketplace's; dtc sells 2 of its own, and the other 3 are free from period 1."""
    facts = market(wanted="A dtc 0 2 40\nA market 0 9 30\nA market 1 9 30")
    shares = {"dtc": 0.5, "market": 0.5}
    assert units(ao.allocate(facts, ao.fixed_split(shares)), "channel") == {"dtc": 2, "market": 5}
    plan = ao.allocate(facts, ao.split_with_release(shares, release_from=1))
    assert units(plan, "channel") == {"dtc": 2, "market": 8}
    assert units(plan, "channel", "ship")["market", 1] >= 3


@pytest.mark.parametrize(
    ("tiers", "expected"),
    [
        (("shop", "dtc"), {"shop": 9, "dtc": 1}),
        (("dtc", "shop"), {"dtc": 4, "shop": 6}),
        ((("dtc", "shop"),), {"dtc": 4, "shop": 6}),
        ((["dtc"],), {"dtc": 4, "market": 6}),
    ],
)
def test_tiers_are_served_in_their_order(tiers: Any, expected: dict[str, float]) -> None:
    """Whoever comes first gets all it wants; inside a tier, and after the last one, money decides."""
    assert units(ao.allocate(market(), ao.priority(*tiers)), "channel") == expected


def test_fair_shares_are_in_proportion_to_demand_and_equal_units_are_not() -> None:
    """33 wanted, 11 there: a third each, or 4, 4 and 3 of which dtc wants no more than 4."""
    facts = market(lots="A East on_hand 11 0", wanted="A dtc 0 3 10\nA shop 0 9 8\nA market 0 21 30")
    assert units(ao.allocate(facts, ao.fair_share()), "channel") == {"dtc": 1, "shop": 3, "market": 7}
    assert units(ao.allocate(facts, ao.max_min_fair()), "channel") == {"dtc": 3, "shop": 4, "market": 4}
    some = ao.allocate(facts, ao.max_min_fair(["dtc", "shop"]))
    assert units(some, "channel") == {"dtc": 3, "shop": 8}


def test_what_is_not_protected_is_pooled() -> None:
    """4 of 10 units are kept for shop, at a penalty of 25 none are: the marketplace pays 22 more."""
    kept = ao.allocate(market(), ao.protect_and_pool({"shop": 0.4}))
    assert units(kept, "channel") == {"shop": 4, "market": 6}
    paid = ao.allocate(market(), ao.protect_and_pool({"shop": 0.4}, penalty=21))
    assert units(paid, "channel") == {"market": 10}
    assert units(ao.allocate(market(), ao.protect_and_pool({"shop": 0.4}, penalty=25)), "channel") == {
        "shop": 4,
        "market": 6,
    }
    own = ao.protect_and_pool({"shop": 1.0, "dtc": 0.5}, of="demand")
    facts = market(lots="A East on_hand 14 0")
    assert units(ao.allocate(facts, own), "channel") == {"dtc": 2, "shop": 9, "market": 3}


BAD: dict[str, tuple[Any, str]] = {
    "more than all": (
        lambda: ao.fixed_split({"dtc": 0.7, "amazon": 0.4}),
        "The shares sum to 1.1, and may not sum to more than 1: dtc 70%, amazon 40%.",
    ),
    "no shares": (lambda: ao.fixed_split({}), "shares must name a share for each channel"),
    "a list of shares": (lambda: ao.split_with_release([0.5], 3), "shares must name a share for each channel"),  # type: ignore[arg-type]
    "a negative share": (lambda: ao.fixed_split({"dtc": -0.1}), "share"),
    "a share in text": (lambda: ao.protect_and_pool({"dtc": "30%"}), "share"),  # type: ignore[dict-item]
    "no such base": (lambda: ao.protect_and_pool({"dtc": 0.3}, of="stock"), "of"),  # type: ignore[arg-type]
    "no tier": (ao.priority, "at least one tier"),
    "an empty tier": (lambda: ao.priority("dtc", ()), "channels"),
    "a number as tier": (lambda: ao.priority(3), "channels"),  # type: ignore[arg-type]
    "twice": (lambda: ao.priority("dtc", ["amazon", "dtc"]), "more than once: dtc"),
    "by name": (lambda: ao.contracts.preset("fixed_split"), "needs arguments, which a name alone cannot give"),
}


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD)
def test_what_is_no_contract_is_refused(make: Any, words: str) -> None:
    """The error says what is wrong, in the words of whoever called."""
    with pytest.raises(ao.ContractError) as caught:
        make()
    assert words in str(caught.value)


def test_shares_may_sum_to_one_in_binary_fractions() -> None:
    """0.1 + 0.2 + 0.7 is a rounding error above 1, and is 1."""
    assert len(ao.fixed_split({"dtc": 0.1, "shop": 0.2, "market": 0.7}).clauses) == 3


def test_presets_that_need_arguments_are_known_by_name() -> None:
    """Each of them is a public function, so that the message about it is true."""
    assert all(callable(getattr(ao, name)) for name in WITH_ARGUMENTS)


@settings(max_examples=30, deadline=None)
@given(strategies.problems(strategies.LINEAR - {"min_units"}), st.sampled_from([1.0, 0.7, 0.5]))
def test_a_fixed_split_always_has_a_plan(facts: ao.Problem, given_: float) -> None:
    """Shares that add up never ask for more than a lot has, whatever rounds, and never earn more than the pool."""
    channels = facts.facts.channels.id.tolist()
    plan = ao.allocate(facts, ao.fixed_split(dict.fromkeys(channels, given_ / len(channels))))
    pooled = ao.allocate(facts)
    assert plan.solved
    assert pooled.certificate is not None
    assert plan.objective <= pooled.certificate.bound + 1e-6 * (1 + abs(pooled.certificate.bound))
