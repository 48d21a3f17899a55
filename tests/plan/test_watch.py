"""What the plan as a whole shows that needs a person: each kind worked out by hand, and the packs' own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.rules.small import problem

import allocopt as ao

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def found(plan: ao.Plan, kind: str, **thresholds: Any) -> list[dict[str, Any]]:
    """Return the exceptions of a kind."""
    table = plan.find_exceptions(**thresholds) if thresholds else plan.exceptions
    return table[table["kind"] == kind].to_dict("records")


def planned(*clauses: Any, **tables: Any) -> ao.Plan:
    """Return the plan of small tables under clauses."""
    return ao.allocate(problem(**tables), ao.Contract("watched", clauses=clauses))


def test_the_quickstart_is_as_counted_by_hand() -> None:
    """40 units of PO-7001 earn 1,050 and cannot come later without being late; East's 50 units are used up."""
    plan = ao.allocate(ao.Problem.read(SCENARIOS / "quickstart"))
    assert plan.exceptions["kind"].tolist() == ["inbound", "capacity"]
    order, dock = plan.exceptions.to_dict("records")
    leaning = plan.allocation[plan.allocation["reference"] == "PO-7001"]
    assert (order["units"], order["money"]) == (leaning["units"].sum(), pytest.approx(leaning["contribution"].sum()))
    assert "PO-7001" in order["sentence"]
    assert (dock["node"], dock["period"], dock["units"], dock["money"]) == ("East", 1, 50, pytest.approx(5 * 9))
    assert plan.allocation.query("node == 'East' and ship == 1")["units"].sum() == 50
    assert plan.exceptions["cure"].ne("").all()


def test_one_more_hour_is_worth_what_it_says() -> None:
    """The multiplier at the quickstart's dock is what a unit more of it brings, by a plan with one more."""
    quick = ao.Problem.read(SCENARIOS / "quickstart")
    more = quick.capacity
    more.loc[(more["node"] == "East") & (more["period"] == 1), "limit"] += 1
    gain = ao.allocate(quick.replace(capacity=more)).objective - ao.allocate(quick).objective
    (dock,) = found(ao.allocate(quick), "capacity")
    assert f"one more unit is worth about {gain:,.2f} USD" in dock["sentence"]


@pytest.mark.parametrize("name", ["fixed_split", "launch_plan"])
def test_the_launch_is_as_its_tables_say(name: str) -> None:
    """Purchase orders by what ships of them when they arrive; idle reserves where somebody is short of what is kept."""
    facts = ao.Problem.read(SCENARIOS / "launch")
    files = {path.stem: path for path in (SCENARIOS / "launch" / "contracts").glob("*.yaml")}
    plan = ao.allocate(facts, ao.Contract.read(files[name]))
    leaning = plan.allocation.query("kind == 'inbound' and ship == available")
    late = facts.demand.set_index(["sku", "channel", "period", "region", "order", "line"])["max_late"]
    keys = list(leaning[["sku", "channel", "due", "region", "order", "line"]].itertuples(index=False, name=None))
    slack = leaning["due"] + late.loc[keys].to_numpy() - leaning["arrives"]
    falls = leaning[(slack < 1) | (leaning["ship"] + 1 >= facts.facts.periods)]
    counted = falls.groupby("reference")["units"].sum()
    told = {
        row["sentence"].split(",")[0].removeprefix("Purchase order "): row["units"] for row in found(plan, "inbound")
    }
    assert told == pytest.approx(counted[counted > 0].to_dict())
    kept, short = plan.stock.query("kept > 0"), plan.shortfalls
    for row in found(plan, "idle_reserve", each=None):
        mine = kept[(kept["sku"] == row["sku"]) & kept["kept_for"].str.contains(row["channel"])]["kept"].sum()
        others = short[(short["sku"] == row["sku"]) & (short["channel"] != row["channel"])]["units"].sum()
        assert 0 < row["units"] <= min(mine, others) + 1e-6
    caps = [clause for clause in plan.contract["clauses"] if clause["clause"] == "cap"]
    assert len(found(plan, "cap")) <= len(caps)


ONE = "sku node kind units\nA W on_hand 10"


def test_caps_that_bind_are_told_with_what_a_unit_more_is_worth() -> None:
    """Web earns 9 and is held to 4 of its 10: a unit more is worth 9 - 5, since dtc would get it."""
    plan = planned(
        ao.Cap("web", units=4), supply=ONE, demand="sku channel period units price\nA web 0 10 9\nA dtc 0 9 5"
    )
    (row,) = found(plan, "cap")
    assert (row["channel"], row["sku"], row["money"], row["clause"]) == ("web", "A", pytest.approx(4), 0)
    assert "about 4.00" in row["sentence"]
    assert not found(
        planned(ao.Cap("web", units=11), supply=ONE, demand="sku channel period units price\nA web 0 9 9"), "cap"
    )


def test_soft_clauses_that_are_broken_are_told_with_their_penalties() -> None:
    """Dtc at 1 should get 5 or 2 a unit is paid; web pays 9: 5 x 2 are paid, one row a clause."""
    demand = "sku channel period units price\nA dtc 0 5 1\nA web 0 10 9"
    plan = planned(ao.Protect("dtc", units=5, penalty=2, mode="serve"), supply=ONE, demand=demand)
    (row,) = found(plan, "soft_clause")
    assert (row["units"], row["money"], row["channel"], row["sku"]) == (5, 10, "dtc", "A")
    assert row["money"] == plan.channels["clause_penalties"].sum()


