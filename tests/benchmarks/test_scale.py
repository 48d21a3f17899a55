"""The run that measures growth, on tiny sizes, from the command line to the files that it writes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, generate
from benchmarks.phases import PHASES, timed_phases

import allocopt as ao
from benchmarks import record, scale


def test_everything_is_measured_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each instance has its phases, its gap and its memory, in a table and in a file for machines."""
    options = ["--arcs", "300", "600", "--couplings", "20", "--warm", "0", "--limit", "30", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["scale", *options, "--contract", "retailer", "--most", "300", "--seed", "3"])
    scale.main()
    assert "retailer, 20 rows that couple [s]" in capsys.readouterr().out
    text = (tmp_path / "scale.md").read_text(encoding="utf-8")
    assert "seed 3" in text
    content = json.loads((tmp_path / "scale.json").read_text(encoding="utf-8"))
    assert [run["arcs"] for run in content["runs"]] == [300, 600]
    for run in content["runs"]:
        outcome = run["outcome"]
        assert outcome["status"] == "optimal"
        assert outcome["gap"] <= 1e-6
        assert outcome["peak"] > 10
        assert outcome["arcs joined"] >= run["arcs"]
        assert f"| {outcome['arcs joined']} |" in text
        assert outcome["allocate"] == pytest.approx(outcome["other"] + sum(outcome[phase] for phase in PHASES))
        assert outcome["other"] >= 0
        assert ("again" in outcome) == (run["arcs"] == 300)
    assert content["runs"][0]["outcome"]["again"]["status"] == "optimal"


def test_phases_are_those_of_one_call() -> None:
    """Every phase takes time, together no more than the call; afterwards nothing is wrapped any more."""
    form = Shape(divisible=True, couplings=20)
    allocating = sys.modules["allocopt.solve.whole"]
    before = allocating.solve
    with timed_phases() as seconds:
        ao.allocate(generate(500, shape=form), contract(form))
    assert set(seconds) == set(PHASES)
    assert all(value > 0 for value in seconds.values())
    assert allocating.solve is before


def test_what_there_is_no_time_for_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """Without time nothing is begun, and the table says so."""
    import argparse

    options = argparse.Namespace(arcs=[500], couplings=[20], contract=["physics"], most=0, budget=0.0, limit=1.0)
    for name, value in {"seed": 0, "whole": False, "packs": False, "solver": "auto", "gap": 1e-6, "warm": 0}.items():
        setattr(options, name, value)
    found = scale.measured(options)
    assert found[0]["outcome"] is None
    assert "left out" in capsys.readouterr().out
    assert "left out for lack of time" in scale.report(found)


def test_growth_is_the_slope_of_the_logarithms() -> None:
    """A known power is found again, of the sizes that count and ended well; one size has none."""
    sizes = [100_000, 300_000, 1_000_000]
    assert scale.exponent(sizes, [3e-6 * size**1.2 for size in sizes]) == pytest.approx(1.2)
    assert scale.exponent([100_000], [1.0]) is None
    runs = [
        {
            "contract": "physics",
            "couplings": 50,
            "arcs": size,
            "outcome": {"status": status, "arcs joined": size, "total": size**1.1},
        }
        for size, status in [(10_000, "optimal"), *((size, "optimal") for size in sizes), (3_000_000, "feasible")]
    ]
    assert "arcs^1.10 (at 100 k, 300 k, 1 M)" in scale.growth(runs)
    assert "No series" in scale.growth(runs[:2])


def test_a_process_that_fails_says_why() -> None:
    """What it had to say last is what one reads; one that takes too long is stopped."""
    with pytest.raises(record.Failed, match="unrecognized"):
        record.apart("scale", "--nonsense")
    assert record.apart("scale", "--task", "{}", seconds=0.01) == record.STOPPED
    assert [record.counted(number) for number in (999, 10_000, 3e6)] == ["999", "10 k", "3 M"]
    assert np.isfinite(record.peak())
