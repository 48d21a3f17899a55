"""The page of a plan, for the meeting on Monday: the verdict, what is asked first, who has to do what, the proof."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from allocopt.arguments import instance
from allocopt.plan import Plan
from allocopt.report.earned import earnings, earns
from allocopt.report.glance import answers
from allocopt.report.limits import limits_in_words
from allocopt.report.monday import approvals, chase, deliveries, owners, with_nobody
from allocopt.report.page import Block, Card, Page, Section, Words, both, folded, opened, write_page
from allocopt.report.plots import PlanPlots
from allocopt.report.proof import origin, proof, remarks, rules
from allocopt.report.seen import Seen
from allocopt.report.short import shortfalls
from allocopt.report.spoken import told
from allocopt.report.totals import TOTALS
from allocopt.report.words import exactly, many, share

MATTERS = ("owner", "money", "sentence", "cure", "kind", "sku", "channel", "node", "order", "line", "period")
PEOPLE = 8
"""People whose matters are told one by one; those of more stand in the table."""
LEFT = (
    "sku",
    "node",
    "kind",
    "reference",
    "expires",
    "expires_date",
    "usable",
    "shipped",
    "left",
    "at_cost",
    "write_down",
)


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
        Whether re-solves say what one more unit of each limit is worth; by default where that takes no time. False:
        nothing is re-solved, what rules cost neither.
    """
    name = f"Plan under {plan.contract['name']}"
    if not plan.solved:
        return _no_plan(plan, name)
    seen = Seen(plan, priced=values is not False, baseline=baseline)
    if values is None:
        values = seen.quick
    sections = [section for section in _sections(seen, values) if section.blocks or section.lead]
    return Page(
        name,
        verdict(plan),
        [],
        list(_cards(seen, baseline)),
        list(answers(seen)),
        [section.in_currency(plan.currency) for section in sections],
        list(origin(plan)),
    )


def _no_plan(plan: Plan, name: str) -> Page:
    """Return the page where there is no plan: what cannot hold together."""
    title = f"There is no plan under {plan.contract['name']}: {plan.status}."
    sections = [remarks(plan)]
    if plan.conflicts:
        found = Words("list", [told(conflict.words()) for conflict in plan.conflicts])
        lead = "A plan would exist if these gave way by so much."
        sections.insert(0, Section("conflicts", "What cannot hold together?", lead, [found]))
    kept = [section for section in sections if section.blocks]
    return Page(name, title, [told(plan.message)], sections=kept, origin=list(origin(plan)))


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


def _cards(seen: Seen, baseline: Plan | None) -> Iterator[Card]:
    """Yield the three numbers: money, units, money that waits for somebody; each against the baseline."""
    plan = seen.plan
    frame, unit = plan.channels, plan.currency
    wanted, served = float(frame["demand"].sum()), float(frame["units"].sum())
    cards = [
        Card("Contribution", exactly(plan.contribution, unit)),
        Card(
            "Units served",
            f"{served:,.0f}",
            f"of {wanted:,.0f} wanted" + (f" ({share(served / wanted, 1)})" if wanted else ""),
        ),
        _third(seen),
    ]
    if baseline is None or not baseline.solved:
        yield from cards
        return
    name, third, other = str(baseline.contract["name"]), _on_time(seen), _on_time(Seen(baseline))
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


def _third(seen: Seen) -> Card:
    """Return the share of units that come in time; where a plan does not tell it, what waits for a decision."""
    found = _on_time(seen)
    if found is not None:
        return Card("On time", share(found, 1), "of the units wanted")
    waiting = float(seen.matters["money"].fillna(0.0).sum())
    return Card("Waits for a decision", exactly(waiting, seen.plan.currency), many(len(seen.matters), "matter"))


def _on_time(seen: Seen) -> float | None:
    """Return the share of all units wanted that arrive by their due period, None where the plan does not tell it."""
    found = float(kpis["on_time"].iloc[-1]) if len(kpis := seen.table("kpis")) else math.nan
    return None if math.isnan(found) else found


def _sections(seen: Seen, values: bool) -> Iterator[Section]:
    """Yield the sections in the order in which they are asked for."""
    draw = PlanPlots(seen.plan)
    yield _week(seen, draw)
    yield _deliveries(seen)
    yield shortfalls(seen, draw)
    yield rules(seen)
    if values:
        yield _worth(seen, draw)
    yield earnings(seen, draw)
    yield _stock(seen, draw)
    yield _promises(seen)
    yield remarks(seen.plan)
    yield proof(seen.plan)


