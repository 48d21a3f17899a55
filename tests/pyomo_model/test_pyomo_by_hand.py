"""A few lines of ordinary Pyomo over dictionaries, written without the library, find the same optimum."""

import numpy as np
import pyomo.environ as pyo
import pytest
from hypothesis import given
from tests.pyomo_model.small import stated
from tests.strategies import tables

from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.problem import Problem
from allocopt.pyomo_model import build_model, compile_model
from allocopt.solve import solve

NOTHING = Program(
    *(np.zeros(0),) * 3,
    np.zeros(0, bool),
    np.zeros(1, np.int32),
    np.zeros(0, np.int32),
    *(np.zeros(0),) * 3,
    *(np.zeros(0, np.int32),) * 2,
)


def best(model) -> float:
    """Return the best worth of a model that was written by hand."""
    program = compile_model(model, NOTHING, Labels((), ())).program
    return program.objective(solve(program).x)


def by_hand(rows):
    """Return supply, demand and capacity as a textbook would write them in Pyomo."""
    skus = {row["sku"]: row for row in rows["skus"]}
    lanes = {(row["node"], row["channel"]): row["cost"] for row in rows.get("lanes", [])}
    lots, lines = dict(enumerate(rows["supply"])), dict(enumerate(rows["demand"]))
    limits = {(row["node"], row["period"]): row["limit"] for row in rows.get("capacity", [])}
    arcs = [
        (lot, line)
        for lot, have in lots.items()
        for line, want in lines.items()
        if have["sku"] == want["sku"]
        and have["kind"] != "safety"
        and have["available"] <= want["period"]
        and (have["node"], want["channel"]) in lanes
    ]

    def margin(lot, line):
        have, want = lots[lot], lines[line]
        return want["price"] - skus[have["sku"]]["unit_cost"] - lanes[have["node"], want["channel"]]

    m = pyo.ConcreteModel()
    m.x = pyo.Var(arcs, domain=pyo.NonNegativeIntegers)

    def at_most(total, limit):
        return total <= limit if not isinstance(total, int) else pyo.Constraint.Skip

    @m.Constraint(lots)
    def supply(m, lot):
        return at_most(sum(m.x[a] for a in arcs if a[0] == lot), lots[lot]["units"])

    @m.Constraint(lines)
    def demand(m, line):
        return at_most(sum(m.x[a] for a in arcs if a[1] == line), lines[line]["units"])

    @m.Constraint(limits)
    def capacity(m, node, period):
        here = [a for a in arcs if lots[a[0]]["node"] == node and lines[a[1]]["period"] == period]
        return at_most(sum(m.x[a] for a in here), limits[node, period])

    @m.Objective(sense=pyo.maximize)
    def contribution(m):
        return sum(margin(*a) * m.x[a] for a in arcs)

    return m


@given(tables(features=("capacity",)))
def test_textbook_pyomo_finds_the_same_optimum(rows):
    """Supply, demand and capacity stated by hand are worth exactly what the library's program is worth."""
    program, labels = stated(Problem.from_dict(rows))
    again = compile_model(build_model(program, labels), program, labels).program
    assert best(by_hand(rows)) == pytest.approx(again.objective(solve(again).x), abs=1e-6)


def test_the_tiny_problem_by_hand(tiny):
    """The problem that was solved with a pencil is worth 120 in Pyomo, too."""
    rows = {
        name: [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        for name, columns in tiny.to_dict().items()
        if isinstance(columns, dict)
    }
    fees = {row["channel"]: row["fee_rate"] for row in rows["channels"]}
    for row in rows["demand"]:
        row["price"] *= 1 - fees[row["channel"]]
    assert best(by_hand(rows)) == pytest.approx(120)
