"""Stages: what is optimised first is not taken back, and fair shares are the fairest that there are."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.rules.small import problem

import allocopt as ao
from allocopt.contracts import Stage
from allocopt.contracts.stages import STAGES
from allocopt.problem.facts import Facts
from allocopt.rules import Clause
from allocopt.solve import EXACT, Effort
from allocopt.stages import WAYS, StageResult, solve_stages
from allocopt.stages.ranks import ranks_of
from allocopt.stages.stated import Stated, formulate


def staged(problem_: ao.Problem, *stages: Stage, clauses: tuple[Clause, ...] = ()) -> ao.Plan:
    """Return the plan under stages."""
    return ao.allocate(problem_, ao.Contract("staged", clauses=clauses, stages=stages))


def given_to(plan: ao.Plan) -> dict[str, float]:
    """Return the units of every channel."""
    table = plan.channels.iloc[:-1]
    return dict(zip(table["channel"], table["units"], strict=True))


def one_lot(units: float, wanted: dict[str, float], *, divisible: bool = False) -> ao.Problem:
    """Return a problem with one lot that all channels want."""
    lines = "\n".join(f"A {channel} 0 {number} 10" for channel, number in wanted.items())
    return problem(
        skus=f"sku divisible\nA {str(divisible).lower()}",
        supply=f"sku node kind units\nA East on_hand {units}",
        demand=f"sku channel period units price\n{lines}",
    )


def test_whatever_a_contract_can_ask_for_is_solved() -> None:
    """Every kind of stage has its way, and no way is left over."""
    assert set(WAYS) == set(STAGES)


ORDERS = {
    "pooled": ((), {"amazon": 10, "dtc": 11}, 120),
    "amazon first": ((ao.Fill("amazon"),), {"amazon": 17, "dtc": 4}, 106),
    "dtc first": ((ao.Fill("dtc"),), {"amazon": 8, "dtc": 13}, 116),
    "amazon, then dtc": ((ao.Fill("amazon"), ao.Fill("dtc")), {"amazon": 17, "dtc": 4}, 106),
    "dtc, then amazon, plans": ((ao.Fill("dtc", lock="plan"), ao.Fill("amazon", lock="plan")), {"dtc": 13}, None),
    "what dtc earns first": ((ao.Contribution("dtc"),), {"amazon": 7, "dtc": 13}, 114),
    "all units, then money": ((ao.Fill(),), {"amazon": 10, "dtc": 11}, 120),
}


@pytest.mark.parametrize(("stages", "units", "worth"), ORDERS.values(), ids=ORDERS)
def test_tiers_by_hand(tiny: ao.Problem, stages: tuple[Stage, ...], units: dict[str, float], worth: float) -> None:
    """The tiny problem under strict tiers, worked out by hand.

    Amazon first: A 8 + 5, B 4. East keeps 2 A for dtc (10), West 1 (4), B 1 (8); amazon earns 8 x 3 + 5 x 4 + 40: 106.
    Dtc first: A 6 + 4, B 3. B leaves 2 for amazon (20) and earns 24; A: dtc takes 10 from East (50) or 9 and one
    from West (49), amazon what is left: 6 from West can only come in period 1, where 5 are wanted; so East serves 9 of
    dtc (45), West one (4), amazon 1 from East (3) and 5 from West (20): 24 + 20 + 72 = 116 with 6 + 2 for amazon.
    """
    plan = staged(tiny, *stages)
    assert plan.status == "optimal"
    assert given_to(plan) | units == given_to(plan)
    if worth is not None:
        assert plan.objective == pytest.approx(worth)


def test_every_stage_has_a_certificate_with_a_valid_bound(tiny: ao.Problem) -> None:
    """Each stage says what it reached and what is possible at most, in order."""
    stages = (ao.Fill("amazon"), ao.MaxMinFill("dtc"), ao.Fill(measure="lines"), ao.Contribution("dtc"))
    proofs = staged(tiny, *stages).certificate.stages  # type: ignore[union-attr]
    assert [proof.stage for proof in proofs] == [
        "fill of amazon",
        "max min fill of dtc",
        "fill",
        "contribution of dtc",
        "contribution",
    ]
    for proof in proofs:
        assert proof.objective <= proof.bound + 1e-6
        assert proof.gap <= 0.5
    assert proofs[0].objective == 17


def goals_of(result: StageResult, stated: Stated) -> list[tuple[Any, Any]]:
    """Return what a stage of units serves, as columns and weights: rank by rank, or all in one."""
    if result.stage.priority != "each":
        return [(slice(None), result.program.cost)]
    lines = stated.arcs.facts.lines
    ranks = ranks_of(lines.priority, np.ones(len(lines.units)), stated.arcs.line)
    return [(stated.ship.start + arcs, weights) for arcs, weights in ranks]


@settings(max_examples=40, deadline=None)
@given(
    strategies.cases(features=strategies.LINEAR - {"min_units"}),
    st.lists(
        st.sampled_from(
            [
                ao.Fill("dtc"),
                ao.Fill(),
                ao.Fill(measure="lines"),
                ao.Fill(lock="plan"),
                ao.Fill(priority="each"),
                ao.Fill(priority=1),
                ao.Contribution("dtc"),
                ao.MaxMinFill(),
                ao.MaxMinFill(per="channel", measure="units"),
                ao.FirstCome(),
                ao.FirstCome("dtc"),
                ao.FirstCome(by="due"),
            ]
        ),
        min_size=1,
        max_size=3,
        unique=True,
    ),
)
def test_later_stages_take_nothing_back(case: tuple[ao.Problem, tuple[Clause, ...]], stages: list[Stage]) -> None:
    """The last plan reaches in every stage what that stage reached, and proves no stage better than its bound."""
    facts, clauses = case
    if "dtc" not in facts.facts.channels.id:
        return
    contract = ao.Contract("staged", clauses=clauses, stages=stages)
    stated = formulate(facts.facts, contract)
    results = solve_stages(stated, contract.all_stages, Effort(gap=EXACT))
    last = results[-1].solution.x
    if last is None:
        assert results[-1].solution.status == "infeasible"
        return
    assert len(results) == len(contract.all_stages)
    for result in results:
        assert result.certificate is not None
        assert result.certificate.passed
        assert result.certificate.objective <= result.certificate.bound + 1e-6 * (1 + abs(result.certificate.bound))
        x = result.solution.x
        if isinstance(result.stage, ao.Fill) and result.stage.lock == "value" and x is not None:
            for columns, weights in goals_of(result, stated):
                assert weights @ last[columns] >= weights @ x[columns] - 1e-5
        if result.stage.lock == "plan" and x is not None:
            named = result.stage.channels or stated.arcs.facts.channels.id
            channel = stated.arcs.facts.channels.id[stated.arcs.facts.lines.channel[stated.arcs.line]]
            won = np.isin(channel, named)
            assert (last[stated.ship][won] >= x[stated.ship][won]).all()


def test_a_locked_plan_is_never_repegged() -> None:
    """Whoever took stock first keeps those very lots, although swapping them would help everybody."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 4\nA West on_hand 4",
        demand="sku channel period units price\nA first 0 4 10\nA second 0 4 10",
        lanes="node channel cost\nEast first 1\nWest first 2\nEast second 1\nWest second 9",
    )
    swapped = staged(facts, ao.Contribution("first", lock="value"))
    kept = staged(facts, ao.Contribution("first", lock="plan"))
    pegs = kept.allocation[["node", "channel", "units"]].to_numpy().tolist()
    assert pegs == [["East", "first", 4.0], ["West", "second", 4.0]]
    assert swapped.objective == kept.objective == pytest.approx(4 * 9 + 4 * 1)
    pooled = ao.allocate(facts)
    assert pooled.objective == pytest.approx(4 * 8 + 4 * 9)


