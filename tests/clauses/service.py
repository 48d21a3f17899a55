"""Service, for the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.rules.naive_records import covers
from tests.rules.small import problem

import allocopt as ao

KIND = ao.Service

MODEL = (
    problem(
        supply="sku node kind units\nA East on_hand 10\nB East on_hand 4",
        demand="""
            sku channel period units price region priority firm
            A   dtc     0      3     10    north  1        true
            A   dtc     0      6     10    .      2        false
            A   shop    0      8     9     south  1        false
            B   shop    0      2     9     north  .        true
            C   shop    0      5     9     south  2        false
        """,
    ),
    (
        ao.Service(0.75),
        ao.Service(0.5, "shop", per="sku", penalty=3),
        ao.Service(1, region=("north",)),
        ao.Service(0.25, "dtc", priority=(1, 2), firm=False),
        ao.Service(0.2, priority=2, penalty=1.5),
    ),
)


def make(drawing: Any) -> ao.Service:
    """Draw a share of what one line and those like it want."""
    facts, line = drawing.facts, drawing.of(range(len(drawing.facts.lines.sku)))
    like: dict[str, Any] = {"channel": facts.channels.id[facts.lines.channel[line]]}
    like["sku"] = (facts.skus.id[facts.lines.sku[line]],)
    like["firm"] = bool(facts.lines.firm[line])
    if facts.lines.region[line] >= 0:
        like["region"] = (facts.regions[facts.lines.region[line]],)
    if facts.lines.priority[line] > 0:
        like["priority"] = (int(facts.lines.priority[line]), 7)
    like = {key: value for key, value in like.items() if drawing.of((False, True))}
    if "channel" in like and drawing.of((False, False, True)):
        others = (name for name in drawing.channels if name != like["channel"])
        like["channel"] = (like["channel"], *others) if len(drawing.channels) > 1 else like["channel"]
    if drawing.of((False, False, True)):
        due = int(facts.lines.period[line])
        like |= {"from_period": drawing.of((None, due, 0)), "to_period": drawing.of((due, due + 1, None))}
    penalty, fill, per = drawing.penalty(), drawing.of((0.35, 0.0, 0.5, 0.9, 1.0)), drawing.of(("total", "sku"))
    return ao.Service(fill, **like, per=per, penalty=penalty)


def tighter(clause: ao.Service) -> ao.Service:
    """Return a clause that asks for more of the same."""
    return replace(clause, fill=min(1.0, clause.fill + 0.3))


def state(records: Any, model: Any, clause: ao.Service) -> None:
    """Add the least share of what is wanted."""
    lines = [
        line
        for line in records.lines
        if covers(clause, line)
        and (clause.priority is None or line.priority in clause.priority)
        and clause.firm in (None, line.firm)
    ]
    for sku in sorted(records.skus) if clause.per == "sku" else [None]:
        mine = {id(line) for line in lines if sku in (None, line.sku)}
        wanted = sum(line.units for line in lines if id(line) in mine)
        arcs = [arc for arc in records.arcs if id(arc.line) in mine]
        records.limit(model, arcs, clause.penalty, low=clause.fill * wanted)
