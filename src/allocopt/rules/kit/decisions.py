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
from allocopt.problem.facts import ANY, Facts, Flags, Floats, Ints
from allocopt.rules.kit.base import Statement
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


def book_while_live(on: Statement, column: str, cost: Floats) -> Ints:
    """Book what lines cost while they are live, in a column of the profit and loss; return the lines left to do.

    What hangs on no decision is a constant, what hangs on one is booked on it; lines that hang on two are left.
    """
    facts, lines = on.facts, on.facts.lines
    number = hanging(facts)
    always = np.bincount(lines.channel, weights=np.where(number == 0, cost, 0.0), minlength=len(facts.channels.id))
    if always.any():
        on.form.add_money(column, constant=-np.append(always, 0.0))
    for switch, when in literals(facts):
        own = np.flatnonzero((number == 1) & (switch != ANY) & (cost > 0))
        for channel in np.unique(lines.channel[own]).tolist():
            mine = own[lines.channel[own] == channel]
            assert on.switch is not None
            worth: Floats = np.zeros(len(on.switch))
            np.add.at(worth, switch[mine], np.where(when[mine], -cost[mine], cost[mine]))
            constant = on.booked(-cost[mine][~when[mine]].sum(), channel)
            owner = np.full(len(on.switch), channel)
            on.form.add_money(column, on.switch, worth, channel=owner, constant=constant)
    return np.flatnonzero((number > 1) & (cost > 0)).astype(np.int32)


def while_live(facts: Facts, variable: Variable, lines: Codes) -> When:
    """Return that row i binds while line ``lines[i]`` is live."""
    parts = []
    for switch, when in literals(facts):
        rows = np.flatnonzero(switch[lines] != ANY)
        parts.append((rows, switch[lines[rows]], when[lines[rows]]))
    return When(variable, *(np.concatenate(each) for each in zip(*parts, strict=True)))
