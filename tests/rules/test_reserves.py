"""What hard reserves are given when there is too little for all, and what becomes of the rest."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules import naive
from tests.rules.small import problem, reported, units
from tests.strategies import FEATURES, clauses, pressed, problems

import allocopt as ao
from allocopt.compare.possible import bound_of
from allocopt.rules import Clause
from allocopt.rules.kit.claims import Claims

few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def plan_of(tables: dict[str, str], *said: Clause) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**tables), ao.Contract("agreed", clauses=said))


def market(demand: str = "", supply: str = "A East on_hand 10 0", lanes: str | None = None) -> dict[str, str]:
    """Return the tables of a problem in which a marketplace wants everything at once and pays most."""
    lines = ["sku channel period units price", "A market 0 20 30", *demand.splitlines()]
    tables = {"supply": f"sku node kind units available\n{supply}", "demand": "\n".join(lines)}
    tables["channels"] = "channel owner\nmarket .\ndtc Dora\nshop Sam"
    return tables | ({} if lanes is None else {"lanes": f"node channel\n{lanes}"})


def test_a_protection_that_cannot_compete_takes_nothing_away():
    """Dtc reaches East alone and shop West alone: what is kept for shop leaves dtc's 4 early units where they are."""
    tables = market(
        "A dtc 0 1 5\nA shop 2 1 5",
        "A West on_hand 8 0\nA East on_hand 4 0\nA East inbound 10 2",
        "East dtc\nWest shop\nEast market",
    )
    alone = plan_of(tables, ao.Protect("dtc", units=5))
    assert (alone.objective, units(alone, "channel")) == (10, {"dtc": 1, "shop": 1})
    for kept in (8, 800):
        for penalty in (0.01, None):
            both = plan_of(tables, ao.Protect("dtc", units=5), ao.Protect("shop", units=kept, penalty=penalty))
            assert (both.objective, units(both, "channel")) == (10, {"dtc": 1, "shop": 1})


@pytest.mark.parametrize("first", [True, False])
def test_hard_reserves_come_before_soft_ones_wherever_they_stand(first):
    """Of 6 early units 5 stay for shop; the sixth earns more than the hundredth that breaking dtc's promise costs."""
    tables = market("A shop 2 5 5\nA dtc 2 5 5", "A East on_hand 6 0\nA East inbound 10 2")
    hard, soft = ao.Protect("shop", units=5), ao.Protect("dtc", units=5, penalty=0.01)
    plan = plan_of(tables, *((hard, soft) if first else (soft, hard)))
    assert units(plan, "channel") == {"dtc": 5, "market": 1, "shop": 5}


def test_a_soft_reserve_pays_for_all_that_is_missing_and_in_stock():
    """Shop keeps all 4 units, hard; dtc's 3 in units are in stock too and missing, and of its 9 the other 5 are not."""
    tables = market("A shop 0 9 5", "A East on_hand 4 0")
    for asked, missing in ((3, 3), (9, 4)):
        plan = plan_of(tables, ao.Protect("dtc", units=asked, penalty=2), ao.Protect("shop", units=4))
        assert plan.objective == pytest.approx(4 * 5 - 2 * missing)


@pytest.mark.parametrize(("lot", "sold"), [(None, 0), (0, 0), (1, 1), (2, 2), (3, 3)])
def test_an_article_that_sells_out_is_a_staircase(lot, sold):
    """Of A 2 are kept: what there is of it is kept for dtc, whatever that is, and B is sold as ever."""
    tables = market(
        "A dtc 0 3 2\nB dtc 0 3 2", "B East on_hand 5 0" + ("" if lot is None else f"\nA East on_hand {lot} 0")
    )
    plan = plan_of(tables, ao.Protect("dtc", units=2, sku="A"))
    assert plan.status == "optimal"
    assert units(plan, "sku", "channel").get(("A", "dtc"), 0) == min(sold, 2)
    assert units(plan, "sku", "channel").get(("A", "market"), 0) == max(sold - 2, 0)
    told = [note for note in plan.notes if "protect channel dtc" in note and f"A: {sold} of 2 units" in note]
    assert bool(told) == (sold < 2)
    rows = reported(plan)[["kind", "clause", "sku", "channel", "owner", "units"]].values.tolist()
    assert rows == ([["reserve", 0, "A", "dtc", "Dora", 2 - sold]] if sold < 2 else [])
    if sold < 2:
        assert f"{sold} of the 2 units of A" in reported(plan)["sentence"][0]


