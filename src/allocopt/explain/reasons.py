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
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.explain.change import Change
from allocopt.explain.local import CENT, Found
from allocopt.explain.wide import Wide
from allocopt.rules import Rule
from allocopt.rules.kit.shortage import CODES

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
FLAT = 1e-9
"""Worth per unit that is nothing, and part of a unit that is none."""
SURE = 0.75
"""Part of what multipliers promise at most that a plan must reach to be taken for the best without a search."""
PLACE = {code: number for number, code in enumerate(CODES)}


@dataclass(frozen=True, order=True)
class Item:
    """Something that can be lifted; in the order in which it is tried.

    Attributes
    ----------
    turn : int
        See `rules.kit.shortage`.
    clause : int
        Position in the contract; -1: none.
    place : int
        Position of its code.
    """

    turn: int
    clause: int
    place: int
    rule: Rule | None = field(compare=False, default=None)

    @property
    def code(self) -> str:
        """Its code."""
        return list(CODES)[self.place]

    def __hash__(self) -> int:
        return hash((self.turn, self.clause, self.place))


def item(code: str, clause: int = -1, rule: Rule | None = None) -> Item:
    """Return what can be lifted by its code."""
    return Item(CODES[code][0], clause, PLACE[code], rule)


SUPPLY = item("no_supply")


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


@dataclass(frozen=True)
class _Way:
    """An arc of a line: what it is worth, what closes it, and the rows that it takes from (row, amount, whose)."""

    arc: int
    worth: float
    most: float
    closed: frozenset[Item]
    rows: tuple[tuple[int, float, Item], ...]


