"""What `allocopt check` finds: the faults of tables, contracts and scenarios in one round, and what was noted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from allocopt.compare.batch import faults
from allocopt.compare.pack import contract_files, read_all, scenario_files
from allocopt.contracts import Contract
from allocopt.errors import DataError, Issue
from allocopt.problem import Problem
from allocopt.scenario import Scenario


@dataclass(frozen=True)
class Findings:
    """What was found in a folder or workbook.

    Attributes
    ----------
    problem : Problem or None
        None where its tables have faults.
    issues : tuple of Issue
        Faults first, then warnings and notes.
    """

    problem: Problem | None
    issues: tuple[Issue, ...]

    @property
    def faults(self) -> list[Issue]:
        """What has to be mended."""
        return [issue for issue in self.issues if issue.severity == "error"]


def look_through(folder: Path, *, strict: bool, negative: Any, mapping: list[str] | None) -> Findings:
    """Read everything in a folder or workbook; whether contracts fit is known only of tables without faults."""
    problem: Problem | None = None
    issues: list[Issue] = []
    try:
        problem = Problem.read(folder, mapping=mapping or None, strict=strict, negative=negative)
    except DataError as error:
        issues += error.issues
    contracts, unread = read_all(Contract.read, contract_files(folder))
    scenarios, unread_too = read_all(Scenario.read, scenario_files(folder))
    issues += [*unread, *unread_too]
    if problem is not None:
        issues += faults(problem, contracts, scenarios)
        issues += problem.warnings
        if not any(issue.severity == "error" for issue in issues):
            issues += [note for scenario in scenarios for note in scenario.notes(problem)]
        issues += problem.notes
    return Findings(problem, tuple(issues))
