"""Retired channels: what closes, what lapses, what is saved, and what others take over."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.rules.naive_facts import receiving
from tests.rules.naive_records import largest_remainder
from tests.rules.small import problem, units
from tests.strategies import AS_STATED, clauses, problems

import allocopt as ao
from allocopt.plan import Broken
from allocopt.problem.facts import ANY
from allocopt.rules import revised

few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

TABLES = {
    "skus": "sku unit_cost\nA 4\nB 6",
    "channels": "channel fixed_cost\namazon 100\ndtc 10\nshop 5",
    "supply": "sku node kind units\nA East on_hand 20\nB East on_hand 9\nA East safety 3",
    "demand": """
        sku channel period units price min_units lost_cost
        A   amazon  0      10    8     3         1
        B   amazon  0      5     9     0         0
        A   dtc     0      4     10    0         0
        A   dtc     1      6     15    0         0
    """,
}
"""All can be served: A earns 10 x 4 + 4 x 6 + 6 x 11, B 5 x 3; less 115 of fixed cost, that is 30."""


def plan_of(*agreed: ao.rules.Clause, **changes: str) -> ao.Plan:
    """Return the plan of the small problem under clauses."""
    return ao.allocate(problem(**TABLES | changes), ao.Contract("leaving", clauses=agreed))


def test_a_retired_channel_sells_nothing_and_costs_nothing():
    """Amazon's 55 are gone and its fixed cost of 100 is saved: 75 instead of 30; nobody wants anything there."""
    assert plan_of().objective == 30
    plan = plan_of(ao.Retire("amazon"))
    assert plan.objective == 75
    row = plan.channels.set_index("channel").loc["amazon"]
    assert row[["demand", "units", "revenue", "fixed_cost", "penalties", "contribution"]].tolist() == [0] * 6
    assert "amazon" not in set(plan.shortfalls["channel"])


def test_what_others_take_over_is_sold_at_their_price_or_its_own():
    """4 of 10 units of A go to dtc at 10, its price in the period, or at 8; B is not sold there."""
    at_dtc = plan_of(ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.4)]))
    assert at_dtc.objective == 75 + 4 * 6
    as_it_was = plan_of(ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.4, price_from="original")]))
    assert as_it_was.objective == 75 + 4 * 4
    assert at_dtc.notes == ("recapture of amazon by dtc: dtc has no demand for the SKU B; 2 units are not recaptured.",)
    assert units(at_dtc, "channel", "line") == {("dtc", ""): 10, ("dtc", "from amazon"): 4}


def test_several_channels_share_the_demand():
    """Each takes its share; the shop, that sells nothing at all, takes nothing, and that is said."""
    parts = [ao.Recapture("dtc", 0.3), ao.Recapture("shop", 0.5)]
    plan = plan_of(ao.Retire("amazon", recapture=parts))
    assert plan.objective == 75 + 3 * 6
    assert "shop has no demand for 2 SKUs (A, B); 7.5 units are not recaptured" in plan.notes[1]


@pytest.mark.parametrize(
    ("demand", "expected"),
    [
        ("A dtc 0 1 10 north\nA dtc 0 3 20 south", 10.0),
        ("A dtc 0 1 10 south\nA dtc 0 3 20 .\nA dtc 1 9 99 north", 17.5),
        ("A dtc 1 1 10 .\nA dtc 2 3 20 .", 17.5),
        ("A dtc 1 0 10 .\nA dtc 2 0 20 .", 15.0),
    ],
    ids=["region", "period", "SKU", "SKU without units"],
)
def test_the_receivers_price_is_that_of_what_is_most_alike(demand, expected):
    """The mean by units over the same SKU, period and region; else over SKU and period; else over the SKU."""
    lines = "sku channel period units price region\nA amazon 0 8 5 north\n" + demand
    facts, _ = revised(
        problem(supply=TABLES["supply"], demand=lines).facts,
        [ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.5)])],
    )
    new = facts.lines.row == ANY
    assert facts.lines.price[new].tolist() == [expected]
    assert facts.lines.units[new].tolist() == [4.0]


