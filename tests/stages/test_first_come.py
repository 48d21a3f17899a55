"""First come, first served: in turns, for oneself, from what is left, and never taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.plan.books import broken_promises
from tests.rules.small import problem, units
from tests.stages.turns_by_hand import ByHand

import allocopt as ao
from allocopt.rules import Clause


def taken(demand: str, *clauses: Clause, lots: str = "A East on_hand 10 0", **tables: str) -> ao.Plan:
    """Return the plan of first come under clauses."""
    facts = problem(supply=f"sku node kind units available\n{lots}", demand=demand, **tables)
    return ao.allocate(facts, ao.Contract("turns", clauses=clauses, stages=ao.first_come().stages))


BY_HAND = """
    sku channel period units price arrived
    A   amazon  0      8     10    2
    A   dtc     0      6     12    1
    A   market  1      5     30    4
    A   shop    0      3     40    3
"""


def test_by_hand() -> None:
    """Of 10 units dtc, which ordered first, takes 6 and earns 72; amazon takes the other 4 of its 8 and earns 40.

    Shop and the marketplace come later: both would pay more and get nothing. The company earns 112;
    5 x 30 + 3 x 40 + 2 x 12 = 294 were possible.
    """
    plan = taken(BY_HAND)
    assert plan.status == "optimal"
    assert units(plan, "channel") == {"amazon": 4, "dtc": 6}
    assert plan.objective == pytest.approx(112)
    assert plan.certificate is not None
    first, last = plan.certificate.stages
    assert (first.stage, first.objective, first.bound) == ("first come", pytest.approx(112), pytest.approx(112))
    assert last.objective == pytest.approx(last.bound)
    pooled = ao.allocate(
        problem(supply="sku node kind units available\nA East on_hand 10 0", demand=BY_HAND), ao.pooled()
    )
    assert pooled.objective == pytest.approx(294)


def test_what_was_taken_is_not_pegged_again() -> None:
    """Dtc takes East, which costs it 1 less; shop is left with West at 9, though a swap would save 7 a unit."""
    plan = taken(
        "sku channel period units price arrived\nA dtc 0 4 10 1\nA shop 0 4 10 2",
        lots="A East on_hand 4 0\nA West on_hand 4 0",
        lanes="node channel cost\nEast dtc 1\nWest dtc 2\nEast shop 1\nWest shop 9",
    )
    assert units(plan, "channel", "node") == {("dtc", "East"): 4, ("shop", "West"): 4}
    assert plan.objective == pytest.approx(4 * 9 + 4 * 1)


@pytest.mark.parametrize(("dtc", "shop", "winner"), [(1, 2, "dtc"), (2, 1, "shop"), (".", 7, "dtc"), (".", -6, "shop")])
def test_who_ordered_first_is_served_first(dtc: Any, shop: Any, winner: str) -> None:
    """The order of arrival counts; who says nothing comes at the start of the due period."""
    plan = taken(f"sku channel period units price arrived\nA dtc 0 10 10 {dtc}\nA shop 0 10 10 {shop}")
    assert units(plan, "channel") == {winner: 10}


TOGETHER = {
    "by want": ("A shop 0 8 10 .\nA web 0 12 10 .", {"shop": 4, "web": 6}),
    "the last unit": ("A shop 0 5 10 .\nA web 0 10 10 .", {"shop": 3, "web": 7}),
    "whatever they pay": ("A shop 0 8 90 .\nA web 0 12 10 .", {"shop": 4, "web": 6}),
    "one before": ("A shop 0 8 10 .\nA web 0 12 10 -6", {"web": 10}),
    "0 is the start": ("A shop 0 8 10 0\nA web 0 12 10 .", {"shop": 4, "web": 6}),
    "one gets less": ("A shop 0 2 10 .\nA web 0 12 10 .", {"shop": 1, "web": 9}),
    "all of it": ("A shop 0 4 10 .\nA web 0 6 10 .", {"shop": 4, "web": 6}),
}


@pytest.mark.parametrize(("lines", "expected"), TOGETHER.values(), ids=TOGETHER)
def test_who_comes_together_shares(lines: str, expected: dict[str, float]) -> None:
    """Ten units go in proportion to what is wanted, the last one by largest remainder, and names decide nothing."""
    assert units(taken(f"sku channel period units price arrived\n{lines}"), "channel") == expected


def test_rank_comes_before_sharing() -> None:
    """Of those that come together rank 1 takes first and blank last."""
    lines = "A shop 0 8 10 .\nA web 0 6 10 2\nA app 0 3 10 1"
    assert units(taken(f"sku channel period units price priority\n{lines}"), "channel") == {
        "app": 3,
        "web": 6,
        "shop": 1,
    }


def test_who_comes_together_shares_what_it_passes_through() -> None:
    """A dock for 10 units is shared too, whatever articles are called: of 8 and 12 wanted, 4 and 6 ship."""
    tables = {"lots": "A East on_hand 99 0\nB East on_hand 99 0", "capacity": "node period limit\nEast 0 10"}
    for one, two in (("A", "B"), ("B", "A")):
        plan = taken(f"sku channel period units price\n{one} web 0 8 10\n{two} web 0 12 10", **tables)
        assert units(plan, "sku") == {one: 4, two: 6}


def test_who_comes_together_shares_what_is_kept_for_nobody() -> None:
    """Five of ten units are kept for the marketplace: 8 and 12 wanted together are 2 and 3."""
    demand = "sku channel period units price arrived\nA shop 0 8 10 .\nA web 0 12 10 .\nA market 3 5 10 3"
    plan = taken(demand, ao.Protect("market", units=5))
    assert units(plan, "channel") == {"shop": 2, "web": 3, "market": 5}


ORDERED = """
    sku channel period units price order arrived
    A   web     4      5     10    o1    -2
    A   {other}     1      4     10    o2    -1
