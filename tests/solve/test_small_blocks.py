"""Thousands of SKUs of a few arcs each, tied by a few very long rows: who solves them, and within what limit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import allocopt as ao
from allocopt.solve import highs
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate


def _tiny_blocks(skus: int, *, divisible: bool) -> ao.Problem:
    """Return a problem of many SKUs with one lot and three lines each, and one node with a limit in each period."""
    rng = np.random.default_rng(0)
    names = [f"S{number:05d}" for number in range(skus)]
    channels = ["dtc", "amazon", "stores"]
    return ao.Problem(
        skus=pd.DataFrame({"sku": names, "unit_cost": 5.0, "divisible": divisible}),
        nodes=pd.DataFrame({"node": ["A"]}),
        channels=pd.DataFrame({"channel": channels, "kind": ["dtc", "marketplace", "store"]}),
        supply=pd.DataFrame({"sku": names, "node": "A", "kind": "on_hand", "units": rng.integers(5, 60, skus)}),
        demand=pd.DataFrame(
            {
                "sku": np.repeat(names, 3),
                "channel": channels * skus,
                "period": np.tile([0, 1, 2], skus),
                "units": rng.integers(1, 40, 3 * skus),
                "price": rng.uniform(20, 60, 3 * skus).round(2),
            }
        ),
        lanes=pd.DataFrame({"node": "A", "channel": channels, "cost": [1.0, 2.0, 1.5]}),
        capacity=pd.DataFrame({"node": "A", "period": [0, 1, 2], "limit": 6.0 * skus}),
    )


@pytest.mark.parametrize("divisible", [True, False])
def test_many_small_blocks_go_by_prices(divisible: bool) -> None:
    """Thousands of SKUs of three arcs each, tied by three long rows, are priced, and HiGHS comes to the same."""
    problem = _tiny_blocks(2_000, divisible=divisible)
    ours, theirs = (ao.allocate(problem, solver=solver, time_limit=20) for solver in ("auto", "highs"))
    assert ours.method == "prices" or ours.method.startswith("blocks")
    assert ours.status == theirs.status == "optimal"
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-4)


def test_presolve_is_left_out_where_it_goes_on_for_minutes() -> None:
    """Many short sums with a few very long ones: told from the matrix, and HiGHS keeps its limit there."""
    program = formulate(_tiny_blocks(6_000, divisible=True).facts, ao.Contract("any")).program
    assert highs.lopsided(program)
    short = formulate(_tiny_blocks(1_000, divisible=True).facts, ao.Contract("any")).program
    assert not highs.lopsided(short)
    clock = Clock.started(20.0)
    assert highs.linear(program, clock).status == "optimal"
    assert clock.left > 0
