"""Decisions that a contract leaves open, and the demand lines that hang on them.

A line hangs on the decision that keeps its channel, where that is open, and perhaps on one of its own (demand that
comes only if another channel is retired, or a promotion runs). A line that is not live counts as no demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.formulation import COUPLES, Formulation, Variable, When
from allocopt.algebra.labels import Codes
from allocopt.problem.facts import ANY, Facts, Flags, Ints
from allocopt.rules.kit.names import labels


def keep_name(channel: str) -> str:
    """Return what the decision to keep a channel is called."""
    return f"keep/{channel}"


def run_name(promotion: str) -> str:
    """Return what the decision to run a promotion is called."""
    return f"run/{promotion}"


def runs_of(facts: Facts, clauses: Sequence[Any]) -> Ints:
    """Return the code of the decision to run the promotion of each clause, `ANY` where that is no decision."""
    codes = {name: code for code, name in enumerate(facts.switches.tolist())}
    return np.array([codes.get(run_name(clause.promotion), ANY) for clause in clauses], dtype=np.int32)


def add_switches(form: Formulation, facts: Facts) -> Variable | None:
    """Add one binary per decision; None where there is none to take."""
    size = len(facts.switches)
    if not size:
        return None
    return form.add_variable("switch", labels(facts, switch=np.arange(size)), upper=1.0, sku=COUPLES, integer=True)


def literals(facts: Facts) -> tuple[tuple[Ints, Flags], tuple[Ints, Flags]]:
    """Return per line its own switch and its channel's: code (`ANY`: none), and if it is live while that is on."""
    lines = facts.lines
    keep = facts.channels.keep[lines.channel]
    return (lines.switch, lines.when), (keep, np.ones(len(keep), dtype=bool))


def hanging(facts: Facts) -> NDArray[np.int8]:
    """Return on how many switches each line hangs, shape (lines,)."""
    (own, _), (keep, _) = literals(facts)
    number: NDArray[np.int8] = (own != ANY).astype(np.int8) + (keep != ANY)
    return number


def live_lines(facts: Facts, on: NDArray[Any]) -> Flags:
    """Return which lines are live, shape (lines,).

    Parameters
    ----------
    facts : Facts
    on : array of bool, or of int with `ANY` where a decision does not matter, shape (switches,)
        The decisions taken.
    """
    live = np.ones(len(facts.lines.sku), dtype=bool)
    if len(facts.switches):
        for switch, when in literals(facts):
            live &= (switch == ANY) | (on[switch] == ANY) | (on[switch] == when)
    return live


def while_live(facts: Facts, variable: Variable, lines: Codes) -> When:
    """Return that row i binds while line ``lines[i]`` is live."""
    parts = []
    for switch, when in literals(facts):
        rows = np.flatnonzero(switch[lines] != ANY)
        parts.append((rows, switch[lines[rows]], when[lines[rows]]))
    return When(variable, *(np.concatenate(each) for each in zip(*parts, strict=True)))
