"""The price engine on a cluster: the same answer, what travels, and what 100 million arcs would take on paper.

``python -m benchmarks.cluster [--arcs 350000] [--workers 2] [--couplings 50] [--machines 20] [--cores 8] [--times 3]
[--seed 0]``

One divisible problem is solved in this process with as many threads as there are workers, then by that many worker
processes of a local Dask cluster with one thread each; the fastest of ``--times`` runs counts. The plans must be equal
bit for bit. Messages are pickled once more outside of the library to see how many bytes they are. A problem of
``--warm`` arcs is solved on both first, since first use compiles and loads. Results go to
``benchmarks/results/cluster.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np

import allocopt as ao
from allocopt.solve.prices import engine, manner, relaxed, shards
from allocopt.solve.prices.apart import STRETCHES
from allocopt.solve.prices.oracle import LocalOracle
from benchmarks import record
from benchmarks.generate import Shape, contract, generate
from benchmarks.phases import timed_phases

Found = dict[str, Any]
PAPER = 100_000_000
"""Arcs of the problem on paper."""
WIRE = 1.25e9
"""Bytes that leave or reach one machine per second, on paper: 10 Gbit/s."""
OTHERS = ("arcs", "build", "certify")
"""Phases of a call that stay in one process."""


class Weighed:
    """A client that weighs what passes through it.

    Parameters
    ----------
    client : distributed.Client
    """

    def __init__(self, client: Any) -> None:
        self.client, self.nthreads = client, client.nthreads
        self.asked: list[tuple[str, int, int]] = []
        self.shards: list[int] = []

    def scatter(self, data: Any, **options: Any) -> Any:
        """Weigh a shard and send it."""
        self.shards.append(weight(data))
        return self.client.scatter(data, **options)

    def submit(self, function: Any, *arguments: Any, **options: Any) -> Any:
        """Set up a shard whose answers are weighed."""
        return _Future(self.client.submit(function, *arguments, **options), lambda actor: _Actor(self, actor))


class _Future:
    """A future that looks at its value."""

    def __init__(self, future: Any, look: Callable[[Any], Any]) -> None:
        self.future, self.look, self.done = future, look, future.done
        self.cancel = getattr(future, "cancel", None)

    def result(self, timeout: float | None = None) -> Any:
        return self.look(self.future.result(timeout=timeout))


class _Actor:
    """A shard elsewhere whose questions and answers are weighed."""

    def __init__(self, weighed: Weighed, actor: Any) -> None:
        self.weighed, self.actor = weighed, actor

    def ask(self, number: int, orders: Any, question: str, *given: Any) -> _Future:
        out = weight((number, orders, question, *given))

        def look(answer: Any) -> Any:
            self.weighed.asked.append((question, out, weight(answer)))
            return answer

        return _Future(self.actor.ask(number, orders, question, *given), look)


class Echo:
    """An object in a worker that does nothing."""

    def back(self, thing: Any) -> Any:
        """Return what came."""
        return thing


def weight(thing: Any) -> int:
    """Return the bytes of a message."""
    return len(pickle.dumps(thing, protocol=pickle.HIGHEST_PROTOCOL))


@contextmanager
def timed_rounds() -> Iterator[dict[str, list[float]]]:
    """Time the parts of every price engine inside the block.

    Yields
    ------
    dict of str to list of float
        Seconds of each: ``"apart"``, ``"set-up"`` of the oracle, ``"sample"`` and ``"round"`` (of the oracle, with
        some pieces and with all), ``"answer"`` (plan and multipliers put together).
    """
    seconds: dict[str, list[float]] = {name: [] for name in ("apart", "set-up", "sample", "round", "answer")}

    def timed(owner: Any, name: str, kind: Callable[..., str]) -> tuple[Any, str, Any]:
        function = getattr(owner, name)

        @wraps(function)
        def run(*given: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            found = function(*given, **options)
            seconds[kind(*given)].append(time.perf_counter() - begun)
            return found

        setattr(owner, name, run)
        return owner, name, function

    before = [
        timed(relaxed, "taken_apart", lambda *given: "apart"),
        timed(relaxed, "_solution", lambda *given: "answer"),
    ]
    for oracle in (LocalOracle, shards.Shards):
        before.append(timed(oracle, "__init__", lambda *given: "set-up"))
        before.append(timed(oracle, "best", lambda *given: "round" if len(given[3]) == given[0].pieces else "sample"))
    try:
        yield seconds
    finally:
        for owner, name, function in before:
            setattr(owner, name, function)


def fastest(times: int, *given: Any, **options: Any) -> tuple[ao.Plan, Found]:
    """Solve a problem several times; return the last plan and where the seconds of the fastest run went."""
    runs = [solved(*given, **options) for _ in range(times)]
    return runs[-1][0], min((found for _, found in runs), key=lambda found: found["solve"])


def solved(problem: ao.Problem, agreed: ao.Contract, limit: float, **options: Any) -> tuple[ao.Plan, Found]:
    """Solve a problem by prices; return the plan and where the seconds went."""
    with timed_phases() as phases, timed_rounds() as parts:
        begun = time.perf_counter()
        plan = ao.allocate(problem, agreed, solver="prices", time_limit=limit, **options)
        total = time.perf_counter() - begun
    if plan.answer is None or not parts["round"]:
        raise SystemExit(f"no plan by prices ({plan.status}): {plan.message} {' '.join(plan.notes)}")
    found: Found = {"allocate": total, **phases, "first": parts["round"][0], "rounds": len(parts["round"])}
    found |= {"sampled": len(parts["sample"]), "sample": float(np.mean(parts["sample"] or [0.0]))}
    found |= {"round": float(np.mean(parts["round"][1:] or parts["round"]))}
    found |= {name: sum(parts[name]) for name in ("apart", "set-up", "answer")}
    found["master"] = phases["solve"] - sum(map(sum, parts.values()))
    return plan, found


def measure(options: argparse.Namespace) -> Found:
    """Solve one problem here and on a cluster; return what was seen."""
    import distributed

    form = Shape(divisible=True, couplings=options.couplings)
    agreed = contract(form, "physics")
    problem, small = (generate(arcs, seed=options.seed, shape=form) for arcs in (options.arcs, options.warm))
    ao.allocate(small, agreed, solver="prices", threads=options.workers)
    before = record.peak()
    local, here = fastest(options.times, problem, agreed, options.limit, threads=options.workers)
    more = record.peak() - before
    alone = {"n_workers": options.workers, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**alone) as cluster, distributed.Client(cluster) as client:
        ao.allocate(small, agreed, solver="prices", cluster=client)
        away, there = fastest(options.times, problem, agreed, options.limit, cluster=client)
        trip = round_trip(client)
        weighed = Weighed(client)
        again = ao.allocate(problem, agreed, solver="prices", time_limit=options.limit, cluster=weighed)
    for other in (away, again):
        if not np.array_equal(local.answer.x, other.answer.x) or local.objective != other.objective:
            raise SystemExit("the plan of the cluster is another one")
    program = local.answer.program
    return {
        "columns": program.columns,
        "couple": options.couplings,
        "status": local.status,
        "gap": local.certificate.gap,
        "objective": local.objective,
        "local": here,
        "cluster": there,
        "trip": trip,
        "bytes": more * 2**20 / max(1, program.columns - options.warm),
        **messages(weighed),
    }


def round_trip(client: Any, times: int = 50) -> float:
    """Return the seconds (median) that a worker takes to send a short message back."""
    echo = client.submit(Echo, actor=True).result()
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        echo.back(b"x" * 500).result()
        seconds.append(time.perf_counter() - begun)
    return float(np.median(seconds))


def messages(weighed: Weighed) -> Found:
    """Return the bytes of the shards, of a round (those with all pieces), and of what comes at the end."""
    shards = len(weighed.shards)
    asked = [weighed.asked[first : first + shards] for first in range(0, len(weighed.asked), shards)]
    rounds = [each for each in asked if each[0][0] == "sums"]
    plain = np.array([[sum(out for _, out, _ in each), sum(back for _, _, back in each)] for each in rounds])
    # What says which pieces take part travels with the first round of a search only.
    out, back = np.median(plain[:, 0]), plain[len(plain) // 2 :, 1].mean()
    end = sum(back for question, _, back in weighed.asked if question not in ("sums", "pieces"))
    return {
        "shards": sum(weighed.shards),
        "workers": shards,
        "out": float(out),
        "most out": int(plain[:, 0].max()),
        "back": float(back),
        "end": end,
    }


def paper(found: Found, options: argparse.Namespace) -> Found:
    """Return what a far larger problem would take on many machines, and what that is made of."""
    here, there, columns = found["local"], found["cluster"], found["columns"]
    each: Found = {name: here[name] * options.workers / columns for name in ("round", "first")}
    each["rounds"], each["samples"] = here["rounds"], here["sampled"]
    each["master"] = here["master"] / (here["rounds"] + here["sampled"])
    each["message"] = max(found["trip"], there["round"] - here["round"]) / found["workers"]
    each["out"] = found["out"] / found["workers"]
    each["back"] = (engine.GROUPS + STRETCHES) * (found["couple"] + 2) * 8
    rounds = each["first"] + (each["rounds"] - 1 + each["samples"] / manner.SAMPLE) * each["round"]
    wire = (options.machines * each["out"] + each["back"]) / WIRE
    between = options.machines * each["message"] + wire + each["master"]
    seconds = {
        "oracle": PAPER / (options.machines * options.cores) * rounds,
        "between": (each["rounds"] + each["samples"]) * between,
        "ship": found["shards"] / columns * PAPER / WIRE,
        "set up": here["set-up"] / columns * PAPER / options.machines,
        "fetch": found["end"] / columns * PAPER / WIRE,
    }
    serial = {name: min(here[name], there[name]) / columns * PAPER for name in (*OTHERS, "apart", "answer")}
    return {"each": each, "wire": wire, "seconds": seconds, "serial": serial, "bytes": found["bytes"] * PAPER}


def on_paper(found: Found, options: argparse.Namespace) -> str:
    """Return in words, with the formula, what a far larger problem would take on many machines."""
    made = paper(found, options)
    each, seconds, serial, columns = made["each"], made["seconds"], made["serial"], found["columns"]
    hands, all_rounds = options.machines * options.cores, each["rounds"] + each["samples"]
    rounds, rest = seconds["oracle"] + seconds["between"], sum(serial.values())
    per_arc = (
        f"{each['first']:.2e} + ({each['rounds']} - 1 + {each['samples']} / {manner.SAMPLE}) x {each['round']:.2e}"
    )
    between = f"{options.machines} x {each['message']:.4f} + {made['wire']:.5f} + {each['master']:.4f}"
    title = f"{record.counted(PAPER)} arcs on {options.machines} machines of {options.cores} cores"
    return f"""## {title}: arithmetic, not measured

