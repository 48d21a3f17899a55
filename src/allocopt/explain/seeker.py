"""Finds the reasons of short lines: those that nothing would pay for at once, the others by a search."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocopt.algebra.grouping import extreme, runs
from allocopt.explain.change import Change, Floats, Places
from allocopt.explain.exchange import Exchange
from allocopt.explain.reasons import Reason, item
from allocopt.explain.search import Search
from allocopt.explain.ways import FLAT, Ways


class Seeker(Exchange):
    """Finds the reasons of short lines."""

    def reasons(self, lines: Places, short: Floats) -> list[list[Reason]]:
        """Return why each of some lines, in ascending order, is short of so many units: they add up to these."""
        arc, owner = runs(self.wide.begins, lines)
        best = extreme(np.maximum, self.worth[arc], owner, len(lines), none=-np.inf)
        tried = np.flatnonzero(best > FLAT)
        found: list[list[Reason]] = [[] for _ in range(len(lines))]
        for place in np.flatnonzero((best <= FLAT) & np.isfinite(best)).tolist():
            span = range(*self.wide.begins[lines[place] : lines[place] + 2].tolist())
            one = Reason(int(lines[place]), item("not_worth_it"), float(short[place]), float(best[place]))
            found[place] = [replace(one, arcs=tuple(span))]
        if len(tried):
            search = Search(self, lines[tried], short[tried])
            for place, each in zip(tried.tolist(), search.found(), strict=True):
                found[place] = each
        return found

    def lifting(self, line: int, reason: Reason) -> Change:
        """Return what lifts a reason for its line alone, with what has to be lifted besides."""
        ways = Ways(self, np.array([line]), np.zeros(1), earning=False)
        lifted = np.zeros(len(ways.pair_line), dtype=bool)
        for one in (reason.item, *reason.besides):
            if one in self.items:
                pair = ways.pair(np.zeros(1, dtype=np.intp), self.items.index(one))
                lifted[pair[pair >= 0]] = True
        return ways.change(np.zeros(1, dtype=np.intp), lifted)
