"""One runner per way to state a program: allocopt, Pyomo and linopy on the same problem, timed step by step.

``python -m benchmarks.runners NAME ARCS SEED LIMIT`` runs one in a process of its own (solver libraries do not mix)
and prints its seconds as JSON; ``benchmarks.speed`` calls it, and ``benchmarks.peers`` takes Pyomo and linopy from
here. All start from the same generated problem. The peers are given the finished arcs with the money per unit as plain
lists or arrays: what it takes to join lots, lanes and lines and to price them is only ever charged to allocopt.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.arcs import build_arcs
from allocopt.contracts import pooled
from allocopt.rules import allowed, state
from allocopt.solve import EXACT, Effort, certify, highs, solve
from allocopt.stages.stated import formulate
from benchmarks.generate import Shape, generate
from benchmarks.solvers import handed_over

Seconds = dict[str, Any]
REPEATS = {1_000: 15, 10_000: 9}
"""Runs of which the median is taken; five for larger problems."""


@dataclass(frozen=True)
class Group:
    """Arcs that share limits: the sum of `weight` times units over the arcs of a group is at most its limit.

    Attributes
    ----------
    name : str
    of_arc : int64, shape (arcs,)
        Group of each arc, -1 for none.
    weight : float64, shape (arcs,), or None
        None: 1 everywhere.
    limit : float64, shape (groups,)
    """

    name: str
    of_arc: NDArray[np.int64]
    weight: NDArray[np.float64] | None
    limit: NDArray[np.float64]


@dataclass(frozen=True)
class Raw:
    """The program as anybody would hand it to a modelling library: one entry an arc, and the limits by group.

    Attributes
    ----------
    value : float64, shape (arcs,)
        Contribution [currency/unit].
    upper : float64, shape (arcs,)
        Most units [unit].
    whole : bool
        Whether units are whole.
    groups : tuple of Group
        Lots, demand lines, node limits by resource and period, lanes by period.
    constant : float
        Fixed costs [currency].
    """

    value: NDArray[np.float64]
    upper: NDArray[np.float64]
    whole: bool
    groups: tuple[Group, ...]
    constant: float


def raw(problem: ao.Problem) -> Raw:
    """Return the program of a generated problem under no contract, without the library's rules."""
    facts = problem.facts
    arcs = build_arcs(facts)
    lot, line = arcs.lot.astype(np.int64), arcs.line.astype(np.int64)
    groups = [Group("lot", lot, None, facts.lots.usable), Group("line", line, None, facts.lines.units)]
    caps, work = facts.capacities, facts.workloads
    for number, name in enumerate(facts.resources.tolist()):
        rooms = np.full((len(facts.nodes.id), facts.periods), -1)
        mine = np.flatnonzero(caps.resource == number)
        rooms[caps.node[mine], caps.period[mine]] = np.arange(len(mine))
        weight = None
        if name != "units":
            takes = np.zeros((len(facts.skus.id), len(facts.channels.id)))
            for row in np.flatnonzero((work.resource == number) & (work.channel < 0)):
                takes[work.sku[row]] = work.workload[row]
            special = np.flatnonzero((work.resource == number) & (work.channel >= 0))
            takes[work.sku[special], work.channel[special]] = work.workload[special]
            weight = takes[facts.lines.sku[line], facts.lines.channel[line]]
        groups.append(Group(f"room_{name}", rooms[arcs.node, arcs.ship], weight, caps.limit[mine]))
    limited = np.isfinite(facts.lanes.capacity)
    if limited.any():
        lane = np.where(limited[arcs.lane], arcs.lane.astype(np.int64) * facts.periods + arcs.ship, -1)
        groups.append(Group("lane", lane, None, np.repeat(facts.lanes.capacity, facts.periods)))
    return Raw(
        arcs.contribution(),
        np.minimum(facts.lots.usable[arcs.lot], facts.lines.units[arcs.line]),
        not facts.skus.divisible.any(),
        tuple(groups),
        -float(facts.channels.fixed_cost.sum()),
    )


def timed(run: Callable[[], Any], clock: Callable[[], float] = time.perf_counter) -> tuple[float, Any]:
    """Return the seconds that a call took, and what it returned."""
    start = clock()
    result = run()
    return clock() - start, result


