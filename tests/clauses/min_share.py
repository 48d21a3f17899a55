"""MinShare, for the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.rules.naive_records import in_scope
from tests.rules.small import problem

import allocopt as ao

KIND = ao.MinShare

MODEL = (
    problem(
        supply="sku node kind units\nA East on_hand 10\nA West on_hand 5\nB East on_hand 4",
        demand="sku channel period units price\nA dtc 0 9 10\nA shop 0 8 9\nB dtc 0 3 10\nB shop 0 2 9",
    ),
    (
        ao.MinShare("shop", 0.3),
        ao.MinShare("shop", 0.4, per="sku", penalty=3),
        ao.MinShare("dtc", 0.25, node="East", sku="A"),
    ),
)


def make(drawing: Any) -> ao.MinShare:
    """Draw a share of what ships."""
    share, per = drawing.of((0.35, 0.0, 0.5, 0.7, 1.0)), drawing.of(("total", "sku"))
    return ao.MinShare(**drawing.scope(), share=share, per=per, penalty=drawing.penalty())


def tighter(clause: ao.MinShare) -> ao.MinShare:
    """Return a clause that asks for more of the same."""
    return replace(clause, share=min(1.0, clause.share + 0.3))


def state(records: Any, model: Any, clause: ao.MinShare) -> None:
    """Add that the channel gets its share of what ships."""
    for sku in sorted(records.skus) if clause.per == "sku" else [None]:
        arcs = [arc for arc in records.arcs if in_scope(clause, arc.lot) and sku in (None, arc.line.sku)]
        beyond = {arc.at: float(arc.line.channel == clause.channel) - clause.share for arc in arcs}
        records.limit(model, arcs, clause.penalty, low=0.0, weight=lambda arc, beyond=beyond: beyond[arc.at])
