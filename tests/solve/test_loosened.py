"""Where the rest is a network, switches alone are searched: the same optimum, in whole units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.solve.programs import program

import allocopt as ao
from allocopt.solve import highs, loosened
from allocopt.solve.solution import Clock

NEVER = Clock.started(None)


def depots(seed: int, customers: int = 4, sites: int = 3):
    """Return a program of depots that cost something once they are open: whole units from each to each customer."""
    draw = np.random.default_rng(seed)
    size, wants = int(draw.integers(3, 9)), draw.integers(1, 6, customers)
    earns = draw.integers(1, 9, (sites, customers)).astype(float)
    units = sites * customers
    rows = np.zeros((customers + 2 * sites, units + sites))
    for site in range(sites):
        for customer in range(customers):
            rows[[customer, customers + site, customers + sites + site], site * customers + customer] = 1
        rows[customers + sites + site, units + site] = -size
    limits = [*wants, *[size] * sites, *[0] * sites]
    cost = np.append(earns.ravel(), -draw.integers(1, 20, sites))
    upper = np.append(np.full(units, 9.0), np.ones(sites))
    return program(cost, rows, [-np.inf] * len(limits), limits, upper=upper, integer=True)


@given(st.integers(0, 10_000))
@settings(max_examples=25)
def test_switches_alone_lead_to_the_same_plan(seed):
    """Depots that open or not: worth and bound of both searches are the same, and units are whole."""
    given_program = depots(seed)
    switch = loosened.gates(given_program)
    assert switch.sum() == 3
    assert loosened.network(given_program, switch)
    few = loosened.branch(given_program, NEVER, gap=0.0)
    all_of_it = highs.branch(given_program, NEVER, gap=0.0)
    assert given_program.objective(few.x) == pytest.approx(given_program.objective(all_of_it.x))
    assert few.claimed_bound == pytest.approx(all_of_it.claimed_bound, abs=1e-5)
    assert (few.x == np.rint(few.x)).all()


def test_what_is_no_network_is_searched_whole():
    """Three columns of which any two clash are an odd ring; halves in a limit, and packs, are no network either."""
    ring = [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, -5]]
    odd = program([3, 3, 3, -1], ring, [-np.inf] * 4, [1, 1, 1, 0], upper=[9, 9, 9, 1], integer=True)
    assert not loosened.network(odd, loosened.gates(odd))
    half = program([3, -1], [[1, -5]], [-np.inf], [0.5], upper=[9, 1], integer=True)
    assert not loosened.network(half, loosened.gates(half))
    packs = program([3, -1], [[2, -5]], [-np.inf], [0], upper=[9, 1], integer=True)
    assert not loosened.network(packs, loosened.gates(packs))
    assert loosened.branch(odd, NEVER, gap=0.0).claimed_bound == pytest.approx(2.0, abs=1e-5)


def test_a_vertex_that_is_not_whole_costs_nothing(monkeypatch):
    """Whatever is taken for a network: a plan in parts of units is never the answer."""
    monkeypatch.setattr(loosened, "network", lambda *given: True)
    ring = [[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, -5]]
    odd = program([3, 3, 3, -1], ring, [-np.inf] * 4, [1, 1, 1, 0], upper=[9, 9, 9, 1], integer=True)
    found = loosened.branch(odd, NEVER, gap=0.0)
    assert odd.objective(found.x) == pytest.approx(2.0)


def test_channels_to_keep_or_retire_in_whole_units_take_no_more_nodes_than_divisible(monkeypatch):
    """Twelve channels over ten nodes, more than are gone through case by case: the units are left out of the search."""
    searched = []
    honest = highs.branch

    def counted(given_program, *rest, **how):
        searched.append(int(given_program.integer.sum()))
        return honest(given_program, *rest, **how)

    monkeypatch.setattr(highs, "branch", counted)
    draw = np.random.default_rng(7)
    nodes, channels = [f"k{i}" for i in range(10)], [f"d{j}" for j in range(12)]
    ways = [(node, channel) for node in nodes for channel in channels]
    problem = ao.Problem.from_dict(
        {
            "skus": {"sku": ["S"]},
            "nodes": {"node": nodes},
            "channels": {"channel": channels, "fixed_cost": [900.0] * 12},
            "supply": {
                "sku": ["S"] * 10,
                "node": nodes,
                "kind": ["on_hand"] * 10,
                "units": draw.integers(20, 90, 10).tolist(),
            },
            "demand": {
                "sku": ["S"] * 12,
                "channel": channels,
                "period": [0] * 12,
                "units": [150] * 12,
                "price": [50.0] * 12,
            },
            "lanes": {
                "node": [node for node, _ in ways],
                "channel": [channel for _, channel in ways],
                "cost": draw.integers(1, 40, len(ways)).astype(float).tolist(),
            },
        }
    )
    contract = ao.Contract("Which ones", clauses=[ao.KeepOrRetire(channel) for channel in channels])
    plan = ao.allocate(problem, contract, gap=1e-7)
    assert plan.status == "optimal"
    assert set(searched) == {12}
