"""Who would give units up to a short line: those that make less of them, and lose nothing but the units."""

from __future__ import annotations

import numpy as np

from allocopt.explain.board import FLAT, SUPPLY, Board, Floats, Item, Places, Way


class Exchange(Board):
    """Makes plans in which units go from some lines to a short one."""

    def exchanged(
        self, line: int, ways: list[Way], lifted: set[Item], short: float
    ) -> tuple[tuple[Places, Floats] | None, float, float]:
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
            takes += [
                (other, self._spare(other, used), float(self.worth[other]))
                for other in self.held(lot)
                if self.arcs.line[other] != line and self.worth[other] < way.worth - FLAT and other not in moves
            ]
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

    def _spare(self, arc: int, used: dict[int, float]) -> float:
        """Return how many units of an arc can be given up without breaking a row that asks for them."""
        spare = float(self.x[arc] - self.program.lower[self.wide.ship + arc])
        for row, value in self.entries(arc):
            asked = self.below[row] if value > 0 else self.room[row]
            if np.isfinite(asked):
                spare = min(spare, (asked - used.get(-1 - row, 0.0)) / abs(value))
        return spare

    def _give(self, arc: int, units: float, used: dict[int, float]) -> None:
        """Remember what rows that ask for units of an arc have left."""
        for row, value in self.entries(arc):
            used[-1 - row] = used.get(-1 - row, 0.0) + abs(value) * units
