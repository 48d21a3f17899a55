"""``allocopt price``: what each rule of a contract costs, and which limits are worth most."""

from __future__ import annotations

import json
import math
from typing import Annotated, Any

import pandas as pd
import typer
from rich.table import Table

from allocopt.allocate import allocate
from allocopt.cli import progress
from allocopt.cli.common import (
    Agreed,
    Folder,
    Json,
    Mapped,
    Negative,
    Negatives,
    Quiet,
    Seconds,
    Strict,
    bad_input,
    contract_named,
    problem_of,
)
from allocopt.cli.streams import NOT_SOLVED, SOLVED, complain, interruptible, out, printing, say
from allocopt.cli.tables import print_line, titled
from allocopt.plan import Plan
from allocopt.plan.tables import records
from allocopt.words import ALONE, money

SHOWN = 10
"""Limits that are shown."""


def price(
    folder: Folder,
    contract: Agreed = "pooled",
    time_limit: Annotated[float | None, Seconds(help="Seconds of the plan that is priced.")] = None,
    as_json: Json = False,
    strict: Strict = False,
    negative: Negative = Negatives.error,
    mapping: Mapped = None,
    quiet: Quiet = False,
) -> None:
    """Say what each rule costs (dropped by itself and solved again), and what one more unit of each limit is worth."""
    with interruptible(), bad_input(as_json), progress.words(quiet=quiet) as tell:
        tell("reading and checking the tables")
        problem = problem_of(folder, strict, negative, mapping)
        agreed = contract_named(contract, folder)
        plan = allocate(problem, agreed, time_limit=time_limit, progress=tell)
        if plan.solved:
            tell("dropping each rule by itself")
            prices = plan.prices()
            tell("one more and one less of each limit")
            values = plan.values
    if not plan.solved:
        complain(plan.summary())
        raise typer.Exit(NOT_SOLVED)
    if as_json:
        say(json.dumps(told(plan, prices, values)))
    else:
        with printing():
            show_prices(plan, prices, values)
    raise typer.Exit(SOLVED)


def told(plan: Plan, prices: pd.DataFrame, values: pd.DataFrame) -> dict[str, Any]:
    """Return prices and values as JSON-ready values."""
    head = {"contract": plan.contract["name"], "status": plan.status, "currency": plan.currency}
    money_of = {"contribution": plan.contribution, "objective": plan.objective}
    return head | money_of | {"prices": records(prices), "values": records(values)}


def show_prices(plan: Plan, prices: pd.DataFrame, values: pd.DataFrame) -> None:
    """Print what each rule costs, and the dearest limits."""
    unit = f" [{plan.currency}]" if plan.currency else ""
    out.print()
    earned = money(plan.contribution, plan.currency)
    print_line(out, f"{plan.contract['name']}: contribution {earned}.", style="bold")
    out.print()
    if len(prices):
        measured = "" if (prices["measure"] == "contribution").all() else ", by the objective (less penalties)"
        print_line(out, f"What each rule costs{unit}{measured}")
        table = _table("rule", "owner", "costs", "certainly between")
        for row in records(prices):
            if row["value"] is None:
                table.add_row(row["what"], row["owner"], "unknown", row["message"])
            else:
                table.add_row(row["what"], row["owner"], _spoken(row["value"]), _between(row))
        out.print(table)
        if len(prices) > 1:
            print_line(out, ALONE)
    else:
        out.print("No rule could be dropped: there are no clauses, commitments or store floors.", highlight=False)
    dear = values[(values["price"].abs() > 0.005).to_numpy() | (values["high"].fillna(0.0) > 0.005).to_numpy()]
    if len(dear):
        more = f", the first {SHOWN} of {len(dear)}" if len(dear) > SHOWN else ""
        print_line(out, f"What one unit of a limit is worth{unit}{more}")
        table = _table("limit", "", "price", "one more", "one less", "used", "of")
        for row in records(dear.head(SHOWN)):
            numbers = (_spoken(row[name]) for name in ("price", "one_more", "one_less"))
            table.add_row(row["what"], row["kind"], *numbers, f"{row['used']:,.6g}", f"{row['limit']:,.6g}")
        out.print(table)


def _table(*names: str) -> Table:
    """Return an empty table whose first two columns are words."""
    table = titled(collapse_padding=False)
    for place, name in enumerate(names):
        table.add_column(name, justify="left" if place < 2 else "right", overflow="fold", no_wrap=place >= 2)
    return table


def _between(row: dict[str, Any]) -> str:
    low, high = row["low"], row["high"]
    if low is None or high is None:
        return ""
    return "" if high - low < 0.005 else f"{low:,.2f} to {high:,.2f}"


def _spoken(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,.2f}"