def test_what_is_rounded_is_said_and_keeps_its_total():
    """0.35 of 3, 3 and 4 units are 3.5: 1, 1 and 1, the last by its largest remainder."""
    lines = "sku channel period units price\nA amazon 0 3 5\nA amazon 1 3 5\nA amazon 2 4 5\nA dtc 0 1 9"
    agreed = [ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.35)])]
    facts, notes = revised(problem(supply=TABLES["supply"], demand=lines).facts, agreed)
    assert facts.lines.units[facts.lines.row == ANY].tolist() == [1, 1, 1]
    assert [note.message for note in notes] == [
        "recapture of amazon by dtc: 3 of 3 quantities were rounded to whole units, by at most 0.4."
    ]


def test_new_lines_stand_in_canonical_order_beside_those_of_the_table():
    """Every array is aligned: sorted by SKU, channel, period, region, order and line, whatever was added."""
    lines = """
        sku channel period units price region order line
        A   amazon  1      2     5     .      O2    y
        A   amazon  1      2     6     .      O2    x
        A   amazon  1      2     7     .      O1    .
        A   amazon  0      2     8     north  .     .
        A   dtc     1      2     9     .      .     from
        A   dtc     1      2     10    .      .     z
        A   dtc     1      2     11    .      O9    a
        B   dtc     0      2     12    .      .     .
    """
    agreed = [ao.Retire("amazon", recapture=[ao.Recapture("dtc", 1.0, "original")])]
    facts, _ = revised(problem(supply=TABLES["supply"], demand=lines).facts, agreed)
    found = facts.lines
    told = list(zip(found.sku, found.channel, found.period, found.region, found.order, found.line, strict=True))
    assert told == sorted(told)
    assert found.line.tolist()[4:] == [
        "from amazon", "from", "from amazon/O1", "from amazon/O2/x", "from amazon/O2/y", "z", "a", "",
    ]  # fmt: skip
    assert found.price.tolist()[4:] == [8, 9, 7, 6, 5, 10, 11, 12]
    assert found.row.tolist()[4:] == [ANY, 4, ANY, ANY, ANY, 5, 6, 7]
    assert not found.price.flags.writeable


def test_without_such_a_clause_the_facts_are_the_very_same(tiny):
    """Nothing is copied where nothing changes."""
    facts, notes = revised(tiny.facts, [ao.Cap("dtc", units=3)])
    assert facts is tiny.facts
    assert notes == ()


def test_promises_to_a_retired_channel_lapse_and_are_listed():
    """What amazon was promised binds nobody any more; clauses keep their number; the plan says what is broken."""
    agreed = (
        ao.Protect("amazon", share=0.5),
        ao.Retire("amazon"),
        ao.SafetyStock("amazon"),
        ao.Protect("amazon", units=12, mode="serve"),
        ao.Cap("amazon", units=1),
        ao.Protect("dtc", units=4, sku="A", of="inbound", mode="serve"),
    )
    plan = plan_of(*agreed[:5])
    assert plan.objective == 75
    assert plan.broken == (
        Broken("protect channel amazon, share 0.5", "amazon", 0, 14.0),
        Broken("safety stock channel amazon", "amazon", 2, 0.0),
        Broken("protect channel amazon, units 12.0, mode serve", "amazon", 3, 15.0),
        Broken("commitments (min_units) of amazon, 1 line", "amazon", None, 3.0),
    )
    assert "Broken as amazon is retired: protect channel amazon, share 0.5: 14 units" in plan.summary()
    assert ao.Plan.from_dict(plan.to_dict()).broken == plan.broken
    assert plan_of().broken == ()
    clash = plan_of(*agreed)
    assert clash.status == "infeasible"
    assert [conflict.clause for conflict in clash.conflicts] == [5]


def test_who_cannot_be_promised_anything_is_refused_in_python():
    """Shares over 1, a channel that takes over from itself or twice, and one that is retired too, are faults."""
    for make, words in (
        (
            lambda: ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.7), ao.Recapture("shop", 0.4)]),
            "The shares recaptured of 'amazon' add up to 1.1, more than all of it.",
        ),
        (lambda: ao.Retire("amazon", recapture=[ao.Recapture("amazon", 0.1)]), "by 'amazon' itself"),
        (
            lambda: ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.1), ao.Recapture("dtc", 0.2, "original")]),
            "Recapture to 'dtc' is said twice",
        ),
        (
            lambda: ao.Contract("X", [ao.Retire("amazon", recapture=[ao.Recapture("dtc", 0.1)]), ao.Retire("dtc")]),
            "It lets 'dtc' take demand over, which the contract retires.",
        ),
        (lambda: ao.Contract("X", [ao.Retire("amazon"), ao.Retire("amazon", reason="so")]), "speaks of the same thing"),
    ):
        with pytest.raises(ao.ContractError) as caught:
            make()
        assert words in str(caught.value)


