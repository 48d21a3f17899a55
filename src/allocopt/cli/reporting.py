"""The command ``allocopt report``: the page of a plan, of a comparison or of a retirement, as one file of HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from allocopt.allocate import allocate as solve_problem
from allocopt.cli import progress
from allocopt.cli.common import (
    Agreed,
    Folder,
    Gap,
    Jobs,
    Mapped,
    Negative,
    Negatives,
    Quiet,
    Seconds,
    Strict,
    bad_input,
    compared,
    contract_named,
    problem_of,
)
from allocopt.cli.streams import BAD_INPUT, NOT_SOLVED, SOLVED, complain, interruptible
from allocopt.compare import Comparison
from allocopt.compare import compare as compare_contracts
from allocopt.contracts import Contract
from allocopt.errors import DataError, Issue
from allocopt.problem import Problem
from allocopt.retire import Retirement, retirement
from allocopt.workers import GAP

AGAINST = ("first_come", "pooled")
"""Against which contract a plan stands unless another is named: the first of these that is not its own."""
NOBODY = "none"


def report(
    folder: Folder,
    contract: Agreed = "pooled",
    against: Annotated[
        str | None,
        typer.Option(help="Contract against which the numbers stand; by default first_come, or pooled; none: nobody."),
    ] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="A page of all contracts of DIR under all its scenarios instead.")
    ] = False,
    retire: Annotated[
        bool, typer.Option("--retire", help="A page of what retiring each channel would be worth instead.")
    ] = False,
    out_file: Annotated[Path, typer.Option("--out", help="File to write (.html).")] = Path("report.html"),
    book: Annotated[Path | None, typer.Option("--workbook", help="Workbook to write beside it (.xlsx).")] = None,
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Say what one more of each limit is worth; else not even what rules cost: no re-solves.",
        ),
    ] = None,
    jobs: Jobs = 1,
    time_limit: Annotated[float | None, Seconds(help="Seconds of one plan.")] = None,
    gap: Annotated[float | None, Gap(help="Relative gap at which a plan is good enough.")] = None,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Write a page for the meeting: who gets what, who is short and why, who has to decide what, how it was proven.

    One file that needs no network and prints on A4. The plan is solved under --contract, and its numbers stand against
    a baseline in which nobody coordinates, unless another is named.
    """
    wanted = _Page(folder, contract, partial(problem_of, folder, strict, negative, mapping), out_file, book, quiet)
    limit: dict[str, Any] = {"time_limit": time_limit}
    try:
        with interruptible(), bad_input(False):
            if compare and retire:
                raise _refused("--compare", "a page is of a comparison or of a retirement", "Ask for one of them.")
            for path, kind in ((out_file, ".html"), (book, ".xlsx")):
                if path is not None:
                    _check_target(path, kind, folder)
            if compare:
                solved = wanted.comparison(jobs=jobs, gap=gap or GAP, **limit)
            elif retire:
                solved = wanted.retirement(jobs=jobs, gap=gap or GAP, **limit)
            else:
                solved = wanted.plan(against, values, gap=gap, **limit)
    except OSError as error:
        complain(f"{out_file} cannot be written: {error.strerror or error}.")
        raise typer.Exit(BAD_INPUT) from None
    for path in (out_file, book):
        if path is not None and path.is_file():
            complain(f"Written: {path}", style=None)
    raise typer.Exit(SOLVED if solved else NOT_SOLVED)


@dataclass(frozen=True)
class _Page:
    """What is asked for: where it comes from and where it goes."""

    folder: Path
    contract: str
    read: Callable[[], Problem]
    page: Path
    book: Path | None
    quiet: bool

    def plan(self, against: str | None, values: bool | None, **limit: Any) -> bool:
        """Solve the plan and its baseline, and write the page of the plan; return whether it was solved."""
        with progress.words(quiet=self.quiet) as tell:
            tell("reading and checking the tables")
            problem, agreed = self.read(), contract_named(self.contract, self.folder)
            other = _baseline(problem, agreed, against, self.folder)
            plan = solve_problem(problem, agreed, progress=tell, **limit)
            tell("solving the baseline")
            baseline = None if other is None else solve_problem(problem, other, **limit)
            tell("writing the page")
            plan.report(self.page, baseline=baseline, values=values)
            if self.book is not None and plan.solved:
                plan.to_excel(self.book)
        return plan.solved

    def comparison(self, **how: Any) -> bool:
        """Compare all contracts of the folder under all its scenarios; return whether all runs were solved."""
        with progress.counts(quiet=self.quiet) as tell:
            problem = self.read()
            found = compare_contracts(problem, *compared(problem, self.folder, [], []), progress=tell, **how)
            self._write(found)
        return not len(found.failures)

    def retirement(self, **how: Any) -> bool:
        """Ask of each channel what retiring it is worth; return whether all of them were solved."""
        with progress.counts(quiet=self.quiet) as tell:
            found = retirement(self.read(), contract_named(self.contract, self.folder), progress=tell, **how)
            self._write(found)
        return not found.unsolved

    def _write(self, found: Comparison | Retirement) -> None:
        found.report(self.page)
        if self.book is not None:
            found.to_excel(self.book)


def _baseline(problem: Problem, agreed: Contract, against: str | None, folder: Path) -> Contract | None:
    """Return the contract against which a plan stands; None: nobody wants one."""
    if against == NOBODY:
        return None
    names = [against] if against is not None else list(AGAINST)
    known = [contract_named(name, folder) for name in names]
    found = next((other for other in known if other.name != agreed.name), None)
    if found is not None:
        found.check(problem)
    return found


def _check_target(path: Path, kind: str, source: Path) -> None:
    """Raise `DataError` if a file cannot be written to a path, before anything is solved."""
    if path.suffix.lower() != kind:
        raise _refused(str(path), f"it has to be an {kind} file", f"Write --out report{kind}.")
    if path.exists() and not path.is_file():
        raise _refused(str(path), "it is there, and no file", "Give another file.")
    if source.is_file() and path.exists() and path.samefile(source):
        raise _refused(str(path), "the problem is read from it", "Give another file.")


def _refused(value: str, why: str, hint: str) -> DataError:
    return DataError([Issue("--out", None, None, value, "not_writable", f"{value} cannot be written: {why}.", hint)])
