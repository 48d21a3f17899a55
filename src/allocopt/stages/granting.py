"""What reserves leave to commitments where lots alone do not tell: tried before a program is stated.

Commitments come before reserves, whatever limits how they can be met: capacity, lanes, packs, whole orders. Only where
a contract holds hard reserves of articles that are committed as well is there anything to try; most often everything
holds, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from allocopt.problem.facts import Facts
from allocopt.rules import Clause
from allocopt.rules.kit.reserve_trial import trials
from allocopt.solve.raising import raised


def granting(facts: Facts, clauses: Sequence[Clause]) -> Facts:
    """Return the facts with what hard reserves are granted; the very same object where lots alone say it all.

    Parameters
    ----------
    facts : Facts
        As the contract changed them.
    clauses : sequence of Clause
        Those of the contract, in its order.
    """
    found = trials(facts, clauses)
    if found is None:
        return facts
    answers = [raised(trial.program, trial.granted, trial.clause, trial.hoped) for trial in found.each]
    if all(answer is None for answer in answers):
        return facts
    least = [trial.hoped if said is None else said for trial, said in zip(found.each, answers, strict=True)]
    return replace(facts, granted=found.said(least))
