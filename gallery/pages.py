"""Makes the reports and pictures of every pack under ``docs/gallery``, and the pictures of the README.

``python -m gallery.pages`` makes all of them; ``make gallery`` also has a browser look at each.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import allocopt as ao
from allocopt.compare.pack import contract_files, scenario_files
from gallery.worst import worst

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "gallery"
PICTURES = ROOT / "docs" / "pictures"
SCENARIOS = 2
"""Scenarios of each comparison: the first of the pack that have no draws."""
RETIRED = ("quickstart", "launch", "retire_channel")
"""Packs of which the retirement is asked too: those that answer in seconds."""
SHOWN = "holiday_promo"
"""The pack whose pictures the README shows."""


def make(target: Path = TARGET) -> list[Path]:
    """Make all pages, and return their paths."""
    target.mkdir(parents=True, exist_ok=True)
    made = []
    for name, folder in sorted(ao.examples().items()):
        for path in _pages(name, folder, target):
            print(path.relative_to(target), f"{path.stat().st_size / 1000:,.0f} kB", flush=True)
            made.append(path)
    plan = ao.allocate(worst())
    plan.raise_for_status()
    plan.report(target / "worst.html")
    plan.to_excel(target / "worst.xlsx")
    return [*made, target / "worst.html"]


def _pages(name: str, folder: Path, target: Path) -> Iterator[Path]:
    """Make the pages and pictures of one pack."""
    problem = ao.Problem.read(folder)
    contracts = [ao.Contract.read(path) for path in contract_files(folder)]
    plan, baseline = ao.allocate(problem, contracts[-1]), ao.allocate(problem, contracts[0])
    for path, one, other in (
        (target / f"{name}.html", baseline, ao.allocate(problem, ao.first_come())),
        (target / f"{name}-contract.html", plan, baseline),
    ):
        one.report(path, baseline=other)
        yield path
    plan.to_excel(target / f"{name}.xlsx")
    _pictures(baseline, name, target)
    scenarios = [scenario for path in scenario_files(folder) if (scenario := ao.Scenario.read(path)).draws is None]
    found = ao.compare(problem, contracts, scenarios[:SCENARIOS] or [ao.Scenario("As stated")])
    found.report(target / f"{name}-compare.html")
    found.to_excel(target / f"{name}-compare.xlsx")
    yield target / f"{name}-compare.html"
    if name in RETIRED:
        answer = ao.retirement(problem, contracts[0])
        answer.report(target / f"{name}-retire.html")
        answer.to_excel(target / f"{name}-retire.xlsx")
        yield target / f"{name}-retire.html"


def _pictures(plan: ao.Plan, name: str, target: Path) -> None:
    """Write the pictures of a plan; those of the pack that the README shows stand beside its pages."""
    for picture in ("flow", "fill_rate", "channels", "exceptions"):
        drawn = getattr(plan.plot, picture)()
        (target / f"{name}-{picture}.svg").write_text(drawn.svg(), encoding="utf-8")
        if name == SHOWN and picture in ("flow", "fill_rate"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            (PICTURES / f"{picture}.svg").write_text(drawn.svg(), encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
