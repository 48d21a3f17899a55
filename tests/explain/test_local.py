"""The local re-solve against whole re-solves: the same money to the cent wherever nothing couples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import allocation, dense, program

from allocopt.algebra.program import COUPLES
from allocopt.explain.change import Change
from allocopt.explain.local import Local
from allocopt.solve import EXACT, Effort, solve

SMALL = {"lots": 2, "lines": 3, "cells": 2}


def best(given):
    """Return the best plan of a program in whole units."""
    found = solve(given, Effort(gap=EXACT))
    assert found.status == "optimal"
    return found.x


def loose(seed, skus=2, packs=0.0):
    """Return an allocation whose capacity never binds, so that nothing couples its SKUs."""
    made = allocation(skus, seed=seed, packs=packs, **SMALL)
    return replace(made, row_upper=np.where(made.row_sku == COUPLES, 1e9, made.row_upper))


@settings(max_examples=15)
@given(
    seed=st.integers(0, 500),
    row=st.integers(0, 3),
    by=st.sampled_from([-1.0, 1.0, 4.0]),
    packs=st.sampled_from([0.0, 0.6]),
)
def test_a_moved_limit_gains_what_a_whole_re_solve_gains(seed, row, by, packs):
    """One more unit of a lot, or one less, is worth what solving everything anew says."""
    made = loose(seed, packs=packs)
    x = best(made)
    upper = made.row_upper.copy()
    upper[row] += by
    if upper[row] < 0:
        return
    other = replace(made, row_upper=upper)
    found = Local(made, x).solve(Change.moved([row], by))
    assert found.gain == pytest.approx(other.objective(best(other)) - made.objective(x), abs=1e-4)
    assert found.bound >= found.gain - 1e-6


@settings(max_examples=15)
@given(seed=st.integers(0, 500), data=st.data())
def test_entries_that_do_not_count_are_stock_of_ones_own(seed, data):
    """A line whose columns do not count in its lots' rows gets what a lot of its own would give it."""
    made = loose(seed)
    x = best(made)
    matrix = dense(made)
    line = data.draw(st.integers(4, 9))
    columns = np.flatnonzero(matrix[line] * (np.arange(made.columns) < made.columns - 6))
    lots = np.flatnonzero(matrix[:4, columns].any(axis=1))
    units = made.row_upper[line]
    change = Change.of([Change.exempted(lots, columns), Change.freed(columns, 0.0, units)])
    found = Local(made, x).solve(change)
    matrix[np.ix_(lots, columns)] = 0.0
    lower, upper = made.row_lower - (dense(made) - matrix) @ x, made.row_upper - (dense(made) - matrix) @ x
    top = made.upper.copy()
    top[columns] = units
    other = replace(
        program(made.cost, matrix, lower, upper, upper=top, integer=made.integer, row_sku=made.row_sku),
        column_sku=made.column_sku,
    )
    assert found.gain == pytest.approx(other.objective(best(other)) - (made.objective(x) - made.constant), abs=1e-4)


def test_coupling_rows_keep_what_the_rest_uses():
    """A block never takes capacity that another one uses as planned."""
    wide = allocation(8, seed=3, **SMALL)
    x = best(wide)
    local = Local(wide, x)
    cell = int(np.flatnonzero(wide.row_sku == COUPLES)[0])
    for block in local.blocks_of(np.array([cell])).tolist():
        found = local.solve(Change(), np.array([block]))
        moved = x.copy()
        moved[found.columns] = found.x
        assert (wide.activity(moved) <= wide.row_upper + 1e-9).all()


def test_one_more_hour_goes_to_the_block_that_makes_most_of_it():
    """Of the blocks that share a row, the best one answers."""
    wide = allocation(30, seed=5, tight=0.3, **SMALL)
    x = best(wide)
    local = Local(wide, x)
    cell = int(np.flatnonzero(wide.row_sku == COUPLES)[0])
    change = Change.moved([cell], 5.0)
    each = [local.solve(change, np.array([block])).gain for block in local.blocks_of(np.array([cell])).tolist()]
    assert len(each) > 10
    assert local.best(change).gain == pytest.approx(max(each), abs=1e-5)
    assert max(each) > 0


def test_what_no_plan_keeps_is_none():
    """A limit below what has to ship leaves no plan."""
    made = program([1.0], [[1.0]], [3.0], [5.0], upper=9.0, integer=True, row_sku=0)
    local = Local(made, np.array([5.0]))
    assert local.solve(Change.freed([0], 0.0, 2.0)) is None
    assert local.solve(Change.moved([0], -1.0)).gain == -1.0


def test_held_columns_stay_as_planned():
    """A decision is nobody's to take anew."""
    made = program([3.0, -1.0], [[1.0, -5.0]], [-np.inf], [0.0], upper=[9.0, 1.0], integer=True, row_sku=0)
    x = np.zeros(2)
    assert Local(made, x).solve(Change(), np.array([0])).gain == 14.0
    assert Local(made, x, np.array([1])).solve(Change(), np.array([0])).gain == 0.0


def test_answers_do_not_depend_on_what_was_asked_before():
    """The same question has the same answer, whatever came before it."""
    made = loose(7)
    x = best(made)
    first, second = Local(made, x), Local(made, x)
    second.solve(Change.moved([1], 3.0))
    one, other = (local.solve(Change.moved([0], 2.0)) for local in (first, second))
    assert one.gain == other.gain
    assert (one.x == other.x).all()
