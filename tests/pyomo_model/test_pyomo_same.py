"""The Pyomo model of a program, compiled, is the same program."""

import threading

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from tests.pyomo_model.small import assert_same, index, odd, stated, variable
from tests.strategies import cases

from allocopt.algebra.formulation import Formulation, Sum
from allocopt.algebra.program import fixed
from allocopt.errors import ContractError
from allocopt.pyomo_model import build_model, compile_model


def there_and_back(program, labels):
    """Return what is compiled from the model of a program."""
    return compile_model(build_model(program, labels), program, labels)


@given(cases())
def test_a_compiled_model_is_the_program_that_it_was_built_from(case):
    """Matrix, bounds, money and blocks come back from Pyomo as they went in, whatever the problem and contract."""
    program, labels = stated(*case)
    compiled = there_and_back(program, labels)
    assert_same(compiled.program, program)
    assert compiled.labels == labels
    assert len(compiled.variables) == program.columns
    assert len(compiled.constraints) == program.rows


def test_odd_columns_and_rows_survive():
    """Ranges, equalities, open and empty rows, fixed, free and unused columns come back as they went in."""
    program, labels = odd()
    assert_same(there_and_back(program, labels).program, program)


def test_columns_held_at_a_value_survive():
    """A program whose columns are all fixed by their bounds comes back with all its columns."""
    program, labels = odd()
    held = fixed(program, np.arange(program.columns), np.linspace(-1, 1, program.columns))
    assert_same(there_and_back(held, labels).program, held)


@pytest.mark.parametrize("rows", [0, 2])
@pytest.mark.parametrize("columns", [0, 2])
def test_nothing_survives_too(columns, rows):
    """A program without columns, without rows, or without both comes back."""
    form = Formulation()
    x = variable(form, "x", index(*range(columns)))
    form.add_rows("r", index(*range(rows)), [Sum(x, np.full(columns, -1))], upper=1.0)
    program, labels = form.compile()
    assert_same(there_and_back(program, labels).program, program)


def test_pyomos_own_compiler_sees_the_same_rows(tiny):
    """Pyomo's compiler to standard form finds the same entries, limits and money in the model."""
    program, labels = stated(tiny)
    model = build_model(program, labels)
    found = LinearStandardFormCompiler().write(model, mixed_form=True, set_sense=None)
    position = {id(v): k for k, v in enumerate(compile_model(model, program, labels).variables)}
    order = np.argsort([position[id(v)] for v in found.columns])
    assert len(order) == program.columns
    ours = np.zeros((program.rows, program.columns))
    ours[program.indices, np.repeat(np.arange(program.columns), np.diff(program.indptr))] = program.data
    np.testing.assert_array_equal(found.A.toarray()[:, order], ours)
    np.testing.assert_array_equal(found.rhs, program.row_upper)
    np.testing.assert_array_equal(found.c.toarray()[0, order], program.cost)
    assert found.c_offset.tolist() == [program.constant]


def test_a_model_that_minimises_is_turned_round():
    """Costs to be minimised come back as money to be maximised."""
    program, labels = odd()
    model = build_model(program, labels)
    model.objective.set_value(-model.objective.expr)
    model.objective.sense = pyo.minimize
    assert_same(compile_model(model, program, labels).program, program)


def test_a_rule_switched_off_becomes_an_open_row():
    """compile_model says what the model says: a deactivated constraint of ours keeps its row, without limits."""
    program, labels = odd()
    model = build_model(program, labels)
    model.rows["ranged"].deactivate()
    found = compile_model(model, program, labels)
    assert (found.program.row_lower[0], found.program.row_upper[0]) == (-np.inf, np.inf)
    assert found.constraints[0] is None
    assert found.program.rows == program.rows


def test_a_model_without_our_variables_is_refused():
    """A column whose variable is gone has no place to be read from."""
    program, labels = odd()
    model = build_model(program, labels)
    model.del_component(model.x)
    with pytest.raises(ContractError, match="`x` was deleted"):
        compile_model(model, program, labels)


def test_many_threads_build_and_compile_at_once(tiny):
    """Eight threads that state the same program all get it back."""
    program, labels = stated(tiny)
    found = []
    threads = [threading.Thread(target=lambda: found.append(there_and_back(program, labels))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    for compiled in found:
        assert_same(compiled.program, program)
