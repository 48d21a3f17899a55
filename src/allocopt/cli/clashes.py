"""What `allocopt check --contract` prints: what in a contract is known to clash before it is solved."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from allocopt.cli.tables import print_line
from allocopt.plan import Conflict

SHOWN = 20
"""Findings of a kind that are told; the others are counted."""
KINDS = {
    "promise": "cannot hold together",
    "reserve": "reserves that fall short",
    "shut_out": "demand that a rule shuts out",
    "retired": "promises to retired channels",
}


def plain(found: tuple[Conflict, ...]) -> list[dict[str, Any]]:
    """Return the findings as JSON-ready values."""
    return [vars(conflict) | {"against": list(conflict.against)} for conflict in found]


def show_conflicts(name: str, found: tuple[Conflict, ...], console: Console) -> None:
    """Print the findings of a contract, most units of a kind first, each with its cure."""
    said = [f"{name}: nothing is known to clash."] if not found else []
    for kind, words in KINDS.items():
        mine = sorted((conflict for conflict in found if conflict.kind == kind), key=lambda each: -each.units)
        if mine:
            said.append(f"{name}: {words} ({len(mine):,}).")
        for conflict in mine[:SHOWN]:
            owner = f" [{conflict.owner}]" if conflict.owner else ""
            said.append(f"  {conflict.sentence}{owner} {conflict.cure}")
        if len(mine) > SHOWN:
            said.append(f"  {len(mine) - SHOWN:,} more.")
    for line in said:
        print_line(console, line)


def clash(found: tuple[Conflict, ...]) -> bool:
    """Return whether there is no plan for sure."""
    return any(conflict.kind == "promise" for conflict in found)
