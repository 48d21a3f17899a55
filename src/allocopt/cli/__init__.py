"""The command line: ``allocopt demo | init | check | allocate | explain | price | compare | retire | report DIR``.

Exit codes: 0 solved, 1 not solved, 2 bad input or an output that cannot be written, 130 interrupted (Ctrl-C), 143
terminated (SIGTERM). What long commands say while they run goes to standard error.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any

import typer

from allocopt.allocate import allocate as solve_problem
from allocopt.cli import progress
from allocopt.cli.checking import look_through
from allocopt.cli.clashes import clash, plain, show_conflicts
from allocopt.cli.common import (
    Agreed,
    Folder,
    Gap,
    Jobs,
    Json,
    Mapped,
    Negative,
    Negatives,
    Quiet,
    SchemaName,
    Seconds,
    Strict,
    bad_input,
    compared,
    contract_named,
    problem_of,
)
from allocopt.cli.earlier import earlier_plan
from allocopt.cli.explaining import explain
from allocopt.cli.files import check_folder, write_plan
from allocopt.cli.pricing import price
from allocopt.cli.reporting import report
from allocopt.cli.schemas import SCHEMAS
from allocopt.cli.show_comparison import show_comparison
from allocopt.cli.show_plan import show_moved, show_plan
from allocopt.cli.show_retirement import recapture_given, show_retirement
from allocopt.cli.start import start
from allocopt.cli.streams import (
    BAD_INPUT,
    INTERRUPTED,
    NOT_SOLVED,
    SOLVED,
    TERMINATED,
    complain,
    err,
    interruptible,
    out,
    printing,
    run,
    say,
)
from allocopt.cli.tables import print_line
from allocopt.compare import compare as compare_contracts
from allocopt.compare.runs import Request, Settings
from allocopt.errors import DataError
from allocopt.explain import conflicts
from allocopt.plan import Conflict
from allocopt.plan.files import write_text
from allocopt.plan.tables import records
from allocopt.problem import Problem, examples
from allocopt.problem.schema import TABLES
from allocopt.retire import retirement
from allocopt.workers import GAP

__all__ = ["BAD_INPUT", "INTERRUPTED", "NOT_SOLVED", "SOLVED", "TERMINATED", "app", "main"]

app = typer.Typer(
    help="Decide who gets scarce stock: proven, priced and explained.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _told(given: bool) -> None:
    """Print the version and end."""
    if given:
        say(f"allocopt {metadata.version('allocopt')}")
        raise typer.Exit(SOLVED)


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_told, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """Decide who gets scarce stock: proven, priced and explained."""


@app.command()
def demo(as_json: Json = False, quiet: Quiet = False) -> None:
    """Allocate the holiday promotion that comes with allocopt."""
    folder = examples()["holiday_promo"]
    read = partial(Problem.read, folder)
    code = _run(folder, folder / "contracts" / "pooled.yaml", read, as_json=as_json, quiet=quiet)
    if not as_json:
        err.print("[dim]Your own data: allocopt check DIR, then allocopt allocate DIR --contract NAME_OR_PATH[/dim]")
    raise typer.Exit(code)


@app.command()
def init(
    path: Annotated[Path, typer.Argument(help="Folder to make, or the name of a workbook (.xlsx).")],
    source: Annotated[
        str | None, typer.Option("--from", help="An example such as quickstart, or a mapping such as shopify.")
    ] = None,
) -> None:
    """Make a problem to fill in: tables with two example rows and what every column means; or a folder for exports."""
    with bad_input(as_json=False):
        told = start(path, source)
    complain(told, style=None)


@app.command()
def check(
    folder: Folder,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    contract: Annotated[
        str | None, typer.Option(help="Name in DIR/contracts, of a preset, or path: what in it is known to clash.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Workbook to write: a copy of the tables with the cells marked.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check the tables of a problem, and the contracts and scenarios beside them, without solving anything.

    What was understood or left out while reading is told as notes, what looks odd as warnings. With a contract, also
    what in it is known to clash; the exit code is 1 where it has no plan for sure.
    """
    with bad_input(as_json):
        found = look_through(folder, strict=strict, negative=negative.value, mapping=mapping)
        if out_file is not None and found.issues:
            from allocopt.cli.marked import write_marked

            write_marked(folder, found.issues, out_file)
            complain(f"Written: {out_file}", style=None)
        if found.faults:
            raise DataError(found.faults)
        clashes: tuple[Conflict, ...] = ()
        if contract is not None and found.problem is not None:
            agreed = contract_named(contract, folder)
            clashes = conflicts(found.problem, agreed)
    if as_json:
        told = {} if contract is None else {"conflicts": plain(clashes)}
        say(json.dumps({"issues": [issue.to_dict() for issue in found.issues], **told}, indent=1))
        raise typer.Exit(NOT_SOLVED if clash(clashes) else SOLVED)
    with printing():
        print_line(out, f"{found.problem!r}: no faults.")
        for issue in found.issues:
            where = "column" if issue.table in TABLES else "key"
            print_line(out, f"{issue.severity}: {issue.text(where)}")
        if contract is not None:
            show_conflicts(agreed.name, clashes, out)
    raise typer.Exit(NOT_SOLVED if clash(clashes) else SOLVED)


