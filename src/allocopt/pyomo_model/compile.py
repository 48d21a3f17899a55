"""A Pyomo model back as a program: our own columns and rows where they were, a planner's additions behind them.

Every constraint is read with Pyomo's own linear representation. Pyomo's compiler to standard form, built on the
same reader, is not used: it drops columns without entries, moves fixed variables to the right-hand side, splits
ranges in two and drops or refuses rows without entries, all of which would have to be undone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.common.errors import PyomoException
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import VarRecorder
from scipy import sparse

from allocopt.algebra.labels import Labels
from allocopt.algebra.program import COUPLES, Program, sku_of_rows, with_more_lines
from allocopt.errors import ContractError, Issue
from allocopt.pyomo_model.layout import layout
from allocopt.pyomo_model.locked import one_at_a_time
from allocopt.pyomo_model.members import fault, own_constraints, own_variables, planners, unknown_components

NO_PYOMO_VALUE = (PyomoException, ValueError, TypeError, ArithmeticError)
"""What Pyomo raises where a number was never given, or is none."""


@dataclass(frozen=True, eq=False)
class Compiled:
    """A whole model as arrays.

    Attributes
    ----------
    program : Program
        Own columns and rows first, in their order; then the planner's, in the order of their declaration.
    labels : Labels
        Extended by one family per component of the planner's. Their rows are elastic: somebody asked for them.
    variables : list of VarData
        The variable of each column.
    constraints : list of ConstraintData or None
        The constraint of each row; None where one of ours was deleted or switched off (the row is then free).
    """

    program: Program
    labels: Labels
    variables: list[Any]
    constraints: list[Any]


def compile_model(model: Any, program: Program, labels: Labels) -> Compiled:
    """Return the program that a model states.

    Parameters
    ----------
    model : pyomo.environ.ConcreteModel
        Built from `program` and `labels`, and perhaps added to.
    program : Program
        Says the order of columns and rows and the SKUs that they belong to; all else is read from the model.
    labels : Labels

    Returns
    -------
    Compiled

    Raises
    ------
    ContractError
        If the model holds what no linear program can say; ``.issues`` names every component.
    """
    with one_at_a_time():
        places = layout(labels)
        faults = unknown_components(model)
        variables, gone = own_variables(model, places, program.columns)
        constraints, odd = own_constraints(model, places, program.rows)
        if faults := faults + gone + odd:
            raise ContractError(faults)
        new_variables, new_columns = planners(model, pyo.Var, places, program.columns)
        new_constraints, new_rows = planners(model, pyo.Constraint, places, program.rows)
        variables += new_variables
        constraints += new_constraints
        reader = _Reader(variables)
        objective = reader.objective(model)
        columns = reader.columns()
        rows = reader.rows(constraints)
        if reader.faults:
            raise ContractError(reader.faults)
        stated = _program(program, objective, columns, rows)
        labels = Labels(labels.columns + new_columns, labels.rows + new_rows)
        return Compiled(stated, labels, variables, constraints)


@dataclass
class _Columns:
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    integer: list[bool] = field(default_factory=list)


@dataclass
class _RowEntries:
    """Entries row by row (CSR), and bounds."""

    indptr: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    data: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)


@dataclass
class _Sum:
    """A linear sum: constant + data @ x[columns]."""

    columns: list[int]
    data: list[float]
    constant: float


class _Reader:
    """Reads variables and sums as numbers; what is wrong with them is gathered in ``faults``."""

    def __init__(self, variables: list[Any]) -> None:
        self.faults: list[Issue] = []
        self.variables = variables
        self.column = {id(variable): position for position, variable in enumerate(variables)}
        # A variable that the recorder knows is read as a column even where it is fixed.
        self.known = {id(variable): variable for variable in variables}
        self.visitor = LinearRepnVisitor({}, var_recorder=VarRecorder(self.known, True))

    def objective(self, model: Any) -> _Sum:
        """Return what the model maximises."""
        active = list(model.component_data_objects(pyo.Objective, active=True, descend_into=True))
        if len(active) != 1:
            names = ", ".join(f"`{objective.name}`" for objective in active)
            message = f"There are {len(active)} objectives: {names}." if active else "There is no objective any more."
            hint = "What is optimised is said by the stages of the contract, not in the model."
            self.faults.append(fault("objective", None, message, hint))
            return _Sum([], [], 0.0)
        [objective] = active
        found = self._sum(objective, objective.expr)
        if objective.sense == pyo.minimize:
            return _Sum(found.columns, [-weight for weight in found.data], -found.constant)
        return found

    def columns(self) -> _Columns:
        """Return bounds and integrality of every variable; a fixed one is bounded by its value."""
        found = _Columns()
        for variable in self.variables:
            try:
                if variable.fixed:
                    low = high = float(variable.value)
                else:
                    low, high = variable.bounds
                whole = variable.is_integer()
                if not whole and not variable.is_continuous():
                    message = f"`{variable.name}` may take only some values ({variable.domain})."
                    hint = "Use Reals, Integers or Binary, with bounds."
                    self.faults.append(fault("domain", variable.name, message, hint))
            except NO_PYOMO_VALUE as error:
                self._unreadable(variable, error)
                low = high = 0.0
                whole = False
            found.lower.append(-math.inf if low is None else low)
            found.upper.append(math.inf if high is None else high)
            found.integer.append(whole)
        return found

    def rows(self, constraints: list[Any]) -> _RowEntries:
        """Return entries and bounds of every constraint; what is constant in it moves to the bounds."""
        found = _RowEntries()
        for constraint in constraints:
            low, high = None, None
            if constraint is not None:
                try:
                    low, body, high = constraint.to_bounded_expression(evaluate_bounds=True)
                except NO_PYOMO_VALUE as error:
                    self._unreadable(constraint, error)
                    body = 0.0
                sum_ = self._sum(constraint, body)
                found.indices += sum_.columns
                found.data += sum_.data
                if sum_.constant:
                    low = None if low is None else low - sum_.constant
                    high = None if high is None else high - sum_.constant
            found.indptr.append(len(found.indices))
            found.lower.append(-math.inf if low is None else low)
            found.upper.append(math.inf if high is None else high)
        return found

    def _sum(self, member: Any, expression: Any) -> _Sum:
        """Return an expression as a linear sum; an empty one where there is a fault."""
        try:
            found = self.visitor.walk_expression(expression)
            if found.nonlinear is not None:
                message = f"`{member.name}` is not linear: {_short(found.nonlinear)}."
                hint = "Only sums of variables times constant numbers can be solved here."
                self.faults.append(fault("nonlinear", member.name, message, hint))
            elif all(map(math.isfinite, found.linear.values())) and math.isfinite(found.constant):
                return _Sum([self.column[key] for key in found.linear], [*found.linear.values()], found.constant)
            else:
                message = f"`{member.name}` holds a factor that is not a finite number."
                self.faults.append(fault("not_finite", member.name, message))
        except KeyError as error:
            stranger = self.known[error.args[0]].name
            message = f"`{member.name}` uses the variable `{stranger}`, which is not part of the model."
            hint = "Add it to the model first, as in model.extra = pyo.Var()."
            self.faults.append(fault("stranger", member.name, message, hint))
        except NO_PYOMO_VALUE as error:
            self._unreadable(member, error)
        return _Sum([], [], 0.0)

    def _unreadable(self, member: Any, error: Exception) -> None:
        message = f"`{member.name}` cannot be read: {_short(error)}"
        self.faults.append(fault("unreadable", member.name, message))


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= 200 else f"{line[:200]} ..."


def _program(program: Program, objective: _Sum, columns: _Columns, rows: _RowEntries) -> Program:
    """Return the arrays of what was read."""
    size, height = len(columns.lower), len(rows.lower)
    cost = np.zeros(size)
    cost[objective.columns] = objective.data
    entries = (np.array(rows.data, dtype=np.float64), np.array(rows.indices, dtype=np.int32), np.array(rows.indptr))
    matrix = sparse.csr_array(entries, shape=(height, size)).tocsc()
    matrix.eliminate_zeros()
    matrix.sort_indices()
    column_sku = np.concatenate([program.column_sku, np.full(size - program.columns, COUPLES)]).astype(np.int32)
    indptr, indices = matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32)
    return Program(
        cost=cost,
        lower=np.array(columns.lower, dtype=np.float64),
        upper=np.array(columns.upper, dtype=np.float64),
        integer=np.array(columns.integer, dtype=np.bool_),
        indptr=indptr,
        indices=indices,
        data=matrix.data,
        row_lower=np.array(rows.lower, dtype=np.float64),
        row_upper=np.array(rows.upper, dtype=np.float64),
        column_sku=column_sku,
        row_sku=_sku_of_rows(program, indptr, indices, column_sku, height),
        constant=float(objective.constant),
        column_line=with_more_lines(program.column_line, size - program.columns),
    )


def _sku_of_rows(
    program: Program,
    indptr: NDArray[np.int32],
    indices: NDArray[np.int32],
    column_sku: NDArray[np.int32],
    height: int,
) -> NDArray[np.int32]:
    """Return the SKU that all columns of a row share, else `COUPLES`; our own rows keep theirs if they may."""
    found = sku_of_rows(indptr, indices, column_sku, height)
    own = slice(program.rows)
    empty = np.bincount(indices, minlength=height)[own] == 0
    found[own] = np.where(empty | (program.row_sku == COUPLES), program.row_sku, found[own])
    return found
