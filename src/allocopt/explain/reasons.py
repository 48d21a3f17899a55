"""Why a line is short: reasons that add up, each confirmed by arithmetic or by a local re-solve.

.. code-block:: text

    lift(S)      the arcs of line d do not count in the rows of S; arcs that S took from it are its own again
    units(S)     what d then gets beyond the plan;   a reason r, tried in its turn, has units(S + r) - units(S)
    at most      gap of the block + max_a [ c[a] - sum_{rows not in S} y[row] A[row, a] ] * units     for any y

Where stock is free once S is lifted, the units flow at once and nobody else is touched: that plan is the proof. Where
the multipliers promise something and no stock is free, the block is solved anew. With stock of its own, last, a line
gets what it wants of whatever earns anything: nothing else moves, since all others could have moved before.
Source: sensitivity by re-solving, as opposed to multipliers of degenerate programs, e.g. Koltai and Terlaky, Int. J.
Production Economics 65 (2000).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from allocopt.explain.board import DEAR, FLAT, SUPPLY, Item, Way, item
from allocopt.explain.change import Change
from allocopt.explain.exchange import Exchange
from allocopt.explain.local import CENT

SURE = 0.75
"""Part of what multipliers promise at most that a plan must reach to be taken for the best without a search."""


@dataclass(frozen=True)
class Reason:
    """One reason why a line is short.

    Attributes
    ----------
    line : int
    item : Item
    units : float
        Short for this reason [unit].
    worth : float
        What a unit more would be worth, given that the reason were lifted [currency/unit].
    rows : tuple of int
        Rows of the wide program that were lifted and mattered.
    arcs : tuple of int
        Arcs of the wide table over which the units would come.
    besides : tuple of Item
        What else has to be lifted for it.
    solved : bool
        Whether others would give the units up; else they flow without touching anybody.
    givers : tuple of (int, float)
        Lines that would give units up, or that hold the stock, and how many units.
    """

    line: int
    item: Item
    units: float
    worth: float = 0.0
    rows: tuple[int, ...] = ()
    arcs: tuple[int, ...] = ()
    besides: tuple[Item, ...] = ()
    solved: bool = False
    givers: tuple[tuple[int, float], ...] = ()

    @property
    def code(self) -> str:
        """One of `rules.kit.shortage.CODES`."""
        return self.item.code


class Seeker(Exchange):
    """Finds the reasons of short lines, one after the other; lines of one block share its work."""

    def reasons(self, line: int, short: float) -> list[Reason]:
        """Return why a line is short of so many units; the units of the reasons add up to it."""
        ways = [self.way(arc) for arc in range(*self.wide.begins[line : line + 2])]
        earning = [way for way in ways if way.worth > FLAT]
        if not ways:
            return []
        if not earning:
            best = max(way.worth for way in ways)
            return [Reason(line, item("not_worth_it"), short, best, arcs=tuple(way.arc for way in ways))]
        return self._tried(line, short, earning)

    def _tried(self, line: int, short: float, ways: list[Way]) -> list[Reason]:
        """Return the reasons of a line that would earn something, tried in their order."""
        items = sorted({one for way in ways for one in (*way.closed, *(whose for *_, whose in way.rows))} | {SUPPLY})
        lifted: set[Item] = set()
        found: list[Reason] = []
        got, flows = self.flow(ways, lifted, short, line)
        if got > FLAT:
            found.append(Reason(line, item("not_proven"), got, self.each(flows)))
        for one in items:
            if got >= short - FLAT:
                break
            lifted.add(one)
            units, flows = self.flow(ways, lifted, short, line)
            solved, worth, named = False, self.each(flows), one
            if one == DEAR and units > got + FLAT:
                worth = self.dear(flows)
                named = one if worth <= FLAT else self._instead(ways, lifted, short, line)
            givers: tuple[tuple[int, float], ...] = ()
            if units < short - FLAT and one not in (SUPPLY, DEAR):
                more = self._anew(line, ways, lifted, short, units)
                if more is not None and more[0] > units + FLAT:
                    (units, worth, givers), solved = more, True
            if units > got + FLAT:
                rows = self.rows(ways, one)
                taken = tuple(way.arc for way in ways if one in self.taken.get(way.arc, ()))
                arcs = taken or tuple(arc for arc, _ in flows) or tuple(way.arc for way in ways)
                found.append(Reason(line, named, units - got, worth, rows, arcs, (), solved, givers))
                got = units
        return list(self._needed(ways, found, lifted, short, line))

    def _needed(
        self, ways: list[Way], found: list[Reason], lifted: set[Item], short: float, line: int
    ) -> Iterator[Reason]:
        """Yield the reasons without those without which the line still gets its units, whose units are the last one's.

        What has to be lifted besides the last one, and confirms nothing by itself, is named with it.
        """
        kept, given = list(found), 0.0
        for reason in found[:-1]:
            if reason.code == "not_proven":
                continue
            without = self.flow(ways, lifted - {reason.item}, short, line)[0]
            if without >= short - FLAT:
                kept.remove(reason)
                lifted = lifted - {reason.item}
                given += reason.units
        if not kept:
            return
        last = kept[-1]
        named = {reason.item for reason in kept}
        if last.solved:
            closing = [self.way(arc).closed for arc in last.arcs]
            besides = sorted(frozenset.intersection(*closing) & lifted - named) if closing else []
        else:
            besides = [
                one for one in sorted(lifted - named) if self.flow(ways, lifted - {one}, short, line)[0] < short - FLAT
            ]
        yield from kept[:-1]
        yield replace(last, units=last.units + given, besides=tuple(besides))

    def _instead(self, ways: list[Way], lifted: set[Item], short: float, line: int) -> Item:
        """Return what keeps a line short that would pay for what it opens: the first thing with which it gets more."""
        open_ = {DEAR}
        if self.flow(ways, open_, short, line)[0] > FLAT:
            return item("not_proven")
        for one in sorted(lifted - {DEAR}):
            open_.add(one)
            if self.flow(ways, open_, short, line)[0] > FLAT:
                return one
        return SUPPLY

    def _anew(
        self, line: int, ways: list[Way], lifted: set[Item], short: float, known: float
    ) -> tuple[float, float, tuple[tuple[int, float], ...]] | None:
        """Return what a line gets in a local re-solve with so much lifted: units, their worth each, who gives them."""
        promised = self.promised(ways, lifted)
        if promised <= 1e-6 or not self.had(line, ways, lifted):
            return None
        start, taken, gain = self.exchanged(line, ways, lifted, short)
        if taken >= short - FLAT and gain > CENT:
            assert start is not None
            money = float(self.cost[start[0]] @ (start[1] - self.wide.x[start[0]]))
            return taken, money / taken, self.moved(*start)
        margin = max(CENT, (1 - SURE) * max(promised, gain)) if np.isfinite(promised) else CENT
        columns = np.array([self.wide.ship + way.arc for way in ways])
        own = np.unique(self.wide.local.block_of[columns])
        if not taken and own[0] >= 0 and self.bound(ways, lifted, short, own) <= margin:
            return None
        change = self.change(ways, lifted, line)
        block = self.wide.local.touched(change)
        whole = not self.facts.skus.divisible[self.facts.lots.sku[self.arcs.lot[ways[0].arc]]]
        aim = (columns, float(self.wide.x[columns].sum()) + known + (0.5 if whole else 1e-6))
        found = self.wide.local.solve(change, block, start=start, margin=margin, aim=aim)
        if found is None or self.wide.local.anyway(found, block):
            return None
        units = min(found.units(columns) - float(self.wide.x[columns].sum()), short)
        units = units if self.facts.skus.divisible[self.facts.lines.sku[line]] else float(np.rint(units))
        if units <= known + FLAT:
            return None
        if found.gain > gain + CENT or not taken:
            base = self.base(block)
            if base is None or found.gain - base.gain <= CENT:
                return None
            return units, (self.gain(found) - self.gain(base)) / units, self.moved(found.columns, found.x)
        return units, self.gain(found) / units, self.moved(found.columns, found.x)

    def lifting(self, line: int, reason: Reason) -> Change:
        """Return what lifts a reason for its line alone, with what has to be lifted besides."""
        ways = [self.way(arc) for arc in range(*self.wide.begins[line : line + 2])]
        return self.change(ways, {reason.item, *reason.besides}, line)


__all__ = ["FLAT", "SUPPLY", "Item", "Reason", "Seeker", "item"]
