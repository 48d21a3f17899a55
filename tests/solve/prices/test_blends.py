"""Which rounds the proposals of a master are made of: parts add up, and a blend is what its rounds make of it."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from allocopt.solve.prices.apart import Entries, Loose
from allocopt.solve.prices.blends import Blends
from allocopt.solve.prices.central import Central


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 5), st.integers(5, 40))
def test_a_proposal_is_what_its_rounds_make_of_it(seed: int, groups: int, rows: int, rounds: int) -> None:
    """However often proposals give way, worth and use of each are those of its rounds, and the mix is never lost."""
    rng = np.random.default_rng(seed)
    value, usage = rng.uniform(0.1, 1, (rounds, groups)), rng.uniform(0, 1, (rounds, groups, rows))
    none = np.zeros(0)
    loose = Loose(none, none, none, Entries(np.zeros(1, np.int64), np.zeros(0, np.int32), none))
    limit = 0.5 * usage.mean(axis=0).sum(axis=0) + 0.3
    master = Central(np.full(rows, -np.inf), limit, groups, loose, 1.0, np.ones(rows))
    promised = -np.inf
    for number in range(rounds):
        master.propose(value[number], usage[number], number)
        master.hold(np.zeros(rows), np.full(rows, 10.0))
        master.solve(1e-6, 0.1, np.full(rows, 1.0))
        assert master.worth >= promised - 1e-4 * max(1.0, abs(promised))
        promised = master.worth
    group, slot = np.nonzero(master.there)
    for whose, where in zip(group.tolist(), slot.tolist(), strict=True):
        mine, number, part = master.rounds.shares(np.array([whose]), np.array([where]), np.ones(1))
        assert (mine == whose).all()
        assert np.isclose(part.sum(), 1.0)
        assert np.isclose(master.value[whose, where], part @ value[number, whose])
        assert np.allclose(master.usage[whose, where], part @ usage[number, whose])
    share = master.shares()
    worth, used = master.mixed(share)
    whose, number, part = master.rounds.shares(group, slot, share[group, slot])
    assert np.isclose(worth, (part * value[number, whose]).sum())
    assert np.allclose(used, (part[:, None] * usage[number, whose]).sum(axis=0))
    assert set(number.tolist()) <= set(master.rounds.held().tolist())


def test_a_plan_that_is_put_in_the_place_of_another_drops_it() -> None:
    """Rounds whose plans are in no slot any more are not held; a copy keeps what was."""
    rounds, first = Blends(2), np.zeros(2, np.int64)
    rounds.put(np.arange(2), first, 0)
    before = rounds.copy()
    rounds.put(np.arange(2), first, 40)
    assert rounds.held().tolist() == [40]
    assert before.held().tolist() == [0]
    rounds.put(np.arange(2), first + 1, 41)
    rounds.blend(np.arange(2), first, first + 1, np.array([0.25, 1.0]))
    whose, number, part = rounds.shares(np.arange(2), first + 1, np.array([1.0, 0.5]))
    assert list(zip(whose.tolist(), number.tolist(), part.tolist(), strict=True)) == [
        (0, 40, 0.25),
        (0, 41, 0.75),
        (1, 40, 0.5),
    ]
