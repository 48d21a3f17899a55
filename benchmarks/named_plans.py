"""Plans by name: one whole `allocate()` by the way that it stands in for, and by today's, in one run.

========== ============================================ ===============================================
name       before                                       after
========== ============================================ ===============================================
tiers      each tier in whole units before the next     all tiers together
fair-share levels under all rows at once                each article's levels alone, then exchanges
max-min    the same                                     the same
scenario   from nothing                                 from the plan of the problem before it changed
short-rows HiGHS with its presolve, on ten thousand     as it is chosen
           articles of three arcs and three long rows
========== ============================================ ===============================================
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

import allocopt as ao
from allocopt import stages
from allocopt.solve import highs
from allocopt.stages import levels, whole_shares
from benchmarks import record
from benchmarks.generate import Shape, generate

Found = dict[str, Any]
NAMED: dict[str, Found] = {
    f"{way}-{size}k": {"way": way, "arcs": 1_000 * size}
    for way, sizes in {
        "tiers": (100,),
        "fair-share": (100,),
        "max-min": (100,),
        "scenario": (100, 1_000),
        "short-rows": (30,),
    }.items()
    for size in sizes
}
LESS = ao.Scenario("capacity x 0.9", [ao.Scale("capacity.limit", by=0.9)])
TIERS = ("dtc", "amazon", "wholesale")


def compared(task: Found) -> Found:
    """Solve one problem both ways, today's first, and say what each took and proved."""
    before, after = WAYS[task["way"]](task)
    return {"after": _timed(after), "before": _timed(before)}


Run = Callable[[], ao.Plan]


def _timed(run: Run) -> Found:
    begun, wall = time.process_time(), time.perf_counter()
    plan = run()
    took = {"cpu": time.process_time() - begun, "wall": time.perf_counter() - wall}
    proofs = () if plan.certificate is None else plan.certificate.stages
    gaps = [proof.gap for proof in proofs if np.isfinite(proof.gap)]
    return took | {"status": plan.status, "message": plan.message, "gap": max(gaps, default=None)}


def _tiers(task: Found) -> tuple[Run, Run]:
    problem, agreed = _generated(task, divisible=False), ao.priority(*TIERS)

    def before() -> ao.Plan:
        with _patched((stages, "in_tiers", lambda *_: None)):
            return ao.allocate(problem, agreed, time_limit=task["limit"])

    return before, lambda: ao.allocate(problem, agreed, time_limit=task["limit"])


def _levelled(task: Found) -> tuple[Run, Run]:
    problem = _generated(task, divisible=False)
    agreed = ao.fair_share() if task["way"] == "fair-share" else ao.max_min_fair()

    def before() -> ao.Plan:
        with _patched((levels, "LARGE", np.inf), (whole_shares, "LARGE", np.inf)):
            return ao.allocate(problem, agreed, time_limit=task["limit"])

    return before, lambda: ao.allocate(problem, agreed, time_limit=task["limit"])


def _scenario(task: Found) -> tuple[Run, Run]:
    problem, agreed = _generated(task, divisible=True), ao.pooled()
    how = {"gap": task["gap"], "time_limit": task["limit"]}
    base, changed = ao.allocate(problem, agreed, **how), LESS.apply(problem)
    return lambda: ao.allocate(changed, agreed, **how), lambda: ao.allocate(changed, agreed, start=base, **how)


def _short_rows(task: Found) -> tuple[Run, Run]:
    problem, agreed = short_rows(task["arcs"] // 3, task["seed"]), ao.pooled()
    how = {"gap": task["gap"], "time_limit": task["limit"]}

    def before() -> ao.Plan:
        with _patched((highs, "lopsided", lambda _: False)):
            return ao.allocate(problem, agreed, solver="highs", **how)

    return before, lambda: ao.allocate(problem, agreed, **how)


WAYS: dict[str, Callable[[Found], tuple[Run, Run]]] = {
    "tiers": _tiers,
    "fair-share": _levelled,
    "max-min": _levelled,
    "scenario": _scenario,
    "short-rows": _short_rows,
}


def short_rows(articles: int, seed: int) -> ao.Problem:
    """Return articles that each lie at three nodes and are wanted once; each node's capacity is one long row."""
    rng = np.random.default_rng(seed)
    skus = np.array([f"SKU{number:05d}" for number in range(articles)], dtype=object)
    nodes = ["N0", "N1", "N2"]
    wanted, price = rng.integers(1, 20, articles), np.round(rng.lognormal(3.0, 0.5, articles), 2)
    lots = [(sku, node) for sku in skus for node in nodes]
    return ao.Problem(
        skus=pd.DataFrame({"sku": skus, "divisible": True}),
        nodes=pd.DataFrame({"node": nodes}),
        channels=pd.DataFrame({"channel": ["dtc"]}),
        supply=pd.DataFrame(lots, columns=["sku", "node"]).assign(kind="on_hand", units=rng.integers(1, 10, len(lots))),
        demand=pd.DataFrame({"sku": skus, "channel": "dtc", "period": 0, "units": wanted, "price": price}),
        lanes=pd.DataFrame({"node": nodes, "channel": "dtc", "cost": [1.0, 2.0, 3.0]}),
        capacity=pd.DataFrame({"node": nodes, "period": 0, "limit": [int(0.2 * wanted.sum())] * 3}),
    )


def _generated(task: Found, *, divisible: bool) -> ao.Problem:
    return generate(task["arcs"], seed=task["seed"], shape=Shape(divisible=divisible, couplings=50))


@contextmanager
def _patched(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Put other values into modules as long as the block runs."""
    kept = [(module, name, getattr(module, name)) for module, name, _ in changes]
    try:
        for module, name, value in changes:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in kept:
            setattr(module, name, value)


def report(runs: list[Found]) -> str:
    """Return what came out as a table."""
    heads = ["plan", "seed", "before, cpu s", "largest gap", "after, cpu s", "largest gap", "ratio of cpu s", "after"]
    lines = []
    for run in runs:
        before, after = run["outcome"]["before"], run["outcome"]["after"]
        told = [part for each in (before, after) for part in (f"{each['cpu']:.2f}", _gap(each["gap"]))]
        words = after["status"] if not after["message"] else f"{after['status']}: {after['message']}"
        lines.append([run["name"], str(run["seed"]), *told, f"{before['cpu'] / after['cpu']:.1f}", words])
    return record.table(heads, lines)


def _gap(gap: float | None) -> str:
    return "no plan" if gap is None else f"{gap:.1e}"
