"""Clauses over several channels, regions and windows of due periods, worked out by hand."""

from __future__ import annotations

import pytest
from tests.rules import lp
from tests.rules.small import problem

import allocopt as ao

NORTH_SOUTH = {
    "supply": "sku node kind units\nA East on_hand 20",
    "demand": """
        sku channel period units price region
        A   web     0      8     12    north
        A   web     0      4     10    south
        A   web     1      6     9     .
        A   shop    1      5     11    north
    """,
}


def served(tables: dict[str, str], *said: object, by: str | list[str] = "channel") -> dict[object, float]:
    """Return the units that ship, by channel or whatever else."""
    plan = ao.allocate(problem(**tables), ao.Contract("agreed", clauses=said))  # type: ignore[arg-type]
    assert plan.status == "optimal", plan.message
    return plan.allocation.groupby(by)["units"].sum().to_dict()


def rows_of(tables: dict[str, str], name: str, *said: object) -> list[str]:
    """Return the rows of a rule as text."""
    text = lp.text(problem(**tables), said).splitlines()  # type: ignore[arg-type]
    return [line.strip() for line in text if line.strip().startswith(name)]


PREORDERS = {
    "supply": "sku node kind units\nA East inbound 20",
    "demand": "sku channel period units price\nA us 0 6 12\nA eu 0 9 10",
}


def test_a_cap_over_two_channels_together_and_one_over_each():
    """Ten pre-orders in all, four of them from the US at most: it gets four, the EU the other six."""
    said = (ao.Cap("us", units=4), ao.Cap("eu", units=8), ao.Cap(("us", "eu"), units=10))
    assert served(PREORDERS, *said) == {"us": 4, "eu": 6}
    assert rows_of(PREORDERS, "cap", *said) == [
        "cap[0, A]: s2 <= 4   (clause 1, promise)",
        "cap[1, A]: s1 <= 8   (clause 2, promise)",
        "cap[2, A]: s1 + s2 <= 10   (clause 3, promise)",
    ]


def test_a_cap_without_channel_is_over_all_and_may_be_of_a_rank():
    """Five units in all, and of rank 2 one."""
    ranked = {**PREORDERS, "demand": "sku channel period units price priority\nA us 0 6 12 2\nA eu 0 9 10 1"}
    assert served(ranked, ao.Cap(units=5), ao.Cap(units=1, priority=2)) == {"us": 1, "eu": 4}


def test_a_cap_of_a_region_and_of_a_window():
    """Only the lines that state the region, and those due in the window, both ends included, count."""
    by = ["channel", "region", "due"]
    assert served(NORTH_SOUTH, ao.Cap("web", units=5, region="north"), by=by)["web", "north", 0] == 5
    windowed = served(NORTH_SOUTH, ao.Cap("web", units=5, to_period=0), by="due")
    assert windowed == {0: 5, 1: 11}
    assert served(NORTH_SOUTH, ao.Cap(("web", "shop"), units=3, from_period=1, to_period=1), by="due") == {0: 12, 1: 3}


RESERVED = {
    "supply": "sku node kind units\nA East on_hand 10",
    "demand": "sku channel period units price\nA outsider 0 10 20\nA dtc 0 3 10\nA store 0 4 10",
}


def test_units_kept_for_two_channels_together():
    """The outsider gets four of ten; dtc and store share the six that are kept for them."""
    kept = served(RESERVED, ao.Protect(("dtc", "store"), units=6))
    assert kept["outsider"] == 4
    assert kept["dtc"] + kept["store"] == 6


def test_what_is_kept_for_one_counts_for_those_that_it_is_one_of():
    """Four for dtc and six for dtc and store are six in all, in either order; dtc and store alone would add up."""
    one, both = ao.Protect("dtc", units=4), ao.Protect(("dtc", "store"), units=6)
    nobody = {**RESERVED, "demand": "sku channel period units price\nA outsider 0 10 20\nA dtc 1 1 10\nA store 1 1 10"}
    assert served(nobody, one, both)["outsider"] == 4
    assert served(nobody, both, one)["outsider"] == 4
    assert served(nobody, one, ao.Protect("store", units=6), by="channel") == {"dtc": 1, "store": 1}
    assert rows_of(nobody, "reserve[", both, one) == [
        "reserve[0, A, 0, 2]: 6 <= s1 + s3 + i1   (clause 1, promise)",
        "reserve[1, A, 0, 2]: 4 <= s1 + i1   (clause 2, promise)",
    ]


