"""The board on which reasons are tried: rows with the room that a plan leaves, arcs with what closes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import extreme, starts, summed
from allocopt.arrays import Floats, Places
from allocopt.explain.change import Change
from allocopt.explain.local import Found
from allocopt.explain.ways import FLAT
from allocopt.explain.wide import Wide
from allocopt.rules import RULES, Rule
from allocopt.rules.kit.shortage import CODES, LIMITS

NAMES = tuple(CODES)
PLACE = {code: number for number, code in enumerate(CODES)}

WHOLE = ("pack", "all_or_none", "one_parcel", "min_ship")
"""Codes of what ships together or not at all."""


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
    name : str
        Of the rule that has the code; ``""``: none.
    """

    turn: int
    clause: int
    place: int
    name: str = ""
    rule: Rule | None = field(compare=False, default=None)

    @property
    def code(self) -> str:
        """Its code."""
        return NAMES[self.place]

    def __hash__(self) -> int:
        return hash((self.turn, self.clause, self.place, self.name))


@cache
def item(code: str, clause: int = -1, rule: Rule | None = None) -> Item:
    """Return what can be lifted by its code."""
    return Item(CODES[code][0], clause, PLACE[code], "" if rule is None else rule.name, rule)


SUPPLY = item("no_supply", -1, next(rule for rule in RULES if rule.short == "no_supply"))
DEAR = item("not_worth_it")


@dataclass(frozen=True, eq=False)
class Givers:
    """Lines and units of each, as arrays; iterating over them gives pairs.

    Attributes
    ----------
    lines : int, shape (lines,)
    units : float64, shape (lines,)
    """

    lines: Places = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    units: Floats = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        return zip(self.lines.tolist(), self.units.tolist(), strict=True)


def _unique(arcs: Places, things: Places) -> tuple[Places, Places]:
    """Return pairs of arcs and things, each once, arcs ascending."""
    if not len(arcs):
        return arcs, things.astype(np.intp)
    found = np.unique(np.stack([arcs, things.astype(np.intp)]), axis=1)
    return found[0], found[1]


