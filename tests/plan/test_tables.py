"""The tables of a plan: their columns, that they add up, and that what they say is true."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from tests import strategies
from tests.plan.books import COSTS, broken_promises, profit_and_loss
from tests.rules.small import problem

import allocopt as ao
from allocopt.plan.making import TABLES
from allocopt.plan.tables import BLANKS, TEXTS, WHOLE, records
from allocopt.problem.schema import NEEDED

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart"
CENT = 0.005
MONEY = ("revenue", *COSTS, "contribution")


@pytest.fixture(scope="module")
def plan() -> ao.Plan:
    """The plan that the quickstart's README works out by hand."""
    return ao.allocate(ao.Problem.read(QUICKSTART))


def test_columns_are_those_of_the_documentation(plan: ao.Plan) -> None:
    """Tables have the documented columns, in their order."""
    assert list(plan.allocation) == [
        *("lot", "sku", "node", "kind", "available", "reference", "lane", "channel", "region", "order", "line"),
        *("due", "ship", "arrives", "late", "units", "parcel", "revenue", "contribution"),
    ]
    assert list(plan.channels) == [
        *("channel", "demand", "units", "fill_rate", "revenue", "fees", "goods", "lanes", "parcels"),
        *("returns", "penalties", "fixed_cost", "holding", "write_down", "contribution", "margin", "clause_penalties"),
    ]
    assert list(plan.shortfalls) == [
        *("sku", "channel", "region", "order", "line", "due", "wanted", "served", "units", "reason", "sentence"),
        *("worth", "clause", "what", "owner"),
    ]


def test_the_profit_and_loss_is_that_of_the_readme(plan: ao.Plan) -> None:
    """The numbers worked out by hand are the numbers of the tables."""
    table = plan.channels.set_index("channel")
    assert table["units"].to_dict() == {"amazon": 40, "dtc": 130, "wholesale": 90, "company": 0}
    assert table["contribution"].to_dict() == pytest.approx(
        {"amazon": 590, "dtc": 1165, "wholesale": 720, "company": -60}
    )
    assert table["fill_rate"]["dtc"] == pytest.approx(130 / 150)
    assert table["margin"]["amazon"] == pytest.approx(590 / 2000)
    assert table.loc["wholesale", "penalties"] == pytest.approx(10)
    assert table.loc["company", "write_down"] == pytest.approx(60)
    assert table.loc["company", ["fill_rate", "margin"]].isna().all()


def test_shortfalls_are_what_is_not_served(plan: ao.Plan) -> None:
    """Every line that does not get everything is listed with what is missing, and no other line is."""
    short = plan.shortfalls.set_index(["sku", "channel", "due"])["units"].to_dict()
    assert short == {("LAMP", "dtc", 1): 20, ("LAMP", "wholesale", 0): 10, ("MUG", "amazon", 1): 10}
    assert (plan.shortfalls["wanted"] - plan.shortfalls["served"] == plan.shortfalls["units"]).all()
    assert plan.shortfalls["reason"].tolist() == ["capacity", "too_late", "capacity"]


@pytest.mark.parametrize("name", TABLES)
def test_types_do_not_depend_on_rows(plan: ao.Plan, name: str) -> None:
    """Texts are texts, periods whole numbers, and all else floats, in empty tables too."""
    nothing = ao.Problem(**dict.fromkeys(NEEDED, pd.DataFrame()))
    for table in (getattr(plan, name), getattr(ao.allocate(nothing), name)):
        kinds = table.dtypes.astype(str).to_dict()
        whole = dict.fromkeys(WHOLE, "int64") | dict.fromkeys(BLANKS, "Int64")
        assert kinds == {c: "str" if c in TEXTS else whole.get(c, "float64") for c in table}


def assert_books(case: ao.Problem, plan: ao.Plan) -> None:
    """Hold that the profit and loss adds up, and that it is what the allocation and the tables come to."""
    table = plan.channels.set_index("channel")
    table["otif"] = table.get("otif", 0.0)  # a column where something is charged
    costs = table[list(COSTS)].sum(axis=1)
    assert (table["revenue"] - costs - table["contribution"]).abs().max() < CENT
    total = table["contribution"].sum() - table["clause_penalties"].sum()
    assert abs(total - plan.objective) < CENT * len(table)
    assert plan.contribution == pytest.approx(table["contribution"].sum())
    book = profit_and_loss(case, plan.allocation).loc[table.index]
    pd.testing.assert_frame_equal(
        table[["units", *MONEY]], book[["units", *MONEY]], check_names=False, rtol=1e-9, atol=CENT
    )
    wanted = case.demand.groupby("channel")["units"].sum().reindex(table.index, fill_value=0.0)
    assert (wanted - table["demand"]).abs().max() < 1e-9
    short = plan.shortfalls.groupby("channel")["units"].sum().reindex(table.index, fill_value=0.0)
    assert (table["demand"] - table["units"] - short).abs().max() < 1e-6


