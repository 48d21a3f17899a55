"""A program with its labels as a Pyomo model.

Columns become variables and rows become constraints, named like their families and indexed by their labels, such
as ``model.capacity["DC-East", 3, "hours"]``. Sums are handed to Pyomo as finished lists of terms, sliced from the
matrix row by row, so no expression is ever added up symbolically.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.expr import LinearExpression, MonomialTermExpression
from scipy import sparse

from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.pyomo_model.layout import ARCS, DUAL, OBJECTIVE, Component, layout
from allocopt.pyomo_model.locked import one_at_a_time


def build_model(
    program: Program,
    labels: Labels,
    name: str = "allocation",
    docs: Mapping[str, str] | None = None,
    arcs_frame: Any = None,
) -> Any:
    """Return the program as a Pyomo model.

    A row without entries keeps its place as a constraint whose body is an empty sum (Pyomo prints it as 0), so the
    model is the same matrix, row by row. Pyomo's own writers leave such a constraint out, or refuse the model
    where the row cannot hold.

    Parameters
    ----------
    program : Program
    labels : Labels
    name : str
        Name of the model.
    docs : mapping of str to str, optional
        What families mean, by name; becomes ``.doc`` of their components.
    arcs_frame : pandas.DataFrame, optional
        Facts of the arcs, indexed like ``model.ship``; becomes ``model.arcs``, so that
        ``model.arcs.query("channel == 'dtc'").index`` selects members of ``model.ship``.

    Returns
    -------
    pyomo.environ.ConcreteModel
        With ``model.objective`` and one component per family name. A name that Pyomo uses itself is changed.

    Examples
    --------
    >>> from allocopt.algebra.formulation import Formulation, Sum
    >>> from allocopt.algebra.labels import Index
    >>> form, lots = Formulation(), Index(("lot",), (np.array([0, 1]),), (np.array(["early", "late"], object),))
    >>> ship = form.add_variable("ship", lots, upper=np.array([5.0, 4.0]), sku=np.zeros(2, np.int32))
    >>> total = Index(("sku",), (np.array([0]),), (np.array(["A"], object),))
    >>> _ = form.add_rows("demand", total, [Sum(ship, np.zeros(2, int))], upper=6.0)
    >>> model = build_model(*form.compile())
    >>> print(model.demand["A"].expr)
    ship[early] + ship[late]  <=  6.0
    """
    with one_at_a_time():
        places = layout(labels)
        model = pyo.ConcreteModel(name=name)
        variables: list[Any] = [None] * program.columns
        for place in places.columns:
            _add_variables(model, place, program, docs, variables)
        terms = _Terms(program, variables)
        for place in places.rows:
            _add_constraints(model, place, program, docs, terms)
        expression = LinearExpression([program.constant, *_money(program, variables)])
        objective = pyo.Objective(expr=expression, sense=pyo.maximize, doc="Contribution less clause penalties.")
        model.add_component(OBJECTIVE, objective)
        if arcs_frame is not None:
            setattr(model, ARCS, arcs_frame)
        return model


def fill(model: Any, labels: Labels, x: NDArray[np.float64]) -> None:
    """Give the variables of a model the values of a plan.

    Parameters
    ----------
    model : pyomo.environ.ConcreteModel
        Built from the labels, or extended: then with the labels that `extend` returned.
    labels : Labels
    x : float64, shape (columns,)
    """
    values = x.tolist()
    for place in layout(labels).columns:
        for variable, position in _members(model, place):
            variable.set_value(values[position], skip_validation=True)


def give_duals(model: Any, labels: Labels, multipliers: NDArray[np.float64]) -> None:
    """Give a model the multipliers of its constraints, as a suffix ``model.dual``.

    Parameters
    ----------
    model : pyomo.environ.ConcreteModel
        As for `fill`.
    labels : Labels
    multipliers : float64, shape (rows,)
        What one more unit of the limit of each row is worth [currency per unit of the row].
    """
    values, dual = multipliers.tolist(), model.component(DUAL)
    if dual is None:
        dual = pyo.Suffix(direction=pyo.Suffix.IMPORT)
        model.add_component(DUAL, dual)
    elif dual.ctype is not pyo.Suffix:  # a planner's own component of that name
        return
    for place in layout(labels).rows:
        for member, position in _members(model, place):
            dual[member] = values[position]


def _members(model: Any, place: Component) -> Iterator[tuple[Any, int]]:
    """Return the members of a component, of a planner's block too, each with its position in the program."""
    component = model.component(place.component)
    if component is None:
        component = model.find_component(place.family)
    return zip(component.values(), place.positions.tolist(), strict=True)


