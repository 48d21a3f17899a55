"""SKUs on a cluster: the same answer bit for bit, and no answer where a worker is lost."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks.generate import Shape, contract, generate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies import FEATURES, cases

import allocopt as ao
from allocopt.algebra.program import Program
from allocopt.rules import CLAUSES, Clause
from allocopt.solve import Solution
from allocopt.solve.prices import WholeError, apart, linear, manner, native_simplex, oracle, shards
from allocopt.solve.solution import Clock
from allocopt.stages.stated import formulate

DIVISIBLE = Shape(divisible=True, couplings=20)


class Done:
    """A future that has come."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def done(self) -> bool:
        """It has."""
        return True

    def result(self, timeout: float | None = None) -> Any:
        """Return or raise what came."""
        if isinstance(self.value, Exception):
            raise self.value
        return self.value

    def cancel(self) -> None:
        """Let go of an object behind a wall."""
        self.value.cluster.handles.remove(self.value)


class Never(Done):
    """A future that does not come."""

    def __init__(self) -> None:
        super().__init__(TimeoutError())

    def done(self) -> bool:
        """It has not."""
        return False


class Handle:
    """An object behind a wall that only bytes pass."""

    def __init__(self, cluster: Walls, address: str, behind: Any) -> None:
        self.cluster, self.address, self.behind = cluster, address, behind
        cluster.handles.append(self)

    def ask(self, *given: Any) -> Done:
        """Pass a question through the wall, and the answer back."""
        self.cluster.asked += 1
        if self.cluster.asked == self.cluster.fails:
            return self.cluster.fail(self)
        try:
            return Done(passed(self.behind.ask(*passed(given))))
        except Exception as error:
            return Done(passed(error))


class Walls:
    """A cluster of workers in this process, behind walls that only bytes pass.

    Parameters
    ----------
    *threads : int
        Of each worker.
    fails : int
        The question at which `fail` is called.
    """

    def __init__(self, *threads: int, fails: int = 0) -> None:
        self.workers = {f"worker {number}": count for number, count in enumerate(threads)}
        self.fails, self.asked, self.fault = fails, 0, Exception()
        self.shards: dict[str, apart.Apart] = {}
        self.handles: list[Handle] = []

    def nthreads(self) -> dict[str, int]:
        """Return who works."""
        return dict(self.workers)

    def scatter(self, data: apart.Apart, *, workers: list[str], hash: bool) -> Done:  # noqa: A002
        """Send a shard."""
        self.shards[workers[0]] = passed(data)
        return Done(self.shards[workers[0]])

    def submit(self, function: Any, *arguments: Any, workers: list[str], **options: Any) -> Done:
        """Set up a shard."""
        assert options == {"actor": True, "pure": False, "allow_other_workers": False}
        return Done(Handle(self, workers[0], function(*(getattr(each, "value", each) for each in arguments))))

    def fail(self, handle: Handle) -> Done:
        """Lose a worker, or let it fail with a fault."""
        if type(self.fault) is not Exception:
            return Done(self.fault)
        del self.workers[handle.address]
        return Never()


def passed(thing: Any) -> Any:
    """Return what is on the other side of a wall: arrays that cannot be written to."""
    buffers: list[pickle.PickleBuffer] = []
    text = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(text, buffers=[bytes(buffer) for buffer in buffers])


