"""First come, first served, as one would do it by hand: exact fractions, one step at a time, no arrays."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby
from math import inf
from typing import Any

Record = dict[str, Any]
Way = tuple[int, int]
"""A lot, by its row, and the period in which its units leave."""


class ByHand:
    """Lines take what is best for themselves of what is left of lots and of what nodes handle in a period.

    Tables hold supply (sku, node, units, available), demand (sku, channel, period, units, price, arrived, priority,
    max_early, max_late), lanes (node, channel, cost, lead) and capacity (node, period, limit); all in whole units.
    """

    def __init__(self, tables: dict[str, list[Record]], periods: int) -> None:
        self.tables, self.periods = tables, periods
        self.stock = {row: lot["units"] for row, lot in enumerate(tables["supply"])}
        self.dock = {(cap["node"], cap["period"]): cap["limit"] for cap in tables["capacity"]}
        self.got: dict[tuple[int, Way], int] = {}

    def run(self) -> dict[int, int]:
        """Return the units of each demand row."""
        rows = [row for row, line in enumerate(self.tables["demand"]) if self.ways(row)]
        for _, level in groupby(sorted(rows, key=self.comes), key=lambda row: self.comes(row)[0]):
            self.together(sorted(level, key=self.comes))
        return {row: sum(units for (line, _), units in self.got.items() if line == row) for row in rows}

    def comes(self, row: int) -> tuple[Any, ...]:
        """Return when a line comes, and what tells it from others that come with it."""
        line = self.tables["demand"][row]
        arrived = line["period"] if line["arrived"] is None else line["arrived"]
        rank = inf if line["priority"] is None else line["priority"]
        return (arrived, rank), line["period"], line["sku"], line["channel"]

    def ways(self, row: int) -> list[Way]:
        """Return the ways in which a line can be served at no loss, the best for itself first."""
        line = self.tables["demand"][row]
        found = []
        for number, lot in enumerate(self.tables["supply"]):
            for lane in self.tables["lanes"]:
                if (lot["sku"], lot["node"], lane["channel"]) != (line["sku"], lane["node"], line["channel"]):
                    continue
                for ship in range(lot["available"], self.periods):
                    arrives = ship + lane["lead"]
                    late = max(arrives - line["period"], 0)
                    early = max(line["period"] - arrives, 0)
                    worth = line["price"] - lane["cost"]
                    if lot["units"] and late <= line["max_late"] and early <= line["max_early"] and worth >= 0:
                        key = (-worth, late, lot["available"], lane["lead"], lot["node"], ship)
                        found.append((key, (number, ship)))
        return [way for _, way in sorted(found)]

    def left(self, way: Way) -> int:
        """Return what is left of a way."""
        node = self.tables["supply"][way[0]]["node"]
        return min(self.stock[way[0]], self.dock.get((node, way[1]), 10**9))

    def limits(self, way: Way) -> list[Any]:
        """Return the names of what limits a way."""
        node = (self.tables["supply"][way[0]]["node"], way[1])
        return [way[0], node] if node in self.dock else [way[0]]

    def give(self, row: int, way: Way, units: int) -> int:
        """Give a line at most so many units over a way."""
        units = min(units, self.left(way))
        self.stock[way[0]] -= units
        node = (self.tables["supply"][way[0]]["node"], way[1])
        if node in self.dock:
            self.dock[node] -= units
        self.got[row, way] = self.got.get((row, way), 0) + units
        return units

    def one_more(self, row: int) -> bool:
        """Give a line one unit over the best way that has one."""
        return any(self.give(row, way, 1) for way in self.ways(row))

    def together(self, rows: list[int]) -> None:
        """Let lines that come together take, in proportion to what they want."""
        want = {row: self.tables["demand"][row]["units"] for row in rows}
        if len(rows) == 1:
            rest = want[rows[0]]
            for way in self.ways(rows[0]):
                rest -= self.give(rows[0], way, rest)
            return
        ate = self.eaten(rows, want)
        total = {row: sum(ate[row].values(), Fraction(0)) for row in rows}
        got = {row: sum(self.give(row, way, int(units)) for way, units in ate[row].items()) for row in rows}
        for row in rows:
            while total[row] - got[row] >= 1 and self.one_more(row):
                got[row] += 1
        spare: dict[str, Fraction] = {}
        for row in rows:
            sku = self.tables["demand"][row]["sku"]
            spare[sku] = spare.get(sku, Fraction(0)) + total[row] - got[row]
        ranked = sorted(rows, key=lambda row: (got[row] - total[row], rows.index(row)))
        for row in ranked:
            sku = self.tables["demand"][row]["sku"]
            if total[row] > got[row] and spare[sku] >= 1 and self.one_more(row):
                got[row] += 1
                spare[sku] -= 1
        given = [True]
        while any(given):
            given = [self._again(row, want, got) for row in ranked]

    def _again(self, row: int, want: dict[int, int], got: dict[int, int]) -> bool:
        """Give a line one unit more if it wants one and there is one."""
        given = got[row] < want[row] and self.one_more(row)
        got[row] += given
        return given

    def eaten(self, rows: list[int], want: dict[int, int]) -> dict[int, dict[Way, Fraction]]:
        """Return what each line eats over each way, all eating at once at the speed of their wants."""
        left: dict[Any, Fraction] = {}
        for row in rows:
            for way in self.ways(row):
                node = (self.tables["supply"][way[0]]["node"], way[1])
                left[way[0]] = Fraction(self.stock[way[0]])
                if node in self.dock:
                    left[node] = Fraction(self.dock[node])
        ate: dict[int, dict[Way, Fraction]] = {row: {} for row in rows}
        time = Fraction(0)
        while time < 1:
            now = {}
            for row in rows:
                open_ = [way for way in self.ways(row) if all(left[limit] > 0 for limit in self.limits(way))]
                if open_:
                    now[row] = open_[0]
            if not now:
                break
            speed: dict[Any, int] = {}
            for row, way in now.items():
                for limit in self.limits(way):
                    speed[limit] = speed.get(limit, 0) + want[row]
            step = min([1 - time, *(left[limit] / fast for limit, fast in speed.items())])
            for row, way in now.items():
                ate[row][way] = ate[row].get(way, Fraction(0)) + step * want[row]
            for limit, fast in speed.items():
                left[limit] -= step * fast
            time += step
        return ate
