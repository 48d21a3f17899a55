"""Reasons found by exchanges and proofs for many lines at once are those of one re-solve for each question."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.explain.test_reasons import clauses, problems

import allocopt as ao
from allocopt.explain.exchange import Answers, Exchange
from allocopt.explain.rounds import Rounds
from allocopt.explain.search import Search

KEYS = ["sku", "channel", "due"]


def nothing(self: Rounds) -> Answers:
    """Return that exchanges bring nothing, and prove nothing."""
    size = len(self.lines)
    none = np.zeros(0, dtype=np.intp)
    zero, inf = np.zeros(size), np.full(size, np.inf)
    return Answers(zero, zero, zero, inf, np.zeros(size, dtype=bool), none, none, np.zeros(0))


def slowly(plan: ao.Plan):
    """Return the shortfalls of a plan where every question is re-solved by itself, and nothing is proven before."""
    with (
        patch.object(Exchange, "bounded", lambda self, ways, lines, lifted: np.full(len(lines), np.inf)),
        patch.object(Rounds, "answers", nothing),
        patch.object(Search, "_idle", lambda self, asked, promise: np.zeros(len(asked), dtype=bool)),
        patch.object(Search, "_proven", lambda self, line: np.inf),
    ):
        return plan.shortfalls


@settings(max_examples=40)
@given(tables=problems(), agreed=clauses())
def test_many_lines_at_once_have_the_reasons_of_each_by_itself(tables, agreed):
    """Code by code the lines are short of the same units.

    But where equal lines may give way to each other, and where several things keep the same units only together: each
    of them is then a reason, and which is told first and which besides it is open.
    """
    contract = ao.Contract("Agreed", clauses=agreed)
    plan = ao.allocate(ao.Problem.from_dict(tables), contract)
    if not plan.solved:
        return
    slow, fast = slowly(ao.allocate(ao.Problem.from_dict(tables), contract)), plan.shortfalls
    each = [found.groupby([*KEYS, "reason"])["units"].sum() for found in (slow, fast)]
    assume("tie" not in {*slow["reason"], *fast["reason"]})
    assume(not any("Besides, " in said for said in (*slow["sentence"], *fast["sentence"])))
    assert each[0].to_dict() == pytest.approx(each[1].to_dict())


@settings(max_examples=25)
@given(tables=problems(), agreed=clauses(), data=st.data())
def test_a_line_by_itself_is_told_what_the_table_says(tables, agreed, data):
    """Asked alone, before anything else, a line has the reasons that it has among all."""
    contract = ao.Contract("Agreed", clauses=agreed)
    plan, other = (ao.allocate(ao.Problem.from_dict(tables), contract) for _ in range(2))
    if not plan.solved or plan.shortfalls.empty:
        return
    row = plan.shortfalls.iloc[data.draw(st.integers(0, len(plan.shortfalls) - 1))]
    alone = other.explain(row["sku"], row["channel"], due=int(row["due"])).reasons
    mine = plan.shortfalls[(plan.shortfalls[KEYS] == row[KEYS]).all(axis=1)]
    assert alone[["reason", "units", "sentence"]].to_dict("records") == mine[["reason", "units", "sentence"]].to_dict(
        "records"
    )


def short(**tables: object) -> dict[tuple[str, float], str]:
    """Return the code and units of each reason of a plan's short lines, with what it says."""
    agreed = tables.pop("agreed", ())
    nodes, channels = (
        [{"node": "E"}, {"node": "W"}],
        [{"channel": "dtc", "kind": "dtc"}, {"channel": "b2b", "kind": "wholesale"}],
    )
    facts = ao.Problem.from_dict(
        {"skus": [{"sku": "A", "unit_cost": 0.0}], "nodes": nodes, "channels": channels, **tables}
    )
    found = ao.allocate(facts, ao.Contract("Agreed", clauses=agreed)).shortfalls
    return {(row.reason, row.units): row.sentence for row in found.itertuples()}


