"""Blocks opened together: what no block can do by itself, and never a plan that is worse or breaks a row."""

from __future__ import annotations

import numpy as np
import pytest
from tests.solve.test_parts import best, tied

from allocopt.solve import blocks, highs
from allocopt.solve.certificate import breach
from allocopt.solve.jointly import Jointly
from allocopt.solve.solution import Clock


@pytest.mark.parametrize("seed", range(12))
def test_blocks_opened_together_keep_every_row_and_come_near_the_best_plan(seed: int) -> None:
    """From a plan that ships nothing, both groups together come near the best one, and keep every row."""
    program, clock = tied(seed), Clock.started(None)
    relaxed = highs.linear(program, clock)
    assert relaxed.x is not None
    assert relaxed.multipliers is not None
    labels = blocks.connected(program, np.arange(program.rows) == program.rows - 1)
    together = Jointly(program, labels, relaxed.x, relaxed.multipliers)
    nothing = np.zeros(program.columns)
    bound = program.objective(relaxed.x)
    found = together.better(nothing, lambda plan: np.zeros(labels.max() + 1), clock, gap=1e-9, bound=bound)
    assert breach(program, found)[0] == 0
    assert 0.8 * best(program) <= program.objective(found) <= best(program) + 1e-9


def test_a_plan_that_is_close_enough_is_not_searched() -> None:
    """A plan within the gap of its bound comes back as it was, without a search."""
    program, clock = tied(0), Clock.started(None)
    relaxed = highs.linear(program, clock)
    assert relaxed.x is not None
    assert relaxed.multipliers is not None
    together = Jointly(program, np.zeros(program.columns, np.intp), relaxed.x, relaxed.multipliers)
    plan = np.zeros(program.columns)
    assert together.better(plan, lambda plan: np.zeros(1), clock, gap=1e-4, bound=0.0) is plan
    assert together.iterations == 0
