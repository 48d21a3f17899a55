"""A plan that was read from a file, with the numbers behind it again.

What ships is looked up by lot, line, lane and ship period, and held; what hangs on it (stock kept idle, packs) is
solved for. Nobody is believed: the plan must keep every row, and be worth what it says. What its stages kept is stated
anew from the plan itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from allocopt.algebra.matching import NOWHERE, places
from allocopt.algebra.program import fixed
from allocopt.arguments import instance
from allocopt.contracts import Contract
from allocopt.errors import DataError, Issue
from allocopt.plan import Plan
from allocopt.problem.facts import Floats, Ints, Names
from allocopt.problem.problem import Problem
from allocopt.rules.kit.names import lane_names, line_names, lot_names
from allocopt.solve import Effort, solve
from allocopt.solve.certificate import breach, worth
from allocopt.solve.multipliers import on_rows
from allocopt.solve.relaxation import Relaxer
from allocopt.solve.solution import Clock
from allocopt.stages import with_kept
from allocopt.stages.stated import Stated, formulate

SAME = 1e-6
"""What a plan may be worth else than it says, relative to 1 + its objective: the order in which money is added up."""
HINT = "Attach the problem and contract that the plan was made of; a plan of other facts is made anew by ao.allocate."


def attached(plan: Plan, problem: Problem, contract: Contract | None = None) -> Plan:
    """Return a plan with its problem and contract; see `Plan.attach`."""
    instance("problem", problem, Problem)
    instance("contract", contract, Contract, optional=True)
    plan.raise_for_status()
    agreed = Contract.from_dict(plan.contract) if contract is None else contract
    agreed.check(problem)
    for said in ("clauses", "stages"):
        if agreed.to_dict().get(said) != plan.contract.get(said):
            made = f"The plan was made under {plan.contract['name']!r} with other {said}."
            raise DataError([_issue("contract", made)])
    stated = formulate(problem.facts, agreed)
    x = _carried(plan, stated)
    proof = plan.certificate
    assert proof is not None
    reached = worth(stated.program, x)
    if abs(reached - proof.objective) > SAME * (1 + abs(proof.objective)):
        said = f"The plan says it is worth {proof.objective:,.2f}; of these facts it is worth {reached:,.2f}."
        raise DataError([_issue("objective", said)])
    given: dict[str, Any] = {"clauses": agreed.clauses, "currency": problem.currency, "facts": problem.facts}
    stages = agreed.all_stages
    last = with_kept(stated, stages, x, proof.stages)
    if len(proof.stages) != len(stages) or breach(last, x)[0] > 0:
        raise DataError([_issue("certificate", "What the stages came to is not what the plan ships.")])
    relaxed = Relaxer()(last, Clock.started(None))
    bases = () if relaxed.basis is None or len(stages) > 1 else (relaxed.basis,)
    given |= {"stages": stages, "solved": last, "multipliers": on_rows(last, relaxed.multipliers)}
    answer = stated.answer(x, bases, **given)
    return replace(plan, answer=answer, problem=problem, program=stated)


def _carried(plan: Plan, stated: Stated) -> Floats:
    """Return the plan over the columns of a program, by what its table of allocation says."""
    table, facts, arcs = plan.allocation, stated.arcs.facts, stated.arcs
    lot, lane = _codes(table["lot"], lot_names(facts)), _codes(table["lane"], lane_names(facts))
    line = _codes(_line_keys(table), line_names(facts))
    ship = table["ship"].to_numpy(np.int64)
    at = places([arcs.lot, arcs.line, arcs.lane, arcs.ship], [lot, line, lane, ship])
    lost = np.flatnonzero(at == NOWHERE)
    if len(lost):
        row = table.iloc[int(lost[0])]
        said = (
            f"{row['units']:,.6g} units of {row['lot']} to {row['channel']} over {row['lane']} in period {row['ship']}"
        )
        raise DataError([_issue("allocation", f"{len(lost):,} rows ship over no arc of the problem, such as {said}.")])
    units = np.zeros(len(arcs.lot))
    np.add.at(units, at, table["units"].to_numpy(np.float64))
    program = stated.program
    held = fixed(program, np.arange(program.columns)[stated.ship], units)
    on = np.array([plan.decisions.get(name, False) for name in facts.switches], dtype=np.float64)
    held = fixed(held, np.arange(program.columns)[stated.switch], on)
    found = solve(held, Effort(gap=0.0))
    if found.x is None or breach(program, found.x)[0] > 0:
        raise DataError([_issue("allocation", "What the plan ships breaks a limit of the problem or a clause.")])
    return found.x


def _line_keys(table: pd.DataFrame) -> list[str]:
    """Return the name of the demand line of each row of an allocation, spelled as `line_names` does."""
    keys = []
    names = ("sku", "channel", "due", "region", "order", "line")
    for row in zip(*(table[name].tolist() for name in names), strict=True):
        sku, channel, due, *parts = row
        told = [f"{key}={text}" for key, text in zip(names[3:], parts, strict=True) if text]
        keys.append("/".join([str(sku), str(channel), str(due), *told]))
    return keys


def _codes(wanted: Iterable[str], names: Names) -> Ints:
    """Return the position of each name, `NOWHERE` for those that are not there."""
    known = {name: code for code, name in enumerate(names.tolist())}
    return np.array([known.get(name, NOWHERE) for name in wanted], dtype=np.int32)


def _issue(column: str, message: str) -> Issue:
    return Issue("plan", None, column, None, "other_plan", message, HINT)
