"""Who else can solve it: the same matrix by allocopt, by HiGHS in its several ways, CLP, OR-Tools, Pyomo and linopy.

``python -m benchmarks.peers --arcs 350000 [--couplings 50] [--seed 0] [--limit 600] [--only NAME ...] [--whole]``

Two instances of one generated problem: ``physics``, and ``retailer`` with its stage left out, so that there is one
program to compare. Every contender runs in a process of its own, one after the other; one that is still at it at the
limit is shown as ``>600``, one whose package is missing is left out and said. What each is timed at:

* **allocopt**: one `allocate()` from a checked `Problem` to a plan: arcs joined, priced, rules stated, solved, proven.
* **solvers on the matrix** (HiGHS, CLP, CBC, OR-Tools): handed the finished matrix; to hand it over and to solve it.
  CLP reads an MPS file that was written before; HiGHS, PDLP and CP-SAT may use all cores.
* **Pyomo and linopy**: the model built from finished arcs, handed over to HiGHS, solved; as HiGHS chooses for Pyomo, by
  interior point with crossover for linopy. Only ``physics``: what a contract adds is not stated by hand.

Everybody who ends must have found the same objective, within the gap asked for and what is usual for a solver of its
kind (1e-6; 1e-4 for PDLP, which stops near the optimum). Results go to ``benchmarks/results/peers-ARCS.md``, ``.json``.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import allocopt as ao
from allocopt.contracts import Contract
from allocopt.stages.stated import formulate
from benchmarks import record
from benchmarks.generate import Shape, contract, generate
from benchmarks.phases import timed_phases
from benchmarks.runners import RUNNERS
from benchmarks.solvers import in_cbc, in_highs, in_ortools, saved, written

Found = dict[str, Any]
INSTANCES = ("physics", "retailer")
EXACT, NEAR = 1e-6, 1e-4
"""By how much the objectives of solvers that end at a vertex, or near the optimum, may differ beside the gap."""
TINY = 2_000
"""Arcs of the problem that every library solves before the clock starts: first use is not what is compared."""


@dataclass(frozen=True)
class Peer:
    """A contender.

    Attributes
    ----------
    title : str
    run : callable or None
        ``run(folder, instance, limit, gap)`` on a saved matrix; None: from the problem itself.
    needs : tuple of str
        Packages.
    whole, divisible : bool
        What it can solve, or is asked to.
    close : float
        Relative difference that is usual for its kind.
    """

    title: str
    run: Callable[..., Found] | None = None
    needs: tuple[str, ...] = ()
    whole: bool = False
    divisible: bool = True
    close: float = EXACT


PEERS = {
    "allocopt": Peer("allocopt, allocate()", whole=True),
    "highs": Peer("HiGHS, as it chooses", in_highs, whole=True),
    "highs-simplex": Peer("HiGHS, simplex", partial(in_highs, solver="simplex")),
    "highs-ipx": Peer("HiGHS, IPX and crossover", partial(in_highs, solver="ipx")),
    "highs-hipo": Peer("HiGHS, HiPO and crossover", partial(in_highs, solver="hipo"), ("highspy-extras",)),
    "clp-barrier": Peer("CLP, barrier and crossover", partial(in_cbc, how="-barrier"), ("pulp",)),
    "clp-simplex": Peer("CLP, dual simplex", partial(in_cbc, how="-dualSimplex"), ("pulp",)),
    "cbc": Peer("CBC", in_cbc, ("pulp",), whole=True, divisible=False),
    "glop": Peer("OR-Tools, GLOP", in_ortools, ("ortools",)),
    "pdlp": Peer("OR-Tools, PDLP", partial(in_ortools, solver="PDLP"), ("ortools",), close=NEAR),
    "scip": Peer("OR-Tools, SCIP", partial(in_ortools, solver="GSCIP"), ("ortools",), whole=True, divisible=False),
    "cp-sat": Peer("OR-Tools, CP-SAT", partial(in_ortools, solver="CP_SAT"), ("ortools",), True, False),
    "pyomo": Peer("Pyomo, appsi_highs", None, ("pyomo",), whole=True),
    "linopy": Peer("linopy, HiGHS", None, ("linopy",), whole=True),
}


def agreed(instance: str, form: Shape) -> Contract:
    """Return the contract of an instance, without its stages."""
    return replace(contract(form, instance), stages=())


def shape(task: Found) -> Shape:
    """Return the shape of the problem of a task."""
    return Shape(divisible=not task["whole"], couplings=task["couplings"])


def prepare(task: Found) -> Found:
    """Write the matrices of both instances; return their sizes, and the seconds that MPS files took."""
    form = shape(task)
    problem = generate(task["arcs"], seed=task["seed"], shape=form)
    sizes = {}
    for instance in task["instances"]:
        program = formulate(problem.facts, agreed(instance, form)).program
        saved(program, Path(task["folder"]) / f"{instance}.npz")
        seconds = written(program, Path(task["folder"]) / f"{instance}.mps")
        couple = int((program.row_sku < 0).sum())
        sizes[instance] = {"columns": program.columns, "rows": program.rows, "nonzeros": program.nonzeros}
        sizes[instance] |= {"couple": couple, "MPS": seconds}
    return sizes


def contend(task: Found) -> Found:
    """Run one contender on one instance."""
    name, instance, limit, gap = task["name"], task["instance"], task["limit"], task["gap"]
    peer, form = PEERS[name], shape(task)
    if peer.run is not None:
        found = peer.run(Path(task["folder"]), instance, limit, gap)
    elif name == "allocopt":
        found = in_allocopt(task)
    else:
        tiny = min(TINY, task["arcs"])
        RUNNERS[name](generate(tiny, seed=task["seed"], shape=form), tiny, limit, gap)
        found = RUNNERS[name](generate(task["arcs"], seed=task["seed"], shape=form), task["arcs"], limit, gap)
    return {**found, "peak": record.peak()}


def in_allocopt(task: Found) -> Found:
    """Time one `allocate()` as a whole, with its phases."""
    form = shape(task)
    terms = agreed(task["instance"], form)
    how = {"solver": task["solver"], "gap": task["gap"]}
    if task["warm"]:
        ao.allocate(generate(min(task["warm"], task["arcs"]), shape=form), terms, time_limit=10.0, **how)
    problem = generate(task["arcs"], seed=task["seed"], shape=form)
    with timed_phases() as seconds:
        begun = time.perf_counter()
        plan = ao.allocate(problem, terms, time_limit=task["limit"], **how)
        total = time.perf_counter() - begun
    proof, ended = plan.certificate, f"{plan.status}, {plan.method}"
    if proof is not None:
        ended += f", gap {record.proven(proof.gap, proof.claimed_gap, proof.proved_by)}"
    return {
        "build": seconds["arcs"] + seconds["build"],
        "solve": seconds["solve"] + seconds["certify"],
        "total": total,
        "done": plan.status == "optimal",
        "objective": None if plan.answer is None else plan.objective,
        "status": ended,
    }


def chosen(options: argparse.Namespace) -> list[str]:
    """Return the contenders that take part; say who is left out and why."""
    names = []
    for name in options.only or PEERS:
        peer = PEERS[name]
        missing = [package for package in peer.needs if record.installed(package) is None]
        if missing:
            print(f"{peer.title} is left out: {', '.join(missing)} is not installed")
        elif peer.whole if options.whole else peer.divisible:
            names.append(name)
        elif options.only:
            print(f"{peer.title} is left out: not for {'whole' if options.whole else 'divisible'} units")
    return names


def run(options: argparse.Namespace, names: list[str], folder: str) -> tuple[Found, list[Found]]:
    """Run all contenders on all instances; return the sizes of the matrices and what was found."""
    same: Found = {"folder": folder, "instances": options.instance}
    for name in ("arcs", "couplings", "seed", "whole", "limit", "gap", "solver", "warm"):
        same[name] = getattr(options, name)
    sizes = record.apart("peers", "--task", json.dumps({**same, "name": "prepare"}))
    found: list[Found] = []
    for instance in options.instance:
        for name in names:
            if name in RUNNERS and name != "allocopt" and instance != "physics":
                continue
            task = {**same, "name": name, "instance": instance}
            try:
                # Time to state and to hand over is not the solver's; twice the limit is nobody's.
                outcome = record.apart("peers", "--task", json.dumps(task), seconds=2 * options.limit + 60)
            except record.Failed as failed:
                print(failed, flush=True)
                outcome = {"failed": str(failed)}
            found.append({"name": name, "instance": instance, **outcome})
            print(f"{instance}, {PEERS[name].title}: {seconds_of(found[-1], options.limit)[-1]} s", flush=True)
    return sizes, found


def seconds_of(outcome: Found, limit: float) -> list[str]:
    """Return build, hand-over, solve and total for the table; ``>`` where the limit came first."""
    if "failed" in outcome:
        return ["-", "-", "-", "failed"]
    if "stopped" in outcome:
        return ["-", "-", "-", f">{limit:g}"]
    steps = [record.figure(outcome.get(step)) for step in ("build", "hand-over", "solve")]
    return [*steps, record.figure(total(outcome)) if outcome["done"] else f">{limit:g}"]


def total(outcome: Found) -> float:
    """Return the seconds of a contender that ended."""
    steps = ("build", "hand-over", "solve", "read back")
    return float(outcome.get("total", sum(outcome.get(step, 0.0) for step in steps)))


def report(found: list[Found], sizes: Found, options: argparse.Namespace) -> tuple[str, list[str]]:
    """Return the tables, one an instance, and who disagrees."""
    parts, wrong = [], []
    heads = ["", "build [s]", "hand-over [s]", "solve [s]", "total [s]", "/ allocate()", "objective", "off by", "MiB"]
    heads.append("ended as")
    for instance in options.instance:
        size = sizes[instance]
        told = f"{size['columns']:,} columns, {size['rows']:,} rows ({size['couple']} couple), "
        told += f"{size['nonzeros']:,} entries; written as MPS in {size['MPS']:.1f} s"
        parts += [f"## {instance}\n", f"{told}.\n"]
        runs = [outcome for outcome in found if outcome["instance"] == instance]
        ours = next((each for each in runs if each["name"] == "allocopt" and each.get("objective") is not None), None)
        ended = [each["objective"] for each in runs if each.get("done") and each["objective"] is not None]
        truth = ours["objective"] if ours and ours["done"] else max(ended, default=None)
        lines = []
        for outcome in runs:
            peer, objective = PEERS[outcome["name"]], outcome.get("objective")
            off = None if objective is None or truth is None else (objective - truth) / max(1.0, abs(truth))
            if outcome.get("done") and off is not None and abs(off) > options.gap + peer.close:
                wrong.append(f"{instance}, {peer.title}: {objective:,.4f} instead of {truth:,.4f}")
            lines.append(_line(outcome, options.limit, ours, off))
        parts.append(record.table(heads, lines) + "\n")
    tolerances = f"{options.gap + EXACT:.1e} ({options.gap + NEAR:.1e} for PDLP)"
    parts.append("All that ended agree" if not wrong else "**These disagree:** " + "; ".join(wrong))
    parts[-1] += f", within {tolerances}."
    return "\n".join(parts), wrong


def _line(outcome: Found, limit: float, ours: Found | None, off: float | None) -> list[str]:
    """Return one contender as a row of the table."""
    ratio = "-"
    if ours is not None and ours["done"] and "failed" not in outcome:
        ended = outcome.get("done", False)
        ratio = f"{'' if ended else '>'}{(total(outcome) if ended else limit) / ours['total']:,.3g}"
    return [
        PEERS[outcome["name"]].title,
        *seconds_of(outcome, limit),
        ratio,
        record.figure(outcome.get("objective")),
        "-" if off is None else f"{off:+.1e}",
        record.figure(outcome.get("peak"), 0),
        outcome.get("status", "failed" if "failed" in outcome else "stopped"),
    ]


def main() -> None:
    """Run everything, or one task for the process that does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.splitlines()[0])
    parser.add_argument("--arcs", type=int, default=350_000)
    parser.add_argument("--couplings", type=int, default=50)
    parser.add_argument("--instance", nargs="+", choices=INSTANCES, default=list(INSTANCES))
    parser.add_argument("--only", nargs="+", choices=list(PEERS))
    parser.add_argument("--warm", type=int, default=60_000, help="arcs that allocopt solves before the clock starts")
    record.common(parser)
    options = parser.parse_args()
    if options.task is not None:
        task = json.loads(options.task)
        print(json.dumps(prepare(task) if task["name"] == "prepare" else contend(task)))
        return
    options.gap = options.gap or (1e-4 if options.whole else 1e-6)
    machine = record.machine("highspy-extras", "pulp", "ortools", "pyomo", "linopy", "numba")
    print(machine)
    names = chosen(options)
    with tempfile.TemporaryDirectory() as folder:
        sizes, found = run(options, names, folder)
    text, wrong = report(found, sizes, options)
    kind = "whole" if options.whole else "divisible"
    note = (
        f"Units: {kind}; gap asked for {options.gap:g}; limit {options.limit:g} s; allocopt solver `{options.solver}`."
    )
    print(f"\n{text}")
    content = {"command": record.command("peers"), "machine": machine, "seed": options.seed}
    content |= {"sizes": sizes, "runs": found, "disagree": wrong}
    name = f"peers-{options.arcs}" + ("-whole" if options.whole else "")
    record.kept(options.out, name, "Peers on the same matrix", f"{note}\n\n{text}", content)
    if wrong:
        raise SystemExit("\n".join(wrong))


if __name__ == "__main__":
    main()
