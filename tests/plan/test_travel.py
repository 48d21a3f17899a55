"""Plans travel: through pickles, copies and JSON they say the same, and what is no plan is refused with every fault."""

from __future__ import annotations

import copy
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies

import allocopt as ao
from allocopt.plan.making import TABLES
from allocopt.plan.plan import SHAPE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def quick() -> ao.Problem:
    """The problem of the first pages."""
    return ao.Problem.read(ROOT / "scenarios" / "quickstart")


@pytest.fixture(scope="module")
def plan(quick: ao.Problem) -> ao.Plan:
    """Its plan under a promise."""
    return ao.allocate(quick, ao.Contract("P", clauses=[ao.Protect("dtc", share=0.5, of="inbound", penalty=2.0)]))


def assert_same(one: ao.Plan, other: ao.Plan) -> None:
    """Hold that two plans say the same in every table."""
    assert one.to_dict() == other.to_dict()
    if one.solved:
        for name in TABLES:
            pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
        assert one.summary() == other.summary()


@settings(max_examples=60, deadline=None)
@given(strategies.cases())
def test_plans_under_any_clauses_can_be_pickled(case: tuple[ao.Problem, tuple[Any, ...]]) -> None:
    """Whatever the rules state, nothing in a plan is a function that only one process knows."""
    problem, clauses = case
    plan = ao.allocate(problem, ao.Contract("any", clauses=clauses), work_limit=500)
    assert_same(pickle.loads(pickle.dumps(plan)), plan)
    assert_same(ao.Plan.from_dict(json.loads(json.dumps(plan.to_dict()))), plan)


def test_a_copy_is_the_plan(plan: ao.Plan) -> None:
    """Shallow and deep copies share the numbers, which never change."""
    for made in (copy.copy(plan), copy.deepcopy(plan)):
        assert_same(made, plan)
        assert made.answer is plan.answer


@pytest.mark.parametrize("solver", ["highs", "pyomo"])
def test_the_model_is_there_on_the_other_side(quick: ao.Problem, solver: Any) -> None:
    """The Pyomo model is built anew from what was pickled, with the values of the plan."""
    plan = ao.allocate(quick, solver=solver)
    assert plan.model.name == "Pooled"
    other = pickle.loads(pickle.dumps(plan))
    shipped = {key: var.value for key, var in other.model.ship.items()}
    assert shipped == {key: var.value for key, var in plan.model.ship.items()}
    assert sum(shipped.values()) == plan.allocation["units"].sum()


def test_a_plan_that_an_extension_changed_travels_with_it(quick: ao.Problem) -> None:
    """The planner's own rows are in the model on the other side; the function that added them is not needed."""

    def extend(model: Any) -> None:
        from pyomo.environ import Constraint

        model.own = Constraint(expr=sum(model.ship.values()) <= 7)

    plan = ao.allocate(quick, extend=extend)
    other = pickle.loads(pickle.dumps(plan))
    assert_same(other, plan)
    assert [row.upper() for row in other.model.own.values()] == [7]


def test_another_process_reads_the_same(plan: ao.Plan, tmp_path: Path) -> None:
    """In a process that imports nothing but the pickle, the plan tells the same."""
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    code = f"import pickle; print(pickle.load(open({str(tmp_path / 'plan')!r}, 'rb')).summary())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.rstrip("\n") == plan.summary()


def test_everything_else_travels_too(quick: ao.Problem, tmp_path: Path) -> None:
    """Problems, contracts, scenarios, comparisons and retirements, without the folder that answers were kept in."""
    scenario = ao.Scenario("Spread", [ao.Put("demand.sd", to=5)], draws=ao.Draws(number=2))
    for each in (scenario, ao.fair_share()):
        assert pickle.loads(pickle.dumps(each)) == each
    assert pickle.loads(pickle.dumps(quick)).to_dict() == quick.to_dict()
    found = ao.compare(quick, [ao.pooled(), ao.first_come()])
    sent = pickle.dumps(found)
    told = found.to_dict()
    del found
    other = pickle.loads(sent)
    assert other.to_dict() == told
    assert other.plan("As stated", "Pooled").status == "optimal"
    lost = ao.retirement(quick, channels="amazon")
    assert pickle.loads(pickle.dumps(lost)).to_dict() == lost.to_dict()