FAIR = {
    "a third each": ((10, {"a": 6, "b": 9, "c": 15}, True, "fill"), {"a": 2, "b": 3, "c": 5}),
    "fractions": ((10, {"a": 3, "b": 4}, True, "units"), {"a": 3, "b": 4}),
    "equal units": ((10, {"a": 2, "b": 9, "c": 9}, True, "units"), {"a": 2, "b": 4, "c": 4}),
    "equal shares in fractions": ((10, {"a": 7, "b": 8}, True, "fill"), {"a": 14 / 3, "b": 16 / 3}),
    # 10 / 15 of 7 and 8 are 4.67 and 5.33: 4 and 5, and the unit left over goes to the larger remainder.
    "largest remainder": ((10, {"a": 7, "b": 8}, False, "fill"), {"a": 5, "b": 5}),
    # 5 / 9 of 3 each are 1.67: two of three get the unit more, in the order of their names.
    "ties go by name": ((5, {"a": 3, "b": 3, "c": 3}, False, "fill"), {"a": 2, "b": 2, "c": 1}),
    "one unit": ((1, {"a": 5, "b": 6}, False, "units"), {"a": 1, "b": 0}),
    "more than enough": ((99, {"a": 5, "b": 6}, False, "fill"), {"a": 5, "b": 6}),
}


