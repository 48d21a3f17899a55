"""`plan.envy`: who is served while a line of higher rank, or of higher worth on the same lot, goes short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from allocopt.explain.reasons import FLAT
from allocopt.explain.shortfalls import Why, why
from allocopt.plan.tables import typed
from allocopt.rules.kit.names import lot_names, spelled

EVEN = 1e-6
"""Part of the worth below which two units are worth the same."""


def envy(plan: Any) -> pd.DataFrame:
    """Return who envies whom; see `allocopt.Plan.envy`."""
    return envies(why(plan))


def envies(known: Why) -> pd.DataFrame:
    """Return one row per short line, line that is served before it, and lot that both could have."""
    seeker, arcs = known.seeker, known.wide.candidates.arcs
    rank = np.where(np.isfinite(arcs.facts.lines.priority), arcs.facts.lines.priority, np.inf)
    rows: dict[tuple[int, int, int], tuple[float, str, str]] = {}
    for line in known.lines.tolist():
        for arc in range(*known.wide.begins[line : line + 2]):
            worth = float(seeker.money[arc])
            if not known.wide.candidates.own[arc] or worth <= FLAT:
                continue
            lot = int(arcs.lot[arc])
            for other in seeker.held(lot):
                theirs = int(arcs.line[other])
                makes = float(seeker.money[other])
                higher = bool(rank[line] < rank[theirs])
                richer = worth > makes + EVEN * max(1.0, abs(worth), abs(makes))
                if theirs == line or not (higher or richer):
                    continue
                rule = "worth" if higher and not richer else _rule(known, line)
                units = min(float(seeker.x[other]), float(known.short[line]))
                before = rows.get((line, theirs, lot), (0.0, "", ""))[0]
                rows[line, theirs, lot] = (max(units, before), "rank" if higher else "worth", rule)
    return _table(known, rows)


def _rule(known: Why, line: int) -> str:
    """Return the first reason of a line, which is why others come before it."""
    reasons = known.reasons(line)
    return reasons[0].code if reasons else ""


def _table(known: Why, rows: dict[tuple[int, int, int], tuple[float, str, str]]) -> pd.DataFrame:
    facts = known.answer.arcs.facts
    keys = np.array(list(rows), dtype=np.intp).reshape(-1, 3)
    lines = facts.lines

    def told(at: np.ndarray, before: str) -> dict[str, Any]:
        return {
            f"{before}channel": facts.channels.id[lines.channel[at]],
            f"{before}order": spelled(facts.orders, lines.order[at]),
            f"{before}due": lines.period[at],
        }

    found = list(rows.values())
    columns = {"sku": facts.skus.id[lines.sku[keys[:, 0]]], **told(keys[:, 0], ""), **told(keys[:, 1], "served_")}
    columns |= {"lot": lot_names(facts)[keys[:, 2]], "units": [units for units, *_ in found]}
    return typed(columns | {"envies": [kind for _, kind, _ in found], "rule": [rule for *_, rule in found]})
