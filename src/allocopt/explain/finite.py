"""What a change of one limit is worth, of any size and sign: the facts with it, or the clause, solved again whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from allocopt.algebra.labels import Labels
from allocopt.explain.limits import quantities
from allocopt.explain.neighbours import Neighbour, clause_number, contract_of, stated_whole
from allocopt.explain.price import Price
from allocopt.plan import Plan
from allocopt.problem.facts import Facts, Names
from allocopt.problem.report import Nearest
from allocopt.rules import Clause
from allocopt.rules.kit.names import lane_names, lot_names
from allocopt.stages.stated import formulate


def value_of(
    plan: Plan,
    *,
    units: float = 1.0,
    lot: str | None = None,
    capacity: tuple[str, int, str] | None = None,
    lane: str | None = None,
    clause: int | Clause | None = None,
) -> Price:
    """Return what more (or less) of one limit is worth; see `Plan.value_of`."""
    if isinstance(units, bool) or not isinstance(units, Real) or not math.isfinite(units):
        raise ValueError(f"units must be a finite number, not {units!r}")
    given = {"lot": lot, "capacity": capacity, "lane": lane, "clause": clause}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        said = " and ".join(named) if named else "nothing"
        raise TypeError(f"give exactly one of lot, capacity, lane and clause, not {said}")
    answer = stated_whole(plan)
    if clause is not None:
        return _of_clause(plan, clause_number(plan, clause), float(units)).price()
    changed = {"lot": _with_lot, "capacity": _with_capacity, "lane": _with_lane}[named[0]]
    return Neighbour.of(plan, facts=changed(answer.stated, given[named[0]], float(units))).price()


def _with_lot(facts: Facts, lot: Any, units: float) -> Facts:
    """Return facts with so many more usable units of a lot."""
    place = _named("lot", lot, lot_names(facts))
    usable = facts.lots.usable.copy()
    usable[place] = _left("lot", lot, usable[place], units)
    return replace(facts, lots=replace(facts.lots, usable=usable))


def _with_lane(facts: Facts, lane: Any, units: float) -> Facts:
    """Return facts with so much more capacity of a lane in every period."""
    place = _named("lane", lane, lane_names(facts))
    capacity = facts.lanes.capacity.copy()
    if not math.isfinite(capacity[place]):
        raise ValueError(f"lane {lane!r} has no capacity: it carries whatever is sent over it")
    capacity[place] = _left("lane", lane, capacity[place], units)
    return replace(facts, lanes=replace(facts.lanes, capacity=capacity))


def _with_capacity(facts: Facts, capacity: Any, units: float) -> Facts:
    """Return facts with so much more of a resource of a node in a period."""
    if not isinstance(capacity, tuple | list) or len(capacity) != 3:
        raise TypeError(f"capacity must be (node, period, resource), such as ('DC', 3, 'units'), not {capacity!r}")
    caps = facts.capacities
    names = [
        f"{facts.nodes.id[node]}, {period}, {facts.resources[resource]}"
        for node, period, resource in zip(caps.node.tolist(), caps.period.tolist(), caps.resource.tolist(), strict=True)
    ]
    place = _named("capacity", ", ".join(str(part) for part in capacity), np.array(names, dtype=object))
    limit = caps.limit.copy()
    limit[place] = _left("capacity", capacity, limit[place], units)
    return replace(facts, capacities=replace(caps, limit=limit))


def _named(kind: str, name: Any, names: Names) -> int:
    """Return the position of a name; `ValueError` with the nearest one where there is none."""
    if not isinstance(name, str):
        raise TypeError(f"{kind} must be a name as the plan's tables spell it, not {name!r}")
    place = np.flatnonzero(names == name)
    if len(place):
        return int(place[0])
    near = Nearest(sorted(map(str, names))).of(name) if len(names) else None
    remedy = f"did you mean {near!r}?" if near else "there is none like it"
    raise ValueError(f"there is no {kind} {name!r}: {remedy}")


def _left(kind: str, name: Any, limit: float, units: float) -> float:
    """Return a limit that was changed; `ValueError` where that would leave less than nothing."""
    if limit + units < 0:
        raise ValueError(f"{kind} {name!r} has {limit:,.10g}: {-units:,.10g} less would be less than nothing")
    return float(limit + units)


def _of_clause(plan: Plan, number: int, units: float) -> Neighbour:
    """Return the contract of a plan with so many more units in what a clause states, beside the plan.

    Clauses that state units are stated with more of them; shares come to so many more in each limit.
    """
    answer, contract = stated_whole(plan), contract_of(plan)
    clause = contract.clauses[number]
    places = np.arange(len(contract.clauses), dtype=np.int32)
    grown = clause.grown(units)
    if grown is not None:
        changed = (*contract.clauses[:number], grown, *contract.clauses[number + 1 :])
        contract = replace(contract, clauses=changed)
        return Neighbour.beside(plan, formulate(answer.stated, contract), contract, places)
    if number not in _stating(answer.labels):
        raise ValueError(_no_quantity(number, contract.clauses, answer.labels))
    return Neighbour.beside(plan, formulate(answer.stated, contract, {number: units}), contract, places)


def _stating(labels: Labels) -> set[int]:
    """Return the clauses that state quantities in rows."""
    said = [family.clause for family in labels.rows if family.clause is not None and quantities(family)]
    return {number for codes in said for number in np.unique(codes).tolist()}


def _no_quantity(number: int, clauses: Sequence[Clause], labels: Labels) -> str:
    """Return why there can be no more or less of a clause, and what can be asked instead."""
    known = sorted({*_stating(labels), *(n for n, clause in enumerate(clauses) if clause.grown(0.0) is not None)})
    said = "; ".join(f"{place}: {clauses[place].words()}" for place in known) or "none of this contract"
    return (
        f"clause {number}, {clauses[number].words()}, states no quantity here that could be more or less: "
        f"plan.price_of({number}) says what it costs. Clauses that state one: {said}"
    )