@contextmanager
def finely_cut(least: int = 500, together: int = 250) -> Iterator[None]:
    """Let small programs have many stretches, some with several pieces, and first prices from a sample of these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(apart, "LEAST", least)
        patch.setattr(oracle, "TOGETHER", together)
        patch.setattr(manner, "SAMPLED_FROM", 8)
        patch.setattr(manner, "SAMPLED_PARTS", 8)
        yield


def generated(arcs: int, agreed: str = "physics") -> Program:
    """Return a program without whole units."""
    return formulate(generate(arcs, shape=DIVISIBLE).facts, contract(DIVISIBLE, agreed)).program


def same(one: Solution, other: Solution) -> bool:
    """Tell whether two answers are the same bit for bit."""
    arrays = [(one.x, other.x), (one.multipliers, other.multipliers)]
    numbers = [(each.status, each.claimed_bound, each.iterations) for each in (one, other)]
    return numbers[0] == numbers[1] and all(
        np.array_equal(np.asarray(left), np.asarray(right), equal_nan=False) for left, right in arrays
    )


@pytest.mark.parametrize("native", [False, True])
@pytest.mark.parametrize("agreed", ["physics", "retailer"])
def test_any_number_of_workers_gives_the_same(agreed: str, native: bool) -> None:
    """However many workers of however many threads there are, the answer is that of one process, bit for bit."""
    program = generated(4_000, agreed)
    with finely_cut():
        taken = apart.taken_apart(program)
        stretches = len(np.unique(taken.stretch))
        assert 6 < stretches < 40
        assert oracle.LocalOracle(taken, native=native, threads=1).pieces > manner.SAMPLED_FROM
        local = linear(program, Clock.started(None), native=native, threads=1)
        assert local.status == "optimal"
        for threads in [(1,), (1, 1), (2, 1, 3), (1,) * 40]:
            walls = Walls(*threads)
            assert same(linear(program, Clock.started(None), native=native, cluster=walls), local)
            assert len(walls.shards) == min(len(threads), stretches)
            assert sum(shard.blocks for shard in walls.shards.values()) == taken.blocks
            assert not walls.handles
    if native:  # nothing was compiled again for arrays that cannot be written
        assert len(native_simplex.best_plans.signatures) == 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases(FEATURES, CLAUSES), st.booleans())
def test_any_rules_give_the_same(case: tuple[ao.Problem, tuple[Clause, ...]], pure: bool) -> None:
    """Whatever the rules are: the same answer from three workers, or the same reason to hand over."""
    problem, clauses = case
    program = formulate(problem.facts, ao.Contract("any", clauses=clauses)).program
    told: list[Solution | str] = []
    with finely_cut(12, 6):
        for cluster in (None, Walls(1, 2, 1)):
            try:
                told.append(linear(program, Clock.started(None), native=False, pure=pure, cluster=cluster))
            except WholeError as reason:
                told.append(str(reason))
    one, other = told
    assert one == other if isinstance(one, str) or isinstance(other, str) else same(one, other)


def test_threads_give_the_same_sums() -> None:
    """What groups offer is added up in one order, whether groups end where stretches do or not."""
    program = generated(4_000)
    with finely_cut():
        taken = apart.taken_apart(program)
        offers = []
        for threads in (1, 3):
            found = oracle.LocalOracle(taken, native=True, threads=threads)
            pieces = np.arange(found.pieces)
            group = (pieces * 7 // len(pieces)).astype(np.int32)
            with ThreadPoolExecutor(threads) as pool:
                offers.append(found.best(np.full(len(taken.coupling), 0.5), group, pieces, pool))
        x = found.flow / found.scale
    assert 4 < len(np.unique(taken.stretch)) < found.pieces
    assert np.array_equal(offers[0].value, offers[1].value)
    assert np.array_equal(offers[0].usage, offers[1].usage)
    assert offers[0].value.sum() == pytest.approx(float(taken.worth @ x))
    assert offers[0].usage.sum(axis=0) == pytest.approx(taken.links.totals(x, len(taken.coupling)))


def test_parts_of_a_program_are_the_program() -> None:
    """Consecutive blocks cut out have the rows, entries and limits that they had among the others."""
    whole = apart.taken_apart(generated(1_500))
    cut = whole.blocks // 3
    parts = [whole.part(0, cut), whole.part(cut, whole.blocks)]
    for name in ("columns", "rows", "row_lower", "row_upper", "no_lower", "no_upper", "worth", "lower", "upper"):
        assert np.array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))
    x = np.random.default_rng(1).random(len(whole.columns))
    mine = [x[: len(parts[0].columns)], x[len(parts[0].columns) :]]
    sums = [part.own.totals(values, len(part.rows)) for part, values in zip(parts, mine, strict=True)]
    assert np.concatenate(sums) == pytest.approx(whole.own.totals(x, len(whole.rows)))
    links = [part.links.totals(values, len(whole.coupling)) for part, values in zip(parts, mine, strict=True)]
    assert sum(links) == pytest.approx(whole.links.totals(x, len(whole.coupling)))
    assert [part.blocks for part in parts] == [cut, whole.blocks - cut]
    assert not len(parts[1].loose)


def test_what_travels_is_prices_and_sums() -> None:
    """A round takes a price for each coupling row out, and the sums of groups and stretches back, whatever the size."""
    sent: list[int] = []
    walls = Walls(1, 1)
    program = generated(4_000)
    with finely_cut():
        taken = apart.taken_apart(program)
        found = shards.Shards(taken, walls, native=False)
        pieces = np.arange(found.pieces)
        group = (pieces * 5 // len(pieces)).astype(np.int32)
        with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as patch:
            counted = passed
            patch.setitem(globals(), "passed", lambda thing: sent.append(len(pickle.dumps(thing))) or counted(thing))
            for _ in range(2):
                sent.clear()
                found.best(np.ones(len(taken.coupling)), group, pieces, pool)
                found.keep(1)
                found.mark()
    rows, stretches = len(taken.coupling), len(np.unique(taken.stretch))
    out, back = sent[::2], sent[1::2]
    assert len(sent) == 4
    assert max(out) < 8 * rows + 500
    assert sum(back) < 8 * (5 + stretches) * (rows + 2) + 2_000


def test_a_worker_that_is_lost_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever a worker goes, there is an error in words, and no plan."""
    monkeypatch.setattr(shards, "LOOK", 0.01)
    program = generated(600)
    with finely_cut():
        walls = Walls(1, 1)
        linear(program, Clock.started(None), native=False, cluster=walls)
        for fails in (1, 4, walls.asked // 2, walls.asked):
            failing = Walls(1, 1, fails=fails)
            with pytest.raises(ao.SolveError, match=r"worker worker \d was lost: there is no plan"):
                linear(program, Clock.started(None), native=False, cluster=failing)
            assert not failing.handles


@pytest.mark.parametrize(
    ("fault", "words"),
    [(MemoryError("no room"), "MemoryError: no room"), (TimeoutError("its own"), "TimeoutError: its own")],
)
def test_a_worker_that_fails_is_told(fault: Exception, words: str) -> None:
    """What went wrong in a worker is said here, with the worker's name."""
    walls = Walls(1, 1, fails=6)
    walls.fault = fault
    with finely_cut(), pytest.raises(ao.SolveError, match=rf"worker worker \d failed, there is no plan: {words}"):
        linear(generated(600), Clock.started(None), native=False, cluster=walls)


def test_a_shard_that_began_anew_is_found_out() -> None:
    """A shard that was set up again has forgotten its plans: it refuses to answer in the middle."""

    class Forgetful(Walls):
        def fail(self, handle: Handle) -> Done:
            handle.behind = shards.Shard(self.shards[handle.address], False, 1)
            return handle.ask(self.asked // 2 - 1, [], "sums", np.zeros(3))

    with finely_cut(), pytest.raises(ao.SolveError, match=r"question \d+ reached a shard that has answered 0"):
        linear(generated(600), Clock.started(None), native=False, cluster=Forgetful(1, 1, fails=8))


def test_what_has_no_plan_is_handed_over() -> None:
    """A SKU without a plan in a worker is handed over to HiGHS, as in one process."""
    program = generated(600)
    lower = program.row_lower.copy()
    alone = np.flatnonzero(program.row_sku >= 0)[-1]
    lower[alone] = 1e7
    broken = replace(program, row_lower=lower, row_upper=np.maximum(program.row_upper, lower))
    told = []
    with finely_cut():
        for cluster in (None, Walls(1, 1)):
            with pytest.raises(WholeError) as reason:
                linear(broken, Clock.started(None), native=False, cluster=cluster)
            told.append(str(reason.value))
    assert told[0] == told[1]


def test_what_cannot_use_a_cluster_refuses_it() -> None:
    """Other solvers, and what is no cluster or has no workers, are refused in words."""
    problem = generate(300, shape=DIVISIBLE)
    for solver in ("auto", "highs", "pyomo"):
        with pytest.raises(ValueError, match=rf"a cluster works for solver='prices' only, not for '{solver}'"):
            ao.allocate(problem, solver=solver, cluster=Walls(1))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="cluster must be a distributed Client, not a str"):
        ao.allocate(problem, solver="prices", cluster="tcp://here:8786")  # type: ignore[arg-type]
    with pytest.raises(ao.SolveError, match="The cluster has no workers"):
        ao.allocate(problem, solver="prices", cluster=Walls())
    never, closed = Walls(1), Walls(1)
    never.asynchronous = True  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="a Client made without asynchronous=True"):
        ao.allocate(problem, solver="prices", cluster=never)
    closed.nthreads = lambda: pickle.loads(b"")  # type: ignore[method-assign]
    with pytest.raises(ao.SolveError, match="The cluster does not answer: EOFError"):
        ao.allocate(problem, solver="prices", cluster=closed)


