"""A problem under a contract, stated: from facts to the program, in arrays or in Pyomo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from allocopt.algebra.formulation import Formulation, Note
from allocopt.algebra.labels import Labels
from allocopt.algebra.program import Program
from allocopt.arcs import Arcs, build_arcs
from allocopt.contracts import Contract
from allocopt.errors import SolveError
from allocopt.plan import Answer, Plan
from allocopt.plan.frames import arc_frame
from allocopt.problem.facts import Facts, Flags, Floats
from allocopt.rules import allowed, docs, revised, state
from allocopt.solve import Start
from allocopt.stages.granting import AllHeld, granting

Extend = Callable[[Any], None]


@dataclass(frozen=True)
class Stated:
    """A problem under a contract, stated: arcs, formulation, program and what its columns and rows mean."""

    arcs: Arcs
    form: Formulation
    program: Program
    labels: Labels
    model: Any = None

    @property
    def ship(self) -> slice:
        """Where the units on arcs stand among the columns, in the order of the arcs."""
        return self.labels.place("ship")

    @property
    def switch(self) -> slice:
        """Where the decisions stand among the columns, in the order of ``facts.switches``."""
        return self.labels.place("switch")

    @property
    def beside(self) -> Flags:
        """Columns that are no units on arcs, shape (columns,)."""
        beside = np.ones(self.program.columns, dtype=bool)
        beside[self.ship] = False
        return beside

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: the model is built anew from the program and its labels."""
        return vars(self) | {"model": None}

    def answer(self, x: Floats, bases: tuple[Start | None, ...] = (), **agreed: Any) -> Answer:
        """Return the numbers of a plan with what they mean; `agreed` is what `Answer` holds of problem and contract."""
        return Answer(self.arcs, self.form, self.program, self.labels, x, bases, **agreed)

    def row_words(self, row: int | None) -> str:
        """Return a row of the program, or one appended to it, in words; ``""`` for none."""
        if row is None:
            return ""
        if row >= self.program.rows:  # appended behind the program's own rows, to lock a stage
            return "what an earlier stage reached"
        name, label = self.labels.row(row)
        return f"{name}[{', '.join(str(part) for part in label)}]"


def formulate(
    facts: Facts, contract: Contract, more: Mapping[int, float] | None = None, held: AllHeld | None = None
) -> Stated:
    """Return the program of a problem's facts under a contract, without solving it.

    With `more`, some clauses, by their position, state so many more units in each of their limits. `held` is what is
    known of reserves from a similar contract.
    """
    facts, notes = revised(facts, contract.clauses)
    return stated_of(facts, contract, notes, more, held)


def stated_of(
    facts: Facts,
    contract: Contract,
    notes: Sequence[Note] = (),
    more: Mapping[int, float] | None = None,
    held: AllHeld | None = None,
) -> Stated:
    """Return the program of facts that the contract has revised already; see `formulate`."""
    arcs = allowed(build_arcs(granting(facts, contract.clauses, held)), contract.clauses)
    form = state(arcs, contract.clauses, notes, more)
    return Stated(arcs, form, *form.compile())


def in_pyomo(stated: Stated, contract: Contract, extend: Extend | None) -> Stated:
    """Return the program stated in Pyomo, extended by `extend`, and compiled back."""
    from allocopt import pyomo_model

    frame = arc_frame(stated.arcs)
    program, labels, model = pyomo_model.extend(
        stated.program, stated.labels, extend or (lambda model: None), contract.name, docs(), frame
    )
    return Stated(stated.arcs, stated.form, program, labels, model)


def relaxed(stated: Stated) -> Stated:
    """Return the same with every whole-unit column divisible."""
    program = replace(stated.program, integer=np.zeros(stated.program.columns, dtype=bool))
    return replace(stated, program=program)


def model_of_plan(plan: Plan) -> Any:
    """Return the Pyomo model of a plan with its values, and its multipliers as ``model.dual`` where it has them.

    Raises
    ------
    SolveError
        For a plan that was read from a file.
    """
    if plan.program is None:
        raise SolveError("This plan was read from a file: build the model with ao.to_pyomo(problem, contract).")
    model = model_of(plan.program, plan.contract["name"], None if plan.answer is None else plan.answer.x)
    if plan.answer is not None and plan.answer.multipliers is not None:
        from allocopt import pyomo_model

        own = plan.answer.multipliers[: plan.program.program.rows]  # not those of the rows that keep earlier stages
        pyomo_model.give_duals(model, plan.program.labels, own)
    return model


def model_of(stated: Stated, name: str, x: Floats | None = None) -> Any:
    """Return the Pyomo model of a program, with the values of a plan where there is one."""
    from allocopt import pyomo_model

    model = stated.model
    if model is None:
        model = pyomo_model.build_model(stated.program, stated.labels, name, docs(), arc_frame(stated.arcs))
    if x is not None:
        pyomo_model.fill(model, stated.labels, x)
    return model
