"""Values of limits: by hand, concave where programs are linear, and against whole re-solves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import REPOSITORY
from tests.strategies import FEATURES, LINEAR, clauses, tables, thrown

import allocopt as ao
from allocopt.rules import CLAUSES

SMOOTH = LINEAR - {"zeros", "store_floor"}
"""What leaves worth concave in every limit: a shelf that keeps all of a lot loses nothing with a unit less."""
AMOUNTS = (ao.Cap, ao.Protect, ao.Service, ao.MinShare, ao.ProtectionLevels, ao.Access, ao.MarginFloor)
"""Kinds of clause that leave a linear program linear."""

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
@given(drawn=tables(SMOOTH, skus=2))
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


@settings(max_examples=40)
@given(data=st.data(), drawn=tables(SMOOTH, skus=2))
def test_values_are_concave_under_clauses_too(data, drawn):
    """Caps, protections, services, shares, floors of divisible goods: no limit is worth more with each unit of it."""
    for sku in drawn["skus"]:
        sku["divisible"] = True
    problem = ao.Problem.from_dict(drawn)
    plan = ao.allocate(problem, ao.Contract("Drawn", clauses=data.draw(clauses(problem, AMOUNTS))))
    if not plan.solved:
        return
    found = plan.values
    room = 2e-3 + 1e-7 * max(1.0, abs(plan.objective))
    assert (found["one_more"] <= found["price"] + room).all()
    assert (found["price"] <= found["one_less"].fillna(np.inf) + room).all()


@settings(max_examples=25)
@given(drawn=tables(FEATURES, skus=2))
def test_local_values_promise_no_more_than_whole_re_solves(drawn):
    """With whatever couples or counts in packs: all else as planned, a unit brings no more, and costs no less."""
    plan = ao.allocate(ao.Problem.from_dict(drawn))
    if not plan.solved:
        return
    room = 2e-3 + 2e-6 * abs(plan.objective)
    lots = plan.values[lambda frame: frame["kind"] == "lot"]
    for name, one_more, one_less in lots[["what", "one_more", "one_less"]].values.tolist():
        assert one_more <= plan.value_of(lot=name, units=1).value + room
        if np.isfinite(one_less):
            assert one_less >= -plan.value_of(lot=name, units=-1).value - room


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


def asked(plan, number, units):
    """Return the price of more of a clause, or why there is none."""
    try:
        return plan.value_of(clause=number, units=units)
    except ValueError as refused:
        return str(refused)


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), units=st.sampled_from([-2, 1, 3]), data=st.data())
def test_more_of_a_clause_is_the_contract_that_says_so(seed, units, data):
    """Of every kind of clause: what states units is stated with more of them, what states nothing is refused."""
    problem, agreed = thrown(seed, CLAUSES)
    plan = ao.allocate(problem, ao.Contract("Drawn", clauses=agreed))
    if not plan.solved or not agreed:
        return
    number = data.draw(st.integers(0, len(agreed) - 1))
    price = asked(plan, number, units)
    if isinstance(price, str):
        assert any(said in price for said in ("states no quantity", "less than nothing", "promotions"))
        return
    grown = agreed[number].grown(units)
    if grown is None:
        assert price.low - 1e-6 <= price.value <= price.high + 1e-6 or np.isnan(price.value)
        return
    changed = ao.Contract("Drawn", clauses=[*agreed[:number], grown, *agreed[number + 1 :]])
    try:
        other = ao.allocate(problem, changed)
    except ao.ContractError:  # no lock of more than there is
        assert np.isnan(price.value)
        return
    if other.solved:
        room = 2e-6 * max(1.0, abs(plan.objective), abs(other.objective))
        assert price.value == pytest.approx(other.objective - plan.objective, abs=room)
    else:
        assert np.isnan(price.value)


def test_more_of_a_share_is_more_in_each_limit_of_it():
    """A quarter of twelve for the web at 20, the shop takes the rest at 10: two more earn ten each; a soft one pays."""
    capped = planned(ao.Contract("Capped", clauses=[ao.Cap("web", share=0.25)]))
    assert capped.value_of(clause=0, units=2).value == pytest.approx(20.0)
    assert capped.value_of(clause=0, units=-9).value == pytest.approx(-50.0)  # no limit below nothing
    served = planned(ao.Contract("Served", clauses=[ao.Service(0.5, "shop", penalty=4.0)]))
    assert served.value_of(clause=0, units=1).value == pytest.approx(-4.0)
    kept = planned(ao.Contract("Kept", clauses=[ao.Protect("shop", share=0.5)]))
    assert kept.value_of(clause=0, units=-2).value == pytest.approx(20.0)


def test_what_states_no_quantity_says_what_can_be_asked():
    """A ratio has nothing more or less; its price can be asked for, and the cap beside it has a quantity."""
    contract = ao.Contract("Both", clauses=[ao.InRatio("web", {"S": 2}), ao.Cap("shop", units=1)])
    plan = planned(contract)
    with pytest.raises(ValueError, match=r"plan\.price_of\(0\).*1: cap channel shop, units 1"):
        plan.value_of(clause=0)
    assert plan.values["kind"].tolist().count("clause") == 1
    floor = ao.MarginFloor("shop", floor=0.5, per="channel")
    dear = [SHOP["skus"][0] | {"unit_cost": 8.0}]
    plan = planned(ao.Contract("Floor", clauses=[floor]), skus=dear)
    assert plan.value_of(clause=0, units=-4).value == pytest.approx(2.0)  # each unit for the shop misses it by 3


def test_a_soft_clause_uses_what_ships_and_not_what_breaks_it():
    """Nine are asked for and two serve the shop: used is 2 of 9, one more asked for costs its penalty."""
    row = row_of(
        planned(ao.Contract("Soft", clauses=[ao.Protect("shop", units=9, mode="serve", penalty=1.0)])), "clause"
    )
    assert (row["used"], row["limit"], row["one_more"]) == (2.0, 9.0, pytest.approx(-1.0))
    none = ao.Contract("Soft", clauses=[ao.Protect("shop", units=9, mode="serve", penalty=1.0)])
    row = row_of(planned(none, supply=[SHOP["supply"][0] | {"units": 10}]), "clause")
    assert (row["used"], row["one_more"]) == (
        0.0,
        pytest.approx(-1.0),
    )  # nothing is served: it is broken by a unit more


def test_a_shelf_that_keeps_all_of_a_lot_loses_nothing_with_a_unit_less():
    """Three units, and a shelf of three: a fourth one ships for 20, and the third one never did."""
    shelf = {"nodes": [{"node": "W", "kind": "store", "store_floor": 3}], "supply": [SHOP["supply"][0] | {"units": 3}]}
    row = row_of(planned(**shelf), "lot")
    assert (row["used"], row["one_more"], row["one_less"]) == (0.0, pytest.approx(20.0), pytest.approx(0.0))


def test_hours_that_many_give_up_together():
    """An hour is ten units; no article ships so many, so that two give up five each, those that earn least."""
    skus = [{"sku": name} for name in "ABC"]
    supply = [{"sku": name, "node": "W", "kind": "on_hand", "units": 5} for name in "ABC"]
    demand = [
        {"sku": name, "channel": "web", "period": 0, "price": price, "units": 5}
        for name, price in zip("ABC", (10.0, 20.0, 30.0), strict=True)
    ]
    tables = {"capacity": [{"node": "W", "period": 0, "resource": "hours", "limit": 1.5}]}
    tables["workloads"] = [{"resource": "hours", "workload": 0.1}]
    plan = planned(skus=skus, supply=supply, demand=demand, **tables)
    row = row_of(plan, "capacity")
    assert (row["used"], row["one_less"]) == (pytest.approx(1.5), pytest.approx(150.0))
    assert plan.value_of(capacity=("W", 0, "hours"), units=-1).value == pytest.approx(-150.0)


@pytest.mark.parametrize("contract", [ao.first_come(), ao.max_min_fair(), ao.by_priority()], ids=lambda one: one.name)
def test_stages_are_solved_anew_for_a_unit(contract):
    """What earlier stages came to changes with the unit: both numbers are those of whole re-solves, and finite."""
    plan = planned(contract)
    row = row_of(plan, "lot")
    assert row["one_more"] == pytest.approx(plan.value_of(lot=LOT, units=1).value)
    assert row["one_less"] == pytest.approx(-plan.value_of(lot=LOT, units=-1).value)
    assert np.isfinite([row["one_more"], row["one_less"]]).all()


def test_what_a_planner_added_to_stages_is_no_proof_that_there_is_no_plan():
    """The rows of `extend=` cannot be stated anew: where a unit less breaks what stages kept, nothing is claimed."""

    def least(model):
        import pyomo.environ as pyo

        model.mine = pyo.Constraint(expr=sum(model.ship[key] for key in model.ship) >= 1)

    plan = ao.allocate(ao.Problem.from_dict(SHOP), ao.first_come(), extend=least)
    row = row_of(plan, "lot")
    assert np.isnan(row["one_less"])
    assert not np.isinf(row["high"])


def test_limits_are_asked_for_by_kind_and_words():
    """By default a large program re-solves some; those asked for all have numbers, the same as in the whole table."""
    plan = ao.allocate(ao.Problem.read(REPOSITORY / "scenarios" / "launch"))
    whole = plan.values.set_index("what")
    some = plan.values_for("lot", like="aria-black", most=3)
    assert len(some) == 3
    assert some["what"].str.contains("aria-black").all()
    assert some["one_more"].tolist() == pytest.approx(whole.loc[some["what"], "one_more"].tolist())
    assert plan.values_for(like="aria-black")["one_more"].notna().all()
    with pytest.raises(ValueError, match="'lot', 'capacity'"):
        plan.values_for("lots")
    with pytest.raises(ValueError, match="no lot with 'nobody'"):
        plan.values_for("lot", like="nobody")
    with pytest.raises(ValueError, match="at least 1"):
        plan.values_for(most=0)
    with pytest.raises(TypeError, match="like must be"):
        plan.values_for(like=3)


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


def test_a_protection_released_at_the_end_is_one_that_is_never_released():
    """Beside another reserve of the channel each limit is there once, and what it is worth can be asked."""
    clauses = [ao.Protect("dtc", share=0.5, of="on_hand"), ao.Protect("dtc", units=10, release_from=2)]
    problem = ao.example("quickstart")
    plan = ao.allocate(problem, ao.Contract("Kept", clauses=clauses))
    assert not plan.values.duplicated(["kind", "what"]).any()
    never = ao.Contract("Never", clauses=[clauses[0], ao.Protect("dtc", units=10)])
    assert plan.objective == ao.allocate(problem, never).objective
    fewer = plan.value_of(lot="LAMP/West/on_hand/0", units=-20)
    assert fewer.low <= fewer.value <= fewer.high