"""


@pytest.mark.parametrize("other", ["web", "app"])
def test_a_promise_is_not_taken_back(other: str) -> None:
    """Who ordered first keeps the promise though it is delivered later; period by period it is the other way round."""
    demand = ORDERED.format(other=other)
    facts = problem(supply="sku node kind units\nA East on_hand 5", demand=demand)
    assert units(ao.allocate(facts, ao.first_come()), "order") == {"o1": 5}
    assert units(ao.allocate(facts, ao.first_come(by="due")), "order") == {"o1": 1, "o2": 4}


def test_a_time_stamp_is_an_arrival() -> None:
    """The same orders with stamps instead of numbers."""
    demand = ORDERED.format(other="app").replace("-1", "2026-11-03T08:00:00")
    demand = demand.replace(" -2\n", " 2026-11-02T09:15:00\n")
    facts = problem(supply="sku node kind units\nA East on_hand 5", demand=demand)
    assert units(ao.allocate(facts, ao.first_come()), "order") == {"o1": 5}


def test_the_older_order_comes_first_whatever_it_is_called() -> None:
    """Five came in: the older order wants 5, the newer one 2."""
    demand = "sku channel period units price order arrived\nA b2b 0 5 10 z-old -2\nA b2b 0 2 10 b-new -1"
    facts = problem(supply="sku node kind units\nA East on_hand 5", demand=demand)
    assert units(ao.allocate(facts, ao.first_come()), "order") == {"z-old": 5}


def test_inbound_is_promised_too() -> None:
    """Dtc may have its goods early: it takes what is best for itself, West at 1 in period 1 rather than East at 5."""
    tables = {
        "lots": "A East on_hand 4 0\nA West inbound 4 1",
        "lanes": "node channel cost\nEast dtc 5\nWest dtc 1",
    }
    plan = taken("sku channel period units price max_early\nA dtc 1 4 10 1", **tables)
    assert units(plan, "node") == {"West": 4}
    more = taken("sku channel period units price max_early\nA dtc 1 6 10 1", **tables)
    assert units(more, "node", "ship") == {("East", 0): 2, ("West", 1): 4}


def test_a_channel_keeps_its_own_promises_too() -> None:
    """Of one unit dtc makes 5 rather than 9: the line that pays 9 was ordered later."""
    lines = "sku channel period units price arrived order\nA dtc 0 1 5 1 O1\nA dtc 0 1 9 3 O2"
    assert taken(lines, lots="A East on_hand 1 0").objective == pytest.approx(5)


def test_a_channel_counts_what_it_earns_and_not_what_the_company_saves() -> None:
    """At a loss of 1 nothing ships, though the stock is written down by 6; to avoid lost sales of 2 it does."""
    tables = {"skus": "sku unit_cost\nA 6", "nodes": "node holding_cost\nEast 3"}
    lots = "A East on_hand 10 0 0"
    facts = problem(
        supply=f"sku node kind units available end_value\n{lots}",
        demand="sku channel period units price lost_cost\nA dtc 0 4 5 0\nA shop 0 4 5 2",
        **tables,
    )
    assert units(ao.allocate(facts, ao.first_come()), "channel") == {"shop": 4}
    assert units(ao.allocate(facts), "channel") == {"dtc": 4, "shop": 4}


def test_a_whole_order_is_taken_in_its_earliest_turn() -> None:
    """Of order O1 a line comes first, by its rank, and one last; both are taken together, before amazon comes."""
    demand = """
        sku channel period units price order all_or_none arrived priority
        A   dtc     0      4     10    O1    true        1       1
        A   amazon  0      9     10    .     false       1       2
        A   dtc     0      5     10    O1    true        1       3
    """
    assert units(taken(demand.replace("A   dtc     0      5", "A   dtc     1      5")), "channel") == {
        "dtc": 9,
        "amazon": 1,
    }


def test_an_order_from_one_node_is_taken_as_a_whole() -> None:
    """The order is taken when its first line comes, from West, the one node that has all of it."""
    demand = """
        sku channel period units price order ship_from_one arrived priority
        A   dtc     0      4     10    O1    true          1       1
        A   amazon  0      9     10    .     false         1       2
        B   dtc     0      5     10    O1    true          1       3
        B   amazon  0      9     10    .     false         1       2
    """
    lots = "A East on_hand 9 0\nA West on_hand 4 0\nB West on_hand 5 0"
    plan = taken(demand, lots=lots)
    assert units(plan, "channel", "sku", "node") == {
        ("dtc", "A", "West"): 4,
        ("dtc", "B", "West"): 5,
        ("amazon", "A", "East"): 9,
    }


def test_commitments_come_before_all_turns_with_no_more_than_they_ask_for() -> None:
    """3 of wholesale's 8 units are promised and kept, from the lot where that earns most; the rest goes by turns."""
    demand = """
        sku channel   period units price min_units arrived
        A   dtc       0      9     10    0         1
        A   wholesale 1      8     9     3         2
    """
    assert units(taken(demand), "channel") == {"dtc": 7, "wholesale": 3}
    plenty = taken(demand, lots="A East on_hand 14 0")
    assert units(plenty, "channel") == {"dtc": 9, "wholesale": 5}
    none = taken(demand, lots="A East on_hand 2 0")
    assert none.status == "infeasible"
    assert sum(conflict.units for conflict in none.conflicts) == pytest.approx(1)


