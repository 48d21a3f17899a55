"""How many units each reserve comes to: what it asks for, and what there is for it at each arrival date.

A hard reserve is given what the ones before it in the contract leave (`rules.kit.reserve_order`); a soft one pays for
whatever is missing of what it asks for, as far as there is stock for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.grouping import extreme, running
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import NEVER, Facts, Flags, Floats
from allocopt.rules.kit.base import Numbered
from allocopt.rules.kit.names import grouped
from allocopt.rules.kit.reserve_cells import ReserveCells
from allocopt.rules.kit.scope import due_before, lines_within, lots_of, owner_of, per_sku, quantity, whole
from allocopt.rules.protect import Protect


@dataclass(frozen=True)
class Reserve:
    """One clause, worked out.

    Attributes
    ----------
    number : int
        Position of the clause in the contract.
    owner : int
        The channel that its penalty is booked to, as a code: the company, where it is for several.
    cells : bool, shape (cells,)
        Whom it is for.
    lines : bool, shape (lines,)
        Demand lines that count for it, of whatever SKU.
    release : int
        First period in which it no longer holds; `NEVER` if it always does.
    penalty : float or None
    per_lot : bool
        Whether it binds lot by lot.
    lots : bool, shape (lots,)
        Lots in scope: those of the clause that are there before its release, at nodes from which a lane leads to one
        of its cells.
    asked : float64, shape (lots,) or (skus,)
        What the clause asks for, of each lot in scope or of each SKU, in whole units [unit]. A lot that comes once the
        reserve is released is none of it: nothing of it was ever to be kept.
    kept : float64, shape (lots,)
        What must be there: of the lot, or of all lots in scope of its SKU that are there when it is [unit].
    """

    number: int
    owner: int
    cells: Flags
    lines: Flags
    release: int
    penalty: float | None
    per_lot: bool
    lots: Flags
    asked: Floats
    kept: Floats

    @property
    def hard(self) -> bool:
        """Whether it cannot be broken."""
        return self.penalty is None

    def asked_of(self, facts: Facts) -> Floats:
        """Return what it asks for of each SKU, shape (skus,) [unit]."""
        return per_sku(facts, facts.lots.sku, self.asked) if self.per_lot else self.asked

    def kept_of(self, facts: Facts) -> Floats:
        """Return what is there for it of each SKU in the end, shape (skus,) [unit]."""
        if self.per_lot:
            return per_sku(facts, facts.lots.sku, self.kept)
        return extreme(np.maximum, self.kept, facts.lots.sku, len(facts.skus.id), none=0.0)


@dataclass(frozen=True)
class Moments:
    """The arrival dates of each SKU, sorted; or of each lot by itself.

    Attributes
    ----------
    of_lot : int array, shape (lots,)
        Moment at which each lot is there.
    of, available : int arrays, shape (moments,)
        SKU (or lot), and date.
    """

    of_lot: Codes
    of: Codes
    available: Codes

    @classmethod
    def each(cls, facts: Facts, *, per_lot: bool) -> Moments:
        """Return the arrival dates of the lots."""
        lots = facts.lots
        of = np.arange(len(lots.sku)) if per_lot else lots.sku
        of_lot, index = grouped(facts, of=of, available=lots.available)
        return cls(of_lot, *index.codes)

    def arrived(self, units: Floats) -> Floats:
        """Return units of lots as what has arrived of their SKU at each moment, shape (moments,)."""
        there = np.bincount(self.of_lot, weights=units, minlength=len(self.of)).astype(np.float64)
        return running(there, self.of)


def work_out(
    form: Formulation | None,
    facts: Facts,
    clauses: Numbered,
    cells: ReserveCells,
    more: Mapping[int, float] = MappingProxyType({}),
) -> list[Reserve]:
    """Return the reserves of the clauses with what they ask for; what was rounded is noted on `form`, if given.

    `more` is that of `Statement`: wherever one of these clauses asks for something, it asks for so much more.
    """
    found = [_asked(facts, number, clause, cells) for number, clause in clauses]
    for place, one in enumerate(found):
        if one.number in more:
            grown = np.where(one.asked > 0, np.maximum(one.asked + more[one.number], 0.0), 0.0)
            found[place] = replace(one, asked=grown)
    stated = {number for number, clause in clauses if clause.units is not None}
    rounded: dict[int, Floats] = {}
    for per_lot, divisible in ((True, facts.skus.divisible[facts.lots.sku]), (False, facts.skus.divisible)):
        kind = [reserve for reserve in found if reserve.per_lot == per_lot]
        if kind:
            size = len(divisible)
            wanted = np.concatenate([reserve.asked for reserve in kind])
            group, free = np.tile(np.arange(size), len(kind)), np.tile(divisible, len(kind))
            units = np.repeat([reserve.number in stated for reserve in kind], size)
            kept = whole(form, "reserve", wanted, group, free, units)
            rounded |= {r.number: kept[k * size : (k + 1) * size] for k, r in enumerate(kind)}
    return [replace(reserve, asked=rounded[reserve.number]) for reserve in found]


def _asked(facts: Facts, number: int, clause: Protect, cells: ReserveCells) -> Reserve:
    """Return a reserve with what it asks for, not rounded yet."""
    within = cells.within(facts, clause)
    release = NEVER if clause.release is None else clause.release
    lots = lots_of(facts, clause, clause.of) & cells.reach[within].any(axis=0)
    lines = lines_within(facts, clause) & due_before(facts, clause.release)
    per_lot = clause.share is not None and clause.of != "demand"
    inside = lots & (facts.lots.available < release)
    if per_lot:
        asked = np.where(inside, facts.lots.usable * (clause.share or 0.0), 0.0)
    else:
        asked = quantity(facts, clause, lots, lines)
    mine = lines_within(facts, replace(clause, sku=None))
    owner, none = owner_of(facts, clause), np.zeros(len(lots))
    release = NEVER if release >= facts.periods else release  # within the horizon it is never released
    return Reserve(number, owner, within, mine, release, clause.penalty, per_lot, lots=inside, asked=asked, kept=none)


def soft(facts: Facts, reserve: Reserve) -> Reserve:
    """Return a soft reserve with what there is stock for, whatever others keep."""
    moments = Moments.each(facts, per_lot=reserve.per_lot)
    arrived = moments.arrived(np.where(reserve.lots, facts.lots.usable, 0.0))
    there = np.minimum(arrived, reserve.asked[moments.of])
    return replace(reserve, kept=np.where(reserve.lots, there[moments.of_lot], 0.0))
