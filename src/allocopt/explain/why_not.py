"""`plan.why_not`: serve a line so much, all else as good as possible: what it costs and who gets less."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from allocopt.explain.asking import the_line
from allocopt.explain.change import Change
from allocopt.explain.explanation import lines_told
from allocopt.explain.neighbours import numbers_of
from allocopt.explain.shortfalls import why
from allocopt.plan.tables import records


@dataclass(frozen=True, eq=False)
class WhyNot:
    """What it takes to serve a line so much.

    Attributes
    ----------
    sentence : str
    cost : float
        What the plan earns less, re-solved; inf where nothing makes it possible with all other articles as planned
        [currency].
    units : float
        What was asked for [unit].
    less : DataFrame
        Lines that get less: sku, channel, order, due, units.
    """

    sentence: str
    cost: float
    units: float
    less: pd.DataFrame

    def __str__(self) -> str:
        return self.sentence

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON-ready values."""
        cost = self.cost if np.isfinite(self.cost) else None
        return {"sentence": self.sentence, "cost": cost, "units": self.units, "less": records(self.less)}


def why_not(plan: Any, units: float | None = None, **which: Any) -> WhyNot:
    """Serve a line so much; see `allocopt.Plan.why_not`."""
    numbers_of(plan)
    known = why(plan)
    one = the_line(known, **which)
    wide, facts = known.wide, known.answer.arcs.facts
    wanted = float(facts.lines.units[one])
    asked = wanted if units is None else float(units)
    name = known.words.line(one, sku=True)
    if not 0 <= asked <= wanted:
        raise ValueError(f"units must lie between 0 and the {wanted:,.6g} that are wanted, not {asked!r}")
    columns = np.arange(*wide.begins[one : one + 2]) + wide.ship
    found = None
    if len(columns):
        local = wide.local
        row = known.seeker.demand_row(int(columns[0]))
        change = Change.asking([row], asked) if row >= 0 else Change()
        found = local.solve(change, local.touched(Change.freed(columns, 0.0, 0.0))) if row >= 0 else None
    if found is None:
        said = " ".join(known.rows(known.reasons(one))["sentence"]) if known.short[one] > 0 else ""
        text = f"{name} cannot have {asked:,.6g} with all other articles as planned. {said}".rstrip()
        return WhyNot(text, float("inf"), asked, lines_told(known, []))
    base = known.seeker.base(wide.local.touched(Change.freed(columns, 0.0, 0.0)))
    cost = (0.0 if base is None else known.seeker.gain(base)) - known.seeker.gain(found)
    less = [pair for pair in known.seeker.moved(found.columns, found.x) if pair[0] != one]
    names = ", ".join(f"{known.words.line(other)} ({count:,.6g})" for other, count in less) or "nobody"
    text = f"{name}: {asked:,.6g} instead of {known.served[one]:,.6g} would cost {cost:,.2f}; {names} would get less."
    return WhyNot(text, cost, asked, lines_told(known, less))
