"""What needs a person: approvals and price parity, worked out by hand, and the table that they make."""

from __future__ import annotations

import json
import math
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from rich.console import Console
from tests.plan.books import rows
from tests.rules.small import problem, reported
from tests.strategies import cases

import allocopt as ao
from allocopt.cli.show_plan import show_plan
from allocopt.rules import Clause

few = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

ORDERS = {
    "channels": """
        channel   kind      owner return_rate
        wholesale wholesale Will  0
        dtc       dtc       .     0.5
    """,
    "supply": "sku node kind units\nA East on_hand 100\nB East on_hand 50",
    "demand": """
        sku channel   period units price order line
        A   wholesale 1      40    10    PO1   L1
        B   wholesale 0      10    20    PO1   L2
        A   wholesale 0      20    10    PO2   L7
        B   dtc       0      30    12    .     .
        A   dtc       0      5     60    PO1   .
    """,
}
"""Everything ships. PO1 of wholesale: 50 units, 600; PO2: 20 units, 200; dtc: 30 units, 180, and PO1: 5 units, 150."""


def plan_of(tables: dict[str, str], *said: Clause, **more: str) -> ao.Plan:
    """Return the plan under clauses."""
    return ao.allocate(problem(**tables).replace(**more), ao.Contract("watched", clauses=said))  # type: ignore[arg-type]


def short(plan: ao.Plan, *columns: str) -> list[tuple[object, ...]]:
    """Return some columns of what rules report as tuples."""
    return list(reported(plan)[list(columns)].itertuples(index=False, name=None))


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (ao.Approval(units=20), [("wholesale", "PO1", 50, 600), ("dtc", "", 30, 180)]),
        (ao.Approval(units=19.5, channel="wholesale"), [("wholesale", "PO1", 50, 600), ("wholesale", "PO2", 20, 200)]),
        (ao.Approval(value=180), [("wholesale", "PO1", 50, 600), ("wholesale", "PO2", 20, 200)]),
        (ao.Approval(value=149.99, channel="dtc"), [("dtc", "", 30, 180), ("dtc", "PO1", 5, 150)]),
        (
            ao.Approval(units=29, value=199),
            [("wholesale", "PO1", 50, 600), ("wholesale", "PO2", 20, 200), ("dtc", "", 30, 180)],
        ),
        (ao.Approval(units=50, value=600), []),
    ],
)
def test_orders_above_a_limit_are_reported_most_money_first(said, found):
    """Units or revenue net of returns of the whole order, a line without order by itself; the limit itself is free."""
    assert short(plan_of(ORDERS, said), "channel", "order", "units", "money") == found


def test_an_exception_says_who_what_when_and_how_much():
    """Blank stands where a row is about several SKUs or lines; the first of its periods is named."""
    plan = plan_of(ORDERS, ao.Cap("dtc", units=99), ao.Approval(units=15, value=500), currency="EUR")
    assert rows(reported(plan)) == [
        {
            "kind": "approval",
            "clause": 1,
            "owner": "Will",
            "channel": "wholesale",
            "sku": "",
            "order": "PO1",
            "line": "",
            "period": 0,
            "units": 50.0,
            "money": 600.0,
            "node": "",
            "cure": "Ask the owner to agree, or make the order smaller.",
            "sentence": "Order PO1 of wholesale ships 50 units worth 600.00 EUR: "
            "more than 15 units and 500.00 EUR needs approval.",
        },
        {
            "kind": "approval",
            "clause": 1,
            "owner": "Will",
            "channel": "wholesale",
            "sku": "A",
            "order": "PO2",
            "line": "L7",
            "period": 0,
            "units": 20.0,
            "money": 200.0,
            "node": "",
            "cure": "Ask the owner to agree, or make the order smaller.",
            "sentence": "Order PO2 of wholesale ships 20 units worth 200.00 EUR: more than 15 units needs approval.",
        },
        {
            "kind": "approval",
            "clause": 1,
            "owner": "",
            "channel": "dtc",
            "sku": "B",
            "order": "",
            "line": "",
            "period": 0,
            "units": 30.0,
            "money": 180.0,
            "node": "",
            "cure": "Ask the owner to agree, or make the order smaller.",
            "sentence": "Demand of dtc for B in period 0 ships 30 units worth 180.00 EUR: "
            "more than 15 units needs approval.",
        },
    ]


