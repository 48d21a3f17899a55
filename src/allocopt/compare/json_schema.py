"""The JSON schema of comparisons in plain values."""

from __future__ import annotations

from typing import Any

from allocopt.documents.described import DRAFT

TABLES = {
    "ranking": "Contracts by mean contribution.",
    "deltas": "Each contract against the baseline.",
    "by_scenario": "Contribution of each contract in each scenario.",
    "runs": "Every run: scenario, contract, draw, how it ended; `not_solved`: its bound was enough.",
    "table": "Every run with its money.",
    "coordination_gap": "How far each contract is from what coordination could earn; only where it is known.",
}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of what `Comparison.to_dict` returns."""
    cell = {"type": ["number", "string", "boolean", "null"]}
    rows = {"type": "array", "items": {"type": "object", "additionalProperties": cell}}
    properties: dict[str, Any] = {
        "verdict": {"type": "string", "description": "Which contract is worth most, and how sure that is."},
        "currency": {"type": "string", "description": "Currency of all money."},
        "baseline": {"type": "string", "description": "The contract against which others are held."},
    }
    return {
        "$schema": DRAFT,
        "title": "Comparison",
        "description": "Contracts over scenarios; tables are lists of records.",
        "type": "object",
        "properties": properties | {name: rows | {"description": said} for name, said in TABLES.items()},
        "required": [*properties, *(name for name in TABLES if name != "coordination_gap")],
        "additionalProperties": False,
    }
