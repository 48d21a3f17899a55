"""The rules of allocation: one file a rule, and the one list of them.

Adding a rule means its file and a line in `RULES`; the program, the profit and loss, the Pyomo model and the contract
files follow from what it declares.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np

from allocopt.algebra.formulation import Formulation, Note
from allocopt.arcs import Arcs, arc_keys
from allocopt.problem.encode import freeze
from allocopt.problem.facts import Facts, Flags
from allocopt.rules.access import AccessRule
from allocopt.rules.all_or_none import AllOrNone
from allocopt.rules.approval import ApprovalRule
from allocopt.rules.campaigns import CampaignsRule
from allocopt.rules.cap import CapRule
from allocopt.rules.capacity import Capacity
from allocopt.rules.clauses import *  # noqa: F403
from allocopt.rules.demand import Demand
from allocopt.rules.holding import Holding
from allocopt.rules.in_ratio import InRatioRule
from allocopt.rules.keep_or_retire import KeepOrRetireRule
from allocopt.rules.kit.base import Clause as Clause
from allocopt.rules.kit.base import Numbered
from allocopt.rules.kit.base import Rule as Rule
from allocopt.rules.kit.base import Statement as Statement
from allocopt.rules.kit.broken import Broken, broken_promises
from allocopt.rules.kit.broken import find_broken as broken_of
from allocopt.rules.kit.decisions import add_switches
from allocopt.rules.kit.emsr import emsr_a as emsr_a
from allocopt.rules.kit.emsr import emsr_b as emsr_b
from allocopt.rules.kit.exceptions import Exceptions, Outcome
from allocopt.rules.kit.leaving import retired as retired
from allocopt.rules.kit.names import labels
from allocopt.rules.kit.recapture import Recapture as Recapture
from allocopt.rules.lane_capacity import LaneCapacity
from allocopt.rules.lock import LockRule
from allocopt.rules.map_price import MapPrice
from allocopt.rules.margin_floor import MarginFloorRule
from allocopt.rules.min_life import MinLife
from allocopt.rules.min_share import MinShareRule
from allocopt.rules.min_ship import MinShip
from allocopt.rules.on_time import OnTimeInFull
from allocopt.rules.packs import Packs
from allocopt.rules.parcels import Parcels
from allocopt.rules.price_parity import PriceParityRule
from allocopt.rules.promised_beyond import PromisedBeyond
from allocopt.rules.promotion import PromotionRule
from allocopt.rules.protection_levels import ProtectionLevelsRule
from allocopt.rules.reference import Reference
from allocopt.rules.reserve import ReserveRule
from allocopt.rules.retire import RetireRule
from allocopt.rules.safety_stock import SafetyStockRule
from allocopt.rules.sealed import Sealed
from allocopt.rules.serve import ServeRule
from allocopt.rules.service import ServiceRule
from allocopt.rules.ship_from_one import ShipFromOne
from allocopt.rules.ship_together import ShipTogether
from allocopt.rules.stock_value import StockValue
from allocopt.rules.store_floor import StoreFloor
from allocopt.rules.supply import Supply
from allocopt.rules.switches import Switches
from allocopt.rules.trade import Trade

RULES: tuple[Rule, ...] = (
    ApprovalRule(),
    Trade(),
    OnTimeInFull(),
    PromisedBeyond(),
    StockValue(),
    Holding(),
    Supply(),
    Demand(),
    Capacity(),
    LaneCapacity(),
    StoreFloor(),
    SafetyStockRule(),
    MapPrice(),
    MinLife(),
    Reference(),
    AccessRule(),
    MarginFloorRule(),
    ReserveRule(),
    ServeRule(),
    ServiceRule(),
    MinShareRule(),
    InRatioRule(),
    CapRule(),
    ProtectionLevelsRule(),
    LockRule(),
    RetireRule(),
    KeepOrRetireRule(),
    PromotionRule(),
    CampaignsRule(),
    Switches(),
    Sealed(),
    Packs(),
    MinShip(),
    ShipFromOne(),
    ShipTogether(),
    Parcels(),
    AllOrNone(),
    PriceParityRule(),
)
"""Every rule, in the order in which facts are revised, arcs are taken away and rows are written.

