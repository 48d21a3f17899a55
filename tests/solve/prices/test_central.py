"""The interior-point master: the optimum of its own program, agreement with HiGHS, breakdowns, determinism."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import FEATURES, cases

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.rules import CLAUSES, Clause
from allocopt.solve import certify, highs
from allocopt.solve.prices import WholeError, central, engine, linear, native_centre
from allocopt.solve.prices.apart import BrokenError, Entries, Loose
from allocopt.solve.prices.central import Central
from allocopt.solve.prices.engine import MasterKind
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate

few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def unlimited() -> Clock:
    """Return a clock without a limit."""
    return Clock.started(None)


@cache
def generated(arcs: int, couplings: int, terms: str = "physics", *, seed: int = 1) -> Program:
    """Return the program of a generated problem; the stage of the retailer's contract is left out."""
    shape = Shape(couplings=couplings, periods=6, divisible=True)
    problem = ao.Problem(**tables(arcs, seed=seed, shape=shape))
    return formulate(problem.facts, replace(contract(shape, terms), stages=())).program


@few
@given(cases(FEATURES, CLAUSES), st.sampled_from(["centre", "vertex"]), st.booleans(), st.integers(-1, 12))
def test_any_master_finds_the_optimum(
    case: tuple[ao.Problem, tuple[Clause, ...]], master: MasterKind, native: bool, breaks: int
) -> None:
    """On problems with every rule either master finds and proves what HiGHS finds, wherever arithmetic gives out."""
    problem, clauses = case
    program = formulate(problem.facts, ao.Contract("any", clauses=clauses)).program
    held = replace(program, integer=np.zeros(program.columns, dtype=bool))
    known = highs.linear(held, unlimited())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native_centre, "factor", breaking(breaks))
        try:
            found = linear(held, unlimited(), native=native, master=master)
        except WholeError:
            return
    assert known.status == "optimal"
    assert found.status == "optimal"
    assert found.x is not None
    assert known.claimed_bound == pytest.approx(held.objective(found.x), rel=1e-6, abs=1e-6)
    checks = certify(held, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-6 + 1e-9


def breaking(number: int) -> Callable[..., Any]:
    """Return what factors matrices but the one of this number and the next two: these have no factor, it says."""
    asked = iter(range(10**9))
    factor = native_centre.factor

    def factored(matrix: Any) -> bool:
        return not 0 <= next(asked) - number < 3 and bool(factor(matrix))

    return factored


@pytest.mark.parametrize("terms", ["physics", "retailer"])
@pytest.mark.parametrize("breaks", [-1, 0, 30, 150])
def test_centres_prove_the_optimum(terms: str, breaks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The optimum is found and proven, also where the arithmetic gives out early, on the way or late."""
    program = generated(6_000, 40, terms)
    known = highs.linear(program, unlimited())
    monkeypatch.setattr(native_centre, "factor", breaking(breaks))
    found = linear(program, unlimited(), native=True, master="centre")
    assert found.x is not None
    assert program.objective(found.x) == pytest.approx(known.claimed_bound, rel=1e-6)
    checks = certify(program, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-6


@pytest.mark.parametrize("fault", [np.nan, np.inf, 0.0])
def test_numbers_that_are_none_are_a_breakdown(fault: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equations that are solved wrongly never reach the plan: vertices go on from the proposals."""
    program = generated(6_000, 40)
    asked = iter(range(10**9))
    solve = native_centre.solve

    def wrong(upper: Any, x: Any) -> None:
        solve(upper, x)
        if next(asked) > 20:
            x[:] = fault

    monkeypatch.setattr(native_centre, "solve", wrong)
    found = linear(program, unlimited(), native=True, master="centre")
    assert found.status == "optimal"
    assert found.x is not None
    assert certify(program, found.x, found.multipliers, found.claimed_bound).gap <= 1e-6


@pytest.mark.parametrize("terms", ["physics", "retailer"])
def test_groups_keep_more_proposals_where_few_do_not_do(terms: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two proposals a group mix the optimum slowly, or never; a master that grows proves it in fewer rounds."""
    monkeypatch.setattr(central, "SLOTS", 2)
    program = generated(6_000, 90, terms)
    rounds = {}
    for slow in (engine.SLOW, 10**6):
        monkeypatch.setattr(engine, "SLOW", slow)
        found = linear(program, unlimited(), native=True, master="centre")
        assert found.x is not None
        assert certify(program, found.x, found.multipliers, found.claimed_bound).gap <= 1e-6
        rounds[slow] = found.iterations
    few, many = rounds.values()
    assert few < many


def test_any_number_of_threads_gives_the_same_centres(monkeypatch: pytest.MonkeyPatch) -> None:
    """One thread, two, or five, with sums that are parted: the same plan and the same multipliers, bit by bit."""
    monkeypatch.setattr(central, "LARGE", 0)
    program = generated(6_000, 90)
    one, two, five = (
        linear(program, unlimited(), native=True, master="centre", threads=threads) for threads in (1, 2, 5)
    )
    for other in (two, five):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.multipliers, other.multipliers)


def test_a_closer_gap_ends_with_vertices() -> None:
    """Closer than an interior point has digits for, vertices finish."""
    program = generated(6_000, 40)
    found = linear(program, unlimited(), gap=1e-10, native=True, master="centre")
    assert found.status == "optimal"
    assert found.x is not None
    assert certify(program, found.x, found.multipliers, found.claimed_bound).gap <= 1e-9


def test_whole_units_are_looked_for_from_a_vertex() -> None:
    """Before whole units are looked for, the middle gives way to a vertex: few pieces are mixed."""
    program = generated(6_000, 40)
    rows = 40
    shares = {}
    for pure in (False, True):
        found = linear(program, unlimited(), gap=1e-5, native=True, master="centre", pure=pure)
        assert found.x is not None
        parts = np.abs(found.x - np.rint(found.x)) > 1e-6
        shares[pure] = len(np.unique(program.column_sku[parts]))
    assert shares[True] <= rows
    assert shares[True] < shares[False]


rows_ = st.integers(1, 6)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_a_master_is_solved(data: st.DataObject) -> None:
    """Random masters, with limits on either side, both, or equal, come to what HiGHS says; the mix keeps the rows."""
    seed, rows, groups = data.draw(st.integers(0, 10**6)), data.draw(rows_), data.draw(st.integers(2, 8))
    kinds = data.draw(st.lists(st.sampled_from("<>=r"), min_size=rows, max_size=rows))
    loose = data.draw(st.integers(0, 2))
    rng = np.random.default_rng(seed)
    usage, value = rng.uniform(0, 1, (3, groups, rows)), rng.uniform(0.1, 1, (3, groups))
    entries = rng.uniform(-1, 1, (loose, rows))
    inside = usage.mean(axis=0).sum(axis=0) + 0.5 * entries.sum(axis=0)
    lower, upper = inside - 0.1, inside + 0.1
    for row, kind in enumerate(kinds):
        lower[row] = -np.inf if kind == "<" else inside[row] if kind == "=" else lower[row]
        upper[row] = np.inf if kind == ">" else inside[row] if kind == "=" else upper[row]
    cost = rng.uniform(-1, 1, loose)
    places = np.tile(np.arange(rows, dtype=np.int32), loose)
    links = Entries(np.arange(loose + 1) * rows, places, entries.ravel())
    master = Central(lower, upper, groups, Loose(cost, np.zeros(loose), np.ones(loose), links), 1.0, np.ones(rows))
    for number in range(3):
        master.propose(value[number], usage[number], number)
        if data.draw(st.booleans()):
            master.widen()
        master.hold(np.full(rows, -1e3), np.full(rows, 1e3))
        try:
            prices = master.solve(1e-6, 0.5, np.zeros(rows))
        except BrokenError:
            return
    best = _best(lower, upper, (value, usage), (cost, entries))
    assert master.worth == pytest.approx(best, rel=1e-5, abs=1e-5)
    shares = master.shares()[:groups, :3]
    assert shares.min() >= 0
    assert shares.sum(axis=1) == pytest.approx(1.0)
    taken = np.einsum("gs,sgr->r", shares, usage) + master.shares()[groups : groups + loose, 1] @ entries
    assert (taken <= upper + 2e-9 * (1 + np.abs(taken))).all()
    assert (taken >= lower - 2e-9 * (1 + np.abs(taken))).all()
    assert np.isfinite(prices).all()


def _best(lower: Any, upper: Any, proposals: tuple[Any, Any], loose: tuple[Any, Any]) -> float:
    """Return what the best mix of proposals is worth, by another solver."""
    from scipy.optimize import linprog

    (value, usage), (cost, entries) = proposals, loose
    groups, rows = value.shape[1], len(lower)
    matrix = np.vstack([usage.reshape(-1, rows), entries]).T
    low, high = np.isfinite(lower), np.isfinite(upper)
    mixes = np.hstack([np.tile(np.eye(groups), 3), np.zeros((groups, len(cost)))])
    found = linprog(
        -np.concatenate([value.ravel(), cost]),
        np.vstack([matrix[high], -matrix[low]]),
        np.concatenate([upper[high], -lower[low]]),
        mixes,
        np.ones(groups),
        [(0, 1)] * (value.size + len(cost)),
    )
    return -float(found.fun)
