"""The workbook of a plan: a summary with a chart, exceptions first, then its other tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.problem.schema import COMPANY
from allocopt.report.columns import View
from allocopt.report.earned import earns
from allocopt.report.glance import answers
from allocopt.report.headings import KINDS_IN
from allocopt.report.monday import with_nobody
from allocopt.report.plan_page import verdict
from allocopt.report.reasons import because
from allocopt.report.seen import Seen
from allocopt.report.spoken import ruled, told
from allocopt.report.totals import TOTALS
from allocopt.report.words import exactly, share, units
from allocopt.report.workbook import Chart, sheet, write

if TYPE_CHECKING:
    from allocopt.plan import Plan

SHEETS = ("exceptions", "promises", "exposure", "stock", "shortfalls", "allocation", "channels", "values", "kpis")
"""In the order in which somebody looks."""
HEADINGS = {
    "shortfalls": {
        "units": "units short",
        "sentence": "why",
        "reason": "reason",
        "what": "what stands behind it",
        "owner": "who could help",
    },
    "allocation": {"contribution": "contribution of the units"},
    "exposure": {"units": "at most", "safe": "safe to publish"},
    "promises": {"date": "last arrival"},
    "exceptions": {"sentence": "what it is", "units": "amount"},
}
CHANNELS = "Contribution by channel"


def to_excel(plan: Plan, path: str | Path) -> None:
    """Write the workbook of a plan; see `allocopt.Plan.to_excel`."""
    plan.raise_for_status()
    seen = Seen(plan, priced=False)
    asked = [f"{answer.question} {answer.said}" for answer in answers(seen)]
    write(
        Path(path),
        f"Plan under {plan.contract['name']}",
        [verdict(plan), *asked, *_earned(plan), *map(told, plan.notes)],
        list(sheets(seen)),
        Chart("channels", "contribution", f"{CHANNELS}{f' [{plan.currency}]' if plan.currency else ''}"),
    )


def _earned(plan: Plan) -> Iterator[str]:
    """Yield what each channel gets and earns, in a line below the verdict."""
    for row in plan.channels.to_dict("records"):
        name, earned = str(row["channel"]), float(row["contribution"])
        if row["demand"]:
            served = f"{units(row['units'])} of {units(row['demand'])} ({share(row['units'] / row['demand'])})"
            yield f"  {earns(name, earned, plan.currency)} and gets {served}."
        elif name == COMPANY and earned:
            amount = exactly(earned, plan.currency, signed=True)
            yield f"  {amount} belong to no channel: holding, write-down and the like."
        elif name != COMPANY:
            yield f"  {earns(name, earned, plan.currency)} and wants nothing."


def sheets(seen: Seen) -> Iterator[View]:
    """Yield the tables that the plan has, in their order; values only where re-solves take no time."""
    for name in SHEETS:
        if name == "values" and not seen.quick:
            continue
        frame = seen.matters if name == "exceptions" else seen.table(name)
        if len(frame.columns):
            looks: dict[str, Any] = {"kinds": KINDS_IN.get(name), "totals": TOTALS.get(name)}
            yield sheet(_ordered(name, frame), name, seen.plan.currency, headings=HEADINGS.get(name), **looks)


def _ordered(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with what a person reads first at its left; the names of lots and lanes, which repeat it, last."""
    if name == "exceptions":
        frame = with_nobody(frame)
        first = ["owner", "money", "sentence", "cure"]
    elif name == "shortfalls":
        return frame.assign(reason=frame["reason"].map(because), what=frame["what"].map(ruled))
    elif name in ("allocation", "stock"):
        first = [str(column) for column in frame.columns if column not in ("lot", "lane", "parcel")]
    else:
        return frame
    first = [column for column in first if column in frame]
    return frame[[*first, *(column for column in frame.columns if column not in first)]]