@pytest.mark.parametrize(("case", "units"), FAIR.values(), ids=FAIR)
@pytest.mark.parametrize("per", ["sku", "channel"])
def test_fair_shares_by_hand(
    case: tuple[float, dict[str, float], bool, str], units: dict[str, float], per: str
) -> None:
    """One lot is shared as worked out by hand."""
    lot, wanted, divisible, measure = case
    plan = staged(
        one_lot(lot, wanted, divisible=divisible),
        ao.MaxMinFill(measure=measure, per=per),  # type: ignore[arg-type]
    )
    assert plan.status == "optimal"
    assert given_to(plan) == pytest.approx(units, abs=1e-5)


def test_who_is_saturated_is_fixed_and_the_rest_is_raised() -> None:
    """A channel held back by a cap does not hold back the others: 8 units are left for 15 wanted."""
    plan = staged(
        one_lot(10, {"a": 6, "b": 9, "c": 15}, divisible=True), ao.MaxMinFill(), clauses=(ao.Cap("c", units=2),)
    )
    assert given_to(plan) == pytest.approx({"a": 3.2, "b": 4.8, "c": 2}, abs=1e-5)


def test_fair_per_sku_or_per_channel() -> None:
    """By SKU each article is shared; by channel only the totals are, and money decides the rest."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 4\nB East on_hand 4",
        demand="sku channel period units price\nA a 0 4 9\nA b 0 4 1\nB a 0 4 1\nB b 0 4 9",
    )
    per_sku = staged(facts, ao.MaxMinFill(per="sku"))
    per_channel = staged(facts, ao.MaxMinFill(per="channel"))
    assert per_sku.objective == pytest.approx(2 * (9 + 1) * 2)
    assert per_channel.objective == pytest.approx(4 * 9 * 2)
    assert given_to(per_sku) == given_to(per_channel) == {"a": 4, "b": 4}


@st.composite
def networks(draw: st.DrawFn) -> tuple[ao.Problem, Facts]:
    """Draw lots at two nodes, and three channels that reach some of them, all at one price."""
    stock = {node: draw(st.integers(0, 6)) for node in ("East", "West")}
    wanted = {channel: draw(st.integers(1, 5)) for channel in "abc"}
    ways = [(node, channel) for node in stock for channel in wanted if draw(st.booleans())]
    drawn = problem(
        supply=pd.DataFrame(
            [("A", n, "on_hand", u) for n, u in stock.items()], columns=["sku", "node", "kind", "units"]
        ),
        demand=pd.DataFrame(
            [("A", c, 0, u, 5.0) for c, u in wanted.items()], columns=["sku", "channel", "period", "units", "price"]
        ),
        lanes=pd.DataFrame(ways, columns=["node", "channel"], dtype=object),
    )
    return drawn, drawn.facts


def possible(facts: Facts) -> list[tuple[int, ...]]:
    """Return every way to give whole units to channels: any set of them gets no more than what it can reach."""
    wanted = facts.lines.units.astype(int).tolist()
    reach = [
        {int(n) for n in facts.lanes.node[facts.lanes.channel == channel]} for channel in facts.lines.channel.tolist()
    ]
    stock = {int(n): int(facts.lots.usable[facts.lots.node == n].sum()) for n in range(len(facts.nodes.id))}
    sets = [s for size in (1, 2, 3) for s in combinations(range(len(wanted)), size)]
    most = [sum(stock[n] for n in set().union(*(reach[k] for k in s))) for s in sets]
    return [
        units
        for units in product(*(range(w + 1) for w in wanted))
        if all(sum(units[k] for k in s) <= limit for s, limit in zip(sets, most, strict=True))
    ]


@settings(max_examples=60, deadline=None)
@given(networks())
def test_fair_units_are_the_fairest_of_all_whole_plans(case: tuple[ao.Problem, Facts]) -> None:
    """Of all whole plans, none gives the least served more, nor the next, and so on."""
    facts, arrays = case
    fairest = max(sorted(units) for units in possible(arrays))
    for per in ("sku", "channel"):
        plan = staged(facts, ao.MaxMinFill(measure="units", per=per))  # type: ignore[arg-type]
        assert plan.status == "optimal"
        assert sorted(given_to(plan).values()) == fairest


@st.composite
def shortages(draw: st.DrawFn) -> tuple[ao.Problem, dict[str, float], list[dict[str, int]]]:
    """Draw one article at one to three nodes that may be limited, the weights of the levels, and every whole split."""
    nodes = ("East", "North", "West")[: draw(st.integers(1, 3))]
    wanted = {channel: draw(st.integers(1, 9)) for channel in "abcd"[: draw(st.integers(2, 4))]}
    stock = {node: draw(st.integers(0, 10)) for node in nodes}
    most = {node: draw(st.none() | st.integers(0, 7)) for node in nodes}
    ways = {channel: [node for node in nodes if draw(st.integers(0, 3))] or [nodes[0]] for channel in wanted}
    weights = {channel: draw(st.integers(1, 6)) for channel in wanted} if draw(st.booleans()) else {}
    facts = problem(
        supply=pd.DataFrame([("A", n, "on_hand", u) for n, u in stock.items()], columns=SUPPLY),
        demand=pd.DataFrame([("A", c, 0, u, 5.0, weights.get(c)) for c, u in wanted.items()], columns=DEMAND),
        lanes=pd.DataFrame([(n, c) for c, some in ways.items() for n in some], columns=["node", "channel"]),
        capacity=pd.DataFrame([(n, 0, m) for n, m in most.items() if m is not None], columns=CAPACITY),
    )
    ready = {node: min(units, units if most[node] is None else most[node]) for node, units in stock.items()}
    sets = [some for size in range(1, len(wanted) + 1) for some in combinations(wanted, size)]
    limits = {some: sum(ready[node] for node in {n for channel in some for n in ways[channel]}) for some in sets}
    splits = [
        dict(zip(wanted, units, strict=True)) for units in product(*(range(number + 1) for number in wanted.values()))
    ]
    splits = [split for split in splits if all(sum(split[c] for c in some) <= limits[some] for some in sets)]
    return facts, {c: float(weights.get(c, number)) for c, number in wanted.items()}, splits


SUPPLY = ["sku", "node", "kind", "units"]
DEMAND = ["sku", "channel", "period", "units", "price", "weight"]
CAPACITY = ["node", "period", "limit"]


def levels_of(split: dict[str, float], weights: dict[str, float]) -> list[float]:
    """Return the levels of a split, the least one first."""
    return sorted(round(units / weights[channel], 9) for channel, units in split.items())


@settings(max_examples=60, deadline=None)
@given(shortages(), st.sampled_from(["sku", "channel"]))
def test_fair_shares_are_the_fairest_of_all_splits(
    case: tuple[ao.Problem, dict[str, float], list[dict[str, int]]], per: str
) -> None:
    """In whole units no split has better levels, the least one first, with capacity and weights too; it is proven."""
    facts, weights, splits = case
    plan = staged(facts, ao.MaxMinFill(per=per))  # type: ignore[arg-type]
    assert plan.status == "optimal"
    assert levels_of(given_to(plan), weights) == max(levels_of(split, weights) for split in splits)  # type: ignore[arg-type]


ENUMERATED = {
    "10 of 10, 1, 11": (10, (10, 1, 11), None, (4, 1, 5)),
    "14 of 10, 6, 5": (14, (10, 6, 5), None, (6, 4, 4)),
    "12 of 11, 5, 1": (12, (11, 5, 1), None, (7, 4, 1)),
    "6 through the door of 4, 11, 1": (8, (4, 11, 1), 6, (2, 3, 1)),
    "16 of 4, 9, 3, 6": (16, (4, 9, 3, 6), None, (3, 6, 3, 4)),
    "15 of 7, 8, 10, 2": (15, (7, 8, 10, 2), None, (4, 4, 5, 2)),
    "4 through the door of 8, 7, 1": (9, (8, 7, 1), 4, (2, 1, 1)),
}


@pytest.mark.parametrize(("lot", "wanted", "door", "expected"), ENUMERATED.values(), ids=ENUMERATED)
def test_the_worst_off_gets_what_it_can_have(
    lot: int, wanted: tuple[int, ...], door: int | None, expected: tuple[int, ...]
) -> None:
    """Splits worked out by enumeration, each the only one with its levels."""
    facts = one_lot(lot, dict(zip("abcd", wanted, strict=False)))  # type: ignore[arg-type]
    if door is not None:
        facts = facts.replace(capacity=pd.DataFrame([("East", 0, door)], columns=CAPACITY))
    plan = ao.allocate(facts, ao.fair_share())
    assert plan.status == "optimal"
    assert given_to(plan) == dict(zip("abcd", expected, strict=False))


@pytest.mark.parametrize(
    ("lot", "wanted", "expected"),
    [(75, (30, 40, 50), (10, 20, 45)), (62, (30, 40, 20), (14, 28, 20))],
    ids=["all short", "one has enough"],
)
@pytest.mark.parametrize("told_by", ["lines", "stage"])
def test_shares_by_use(lot: int, wanted: tuple[int, ...], expected: tuple[int, ...], told_by: str) -> None:
    """Monthly use of 10, 20 and 45 shares what there is, nobody above what was asked, the rest shared again."""
    facts, use = one_lot(lot, dict(zip("abc", wanted, strict=True))), {"a": 10.0, "b": 20.0, "c": 45.0}  # type: ignore[arg-type]
    if told_by == "lines":
        facts = facts.replace(demand=facts.demand.assign(weight=list(use.values())))
    contract = ao.fair_share(weights=use if told_by == "stage" else None)
    assert given_to(ao.allocate(facts, contract)) == dict(zip("abc", expected, strict=True))


def test_weights_name_every_channel_that_is_levelled() -> None:
    """A weight that is missing, of a channel that is not there, or 0, is an error that says which."""
    facts = one_lot(5, {"a": 3, "b": 4})
    with pytest.raises(ao.ContractError, match="leave out 'b'"):
        ao.allocate(facts, ao.fair_share(weights={"a": 1}))
    with pytest.raises(ao.ContractError, match="no channel 'c'"):
        ao.allocate(facts, ao.fair_share(weights={"a": 1, "b": 1, "c": 1}))
    with pytest.raises(ao.ContractError, match="weights"):
        ao.fair_share(weights={"a": 0})


def test_packs_leave_a_fair_share_unproven() -> None:
    """Where units cannot be exchanged one by one the plan is feasible, and says so."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 10",
        demand="sku channel period units price pack\nA a 0 9 5 1\nA b 0 9 5 4",
    )
    plan = staged(facts, ao.MaxMinFill())
    assert plan.status == "feasible"
    assert "not proven that no split" in plan.message
    assert given_to(plan) == {"a": 6, "b": 4}


