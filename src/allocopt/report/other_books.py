"""The workbooks of a comparison and of a retirement."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.report.retirement_page import PRICES, TAKEN
from allocopt.report.spoken import typeset
from allocopt.report.workbook import Chart, sheet, write

if TYPE_CHECKING:
    from allocopt.compare import Comparison
    from allocopt.retire import Retirement


def comparison_to_excel(found: Comparison, path: str | Path) -> None:
    """Write the workbook of a comparison; see `allocopt.Comparison.to_excel`."""
    unit = found.currency
    ranking = found.summary()
    of = "" if found.risk is None else "mean contribution "
    sheets = [
        sheet(ranking, "ranking", unit, headings={"difference": f"{of}against {found.baseline}"}),
        sheet(found.deltas(), "deltas", unit),
        sheet(found.by_scenario(), "by_scenario", unit),
        sheet(found.regret().reset_index(), "regret", unit, kinds=dict.fromkeys(found.contracts, "money")),
    ]
    with suppress(ValueError):
        sheets.append(sheet(_drawn(found.coordination_gap()), "coordination_gap", unit))
    if len(found.failures):
        sheets.append(sheet(_drawn(found.failures), "failures", unit))
    sheets += [
        sheet(_drawn(found.runs.drop(columns=["digest", "seconds"])), "runs", unit),
        sheet(_drawn(_by_channel(found)), "by_channel", unit),
    ]
    measure = f"against {found.baseline}{f' [{unit}]' if unit else ''}"
    chart = Chart("ranking", "difference", f"Mean contribution {measure}")
    title = f"Comparison of {len(found.contracts)} contracts under {len(found.scenarios)} scenarios"
    write(Path(path), title, [typeset(found.verdict)], sheets, chart)


def _drawn(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table without its column of draws where nothing was drawn."""
    return frame.drop(columns="draw") if "draw" in frame and not (frame["draw"] >= 0).any() else frame


def _by_channel(found: Comparison) -> pd.DataFrame:
    """Return every number with a column per metric."""
    keys = ["scenario", "draw", "contract", "channel"]
    wide = found.table.pivot_table(index=keys, columns="metric", values="value", sort=False).reset_index()
    wide.columns.name = None
    return wide


def retirement_to_excel(found: Retirement, path: str | Path) -> None:
    """Write the workbook of a retirement; see `allocopt.Retirement.to_excel`."""
    unit = found.currency
    sheets = [sheet(found.table, "worth", unit)]
    others = {"recapture": found.recapture.replace({"price_from": PRICES}), "unlisted": found.unlisted}
    others["broken"] = found.broken
    looks: dict[str, Any] = {"recapture": {"kinds": {"proportion": "share"}, "headings": TAKEN}}
    sheets += [sheet(frame, name, unit, **looks.get(name, {})) for name, frame in others.items() if len(frame)]
    verb = "Adding" if found.admitting else "Retiring"
    chart = Chart("worth", "net", f"What {verb.lower()} each channel is worth{f' [{unit}]' if unit else ''}")
    told = [typeset(found.verdict), *(f"{channel}: {note}" for channel, notes in found.notes.items() for note in notes)]
    write(Path(path), f"{verb} channels under {found.contract}", told, sheets, chart)
