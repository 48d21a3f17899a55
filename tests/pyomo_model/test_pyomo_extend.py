"""A planner's own Pyomo rules bind, and cannot change what allocopt states."""

import re
import threading

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy import sparse
from tests.pyomo_model.small import assert_same, odd, stated

from allocopt.algebra.program import COUPLES, Program, with_rows
from allocopt.arcs import build_arcs
from allocopt.errors import ContractError
from allocopt.plan.frames import arc_frame
from allocopt.pyomo_model import build_model, extend, fill
from allocopt.rules import allowed
from allocopt.solve import certify, solve


def worth(program: Program) -> float:
    """Return the best worth of a program, certified."""
    solution = solve(program)
    assert solution.status == "optimal"
    certificate = certify(program, solution.x, solution.multipliers, solution.claimed_bound)
    assert certificate.passed
    return certificate.objective


def refused(problem, change):
    """Return the faults for which a change is refused."""
    with pytest.raises(ContractError) as error:
        extend(*stated(problem), change)
    return error.value.issues


def first(component):
    """Return the first member of a component."""
    return next(iter(component.values()))


def test_nothing_added_is_the_same_program(tiny):
    """A function that adds nothing leaves program and labels as they were."""
    program, labels = stated(tiny)
    same, same_labels, _ = extend(program, labels, lambda model: None)
    assert_same(same, program)
    assert same_labels == labels


def test_a_constraint_binds(tiny):
    """A planner's limit on units is kept, and costs what the same row in arrays costs."""
    program, labels = stated(tiny)
    frame = arc_frame(allowed(build_arcs(tiny.facts), ()))

    def limit(model):
        chosen = model.arcs.query("channel == 'amazon' and node == 'East'").index
        model.few_from_east = pyo.Constraint(expr=sum(model.ship[key] for key in chosen) <= 2)

    extended, named, _ = extend(program, labels, limit, arcs_frame=frame)
    columns = np.flatnonzero((frame.channel == "amazon") & (frame.node == "East"))
    by_hand = with_rows(program, np.zeros(len(columns)), columns, np.ones(len(columns)), lower=-np.inf, upper=2.0)
    assert_same(extended, by_hand)
    assert worth(extended) == worth(by_hand) < worth(program)
    assert named.row(program.rows) == ("few_from_east", ("",))
    assert program.rows in named.elastic()


def test_new_variables_work(tiny):
    """A switch of the planner's closes a node: either East or West ships."""
    program, labels = stated(tiny)

    def one_node(model):
        model.NODES = pyo.Set(initialize=["East", "West"])
        model.open = pyo.Var(model.NODES, domain=pyo.Binary)
        model.closed = pyo.ConstraintList()
        for (lot, *_), ship in model.ship.items():
            model.closed.add(ship <= ship.ub * model.open[lot.split("/")[1]])
        model.single = pyo.Constraint(expr=pyo.quicksum(model.open.values()) <= 1)

    extended, named, _ = extend(program, labels, one_node)
    assert worth(extended) == pytest.approx(48 + 6 * 5 + 4 * 5)
    assert named.columns[-1].name == "open"
    assert named.columns[-1].index.tuples() == [("East",), ("West",)]
    assert [family.name for family in named.rows[-2:]] == ["closed", "single"]
    assert named.row(extended.rows - 2) == ("closed", (program.columns,))
    assert extended.integer[-2:].all()
    assert extended.column_sku[-2:].tolist() == [COUPLES, COUPLES]


@pytest.mark.parametrize(
    ("options", "bounds", "integer"),
    [
        ({}, (-np.inf, np.inf), False),
        ({"domain": pyo.NonNegativeReals}, (0, np.inf), False),
        ({"bounds": (-2, 3.5)}, (-2, 3.5), False),
        ({"domain": pyo.PercentFraction}, (0, 1), False),
        ({"domain": pyo.Binary}, (0, 1), True),
        ({"domain": pyo.NonNegativeIntegers, "bounds": (None, 7)}, (0, 7), True),
        ({"domain": pyo.RangeSet(2, 9)}, (2, 9), True),
    ],
)
def test_variables_of_every_domain_are_read(tiny, options, bounds, integer):
    """Bounds and wholeness of a new variable are its domain's and its own, the tighter ones."""

    def add(model):
        model.extra = pyo.Var(**options)
        model.link = pyo.Constraint(expr=model.extra <= first(model.ship))

    program, _, _ = extend(*stated(tiny), add)
    assert (program.lower[-1], program.upper[-1], program.integer[-1]) == (*bounds, integer)