class Seeker:
    """Finds the reasons of short lines, one after the other; lines of one block share its work."""

    def __init__(self, wide: Wide, goal: Floats) -> None:
        """Begin.

        Parameters
        ----------
        wide : Wide
        goal : float64, shape (arcs,)
            What a unit on each arc counts for beyond money, where a stage wants it served.
        """
        self.wide, self.program = wide, wide.program
        self.arcs, self.facts = wide.candidates.arcs, wide.candidates.arcs.facts
        rules, rule, clause = wide.authors
        self._item = [self._of_row(rules, r, c) for r, c in zip(rule.tolist(), clause.tolist(), strict=True)]
        activity = wide.activity
        self.room = np.maximum(self.program.row_upper - activity, 0.0)
        self.below = np.maximum(activity - self.program.row_lower, 0.0)
        ship = self.program.cost[wide.ship : wide.ship + len(self.arcs)]
        self.money, self.worth = ship, ship + goal
        cost = self.program.cost.copy()
        cost[wide.ship : wide.ship + len(self.arcs)] += goal
        self._cost, self.x = self.program.cost, wide.x[wide.ship : wide.ship + len(self.arcs)]
        if goal.any():
            self.program = replace(self.program, cost=cost)
            object.__setattr__(wide, "program", self.program)
        self._base: dict[int, Found | None] = {}
        holding = np.flatnonzero(self.x > FLAT)
        self._holding = holding[np.lexsort((self.worth[holding], self.arcs.lot[holding]))]
        self._of_lot = starts(self.arcs.lot[self._holding], len(self.facts.lots.sku))
        stated = np.minimum(self.facts.lots.usable[self.arcs.lot], self.facts.lines.units[self.arcs.line])
        upper = self.program.upper[wide.ship : wide.ship + len(self.arcs)]
        self._stuck = wide.candidates.own & (upper < stated - FLAT) & (upper <= self.x + FLAT)
        lower = self.program.lower[wide.ship : wide.ship + len(self.arcs)]
        self._loose = self.x > lower + FLAT
        self._lock = Item(-1, -1, PLACE["turn" if wide.in_turn else "locked"])
        self._taken: dict[int, set[Item]] = {}
        for found in wide.hindrances:
            for arc in found.arcs.tolist():
                self._taken.setdefault(arc, set()).add(item(found.code, found.clause, found.rule))

    @staticmethod
    def _of_row(rules: list[Rule | None], rule: int, clause: int) -> Item | None:
        """Return what lifts a row; None where nothing needs to."""
        author = rules[rule] if rule >= 0 else None
        if author is None:
            return item("locked")
        return item(author.short, clause, author) if author.short else None

    def reasons(self, line: int, short: float) -> list[Reason]:
        """Return why a line is short of so many units; the units of the reasons add up to it."""
        ways = [self._way(arc) for arc in range(*self.wide.begins[line : line + 2])]
        earning = [way for way in ways if way.worth > FLAT]
        if not ways:
            return []
        if not earning:
            best = max(way.worth for way in ways)
            return [Reason(line, item("not_worth_it"), short, best, arcs=tuple(way.arc for way in ways))]
        return self._tried(line, short, earning)

    def _tried(self, line: int, short: float, ways: list[_Way]) -> list[Reason]:
        """Return the reasons of a line that would earn something, tried in their order."""
        items = sorted({one for way in ways for one in (*way.closed, *(whose for *_, whose in way.rows))} | {SUPPLY})
        lifted: set[Item] = set()
        found: list[Reason] = []
        got, flows = self._flow(ways, lifted, short, line)
        if got > FLAT:
            found.append(Reason(line, item("not_proven"), got, self._each(flows)))
        for one in items:
            if got >= short - FLAT:
                break
            lifted.add(one)
            units, flows = self._flow(ways, lifted, short, line)
            solved, worth, givers = False, self._each(flows), ()
            if units < short - FLAT and one != SUPPLY:
                more = self._anew(line, ways, lifted, short, units)
                if more is not None and more[0] > units + FLAT:
                    (units, worth, givers), solved = more, True
            if units > got + FLAT:
                rows = self._rows(ways, one)
                arcs = tuple(arc for arc, _ in flows) or tuple(way.arc for way in ways if way.closed <= lifted)
                found.append(Reason(line, one, units - got, worth, rows, arcs, (), solved, givers))
                got = units
        return list(self._needed(ways, found, lifted, short, line))

    def _needed(
        self, ways: list[_Way], found: list[Reason], lifted: set[Item], short: float, line: int
    ) -> Iterator[Reason]:
        """Yield the reasons without those without which the line still gets its units, whose units are the last one's.

        What has to be lifted besides the last one, and confirms nothing by itself, is named with it.
        """
        kept, given = list(found), 0.0
        for reason in found[:-1]:
            if reason.code == "not_proven":
                continue
            without = self._flow(ways, lifted - {reason.item}, short, line)[0]
            if without >= short - FLAT:
                kept.remove(reason)
                lifted = lifted - {reason.item}
                given += reason.units
        if not kept:
            return
        last = kept[-1]
        named = {reason.item for reason in kept}
        besides = []
        if not last.solved:
            for one in sorted(lifted - named):
                if self._flow(ways, lifted - {one}, short, line)[0] < short - FLAT:
                    besides.append(one)
        yield from kept[:-1]
        yield replace(last, units=last.units + given, besides=tuple(besides))

    def _way(self, arc: int) -> _Way:
        """Return an arc of a line with what closes it and what it takes from."""
        closed, rows = set(self._taken.get(arc, ())), []
        if self._stuck[arc]:
            closed.add(self._lock)
        whole = not self.facts.skus.divisible[self.facts.lots.sku[self.arcs.lot[arc]]]
        least = 1.0 if whole else 1e-6
        for row, value in self._entries(arc):
            whose = self._item[row]
            room = self.room[row] if value > 0 else self.below[row]
            if whose is None or not np.isfinite(room):
                continue
            rows.append((row, value, whose))
            if room < abs(value) * least * (1 - 1e-9):
                closed.add(whose)
        units = float(self.facts.lines.units[self.arcs.line[arc]])
        return _Way(arc, float(self.worth[arc]), units, frozenset(closed), tuple(rows))

    def _flow(
        self, ways: list[_Way], lifted: set[Item], short: float, line: int
    ) -> tuple[float, list[tuple[int, float]]]:
        """Return how many units flow at once if so much is lifted, and over which arcs: nobody else is touched."""
        whole = not self.facts.skus.divisible[self.facts.lines.sku[line]]
        rest, used, flows = short, {}, []
        for way in sorted(ways, key=lambda one: (-one.worth, one.arc)):
            if rest <= FLAT or not way.closed <= lifted:
                continue
            units = rest
            for row, value, whose in way.rows:
                if whose not in lifted:
                    room = self.room[row] if value > 0 else self.below[row]
                    units = min(units, (room - used.get(row, 0.0)) / abs(value))
            units = float(np.floor(units + 1e-9)) if whole else units
            if units <= FLAT:
                continue
            for row, value, whose in way.rows:
                if whose not in lifted:
                    used[row] = used.get(row, 0.0) + abs(value) * units
            flows.append((way.arc, units))
            rest -= units
        return short - rest, flows

    def _each(self, flows: list[tuple[int, float]]) -> float:
        """Return what the first unit of a flow is worth in money."""
        return float(self.money[flows[0][0]]) if flows else 0.0

    def _rows(self, ways: list[_Way], one: Item) -> tuple[int, ...]:
        """Return the rows that something lifted stands for, those without room."""
        rows = {}
        for way in ways:
            for row, value, whose in way.rows:
                room = self.room[row] if value > 0 else self.below[row]
                if whose == one and room < abs(value) * (1 - 1e-9):
                    rows[row] = None
        return tuple(rows)

    def _promised(self, ways: list[_Way], lifted: set[Item]) -> float:
        """Return what a unit could be worth at most if so much is lifted, by the multipliers; inf without any."""
        y = self.wide.multipliers
        if y is None:
            return np.inf
        best = 0.0
        for way in ways:
            if not (way.closed & ({self._lock} | self._taken.get(way.arc, set()))) <= lifted:
                continue
            taken = {row for row, _, whose in way.rows if whose in lifted}
            paid = sum(value * y[row] for row, value in self._entries(way.arc) if row not in taken)
            best = max(best, float(self.money[way.arc]) - paid)
        return best

    def _anew(
        self, line: int, ways: list[_Way], lifted: set[Item], short: float, known: float
    ) -> tuple[float, float, tuple[tuple[int, float], ...]] | None:
        """Return what a line gets in a local re-solve with so much lifted: units, their worth each, who gives them."""
        promised = self._promised(ways, lifted)
        if promised <= 1e-6:
            return None
        if not self._had(line, ways, lifted):
            return None
        start, taken, gain = self._exchanged(line, ways, lifted, short)
        if taken >= short - FLAT and gain > CENT:
            return taken, gain / taken, self._moved(*start) if start else ()
        columns = np.array([self.wide.ship + way.arc for way in ways])
        change = self._change(ways, lifted, line)
        block = self.wide.local.touched(change)
        margin = max(CENT, (1 - SURE) * max(promised, gain)) if np.isfinite(promised) else CENT
        whole = not self.facts.skus.divisible[self.facts.lots.sku[self.arcs.lot[ways[0].arc]]]
        aim = (columns, float(self.wide.x[columns].sum()) + known + (0.5 if whole else 1e-6))
        found = self.wide.local.solve(change, block, start=start, margin=margin, aim=aim)
        if found is None:
            return None
        units = min(found.units(columns) - float(self.wide.x[columns].sum()), short)
        units = units if self.facts.skus.divisible[self.facts.lines.sku[line]] else float(np.rint(units))
        if units <= known + FLAT:
            return None
        if found.gain > gain + CENT or not taken:
            base = self.base(block)
            if base is None or found.gain - base.gain <= CENT:
                return None
            return units, (self._gain(found) - self._gain(base)) / units, self._moved(found.columns, found.x)
        return units, self._gain(found) / units, self._moved(found.columns, found.x)

    def _moved(self, columns: Ints, values: Floats) -> tuple[tuple[int, float], ...]:
        """Return the lines that give units up in a plan, and how many."""
        inside = (columns >= self.wide.ship) & (columns < self.wide.ship + len(self.arcs))
        arcs = columns[inside] - self.wide.ship
        lines, place = np.unique(self.arcs.line[arcs], return_inverse=True)
        more = np.bincount(place, weights=values[inside] - self.x[arcs], minlength=len(lines))
        return tuple((int(line), -float(units)) for line, units in zip(lines, more, strict=True) if units < -1e-6)

    def _exchanged(
        self, line: int, ways: list[_Way], lifted: set[Item], short: float
    ) -> tuple[tuple[Ints, Floats] | None, float, float]:
        """Return a plan in which a line takes free units, and those that others make less of, with its units and gain.

        Only lines that lose nothing but the units give way: those that serve no clause, commitment or pack.
        """
        moves: dict[int, float] = {}
        used: dict[int, float] = {}
        rest, gain = short, 0.0
        for way in sorted(ways, key=lambda one: (-one.worth, one.arc)):
            if rest <= FLAT or not way.closed <= lifted | {SUPPLY}:
                continue
            lot = int(self.arcs.lot[way.arc])
            limits = [(row, value) for row, value, whose in way.rows if whose not in lifted]
            stock = [row for row, _, whose in way.rows if whose == SUPPLY]
            free = min((self.room[row] - used.get(row, 0.0) for row in stock), default=np.inf)
            room = (
                min(
                    ((self.room[row] if v > 0 else self.below[row]) - used.get(row, 0.0)) / abs(v)
                    for row, v in [*((r, v) for r, v in limits if r not in stock), (-1, 1.0)]
                    if row >= 0
                )
                if any(r not in stock for r, _ in limits)
                else np.inf
            )
            takes = [(-1, min(free, rest, room), 0.0)]
            for other in self._holding[self._of_lot[lot] : self._of_lot[lot + 1]].tolist():
                if self.arcs.line[other] != line and self.worth[other] < way.worth - FLAT and other not in moves:
                    takes.append((other, self._spare(other, used), float(self.worth[other])))
            for other, most, worth in takes:
                units = float(np.floor(min(most, rest, room) + 1e-9))
                if units <= 0:
                    continue
                if other >= 0:
                    moves[other] = moves.get(other, 0.0) - units
                    self._give(other, units, used)
                else:
                    for row in stock:
                        used[row] = used.get(row, 0.0) + units
                for row, value in limits:
                    if row not in stock:
                        used[row] = used.get(row, 0.0) + abs(value) * units
                moves[way.arc] = moves.get(way.arc, 0.0) + units
                gain += units * (way.worth - worth)
                rest, room = rest - units, room - units
        if rest >= short - FLAT:
            return None, 0.0, 0.0
        arcs = np.array(sorted(moves), dtype=np.intp)
        values = self.x[arcs] + np.array([moves[arc] for arc in arcs.tolist()])
        return (self.wide.ship + arcs, values), short - rest, gain

    def _had(self, line: int, ways: list[_Way], lifted: set[Item]) -> bool:
        """Return whether there is a unit that a line could have at all: free, or in the hands of others."""
        for way in ways:
            if way.closed <= lifted | {SUPPLY}:
                if all(self.room[row] >= 1e-6 for row, _, whose in way.rows if whose == SUPPLY):
                    return True
                lot = int(self.arcs.lot[way.arc])
                for other in self._holding[self._of_lot[lot] : self._of_lot[lot + 1]].tolist():
                    if self.arcs.line[other] != line and self._loose[other]:
                        return True
        return False

    def held(self, lot: int) -> list[int]:
        """Return the arcs over which a lot ships as planned, those that make least of it first."""
        arcs: list[int] = self._holding[self._of_lot[lot] : self._of_lot[lot + 1]].tolist()
        return arcs

    def makes(self, arc: int) -> float:
        """Return what a unit on an arc is worth, with what rows that ask for it would pay, by the multipliers."""
        worth, y = float(self.worth[arc]), self.wide.multipliers
        if y is not None:
            worth += sum(max(0.0, -value * y[row]) for row, value in self._entries(arc))
        return worth

    def kept_by(self, arc: int) -> str:
        """Return the code of what keeps a unit where less is made of it: a clause that asks for it, or what is set."""
        for row, value in self._entries(arc):
            asked = self.below[row] if value > 0 else self.room[row]
            whose = self._item[row]
            if asked < abs(value) and whose is not None and self.program.row_upper[row] != self.program.row_lower[row]:
                return "protected" if whose.code in ("protected", "share") else "locked"
        column = self.wide.ship + arc
        fixed = self.program.lower[column] > 0 and self.x[arc] <= self.program.lower[column] + FLAT
        return "locked" if fixed else "taken_by_better"

    def _entries(self, arc: int) -> list[tuple[int, float]]:
        """Return the rows of an arc and how much a unit takes of each."""
        span = slice(*self.program.indptr[self.wide.ship + arc : self.wide.ship + arc + 2])
        return list(zip(self.program.indices[span].tolist(), self.program.data[span].tolist(), strict=True))

    def _spare(self, arc: int, used: dict[int, float]) -> float:
        """Return how many units of an arc can be given up without breaking a row that asks for them."""
        spare = float(self.x[arc] - self.program.lower[self.wide.ship + arc])
        for row, value in self._entries(arc):
            asked = self.below[row] if value > 0 else self.room[row]
            if np.isfinite(asked):
                spare = min(spare, (asked - used.get(-1 - row, 0.0)) / abs(value))
        return spare

    def _give(self, arc: int, units: float, used: dict[int, float]) -> None:
        """Remember what rows that ask for units of an arc have left."""
        for row, value in self._entries(arc):
            used[-1 - row] = used.get(-1 - row, 0.0) + abs(value) * units

    def base(self, block: Ints) -> Found | None:
        """Return what a block gains if nothing is changed: nothing, but for what the gap of the plan allows."""
        key = int(block[0])
        if key not in self._base:
            self._base[key] = self.wide.local.solve(Change(), block, margin=0.01)
        return self._base[key]

    def _gain(self, found: Found) -> float:
        """Return what a re-solve gains in money."""
        return float(self._cost[found.columns] @ (found.x - self.wide.x[found.columns]))

    def _change(self, ways: list[_Way], lifted: set[Item], line: int) -> Change:
        """Return what lifting means in the program."""
        rows, columns, freed = [], [], []
        for way in ways:
            column = self.wide.ship + way.arc
            for row, _, whose in way.rows:
                if whose in lifted:
                    rows.append(row)
                    columns.append(column)
            taken = self._taken.get(way.arc, set())
            stuck = self._stuck[way.arc] and self._lock in lifted
            if SUPPLY in lifted or stuck or (taken and taken <= lifted):
                freed.append(column)
        units = float(self.facts.lines.units[line])
        exempt = Change(exempt_rows=np.array(rows, dtype=np.intp), exempt_columns=np.array(columns, dtype=np.intp))
        return Change.of([exempt, Change.freed(np.array(freed, dtype=np.intp), 0.0, units)])


__all__ = ["SUPPLY", "Item", "Reason", "Seeker", "item"]
