"""The page of a retirement or an admission: which channel should go or come, from what, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from allocopt.report import seen
from allocopt.report.columns import view
from allocopt.report.headings import Kind
from allocopt.report.page import ROWS, Block, Card, Page, Section, TableBlock, Words, both, folded, opened, write_page
from allocopt.report.plots import RetirementPlots
from allocopt.report.spoken import told, typeset
from allocopt.report.words import exactly, many, money, share

if TYPE_CHECKING:
    from allocopt.retire import Retirement

SURE = 0.5
"""What an amount may lie between and is still told as certain [currency]."""
PRICES = {"receiving": "the channel that takes over", "original": "the channel that loses it"}
TAKEN = {
    "to": "taken over by",
    "proportion": "of what is taken over",
    "share": "of its demand, assumed",
    "price_from": "at the price of",
}
DRAWN = 3
"""Channels that have a picture."""
SAID = 60
"""Notes that are told in full."""


def report(found: Retirement, path: str | Path) -> None:
    """Write the page of a retirement; see `allocopt.Retirement.report`."""
    write_page(page_of(found), Path(path))


def page_of(found: Retirement) -> Page:
    """Return what the page of a retirement or an admission says."""
    table = found.table
    asked = "Adding" if found.admitting else "Retiring"
    return Page(
        f"{asked} channels under {found.contract}",
        _title(found, table),
        [typeset(found.verdict)],
        list(_cards(found, table)),
        sections=[section for section in _sections(found, table) if section.blocks],
        origin=list(_origin(found)),
    )


def _title(found: Retirement, table: pd.DataFrame) -> str:
    known = table.dropna(subset=["net"])
    if not len(known):
        return "There is no answer about any channel."
    first = known.iloc[0]
    verb = "Adding" if found.admitting else "Retiring"
    if first["low"] > 0.005:
        return f"{verb} {first['channel']} is worth {money(float(first['net']), found.currency)}."
    if first["high"] < -0.005:
        least = money(-float(first["net"]), found.currency)
        return f"No channel is worth {verb.lower()}; {first['channel']} would lose least, {least}."
    return f"It cannot be told whether {verb.lower()} {first['channel']} pays."


def _cards(found: Retirement, table: pd.DataFrame) -> Iterator[Card]:
    """Yield three numbers: as it is, with the channel gone (or there), and its break-even."""
    known = table.dropna(subset=["net"])
    if not len(known) or not found.base.solved:
        return
    first, unit = known.iloc[0], found.currency
    net = float(first["net"])
    change = f"{'with' if found.admitting else 'without'} {first['channel']}"
    yield Card("Contribution as it is", exactly(found.base.contribution, unit), f"under {found.contract}")
    low, high = exactly(float(first["low"]), "", signed=True), exactly(float(first["high"]), unit, signed=True)
    against = f"certainly {low} to {high}"
    yield Card(
        f"Change {change}",
        exactly(net, unit, signed=True),
        against if first["high"] - first["low"] >= SURE else "for certain",
        "",
        net > 0,
    )
    if first["break_even"] == first["break_even"]:
        words = "of its demand taken from others" if found.admitting else "of its demand taken over by others"
        yield Card(f"Break-even of {first['channel']}", share(float(first["break_even"])), words)


def _sections(found: Retirement, table: pd.DataFrame) -> Iterator[Section]:
    draw, unit = RetirementPlots(found), f" [{found.currency}]" if found.currency else ""
    certain = bool((table["high"] - table["low"]).abs().max() < SURE)
    hidden = ["message", "measure", "break_even_low", "break_even_high", *(["low", "high"] if certain else [])]
    if set(table["status"]) <= {"optimal"}:
        hidden.append("status")
    table = table.drop(columns=hidden)
    first = [name for name in ("channel", "status", "net", "low", "high") if name in table]
    money_columns = view(
        table[[*first, *(name for name in table if name not in first)]],
        "worth",
        f"What each channel is worth{unit}",
        headings={"low": "certainly at least", "high": "certainly at most"},
    )
    yield Section("worth-section", "What is each channel worth?", _summed(found), [TableBlock(money_columns)])
    known = table.dropna(subset=["net"])["channel"].tolist()[:DRAWN]
    pictures: list[Block] = [
        both(f"waterfall-{place}", lambda channel=str(channel), **how: draw.waterfall(channel, **how))
        for place, channel in enumerate(known)
    ]
    yield Section("from-what", "Where does that come from?", "", pictures)
    taken = found.recapture.replace({"price_from": PRICES})
    what = ("share of demand that somebody would take over", "shares of demand that others would take over")
    kinds: dict[str, Kind] = {"proportion": "share"}
    if (taken["share"] > 0).any():
        blocks = opened(taken, "recapture", "Who takes demand over", what, most=ROWS, kinds=kinds, headings=TAKEN)
    else:  # as nobody is assumed to take anything over, how it would be split is no matter
        blocks = folded(taken, "recapture", what, kinds=kinds, headings=TAKEN)
    alone = ("article", "articles")
    blocks += opened(found.unlisted, "unlisted", "Articles that nobody else sells", alone, most=ROWS)
    yield Section("demand", "What becomes of the demand?", "", blocks)
    broken, promise = found.broken.drop(columns="clause"), ("promise", "promises")
    blocks = opened(broken, "broken-table", "Promises", promise, most=ROWS, kinds={"what": "sentence"})
    yield Section("broken", "Which promises would be broken?", "", blocks)
    noted = [f"{channel}: {told(note)}" for channel, notes in found.notes.items() for note in notes]
    noted += [
        f"{row.channel}: {row.status}. {told(str(row.message))}" for row in found.failures.itertuples(index=False)
    ]
    lists: list[Block] = [Words("list", noted[:SAID])] if noted else []
    yield Section("notes", "What was rounded, assumed or failed?", "", lists)


def _summed(found: Retirement) -> str:
    """Return of what the worth of a channel is the sum, and what a minus means."""
    if found.admitting:
        return (
            "Worth in all is what the company would earn more with the channel: what it earns itself before its fixed "
            "cost, less that, and what others earn less (minus) as stock and demand go to it."
        )
    return (
        "Worth in all is what the company would earn more without the channel. Lost (minus) is what it earns itself "
        "before its fixed cost; others earn more from its stock, its fixed cost is saved, and demand may be taken over."
    )


def _origin(found: Retirement) -> Iterator[tuple[str, str]]:
    yield "Contract", found.contract
    yield "Channels", many(len(found.table), "channel")
    yield "Status of the plan as it is", found.base.status
    yield "Fingerprint of the contract", seen.digest(found.base.contract)
    yield "Fingerprint of the answers", seen.digest_of(found.table)
    yield "allocopt", metadata.version("allocopt")
