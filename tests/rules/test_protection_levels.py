"""Protection levels: EMSR-b by hand, who is limited by how much, and what takes no part."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.rules.small import problem, units

import allocopt as ao

SOLVED = ("optimal", "feasible")
DEMAND = """
    sku channel period units price sd arrived
    A   dtc     0      10    20    4  3
    A   shop    0      10    15    3  2
    A   market  0      20    10    5  1
"""


def booked(demand: str, *clauses: ao.ProtectionLevels, lots: str = "A East on_hand 30", **tables: str) -> ao.Plan:
    """Return the plan in which whoever comes first takes what the limits leave."""
    facts = problem(supply=f"sku node kind units\n{lots}", demand=demand, **tables)
    return ao.allocate(facts, ao.Contract("booking", clauses=clauses, stages=[ao.FirstCome()]))


def test_by_hand() -> None:
    """Of 30 units market may have 10 and shop 10, so that 10 are left for dtc.

    Shop is worth 15 of dtc's 20: kept for dtc are 10 + 4 z(1/4) = 10 - 2.70 = 7.30, for shop and market 22. Market is
    worth 10 of their mean 17.5: kept for both are 20 + 5 z(3/7) = 20 - 0.90 = 19.10, for market 10. It comes first and
    takes these 10, shop its 10, dtc its 10.
    """
    plan = booked(DEMAND, ao.ProtectionLevels())
    assert units(plan, "channel") == {"market": 10, "shop": 10, "dtc": 10}
    alone = booked(DEMAND)
    assert units(alone, "channel") == {"market": 20, "shop": 10}
    short = booked(DEMAND, ao.ProtectionLevels(), lots="A East on_hand 20")
    assert units(short, "channel") == {"shop": 10, "dtc": 10}
    least = booked(DEMAND, ao.ProtectionLevels(), lots="A East on_hand 14")
    assert units(least, "channel") == {"shop": 6, "dtc": 8}


def test_some_channels_take_part() -> None:
    """Between dtc and market alone: kept for dtc are 10 + 4 z(1/2) = 10; shop is neither limited nor protected."""
    plan = booked(DEMAND, ao.ProtectionLevels(("dtc", "market")), lots="A East on_hand 18")
    assert units(plan, "channel") == {"market": 8, "shop": 10}


def test_channels_are_ranked_by_what_they_leave_if_asked() -> None:
    """At a fee of 60 % dtc leaves 8, less than market's 10: now market has no limit against it."""
    fees = {"channels": "channel fee_rate\ndtc 0.6\nshop 0\nmarket 0"}
    plan = booked(DEMAND, ao.ProtectionLevels(value="contribution"), **fees)
    assert units(plan, "channel")["market"] == 20
    assert units(booked(DEMAND, ao.ProtectionLevels(), **fees), "channel")["market"] == 10


def test_channels_of_the_same_worth_are_not_protected_from_each_other() -> None:
    """Two channels at 20 share what they keep from the third, 24 units less 4.93 of 30, and nothing else is limited."""
    demand = DEMAND.replace("15    3", "20    3")
    assert units(booked(demand, ao.ProtectionLevels()), "channel") == {"market": 10, "shop": 10, "dtc": 10}
    names = booked(demand.replace("shop", "abc"), ao.ProtectionLevels())
    assert units(names, "channel") == {"market": 10, "abc": 10, "dtc": 10}


def test_orders_are_certain() -> None:
    """What is firm is expected with no spread: of dtc's 10 all are kept, though 4 units of spread are stated."""
    demand = DEMAND.replace("arrived", "arrived firm").replace("4  3", "4  3 true")
    demand = demand.replace("3  2", "3  2 false").replace("5  1", "5  1 false")
    plan = booked(demand, ao.ProtectionLevels(), lots="A East on_hand 14")
    assert units(plan, "channel") == {"shop": 4, "dtc": 10}


def test_soft_limits_are_passed_where_that_pays() -> None:
    """Market pays 10 a unit: for a penalty of 4 it takes 10 more, for one of 12 it does not."""
    cheap = booked(DEMAND, ao.ProtectionLevels(penalty=4))
    assert units(cheap, "channel") == {"market": 20, "shop": 10}
    dear = booked(DEMAND, ao.ProtectionLevels(penalty=12))
    assert units(dear, "channel") == {"market": 10, "shop": 10, "dtc": 10}


def test_safety_stock_and_stock_on_hold_are_no_supply() -> None:
    """30 units on hand are 30, whatever lies on hold or in safety."""
    held = {"lots": "A East on_hand 30 false\nA West on_hand 50 true\nA East safety 50 false"}
    facts = problem(supply=f"sku node kind units hold\n{held['lots']}", demand=DEMAND)
    plan = ao.allocate(facts, ao.Contract("booking", clauses=[ao.ProtectionLevels()], stages=[ao.FirstCome()]))
    assert units(plan, "channel") == {"market": 10, "shop": 10, "dtc": 10}


