"""Every code has a case that can be solved by hand: one line, one reason, so many units."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.strategies import thrown

import allocopt as ao
from allocopt.rules.kit.shortage import CODES

BASE: dict[str, Any] = {
    "skus": [{"sku": "A", "unit_cost": 2.0}],
    "nodes": [{"node": "E"}],
    "channels": [{"channel": "dtc", "kind": "dtc"}, {"channel": "shop", "kind": "store"}],
    "supply": [{"sku": "A", "node": "E", "kind": "on_hand", "units": 20}],
    "demand": [{"sku": "A", "channel": "dtc", "period": 1, "units": 10, "price": 9.0}],
    "lanes": [{"node": "E", "channel": "dtc"}],
}


def lot(**more: Any) -> dict[str, Any]:
    """Return a lot of A at E."""
    return {"sku": "A", "node": "E", "kind": "on_hand", "units": 20} | more


def wants(**more: Any) -> dict[str, Any]:
    """Return a line of ten A in period 1."""
    return {"sku": "A", "channel": "dtc", "period": 1, "units": 10, "price": 9.0} | more


TWO = {"lanes": [{"node": "E", "channel": "dtc"}, {"node": "E", "channel": "shop"}]}
RANKED = {
    "demand": [wants(price=20.0, priority=2), wants(channel="shop", price=9.0, priority=1)],
    "supply": [lot(units=12)],
}
CASES: dict[str, tuple[dict[str, Any], list[Any], float]] = {
    "no_supply": ({"supply": [lot(units=4)]}, [], 6),
    "capacity": ({"capacity": [{"node": "E", "period": 1, "limit": 7}]}, [], 3),
    "lane_capacity": ({"lanes": [{"node": "E", "channel": "dtc", "capacity": 8}]}, [], 2),
    "no_lane": ({"lanes": [{"node": "E", "channel": "shop"}]}, [], 10),
    "too_late": ({"supply": [lot(kind="inbound", available=2)]}, [], 10),
    "expired": ({"supply": [lot(expires=0)]}, [], 10),
    "on_hold": ({"supply": [lot(hold=True)]}, [], 10),
    "safety_closed": ({"supply": [lot(kind="safety")]}, [], 10),
    "below_map": ({"skus": [{"sku": "A", "unit_cost": 2.0, "map_price": 10.0}]}, [], 10),
    "below_floor": ({}, [ao.MarginFloor("dtc", floor=0.9)], 10),
    "cap": ({}, [ao.Cap("dtc", units=4)], 6),
    "access": ({}, [ao.Access("dtc", kinds=("inbound",))], 10),
    "protected": (TWO | {"supply": [lot(units=12)]}, [ao.Protect("shop", units=5)], 3),
    "locked": ({}, [ao.Lock("dtc", sku="A", period=1, units=4, owner="Head of DTC", reason="agreed")], 6),
    "pack": ({"demand": [wants(pack=4)]}, [], 2),
    "min_ship": ({"demand": [wants(min_ship=10)], "supply": [lot(units=9)]}, [], 9),
    "all_or_none": ({"demand": [wants(all_or_none=True)], "supply": [lot(units=6)]}, [], 6),
    "one_parcel": (
        {
            "nodes": [{"node": "E"}, {"node": "W"}],
            "demand": [wants(ship_from_one=True)],
            "supply": [lot(units=6), lot(units=5, node="W")],
            "lanes": [{"node": "E", "channel": "dtc"}, {"node": "W", "channel": "dtc"}],
        },
        [],
        4,
    ),
    "lane_closed": ({"lanes": [{"node": "E", "channel": "dtc", "capacity": 0}]}, [], 10),
    "store_floor": ({"nodes": [{"node": "E", "kind": "store", "store_floor": 14}]}, [], 4),
    "share": (
        TWO | {"demand": [wants(), wants(channel="shop", units=4)]},
        [ao.MinShare("shop", 0.5)],
        6,
    ),
    "ratio": (
        {
            "skus": [{"sku": "A", "unit_cost": 2.0}, {"sku": "B", "unit_cost": 2.0}],
            "supply": [lot(), lot(sku="B", units=3)],
            "demand": [wants(order="O"), wants(sku="B", order="O")],
        },
        [ao.InRatio("dtc", {"A": 1, "B": 1})],
        7,
    ),
    "not_worth_it": ({"demand": [wants(price=1.0)]}, [], 10),
    "taken_by_better": (
        TWO | {"demand": [wants(), wants(channel="shop", price=20.0)], "supply": [lot(units=12)]},
        [],
        8,
    ),
    "tie": (TWO | {"demand": [wants(priority=2), wants(channel="shop", priority=1)], "supply": [lot(units=12)]}, [], 8),
}


FROM_TWO = {
    "nodes": [{"node": "E"}, {"node": "W"}],
    "supply": [lot(units=6), lot(units=5, node="W")],
    "lanes": [{"node": "E", "channel": "dtc"}, {"node": "W", "channel": "dtc"}],
}
VARIANTS: dict[str, tuple[dict[str, Any], list[Any], str, float, str]] = {
    "less life left than asked": (
        {"supply": [lot(expires=3)], "demand": [wants(min_life=4)]},
        [],
        "expired",
        10,
        "less life left",
    ),
    "lots of another reference": (
        {"supply": [lot(reference="PO1")], "demand": [wants(reference="PO2")]},
        [],
        "access",
        10,
        "one reference only",
    ),
    "sealed cases": ({"supply": [lot(pack=4)]}, [], "pack", 2, "sealed cases"),
    "a pack larger than the line": ({"supply": [lot(pack=12)]}, [], "pack", 10, "sealed cases"),
    "one parcel at most": (
        FROM_TWO | {"demand": [wants(order="O", max_parcels=1)]},
        [],
        "one_parcel",
        4,
        "no more parcels",
    ),
    "all in one period": (
        {
            "supply": [lot(units=6), lot(kind="inbound", units=9, available=2)],
            "demand": [wants(order="O", ship_together=True, max_late=2, late_cost=6.5)],
        },
        [],
        "one_parcel",
        4,
        "leaves in one period",
    ),
    "a parcel that costs more than it brings": (
        {"lanes": [{"node": "E", "channel": "dtc", "parcel_cost": 71.0}]},
        [],
        "not_worth_it",
        10,
        "lose money (-0.10 a unit at best)",
    ),
    "a cap over two channels": (
        TWO | {"demand": [wants(), wants(channel="shop", price=20.0)]},
        [ao.Cap(("dtc", "shop"), units=14)],
        "cap",
        6,
        "dtc, shop",
    ),
    "a closed lane": ({"lanes": [{"node": "E", "channel": "dtc", "capacity": 0}]}, [], "lane_closed", 10, "is closed"),
}
ABSENT: dict[str, tuple[dict[str, Any], list[Any], str]] = {
    "an order that waits": (
        {"demand": [wants(order="O")]},
        [ao.Approval(units=9, holds=True, owner="Ann")],
        "approval",
    ),
    "a retired channel": ({}, [ao.Retire("dtc")], "retired"),
    "a channel that is not worth its fixed cost": (
        {"channels": [{"channel": "dtc", "kind": "dtc", "fixed_cost": 500.0}, {"channel": "shop", "kind": "store"}]},
        [ao.KeepOrRetire("dtc")],
        "retired",
    ),
}


def plan_of(tables: dict[str, Any], agreed: list[Any], **how: Any) -> ao.Plan:
    """Return the plan of the base case with some tables otherwise."""
    return ao.allocate(ao.Problem.from_dict(BASE | tables), ao.Contract("Agreed", clauses=agreed, **how))


@pytest.mark.parametrize("code", CASES)
def test_a_code_is_said_where_it_is_the_cause(code: str) -> None:
    """The units that are short for it are those worked out by hand."""
    tables, agreed, units = CASES[code]
    short = plan_of(tables, agreed).shortfalls
    assert short.groupby("reason")["units"].sum().get(code) == units


@pytest.mark.parametrize("case", VARIANTS)
def test_rules_that_share_a_code_say_it_in_their_own_words(case: str) -> None:
    """Code, units and what the sentence says are those worked out by hand, and nothing else is short."""
    tables, agreed, code, units, words = VARIANTS[case]
    (row,) = plan_of(tables, agreed).shortfalls.to_dict("records")
    assert (row["reason"], row["units"]) == (code, units)
    assert words in row["sentence"]


@pytest.mark.parametrize("case", ABSENT)
def test_a_line_of_which_nothing_counts_says_why(case: str) -> None:
    """It is no shortfall, and whoever asks is told of which clause it is, with the units that it would want."""
    tables, agreed, code = ABSENT[case]
    plan = plan_of(tables, agreed)
    found = plan.explain("A", "dtc")
    (row,) = found.reasons.to_dict("records")
    assert plan.shortfalls.empty
    assert (row["reason"], row["units"], row["wanted"], row["clause"]) == (code, 10, 10, 0)
    assert row["owner"] == ("Ann" if code == "approval" else "")
    assert "none of them counts" in found.sentence


def test_a_line_of_a_promotion_that_does_not_run_says_so() -> None:
    """Run, the promotion would cost more than its units bring: the line that it would have made wants nothing."""
    tables = {"demand": [wants(promotion="P")]}
    promotion = ao.Promotion("P", uplift=1.0, discount=0.1, cost=500.0, stated="without", run="choose")
    plan = plan_of(tables, [promotion])
    assert plan.decisions == {"run/P": False}
    asked = [one for one in plan.answer.arcs.facts.lines.line.tolist() if one]
    found = plan.explain("A", "dtc", line=asked[0])
    (row,) = found.reasons.to_dict("records")
    assert (row["reason"], row["clause"], row["units"]) == ("promotion_off", 0, 20)


def test_a_plan_that_was_played_forward_proves_nothing() -> None:
    """Its short lines say honestly that nothing is re-solved."""
    problem = ao.Problem.from_dict(BASE | {"supply": [lot(units=4)]})
    drawn = ao.Scenario("Drawn", draws=ao.Draws(number=1, seed=1, demand=False, inbound=True))
    found = ao.compare(problem, [ao.pooled()], [drawn])
    (plan,) = [plan for plan in found.plans.values() if plan.played]
    (row,) = plan.shortfalls.to_dict("records")
    assert (row["reason"], row["units"]) == ("not_proven", row["wanted"] - 4)
    assert "played forward" in row["sentence"]


def test_ranks_come_before_money_where_a_stage_says_so() -> None:
    """By priority the shop is served first, although the other line pays more."""
    plan = ao.allocate(ao.Problem.from_dict(BASE | TWO | RANKED), ao.by_priority())
    (row,) = plan.shortfalls.to_dict("records")
    assert (row["channel"], row["reason"], row["units"]) == ("dtc", "rank", 8)
    (envied,) = plan.envy().to_dict("records")
    assert (envied["served_channel"], envied["envies"], envied["rule"]) == ("shop", "worth", "rank")


def test_who_came_first_has_it() -> None:
    """First come: the later line is short because of its turn."""
    tables = {"demand": [wants(arrived=0.5), wants(channel="shop", arrived=0.0)], "supply": [lot(units=12)]}
    plan = ao.allocate(ao.Problem.from_dict(BASE | TWO | tables), ao.first_come())
    (row,) = plan.shortfalls.to_dict("records")
    assert (row["channel"], row["reason"], row["units"]) == ("dtc", "turn", 8)


def test_what_money_decided_over_rank_is_told() -> None:
    """Without a stage that reads ranks, the line of rank 1 envies the one that pays more, and money is the rule."""
    plan = ao.allocate(ao.Problem.from_dict(BASE | TWO | RANKED))
    (envied,) = plan.envy().to_dict("records")
    assert (envied["channel"], envied["envies"], envied["rule"]) == ("shop", "rank", "worth")


def test_the_change_that_fills_a_line_is_the_cap_raised() -> None:
    """Six more units of the cap fill the line; the plan gains 7 a unit."""
    found = plan_of({}, [ao.Cap("dtc", units=4)]).explain("A", "dtc")
    assert (found.amount, found.gain) == (6.0, 42.0)
    assert "cap" in found.change
    assert found.stack["left"] + sum(v for k, v in found.stack.items() if k in ("stock", "hours", "clauses")) <= 7.0
    assert "6 of 10 wanted short" in str(found)


def test_a_line_that_is_served_says_from_where() -> None:
    """With one lot and one lane there is no other way: not to serve it would cost all that it earns."""
    found = plan_of({}, []).explain("A", "dtc")
    assert found.reasons.empty
    assert found.served["units"].tolist() == [10.0]
    assert found.next_best == 70.0


def test_why_not_says_what_it_costs_and_who_gets_less() -> None:
    """Serving the cheap line in full takes eight units from the dear one, at 11 each."""
    tables = TWO | {"demand": [wants(), wants(channel="shop", price=20.0)], "supply": [lot(units=12)]}
    found = plan_of(tables, []).why_not("A", "dtc", units=10)
    assert found.cost == pytest.approx(88.0)
    assert found.less["units"].tolist() == [8.0]
    with pytest.raises(ValueError, match="between 0 and the 10"):
        plan_of(tables, []).why_not("A", "dtc", units=11)


def test_questions_name_what_they_cannot_answer() -> None:
    """Unknown articles, no such line, several lines, and plans from files."""
    plan = plan_of({"demand": [wants(), wants(period=0)]}, [])
    for what, said in (({"sku": "B"}, "'B' is not"), ({"due": 7}, "no demand line"), ({}, "2 demand lines are meant")):
        with pytest.raises(ValueError, match=said):
            plan.explain(**({"sku": "A", "channel": "dtc"} | what))
    read = ao.Plan.from_dict(plan.to_dict())
    with pytest.raises(ao.SolveError, match="attach"):
        read.explain("A", "dtc")


def test_a_plan_that_was_read_shows_the_reasons_that_were_stored() -> None:
    """The table of reasons travels with the plan."""
    plan = plan_of({}, [ao.Cap("dtc", units=4)])
    read = ao.Plan.from_dict(plan.to_dict())
    assert read.shortfalls.equals(plan.shortfalls)
    assert "Short because of: cap (6 units" in plan.summary()


def test_every_code_says_something() -> None:
    """The closed set: a turn and a phrase each."""
    assert all(phrase and turn >= 0 for turn, phrase in CODES.values())
    assert set(CASES) <= set(CODES)


def test_the_command_line_explains_the_quickstart() -> None:
    """Text for people, JSON for machines; an unknown article ends with the exit code of bad input."""
    from typer.testing import CliRunner

    from allocopt.cli import BAD_INPUT, app

    asked = ["explain", "quickstart", "--sku", "MUG", "--channel", "amazon", "--quiet"]
    said = CliRunner().invoke(app, [*asked, "--json"])
    assert said.exit_code == 0
    (told,) = json.loads(said.stdout)
    assert [reason["reason"] for reason in told["reasons"]] == ["capacity"]
    assert (
        CliRunner().invoke(app, ["explain", "quickstart", "--sku", "X", "--channel", "amazon"]).exit_code == BAD_INPUT
    )


def test_reasons_are_found_beside_lots_that_are_shut():
    """A lot that expires too soon changes which rows packs have; what is short for packs is still told as that."""
    tables = {
        "skus": [{"sku": "A", "unit_cost": 6.0}],
        "nodes": [{"node": "N"}],
        "channels": [{"channel": "w", "kind": "wholesale"}],
        "lanes": [{"node": "N", "channel": "w"}],
        "supply": [
            {"sku": "A", "node": "N", "kind": "on_hand", "units": 11},
            {"sku": "A", "node": "N", "kind": "returns", "units": 10, "expires": 0},
        ],
        "demand": [
            {"sku": "A", "channel": "w", "period": 2, "units": 9, "price": 10.0, "pack": 4, "order": "O-1"},
            {"sku": "A", "channel": "w", "period": 2, "units": 3, "price": 9.0, "pack": 4},
        ],
    }
    plan = ao.allocate(ao.Problem.from_dict(tables))
    short = plan.shortfalls
    assert dict(zip(short["order"], short["reason"], strict=True)) == {"O-1": "pack", "": "pack"}
    assert dict(zip(short["order"], short["units"], strict=True)) == {"O-1": 1.0, "": 3.0}


@settings(max_examples=20)
@example(seed=200_111)
@example(seed=300_006)
@given(seed=st.integers(0, 10_000))
def test_every_short_line_is_explained(seed):
    """Whatever tables and clauses meet, each short line has an explanation whose reasons are those of the table."""
    problem, clauses = thrown(seed)
    plan = ao.allocate(problem, ao.Contract("Drawn", clauses=clauses))
    if not plan.solved:
        return
    lines = ["sku", "channel", "region", "order", "line", "due"]
    for _, rows in plan.shortfalls.groupby(lines, sort=False, dropna=False):
        row = rows.iloc[0]
        asked = {name: row[name] or None for name in ("order", "line")}
        try:
            told = plan.explain(sku=row["sku"], channel=row["channel"], due=int(row["due"]), **asked)
        except ValueError:  # regions tell several lines apart
            continue
        assert told.reasons["units"].sum() == pytest.approx(row["wanted"] - row["served"])
        assert str(told).startswith(told.sentence)


@pytest.mark.parametrize(
    ("clause", "code"),
    [(ao.Approval(units=5, holds=True, owner="Ann"), "approval"), (ao.Retire("dtc"), "retired")],
)
def test_lines_that_a_clause_leaves_out_are_told_so(clause: Any, code: str) -> None:
    """A line that waits, or whose channel is given up, wants something all the same: the clause is named."""
    plan = ao.allocate(ao.Problem.from_dict(BASE), ao.Contract("Agreed", clauses=[clause]))
    told = plan.explain(sku="A", channel="dtc")
    assert "10 wanted" in told.sentence
    assert code in str(told)
    assert clause.words() in str(told)


def test_a_plan_that_was_played_claims_nothing_of_other_ways() -> None:
    """Nothing is re-solved of it, so neither what a line would cost nor that it cannot be served is said."""
    tables = BASE | {"demand": [wants(), wants(period=0)]}
    luck = ao.Scenario("Luck", changes=[ao.Put("demand.sd", to=1)], draws=ao.Draws(number=1, seed=1))
    played = ao.compare(ao.Problem.from_dict(tables), [ao.pooled()], [luck]).plan("Luck", "Pooled", 0)
    assert played.played
    told = played.explain(sku="A", channel="dtc", due=0)
    assert "no other way" not in told.sentence
    assert np.isnan(told.next_best)
    with pytest.raises(ao.SolveError, match="played forward"):
        played.why_not(sku="A", channel="dtc", due=0)


def test_an_unknown_name_in_a_question_is_answered_with_the_nearest() -> None:
    """A slip of the keyboard costs no search through the tables."""
    plan = ao.allocate(ao.Problem.from_dict(BASE))
    with pytest.raises(ValueError, match="did you mean 'dtc'"):
        plan.explain(sku="A", channel="dtcc")
    twice = ao.allocate(ao.Problem.from_dict(BASE | {"demand": [wants(order="a"), wants(order="b")]}))
    with pytest.raises(ValueError, match=r"Say order= as well"):
        twice.explain(sku="A", channel="dtc", due=1)
