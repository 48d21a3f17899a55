"""What must hold for every problem: nothing is oversold, and the plan's worth moves as it should."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.clauses import TOLD
from tests.plan.books import broken_promises, rows
from tests.strategies import AS_STATED, LINEAR, Tables, clauses, tables

import allocopt as ao
from allocopt.rules import CLAUSES, Clause

slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
few = settings(max_examples=25, deadline=None, suppress_health_check=slow)
more = settings(few, max_examples=60)
MONEY = {
    "skus": ("unit_cost", "map_price"),
    "nodes": ("holding_cost",),
    "channels": ("fee_per_unit", "fixed_cost", "return_cost"),
    "supply": ("unit_cost", "end_value"),
    "demand": ("price", "late_cost", "lost_cost"),
    "lanes": ("cost",),
}
ROUNDED = {"confidence", "reserved", "store_floor"}
"""Features by which a part of a lot counts for less than its part."""
IDS = {"sku": "skus", "node": "nodes", "channel": "channels"}


def worth(facts: Tables, agreed: tuple[Clause, ...] = ()) -> float | None:
    """Return what the best plan is worth, None where there is none."""
    plan = ao.allocate(ao.Problem.from_dict(facts), ao.Contract("any", clauses=agreed))
    assert plan.status in ("optimal", "infeasible")
    return plan.objective if plan.status == "optimal" else None


def near(value: float) -> Any:
    """Return what is equal to a worth, up to the gap at which a plan counts as the best."""
    return pytest.approx(value, rel=2e-6, abs=1e-5)


@few
@given(st.data(), tables())
def test_nothing_is_ever_oversold(data: st.DataObject, facts: Tables) -> None:
    """No lot is over-used, no line over-served, no unit or pack or order broken, no commitment missed."""
    problem = ao.Problem.from_dict(facts)
    agreed = data.draw(clauses(problem, AS_STATED))
    path = data.draw(
        st.sampled_from(
            [(), (ao.Fill(),), (ao.MaxMinFill(),), (ao.MaxMinFill(lock="plan", per="channel"),), (ao.FirstCome(),)]
        )
    )
    plan = ao.allocate(problem, ao.Contract("any", clauses=agreed, stages=path))
    if plan.status == "infeasible":
        return
    unproven = plan.status == "feasible" and "not proven that no split" in plan.message
    assert plan.status == "optimal" or (unproven and isinstance(path[0], ao.MaxMinFill))
    assert not broken_promises(problem, plan.allocation)
    kinds = {row["channel"]: row["kind"] for row in rows(problem.channels)}
    packs = {row["sku"]: row["pack"] for row in rows(problem.skus)}
    served: dict[Any, float] = {}
    for arc in rows(plan.allocation):
        key = tuple(arc[name] for name in ("sku", "channel", "due", "region", "order", "line"))
        served[key] = served.get(key, 0.0) + arc["units"]
    together: dict[Any, float] = {}
    for arc in rows(plan.allocation):
        key = tuple(arc[name] for name in ("sku", "channel", "due", "region", "order", "line", "lane", "ship"))
        together[key] = together.get(key, 0.0) + arc["units"]
    for line in rows(problem.demand):
        key = tuple(line[name] for name in ("sku", "channel", "period", "region", "order", "line"))
        units = served.get(key, 0.0)
        assert units >= line["min_units"] - 1e-6
        if line["all_or_none"]:
            assert units in (0, line["units"])
        default = packs[line["sku"]] if kinds[line["channel"]] in ("wholesale", "store") else 1
        pack = default if line["pack"] is None else line["pack"]
        assert all(sum_ % pack == pytest.approx(0) for k, sum_ in together.items() if k[:-2] == key and pack > 1)


@few
@given(st.data(), tables(features=LINEAR - ROUNDED - {"end_value", "expires", "holding", "lot_cost", "min_life"}))
def test_more_supply_never_hurts(data: st.DataObject, facts: Tables) -> None:
    """One more unit of any lot leaves the plan worth as much at least, under clauses in units."""
    agreed = data.draw(clauses(ao.Problem.from_dict(facts), shares=False))
    before = worth(facts, agreed)
    more = copy.deepcopy(facts)
    more["supply"][data.draw(st.integers(0, len(facts["supply"]) - 1))]["units"] += 1
    after = worth(more, agreed)
    if before is not None:
        assert after is not None
        assert after >= before - 1e-5 - 2e-6 * abs(before)


RESTRICTING = tuple(kind for kind in CLAUSES if kind.STEERS and not kind.OPENS)
"""Kinds of clause that take something away and open nothing."""


def tighter(clause: Clause) -> Clause:
    """Return a clause that asks for more of the same."""
    match clause:
        case ao.Access(to_period=None):
            return replace(clause, from_period=clause.from_period + 1, min_confidence=0.95)
        case ao.Access():
            return replace(clause, min_confidence=0.95)
        case ao.Cap():
            return replace(clause, units=clause.units // 2)
        case ao.MarginFloor():
            return replace(clause, floor=clause.floor + 0.2)
        case ao.Protect(release_from=None):
            return replace(clause, units=clause.units + 2)
        case ao.Protect():
            return replace(clause, units=clause.units + 1, release_from=clause.release_from + 1)
        case ao.Campaigns():
            return replace(clause, at_most=max(clause.at_most - 1, 0))
    told = TOLD.get(clause.clause)
    return clause if told is None else told.tighter(clause)


@more
@given(st.data(), tables(features=LINEAR))
def test_one_more_clause_and_a_tighter_one_never_help(data: st.DataObject, facts: Tables) -> None:
    """A clause at the end can only cost, and costs more where it asks for more; whatever stands before it."""
    problem = ao.Problem.from_dict(facts)
    before = data.draw(clauses(problem, shares=False))
    last = data.draw(clauses(problem, RESTRICTING, most=1, shares=False))
    assume(last and last[0].scope() not in {clause.scope() for clause in before})
    found = [worth(facts, (*before, *end)) for end in ((), last, (tighter(last[0]),))]
    for loose, tight in pairwise(found):
        if tight is not None:
            assert loose is not None
            assert loose >= tight - 1e-5 - 2e-6 * abs(tight)


@few
@given(st.data(), tables())
def test_row_order_changes_nothing(data: st.DataObject, facts: Tables) -> None:
    """The same rows in another order give the very same plan."""
    other = {name: data.draw(st.permutations(table)) for name, table in facts.items()}
    agreed = ao.Contract("any", clauses=data.draw(clauses(ao.Problem.from_dict(facts))))
    one, two = (ao.allocate(ao.Problem.from_dict(tables_), agreed).to_dict() for tables_ in (facts, other))
    for gone in ("seconds", "warnings"):
        del one[gone], two[gone]
    assert one == two


@few
@given(st.data(), tables())
def test_names_are_worth_nothing(data: st.DataObject, facts: Tables) -> None:
    """Other names for SKUs, nodes and channels, in another order, leave the worth as it is."""
    problem = ao.Problem.from_dict(facts)
    agreed = data.draw(clauses(problem, shares=False))
    names = {
        column: {
            old: f"{n}-{old}" for n, old in enumerate(data.draw(st.permutations([row[column] for row in facts[table]])))
        }
        for column, table in IDS.items()
    }
    names["against"] = names["channels"] = names["channel"]
    names["skus"] = names["sku"]

    def renamed(row: dict[str, Any]) -> dict[str, Any]:
        return {key: other_name("channel" if key == "to" else key, value) for key, value in row.items()}

    def other_name(key: str, value: Any) -> Any:
        if key == "recapture":
            return [renamed(part) for part in value]
        if key not in names:
            return value
        if isinstance(value, dict):
            return {names[key][v]: said for v, said in value.items()}
        return tuple(names[key][v] for v in value) if isinstance(value, list | tuple) else names[key].get(value, value)

    other = {name: [renamed(row) for row in table] for name, table in facts.items()}
    mine = ao.Contract("any", clauses=agreed).to_dict()
    theirs = ao.Contract.from_dict({"name": "any", "clauses": [renamed(clause) for clause in mine["clauses"]]})
    before, after = worth(facts, agreed), worth(other, theirs.clauses)
    assert (before is None) == (after is None)
    if before is not None:
        assert after == near(before)


@few
@given(tables(features=LINEAR), st.sampled_from([0.5, 3.0, 100.0]))
def test_scaling_money_scales_the_worth(facts: Tables, factor: float) -> None:
    """In another currency the plan is worth the same."""
    other = copy.deepcopy(facts)
    for name, columns in MONEY.items():
        for row in other.get(name, ()):
            row |= {column: row[column] * factor for column in columns if row.get(column) is not None}
    before, after = worth(facts), worth(other)
    assert (before is None) == (after is None)
    if before is not None:
        assert after == near(before * factor)


@few
@given(tables(features=LINEAR - {"capacity", "hours", "lane_capacity"}), st.integers(0, 9), st.integers(0, 9))
def test_a_stranger_adds_its_worth(facts: Tables, units: int, wanted: int) -> None:
    """A SKU with a node and a channel of its own adds what it earns alone, and changes nothing else."""
    stranger: Tables = {
        "skus": [{"sku": "Z", "unit_cost": 2.0}],
        "nodes": [{"node": "Far", "kind": "dc"}],
        "channels": [{"channel": "kiosk", "kind": "dtc"}],
        "supply": [{"sku": "Z", "node": "Far", "kind": "on_hand", "units": units}],
        "demand": [{"sku": "Z", "channel": "kiosk", "period": 0, "units": wanted, "price": 5.0}],
        "lanes": [{"node": "Far", "channel": "kiosk", "cost": 0.5}],
    }
    blank = {name: {k: neutral(k, v) for row in facts.get(name, ()) for k, v in row.items()} for name in stranger}
    both = {
        name: [*facts.get(name, ()), *({**blank.get(name, {}), **row} for row in stranger.get(name, ()))]
        for name in {**facts, **stranger}
    }
    alone = worth(facts)
    together = worth(both)
    assert (alone is None) == (together is None)
    if alone is not None:
        assert together == near(alone + 2.5 * min(units, wanted))


NEUTRAL = {"confidence": 1.0, "pack": 1, "unit_cost": None, "end_value": None, "map_price": None, "expires": None}


def neutral(column: str, value: Any) -> Any:
    """Return what says nothing in a column that other rows fill."""
    if column in NEUTRAL:
        return NEUTRAL[column]
    return "" if isinstance(value, str) else None if value is None else type(value)(0)


@few
@given(st.data(), tables(features=LINEAR - ROUNDED - {"references"}))
def test_half_lots_are_as_good_as_whole_ones(data: st.DataObject, facts: Tables) -> None:
    """A lot in two equal halves, of a divisible SKU, serves as well as in one piece, under clauses in units."""
    for row in facts["skus"]:
        row["divisible"] = True
    place = data.draw(st.integers(0, len(facts["supply"]) - 1))
    lot = facts["supply"][place]
    half = {**lot, "units": lot["units"] / 2}
    halves = [{**half, "reference": "one"}, {**half, "reference": "two"}]
    others = [{"reference": "", **row} for k, row in enumerate(facts["supply"]) if k != place]
    agreed = data.draw(clauses(ao.Problem.from_dict(facts), shares=False))
    before, after = worth(facts, agreed), worth({**facts, "supply": [*others, *halves]}, agreed)
    assert (before is None) == (after is None)
    if before is not None:
        assert after == near(before)
