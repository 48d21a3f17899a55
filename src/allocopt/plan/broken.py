"""What a contract left open and the plan decided, and what is broken with a channel that is retired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import numpy as np

from allocopt.problem.facts import Facts
from allocopt.rules import Clause
from allocopt.rules import promised as promised_units
from allocopt.rules.kit.decisions import keep_name, run_name


@dataclass(frozen=True)
class Broken:
    """A promise that a retired channel no longer gets.

    Attributes
    ----------
    what : str
        The clause, or the commitments, in words.
    channel : str
    clause : int or None
        Position of the clause in the contract; None: commitments of the problem (``min_units``).
    units : float
        Units that were promised; zero where the promise is not one of units [unit].
    """

    what: str
    channel: str
    clause: int | None
    units: float

    def words(self) -> str:
        """Return it as a phrase."""
        return f"{self.what}: {self.units:,.6g} units" if self.units else self.what


def decision_words(decisions: Mapping[str, bool], clauses: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what was decided as sentences.

    Parameters
    ----------
    decisions : mapping of str to bool
        By the names that the clauses give them.
    clauses : sequence of mapping
        Those of the contract, as `Contract.to_dict` gives them.

    Examples
    --------
    >>> open_ = [{"clause": "keep_or_retire", "channel": "eu/b"}, {"clause": "promotion", "promotion": "HOLIDAY-26"}]
    >>> decision_words({"keep/eu/b": False, "run/HOLIDAY-26": True}, open_)
    ['eu/b is retired', 'the promotion HOLIDAY-26 runs']
    """
    said: dict[str, tuple[str, str]] = {}
    for clause in clauses:
        if clause["clause"] == "keep_or_retire":
            who = clause["channel"]
            said[keep_name(who)] = (f"{who} is kept", f"{who} is retired")
        elif clause["clause"] == "promotion":
            what = f"the promotion {clause['promotion']}"
            said[run_name(clause["promotion"])] = (f"{what} runs", f"{what} does not run")
    return [said[name][0 if on else 1] for name, on in decisions.items()]


def find_broken(facts: Facts, clauses: Sequence[Clause], gone: Set[str]) -> tuple[Broken, ...]:
    """Return what the retired channels were promised: by clauses, then by commitments to their demand lines.

    Parameters
    ----------
    facts : Facts
        Of the problem, before the contract changes anything in them.
    clauses : sequence of Clause
    gone : set of str
        Channels that are retired.
    """
    found = []
    for number, clause in enumerate(clauses):
        if clause.lapses(gone):
            promise = promised_units(facts, clause)
            found += [Broken(clause.words(), channel, number, promise) for channel in clause.whose]
    lines = facts.lines
    committed = lines.min_units > 0
    size = len(facts.channels.id)
    units = np.bincount(lines.channel[committed], weights=lines.min_units[committed], minlength=size)
    count = np.bincount(lines.channel[committed], minlength=size)
    for channel, promised, number in zip(facts.channels.id.tolist(), units.tolist(), count.tolist(), strict=True):
        if channel in gone and number:
            what = "1 line" if number == 1 else f"{number} lines"
            found.append(Broken(f"commitments (min_units) of {channel}, {what}", channel, None, promised))
    return tuple(found)