From the run above: the rounds, the core-seconds of the oracle per arc (first round, each later one), what a message
adds to a round (the slower round of the cluster, divided by its workers; on paper the messages to all machines follow
one another), the master and all else of a round, bytes per arc. Assumed: as many rounds as here, and
{WIRE / 1e9:.2f} GB/s to and from the process that calls. A round sends {each["out"]:,.0f} bytes to each machine and
brings {each["back"]:,.0f} back from all together, however many arcs there are.

    oracle    arcs / (machines x cores) x (first + (rounds - 1 + samples / {manner.SAMPLE}) x later)
              {PAPER:.0e} / {hands} x ({per_arc}) = {seconds["oracle"]:,.1f} s
    between   (rounds + samples) x (machines x message + wire + master)
              {all_rounds} x ({between}) = {seconds["between"]:,.1f} s
    shards    {found["shards"] / columns:,.0f} bytes x {PAPER:.0e} / {WIRE:.2e} = {seconds["ship"]:,.1f} s to send,
              {seconds["set up"]:,.1f} s to set up, all machines at once, one core each
    plans     {found["end"] / columns:,.0f} bytes x {PAPER:.0e} / {WIRE:.2e} = {seconds["fetch"]:,.1f} s at the end
    here      {" + ".join(f"{name} {value:,.0f}" for name, value in serial.items())} = {rest:,.0f} s, in one process