def test_the_books_of_the_quickstart_add_up(plan: ao.Plan) -> None:
    """Kept a second time from the tables, the books are the same."""
    assert_books(ao.Problem.read(QUICKSTART), plan)


@settings(max_examples=30, deadline=None)
@given(strategies.cases(kinds=strategies.AS_STATED))
def test_books_add_up(case: tuple[ao.Problem, tuple[ao.rules.Clause, ...]]) -> None:
    """For any problem and clauses, the books kept a second time are the same, and nothing is oversold."""
    facts, clauses = case
    plan = ao.allocate(facts, ao.Contract("any", clauses=clauses))
    assert plan.status in ("optimal", "infeasible")
    if plan.status == "optimal":
        assert_books(facts, plan)
        assert not broken_promises(facts, plan.allocation)


REASONS = {
    "no_lane": {"lanes": "node channel\nEast web"},
    "on_hold": {"supply": "sku node kind units hold\nA East on_hand 5 true"},
    "no_supply": {"supply": "sku node kind units reserved\nA East on_hand 5 5"},
    "too_late": {"supply": "sku node kind units available\nA East inbound 5 2"},
    "expired": {"supply": "sku node kind units expires\nA East on_hand 5 0"},
    "safety_closed": {"supply": "sku node kind units\nA East safety 5"},
    "pack": {"skus": "sku pack\nA 12", "channels": "channel kind\ndtc wholesale\nweb dtc"},
    "below_map": {"skus": "sku map_price\nA 11"},
}


@pytest.mark.parametrize("reason", REASONS)
def test_physics_name_their_reasons(reason: str) -> None:
    """A line that nothing can reach says why."""
    tables = {
        "supply": "sku node kind units\nA East on_hand 5",
        "demand": "sku channel period units price\nA dtc 1 4 10",
        "channels": "channel\ndtc\nweb",
    } | REASONS[reason]
    short = ao.allocate(problem(**tables)).shortfalls
    (row,) = short.to_dict("records")
    assert row["reason"] == reason
    assert row["sentence"].endswith(".")


def test_changing_a_returned_table_does_not_change_the_plan(plan: ao.Plan) -> None:
    """Tables are the reader's to keep."""
    for name in ("allocation", "channels", "shortfalls"):
        before = getattr(plan, name)
        mine = getattr(plan, name)
        mine["units"] = -1.0
        mine.iloc[0, 0] = "spoilt"
        pd.testing.assert_frame_equal(getattr(plan, name), before)


def test_clauses_that_close_ways_for_the_same_reason_are_all_told() -> None:
    """Two clauses may take arcs for one reason; both lines say it, and the table of reasons adds them up."""
    facts = problem(
        skus="sku unit_cost\nA 7",
        supply="sku node kind units\nA East on_hand 5",
        demand="sku channel period units price\nA dtc 0 4 8\nA web 0 3 8",
    )
    floors = [ao.MarginFloor("dtc", floor=0.5), ao.MarginFloor("web", floor=0.5)]
    plan = ao.allocate(facts, ao.Contract("Floors", clauses=floors))
    short = plan.shortfalls
    assert short["reason"].tolist() == ["below_floor", "below_floor"]
    assert short["clause"].tolist() == [0, 1]
    assert plan.answer is not None
    arcs = plan.answer.arcs
    (row,) = arcs.exclusions.table(facts.facts.lines.units, arcs.served).to_dict("records")
    assert (row["candidates"], row["lines"], row["lines_shut_out"], row["units_shut_out"]) == (2, 2, 2, 7)


def test_records_are_json_whatever_is_in_a_table() -> None:
    """What is no number, or not a finite one, becomes null, and whole numbers and truth values stay what they are."""
    row = {"name": "A", "periods": 2, "sure": True, "low": -math.inf, "high": math.inf, "mean": math.nan, "units": 0.5}
    (told,) = records(pd.DataFrame([row]))
    nothing = dict.fromkeys(("low", "high", "mean"))
    assert json.loads(json.dumps(told, allow_nan=False)) == row | nothing
