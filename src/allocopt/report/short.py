"""Who is short, and why: by channel, by week, by reason, by article, line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from allocopt.report import reasons
from allocopt.report.columns import figure
from allocopt.report.page import FIRST, Block, Section, Words, both, folded, opened
from allocopt.report.spoken import sentence
from allocopt.report.totals import TOTALS
from allocopt.report.words import many, share

if TYPE_CHECKING:
    from allocopt.report.plots import PlanPlots
    from allocopt.report.seen import Seen

LINES = ("sku", "channel", "region", "order", "line", "due", "due_date", "wanted", "served", "units", "sentence")
WORTH = "worth at most"
"""What the units that are short would earn, each at what one more of them is worth."""
SAID = {"units": "units short", "money": WORTH, "owner": "who could help"}
NAMED = 3
"""Reasons that are named at first."""
ASKED = (
    "Each line is asked by itself: the reasons of a line add up to what it is short of. A unit that several lines want "
    "is named at each of them, so that a sum over lines may be more than there is."
)
"""What the sums of a reason are, and what they are not."""
LEAST = 0.01
"""Share of what is short from which on a reason is named."""
HEADING = "Who is short, and why?"


def who_is_short(seen: Seen) -> str:
    """Say who misses most, and how much is short in all."""
    short, channels = seen.short, seen.plan.channels
    if not len(short):
        return "Nobody."
    worst = reasons.by_channel(short, channels).iloc[0]
    lines = many(len(reasons.lines(short)), "line")
    missing = float(short["units"].sum())
    all_ = "" if worst["short"] >= missing else f" In all, {figure(missing, 'units')} units in {lines} are short."
    return (
        f"{worst['channel']}: {figure(worst['short'], 'units')} of {figure(worst['demand'], 'units')} units "
        f"({share(worst['short'] / worst['demand'])} of what it wants).{all_}"
    )


def why(seen: Seen) -> str:
    """Say for which reasons most is short: of who is short most, and in all."""
    short, plan = seen.short, seen.plan
    worst = str(reasons.by_channel(short, plan.channels)["channel"].iloc[0])
    own = short[short["channel"] == worst]
    if len(own) == len(short):
        return sentence(_reasons(own))
    mine, all_ = _reasons(own), _reasons(short)
    return sentence(mine) if mine == all_ else f"{worst}: {mine}. In all: {all_}."


def _reasons(short: pd.DataFrame) -> str:
    """Return the reasons of most that is short, with their shares."""
    found = reasons.by_reason(short)
    total = float(found["units"].sum())
    if len(found) == 1:
        return str(found["reason"].iloc[0])
    first = found[found["units"] >= LEAST * total].head(NAMED).to_dict("records")
    return "; ".join(f"{row['reason']} ({share(row['units'] / total)})" for row in first)


def shortfalls(seen: Seen, draw: PlanPlots) -> Section:
    """Return the section of who is short, and why."""
    short = seen.short
    if not len(short):
        picture = [both("fill", draw.fill_rate)] if seen.plan.channels["demand"].sum() else []
        return Section("short", HEADING, "Nobody is short.", picture)
    one = len(short["reason"].unique()) == 1
    blocks: list[Block] = [
        *_by_channel(reasons.by_channel(short, seen.plan.channels), one),
        both("fill", draw.fill_rate),
        *([] if one else _by_reason(short)),
        *_by_article(short, one),
        *folded(
            short.sort_values("units", ascending=False, kind="stable"),
            "short-lines",
            _what(short),
            only=(*LINES, "worth", "owner"),
            headings={"units": "units short", "sentence": "why", "owner": "who could help"},
        ),
    ]
    counted = f"{WORTH.capitalize()}: each missing unit at what one more of it would earn; not all can be had at once."
    if "worth" in short and (short["worth"] > 0).any():
        blocks.insert(1, Words("text", [counted]))
    return Section("short", HEADING, who_is_short(seen), blocks)


def _what(short: pd.DataFrame) -> tuple[str, str]:
    """Return what a row of the table of shortfalls is: a line, or a reason of one."""
    lines = len(reasons.lines(short))
    if lines == len(short):
        return "short line", "short lines"
    return "reason of a short line", f"reasons of {many(lines, 'short line')}"


def _by_channel(frame: pd.DataFrame, one: bool) -> list[Block]:
    """Return how full each channel is; the reason stands elsewhere where there is but one."""
    only = ("channel", "demand", "units", "short", "fill_rate", *(() if one else ("reason",)), "money")
    looks: dict[str, Any] = {
        "only": only,
        "kinds": {"short": "units", "reason": "sentence"},
        "headings": {"units": "units served", "short": "units short", "reason": "main reason", "money": WORTH},
        "totals": TOTALS["short-channels"],
    }
    long = len(frame) > FIRST + 2
    caption = f"The {FIRST} channels that miss most" if long else "By channel"
    return opened(
        frame, "short-channels", caption, ("channel", "channels"), most=FIRST if long else len(frame), **looks
    )


def _by_reason(short: pd.DataFrame) -> list[Block]:
    """Return how much is short for each reason."""
    found: list[Block] = opened(
        reasons.by_reason(short),
        "short-reasons",
        "By reason",
        ("reason", "reasons"),
        most=2 * FIRST,
        kinds={"reason": "sentence"},
        headings=SAID | {"reason": "because"},
        totals=TOTALS["short-reasons"],
    )
    return [*found[:1], Words("text", [ASKED]), *found[1:]]


def _by_article(short: pd.DataFrame, one: bool) -> list[Block]:
    """Return the articles that miss most: in money, where it is known what they would earn."""
    frame = reasons.by_article(short)
    dearest = "money" in frame and bool((frame["money"] > 0).any())
    if dearest:
        frame = frame.sort_values("money", ascending=False, kind="stable")
    few = len(frame) <= FIRST
    caption = "By article" if few else f"The {FIRST} articles that {'are missed dearest' if dearest else 'miss most'}"
    return opened(
        frame.drop(columns="reason") if one else frame,
        "short-articles",
        caption,
        ("article", "articles"),
        kinds={"reason": "sentence"},
        headings=SAID | {"reason": "main reason"},
    )
