"""The board on which reasons are tried: rows with the room that a plan leaves, arcs with what closes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.arrays import Floats as Floats
from allocopt.arrays import Places as Places
from allocopt.explain.change import Change
from allocopt.explain.local import Found
from allocopt.explain.wide import Wide
from allocopt.rules import RULES, Rule
from allocopt.rules.kit.shortage import CODES, LIMITS

FLAT = 1e-9
"""Worth per unit that is nothing, and part of a unit that is none."""
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
        return list(CODES)[self.place]

    def __hash__(self) -> int:
        return hash((self.turn, self.clause, self.place, self.name))


def item(code: str, clause: int = -1, rule: Rule | None = None) -> Item:
    """Return what can be lifted by its code."""
    return Item(CODES[code][0], clause, PLACE[code], "" if rule is None else rule.name, rule)


SUPPLY = item("no_supply", -1, next(rule for rule in RULES if rule.short == "no_supply"))
DEAR = item("not_worth_it")


@dataclass(frozen=True)
class Way:
    """An arc of a line: what it is worth, what closes it, and the rows that it takes from (row, amount, whose)."""

    arc: int
    worth: float
    most: float
    closed: frozenset[Item]
    rows: tuple[tuple[int, float, Item], ...]


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
        self.item_of = [said[number] for number in place.ravel().tolist()]
        activity = wide.activity
        self.room = np.maximum(self.program.row_upper - activity, 0.0)
        self.below = np.maximum(activity - self.program.row_lower, 0.0)
        self.paid = self._paid(clause)
        for row in self.paid:
            self.item_of[row] = DEAR
        ship = self.program.cost[wide.ship : wide.ship + len(self.arcs)]
        self.money, self.worth = ship, ship + goal
        cost = self.program.cost.copy()
        cost[wide.ship : wide.ship + len(self.arcs)] += goal
        self.cost, self.x = self.program.cost, wide.x[wide.ship : wide.ship + len(self.arcs)]
        if goal.any():
            self.program = replace(self.program, cost=cost)
            self.wide = replace(wide, program=self.program)
        self._makes: dict[int, float] = {}
        self._base: dict[int, Found | None] = {}
        holding = np.flatnonzero(self.x > FLAT)
        self.holding = holding[np.lexsort((self.worth[holding], self.arcs.lot[holding]))]
        self.of_lot = starts(self.arcs.lot[self.holding], len(self.facts.lots.sku))
        stated = np.minimum(self.facts.lots.usable[self.arcs.lot], self.facts.lines.units[self.arcs.line])
        upper = self.program.upper[wide.ship : wide.ship + len(self.arcs)]
        self.stuck = wide.candidates.own & (upper < stated - FLAT) & (upper <= self.x + FLAT)
        lower = self.program.lower[wide.ship : wide.ship + len(self.arcs)]
        self.loose = self.x > lower + FLAT
        self.lock = Item(-1, -1, PLACE["turn" if wide.in_turn else "locked"])
        self.taken: dict[int, set[Item]] = {}
        for found in wide.hindrances:
            for arc in found.arcs.tolist():
                self.taken.setdefault(arc, set()).add(item(found.code, found.clause, found.rule))

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

    def way(self, arc: int) -> Way:
        """Return an arc of a line with what closes it and what it takes from."""
        closed, rows = set(self.taken.get(arc, ())), []
        if self.stuck[arc]:
            closed.add(self.lock)
        whole = not self.facts.skus.divisible[self.facts.lots.sku[self.arcs.lot[arc]]]
        least = 1.0 if whole else 1e-6
        for row, value in self.entries(arc):
            whose = self.item_of[row]
            room = self.room[row] if value > 0 else self.below[row]
            if whose is None or not np.isfinite(room):
                continue
            rows.append((row, value, whose))
            if room < abs(value) * least * (1 - 1e-9):
                closed.add(whose)
        units = float(self.facts.lines.units[self.arcs.line[arc]])
        return Way(arc, float(self.worth[arc]), units, frozenset(closed), tuple(rows))

    def flow(
        self, ways: list[Way], lifted: set[Item], short: float, line: int
    ) -> tuple[float, list[tuple[int, float]]]:
        """Return how many units flow at once if so much is lifted, and over which arcs: nobody else is touched."""
        whole = not self.facts.skus.divisible[self.facts.lines.sku[line]]
        rest, flows = short, []
        used: dict[int, float] = {}
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

    def rows(self, ways: list[Way], one: Item) -> tuple[int, ...]:
        """Return the rows that something lifted stands for, those without room."""
        rows: dict[int, None] = {}
        for way in ways:
            for row, value, whose in way.rows:
                room = self.room[row] if value > 0 else self.below[row]
                if whose == one and room < abs(value) * (1 - 1e-9):
                    rows[row] = None
        return tuple(rows)

    def had(self, line: int, ways: list[Way], lifted: set[Item]) -> bool:
        """Return whether there is a unit that a line could have at all: free, or in the hands of others."""
        for way in ways:
            if way.closed <= lifted | {SUPPLY}:
                if all(self.room[row] >= 1e-6 for row, _, whose in way.rows if whose == SUPPLY):
                    return True
                lot = int(self.arcs.lot[way.arc])
                for other in self.holding[self.of_lot[lot] : self.of_lot[lot + 1]].tolist():
                    if self.arcs.line[other] != line and self.loose[other]:
                        return True
        return False

    def held(self, lot: int) -> list[int]:
        """Return the arcs over which a lot ships as planned, those that make least of it first."""
        arcs: list[int] = self.holding[self.of_lot[lot] : self.of_lot[lot + 1]].tolist()
        return arcs

    def makes(self, arc: int) -> float:
        """Return what a unit on an arc is worth, with what rows that ask for it would pay, by the multipliers."""
        if arc not in self._makes:
            worth, y = float(self.worth[arc]), self.wide.multipliers
            if y is not None:
                worth += sum(max(0.0, -value * y[row]) for row, value in self.entries(arc))
            self._makes[arc] = worth
        return self._makes[arc]

    def kept_by(self, arc: int) -> str:
        """Return the code of what keeps a unit where less is made of it: a clause that asks for it, or what is set."""
        for row, value in self.entries(arc):
            asked = self.below[row] if value > 0 else self.room[row]
            whose = self.item_of[row]
            if asked < abs(value) and whose is not None and self.program.row_upper[row] != self.program.row_lower[row]:
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

    def moved(self, columns: Places, values: Floats) -> tuple[tuple[int, float], ...]:
        """Return the lines that give units up in a plan, and how many."""
        inside = (columns >= self.wide.ship) & (columns < self.wide.ship + len(self.arcs))
        arcs = columns[inside] - self.wide.ship
        lines, place = np.unique(self.arcs.line[arcs], return_inverse=True)
        more = np.bincount(place, weights=values[inside] - self.x[arcs], minlength=len(lines))
        return tuple((int(line), -float(units)) for line, units in zip(lines, more, strict=True) if units < -1e-6)

    def change(self, ways: list[Way], lifted: set[Item], line: int) -> Change:
        """Return what lifting means in the program."""
        rows, columns, freed = [], [], []
        for way in ways:
            column = self.wide.ship + way.arc
            for row, _, whose in way.rows:
                if whose in lifted:
                    rows.append(row)
                    columns.append(column)
            taken = self.taken.get(way.arc, set())
            stuck = self.stuck[way.arc] and self.lock in lifted
            if SUPPLY in lifted or stuck or (taken and taken <= lifted):
                freed.append(column)
        units = float(self.facts.lines.units[line])
        exempt = Change(exempt_rows=np.array(rows, dtype=np.intp), exempt_columns=np.array(columns, dtype=np.intp))
        return Change.of([exempt, Change.freed(np.array(freed, dtype=np.intp), 0.0, units)])

    def promised(self, ways: list[Way], lifted: set[Item]) -> float:
        """Return what a unit could be worth at most if so much is lifted, by the multipliers; inf without any."""
        y = self.wide.multipliers
        return np.inf if y is None else self._at(ways, lifted, y.__getitem__)

    def bound(self, ways: list[Way], lifted: set[Item], units: float, block: Places) -> float:
        """Return what a block can gain at most if so much is lifted for some ways, by multipliers of its own."""
        gap, y = self.wide.local.prices(block)
        return gap + units * self._at(ways, lifted, lambda row: y.get(row, 0.0)) if y else np.inf

    def _at(self, ways: list[Way], lifted: set[Item], price: Callable[[int], float]) -> float:
        """Return the most that a unit is worth beyond what the rows that still count charge for it."""
        best = 0.0
        for way in ways:
            if not (way.closed & ({self.lock} | self.taken.get(way.arc, set()))) <= lifted:
                continue
            taken = {row for row, _, whose in way.rows if whose in lifted}
            paid = sum(value * price(row) for row, value in self.entries(way.arc) if row not in taken)
            best = max(best, float(self.money[way.arc]) - paid)
        return best

    def each(self, flows: list[tuple[int, float]]) -> float:
        """Return what the first unit of a flow is worth in money."""
        return float(self.money[flows[0][0]]) if flows else 0.0

    def dear(self, flows: list[tuple[int, float]]) -> float:
        """Return what a unit of a flow is worth with what has to be paid for it to flow at all."""
        opened = {self.paid[row] for arc, _ in flows for row, _ in self.entries(arc) if row in self.paid}
        money = sum(units * float(self.money[arc]) for arc, units in flows)
        return (money + float(self.cost[list(opened)].sum())) / sum(units for _, units in flows)

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
            whose = self.item_of[row]
            paid = value * float(self.wide.multipliers[row])
            if whose is None:
                continue
            kind = "stock" if whose == SUPPLY else "hours" if whose.turn == LIMITS else "clauses"
            found[kind] -= paid
            left -= paid
        return found | {"left": left}