def test_what_is_missing_is_told_clause_by_clause():
    """5 and 7 are asked for of 10 units, in this order: the second gets 5, and a share of a lot the rest, none."""
    plan = plan_of(market(), ao.Protect("dtc", units=5), ao.Protect("shop", units=7), ao.Protect("market", share=0.3))
    assert plan.status == "optimal"
    assert plan.allocation.empty
    assert reported(plan)[["clause", "units"]].values.tolist() == [[2, 3], [1, 2]]
    assert reported(plan)["money"].tolist() == [90, 0]


def test_shares_beyond_the_whole_lot_are_given_in_their_order():
    """70 % and 50 % of 10: 7 and 3."""
    plan = plan_of(market("A dtc 0 9 5\nA shop 0 9 5"), ao.Protect("dtc", share=0.7), ao.Protect("shop", share=0.5))
    assert units(plan, "channel") == {"dtc": 7, "shop": 3}
    assert any("3 of 5 units" in note for note in plan.notes)


def test_reserves_of_one_channel_overlap():
    """6 of any lot and half of the inbound ones: what is kept of inbound counts for both, 6 are kept in all."""
    tables = market("A dtc 3 20 5", "A East on_hand 4 0\nA East inbound 8 0")
    plan = plan_of(tables, ao.Protect("dtc", units=6), ao.Protect("dtc", share=0.5, of="inbound"))
    assert units(plan, "channel") == {"dtc": 6, "market": 6}
    assert reported(plan).empty


def test_a_reserve_moves_to_another_lot_where_a_later_one_needs_its_own():
    """Dtc can hold either lot, shop only East's: dtc's 4 move to West, and nothing is left for the marketplace."""
    tables = market(
        "", "A East on_hand 4 0\nA West on_hand 4 0", "East dtc\nWest dtc\nEast shop\nEast market\nWest market"
    )
    plan = plan_of(tables, ao.Protect("dtc", units=4), ao.Protect("shop", units=4))
    assert plan.allocation.empty
    assert reported(plan).empty


def test_a_lane_for_another_article_reaches_nothing():
    """From West a lane leads to dtc for B alone: none of A is kept there."""
    tables = market("", "A East on_hand 3 0\nA West on_hand 5 0\nB West on_hand 1 0")
    tables["lanes"] = "node channel sku\nEast dtc .\nWest dtc B\nEast market .\nWest market ."
    plan = plan_of(tables, ao.Protect("dtc", units=6, sku="A"))
    assert units(plan, "node") == {"West": 5}
    assert reported(plan)["units"].tolist() == [3]


def test_commitments_come_before_reserves():
    """Shop is committed 3 of the 5 units that are kept for dtc: 2 are left to be kept, and that is told."""
    tables = market("A shop 0 4 5", "A East on_hand 5 0")
    tables["demand"] = "sku channel period units price min_units\nA market 0 20 30 0\nA shop 0 4 5 3"
    plan = plan_of(tables, ao.Protect("dtc", units=5))
    assert units(plan, "channel") == {"shop": 3}
    assert reported(plan)["units"].tolist() == [3]


def test_commitments_use_the_stock_that_no_reserve_needs():
    """Shop's 3 can come from West, which dtc cannot reach: dtc keeps its 5, the marketplace gets the rest of West."""
    tables = market(
        "", "A East on_hand 5 0\nA West on_hand 5 0", "East dtc\nEast shop\nWest shop\nEast market\nWest market"
    )
    tables["demand"] = "sku channel period units price min_units\nA market 0 20 30 0\nA shop 0 4 5 3"
    plan = plan_of(tables, ao.Protect("dtc", units=5))
    assert units(plan, "channel", "node") == {("shop", "West"): 3, ("market", "West"): 2}
    assert reported(plan).empty


def test_what_is_committed_to_a_channel_counts_for_its_own_reserve():
    """Of 5 units kept for shop 3 are committed to it: the marketplace gets the other 5 of 10."""
    tables = market()
    tables["demand"] = "sku channel period units price min_units\nA market 0 20 30 0\nA shop 0 4 5 3"
    plan = plan_of(tables, ao.Protect("shop", units=5))
    assert units(plan, "channel") == {"market": 5, "shop": 4}


