"""Stock that is kept for channels, in the naive model: who is given how much, and the rows that keep it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from copy import copy
from itertools import product

import numpy as np
from scipy.optimize import linprog
from tests.rules.naive_facts import Records
from tests.rules.naive_records import Model, Row, covers, largest_remainder, whose

from allocopt.rules import Protect

Cell = tuple[str, str, int]
"""Channel, region (blank: any that no reserve names), first due period up to the next one that a reserve names."""
Scope = frozenset[Cell]


class Claims:
    """Claims for cells on lots; each is a least quantity, on lots of its own. Asked by linear programs."""

    def __init__(self, lots: list[Row], reach: Callable[[Scope, Row], bool]) -> None:
        self.lots, self.reach = lots, reach
        self.claims: list[tuple[Scope, list[bool], float]] = []

    def most(self, scope: list[bool], shrinks: int | None = None) -> float:
        """Return how much a new claim can get while all others keep theirs, or while one shrinks by as much."""
        if not any(scope):
            return 0.0
        scopes = [*(where for _, where, _ in self.claims), scope]
        size, count = len(self.lots), len(scopes)
        upper = np.array([float(inside) for where in scopes for inside in where])
        each_lot = np.tile(np.eye(size), count)
        each_claim = np.kron(np.eye(count), np.ones(size))[:-1]
        if shrinks is not None:
            each_claim[shrinks, -size:] = 1.0
        found = linprog(
            -np.repeat([0.0] * (count - 1) + [1.0], size),
            A_ub=each_lot,
            b_ub=[lot.usable for lot in self.lots],
            A_eq=each_claim if count > 1 else None,
            b_eq=[units for _, _, units in self.claims] if count > 1 else None,
            bounds=[(0, 1e6 * inside) for inside in upper],
        )
        assert found.status == 0, found.message
        return round(-found.fun, 6)

    def add(self, whom: Scope, scope: list[bool], units: float) -> float:
        """Add a claim, as far as it can be met."""
        met = min(units, self.most(scope))
        if met > 0:
            self.claims.append((whom, scope, met))
        return met

    def own(self, whom: Scope, scope: list[bool], units: float) -> float:
        """Return what is held for some cells in a scope, with claims moved into it one after another, up to some units.

        A claim for more cells is narrowed to those that both are for, the narrowest one first.
        """
        found, wider = 0.0, []
        for k, (who, where, held) in enumerate(self.claims):
            if who and who <= whom and not any(a and not b for a, b in zip(where, scope, strict=True)):
                found += held
            elif who & whom:
                wider.append(k)
        for k in sorted(wider, key=lambda k: len(self.claims[k][0])):
            who, where, held = self.claims[k]
            lots = zip(where, scope, self.lots, strict=True)
            both = [a and b and self.reach(who & whom, lot) for a, b, lot in lots]
            if not any(both) or found >= units:
                continue
            moved = min(units - found, self.most(both, shrinks=k))
            self.claims[k] = (who, where, held - moved)
            self.claims.append((who & whom, both, moved))
            found += moved
        return found


class Reserves:
    """Stock that is kept for channels, for several together, or for what is due of them in a region and window."""

    def __init__(self, naive: Records, model: Model) -> None:
        self.naive, self.model = naive, model
        self.clauses = [clause for clause in naive.of(Protect) if clause.mode == "reserve"]
        self.per_lot = [clause for clause in self.clauses if clause.share is not None and clause.of != "demand"]
        self.per_sku = [clause for clause in self.clauses if clause not in self.per_lot]
        self.regions = sorted({region for clause in self.clauses for region in clause.region or ()})
        starts = {clause.from_period or 0 for clause in self.clauses}
        starts |= {clause.to_period + 1 for clause in self.clauses if clause.to_period is not None}
        self.starts = sorted(starts | {0})
        named_ones = sorted({name for clause in self.clauses for name in whose(clause)})
        self.cells = frozenset(product(named_ones, ["", *self.regions], self.starts))
        self.scope = {id(clause): frozenset(c for c in self.cells if self.speaks(clause, c)) for clause in self.clauses}
        self.lots = {
            id(clause): [lot for lot in naive.shared(clause) if self.reach(self.scope[id(clause)], lot)]
            for clause in self.clauses
        }
        self.idle: dict[tuple[frozenset[int], int, int], int] = {}
        self.of_lot = self._of_lot()
        self.of_sku = self._of_sku()
        self.given: dict[tuple[int, Hashable], float] = {}

    def speaks(self, clause: Protect, cell: Cell) -> bool:
        """Return whether a reserve is for a cell: a channel, a region (blank: any other), the first of some periods."""
        channel, region, start = cell
        late = clause.to_period is not None and start > clause.to_period
        there = clause.region is None or region in clause.region
        return channel in whose(clause) and there and start >= (clause.from_period or 0) and not late

    def reach(self, cells: Scope, lot: Row) -> bool:
        """Return whether a lane leads from a lot to one of some cells."""
        for channel, region, _ in cells:
            for lane in self.naive.lanes:
                there = lane.region in ("", region) if region else lane.region not in self.regions
                if (lane.node, lane.channel) == (lot.node, channel) and lane.sku in ("", lot.sku) and there:
                    return True
        return False

    def cell_of(self, line: Row) -> Scope:
        """Return the cell of a line, nothing if no reserve tells of its channel."""
        region = line.region if line.region in self.regions else ""
        start = max(start for start in self.starts if start <= line.period)
        return frozenset({(line.channel, region, start)}) & self.cells

    def release(self, clause: Protect) -> int:
        """Return the first period in which a reserve no longer holds."""
        last = ends(clause)
        return self.naive.horizon if last is None else min(last, self.naive.horizon)

    def before(self, clause: Protect) -> list[Row]:
        """Return the lots of a reserve that are there before its release."""
        return [lot for lot in self.lots[id(clause)] if ends(clause) is None or lot.available < ends(clause)]

    def _of_lot(self) -> dict[tuple[int, int], float]:
        """Return what each share asks for of each lot."""
        keys = [(id(clause), lot) for clause in self.per_lot for lot in self.before(clause)]
        share = {id(clause): clause.share for clause in self.per_lot}
        wanted = [(id(lot), share[clause] * lot.usable) for clause, lot in keys]
        whole = [
            (one, 0.0 if self.naive.divides(lot.sku) else units)
            for (one, units), (_, lot) in zip(wanted, keys, strict=True)
        ]
        kept = largest_remainder(whole, wanted)
        return {(clause, id(lot)): units for (clause, lot), units in zip(keys, kept, strict=True)}

    def _of_sku(self) -> dict[tuple[int, str], float]:
        """Return what each reserve in units, or of demand, asks for of each SKU."""
        asked: dict[tuple[int, str], float] = {}
        shares: list[tuple[int, str]] = []
        wanted: list[tuple[str | None, float]] = []
        for clause in self.per_sku:
            lines = [line for line in self.naive.lines if covers(clause, line)]
            lines = [line for line in lines if ends(clause) is None or line.period < ends(clause)]
            for sku in self.naive.skus:
                units = self.naive.base(clause, sku, lines)
                if clause.units is not None:
                    asked[id(clause), sku] = self.naive.whole(sku, units)
                else:
                    shares.append((id(clause), sku))
                    wanted.append((sku, units))
        return asked | dict(zip(shares, self.naive.rounded(wanted), strict=True))

    def state(self) -> None:
        """Work out who is given what, and add idle stock, what fits into the lots, and what must be kept."""
        for sku in self.naive.skus:
            self.give(sku)
        Trial(self).relent()
        self.live = live = [
            clause for clause in self.clauses if any(self.kept(clause, lot) > 0 for lot in self.before(clause))
        ]
        releases = sorted({self.release(clause) for clause in live})
        for clause in live:
            breach: dict[Hashable, int] = {}
            for until in releases:
                if until <= self.release(clause):
                    self.keep(clause, until, breach)
        for lot in self.naive.lots:
            for until in releases:
                kept = [(at, 1.0) for (_, other, when), at in self.idle.items() if (other, when) == (id(lot), until)]
                gone = [(arc.at, 1.0) for arc in self.naive.arcs if arc.lot is lot and arc.ship < until]
                self.model.row([*kept, *gone], high=lot.usable)

    def give(self, sku: str) -> None:
        """Work out what each reserve is given of a SKU: commitments first, then the clauses in their order."""
        lots = [lot for lot in self.naive.lots if lot.sku == sku]
        claims = Claims(lots, self.reach)
        for line in sorted(self.naive.lines, key=lambda line: (line.channel, line.period, line.region, line.order)):
            if line.sku == sku and line.min_units > 0 and line.units > 0:
                ways = [arc.lot for arc in self.naive.candidates if arc.line is line and arc.lot.kind != "safety"]
                claims.add(self.cell_of(line), [any(lot is way for way in ways) for lot in lots], line.min_units)
        for clause in self.clauses:
            mine = [lot for lot in self.before(clause) if lot.sku == sku]
            if clause in self.per_lot:
                for lot in sorted(mine, key=_in_order):
                    asked = self.of_lot[id(clause), id(lot)]
                    self.given[id(clause), id(lot)] = self.taken(clause, claims, [lot], asked)
            else:
                for moment in sorted({lot.available for lot in mine}):
                    there = [lot for lot in mine if lot.available <= moment]
                    self.given[id(clause), (sku, moment)] = self.taken(
                        clause, claims, there, self.of_sku[id(clause), sku]
                    )

    def taken(self, clause: Protect, claims: Claims, lots: list[Row], asked: float) -> float:
        """Return what a reserve is given of some lots: a soft one what there is, a hard one what is left."""
        if clause.penalty is not None:
            return min(asked, sum(lot.usable for lot in lots))
        scope = [any(lot is other for other in lots) for lot in claims.lots]
        own = claims.own(self.scope[id(clause)], scope, asked)
        if own < asked:
            own += claims.add(self.scope[id(clause)], scope, asked - own)
        return min(own, asked)

    def kept(self, clause: Protect, lot: Row) -> float:
        """Return the quantity of a clause that a lot has to do with."""
        if clause in self.per_lot:
            return self.given[id(clause), id(lot)]
        return self.given[id(clause), (lot.sku, lot.available)]

    def keep(self, clause: Protect, until: int, breach: dict[Hashable, int]) -> None:
        """Add the rows of one reserve up to one release."""
        there = [lot for lot in self.before(clause) if lot.available < until]
        if clause in self.per_lot:
            for lot in there:
                self.enough(clause, until, [lot], self.kept(clause, lot), breach, id(lot))
            return
        for sku in sorted({lot.sku for lot in there}):
            mine = [lot for lot in there if lot.sku == sku]
            for moment in sorted({lot.available for lot in mine}):
                arrived = [lot for lot in mine if lot.available <= moment]
                self.enough(clause, until, arrived, self.given[id(clause), (sku, moment)], breach, sku)

    def counts(self, cell: Cell, lot: Row, until: int) -> frozenset[int]:
        """Return the reserves in which a unit of a lot counts that is kept for a cell up to a release."""
        if not self.reach(frozenset({cell}), lot):
            return frozenset()
        return frozenset(
            id(clause)
            for clause in self.live
            if cell in self.scope[id(clause)]
            and until <= self.release(clause)
            and any(lot is other for other in self.before(clause))
        )

    def enough(
        self, clause: Protect, until: int, lots: list[Row], quantity: float, breach: dict[Hashable, int], what: Hashable
    ) -> None:
        """Add that the channel got, or still has idle, enough of some lots."""
        terms = self.counted(clause, until, lots)
        if clause.penalty is not None:
            if what not in breach:
                breach[what] = self.model.var(1e4, -clause.penalty)
            terms.append((breach[what], 1.0))
        self.model.row(terms, low=quantity)

    def counted(self, clause: Protect, until: int, lots: list[Row]) -> list[tuple[int, float]]:
        """Return what counts for a reserve of some lots up to a release: what shipped, and what is idle."""
        ids = {id(lot) for lot in lots}
        terms = [
            (arc.at, 1.0)
            for arc in self.naive.arcs
            if id(arc.lot) in ids and covers(clause, arc.line) and arc.ship < until
        ]
        for lot in lots:
            for counts in {self.counts(cell, lot, until) for cell in self.scope[id(clause)]}:
                if id(clause) in counts:
                    key = (counts, id(lot), until)
                    if key not in self.idle:
                        self.idle[key] = self.model.var(lot.usable)
                    terms.append((self.idle[key], 1.0))
        return terms


class Trial:
    """Whether commitments can be met beside what reserves are given, under all that physics say; and what they leave.

    Clause by clause in their order: as given, while there is a plan. From the first clause on of which there is none,
    a clause's quantities rise together unit by unit, SKU by SKU and date by date, each as long as there is a plan.
    """

    def __init__(self, reserves: Reserves) -> None:
        self.reserves, naive = reserves, reserves.naive
        committed = {line.group for line in naive.lines if line.min_units > 0 and line.units > 0}
        skus = {line.sku for line in naive.lines if line.min_units > 0 and line.units > 0}
        self.hard = [clause for clause in reserves.clauses if clause.penalty is None]
        self.steps: dict[int, list[tuple[Hashable, str, float]]] = {}
        for clause in self.hard:
            mine = [lot for lot in reserves.before(clause) if lot.sku in skus]
            if clause in reserves.per_lot:
                mine.sort(key=lambda lot: (lot.sku, *_in_order(lot)))
                steps = [(id(lot), lot.sku, reserves.of_lot[id(clause), id(lot)]) for lot in mine]
            else:
                moments = sorted({(lot.sku, lot.available) for lot in mine})
                steps = [(moment, moment[0], reserves.of_sku[id(clause), moment[0]]) for moment in moments]
            self.steps[id(clause)] = [step for step in steps if step[2] > 0]
        self.alone = copy(naive)
        self.alone.clauses = []
        self.alone.lines = [line for line in naive.lines if line.group in committed and line.units > 0]
        arcs = [copy(arc) for arc in naive.candidates if any(arc.line is line for line in self.alone.lines)]
        self.alone.candidates, self.alone.arcs = arcs, self.alone.allowed(arcs)

    def relent(self) -> None:
        """Replace what reserves are given where commitments could not be met beside it."""
        given, least = self.reserves.given, dict[tuple[int, Hashable], float]()
        if not any(self.steps.values()) or not self.holds(least):
            return
        rising = False
        for clause in self.hard:
            as_given = {(id(clause), key): given[id(clause), key] for key, _, _ in self.steps[id(clause)]}
            rising = rising or not self.holds(least | as_given)
            least |= self.risen(clause, least) if rising else as_given
        given |= least

    def risen(self, clause: Protect, least: dict[tuple[int, Hashable], float]) -> dict[tuple[int, Hashable], float]:
        """Return what a clause gets unit by unit."""
        found = {(id(clause), key): 0.0 for key, _, _ in self.steps[id(clause)]}
        rising = {(id(clause), key): (sku, asked) for key, sku, asked in self.steps[id(clause)]}
        while rising:
            for key, (sku, asked) in list(rising.items()):
                upto = min(asked, found[key] + 1)
                if self.holds(least | found | {key: upto}):
                    found[key] = upto
                elif self.reserves.naive.divides(sku):
                    found[key] = min(self.most(least | found, key), upto)
                if found[key] < upto or upto == asked:
                    del rising[key]
        return found

    def model(self, least: dict[tuple[int, Hashable], float]) -> tuple[Model, dict[tuple[int, Hashable], int]]:
        """Return commitments and reserves as a program, with a column for each quantity."""
        model = self.alone.model()
        model.cost = [0.0] * len(model.cost)
        reserves = self.reserves
        own = copy(reserves)
        own.naive, own.model, own.idle, own.live = self.alone, model, {}, self.hard
        columns = {}
        releases = sorted({own.release(clause) for clause in self.hard})
        for clause in self.hard:
            for key, _, _ in self.steps[id(clause)]:
                at = columns[id(clause), key] = model.var(1e6)
                model.row([(at, 1.0)], low=least.get((id(clause), key), 0.0))
                lots = [lot for lot in own.before(clause) if key in (id(lot), (lot.sku, lot.available))]
                if clause not in own.per_lot:
                    lots = [lot for lot in own.before(clause) if lot.sku == key[0] and lot.available <= key[1]]
                for until in releases:
                    if until <= own.release(clause) and max(lot.available for lot in lots) < until:
                        model.row([*own.counted(clause, until, lots), (at, -1.0)], low=0)
        for lot in self.alone.lots:
            for until in releases:
                kept = [(at, 1.0) for (_, other, when), at in own.idle.items() if (other, when) == (id(lot), until)]
                gone = [(arc.at, 1.0) for arc in self.alone.arcs if arc.lot is lot and arc.ship < until]
                model.row([*kept, *gone], high=lot.usable)
        return model, columns

    def holds(self, least: dict[tuple[int, Hashable], float]) -> bool:
        """Return whether there is a plan."""
        return self.model(least)[0].best() is not None

    def most(self, least: dict[tuple[int, Hashable], float], key: tuple[int, Hashable]) -> float:
        """Return how high one quantity can rise, the others at least as they are."""
        model, columns = self.model(least)
        model.constant, model.cost[columns[key]] = 0.0, 1.0
        found = model.best()
        assert found is not None
        return round(found, 7)


def ends(clause: Protect) -> int | None:
    """Return the first period in which a reserve no longer holds; None: it always does."""
    if clause.release_from is None and clause.to_period is not None:
        return clause.to_period + 1
    return clause.release_from


def _in_order(lot: Row) -> tuple[object, ...]:
    """Return what lots are ordered by."""
    blank = lot.expires is None or lot.expires != lot.expires
    return (1e9 if blank else lot.expires, lot.available, lot.node, lot.kind, lot.reference)