RANKS = "sku channel period units price order priority\nA b2b 0 5 6 first 1\nA b2b 0 5 8 second 2\nA b2b 0 5 10 none ."


def by_order(plan: ao.Plan) -> dict[str, float]:
    """Return the units of every order that gets any."""
    sums: dict[str, float] = plan.allocation.groupby("order")["units"].sum().to_dict()
    return sums


def test_demand_that_is_taken_over_counts_beside_its_taker_s_own() -> None:
    """A channel wants 1 of its own and 1 of a channel that is given up: both served is a level of 1, and no more."""
    facts = problem(
        supply="sku node kind units\nA East on_hand 2",
        demand="sku channel period units price\nA dtc 0 1 9\nA shop 0 1 1",
        channels="channel fixed_cost\ndtc 0\nshop 50",
        lanes="node channel\nEast dtc",
    )
    give_up = ao.KeepOrRetire("shop", recapture=[ao.Recapture("dtc", share=1.0, price_from="receiving")])
    plan = ao.allocate(facts, ao.Contract("Fair", clauses=[give_up], stages=[ao.MaxMinFill(), ao.Contribution()]))
    assert plan.decisions == {"keep/shop": False}
    assert plan.certificate is not None
    assert [(stage.objective, stage.bound) for stage in plan.certificate.stages[:1]] == [(1, 1)]


