"""The members of a model, ours and a planner's, in the order of columns and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo

from allocopt.algebra.labels import Family, Index
from allocopt.errors import Issue
from allocopt.pyomo_model.layout import Component, Layout

UNDERSTOOD = (
    pyo.Block,
    pyo.Var,
    pyo.Constraint,
    pyo.Objective,
    pyo.Expression,
    pyo.Param,
    pyo.Set,
    pyo.RangeSet,
    pyo.Suffix,
    pyo.ExternalFunction,
    pyo.BuildAction,
    pyo.BuildCheck,
)
"""Kinds of component that a model may hold; suffixes are hints to solvers and say nothing about the plan."""

OURS = "What allocopt states must stay as it is: add components of your own instead."


def fault(code: str, name: str | None, message: str, hint: str = "") -> Issue:
    """Return a fault of the model, at the component or member called `name`."""
    return Issue("model", None, None, name, code, message, hint)


def unknown_components(model: Any) -> list[Issue]:
    """Return a fault for every active component of a kind that no linear program can hold."""
    return [
        fault(
            "unknown_component",
            component.name,
            f"`{component.name}` is a {component.ctype.__name__}, which cannot be solved here.",
            "Say it with variables and linear constraints.",
        )
        for component in model.component_objects(active=True, descend_into=True)
        if component.ctype not in UNDERSTOOD
    ]


def own_variables(model: Any, places: Layout, size: int) -> tuple[list[Any], list[Issue]]:
    """Return our variable of each column, and faults where one is gone."""
    found, faults = _own(model, places.columns, pyo.Var, size)
    faults += [
        fault("deleted", place.component, f"`{place.component}` was deleted or replaced.", OURS)
        for place in places.columns
        if any(found[position] is None for position in place.positions.tolist())
    ]
    return found, faults


def own_constraints(model: Any, places: Layout, size: int) -> tuple[list[Any], list[Issue]]:
    """Return our constraint of each row, None where it was deleted or switched off."""
    return _own(model, places.rows, pyo.Constraint, size, live=lambda member: bool(member.active))


def _own(
    model: Any, places: tuple[Component, ...], kind: Any, size: int, live: Callable[[Any], bool] | None = None
) -> tuple[list[Any], list[Issue]]:
    found: list[Any] = [None] * size
    faults: list[Issue] = []
    for place in places:
        component = model.component(place.component)
        if component is None or component.ctype is not kind:
            continue
        members = dict(component.items())
        for key, position in zip(place.keys, place.positions.tolist(), strict=True):
            member = members.pop(key, None)
            if member is not None and (live is None or live(member)):
                found[position] = member
        for member in members.values():
            message = f"`{member.name}` was added to `{place.component}`."
            faults.append(fault("added_to", place.component, message, OURS))
    return found, faults


def planners(model: Any, kind: Any, places: Layout, start: int) -> tuple[list[Any], tuple[Family, ...]]:
    """Return the planner's members of a kind, in the order of declaration, and the families that they make.

    Parameters
    ----------
    model : pyomo.environ.ConcreteModel
    kind : pyomo.environ.Var or pyomo.environ.Constraint
        Of constraints only the active ones are returned, and their rows are elastic.
    places : Layout
        What is ours.
    start : int
        Position of the first.
    """
    ours = {place.component for place in (*places.columns, *places.rows)}
    rows = kind is pyo.Constraint
    members: list[Any] = []
    families: list[Family] = []
    for component in model.component_objects(kind, active=True if rows else None, descend_into=True):
        if component.parent_block() is model and component.local_name in ours:
            continue
        new = [member for member in component.values() if not rows or member.active]
        if new:
            elastic = np.ones(len(new), dtype=bool) if rows else None
            families.append(Family(component.name, start + len(members), _index(new), elastic=elastic))
            members += new
    return members, tuple(families)


def _index(members: list[Any]) -> Index:
    """Return the labels of members as Pyomo indexes them; a component without an index has a blank label."""
    keys = [member.index() for member in members]
    if keys == [None]:
        return Index(("index",), (np.array([-1]),), (np.zeros(0, dtype=object),))
    widths = {len(key) if isinstance(key, tuple) else 0 for key in keys}
    parts = list(zip(*keys, strict=True)) if len(widths) == 1 and widths != {0} else [keys]
    names = tuple(f"index_{k}" for k in range(1, len(parts) + 1)) if len(parts) > 1 else ("index",)
    codes = np.arange(len(keys))
    return Index(names, (codes,) * len(parts), tuple(_objects(part) for part in parts))


def _objects(values: Sequence[Any]) -> Any:
    texts = np.empty(len(values), dtype=object)
    for position, value in enumerate(values):  # one by one: a tuple is a label too, not a row of an array
        texts[position] = value
    return texts
