"""Who has the stock that a short line wants: what others hold is told by why they do, the rest is no stock at all."""

from __future__ import annotations

from itertools import count

import numpy as np

from allocopt.algebra.grouping import extreme, runs, starts
from allocopt.contracts.stages import Contribution, Stage
from allocopt.explain.board import Givers, item
from allocopt.explain.reasons import FLAT, Reason
from allocopt.explain.seeker import Seeker
from allocopt.problem.facts import Facts
from allocopt.rules.kit.scope import chosen

EVEN = 1e-9
"""Part of the money that moves below which two units are worth the same."""
WHYS = ("tie", "turn", "rank", "protected", "locked", "taken_by_better")
"""Why others hold units, in the order in which these are told."""


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

    def split(self, reasons: list[Reason]) -> list[list[Reason]]:
        """Return reasons of stock, each as one for each why: the units that others hold, the rest for want of any."""
        if not reasons:
            return []
        lines = np.array([reason.line for reason in reasons], dtype=np.intp)
        number, other, worth = self._others(lines)
        why = self._whys(lines[number], worth, other)
        theirs = self.seeker.arcs.line[other]
        size = len(self.seeker.facts.lines.sku)
        key = (number * len(WHYS) + why) * size + theirs
        known, place = np.unique(key, return_inverse=True)
        units = np.bincount(place.ravel(), weights=self.seeker.x[other], minlength=len(known))
        group, line = known // size, known % size
        order = np.lexsort((line, -units, group))
        group, line, units = group[order], line[order], units[order]
        begins = starts(group, len(reasons) * len(WHYS))
        total = np.add.reduceat(np.append(units, 0.0), np.minimum(begins[:-1], len(units))) * (np.diff(begins) > 0)
        return [
            self._parts(*one, begins, line, units) for one in zip(reasons, total.reshape(len(reasons), -1), count())
        ]

    def _parts(
        self, reason: Reason, total: np.ndarray, number: int, begins: np.ndarray, line: np.ndarray, units: np.ndarray
    ) -> list[Reason]:
        """Return the parts of one reason, given how many units others hold for each why."""
        parts, rest = [], reason.units
        same = (reason.worth, reason.rows, reason.arcs, reason.besides, reason.solved)
        for place in np.flatnonzero(total > 0).tolist():
            mine = slice(*begins[number * len(WHYS) + place : number * len(WHYS) + place + 2].tolist())
            most = min(rest, float(total[place]))
            if most > FLAT:
                givers = Givers(line[mine], units[mine])
                parts.append(Reason(reason.line, item(WHYS[place]), most, *same, givers))
                rest -= most
        if rest > FLAT:
            parts.append(Reason(reason.line, reason.item, rest, *same))
        return parts

    def _others(self, lines: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return arcs of others that hold lots which lines want, which line it is, and what that would make of them."""
        seeker = self.seeker
        arc, number = runs(seeker.wide.begins, lines)
        own = seeker.wide.candidates.own[arc]
        any_ = np.bincount(number[own], minlength=len(lines)) > 0
        kept = own | ~any_[number]
        arc, number = arc[kept], number[kept]
        lots = len(seeker.of_lot) - 1
        key, place = np.unique(number * lots + seeker.arcs.lot[arc], return_inverse=True)
        best = extreme(np.maximum, seeker.worth[arc], place.ravel(), len(key), none=-np.inf)
        key, best = key[best > FLAT], best[best > FLAT]
        held, of = runs(seeker.of_lot, key % lots)
        other, number = seeker.holding[held], (key // lots)[of]
        foreign = seeker.arcs.line[other] != lines[number]
        return number[foreign], other[foreign], best[of][foreign]

    def _whys(self, line: np.ndarray, worth: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return why others hold units that lines would earn so much with, as positions among `WHYS`."""
        theirs = self.seeker.arcs.line[other]
        makes = self.seeker.makes[other]
        even = EVEN * (np.abs(worth) + np.abs(makes) + self.seeker.facts.lines.price[line])
        before = self.level[theirs] < self.level[line]
        tied = np.abs(makes - worth) <= even
        chosen = [before, np.full(len(other), self.in_turn), tied, makes > worth]
        found = np.select(chosen, [WHYS.index(code) for code in ("rank", "turn", "tie", "taken_by_better")], -1)
        rest = np.flatnonzero(found < 0)
        arcs, place = np.unique(other[rest], return_inverse=True)
        codes = [WHYS.index(self.seeker.kept_by(arc)) for arc in arcs.tolist()]
        found[rest] = np.array(codes, dtype=np.intp)[place.ravel()]
        return found


__all__ = ["Holders", "levels"]