def test_a_new_variable_can_be_fixed(tiny):
    """What a planner fixes of their own is a column held at its value."""

    def add(model):
        model.extra = pyo.Var()
        model.extra.fix(3)
        model.link = pyo.Constraint(expr=first(model.ship) <= model.extra - 1)

    program, _, _ = extend(*stated(tiny), add)
    assert (program.lower[-1], program.upper[-1]) == (3, 3)
    assert program.row_upper[-1] == -1


def test_blocks_expressions_and_parameters_may_be_used(tiny):
    """Rules on blocks, with named expressions and parameters, are read with their constants moved to the limits."""

    def add(model):
        model.share = pyo.Param(initialize=0.5, mutable=True)
        model.total = pyo.Expression(expr=pyo.quicksum(model.ship.values()))
        model.weeks = pyo.Block([1, 2])
        model.weeks[1].extra = pyo.Var(["p"], bounds=(0, 1))
        model.weeks[1].rule = pyo.Constraint(expr=(1, model.total * model.share + 3 + model.weeks[1].extra["p"], 9))
        model.weeks[2].off = pyo.Constraint(expr=model.total <= 0)
        model.weeks[2].deactivate()
        model.share.value = 0.25

    program, labels = stated(tiny)
    extended, named, _ = extend(program, labels, add)
    assert (extended.row_lower[-1], extended.row_upper[-1]) == (-2, 6)
    assert extended.activity(np.ones(extended.columns))[-1] == 0.25 * program.columns + 1
    assert extended.rows == program.rows + 1
    assert (named.columns[-1].name, named.rows[-1].name) == ("weeks[1].extra", "weeks[1].rule")


def test_labels_are_the_keys_of_the_planner(tiny):
    """Keys of several parts, mixed keys and constraints left out keep their labels."""

    def add(model):
        ship = first(model.ship)
        model.pairs = pyo.Constraint([("a", 1), ("b", 2)], rule=lambda model, *key: ship <= 9)
        model.some = pyo.Constraint([1, 2, 3], rule=lambda model, key: pyo.Constraint.Skip if key == 2 else ship <= 9)
        model.mixed = pyo.Constraint(
            pyo.Set(initialize=["a", ("b", 1)], dimen=None), rule={"a": ship <= 9, ("b", 1): ship <= 8}
        )

    _, labels, _ = extend(*stated(tiny), add)
    pairs, some, mixed = labels.rows[-3:]
    assert pairs.index.tuples() == [("a", 1), ("b", 2)]
    assert some.index.tuples() == [(1,), (3,)]
    assert mixed.index.tuples() == [("a",), (("b", 1),)]


def test_rows_without_columns_are_kept(tiny):
    """A planner's constraint that comes down to no column at all is a row without entries, true or not."""

    def add(model):
        model.none = pyo.Constraint(expr=0 * first(model.ship) >= 2)

    program, _, _ = extend(*stated(tiny), add)
    assert program.row_lower[-1] == 2
    assert solve(program).status == "infeasible"


def test_a_row_takes_the_sku_that_its_columns_share(tiny):
    """Blocks stay apart under rules that speak of one SKU, and are tied by the others."""

    def add(model):
        by_sku = {sku: [ship for (lot, *_), ship in model.ship.items() if lot[0] == sku] for sku in "AB"}
        model.extra = pyo.Var(bounds=(0, 1))
        model.alone = pyo.Constraint("AB", rule=lambda model, sku: sum(by_sku[sku]) <= 9)
        model.tied = pyo.Constraint(expr=by_sku["A"][0] + by_sku["B"][0] <= 9)
        model.new = pyo.Constraint(expr=by_sku["A"][0] + model.extra <= 9)

    program, _, _ = extend(*stated(tiny), add)
    assert program.row_sku[-4:].tolist() == [0, 1, COUPLES, COUPLES]


