"""What commands share: their options, what they read, and how bad input ends them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from allocopt.arguments import limits
from allocopt.cli.start import found, nowhere
from allocopt.cli.streams import BAD_INPUT, NOT_SOLVED, complain, say
from allocopt.compare.batch import faults
from allocopt.compare.pack import contract_files, read_all, scenario_files, scenario_named
from allocopt.contracts import PRESETS, Contract, preset
from allocopt.documents.origin import SUFFIXES
from allocopt.errors import ContractError, DataError, ScenarioError, SolveError
from allocopt.problem import Problem
from allocopt.scenario import Scenario

Folder = Annotated[
    Path,
    typer.Argument(
        help="Folder of CSV or Parquet tables, one Excel workbook, or the name of an example.", callback=found
    ),
]
Agreed = Annotated[str, typer.Option("--contract", help="Name in DIR/contracts, name of a preset, or path.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines instead of tables.")]
Strict = Annotated[bool, typer.Option("--strict", help="Refuse what would be read with a note.")]


class Negatives(StrEnum):
    """What negative units of supply are."""

    error = "error"
    net = "net"


Negative = Annotated[Negatives, typer.Option("--negative", help="Negative stock: a fault, or a debt to be netted.")]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--mapping",
        metavar="NAME|FILE",
        help="How exports become tables: shopify, amazon_orders ..., or a YAML file; may be repeated.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Say nothing while it runs.")]


def _limited(parameter: typer.CallbackParam, value: Any) -> Any:
    """Return the value of an option that means the same in every call, if it is one that the calls take."""
    try:
        limits(**{str(parameter.name): value})
    except (TypeError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    return value


Seconds = partial(typer.Option, "--time-limit", min=0, callback=_limited)
Gap = partial(typer.Option, "--gap", min=0, callback=_limited)
SchemaName = StrEnum("SchemaName", ["CONTRACT", "SCENARIO", "PROBLEM", "PLAN", "COMPARISON"])
Jobs = Annotated[int, typer.Option("--jobs", min=-1, callback=_limited, help="Worker processes; -1: one a core.")]


def compared(
    problem: Problem, folder: Path, names: list[str], futures: list[str]
) -> tuple[list[Contract], list[Scenario]]:
    """Return what is to be compared; raise with the faults of all files if any cannot be read."""
    chosen: list[str] | list[Path] = names or contract_files(folder)
    if not chosen:
        message = f"There is no contract in {folder / 'contracts'}. Write one, or name presets: --contract pooled"
        raise ContractError(f"{message} --contract fair_share.")
    contracts, unread = read_all(partial(contract_named, folder=folder), chosen)
    scenarios, unread_too = read_all(partial(scenario_named, folder=folder), futures or scenario_files(folder))
    if unread or unread_too:
        raise ContractError([*unread, *unread_too, *faults(problem, contracts, scenarios)])
    return contracts, scenarios or [Scenario("As stated")]


def problem_of(folder: Path, strict: bool, negative: Negatives, mapping: list[str] | None) -> Problem:
    """Return the problem of a folder, through mappings if any are named; these may read databases alone."""
    if not folder.exists() and not mapping:
        raise DataError([nowhere(folder)])
    return Problem.read(folder, mapping=mapping or None, strict=strict, negative=negative.value)


def contract_named(name: str | Path, folder: Path) -> Contract:
    """Return the contract that a name or path means: a file, a name in the folder's contracts, or a preset."""
    path = Path(name)
    if path.suffix in SUFFIXES:
        return Contract.read(path)
    beside = folder / "contracts" / f"{name}.yaml"
    if beside.is_file():
        return Contract.read(beside)
    if (known_to_all := preset(str(name))) is not None:
        return known_to_all
    known = sorted({*PRESETS, *(file.stem for file in (folder / "contracts").glob("*.yaml"))})
    raise ContractError(f"There is no contract {str(name)!r}. Known here are: {', '.join(known)}; or give a path.")


@contextmanager
def bad_input(as_json: bool) -> Iterator[None]:
    """Say every fault of what is read inside, and end with the exit code of bad input."""
    try:
        yield
    except (DataError, ContractError, ScenarioError) as error:
        _refuse(error, as_json)
    except SolveError as error:
        complain(str(error))
        raise typer.Exit(BAD_INPUT if isinstance(error.__cause__, OSError) else NOT_SOLVED) from None


def _refuse(error: DataError | ContractError | ScenarioError, as_json: bool) -> NoReturn:
    """Say every fault and end with the exit code of bad input."""
    if as_json:
        content: dict[str, Any] = {"status": "refused", "issues": [issue.to_dict() for issue in error.issues]}
        say(json.dumps(content, indent=1))
    else:
        complain(str(error))
    raise typer.Exit(BAD_INPUT)
