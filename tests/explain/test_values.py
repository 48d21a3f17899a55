"""Values of limits: by hand, concave where programs are linear, and against whole re-solves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.strategies import LINEAR, tables

import allocopt as ao

SHOP = {
    "skus": [{"sku": "S"}],
    "nodes": [{"node": "W"}],
    "channels": [{"channel": "web"}, {"channel": "shop"}],
    "supply": [{"sku": "S", "node": "W", "kind": "on_hand", "units": 12}],
    "demand": [
        {"sku": "S", "channel": "web", "period": 0, "price": 20.0, "units": 10},
        {"sku": "S", "channel": "shop", "period": 0, "price": 10.0, "units": 10},
    ],
    "lanes": [{"node": "W", "channel": "web"}, {"node": "W", "channel": "shop"}],
}
LOT = "S/W/on_hand/0"


def planned(contract=None, **changed):
    """Return the plan of twelve units that the web wants at 20 and the shop at 10."""
    return ao.allocate(ao.Problem.from_dict(SHOP | changed), contract)


def row_of(plan, kind):
    """Return the one row of a kind."""
    found = plan.values
    return found[found["kind"] == kind].iloc[0]


def test_one_more_unit_of_a_lot_is_worth_what_the_next_line_pays():
    """The last unit and the next one go to the shop, at 10; twelve of twelve are used."""
    row = row_of(planned(), "lot")
    assert row[["price", "one_more", "one_less", "low", "high", "used", "limit"]].tolist() == pytest.approx(
        [10.0, 10.0, 10.0, 10.0, 10.0, 12.0, 12.0]
    )
    assert row["what"] == LOT


def test_the_last_unit_that_anybody_wants_is_worth_more_than_the_next():
    """With twenty wanted and twenty there, one less costs 10 and one more brings nothing but its write-down."""
    supply = [SHOP["supply"][0] | {"units": 20, "unit_cost": 3.0, "end_value": 1.0}]
    row = row_of(planned(supply=supply), "lot")
    assert (row["one_more"], row["one_less"]) == (pytest.approx(-2.0), pytest.approx(7.0))
    assert row["one_more"] - 1e-9 <= row["price"] <= row["one_less"] + 1e-9
    assert (row["low"], row["high"]) == (row["one_more"], row["one_less"])


def test_capacity_lanes_clauses_and_commitments_have_values():
    """Eleven hands, ten over the lane to the web, nine for the web by contract, and one unit promised to the shop."""
    more = {
        "capacity": [{"node": "W", "period": 0, "limit": 11}],
        "lanes": [SHOP["lanes"][0] | {"capacity": 10}, SHOP["lanes"][1]],
        "demand": [SHOP["demand"][0], SHOP["demand"][1] | {"min_units": 2}],
    }
    plan = planned(ao.Contract("Capped", clauses=[ao.Cap("web", units=9)]), **more)
    kinds = plan.values.set_index("kind")
    assert kinds.loc["capacity", ["one_more", "one_less"]].tolist() == pytest.approx([10.0, 20.0])
    assert kinds.loc["clause", ["one_more", "one_less"]].tolist() == pytest.approx([0.0, 10.0])
    assert kinds.loc["lane", ["one_more", "one_less"]].tolist() == pytest.approx([0.0, 0.0])
    assert kinds.loc["commitment", ["one_more", "one_less"]].tolist() == pytest.approx([-10.0, 0.0])
    assert kinds.loc["capacity", "what"] == "W, period 0, units"
    assert plan.value_of(capacity=("W", 0, "units"), units=1).value == pytest.approx(10.0)
    assert plan.value_of(lane="W>web", units=-3).value == pytest.approx(-20.0)
    assert plan.value_of(clause=0, units=-2).value == pytest.approx(-20.0)
    assert plan.value_of(lot=LOT, units=-2).value == pytest.approx(-20.0)


def test_where_one_less_leaves_no_plan_it_costs_infinitely_much():
    """All that is there is promised: a unit less breaks the promise."""
    row = row_of(planned(demand=[SHOP["demand"][0], SHOP["demand"][1] | {"min_units": 10, "price": 30.0}]), "lot")
    assert np.isfinite(row["one_less"])
    supply = [SHOP["supply"][0] | {"units": 10}]
    row = row_of(planned(supply=supply, demand=[SHOP["demand"][1] | {"min_units": 10}]), "lot")
    assert row["one_less"] == row["high"] == np.inf


@settings(max_examples=40)
@given(drawn=tables(LINEAR - {"zeros"}, skus=2))
def test_values_of_linear_programs_are_concave(drawn):
    """Divisible goods: one more unit is worth at most the multiplier, one less costs at least that."""
    for sku in drawn["skus"]:
        sku["divisible"] = True
    plan = ao.allocate(ao.Problem.from_dict(drawn))
    if not plan.solved:
        return
    found = plan.values
    room = 2e-3 + 1e-7 * max(1.0, abs(plan.objective))
    assert (found["one_more"] <= found["price"] + room).all()
    less = found["one_less"].fillna(np.inf)
    assert (found["price"] <= less + room).all()


@settings(max_examples=25)
@given(drawn=tables({"late", "lead", "lost_cost", "fees", "end_value", "holding", "store_floor"}, skus=2))
def test_values_of_lots_are_those_of_whole_re_solves(drawn):
    """Where nothing couples, one unit more in the table of supply changes the plan by what the value says."""
    problem = ao.Problem.from_dict(drawn)
    plan = ao.allocate(problem)
    if not plan.solved:
        return
    lots = plan.values[lambda frame: frame["kind"] == "lot"]
    for name, one_more in lots[["what", "one_more"]].values.tolist():
        price = plan.value_of(lot=name, units=1)
        assert one_more == pytest.approx(price.value, abs=2e-3 + 2e-6 * abs(plan.objective))
        assert price.low - 1e-6 <= price.value <= price.high + 1e-6


@settings(max_examples=20)
@given(drawn=tables(LINEAR, skus=2), units=st.sampled_from([-2, 1, 5]))
def test_a_changed_capacity_is_worth_what_other_tables_say(drawn, units):
    """`value_of` a capacity is the difference to the problem whose table says so."""
    problem = ao.Problem.from_dict(drawn)
    plan = ao.allocate(problem)
    if not plan.solved or not drawn.get("capacity"):
        return
    row = drawn["capacity"][0]
    if row["limit"] + units < 0:
        return
    row["limit"] += units
    other = ao.allocate(ao.Problem.from_dict(drawn))
    price = plan.value_of(capacity=(row["node"], row["period"], row.get("resource") or "units"), units=units)
    if other.solved:
        room = 2e-6 * max(1.0, abs(plan.objective))
        assert price.value == pytest.approx(other.objective - plan.objective, abs=room)
        assert price.low - room <= other.objective - plan.objective <= price.high + room
    else:
        assert np.isnan(price.value)


def test_questions_that_make_no_sense_are_refused():
    """One thing at a time, by the names of the tables, and never less than nothing."""
    plan = planned()
    with pytest.raises(TypeError, match="exactly one"):
        plan.value_of()
    with pytest.raises(TypeError, match="not lot and clause"):
        plan.value_of(lot=LOT, clause=0)
    with pytest.raises(ValueError, match="did you mean"):
        plan.value_of(lot="S/W/on_hand/1")
    with pytest.raises(ValueError, match="less than nothing"):
        plan.value_of(lot=LOT, units=-13)
    with pytest.raises(ValueError, match="no capacity"):
        plan.value_of(lane="W>web")
    with pytest.raises(TypeError, match="node, period, resource"):
        plan.value_of(capacity="W")
    with pytest.raises(ValueError, match="finite"):
        plan.value_of(lot=LOT, units=float("nan"))


def test_an_earlier_lot_is_worth_the_line_that_it_reaches():
    """Four units come in period 2, for a line of 30 that is due in period 1: one period earlier earns four times 20."""
    supply = [SHOP["supply"][0] | {"kind": "inbound", "units": 4, "available": 2, "reference": "PO-1"}]
    demand = [row | {"period": due} for row, due in zip(SHOP["demand"], (1, 2), strict=True)]
    demand[0]["price"] = 30.0
    found = planned(supply=supply, demand=demand).expedite()
    assert found["reference"].tolist() == ["PO-1"]
    assert found[["earlier_1", "earlier_2"]].values.tolist() == [pytest.approx([80.0, 80.0])]
    assert found["earlier_3"].isna().all()


def test_the_model_has_the_multipliers():
    """``model.dual`` of the lot's row is what the table of values says."""
    plan = planned()
    model = plan.model
    assert model.dual[model.supply[LOT]] == pytest.approx(10.0)
    assert len(model.dual) == plan.program.program.rows


@pytest.mark.parametrize("solver", ["highs", "prices", "pyomo"])
def test_every_solver_hands_on_the_same_form(solver):
    """HiGHS, the price engine and Pyomo: multipliers of rows, never of bounds that rows state as well."""
    problem = ao.Problem.read(REPOSITORY / "scenarios" / "quickstart")
    plan = ao.allocate(problem, solver=solver)
    found = plan.values[lambda frame: frame["kind"] == "lot"].sort_values("what")
    assert (found["one_more"] <= found["price"] + 1e-3).all()
    assert (found["price"] <= found["one_less"] + 1e-3).all()
    assert found["price"].max() > 0
