"""The command ``allocopt report``: the page of a plan, of a comparison or of a retirement, as one file of HTML."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from allocopt.allocate import allocate as solve_problem
from allocopt.cli import progress
from allocopt.cli.common import (
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
from allocopt.cli.streams import BAD_INPUT, NOT_SOLVED, SOLVED, code_of, complain
from allocopt.compare import Comparison
from allocopt.compare import compare as compare_contracts
from allocopt.compare.batch import GAP
from allocopt.contracts import Contract
from allocopt.errors import DataError, Issue
from allocopt.problem import Problem
from allocopt.retire import Retirement, retirement

AGAINST = ("first_come", "pooled")
"""Against which contract a plan stands unless another is named: the first of these that is not its own."""
NOBODY = "none"


def report(
    folder: Folder,
    contract: Annotated[str, typer.Option(help="Name in DIR/contracts, name of a preset, or path.")] = "pooled",
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
        typer.Option("--values/--no-values", help="Say what one more unit of each limit is worth; takes re-solves."),
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
    limit: dict[str, Any] = {"time_limit": time_limit}
    read = partial(problem_of, folder, strict, negative, mapping)
    try:
        with bad_input(False):
            if compare and retire:
                raise _refused("--compare", "a page is of a comparison or of a retirement", "Ask for one of them.")
            for path, kind in ((out_file, ".html"), (book, ".xlsx")):
                if path is not None:
                    _check_target(path, kind, folder)
            if compare:
                code = _comparison(folder, read, jobs, gap, limit, quiet, (out_file, book))
            elif retire:
                code = _retirement(folder, contract, read, jobs, gap, limit, quiet, (out_file, book))
            else:
                code = _plan(folder, contract, against, read, gap, limit, quiet, values, (out_file, book))
    except KeyboardInterrupt as stopped:
        complain("Interrupted.", style=None)
        raise typer.Exit(code_of(stopped)) from None
    except OSError as error:
        complain(f"{out_file} cannot be written: {error.strerror or error}.")
        raise typer.Exit(BAD_INPUT) from None
    for path in (out_file, book):
        if path is not None and path.is_file():
            complain(f"Written: {path}", style=None)
    raise typer.Exit(code)


def _plan(
    folder: Path,
    contract: str,
    against: str | None,
    read: Callable[[], Problem],
    gap: float | None,
    limit: dict[str, Any],
    quiet: bool,
    values: bool | None,
    targets: tuple[Path, Path | None],
) -> int:
    """Solve the plan and its baseline, and write the page of the plan."""
    with progress.words(quiet=quiet) as tell:
        tell("reading and checking the tables")
        problem = read()
        agreed = contract_named(contract, folder)
        other = _baseline(problem, agreed, against, folder)
        plan = solve_problem(problem, agreed, gap=gap, progress=tell, **limit)
        tell("solving the baseline")
        baseline = None if other is None else solve_problem(problem, other, gap=gap, **limit)
        tell("writing the page")
        plan.report(targets[0], baseline=baseline, values=values)
        if targets[1] is not None and plan.solved:
            plan.to_excel(targets[1])
    return SOLVED if plan.solved else NOT_SOLVED


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


def _comparison(
    folder: Path,
    read: Callable[[], Problem],
    jobs: int,
    gap: float | None,
    limit: dict[str, Any],
    quiet: bool,
    targets: tuple[Path, Path | None],
) -> int:
    """Compare all contracts of a folder under all its scenarios, and write the page."""
    with progress.counts(quiet=quiet) as tell:
        problem = read()
        contracts, scenarios = compared(problem, folder, [], [])
        found = compare_contracts(problem, contracts, scenarios, jobs=jobs, gap=gap or GAP, progress=tell, **limit)
        _write(found, targets)
    return NOT_SOLVED if len(found.failures) else SOLVED


def _retirement(
    folder: Path,
    contract: str,
    read: Callable[[], Problem],
    jobs: int,
    gap: float | None,
    limit: dict[str, Any],
    quiet: bool,
    targets: tuple[Path, Path | None],
) -> int:
    """Ask of each channel what retiring it is worth, and write the page."""
    with progress.counts(quiet=quiet) as tell:
        problem, agreed = read(), contract_named(contract, folder)
        found = retirement(problem, agreed, gap=gap or GAP, jobs=jobs, progress=tell, **limit)
        _write(found, targets)
    return NOT_SOLVED if found.unsolved else SOLVED


def _write(found: Comparison | Retirement, targets: tuple[Path, Path | None]) -> None:
    """Write the page of an answer, and its workbook where one is wanted."""
    page, book = targets
    found.report(page)
    if book is not None:
        found.to_excel(book)


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
