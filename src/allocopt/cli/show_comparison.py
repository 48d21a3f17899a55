"""A comparison on a terminal: the ranking, the differences, and what is certain of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from allocopt.cli.tables import percent, plain, print_line, table_of, titled
from allocopt.compare.beside import side_by_side
from allocopt.compare.comparison import Comparison

FAILURES = 10
"""Runs without a plan that are shown."""
SCENARIO, WORD, GUTTER = 17, 16, 2
"""Least width of the column of scenarios, letters of a contract's name that stay together, and what lies between two
columns and at both edges [characters]."""
FOLDED: dict[str, Any] = {"no_wrap": False, "overflow": "fold", "min_width": 12}
"""How a column of names looks that may be long."""
AVERAGE = "(average)"
BESIDE = {"failed": "no plan", "not_solved": "not solved"}
"""Columns of the ranking that are there where they say something."""


def show_comparison(found: Comparison, folder: Path, console: Console) -> None:
    """Print ranking, differences to the baseline, scenarios, what acting alone costs, failures, and the verdict.

    Parameters
    ----------
    found : Comparison
    folder : Path
        Where its runs are, as it was called.
    console : rich.console.Console
    """
    console.print()
    console.print(_ranking(found))
    if len(found.contracts) > 1:
        console.print(_deltas(found))
    if len(found.scenarios) > 1:
        for table in _scenarios(found, console.width):
            console.print(table)
    gap = _coordination(found)
    if gap is not None:
        console.print(gap)
    if len(found.failures):
        console.print(_failures(found.failures))
    if left := len(found.not_solved):
        runs = "One run was" if left == 1 else f"{left:,} runs were"
        told = f"{runs} not solved: their bounds say enough, or they count in no ranking."
        console.print(told.replace("their bounds say", "its bound says") if left == 1 else told, highlight=False)
    print_line(console, f"Run folder: {folder}")
    print_line(console, found.verdict)


def _ranking(found: Comparison) -> Table:
    """Return the contracts, worth most first."""
    frame = found.summary()
    beside = [name for name in ("failed", "not_solved") if frame[name].any()]
    heads = ["contribution", "fill", "regret", "worst", "best in", *(BESIDE[name] for name in beside)]
    by = "mean contribution" if found.risk is None else plain(found.risk.words())
    table = table_of(f"Ranking by {by}{_unit(found)}", ["contract"], heads, **FOLDED)
    for row in frame.to_dict("records"):
        cells = [_money(row["contribution"]), percent(row["fill_rate"]), _money(row["regret"])]
        cells += [_money(row["worst_regret"]), percent(row["best"])]
        table.add_row(plain(row["contract"]), *cells, *(_times(row[name]) for name in beside))
    return table


def _deltas(found: Comparison) -> Table:
    """Return how much more each contract is worth than the baseline; what is proven of it stands to the right."""
    frame = found.deltas()
    objective = bool((frame["measure"] == "objective").any())
    heads = ["contribution", *(["objective"] if objective else []), "low", "high", "ahead", "behind", "of"]
    table = table_of(f"Against {plain(found.baseline)}{_unit(found)}", ["contract"], heads, **FOLDED)
    for row in frame.to_dict("records"):
        names = ["contribution", *(["difference"] if objective else []), "low", "high"]
        cells = [_signed(row[name]) for name in names]
        cells += [str(row[name]) for name in ("ahead", "behind", "runs")]
        table.add_row(plain(row["contract"]), *cells, style="" if row["apart"] else "dim")
    return table


def _scenarios(found: Comparison, width: int) -> Iterator[Table]:
    """Yield what each contract earns in each scenario, against the baseline: as many tables as the width takes."""
    frame = side_by_side(found.by_scenario(), found.baseline)
    title = f"Scenario by scenario: {plain(found.baseline)}, and the others against it{_unit(found)}"
    heads = list(frame.columns[2:])
    widths = [max(map(len, [*frame[head], *head.split()]), default=1) for head in heads]
    while heads:
        taken = max(
            1, int(np.searchsorted(np.cumsum(widths) + GUTTER * np.arange(2, len(widths) + 2), width - SCENARIO))
        )
        yield _earned(title, frame[["scenario", "role", *heads[:taken]]], widths)
        heads, widths, title = heads[taken:], widths[taken:], "Scenario by scenario, further contracts"


def _earned(title: str, frame: pd.DataFrame, widths: Sequence[int]) -> Table:
    """Return a table of scenario and role, and of what some contracts earn: names are folded, amounts never."""
    table = titled(title)
    table.add_column("scenario", overflow="fold", min_width=SCENARIO)
    for head, width in zip(frame.columns[2:], widths, strict=False):
        table.add_column(plain(head), justify="right", overflow="fold", width=width)
    for number, (role, rows) in enumerate(frame.groupby("role", sort=False)):
        if number:
            table.add_section()
        style = "" if role == frame["role"].iloc[0] else "dim"
        table.add_row(f"{role}:", style=f"italic {style}")
        for scenario, _, *cells in rows.itertuples(index=False, name=None):
            table.add_row(plain(scenario), *(plain(cell) for cell in cells), style=style)
    return table


def _coordination(found: Comparison) -> Table | None:
    """Return what channels lose by acting alone; None where nothing was compared that says it."""
    try:
        frame = found.coordination_gap()
    except ValueError:
        return None
    frame = frame[frame["scenario"] == AVERAGE]
    if frame.empty:
        return None
    title = f"What channels lose by acting alone{_unit(found)}"
    table = table_of(title, ["contract"], ["alone", "best possible", "lost, at least", "at most"], **FOLDED)
    for row in frame.to_dict("records"):
        best = _money(row["best_low"])
        if _money(row["best_high"]) != best:
            best = f"{best} to {_money(row['best_high'])}"
        table.add_row(
            plain(row["contract"]), _money(row["alone"]), best, _money(row["gap_low"]), _money(row["gap_high"])
        )
    return table


def _failures(failures: pd.DataFrame) -> Table:
    """Return the first of the runs without a plan."""
    shown = failures.head(FAILURES)
    which = f"The first {len(shown)} of {len(failures):,}" if len(failures) > len(shown) else f"All {len(failures)}"
    table = titled(f"{which} runs without a plan" if len(failures) > 1 else "One run without a plan")
    for head, share in (("contract", 2), ("scenario", 2), ("why", 5)):
        table.add_column(head, overflow="fold", ratio=share)
    for row in shown.to_dict("records"):
        scenario = row["scenario"] + (f", draw {row['draw']}" if row["draw"] >= 0 else "")
        table.add_row(plain(row["contract"]), plain(scenario), plain(row["message"] or row["status"]))
    return table


def _unit(found: Comparison) -> str:
    return plain(f" [{found.currency}]") if found.currency else ""


def _money(amount: float) -> str:
    if math.isnan(amount):
        return ""
    if math.isinf(amount):
        return "unknown"
    return f"{round(amount) + 0:,}"


def _signed(amount: float) -> str:
    text = _money(amount)
    return f"+{text}" if math.isfinite(amount) and round(amount) > 0 else text


def _times(times: int) -> str:
    return str(times) if times else ""