def test_commitments_in_packs_are_met_in_packs() -> None:
    """5 units in packs of 4 are 8, and no more: dtc has the other 2."""
    demand = """
        sku channel   period units price min_units pack arrived
        A   dtc       0      9     10    0         1    1
        A   wholesale 1      8     9     5         4    2
    """
    assert units(taken(demand), "channel") == {"dtc": 2, "wholesale": 8}


def test_a_commitment_that_nothing_can_reach_is_infeasible() -> None:
    """Nobody's turn begins where a promise has no arc at all."""
    demand = "sku channel period units price min_units\nB dtc 0 4 10 1\nA dtc 0 4 10 0"
    assert taken(demand).status == "infeasible"


def test_clauses_hold_in_every_turn() -> None:
    """3 units are kept for the marketplace and 2 of amazon's are guaranteed, whoever comes before."""
    plan = taken(BY_HAND, ao.Protect("market", units=3), ao.Protect("amazon", units=2, mode="serve"))
    assert units(plan, "channel") == {"dtc": 5, "amazon": 2, "market": 3}


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (8, {"dtc": 6, "amazon": 4}),
        (15, {"dtc": 6, "amazon": 1, "shop": 3}),
        (50, {"dtc": 6, "amazon": 1, "market": 3}),
    ],
)
def test_soft_clauses_are_paid_for_in_turns(penalty: float, expected: dict[str, float]) -> None:
    """3 units are kept for the marketplace until somebody comes to whom a unit is worth more than the penalty."""
    plan = taken(BY_HAND, ao.Protect("market", units=3, penalty=penalty))
    assert units(plan, "channel") == expected
    broken = 0 if "market" in expected else 3
    assert plan.channels.set_index("channel")["clause_penalties"]["market"] == pytest.approx(penalty * broken)


@pytest.mark.parametrize(("fixed", "kept", "worth"), [(25, False, 30), (5, True, 45)])
def test_whether_a_channel_stays_is_no_channels_decision(fixed: float, kept: bool, worth: float) -> None:
    """Dtc would have amazon gone, whose demand it takes over: the company decides, by what it earns after all turns.

    Amazon earns 10 x 4 less its fixed cost and dtc 2 x 5; without amazon dtc earns 6 x 5.
    """
    facts = problem(
        skus="sku unit_cost\nA 4",
        channels=f"channel fixed_cost\namazon {fixed}\ndtc 0",
        supply="sku node kind units\nA East on_hand 20",
        demand="sku channel period units price min_units arrived\nA amazon 0 10 8 3 2\nA dtc 0 2 9 0 1",
    )
    asked = ao.KeepOrRetire("amazon", recapture=[ao.Recapture("dtc", share=0.4)])
    plan = ao.allocate(facts, ao.Contract("open", clauses=[asked], stages=[ao.FirstCome()]))
    assert plan.decisions == {"keep/amazon": kept}
    assert plan.objective == pytest.approx(worth)