CHANGES = {
    "fixed": (lambda m: first(m.ship).fix(1), "ship", "was fixed"),
    "upper": (lambda m: first(m.ship).setub(1), "ship", "other bounds"),
    "lower": (lambda m: first(m.ship).setlb(1), "ship", "other bounds"),
    "domain": (lambda m: setattr(first(m.ship), "domain", pyo.NonNegativeReals), "ship", "another domain"),
    "row off": (lambda m: first(m.supply).deactivate(), "supply", "deleted or deactivated"),
    "rows off": (lambda m: m.demand.deactivate(), "demand", "deleted or deactivated.* and 5 more of `demand`"),
    "row gone": (lambda m: m.supply.__delitem__(next(iter(m.supply))), "supply", "deleted or deactivated"),
    "rows gone": (lambda m: m.del_component(m.supply), "supply", "deleted or deactivated"),
    "columns gone": (lambda m: m.del_component(m.ship), "ship", "was deleted or replaced"),
    "limit": (lambda m: first(m.supply).set_value(first(m.supply).body <= 99), "supply", "says something else"),
    "factor": (lambda m: first(m.supply).set_value(2 * first(m.supply).body <= 10), "supply", "says something else"),
    "term": (lambda m: first(m.supply).set_value(first(m.supply).body + extra(m) <= 10), "supply", "something else"),
    "money": (lambda m: m.objective.set_value(m.objective.expr + first(m.ship)), "objective", "was changed"),
    "constant": (lambda m: m.objective.set_value(m.objective.expr + 1), "objective", "was changed"),
    "new money": (lambda m: m.objective.set_value(m.objective.expr + extra(m)), "objective", "was changed"),
    "sense": (lambda m: m.objective.set_sense(pyo.minimize), "objective", "was changed"),
    "objective off": (lambda m: m.objective.deactivate(), None, "no objective"),
    "objective gone": (lambda m: m.del_component(m.objective), None, "no objective"),
    "second objective": (lambda m: m.add_component("mine", pyo.Objective(expr=first(m.ship))), None, "`mine`"),
    "nonlinear": (lambda m: mine(m, first(m.ship) ** 2 <= 4), "mine", "is not linear"),
    "product": (lambda m: mine(m, first(m.ship) * extra(m) <= 4), "mine", "is not linear"),
    "some values": (lambda m: m.add_component("mine", pyo.Var(domain=pyo.Set(initialize=[1, 5]))), "mine", "only some"),
    "sos": (lambda m: m.add_component("mine", pyo.SOSConstraint(var=m.ship, sos=1)), "mine", "SOSConstraint"),
    "stranger": (lambda m: mine(m, elsewhere() + first(m.ship) <= 4), "mine", "not part of the model"),
    "infinite": (lambda m: mine(m, float("inf") * first(m.ship) <= 4), "mine", "not a finite number"),
    "not a number": (lambda m: mine(m, first(m.ship) <= parameter(m, float("nan"))), "mine", "cannot be read"),
    "fixed at nothing": (lambda m: extra(m).fix(), "extra", "cannot be read"),
    "another model": (lambda m: m.clone(), None, "something else than the model"),
}


def extra(model):
    """Add a variable."""
    model.extra = pyo.Var(bounds=(0, 1))
    return model.extra


def mine(model, expression):
    """Add a constraint."""
    model.mine = pyo.Constraint(expr=expression)


def parameter(model, number):
    """Add a parameter."""
    model.parameter = pyo.Param(initialize=number, mutable=True)
    return model.parameter


def elsewhere():
    """Return a variable of another model."""
    model = pyo.ConcreteModel()
    model.elsewhere = pyo.Var()
    return model.elsewhere


@pytest.mark.parametrize("what", CHANGES)
def test_changes_of_ours_and_what_cannot_be_solved_are_refused(tiny, what):
    """Every forbidden change is refused with the name of the component and what was done to it."""

    def change(model):
        answer = CHANGES[what][0](model)
        return answer if what == "another model" else None

    [issue] = refused(tiny, change)
    _, component, words = CHANGES[what]
    assert issue.value == component
    assert re.search(words, issue.message)


