"""The price engine: a linear program over many SKUs, solved by pricing the few rows that couple them.

.. code-block:: text

    maximise c x,   x_s in X_s for each block s,   lower <= sum_s G_s x_s <= upper      (the coupling rows)
    bound at prices y:   y * limit(y)  +  sum_s max { (c_s - G_s' y) x_s : x_s in X_s }

Each round every block answers the prices with its best plan; the sum bounds what any plan is worth. The master mixes
the plans proposed so far so that the coupling rows hold, and says which prices to ask for next (see `guides`). Blocks
propose in groups: with fewer groups the master is quicker and the rounds are more. Source: Dantzig and Wolfe,
Operations Research 8 (1960).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.program import Program
from allocopt.solve.highs_run import HighsError
from allocopt.solve.prices.apart import Apart, BrokenError, Floats, Longs
from allocopt.solve.prices.guides import HOLDS, ByCentre, ByVertex, Guide, Guided, Setting, finite
from allocopt.solve.prices.oracle import LateError, Offer, Oracle
from allocopt.solve.solution import Clock

GROUPS = 70
"""Groups of pieces that propose together."""
SURE = 20_000
"""Columns of a program that ends its first round whatever the clock says, so that there is a plan."""
ROUNDS = 400
"""Rounds after which the prices are not expected to settle any more."""
UNSTEADY = 40
"""Rounds in which a guide by centres has to bring the gap down by a third."""
SLOW = 5
"""Rounds in which it has to do so for its groups to keep no more proposals than before."""
FINE = 1e-7
"""Gap from which on vertices are asked for: closer, an interior point has too few digits."""
AFTER = 0.1
"""Half width of the box after a hand-over, as a part of each price."""
MOST_LOOSE = 500
"""Loose columns above which vertices guide."""
CROSSING = 70_000
"""Groups times rows above which the simplex takes too long for a last step to a vertex: it cannot be stopped."""
CROSSED = 0.1
"""Part of the gap wanted that a vertex may be worth less than the middle that it replaces."""
MasterKind = Literal["centre", "vertex"]
"""What guides a search: central prices, or those of vertices."""
SAFE = -1
"""Stands for the safe plan where a round is named."""
TOP = 3.0
"""Times what a unit of a coupling row may be worth: where the prices of a sample end."""


@dataclass
class Mix:
    """A feasible mix of proposals: what it is worth, who has which share, and the loose columns."""

    worth: float = -np.inf
    group: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    round: Longs = field(default_factory=lambda: np.zeros(0, np.int64))
    share: Floats = field(default_factory=lambda: np.zeros(0))
    z: Floats = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, eq=False)
class Safe:
    """A plan that keeps every row: what it is worth, its columns and loose columns, its use of the coupling rows."""

    worth: float
    x: Floats
    z: Floats
    usage: Floats

    def part(self, usage: Floats, lower: Floats, upper: Floats) -> float:
        """Return how much of another plan the coupling rows allow, the rest being this one."""
        over, under = usage > upper + room(upper), usage < lower - room(lower)
        rise = usage - self.usage
        parts = np.concatenate([(upper - self.usage)[over] / rise[over], (lower - self.usage)[under] / rise[under]])
        return float(np.clip(parts, 0.0, 1.0).min(initial=1.0))


def safe_plan(program: Program, apart: Apart, known: Floats | None) -> Safe | None:
    """Return a plan that keeps every row: a known one, or every column at its lower limit; None where that is none."""
    whole = program.lower if known is None else known
    x, z = whole[apart.columns], whole[apart.loose]
    if not np.isfinite(x).all() or not np.isfinite(z).all():
        return None
    own, usage = np.zeros(len(apart.rows)), apart.loose_links.totals(z, len(apart.coupling))
    if x.any():
        own, usage = apart.own.totals(x, len(own)), usage + apart.links.totals(x, len(usage))
    for sums, lower, upper in (
        (own, apart.row_lower, apart.row_upper),
        (usage, apart.coupling_lower, apart.coupling_upper),
    ):
        if (sums < lower - room(lower)).any() or (sums > upper + room(upper)).any():
            return None
    worth = float(program.cost[apart.columns] @ x) + float(program.cost[apart.loose] @ z)
    return Safe(worth, x, z, usage)


class Pricing:
    """The rounds of one program, or of a sample of its pieces.

    Parameters
    ----------
    program : Program
    apart : Apart
    oracle : Oracle
    pieces : int64, ascending
        Those that take part.
    part : float
        Part of the coupling rows' limits that they may use.
    prices, box : float64, shape (coupling rows,)
        Where to start, and how far the next prices may lie from there.
    groups : int
    known : float64, shape (columns of the program,), optional
        A plan that keeps every row.
    master : {"centre", "vertex"}
        What guides it; see `guides`.

    Some pieces alone may not be able to keep the coupling rows (promises that others would keep). What they miss then
    costs `TOP` times what a unit may be worth, and the search ends when the master has nothing more to promise.
    """

    def __init__(
        self,
        program: Program,
        apart: Apart,
        oracle: Oracle,
        pieces: Longs,
        part: float,
        prices: Floats,
        box: Floats,
        groups: int,
        known: Floats | None = None,
        master: MasterKind = "vertex",
    ) -> None:
        self.apart, self.oracle, self.pieces = apart, oracle, pieces
        self.lower, self.upper = apart.coupling_lower * part, apart.coupling_upper * part
        self.groups = min(groups, len(pieces))
        self.group = np.zeros(oracle.pieces, np.int32)
        self.group[pieces] = np.arange(len(pieces)) * self.groups // len(pieces)
        self.constant = program.constant * part
        self.loose_cost = program.cost[apart.loose]
        self.loose_lower, self.loose_upper = program.lower[apart.loose] * part, program.upper[apart.loose] * part
        self.worthwhile = worth_of_rows(apart, oracle.worth)
        self.prices, self.box, self.next = prices, box, prices
        self.bound, self.rounds = np.inf, 0
        self.mix = Mix()
        self.sample = part < 1.0
        self.top = TOP * self.worthwhile if self.sample else np.full(len(prices), np.inf)
        self.guide: Guide | None = None
        self._by = master if self._centred() else "vertex"
        self._last: Offer | None = None
        self._steady, self._widened = (0, np.inf), 0
        self.safe = None if self.sample else safe_plan(program, apart, known)

    def run(self, gap: float, clock: Clock, rounds: int, pool: ThreadPoolExecutor) -> None:
        """Go on until the mix is within a gap of the bound, the time is up, or so many rounds have passed.

        Raises
        ------
        WholeError
            If the prices do not settle, or a block has no plan.
        """
        while self.rounds < rounds and self.gap > gap:
            if self.rounds and clock.left <= 0:
                break
            kept = None if not self.rounds and len(self.apart.columns) <= SURE else clock
            try:
                offer = self.oracle.best(self.next, self.group, self.pieces, pool, kept)
            except LateError:
                break
            self._last, bound = offer, self._bound(offer)
            if not self.sample:
                self.oracle.keep(self.rounds)
            if bound < self.bound:
                self.bound, self.prices = bound, self.next
                if not self.sample:
                    self.oracle.mark()
            self.next = self._guided(offer, Guided(self.prices, self.bound, bound), gap, pool)
            if not self.sample and self.guide is not None:
                self._mix(self.guide)
                self.oracle.forget(but={*self.guide.rounds().tolist(), *self.mix.round.tolist(), self.rounds})
            self.rounds += 1

    def _guided(self, offer: Offer, known: Guided, gap: float, pool: ThreadPoolExecutor) -> Floats:
        """Return the prices to ask for next; hand over to vertices where centres get no further."""
        wanted = gap * self._size(self.bound)
        if self.guide is None:
            setting = self._setting(pool)
            if self._by == "centre":
                self.guide = ByCentre(setting, offer, self.next, self.box)
            else:
                self.guide = ByVertex(setting, offer, self.box)
        if isinstance(self.guide, ByCentre):
            if self.open < self._steady[1] * 2 / 3:
                self._steady = self.rounds, self.open
            if self.gap > FINE and self.rounds - self._steady[0] <= UNSTEADY:
                if self.rounds - max(self._steady[0], self._widened) >= SLOW and np.isfinite(self.open):
                    self._widened = self.rounds
                    self.guide.widen()
                with suppress(BrokenError):
                    return self.guide.next(offer, self.rounds, known, wanted)
            self.guide = self._handed_over(self.guide, offer, pool)
        return self.guide.next(offer, self.rounds, known, wanted)

    def _handed_over(self, guide: ByCentre, offer: Offer, pool: ThreadPoolExecutor) -> ByVertex:
        """Return a guide by vertices that has the proposals of one by centres."""
        box = np.maximum(AFTER * np.abs(self.prices), 0.1 * AFTER * self.worthwhile)
        vertices = ByVertex(self._setting(pool), offer, box)
        vertices.given(guide.proposals())
        return vertices

    def cross(self, pool: ThreadPoolExecutor, gap: float) -> None:
        """Replace a mix from the middle by a vertex that is about as good: it mixes few groups."""
        if not isinstance(self.guide, ByCentre) or self._last is None or not np.isfinite(self.mix.worth):
            return
        if self.groups * len(self.lower) > CROSSING:
            return
        middle = self.mix
        vertices = self._handed_over(self.guide, self._last, pool)
        try:
            vertices.vertex(self.prices)
        except HighsError:
            return
        self.guide, self.mix = vertices, Mix()
        self._mix(vertices)
        if self.mix.worth < middle.worth - CROSSED * gap * self._size(middle.worth):
            self.mix = middle

    def _centred(self) -> bool:
        """Return whether central prices can guide: loose columns have to be finite, and not too many."""
        limits = np.concatenate([self.loose_lower, self.loose_upper])
        return bool(np.isfinite(limits).all()) and len(limits) <= 2 * MOST_LOOSE

    def _setting(self, pool: ThreadPoolExecutor) -> Setting:
        return Setting(
            apart=self.apart,
            lower=self.lower,
            upper=self.upper,
            groups=self.groups,
            loose_cost=self.loose_cost,
            loose_lower=self.loose_lower,
            loose_upper=self.loose_upper,
            worthwhile=self.worthwhile,
            top=self.top,
            pool=pool,
            threads=self.oracle.threads,
        )

    @property
    def gap(self) -> float:
        """How far the mix (of a sample: what the master promises) is from the bound, relatively."""
        if self.sample:
            if self.guide is None or self.guide.pressed.any():
                return np.inf
            return (self.bound - self.guide.promised) / self._size(self.bound)
        if not np.isfinite(self.mix.worth) or not np.isfinite(self.bound):
            return np.inf
        return (self.bound - self.mix.worth) / self._size(self.mix.worth)

    @property
    def open(self) -> float:
        """The gap, or where no mix has kept the rows so far, how far what the master promises is from the bound."""
        if self.sample or np.isfinite(self.mix.worth) or self.guide is None or not np.isfinite(self.guide.promised):
            return self.gap
        return (self.bound - self.guide.promised) / self._size(self.bound)

    def _size(self, worth: float) -> float:
        """Return what gaps are relative to: the objective with what no decision changes, at least one."""
        return max(1.0, abs(worth + self.constant))

    def _bound(self, offer: Offer) -> float:
        """Return the bound at the prices that were asked for."""
        prices = self.next
        taken = self.apart.loose_links.priced(prices)
        worth = self.loose_cost - taken
        worth = np.where(np.abs(worth) <= 1e-9 * (np.abs(self.loose_cost) + np.abs(taken)), 0.0, worth)
        at_loose = np.where(worth > 0, self.loose_upper, self.loose_lower)
        limit = np.where(prices > 0, self.upper, self.lower)
        used = prices != 0
        return (
            float(prices[used] @ limit[used])
            + float(offer.value.sum() - (offer.usage @ prices).sum())
            + float(worth[worth != 0] @ at_loose[worth != 0])
        )

    def _mix(self, guide: Guide) -> None:
        """Keep the mix of the master if the coupling rows hold in it, or as much of it as they allow."""
        mixed = guide.mix()
        group, number, share, z = mixed.group, mixed.round, mixed.share, mixed.z
        usage = mixed.usage + self.apart.loose_links.totals(z, len(self.lower))
        worth = mixed.worth + float((self.loose_cost * z).sum())
        if (usage > self.upper + room(self.upper)).any() or (usage < self.lower - room(self.lower)).any():
            if self.safe is None:
                return
            part = self.safe.part(usage, self.lower, self.upper)
            worth = part * worth + (1 - part) * self.safe.worth
            group, number = np.concatenate([group, np.arange(self.groups)]), np.append(number, [SAFE] * self.groups)
            share, z = np.append(part * share, [1 - part] * self.groups), part * z + (1 - part) * self.safe.z
        if worth > self.mix.worth:
            self.mix = Mix(worth, group, number, share, z)

    def plan(self) -> Floats:
        """Return the mix column by column, in the order of the program taken apart."""
        mix = self.mix
        group = self.group[self.oracle.piece_of_columns()]
        x = np.zeros(len(self.apart.columns))
        for number in np.unique(mix.round).tolist():
            mine = mix.round == number
            share = np.zeros(self.groups)
            share[mix.group[mine]] = mix.share[mine]
            columns, values = self.kept(number)
            x[columns] += share[group[columns]] * values
        return x

    def kept(self, number: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the columns that are not zero in the plans of a round (or in the safe plan), and their values."""
        if number != SAFE:
            return self.oracle.kept(number)
        assert self.safe is not None
        columns = np.flatnonzero(self.safe.x)
        return columns.astype(np.int32), self.safe.x[columns]


def room(limits: Floats) -> Floats:
    """Return what a sum may be off by and still keep its limit, zero where there is none."""
    return np.where(np.isfinite(limits), HOLDS * (1 + finite(limits)), 0.0)


def worth_of_rows(apart: Apart, worth: Floats) -> Floats:
    """Return what a unit of each coupling row may be worth: the mean over its columns of worth per unit taken."""
    links = apart.links
    rows = len(apart.coupling)
    per_unit = np.abs(worth[links.line] / links.value)
    count = np.bincount(links.place, minlength=rows)
    mean = np.bincount(links.place, weights=per_unit, minlength=rows) / np.maximum(count, 1)
    usual = float(mean[count > 0].mean()) if (count > 0).any() else 1.0
    return np.where(mean > 0, mean, usual if usual > 0 else 1.0)
