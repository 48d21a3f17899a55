"""How many units each reserve comes to: per lot for shares of supply, per SKU and arrival date for the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocopt.algebra.formulation import Formulation
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import NEVER, Facts, Flags, Floats
from allocopt.rounding import floor_units
from allocopt.rules.base import Numbered
from allocopt.rules.protect import Protect
from allocopt.rules.quantities import due_before
from allocopt.rules.scope import code, has_lane, lines_of, lots_of, quantity_per_sku, whole


@dataclass(frozen=True)
class Reserve:
    """One clause, worked out.

    Attributes
    ----------
    number : int
        Position of the clause in the contract.
    channel : int
        Channel code.
    release : int
        First period in which it no longer holds; `NEVER` if it always does.
    penalty : float or None
    per_lot : bool
        Whether it binds lot by lot.
    lots : bool, shape (lots,)
        Lots in scope: those of the clause at nodes from which some lane leads to the channel.
    quantity : float64, shape (lots,) or (skus,)
        Units kept, of each lot or of each SKU [unit].
    """

    number: int
    channel: int
    release: int
    penalty: float | None
    per_lot: bool
    lots: Flags
    quantity: Floats


def work_out(form: Formulation, facts: Facts, clauses: Numbered) -> list[Reserve]:
    """Return the reserves of the clauses, in whole units; what was rounded is noted on `form`."""
    found = [_unrounded(form, facts, number, clause) for number, clause in clauses]
    rounded: dict[int, Floats] = {}
    for per_lot, divisible in ((True, facts.skus.divisible[facts.lots.sku]), (False, facts.skus.divisible)):
        kind = [reserve for reserve in found if reserve.per_lot == per_lot]
        if kind:
            size = len(divisible)
            wanted = np.concatenate([reserve.quantity for reserve in kind])
            group = np.tile(np.arange(size), len(kind))
            kept = whole(form, "reserve", wanted, group, np.tile(divisible, len(kind)))
            rounded |= {r.number: kept[k * size : (k + 1) * size] for k, r in enumerate(kind)}
    return [Reserve(r.number, r.channel, r.release, r.penalty, r.per_lot, r.lots, rounded[r.number]) for r in found]


def _unrounded(form: Formulation, facts: Facts, number: int, clause: Protect) -> Reserve:
    channel = code(facts.channels.id, clause.channel)
    lots = lots_of(facts, clause, clause.of) & has_lane(facts, channel)[facts.lots.node]
    per_lot = clause.share is not None and clause.of != "demand"
    if per_lot:
        quantity = np.where(lots, facts.lots.usable * (clause.share or 0.0), 0.0)
    else:
        lines = lines_of(facts, clause.channel, clause.sku) & due_before(facts, clause)
        quantity = quantity_per_sku(facts, clause, lots, lines)
        stocked = np.bincount(facts.lots.sku[lots], minlength=len(quantity)) > 0
        bare = int(((quantity > 0) & ~stocked).sum())
        if bare:
            what = "1 SKU has" if bare == 1 else f"{bare} SKUs have"
            reach = f"no lot in scope at a node with a lane to {clause.channel}, so nothing is kept."
            form.note("nothing_to_reserve", f"{clause.words()}: {what} {reach}")
        quantity = np.where(stocked, quantity, 0.0)
    release = NEVER if clause.release_from is None else clause.release_from
    return Reserve(number, channel, release, clause.penalty, per_lot, lots, quantity)


def arrived_quantity(
    facts: Facts, reserve: Reserve, others: list[Reserve], step: Codes, sku: Codes, available: Codes
) -> Floats:
    """Return how much of a reserve per SKU must be there at each arrival date.

    At the last arrival date of the SKU it is all of it. Before, it is what has arrived less what other channels
    keep of these lots by share, split among the reserves of the SKU in proportion, at most all of it.

    Parameters
    ----------
    facts : Facts
    reserve : Reserve
        A reserve per SKU.
    others : list of Reserve
        All reserves of the contract.
    step : integer array, shape (lots,)
        Step at which each lot arrives; -1: it does not count.
    sku, available : integer arrays, shape (steps,)
        SKU and arrival date of each step, sorted.

    Returns
    -------
    float64, shape (steps,)
    """
    lots = facts.lots
    free = lots.usable.copy()
    total = np.zeros(len(facts.skus.id))
    for other in others:
        if not other.per_lot:
            total += other.quantity
        elif other.channel != reserve.channel:
            free -= other.quantity
    mine = np.flatnonzero(step >= 0)
    arrived: Floats = np.zeros(len(sku))
    np.add.at(arrived, step[mine], np.maximum(free[mine], 0.0))
    arrived = np.cumsum(arrived)
    arrived -= np.concatenate([[0.0], arrived])[np.searchsorted(sku, sku)]
    full = reserve.quantity[sku]
    part = arrived * np.divide(full, total[sku], out=np.zeros(len(sku)), where=total[sku] > 0)
    part = np.where(facts.skus.divisible[sku], part, floor_units(part))
    latest = np.full(len(facts.skus.id), -1, dtype=np.int32)
    np.maximum.at(latest, lots.sku[reserve.lots], lots.available[reserve.lots])
    result: Floats = np.where(available == latest[sku], full, np.minimum(full, part))
    return result
