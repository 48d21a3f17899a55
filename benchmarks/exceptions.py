"""What needs a person in every pack under each of its contracts: how many of each kind, and the dearest of each.

python -m benchmarks.exceptions [PACK ...]
"""

from __future__ import annotations

import sys

import allocopt as ao
from allocopt.compare.pack import contract_files


def told(name: str) -> str:
    """Return the exceptions of a pack under all of its contracts, as text."""
    folder = ao.examples()[name]
    problem = ao.Problem.read(folder)
    lines = [f"## {name}"]
    for file in contract_files(folder):
        plan = ao.allocate(problem, ao.Contract.read(file))
        lines.append(f"\n### {plan.contract['name']} ({plan.status})\n")
        if not plan.solved:
            lines.append(plan.message)
            continue
        table = plan.find_exceptions(each=None)
        if table.empty:
            lines.append("Nothing needs a person.")
        for kind, rows in table.groupby("kind", sort=False):
            lines.append(f"- {kind}: {len(rows)}; {rows['money'].iloc[0]:,.2f}: {rows['sentence'].iloc[0]}")
    return "\n".join(lines)


def main() -> None:
    """Print the packs that were named, or all."""
    for name in sys.argv[1:] or sorted(ao.examples()):
        print(told(name), flush=True)


if __name__ == "__main__":
    main()
