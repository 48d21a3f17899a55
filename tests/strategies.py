"""Random problems and clauses, valid by construction, small enough to be solved in milliseconds.

`tables()` draws the tables of a problem as lists of records, which a test may change (one more unit, another row
order, other names) before it builds the problem with `Problem.from_dict`; `problems()` draws the problem at once;
`clauses()` draws a contract's clauses; `cases()` draws both. A problem uses only some features at a time, so that
each of them is met alone, and with others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from hypothesis import strategies as st
from tests.chance import Chance, Dice, Drawn
from tests.clauses import TOLD

import allocopt as ao
from allocopt.problem.schema import LOT_KINDS, NEEDED
from allocopt.rules import CLAUSES, Clause

SKUS = ("A", "B", "C")
NODES = {"East": "dc", "Shop": "store", "West": "3pl"}
CHANNELS = {"amazon": "marketplace", "dtc": "dtc", "stores": "store", "wholesale": "wholesale"}
PERIODS = 4
PROMOTIONS = ("P1", "P2")

Record = dict[str, Any]
Tables = dict[str, list[Record]]

SWITCHES = frozenset(
    {
        "all_or_none",
        "max_parcels",
        "min_ship",
        "otif",
        "packs",
        "parcel_cost",
        "sealed",
        "ship_from_one",
        "ship_together",
        "work_per_order",
        "work_per_parcel",
    }
)
"""Features that need whole-number columns of their own."""
LINEAR = frozenset(
    {
        "approved",
        "arrived",
        "capacity",
        "confidence",
        "divisible",
        "early",
        "end_value",
        "expires",
        "fees",
        "firm",
        "hold",
        "holding",
        "hours",
        "lane_capacity",
        "lane_specific",
        "late",
        "lead",
        "lost_cost",
        "lot_cost",
        "map_price",
        "min_life",
        "min_units",
        "orders",
        "priority",
        "promotions",
        "references",
        "regions",
        "reserved",
        "spread",
        "returns",
        "store_floor",
        "via",
        "zeros",
    }
)
FEATURES = LINEAR | SWITCHES
"""Everything that a problem can have beyond lots, lanes and lines."""

OF_ORDERS = ("all_or_none", "ship_from_one", "ship_together")
"""Features that are marks of an order, the same on all its lines."""
ORDERED = frozenset({*OF_ORDERS, "orders", "max_parcels", "parcel_cost", "work_per_order", "work_per_parcel"})
"""Features with which demand lines have orders."""
RATES = (0.0, 0.1, 0.25, 0.5)
LOTS, LINES, AGREED = (4, 5, 6, 3), (7, 6, 8, 5, 4), (2, 3, 1, 4, 0)
"""How many lots, lines and clauses are drawn. Hypothesis likes what comes first, so that is many; alike ones become
one, so that a failure can still be made small."""
ARRIVALS = (
    ("on_hand", 0),
    ("on_hand", 0),
    ("on_hand", 0),
    ("inbound", 1),
    ("inbound", 1),
    ("inbound", 2),
    ("safety", 0),
    ("returns", 1),
    ("on_hand", 3),
)
"""Kinds of lot with the period from which they can be used."""
DUE = (2, 1, 3, 0, 2, 3)
"""Periods in which lines are due: mostly when something is there."""
TOLD_KINDS = {module.KIND: module for module in TOLD.values()}
BASES = ("supply", "on_hand", "inbound", "demand")
REVISING: tuple[type[Clause], ...] = (ao.Approval, ao.KeepOrRetire, ao.Promotion, ao.Retire)
"""Kinds of clause that change what demand there is."""
AS_STATED = tuple(kind for kind in CLAUSES if kind not in REVISING)
"""Kinds of clause under which demand is what the table states."""

NEEDS = {ao.Campaigns: "promotions", ao.Promotion: "promotions", ao.SafetyStock: "safety", ao.Approval: "orders"}
"""What some kinds of clause have nothing to say without."""


def thrown(seed: int, kinds: Sequence[type[Clause]] = CLAUSES) -> tuple[ao.Problem, tuple[Clause, ...]]:
    """Return a problem and clauses for it by a seed: every kind of clause and every feature about equally often."""
    dice = Dice(seed)
    wanted = [dice.of(kinds) for _ in range(dice.of(AGREED))]
    needed = {NEEDS[kind] for kind in wanted if kind in NEEDS} & FEATURES
    drawing = _Draw(dice, frozenset(FEATURES), 3)
    drawing.on |= needed
    problem = ao.Problem.from_dict(drawing.tables())
    making = _Clauses(dice, problem, shares=True, hard=dice.of((True, True, False)))
    said = [making.one(kind) for kind in wanted]
    return problem, consistent({clause.scope(): clause for clause in said}.values())


def pressed(seed: int) -> tuple[ao.Problem, tuple[Clause, ...]]:
    """Return a problem and clauses by a seed in which commitments, tight capacity and hard reserves meet."""
    dice = Dice(seed)
    drawing = _Draw(dice, frozenset(FEATURES - {"hold", "store_floor", "zeros"}), 2)
    drawing.on |= {"min_units", "lane_capacity", dice.of(("capacity", "hours", "late", "early"))}
    drawing.nodes = tuple(NODES)
    drawn = drawing.tables()
    for sku, node in sorted({(sku, node) for sku in drawing.skus for node in NODES}):
        if all((lot["sku"], lot["node"]) != (sku, node) for lot in drawn["supply"]):
            drawn["supply"].append(drawing.lot(sku, node, "on_hand", 0))
    for limit in drawn.get("capacity", []):
        limit["limit"] = dice.of((1, 2, 3.5, 4))
    for lane in drawn["lanes"]:
        lane["capacity"] = dice.of((1, 2, 2, 4, None))
    problem = _committed(drawn, dice)
    making = _Clauses(dice, problem, shares=True, hard=True)
    said: list[Clause] = []
    for _ in range(dice.of((1, 2, 3))):
        amount = dice.of(({"units": 12}, {"units": 4.5}, {"share": 1.0}, {"share": 0.6}))
        penalty = dice.of((None, None, None, 0.5))
        one = making.one(ao.Protect)
        if dice.of((True, True, False)):
            one = replace(one, from_period=None, to_period=None, release_from=dice.of((None, None, 3)), sku=None)
        if dice.of((True, True, False)):
            one = replace(one, node=tuple(dice.shuffled(sorted(NODES))[: dice.of((1, 2))]), of="supply")
        said.append(replace(one, **{"units": None, "share": None} | amount, mode="reserve", per="sku", penalty=penalty))
    said += [making.one(dice.of(CLAUSES)) for _ in range(dice.of((0, 0, 0, 1)))]
    return problem, consistent({clause.scope(): clause for clause in dice.shuffled(said)}.values())


def _committed(drawn: Tables, dice: Dice) -> ao.Problem:
    """Return the problem with commitments on some lines, line by line as long as all of them can be kept."""
    for line in drawn["demand"]:
        line["min_units"] = 0
    problem = ao.Problem.from_dict(drawn)
    for line in dice.shuffled(drawn["demand"])[:4]:
        line["min_units"] = min(line["units"], dice.of((2, 3, 5, 8)))
        more = ao.Problem.from_dict(drawn)
        if ao.allocate(more).solved:
            problem = more
        else:
            line["min_units"] = 0
    return problem


def with_all(features: Iterable[str], seed: int) -> Tables:
    """Return the tables of a problem by a seed: with all of some features, and no others."""
    drawing = _Draw(Dice(seed), frozenset(), 3)
    drawing.on = frozenset(features)
    return drawing.tables()


@st.composite
def tables(draw: st.DrawFn, features: Iterable[str] = FEATURES, skus: int = 3) -> Tables:
    """Draw the tables of a problem: at most 3 SKUs, 3 nodes, 4 channels, 4 periods, 6 lots and 8 lines.

    Parameters
    ----------
    features : iterable of str
        Features that may occur, of `FEATURES`; each problem has some of them.
    skus : int
        At most so many SKUs.
    """
    return _Draw(Drawn(draw), frozenset(features), skus).tables()


def problems(features: Iterable[str] = FEATURES, skus: int = 3) -> st.SearchStrategy[ao.Problem]:
    """Draw a checked problem; see `tables`."""
    return tables(features, skus).map(ao.Problem.from_dict)


@st.composite
def clauses(
    draw: st.DrawFn,
    problem: ao.Problem,
    kinds: Sequence[type[Clause]] = CLAUSES,
    *,
    most: int = 4,
    shares: bool = True,
    hard: bool = True,
) -> tuple[Clause, ...]:
    """Draw the clauses of a contract for a problem; none says again what another one says.

    Parameters
    ----------
    problem : Problem
    kinds : sequence of clause types
    most : int
        At most so many.
    shares : bool
        Whether quantities may be shares; else they are units.
    hard : bool
        Whether quantities may be without a penalty, so that there may be no plan.
    """
    drawing = _Clauses(Drawn(draw), problem, shares, hard)
    count = drawing.of([number for number in AGREED if number <= most])
    drawn = [drawing.one(drawing.of(kinds)) for _ in range(count)]
    # What stands in for a kind that would not be right changes no demand that the caller wanted left as it is.
    revising = tuple({*REVISING} - {*kinds})
    assert not any(isinstance(clause, revising) and getattr(clause, "holds", True) for clause in drawn)
    return consistent({clause.scope(): clause for clause in drawn}.values())


def consistent(drawn: Iterable[Clause]) -> tuple[Clause, ...]:
    """Return the clauses without what contradicts another one: demand goes to no channel that is retired."""
    found = list(drawn)
    gone = {clause.channel for clause in found if isinstance(clause, ao.Retire)}
    for place, clause in enumerate(found):
        if isinstance(clause, ao.Retire | ao.KeepOrRetire):
            parts = tuple(part for part in clause.recapture if part.to not in gone)
            found[place] = replace(clause, recapture=parts)
    return tuple(found)


@st.composite
def cases(
    draw: st.DrawFn, features: Iterable[str] = FEATURES, kinds: Sequence[type[Clause]] = CLAUSES, skus: int = 3
) -> tuple[ao.Problem, tuple[Clause, ...]]:
    """Draw a problem, and clauses for it."""
    problem = draw(problems(features, skus))
    return problem, draw(clauses(problem, kinds))


class _Draw:
    """Draws one problem, table by table."""

    def __init__(self, chance: Chance, features: frozenset[str], skus: int) -> None:
        self.chance = chance
        self.on = chance.features(features)
        self.skus = SKUS[: self.of([number for number in (2, 1, 3) if number <= skus])]
        self.nodes = tuple(NODES)[: self.of((2, 1, 3))]
        self.channels = tuple(sorted(chance.shuffled(tuple(CHANNELS))[: self.of((3, 2, 4, 1))]))
        self.regions = ("", "north", "south") if "regions" in self.on else ("",)
        self.divisible = set(chance.some(tuple(self.skus))) if "divisible" in self.on else set()

    def of(self, values: Sequence[Any]) -> Any:
        return self.chance.of(values)

    def upto(self, most: int, least: int = 0) -> int:
        return self.chance.between(least, most)

    def flag(self) -> bool:
        return self.of((False, True))

    def money(self) -> float:
        return self.upto(40) / 4

    def units(self, sku: str, most: int) -> float:
        """Draw units of a SKU: whole, or halves where it is divisible."""
        least = 0 if "zeros" in self.on else 1
        return self.upto(2 * most, least) / 2 if sku in self.divisible else self.upto(most, least)

    def tables(self) -> Tables:
        found = {
            "skus": [self.sku(name) for name in self.skus],
            "nodes": [self.node(name) for name in self.nodes],
            "channels": [self.channel(name) for name in self.channels],
            "supply": self.supply(),
            "demand": self.demand(),
            "lanes": self.lanes(),
            **self.capacity(),
        }
        return {name: rows for name, rows in found.items() if rows or name in NEEDED}

    def sku(self, name: str) -> Record:
        row: Record = {"sku": name, "unit_cost": self.money(), "divisible": name in self.divisible}
        if "packs" in self.on:
            row["pack"] = self.upto(3, 1)
        if "map_price" in self.on:
            row["map_price"] = self.of((None, 5.0, 8.0))
        return row

    def node(self, name: str) -> Record:
        row: Record = {"node": name, "kind": NODES[name]}
        if "store_floor" in self.on:
            row["store_floor"] = self.upto(4)
        if "holding" in self.on:
            row["holding_cost"] = self.of((0.0, 0.25, 1.0))
        return row

    def channel(self, name: str) -> Record:
        row: Record = {"channel": name, "kind": CHANNELS[name]}
        if "fees" in self.on:
            row |= {"fee_rate": self.of(RATES), "fee_per_unit": self.of(RATES), "fixed_cost": self.money()}
        if "returns" in self.on:
            row |= {"return_rate": self.of(RATES), "return_cost": self.of(RATES), "recovery": self.of(RATES)}
        if "map_price" in self.on:
            row["advertised"] = self.of((None, True, False))
        return row

    def supply(self) -> list[Record]:
        keys = {(self.of(self.skus), self.of(self.nodes), *self.of(ARRIVALS)) for _ in range(self.of(LOTS))}
        return [self.lot(*key) for key in sorted(keys)]

    def lot(self, sku: str, node: str, kind: str, available: int) -> Record:
        units = self.units(sku, 12)
        row: Record = {"sku": sku, "node": node, "kind": kind, "available": available, "units": units}
        if "confidence" in self.on:
            row["confidence"] = self.of((1.0, 0.9, 0.75, 0.5))
        if "reserved" in self.on:
            row["reserved"] = min(units, self.upto(3))
        if "hold" in self.on:
            row["hold"] = self.of((False, False, False, True))
        if self.on & {"expires", "min_life"}:
            row["expires"] = self.of((None, *range(-1, PERIODS + 1)))
        if "end_value" in self.on:
            row["end_value"] = self.of((None, 0.0, 1.5))
        if "lot_cost" in self.on:
            row["unit_cost"] = self.of((None, 2.0, 3.5))
        if self.on & {"lot_cost", "references"}:
            row["reference"] = self.of(("", "PO/7", "PO/8") if "references" in self.on else ("", "PO/7"))
        if "sealed" in self.on:
            row["pack"] = self.of((2, 1, 3, 4))
        return row

    def demand(self) -> list[Record]:
        orders = ("", "O1", "O1", "O2") if self.on & ORDERED else ("",)
        keys = {
            (self.of(self.skus), self.of(self.channels), self.of(DUE), self.of(self.regions), self.of(orders))
            for _ in range(self.of(LINES))
        }
        marked: dict[tuple[str, str], Record] = {}
        lines = []
        for sku, channel, period, region, order in sorted(keys):
            marks = marked.setdefault((channel, order), self.marks()) if order else self.marks()
            lines.append(self.line(sku, channel, period, region, order) | marks)
        return lines

    def marks(self) -> Record:
        """Draw what is said of an order, the same in all its lines."""
        found: Record = {name: self.flag() for name in OF_ORDERS if name in self.on}
        if "firm" in self.on:
            found["firm"] = self.flag()
        if "arrived" in self.on:
            found["arrived"] = self.of((None, 3, 1, 2))
        if "approved" in self.on:
            found["approved"] = self.of((True, True, False))
        if "max_parcels" in self.on:
            found["max_parcels"] = self.of((1, None, 2))
        if "approved" in self.on:
            found["approved"] = self.of((True, True, False))
        return found

    def line(self, sku: str, channel: str, period: int, region: str, order: str) -> Record:
        units = self.units(sku, 10)
        row: Record = {"sku": sku, "channel": channel, "period": period, "region": region, "order": order}
        row |= {"units": units, "price": 4.0 + self.money()}
        if "min_units" in self.on:
            row["min_units"] = min(units, self.of((0, 0, 0, 1, 2)))
        if "spread" in self.on:
            row["sd"] = self.of((0.0, 1.5, 4.0))
        if "late" in self.on:
            row |= {"max_late": self.upto(2), "late_cost": self.of((0.0, 0.5))}
        if "early" in self.on:
            row["max_early"] = self.upto(2)
        if "priority" in self.on:
            row["priority"] = self.of((1, 2, None))
        if "promotions" in self.on:
            row["promotion"] = self.of(("", *PROMOTIONS))
        if "lost_cost" in self.on:
            row["lost_cost"] = self.of((0.0, 1.0))
        if "packs" in self.on:
            row["pack"] = self.of((None, 1, 2, 4))
        if "min_ship" in self.on:
            row["min_ship"] = self.upto(4)
        if "min_life" in self.on:
            row["min_life"] = self.of((1, 0, 2))
        if "references" in self.on:
            row["reference"] = self.of(("", "PO/7", "PO/8"))
        if "otif" in self.on:
            row |= {"otif_share": self.of((None, 0.5, 0.8, 0.0)), "otif_cost": self.of((0.0, 3.0, 20.0))}
        return row

    def lanes(self) -> list[Record]:
        pairs = [(node, channel) for node in self.nodes for channel in self.channels]
        missing = {self.of(pairs) for _ in range(self.of((0, 0, 0, 1)))}
        keys = [(*pair, "", "", "") for pair in pairs if pair not in missing]
        if "lane_specific" in self.on:
            keys += [
                (*self.of(pairs), self.of(self.regions), self.of(("", *self.skus)), "") for _ in range(self.upto(3, 1))
            ]
        if "via" in self.on and keys:
            keys += [(*self.of(keys)[:4], "air") for _ in range(self.upto(2, 1))]
        return [self.lane(*key) for key in dict.fromkeys(keys)]

    def lane(self, node: str, channel: str, region: str, sku: str, via: str) -> Record:
        row: Record = {"node": node, "channel": channel, "region": region, "sku": sku, "via": via}
        row["cost"] = self.of((0.0, 0.5, 1.25))
        if "lead" in self.on:
            row["lead"] = self.upto(2)
        if "lane_capacity" in self.on:
            row["capacity"] = self.of((None, 0, 3, 6.5))
        if "parcel_cost" in self.on:
            row["parcel_cost"] = self.of((5.0, 0.0, 12.0))
        return row

    def capacity(self) -> Tables:
        limits: list[Record] = []
        work: list[Record] = []
        for feature, resource in (
            ("capacity", "units"),
            ("hours", "hours"),
            ("work_per_order", "pick lists"),
            ("work_per_parcel", "labels"),
        ):
            if feature not in self.on:
                continue
            for node, period in sorted({(self.of(self.nodes), self.of(DUE)) for _ in range(self.upto(3, 1))}):
                limits.append({"node": node, "period": period, "resource": resource, "limit": self.upto(20) / 2})
            if feature == "hours":
                for sku, channel in self.scopes():
                    work.append(self.workload(resource, "unit", sku, channel))
            if feature == "work_per_order":
                for _, channel in self.scopes():
                    work.append(self.workload(resource, "order", "", channel))
            if feature == "work_per_parcel":
                for _, channel in self.scopes():
                    work.append(self.workload(resource, "parcel", "", channel))
        return {"capacity": limits, "workloads": list({(*row.values(),)[1:]: row for row in work}.values())}

    def scopes(self) -> list[tuple[str, str]]:
        found = {(self.of(("", *self.skus)), self.of(("", *self.channels))) for _ in range(self.upto(3, 1))}
        return sorted(found)

    def workload(self, resource: str, per: str, sku: str, channel: str) -> Record:
        return {"workload": self.of((0.0, 0.5, 1.0)), "resource": resource, "per": per, "sku": sku, "channel": channel}


class _Clauses:
    """Draws clauses for one problem."""

    def __init__(self, chance: Chance, problem: ao.Problem, shares: bool, hard: bool) -> None:
        facts = problem.facts
        self.chance, self.shares, self.hard, self.facts = chance, shares, hard, facts
        self.skus, self.nodes, self.channels = (
            table.id.tolist() for table in (facts.skus, facts.nodes, facts.channels)
        )
        self.promotions = facts.promotions.tolist()

    def of(self, values: Sequence[Any]) -> Any:
        return self.chance.of(values)

    def scope(self) -> Record:
        """Draw the channel of a line and, or not, its SKU and some nodes."""
        line = self.of(range(len(self.facts.lines.sku)))
        found: Record = {"channel": self.facts.channels.id[self.facts.lines.channel[line]]}
        if self.of((False, True)):
            found["sku"] = (self.facts.skus.id[self.facts.lines.sku[line]],)
        if self.of((False, True)):
            found["node"] = tuple(self.chance.some(tuple(self.nodes)))
        return found

    def wide(self, scope: Record) -> Record:
        """Draw what makes a scope wider or narrower: several channels, regions, a window of periods; mostly nothing."""
        found: Record = {}
        if "channel" in scope and self.of((False, False, True)):
            more = tuple(self.chance.some(tuple(self.channels)))
            found["channel"] = tuple(dict.fromkeys((scope["channel"], *more)))
        if len(self.facts.regions) and "region" not in scope and self.of((False, False, True)):
            found["region"] = tuple(self.chance.some(tuple(self.facts.regions.tolist())))
        if self.of((False, False, True)):
            first = self.of((None, 0, 1, 2))
            found |= {"from_period": first, "to_period": (first or 0) + self.chance.between(0, 2)}
        elif self.of((False, False, False, True)):
            found["from_period"] = self.of((1, 2))
        return found

    def penalty(self) -> float | None:
        """Draw a penalty, or none where clauses may be hard."""
        return None if self.hard and self.of((False, True)) else self.of((0.0, 0.5, 3.0))

    def one(self, kind: type[Clause]) -> Clause:
        """Draw a clause of this kind, or another one where none of this kind would be right."""
        if kind in TOLD_KINDS:
            return TOLD_KINDS[kind].make(self)
        if kind in self.AMONG:
            return self.AMONG[kind](self)
        if kind not in self.MAKERS:  # the checklist says so; other tests draw what can be drawn
            return self.one(ao.Cap)
        scope: Record = {"channel": self.of(self.channels)}
        if self.of((False, True)):
            scope["sku"] = tuple(self.chance.some(tuple(self.skus)))
        if kind is not ao.MarginFloor and self.of((False, True)):
            scope["node"] = tuple(self.chance.some(tuple(self.nodes)))
        return self.MAKERS[kind](self, scope)

    def quantity(self) -> Record:
        """Draw units or a share, of what, and a penalty or none."""
        found: Record = {"of": self.of(BASES)}
        if self.shares and self.of((False, True)):
            found["share"] = self.of((0.0, 0.2, 0.35, 0.5, 1.0))
        else:
            found["units"] = self.chance.between(0, 12) / self.of((1, 1, 2))
        if not self.hard or self.of((False, True)):
            found["penalty"] = self.of((0.0, 0.5, 3.0))
        return found

    def access(self, scope: Record) -> Clause:
        kinds = self.of((None, ("on_hand",), ("on_hand", "inbound"), ("inbound", "safety", "returns")))
        sure, wide = self.of((0.0, 0.6, 0.95)), self.wide(scope)
        wide["from_period"] = wide.get("from_period") or 0
        if "to_period" not in wide:
            wide["from_period"] = self.chance.between(0, PERIODS)
        return ao.Access(**scope | wide, kinds=kinds, min_confidence=sure)

    def cap(self, scope: Record) -> Clause:
        scope |= self.wide(scope)
        if self.of((False, False, False, True)):
            scope |= {"channel": self.of((scope["channel"], None)), "priority": self.of(((1,), (1, 2)))}
        return ao.Cap(**scope, **self.quantity(), per=self.of(("sku", "total")))

    def margin_floor(self, scope: Record) -> Clause:
        wide = self.wide(scope)
        wide["channel"] = self.of((None, wide.get("channel", scope["channel"])))
        return ao.MarginFloor(**scope | wide, floor=self.of((-0.5, 0.0, 0.2)), per=self.of(("unit", "channel")))

    def protect(self, scope: Record) -> Clause:
        mode = self.of(("reserve", "serve"))
        per = self.of(("sku", "total")) if mode == "serve" else "sku"
        release = self.of((None, *range(PERIODS + 1)))
        scope |= self.wide(scope)
        return ao.Protect(**scope, **self.quantity(), mode=mode, per=per, release_from=release)

    def retire(self, scope: Record) -> Clause:
        return ao.Retire(scope["channel"], recapture=self.recapture(scope["channel"]))

    def keep_or_retire(self, scope: Record) -> Clause:
        return ao.KeepOrRetire(scope["channel"], recapture=self.recapture(scope["channel"]))

    def promotion(self) -> Clause:
        """Draw a promotion that some line belongs to, if there is one; without shares, one that needs no rounding."""
        if not len(self.promotions):
            return self.one(ao.Cap)
        stated = self.of(("without", "with"))
        found: Record = {"run": self.of(("choose", "yes", "no")), "stated": stated}
        found["uplift"] = (
            self.of((0.5, 0.25, 0.0, 1.0)) if self.shares else self.of((0.0, 1.0) if stated == "without" else (0.0,))
        )
        if stated == "without" and self.of((False, True)):
            found["price"] = self.of((3.0, 6.0))
        elif self.of((True, False)):
            found["discount"] = self.of((0.25, 0.5, 0.0))
        return ao.Promotion(self.of(self.promotions), cost=self.of((0.0, 2.0, 20.0)), **found)

    def campaigns(self) -> Clause:
        channel = self.of((None, *self.channels))
        return ao.Campaigns(self.of((1, 0, 2)), sku=self.of((None, (self.skus[0],))), channel=channel)

    def recapture(self, channel: str) -> tuple[ao.Recapture, ...]:
        """Draw who takes which shares of a channel's demand over; all of it where there are no shares."""
        others = [other for other in self.channels if other != channel]
        if not others or self.of((False, False, True)):
            return ()
        shares = (0.5, 0.35, 0.2, 0.0) if self.shares else (1.0,)
        count = self.of((1, 2)) if self.shares and len(others) > 1 else 1
        receivers = self.chance.shuffled(others)[:count]
        return tuple(ao.Recapture(to, self.of(shares), self.of(("receiving", "original"))) for to in receivers)

    def safety_stock(self, scope: Record) -> Clause:
        start = self.chance.between(0, PERIODS)
        return ao.SafetyStock(**scope, penalty=self.of((0.0, 1.0)), from_period=start)

    def lock(self) -> Clause:
        """Draw units that one line, and those like it, can take and one lot can give."""
        facts = self.facts
        held = np.flatnonzero(np.isin(facts.lines.sku, facts.lots.sku[~facts.lots.hold]))
        if not len(held) or not self.hard:
            return self.one(self.of((ao.Access, ao.Cap, ao.MarginFloor, ao.Service)))
        line = self.of(held.tolist())
        lot = self.of(np.flatnonzero((facts.lots.sku == facts.lines.sku[line]) & ~facts.lots.hold).tolist())
        pack = int(facts.lines.pack[line])
        room = int(min(facts.lots.usable[lot], facts.lines.units[line]) // pack)
        like: Record = {"node": (facts.nodes.id[facts.lots.node[lot]],), "period": int(facts.lines.period[line])}
        like["kind"] = LOT_KINDS[facts.lots.kind[lot]]
        if facts.lines.order[line] >= 0:
            like["order"] = facts.orders[facts.lines.order[line]]
        like = {key: value for key, value in like.items() if self.of((False, True))}
        channel, sku = facts.channels.id[facts.lines.channel[line]], facts.skus.id[facts.lines.sku[line]]
        units = pack * self.chance.between(0, room)
        return ao.Lock(channel, sku, units, **like, owner="Ann", reason="promised")

    def approval(self) -> Clause:
        units, revenue = self.of(((3, None), (None, 20.0), (0, 0.0), (6, 60.0)))
        whom = self.of((None, *self.channels, tuple(self.channels)))
        return ao.Approval(units, revenue, channel=whom, owner=self.of(("", "Ann")), holds=self.of((False, True)))

    def price_parity(self) -> Clause:
        if len(self.channels) == 1:
            return replace(self.approval(), holds=False)
        channel = self.of(self.channels)
        other = self.of([name for name in self.channels if name != channel])
        return ao.PriceParity(channel, other, self.of((0.0, 0.2)))

    def protection_levels(self) -> Clause:
        """Draw some or all channels; limits say little where there is but one."""
        some = tuple(self.chance.some(tuple(self.channels)))
        skus = self.of((None, tuple(self.chance.some(tuple(self.skus)))))
        penalty, value = self.penalty(), self.of(("price", "contribution"))
        some, method = some if len(some) > 1 else None, self.of(("emsr_b", "emsr_a"))
        return ao.ProtectionLevels(some, value=value, penalty=penalty, sku=skus, method=method)

    AMONG: ClassVar[dict[type[Clause], Callable[[_Clauses], Clause]]] = {
        ao.Approval: approval,
        ao.Campaigns: campaigns,
        ao.Lock: lock,
        ao.PriceParity: price_parity,
        ao.Promotion: promotion,
        ao.ProtectionLevels: protection_levels,
    }
    """Clauses whose scope has a shape of its own; some are drawn so that they speak of lines that are there."""
    MAKERS: ClassVar[dict[type[Clause], Callable[[_Clauses, Record], Clause]]] = {
        ao.Access: access,
        ao.Cap: cap,
        ao.KeepOrRetire: keep_or_retire,
        ao.MarginFloor: margin_floor,
        ao.Protect: protect,
        ao.Retire: retire,
        ao.SafetyStock: safety_stock,
    }


MADE = frozenset({*TOLD_KINDS, *_Clauses.AMONG, *_Clauses.MAKERS})
"""The kinds of clause that can be drawn."""