def test_stock_that_comes_too_late_is_a_reason_also_where_there_is_not_enough_of_it():
    """Of seven that are wanted six come too late, and one earns more elsewhere: the line lacks no stock."""
    supply = [
        {"sku": "A", "node": "E", "kind": "on_hand", "units": 1},
        {"sku": "A", "node": "E", "kind": "inbound", "available": 2, "units": 6},
    ]
    demand = [
        {"sku": "A", "channel": "dtc", "period": 1, "units": 7, "price": 2.0},
        {"sku": "A", "channel": "b2b", "period": 0, "units": 1, "price": 3.0},
    ]
    lanes = [{"node": "E", "channel": channel} for channel in ("dtc", "b2b")]
    said = short(supply=supply, demand=demand, lanes=lanes)
    assert said.keys() == {("too_late", 6.0), ("taken_by_better", 1.0)}
    assert "6 units of A at E (inbound, usable from 2)" in said["too_late", 6.0]


def test_a_reserve_is_the_reason_also_for_what_pays_less_than_the_line():
    """Of three units in reserve one goes to a line that pays less: none of them earns more elsewhere."""
    demand = [
        {"sku": "A", "channel": "dtc", "period": 1, "units": 3, "price": 3.0},
        {"sku": "A", "channel": "b2b", "period": 0, "units": 1, "price": 2.0},
    ]
    said = short(
        supply=[{"sku": "A", "node": "W", "kind": "on_hand", "units": 3}],
        demand=demand,
        lanes=[{"node": "W", "channel": channel} for channel in ("dtc", "b2b")],
        agreed=[ao.Protect("b2b", units=3.0, of="supply")],
    )
    assert said.keys() == {("protected", 3.0)}


def test_a_reserve_is_the_reason_also_where_another_line_that_is_served_in_part_lacks_something_else():
    """What two lines of an article lack is not tried for both of them at once where each has something to give up."""
    demand = [
        {"sku": "A", "channel": "dtc", "period": 0, "units": 2, "price": 3.0},
        {"sku": "A", "channel": "b2b", "period": 0, "units": 2, "price": 2.0},
    ]
    said = short(
        supply=[
            {"sku": "A", "node": "E", "kind": "on_hand", "units": 2},
            {"sku": "A", "node": "E", "kind": "inbound", "available": 1, "units": 1},
        ],
        demand=demand,
        lanes=[{"node": "E", "channel": channel} for channel in ("dtc", "b2b")],
        agreed=[ao.Protect("b2b", units=1.0, of="supply")],
    )
    assert said.keys() == {("protected", 1.0), ("too_late", 1.0)}


def test_lines_of_several_regions_are_told_apart():
    """Lines that differ in their region alone can be asked about one by one, and the message says how."""
    demand = [
        {"sku": "A", "channel": "dtc", "period": 0, "region": region, "units": 2, "price": price}
        for region, price in (("north", 3.0), ("south", 2.0))
    ]
    plan = ao.allocate(
        ao.Problem.from_dict(
            {
                "skus": [{"sku": "A", "unit_cost": 0.0}],
                "nodes": [{"node": "E"}],
                "channels": [{"channel": "dtc", "kind": "dtc"}],
                "supply": [{"sku": "A", "node": "E", "kind": "on_hand", "units": 1}],
                "demand": demand,
                "lanes": [{"node": "E", "channel": "dtc"}],
            }
        )
    )
    with pytest.raises(ValueError, match=r"2 demand lines are meant: .* Say region= as well"):
        plan.explain("A", "dtc")
    assert plan.explain("A", "dtc", region="south").reasons["units"].sum() == 2
    assert plan.why_not("A", "dtc", region="south", units=1).cost == pytest.approx(1.0)
    with pytest.raises(ValueError, match=r"no demand line has .*region='west'"):
        plan.explain("A", "dtc", region="west")


def test_stock_that_could_not_come_in_time_by_any_date_needs_a_faster_lane():
    """Stock of period 1 that is two periods under way is three late: one of them is its own, two are the lane's."""
    plan = ao.allocate(
        ao.Problem.from_dict(
            {
                "skus": [{"sku": "A", "unit_cost": 0.0}],
                "nodes": [{"node": "E"}],
                "channels": [{"channel": "dtc", "kind": "dtc"}],
                "supply": [{"sku": "A", "node": "E", "kind": "inbound", "available": 1, "units": 5}],
                "demand": [
                    {"sku": "A", "channel": "dtc", "period": period, "units": 2, "price": 3.0} for period in (0, 4)
                ],
                "lanes": [{"node": "E", "channel": "dtc", "lead": 2}],
            }
        )
    )
    change = plan.explain("A", "dtc", due=0).change
    assert change.endswith(" 1 period earlier, over a lane that takes 2 periods less")