def test_the_owner_of_the_clause_comes_before_that_of_the_channel():
    """Who has to approve is the clause's to say, and two persons may have a limit each."""
    plan = plan_of(ORDERS, ao.Approval(units=40, owner="Ann"), ao.Approval(units=10, channel="wholesale"))
    assert short(plan, "owner", "order", "clause") == [("Ann", "PO1", 0), ("Will", "PO1", 1), ("Will", "PO2", 1)]
    with pytest.raises(ao.ContractError, match="speaks of the same thing"):
        ao.Contract("X", clauses=[ao.Approval(units=40), ao.Approval(units=50)])
    assert ao.Contract("X", clauses=[ao.Approval(units=40), ao.Approval(value=50)])


PRICES = {
    "channels": "channel owner\namazon Amy\ndtc Dan",
    "supply": "sku node kind units\nA East on_hand 100\nB East on_hand 4\nC East on_hand 9",
    "demand": """
        sku channel period units price region order
        A   amazon  0      10    12    .      .
        A   dtc     0      10    9     .      O1
        A   dtc     0      30    11    .      O2
        A   amazon  1      5     9     .      .
        A   dtc     1      5     10    .      .
        B   amazon  0      8     20    north  .
        B   amazon  0      2     30    south  .
        B   dtc     0      1     25    north  .
        B   dtc     0      1     22    .      .
        C   amazon  0      3     7     west   .
        C   dtc     0      3     5     east   .
        C   dtc     1      3     5     .      .
    """,
}
"""
A, period 0: 12 against (10 x 9 + 30 x 11) / 40 = 10.50: 14.3 % above, 10 units ship: 15.00.
A, period 1: 9 against 10: 10 % below, 5 units ship: 5.00.
B, north: 20 against 25 of the same region: 20 % below; B, south: 30 against 22 without a region: 36.4 % above.
Of the 4 B, amazon's south gets 2 and dtc, at 25 and 22, the others; north gets none: 2 x 8 = 16.00, and 0.00.
C: both state regions, and these differ; in period 1 amazon sells none: nothing to compare.
"""


@pytest.mark.parametrize(
    ("tolerance", "found"),
    [
        (0.0, [("B", 0, 2, 16), ("A", 0, 10, 15), ("A", 1, 5, 5), ("B", 0, 0, 0)]),
        (0.1, [("B", 0, 2, 16), ("A", 0, 10, 15), ("B", 0, 0, 0)]),
        (0.2, [("B", 0, 2, 16)]),
        (0.364, []),
    ],
)
def test_prices_too_far_apart_are_reported_by_what_is_sold_at_them(tolerance, found):
    """Mean prices weighted by units wanted; the tolerance itself is allowed; worth the difference on units shipped."""
    plan = plan_of(PRICES, ao.PriceParity("amazon", "dtc", tolerance))
    assert short(plan, "sku", "period", "units", "money") == found


def test_both_prices_are_in_the_sentence():
    """And the region, the difference and what is allowed; the channel's owner is asked."""
    plan = plan_of(PRICES, ao.PriceParity("amazon", "dtc", 0.125), currency="EUR")
    assert short(plan, "owner", "channel", "kind", "sentence") == [
        (
            *("Amy", "amazon", "price_parity"),
            "amazon sells B in period 0 in south at 30.00 EUR, dtc at 22.00 EUR: 8.00 EUR apart, with 12.5% allowed.",
        ),
        (
            *("Amy", "amazon", "price_parity"),
            "amazon sells A in period 0 at 12.00 EUR, dtc at 10.50 EUR: 1.50 EUR apart, with 12.5% allowed.",
        ),
        (
            *("Amy", "amazon", "price_parity"),
            "amazon sells B in period 0 in north at 20.00 EUR, dtc at 25.00 EUR: 5.00 EUR apart, with 12.5% allowed.",
        ),
    ]