def test_unknown_receivers_are_named(tiny):
    """A channel that does not exist takes nothing over."""
    contract = ao.Contract("X", [ao.Retire("amazon", recapture=[ao.Recapture("dct", 0.1)])])
    with pytest.raises(ao.ContractError, match=r"There is no channel 'dct'\. Did you mean 'dtc'"):
        ao.allocate(tiny, contract)


def by_hand(facts: ao.Problem, clause: ao.Retire) -> ao.Problem:
    """Return the problem with the channel's demand and fixed cost at zero, and with the lines that others take over."""
    demand, channels = facts.demand, facts.channels
    off = demand["channel"] == clause.channel
    divisible = facts.skus.set_index("sku")["divisible"]
    rows = [SimpleNamespace(**row) for row in demand.to_dict("records")]
    added: list[dict[str, Any]] = []
    for part in clause.recapture:
        for sku in sorted(set(demand["sku"])):
            own = [row for row in rows if (row.channel, row.sku) == (part.to, sku)]
            mine = [row for row in rows if (row.channel, row.sku) == (clause.channel, sku) and row.units > 0]
            mine.sort(key=lambda row: (row.period, row.region, row.order, row.line))
            wanted = [part.share * row.units for row in mine]
            whole = wanted if divisible[sku] else largest_remainder([(sku, one) for one in wanted])
            for row, number in zip(mine, whole, strict=True):
                if own and number > 0:
                    price = row.price if part.price_from == "original" else receiving(own, row)
                    late = {key: getattr(row, key) for key in ("max_early", "max_late", "late_cost", "min_life")}
                    name = "/".join(["taken over", row.order, row.line])
                    new = {"sku": sku, "channel": part.to, "period": row.period, "region": row.region, "line": name}
                    added.append({**new, "units": number, "price": price, **late})
    for column in ("units", "min_units", "lost_cost"):
        demand[column] = demand[column].where(~off, 0.0)
    channels["fixed_cost"] = channels["fixed_cost"].where(channels["channel"] != clause.channel, 0.0)
    more = pd.DataFrame(added, columns=demand.columns)
    texts = {name: "" for name in ("order", "promotion", "reference") if name in more}
    zeros = dict.fromkeys(("min_units", "min_ship", "lost_cost", "sd"), 0.0)
    flags = dict.fromkeys(("firm", "all_or_none", "ship_from_one", "ship_together"), False)
    more = more.assign(**texts, **zeros, **flags).astype(demand.dtypes.to_dict())
    return facts.replace(demand=pd.concat([demand, more]) if len(more) else demand, channels=channels)


@few
@given(st.data(), problems())
def test_retiring_is_zero_demand_lapsed_promises_and_what_others_take_over(
    data: st.DataObject, facts: ao.Problem
) -> None:
    """The plan is worth what the problem without the channel's demand and fixed cost is, with new lines by hand."""
    assume(len(facts.demand))
    (clause,) = data.draw(clauses(facts, (ao.Retire,), most=1).filter(len))
    agreed = data.draw(clauses(facts, AS_STATED))
    kept = tuple(c for c in agreed if not (c.FAVOURS and c.channel == clause.channel))
    retired = ao.allocate(facts, ao.Contract("retired", clauses=[*agreed, clause]))
    expected = ao.allocate(by_hand(facts, clause), ao.Contract("by hand", clauses=kept))
    assert retired.status == expected.status
    if expected.status == "optimal":
        assert retired.objective == pytest.approx(expected.objective, rel=2e-6, abs=1e-5)
        gone = retired.channels.set_index("channel").loc[clause.channel]
        assert np.abs(gone[["demand", "units", "contribution"]].to_numpy(float)).max() == 0
