"""What a folder brings to a comparison: its contracts and scenarios, with every fault of every file at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from allocopt.documents.origin import SUFFIXES, yaml_files
from allocopt.errors import ContractError, Issue, ScenarioError
from allocopt.scenario.scenario import Scenario

BASELINE = "pooled"
"""The contract that others are compared with, if it is there."""

Named = TypeVar("Named")


def contract_files(folder: Path) -> list[Path]:
    """Return the contracts of a folder by file name, `BASELINE` first."""
    return sorted(yaml_files(folder / "contracts"), key=lambda path: (path.stem != BASELINE, path.name))


def scenario_files(folder: Path) -> list[Path]:
    """Return the scenarios of a folder by file name."""
    return yaml_files(folder / "scenarios")


def scenario_named(name: str | Path, folder: Path) -> Scenario:
    """Return the scenario that a name or path means: a file, or a name in the folder's scenarios."""
    path = Path(name)
    if path.suffix in SUFFIXES:
        return Scenario.read(path)
    known = {file.stem: file for file in scenario_files(folder)}
    if str(name) in known:
        return Scenario.read(known[str(name)])
    here = f"Known here are: {', '.join(known)}; or give a path." if known else "Give a path."
    raise ScenarioError(f"There is no scenario {str(name)!r}. {here}")


def read_all(
    read: Callable[[str | Path], Named], names: Sequence[str] | Sequence[Path]
) -> tuple[list[Named], list[Issue]]:
    """Read what can be read, and return the faults of the rest.

    Parameters
    ----------
    read : callable
        Reads one of them by name or path, and raises `ContractError` or `ScenarioError`.
    names : sequence of str or Path

    Returns
    -------
    list
        What was read, in order.
    list of Issue
    """
    found: list[Named] = []
    issues: list[Issue] = []
    for name in names:
        try:
            found.append(read(name))
        except (ContractError, ScenarioError) as error:
            issues += error.issues
    return found, issues