def test_lines_without_a_region_are_held_against_all_regions_of_the_other_channel():
    """10 against (1 x 8 + 3 x 12) / 4 = 11 where the other channel sells by region only."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 100",
        "demand": """
            sku channel period units price region
            A   amazon  0      2     10    .
            A   dtc     0      1     8     north
            A   dtc     0      3     12    south
        """,
    }
    (row,) = rows(plan_of(tables, ao.PriceParity("amazon", "dtc")).exceptions)
    assert row["money"] == pytest.approx(2 * 1)
    assert row["sentence"] == "amazon sells A in period 0 at 10.00, dtc at 11.00: 1.00 apart."


LEAVING = {
    "channels": "channel owner return_rate fixed_cost\namazon Amy 0.5 500\ndtc Dan 0 0",
    "supply": "sku node kind units\nA East on_hand 100\nB East on_hand 50",
    "demand": """
        sku channel period units price min_units order line
        A   amazon  1      40    10    6         PO1   L1
        B   amazon  2      10    20    3         .     .
        A   amazon  0      20    10    0         .     .
        A   dtc     0      20    10    4         .     .
    """,
}
"""Amazon was promised 6 A of PO1, 6 x 10 x (1 - 0.5) = 30, and 3 B, 3 x 20 x (1 - 0.5) = 30; dtc keeps its promise."""
PROMISES = (ao.Protect("amazon", units=8, penalty=5), ao.Lock("amazon", "A", 7, owner="Ann", reason="by phone"))
"""8 units of A and of B at 5 each: 80; a lock has no price."""


@pytest.mark.parametrize("leaving", [ao.Retire, ao.KeepOrRetire])
@pytest.mark.parametrize("owner", ["", "Zoe"])
def test_a_promise_that_is_broken_is_told_to_its_owner(leaving, owner):
    """Whoever locked units, else who answers for the retirement, else the channel's owner; priced where it can be."""
    plan = plan_of(LEAVING, PROMISES[0], leaving("amazon", owner=owner), PROMISES[1], ao.Cap("dtc", units=99))
    told = owner or "Amy"
    assert short(plan, "owner", "order", "line", "sku", "period", "units", "money") == [
        (told, "", "", "", 0, 16, 80),
        (told, "PO1", "L1", "A", 1, 6, 30),
        (told, "", "", "B", 2, 3, 30),
        ("Ann", "", "", "", 0, 7, 0),
    ]
    assert set(short(plan, "kind", "clause", "channel")) == {("broken", 1, "amazon")}
    assert reported(plan)["sentence"].tolist() == [
        "amazon is retired, and a promise lapses: protect channel amazon, units 8.0, penalty 5.0: 16 units.",
        "Order PO1 of amazon was promised 6 units of A worth 30.00 and gets none: amazon is retired.",
        "Demand of amazon in period 2 was promised 3 units of B worth 30.00 and gets none: amazon is retired.",
        "amazon is retired, and a promise lapses: lock channel amazon, sku A, units 7.0, owner Ann, reason by phone: "
        "7 units.",
    ]


def test_a_channel_that_is_kept_has_nothing_broken():
    """Left open and kept, every promise holds and nobody is told anything."""
    tables = LEAVING | {"channels": LEAVING["channels"].replace("500", "0")}
    plan = plan_of(tables, ao.KeepOrRetire("amazon"), *PROMISES)
    assert plan.decisions == {"keep/amazon": True}
    assert reported(plan).empty