@pytest.mark.parametrize("more", [ao.Protect("shop", units=8, mode="serve"), ao.Service(0.9, "shop")])
def test_a_guarantee_for_which_a_reserve_leaves_too_little_is_infeasible(more):
    """5 of 10 are kept for dtc and shop is to be served 8: no plan, and both are named."""
    plan = plan_of(market("A shop 0 9 5"), ao.Protect("dtc", units=5), more)
    assert plan.status == "infeasible"
    assert {conflict.clause for conflict in plan.conflicts} == {0, 1}


@few
@given(st.integers(1, 14), st.integers(0, 14), st.integers(1, 14), st.integers(2, 5))
def test_the_smallest_repair_of_a_reserve_and_a_guarantee_in_packs(stock: int, kept: int, served: int, pack: int):
    """Of a lot a share is kept for dtc, and shop is guaranteed units that ship in packs: enumerated, pack by pack."""
    assume(kept <= stock)
    packs = range(0, stock + 1, pack)
    least = min(max(0, served - x) + max(0, kept - (stock - x)) for x in packs)
    tables = market("", f"A East on_hand {stock} 0")
    tables["demand"] = f"sku channel period units price pack\nA shop 0 20 5 {pack}\nA dtc 0 1 5 1"
    said = (ao.Protect("dtc", share=kept / stock), ao.Protect("shop", units=served, mode="serve"))
    plan = ao.allocate(problem(**tables), ao.Contract("agreed", clauses=said), relax=True)
    assert plan.solved
    assert sum(conflict.units for conflict in plan.conflicts) == least


def test_units_in_fractions_are_rounded_down_one_by_one():
    """2.5 and 2.5 units are 2 and 2, and a third protection changes neither."""
    said = [ao.Protect("dtc", units=2.5), ao.Protect("shop", units=2.5), ao.Protect("market", units=0.9)]
    for number in (2, 3):
        plan = plan_of(market("A dtc 0 9 1\nA shop 0 9 1"), *said[:number])
        assert units(plan, "channel") == {"dtc": 2, "market": 6, "shop": 2}


@few
@given(st.data(), problems(FEATURES))
def test_a_hard_reserve_never_makes_a_plan_infeasible(data: st.DataObject, given_problem: ao.Problem) -> None:
    """Whatever is kept, in units or shares: commitments that could be kept without it still are."""
    said = data.draw(clauses(given_problem, (ao.Protect,)))
    kept = tuple(clause for clause in said if clause.mode == "reserve")
    assume(any(clause.penalty is None for clause in kept))
    without = ao.allocate(given_problem)
    plan = ao.allocate(given_problem, ao.Contract("kept", clauses=kept))
    assert plan.status == without.status
    if plan.status == "optimal":
        assert plan.objective <= without.objective + 1e-5


@few
@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), st.booleans())
def test_a_commitment_that_capacity_sends_to_reserved_stock_comes_first(
    east: int, west: int, limit: int, committed: int, asked: int, lane: bool
) -> None:
    """Shop's commitment takes from East what West cannot ship; dtc keeps what is left there, and the rest is told."""
    taken = max(0, committed - min(west, limit))
    assume(taken <= east)
    way = "East dtc .\nEast shop .\nEast market .\nWest shop " + (f"{limit}" if lane else ".")
    tables = market("", f"A East on_hand {east} 0\nA West on_hand {west} 0")
    tables["lanes"] = f"node channel capacity\n{way}"
    tables["demand"] = (
        f"sku channel period units price min_units\nA market 0 40 30 0\nA shop 0 {committed} 5 {committed}"
    )
    if not lane:
        tables["capacity"] = f"node period limit\nWest 0 {limit}"
    plan = plan_of(tables, ao.Protect("dtc", units=asked))
    assert plan.status == "optimal"
    kept = min(asked, east - taken)
    assert units(plan, "channel") == {"shop": committed} | (
        {"market": east - taken - kept} if east - taken > kept else {}
    )
    assert reported(plan)["units"].sum() == asked - kept


WEST_IS_SLOW = "node channel capacity\nEast dtc .\nEast shop .\nEast market .\nWest shop 2\nWest market ."
"""Two units a period go from West to shop; dtc has East alone."""


