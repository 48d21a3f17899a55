"""Programs stated by hand, to be handed to Pyomo and back."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from allocopt.algebra.formulation import Formulation, Sum, Variable
from allocopt.algebra.labels import Index, Labels
from allocopt.algebra.program import Program
from allocopt.arcs import build_arcs
from allocopt.problem import Problem
from allocopt.rules import allowed, revised, state

INF = np.inf


def index(*labels: Any, name: str = "what") -> Index:
    """Return an index of plain labels, or of tuples of them."""
    tuples = [label if isinstance(label, tuple) else (label,) for label in labels]
    parts = [np.array(part, dtype=object) for part in zip(*tuples, strict=True)] or [np.zeros(0, dtype=object)]
    codes = np.arange(len(tuples))
    return Index(tuple(f"{name}_{k}" for k in range(len(parts))), (codes,) * len(parts), tuple(parts))


def variable(
    form: Formulation, name: str, labels: Index, lower: Any = 0.0, upper: Any = INF, integer: Any = False
) -> Variable:
    """Add a variable of SKU 0."""
    full = np.zeros(len(labels))
    return form.add_variable(
        name,
        labels,
        lower=full + lower,
        upper=full + upper,
        integer=np.zeros(len(labels), bool) | integer,
        sku=np.zeros(len(labels), np.int32),
    )


def odd() -> tuple[Program, Labels]:
    """Return a program with every kind of column and row that is seldom met."""
    form = Formulation()
    x = variable(
        form,
        "x",
        index("free", "negative", "fixed", "binary", "whole", "below", "half"),
        lower=[-INF, -3.0, 2.5, 0.0, -4.0, -INF, 0.0],
        upper=[INF, 3.0, 2.5, 1.0, INF, -1.0, 2.5],
        integer=[False, False, False, True, True, False, True],
    )
    unused = variable(form, "unused", index(("a", 1), ("a", 2)), upper=1.0)
    form.add_rows(
        "rows",
        index("ranged", "equal", "below", "above", "open", "empty", "empty ranged", "empty equal", "impossible"),
        [
            Sum(x, np.array([0, 0, 1, 1, 2, 3, 4]), weight=np.array([1.0, -2.0, 0.5, 3.0, 1.0, 1e-9, 7.0])),
            Sum(x, np.array([1, 2, 3, -1, -1, 0, -1])),
        ],
        lower=np.array([-1.0, 2.0, -INF, 0.0, -INF, -INF, -1.0, 0.0, 3.0]),
        upper=np.array([4.0, 2.0, 5.0, INF, INF, 1.0, 1.0, 0.0, INF]),
    )
    form.add_money("m", x, lambda rows: np.array([1.0, 0.0, -2.0, 0.1 + 0.2, 5.0, 0.0, 1.0])[rows])
    form.add_money("k", constant=np.array([10.25, -1.0]))
    assert len(unused) == 2
    return form.compile()


def stated(problem: Problem, clauses: Any = ()) -> tuple[Program, Labels]:
    """Return the program of a problem under clauses."""
    return state(allowed(build_arcs(revised(problem.facts, clauses)[0]), clauses), clauses).compile()


def assert_same(one: Program, other: Program) -> None:
    """Fail unless two programs are the same arrays, entry by entry, types included."""
    for field in dataclasses.fields(Program):
        left, right = getattr(one, field.name), getattr(other, field.name)
        np.testing.assert_array_equal(left, right, err_msg=field.name, strict=field.name != "constant")
