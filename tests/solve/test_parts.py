"""Blocks in whole units: their plan, and the bound that their trees prove, against trying everything."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from allocopt.algebra.program import COUPLES, Program, fixed
from allocopt.solve import blocks, blockwise, highs, parts
from allocopt.solve.certificate import breach, own_bound
from allocopt.solve.solution import Clock

ARTICLES, GROUPS, LINES = 2, 2, 2
"""Articles in a group, groups, and lines of an article; each group is tied by an order that is whole."""


def tied(seed: int) -> Program:
    """Groups of articles in packs, each tied by a whole order, over a node that has not room for all."""
    rng = np.random.default_rng(seed)
    entries: list[tuple[int, int, float]] = []  # column, row, value
    sku, row_sku, lower, upper, cost, most = [], [], [], [], [], []
    for group in range(GROUPS):
        gate = len(cost)
        cost.append(0.0)
        most.append(1)
        sku.append(COUPLES)
        for article in range(ARTICLES):
            number, lot, link = group * ARTICLES + article, len(lower), len(lower) + 1
            wanted = int(rng.integers(2, 4))
            lower += [-np.inf, 0.0]
            upper += [float(rng.integers(3, 8)), 0.0]
            row_sku += [number, COUPLES]
            entries.append((gate, link, -float(wanted)))
            for line in range(LINES):
                column = len(cost)
                pack = 1.0 if line == 0 else float(rng.integers(2, 4))
                cost.append(round(float(rng.uniform(1, 9)), 2) * pack)
                most.append(wanted if line == 0 else 3)
                sku.append(number)
                entries += [(column, lot, pack)] + ([(column, link, 1.0)] if line == 0 else [])
    node = len(lower)
    lower.append(-np.inf)
    upper.append(float(rng.integers(8, 16)))
    row_sku.append(COUPLES)
    entries += [(column, node, 1.0) for column in range(len(cost)) if sku[column] != COUPLES]
    entries.sort()
    column, row, value = (np.array(each) for each in zip(*entries, strict=True))
    return Program(
        cost=np.array(cost),
        lower=np.zeros(len(cost)),
        upper=np.array(most, float),
        integer=np.ones(len(cost), bool),
        indptr=np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(cost)))]).astype(np.int32),
        indices=row.astype(np.int32),
        data=value.astype(float),
        row_lower=np.array(lower),
        row_upper=np.array(upper),
        column_sku=np.array(sku, np.int32),
        row_sku=np.array(row_sku, np.int32),
    )


def best(program: Program) -> float:
    """What the best plan is worth: all plans of each group, and all pairs of them that fit into the node."""
    size = program.columns // GROUPS
    groups = []
    for group in range(GROUPS):
        mine = np.arange(group * size, (group + 1) * size)
        ends = zip(program.lower[mine].astype(int), program.upper[mine].astype(int), strict=True)
        all_plans = np.array(list(itertools.product(*(range(least, most + 1) for least, most in ends))), float)
        dense = np.zeros((program.rows, program.columns))
        dense[program.indices, program.entry_column] = program.data
        activity = all_plans @ dense[:, mine].T
        own = np.arange(program.rows) != program.rows - 1
        kept = ((activity >= program.row_lower - 1e-9) & (activity <= program.row_upper + 1e-9))[:, own].all(axis=1)
        groups.append((all_plans[kept] @ program.cost[mine], activity[kept, -1]))
    (one, uses), (other, takes) = groups
    fits = uses[:, None] + takes[None, :] <= program.row_upper[-1] + 1e-9
    return float(np.where(fits, one[:, None] + other[None, :], -np.inf).max())


def parted(program: Program) -> tuple[float, float]:
    """What the plan of the blocks is worth, and what they prove."""
    clock = Clock.started(None)
    relaxed = highs.linear(program, clock)
    assert relaxed.x is not None
    assert relaxed.multipliers is not None
    labels = blocks.connected(program, np.arange(program.rows) == program.rows - 1)
    cut = parts.Parts(program, relaxed.x, relaxed.multipliers, labels)
    found = parts.by_parts(cut, lambda held: highs.linear(held, clock), clock, gap=1e-6)
    assert found is not None
    assert breach(program, found.x)[0] == 0
    return program.objective(found.x), own_bound(program, relaxed.multipliers, leaves=found.leaves)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("nodes", [3, 1_000])
def test_no_bound_of_tied_articles_is_too_low(seed: int, nodes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However early the searches end, the plan is none better than the best one, and no bound is below it."""
    monkeypatch.setattr(blockwise, "DEEP", (nodes, 2e8))
    program = tied(seed)
    worth, bound = parted(program)
    assert worth <= best(program) + 1e-9 <= bound + 2e-9


def test_articles_that_little_ties_prove_more_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that ends early proves more where what ties the articles is priced, and each is searched alone."""
    monkeypatch.setattr(blockwise, "DEEP", (3, 2e8))
    apart = [parted(tied(seed))[1] for seed in range(12)]
    monkeypatch.setattr(parts._Work, "_apart_by_articles", lambda *given: (-np.inf, []))
    together = [parted(tied(seed))[1] for seed in range(12)]
    assert all(one <= other + 1e-9 for one, other in zip(apart, together, strict=True))
    assert sum(one < other - 0.01 for one, other in zip(apart, together, strict=True)) > 0


@pytest.mark.parametrize("seed", range(12))
def test_what_is_decided_stays_and_hides_no_better_plan(seed: int) -> None:
    """With an order that goes and a pack that does not, no plan beats the best one, and no bound is below it."""
    program = fixed(tied(seed), [0, 2], [1.0, 0.0])
    worth, bound = parted(program)
    assert worth <= best(program) + 1e-9 <= bound + 2e-9
