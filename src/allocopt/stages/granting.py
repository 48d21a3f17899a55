"""What reserves leave to commitments where lots alone do not tell: tried before a program is stated.

Commitments come before reserves, whatever limits how they can be met: capacity, lanes, packs, whole orders. Only where
a contract holds hard reserves of articles that are committed as well is there anything to try; most often everything
holds, and nothing changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rules import Clause, retired
from allocopt.rules.kit.reserve_trial import Trials, trials
from allocopt.solve.raising import raised


@dataclass(frozen=True, eq=False)
class AllHeld:
    """Hard reserves that can be given all that lots alone give them, beside every commitment.

    Attributes
    ----------
    facts : Facts
        As the contract changed them.
    clauses : sequence of Clause
        Those of the reserves, in the order of the contract.
    gone : frozenset of str
        Channels that are retired.
    skus : bool, shape (skus,)
        Articles of which reserves and commitments speak.
    kept : float64, shape (reserves, lots)
        What lots alone give each of them [unit].
    """

    facts: Facts
    clauses: Sequence[Clause]
    gone: frozenset[str]
    skus: Flags
    kept: Floats

    @classmethod
    def of(cls, facts: Facts, clauses: Sequence[Clause]) -> Self | None:
        """Return the reserves of a contract that was found to leave them all; None where decisions bear on them."""
        found = trials(facts, clauses)
        if found is None or len(found.granted.switches):
            return None
        hard = [clauses[number] for number in found.granted.clause.tolist()]
        (trial,) = found.each
        return cls(facts, hard, frozenset(retired(clauses)), found.granted.skus, trial.kept(trial.hoped))

    def covers(self, facts: Facts, clauses: Sequence[Clause], found: Trials) -> bool:
        """Return whether another contract asks for no more: of these reserves some alone, none for more than here."""
        same = facts is self.facts and frozenset(retired(clauses)) == self.gone
        if not same or len(found.granted.switches) or (found.granted.skus & ~self.skus).any():
            return False
        (trial,) = found.each
        left = list(enumerate(self.clauses))
        for number, kept in zip(found.granted.clause.tolist(), trial.kept(trial.hoped), strict=True):
            place = next((at for at, (_, clause) in enumerate(left) if clause == clauses[number]), None)
            if place is None or (kept > self.kept[left[place][0]]).any():
                return False
            left = left[place + 1 :]
        return True


def granting(facts: Facts, clauses: Sequence[Clause], held: AllHeld | None = None) -> Facts:
    """Return the facts with what hard reserves are granted; the very same object where lots alone say it all.

    Parameters
    ----------
    facts : Facts
        As the contract changed them.
    clauses : sequence of Clause
        Those of the contract, in its order.
    held : AllHeld, optional
        What is known from a similar contract: who asks for no more is not tried.
    """
    found = trials(facts, clauses)
    if found is None or (held is not None and held.covers(facts, clauses, found)):
        return facts
    answers = [raised(trial.program, trial.granted, trial.clause, trial.hoped) for trial in found.each]
    if all(answer is None for answer in answers):
        return facts
    least = [trial.hoped if said is None else said for trial, said in zip(found.each, answers, strict=True)]
    return replace(facts, granted=found.said(least))
