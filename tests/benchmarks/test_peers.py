"""The comparison with peers, on tiny problems: all find the same, and what is missing or wrong is said."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, generate

from allocopt.stages.stated import formulate
from benchmarks import peers, record, solvers


def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *options: str) -> dict[str, Any]:
    """Run the command, and return what it wrote."""
    same = ["--arcs", "300", "--couplings", "20", "--warm", "0", "--limit", "60", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["peers", *same, *options])
    peers.main()
    (file,) = tmp_path.glob("*.json")
    assert "/ allocate()" in file.with_suffix(".md").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def test_peers_that_are_there_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Solvers on the matrix and modelling libraries end with the objective of allocopt."""
    names = ["allocopt", "highs-hipo", "clp-barrier", "glop", "linopy"]
    content = run(monkeypatch, tmp_path, "--instance", "physics", "--only", *names)
    there = [name for name in names if all(record.installed(need) for need in peers.PEERS[name].needs)]
    assert [outcome["name"] for outcome in content["runs"]] == there
    assert all(outcome["done"] for outcome in content["runs"])
    assert not content["disagree"]


def test_whole_units_and_a_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With whole units the gap is what may differ; the retailer's program is compared on the matrix alone."""
    names = ["allocopt", "highs", "cbc", "linopy"]
    content = run(monkeypatch, tmp_path, "--whole", "--instance", "retailer", "--only", *names)
    assert "linopy" not in [outcome["name"] for outcome in content["runs"]]
    assert all(outcome["done"] for outcome in content["runs"])
    assert content["sizes"]["retailer"]["couple"] > 10


def test_who_is_left_out_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A package that is missing, or a solver that is not for such units, is a line and no failure."""
    monkeypatch.setattr(record, "installed", lambda package: None if package == "ortools" else "1")
    assert peers.chosen(argparse.Namespace(only=["allocopt", "glop", "cbc"], whole=False)) == ["allocopt"]
    text = capsys.readouterr().out
    assert "GLOP is left out: ortools is not installed" in text
    assert "CBC is left out: not for divisible units" in text


def test_a_peer_that_disagrees_is_named() -> None:
    """Another objective, beyond what is usual for the kind of solver, is no rounding; the limit is shown as such."""
    same = {"instance": "physics", "solve": 2.0, "done": True}
    found = [
        {"name": "allocopt", "objective": 1000.0, "total": 1.0, **same},
        {"name": "glop", "objective": 1000.1, **same},
        {"name": "pdlp", "objective": 1000.05, **same},
        {"name": "linopy", "instance": "physics", "stopped": True},
    ]
    sizes = {"physics": {"columns": 1, "rows": 1, "nonzeros": 1, "couple": 0, "MPS": 0.0}}
    options = argparse.Namespace(instance=["physics"], limit=600.0, gap=1e-6)
    text, wrong = peers.report(found, sizes, options)
    assert [words.split(":")[0] for words in wrong] == ["physics, OR-Tools, GLOP"]
    assert ">600" in text
    assert "All that ended agree" not in text


def test_a_program_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Every array and the constant, so that all solve the same."""
    form = Shape(couplings=20)
    program = formulate(generate(300, shape=form).facts, contract(form)).program
    solvers.saved(program, tmp_path / "it.npz")
    again = solvers.loaded(tmp_path / "it.npz")
    assert again.constant == program.constant
    for name in ("cost", "upper", "integer", "indptr", "indices", "data", "row_lower", "row_upper", "row_sku"):
        np.testing.assert_array_equal(getattr(again, name), getattr(program, name))


def test_a_way_that_highs_does_not_have_is_no_time(tmp_path: Path) -> None:
    """HiGHS would go on with another method: that is an error, and never a figure."""
    form = Shape(divisible=True)
    solvers.saved(formulate(generate(300, shape=form).facts, contract(form)).program, tmp_path / "it.npz")
    with pytest.raises(ValueError, match="does not take"):
        solvers.in_highs(tmp_path, "it", 10.0, 1e-6, solver="wishful")
