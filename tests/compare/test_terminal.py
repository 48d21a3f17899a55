"""A comparison on a terminal: whatever its width, an amount is there whole or not at all."""

from __future__ import annotations

import io
import re
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

import allocopt as ao
from allocopt.cli.show_comparison import show_comparison
from allocopt.compare.beside import side_by_side

PACK = Path(__file__).parents[2] / "scenarios" / "quickstart"


@pytest.fixture(scope="module")
def compared() -> ao.Comparison:
    """Return nine contracts in the scenarios of a pack."""
    names = [f"Keep {units} for unforgettable customers" for units in range(9)]
    contracts = [ao.Contract(name, clauses=[ao.Protect("dtc", units=units)]) for units, name in enumerate(names)]
    scenarios = [ao.Scenario.read(path) for path in sorted((PACK / "scenarios").glob("*.yaml"))]
    return ao.compare(ao.Problem.read(PACK), contracts, scenarios)


@pytest.mark.parametrize("width", [44, 60, 80, 200])
def test_no_amount_of_a_scenario_is_cut_on_a_narrow_terminal(compared: ao.Comparison, width: int) -> None:
    """With more contracts than fit beside each other, the table goes on below: -111 never reads as -11."""
    console = Console(width=width, record=True, file=io.StringIO())
    show_comparison(compared, Path("runs"), console)
    text = console.export_text()
    told = text[text.index("Scenario by scenario") : text.index("Run folder")]
    frame = side_by_side(compared.by_scenario(), compared.baseline)
    amounts = Counter(cell for head in frame.columns[2:] for cell in frame[head])
    assert not amounts - Counter(re.findall(r"(?<!\S)[+-]?[\d,]+(?!\S)", told))
    assert max(map(len, told.splitlines())) <= width