@few
@given(cases(kinds=(ao.Retire, ao.KeepOrRetire, ao.Protect, ao.Lock, ao.SafetyStock, ao.Service)))
def test_what_is_broken_is_what_the_plan_lists(case: tuple[ao.Problem, tuple[Clause, ...]]) -> None:
    """The rows about broken promises add up to those of `plan.broken`, channel by channel."""
    facts, said = case
    plan = ao.allocate(facts, ao.Contract("any", clauses=said))
    if not plan.solved:
        return
    expected: dict[str, float] = {}
    for broken in plan.broken:
        expected[broken.channel] = expected.get(broken.channel, 0.0) + broken.units
    found = plan.exceptions.query("kind == 'broken'").groupby("channel")["units"].sum()
    assert found.to_dict() == pytest.approx(expected)


def test_the_summary_and_the_terminal_tell_what_needs_a_person():
    """One line each for how many and the dearest; a table on the terminal, only where there are rows."""
    plan = plan_of(ORDERS, ao.Approval(units=20))
    assert (
        "2 exceptions need a person (2 approval); the first, for Will: Order PO1 of wholesale ships 50 units worth "
        "600.00: more than 20 units needs approval." in plan.summary().split("\n")
    )
    assert "All 2 exceptions that need a person" in shown(plan)
    assert "more than 20 units needs" in shown(plan)
    quiet = plan_of(ORDERS, ao.Approval(units=50))
    assert "exception" not in quiet.summary() + shown(quiet)


def shown(plan: ao.Plan) -> str:
    """Return what a plan looks like on a terminal of 80 columns."""
    told = StringIO()
    show_plan(plan, Console(file=told, width=80))
    return told.getvalue()


def test_exceptions_travel_with_the_plan(tmp_path: Path) -> None:
    """In JSON and in files, and the same afterwards."""
    plan = plan_of(PRICES, ao.PriceParity("amazon", "dtc"), ao.Approval(value=100))
    again = ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict(), allow_nan=False)))
    pd.testing.assert_frame_equal(again.exceptions, plan.exceptions)
    assert again.summary() == plan.summary()
    plan.to_csv(tmp_path)
    assert (tmp_path / "exceptions.csv").read_text().count("price_parity") == 4
    plan.to_excel(tmp_path / "plan.xlsx")
    sheet = pd.read_excel(tmp_path / "plan.xlsx", sheet_name="exceptions")
    assert sheet["what it is"].dropna().tolist() == plan.exceptions["sentence"].tolist()


@few
@given(cases(kinds=(ao.Approval, ao.PriceParity, ao.Service)))
def test_reports_steer_nothing(case: tuple[ao.Problem, tuple[Clause, ...]]) -> None:
    """The plan is the same without them, and what is reported is sorted by money."""
    facts, said = case
    said = tuple(clause for clause in said if not getattr(clause, "holds", False))
    plan = ao.allocate(facts, ao.Contract("any", clauses=said))
    silent = [clause for clause in said if isinstance(clause, ao.Service)]
    without = ao.allocate(facts, ao.Contract("any", clauses=silent))
    assert plan.status == without.status
    if plan.status == "optimal":
        pd.testing.assert_frame_equal(plan.allocation, without.allocation)
        money = plan.exceptions["money"]
        assert money.is_monotonic_decreasing
        assert set(reported(plan)["clause"].dropna()) <= {k for k, clause in enumerate(said) if clause not in silent}


@few
@given(cases(kinds=(ao.Approval, ao.PriceParity)))
def test_exceptions_are_what_the_tables_say(case: tuple[ao.Problem, tuple[Clause, ...]]) -> None:
    """Worked out again, row by row, from the demand table and what ships."""
    facts, said = case
    if any(isinstance(clause, ao.PriceParity) for clause in said):  # what waits counts in no mean price
        said = tuple(clause for clause in said if not getattr(clause, "holds", False))
    plan = ao.allocate(facts, ao.Contract("any", clauses=said))
    if plan.status != "optimal":
        return
    found = {
        (row["kind"], row["clause"], round(row["units"], 6), round(row["money"], 6)) for row in rows(reported(plan))
    }
    expected = {("promised_beyond", None, round(units, 6), round(money, 6)) for units, money in beyond(facts)}
    for number, clause in enumerate(said):
        make = approvals if isinstance(clause, ao.Approval) else parities
        expected |= {(clause.clause, number, round(u, 6), round(m, 6)) for u, m in make(facts, plan, clause)}  # type: ignore[attr-defined]
    assert found == expected


