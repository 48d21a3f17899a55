"""Whole orders at equal time limits: a loop, HiGHS and CP-SAT on the natural model, and allocopt.

``python -m benchmarks.orders [--families NAME ...] [--sizes N ...] [--limits S ...] [--only NAME ...]
[--published FOLDER] [--seed N] [--memory GIB]``

Each contender serves each shop in a process of its own, one after the other, with so much memory and no more. Solvers
are timed from a finished model, allocopt from a checked problem: arcs, rules, search and proof are inside its limit.
What anybody earns is added up here from what ships, after every rule was checked. The gap is between that and the
bound that is stated: by allocopt its own arithmetic, by others what they claim. The seed comes from the hash of the
commit that is measured, so that nobody tunes to it. Results go to ``benchmarks/results/orders.md`` and ``.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import record
from benchmarks.orders.contenders import CONTENDERS, first_plan, limited
from benchmarks.orders.families import FAMILIES, published
from benchmarks.orders.shop import Shop

Found = dict[str, Any]
SIZES, LIMITS = (500, 5_000, 50_000), (1.0, 5.0, 30.0)
USUAL = ("complete", "parcel", "mixed")
MEMORY = 6.0
"""GiB of each process."""
GRACE = 240.0
"""Seconds beyond the limit for stating models and problems, after which a contender is ended."""


def seed_of_commit() -> int:
    """Return a seed from the hash of the commit that is checked out."""
    said = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )
    return int(said.stdout.strip()[:8], 16)


def shop_of(task: Found) -> Shop:
    """Return the shop of a task."""
    if task["published"] is not None and task["family"] not in FAMILIES:
        return published(Path(task["published"]))[task["family"]]
    return FAMILIES[task["family"]](task["size"], task["seed"])


def contend(task: Found) -> Found:
    """Let one contender serve one shop."""
    limited(task["memory"])
    shop = shop_of(task)
    if task["name"] == "first":
        return first_plan(shop)
    found = CONTENDERS[task["name"]][1](shop, task["limit"])
    return {**found, "best": shop.best, "peak": record.peak()}


def cases(options: argparse.Namespace) -> Iterable[tuple[str, int]]:
    """Yield family and size of each shop; published ones have their own size."""
    for size in options.sizes:
        for family in options.families:
            yield family, size
    if options.published is not None:
        for name, shop in published(options.published).items():
            yield name, len(shop.whole)


def run(options: argparse.Namespace, names: list[str]) -> tuple[list[Found], list[Found]]:
    """Return what all contenders found, and how soon there is a first plan."""
    same = {"seed": options.seed, "memory": options.memory, "published": options.published and str(options.published)}
    found, first = [], []
    for family, size in cases(options):
        task = same | {"family": family, "size": size}
        if "allocopt" in names:
            first.append(task | told(task | {"name": "first", "limit": 1.0}))
        for limit in options.limits:
            for name in names:
                if name == "loop" and limit != options.limits[0]:
                    continue
                outcome = task | {"name": name, "limit": limit}
                found.append(outcome | told(outcome))
                print(line_of(found[-1]), flush=True)
    return found, first


def told(task: Found) -> Found:
    """Return the outcome of one contender; one that fails (mostly for want of memory) has no plan."""
    try:
        outcome = record.apart("orders", "--task", json.dumps(task), seconds=task["limit"] + GRACE)
    except record.Failed as failed:
        return {"status": "failed", "why": str(failed)[-300:]}
    return {"status": "stopped"} if outcome == record.STOPPED else outcome


def gap_of(outcome: Found) -> float | None:
    """Return the gap between what is earned and the bound, relative to what is earned."""
    value, bound = outcome.get("value"), outcome.get("bound")
    return None if value is None or bound is None else max(0.0, bound - value) / max(1.0, abs(value))


def off_of(outcome: Found) -> float | None:
    """Return how far the plan is from the best one that anybody knows, relative to that."""
    value, best = outcome.get("value"), outcome.get("best")
    return None if value is None or best is None else (best - value) / max(1.0, abs(best))


def line_of(outcome: Found) -> str:
    """Return an outcome in a line."""
    return f"{outcome['family']} {outcome['size']:,}, " + ", ".join(cells(outcome))


def cells(outcome: Found) -> list[str]:
    """Return contender, limit, value, bound, gap, distance from the best, memory, seconds and status for a table."""
    gap, off, peak = gap_of(outcome), off_of(outcome), outcome.get("peak")
    return [
        CONTENDERS[outcome["name"]][0],
        f"{outcome['limit']:g}",
        record.figure(outcome.get("value")),
        record.figure(outcome.get("bound")),
        "-" if gap is None else f"{gap:.2%}",
        "-" if off is None else f"{off:.2%}",
        record.figure(peak, 0),
        record.figure(outcome.get("seconds"), 1),
        outcome.get("status", ""),
    ]


HEADS = ["", "limit [s]", "value", "bound", "gap", "off best known", "MiB", "seconds", "ended as"]


def behind(found: list[Found], slack: float = 1e-3) -> list[str]:
    """Return where allocopt earns less than somebody else, at the same limit.

    Below 1,000 orders `slack` (relative) does not count: there several plans are as good as the best. Where somebody
    knows a best plan, it does.
    """
    said = []
    ours = {(each["family"], each["size"], each["limit"]): each for each in found if each["name"] == "allocopt"}
    loops = {(each["family"], each["size"]): each for each in found if each["name"] == "loop"}
    for (family, size, limit), mine in ours.items():
        others = [each for each in found if each["name"] not in ("allocopt", "loop")]
        others = [each for each in others if (each["family"], each["size"], each["limit"]) == (family, size, limit)]
        best = max(
            (each for each in [*others, loops.get((family, size), {})] if each.get("value") is not None),
            key=lambda each: each["value"],
            default=None,
        )
        if best is None:
            continue
        room = slack * abs(best["value"]) if size < 1_000 and mine.get("best") is None else 0.0
        if mine.get("value") is None or mine["value"] < best["value"] - room - 1e-6:
            lack = (
                "no plan"
                if mine.get("value") is None
                else f"{(mine['value'] - best['value']) / abs(best['value']):+.2%}"
            )
            said.append(f"{family} {size:,} at {limit:g} s: {lack} against {CONTENDERS[best['name']][0]}")
    return said


def report(found: list[Found], first: list[Found]) -> str:
    """Return the tables: one a shop, and the first plans."""
    parts = []
    for family, size in dict.fromkeys((each["family"], each["size"]) for each in found):
        mine = [each for each in found if (each["family"], each["size"]) == (family, size)]
        parts += [f"## {family}, {size:,} orders\n", record.table(HEADS, [cells(each) for each in mine]) + "\n"]
    late = behind(found)
    parts.append("Nobody earns more at any limit." if not late else "**Behind:** " + "; ".join(late) + ".")
    rows = [
        [f"{each['family']}, {each['size']:,}"]
        + [record.figure(each.get(key), digits) for key, digits in (("first", 3), ("first value", 0), ("columns", 0))]
        for each in first
    ]
    if rows:
        heads = ["", "first plan after stating [s]", "value", "columns"]
        parts += ["\n## The first plan\n", record.table(heads, rows)]
    return "\n".join(parts)


def _at_home(found: list[Found]) -> list[Found]:
    """Return outcomes without the folder of the published sets, which is of one machine."""
    return [{key: value for key, value in each.items() if key != "published"} for each in found]


def main() -> None:
    """Run everything, or one task for the process that does."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__.splitlines()[0])
    parser.add_argument("--families", nargs="*", choices=list(FAMILIES), default=list(USUAL))
    parser.add_argument("--sizes", nargs="*", type=int, default=list(SIZES), help="orders")
    parser.add_argument("--limits", nargs="+", type=float, default=list(LIMITS), help="seconds")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), default=list(CONTENDERS))
    parser.add_argument("--published", type=Path, help="folder of mkp.json and gap.json")
    parser.add_argument("--seed", type=int, help="by default from the hash of the commit")
    parser.add_argument("--memory", type=float, default=MEMORY, help="GiB of each process")
    parser.add_argument("--out", type=Path, default=record.RESULTS, help="folder of the results")
    parser.add_argument("--name", default="orders", help="of the files of results")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task is not None:
        print(json.dumps(contend(json.loads(options.task))))
        return
    options.seed = seed_of_commit() if options.seed is None else options.seed
    names = []
    for name in options.only:
        missing = [package for package in CONTENDERS[name][2] if record.installed(package) is None]
        if missing:
            print(f"{CONTENDERS[name][0]} is left out: {', '.join(missing)} is not installed")
        else:
            names.append(name)
    machine = record.machine("ortools", "numba")
    print(machine)
    found, first = run(options, names)
    text = report(found, first)
    print(f"\n{text}")
    content = {"command": record.command("orders"), "machine": machine, "seed": options.seed}
    content |= {"runs": _at_home(found), "first": _at_home(first)}
    note = f"Limits in seconds; {options.memory:g} GiB of memory for each process."
    record.kept(options.out, options.name, "Whole orders at equal time limits", f"{note}\n\n{text}", content)


if __name__ == "__main__":
    main()