def test_commitments_from_lots_that_are_not_sure_are_at_risk() -> None:
    """8 are committed, 3 are sure: 5 come from a lot below confidence 1, at 10 each."""
    supply = "sku node kind units confidence\nA W on_hand 3 1\nA W inbound 10 0.8"
    plan = planned(supply=supply, demand="sku channel period units price min_units order\nA shop 0 9 10 8 O1")
    (row,) = found(plan, "commitment")
    assert (row["units"], row["money"], row["order"]) == (5, 50, "O1")
    assert not found(plan, "commitment", sure=0.5)


def test_inbound_that_can_slip_is_not_leaned_on() -> None:
    """PO1's 4 units are due when they come; of PO2 the line may wait a period, and nothing falls."""
    supply = "sku node kind units available reference\nA W inbound 4 1 PO1\nB W inbound 4 1 PO2"
    demand = "sku channel period units price max_late\nA dtc 1 4 10 0\nB dtc 1 3 10 1"
    plan = planned(supply=supply, demand=demand + "\nB dtc 3 1 10 0")
    told = found(plan, "inbound")
    assert [(row["sku"], row["units"], row["money"], row["period"]) for row in told] == [("A", 4, 40, 1)]


def test_what_expires_unsold_is_told_with_what_is_lost() -> None:
    """7 of 10 go off in period 1: 7 x 3."""
    supply = "sku node kind units expires\nA W on_hand 10 1"
    plan = planned(
        skus="sku unit_cost\nA 3", supply=supply, demand="sku channel period units price\nA dtc 0 3 9\nA dtc 2 1 9"
    )
    (row,) = found(plan, "expiring")
    assert (row["units"], row["money"], row["node"], row["period"]) == (7, 21, "W", 1)


def test_reserves_that_lie_idle_while_others_are_short_are_told() -> None:
    """Dtc keeps 6 and takes 1; web is short of 6 at 9: 5 lie idle, 45 are given up."""
    demand = "sku channel period units price\nA dtc 0 1 9\nA web 0 10 9"
    plan = planned(ao.Protect("dtc", units=6), supply=ONE, demand=demand)
    (row,) = found(plan, "idle_reserve")
    assert (row["channel"], row["units"], row["money"]) == ("dtc", 5, 45)
    enough = planned(
        ao.Protect("dtc", units=6), supply=ONE, demand="sku channel period units price\nA web 0 4 9\nA dtc 0 1 9"
    )
    assert not found(enough, "idle_reserve")


def test_promotions_that_want_the_same_units_collide() -> None:
    """X and Y want 8 of A each in period 0, of 10: 6 are short at 7; Z has B for itself."""
    supply = ONE + "\nB W on_hand 2"
    demand = "sku channel period units price promotion\nA dtc 0 8 9 X\nA web 0 8 7 Y\nB web 0 5 7 Z\nA web 1 3 1 Z"
    (row,) = found(planned(supply=supply, demand=demand), "promotions")
    assert (row["units"], row["money"], row["sku"], row["period"]) == (6, 42, "A", 0)
    assert "X and Y" in row["sentence"]


def test_full_docks_are_told_where_nobody_knows_their_price() -> None:
    """4 of 4 units are used and somebody is short, so an empty table would be a lie."""
    tables = {"supply": ONE, "demand": "sku channel period units price\nA web 0 10 9"}
    facts = problem(**tables, capacity="node period limit\nW 0 4")
    (row,) = found(ao.allocate(facts, ao.first_come()), "capacity")
    assert (row["node"], row["units"], row["money"]) == ("W", 4, 9)
    wide = problem(**tables, capacity="node period limit\nW 0 40")
    assert ao.allocate(wide, ao.first_come()).exceptions.empty


def test_a_page_holds_them_and_thresholds_are_arguments() -> None:
    """Of 30 orders the 19 dearest stand alone and the rest in one row that adds up; less money is left out if asked."""
    lines = "\n".join(f"A dtc 0 1 {10 + k} O{k}" for k in range(30))
    tables = {
        "supply": "sku node kind units\nA W on_hand 30",
        "demand": "sku channel period units price order\n" + lines,
    }
    plan = planned(ao.Approval(units=0.5), **tables)
    every = plan.find_exceptions(each=None)
    assert (len(plan.exceptions), len(every)) == (20, 30)
    assert plan.exceptions["money"].sum() == pytest.approx(every["money"].sum())
    assert "11 more of this kind" in plan.exceptions["sentence"].iloc[-1]
    assert len(plan.find_exceptions(least=30, each=None)) == 10
    for wrong in ({"each": 0}, {"least": -1}, {"more": float("nan")}):
        with pytest.raises(ValueError, match="makes no sense"):
            plan.find_exceptions(**wrong)
    for odd in ({"each": 1.5}, {"least": "much"}, {"most": 3}):
        with pytest.raises(TypeError):
            plan.find_exceptions(**odd)
    with pytest.raises(ao.SolveError, match="as they were written"):
        ao.Plan.from_dict(plan.to_dict()).find_exceptions()


def test_an_empty_table_says_that_nothing_is_wrong() -> None:
    """Enough of everything."""
    plan = planned(supply=ONE, demand="sku channel period units price\nA web 0 4 9")
    assert plan.exceptions.empty
    assert isinstance(plan.exceptions, pd.DataFrame)
