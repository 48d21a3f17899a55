"""The best that is possible: what no plan of the compared contracts can beat, whatever else they agree on.

.. code-block:: text

    best = max over contracts c of  bound(open[c] + safety + shared),  and what any of them earns      [currency]
    open[c] = clauses of c that open something        safety = every safety stock that any contract opens
    shared  = hard restrictions that all contracts hold;  penalties are 0

A plan of c keeps all of these clauses, so it earns no more than their bound. Reserves take from each other what there
is, in the order of the contract: they are shared only where all contracts hold the same ones.
Source: relaxation, e.g. Geoffrion, Mathematical Programming Study 2 (1974).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from allocopt.arcs import build_arcs
from allocopt.contracts import Contract
from allocopt.errors import ContractError
from allocopt.problem.problem import Problem
from allocopt.rules import Clause, Protect, ProtectionLevels, SafetyStock, allowed, revised, state
from allocopt.solve import bound_from
from allocopt.stages.granting import granting

RESERVES = (Protect, ProtectionLevels)
"""Kinds of clauses that take from each other."""

Clauses = tuple[Clause, ...]


def freest(contracts: Sequence[Contract]) -> list[Clauses]:
    """Return, each once, what every contract opens, with all safety stock, and the restrictions that all share.

    Examples
    --------
    >>> import allocopt as ao
    >>> opened = ao.Contract("Opened", clauses=[ao.SafetyStock("web", penalty=2)])
    >>> [len(clauses) for clauses in freest([ao.pooled(), opened])]
    [1]
    """
    safety = [_free(clause) for each in contracts for clause in each.clauses if isinstance(clause, SafetyStock)]
    shared = _shared(contracts)
    found: list[Clauses] = []
    for each in contracts:
        opened = [_free(clause) for clause in each.clauses if clause.opens]
        clauses = tuple(dict.fromkeys([*opened, *safety, *shared]))
        if not any(set(clauses) == set(other) for other in found):
            found.append(clauses)
    return found


def same_rules(contract: Contract, clauses: Clauses) -> bool:
    """Return whether a contract is these clauses and nothing else, so that its bound is theirs."""
    return contract.earns_only and {clause for clause in contract.clauses if clause.steers} == set(clauses)


def bound_of(problem: Problem, clauses: Clauses) -> float:
    """Return what no plan under clauses earns more than; ``-inf`` where there is none, or they do not fit [currency].

    Parameters
    ----------
    problem : Problem
    clauses : tuple of Clause
        Several may open the same stock. Safety stock that is not there is left out.
    """
    fitting = tuple(clause for clause in clauses if not isinstance(clause, SafetyStock))
    if not _fits(problem, fitting):
        return -math.inf
    fitting += tuple(clause for clause in clauses if isinstance(clause, SafetyStock) and _fits(problem, (clause,)))
    facts, notes = revised(problem.facts, fitting)
    arcs = allowed(build_arcs(granting(facts, fitting)), fitting)
    program, _ = state(arcs, fitting, notes).compile()
    return bound_from(program, None)


def _fits(problem: Problem, clauses: Clauses) -> bool:
    """Return whether clauses name what a problem has."""
    try:
        Contract("as far as possible", clauses=clauses).check(problem)
    except ContractError:
        return False
    return True


def _shared(contracts: Sequence[Contract]) -> list[Clause]:
    """Return the hard restrictions that all contracts hold."""
    held = [[clause for clause in each.clauses if clause.steers and not clause.opens] for each in contracts]
    shared = [clause for clause in held[0] if all(clause in others for others in held[1:])]
    reserves = [[clause for clause in clauses if isinstance(clause, RESERVES)] for clauses in held]
    alike = all(others == reserves[0] for others in reserves[1:])
    hard = [clause for clause in shared if getattr(clause, "penalty", None) is None]
    return [clause for clause in hard if alike or not isinstance(clause, RESERVES)]


def _free(clause: Clause) -> Clause:
    """Return a clause without its penalty."""
    free: dict[str, Any] = {"penalty": 0.0} if getattr(clause, "penalty", None) else {}
    return replace(clause, **free)