@pytest.mark.parametrize("divisible", [False, True])
def test_strict_ranks_by_hand(divisible: bool) -> None:
    """Eight units go rank after rank, blank last, whatever they pay; with rank 1 alone the rest goes by money."""
    facts = problem(
        skus=f"sku divisible\nA {str(divisible).lower()}", supply="sku node kind units\nA East on_hand 8", demand=RANKS
    )
    plan = ao.allocate(facts, ao.by_priority())
    assert plan.status == "optimal"
    assert by_order(plan) == pytest.approx({"first": 5, "second": 3})
    assert by_order(staged(facts, ao.Fill(priority=1))) == pytest.approx({"first": 5, "none": 3})
    assert plan.certificate is not None
    proof = plan.certificate.stages[0]
    assert proof.stage == "fill, rank after rank"
    assert (proof.objective, proof.bound) == pytest.approx((8, 8))


def test_three_thirds_are_one() -> None:
    """A line counted in thirds of itself that is served in full leaves later stages a plan that passes its check."""
    facts = problem(
        skus="sku\nA\nB",
        channels="channel kind\namazon marketplace\ndtc dtc\nstores store",
        supply="sku node kind available units\nA East on_hand 0 1\nB East on_hand 3 10\nB West on_hand 0 1",
        demand="""sku channel period units price priority max_early
            A amazon 1 1 4 1 1
            A amazon 2 1 4 1 0
            A dtc 2 1 4 1 0
            B amazon 3 3 4 1 0
            B dtc 1 1 4 1 0
            B dtc 2 1 4 1 0
            B stores 2 1 4 2 0""",
        lanes="\n".join(["node channel", *(f"{n} {c}" for n in ("East", "West") for c in ("amazon", "dtc", "stores"))]),
    )
    plan = staged(facts, *(ao.Fill(priority=rank, measure="lines") for rank in (1, 2)), ao.Fill(measure="lines"))
    assert plan.status == "optimal", plan.message
    assert plan.certificate is not None
    assert [stage.objective for stage in plan.certificate.stages] == pytest.approx([3, 0, 3, 20])


