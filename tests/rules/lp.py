"""Programs as text that a person can check: columns with short names, money by where it is booked, rows.

.. code-block:: text

    columns    name, label, lower bound, upper bound, "whole" where it must be
    money      what each column earns (+) or costs (-) a unit, by column of the profit and loss; constants with owner
    maximise   the sum of the money
    rows       name[label]: limits and sum; "clause 1" where that clause states it, "promise" where it may be relaxed
               to explain why there is no plan
    taken      candidates that were taken away, by reason and demand line
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.labels import Family, Labels
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs, build_arcs
from allocopt.problem import Problem
from allocopt.problem.schema import COMPANY
from allocopt.rules import allowed, revised, state
from allocopt.rules.kit.base import Clause
from allocopt.rules.kit.names import line_names


def text(problem: Problem, clauses: Sequence[Clause] = ()) -> str:
    """Return the program of a problem under clauses as text."""
    arcs = allowed(build_arcs(revised(problem.facts, clauses)[0]), clauses)
    form = state(arcs, clauses)
    program, labels = form.compile()
    names = _short_names(labels, program.columns)
    parts = {
        "columns": _columns(program, labels, names),
        "money": _money(form, arcs, names),
        "maximise": [_terms(names, program.cost) + _constant(program.constant)],
        "rows": _rows(program, labels, names),
        "taken": _taken(arcs),
    }
    return "".join(f"{head}\n" + "".join(f"  {line}\n" for line in lines) for head, lines in parts.items() if lines)


def _short_names(labels: Labels, count: int) -> list[str]:
    """Return ``s1``, ``s2``, ... for ship, and the first letters that tell the other variables apart."""
    names = [""] * count
    taken: set[str] = set()
    for family in labels.columns:
        letters = next(family.name[:k] for k in range(1, 99) if family.name[:k] not in taken)
        taken.add(letters)
        for rank in range(len(family.index)):
            names[family.start + rank] = f"{letters}{rank + 1}"
    return names


def _spelled(family: Family, rank: int) -> str:
    return f"{family.name}[{', '.join(str(part) for part in family.index.label(rank))}]"


def _number(value: float) -> str:
    return f"{value:.10g}"


def _terms(names: list[str], weights: np.ndarray) -> str:
    """Return a weighted sum, such as ``s1 - 2 s2``."""
    said = ""
    for position in np.flatnonzero(weights).tolist():
        weight = float(weights[position])
        sign = ("- " if weight < 0 else "") if not said else (" - " if weight < 0 else " + ")
        size = "" if abs(weight) == 1 else f"{_number(abs(weight))} "
        said += f"{sign}{size}{names[position]}"
    return said or "0"


def _constant(value: float) -> str:
    return "" if not value else f" {'-' if value < 0 else '+'} {_number(abs(value))}"


def _columns(program: Program, labels: Labels, names: list[str]) -> list[str]:
    lines = []
    for family in labels.columns:
        for rank in range(len(family.index)):
            at = family.start + rank
            whole = " whole" if program.integer[at] else ""
            limits = f"{_number(program.lower[at])} .. {_number(program.upper[at])}"
            lines.append(f"{names[at]} = {_spelled(family, rank)}: {limits}{whole}")
    return lines


def _money(form: Formulation, arcs: Arcs, names: list[str]) -> list[str]:
    owners = [*arcs.facts.channels.id.tolist(), COMPANY]
    lines = []
    for money in form.money:
        said = []
        if money.variable is not None and money.coefficient is not None:
            members = np.arange(len(money.variable))
            weights = np.zeros(len(names))
            weights[money.variable.start + members] = money.coefficient(members)
            if weights.any():
                said.append(_terms(names, weights))
            owned = np.full(len(members), len(owners) - 1) if money.channel is None else money.channel(members)
            booked = sorted({owners[owner] for owner in owned[weights[money.variable.start + members] != 0]})
            if booked:
                said[-1] += f" ({', '.join(booked)})"
        if money.constant is not None:
            said += [
                f"{_number(value)} ({owner})" for owner, value in zip(owners, money.constant, strict=True) if value
            ]
        if said:
            lines.append(f"{money.column}: {'; '.join(said)}")
    return lines


def _rows(program: Program, labels: Labels, names: list[str]) -> list[str]:
    matrix = np.zeros((program.rows, program.columns))
    matrix[program.indices, np.repeat(np.arange(program.columns), np.diff(program.indptr))] = program.data
    lines = []
    for family in labels.rows:
        for rank in range(len(family.index)):
            at = family.start + rank
            low, high = program.row_lower[at], program.row_upper[at]
            said = _terms(names, matrix[at])
            if low == high:
                said += f" = {_number(low)}"
            else:
                said = ("" if np.isinf(low) else f"{_number(low)} <= ") + said
                said += "" if np.isinf(high) else f" <= {_number(high)}"
            marks = [] if family.clause is None else [f"clause {family.clause[rank] + 1}"]
            marks += ["promise"] if family.elastic is not None and family.elastic[rank] else []
            lines.append(f"{_spelled(family, rank)}: {said}" + (f"   ({', '.join(marks)})" if marks else ""))
    return lines


def _taken(arcs: Arcs) -> list[str]:
    names = line_names(arcs.facts)
    taken = arcs.exclusions
    return [
        f"{code}: " + ", ".join(f"{count} of {names[line]}" for line, count in zip(lines, counts, strict=True))
        for code, lines, counts in zip(taken.codes, taken.lines, taken.counts, strict=True)
    ]
