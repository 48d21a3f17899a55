"""The JSON schema of problems in plain values, from the declaration of their tables."""

from __future__ import annotations

from typing import Any

from allocopt.documents.described import DRAFT
from allocopt.problem.schema import NEEDED, SETTINGS, TABLES, Column, Table


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of what `Problem.to_dict` returns and `Problem.from_dict` reads."""
    kinds: dict[str, Any] = {name: {"type": ["string", "null"], "description": said} for name, said in SETTINGS.items()}
    kinds["horizon"] = {"type": ["integer", "null"], "minimum": 1, "description": SETTINGS["horizon"]}
    return {
        "$schema": DRAFT,
        "title": "Problem",
        "description": "The facts of one allocation run: tables, each as columns of lists or as a list of records.",
        "type": "object",
        "properties": kinds | {name: {"$ref": f"#/$defs/{name}"} for name in TABLES},
        "required": list(NEEDED),
        "additionalProperties": False,
        "$defs": {table.name: _table(table) for table in TABLES.values()},
    }


def _table(table: Table) -> dict[str, Any]:
    cells = {column.name: _cell(column) for column in table.columns}
    columns = {name: {"type": "array", "items": cell} for name, cell in cells.items()}
    return {
        "description": table.meaning,
        "anyOf": [
            {"type": "object", "properties": columns, "additionalProperties": False},
            {"type": "array", "items": {"type": "object", "properties": cells, "additionalProperties": False}},
        ],
    }


def _cell(column: Column) -> dict[str, Any]:
    """Return what a cell of a column holds; texts that mean a number or a date are read too."""
    said: dict[str, Any] = {"description": column.meaning}
    if column.type in ("id", "text"):
        return said | {"type": ["string", "integer", "null"]}
    if column.type == "choice":
        return said | {"enum": [*column.choices, *([] if column.required else [None, ""])]}
    if column.type == "flag":
        return said | {"type": ["boolean", "string", "integer", "null"]}
    return said | {"type": ["number", "string", *([] if column.required else ["null"])]}
