"""The model that a planner sees: names, keys, domains, words."""

import gc

import numpy as np
import pyomo.environ as pyo
import pytest
from tests.pyomo_model.small import assert_same, index, odd, stated, variable

from allocopt.algebra.formulation import Formulation, Sum
from allocopt.arcs import build_arcs
from allocopt.plan.frames import arc_frame
from allocopt.problem import Problem
from allocopt.pyomo_model import build_model, compile_model, fill
from allocopt.rules import allowed
from allocopt.solve import solve


def two(first, second, rows=("limit",)):
    """Return a program of two variable families, and row families over the first one."""
    form = Formulation()
    x = variable(form, first, index("a", "b"), upper=5.0)
    variable(form, second, index("c", "d", name="other"), upper=6.0)
    for name in rows:
        form.add_rows(name, index("all", name="row"), [Sum(x, np.zeros(2, int))], upper=7.0)
    return form.compile()


def test_components_are_indexed_by_labels(tiny):
    """Variables and constraints are found by the names that a planner uses."""
    model = build_model(*stated(tiny), name="tiny")
    assert model.name == "tiny"
    assert model.supply["A/East/on_hand/0"].ub == 10
    assert model.ship["A/East/on_hand/0", "A/dtc/0", "East>dtc", 0].ub == 6
    assert model.demand["B/amazon/1"].ub == 4
    assert model.objective.sense == pyo.maximize


def test_a_capacity_is_indexed_by_node_period_and_resource(tiny):
    """Parts of a label stay apart, integers as integers."""
    tables = tiny.to_dict() | {"capacity": {"node": ["East"], "period": [1], "limit": [3.0], "resource": ["units"]}}
    model = build_model(*stated(Problem.from_dict(tables)))
    assert model.capacity["East", 1, "units"].ub == 3


def test_domains_and_bounds_are_said_as_plainly_as_possible():
    """Whole columns are Binary or (NonNegative)Integers, the others (NonNegative)Reals; infinity is no bound."""
    model = build_model(*odd())
    domains = {key: member.domain.name for key, member in model.x.items()}
    assert domains == {
        "free": "Reals",
        "negative": "Reals",
        "fixed": "NonNegativeReals",
        "binary": "Binary",
        "whole": "Integers",
        "below": "Reals",
        "half": "NonNegativeIntegers",
    }
    assert model.x["free"].bounds == (None, None)
    assert model.x["half"].bounds == (0, 2.5)


def test_rows_read_as_they_are_meant():
    """Equalities, ranges and one-sided rows are such constraints, and an empty row is an empty sum."""
    rows = build_model(*odd()).rows
    words = {key: str(row.expr) for key, row in rows.items()}
    assert words == {
        "ranged": "-1.0  <=  x[free] - 2.0*x[negative] + x[below]  <=  4.0",
        "equal": "x[free] + 0.5*x[fixed] + 3.0*x[binary]  ==  2.0",
        "below": "x[negative] + x[whole]  <=  5.0",
        "above": "0.0  <=  x[fixed] + 1e-09*x[below]",
        "open": "-inf  <=  7.0*x[half]",
        "empty": "0  <=  1.0",
        "empty ranged": "-1.0  <=  0  <=  1.0",
        "empty equal": "0  ==  0.0",
        "impossible": "3.0  <=  0",
    }


def test_docs_become_docs():
    """A family's words stand on its component; without words the parts of its labels do."""
    program, labels = two("ship", "idle")
    model = build_model(program, labels, docs={"ship": "Units on each arc."})
    assert model.ship.doc == "Units on each arc."
    assert model.idle.doc == "Indexed by other_0."


def test_families_of_one_name_are_one_component():
    """Columns of two families with one name share a component over all their labels."""
    program, labels = two("broken", "broken")
    model = build_model(program, labels)
    assert list(model.broken) == ["a", "b", "c", "d"]
    assert_same(compile_model(model, program, labels).program, program)


@pytest.mark.parametrize(
    ("first", "second", "rows", "names"),
    [
        ("handled_pick lists", "3pl", ("2 + 2",), ["handled_pick_lists", "n3pl", "n2___2"]),
        ("name", "objective", ("arcs", "lambda"), ["name_2", "objective_2", "arcs_2", "lambda_2"]),
        ("packs", "x", ("packs", "packs_rows"), ["packs", "x", "packs_rows", "packs_rows_rows"]),
        ("a b", "a_b", ("_private", ""), ["a_b", "a_b_2", "n_private", "n"]),
        ("größe", "值", ("é",), ["größe", "值", "é"]),
    ],
)
def test_names_that_cannot_be_used_are_made_usable(first, second, rows, names):
    """No family name breaks the model, hides something of Pyomo or merges two families."""
    program, labels = two(first, second, rows)
    model = build_model(program, labels)
    components = [component.name for component in model.component_objects((pyo.Var, pyo.Constraint))]
    assert components == names
    assert_same(compile_model(model, program, labels).program, program)


def test_labels_that_occur_twice_are_numbered():
    """Two columns with one label stay two variables."""
    form = Formulation()
    variable(form, "x", index("a", "a", "b"), upper=[1.0, 2.0, 3.0])
    program, labels = form.compile()
    model = build_model(program, labels)
    assert [model.x[key].ub for key in (("a", "#0"), ("a", "#1"), "b")] == [1, 2, 3]
    assert_same(compile_model(model, program, labels).program, program)


def test_arcs_select_members_of_ship(tiny):
    """The frame of the arcs is an attribute whose index are keys of ship."""
    arcs = allowed(build_arcs(tiny.facts), ())
    model = build_model(*stated(tiny), arcs_frame=arc_frame(arcs))
    chosen = model.arcs.query("channel == 'dtc' and ship == 1").index
    assert len(chosen) == 2
    assert all(model.ship[key].is_integer() for key in chosen)


def test_a_plan_fills_the_model(tiny):
    """The values of a plan make the model's objective the plan's worth."""
    program, labels = stated(tiny)
    model = build_model(program, labels)
    fill(model, labels, solve(program).x)
    assert pyo.value(model.objective) == pytest.approx(120)


def test_the_garbage_collector_is_left_as_it_was(tiny):
    """Whoever switched the garbage collector off finds it off, and on if it was on."""
    program, labels = stated(tiny)
    build_model(program, labels)
    assert gc.isenabled()
    gc.disable()
    try:
        build_model(program, labels)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_model_can_be_cloned(tiny):
    """A clone of the model states the same program."""
    program, labels = stated(tiny)
    assert_same(compile_model(build_model(program, labels).clone(), program, labels).program, program)