def in_allocopt(problem: ao.Problem, size: int, limit: float) -> Seconds:
    """Time allocopt phase by phase, the whole call, and HiGHS alone on the same arrays."""
    runs: dict[str, list[float]] = defaultdict(list)
    objective = method = columns = None
    for _ in range(REPEATS.get(size, 5)):
        took: Seconds = {}
        took["arcs"], arcs = timed(lambda: allowed(build_arcs(problem.facts), ()))
        took["state + compile"], (program, _) = timed(lambda arcs=arcs: state(arcs, ()).compile())
        took["hand-over"], _ = timed(lambda program=program: handed_over(program))
        took["solve"], answer = timed(lambda program=program: solve(program, Effort(limit, gap=EXACT)))
        took["certify"], _ = timed(lambda p=program, a=answer: certify(p, a.x, a.multipliers, a.claimed_bound))
        took["allocate, CPU"], (took["allocate"], plan) = timed(
            lambda: timed(lambda: ao.allocate(problem, time_limit=limit)), time.process_time
        )
        took["bare HiGHS, CPU"], (took["bare HiGHS"], bare) = timed(
            lambda program=program: timed(lambda: bare_highs(program)), time.process_time
        )
        took["tables"], _ = timed(lambda plan=plan: (plan.allocation, plan.channels, plan.shortfalls))
        for name, seconds in took.items():
            runs[name].append(seconds)
        runs["ratio"].append(took["allocate"] / took["bare HiGHS"])
        runs["ratio, CPU"].append(took["allocate, CPU"] / took["bare HiGHS, CPU"])
        objective, method, columns = plan.objective, plan.method, program.columns
        if abs(bare - objective) > 1e-6 * max(1.0, abs(objective)):
            raise AssertionError(f"HiGHS alone finds {bare}, allocopt {objective}")
    medians = {name: statistics.median(values) for name, values in runs.items()}
    return {"columns": columns, **medians, "objective": objective, "method": method}


def bare_highs(program: Program) -> float:
    """Solve a program with HiGHS alone, by the options and in the order that allocopt takes; return the objective."""
    small = program.columns <= highs.QUICK
    if program.columns <= highs.SIMPLEX:
        attempts = [{"solver": "simplex", "presolve": "off" if small else "on"}]
    elif program.columns < highs.INTERIOR:
        cap = highs.PATIENCE * (program.rows + 1)
        attempts = [{"solver": "simplex", "simplex_iteration_limit": cap}, {"solver": "ipx"}]
    else:
        attempts = [{"solver": "ipx"}]
    for options in attempts:
        solver = handed_over(program, **options)
        solver.run()
        if solver.getModelStatus().name == "kOptimal":
            np.array(solver.getSolution().col_value), np.array(solver.getSolution().row_dual)
            return float(solver.getInfo().objective_function_value)
    raise AssertionError(f"HiGHS ended with {solver.getModelStatus().name}")


def in_pyomo(problem: ao.Problem, size: int, limit: float, gap: float = 1e-6) -> Seconds:
    """Time a Pyomo model written the ordinary way, and its own interface to HiGHS."""
    import pyomo.environ as pyo
    from pyomo.contrib.appsi.solvers import Highs

    given = raw(problem)
    value, upper = given.value.tolist(), given.upper.tolist()
    groups = {group.name: group.of_arc.tolist() for group in given.groups}
    weights = {group.name: None if group.weight is None else group.weight.tolist() for group in given.groups}
    limits = {group.name: group.limit.tolist() for group in given.groups}

    def build() -> Any:
        members: dict[str, dict[int, list[int]]] = {name: defaultdict(list) for name in groups}
        for name, of_arc in groups.items():
            for arc, group in enumerate(of_arc):
                if group >= 0:
                    members[name][group].append(arc)
        model = pyo.ConcreteModel()
        model.arcs = pyo.Set(initialize=range(len(value)), ordered=True)
        kind = pyo.NonNegativeIntegers if given.whole else pyo.NonNegativeReals
        model.ship = pyo.Var(model.arcs, domain=kind, bounds=lambda _, arc: (0, upper[arc]))
        for name in groups:
            keys = pyo.Set(initialize=sorted(members[name]), ordered=True)
            model.add_component(f"{name}s", keys)

            def rule(model: Any, group: int, name: str = name) -> Any:
                weight = weights[name]
                if weight is None:
                    return pyo.quicksum(model.ship[arc] for arc in members[name][group]) <= limits[name][group]
                total = pyo.quicksum(weight[arc] * model.ship[arc] for arc in members[name][group])
                return total <= limits[name][group]

            model.add_component(name, pyo.Constraint(keys, rule=rule))
        model.contribution = pyo.Objective(
            expr=pyo.quicksum(value[arc] * model.ship[arc] for arc in model.arcs) + given.constant, sense=pyo.maximize
        )
        return model

    took: Seconds = {}
    took["build"], model = timed(build)
    solver = Highs()
    solver.config.time_limit = limit
    solver.config.mip_gap = gap
    solver.config.load_solution = False
    took["hand-over"], _ = timed(lambda: solver.set_instance(model))
    took["solve"], result = timed(lambda: solver.solve(model))
    done = result.termination_condition.name == "optimal"
    if done:
        took["read back"], _ = timed(result.solution_loader.load_vars)
    objective = float(result.best_feasible_objective) if done else None
    return {**took, "done": done, "objective": objective, "status": result.termination_condition.name}


