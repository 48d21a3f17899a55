"""Columns that are multiples of others: taken out, put back, and proven as before."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, tables

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.solve import certify, highs
from allocopt.solve.prices import linear
from allocopt.solve.prices.apart import taken_apart
from allocopt.solve.prices.oracle import LocalOracle
from allocopt.solve.prices.relaxed import simpler
from allocopt.solve.prices.sums import Sums
from allocopt.solve.prices.twins import Twins
from allocopt.solve.solution import Clock
from allocopt.solve.start import Prices
from allocopt.stages.stated import formulate


@pytest.fixture(scope="module")
def packed() -> Program:
    """Return the linear relaxation of a generated problem with packs."""
    shape = Shape(couplings=20, periods=6, packs=True)
    problem = ao.Problem(**tables(2_000, seed=1, shape=shape))
    program = formulate(problem.facts, contract(shape, "physics")).program
    return replace(program, integer=np.zeros(program.columns, dtype=bool))


def test_packs_and_their_units_are_twins(packed: Program) -> None:
    """Without them, and without the packs of several lots, every article with packs is a network."""
    small, (sums, twins) = simpler(packed)
    assert isinstance(sums, Sums)
    assert isinstance(twins, Twins)
    assert small.columns == packed.columns - len(sums.total) - len(twins.twin)
    assert small.rows == packed.rows - len(twins.row)
    apart = taken_apart(small)
    assert len(LocalOracle(apart, native=True, threads=1).networks) == apart.blocks


def test_what_is_put_back_is_proven(packed: Program) -> None:
    """The plan has its packs again, and the bound is as good as the small program's."""
    known = highs.linear(packed, Clock.started(None))
    found = linear(packed, Clock.started(None), native=True)
    assert found.x is not None
    checks = certify(packed, found.x, found.multipliers, found.claimed_bound)
    assert checks.passed
    assert checks.gap <= 1e-6
    assert checks.bound == pytest.approx(found.claimed_bound, rel=1e-9)
    assert packed.objective(found.x) == pytest.approx(known.claimed_bound, rel=1e-6)


def test_prices_are_carried_over(packed: Program) -> None:
    """Prices of the whole program start what is left of it."""
    first = linear(packed, Clock.started(None), native=True)
    assert isinstance(first.basis, Prices)
    again = linear(packed, Clock.started(None), native=True, start=first.basis)
    assert again.iterations < first.iterations


def test_nothing_to_take_out() -> None:
    """A program without twins stays as it is."""
    shape = Shape(couplings=20, periods=6, divisible=True)
    problem = ao.Problem(**tables(1_000, seed=1, shape=shape))
    program = formulate(problem.facts, contract(shape, "physics")).program
    assert simpler(program) == (program, [])
    assert np.isfinite(program.upper).all()
