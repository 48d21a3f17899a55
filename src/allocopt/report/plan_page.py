"""The page of a plan, for the meeting on Monday: the verdict, who has to do what, who is short and why, the proof."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from allocopt.arguments import instance
from allocopt.plan import Plan
from allocopt.report import reasons, seen
from allocopt.report.columns import View, view
from allocopt.report.earned import earnings, earns
from allocopt.report.monday import chase, deliveries, owners, who_decides
from allocopt.report.page import FIRST, ROWS, Block, Card, Page, Section, Words, both, tables, write_page
from allocopt.report.plots import PlanPlots
from allocopt.report.proof import SECONDS, origin, proof, remarks, rules
from allocopt.report.words import exactly, many, sentence, share, units

LINES = ("sku", "channel", "region", "order", "line", "due", "due_date", "wanted", "served", "units", "sentence")
MATTERS = ("owner", "money", "sentence", "cure", "kind", "sku", "channel", "node", "order", "line", "period")
WORTH = "worth at most"
"""What the units that are short would earn, each at what one more of them is worth."""
PEOPLE = 8
"""People whose matters are told one by one; those of more stand in the table."""
QUICK = 300
"""Rows of a plan up to which limits are re-solved for the page."""


def report(plan: Plan, path: str | Path, *, baseline: Plan | None = None, values: bool | None = None) -> None:
    """Write the page of a plan; see `allocopt.Plan.report`."""
    instance("baseline", baseline, Plan, optional=True)
    write_page(page_of(plan, baseline, values), Path(path))


def page_of(plan: Plan, baseline: Plan | None = None, values: bool | None = None) -> Page:
    """Return what the page of a plan says, against a baseline where there is one.

    Parameters
    ----------
    plan : Plan
    baseline : Plan, optional
    values : bool, optional
        Whether re-solves say what one more unit of each limit is worth; by default where that takes no time.
    """
    name = str(plan.contract["name"])
    if not plan.solved:
        return Page(f"Plan under {name}", *_no_plan(plan), origin=list(origin(plan)))
    short = plan.shortfalls
    return Page(
        f"Plan under {name}",
        verdict(plan),
        list(lead(plan, short)),
        list(_cards(plan, baseline)),
        list(_sections(plan, short, values)),
        list(origin(plan)),
    )


def _no_plan(plan: Plan) -> tuple[str, list[str], list[Card], list[Section]]:
    """Return title, lead, cards and sections where there is no plan."""
    title = f"There is no plan under {plan.contract['name']}: {plan.status}."
    found = [sentence(conflict.words()) for conflict in plan.conflicts]
    sections = (
        [
            Section(
                "conflicts",
                "What cannot hold together",
                "A plan would exist if these gave way by so much.",
                [Words("list", found)],
            )
        ]
        if found
        else []
    )
    return title, [sentence(plan.message)], [], [*sections, *remarks(plan)]


def verdict(plan: Plan) -> str:
    """Return what a plan earns and serves, in a sentence."""
    frame = plan.channels
    wanted, served = float(frame["demand"].sum()), float(frame["units"].sum())
    earned = earns(str(plan.contract["name"]), plan.contribution, plan.currency)
    return (
        f"{earned} and serves {share(served / wanted)} of what is wanted."
        if wanted
        else f"{earned}; nothing is wanted."
    )


def lead(plan: Plan, short: pd.DataFrame) -> Iterator[str]:
    """Yield the sentences below the title: how sure, who is short most and why, what needs a person."""
    assert plan.certificate is not None
    bound, unit = plan.certificate.bound, plan.currency
    if math.isfinite(bound):
        more = bound - plan.objective
        best = (
            "No plan under this contract is worth more"
            if more < 0.5
            else (f"No plan under this contract is worth more than {exactly(more, unit)} above this one")
        )
        yield f"{best}; that was checked without the solver."
    if len(short):
        worst = reasons.by_channel(short, plan.channels).iloc[0]
        lines = many(len(reasons.lines(short)), "line")
        yield (
            f"{units(short['units'].sum())} in {lines} are short. Most is missing for "
            f"{worst['channel']}: {units(worst['short'])}, {share(worst['short'] / worst['demand'])} of what it wants, "
            f"mostly because {worst['reason']}."
        )
    else:
        yield "Nobody is short."
    matters = seen.matters(plan)
    if len(matters):
        first = matters.iloc[0]
        who = f" for {first['owner']}" if first["owner"] else ""
        need = "matter needs" if len(matters) == 1 else "matters need"
        yield f"{len(matters):,} {need} a person; the first{who}: {sentence(str(first['sentence']))}"


def _cards(plan: Plan, baseline: Plan | None) -> Iterator[Card]:
    """Yield the three numbers: money, units, money that waits for somebody; each against the baseline."""
    frame, unit = plan.channels, plan.currency
    wanted, served = float(frame["demand"].sum()), float(frame["units"].sum())
    cards = [
        Card("Contribution", exactly(plan.contribution, unit)),
        Card(
            "Units served",
            f"{served:,.0f}",
            f"of {wanted:,.0f} wanted" + (f" ({share(served / wanted, 1)})" if wanted else ""),
        ),
        _third(plan),
    ]
    if baseline is None or not baseline.solved:
        yield from cards
        return
    name, third, other = str(baseline.contract["name"]), _on_time(plan), _on_time(baseline)
    gains = [plan.contribution - baseline.contribution, served - float(baseline.channels["units"].sum())]
    told = [exactly(gains[0], unit, signed=True), exactly(gains[1], "", signed=True)]
    if third is not None and other is not None:
        gains.append(100 * (third - other))
        told.append(f"{gains[2]:+.1f} points".replace("-", "\N{MINUS SIGN}"))
    for card, gain, words in zip(cards, gains, told, strict=False):
        same = abs(gain) < (0.5 if card is not cards[2] else 0.05)
        against = f"as under {name}" if same else f"{words} against {name}"
        yield Card(card.what, card.amount, card.beside, against, None if same else gain > 0)
    yield from cards[len(gains) :]


def _third(plan: Plan) -> Card:
    """Return the share of units that come in time; where a plan does not tell it, what waits for a decision."""
    found = _on_time(plan)
    if found is not None:
        return Card("On time", share(found, 1), "of the units wanted")
    matters = seen.matters(plan)
    waiting = float(matters["money"].fillna(0.0).sum())
    return Card("Waits for a decision", exactly(waiting, plan.currency), many(len(matters), "matter"))


def _on_time(plan: Plan) -> float | None:
    """Return the share of all units wanted that arrive by their due period, None where the plan does not tell it."""
    kpis = seen.table(plan, "kpis")
    if kpis is None or not len(kpis) or pd.isna(kpis["on_time"].iloc[-1]):
        return None
    return float(kpis["on_time"].iloc[-1])


def _sections(plan: Plan, short: pd.DataFrame, values: bool | None) -> Iterator[Section]:
    """Yield what there is to say, with the unit of money in the tables."""
    for section in _asked(plan, short, values):
        if section.blocks or section.lead:
            yield section.in_currency(plan.currency)


def _asked(plan: Plan, short: pd.DataFrame, values: bool | None) -> Iterator[Section]:
    """Yield the sections in the order in which they are asked for."""
    if values is None:
        values = len(plan.allocation) + len(short) <= QUICK
    draw, stock = PlanPlots(plan), seen.table(plan, "stock")
    yield _week(plan, draw)
    yield _short(plan, short, draw)
    yield _deliveries(plan, stock)
    if values:
        yield _worth(plan, draw)
    yield earnings(plan, draw)
    yield _stock(plan, stock, draw)
    yield _promises(plan)
    yield from rules(plan)
    yield from remarks(plan)
    yield from proof(plan)


def _week(plan: Plan, draw: PlanPlots) -> Section:
    """Who has to decide what."""
    matters = seen.matters(plan)
    if not len(matters):
        return Section("week", "Who has to decide what", "Nothing in this plan needs a person.")
    people = owners(matters, plan.currency)
    blocks: list[Block] = list(people[:PEOPLE])
    if len(people) > 1:
        blocks.append(both("exceptions", draw.exceptions))
    whole = view(
        matters,
        "matters",
        _all("matter", matters),
        only=MATTERS,
        most=ROWS,
        kinds={"owner": "text"},
        note=_rest(matters),
    )
    if len(people) > PEOPLE or any(person.more for person in people):
        blocks += tables(view(matters.head(0), "matters", ""), whole)
    return Section("week", "Who has to decide what", who_decides(matters, plan.currency), blocks)


def _short(plan: Plan, short: pd.DataFrame, draw: PlanPlots) -> Section:
    """Who is short, and why."""
    if not len(short):
        picture = [both("fill", draw.fill_rate)] if plan.channels["demand"].sum() else []
        return Section("short", "Who is short, and why", "Nobody is short.", picture)
    names = {"units": "units served", "short": "units short", "reason": "mostly because", "money": WORTH}
    by_channel = reasons.by_channel(short, plan.channels)
    ordered = ("channel", "demand", "units", "short", "fill_rate", "reason", "money")
    looks: dict[str, Any] = {"only": ordered, "kinds": {"short": "units", "reason": "sentence"}}
    long = len(by_channel) > FIRST + 2
    caption = f"The {FIRST} channels that miss most" if long else "By channel"
    first = _part(by_channel, "short-channels", caption, names, **looks, most=FIRST if long else ROWS)
    whole = _part(by_channel, "short-channels-all", _all("channel", by_channel), names, **looks)
    blocks: list[Block] = tables(first, whole)
    blocks.append(both("fill", draw.fill_rate))
    by_reason = reasons.by_reason(short)
    said = {"units": "units short", "money": WORTH, "owner": "who could help", "reason": "because"}
    blocks += tables(_part(by_reason, "short-reasons", "By reason", said, kinds={"reason": "sentence"}, most=2 * FIRST))
    by_article = reasons.by_article(short)
    said |= {"reason": "mostly because"}
    first = _part(
        by_article,
        "short-articles",
        f"The {FIRST} articles that miss most" if len(by_article) > FIRST else "By article",
        said,
        kinds={"reason": "sentence"},
        most=FIRST,
        totals=False,
    )
    blocks += tables(first)
    lines = many(len(reasons.lines(short)), "short line")
    dearest = short.sort_values("units", ascending=False, kind="stable")
    whole = view(
        dearest,
        "short-lines",
        _all(f"reason of {lines}", short, f"reasons of {lines}"),
        only=(*LINES, "worth", "owner"),
        most=ROWS,
        note=_rest(short),
        headings={"units": "units short", "sentence": "why", "owner": "who could help"},
    )
    blocks += tables(view(dearest.head(0), "short-lines", ""), whole)
    first_ = by_channel.iloc[0]
    told = (
        f"{first_['channel']} is short most: {units(first_['short'])} of {units(first_['demand'])}. "
        f"Of all that is short, most is so because {by_reason.iloc[0]['reason']} "
        f"({share(by_reason.iloc[0]['units'] / short['units'].sum())})."
    )
    if "worth" in short:
        told += (
            " Worth at most counts each missing unit at what one more of it would earn: "
            "not all of them can be had at once."
        )
    return Section("short", "Who is short, and why", told, blocks)


def _deliveries(plan: Plan, stock: pd.DataFrame | None) -> Section:
    """What to chase."""
    found = deliveries(plan.allocation, stock)
    names = {
        "available": "due",
        "units": "units used",
        "usable": "units sure",
        "node": "to",
        "revenue": "revenue on it",
        "contribution": "contribution on it",
        "channels": "for",
    }
    first = _part(
        found,
        "deliveries",
        "Deliveries in the order in which they are due",
        names,
        most=FIRST,
        totals=len(found) <= FIRST,
    )
    whole = _part(found, "deliveries-all", _all("delivery", found, "deliveries"), names, most=ROWS)
    return Section("chase", "What to chase", chase(found, plan.currency), tables(first, whole))


def _worth(plan: Plan, draw: PlanPlots) -> Section:
    """What one more unit, hour or week is worth."""
    values = seen.values(plan, SECONDS)
    heading = "What more would be worth"
    if values is None or not len(values) or not (values["one_more"].fillna(values["price"]) > 0.005).any():
        return Section("worth", heading, "")
    order = values["one_more"].fillna(values["price"])
    values = values.loc[order.sort_values(ascending=False, kind="stable").index]
    only = ("kind", "what", "one_more", "one_less", "price", "used", "limit")
    first = view(
        values,
        "values",
        "What one more is worth, dearest first",
        only=only,
        most=FIRST,
        kinds={"used": "number", "limit": "number"},
    )
    whole = view(
        values,
        "values-all",
        _all("limit that binds", values, "limits that bind"),
        only=only,
        most=ROWS,
        note=_rest(values),
    )
    told, blank = "What one more of each would bring, re-solved with all else as planned.", values["one_more"].isna()
    if blank.any():
        told += f" {many(int(blank.sum()), 'limit')} that promise least are not re-solved: their multiplier is shown."
    return Section("worth", heading, told, [both("values", partial(draw.values, table=values)), *tables(first, whole)])


def _stock(plan: Plan, stock: pd.DataFrame | None, draw: PlanPlots) -> Section:
    """Where stock goes, and what is left of it."""
    blocks: list[Block] = [both("flow", draw.flow)]
    if stock is not None and len(stock):
        left = stock[stock["left"] > 0].sort_values(["write_down", "left"], ascending=False, kind="stable")
        only = (
            "sku",
            "node",
            "kind",
            "reference",
            "expires",
            "expires_date",
            "usable",
            "shipped",
            "left",
            "end_value",
            "write_down",
        )
        first = view(left, "left", "What is left at the end, dearest first", only=only, most=FIRST)
        whole = view(
            left,
            "left-all",
            _all("lot of which something is left", left, "lots of which something is left"),
            only=only,
            most=ROWS,
            note=_rest(left),
        )
        blocks += tables(first, whole)
    return Section("stock", "Where stock goes", "", blocks)


def _promises(plan: Plan) -> Section:
    """What channels may publish, and what customers can be told."""
    blocks: list[Block] = []
    exposure, promises = seen.table(plan, "exposure"), seen.table(plan, "promises")
    if exposure is not None and len(exposure):
        ordered = exposure.sort_values(["channel", "sku"], kind="stable")
        names = {"units": "at most", "safe": "safe to publish"}
        whole = view(
            ordered,
            "exposure",
            _all("quantity that a channel may publish", exposure, "quantities that a channel may publish"),
            most=ROWS,
            headings=names,
            note=_rest(exposure),
        )
        blocks += tables(view(ordered.head(0), "exposure", ""), whole)
    if promises is not None and len(promises):
        names = {"date": "last arrival"}
        whole = view(promises, "promises", _all("promise", promises), most=ROWS, headings=names, note=_rest(promises))
        blocks += tables(view(promises.head(0), "promises", ""), whole)
    told = "What a channel can show as available, and what its customers can be told." if blocks else ""
    return Section("promises", "What may be promised", told, blocks)


def _part(frame: pd.DataFrame, key: str, caption: str, headings: dict[str, str], **more: object) -> View:
    """Return a table with words for its columns; with sums where it is whole."""
    given = {"totals": True, "most": ROWS, **more}
    return view(frame, key, caption, headings=headings, **given)  # type: ignore[arg-type]


def _all(one: str, frame: pd.DataFrame, more: str = "") -> str:
    """Return the summary of a table that stands folded."""
    if len(frame) == 1:
        return many(1, one)
    found = more or f"{one}s"
    return f"All {len(frame):,} {found}" if len(frame) <= ROWS else f"The first {ROWS:,} of {len(frame):,} {found}"


def _rest(frame: pd.DataFrame) -> str:
    return f"{len(frame) - ROWS:,} more rows are in the workbook." if len(frame) > ROWS else ""