def _week(seen: Seen, draw: PlanPlots) -> Section:
    """Who has to decide what."""
    matters, unit = seen.matters, seen.plan.currency
    heading, people = "Who has to decide what?", owners(matters, unit)
    blocks: list[Block] = list(people[:PEOPLE])
    if len(people) > 1:
        blocks.append(both("exceptions", draw.exceptions))
    if len(people) > PEOPLE or any(person.more for person in people):
        blocks += folded(with_nobody(matters), "matters", ("matter", "matters"), only=MATTERS, kinds={"owner": "text"})
    if not people:
        return Section("week", heading, "Nothing in this plan needs a person.")
    return Section("week", heading, f"Most money first. {approvals(matters)}", blocks)


def _deliveries(seen: Seen) -> Section:
    """What to chase."""
    found = deliveries(seen.plan.allocation, seen.table("stock"))
    names = {
        "available": "due",
        "units": "units used",
        "ordered": "units ordered",
        "usable": "counted on",
        "node": "to",
        "revenue": "revenue on it",
        "contribution": "contribution on it",
        "channels": "for",
    }
    caption, what = "Deliveries that the plan counts on, in the order in which they are due", ("delivery", "deliveries")
    blocks = opened(found, "deliveries", caption, what, headings=names, totals=TOTALS["deliveries"])
    said = "Have these dates confirmed, the next one first." if blocks else chase(found, seen.plan.currency)
    if "ordered" in found and (found["usable"] < found["ordered"]).any():
        said += " The plan counts on what is ordered times how sure it is, less what is reserved."
    if len(matters := seen.matters) and (matters["kind"] == "inbound").any():
        said += " What a period's delay would cost stands above, with who has to see to it."
    return Section("chase", "What to chase this week?", said, blocks)


def _worth(seen: Seen, draw: PlanPlots) -> Section:
    """What one more unit, hour or week is worth."""
    values, heading = limits_in_words(seen.table("values"), seen.plan), "What would more be worth?"
    if not len(values):
        return Section("worth", heading, "")
    order = values["one_more"].fillna(values["price"])
    if not (order > 0.005).any():
        return Section("worth", heading, "")
    blocks = opened(
        values.loc[order.sort_values(ascending=False, kind="stable").index],
        "values",
        "What one more is worth, dearest first",
        ("limit that binds", "limits that bind"),
        only=("kind", "what", "one_more", "one_less", "price", "used", "limit"),
        kinds={"used": "number", "limit": "number"},
    )
    said = "What one more of each by itself would bring, re-solved with all else as planned."
    return Section("worth", heading, said, [both("values", draw.values), *blocks])


def _stock(seen: Seen, draw: PlanPlots) -> Section:
    """Where stock goes, and what is left of it."""
    blocks: list[Block] = [both("flow", draw.flow)]
    stock = seen.table("stock")
    if len(stock):
        left = stock[stock["left"] > 0]
        left = left.assign(at_cost=left["left"] * left["end_value"] + left["write_down"])
        left = left.sort_values(["write_down", "at_cost"], ascending=False, kind="stable")
        caption = "What is left at the end, what is written down most first"
        if not left["write_down"].any():
            caption = "What is left at the end, dearest first"
        what = ("lot of which something is left", "lots of which something is left")
        blocks += opened(left, "left", caption, what, only=LEFT)
    return Section("stock", "Where does the stock go?", "", blocks)


def _promises(seen: Seen) -> Section:
    """What channels may publish, and what customers can be told."""
    exposure, promises = seen.table("exposure"), seen.table("promises")
    blocks: list[Block] = []
    if len(exposure):
        ordered = exposure.sort_values(["channel", "sku"], kind="stable")
        what = ("quantity that a channel may publish", "quantities that channels may publish")
        blocks += folded(ordered, "exposure", what, headings={"units": "at most", "safe": "safe to publish"})
    if len(promises):
        blocks += folded(promises, "promises", ("promise", "promises"), headings={"date": "last arrival"})
    said = "What a channel can show as available, and what its customers can be told." if blocks else ""
    return Section("promises", "What may be promised?", said, blocks)
