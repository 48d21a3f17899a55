"""The generator of problems, and the timing runs on a tiny one."""

from __future__ import annotations

import pytest
from benchmarks.generate import Shape, generate, one_sku, tables

from allocopt.arcs import build_arcs
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