KEY = ("sku", "channel", "region", "order", "line")


def approvals(facts: ao.Problem, plan: ao.Plan, clause: ao.Approval) -> list[tuple[float, float]]:
    """Return units and revenue of the orders above a limit that are not approved: what ships of them, or is wanted."""
    orders: dict[object, list[float]] = {}
    agreed: dict[object, bool] = {}
    wanted = [row | {"due": row["period"], "revenue": row["units"] * row["price"]} for row in rows(facts.demand)]
    for row in wanted:
        agreed[order_of(row)] = agreed.get(order_of(row), True) and row["approved"]
    for row in wanted if clause.holds else rows(plan.allocation):
        if (clause.channel is None or row["channel"] in clause.whose) and not agreed[order_of(row)]:
            order = orders.setdefault(order_of(row), [0.0, 0.0])
            order[0] += row["units"]
            order[1] += row["revenue"]
    limits = [1e18 if limit is None else limit + 1e-5 for limit in (clause.units, clause.revenue)]
    return [(units, money) for units, money in orders.values() if units > limits[0] or money > limits[1]]


def order_of(row: dict[str, object]) -> object:
    """Return what a row is ordered with: a line without an order by itself."""
    line = (*(row[name] for name in KEY), row["due"])
    return (row["channel"], row["order"]) if row["order"] else line


def beyond(facts: ao.Problem) -> list[tuple[float, float]]:
    """Return units and worth of what was promised of lots beyond what is sure of them."""
    found = []
    whole = {row["sku"]: (not row["divisible"], row["unit_cost"]) for row in rows(facts.skus)}
    back = {row["channel"]: row["return_rate"] for row in rows(facts.channels)}
    for lot in rows(facts.supply):
        sure = lot["confidence"] * lot["units"]
        units = lot["reserved"] - (math.floor(sure + 1e-9) if whole[lot["sku"]][0] else sure)
        lines = [
            (d["units"], d["price"] * (1 - back[d["channel"]])) for d in rows(facts.demand) if d["sku"] == lot["sku"]
        ]
        total = sum(wanted for wanted, _ in lines)
        worth = sum(wanted * price for wanted, price in lines) / total if total else whole[lot["sku"]][1]
        if units > 1e-9:
            found.append((units, units * worth))
    return found


def parities(facts: ao.Problem, plan: ao.Plan, clause: ao.PriceParity) -> list[tuple[float, float]]:
    """Return units and worth of the prices too far apart."""
    lines = [line for line in rows(facts.demand) if line["units"] > 0]
    found = []
    for sku, period, region in sorted({(line["sku"], line["period"], line["region"]) for line in lines}):
        there = [line for line in lines if (line["sku"], line["period"]) == (sku, period)]
        mine = mean([line for line in there if (line["channel"], line["region"]) == (clause.channel, region)])
        against = [line for line in there if line["channel"] == clause.against]
        scopes = ({region}, {""} if region else {line["region"] for line in against})
        tried = [mean([line for line in against if line["region"] in scope]) for scope in scopes]
        other = next((price for price in tried if price is not None), None)
        if mine is not None and other is not None and abs(mine - other) > clause.tolerance * other + 1e-7:
            ships = plan.allocation.query("sku == @sku and due == @period and region == @region")
            units = ships.loc[ships["channel"] == clause.channel, "units"].sum()
            found.append((units, abs(mine - other) * units))
    return found


def mean(lines: list[dict[str, float]]) -> float | None:
    """Return the mean price weighted by units."""
    units = sum(line["units"] for line in lines)
    return sum(line["units"] * line["price"] for line in lines) / units if units else None
