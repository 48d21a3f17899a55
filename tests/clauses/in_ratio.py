"""InRatio, for the tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.rules.small import problem

import allocopt as ao

KIND = ao.InRatio

MODEL = (
    problem(
        supply="sku node kind units\nA East on_hand 9\nB East on_hand 9\nC East on_hand 9",
        demand="sku channel period units price order region\nA shop 0 4 10 . north\nA shop 0 2 10 . south\n"
        "B shop 0 9 9 . .\nB shop 1 3 9 . .\nA shop 1 3 9 T1 .\nB shop 2 5 9 T1 .\nC shop 1 5 9 T1 .",
    ),
    (ao.InRatio("shop", {"A": 1, "B": 2}), ao.InRatio("shop", {"A": 2, "C": 1.5})),
)


def make(drawing: Any) -> ao.InRatio:
    """Draw a ratio of the SKU of a line to another one; of one SKU alone, where that is the same."""
    lines, line = drawing.facts.lines, drawing.of(range(len(drawing.facts.lines.sku)))
    skus, ratio = (drawing.skus[lines.sku[line]], drawing.of(drawing.skus)), drawing.of(((1, 2), (2, 1), (0.5, 1)))
    return ao.InRatio(drawing.channels[lines.channel[line]], dict(zip(skus, ratio, strict=True)))


def tighter(clause: ao.InRatio) -> ao.InRatio:
    """Return a clause that asks for more of the same."""
    return replace(clause, skus={sku: 2 * units for sku, units in clause.skus.items()})


def state(records: Any, model: Any, clause: ao.InRatio) -> None:
    """Add how many times each order, or what is due at once without one, gets the ratio."""
    arcs = [arc for arc in records.arcs if arc.line.channel == clause.channel and arc.line.sku in clause.skus]
    for order in {(arc.line.order or arc.line.period) for arc in arcs}:
        times = model.var(1e4, whole=True)
        for sku, units in clause.skus.items():
            mine = [arc for arc in arcs if arc.line.sku == sku and (arc.line.order or arc.line.period) == order]
            model.row([*((arc.at, 1.0) for arc in mine), (times, -units)], low=0.0, high=0.0)
