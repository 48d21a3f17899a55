"""The price engine on problems of a few hundred to a few thousand arcs: proofs, limits, starts, threads, hand-overs."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, tables
from tests.conftest import REPOSITORY
from tests.solve.programs import program as by_hand

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.solve import EXACT, Effort, certify, highs, solve
from allocopt.solve.prices import WholeError, engine, linear, manner, oracle
from allocopt.solve.prices.apart import MANY, taken_apart
from allocopt.solve.prices.engine import Pricing
from allocopt.solve.prices.oracle import LocalOracle
from allocopt.solve.solution import Clock
from allocopt.solve.start import Prices
from allocopt.stages.stated import formulate

TERMS = ("physics", "retailer")


@cache
def generated(arcs: int, terms: str = "physics", **form: Any) -> Program:
    """Return the program of a generated problem; the stage of the retailer's contract is left out."""
    shape = Shape(couplings=20, periods=6, **form)
    agreed = contract(shape, terms)
    problem = ao.Problem(**tables(arcs, seed=1, shape=shape))
    return formulate(problem.facts, replace(agreed, stages=())).program


def unlimited() -> Clock:
    """Return a clock without a limit."""
    return Clock.started(None)


@pytest.mark.parametrize("terms", TERMS)
@pytest.mark.parametrize("native", [True, False])
def test_prices_find_and_prove_the_optimum(terms: str, native: bool) -> None:
    """The plan is worth what HiGHS finds, and our own bound says so, compiled or not."""
    program = generated(3_000, terms, divisible=True)
    known = highs.linear(program, unlimited())
    found = linear(program, unlimited(), native=native)
    assert found.x is not None
    assert program.objective(found.x) == pytest.approx(known.claimed_bound, rel=1e-6)
    checks = certify(program, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-6
    assert checks.bound == pytest.approx(found.claimed_bound, rel=1e-9)


@pytest.mark.parametrize("terms", TERMS)
def test_most_blocks_of_a_retailer_are_networks(terms: str) -> None:
    """Inbound protections and soft floors leave networks: at most one piece in twenty needs HiGHS."""
    program = generated(3_000, terms, divisible=True)
    apart = taken_apart(program)
    compiled = LocalOracle(apart, native=True, threads=1)
    assert len(compiled.networks) >= 0.95 * apart.blocks


def test_any_number_of_threads_gives_the_same_answer() -> None:
    """One thread, two, or five: the same plan and the same multipliers, bit by bit."""
    program = generated(3_000, "retailer", divisible=True)
    one, two, five = (linear(program, unlimited(), native=True, threads=threads) for threads in (1, 2, 5))
    for other in (two, five):
        assert np.array_equal(one.x, other.x)
        assert np.array_equal(one.multipliers, other.multipliers)


def test_shuffled_rows_give_the_same_plan() -> None:
    """The order of the rows in the tables does not matter."""
    shape = Shape(couplings=20, periods=6)
    facts = tables(3_000, seed=2, shape=shape)
    mixed = {
        name: table.sample(frac=1.0, random_state=3) if hasattr(table, "sample") else table
        for name, table in facts.items()
    }
    agreed = contract(shape, "retailer")
    plans = [ao.allocate(ao.Problem(**given), agreed, solver="prices", gap=1e-3) for given in (facts, mixed)]
    key = ["sku", "node", "kind", "available", "channel", "due", "ship"]
    first, second = (plan.allocation.sort_values(key).reset_index(drop=True)[[*key, "units"]] for plan in plans)
    assert first.equals(second)


def test_whole_units_need_few_repairs() -> None:
    """Whole units cost next to nothing: most of the plan is whole before anything is rounded."""
    program = generated(6_000)
    found = solve(program, Effort(gap=1e-3, engine="prices"))
    assert found.x is not None
    checks = certify(program, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-3
    pure = linear(program, unlimited(), gap=1e-5, native=True, pure=True)
    assert pure.x is not None
    mixed = np.unique(program.column_sku[np.abs(pure.x - np.rint(pure.x)) > 1e-6])
    assert len(mixed) <= len(taken_apart(program).coupling)


def test_given_prices_save_rounds() -> None:
    """A scenario of the same problem starts from the base's prices, and takes fewer rounds."""
    program = generated(6_000, divisible=True)
    base = linear(program, unlimited())
    dearer = replace(program, cost=program.cost * np.where(program.column_sku % 3 == 0, 1.02, 1.0))
    cold, warm = linear(dearer, unlimited()), linear(dearer, unlimited(), start=base.basis)
    assert isinstance(base.basis, Prices)
    assert warm.iterations < cold.iterations
    assert dearer.objective(warm.x) == pytest.approx(dearer.objective(cold.x), rel=2e-6)


def test_a_limit_leaves_a_proven_plan() -> None:
    """However few rounds there are, there is a plan that keeps every row, and a bound above it."""
    program = generated(3_000, divisible=True)
    gaps = []
    for rounds in (1, 3, 6):
        found = linear(program, unlimited(), work_limit=rounds, native=True)
        assert found.status == "feasible"
        assert found.x is not None
        checks = certify(program, found.x, found.multipliers, found.claimed_bound)
        assert checks.passed
        gaps.append(checks.gap)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 0.05


def test_a_time_limit_is_kept() -> None:
    """With no time at all there is still the first round's plan."""
    program = generated(3_000, divisible=True)
    found = linear(program, Clock.started(0.0), native=True)
    assert found.status == "feasible"
    assert found.iterations == 1


def test_a_sample_takes_no_time_from_the_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """First prices from a sample may take a fifth of the time; all that is then left is for the rounds."""
    limits = []

    def timed(search: Pricing, gap: float, clock: Clock, *rest: Any) -> None:
        limits.append(clock.limit)
        run(search, gap, clock, *rest)

    run = Pricing.run
    monkeypatch.setattr(Pricing, "run", timed)
    monkeypatch.setattr(manner, "SAMPLED_FROM", 10)
    linear(generated(3_000, divisible=True), Clock.started(1_000.0), native=True)
    assert limits == [pytest.approx(200.0, rel=0.1), pytest.approx(1_000.0, rel=0.1)]


def test_what_does_not_come_apart_is_said() -> None:
    """One block, or too many coupling rows: HiGHS solves it, and the plan says why."""
    single = by_hand([3.0, 2.0], [[1.0, 1.0]], [-np.inf], [4.0], upper=9.0)
    with pytest.raises(WholeError, match="one block"):
        linear(single, unlimited())
    found = solve(single, Effort(gap=EXACT, engine="prices"))
    assert found.status == "optimal"
    assert found.notes == ("The price engine handed over to HiGHS: one block holds most of it.",)


def test_infeasible_coupling_rows_are_found_out() -> None:
    """Where no plan keeps a coupling row the engine hands over, and HiGHS proves it."""
    program = generated(3_000, divisible=True)
    row = int(taken_apart(program).coupling[0])
    lower = program.row_lower.copy()
    lower[row] = 1e7
    upper = program.row_upper.copy()
    upper[row] = np.inf
    impossible = replace(program, row_lower=lower, row_upper=upper)
    with pytest.raises(WholeError):
        linear(impossible, unlimited(), native=True)
    assert solve(impossible, Effort(gap=EXACT, engine="prices")).status == "infeasible"


def test_many_coupling_rows_are_handed_over() -> None:
    """Beyond a thousand coupling rows prices do not pay, whoever guides them."""
    program = generated(4_000, divisible=True)
    sku = program.row_sku.copy()
    assert program.rows > MANY
    sku[:] = -1
    with pytest.raises(WholeError):
        linear(replace(program, row_sku=sku), unlimited())


def test_small_problems_never_compile() -> None:
    """Below the size at which it pays, compiled code is not even loaded, also when prices are asked for."""
    code = (
        "import sys, allocopt as ao\n"
        "problem = ao.Problem.read('scenarios/quickstart')\n"
        "for solver in ('auto', 'prices'):\n"
        "    assert ao.allocate(problem, solver=solver).status == 'optimal'\n"
        "assert 'numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


def test_compiled_code_is_kept() -> None:
    """What was compiled once is read from disk the next time."""
    environment = {**os.environ, "NUMBA_DEBUG_CACHE": "1"}
    command = [sys.executable, "-m", "allocopt.solve.prices"]
    subprocess.run(command, check=True, cwd=REPOSITORY)
    said = subprocess.run(command, check=True, cwd=REPOSITORY, env=environment, capture_output=True, text=True).stdout
    assert "data loaded" in said
    assert "data saved" not in said


def test_decisions_are_taken_case_by_case() -> None:
    """Keeping or retiring channels: each case is priced, and the answer agrees with HiGHS within the gaps."""
    problem = ao.Problem(**tables(3_000, seed=1, shape=Shape(couplings=20, periods=6, divisible=True)))
    clauses = [ao.KeepOrRetire("stores", recapture=[ao.Recapture("dtc", 0.3)]), ao.KeepOrRetire("subscription")]
    ours, theirs = (
        ao.allocate(problem, ao.Contract("any", clauses=clauses), solver=solver) for solver in ("prices", "highs")
    )
    assert ours.method == "by cases: prices"
    assert ours.decisions == theirs.decisions
    assert ours.certificate is not None
    assert ours.certificate.gap <= 1e-4
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-4)


def test_an_early_limit_keeps_what_the_stage_before_reached() -> None:
    """After a single round the plan is the earlier stage's, mixed with what is better and keeps every row."""
    shape = Shape(couplings=20, periods=6, divisible=True)
    problem = ao.Problem(**tables(3_000, seed=1, shape=shape))
    agreed = contract(shape, "retailer")
    first = ao.Contract("first", clauses=agreed.clauses, stages=agreed.stages)
    plans = [ao.allocate(problem, first, solver="prices", work_limit=rounds) for rounds in (2, 6, 40)]
    assert [plan.status for plan in plans[:2]] == ["feasible", "feasible"]
    gaps = [plan.certificate.gap for plan in plans if plan.certificate is not None]
    assert len(gaps) == 3
    assert gaps[0] > gaps[1] > gaps[2]
    filled = [plan.certificate.stages[0].objective for plan in plans if plan.certificate is not None]
    assert filled == pytest.approx([filled[0]] * 3)


def test_an_early_limit_leaves_whole_units() -> None:
    """After a few rounds there is a plan in whole units already: at least what the stage before reached."""
    shape = Shape(couplings=20, periods=6)
    problem = ao.Problem(**tables(6_000, seed=1, shape=shape))
    agreed = contract(shape, "retailer")
    early, late = (ao.allocate(problem, agreed, solver="prices", work_limit=rounds, gap=1e-3) for rounds in (8, 200))
    assert early.certificate is not None
    assert late.certificate is not None
    assert early.status == "feasible"
    assert early.certificate.integrality == 0
    assert early.certificate.gap > 1e-3
    assert early.objective < late.objective
    assert late.certificate.gap <= 1e-3


class Late(Clock):
    """A clock whose time is up after it was looked at so many times."""

    looks = 0

    @property
    def left(self) -> float:
        """No time after so many looks, plenty before."""
        type(self).looks -= 1
        return 1.0 if self.looks >= 0 else 0.0

    def share(self, part: float) -> Clock:
        """The same clock."""
        return self


@pytest.mark.parametrize("native", [True, False])
def test_a_round_that_comes_too_late_is_left_unfinished(native: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the time is up within the first round of a large program there is no plan; later the mix so far is one."""
    monkeypatch.setattr(engine, "SURE", 0)
    monkeypatch.setattr(oracle, "AT_ONCE", 20)
    program = generated(3_000, divisible=True)
    statuses = []
    for looks in (0, 2, 3, 40, 80):
        monkeypatch.setattr(Late, "looks", looks)
        found = linear(program, Late.started(1.0), gap=-1.0, native=native, threads=1)
        statuses.append(found.status)
        if found.x is None:
            assert found.claimed_bound is None
        else:
            assert certify(program, found.x, found.multipliers, found.claimed_bound).passed
    assert statuses[0] == "interrupted"
    assert statuses[-1] == "feasible"


def test_vertices_do_not_guide_through_hundreds_of_rows() -> None:
    """Several hundred coupling rows are left to central prices: vertices take longer than a solver without prices."""
    assert manner.manner(450, 300, "centre", native=True).groups == manner.MOST_GROUPS
    with pytest.raises(WholeError, match="450 rows"):
        manner.manner(450, 300, "vertex", native=True)
