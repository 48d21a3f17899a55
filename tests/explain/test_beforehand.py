"""What is known to clash before solving: each finding is confirmed by the plan, or by there being none."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.rules.small import problem
from tests.strategies import thrown

import allocopt as ao

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def of_kind(found: tuple[ao.Conflict, ...], kind: str) -> list[ao.Conflict]:
    """Return the findings of a kind."""
    return [conflict for conflict in found if conflict.kind == kind]


def two(**given: str) -> ao.Problem:
    """Return ten units, a shop and DTC."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 10",
        "demand": "sku channel period units price\nA dtc 0 8 10\nA shop 1 9 7",
        "channels": "channel owner\ndtc Dora\nshop Sam",
    }
    return problem(**tables | given)


def test_promises_against_stock() -> None:
    """Two guarantees of 17 units, of which there are ten: seven have to be given up, by the shop."""
    both = [ao.Protect("dtc", units=8, mode="serve"), ao.Protect("shop", units=9, mode="serve")]
    first, second = ao.conflicts(two(), ao.Contract("Both", clauses=both))
    assert (first.kind, first.clause, first.units, first.sku, first.owner) == ("promise", 1, 7.0, "A", "Sam")
    assert (second.clause, second.units) == (0, 0.0)
    assert (
        first.cure == "Give up 7 of protect channel shop, units 9.0, mode serve (ask Sam), or find as many more of A."
    )


def test_caps_against_commitments() -> None:
    """A cap of five stands against a commitment of eight: three units have to give way, of one or the other."""
    facts = two(demand="sku channel period units price min_units\nA dtc 2 8 10 8")
    found = ao.conflicts(facts, ao.Contract("Capped", clauses=[ao.Cap("dtc", units=5)]))
    assert sum(conflict.units for conflict in found) == 3
    assert {conflict.clause for conflict in found} == {0, None}
    assert {conflict.owner for conflict in found} == {"Dora"}
    assert {conflict.period for conflict in found if conflict.clause is None} == {2}


def test_a_cap_is_raised_and_what_else_would_help_is_named() -> None:
    """Eight are promised and five let through: the cap rises by three, at no cost; hours of a node are physics."""
    facts = two(demand="sku channel period units price min_units\nA dtc 2 8 10 8")
    first, second = ao.allocate(facts, ao.Contract("Capped", clauses=[ao.Cap("dtc", units=5)])).conflicts
    assert first.sentence == (
        "commitment (min_units) of A to dtc, due 2 needs 8 units; under cap channel dtc, units 5.0 there are 5: "
        "raise cap channel dtc, units 5.0 by 3."
    )
    assert (first.cost, first.cure) == (0.0, "Raise cap channel dtc, units 5.0 by 3 (ask Dora).")
    assert second.cure == "Keep it; cap channel dtc, units 5.0 gives way."
    small = two(
        supply="sku node kind units\nA East on_hand 20",
        demand="sku channel period units price\nA dtc 0 8 10\nA shop 0 9 7",
        capacity="node period limit\nEast 0 9",
    )
    both = ao.Contract("Both", clauses=[ao.Service(1.0, "dtc"), ao.Service(1.0, "shop")])
    first = ao.allocate(small, both).conflicts[0]
    assert "need 17 units of A; there are 9 (capacity of East, period 0, units)" in first.sentence
    assert first.cure.endswith("(ask Sam), or have more capacity of East, period 0, units.")


def test_reserves_that_will_fall_short() -> None:
    """Of twelve units that a reserve asks for there are ten: two short, and the plan says the same."""
    contract = ao.Contract("Kept", clauses=[ao.Protect("shop", units=12)])
    (found,) = ao.conflicts(two(), contract)
    assert (found.kind, found.clause, found.units, found.sku, found.owner) == ("reserve", 0, 2.0, "A", "Sam")
    assert found.sentence == ao.allocate(two(), contract).exceptions["sentence"].iloc[0]


