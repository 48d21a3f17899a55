"""The packs of this repository: what each contract costs in CPU seconds, and what a time limit gives.

    python -m benchmarks.packs                 every pack under every contract and two presets
    python -m benchmarks.packs holiday_promo   one pack
    python -m benchmarks.packs --limits        eighteen programs x 0, 0.1, 0.5, 1, 2, 5, 10 seconds

CPU seconds are those of this process, all its threads together; the first call loads (or compiles) what is compiled.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import allocopt as ao

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LIMITS = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
PRESETS = {"max_min_fair": ao.max_min_fair, "first_come": ao.first_come}
LATE = 0.1, 0.2
"""Part of a limit, and seconds, that a call may take beyond it."""
TIMED = (
    ("holiday_promo", ("pooled", "protect_dtc", "service_first", "fixed_split", "use_or_lose", "first_come")),
    ("backlog_3pl", ("pooled", "gyms_first", "service_levels")),
    ("retire_channel", ("pooled", "keep_or_retire", "retire")),
    ("node_outage", ("pooled", "fair_share")),
    ("launch", ("launch_plan", "pooled")),
    ("late_supplier", ("pooled",)),
    ("quickstart", ("protect_dtc",)),
)
"""The programs of the table of limits."""


def packs() -> list[str]:
    """Return the names of the packs."""
    return sorted(folder.name for folder in SCENARIOS.iterdir() if (folder / "problem.yaml").exists())


def contracts(pack: str) -> Iterator[tuple[str, ao.Contract]]:
    """Yield the contracts of a pack, and the presets."""
    for file in sorted((SCENARIOS / pack / "contracts").glob("*.yaml")):
        yield file.stem, ao.Contract.read(file)
    for name, preset in PRESETS.items():
        yield f"preset {name}", preset()


def table(names: list[str]) -> Iterator[str]:
    """Yield a line for each contract of each pack: CPU seconds, status, objective, own gap, who proved it."""
    yield f"{'pack':15} {'contract':20} {'cpu s':>6} {'status':10} {'objective':>14} {'own gap':>8} proved by"
    for pack in names:
        problem = ao.Problem.read(SCENARIOS / pack)
        for name, contract in contracts(pack):
            begun = time.process_time()
            plan = ao.allocate(problem, contract)
            spent = time.process_time() - begun
            proof = plan.certificate
            gap, by = ("", "") if proof is None else (f"{proof.gap:.1e}", proof.proved_by)
            worth = f"{plan.objective:14,.2f}" if plan.certificate is not None else f"{'':14}"
            yield f"{pack:15} {name:20} {spent:6.2f} {plan.status:10} {worth} {gap:>8} {by}"


def limits() -> Iterator[str]:
    """Yield a line for each program and limit: status, objective, gap, seconds beyond the limit (! where too many)."""
    yield f"{'pack':15} {'contract':15} {'limit':>5} {'status':11} {'objective':>14} {'own gap':>8} {'over':>6}"
    for pack, names in TIMED:
        problem = ao.Problem.read(SCENARIOS / pack)
        for name in names:
            contract = ao.Contract.read(SCENARIOS / pack / "contracts" / f"{name}.yaml")
            for limit in LIMITS:
                begun = time.perf_counter()
                plan = ao.allocate(problem, contract, time_limit=limit)
                over = max(0.0, time.perf_counter() - begun - limit)
                late = "!" if over > LATE[0] * limit + LATE[1] else ""
                gap = "" if plan.certificate is None else f"{plan.certificate.gap:.1e}"
                worth = f"{plan.objective:14,.2f}" if plan.certificate is not None else f"{'':14}"
                yield f"{pack:15} {name:15} {limit:5.1f} {plan.status:11} {worth} {gap:>8} {over:6.2f}{late}"


def main() -> None:
    """Print one of the two tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packs", nargs="*", metavar="PACK", help="by default all")
    parser.add_argument("--limits", action="store_true", help="the table of time limits")
    given = parser.parse_args()
    if unknown := sorted(set(given.packs) - set(packs())):
        parser.error(f"no such pack: {', '.join(unknown)}; there are {', '.join(packs())}")
    for line in limits() if given.limits else table(given.packs or packs()):
        print(line, flush=True)


if __name__ == "__main__":
    main()
