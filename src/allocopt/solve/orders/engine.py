"""Whole orders: a plan at once, a better one with every turn, and beside it a bound that comes down.

Search and bound take turns of a fixed amount of work, at the same time where there are two threads, and tell each other
what they found between turns only: the answer does not depend on who is quicker.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from allocopt.algebra.program import Program
from allocopt.arrays import Floats, Longs
from allocopt.solve.certificate import relative_gap, upper_bound
from allocopt.solve.orders.first import by_value
from allocopt.solve.orders.reading import read
from allocopt.solve.orders.records import Book, book, emptied
from allocopt.solve.solution import Clock

if TYPE_CHECKING:
    from allocopt.solve.orders.lots import Rented
    from allocopt.solve.rents import Rents

PRICED = 150
"""Rounds of prices before the search."""
HOT, COLD, WARM = 0.15, 0.025, 0.018
"""Temperatures between which a search cools, as parts of what an order (or line) earns on average; the last is where a
short cooling begins, for each five moves that it has for an order."""
PRICING = 0.6
"""Part of the time for prices and plans at these that the prices may take."""
LEAST_WORTH = 0.0, -0.05, -0.2, -np.inf
"""What a unit on an arc earns beyond the prices, as a part of what it earns, for a pass over the orders to use it."""
FORCED = 0.1
"""What a move exchanges of an order that has to be served, as a part of what it earns or costs."""
LOOSE = 0.06
"""What a move exchanges of a line that takes what it gets, as a part of what it earns."""
CHUNK = 512
"""Moves between two looks at the clock."""
FIRST, GROWTH = 2.0, 2.0
"""Moves an order in the first cooling, and how much longer each next one is."""
PLENTY = 64.0
"""Moves an order in the last cooling of a call without a limit."""
MENDING = 64
"""Moves an order in which promises have to be kept that serving in turn broke."""
ROUNDS = 8
"""Rounds of the bound in a turn."""
HOPEFUL = 60
"""Rounds after which rents have to prove more than the relaxation does, where it is known."""
MOVES = 0.5
"""Moves in a turn, for each arc."""

NONE: Floats = np.zeros(0)


class OrderSearch:
    """The search for a plan in whole orders, and for a bound.

    Parameters
    ----------
    program : Program

    Raises
    ------
    UnreadableError
        If the program holds anything that orders do not know.
    """

    def __init__(self, program: Program) -> None:
        self.program, self.given = program, read(program)
        self.pages = book(self.given)
        self.fixed = float(program.cost @ self.given.base) + program.constant
        self.best, self.units = float(self.pages.total[0]), np.zeros(len(self.given.column))
        self.price = np.zeros(len(self.given.limit))
        self.bound, self.moves, self._stamp, self._closed = np.inf, 0, 1, -np.inf

    @property
    def plan(self) -> Floats:
        """The best plan so far, all columns of the program."""
        return self.given.plan(self.program, self.units)

    @property
    def multipliers(self) -> Floats:
        """Multipliers of the program's rows at the prices of its resources."""
        from allocopt.solve.orders.prices import multipliers

        return multipliers(self.program, self.given, self.price)

    @property
    def gap(self) -> float:
        """Relative gap between the best plan and the bound of the turns."""
        return relative_gap(self.best + self.fixed, self.bound + self.fixed)

    def first(self) -> None:
        """Find a first plan: orders by what a unit of them earns."""
        from allocopt.solve.orders.native import serve_all

        serve_all(self.pages, NONE, by_value(self.given))
        self._keep(self.pages)

    def by_prices(self, clock: Clock, given_prices: Floats | None = None) -> None:
        """Find prices of the resources, and a plan by surplus at these.

        Parameters
        ----------
        clock : Clock
        given_prices : float64, shape (rows of the program,), optional
            Multipliers to take instead of prices of our own.
        """
        from allocopt.solve.orders.prices import from_multipliers, priced

        fresh = emptied(self.pages)
        if given_prices is None:
            self.price = priced(fresh, self.given, self.best, rounds=PRICED, clock=clock.share(PRICING))
        else:
            self.price = from_multipliers(fresh, self.given, given_prices)
        turn = np.argsort(-fresh.orders["surplus"][:-1], kind="stable")
        patient = emptied(fresh)
        # Where every order is whole one pass is nearly always the better one, else several are.
        for way in (LEAST_WORTH[-1:], LEAST_WORTH) if self.given.whole.all() else (LEAST_WORTH, LEAST_WORTH[-1:]):
            self._in_passes(patient, turn, way)
            if patient.total[0] > fresh.total[0]:
                fresh = patient
            if clock.left <= 0:
                break
            patient = emptied(fresh)
        if fresh.total[0] < self.pages.total[0]:
            self.pages.arcs["worth"], self.pages.orders["surplus"] = fresh.arcs["worth"], fresh.orders["surplus"]
        else:
            self.pages = fresh
        self._keep(self.pages)

    @staticmethod
    def _in_passes(pages: Book, turn: Longs, passes: tuple[float, ...]) -> None:
        """Serve orders in turn over the arcs that earn something at the prices first, and over worse ones later."""
        from allocopt.solve.orders.native import serve_all

        arcs, most = pages.arcs, pages.arcs["most"].copy()
        for least in passes:
            good = (
                arcs["worth"] >= least * np.abs(arcs["value"]) if np.isfinite(least) else np.ones(len(arcs), dtype=bool)
            )
            arcs["most"] = np.where(good, most, np.minimum(most, arcs["x"]))
            serve_all(pages, NONE, turn)
        arcs["most"] = most

    @property
    def broken(self) -> bool:
        """Whether the present plan breaks a limit that must not be broken."""
        resources = self.pages.resources[:-1]
        return bool((self.given.insisted & (resources["left"] < 0)).any())

    def mend(self, clock: Clock) -> None:
        """Make moves until the plan breaks no limit, or there have been so many that it looks hopeless."""
        for plan in self._moves_of_turns(MENDING * len(self.given.whole), endless=False):
            if not self.broken or clock.left <= 0:
                break
            self._search(plan, clock)

    def proof(self, multipliers: Floats | None, worth: float, clock: Clock, *, gap: float, rounds: int) -> Rents:
        """Return rents that prove a bound on a plan of such worth, from multipliers of the linear relaxation.

        Rents that are still worse than these multipliers after `HOPEFUL` rounds are given up.
        """
        from allocopt.solve.orders.lots import Rented
        from allocopt.solve.orders.prices import from_multipliers

        if multipliers is not None:
            self.price = from_multipliers(self.pages, self.given, multipliers)
        rented = Rented(self.given, self.price)
        relaxed = np.inf if multipliers is None else upper_bound(self.program, multipliers)
        for number in range(rounds):
            if number == HOPEFUL and rented.best + self.fixed > relaxed:
                break
            if rented.over or clock.left <= 0 or relative_gap(worth, rented.best + self.fixed) <= gap:
                break
            rented.step(worth - self.fixed)
        return rented.rents(self.program)

    def begin_from(self, x: Floats) -> None:
        """Begin with a plan of the program, if it is better than the one there is."""
        from allocopt.solve.orders.native import serve_all

        fresh = emptied(self.pages)
        units = np.maximum(x[self.given.column] - self.given.base[self.given.column], 0.0)
        serve_all(fresh, units, np.zeros(0, np.int64))
        if fresh.total[0] > self.pages.total[0]:
            self.pages = fresh
            self._keep(fresh)

    def run(self, clock: Clock, *, gap: float, moves: int | None = None, threads: int = 2) -> Rents:
        """Take turns until the gap, the clock or the moves end it; return rents that prove the bound."""
        from allocopt.solve.orders.lots import Rented

        rented = Rented(self.given, self.price)
        turns = self._moves_of_turns(moves, endless=clock.limit is not None)
        with ThreadPoolExecutor(1) as pool:
            while clock.left > 0 and self.gap > gap:
                plan = next(turns, None)
                if plan is None:
                    break
                target = self.best
                if threads > 1:
                    beside = pool.submit(_lowered, rented, target, clock)
                    self._search(plan, clock)
                    beside.result()
                else:
                    self._search(plan, clock)
                    _lowered(rented, target, clock)
                if self.given.whole_truth:
                    self.bound = min(self.bound, rented.best)
                self._close()
        return rented.rents(self.program)

    def _moves_of_turns(self, limit: int | None, *, endless: bool) -> Iterator[tuple[int, float, float]]:
        """Yield the moves of each turn with the temperatures that they begin and end with."""
        orders = len(self.given.whole)
        mean = self._exchanged()
        turn = max(CHUNK, int(MOVES * len(self.given.column)))
        each, spent = FIRST, 0
        while (endless or each <= PLENTY) if limit is None else spent < limit:
            total = max(CHUNK, int(each * orders))
            top = mean * min(HOT, max(HOT / 6, WARM * each / 5))
            low = min(mean * COLD, 0.8 * top)
            done = 0
            while done < total:
                moves = min(turn, total - done)
                ends = [top * (low / top) ** (part / total) for part in (done, done + moves)]
                yield moves, ends[0], ends[1]
                done += moves
            spent += total
            each *= GROWTH

    def _search(self, plan: tuple[int, float, float], clock: Clock) -> None:
        """Make the moves of one turn."""
        from allocopt.solve.orders.native import anneal

        moves, hot, cold = plan
        pool = self._pool()
        done = 0
        while len(pool) and done < moves and clock.left > 0:
            now = min(CHUNK, moves - done)
            ends = [hot * (cold / hot) ** (part / moves) for part in (done, done + now)]
            anneal(self.pages, pool, now, self._stamp, ends[0], ends[1])
            done, self._stamp = done + now, self._stamp + now
            self._keep(self.pages)
        self.moves += done

    def _close(self) -> None:
        """Serve every order of the best plan anew, as long as there is one that another way of serving it betters."""
        from allocopt.solve.orders.native import serve_all

        if self.best == self._closed:
            return
        fresh = emptied(self.pages)
        serve_all(fresh, self.units, np.arange(len(self.given.whole)))
        self._keep(fresh)
        self._closed = self.best

    def _keep(self, pages: Book) -> None:
        if pages.total[0] > self.best:
            self.best, self.units = float(pages.total[0]), pages.arcs["x"][:-1].copy()

    def _pool(self) -> Longs:
        """Return the orders to draw from: those of which the prices leave most open come more often."""
        orders = np.flatnonzero(np.diff(self.pages.lines["arc"][self.pages.orders["line"]]) > 0)
        near = orders[np.argsort(np.abs(self.pages.orders["surplus"][orders]), kind="stable")]
        return np.concatenate([orders, near[: len(near) // 2], near[: len(near) // 4]])

    def _exchanged(self) -> float:
        """Return what a move exchanges on average: a whole order, a line over one option, else a little of a line.

        Where there are both it is the geometric mean. Of orders that have to be served it is only the way in which they
        are: `FORCED` of what they earn or cost.
        """
        given = self.given
        whole = given.whole[given.order]
        unit = np.where(whole, given.order, len(given.whole) + np.arange(len(given.units)))[given.line]
        forced = given.forced
        units = self.units if self.units.any() else np.minimum(given.most, given.units[given.line])
        earned = np.bincount(unit, weights=np.abs(given.value) * units * np.where(forced, FORCED, 1.0), minlength=1)
        served = np.bincount(unit, weights=units, minlength=1) > 0
        free = np.append(np.zeros(len(given.whole), dtype=bool), ~(given.whole | given.single)[given.order])
        logs = 0.0
        for kind, part in ((~free, 1.0), (free, LOOSE)):
            count = int((served & (kind[: len(served)])).sum())
            logs += count * np.log(max(part * float(earned[kind[: len(served)]].sum()), 1.0) / max(count, 1))
        return float(np.exp(logs / max(1, int(served.sum()))))


def _lowered(rented: Rented, target: float, clock: Clock) -> None:
    """Do the rounds of one turn."""
    for _ in range(ROUNDS):
        if rented.over or clock.left <= 0:
            return
        rented.step(target)
