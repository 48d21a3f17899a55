"""``allocopt explain``: why lines of one SKU in one channel get what they get."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from allocopt.allocate import allocate as solve_problem
from allocopt.cli import progress
from allocopt.cli.common import (
    Agreed,
    Folder,
    Json,
    Mapped,
    Negative,
    Negatives,
    Quiet,
    Strict,
    bad_input,
    contract_named,
    problem_of,
)
from allocopt.cli.streams import BAD_INPUT, complain, say
from allocopt.explain.asking import lines_of
from allocopt.explain.explanation import explained
from allocopt.explain.shortfalls import why

MOST = 10
"""So many lines are explained at most where many are meant; those that are short come first."""


def explanations(plan: Any, **asked: Any) -> list[Any]:
    """Return the explanations of the lines that are meant: the short ones, or all of them where none is short.

    Raises
    ------
    ValueError
        If there is no such line.
    """
    known = why(plan)
    found = lines_of(known, **asked)
    short = found[known.short[found] > 0]
    return [explained(known, int(line)) for line in (short if len(short) else found)[:MOST]]


def as_text(found: list[Any]) -> str:
    """Return explanations as lines of text."""
    return "\n\n".join(str(one) for one in found)


def explain(
    folder: Folder,
    sku: Annotated[str, typer.Option(help="Article of the line that is asked about.")],
    channel: Annotated[str, typer.Option(help="Channel of the line.")],
    due: Annotated[int | None, typer.Option(min=0, help="Period in which it is due.")] = None,
    order: Annotated[str | None, typer.Option(help="Order of the line.")] = None,
    region: Annotated[str | None, typer.Option(help="Region of the line.")] = None,
    contract: Agreed = "pooled",
    as_json: Json = False,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Explain why lines get what they get, and what the smallest change is that fills them."""
    with bad_input(as_json), progress.words(quiet=quiet) as tell:
        problem = problem_of(folder, strict, negative, mapping)
        plan = solve_problem(problem, contract_named(contract, folder), progress=tell)
        plan.raise_for_status()
        try:
            told = explanations(plan, sku=sku, channel=channel, due=due, order=order, region=region)
        except ValueError as error:
            complain(str(error))
            raise typer.Exit(BAD_INPUT) from None
    say(json.dumps([one.to_dict() for one in told], allow_nan=False) if as_json else as_text(told))