class Board:
    """A plan's rows and arcs as reasons are tried on them."""

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
        shut = self.program.row_upper <= 0
        kinds, place = np.unique(np.stack([rule, clause, shut]), axis=1, return_inverse=True)
        said = [self._of_row(rules, *kind) for kind in zip(*kinds.tolist(), strict=True)]
        activity = wide.activity
        self.room = np.maximum(self.program.row_upper - activity, 0.0)
        self.below = np.maximum(activity - self.program.row_lower, 0.0)
        self.paid = self._paid(clause)
        ship = self.program.cost[wide.ship : wide.ship + len(self.arcs)]
        self.money, self.worth = ship, ship + goal
        cost = self.program.cost.copy()
        cost[wide.ship : wide.ship + len(self.arcs)] += goal
        self.cost, self.x = self.program.cost, wide.x[wide.ship : wide.ship + len(self.arcs)]
        if goal.any():
            self.program = replace(self.program, cost=cost)
            self.wide = replace(wide, program=self.program)
        self._base: dict[int, Found | None] = {}
        holding = np.flatnonzero(self.x > FLAT)
        self.holding = holding[np.lexsort((self.worth[holding], self.arcs.lot[holding]))]
        self.of_lot = starts(self.arcs.lot[self.holding], len(self.facts.lots.sku))
        self.lower, self.upper = (
            limit[wide.ship : wide.ship + len(self.arcs)] for limit in (self.program.lower, self.program.upper)
        )
        stated = np.minimum(self.facts.lots.usable[self.arcs.lot], self.facts.lines.units[self.arcs.line])
        stuck = wide.candidates.own & (self.upper < stated - FLAT) & (self.upper <= self.x + FLAT)
        self.loose = self.x > self.lower + FLAT
        lock = Item(-1, -1, PLACE["turn" if wide.in_turn else "locked"])
        taken = [(item(one.code, one.clause, one.rule), one.arcs) for one in wide.hindrances]
        taken.append((lock, np.flatnonzero(stuck)))
        named = {one for one in said if one is not None} | {one for one, _ in taken} | {SUPPLY, DEAR}
        self.items = sorted(named)
        number = {one: place for place, one in enumerate(self.items)}
        self.supply, self.dear, self.lock = number[SUPPLY], number[DEAR], number[lock]
        self.thing = np.array([-1 if one is None else number[one] for one in said], dtype=np.intp)[place.ravel()]
        self.thing[list(self.paid)] = self.dear
        arcs = np.concatenate([np.zeros(0, np.intp), *(some for _, some in taken)])
        things = np.repeat([number[one] for one, _ in taken], [len(some) for _, some in taken])
        self.hurdle_arc, self.hurdle_thing = _unique(arcs, things)
        self.steps = self._steps()

    def item_of(self, row: int) -> Item | None:
        """Return what lifts a row; None where nothing needs to."""
        return self.items[self.thing[row]] if self.thing[row] >= 0 else None

    def _steps(self) -> tuple[Places, Places, Floats]:
        """Return the rows that only say that units come in steps, how large each is, and how many more there may be.

        A counter without a price goes with such a row: how often the step is taken.
        """
        program, ship = self.program, self.wide.ship
        counts = program.integer & (program.cost == 0) & (np.diff(program.indptr) > 0)
        counts[ship : ship + len(self.arcs)] = False
        counts[self.wide.labels.place("switch")] = False
        entry = np.flatnonzero(counts[program.entry_column])
        column, row, value = program.entry_column[entry], program.indices[entry].astype(np.intp), program.data[entry]
        equal = (program.row_lower[row] == program.row_upper[row]) & (value < -1) & (value == np.rint(value))
        free = np.where(value > 0, self.room[row], self.below[row]) / np.abs(value)
        most = extreme(np.minimum, free[~equal], column[~equal], program.columns, none=np.inf)
        most = np.floor(np.minimum(most, program.upper - self.wide.x) + 1e-9)
        once = np.bincount(row[equal], minlength=program.rows)[row] == 1
        once &= np.bincount(column[equal], minlength=program.columns)[column] == 1
        kept = np.flatnonzero(equal & once)
        kept = kept[np.argsort(row[kept])]
        return row[kept], np.rint(-value[kept]).astype(np.intp), np.maximum(most[column[kept]], 0.0)

    @staticmethod
    def _of_row(rules: list[Rule | None], rule: int, clause: int, shut: int) -> Item | None:
        """Return what lifts a row; None where nothing needs to."""
        author = rules[rule] if rule >= 0 else None
        if author is None:
            return item("locked")
        code = (author.shut if shut else "") or author.short
        return item(code, clause, author) if code else None

    def _paid(self, clause: NDArray[np.int32]) -> dict[int, int]:
        """Return the column that would open each row of physics if it were paid for: nothing else keeps it shut."""
        program, x = self.program, self.wide.x
        cold = (program.cost < 0) & (x < FLAT) & program.integer & (program.upper >= 1)
        cold[self.wide.ship : self.wide.ship + len(self.arcs)] = False
        cold[self.wide.labels.place("switch")] = False
        if not cold.any():
            return {}
        column, row = program.entry_column, program.indices
        mine = cold[column]
        column, row, value = column[mine], row[mine], program.data[mine]
        cold[column[(value > 0) & (self.room[row] < value - FLAT)]] = False
        opens = cold[column] & (value < 0) & (clause[row] < 0) & (self.room[row] < FLAT)
        return dict(zip(row[opens].tolist(), column[opens].tolist(), strict=True))

    def held(self, lot: int) -> list[int]:
        """Return the arcs over which a lot ships as planned, those that make least of it first."""
        arcs: list[int] = self.holding[self.of_lot[lot] : self.of_lot[lot + 1]].tolist()
        return arcs

    @cached_property
    def makes(self) -> Floats:
        """What a unit on each arc is worth, with what rows that ask for it would pay, by the multipliers."""
        y = self.wide.multipliers
        if y is None:
            return self.worth
        entry = slice(*self.program.indptr[[self.wide.ship, self.wide.ship + len(self.arcs)]].tolist())
        paid = np.maximum(0.0, -self.program.data[entry] * y[self.program.indices[entry]])
        return self.worth + summed(paid, self.program.entry_column[entry] - self.wide.ship, len(self.arcs))

    def kept_by(self, arc: int) -> str:
        """Return the code of what keeps a unit where less is made of it: a clause that asks for it, or what is set."""
        for row, value in self.entries(arc):
            asked = self.below[row] if value > 0 else self.room[row]
            whose = self.item_of(row)
            if asked < abs(value) and whose is not None and self.program.row_upper[row] != self.program.row_lower[row]:
                if whose.code in WHOLE:  # the others earn more together than the one unit does
                    return "taken_by_better"
                return "protected" if whose.code in ("protected", "share") else "locked"
        column = self.wide.ship + arc
        fixed = self.program.lower[column] > 0 and self.x[arc] <= self.program.lower[column] + FLAT
        return "locked" if fixed else "taken_by_better"

    def entries(self, arc: int) -> list[tuple[int, float]]:
        """Return the rows of an arc and how much a unit takes of each."""
        span = slice(*self.program.indptr[self.wide.ship + arc : self.wide.ship + arc + 2])
        return list(zip(self.program.indices[span].tolist(), self.program.data[span].tolist(), strict=True))

    def base(self, block: Places) -> Found | None:
        """Return what a block gains if nothing is changed: nothing, but for what the gap of the plan allows."""
        key = int(block[0])
        if key not in self._base:
            self._base[key] = self.wide.local.solve(Change(), block, margin=0.01)
        return self._base[key]

    def gain(self, found: Found) -> float:
        """Return what a re-solve gains in money."""
        return float(self.cost[found.columns] @ (found.x - self.wide.x[found.columns]))

    def moved(self, columns: Places, values: Floats) -> Givers:
        """Return the lines that give units up in a plan, and how many."""
        inside = (columns >= self.wide.ship) & (columns < self.wide.ship + len(self.arcs))
        arcs = columns[inside] - self.wide.ship
        lines, place = np.unique(self.arcs.line[arcs], return_inverse=True)
        less = np.bincount(place, weights=self.x[arcs] - values[inside], minlength=len(lines))
        return Givers(lines[less > 1e-6].astype(np.intp), less[less > 1e-6].astype(np.float64))

    def dear_of(self, arcs: Places, units: Floats) -> float:
        """Return what a unit of a flow is worth with what has to be paid for it to flow at all."""
        opened = {self.paid[row] for arc in arcs.tolist() for row, _ in self.entries(arc) if row in self.paid}
        return float(units @ self.money[arcs] + self.cost[list(opened)].sum()) / float(units.sum())

    def demand_row(self, column: int) -> int:
        """Return the row that says how much a line wants, given a column that ships to it; -1: none."""
        rules, rule, _ = self.wide.authors
        for row, _ in self.entries(column - self.wide.ship):
            author = rules[rule[row]] if rule[row] >= 0 else None
            if author is not None and author.name == "demand":
                return row
        return -1

    def elsewhere(self, arc: int) -> dict[str, float]:
        """Return what a unit on an arc takes is worth elsewhere, by the multipliers, and what is left of its money."""
        left = float(self.money[arc])
        if self.wide.multipliers is None:
            return {"left": left}
        found = {"stock": 0.0, "hours": 0.0, "clauses": 0.0}
        for row, value in self.entries(arc):
            whose = self.item_of(row)
            paid = value * float(self.wide.multipliers[row])
            if whose is None:
                continue
            kind = "stock" if whose == SUPPLY else "hours" if whose.turn == LIMITS else "clauses"
            found[kind] -= paid
            left -= paid
        return found | {"left": left}
