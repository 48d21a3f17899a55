"""Why lines are short, in every pack under each of its contracts: units by code, and CPU seconds beside the solve's.

``python -m benchmarks.reasons [PACK ...]`` prints a table and writes ``benchmarks/results/reasons.md``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import allocopt as ao

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "reasons.md"


def measure(pack: Path, contract: Path) -> str:
    """Return one row: pack, contract, short lines, units by code, share that is not proven, seconds of both."""
    problem, agreed = ao.Problem.read(pack), ao.Contract.read(contract)
    begun = time.process_time()
    plan = ao.allocate(problem, agreed)
    solved = time.process_time()
    if not plan.solved:
        return f"| {pack.name} | {contract.stem} | no plan ({plan.status}) | | | | | |"
    short = plan.shortfalls
    ended = time.process_time()
    keys = ["sku", "channel", "region", "order", "line", "due"]
    units = short.groupby("reason")["units"].sum().sort_values(ascending=False)
    told = ", ".join(f"{code} {count:,.0f}" for code, count in units.items())
    part = units.get("not_proven", 0.0) / max(units.sum(), 1.0)
    lines = short.groupby(keys, dropna=False).ngroups
    spent = f"{solved - begun:.2f} | {ended - solved:.2f}"
    return f"| {pack.name} | {contract.stem} | {lines:,} | {told} | {part:.2%} | {spent} | {(ended - solved) / max(solved - begun, 1e-9):.2f} |"


def main() -> None:
    """Measure the packs that were named, by default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packs", nargs="*")
    named = parser.parse_args().packs
    rows = ["| pack | contract | short lines | units by reason | not proven | solve, CPU s | reasons, CPU s | ratio |"]
    rows.append("|---|---|---|---|---|---|---|---|")
    for contract in sorted((ROOT / "scenarios").glob("*/contracts/*.yaml")):
        pack = contract.parents[1]
        if not named or pack.name in named:
            rows.append(measure(pack, contract))
            print(rows[-1], flush=True)
    if not named:
        RESULTS.write_text("# Why lines are short\n\n" + "\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
