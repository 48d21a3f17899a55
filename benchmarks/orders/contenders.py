"""Who serves the orders of a shop: a loop of eight lines, HiGHS, CP-SAT, and allocopt.

Each returns what it earns as recomputed from its plan, the bound it states, and the seconds; solvers are timed from a
finished model, allocopt from a checked problem.
"""

from __future__ import annotations

import os
import resource
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.orders.natural import Natural, natural
from benchmarks.orders.shop import Ints, Shop

Found = dict[str, Any]
WORKERS = 2
WARM = 300
"""Orders that allocopt serves before the clock starts: compiling is not what is compared."""


def by_loop(shop: Shop, limit: float) -> Found:
    """Serve orders by value per unit, the dearest first, from the node where each earns most of what is left."""
    begun = time.perf_counter()
    x = looped(shop)
    seconds = time.perf_counter() - begun
    return {"value": shop.earned(x) if all(shop.kept(x).values()) else None, "seconds": seconds}


def looped(shop: Shop) -> Ints:
    """Return what the loop ships; orders that have to be served may be missing."""
    margin = shop.price[:, None] - shop.cost
    lines: list[list[int]] = [[] for _ in shop.whole]
    for line, order in enumerate(shop.order.tolist()):
        lines[order].append(line)
    worth = np.bincount(shop.order, weights=margin.max(1) * shop.units) / np.bincount(shop.order, weights=shop.units)
    left, time_left = shop.stock.copy(), None if shop.minutes is None else shop.minutes.astype(float)
    x = np.zeros((len(shop.order), shop.nodes), np.int64)

    def fits(line: int, node: int, wish: int) -> int:
        units = min(wish, int(left[shop.sku[line], node]))
        if time_left is not None and shop.work is not None:
            units = min(units, int(time_left[node] // shop.work[shop.sku[line], node]))
        units -= units % int(shop.pack[line])
        return units if units >= shop.least[line] else 0

    def ship(line: int, node: int, units: int) -> None:
        x[line, node] += units
        left[shop.sku[line], node] -= units
        if time_left is not None and shop.work is not None:
            time_left[node] -= units * shop.work[shop.sku[line], node]

    for order in np.argsort(-worth, kind="stable").tolist():
        mine = lines[order]
        ways = [[node] for node in range(shop.nodes)] if shop.single[order] else [list(range(shop.nodes))]
        best, plan = (-np.inf if shop.must[order] else 0.0), []
        for nodes in ways:
            begun, earned = [], 0.0
            for line in mine:
                wish = int(shop.units[line])
                for node in sorted(nodes, key=lambda at, line=line: -margin[line, at]):
                    units = fits(line, node, wish) if margin[line, node] > 0 or shop.must[order] else 0
                    if units:
                        ship(line, node, units)
                        begun.append((line, node, units))
                        earned, wish = earned + margin[line, node] * units, wish - units
                if wish and shop.whole[order]:
                    earned = -np.inf
                    break
            for line, node, units in begun:
                ship(line, node, -units)
            if earned > best:
                best, plan = earned, begun
        for line, node, units in plan:
            ship(line, node, units)
    return x


def in_highs(shop: Shop, limit: float) -> Found:
    """Solve the natural model by HiGHS."""
    import highspy
    from scipy.sparse import csc_array

    model = natural(shop)
    matrix = csc_array((model.value.astype(float), (model.row, model.column)), shape=(len(model.low), len(model.cents)))
    begun = time.perf_counter()
    solver = highspy.Highs()
    for name, value in {"output_flag": False, "time_limit": limit, "threads": WORKERS, "mip_rel_gap": 0.0}.items():
        solver.setOptionValue(name, value)
    columns = len(model.cents)
    solver.passModel(
        columns, len(model.low), matrix.nnz, int(highspy.MatrixFormat.kColwise), int(highspy.ObjSense.kMaximize), 0.0,
        model.cents / 100, np.zeros(columns), model.upper.astype(float), model.low, model.high,
        matrix.indptr.astype(np.int32), matrix.indices.astype(np.int32), matrix.data, np.ones(columns, np.int32),
    )  # fmt: skip
    with ThreadPoolExecutor(1) as fresh:  # a thread that ran HiGHS before cannot run it with other threads
        fresh.submit(solver.run).result()
    seconds, info = time.perf_counter() - begun, solver.getInfo()
    there = info.primal_solution_status == 2
    y = np.array(solver.getSolution().col_value) if there else None
    status = solver.getModelStatus().name
    return _outcome(shop, model, y, float(info.mip_dual_bound), seconds, status)


def in_cp_sat(shop: Shop, limit: float) -> Found:
    """Solve the natural model by CP-SAT with two workers."""
    from ortools.sat.python import cp_model

    model = natural(shop)
    program = cp_model.CpModel()
    y = [program.new_bool_var("") if most == 1 else program.new_int_var(0, most, "") for most in model.upper.tolist()]
    by = np.argsort(model.row, kind="stable")
    ends = np.searchsorted(model.row[by], np.arange(len(model.low) + 1))
    column, value = model.column[by].tolist(), model.value[by].tolist()
    for row, (low, high) in enumerate(zip(model.low.tolist(), model.high.tolist(), strict=True)):
        entries = range(ends[row], ends[row + 1])
        mine, sizes = [y[column[entry]] for entry in entries], [value[entry] for entry in entries]
        if high == 1 and set(sizes) == {1} and (model.upper[column[ends[row]]] == 1):
            (program.add_exactly_one if low == 1 else program.add_at_most_one)(mine)
            continue
        total = cp_model.LinearExpr.weighted_sum(mine, sizes)
        if np.isfinite(high):
            program.add(total <= int(high))
        if np.isfinite(low):
            program.add(total >= int(low))
    program.maximize(cp_model.LinearExpr.weighted_sum(y, model.cents.tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers, solver.parameters.max_time_in_seconds = WORKERS, limit
    begun = time.perf_counter()
    status = solver.solve(program)
    seconds = time.perf_counter() - begun
    there = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    found = np.array([solver.value(each) for each in y], float) if there else None
    return _outcome(shop, model, found, solver.best_objective_bound / 100, seconds, solver.status_name(status))


def _outcome(shop: Shop, model: Natural, y: Any, bound: float, seconds: float, status: str) -> Found:
    value = None if y is None else shop.earned(model.shipped(shop, y))
    return {"value": value, "bound": bound if np.isfinite(bound) else None, "seconds": seconds, "status": status}


def in_allocopt(shop: Shop, limit: float) -> Found:
    """Allocate the problem, checked beforehand, within the limit; the plan is held against the shop's own rules."""
    import allocopt as ao
    from benchmarks.orders.families import complete

    problem = ao.Problem(**shop.tables())
    warm = ao.Problem(**complete(WARM, 0).tables())
    ao.allocate(warm, work_limit=10)
    begun = time.perf_counter()
    plan = ao.allocate(problem, time_limit=limit, gap=0.0)
    seconds = time.perf_counter() - begun
    found: Found = {"seconds": seconds, "status": plan.status, "method": plan.method}
    if plan.status not in ("optimal", "feasible"):
        return found | {"value": None, "bound": None}
    value = shop.earned(shop.shipped(plan.allocation))
    if abs(value - plan.objective) > 1e-6 * max(1.0, abs(value)):
        raise AssertionError(f"the plan earns {value}, and says {plan.objective}")
    proof = plan.certificate
    return found | {"value": value, "bound": proof.bound, "claimed": proof.claimed_bound}


def first_plan(shop: Shop, repeats: int = 3) -> Found:
    """Return how soon after a program is stated orders are read and served in turn, and what that earns."""
    import allocopt as ao
    from allocopt.contracts import pooled
    from allocopt.solve.orders import at_once
    from allocopt.solve.solution import Clock
    from allocopt.stages.stated import formulate
    from benchmarks.orders.families import complete

    def served(given: Shop) -> tuple[float, Any, Any]:
        program = formulate(ao.Problem(**given.tables()).facts, pooled()).program
        took = []
        for _ in range(repeats):
            begun = time.perf_counter()
            x = at_once(replace(program), Clock.started(None), many=1)
            took.append(time.perf_counter() - begun)
        return min(took), program, x

    served(complete(WARM, 0))
    seconds, program, x = served(shop)
    worth = None if x is None else program.objective(x)
    return {"first": seconds, "first value": worth, "columns": program.columns}


CONTENDERS = {
    "loop": ("a loop", by_loop, ()),
    "highs": ("HiGHS, natural model", in_highs, ()),
    "cp-sat": (f"CP-SAT, {WORKERS} workers", in_cp_sat, ("ortools",)),
    "allocopt": ("allocopt", in_allocopt, ()),
}


def limited(gigabytes: float) -> None:
    """Let this process have no more memory than so much."""
    if hasattr(resource, "RLIMIT_AS") and os.name == "posix":
        most = int(gigabytes * 2**30)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
