"""Our own search of small programs in whole units, and the bound that its leaves prove."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocopt.algebra.program import Program
from allocopt.solve.akin import Akin
from allocopt.solve.certificate import own_bound
from allocopt.solve.leaves import Leaves, Tree
from allocopt.solve.trees import searched
from allocopt.solve.trees.proof import LeafBound, bound_by_leaves


def program(matrix, cost, upper, row_lower, row_upper, whole=None) -> Program:
    """A program from a dense matrix."""
    matrix = np.asarray(matrix, float)
    rows, columns = matrix.shape
    column, row = np.nonzero(matrix.T)
    return Program(
        cost=np.asarray(cost, float),
        lower=np.zeros(columns),
        upper=np.asarray(upper, float),
        integer=np.ones(columns, bool) if whole is None else np.asarray(whole, bool),
        indptr=np.concatenate([[0], np.cumsum(np.bincount(column, minlength=columns))]).astype(np.int32),
        indices=row.astype(np.int32),
        data=matrix.T[column, row],
        row_lower=np.asarray(row_lower, float),
        row_upper=np.asarray(row_upper, float),
        column_sku=np.zeros(columns, np.int32),
        row_sku=np.zeros(rows, np.int32),
    )


def best(small: Program) -> float:
    """What the best plan in whole units is worth, by trying all of them; -inf without one."""
    worth = -np.inf
    for x in itertools.product(*(range(int(most) + 1) for most in small.upper)):
        activity = small.activity(np.array(x, float))
        if (activity <= small.row_upper + 1e-9).all() and (activity >= small.row_lower - 1e-9).all():
            worth = max(worth, small.objective(np.array(x, float)))
    return worth


@st.composite
def programs(draw):
    """Programs of up to 5 columns and 4 rows with packs, switches, least sums and equal sums."""
    columns, rows = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    entry = st.sampled_from([0, 0, 1, 1, 1, 2, 3, -1, -2, 0.5])
    matrix = np.array([[draw(entry) for _ in range(columns)] for _ in range(rows)])
    matrix[~matrix.any(axis=1), 0] = 1  # a row that no column touches is no row of a block
    limits = [draw(st.sampled_from([(-np.inf, 4), (-np.inf, 2.5), (1, np.inf), (2, 5), (0, 0)])) for _ in range(rows)]
    cost = [draw(st.integers(-4, 9)) for _ in range(columns)]
    return program(matrix, cost, [draw(st.integers(0, 3)) for _ in range(columns)], *zip(*limits, strict=True))


def leaves(small: Program, tree: Tree) -> Leaves:
    """A proof by one tree."""
    return Leaves(np.zeros(small.rows), (tree,))


def beside(one: Program, other: Program) -> Program:
    """Two programs as blocks of one, with a row over all columns."""
    dense = np.zeros((one.rows + other.rows + 1, one.columns + other.columns))
    for part, row, column in ((one, 0, 0), (other, one.rows, one.columns)):
        dense[row + part.indices, column + part.entry_column] = part.data
    dense[-1] = 1.0
    ends = [np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("cost", "upper")]
    low = np.concatenate([one.row_lower, other.row_lower, [-np.inf]])
    return program(dense, *ends, low, np.concatenate([one.row_upper, other.row_upper, [6.0]]))


def placed(tree: Tree, columns: int, rows: int) -> Tree:
    """A tree of a block that stands behind another one."""
    return replace(tree, columns=tree.columns + columns, rows=tree.rows + rows)


@settings(max_examples=150)
@given(programs())
def test_a_search_to_the_end_is_what_trying_everything_finds(small):
    """The plan is the best one, or there is none; the leaves prove it, to the last digits."""
    found = searched(small, nodes=2_000)
    truth = best(small)
    if truth == -np.inf:
        assert found.x is None
    else:
        assert small.objective(found.x) == pytest.approx(truth)
        assert truth <= bound_by_leaves(small, leaves(small, found.tree)) <= truth + 1e-6


@settings(max_examples=100)
@given(programs(), st.integers(1, 6))
def test_a_search_that_stops_early_proves_no_less_than_the_truth(small, nodes):
    """Whatever is still open counts in the bound, and a plan that was given is never lost."""
    truth = best(small)
    bound = bound_by_leaves(small, leaves(small, searched(small, nodes=nodes).tree))
    assert bound >= truth
    if small.row_lower.max() <= 0:
        again = searched(small, start=np.zeros(small.columns), nodes=nodes)
        assert again.x is not None
        assert small.objective(again.x) >= 0


@settings(max_examples=150)
@given(programs(), programs(), st.data())
def test_a_proof_of_blocks_holds_for_other_limits_and_worths(one, other, data):
    """Two blocks and a row between them: with limits moved or lifted, trees that nothing concerns are not looked at.

    What comes of it is what all of them prove anew, and never below a plan.
    """
    both = beside(one, other)
    trees = (searched(one, nodes=30).tree, placed(searched(other, nodes=30).tree, one.columns, one.rows))
    proof = Leaves(np.append(np.zeros(both.rows - 1), data.draw(st.sampled_from([0.0, 0.5, 2.0]))), trees)
    row = data.draw(st.integers(0, both.rows - 1))
    column = data.draw(st.integers(0, both.columns - 1))
    low, high, cost, upper = both.row_lower.copy(), both.row_upper.copy(), both.cost.copy(), both.upper.copy()
    low[row], high[row] = data.draw(st.sampled_from([(-np.inf, np.inf), (-np.inf, 5.0), (0.0, 3.0)]))
    cost[column] += data.draw(st.sampled_from([0.0, 0.0, 1.0]))
    upper[column] = data.draw(st.sampled_from([upper[column], 1.0]))
    changed = replace(both, row_lower=low, row_upper=high, cost=cost, upper=upper)
    before = LeafBound(both, proof)
    found = before.of(changed)
    if np.isfinite(before.value):
        assert found == pytest.approx(LeafBound(changed, proof).value, abs=1e-9)
    assert found >= best(changed)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.sampled_from([0.5, 1, 2]), st.integers(-1, 1), st.booleans()), min_size=2, max_size=5),
    st.data(),
)
def test_a_row_between_blocks_that_takes_parts_of_units_makes_no_false_bound(blocks, data):
    """Some blocks of a column are searched; what the others take of the row between them does not round its limit."""
    entries, extra, are_searched = (np.array(part) for part in zip(*blocks, strict=True))
    count, price = len(blocks), data.draw(st.sampled_from([1.0, 2.0]))
    cost, alone = price * entries + extra, program([[1.0]], [1.0], [2.0], [-np.inf], [2.0])
    limit = data.draw(st.sampled_from([0.5, 1.5, 2.0, 2.5, 3.5]))
    ends = np.append(np.full(count, -np.inf), -np.inf), np.append(np.full(count, 2.0), limit)
    both = program(np.vstack([np.eye(count), entries]), cost, np.full(count, 2.0), *ends)
    trees = tuple(placed(searched(alone).tree, block, block) for block in np.flatnonzero(are_searched).tolist())
    assert bound_by_leaves(both, Leaves(np.append(np.zeros(count), price), trees)) >= best(both)


@settings(max_examples=150)
@given(small=programs(), data=st.data())
def test_a_search_proves_a_program_that_lost_columns_and_rows(small, data):
    """What was searched is carried to a program with fewer columns and rows and other limits, at prices of any kind."""
    tree = searched(small, nodes=data.draw(st.sampled_from([1, 5, 50]))).tree
    lost = st.lists(st.integers(0, 9), max_size=2, unique=True)
    columns = np.setdiff1d(np.arange(small.columns), data.draw(lost))
    rows = np.setdiff1d(np.arange(small.rows), data.draw(lost))
    if not len(columns) or not len(rows):
        return
    dense = np.zeros((small.rows, small.columns))
    dense[small.indices, small.entry_column] = small.data
    more = data.draw(st.integers(0, 2))
    lower, upper = small.row_lower[rows] - more, small.row_upper[rows] + more
    other = program(dense[np.ix_(rows, columns)], small.cost[columns], small.upper[columns] + more, lower, upper)
    at_column, at_row = np.full(small.columns, -1), np.full(small.rows, -1)
    at_column[columns], at_row[rows] = np.arange(len(columns)), np.arange(len(rows))
    carried = tree.carried(at_column, at_row)
    if carried is None:
        return
    chance = np.random.default_rng(data.draw(st.integers(0, 99)))
    akin = Akin(np.zeros(len(columns)), chance.normal(0.0, 3.0, len(rows)), (carried,))
    assert best(other) <= bound_by_leaves(other, akin.leaves(chance.normal(0.0, 3.0, len(rows)))) + 1e-9


@settings(max_examples=100)
@given(small=programs(), data=st.data())
def test_what_says_nothing_can_be_lost_without_proving_less(small, data):
    """A column that carries nothing and a row without limits stand anywhere in what was searched, and are gone then."""
    column, row = data.draw(st.integers(0, small.columns)), data.draw(st.integers(0, small.rows))
    columns, rows = np.arange(small.columns), np.arange(small.rows)
    columns, rows = columns + (columns >= column), rows + (rows >= row)
    dense = np.ones((small.rows + 1, small.columns + 1))
    inner = np.zeros((small.rows, small.columns))
    inner[small.indices, small.entry_column] = small.data
    dense[np.ix_(rows, columns)] = inner
    ends = [np.insert(given, column, 0.0) for given in (small.cost, small.upper)]
    limits = [np.insert(given, row, end) for given, end in ((small.row_lower, -np.inf), (small.row_upper, np.inf))]
    large = program(dense, *ends, *limits)
    tree = searched(large, nodes=data.draw(st.sampled_from([5, 50]))).tree
    at_column, at_row = np.full(large.columns, -1), np.full(large.rows, -1)
    at_column[columns], at_row[rows] = np.arange(small.columns), np.arange(small.rows)
    carried = tree.carried(at_column, at_row)
    if carried is not None:
        proven, now = bound_by_leaves(large, leaves(large, tree)), bound_by_leaves(small, leaves(small, carried))
        assert now == proven or now <= proven + 1e-6 * (1 + abs(proven))


@settings(max_examples=100)
@given(programs(), st.integers(0, 2**32 - 1))
def test_no_numbers_make_a_false_bound(small, seed):
    """Multipliers and limits of anybody who lies give a worse bound, or none, and never one below a plan."""
    tree, chance = searched(small, nodes=50).tree, np.random.default_rng(seed)
    wrong = replace(
        tree,
        multipliers=tree.multipliers + chance.normal(0, 3, tree.multipliers.shape),
        limit=tree.limit + chance.integers(-1, 2),
    )
    assert bound_by_leaves(small, leaves(small, wrong)) >= best(small)


def test_a_proof_that_does_not_cover_everything_is_none():
    """Trees that share columns, children that leave a number out, and rows of others prove nothing."""
    small = program([[3, 2]], [5, 3], [3, 3], [-np.inf], [7])
    tree = searched(small, nodes=50).tree
    assert np.isfinite(bound_by_leaves(small, leaves(small, tree)))
    inner = np.flatnonzero(tree.child >= 0)
    assert len(inner)
    gap = tree.limit.copy()
    gap[tree.child[inner[0]] + 1] += 1
    for wrong in (
        (tree, tree),
        (replace(tree, limit=gap),),
        (replace(tree, columns=tree.columns[:1], column=np.minimum(tree.column, 0)),),
        (replace(tree, child=np.where(tree.child >= 0, 0, -1).astype(np.int32)),),
    ):
        assert bound_by_leaves(small, Leaves(np.zeros(1), wrong)) == np.inf


def test_stock_counts_in_whole_packs():
    """40 units serve three lines in packs of 12: three packs in all, which few nodes prove."""
    ships = np.eye(3)
    packs = np.hstack([ships, -12 * ships])
    stock = np.array([[1, 1, 1, 0, 0, 0]])
    small = program(
        np.vstack([stock, packs]), [5, 5.1, 5.2, 0, 0, 0], [36, 36, 36, 3, 3, 3], [-np.inf, 0, 0, 0], [40, 0, 0, 0]
    )
    found = searched(small)
    assert small.objective(found.x) == pytest.approx(36 * 5.2)
    assert own_bound(small, None, leaves=leaves(small, found.tree)) == pytest.approx(36 * 5.2)
    assert len(found.tree.child) <= 9
