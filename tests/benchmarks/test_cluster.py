"""The run that measures the price engine on a cluster, on a small size, from the command line to its files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.cluster import PAPER, WIRE

ROOT = Path(__file__).parents[2]


def test_everything_is_measured_and_written(tmp_path: Path) -> None:
    """Two processes give the same plan; bytes, seconds and the arithmetic of the large problem are in the files."""
    pytest.importorskip("distributed")
    options = ["--arcs", "13000", "--warm", "500", "--couplings", "20", "--machines", "10", "--cores", "4"]
    command = [sys.executable, "-W", "error", "-m", "benchmarks.cluster", *options, "--out", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "cluster.md").read_text(encoding="utf-8")
    assert "equal bit for bit" in text
    found = json.loads((tmp_path / "cluster.json").read_text(encoding="utf-8"))
    assert found["status"] == "optimal"
    assert found["workers"] == 2
    # 20 prices to each of two workers; at least the sums of three stretches back; a column is more than 50 bytes.
    assert 2 * 20 * 8 < found["out"] < found["most out"] < 5_000
    assert 3 * 20 * 8 < found["back"] < 50_000
    assert found["shards"] > 50 * found["columns"]
    assert 0 < found["trip"] < 1
    for where in ("local", "cluster"):
        seen = found[where]
        parts = seen["first"] + (seen["rounds"] - 1) * seen["round"] + seen["sampled"] * seen["sample"]
        parts += seen["apart"] + seen["set-up"] + seen["answer"] + seen["master"]
        assert parts == pytest.approx(seen["solve"])
        assert min(seen["master"], seen["apart"], seen["set-up"], seen["answer"]) > 0
    assert found["local"]["rounds"] == found["cluster"]["rounds"] > 1
    paper, here = found["paper"], found["local"]
    later = here["round"] * 2 / found["columns"]
    assert paper["seconds"]["oracle"] > PAPER / 40 * later * (here["rounds"] - 1)
    assert paper["seconds"]["ship"] == pytest.approx(found["shards"] / found["columns"] * PAPER / WIRE)