def test_dask_gives_the_same() -> None:
    """With one worker and with two, the plan is the one found without a cluster; the workers are empty afterwards."""
    distributed = pytest.importorskip("distributed")
    problem, agreed = generate(13_000, shape=DIVISIBLE), contract(DIVISIBLE)
    local = ao.allocate(problem, agreed, solver="prices")
    assert local.status == "optimal"
    assert local.answer is not None
    for workers in (1, 2):
        options = {"n_workers": workers, "threads_per_worker": 1, "processes": False, "dashboard_address": None}
        with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
            plan = ao.allocate(problem, agreed, solver="prices", cluster=client)
            assert plan.answer is not None
            assert np.array_equal(plan.answer.x, local.answer.x)
            assert plan.objective == local.objective
            assert plan.notes == local.notes
            assert plan.method == "prices"
            begun = time.perf_counter()
            while any(worker.state.actors or worker.data for worker in cluster.workers.values()):
                assert time.perf_counter() - begun < 10
                time.sleep(0.01)


def test_dask_processes_give_the_same(tmp_path: Path) -> None:
    """Two processes give the same plan in whole units; when one is killed in the middle there is an error in words."""
    pytest.importorskip("distributed")
    script = """
        import os, signal
        import distributed, numpy as np, allocopt as ao
        from allocopt.solve.prices import shards
        from benchmarks.generate import Shape, contract, generate

        if __name__ == "__main__":
            shape = Shape(divisible=False, couplings=20)
            problem, agreed = generate(13_000, shape=shape), contract(shape)
            local = ao.allocate(problem, agreed, solver="prices", gap=1e-2)
            options = dict(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None)
            with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
                plan = ao.allocate(problem, agreed, solver="prices", gap=1e-2, cluster=client)
                print(np.array_equal(plan.answer.x, local.answer.x), plan.objective == local.objective)
                print(plan.notes == local.notes, plan.status)

                def deadly():
                    asked = shards.Shard.ask
                    def ask(self, number, *given):
                        if number == 5:
                            os.kill(os.getpid(), signal.SIGKILL)
                        return asked(self, number, *given)
                    shards.Shard.ask = ask

                client.run(deadly, workers=[list(client.nthreads())[1]])
                try:
                    ao.allocate(problem, agreed, solver="prices", gap=1e-2, cluster=client)
                except ao.SolveError as error:
                    print(error)
    """
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(script)]
    root = Path(__file__).parents[3]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    equal, well, error = done.stdout.splitlines()
    assert equal == "True True"
    assert well == "True optimal"
    assert error.startswith("The worker tcp://")
    assert "was lost" in error or "failed, there is no plan" in error