def test_all_faults_are_said_at_once(tiny):
    """One error names every component that was changed, with its label."""

    def change(model):
        first(model.ship).fix(1)
        first(model.supply).deactivate()
        model.objective.set_value(0)

    issues = refused(tiny, change)
    assert [issue.value for issue in issues] == ["objective", "ship", "supply"]
    assert "ship[A/East/on_hand/0,A/amazon/0,East>amazon,0]" in issues[1].message
    assert "supply['A/East/on_hand/0']" in issues[2].message
    assert all(issue.hint for issue in issues)


def test_members_added_to_ours_are_refused():
    """A member added to one of our components is refused, not lost."""
    program, labels = odd()

    def add(model):
        model.rows.index_set().add("more")
        model.rows["more"] = model.x["free"] <= 1

    with pytest.raises(ContractError, match=r"rows\[more\]"):
        extend(program, labels, add)


def test_a_plan_fills_an_extended_model(tiny):
    """Values reach the planner's variables too, on blocks and without an index."""

    def add(model):
        model.extra = pyo.Var(bounds=(0, 4))
        model.week = pyo.Block([1])
        model.week[1].less = pyo.Var(["p", "q"], bounds=(0, 4))
        model.mine = pyo.Constraint(expr=first(model.ship) + model.extra == model.week[1].less["q"] + 3)

    program, labels, model = extend(*stated(tiny), add)
    x = solve(program).x
    fill(model, labels, x)
    assert pyo.value(model.objective) == pytest.approx(program.objective(x))
    assert [model.extra.value, *(v.value for v in model.week[1].less.values())] == x[-3:].tolist()
    assert pyo.value(model.mine.body) == pytest.approx(model.mine.ub)


def test_what_the_planners_function_raises_is_passed_on(tiny):
    """A mistake in the function itself keeps its own error."""
    with pytest.raises(KeyError, match="nowhere"):
        extend(*stated(tiny), lambda model: model.supply["nowhere"])


def test_threads_extend_at_once(tiny):
    """Threads that extend the same program get the same answer, and a slow planner keeps nobody waiting."""
    program, labels = stated(tiny)
    together, found = threading.Barrier(4), []

    def add(model):
        together.wait(60)  # would never pass if one thread at a time were let in
        model.mine = pyo.Constraint(expr=pyo.quicksum(model.ship.values()) <= 7)

    threads = [threading.Thread(target=lambda: found.append(extend(program, labels, add)[0])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 4
    for extended in found:
        assert_same(extended, found[0])


def test_an_extended_program_is_a_program_like_any_other(tiny):
    """What was extended can be built, compiled and extended again."""
    program, labels, _ = extend(*stated(tiny), lambda model: mine(model, first(model.ship) + extra(model) <= 3))
    again, _, model = extend(program, labels, lambda model: None)
    assert_same(again, program)
    assert model.mine[""].ub == 3


def test_pyomos_own_compiler_agrees_on_an_extended_model(tiny):
    """Pyomo's compiler to standard form and ours read the same rows from a planner's model."""

    def add(model):
        model.extra = pyo.Var([1, 2], bounds=(0, 4))
        ship = list(model.ship.values())
        model.mine = pyo.Constraint(
            expr=2 * (ship[0] + ship[1] - 3) + ship[0] / 4 <= 3 * (model.extra[2] + 1) + ship[2]
        )
        model.even = pyo.Constraint(expr=ship[0] == model.extra[1] + 2)

    program, _, model = extend(*stated(tiny), add)
    found = LinearStandardFormCompiler().write(
        model, mixed_form=True, set_sense=None, column_order=[model.ship, model.extra]
    )
    ours = sparse.csc_array((program.data, program.indices, program.indptr), shape=(program.rows, program.columns))
    np.testing.assert_array_equal(found.A.toarray(), ours.toarray())
    np.testing.assert_array_equal(found.rhs, program.row_upper)


def test_build_model_is_what_extend_hands_over(tiny):
    """The function is given the same model that build_model builds."""
    program, labels = stated(tiny)
    seen = []
    extend(program, labels, seen.append, name="mine")
    names = [component.name for component in seen[0].component_objects()]
    assert names == [component.name for component in build_model(program, labels).component_objects()]
    assert seen[0].name == "mine"