def committed(supply: str, *lines: str, lanes: str = WEST_IS_SLOW, **more: str) -> dict[str, str]:
    """Return a market with commitments: lines of sku, channel, period, units, price, min_units and pack."""
    tables = market("", supply) | {"lanes": lanes} | more
    tables["demand"] = "\n".join(
        ("sku channel period units price min_units pack", "A market 0 40 30 0 1", "B market 0 40 30 0 1", *lines)
    )
    return tables


def test_stock_that_a_commitment_leaves_is_kept_for_the_next_reserve():
    """West could give shop all 4 by its stock, but ships 2: dtc keeps 3 of its 5, and walk-ins find 3 of West's 5."""
    tables = committed("A East on_hand 5 0\nA West on_hand 5 0", "A shop 0 4 5 4 1")
    tables["lanes"] += "\nWest walkin ."
    tables["channels"] += "\nwalkin Will"
    plan = plan_of(tables, ao.Protect("dtc", units=5), ao.Protect("walkin", units=5, node=("West",)))
    assert units(plan, "channel", "node") == {("shop", "East"): 2, ("shop", "West"): 2}
    assert reported(plan)[["clause", "units"]].sort_values("clause").values.tolist() == [[0, 2], [1, 2]]


@pytest.mark.parametrize("solver", ["highs", "prices"])
def test_packs_send_a_commitment_to_reserved_stock(solver):
    """A lane of 4 takes one pack of 3 a period: of 6 the other 3 come from East, and 2 of its 5 stay for dtc."""
    lanes = WEST_IS_SLOW.replace("West shop 2", "West shop 4")
    tables = committed("A East on_hand 5 0\nA West on_hand 9 0", "A shop 0 6 5 6 3", lanes=lanes)
    said = ao.Contract("agreed", clauses=[ao.Protect("dtc", share=1.0, node=("East",))])
    plan = ao.allocate(problem(**tables), said, solver=solver)
    assert plan.status == "optimal"
    assert units(plan, "channel", "node")[("shop", "East")] == 3
    assert reported(plan)["units"].tolist() == [3]


def test_articles_that_share_a_bottleneck_lose_alike_whatever_a_clause_asks_for():
    """Two of 6 committed units come from West, so that East's reserves lose 4: unit by unit, A first, B as much."""
    tables = committed("\n".join(f"{sku} {node} on_hand 4 0" for sku in "AB" for node in ("East", "West")))
    tables["demand"] += "\nA shop 0 3 5 3 1\nB shop 0 3 5 3 1"
    kept = []
    for asked in (1, 2, 3, 4, 9):
        plan = plan_of(tables, ao.Protect("dtc", units=asked))
        assert plan.status == "optimal"
        missing = reported(plan).set_index("sku")["units"]
        kept.append([asked - missing.get(sku, 0) for sku in "AB"])
    assert kept == [[1, 1], [2, 2], [2, 2], [2, 2], [2, 2]]


def test_a_commitment_that_lapses_with_its_channel_frees_the_reserve():
    """Whether shop is kept is left open: if it is, dtc keeps 3 of East's 5, and if it is not, all 5."""
    tables = committed("A East on_hand 5 0\nA West on_hand 5 0", "A shop 0 4 100 4 1")
    tables["channels"] = "channel fixed_cost\nmarket 0\ndtc 0\nshop {cost}"
    for cost, kept in ((0, 3), (1_000, 5)):
        facts = problem(**tables | {"channels": tables["channels"].format(cost=cost)})
        plan = ao.allocate(facts, ao.Contract("open", clauses=[ao.Protect("dtc", units=5), ao.KeepOrRetire("shop")]))
        assert plan.status == "optimal"
        assert plan.decisions == {"keep/shop": cost == 0}
        assert units(plan, "node")["East"] == 5 - kept if kept < 5 else "East" not in set(plan.allocation["node"])
        assert reported(plan).query("kind == 'reserve'")["units"].sum() == 5 - kept


