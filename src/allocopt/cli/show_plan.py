"""A plan on a terminal: what a planner reads first."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from allocopt.cli.tables import amount, percent, plain, print_line, table_of
from allocopt.plan.dates import date_of
from allocopt.plan.decided import decision_words
from allocopt.plan.plan import Plan
from allocopt.words import decimal
from allocopt.words import percent as within

WORST = 10
"""Shortfalls and exceptions shown."""
MOVED = 20
"""Promises shown that moved since an earlier plan."""


def show_plan(plan: Plan, console: Console) -> None:
    """Print the headline, what needs a person, the profit and loss, who is short, where stock goes, and the proof."""
    if not plan.solved:
        print_line(console, plan.summary())
        return
    frame, unit = plan.channels, f" {plan.currency}" if plan.currency else ""
    wanted, served = frame["demand"].sum(), frame["units"].sum()
    share = f" ({served / wanted:.1%})" if wanted else ""
    name = plain(plan.contract["name"])
    headline = f"[bold]{name}[/bold]: {served:,.0f} of {wanted:,.0f} units{share} earn"
    console.print(f"\n{headline} [bold]{plan.contribution:,.0f}{plain(unit)}[/bold].\n", highlight=False)
    if len(plan.exceptions):
        console.print(_exceptions(plan.exceptions))
    else:
        console.print("Nothing needs a person.\n", highlight=False)
    console.print(_channels(frame, unit))
    short = plan.shortfalls
    if len(short):
        console.print(_shortfalls(short))
    console.print(_flows(plan.allocation))
    console.print(_proof(plan, unit), highlight=False, soft_wrap=True)
    for words in decision_words(plan.decisions, plan.contract["clauses"]):
        print_line(console, f"Decided: {words}")
    for broken in plan.broken:
        print_line(console, f"Broken as {broken.channel} is retired: {broken.words()}")
    for note in plan.notes:
        print_line(console, f"Note: {note}")
    for warning in plan.warnings[:3]:
        print_line(console, f"Warning: {warning}")


def _channels(frame: pd.DataFrame, unit: str) -> Table:
    """Return the profit and loss with a column per channel, the company and all together."""
    total = frame.sum(numeric_only=True)
    heads = [plain(str(channel)) for channel in frame["channel"]]
    table = table_of(
        f"What each channel gets and earns{plain(f' [{unit.strip()}]') if unit else ''}", [""], [*heads, "all"]
    )
    fill = total["units"] / total["demand"] if total["demand"] else math.nan
    margin = total["contribution"] / total["revenue"] if total["revenue"] else math.nan
    for words, column in (("units wanted", "demand"), ("units served", "units")):
        table.add_row(words, *(amount(value) for value in [*frame[column], total[column]]))
    table.add_row("fill rate", *(percent(value) for value in [*frame["fill_rate"], fill]), end_section=True)
    after_revenue = list(frame.columns).index("revenue") + 1
    costs = list(frame.columns[after_revenue : list(frame.columns).index("contribution")])
    for column in ["revenue", *(column for column in costs if frame[column].abs().sum() > 0.005)]:
        words = column.replace("_", " ") if column == "revenue" else f"- {column.replace('_', ' ')}"
        table.add_row(words, *(amount(value) for value in [*frame[column], total[column]]))
    money = [amount(value) for value in [*frame["contribution"], total["contribution"]]]
    table.add_row("contribution", *money, style="bold")
    table.add_row("margin", *(percent(value) for value in [*frame["margin"], margin]))
    if frame["clause_penalties"].abs().sum() > 0.005:
        values = [*frame["clause_penalties"], total["clause_penalties"]]
        table.add_row("clause penalties", *(amount(value) for value in values))
    return table


def _flows(allocation: pd.DataFrame) -> Table:
    flows = allocation.pivot_table(index="node", columns="channel", values="units", aggfunc="sum", fill_value=0.0)
    table = table_of("Units from each node to each channel", ["node"], [plain(str(c)) for c in flows.columns])
    for node, row in flows.iterrows():
        table.add_row(plain(str(node)), *(amount(float(units)) for units in row))
    return table


def _shortfalls(short: pd.DataFrame) -> Table:
    worst = short.sort_values(["units", "sku", "channel"], ascending=[False, True, True], kind="stable").head(WORST)
    which = f"The {len(worst)} largest of {len(short):,}" if len(short) > len(worst) else f"All {len(short)}"
    title = f"{which} shortfalls ({short['units'].sum():,.0f} units short in all)"
    keys = [k for k in ("sku", "channel", "region", "order", "line") if worst[k].astype(str).ne("").any()]
    table = table_of(title, keys, ["due", "wanted", "served", "short"])
    told = worst["sentence"].ne("").any()
    if told:
        table.add_column("why")
    for row in worst.to_dict("records"):
        cells: list[Any] = [plain(str(row[key])) for key in keys]
        cells += [_when(row, "due"), amount(row["wanted"]), amount(row["served"]), amount(row["units"])]
        table.add_row(*cells, *([plain(row["sentence"].partition(": ")[2])] if told else []))
    return table


def _when(row: dict[Any, Any], name: str) -> str:
    """Return a period of a row, with its first day where there is one."""
    day = row.get(date_of(name))
    if pd.isna(row[name]):
        return ""
    return f"{row[name]}" if day is None or pd.isna(day) else f"{row[name]} ({day:%Y-%m-%d})"


def show_moved(moved: pd.DataFrame, console: Console) -> None:
    """Print which promises moved since an earlier plan, the largest moves first."""
    if not len(moved):
        console.print("\nNo promise moved since the earlier plan.", highlight=False)
        return
    size = (moved["promised"] - moved["old_promised"]).abs()
    first = moved.loc[size.sort_values(ascending=False, kind="stable").index].head(MOVED)
    many = f"The {len(first)} largest of {len(moved):,}" if len(moved) > len(first) else f"All {len(moved)}"
    keys = [k for k in ("sku", "channel", "region", "order", "line") if first[k].astype(str).ne("").any()]
    title = f"{many} promises that moved since the earlier plan"
    table = table_of(title, keys, ["due", "was", "is", "for", "instead of"])
    table.add_column("how")
    due = "due_date" if "due_date" in first else "due"
    for row in first.to_dict("records"):
        days = [_day(row[name]) for name in (due, "date", "old_date")]
        units = [amount(row[name]) for name in ("old_promised", "promised")]
        cells = [*(plain(str(row[key])) for key in keys), days[0], *units, *days[1:], str(row["how"])]
        table.add_row(*cells)
    console.print()
    console.print(table)


def _day(value: Any) -> str:
    """Return a day, or the number of a period where there are no dates; nothing for a blank."""
    if pd.isna(value):
        return ""
    return f"{value:%Y-%m-%d}" if isinstance(value, dt.date) else str(value)


def _exceptions(exceptions: pd.DataFrame) -> Table:
    first = exceptions.head(WORST)
    which = (
        f"The {len(first)} first of {len(exceptions):,}" if len(exceptions) > len(first) else f"All {len(exceptions)}"
    )
    named = first["owner"].ne("").any()
    table = table_of(f"{which} exceptions that need a person", ["owner"] if named else [], ["money"])
    table.add_column("what it is about, and what can be done")
    for row in first.to_dict("records"):
        owner = [plain(str(row["owner"]))] if named else []
        table.add_row(*owner, amount(row["money"]), plain(f"{row['sentence']} {row['cure']}".strip()))
    return table


def _proof(plan: Plan, unit: str) -> str:
    proof = plan.certificate
    assert proof is not None
    lines = [f"Proof ({plan.status}, {plan.method}, {plan.seconds:.1f} s):"]
    for stage in proof.stages:
        money = unit if stage.stage.startswith("contribution") else ""
        claim = "" if stage.claimed_bound is None else f"; the solver claims {stage.claimed_bound:,.2f}"
        lines.append(f"  {stage.stage}: {stage.objective:,.2f}{money}")
        lines.append(f"    no plan reaches more than {stage.bound:,.2f}{money} (gap {within(stage.gap)}{claim})")
    lines.append(f"  worst violation of any row or bound: {decimal(proof.violation)}; checked without the solver")
    if plan.message:
        lines.append(f"  {plan.message}")
    return plain("\n".join(lines))