def test_keys_are_those_of_a_plan_and_sums_those_of_its_tables(plan: ao.Plan) -> None:
    """All missing tables are named at once; a key of somebody's own and a sum that was edited are refused."""
    content = json.loads(json.dumps(plan.to_dict()))
    with pytest.raises(ao.DataError) as caught:
        ao.Plan.from_dict({key: value for key, value in content.items() if key not in (*TABLES, "objective")})
    assert {(issue.column, issue.code) for issue in caught.value.issues} == {
        (key, "missing_key") for key in (*TABLES, "objective")
    }
    with pytest.raises(ao.DataError, match="no key 'mine'"):
        ao.Plan.from_dict(content | {"mine": 1})
    for key in ("objective", "contribution"):
        for value in (math.nan, math.inf, 10**400, content[key] + 1):
            with pytest.raises(ao.DataError, match=f"'{key}'"):
                ao.Plan.from_dict(content | {key: value})


@pytest.mark.parametrize("key", TABLES)
def test_a_table_that_is_not_there_is_a_missing_key(plan: ao.Plan, key: str) -> None:
    """Without its key as with null under it."""
    with pytest.raises(ao.DataError) as caught:
        ao.Plan.from_dict({name: value for name, value in plan.to_dict().items() if name != key})
    assert [(issue.column, issue.code) for issue in caught.value.issues] == [(key, "missing_key")]


JUNK: tuple[Any, ...] = (5, -1, 1.5, True, None, "x", [], [5], ["x"], [[]], {}, {"a": 1}, [{}], [{"a": 1}], [None])


@pytest.mark.parametrize("key", [*SHAPE, *TABLES])
def test_a_plan_without_a_key_is_refused(plan: ao.Plan, key: str) -> None:
    """The fault names the key."""
    content = {name: value for name, value in plan.to_dict().items() if name != key}
    if key in TABLES:
        content[key] = None
    with pytest.raises(ao.DataError) as caught:
        ao.Plan.from_dict(content)
    assert [(issue.column, issue.code) for issue in caught.value.issues] == [(key, "missing_key")]


@pytest.mark.parametrize("key", [*SHAPE, *TABLES])
def test_a_key_of_another_kind_is_refused_or_read_back(plan: ao.Plan, key: str) -> None:
    """Any value in any place is a `DataError` that names the place, or a plan that can be asked for everything."""
    content = plan.to_dict()
    for junk in JUNK:
        try:
            other = ao.Plan.from_dict(content | {key: junk})
        except ao.DataError as error:
            assert {str(issue.column).split(".")[0].split("[")[0] for issue in error.issues} & {key}  # noqa: PT017
            continue
        other.to_dict()
        assert other.summary()
        assert repr(other)
        assert other._repr_html_()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_junk_anywhere_is_refused_or_read_back(plan: ao.Plan, data: st.DataObject) -> None:
    """Deeper inside too: in certificates, conflicts and records."""
    content: Any = json.loads(json.dumps(plan.to_dict()))
    node, key = content, data.draw(st.sampled_from(sorted(content)))
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.booleans()):
        node = node[key]
        key = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else list(range(len(node)))))
    node[key] = data.draw(st.sampled_from(JUNK))
    try:
        ao.Plan.from_dict(content).summary()
    except (ao.DataError, ao.SolveError) as error:
        assert str(error)  # noqa: PT017


@pytest.mark.parametrize("cell", [None, "x", [], float("nan"), float("inf")])
def test_a_whole_number_that_is_none_is_refused(plan: ao.Plan, cell: Any) -> None:
    """A period that is missing is no period: the fault names the table."""
    content: Any = json.loads(json.dumps(plan.to_dict()))
    content["allocation"]["columns"]["arrives"]["of"][0] = cell
    with pytest.raises(ao.DataError) as caught:
        ao.Plan.from_dict(content)
    assert [(issue.column, issue.code) for issue in caught.value.issues] == [("allocation", "wrong_kind")]


@pytest.mark.parametrize("content", [None, 5, "plan", [], [("status", "optimal")]])
def test_what_is_no_mapping_is_no_plan(content: Any) -> None:
    """The error says what a plan is."""
    with pytest.raises(ao.DataError, match="A plan is a mapping"):
        ao.Plan.from_dict(content)


def test_all_faults_are_named_at_once(plan: ao.Plan) -> None:
    """A person mends them in one round."""
    content = plan.to_dict() | {"status": 5, "seconds": "1", "warnings": [{"table": 1}]}
    del content["currency"]
    with pytest.raises(ao.DataError) as caught:
        ao.Plan.from_dict(content)
    found = {issue.column for issue in caught.value.issues}
    assert {"status", "seconds", "currency", "warnings[0].table", "warnings[0].code"} <= found
    assert len(ao.Plan.from_dict(plan.to_dict()).warnings) == len(plan.warnings)
