"""Makes the reports and pictures of every pack under ``docs/gallery``, and the pictures of the README.

``python -m gallery.pages`` makes all of them, on as many cores as there are; ``make gallery`` also has a browser look
at each.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import allocopt as ao
from allocopt.compare.pack import contract_files, scenario_files
from gallery.edges import EDGES
from gallery.worst import many_contracts, worst

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "gallery"
PICTURES = ROOT / "docs" / "pictures"
CONTRACTS, SCENARIOS = 4, 2
"""Contracts and scenarios of each comparison: the first of the pack, of scenarios those that have no draws."""
RETIRED = ("quickstart", "launch", "retire_channel")
"""Packs of which the retirement is asked too: those that answer in seconds."""
LONGEST = (("surge", "plans"), ("holiday_promo", "plans"), ("backlog_3pl", "plans"), ("holiday_promo", "compare"))
"""What takes longest, which is begun first."""
SHOWN = "holiday_promo"
"""The pack whose pictures the README shows."""

Job = tuple[str, str]
"""A pack and what is made of it."""


def make(target: Path = TARGET, jobs: int | None = None) -> list[Path]:
    """Make all pages, and return their paths.

    Parameters
    ----------
    target : Path
        Folder; pages of an earlier run are taken away first, so that what is looked at is what was made.
    jobs : int, optional
        Processes; by default one a core.
    """
    target.mkdir(parents=True, exist_ok=True)
    for old in target.iterdir():
        if old.is_file():
            old.unlink()
    made: list[Path] = []
    with ProcessPoolExecutor(jobs or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(made_of, *job, target) for job in all_jobs()]):
            for path in done.result():
                print(path.name, f"{path.stat().st_size / 1000:,.0f} kB", flush=True)
                made.append(path)
    return sorted(made)


def all_jobs() -> list[Job]:
    """Return what there is to make, what takes longest first."""
    found = [(name, part) for part in ("plans", "compare") for name in sorted(ao.examples())]
    found += [*((name, "retire") for name in RETIRED), ("", "edges"), ("", "worst")]
    return sorted(found, key=lambda job: LONGEST.index(job) if job in LONGEST else len(LONGEST))


def made_of(name: str, part: str, target: Path) -> list[Path]:
    """Make one part of the gallery."""
    makers: dict[str, Callable[[str, Path], list[Path]]] = {
        "plans": _plans,
        "compare": _compare,
        "retire": _retire,
        "edges": _edges,
        "worst": _worst,
    }
    return makers[part](name, target)


def _facts(name: str) -> tuple[ao.Problem, list[ao.Contract]]:
    folder = ao.examples()[name]
    return ao.Problem.read(folder), [ao.Contract.read(path) for path in contract_files(folder)]


def _plans(name: str, target: Path) -> list[Path]:
    """Make the pages of the first and the last contract of a pack, and the pictures of the first."""
    problem, contracts = _facts(name)
    plan, baseline = ao.allocate(problem, contracts[-1]), ao.allocate(problem, contracts[0])
    pages = [target / f"{name}.html", target / f"{name}-contract.html"]
    baseline.report(pages[0], baseline=ao.allocate(problem, ao.first_come()))
    plan.report(pages[1], baseline=baseline)
    baseline.to_excel(target / f"{name}.xlsx")
    plan.to_excel(target / f"{name}-contract.xlsx")
    for picture in ("flow", "fill_rate", "channels", "exceptions"):
        drawn = getattr(baseline.plot, picture)().svg()
        (target / f"{name}-{picture}.svg").write_text(drawn, encoding="utf-8")
        if name == SHOWN and picture in ("flow", "fill_rate"):
            PICTURES.mkdir(parents=True, exist_ok=True)
            (PICTURES / f"{picture}.svg").write_text(drawn, encoding="utf-8")
    return pages


def _compare(name: str, target: Path) -> list[Path]:
    """Make the page of a comparison."""
    folder = ao.examples()[name]
    problem, contracts = _facts(name)
    scenarios = [scenario for path in scenario_files(folder) if (scenario := ao.Scenario.read(path)).draws is None]
    found = ao.compare(problem, contracts[:CONTRACTS], scenarios[:SCENARIOS] or [ao.Scenario("As stated")])
    found.report(target / f"{name}-compare.html")
    found.to_excel(target / f"{name}-compare.xlsx")
    return [target / f"{name}-compare.html"]


def _retire(name: str, target: Path) -> list[Path]:
    """Make the page of a retirement."""
    problem, contracts = _facts(name)
    answer = ao.retirement(problem, contracts[0])
    answer.report(target / f"{name}-retire.html")
    answer.to_excel(target / f"{name}-retire.xlsx")
    return [target / f"{name}-retire.html"]


def _edges(_: str, target: Path) -> list[Path]:
    """Make the pages of plans at the edges."""
    pages = []
    for name, plan in EDGES.items():
        pages.append(target / f"edge-{name}.html")
        plan().report(pages[-1])
    return pages


def _worst(_: str, target: Path) -> list[Path]:
    """Make the pages of the worst case: a plan, and a comparison of many contracts with long names."""
    plan = ao.allocate(worst())
    plan.raise_for_status()
    plan.report(target / "worst.html")
    plan.to_excel(target / "worst.xlsx")
    found = many_contracts()
    found.report(target / "worst-compare.html")
    found.to_excel(target / "worst-compare.xlsx")
    return [target / "worst.html", target / "worst-compare.html"]


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
