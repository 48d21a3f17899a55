"""What a plan earns and how well it serves: the profit and loss as accountants read it, and key figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.report.columns import ShownColumn, View, view
from allocopt.report.headings import KINDS_IN
from allocopt.report.page import FIRST, Block, Section, TableBlock, both, opened
from allocopt.report.totals import TOTALS
from allocopt.report.words import money

if TYPE_CHECKING:
    from allocopt.report.plots import PlanPlots
    from allocopt.report.seen import Seen

BESIDE = 8
"""Channels that a profit and loss shows beside each other; more stand below each other."""
TOLD = ("wanted", "units", "fill_rate", "left", "usable")
"""Key figures that the profit and loss has told already, and those that count what others may draw on as well."""
AGES = ("aged_0_4", "aged_5_13", "aged_14_26", "aged_27_up")


def earns(name: str, amount: float, currency: str) -> str:
    r"""Return what somebody earns, or loses.

    >>> earns("Pooled", 120.0, "USD"), earns("Pooled", -3.0, "")
    ('Pooled earns 120\xa0USD', 'Pooled loses 3')
    """
    return f"{name} {'loses' if amount < -0.005 else 'earns'} {money(abs(amount), currency)}"


def earnings(seen: Seen, draw: PlanPlots) -> Section:
    """Return the section of the profit and loss, with key figures below it."""
    plan, kpis = seen.plan, seen.table("kpis")
    blocks: list[Block] = [both("channels", draw.channels), *_profit(plan.channels, plan.currency)]
    if len(kpis):
        only = [str(name) for name in kpis.columns if name not in TOLD]
        if not kpis[[name for name in AGES if name in kpis]].to_numpy().any():
            only = [name for name in only if not name.startswith("aged_")]  # no lot says since when it lies there
        looks: dict[str, Any] = {"kinds": KINDS_IN["kpis"], "totals": TOTALS["kpis"]}
        served = view(kpis, "kpis", "How well it is served", only=only, **looks)
        many = len(kpis) > BESIDE
        blocks.append(TableBlock(served if many else _beside(served), folded=many))
    return Section("money", "What does it earn?", "", blocks)


def _profit(frame: pd.DataFrame, currency: str) -> list[Block]:
    """Return the profit and loss: a column per channel where these are few, as accountants read it; else a row."""
    caption = "What each channel gets and earns"
    if len(frame) > BESIDE:
        dearest = frame.sort_values("contribution", ascending=False, kind="stable")
        caption = f"The {FIRST} channels that earn most"
        return opened(
            dearest, "channels", caption, ("channel", "channels, the company among them"), totals=TOTALS["channels"]
        )
    rows = view(frame, "channels", caption, totals=TOTALS["channels"]).in_currency(currency)
    if len(rows.columns) < 2:
        return []  # nothing was wanted, earned or spent
    return [TableBlock(_beside(rows))]


def _beside(rows: View) -> View:
    """Return a table whose rows stand beside each other, then its totals: its first column becomes its heads."""
    first, *others = rows.columns
    columns = [ShownColumn("what", "what", "text", [column.heading for column in others])]
    texts = [column.texts() for column in others]
    for place, name in enumerate(first.texts()):
        columns.append(ShownColumn(name, name, "number", [column[place] for column in texts]))
    if rows.totals is not None:
        name, *cells = rows.sums
        columns.append(ShownColumn(name, name, "number", cells))
    return View(rows.key, rows.caption, columns, len(others), len(others), fixed=True)
