"""A problem or contract that is a little otherwise than a plan's: stated anew, and solved from the plan and its prices.

.. code-block:: text

    worth of the change  in  [objective' - bound,  bound' - objective]        objective, bound: of the plan; ': with it
                         and at least 0 where the change only takes limits away

A change only takes limits away if every column keeps its worth and its room, what is gone cost something or nothing,
and every row that is left was there, no tighter and over the same columns: then the plan keeps all that is left, and
so does whatever else the contract let pass. Where the plan keeps the new program, and its own multipliers and trees
prove (`allocopt.explain.lifted`) that it cannot be bettered by much more than it can be as it is, nothing is solved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from allocopt.algebra.matching import NOWHERE, inverse
from allocopt.algebra.program import Program, freed
from allocopt.arrays import Places
from allocopt.contracts import Contract
from allocopt.errors import SolveError
from allocopt.explain.lifted import Proven, lifted
from allocopt.explain.price import Price
from allocopt.plan import Answer, Plan
from allocopt.plan.tables import channel_books
from allocopt.problem.facts import Facts, Floats, Ints
from allocopt.rules import Clause
from allocopt.solve import EXACT, Akin, Effort
from allocopt.solve.certificate import breach, relative_gap, upper_bound, worth
from allocopt.solve.effort import CLOSE
from allocopt.solve.solution import Solution
from allocopt.stages import cold, solve_stages
from allocopt.stages.granting import AllHeld
from allocopt.stages.starting import StartOf, carried, starts_at
from allocopt.stages.stated import Stated, formulate
from allocopt.words import percent

SMALL = 5_000
"""Columns up to which re-solves look for the very best plan, and the gap that is good enough beyond."""
NEAR = 3e-4
OPEN = 2.0
"""Beyond `SMALL` columns, a plan that can be bettered by so many times what it leaves open under its own contract is
not looked for anew."""
ROUNDED = 1e-9
"""What is worth less than this part of the objective is a rounding."""


def numbers_of(plan: Plan) -> Answer:
    """Return the numbers behind a plan; `SolveError` where there are none, or where no whole re-solve could be."""
    plan.raise_for_status()
    if plan.answer is None:
        raise SolveError(
            "This plan was read from a file: give it its numbers back with plan.attach(problem, contract)."
        )
    if plan.played:
        raise SolveError("This plan was played forward period by period: re-solving it would be with foresight.")
    return plan.answer


def stated_whole(plan: Plan) -> Answer:
    """Return the numbers behind a plan whose tables and contract say all; `SolveError` where a planner added more."""
    answer = numbers_of(plan)
    if not stated_by_contract(answer):
        raise SolveError(
            "This plan was made with constraints of a planner's own (extend=), which a contract that is stated anew "
            "does not hold: compare two plans that ao.allocate(..., extend=...) makes."
        )
    return answer


def stated_by_contract(answer: Answer) -> bool:
    """Return whether tables and contract say all: not where a planner added rows or columns of their own."""
    own = answer.form.compile()[0]
    return (own.columns, own.rows) == (answer.program.columns, answer.program.rows)


def contract_of(plan: Plan) -> Contract:
    """Return the contract of a plan, its clauses the very ones that the plan was made under."""
    assert plan.answer is not None
    return replace(Contract.from_dict(plan.contract), clauses=tuple(plan.answer.clauses))


def clause_number(plan: Plan, clause: int | Clause) -> int:
    """Return the position of a clause that is given by itself or by its position; `ValueError` if there is none."""
    clauses = list(numbers_of(plan).clauses)
    if isinstance(clause, Clause):
        if clause not in clauses:
            raise ValueError(f"The contract has no clause {clause.words()!r}: it has {_said(clauses)}.")
        return clauses.index(clause)
    if isinstance(clause, bool) or not isinstance(clause, int | np.integer):
        raise TypeError(f"clause must be one of the contract's clauses or its position, not {clause!r}")
    if not 0 <= clause < len(clauses):
        raise ValueError(f"clause must be a position from 0 to {len(clauses) - 1}, not {clause}: {_said(clauses)}")
    return int(clause)


def _said(clauses: Sequence[Clause]) -> str:
    return "; ".join(f"{number}: {clause.words()}" for number, clause in enumerate(clauses)) or "no clause at all"


@dataclass(frozen=True, eq=False)
class Neighbour:
    """A program near that of a plan.

    Attributes
    ----------
    plan : Plan
    stated : Stated
        What is otherwise, stated.
    contract : Contract
        The clauses and stages of it.
    columns, rows : int, shape (columns,) and (rows,) of the new program
        Where each stood in the plan's program, `NOWHERE` for what is new.
    clauses : int32, shape (clauses of the plan,)
        New position of each clause.
    open : int array
        Rows that limit nothing any more.
    proven : Proven or None
        What the plan proves, where that is worked out already.
    """

    plan: Plan
    stated: Stated
    contract: Contract
    columns: Places
    rows: Places
    clauses: Ints
    open: Places = field(default_factory=lambda: np.zeros(0, dtype=np.intp))
    proven: Proven | None = None

    @classmethod
    def of(
        cls, plan: Plan, facts: Facts | None = None, without: int | None = None, held: AllHeld | None = None
    ) -> Neighbour:
        """Return the program of a plan with other facts (those before the contract changes them), or less a clause.

        `held` is what is known of the plan's reserves.
        """
        contract, number = _less(contract_of(plan), without)
        stated = formulate(numbers_of(plan).stated if facts is None else facts, contract, held=held)
        return cls.beside(plan, stated, contract, number)

    @classmethod
    def freed(cls, plan: Plan, rows: Places, without: int | None = None) -> Neighbour:
        """Return the program of a plan in which the rows that a rule is all of limit nothing; nothing is stated anew.

        `without` is the rule's clause, if it is one.
        """
        answer, (contract, number) = numbers_of(plan), _less(contract_of(plan), without)
        program = freed(answer.program, rows)
        stated = Stated(answer.arcs, answer.form, program, answer.labels)
        return cls(plan, stated, contract, np.arange(program.columns), np.arange(program.rows), number, rows)

    @classmethod
    def beside(cls, plan: Plan, stated: Stated, contract: Contract, clauses: Ints) -> Neighbour:
        """Return a program that was stated already, beside the plan."""
        answer = numbers_of(plan)
        found = carried(answer, stated, clauses)
        if found is None:
            nowhere = (np.full(stated.program.columns, NOWHERE), np.full(stated.program.rows, NOWHERE))
            found = nowhere[0].astype(np.intp), nowhere[1].astype(np.intp)
        return cls(plan, stated, contract, *found, clauses)

    @property
    def answer(self) -> Answer:
        """The numbers of the plan."""
        assert self.plan.answer is not None
        return self.plan.answer

    @cached_property
    def x(self) -> Floats:
        """The plan over the new columns, nothing on those that are new, shape (columns,)."""
        return np.append(self.answer.x, 0.0)[self.columns]  # the last one, `NOWHERE`, carries nothing

    @cached_property
    def multipliers(self) -> Floats | None:
        """The multipliers of the plan over the new rows, none on those that are new, shape (rows,)."""
        given = self.answer.multipliers
        return None if given is None else np.append(given[: self.answer.program.rows], 0.0)[self.rows]

    @cached_property
    def keeps(self) -> bool:
        """Whether the plan keeps the new program as it is."""
        return breach(self.stated.program, self.x)[0] == 0

    @cached_property
    def loosens(self) -> bool:
        """Whether the change only takes limits away."""
        return one_stage(self.contract) and loosens(self.answer.program, self.stated.program, self.columns, self.rows)

    @cached_property
    def near(self) -> float:
        """Gap that is good enough beyond `SMALL` columns: what the relaxation leaves open of the plan itself, at most.

        A plan of the change that comes as close to its relaxation is found by rounding, without a search.
        """
        own = numbers_of(self.plan).multipliers
        if own is None or not one_stage(self.contract):
            return NEAR
        return max(NEAR, 1.1 * relative_gap(self.plan.objective, upper_bound(self.answer.program, own)))

    @cached_property
    def akin(self) -> Akin | None:
        """What is known of the new program from the plan; None with stages before the last one."""
        if not one_stage(self.contract):
            return None
        leaves, program = self.answer.leaves, self.answer.program
        if leaves is None:
            return Akin(self.x)
        columns, rows = inverse(self.columns, program.columns), inverse(self.rows, program.rows)
        found = [tree.carried(columns, rows) for tree in leaves.trees]
        price = np.append(leaves.price, 0.0)[self.rows]
        return Akin(self.x, price, tuple(tree for tree in found if tree is not None))

    def above(self, enough: float) -> float:
        """Return what no plan of the new program is worth more than, by what proves the plan itself [currency].

        Where that is more than `enough` by far, multipliers alone say so.
        """
        program = self.stated.program
        bound = upper_bound(program, self.multipliers)
        here = lifted(self.answer.program, program, self.columns, self.rows)
        return bound if here is None else min(bound, (self.proven or Proven(self.answer)).most(here, enough))

    def price(self, gap: float | None = None) -> Price:
        """Return what the change is worth; see the module.

        Parameters
        ----------
        gap : float, optional
            Relative gap at which a plan with the change is good enough; by default `EXACT`, beyond `SMALL` columns
            `near`.
        """
        priced, _ = self.priced(gap)
        return priced

    def priced(self, gap: float | None = None, time_limit: float | None = None) -> tuple[Price, float]:
        """Return what the change is worth, and by how much the contribution is higher with it [currency].

        `time_limit` ends the search after so many seconds: what it has found and proven by then counts.
        """
        proof, program = self.plan.certificate, self.stated.program
        assert proof is not None
        objective, bound = proof.objective, max(proof.bound, proof.objective)
        measure = "contribution" if contract_of(self.plan).earns_only and self.contract.earns_only else "objective"
        above = math.inf
        if self.keeps and one_stage(self.contract) and len(self.answer.stages) <= 1:
            now = worth(program, self.x)
            above = self.above(now + enough(self.plan, gap))
            unsolved = slack(self.plan, now, above, measure, gap, loosens=self.loosens)
            if unsolved is not None:
                return unsolved, self._contribution(self.x) - self.plan.contribution if unsolved.value else 0.0
        near = gap if gap is not None or program.columns <= SMALL else self.near
        effort = Effort(time_limit, gap=near, akin=self.akin)
        results = solve_stages(
            self.stated,
            self.contract.all_stages,
            effort,
            start_of=self._start_of,
            known=self.x if self.keeps else None,
        )
        last = results[-1]
        solution, found = last.solution, last.certificate
        if solution.x is None or found is None or not found.passed or len(results) < len(self.contract.all_stages):
            return _unknown(solution, measure), math.nan
        x, reached = solution.x[: program.columns], found.objective
        if self.keeps and one_stage(self.contract) and worth(program, self.x) > reached:
            x, reached = self.x, worth(program, self.x)  # the plan as it is, which the change allows as well
        best = max(min(found.bound, above), reached)
        low, high = reached - bound, best - objective
        if self.loosens:
            low, high = max(low, 0.0), max(high, 0.0)
        left = relative_gap(reached, best)
        status = "optimal" if left <= CLOSE else "feasible"
        message = "" if status == "optimal" else f"the plan with the change may be {percent(left)} from the best"
        earned = self._contribution(x) - self.plan.contribution
        return Price(low, high, reached - objective, measure, status, message), earned

    @property
    def _start_of(self) -> StartOf:
        """Where its stages start from."""
        if not self.answer.bases or (self.columns == NOWHERE).all():
            return cold
        rows = self.rows.copy()
        rows[self.open] = NOWHERE
        return starts_at(self.answer, self.stated.program, self.columns, rows)

    def _contribution(self, x: Floats) -> float:
        """Return the contribution of a plan of the new program [currency]."""
        clauses = self.contract.clauses
        answer = self.stated.answer(x, clauses=clauses, facts=self.answer.stated)
        return float(channel_books(answer)["contribution"].sum())


def _less(contract: Contract, without: int | None) -> tuple[Contract, Ints]:
    """Return a contract less a clause, and the new position of each clause, `NOWHERE` of the one that is gone."""
    number = np.arange(len(contract.clauses), dtype=np.int32)
    if without is None:
        return contract, number
    left = tuple(clause for place, clause in enumerate(contract.clauses) if place != without)
    moved = np.where(number == without, NOWHERE, number - (number > without)).astype(np.int32)
    return replace(contract, clauses=left), moved


def enough(plan: Plan, gap: float | None) -> float:
    """Return how much may be left open of a change for which nothing is solved [currency]."""
    proof = plan.certificate
    assert proof is not None
    own = max(proof.bound - proof.objective, 0.0) if numbers_of(plan).program.columns > SMALL else 0.0
    return max(OPEN * own, (gap or EXACT) * max(1.0, abs(proof.objective)))


def slack(
    plan: Plan, now: float, above: float, measure: str, gap: float | None = None, *, loosens: bool
) -> Price | None:
    """Return the price of a change that the plan keeps, where it proves itself that there is little to be had by it.

    Parameters
    ----------
    plan : Plan
    now : float
        What the plan is worth with the change [currency].
    above : float
        What no plan with the change is worth more than [currency].
    measure : str
    gap : float, optional
        Relative gap that is good enough, if it is more than `enough`.
    loosens : bool
        Whether the change only takes limits away.
    """
    proof = plan.certificate
    assert proof is not None
    objective, bound = proof.objective, max(proof.bound, proof.objective)
    above = max(above, now)
    if not above - now <= enough(plan, gap):
        return None
    gain = 0.0 if abs(now - objective) <= ROUNDED * max(1.0, abs(objective)) else now - objective
    left = relative_gap(now, above)
    message = "" if left <= CLOSE else f"the plan as it is may be {percent(left)} from the best with the change"
    low, high = objective + gain - bound, above - objective
    if loosens:
        low, high = max(low, 0.0), max(high, 0.0)
    return Price(low, high, gain, measure, "feasible" if message else "optimal", message)


def one_stage(contract: Contract) -> bool:
    """Return whether nothing is optimised before the whole contribution."""
    return len(contract.all_stages) == 1


def _unknown(solution: Solution, measure: str) -> Price:
    """Return the price of a change under which no plan was found."""
    status = solution.status if solution.status in ("infeasible", "error") else "interrupted"
    said = f"no plan: {solution.message or solution.status}"
    return Price(-math.inf, math.inf, math.nan, measure, status, said)


def loosens(old: Program, new: Program, columns: Places, rows: Places) -> bool:
    """Return whether a program is another one with limits taken away, so that its best plan is worth as much or more.

    Parameters
    ----------
    old, new : Program
    columns, rows : int, shape (columns,) and (rows,) of the new one
        Where each stood in the old one, `NOWHERE` for what is new.
    """
    known = columns != NOWHERE
    at, fresh = columns[known], ~known
    gone = np.ones(old.columns, dtype=bool)
    gone[at] = False
    if (rows == NOWHERE).any() or new.constant < old.constant:
        return False
    tighter = (new.lower[known] > old.lower[at]) | (new.upper[known] < old.upper[at])
    tighter |= (new.cost[known] != old.cost[at]) | (new.integer[known] & ~old.integer[at])
    paid = gone & ((old.cost > 0) | ((old.cost < 0) & (old.lower < 0)))
    away = (new.lower[fresh] > 0) | (new.upper[fresh] < 0)
    narrower = (new.row_lower > old.row_lower[rows]) | (new.row_upper < old.row_upper[rows])
    if tighter.any() or paid.any() or away.any() or narrower.any():
        return False
    left = np.zeros(old.rows, dtype=bool)
    left[rows] = True
    before = np.flatnonzero(left[old.indices])
    now = np.flatnonzero(known[new.entry_column])
    if len(before) != len(now):
        return False
    keys = old.entry_column[before].astype(np.int64) * old.rows + old.indices[before]
    theirs = columns[new.entry_column[now]].astype(np.int64) * old.rows + rows[new.indices[now]]
    order, other = np.argsort(keys), np.argsort(theirs)
    same = (keys[order] == theirs[other]) & (old.data[before][order] == new.data[now][other])
    return bool(same.all())