def test_hard_reserves_that_overlap_take_what_there_is_once():
    """Of five units dtc and store have five together; dtc gets four of these for itself, and nothing is missing."""
    short = {**RESERVED, "supply": "sku node kind units\nA East on_hand 5"}
    both = ao.Protect(("dtc", "store"), units=5)
    plan = ao.allocate(problem(**short), ao.Contract("agreed", clauses=[both, ao.Protect("dtc", units=4)]))
    assert plan.status == "optimal"
    assert not plan.exceptions["kind"].eq("reserve").any()
    plan = ao.allocate(problem(**short), ao.Contract("agreed", clauses=[both, ao.Protect("outsider", units=4)]))
    (missing,) = plan.exceptions.query("kind == 'reserve'").to_dict("records")
    assert (missing["channel"], missing["units"]) == ("outsider", 4)


def test_what_a_group_misses_is_told_of_all_its_owners():
    """The row names no channel, as it is about two, and asks the owners of both."""
    owned = {**RESERVED, "channels": "channel owner\noutsider Olga\ndtc Dan\nstore Sue"}
    plan = ao.allocate(problem(**owned), ao.Contract("agreed", clauses=[ao.Protect(("dtc", "store"), units=12)]))
    (missing,) = plan.exceptions.query("kind == 'reserve'").to_dict("records")
    assert (missing["channel"], missing["owner"], missing["units"]) == ("", "Dan, Sue", 2)
    assert "to be kept for dtc and store" in missing["sentence"]


LAUNCH = {
    "supply": "sku node kind units\nA East on_hand 10",
    "demand": "sku channel period units price region\nA dtc 0 3 10 north\nA dtc 1 2 10 south\nA other 1 10 20 .",
}


@pytest.mark.parametrize(
    ("clause", "others"),
    [
        (ao.Protect("dtc", units=6), 4),  # for good
        (ao.Protect("dtc", units=6, to_period=1), 4),  # what is due until then
        (ao.Protect("dtc", units=6, to_period=0), 10),  # the rest is released before others ship
        (ao.Protect("dtc", units=6, to_period=3, release_from=1), 10),
        (ao.Protect("dtc", units=6, region="north"), 4),
        (ao.Protect("dtc", units=6, from_period=1), 4),
        (ao.Protect("dtc", units=3, region="south", to_period=1, mode="serve"), 8),
        (ao.Protect("dtc", share=1, of="demand", from_period=1, to_period=1), 8),
    ],
)
def test_a_reserve_of_a_region_or_window(clause, others):
    """Only what ships to its lines counts; with a window it is released in the period after it."""
    assert served(LAUNCH, clause)["other"] == others


def test_reserves_of_two_regions_add_up_and_one_for_both_covers_them():
    """Three for the north and four for the south are seven; one of six over both asks for no more."""
    north, south = ao.Protect("dtc", units=3, region="north"), ao.Protect("dtc", units=4, region="south")
    assert served(LAUNCH, north, south)["other"] == 3
    assert served(LAUNCH, north, south, ao.Protect("dtc", units=6))["other"] == 3


def test_a_region_is_reached_by_its_lanes_only():
    """Nothing in the West is kept for the north, which no lane from there leads to."""
    there = {
        **LAUNCH,
        "supply": "sku node kind units\nA East on_hand 2\nA West on_hand 8",
        "lanes": "node channel region\nEast dtc .\nWest dtc south\nEast other .\nWest other .",
    }
    assert served(there, ao.Protect("dtc", units=6, region="north"))["other"] == 8