def test_many_open_decisions_are_taken_at_once() -> None:
    """Five channels at 10 x 4 each cost 25 or 55 to run: those at 55 are retired, without 32 rounds of turns."""
    names = {"a": 25, "b": 55, "c": 25, "d": 55, "e": 25}
    facts = problem(
        skus="sku unit_cost\nA 4",
        channels="channel fixed_cost\n" + "\n".join(f"{name} {cost}" for name, cost in names.items()),
        supply="sku node kind units\nA East on_hand 99",
        demand="sku channel period units price\n" + "\n".join(f"A {name} 0 10 8" for name in names),
    )
    asked = tuple(ao.KeepOrRetire(name) for name in names)
    plan = ao.allocate(facts, ao.Contract("open", clauses=asked, stages=[ao.FirstCome()]))
    assert plan.decisions == {f"keep/{name}": cost == 25 for name, cost in names.items()}
    assert plan.objective == pytest.approx(3 * 15)


def test_some_channels_take_turns_and_the_rest_follows_in_later_stages() -> None:
    """Dtc takes its 6; shop and the marketplace, who pay most, share the other 4 without turns."""
    facts = problem(supply="sku node kind units available\nA East on_hand 10 0", demand=BY_HAND)
    plan = ao.allocate(facts, ao.Contract("dtc first", stages=[ao.FirstCome("dtc")]))
    assert units(plan, "channel") == {"dtc": 6, "shop": 3, "market": 1}


def test_a_time_limit_ends_the_turns_with_what_was_taken() -> None:
    """Turns that need a solver stop at the limit, and the plan says so; arithmetic ends before one is noticed."""
    facts = problem(supply="sku node kind units available\nA East on_hand 10 0", demand=BY_HAND)
    assert units(ao.allocate(facts, ao.first_come(), time_limit=0), "channel") == {"amazon": 4, "dtc": 6}
    kept = ao.Contract("kept", clauses=[ao.Protect("market", units=3)], stages=[ao.FirstCome()])
    plan = ao.allocate(facts, kept, time_limit=0)
    assert plan.status in ("interrupted", "feasible")
    if plan.status == "feasible":
        assert "turn" in plan.message


def test_a_lock_on_the_value_is_refused() -> None:
    """What was taken is fixed: there is nothing else to say about it."""
    with pytest.raises(ao.ContractError, match="lock"):
        ao.FirstCome(lock="value")  # type: ignore[arg-type]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_turns_never_do_better_than_the_pool(data: st.DataObject) -> None:
    """Wherever there is a plan, the turns find one that keeps every promise, and earns at most the pooled bound."""
    facts, agreed = data.draw(strategies.cases())
    pooled = ao.allocate(facts, ao.Contract("any", clauses=agreed))
    plan = ao.allocate(facts, ao.Contract("any", clauses=agreed, stages=[ao.FirstCome()]))
    assert plan.solved == pooled.solved
    if plan.solved:
        assert pooled.certificate is not None
        bound = pooled.certificate.bound
        assert plan.objective <= bound + 1e-5 + 1e-6 * abs(bound)
        if not any(isinstance(clause, strategies.REVISING) for clause in agreed):
            assert not broken_promises(facts, plan.allocation)


@settings(max_examples=40, deadline=None)
@given(st.data(), strategies.tables())
def test_row_order_changes_no_turn(data: st.DataObject, tables: strategies.Tables) -> None:
    """The same rows in another order give the very same plan."""
    other = {name: data.draw(st.permutations(table)) for name, table in tables.items()}
    one, two = (ao.allocate(ao.Problem.from_dict(t), ao.first_come()).to_dict() for t in (tables, other))
    for gone in ("seconds", "warnings"):
        del one[gone], two[gone]
    assert one == two


