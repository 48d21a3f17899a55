"""The generator of problems, and the timing runs on a tiny one."""

from __future__ import annotations

import numpy as np
import pytest
from benchmarks.generate import CONTRACTS, Shape, contract, generate, one_sku, tables

import allocopt as ao
from allocopt.algebra.program import COUPLES
from allocopt.arcs import build_arcs
from allocopt.solve import Effort, solve
from allocopt.stages.stated import formulate
from benchmarks import check, speed


@pytest.mark.parametrize(("wanted", "seed"), [(500, 0), (2_000, 1), (20_000, 2)])
def test_the_size_is_met(wanted: int, seed: int) -> None:
    """Within a fifth where an article is a small part of the problem, within an article's arcs below."""
    found = len(build_arcs(generate(wanted, seed=seed).facts))
    assert wanted <= found <= max(1.2 * wanted, wanted + 600)


def test_the_seed_decides() -> None:
    """The same seed gives the same tables, another one others."""
    first, again, other = (tables(1_000, seed=seed) for seed in (7, 7, 8))
    for name, frame in first.items():
        if hasattr(frame, "equals"):
            assert frame.equals(again[name])
    assert not first["demand"].equals(other["demand"])


def test_the_shape_is_kept() -> None:
    """Nodes, channels and periods are those asked for, and capacity names each node and period."""
    problem = generate(1_000, shape=Shape(nodes=5, channels=3, periods=6, divisible=True))
    assert (len(problem.nodes), len(problem.channels), problem.facts.periods) == (5, 3, 6)
    assert len(problem.capacity) == 30
    assert problem.facts.skus.divisible.all()
    assert not problem.warnings
    assert len(one_sku(seed=3).skus) == 1


@pytest.mark.parametrize("couplings", [20, 50, 100, 200])
def test_the_rows_that_couple_are_counted_out(couplings: int) -> None:
    """The tables make exactly so many, of three kinds; the retailer's contract adds two, and its stage one more."""
    form = Shape(divisible=True, couplings=couplings)
    problem = generate(3_000, shape=form)
    program = formulate(problem.facts, contract(form, "physics")).program
    assert int((program.row_sku == COUPLES).sum()) == couplings
    program = formulate(problem.facts, contract(form)).program
    assert int((program.row_sku == COUPLES).sum()) == couplings + 2
    assert set(problem.capacity["resource"]) == {"units", "hours"}
    assert problem.lanes["capacity"].notna().any()


@pytest.mark.parametrize("name", CONTRACTS)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_rows_that_couple_bind(name: str, seed: int) -> None:
    """At the optimum at least half of them have a worth, and the plan keeps all that is hard."""
    form = Shape(divisible=True, couplings=50)
    problem = generate(10_000, seed=seed, shape=form)
    stated = formulate(problem.facts, contract(form, name))
    solution = solve(stated.program, Effort())
    assert solution.status == "optimal"
    assert solution.multipliers is not None
    worth = solution.multipliers[stated.program.row_sku == COUPLES]
    assert (np.abs(worth) > 1e-6).mean() > 0.5
    assert ao.allocate(problem, contract(form, name)).status == "optimal"


def test_packs_are_of_wholesale_alone() -> None:
    """Wholesale wants whole packs of 6 to 24 units, one size an article; all else is as it was."""
    packed, loose = (tables(3_000, shape=Shape(packs=packs))["demand"] for packs in (True, False))
    mine = packed["channel"] == "wholesale"
    assert (packed.loc[~mine, "pack"] == 1).all()
    assert packed.loc[mine, "pack"].between(6, 24).all()
    assert (packed.loc[mine, "units"] % packed.loc[mine, "pack"] == 0).all()
    assert (packed[mine].groupby("sku")["pack"].nunique() == 1).all()
    assert "pack" not in loose


def test_what_there_is_no_room_for_is_said() -> None:
    """More limits than there are nodes and periods, or a contract that nobody knows."""
    with pytest.raises(ValueError, match="room for"):
        tables(500, shape=Shape(couplings=500))
    with pytest.raises(ValueError, match="physics, retailer"):
        contract(Shape(), "custom")


def test_all_contenders_agree_on_a_tiny_problem(capsys: pytest.CaptureFixture[str]) -> None:
    """Each states the same program: `one_size` stops where an objective differs."""
    pytest.importorskip("linopy")
    results = speed.one_size(300, 0, 60.0)
    speed.goals(results, 300)
    text = capsys.readouterr().out
    assert "objectives agree" in text
    assert "not reached" not in text
    assert "times faster than Pyomo" in text


def test_large_tables_in_small(capsys: pytest.CaptureFixture[str]) -> None:
    """The checks of large tables run, whatever the figures."""
    check.rows_checked(500)
    check.arcs_joined(2_000)
    assert "arcs joined per second" in capsys.readouterr().out