@app.command()
def allocate(
    folder: Folder,
    contract: Agreed = "pooled",
    time_limit: Annotated[float | None, Seconds(help="Seconds; the best checked plan is kept.")] = None,
    gap: Annotated[float | None, Gap(help="Relative gap at which a plan is called optimal.")] = None,
    as_json: Json = False,
    since: Annotated[
        Path | None, typer.Option("--since", help="plan.json of an earlier plan: what moved since is shown first.")
    ] = None,
    out_folder: Annotated[Path | None, typer.Option("--out", help="Folder for plan.json, plan.xlsx and CSV.")] = None,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Allocate a problem under a contract, and prove how good the plan is."""
    read = partial(problem_of, folder, strict, negative, mapping)
    output: dict[str, Any] = {"as_json": as_json, "since": since, "out_folder": out_folder, "quiet": quiet}
    code = _run(folder, contract, read, time_limit=time_limit, gap=gap, **output)
    raise typer.Exit(code)


@app.command()
def compare(
    folder: Folder,
    contract: Annotated[
        list[str] | None, typer.Option(help="Name in DIR/contracts, of a preset, or path; the first is the baseline.")
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Name in DIR/scenarios, or path.")] = None,
    jobs: Jobs = 1,
    gap: Annotated[float, Gap(help="Relative gap at which a run is good enough.")] = GAP,
    time_limit: Annotated[float | None, Seconds(help="Seconds of one run.")] = None,
    decide_only: Annotated[bool, typer.Option("--decide-only", help="Solve only what tells who comes first.")] = False,
    as_json: Json = False,
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Run folder; else one of its own in runs/, by what is compared.")
    ] = None,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Compare contracts over scenarios: who is worth more, and how sure that is.

    Takes all contracts and scenarios of DIR unless some are named. Answers are kept in the run folder as they come: the
    same command, after an interruption, solves only what is missing.
    """
    with interruptible() as kept, bad_input(as_json), progress.counts(quiet=quiet) as tell:
        kept.append("Nothing was solved yet.")
        problem = problem_of(folder, strict, negative, mapping)
        contracts, scenarios = compared(problem, folder, contract or [], scenario or [])
        if out_folder is None:
            settings = Settings.of(gap, time_limit, decide_only="mean" if decide_only else "")
            inputs = Request(problem, tuple(contracts), tuple(scenarios), settings)
            out_folder = Path("runs") / f"{folder.resolve().stem}-{inputs.manifest()['fingerprint'][:12]}"
        kept[:] = [f"What was solved is kept in {out_folder}: the same command goes on from there."]
        how: dict[str, Any] = {"jobs": jobs, "gap": gap, "time_limit": time_limit, "decide_only": decide_only}
        found = compare_contracts(problem, contracts, scenarios, out=out_folder, progress=tell, **how)
        told = json.dumps(found.to_dict()) if as_json else ""
    if as_json:
        say(told)
    else:
        with printing():
            show_comparison(found, out_folder, out)
    raise typer.Exit(NOT_SOLVED if len(found.failures) else SOLVED)


@app.command()
def retire(
    folder: Folder,
    contract: Agreed = "pooled",
    channel: Annotated[list[str] | None, typer.Option(help="Look at this channel alone; may be repeated.")] = None,
    recapture: Annotated[
        list[str] | None, typer.Option(metavar="FROM:TO=SHARE", help="Who takes demand over, as stores:dtc=0.4.")
    ] = None,
    jobs: Jobs = 1,
    time_limit: Annotated[float | None, Seconds(help="Seconds of one plan.")] = None,
    gap: Annotated[float, Gap(help="Relative gap at which a plan is good enough.")] = GAP,
    as_json: Json = False,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Say of each channel what retiring it is worth, and which recapture it would take to pay."""
    with interruptible(), bad_input(as_json), progress.counts(quiet=quiet) as tell:
        found = retirement(
            problem_of(folder, strict, negative, mapping),
            contract_named(contract, folder),
            channels=channel or None,
            recapture=recapture_given(recapture or []),
            gap=gap,
            time_limit=time_limit,
            jobs=jobs,
            progress=tell,
        )
    if as_json:
        say(json.dumps(found.to_dict()))
    else:
        with printing():
            show_retirement(found, out)
    raise typer.Exit(NOT_SOLVED if found.unsolved else SOLVED)


app.command()(price)
app.command()(explain)
app.command()(report)


@app.command()
def schema(
    name: Annotated[SchemaName, typer.Argument(help="What it is of.")] = SchemaName.CONTRACT,
    out_file: Annotated[Path | None, typer.Option("--out", help="File to write instead of printing it.")] = None,
) -> None:
    """Print a JSON schema: of contract and scenario files, for editors; of problems, plans and comparisons as JSON."""
    told = json.dumps(SCHEMAS[name.value](), indent=2)
    if out_file is None:
        say(told)
        return
    try:
        write_text(out_file, told + "\n")
    except OSError as error:
        complain(f"{out_file} cannot be written: {error.strerror or error}.")
        raise typer.Exit(BAD_INPUT) from None


def _run(
    folder: Path,
    contract: str | Path,
    read: Callable[[], Problem],
    *,
    as_json: bool,
    time_limit: float | None = None,
    gap: float | None = None,
    since: Path | None = None,
    out_folder: Path | None = None,
    quiet: bool = False,
) -> int:
    """Allocate, show the plan and write its files; return the exit code."""
    with bad_input(as_json), progress.words(quiet=quiet) as tell:
        tell("reading and checking the tables")
        if out_folder is not None:
            check_folder(out_folder, folder)
        before = None if since is None else earlier_plan(since)
        problem = read()
        agreed = contract_named(contract, folder)
        plan = solve_problem(problem, agreed, time_limit=time_limit, gap=gap, progress=tell)
    unwritten: DataError | None = None
    if out_folder is not None and plan.solved:
        try:
            write_plan(plan, out_folder)
        except DataError as error:
            unwritten = error
    moved = None if before is None or not plan.solved else plan.promises(since=before)
    if as_json:
        told = plan.to_dict()
        say(json.dumps(told if moved is None else told | {"moved": records(moved)}))
    else:
        with printing():
            if moved is not None:
                show_moved(moved, out)
            show_plan(plan, out)
    if unwritten is not None:
        complain(f"{unwritten} The plan that was found is printed on standard output.")
        return BAD_INPUT
    if out_folder is not None and plan.solved:
        complain(f"Written: {out_folder}", style=None)
    return SOLVED if plan.solved else NOT_SOLVED


def main() -> None:
    """Run the command line."""
    run(app)