def test_what_is_left_open_is_said() -> None:
    """Demand without spread, and channels that are all worth the same, are told in notes."""
    plain = "sku channel period units price\nA dtc 0 10 20\nA shop 0 10 15"
    assert any("states no spread (demand.sd)" in note for note in booked(plain, ao.ProtectionLevels()).notes)
    alike = booked(plain.replace("15", "20"), ao.ProtectionLevels())
    assert any("no article is wanted by channels of different worth" in note for note in alike.notes)


def test_a_commitment_beyond_the_limit_is_named() -> None:
    """15 units are promised to market, and 10 is its limit: no plan, both are named."""
    demand = DEMAND.replace("arrived", "arrived min_units").replace("  3\n", "  3 0\n").replace("  2\n", "  2 0\n")
    plan = booked(demand.replace("  1\n", "  1 15\n"), ao.ProtectionLevels())
    assert plan.status == "infeasible"
    assert ("protection levels", 0) in {(conflict.what, conflict.clause) for conflict in plan.conflicts}
    assert any("min_units" in conflict.what for conflict in plan.conflicts)


BAD: dict[str, tuple[Any, str]] = {
    "one channel": (lambda: ao.ProtectionLevels("dtc"), "at least two channels"),
    "twice": (lambda: ao.ProtectionLevels(("dtc", "dtc", "shop")), "each once"),
    "no such value": (lambda: ao.ProtectionLevels(value="margin"), "value"),  # type: ignore[arg-type]
    "no such channel": (
        lambda: booked(DEMAND, ao.ProtectionLevels(("dtc", "shopp"))),
        "There is no channel 'shopp'. Did you mean 'shop'?",
    ),
}


@pytest.mark.parametrize(("make", "words"), BAD.values(), ids=BAD)
def test_what_makes_no_sense_is_refused(make: Any, words: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(ao.ContractError) as caught:
        make()
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("fares", "means", "sds", "words"),
    [
        ([3, 2], [1], [1, 1], "same length"),
        ([2, 3], [1, 1], [1, 1], "must not rise"),
        ([3, 2], [1, -1], [1, 1], "at least 0"),
        ([3, np.nan], [1, 1], [1, 1], "finite"),
        ([[3, 2]], [[1, 1]], [[1, 1]], "same length"),
    ],
)
def test_emsr_b_refuses_what_it_cannot_read(fares: Any, means: Any, sds: Any, words: str) -> None:
    """Lengths, order and signs are checked, in words."""
    with pytest.raises(ValueError, match=words):
        ao.emsr_b(fares, means, sds)


def test_emsr_b_at_its_ends() -> None:
    """Worth the same: nothing is kept; worth nothing: all; without spread: what is expected; one class: no level."""
    assert ao.emsr_b([10, 10], [5, 5], [2, 2]).tolist() == [0]
    assert ao.emsr_b([10, 0], [5, 5], [2, 2]).tolist() == [np.inf]
    assert ao.emsr_b([10, 4], [5, 5], [0, 2]).tolist() == [5]
    assert ao.emsr_b([10], [5], [2]).tolist() == []
    assert ao.emsr_b([-1, -2], [5, 5], [2, 2]).tolist() == [0]


@given(
    st.lists(st.tuples(st.floats(1, 100), st.floats(0.5, 50), st.floats(0.1, 20)), min_size=2, max_size=6),
)
def test_emsr_b_keeps_units_down_to_the_last_that_is_worth_it(classes: list[tuple[float, float, float]]) -> None:
    """The last unit kept is sold as likely as the next class is worth beside the mean of those above."""
    fares, means, sds = (np.array(column) for column in zip(*sorted(classes, reverse=True), strict=True))
    for number, level in enumerate(ao.emsr_b(fares, means, sds).tolist(), start=1):
        mean, spread = means[:number].sum(), np.sqrt((sds[:number] ** 2).sum())
        average = (fares[:number] * means[:number]).sum() / mean
        if level > 0:
            assert average * stats.norm.sf(level, mean, spread) == pytest.approx(fares[number], rel=1e-6)
        else:
            assert average * stats.norm.sf(0, mean, spread) <= fares[number] * (1 + 1e-9)


@pytest.mark.parametrize("fixed", [5, 500])
def test_limits_are_those_of_the_channels_that_stay(fixed: float) -> None:
    """Whether shop stays is left open: the plan is the better one of those without the question."""
    channels = f"channel fixed_cost\ndtc 0\nshop {fixed}\nmarket 0"
    facts = problem(supply="sku node kind units\nA East on_hand 25", demand=DEMAND, channels=channels)
    taken = (ao.Recapture("dtc", share=0.5),)

    def worth(*clauses: Any) -> float:
        return ao.allocate(facts, ao.Contract("open", clauses=[ao.ProtectionLevels(), *clauses])).objective

    assert worth(ao.KeepOrRetire("shop", recapture=taken)) == pytest.approx(
        max(worth(), worth(ao.Retire("shop", recapture=taken)))
    )
