"""Stock that is kept for channels, in the naive model: who is given how much, and the rows that keep it."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
from scipy.optimize import linprog
from tests.rules.naive_facts import Records
from tests.rules.naive_records import Model, Row, largest_remainder, named

from allocopt.rules import Protect


class Claims:
    """Claims of channels on lots; each is a least quantity, on lots of its own. Asked by linear programs."""

    def __init__(self, lots: list[Row]) -> None:
        self.lots = lots
        self.claims: list[tuple[str, list[bool], float]] = []

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

    def add(self, channel: str, scope: list[bool], units: float) -> float:
        """Add a claim, as far as it can be met."""
        met = min(units, self.most(scope))
        if met > 0:
            self.claims.append((channel, scope, met))
        return met

    def own(self, channel: str, scope: list[bool], units: float) -> float:
        """Return what a channel holds in a scope, with claims moved into it one after another, up to some units."""
        found = 0.0
        mine = [k for k, (who, _, _) in enumerate(self.claims) if who == channel]
        inside = [k for k in mine if not any(a and not b for a, b in zip(self.claims[k][1], scope, strict=True))]
        found += sum(self.claims[k][2] for k in inside)
        for k in mine:
            both = [a and b for a, b in zip(self.claims[k][1], scope, strict=True)]
            if k in inside or not any(both) or found >= units:
                continue
            moved = min(units - found, self.most(both, shrinks=k))
            self.claims[k] = (channel, self.claims[k][1], self.claims[k][2] - moved)
            self.claims.append((channel, both, moved))
            found += moved
        return found


class Reserves:
    """Stock that is kept for channels."""

    def __init__(self, naive: Records, model: Model) -> None:
        self.naive, self.model = naive, model
        self.clauses = [clause for clause in naive.of(Protect) if clause.mode == "reserve"]
        self.per_lot = [clause for clause in self.clauses if clause.share is not None and clause.of != "demand"]
        self.per_sku = [clause for clause in self.clauses if clause not in self.per_lot]
        ways = {(lane.node, lane.channel, lane.sku) for lane in naive.lanes}
        self.lots = {
            id(clause): [
                lot
                for lot in naive.shared(clause)
                if {(lot.node, clause.channel, ""), (lot.node, clause.channel, lot.sku)} & ways
            ]
            for clause in self.clauses
        }
        self.idle: dict[tuple[str, int, int], int] = {}
        self.of_lot = self._of_lot()
        self.of_sku = self._of_sku()
        self.given: dict[tuple[int, Hashable], float] = {}

    def release(self, clause: Protect) -> int:
        """Return the first period in which a reserve no longer holds."""
        return self.naive.horizon if clause.release_from is None else min(clause.release_from, self.naive.horizon)

    def before(self, clause: Protect) -> list[Row]:
        """Return the lots of a reserve that are there before its release."""
        return [
            lot for lot in self.lots[id(clause)] if clause.release_from is None or lot.available < clause.release_from
        ]

    def _of_lot(self) -> dict[tuple[int, int], float]:
        """Return what each share asks for of each lot."""
        keys = [(id(clause), lot) for clause in self.per_lot for lot in self.lots[id(clause)]]
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
            lines = [
                line
                for line in self.naive.lines
                if line.channel == clause.channel
                and named(clause.sku, line.sku)
                and (clause.release_from is None or line.period < clause.release_from)
            ]
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
        live = [clause for clause in self.clauses if any(self.kept(clause, lot) > 0 for lot in self.before(clause))]
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
        claims = Claims(lots)
        for line in sorted(self.naive.lines, key=lambda line: (line.channel, line.period, line.region, line.order)):
            if line.sku == sku and line.min_units > 0 and line.units > 0:
                ways = [arc.lot for arc in self.naive.candidates if arc.line is line and arc.lot.kind != "safety"]
                claims.add(line.channel, [any(lot is way for way in ways) for lot in lots], line.min_units)
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
        own = claims.own(clause.channel, scope, asked)
        if own < asked:
            own += claims.add(clause.channel, scope, asked - own)
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

    def enough(
        self, clause: Protect, until: int, lots: list[Row], quantity: float, breach: dict[Hashable, int], what: Hashable
    ) -> None:
        """Add that the channel got, or still has idle, enough of some lots."""
        ids = {id(lot) for lot in lots}
        terms = [
            (arc.at, 1.0)
            for arc in self.naive.arcs
            if id(arc.lot) in ids and arc.line.channel == clause.channel and arc.ship < until
        ]
        for lot in lots:
            key = (clause.channel, id(lot), until)
            if key not in self.idle:
                self.idle[key] = self.model.var(lot.usable)
            terms.append((self.idle[key], 1.0))
        if clause.penalty is not None:
            if what not in breach:
                breach[what] = self.model.var(1e4, -clause.penalty)
            terms.append((breach[what], 1.0))
        self.model.row(terms, low=quantity)


def _in_order(lot: Row) -> tuple[object, ...]:
    """Return what lots are ordered by."""
    blank = lot.expires is None or lot.expires != lot.expires
    return (1e9 if blank else lot.expires, lot.available, lot.node, lot.kind, lot.reference)