Rounds: **{rounds:,.0f} s**; with shards sent and set up and plans fetched, **{sum(seconds.values()):,.0f} s**.
What is not distributed (tables joined to arcs, the program, taking it apart, the certificate) would take {rest:,.0f} s
and, at {found["bytes"]:,.0f} bytes per arc, {made["bytes"] / 1e9:,.0f} GB in the process that calls: the cluster takes
the rounds away, not these.
"""


def report(found: Found, options: argparse.Namespace) -> str:
    """Return the results as Markdown."""
    here, there = found["local"], found["cluster"]
    lines = [
        ("oracle, first round", "first"),
        ("oracle, each later round", "round"),
        ("oracle, round with a sample", "sample"),
        ("oracle set up (shards sent)", "set-up"),
        ("program taken apart", "apart"),
        ("master and all else in the rounds", "master"),
        ("answer put together (plans fetched)", "answer"),
        ("solve", "solve"),
        ("allocate()", "allocate"),
    ]
    rows = [[words, record.figure(here[name], 4), record.figure(there[name], 4)] for words, name in lines]
    counts = f"{here['rounds']} rounds, and {here['sampled']} with a sample of the SKUs"
    travels = [
        ["shards, once", f"{found['shards']:,}", f"{found['shards'] / found['columns']:.0f}"],
        ["a round, out", f"{found['out']:,.0f}", "-"],
        ["a round that says who takes part, out", f"{found['most out']:,}", "-"],
        ["a round, back", f"{found['back']:,.0f}", "-"],
        ["plans and multipliers, at the end", f"{found['end']:,}", f"{found['end'] / found['columns']:.0f}"],
    ]
    return f"""{found["columns"]:,} arcs, {found["couple"]} rows that couple, {counts}: {found["status"]}, \
gap {found["gap"]:.1e}.
The plan and its worth are **equal bit for bit** here and on the cluster. Round trip of 500 bytes: \
{1000 * found["trip"]:.1f} ms.

{record.table(["seconds", f"{options.workers} threads here", f"{options.workers} worker processes"], rows)}

{record.table(["what travels, all workers together", "bytes", "bytes per arc"], travels)}

{on_paper(found, options)}"""


def main() -> None:
    """Measure, tell, and keep the results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--arcs", type=int, default=350_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--couplings", type=int, default=50)
    parser.add_argument("--machines", type=int, default=20, help="on paper")
    parser.add_argument("--cores", type=int, default=8, help="of each machine on paper")
    parser.add_argument("--warm", type=int, default=25_000, help="arcs of the problem that is solved first")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that a solve may take")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=record.RESULTS, help="folder of the results")
    options = parser.parse_args()
    facts = record.machine("distributed", "numba", "scipy")
    found = measure(options)
    text = report(found, options)
    print(text)
    content = {"command": record.command("cluster"), "machine": facts, "seed": options.seed}
    title = "The price engine on a cluster"
    record.kept(options.out, "cluster", title, text, {**content, **found, "paper": paper(found, options)})


if __name__ == "__main__":
    main()