@pytest.mark.parametrize(
    ("clauses", "skus", "clause", "words"),
    [
        ([ao.MarginFloor("shop", floor=0.5)], "sku unit_cost map_price\nA 6 .", 0, "below the floor"),
        ([], "sku unit_cost map_price\nA 6 9", None, "below the minimum advertised price"),
    ],
)
def test_floors_and_prices_that_shut_lines_out(clauses, skus, clause, words) -> None:
    """At a price of 7 and a cost of 6 the shop's nine units are below a floor of half, and below a MAP of 9."""
    (found,) = ao.conflicts(two(skus=skus), ao.Contract("Floor", clauses=clauses))
    assert (found.kind, found.clause, found.units) == ("shut_out", clause, 9.0)
    assert (found.sku, found.channel, found.period, found.owner) == ("A", "shop", 1, "Sam")
    assert words in found.sentence
    assert found.cure


def test_a_promotion_below_the_map_is_named() -> None:
    """The units of a promotion whose price may not be advertised are told with its name."""
    facts = two(
        skus="sku map_price\nA 9",
        demand="sku channel period units price promotion\nA dtc 0 8 10 .\nA shop 1 9 7 SALE",
    )
    (found,) = of_kind(ao.conflicts(facts), "shut_out")
    assert "9 units of promotion SALE of A for shop from period 1 on cannot be served" in found.sentence


def test_promises_to_retired_channels() -> None:
    """What was promised to a channel that is retired: its commitments, and clauses in its favour."""
    facts = two(demand="sku channel period units price min_units\nA dtc 0 8 10 .\nA shop 1 9 7 4")
    contract = ao.Contract("Out", clauses=[ao.Retire("shop"), ao.Service(1.0, "shop")])
    found = ao.conflicts(facts, contract)
    told = {(conflict.clause, conflict.units, conflict.owner) for conflict in found}
    assert told == {(1, 9.0, "Sam"), (None, 4.0, "Sam")}
    assert {conflict.kind for conflict in found} == {"retired"}


def test_nothing_clashes() -> None:
    """A contract that can be kept has no findings; the contract may be left out."""
    assert ao.conflicts(two(), ao.Contract("Fine", clauses=[ao.Service(0.5)])) == ()
    assert ao.conflicts(two()) == ()


def test_what_is_no_problem_is_refused() -> None:
    """A contract in the place of the problem, and one that names no channel of it."""
    with pytest.raises(TypeError, match="problem must be"):
        ao.conflicts(ao.pooled())
    with pytest.raises(ao.ContractError, match="no channel 'tv'"):
        ao.conflicts(two(), ao.Contract("X", clauses=[ao.Cap("tv", units=1)]))


@few
@given(st.integers(0, 10**6))
def test_whatever_it_says_is_so(seed: int) -> None:
    """Promises that cannot hold leave no plan, reserves fall short by so much, lines that are shut out get nothing.

    Channels of which promises lapse are retired.
    """
    facts, agreed = thrown(seed)
    contract = ao.Contract("any", clauses=agreed)
    found = ao.conflicts(facts, contract)
    plan = ao.allocate(facts, contract)
    promises = sum(conflict.units for conflict in of_kind(found, "promise"))
    if of_kind(found, "promise"):
        assert plan.status == "infeasible"
        assert promises > 0
        plan = ao.allocate(facts, contract, relax=True)
    if not plan.solved:
        return
    exceptions = plan.exceptions[plan.exceptions["kind"] == "reserve"]
    told = of_kind(found, "reserve")
    if not plan.decisions:
        assert {(c.sku, c.channel, c.units, c.sentence) for c in told} == set(
            exceptions[["sku", "channel", "units", "sentence"]].itertuples(index=False, name=None)
        )
    for conflict in of_kind(found, "shut_out"):
        short = plan.shortfalls
        mine = short[(short["sku"] == conflict.sku) & (short["channel"] == conflict.channel)]
        lost = (mine["wanted"] - mine["served"] if "served" in mine else mine["units"]).sum()
        assert lost >= conflict.units - 1e-6 or plan.decisions
    gone = {clause.channel for clause in agreed if isinstance(clause, ao.Retire)}
    assert {conflict.channel for conflict in of_kind(found, "retired")} <= gone
