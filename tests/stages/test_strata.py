"""The strata of a backorder run, each word by hand."""

from __future__ import annotations

import pytest
from tests.rules.small import problem

import allocopt as ao

DEMAND = """
    sku channel period units price order priority confirmed
    A   dtc     0      4     1     win   1        0
    A   dtc     0      5     2     gain  2        3
    A   dtc     0      6     9     redis 3        5
    A   dtc     0      4     20    fill  4        4
    A   dtc     0      3     50    lose  5        3
    A   dtc     0      2     3     none  .        2
"""


def served(units: int, demand: str = DEMAND, **strata: object) -> dict[str, float]:
    """Return what each order gets of some units."""
    given = strata or {"win": 1, "gain": 2, "redistribute": 3, "fill": 4, "lose": 5}
    facts = problem(supply=f"sku node kind units\nA East on_hand {units}", demand=demand)
    plan = ao.allocate(facts, ao.strata(**given))  # type: ignore[arg-type]
    assert plan.status == "optimal", plan.message
    return plan.allocation.groupby("order")["units"].sum().to_dict()


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (3, {"win": 3}),  # as far as there is stock at all
        (4, {"win": 4}),  # win: in full, although it pays least
        (6, {"win": 4, "gain": 2}),
        (7, {"win": 4, "gain": 3}),  # gain: at least what was confirmed
        (9, {"win": 4, "gain": 5}),  # and more where there is more, before redistribute keeps anything
        (12, {"win": 4, "gain": 5, "redis": 3}),  # redistribute: lost 2 of its 5
        (15, {"win": 4, "gain": 5, "redis": 6}),  # or gains
        (17, {"win": 4, "gain": 5, "redis": 6, "fill": 2}),  # fill: what is left
        (21, {"win": 4, "gain": 5, "redis": 6, "fill": 4, "none": 2}),  # lose: gives all, though nobody else is left
        (40, {"win": 4, "gain": 5, "redis": 6, "fill": 4, "none": 2}),
    ],
)
def test_each_word_of_strata(units, expected):
    """Stratum after stratum, whatever they pay."""
    assert served(units) == expected


def test_what_was_confirmed_in_gain_comes_before_more_for_a_higher_rank_of_it():
    """Rank 1 wants 9 and had 2 confirmed, rank 2 had 3: with 6 units both keep theirs, and rank 1 gets one more."""
    demand = """
        sku channel period units price order priority confirmed
        A   dtc     0      9     9     first 1        2
        A   dtc     0      5     1     next  2        3
    """
    assert served(6, demand, gain=(1, 2)) == {"first": 3, "next": 3}
    assert served(6, demand, win=1, gain=2) == {"first": 6}


def test_more_confirmed_than_wanted_counts_as_what_is_wanted():
    """Six were confirmed and four are wanted: four are kept."""
    demand = """
        sku channel period units price order priority confirmed
        A   dtc     0      4     1     less  1        6
        A   dtc     0      5     9     rest  2        0
    """
    assert served(5, demand, gain=1, fill=2) == {"less": 4, "rest": 1}


def test_confirmed_is_a_stage_of_its_own_with_a_proof():
    """Packs of 3 keep 3 of the 4 that were confirmed; the bound says that no more is possible."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 8",
        demand="sku channel period units price pack confirmed\nA dtc 0 6 1 3 4\nA shop 0 9 5 1 4",
    )
    plan = ao.allocate(facts, ao.Contract("kept", stages=[ao.Confirmed()]))
    assert plan.status == "optimal"
    assert plan.allocation.groupby("channel")["units"].sum().to_dict() == {"dtc": 3, "shop": 5}
    assert ao.Confirmed("dtc", priority=(1, 2)).words() == "confirmed of rank 1, 2 in dtc"


@pytest.mark.parametrize(("given", "words"), [({}, "at least one"), ({"win": (1, 2), "lose": 2}, "more than once: 2")])
def test_faulty_strata_say_what_is_wrong(given, words):
    """No rank at all, and a rank twice."""
    with pytest.raises(ao.ContractError, match=words):
        ao.strata(**given)


@pytest.mark.parametrize("solver", ["highs", "prices"])
def test_strata_keep_their_order_among_other_lots_and_lanes(solver):
    """Ten articles of two nodes and dates: each rank gets what it would get without those after it."""
    demand = "sku channel period units price order priority confirmed\n" + "\n".join(
        f"A{k} dtc {k % 2} {3 + k % 4} {5 + k} O{k}{rank} {rank} {k % 3}" for k in range(5) for rank in (1, 2, 3)
    )
    supply = "sku node kind units available\n" + "\n".join(f"A{k} East on_hand {4 + k} 0" for k in range(5))
    facts = problem(supply=supply, demand=demand)
    plan = ao.allocate(facts, ao.strata(win=1, gain=2, fill=3), solver=solver)
    got = plan.allocation.assign(rank=plan.allocation["order"].str[-1]).groupby(["sku", "rank"])["units"].sum()
    for k in range(5):
        left = 4 + k
        for rank in "123":
            expected = min(left, 3 + k % 4)
            assert got.get((f"A{k}", rank), 0) == expected
            left -= expected
