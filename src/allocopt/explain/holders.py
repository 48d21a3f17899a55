"""Who has the stock that a short line wants: what others hold is told by why they do, the rest is no stock at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.contracts.stages import Contribution, Stage
from allocopt.explain.reasons import FLAT, Reason, Seeker, item
from allocopt.problem.facts import Facts
from allocopt.rules.kit.scope import chosen

EVEN = 1e-9
"""Part of the money that moves below which two units are worth the same."""


def levels(facts: Facts, stages: tuple[Stage, ...]) -> np.ndarray:
    """Return in which order stages serve lines, the smaller the earlier, shape (lines,): stage, then rank in it."""
    lines = facts.lines
    rank = np.where(np.isfinite(lines.priority), lines.priority, np.inf)
    level = np.full(len(lines.sku), np.inf)
    for number, stage in enumerate(stages):
        if isinstance(stage, Contribution) or stage.IN_TURN or not stage.LINEAR:
            continue
        mine = np.isinf(level)
        if stage.channels is not None:
            mine &= np.isin(lines.channel, np.flatnonzero(chosen(facts.channels.id, stage.channels)))
        priority = getattr(stage, "priority", None)
        if priority == "each":
            order = np.unique(rank, return_inverse=True)[1]
            level[mine] = number + order[mine] / (len(order) + 1.0)
        else:
            mine &= True if priority is None else rank == priority
            level[mine] = number
    return level


class Holders:
    """Splits what is short for want of stock by who holds it."""

    def __init__(self, seeker: Seeker, stages: tuple[Stage, ...]) -> None:
        self.seeker, facts = seeker, seeker.facts
        self.level = levels(facts, stages)
        self.in_turn = seeker.wide.in_turn

    def split(self, reason: Reason) -> list[Reason]:
        """Return a reason of stock as one for each why: the units that others hold, the rest for want of any."""
        seeker = self.seeker
        found: dict[str, dict[int, float]] = {}
        span = range(*seeker.wide.begins[reason.line : reason.line + 2])
        open_ = [arc for arc in span if seeker.wide.candidates.own[arc]] or list(span)
        best: dict[int, float] = {}
        for arc in open_:
            lot = int(seeker.arcs.lot[arc])
            best[lot] = max(best.get(lot, -np.inf), float(seeker.worth[arc]))
        for lot, worth in best.items():
            if worth > FLAT:
                for other in seeker.held(lot):
                    line = int(seeker.arcs.line[other])
                    if line != reason.line:
                        group = found.setdefault(self._why(reason.line, worth, other), {})
                        group[line] = group.get(line, 0.0) + float(seeker.x[other])
        parts, rest = [], reason.units
        for code in ("tie", "turn", "rank", "protected", "locked", "taken_by_better"):
            group = found.get(code, {})
            units = min(rest, sum(group.values()))
            if units > FLAT:
                most = sorted(group.items(), key=lambda pair: (-pair[1], pair[0]))
                parts.append(replace(reason, item=item(code), units=units, givers=tuple(most)))
                rest -= units
        if rest > FLAT:
            parts.append(replace(reason, units=rest, givers=()))
        return parts

    def _why(self, line: int, worth: float, other: int) -> str:
        """Return why another line holds a unit that a line would earn so much with."""
        theirs = int(self.seeker.arcs.line[other])
        if self.level[theirs] < self.level[line]:
            return "rank"
        if self.in_turn:
            return "turn"
        makes = self.seeker.makes(other)
        even = EVEN * (abs(worth) + abs(makes) + float(self.seeker.facts.lines.price[line]))
        if abs(makes - worth) <= even:
            return "tie"
        if makes > worth:
            return "taken_by_better"
        return self.seeker.kept_by(other)


__all__ = ["Holders", "levels"]