def test_a_floor_over_two_channels_lets_one_earn_what_the_other_does_not():
    """Walmart loses 1 a unit, amazon earns 3 of 10: 20 percent together lets two units a ten of amazon's pass."""
    tables = {
        "skus": "sku unit_cost\nA 7",
        "supply": "sku node kind units\nA East on_hand 40",
        "demand": "sku channel period units price lost_cost\nA amazon 0 9 10 0\nA walmart 0 9 6 5",
    }
    alone = served(tables, ao.MarginFloor(floor=0.2, per="channel"))
    assert alone == {"amazon": 9}
    together = served(tables, ao.MarginFloor(("amazon", "walmart"), floor=0.2, per="channel"))
    # 3 * 9 - w >= 0.2 * (90 + 6 w)
    assert together == {"amazon": 9, "walmart": 4}


def test_a_service_and_an_access_of_several():
    """Half of what both want, in whichever; and no inbound for either in the first period."""
    tables = {
        "supply": "sku node kind units available\nA East on_hand 4 0\nA East inbound 20 0",
        "demand": "sku channel period units price\nA us 0 6 12\nA eu 0 4 10\nA us 1 5 12\nA other 0 20 30",
    }
    service = ao.Service(0.5, ("us", "eu"), to_period=0)
    got = served(tables, service, by=["channel", "due"])
    assert got["us", 0] + got.get(("eu", 0), 0) == 5
    access = ao.Access(("us", "eu"), kinds=("on_hand",), to_period=0)
    few = {**tables, "demand": tables["demand"].replace("other 0 20", "other 0 1")}
    got = served(few, access, by=["channel", "due"])
    assert got["us", 0] + got.get(("eu", 0), 0) <= 4
    assert got["us", 1] == 5


@pytest.mark.parametrize("kind", ["keep", "retire"])
def test_a_promise_to_several_binds_those_that_stay(kind):
    """With store gone its six units are for dtc; with both gone it lapses, and says so for either."""
    both = ao.Protect(("dtc", "store"), units=6)
    leaving = ao.Retire if kind == "retire" else ao.KeepOrRetire
    tables = {**RESERVED, "channels": "channel fixed_cost\noutsider 0\ndtc 999\nstore 999"}
    assert served(tables, both, ao.Retire("store"))["outsider"] == 4
    plan = ao.allocate(problem(**tables), ao.Contract("agreed", clauses=[both, leaving("dtc"), leaving("store")]))
    assert plan.allocation.groupby("channel")["units"].sum().to_dict() == {"outsider": 10}
    assert [broken.channel for broken in plan.broken] == ["dtc", "store"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"channel": []}, "The list is empty"),
        ({"channel": ["a", "a"]}, "A name stands in it twice"),
        ({"channel": ["a", 5]}, "It must be text or a list of texts"),
        ({"channel": 5}, "It must be text, not 5"),
        ({"channel": ""}, "It is empty"),
        ({"channel": "a", "from_period": 3, "to_period": 2}, "ends (to_period 2) before it begins (from_period 3)"),
    ],
)
def test_a_faulty_group_or_window_is_one_fault(given, words):
    """Whatever is wrong with the names or the window is said once, at its key."""
    with pytest.raises(ao.ContractError) as caught:
        ao.Cap(units=1, **given)
    (issue,) = caught.value.issues
    assert words in f"{issue.message} {issue.hint}"


def test_groups_are_the_same_in_whatever_order_and_a_list_of_one_is_one():
    """What contradicts itself is found, and files say groups as lists."""
    with pytest.raises(ao.ContractError, match="speaks of the same thing"):
        ao.Contract("X", clauses=[ao.Cap(("a", "b"), units=1), ao.Cap(["b", "a"], units=2)])
    assert ao.Cap(["a"], units=1) == ao.Cap("a", units=1)
    contract = ao.Contract("X", clauses=[ao.Cap(("a", "b"), units=1, region="north"), ao.Cap("a", units=1)])
    assert contract.to_dict()["clauses"][0]["channel"] == ["a", "b"]
    assert ao.Contract.from_dict(contract.to_dict()) == contract


def test_the_penalty_of_a_group_is_the_companys():
    """It belongs to none of the channels alone."""
    plan = ao.allocate(problem(**RESERVED), ao.Contract("X", clauses=[ao.Cap(("dtc", "outsider"), units=2, penalty=1)]))
    books = plan.channels.set_index("channel")["clause_penalties"]
    assert books["company"] == 8
    assert books.drop("company").abs().sum() == 0