def by_row(program: Program) -> Any:
    """Return the matrix of a program, row by row."""
    columns = (program.data, program.indices, program.indptr)
    return sparse.csc_array(columns, shape=(program.rows, program.columns)).tocsr()


class _Terms:
    """The matrix row by row, each row a list of terms."""

    def __init__(self, program: Program, variables: list[Any]) -> None:
        matrix = by_row(program)
        matrix.sort_indices()
        self.spans = list(pairwise(matrix.indptr.tolist()))
        self.terms = _weighted(matrix.data.tolist(), [variables[column] for column in matrix.indices.tolist()])

    def body(self, row: int) -> Any:
        first, last = self.spans[row]
        return LinearExpression(self.terms[first:last])


def _weighted(weights: list[float], variables: list[Any]) -> list[Any]:
    return [
        variable if weight == 1.0 else MonomialTermExpression((weight, variable))
        for weight, variable in zip(weights, variables, strict=True)
    ]


def _money(program: Program, variables: list[Any]) -> list[Any]:
    paid = np.flatnonzero(program.cost)
    return _weighted(program.cost[paid].tolist(), [variables[column] for column in paid.tolist()])


def _doc(place: Component, docs: Mapping[str, str] | None) -> str:
    if docs and place.family in docs:
        return docs[place.family]
    return f"Indexed by {', '.join(place.families[0].index.names)}."


def _index(place: Component) -> Any:
    """Return the keys as Pyomo takes them; it must be told where they have different numbers of parts."""
    parts = {len(key) if isinstance(key, tuple) else 1 for key in place.keys}
    return place.keys if len(parts) <= 1 else pyo.Set(initialize=place.keys, dimen=None)


def _add_variables(
    model: Any, place: Component, program: Program, docs: Mapping[str, str] | None, variables: list[Any]
) -> None:
    lower, upper = program.lower[place.positions], program.upper[place.positions]
    integer = program.integer[place.positions]
    binary = integer & (lower == 0) & (upper == 1)
    kinds = np.where(binary, 4, 2 * integer + (lower >= 0))
    domains = (pyo.Reals, pyo.NonNegativeReals, pyo.Integers, pyo.NonNegativeIntegers, pyo.Binary)
    common = int(np.bincount(kinds, minlength=len(domains)).argmax())
    component = pyo.Var(_index(place), domain=domains[common], doc=_doc(place, docs))
    model.add_component(place.component, component)
    members = [component[key] for key in place.keys]
    for member, low, high in zip(members, lower.tolist(), upper.tolist(), strict=True):
        member.setlb(None if low == -math.inf else low)
        member.setub(None if high == math.inf else high)
    for rank in np.flatnonzero(kinds != common).tolist():
        members[rank].domain = domains[kinds[rank]]
    for position, member in zip(place.positions.tolist(), members, strict=True):
        variables[position] = member


def _add_constraints(
    model: Any, place: Component, program: Program, docs: Mapping[str, str] | None, terms: _Terms
) -> None:
    component = pyo.Constraint(_index(place), doc=_doc(place, docs))
    model.add_component(place.component, component)
    lower, upper = program.row_lower[place.positions].tolist(), program.row_upper[place.positions].tolist()
    for key, row, low, high in zip(place.keys, place.positions.tolist(), lower, upper, strict=True):
        component[key] = _between(low, terms.body(row), high)


def _between(low: float, body: Any, high: float) -> tuple[Any, ...]:
    if low == high:
        return body, high
    if low == -math.inf and high == math.inf:
        # Pyomo refuses a constraint without any bound, but takes one of minus infinity.
        return low, body, None
    return None if low == -math.inf else low, body, None if high == math.inf else high
