"""The notebooks: every one runs from top to bottom, and the first one tells the story that it promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


PLOT = re.compile(r"\.plot\b")
"""A cell that shows a picture."""
RUN = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=500, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[3])
"""
"""In a process of its own: what Jupyter leaves open when it ends is no concern of these tests."""


def executed(path: Path, folder: Path, out: Path) -> Any:
    """Return a notebook after running it in `folder`: without an error or a warning, and with its pictures."""
    command = [sys.executable, "-c", RUN, str(path), str(folder), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=580)
    assert done.returncode == 0, done.stderr[-3000:]
    notebook = nbformat.read(out, as_version=4)
    outputs = [out for cell in notebook.cells for out in cell.get("outputs", ())]
    assert not [out for out in outputs if out.output_type == "error" or out.get("name") == "stderr"]
    drawn = [cell for cell in notebook.cells if cell.cell_type == "code" and PLOT.search(cell.source)]
    assert all(any("image/png" in out.get("data", ()) for out in cell.outputs) for cell in drawn)
    return notebook


def said(notebook: Any) -> list[str]:
    """Return what each code cell printed or showed."""
    texts = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            outputs = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in cell.outputs]
            texts.append("\n".join(outputs))
    return texts


def test_there_are_notebooks() -> None:
    """The tests below have something to run."""
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_notebooks_are_shipped_without_outputs(path: Path) -> None:
    """What a notebook shows is what it computes for the reader, not what it once computed."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count]
    assert notebook.cells[0].cell_type == "markdown"


def test_the_first_allocation(tmp_path: Path) -> None:
    """It runs from its own folder without an error or a warning, and shows the numbers of the quickstart."""
    notebook = executed(FOLDER / "01_first_allocation.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    for words in (
        "Pooled: contribution 2,415.00 USD, 260 units served, 86.7% of 300 wanted (optimal).",
        "The rule costs 30.00 USD.",
        "{0.25: 0.0, 0.5: 30.0, 0.75: 60.0}",
        "Service first: contribution 2,375.00 USD",
        "80 units over the small dock",
        "No plan exceeds     2,385.00",
        "Proved by           allocopt",
    ):
        assert words in told


def test_the_first_allocation_runs_from_the_repository_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack is found from the repository's root as well."""
    first = nbformat.read(FOLDER / "01_first_allocation.ipynb", as_version=4).cells[1].source
    monkeypatch.chdir(FOLDER.parent)
    names: dict[str, Any] = {}
    exec(first, names)
    assert names["pack"] == FOLDER.parent / "scenarios" / "quickstart"


def test_before_the_promotion(tmp_path: Path) -> None:
    """Three contracts in three futures: pooled comes first for certain, and so does what it costs not to coordinate."""
    notebook = executed(FOLDER / "02_before_the_promotion.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    assert re.search(r"Pooled comes first\. Against Pooled: Protect DTC -[\d,]+ USD \(certainly: -", told)
    assert re.search(
        r"First come -\d{3},\d{3} USD \(objective, proven: -[\d,]+ to -[\d,]+; behind in 3 of 3 scenarios\)", told
    )
    assert "USD (certainly: -" in told
    assert "Marketplace spike" in told
    assert "Protect DTC: contribution" in told


def test_should_we_retire_this_channel(tmp_path: Path) -> None:
    """The showrooms go whoever is right about their customers, and opening them would be a mistake for the same sum."""
    notebook = executed(FOLDER / "03_should_we_retire_this_channel.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    assert told.count("Retire showrooms: it is worth") >= 4
    assert "it pays even if nobody takes any of its demand over." in told
    assert (
        "wholesale, amazon and dtc should not be retired, supposing that nobody takes over any of their demand." in told
    )
    assert re.search(
        r"At the earliest, retiring wholesale would pay with 3\d% of its demand taken over by others", told
    )
    assert "True" in told
    assert "to break even." in told
    assert "it breaks 1 promise." in told
    assert "showrooms should not be admitted: it would lose" in told


def test_why_is_wholesale_short(tmp_path: Path) -> None:
    """The share of the web shop is the reason, its change is re-solved, and the line that asked for it is filled."""
    notebook = executed(FOLDER / "04_why_is_wholesale_short.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    for words in (
        "11 of 84 served, 73 short.",
        "protected: 73 of 84 wanted short: the contract says: protect channel dtc, share 0.42",
        "84 instead of 11 would cost 1.05",
        "protect channel dtc, share 0.42: 96 less is kept",
        "The plan would gain 1,561.61.",
        "with protect channel dtc, share 0.42, release from 6",
        "Contribution +13,356.61 USD.",
        "order L-210-Volt-City, due 7: all 78 served",
    ):
        assert words in told


def test_what_is_it_worth(tmp_path: Path) -> None:
    """The three rules of a launch have their prices, units their values, and a protection its best level."""
    notebook = executed(FOLDER / "05_what_is_it_worth.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    for words in (
        "10,538.68",
        "3,255.39",
        "878.39",
        "All three together cost 14,416 USD.",
        "Best for workshops is to protect 50%",
        "To know every draw beforehand would be worth",
    ):
        assert words in told


def test_from_your_exports(tmp_path: Path) -> None:
    """Two programs' exports are one problem, a slip has its line, a workbook's faults come at once."""
    notebook = executed(FOLDER / "06_from_your_exports.ipynb", FOLDER, tmp_path / "executed.ipynb")
    told = "\n".join(said(notebook))
    for words in (
        "demand: 5 rows of orders_export_1.csv are left out, of 9",
        "wrong.yaml, line 7, key 'skus.rename.Einstant': costs.csv has no column 'Einstant'. Did you mean 'Einstand'?",
        "First come 266.45, pooled 273.30",
        "the plan would gain 3.35.",
        "the row sums up others",
        "Did you mean 'dtc'?",
        "The sheet 'Notes' is no table and left out.",
    ):
        assert words in told
