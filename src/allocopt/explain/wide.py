"""The program of a plan with all that its short lines could have besides: what reasons are re-solved in.

The contract is stated once more over the wider arcs; every limit of a row that the plan's own program has is that
program's, and a column that it does not have stays at nothing until a change frees it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from allocopt.algebra.grouping import starts
from allocopt.algebra.labels import Labels
from allocopt.algebra.matching import NOWHERE, matched
from allocopt.algebra.program import Program, with_rows
from allocopt.arrays import Floats, Places
from allocopt.explain.candidates import Candidates, Hindrance, candidates
from allocopt.explain.local import Local
from allocopt.plan.answer import Answer
from allocopt.rules import RULES, Rule, state

NODES, WORK = 10, 2e6
"""What the search of one block may take for one reason."""


@dataclass(frozen=True, eq=False)
class Wide:
    """A plan in its wider program.

    Attributes
    ----------
    answer : Answer
        The plan.
    candidates : Candidates
    program : Program
        Later stages' view: with the rows that keep what earlier ones reached.
    labels : Labels
    x : float64, shape (columns,)
    multipliers : float64, shape (rows,), or None
    """

    answer: Answer
    candidates: Candidates
    program: Program
    labels: Labels
    x: Floats
    multipliers: Floats | None

    @property
    def in_turn(self) -> bool:
        """Whether lines were served in the order in which they came."""
        return self.answer.in_turn

    @cached_property
    def ship(self) -> int:
        """First column of the arcs."""
        first: int = self.labels.place("ship").start
        return first

    @cached_property
    def begins(self) -> Places:
        """Where the arcs of each line begin, shape (lines + 1,)."""
        return starts(self.candidates.arcs.line, len(self.candidates.arcs.facts.lines.sku))

    @cached_property
    def local(self) -> Local:
        """Solves blocks anew; decisions stay as they are."""
        held = np.arange(self.program.columns)[self.labels.place("switch")]
        return Local(self.program, self.x, held, nodes=NODES, work=WORK)

    @cached_property
    def activity(self) -> Floats:
        """What each row takes as planned."""
        return self.program.activity(self.x)

    @cached_property
    def authors(self) -> tuple[list[Rule | None], NDArray[np.int32], NDArray[np.int32]]:
        """Rules, and the rule (-1: none) and clause (-1: none) of each row of the program."""
        rules: list[Rule | None] = list(RULES)
        number = {rule.name: k for k, rule in enumerate(RULES)}
        rule, clause = np.full(self.program.rows, -1, np.int32), np.full(self.program.rows, -1, np.int32)
        for family in self.labels.rows:
            rule[family.slice] = number.get(family.rule, -1)
            if family.clause is not None:
                clause[family.slice] = family.clause
        return rules, rule, self._by_columns(rule, clause)

    def _by_columns(self, rule: NDArray[np.int32], clause: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the clauses of rows, with those that a row of a clause's rule has only by what stands beside units."""
        program, ship = self.program, self.labels.place("ship")
        mine = np.array([one.clause is not None for one in RULES])[rule] & (rule >= 0) & (clause < 0)
        if not mine.any():
            return clause
        column, row = program.entry_column, program.indices
        beside = (column < ship.start) | (column >= ship.stop)
        none = np.iinfo(np.int32).max
        of_column = np.full(program.columns, none, np.int32)
        said = beside & (clause[row] >= 0)
        np.minimum.at(of_column, column[said], clause[row[said]])
        found = np.full(program.rows, none, np.int32)
        told = beside & mine[row] & (of_column[column] < none)
        for some in (told & (self.x[column] > 0), told):
            still = some & (found[row] == none)
            np.minimum.at(found, row[still], of_column[column[still]])
        return np.where(mine & (found < none), found, clause)

    @property
    def hindrances(self) -> list[Hindrance]:
        """What keeps arcs from being used."""
        return self.candidates.hindrances


def widened(answer: Answer, short: Places) -> Wide:
    """Return a plan in the program that has all that some lines could have besides.

    Parameters
    ----------
    answer : Answer
    short : int array
        Lines that are looked at.
    """
    found = candidates(answer.arcs, answer.clauses, short)
    before = answer.last
    if found.own.all():
        return Wide(answer, found, before, answer.labels, answer.x, answer.multipliers)
    program, labels = state(found.arcs, answer.clauses).compile()
    columns, rows = matched(answer.labels, labels, {}, columns=program.columns, rows=program.rows)
    known = columns != NOWHERE
    if _added(answer, rows).any() or known.sum() < len(answer.x):
        # A planner's own rules are in no contract: the plan's program is all that there is.
        alone = Candidates(answer.arcs, np.ones(len(answer.arcs), dtype=bool), [])
        return Wide(answer, alone, before, answer.labels, answer.x, answer.multipliers)
    new = ~known
    new[labels.place("ship").stop :] = False  # what counts units is there from the beginning, at nothing
    nothing = np.where(new, 0.0, np.inf)
    cost = _carried(before.cost, columns, program.cost)
    program = replace(
        program,
        cost=np.where(np.isfinite(cost), cost, 0.0),
        lower=_carried(before.lower, columns, np.minimum(program.lower, nothing)),
        upper=_carried(before.upper, columns, np.minimum(program.upper, nothing)),
        row_lower=_carried(before.row_lower, rows, program.row_lower),
        row_upper=_carried(before.row_upper, rows, program.row_upper),
    )
    x = _carried(answer.x, columns, np.zeros(len(columns)))
    program = _loosened(_with_locks(program, before, answer.program.rows, columns), x)
    multipliers = None
    if answer.multipliers is not None:
        multipliers = np.zeros(program.rows)
        multipliers[: len(rows)] = _carried(answer.multipliers, rows, np.zeros(len(rows)))
        multipliers[len(rows) :] = answer.multipliers[answer.program.rows :]
    return Wide(answer, found, program, labels, x, multipliers)


def _added(answer: Answer, rows: Places) -> NDArray[np.bool_]:
    """Return which rows of a plan are a planner's own, shape (rows,).

    Rows of rules that are not in the wider program are none: that states each rule over the wider arcs, and what a rule
    only says at once of what whole units imply anyway (`rules.packs`) may be other rows there, or none.
    """
    own = np.zeros(answer.program.rows, dtype=bool)
    for family in answer.labels.rows:
        own[family.slice] = not family.rule
    own[rows[rows != NOWHERE]] = False
    return own


def _carried(values: Floats, place: Places, otherwise: Floats) -> Floats:
    """Return the values of what stood somewhere before, and others for what did not."""
    return np.where(place == NOWHERE, otherwise, np.append(values, 0.0)[place])


def _with_locks(program: Program, before: Program, own: int, columns: Places) -> Program:
    """Return the program with the rows that keep what earlier stages reached, appended as they were there."""
    if before.rows == own:
        return program
    place = np.full(before.columns, NOWHERE, dtype=np.intp)
    place[columns[columns != NOWHERE]] = np.flatnonzero(columns != NOWHERE)
    at = np.flatnonzero((before.indices >= own) & (place[before.entry_column] != NOWHERE))
    return with_rows(
        program,
        before.indices[at] - own,
        place[before.entry_column[at]],
        before.data[at],
        lower=before.row_lower[own:],
        upper=before.row_upper[own:],
    )


def _loosened(program: Program, x: Floats) -> Program:
    """Return the program with limits that the plan keeps: rows that are new may ask for what the old ones did not."""
    activity = program.activity(x)
    return replace(
        program,
        row_lower=np.minimum(program.row_lower, activity),
        row_upper=np.maximum(program.row_upper, activity),
    )