@settings(max_examples=60, deadline=None)
@given(
    strategies.cases(features=strategies.LINEAR | strategies.SWITCHES), st.sampled_from(["units", "lines"]), st.data()
)
def test_ranks_in_one_stage_are_those_solved_one_by_one(
    case: tuple[ao.Problem, tuple[Clause, ...]], measure: str, data: st.DataObject
) -> None:
    """A stage for each rank, in order, serves every rank as the one stage does, in whole units and with packs."""
    tables, clauses = case[0].to_dict(), case[1]
    size = len(tables["demand"]["sku"])
    tables["demand"]["priority"] = data.draw(
        st.lists(st.sampled_from([1, 2, 3, 4, 5, None]), min_size=size, max_size=size)
    )
    facts = ao.Problem.from_dict(tables)
    lines = facts.facts.lines
    found = sorted({float(rank) for rank in lines.priority if rank == rank})
    one = staged(facts, ao.Fill(priority="each", measure=measure), clauses=clauses)  # type: ignore[arg-type]
    steps = [ao.Fill(priority=rank, measure=measure) for rank in found]  # type: ignore[arg-type]
    many = staged(facts, *steps, ao.Fill(measure=measure), clauses=clauses)  # type: ignore[arg-type]
    assert one.solved == many.solved
    if one.status != "optimal" or many.status != "optimal":
        return
    totals = [ranks_served(plan, measure) for plan in (one, many)]
    assert totals[0] == pytest.approx(totals[1], abs=1e-5)


def ranks_served(plan: ao.Plan, measure: str) -> list[float]:
    """Return what each rank gets, 1 first and blank last."""
    assert plan.answer is not None
    arcs = plan.answer.arcs
    lines = arcs.facts.lines
    served = np.bincount(arcs.line, weights=plan.answer.x[: len(arcs)], minlength=len(lines.sku))
    if measure == "lines":
        served = served / np.maximum(lines.units, 1e-9)
    _, place = np.unique(lines.priority, return_inverse=True)
    totals: list[float] = np.bincount(place, weights=served).tolist()
    return totals