def test_whole_parts_of_all_come_before_what_any_lost_between_two_lots() -> None:
    """Two of four wanted units are there, one comes later, which the shop cannot wait for: it ate one, and gets it."""
    facts = problem(
        supply="sku node kind units available\nA West on_hand 2 0\nA West on_hand 1 1",
        demand="sku channel period units price max_late\nA amazon 0 1 3 1\nA dtc 0 1 3 1\nA shop 0 2 3 1",
        lanes="node channel cost lead\nWest amazon 2 0\nWest dtc 2 0\nWest shop 2 1",
        horizon=3,
    )
    plan = ao.allocate(facts, ao.first_come())
    assert plan.allocation.set_index("channel")["units"].to_dict() == {"amazon": 1, "dtc": 1, "shop": 1}


PERIODS = 3


@st.composite
def small_tables(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    """Draw lots, lines, lanes and limits, in whole units; lanes of a channel never cost the same."""
    nodes, channels, skus = ("East", "West"), ("amazon", "dtc", "shop"), ("A", "B")
    tables: dict[str, list[dict[str, Any]]] = {
        "skus": [{"sku": sku} for sku in skus],
        "nodes": [{"node": node} for node in nodes],
        "channels": [{"channel": channel} for channel in channels],
        "supply": [
            {"sku": sku, "node": node, "kind": "on_hand", "units": units, "available": available}
            for sku in skus
            for node in nodes
            for available in (0, 1)
            if (units := draw(st.integers(0, 7)))
        ],
        "demand": [
            {
                "sku": sku,
                "channel": channel,
                "period": period,
                "units": draw(st.integers(1, 9)),
                "price": draw(st.sampled_from((0, 3, 10))),
                "arrived": draw(st.sampled_from((None, None, -1, 0, 0.5))),
                "priority": draw(st.sampled_from((None, 1))),
                "max_early": draw(st.integers(0, 1)),
                "max_late": draw(st.integers(0, 1)),
            }
            for sku in skus
            for channel in channels
            for period in range(PERIODS)
            if draw(st.integers(0, 2)) == 0
        ],
        "lanes": [
            {"node": node, "channel": channel, "cost": cost, "lead": draw(st.integers(0, 1))}
            for channel in channels
            for node, cost in zip(nodes, draw(st.permutations((1, 2))), strict=True)
            if draw(st.integers(0, 3))
        ],
        "capacity": [
            {"node": node, "period": period, "limit": draw(st.integers(0, 9))}
            for node in nodes
            for period in range(PERIODS)
            if draw(st.booleans())
        ],
    }
    return tables


def per_line(plan: ao.Plan) -> dict[tuple[str, str, int], float]:
    """Return the units of each line that gets any."""
    table = plan.allocation.groupby(["sku", "channel", "due"])["units"].sum()
    return {key: amount for key, amount in table.items() if amount}


@settings(max_examples=60, deadline=None)
@given(small_tables())
def test_turns_are_those_that_one_takes_by_hand(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Exact fractions, one step at a time, come to the same units for every line."""
    plan = ao.allocate(ao.Problem.from_dict({**tables, "horizon": PERIODS}), ao.first_come())
    expected = {
        (line["sku"], line["channel"], line["period"]): amount
        for row, amount in ByHand(tables, PERIODS).run().items()
        if amount
        for line in [tables["demand"][row]]
    }
    assert plan.status == "optimal"
    assert per_line(plan) == expected


OTHER = {"A": "Z", "amazon": "zz", "dtc": "mm", "shop": "aa", "B": "B"}


@settings(max_examples=40, deadline=None)
@given(small_tables(), st.booleans())
def test_names_decide_nothing(tables: dict[str, list[dict[str, Any]]], divisible: bool) -> None:
    """Other names for articles and channels give every line the same; in whole units where nobody comes together."""
    for number, line in enumerate(tables["demand"]):
        line["arrived"] = line["arrived"] if divisible else number - 5
    for sku in tables["skus"]:
        sku["divisible"] = divisible
    named = {
        name: [{key: OTHER.get(value, value) for key, value in row.items()} for row in rows]
        for name, rows in tables.items()
    }
    one, two = (
        per_line(ao.allocate(ao.Problem.from_dict({**t, "horizon": PERIODS}), ao.first_come())) for t in (tables, named)
    )
    renamed = {(OTHER[sku], OTHER[channel], due): amount for (sku, channel, due), amount in one.items()}
    assert two == pytest.approx(renamed)


@settings(max_examples=30, deadline=None)
@given(small_tables())
def test_compiled_turns_are_the_same(tables: dict[str, list[dict[str, Any]]]) -> None:
    """What is compiled for large problems gives the very same units."""
    facts = ao.Problem.from_dict({**tables, "horizon": PERIODS})
    plain = per_line(ao.allocate(facts, ao.first_come()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("allocopt.stages.board.NATIVE", 0)
        assert per_line(ao.allocate(facts, ao.first_come())) == plain