Approvals come first: what waits is judged by the orders as they are stated, and counts as not there for all others."""

CLAUSES: tuple[type[Clause], ...] = tuple(
    sorted({rule.clause for rule in RULES if rule.clause is not None}, key=lambda kind: kind.__name__)
)
"""Every kind of clause that a contract can hold: those of the rules."""


def revised(facts: Facts, clauses: Sequence[Clause]) -> tuple[Facts, tuple[Note, ...]]:
    """Return the facts as the clauses change them, and what a planner should know about it.

    Parameters
    ----------
    facts : Facts
        Of the problem.
    clauses : sequence of Clause
        The clauses of the contract, in its order.

    Returns
    -------
    Facts
        The very same object where no clause changes anything.
    tuple of Note
    """
    notes: list[Note] = []
    changed = facts
    for rule, mine in _called(clauses):
        changed = rule.revise(changed, mine, lambda code, message: notes.append(Note(code, message)))
    if changed is not facts:
        freeze(changed)
    return changed, tuple(notes)


def allowed(arcs: Arcs, clauses: Sequence[Clause]) -> Arcs:
    """Return the arcs that every rule leaves, the others counted with their reasons."""
    for rule in RULES:
        arcs = rule.forbid(arcs, _of(rule, clauses))
    return arcs


def hindering(arcs: Arcs, clauses: Sequence[Clause]) -> Iterator[tuple[Rule, int, Flags]]:
    """Yield which arcs each rule by itself takes away: the rule, the clause (-1: none), and a mask of the arcs.

    Where several clauses take the same arc, each of them is named; what all clauses of a rule take together, but none
    of them alone, is taken by none in particular.
    """
    for rule in RULES:
        mine = _of(rule, clauses)
        taken = _taken(arcs, rule, mine)
        if not taken.any():
            continue
        alone = [(number, _taken(arcs, rule, [(number, clause)]) & taken) for number, clause in mine]
        for number, mask in alone:
            if mask.any():
                yield rule, number, mask
        nobody = taken & ~np.any([mask for _, mask in alone], axis=0) if alone else taken
        if nobody.any():
            yield rule, -1, nobody


def state(
    arcs: Arcs, clauses: Sequence[Clause], notes: Sequence[Note] = (), more: Mapping[int, float] | None = None
) -> Formulation:
    """State the program of a problem under clauses.

    Parameters
    ----------
    arcs : Arcs
        What `allowed` left.
    clauses : sequence of Clause
        The clauses of the contract, in its order.
    notes : sequence of Note
        What `revised` had to say.
    more : mapping of int to float, optional
        How many units more some clauses state in each of their limits; see `Statement`.

    Returns
    -------
    Formulation
        Its first variable is ``ship``: units on each arc; then come the switches, if there are any.
    """
    facts, form = arcs.facts, Formulation(notes=list(notes))
    sku = arcs.sku
    ship = form.add_variable(
        "ship",
        labels(facts, lot=arcs.lot, line=arcs.line, lane=arcs.lane, period=arcs.ship),
        upper=np.minimum(facts.lots.usable[arcs.lot], facts.lines.units[arcs.line]),
        sku=sku,
        integer=~facts.skus.divisible[sku],
        line=arcs.line,
    )
    on = Statement(form, arcs, ship, add_switches(form, facts), more or {})
    for rule, mine in _called(clauses):
        form.rule = rule.name
        rule.state(on, mine)
    return form


def _taken(arcs: Arcs, rule: Rule, clauses: Numbered) -> Flags:
    """Return which arcs a rule takes away because of some clauses."""
    left = rule.forbid(arcs, clauses)
    if left is arcs:
        return np.zeros(len(arcs), dtype=bool)
    mine, theirs = arc_keys([arcs, left])
    return ~np.isin(mine, theirs)


def alone(clause: Clause) -> bool:
    """Return whether a contract without a clause is the same but for the rows of the clause."""
    return any(rule.alone(clause) for rule in RULES if rule.clause is type(clause))


def docs() -> dict[str, str]:
    """Return what each rule says, by the name of its rows: the documentation of the Pyomo model's components."""
    return {rule.name: (rule.__doc__ or "").strip() for rule in RULES} | {"ship": "Units on each arc [unit]."}


def exceptions(outcome: Outcome, clauses: Sequence[Clause]) -> list[Exceptions]:
    """Return what in a plan needs a person, by the rules that say so, and what is broken with retired channels."""
    said = [found for rule, mine in _called(clauses) for found in rule.exceptions(outcome, mine)]
    return [*said, *broken_promises(outcome, clauses, promised)]


def find_broken(facts: Facts, clauses: Sequence[Clause], gone: Set[str]) -> tuple[Broken, ...]:
    """Return what the retired channels (`gone`) had been promised, by clauses and by commitments to their lines."""
    return broken_of(facts, clauses, gone, promised)


def promised(facts: Facts, clause: Clause) -> float:
    """Return how many units a clause promises its channel, 0 where that cannot be counted in units [unit]."""
    return sum(rule.promised(facts, clause) for rule in RULES if isinstance(clause, rule.clause or ()))


def _called(clauses: Sequence[Clause]) -> Iterator[tuple[Rule, Numbered]]:
    """Yield physics, and the rules that clauses call up, each with the clauses that it is given."""
    for rule in RULES:
        mine = _of(rule, clauses)
        if mine or rule.clause is None:
            yield rule, mine


def _of(rule: Rule, clauses: Sequence[Clause]) -> Numbered:
    """Return the clauses that a rule is given; promises to retired channels lapse, those to several bind the rest."""
    kind, gone = rule.reads or rule.clause or (), retired(clauses)
    return [
        (number, clause.narrowed(gone))
        for number, clause in enumerate(clauses)
        if isinstance(clause, kind) and not clause.lapses(gone)
    ]
