"""A planner's own Pyomo rules: added to the model, compiled with it, and kept from changing what allocopt states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.errors import ContractError, Issue
from allocopt.pyomo_model.build import build_model, by_row
from allocopt.pyomo_model.compile import Compiled, compile_model
from allocopt.pyomo_model.layout import OBJECTIVE, Component, layout
from allocopt.pyomo_model.members import OURS, fault

_RULES = "Rules are changed in the tables and the contract, not in the model."
_LIMIT = "State the limit as a constraint of your own, as in model.mine = pyo.Constraint(expr=... <= 3)."


def extend(
    program: Program,
    labels: Labels,
    extend_fn: Callable[[Any], Any],
    name: str = "allocation",
    docs: Mapping[str, str] | None = None,
    arcs_frame: Any = None,
) -> tuple[Program, Labels, Any]:
    """Let a planner add to the Pyomo model of a program, and return the program with what was added.

    Linear constraints, constraint lists, variables (continuous, whole or binary), expressions, parameters, sets and
    blocks of these may be added. A new variable earns and costs nothing: the objective is the contract's.

    Parameters
    ----------
    program : Program
    labels : Labels
    extend_fn : callable
        Is given the model (see `build_model`) and adds to it; what it raises is passed on.
    name : str
    docs : mapping of str to str, optional
    arcs_frame : pandas.DataFrame, optional
        See `build_model`.

    Returns
    -------
    program : Program
        Own columns and rows first, unchanged.
    labels : Labels
        Extended by the planner's components; their rows are elastic.
    model : pyomo.environ.ConcreteModel

    Raises
    ------
    ContractError
        If the function changed anything of ours, or added what cannot be solved; ``.issues`` names every component.
    """
    model = build_model(program, labels, name, docs, arcs_frame)
    answer = extend_fn(model)
    if answer is not None and answer is not model:
        message = "The function returned something else than the model it was given."
        raise ContractError([fault("returned", None, message, "Add to the model itself, and return nothing.")])
    compiled = compile_model(model, program, labels)
    if faults := changes(compiled, program, labels):
        raise ContractError(faults)
    return compiled.program, compiled.labels, model


def changes(compiled: Compiled, program: Program, labels: Labels) -> list[Issue]:
    """Return a fault for every component of ours that does not say any more what `program` says."""
    places = layout(labels)
    faults = _objective(compiled, program)
    now, own = compiled.program, slice(program.columns)
    fixed = np.array([variable.fixed for variable in compiled.variables[own]], dtype=bool)
    bounds = (now.lower[own] != program.lower) | (now.upper[own] != program.upper)
    whole = now.integer[own] != program.integer
    faults += _named(places.columns, compiled.variables, fixed, "fixed", "was fixed", _LIMIT)
    faults += _named(places.columns, compiled.variables, bounds & ~fixed, "bounds", "has other bounds now", _LIMIT)
    faults += _named(places.columns, compiled.variables, whole, "domain", "has another domain now", OURS)
    gone = np.array([constraint is None for constraint in compiled.constraints[: program.rows]], dtype=bool)
    moved = _changed_rows(now, program) & ~gone
    faults += _named(places.rows, None, gone, "gone", "was deleted or deactivated", _RULES)
    return faults + _named(places.rows, compiled.constraints, moved, "changed", "says something else now", _RULES)


def _objective(compiled: Compiled, program: Program) -> list[Issue]:
    now = compiled.program
    paid = np.append(program.cost, np.zeros(now.columns - program.columns))
    if (now.cost == paid).all() and now.constant == program.constant:
        return []
    message = f"`{OBJECTIVE}` was changed."
    hint = "What is optimised is said by the stages of the contract; penalties by its clauses."
    return [fault("objective", OBJECTIVE, message, hint)]


def _changed_rows(now: Program, program: Program) -> NDArray[np.bool_]:
    """Return which of our rows have other entries or bounds than in `program`, shape (rows,)."""
    before, after = by_row(program), by_row(now)[: program.rows]
    before.resize(after.shape)
    apart = (after != before).tocsr()
    changed: NDArray[np.bool_] = np.diff(apart.indptr) > 0
    own = slice(program.rows)
    changed |= (now.row_lower[own] != program.row_lower) | (now.row_upper[own] != program.row_upper)
    return changed


def _named(
    places: tuple[Component, ...], members: list[Any] | None, wrong: NDArray[np.bool_], code: str, what: str, hint: str
) -> list[Issue]:
    """Return a fault for each component with members that are `wrong`, with the name of the first."""
    faults = []
    for place in places:
        ranks = np.flatnonzero(wrong[place.positions])
        if not len(ranks):
            continue
        first = int(ranks[0])
        if members is None:
            member = f"{place.component}[{place.keys[first]!r}]"
        else:
            member = members[place.positions[first]].name
        others = f", and {len(ranks) - 1} more of `{place.component}`" if len(ranks) > 1 else ""
        faults.append(fault(code, place.component, f"`{member}` {what}{others}.", hint))
    return faults