def in_linopy(problem: ao.Problem, size: int, limit: float, gap: float = 1e-6) -> Seconds:
    """Time a linopy model, handed over directly, solved by the interior point of HiGHS with crossover.

    With whole units HiGHS chooses for itself.
    """
    import linopy

    given = raw(problem)

    def build() -> Any:
        model = linopy.Model()
        arc = pd.RangeIndex(len(given.value), name="arc")
        upper = pd.Series(given.upper, index=arc)
        ship = model.add_variables(lower=0.0, upper=upper, name="ship", integer=given.whole)
        for group in given.groups:
            name = group.name
            members = np.flatnonzero(group.of_arc >= 0)
            chosen = ship if len(members) == len(arc) else ship.isel(arc=members)
            weight = 1.0 if group.weight is None else pd.Series(group.weight[members], index=arc[members])
            of_arc = pd.Series(group.of_arc[members], index=arc[members], name=name)
            total = (weight * chosen).groupby(of_arc).sum()
            present = np.unique(group.of_arc[members])
            bounds = pd.Series(group.limit[present], index=pd.Index(present, name=name))
            model.add_constraints(total, "<=", bounds, name=name)
        model.add_objective((pd.Series(given.value, index=arc) * ship).sum(), sense="max")
        return model

    took: Seconds = {}
    took["build"], model = timed(build)
    took["hand-over"], _ = timed(lambda: linopy.io.to_highspy(model))
    how: dict[str, Any] = {"mip_rel_gap": gap} if given.whole else {"solver": "ipm"}
    took["solve"], (_, condition) = timed(
        lambda: model.solve(
            "highs",
            io_api="direct",
            time_limit=limit,
            threads=1,
            output_flag=False,
            log_to_console=False,
            progress=False,
            **how,
        )
    )
    done = condition == "optimal"
    # `solve` hands the model over once more: what was timed above is in it.
    took["solve"] = max(0.0, took["solve"] - took["hand-over"])
    objective = float(model.objective.value) + given.constant if done else None
    return {**took, "done": done, "objective": objective, "status": condition}


def one_sku(calls: int = 200, warm: int = 30) -> Seconds:
    """Time calls for one article: 4 nodes, 4 channels, 8 periods, on a problem that has been checked before."""
    from benchmarks.generate import one_sku as article

    problems = [article(seed=seed) for seed in range(10)]
    for number in range(warm):
        _ = ao.allocate(problems[number % 10]).objective
    seconds = []
    for number in range(calls):
        start = time.perf_counter()
        _ = ao.allocate(problems[number % 10]).objective
        seconds.append(time.perf_counter() - start)
    programs = [formulate(problem.facts, pooled()).program for problem in problems]
    bare = [timed(lambda program=program: bare_highs(program))[0] for _ in range(5) for program in programs]
    return {
        "median": statistics.median(seconds),
        "p95": sorted(seconds)[int(0.95 * calls)],
        "bare HiGHS": statistics.median(bare),
        "arcs": [len(build_arcs(problem.facts)) for problem in problems],
    }


RUNNERS = {"allocopt": in_allocopt, "pyomo": in_pyomo, "linopy": in_linopy}


def main() -> None:
    """Run one contender and print its seconds as JSON."""
    name, size, seed, limit = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    if name == "one_sku":
        print(json.dumps(one_sku()))
        return
    problem = generate(size, seed=seed, shape=Shape(divisible=True))
    if name != "allocopt":
        # Imports and first use are not what is compared.
        RUNNERS[name](generate(200, seed=seed, shape=Shape(divisible=True)), 200, limit)
    print(json.dumps(RUNNERS[name](problem, size, limit)))


if __name__ == "__main__":
    main()