def test_what_a_reserve_leaves_is_told_beforehand_and_kept_by_a_plan_that_was_written():
    """`ao.conflicts` knows the 2 units before anything is solved, and the plan's JSON tells them again."""
    tables = committed("A East on_hand 5 0\nA West on_hand 5 0", "A shop 0 4 5 4 1")
    facts, said = problem(**tables), ao.Contract("agreed", clauses=[ao.Protect("dtc", units=5)])
    assert [(found.kind, found.units) for found in ao.conflicts(facts, said)] == [("reserve", 2)]
    plan = ao.allocate(facts, said)
    assert ao.Plan.from_dict(plan.to_dict()).exceptions["units"].tolist() == plan.exceptions["units"].tolist()
    assert plan.price_of(0).value == pytest.approx(3 * 30)
    assert bound_of(facts, said.clauses) >= plan.objective - 1e-6


@pytest.mark.parametrize(
    "more", [ao.Protect("shop", units=9, mode="serve"), ao.Lock("shop", "A", 9, owner="Ann", reason="x")]
)
def test_a_guarantee_beside_a_reserve_that_gave_way_is_infeasible(more):
    """Shop is committed 4 and is to get 9: what was granted to dtc stands against it, and both are named."""
    lanes = WEST_IS_SLOW.replace("West shop 2", "West shop 4")
    tables = committed("A East on_hand 7 0\nA West on_hand 5 0", "A shop 0 9 5 6 1", lanes=lanes)
    plan = plan_of(tables, ao.Protect("dtc", units=7), more)
    assert plan.status == "infeasible"
    assert {conflict.clause for conflict in plan.conflicts} >= {0, 1}


@pytest.mark.parametrize("solver", ["highs", "prices"])
@pytest.mark.parametrize("seed", [7, 45, 61, 90])
def test_pressed_problems_have_the_optimum_of_the_naive_model(seed, solver):
    """Where commitments, tight capacity and hard reserves meet, the naive model grants the same."""
    facts, said = pressed(seed)
    expected = naive.best(facts, said)
    plan = ao.allocate(facts, ao.Contract("pressed", clauses=said), gap=1e-9, solver=solver)
    assert plan.solved == (expected is not None)
    if expected is not None:
        assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-5)


@few
@given(st.integers(0, 10**6), st.integers(1, 12))
def test_a_reserve_appended_or_tightened_never_raises_the_objective_under_pressure(seed: int, more: int) -> None:
    """In order: no reserve, the first ones, one more, and that one tightened."""
    facts, said = pressed(seed)
    kept = [clause for clause in said if isinstance(clause, ao.Protect)]
    last = [replace(kept[-1], share=None, units=units) for units in (3, 3 + more)]
    worth = [
        ao.allocate(facts, ao.Contract("kept", clauses=clauses), gap=1e-9).objective
        for clauses in ([], kept[:-1], [*kept[:-1], last[0]], [*kept[:-1], last[1]])
    ]
    for before, after in pairwise(worth):
        assert after <= before + 1e-5


def test_a_lot_that_comes_once_a_share_is_released_is_no_part_of_it():
    """Half of every lot is kept until period 2: of the one that comes then nothing was to be kept, or is missing."""
    tables = market("A dtc 1 2 5", "A East on_hand 4 0\nA East inbound 8 2")
    said = ao.Contract("until then", clauses=[ao.Protect("dtc", share=0.5, release_from=2)])
    plan = ao.allocate(problem(**tables), said)
    assert ao.conflicts(problem(**tables), said) == ()
    assert reported(plan).empty
    assert not plan.notes


@few
@given(st.data(), st.lists(st.integers(0, 5), min_size=1, max_size=5))
def test_claims_are_met_as_if_one_had_known_them_all(data: st.DataObject, stock: list[int]) -> None:
    """What the first so many claims get in all is a largest flow: no set of them could be met better."""
    size = len(stock)
    said = data.draw(st.lists(st.tuples(st.integers(0, 2**size - 1), st.integers(0, 6)), min_size=1, max_size=5))
    claims, met = Claims(stock), []
    for owner, (lots, wanted) in enumerate(said):
        met.append(claims.claim(owner, lots, wanted))
    for number in range(1, len(said) + 1):
        least = min(
            sum(wanted for k, (_, wanted) in enumerate(said[:number]) if not chosen >> k & 1)
            + sum(
                stock[lot]
                for lot in range(size)
                if any(chosen >> k & 1 and said[k][0] >> lot & 1 for k in range(number))
            )
            for chosen in range(2**number)
        )
        assert sum(met[:number]) == least
